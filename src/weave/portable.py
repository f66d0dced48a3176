"""A chapter as one page of Markdown to paste anywhere: outputs are text, and figures are files.

There is no HTML in it but the <details> of what is folded on the page: hints, solutions, set-up.
"""

import base64
import re

from . import render
from .page import fenced, indented
from .svg import figure

ESCAPE = re.compile(r"\x1b\[[\d;]*m")    # a colour of a terminal
LINK = re.compile(r"(?<=\]\()(?!\w+:|#|/)([^)#\s]+)(#[^)\s]*)?(?=\))")
CODE = re.compile(r"^( *)(`{3,}).*?^\1\2$|`+[^`\n]*`+", re.MULTILINE | re.DOTALL)
BOX = re.compile(r'viewBox="([-\d.]+)[ ,]+([-\d.]+)[ ,]+([-\d.]+)[ ,]+([-\d.]+)"')


def portable(chapter, prefix, save, address):
    """The Markdown of an executed chapter.

    prefix begins the names of figures, save(name, content) keeps one and returns the address to write,
    and address(path, anchor) is that of another page, which the chapter's Markdown names so.
    """
    figures = Figures(prefix, save)
    parts = []
    for block in chapter.blocks:
        if block.kind == "prose":
            inside = [linked(block.filled(render.plain).replace('<details markdown="1">', "<details>"), address)]
        elif block.kind == "listing":
            found = block.listing
            inside = [f"`{found.path}`, lines {found.first} to {found.last}:",
                      fenced(found.text, found.language)]
        else:
            inside = executed(block, figures)
        parts += [indented(part.strip("\n"), block.indent) for part in inside]
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def executed(block, figures):
    """The code of a block, folded where the page folds it, and its outputs."""
    outputs = [figures.output(output, **block.texts) for output in block.code.outputs]
    if block.role == "check":
        return [*outputs, f"Checked by the build: {'; '.join(block.code.claims)}."]
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
            self.number += 1
            name = f"{self.prefix}-{self.number}"
            if kind == "image/svg+xml":
                made = self.save(f"{name}.svg", drawing(content, alt, name).encode())
            else:
                made = self.save(f"{name}.png", base64.b64decode(content))
            return f"![{alt}]({made})" + (f"\n\n*{caption}*" if caption else "")
        if kind == "text/html" and "text/plain" in kinds:
            return fenced(kinds["text/plain"], "text")
        if kind == "text/latex":
            return "$$\n" + content.strip().strip("$").strip() + "\n$$"
        return content if kind in ("text/markdown", "text/html") else fenced(ESCAPE.sub("", content), "text")


def drawing(source, alt, name):
    """The text of an SVG file: black on white, whatever is around it."""
    tag, rest = figure(source, alt, name).split(">", 1)
    tag = re.sub(r' xmlns(:\w+)?="[^"]*"', "", tag)
    tag += (' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" color="#000" '
            'font-family="sans-serif"')
    place = "".join(f' {side}="{value}"' for side, value in zip(("x", "y", "width", "height"), box(tag)))
    return f'{tag}><rect{place} fill="#fff" stroke="none"/>{rest}'


def box(tag):
    """The corner and the size of a drawing, in its own coordinates."""
    found = BOX.search(tag)
    return found.groups() if found else (0, 0, "100%", "100%")


def linked(text, address):
    """Prose whose links to other pages are as address gives them; code stays as it is."""
    def link(match):
        return address(match[1], match[2] or "") if match[1].endswith(".md") else match[0]

    def outside(piece):
        return LINK.sub(link, piece)

    parts, end = [], 0
    for code in CODE.finditer(text):
        parts += [outside(text[end:code.start()]), code[0]]
        end = code.end()
    return "".join([*parts, outside(text[end:])])

