"""A chapter is taken apart as its reader sees it, and what is wrong with it is named by line."""

import jupytext
import pytest

from weave import WeaveError
from weave.chapter import Chapter

ALL_KINDS = '''# A title

Prose with `{python} 1 + 1` in it, and ``a `{python} literal` `` too.

```python
shown = 1
```

```python quiet alt="a {shown}"
hidden = 2
```

```python check
assert shown, "it is shown"
```

```python .noeval
never_run(
```

```console
make test    # `{python} not this`
```

::: listing some.name

<details markdown="1">
<summary>Solution</summary>

```python
folded = 3
```

</details>
'''


def read(book, text):
    return Chapter(book.chapter(text), book.root)


def test_blocks_come_in_the_order_of_the_page_with_their_lines(book):
    chapter = read(book, ALL_KINDS)
    kinds = [(block.kind, block.role) for block in chapter.blocks if block.kind != "prose"]
    assert kinds == [("code", "shown"), ("code", "quiet"), ("code", "check"), ("listing", ""), ("code", "shown")]
    for block in chapter.blocks:
        if block.kind == "code":
            assert block.line == book.line(block.text.splitlines()[0])


def test_cells_are_the_code_and_the_values_in_prose(book):
    cells = read(book, ALL_KINDS).cells
    assert [cell.role for cell in cells] == ["value", "shown", "quiet", "value", "check", "shown"]
    assert cells[0].source == "1 + 1" and cells[0].line == book.line("Prose with")
    assert eval(cells[3].source, {"shown": 7}) == "a 7"


def test_jupytext_finds_the_same_code(book):
    """Oracle: jupytext, which is what Jupyter opens the file with."""
    path = book.chapter(ALL_KINDS)
    theirs = [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    ours = [cell.source for cell in Chapter(path, book.root).cells if cell.role != "value"]
    assert ours == theirs


@pytest.mark.parametrize("text, at, says", [
    ("```python\nx = 1\n", "```python", "never closed"),
    ("```python shout\nx = 1\n```\n", "shout", "'shout' after ```python"),
    ('```python title="t"\nx = 1\n```\n', "title", "'title' after ```python"),
    ("```python\nx = 1\ny = = 2\n```\n", "y = = 2", "not Python"),
    ("text `{python} 1 +` text\n", "1 +", "not Python"),
    ("```python check\nx = 1\n```\n", "x = 1", "checks nothing"),
    ("```python check\nx = 1\nassert x\n```\n", "assert x", "needs its sentence"),
])
def test_a_mistake_is_named_with_file_line_and_source(book, text, at, says):
    path = book.chapter(text)
    with pytest.raises(WeaveError) as caught:
        Chapter(path, book.root)
    line = book.line(at)
    assert f"docs/chapter.md:{line}: " in str(caught.value)
    assert says in str(caught.value)
    assert f"{line} | " in str(caught.value)
