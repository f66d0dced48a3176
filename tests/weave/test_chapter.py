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
    assert kinds == [("code", "shown"), ("code", "quiet"), ("code", "check"), ("listing", ""),
                     ("code", "shown")]
    for block in chapter.blocks:
        if block.kind == "code":
            assert block.line == book.line(block.text.splitlines()[0])


def test_cells_are_the_code_and_the_values_in_prose(book):
    cells = read(book, ALL_KINDS).cells
    assert [cell.role for cell in cells] == ["value", "shown", "quiet", "value", "check", "shown"]
    assert cells[0].source == "1 + 1" and cells[0].line == book.line("Prose with")
    assert eval(cells[3].source, {"shown": 7}) == "a 7"


@pytest.mark.parametrize("sign", ["\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_lines_are_those_of_markdown_and_python(book, sign):
    """Each of these ends a line for str.splitlines, and neither for Markdown nor for Python."""
    chapter = read(book, f"a{sign}b\n\n```python\nx = '{sign}'\n```\n\n```python check\nassert x, 'x'\n```\n")
    assert chapter.cells[0].source == f"x = '{sign}'"
    text = (book.root / "docs/chapter.md").read_text()
    assert chapter.cells[1].line == text[:text.index("assert")].count("\n") + 1
    assert chapter.blocks[0].text == f"\na{sign}b\n"


def test_jupytext_finds_the_same_code(book):
    """Oracle: jupytext, which is what Jupyter opens the file with."""
    path = book.chapter(ALL_KINDS)
    theirs = [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    ours = [cell.source for cell in Chapter(path, book.root).cells if cell.role != "value"]
    assert ours == theirs


DEEP = """1.  First:

    ```python
    x = 1

    if x:
        print(x)
    ```

    Then `{python} x + 1`.

2.  Last.

> ```python quiet
> y = 2
> ```

- one
  ```python check
  assert y, 'y'
  ```
- two `` ` `` and ``{python} x + 2``, not `` `{python} no` ``, nor \\`{python} no`

=== "A tab"

    ```python
    tab = 4
    ```

    | a | b |
    |---|---|
    | 1 | `{python} x + 3` |

    ```text
    `{python} no`
    ::: listing no
    ```
"""


def test_fences_and_values_are_found_at_any_depth(book):
    chapter = read(book, DEEP)
    assert [(cell.source, cell.role) for cell in chapter.cells] == [
        ("x = 1\n\nif x:\n    print(x)", "shown"), ("x + 1", "value"), ("y = 2", "quiet"),
        ("assert y, 'y'", "check"), ("x + 2", "value"), ("tab = 4", "shown"), ("x + 3", "value")]
    for cell in chapter.cells:
        assert cell.line == book.line(cell.source.split("\n")[0])
    assert [block.indent for block in chapter.blocks if block.code] == ["    ", "> ", "  ", "    "]


def test_values_are_filled_in_where_they_stand(book):
    chapter = read(book, DEEP)
    for cell in chapter.cells:
        cell.value, cell.executed = "VALUE", True
    prose = "".join(block.filled() for block in chapter.blocks if block.kind == "prose")
    assert "    Then VALUE.\n" in prose and "| 1 | VALUE |" in prose
    assert "- two `` ` `` and VALUE, not `` `{python} no` ``, nor \\`{python} no`" in prose
    assert "{python} x" not in prose


def test_a_value_may_go_on_in_the_next_line(book):
    chapter = read(book, "A quote:\n\n> It is `{python} max(1,\n> 2)` or so.\n")
    [cell] = chapter.cells
    cell.result = {"outputs": [], "claims": [], "value": "2"}
    assert cell.source == "max(1, 2)" and cell.line == book.line("It is")
    assert chapter.blocks[0].filled().endswith("> It is 2 or so.")


def test_a_listing_may_stand_in_a_list_or_below_a_sentence(book):
    chapter = read(book, "Look:\n::: listing a.b\n\n- here\n\n    ::: listing c/d.cu f \n")
    listings = [block for block in chapter.blocks if block.kind == "listing"]
    assert [(block.text, block.indent) for block in listings] == [("a.b", ""), ("c/d.cu f", "    ")]
    assert [block.line for block in listings] == [book.line("a.b"), book.line("c/d")]


def test_braces_of_tex_in_a_caption_are_not_pythons(book):
    texts = r'alt="{x:.2f} and $\hat{y}$" caption="costs $5, $\frac{1}{x}$ is `{x}` or {1 / x:.1f}"'
    [_, alt, caption] = read(book, f"```python {texts}\nx = 4\n```\n").cells
    assert eval(alt.source, {"x": 4}) == r"4.00 and $\hat{y}$"
    assert eval(caption.source, {"x": 4}) == r"costs $5, $\frac{1}{x}$ is `4` or 0.2"


def test_code_that_is_only_shown_loses_its_mark_at_any_depth(book):
    chapter = read(book, "- item\n\n    ```python .noeval\n    never(\n    ```\n")
    assert chapter.cells == [] and "    ```python\n    never(" in chapter.blocks[0].filled()


@pytest.mark.parametrize("text, meta, prose", [
    ("---\n\nA page that begins with a rule.\n", {}, "---\n\nA page"),
    ("---\n\nTwo rules,\n\n---\n\nand no mapping.\n", {}, "---\n\nTwo rules"),
    ("---\n---\n\nEmpty.\n", {}, "\nEmpty."),
    ("---\ntitle: T\n---\n\nA header.\n", {"title": "T"}, "\nA header."),
    ("\n---\ntitle: T\n---\n", {}, "\n---\ntitle"),
])
def test_a_page_may_begin_with_a_header_or_a_rule(book, text, meta, prose):
    chapter = Chapter(book.write("docs/page.md", text), book.root)
    assert chapter.meta == meta and chapter.blocks[0].text.startswith(prose)


def test_a_header_that_is_not_yaml_is_named_with_its_line(book):
    with pytest.raises(WeaveError, match=r"docs/page.md:3: this is not YAML: .*\n    3 \| b: c: d"):
        Chapter(book.write("docs/page.md", "---\na: 1\nb: c: d\n---\n"), book.root)


@pytest.mark.parametrize("text, at, says", [
    ("```python\nx = 1\n", "```python", "never closed"),
    ("```text\nx = 1\n", "```text", "never closed"),
    ("text\n\n```python", "```python", "never closed"),
    ("- item\n\n    ```python\n    x = 1\n\nno item\n\n```text\n```\n", "    ```python", "never closed"),
    ("````python\nx = 1\n```\n", "````python", "end it with ````"),
    ("~~~python\nx = 1\n```\n", "~~~python", "end it with ~~~"),
    ("- ```python\n  x = 1\n  ```\n", "- ```python", "on a line of its own"),
    ("::: listing\n", "::: listing", "a listing of what?"),
    ("- item\n\n    ```python\n    x = 1\n    y = = 2\n    ```\n", "y = = 2", "not Python"),
    ("text\nand `{python} 1 +` text\n", "1 +", "not Python"),
    ("```python\n%pip list\ny = = 2\n```\n", "y = = 2", "not Python"),
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


def test_an_unclosed_fence_is_told_at_the_line_that_opens_it(book):
    """It swallows the text up to the end of the next fence, which is no line of Python."""
    path = book.chapter("\n```python\nx = 1\n\nProse that is not Python.\n\n```python\ny = 2\n```\n")
    with pytest.raises(WeaveError, match="docs/chapter.md:14: this fence is never closed.* at line 19"):
        Chapter(path, book.root)
