"""An executed chapter to take away: a notebook, a script, and the archive of what both of them need.

The first cell (begin.py) finds the book's modules and the files that the chapter reads, or fetches them
from the site, in one archive whose checksum it knows.
"""

import hashlib
import inspect
import pprint
import re
import sys
from pathlib import Path

from . import render
from .begin import begin
from .files import bytes_of
from .imports import Modules, imported_by_chapter
from .page import fenced
from .take import zipped

LINK = re.compile(r"(?P<code>(?P<ticks>`+).+?(?<!`)(?P=ticks)(?!`))"
                  r"|(?<!!)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]"
                  r"\((?P<address>(?:[\w./-]+\.(?:md|ipynb))?(?:#[\w-]+)?)\)", re.DOTALL)
ANCHOR = re.compile(r"^(#{1,6} .*?) *\{ *#[\w-]+ *\} *$", re.MULTILINE)
TRY = re.compile(r"(?:^[^\n]+\n)+\{ \.weave-try \}$", re.MULTILINE)    # what to do with a widget
IN_PAGES = {"js", "pyodide", "pyodide_js"}    # what Python has there, and nobody installs
TITLES = {"check": "Claims of the page, checked", "quiet": "Set-up"}    # of folded cells
FIGURE = "The code of this figure"
BEGIN = inspect.getsource(begin).rstrip()
FOR_PIP = ("pyproject.toml", "README.md", "LICENSE")    # of the archive, which pip can install, too


class Downloads:
    """What a build knows about its downloads.

    package is the book's, under root/source, and None if chapters need none. installs are pip's names for
    packages that are imported by another one; gpu has the packages, and the variables, for machines with a
    GPU. site is the address of the built site and repository that of the source, if known.
    """

    def __init__(self, root, source="src", package=None, installs=None, gpu=None, site=None, repository=None):
        self.root, self.source, self.package = Path(root), source, package
        self.installs, self.gpu, self.repository = installs or {}, gpu or {}, repository
        self.site = f"{site.rstrip('/')}/" if site else None
        self.modules = Modules(root, source)
        self.archive = self.sha256 = None

    def pack(self, read):
        """Make the archive: the package, and of the files that chapters read those outside of the source."""
        if not (self.package and self.site):
            return
        modules = [path.relative_to(self.root).as_posix()
                   for path in (self.root / self.source / self.package).rglob("*")
                   if "__pycache__" not in path.parts]
        names = {*FOR_PIP, *modules, *filter(self.is_outside, read)}
        self.archive = zipped({name: bytes_of(self.root / name) for name in names
                               if (self.root / name).is_file()})
        self.sha256 = hashlib.sha256(self.archive).hexdigest()

    def is_outside(self, name):
        return not name.startswith(f"{self.source}/")

    def first_cell(self, chapter, read):
        """The code of the first cell; read are the files that the chapter read when it was executed."""
        files = [f"{self.source}/{self.package}/__init__.py", *sorted(filter(self.is_outside, read))]
        given = {"package": self.package, "files": files, "pip": self.needs(chapter)}
        if set(self.gpu.get("packages", [])) & given["pip"].keys():
            given |= {"gpu": self.gpu["packages"], "variables": self.gpu.get("environment", {})}
        if self.archive:
            given |= {"address": f"{self.site}{self.package}.zip", "sha256": self.sha256}
        given["advice"] = ("put this file into a copy of the book"
                           + (f" (git clone {self.repository})" if self.repository else "")
                           + ", or start Python there")
        call = ",\n".join(f"    {name}={pprint.pformat(value, width=90, sort_dicts=False)}"
                          .replace("\n", f"\n{' ' * (5 + len(name))}") for name, value in given.items())
        return f"{BEGIN}\n\n\nbegin(\n{call})"

    def needs(self, chapter):
        """{what is imported: what pip installs for it} of a chapter and the modules that it imports."""
        names = imported_by_chapter(chapter)
        found = set(names).union(*map(self.modules.names, self.modules.closure(names)))
        tops = {name.partition(".")[0] for name in found} - sys.stdlib_module_names - IN_PAGES
        own = {top for top in tops for folder in (self.root, self.root / self.source)
               if (folder / top).is_dir() or (folder / f"{top}.py").is_file()}
        return {top: self.installs.get(top, top) for top in sorted(tops - own)}


def notebook(chapter, downloads=None, read=(), resolve=lambda address: None):
    """The executed chapter as a notebook in nbformat's dictionaries.

    read are the files that it read. resolve(address) makes the address of a link between pages absolute; a
    link for which it gives None becomes plain text.
    """
    cells = []
    if downloads and downloads.package:
        cells.append(code_cell(downloads.first_cell(chapter, read), "The book's modules and files"))
    for block in chapter.blocks:
        if block.kind == "prose":
            text = with_links(block.filled(), resolve).strip()
            if text:
                cells.append(markdown_cell(text))
        elif block.kind == "listing":
            found = block.listing
            where = f"`{found.path}`, lines {found.first} to {found.last}:"
            cells.append(markdown_cell(f"{where}\n\n{fenced(found.text, found.language)}"))
        else:
            outputs = [described(output, **block.texts) for output in block.code.outputs]
            cells.append(code_cell(block.text, folded_as(block), outputs))
    count = 0
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
            for output in cell["outputs"]:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = count
    return {"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"}}}


def written(book):
    """The text of a notebook's file.  Raises nbformat.ValidationError."""
    import nbformat    # as script's jupytext

    return nbformat.writes(nbformat.from_dict(book)) + "\n"


def with_links(text, resolve, anchors=False):
    """Markdown whose links to other pages work elsewhere, or are plain text.

    Titles name no anchors, unless it is for a reader of Markdown that has them; and what the page says to
    do with a widget is left out, where there is none.

    >>> with_links("[a](b.md#c), `[a](b.md)`, [d](e.md)", {"b.md#c": "https://x.org/b/#c"}.get)
    '[a](https://x.org/b/#c), `[a](b.md)`, d'
    >>> with_links("## How? Slopes {#how}", str)
    '## How? Slopes'
    >>> with_links("One.\\n\\nPress it.\\nTwice.\\n{ .weave-try }\\n\\nTwo.", str)
    'One.\\n\\n\\n\\nTwo.'
    """
    def elsewhere(found):
        if found["code"] or not found["address"]:
            return found[0]
        address = resolve(found["address"])
        return f"[{found['text']}]({address})" if address else found["text"]

    text = LINK.sub(elsewhere, TRY.sub("", text))
    return text if anchors else ANCHOR.sub(r"\1", text)


def folded_as(block):
    """The title under which a cell is folded; None for one that is shown."""
    return FIGURE if block.role == "quiet" and "alt" in block.options else TITLES.get(block.role)


def markdown_cell(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code_cell(source, title=None, outputs=()):
    """A cell; with a title it is folded, in Jupyter by source_hidden and in Colab by cellView."""
    metadata = {"jupyter": {"source_hidden": True}, "cellView": "form"} if title else {}
    source = f"# @title {title}\n{source}" if title else source
    outputs = [dict(output) for output in outputs]
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": outputs}


def script(book):
    """The notebook as a Python script."""
    import jupytext    # which takes its time, and a build that has the script from before can do without
    import nbformat

    plain = nbformat.from_dict({**book, "cells": [{**cell, "metadata": {}} for cell in book["cells"]]})
    return jupytext.writes(plain, fmt="py:percent")


def described(output, alt="", caption=""):
    """An output for the notebook: a figure's fallback text is its description; a widget is its figure."""
    if "widget" in output.get("metadata", {}):
        output = {**output, "metadata": {}}
    if render.is_picture({"data": {"text/plain": "", **output.get("data", {})}}):
        return {**output, "data": {**output["data"], "text/plain": alt}}
    return output
