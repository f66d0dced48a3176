"""A book that is exported builds without the weave, and its pages are the same."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from generators import GENERATORS, generated, shown
from tests.weave.conftest import Book

CHAPTER = """
# A chapter

Prose with `{python} 6 * 7` in it, $x^2$, and [another page](other.md#a-heading).

```python alt="a line" caption="Up to $x$."
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.show()
```

```python
print("<b>printed</b>")
```

```python check
assert 1 + 1 == 2, "one and one is two"
```

::: listing pack.module.value

<details markdown="1">
<summary>Solution</summary>

```python
"folded"
```

</details>
"""
CONFIG = """
site_name: A small book
site_url: https://someone.example/book/
docs_dir: docs
theme: {name: material, font: false, features: [navigation.instant]}
markdown_extensions:
  - attr_list
  - md_in_html
  - pymdownx.emoji: {emoji_index: !!python/name:material.extensions.emoji.twemoji ''}
plugins:
  - search
  - mkdocstrings: {default_handler: weave, enable_inventory: false, handlers: {weave: {paths: [src]}}}
  - weave
validation: {links: {not_found: warn, anchors: warn}}
watch: [src]
nav: [index.md, A chapter with a title: chapter.md, Others: [other.md, Code: code.md]]
"""
MODULE = '''
def value(x=1):
    """What it is.

    >>> value()
    1
    """
    return x
'''


@pytest.fixture(scope="module")
def executed_once(tmp_path_factory):
    book = Book(tmp_path_factory.mktemp("exported"))
    book.write("mkdocs.yml", CONFIG)
    book.write("src/pack/__init__.py", "")
    book.write("src/pack/module.py", MODULE)
    book.write("docs/other.md", "---\ntitle: Other\n---\n\n# Other\n\n## A heading\n")
    book.write("docs/code.md", "# Code\n\n::: pack.module\n")
    book.write("docs/assets/picture.svg", "<svg/>")
    book.chapter(CHAPTER)
    git = ["git", "-c", "user.name=Someone", "-c", "user.email=someone@someone.example"]
    for command in (["init", "-q"], ["add", "docs"], ["commit", "-q", "-m", "A book"]):
        subprocess.run([*git, *command], cwd=book.root, check=True)
    assert book.run("weave", "run", "docs/chapter.md").returncode == 0
    return book


@pytest.fixture
def small(book, executed_once):
    return book.copy(executed_once)


@pytest.fixture(scope="module")
def exported_once(executed_once, tmp_path_factory):
    book = Book(tmp_path_factory.mktemp("exporting")).copy(executed_once)
    run = book.run("weave", "export", "out")
    assert run.returncode == 0, run.stderr
    return book.root / "out"


@pytest.fixture
def exported(small, exported_once):
    return Path(shutil.copytree(exported_once, small.root / "out"))


@pytest.mark.parametrize("generator", GENERATORS)
def test_pages_are_the_same_without_the_weave(small, exported, generator):
    assert small.build().returncode == 0
    site = generated(exported, generator)
    for path in (small.root / "site").rglob("index.html"):
        name = path.relative_to(small.root / "site")
        assert shown(site, name) == shown(small.root / "site", name)
    page = shown(site, "chapter/index.html")
    assert "Prosewith42init" in page["text"] and "<b>printed</b>" in page["text"]
    assert page["svg.weave-svg"] == 1 and page["math, .weave-letter"] == 2 and page[".weave-copy"] == 1
    assert "value" in shown(site, "code/index.html")["text"]
    for name in ("chapter.ipynb", "src/pack/module.py", "assets/picture.svg", "assets/cards/chapter.png",
                 "sitemap.xml", "feed.xml"):
        assert (site / name).is_file(), name
    head = BeautifulSoup((site / "chapter/index.html").read_text(), "html.parser").head
    assert head.select_one("meta[property='og:image']")["content"].endswith("/book/assets/cards/chapter.png")
    assert "default-src 'none'" in head.select_one("meta[http-equiv]")["content"]
    assert head.title.string == "A chapter with a title - A small book"
    lost = BeautifulSoup((site / "404.html").read_text(), "html.parser")
    loaded = [node.get("href") or node["src"] for node in lost.select("link[rel=stylesheet], script[src]")]
    assert len(loaded) > 3 and all(one.startswith("/book/") for one in loaded)
    assert {link["href"].rstrip(".") for link in lost.select("article a[href]")} == {
        "/book/", "/book/chapter/", "/book/other/", "/book/code/"}


def test_settings_are_kept_but_for_what_is_done(exported):
    text = (exported / "mkdocs.yml").read_text()
    assert "!!python/name:material.extensions.emoji.twemoji" in text
    assert "site_url: https://someone.example/book/" in text
    for gone in ("weave\n", "mkdocstrings", "watch", "docs_dir", "_mkdocstrings.css"):
        assert gone not in text
    assert "pymdownx.superfences" in text and "generic: true" in text
    assert "jupyter" not in (exported / "docs/chapter.md").read_text()


def test_a_folder_with_something_else_in_it_is_left_alone(small):
    mine = small.write("out/mine.txt", "mine")
    run = small.run("weave", "export", "out")
    assert run.returncode == 1 and "out holds mine.txt" in run.stderr and len(run.stderr.splitlines()) == 1
    assert mine.read_text() == "mine" and [*mine.parent.iterdir()] == [mine]


def test_an_export_is_replaced_unless_somebody_worked_in_it(small, exported):
    (exported / "site").mkdir()
    (exported / "site/index.html").write_text("built")
    small.write("docs/other.md", "# Changed\n\n## A heading\n")
    assert small.run("weave", "export", "out").returncode == 0
    assert "Changed" in (exported / "docs/other.md").read_text()
    listed = json.loads((exported / "export.json").read_text())
    assert {str(path.relative_to(exported)) for path in exported.rglob("*") if path.is_file()} == {
        *listed, "export.json"}
    (exported / "docs/other.md").write_text("# Mine\n")
    run = small.run("weave", "export", "out")
    assert run.returncode == 1 and "holds docs/other.md, which is not as an export left it" in run.stderr
    assert (exported / "docs/other.md").read_text() == "# Mine\n"


def test_a_book_that_is_not_true_is_not_exported(small):
    small.chapter(CHAPTER.replace("1 + 1 == 2", "1 + 1 == 3"))
    run = small.run("weave", "export", "out")
    assert run.returncode == 1 and "this claim is false: one and one is two" in run.stderr
    assert "Traceback" not in run.stderr and not [*small.root.glob("*out*")]
