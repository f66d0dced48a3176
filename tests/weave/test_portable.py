"""A chapter as one page of Markdown: what the page shows is there, without the page's HTML."""

import base64
import struct
import xml.etree.ElementTree as ElementTree

import pytest

from weave import WeaveError
from weave.chapter import Chapter
from weave.portable import portable

TEXT = """
# A chapter

It is `{python} 6 * 7`, see [another](b/other.md#there), [below](#below), `[code](other.md)`.

```python
print("hello")
```

```python quiet
x = 1
```

```python quiet alt="A square." caption="From $0$ to $1$."
draw()
```

```python check
assert x == 1, "x is one"
```

::: listing pack.value

## Below { #below }

1. A list

    ```python
    x
    ```

<details markdown="1">
<summary>Solution</summary>

It is one.

</details>
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><path d="M0 0h10" stroke="#000000"/></svg>'
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 4, 3)


def chapter(book, figure=None):
    """The chapter, with results as executing it would give them."""
    book.write("src/pack.py", "def value():\n    return 1\n")
    made = Chapter(book.chapter(TEXT), book.root)
    shown, value = {"output_type": "display_data"}, {"output_type": "execute_result"}
    printed = {"output_type": "stream", "name": "stdout", "text": "\x1b[31mhello\x1b[0m\n"}
    outputs = {'print("hello")': [printed],
               "draw()": [{**shown, "data": figure or {"image/svg+xml": SVG, "text/plain": "<figure>"}}],
               "x": [{**value, "data": {"text/html": "<b>1</b>", "text/plain": "1"}}]}
    for cell in made.cells:
        claims = ["x is one"] if cell.role == "check" else []
        text = {"6 * 7": "42"}.get(cell.source) or cell.source.removeprefix("rf'''").removesuffix("'''")
        cell.result = {"outputs": outputs.get(cell.source, []), "claims": claims, "value": text}
    return made


def taken(chapter, addresses=None):
    """The Markdown and the files of a chapter whose links lead where addresses say."""
    files = {}

    def save(name, content):
        files[name] = content
        return f"figures/{name}"

    return portable(chapter, "chapter", save, (addresses or {}).get), files


def test_titles_keep_their_anchors_for_those_who_read_them(book):
    text = portable(chapter(book), "chapter", lambda name, _: name, str, anchors=True)
    assert "## Below { #below }" in text and "## Below\n" in taken(chapter(book))[0]


def test_everything_that_the_page_shows_is_there_in_its_order(book):
    text, _ = taken(chapter(book), {"#below": "#below"})
    parts = ["# A chapter", "It is 42, see", '```python\nprint("hello")\n```', "```text\nhello\n```", "x = 1",
             "![A square.](figures/chapter-1.svg)", "*From $0$ to $1$.*", "The code of this figure", "draw()",
             "Checked by the build: x is one.", "`src/pack.py`, lines 1 to 2:", "def value():", "## Below",
             "    ```python\n    x\n    ```", "    ```text\n    1\n    ```", "<details>\n<summary>Solution"]
    places = [text.find(part) for part in parts]
    assert -1 not in places and places == sorted(places)
    assert "assert" not in text and "\x1b" not in text and "markdown=" not in text and "weave" not in text


def test_links_lead_where_they_are_told_to_and_code_stays(book):
    text, _ = taken(chapter(book), {"b/other.md#there": "https://x.example/b/#there", "#below": "#below"})
    assert "see [another](https://x.example/b/#there), [below](#below), `[code](other.md)`." in text
    text, _ = taken(chapter(book))
    assert "see another, below, `[code](other.md)`." in text


def test_a_drawing_is_a_file_that_stands_on_its_own(book):
    _, files = taken(chapter(book))
    root = ElementTree.fromstring(files["chapter-1.svg"])
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and root.get("aria-label") == "A square."
    paper = root[0]    # under what is drawn, whatever colour the page has
    assert paper.tag.endswith("rect") and paper.get("fill") == "#fff"
    assert [paper.get(name) for name in ("x", "y", "width", "height")] == ["0", "0", "20", "10"]


def test_a_picture_of_pixels_is_a_file_too(book):
    pixels = base64.b64encode(PNG).decode()
    text, files = taken(chapter(book, {"image/png": pixels, "text/plain": "<figure>"}))
    assert files == {"chapter-1.png": PNG} and "![A square.](figures/chapter-1.png)" in text


def test_a_drawing_that_cannot_be_read_is_told_with_its_line(book):
    with pytest.raises(WeaveError) as caught:
        taken(chapter(book, {"image/svg+xml": "<svg", "text/plain": "<figure>"}))
    assert f"chapter.md:{book.line('alt=')}:" in str(caught.value)
