"""A notebook in the folder of the pages is a chapter like one in Markdown: executed, checked, woven."""

import json
import re

import jupytext
import nbformat
import pytest
from bs4 import BeautifulSoup

from weave import WeaveError
from weave.chapter import Chapter
from weave.ipynb import Notebook

TEXT = '''# A notebook

Six times seven is `{python} 6 * 7`. See [further down](#last).

```python
x = 6
x * 7
```

```python quiet alt="A line" caption="Up to two"
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.show()
```

```python check
assert x * 7 == 42, "six times seven is 42"
```

## Last

::: listing pack.module.value
'''


@pytest.fixture
def small(book):
    """A book with a chapter in Markdown, docs/chapter.md, and the same as a notebook, by jupytext."""
    book.write("src/pack/__init__.py", "")
    book.write("src/pack/module.py", "def value():\n    return 1\n")
    book.chapter(TEXT)
    made = jupytext.read(book.root / "docs/chapter.md")
    made.cells.insert(0, nbformat.v4.new_raw_cell("---\ndescription: What six times seven is\n---"))
    book.write("docs/unit/other.ipynb", nbformat.writes(made))
    return book


def cells(*sources, **metadata):
    made = [nbformat.v4.new_code_cell(source, metadata=metadata) for source in sources]
    return nbformat.writes(nbformat.v4.new_notebook(cells=made))


def test_it_is_the_chapter_that_jupytext_made_it_of(small):
    """Oracle: jupytext, which made the notebook of the Markdown."""
    one, two = (kind(small.root / path, small.root) for kind, path in [
        (Chapter, "docs/chapter.md"), (Notebook, "docs/unit/other.ipynb")])
    shown = [[(cell.role, cell.source) for cell in chapter.cells] for chapter in (one, two)]
    assert shown[0] == shown[1] and len(shown[0]) == 6
    assert [block.text for block in two.blocks if block.kind == "listing"] == ["pack.module.value"]
    assert two.meta["description"] == "What six times seven is" and "jupyter" in two.meta


def test_it_is_executed_and_woven_and_can_be_taken_away_with_its_outputs(small):
    small.write("docs/index.md", "# Home\n\n[the notebook](unit/other.ipynb)\n")
    small.write("mkdocs.yml", (small.root / "mkdocs.yml").read_text()
                + "nav: [index.md, chapter.md, unit/other.ipynb]\n")
    run = small.build()
    assert run.returncode == 0, run.stderr
    page, markdown = small.page("unit/other/index.html"), small.page()
    assert "Six times seven is 42." in page and "six times seven is 42" in page and "<svg" in page
    assert 'href="unit/other/"' in small.page("index.html").replace("href=unit/other/", 'href="unit/other/"')
    taken = json.loads(small.page("unit/other.ipynb"))
    assert any(cell.get("outputs") for cell in taken["cells"]) and "x * 7" in small.page("unit/other.py")
    texts = [BeautifulSoup(text, "html.parser").find(attrs={"role": "main"}).get_text(" ", strip=True)
             for text in (page, markdown)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("text, says", [
    (cells("1", "x = 2\n1 / 0"), r"docs/a.ipynb, cell 2:2: ZeroDivisionError"),
    (cells("1", "1 +"), r"docs/a.ipynb, cell 2:1: not Python"),
    (cells("x = 1\nassert x == 2, 'one is two'", tags=["check"]), r"docs/a.ipynb, cell 1:2: .*one is two"),
    ("{}", r"docs/a.ipynb:1: this is not a notebook"),
    ("# Markdown", r"docs/a.ipynb:1: this is not a notebook"),
])
def test_a_mistake_is_named_by_its_cell_and_the_line_in_it(book, text, says):
    book.write("docs/a.ipynb", text)
    run = book.build()
    assert run.returncode != 0 and "Traceback" not in run.stderr
    assert re.search(says, run.stderr), run.stderr


def test_what_a_page_cannot_have_is_refused_with_what_to_do(book):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_raw_cell("---\na: 1\nb: c: d\n---")])
    drawn = nbformat.v4.new_markdown_cell("![](attachment:a.png)",
                                          attachments={"a.png": {"image/png": "AA=="}})
    kernel = {"language": "R", "name": "ir", "display_name": "R"}
    other = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    for notebook, says in [(made, "cell 1:3: a raw cell at the top is the front matter"), (other, "is in R"),
                           (nbformat.v4.new_notebook(cells=[drawn]), "cell 1:1: a picture is attached here"),
                           (nbformat.reads(cells("1", alt='"'), 4), "cell 1:1: alt and caption cannot hold")]:
        path = book.write("docs/a.ipynb", nbformat.writes(notebook))
        with pytest.raises(WeaveError, match=says):
            Notebook(path, book.root)


def test_one_that_is_ignored_is_a_file_like_any_other(book):
    book.write("docs/mine.ipynb", text := cells("1 / 0"))
    book.write("mkdocs.yml", (book.root / "mkdocs.yml").read_text().replace(
        "[weave]", "[weave: {ignore: ['mine.ipynb']}]"))
    run = book.build()
    assert run.returncode == 0, run.stderr
    assert book.page("mine.ipynb") == text


def test_code_on_a_page_without_a_header_warns_and_code_that_is_only_shown_does_not(book):
    book.write("docs/plain.md", "# Plain\n\n```py\n1 + 1\n```\n\n`{python} 1` is a value.\n")
    assert book.build().returncode == 0
    book.write("docs/plain.md", "# Plain\n\n```python\n1 + 1\n```\n")
    run = book.build()
    assert run.returncode != 0 and "docs/plain.md:3: this does not run" in run.stderr
