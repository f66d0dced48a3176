"""An executed chapter becomes a page's Markdown, and a notebook to take away."""

import re
from pathlib import Path

import nbformat

from . import render
from .render import Html, OutputError

BEGIN = """import os
import subprocess
import sys
from pathlib import Path
{clone}
import {package}    # the book's modules: elsewhere than in Colab, yours to install

os.chdir(Path({package}.__file__).resolve().parents[{up}])    # the book, with its data and results
sys.path.insert(0, os.getcwd())    # and what it reads them with"""
CLONE = """
if "google.colab" in sys.modules and not os.path.exists("book"):
    subprocess.run(["git", "clone", "-q", "--depth=1", "{repository}", "book"], check=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "./book"], check=True)
    sys.path.insert(0, "book/{source}")
"""


def weave(chapter, caption, save, prefix, html=str):
    """The Markdown of an executed chapter.  Raises WeaveError.

    caption(listing) gives the line of HTML above a listing, save is as in render.Renderer, and prefix
    begins the names of figures.  html(part) gives what stands in the Markdown for a render.Html: by
    default the HTML itself.
    """
    renderer = render.Renderer(prefix, save)
    parts = []
    for block in chapter.blocks:
        if block.kind == "prose":
            parts.append(block.filled(render.plain))
            continue
        if block.kind == "listing":
            inside = [Html(caption(block.listing)), fenced(block.listing.text, block.listing.language)]
        else:
            inside = executed(block, renderer)
        parts += [indented(html(part) if isinstance(part, Html) else part, block.indent) for part in inside]
    return "\n\n".join(part for part in parts if part) + "\n"


def executed(block, renderer):
    """What a page shows of a block of code: the code, or its fold; outputs; claims.

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
        return [*outputs, render.claims(block.code.claims)] if ready else []
    if "alt" in block.options:
        return [*outputs, render.folded(block.text, "The code of this figure")]
    return [render.folded(block.text, "Set-up"), *outputs]


def indented(text, indent):
    return indent + text.replace("\n", "\n" + indent) if indent else text


def notebook(chapter, repository=None, package=None):
    """The executed chapter as an nbformat notebook.

    package is what it imports, and repository what Colab has to clone and install to have that.
    """
    cells = []
    if package:
        clone = CLONE.format(repository=repository, source=chapter.source) if repository else ""
        up = 1 + len(Path(chapter.source).parts)
        cells.append(code_cell(BEGIN.format(clone=clone, package=package, up=up), hidden=True))
    for block in chapter.blocks:
        if block.kind == "prose":
            text = block.filled().strip()
            if text:
                cells.append(markdown_cell(text))
        elif block.kind == "listing":
            found = block.listing
            where = f"`{found.path}`, lines {found.first} to {found.last}:"
            cells.append(markdown_cell(f"{where}\n\n{fenced(found.text, found.language)}"))
        else:
            outputs = [described(output, **block.texts) for output in block.code.outputs]
            cells.append(code_cell(block.text, block.role != "shown", outputs))
    count = 0
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
            for output in cell["outputs"]:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = count
    return nbformat.from_dict({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"}}})


def markdown_cell(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code_cell(source, hidden, outputs=()):
    metadata = {"jupyter": {"source_hidden": True}} if hidden else {}
    outputs = [dict(output) for output in outputs]
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": outputs}


def script(book):
    """The notebook as a Python script."""
    import jupytext    # which takes its time, and a build that has the script from before can do without

    return jupytext.writes(book, fmt="py:percent")


def fenced(code, language="python"):
    longest = max(map(len, re.findall(r"^`{3,}", code, re.MULTILINE)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}{language}\n{code.rstrip()}\n{ticks}"


def described(output, alt="", caption=""):
    """An output for the notebook: a figure's fallback text is its description."""
    if render.is_picture({"data": {"text/plain": "", **output.get("data", {})}}):
        return {**output, "data": {**output["data"], "text/plain": alt}}
    return output
