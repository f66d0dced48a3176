"""An executed chapter becomes a page's Markdown."""

import re
from pathlib import Path

from . import render
from .render import Html, OutputError
from .times import FOLD

HEADING = re.compile(r"^#{1,6} ", re.MULTILINE)


def weave(chapter, caption, save, prefix, html=str, widgets=()):
    """The Markdown of an executed chapter.  Raises WeaveError.

    caption(listing) gives the line of HTML above a listing, save and widgets are as in render.Renderer, and
    prefix begins the names of figures.  html(part) gives what stands in the Markdown for a render.Html: by
    default the HTML itself.
    """
    renderer = render.Renderer(prefix, save, widgets)
    claims = section_claims(chapter)
    parts = []
    for block in chapter.blocks:
        if block.kind == "prose":
            parts.append(block.filled(render.plain))
            continue
        if block.kind == "listing":
            inside = [Html(caption(block.listing)), fenced(block.listing.text, block.listing.language)]
        else:
            inside = executed(block, renderer, claims.get(block, ()))
        parts += [indented(html(part) if isinstance(part, Html) else part, block.indent) for part in inside]
    return "\n\n".join(part for part in parts if part) + "\n"


def section_claims(chapter):
    """{the last check of a section, or of a fold: the claims of all its checks}, of what was executed."""
    found, last, sentences = {}, None, {}
    for block in [*chapter.blocks, None]:
        if block is None or block.kind == "prose" and (FOLD.search(block.text) or HEADING.search(block.text)):
            if last:
                found[last] = list(sentences)
            last, sentences = None, {}
        elif block.role == "check" and block.code.executed:
            last, sentences = block, sentences | dict.fromkeys(block.code.claims)
    return found


def executed(block, renderer, claims):
    """What a page shows of a block of code: the code, or its fold; outputs; claims that stand here.

    A block that has not been executed yet has the code alone.
    """
    ready = all(cell.executed for cell in block.cells)
    try:
        if block.role == "quiet" and render.returns_text(block.code.outputs):
            raise OutputError("a quiet cell returns text, which would stand on the page; end the cell with "
                              "something else than an expression, or print() what the reader should see")
        outputs = renderer.outputs(block.code.outputs, **block.texts) if ready else []
    except OutputError as error:
        raise block.chapter.error(block.line - 1, str(error)) from None
    if block.role == "shown":
        return [fenced(block.text), *outputs]
    if block.role == "check":
        return [*outputs, *([render.claims(claims)] if claims else [])]
    if "alt" in block.options:
        return [*outputs, render.folded(block.text, "The code of this figure")]
    return [render.folded(block.text, "Set-up"), *outputs]


def stem_of(uri):
    """How the names of a page's figures begin.

    >>> stem_of("makemore/gpt.md")
    'makemore-gpt'
    """
    return re.sub(r"\W+", "-", str(Path(uri).with_suffix("")))


def indented(text, indent):
    return indent + text.replace("\n", "\n" + indent) if indent else text


def fenced(code, language="python"):
    longest = max(map(len, re.findall(r"^`{3,}", code, re.MULTILINE)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}{language}\n{code.rstrip()}\n{ticks}"
