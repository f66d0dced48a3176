"""An executed chapter becomes a page's Markdown, and a notebook to take away."""

import re

import jupytext
import nbformat

from . import listing, render
from .chapter import cells_of, values_in
from .render import OutputError

CLONE = """
if "google.colab" in sys.modules and not os.path.exists("book"):
    subprocess.run(["git", "clone", "-q", "--depth=1", "{0}", "book"], check=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "./book"], check=True)
    sys.path.insert(0, "book/src")
"""
BEGIN = """import os
import subprocess
import sys
from pathlib import Path
{clone}
import scratch    # the book's modules: elsewhere than in Colab, yours to install

os.chdir(Path(scratch.__file__).resolve().parents[2])    # the book, with its data and results
sys.path.insert(0, os.getcwd())    # and benchmarks, which reads those"""


def weave(chapter, results, source_link, save, prefix):
    """The Markdown of a chapter with its results.  Raises WeaveError.

    source_link(listing) gives the caption of a listing, save is as in render.Renderer, and prefix
    begins the names of figures.
    """
    renderer = render.Renderer(prefix, save)
    parts = []
    for block, given in paired(chapter, results):
        if block.kind == "prose":
            parts.append(with_values(block.text, [render.plain(one["value"]) for one in given]))
        elif block.kind == "listing":
            found = find(chapter, block)
            parts += [source_link(found), fenced(found.text, found.language)]
        else:
            if block.role == "shown":
                parts.append(fenced(block.text))
            named = named_texts(block, given)
            try:
                parts.append(renderer.outputs(given[0]["outputs"], **named))
            except OutputError as error:
                raise chapter.error(block.line - 1, str(error)) from None
            if given[0].get("claims"):
                parts.append(render.claims(given[0]["claims"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def notebook(chapter, results, repository=None):
    """The executed chapter as an nbformat notebook; repository is what Colab has to clone first."""
    clone = CLONE.format(repository) if repository else ""
    cells = [code_cell(BEGIN.format(clone=clone), hidden=True)]
    for block, given in paired(chapter, results):
        if block.kind == "prose":
            text = with_values(block.text, [one["value"] for one in given]).strip()
            if text:
                cells.append(markdown_cell(text))
        elif block.kind == "listing":
            found = find(chapter, block)
            where = f"`{found.path}`, lines {found.first} to {found.last}:"
            cells.append(markdown_cell(f"{where}\n\n{fenced(found.text, found.language)}"))
        else:
            outputs = [described(output, **named_texts(block, given)) for output in given[0]["outputs"]]
            cells.append(code_cell(block.text, block.role != "shown", outputs))
    count = 0
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
            cell["outputs"] = [{**output, "execution_count": count} if output["output_type"] == "execute_result"
                               else output for output in cell["outputs"]]
    return nbformat.from_dict({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"}}})


def markdown_cell(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code_cell(source, hidden, outputs=()):
    metadata = {"jupyter": {"source_hidden": True}} if hidden else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": list(outputs)}


def downloads(book):
    """The texts of a notebook's .ipynb and .py files."""
    return nbformat.writes(book) + "\n", jupytext.writes(book, fmt="py:percent")


def paired(chapter, results):
    """Each block with the results of its cells."""
    results = iter(results)
    for block in chapter.blocks:
        yield block, [next(results) for _ in cells_of(block)]


def named_texts(block, given):
    """The alt and caption of a figure's cell, with their values filled in."""
    return {name: one["value"] for name, one in zip(block.options, given[1:])}


def with_values(text, values):
    """Prose with each `{python} ...` replaced by its value, and fences that are only shown as Markdown has them."""
    parts, end = [], 0
    for match, value in zip(values_in(text), values):
        parts += [text[end : match.start()], value]
        end = match.end()
    return re.sub(r"^(`{3,}|~{3,})python \.noeval *$", r"\1python", "".join(parts) + text[end:], flags=re.MULTILINE)


def find(chapter, block):
    try:
        return listing.find(block.text, chapter.root)
    except LookupError as error:
        raise chapter.error(block.line, error.args[0]) from None


def fenced(code, language="python"):
    longest = max(map(len, re.findall(r"^`{3,}", code, re.MULTILINE)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}{language}\n{code.rstrip()}\n{ticks}"


def described(output, alt="", caption=""):
    """An output for the notebook: a figure's fallback text is its description."""
    if render.is_picture({"data": {"text/plain": "", **output.get("data", {})}}):
        return {**output, "data": {**output["data"], "text/plain": alt}}
    return output
