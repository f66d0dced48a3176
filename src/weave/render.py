"""Outputs of cells become Markdown, or HTML on one line each, which any Markdown leaves alone."""

import base64
import gzip
import html
import json
import re
import struct
from collections.abc import Callable, Collection
from dataclasses import dataclass

import markdown

from .files import Remembering
from .svg import figure

RICHEST_FIRST = ["text/html", "image/svg+xml", "image/png", "text/latex", "text/markdown", "text/plain"]
LONGEST = 60                                             # lines of text output that a page shows
LIGHT = 5000                                             # bytes of a widget's data, compressed
ADDRESS = re.compile(r"\b(?:at|object) (0x[0-9a-f]{6,})")
SENTENCE = markdown.Markdown(extensions=["pymdownx.arithmatex"],
                             extension_configs={"pymdownx.arithmatex": {"generic": True}})


class OutputError(ValueError):
    """An output that a page cannot show; the message says what to do."""


@dataclass(frozen=True)
class Html:
    """HTML for a page, all on one line; the drawing of a figure apart from what stands around it."""

    text: str
    drawing: str = ""
    rest: str = ""

    def __str__(self):
        return self.text + self.drawing + self.rest


@dataclass
class Renderer:
    """Turns the outputs of one chapter into Markdown and Html.

    prefix begins the ids and file names of figures; save(name, bytes) keeps a PNG, or the data of a widget,
    and returns the address to load it from.  widgets are the names of those that the book has a script for.
    """

    prefix: str
    save: Callable[[str, bytes], str]
    widgets: Collection[str] = ()
    figures: int = 0

    def outputs(self, outputs, alt="", caption=""):
        """A cell's outputs, each as Html or as a text of Markdown.  Raises OutputError."""
        pictures = [output for output in outputs if is_picture(output)]
        if pictures and not alt:
            raise OutputError('a figure needs alt text: ```python alt="what it shows"')
        if alt and len(pictures) != 1:
            raise OutputError(f"this cell names one figure and draws {len(pictures)}; "
                              "give each figure its own cell")
        if any("widget" in output.get("metadata", {}) and not is_picture(output) for output in outputs):
            raise OutputError("a widget takes the place of a figure, and what is displayed here is none")
        return [self.output(output, alt, caption) for output in outputs]

    def output(self, output, alt, caption):
        if output["output_type"] == "stream":
            return text_block(output["text"], output["name"])
        kind, content = richest(output["data"])
        if kind == "image/svg+xml":
            self.figures += 1
            try:
                marked = "widget" in output.get("metadata", {})
                drawn = figure(content, alt, f"{self.prefix}-{self.figures}", marked)
            except ValueError as error:
                raise OutputError(str(error)) from None
            return captioned(drawn, caption, self.widget(output))
        if kind == "image/png":
            return captioned(self.picture(content, alt), caption, self.widget(output))
        if kind == "text/html":
            unstyled = re.sub(r"<style.*?</style>", "", content, flags=re.DOTALL)    # of pandas' tables
            return Html(f'<div class="weave-output weave-html" tabindex="0">{one_line(unstyled)}</div>')
        if kind == "text/latex":
            return "$$\n" + content.strip().strip("$").strip() + "\n$$"
        if kind == "text/markdown":
            return content
        return text_block(content, "result")

    def picture(self, content, alt):
        self.figures += 1
        data = base64.b64decode(content)
        width, height = struct.unpack(">II", data[16:24])    # of the header, so that nothing shifts
        address = self.save(f"{self.prefix}-{self.figures}.png", data)
        return (f'<img src="{html.escape(address)}" alt="{html.escape(alt)}" '
                f'width="{width}" height="{height}" loading="lazy">')

    def widget(self, output):
        """The start tag of what a figure is wrapped in to become a widget, whose data is kept; or nothing.

        A cell asks for it by display(figure, metadata={"widget": its name, "data": what JSON can hold}), and
        may say in "room" how many rem its controls are high on a wide page, so that nothing shifts, and give
        in "later" what the script fetches once it is asked for: the tag has its address and compressed kB.
        """
        asked = output.get("metadata", {})
        if "widget" not in asked:
            return ""
        name = asked["widget"]
        if name not in self.widgets:
            known = ", ".join(sorted(self.widgets)) or "none"
            raise OutputError(f"the widget {name} has no script: write assets/widgets/{name}.js among the "
                              f"pages, or name one that is there: {known}")
        address, weight = self.keep(asked, "data", ".json")
        if weight > LIGHT:
            raise OutputError(f"the data of the widget {name} is {weight} bytes compressed, and a page may "
                              f"fetch {LIGHT} for one: round its numbers, or give it fewer, or give in "
                              '"later" what can wait until a reader asks for it')
        room = f' style="--room:{asked["room"]}rem"' if "room" in asked else ""
        later = ""
        if "later" in asked:
            other, weight = self.keep(asked, "later", "-later.json")
            later = f' data-later="{other}" data-kb="{round(weight / 1000)}"'
        return f'<weave-widget name="{name}" src="{address}"{later}{room}>'

    def keep(self, asked, part, ending):
        """A part of what a widget asked for, as JSON -> its address, and its compressed bytes."""
        try:
            data = json.dumps(asked[part], ensure_ascii=False, allow_nan=False, sort_keys=True,
                              separators=(",", ":")).encode()    # in an order that the cache has, too
        except (KeyError, ValueError):
            raise OutputError(f'the widget {asked["widget"]} has no "{part}" in its metadata that JSON can '
                              "hold: numbers that are finite, texts, lists, and dictionaries with texts as "
                              "keys") from None
        address = self.save(f"{self.prefix}-{self.figures}{ending}", data)
        return html.escape(address), len(gzip.compress(data))


def richest(data):
    for kind in RICHEST_FIRST:
        if kind in data:
            return kind, data[kind]
    raise OutputError(f"an output of kind {', '.join(data)}; known are {', '.join(RICHEST_FIRST)}")


def is_picture(output):
    return "data" in output and richest(output["data"])[0].startswith("image/")


def returns_text(outputs):
    """Whether the value of a cell's last expression is shown as text, printed or not."""
    return any(output["output_type"] == "execute_result" and richest(output["data"])[0] == "text/plain"
               for output in outputs)


def text_block(text, name):
    """Text that a cell printed or returned; standard error is set apart by its class."""
    if address := ADDRESS.search(text):
        raise OutputError(f"the output holds a memory address, {address[1]}, which differs from run to "
                          "run; print what the reader should look at")
    lines = text.rstrip("\n").split("\n")
    note = ""
    if len(lines) > LONGEST:
        shown = LONGEST // 2
        cut = len(lines) - 2 * shown
        lines = [*lines[:shown], f"... {cut} lines left out ...", *lines[-shown:]]
        note = (f'<p class="weave-note">The output is {cut + 2 * shown} lines long; its middle is left '
                "out here. The notebook has all of it.</p>")
    body = "&#10;".join(coloured(line) for line in lines)
    kind, label = "weave-output", ""
    if name == "stderr":
        kind, label = "weave-output weave-stderr", ' aria-label="standard error" role="group"'
    return Html(f'<div class="{kind}"><pre tabindex="0"{label}><code>{body}</code></pre>{note}</div>')


def coloured(line):
    """A line of text as HTML, with the colours that it asks a terminal for."""
    if "\x1b" not in line:
        return html.escape(line, quote=False)
    from nbconvert.filters import ansi2html    # of a package that is large, and seldom needed here

    return ansi2html(line)


def captioned(picture, caption, widget=""):
    """A figure; widget is the start tag of what it is wrapped in, if anything."""
    note = f"<figcaption>{inline(caption)}</figcaption>" if caption else ""
    begin = '<div class="weave-scroll" tabindex="0">'
    end = "</div></weave-widget>" if widget else "</div>"
    return Html(f'<figure class="weave-figure" data-search-exclude>{widget}{begin}', picture,
                f"{end}{note}</figure>")


def folded(code, title):
    """Code that is there for whoever unfolds it: plain, since colours would double what a page weighs."""
    body = html.escape(code.rstrip(), quote=False).replace("\n", "&#10;")
    summary = f"<summary>{title}, {counted(code.count(chr(10)) + 1, 'line')}</summary>"
    return Html(f'<details class="weave-code">{summary}'
                f'<div class="highlight"><pre><code>{body}&#10;</code></pre></div></details>')


def claims(sentences):
    """The folded list of what the build checked."""
    count = f"{counted(len(sentences), 'claim')} checked"
    items = "".join(f"<li>{inline(sentence)}</li>" for sentence in sentences)
    return Html('<details class="weave-claims" data-search-exclude>'
                f"<summary>{count}</summary><ul>{items}</ul></details>")


def counted(number, thing):
    """
    >>> counted(1, "line"), counted(2, "line")
    ('1 line', '2 lines')
    """
    return f"{number} {thing}{'s' * (number != 1)}"


@Remembering
def inline(text):
    """A sentence of Markdown, with mathematics, to HTML without the paragraph around it."""
    return one_line(SENTENCE.reset().convert(text).removeprefix("<p>").removesuffix("</p>"))


def one_line(content):
    """HTML without line ends, which would end an HTML block in Markdown."""
    return content.strip().replace("\n", "&#10;" if "<pre" in content else " ")


def plain(value):
    """A computed value, safe in the middle of a Markdown sentence."""
    return re.sub(r"([\\`*_\[\]<>$|])", r"\\\1", value)
