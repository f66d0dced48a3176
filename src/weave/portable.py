"""An executed chapter as one page of Markdown to paste anywhere: outputs are text, and figures are files.

There is no HTML in it but the <details> of what is folded on the page: hints, solutions, set-up.
"""

import base64
import re

from . import render
from .notebook import with_links
from .page import fenced, indented, section_claims
from .svg import figure

FOLD = re.compile(r'<details markdown="1"[^>]*>')
ESCAPE = re.compile(r"\x1b\[[\d;]*m")    # a colour of a terminal
BOX = re.compile(r'viewBox="([-\d.]+)[ ,]+([-\d.]+)[ ,]+([-\d.]+)[ ,]+([-\d.]+)"')


def portable(chapter, prefix, save, resolve, anchors=False):
    """The Markdown of an executed chapter.  Raises WeaveError.

    prefix begins the names of figures, and save(name, bytes) keeps one and returns the address to write.
    resolve(link) gives the address of a link to a page; a link for which it gives None becomes plain text.
    Titles keep the anchors that they name if anchors is true.
    """
    figures = Figures(prefix, save)
    claims = section_claims(chapter)
    parts = []
    for block in chapter.blocks:
        if block.kind == "prose":
            text = FOLD.sub("<details>", block.filled(render.plain))
            parts.append(with_links(text, resolve, anchors).strip("\n"))
            continue
        if block.kind == "listing":
            found = block.listing
            inside = [f"`{found.path}`, lines {found.first} to {found.last}:",
                      fenced(found.text, found.language)]
        else:
            inside = executed(block, figures, claims.get(block, ()))
        parts += [indented(part, block.indent) for part in inside]
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def executed(block, figures, claims):
    """The code of a block, folded where the page folds it, its outputs, and the claims that stand here."""
    try:
        outputs = [figures.output(output, **block.texts) for output in block.code.outputs]
    except ValueError as error:
        raise block.chapter.error(block.line - 1, str(error)) from None
    if block.role == "check":
        return [*outputs, *([f"Checked by the build: {'; '.join(claims)}."] if claims else [])]
    if block.role == "shown":
        return [fenced(block.text), *outputs]
    title = "The code of this figure" if "alt" in block.options else "Set-up"
    code = f"<details>\n<summary>{title}</summary>\n\n{fenced(block.text)}\n\n</details>"
    return [*outputs, code] if "alt" in block.options else [code, *outputs]


class Figures:
    """Outputs as Markdown; the figures among them, numbered as on the page, as files."""

    def __init__(self, prefix, save):
        self.prefix, self.save, self.number = prefix, save, 0

    def output(self, output, alt="", caption=""):
        if output["output_type"] == "stream":
            return fenced(ESCAPE.sub("", output["text"]), "text")
        kinds = output["data"]
        kind, content = render.richest(kinds)
        if kind.startswith("image/"):
            return f"![{alt}]({self.file(kind, content, alt)})" + (f"\n\n*{caption}*" if caption else "")
        if kind == "text/html" and "text/plain" in kinds:
            return fenced(kinds["text/plain"], "text")
        if kind == "text/latex":
            return "$$\n" + content.strip().strip("$").strip() + "\n$$"
        return content if kind in ("text/markdown", "text/html") else fenced(ESCAPE.sub("", content), "text")

    def file(self, kind, content, alt):
        """The address of a figure, which is kept as a file."""
        self.number += 1
        name = f"{self.prefix}-{self.number}"
        if kind == "image/svg+xml":
            return self.save(f"{name}.svg", drawing(content, alt, name).encode())
        return self.save(f"{name}.png", base64.b64decode(content))


def drawing(source, alt, name):
    """The text of an SVG file: black on white, whatever is around it."""
    tag, rest = figure(source, alt, name).split(">", 1)
    tag = re.sub(r' xmlns(:\w+)?="[^"]*"', "", tag)
    tag += (' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" color="#000" '
            'font-family="sans-serif"')
    found = BOX.search(tag)
    box = zip(("x", "y", "width", "height"), found.groups() if found else (0, 0, "100%", "100%"))
    place = "".join(f' {side}="{value}"' for side, value in box)
    return f'{tag}><rect{place} fill="#fff" stroke="none"/>{rest}'
