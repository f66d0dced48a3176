"""What the page of labs asks for: a reader's answer graded by its examples, in the Python of a browser.

An answer is the text of a function, or of a class.  It takes the place of its stub in the lab's file, which
is then graded as a file on a disk is.  For a package that a browser lacks, a module may stand in.
"""

import ast
import importlib.util
import json
import os
import re
import sys
import textwrap
from importlib.machinery import ModuleSpec
from pathlib import Path

from .grade import grade
from .stub import ROOT, Lab


class Verdict(str):
    """The state and why, as JSON, which is shown as it is."""

    __repr__ = str.__str__


def graded(path, stub, name, answers, chapter, standing=None):
    """Grade the answer to one exercise -> its Verdict, in which lines are numbered as in the answer.

    path is where the lab's file is put, whose text is stub; answers are {exercise: text}, that of name and
    others that are to stand beside it; chapter is the chapter's text, or that of its titles and takeaways;
    standing is {package: the module that stands in for it where it is missing}.
    """
    lacking = {package: home for package, home in (standing or {}).items()
               if not importlib.util.find_spec(package)}
    if lacking:
        sys.meta_path.insert(0, StandIn(lacking))
    text, lines = answered(stub, answers, name)
    put(path, stub)
    read = ROOT / Lab(path).chapter
    if not read.is_file():
        put(read, chapter)
    put(path, text)
    state, why = grade(f"{path}::{name}", tests=False)
    return Verdict(json.dumps([state, renumbered(why, os.path.relpath(path), lines)]))


def put(path, text):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


def answered(stub, answers, name):
    """A lab's text with answers in the places of its stubs, and the lines of one of them, as a range."""
    lines, tree, taken = stub.split("\n"), ast.parse(stub), range(0)
    for node, text in sorted(((found(tree, each), text) for each, text in answers.items()),
                             key=lambda pair: -pair[0].lineno):    # from the last, so that numbers stay true
        mine = textwrap.indent(text.rstrip(), " " * node.col_offset).split("\n")
        first = min(each.lineno for each in [node, *node.decorator_list])
        grown = len(mine) - (node.end_lineno - first + 1)
        lines[first - 1 : node.end_lineno] = mine
        taken = range(taken.start + grown, taken.stop + grown)
        if node is found(tree, name):
            taken = range(first, first + len(mine))
    return "\n".join(lines), taken


def found(tree, name):
    """The definition in a tree that has a dotted name."""
    for part in name.split("."):
        tree = next(node for node in tree.body if getattr(node, "name", None) == part)
    return tree


def renumbered(why, path, lines):
    """The text with the numbers of a file's lines as those within a range of them.

    >>> renumbered("ZeroDivisionError: division by zero, from line 12 of a.py", "a.py", range(10, 14))
    'ZeroDivisionError: division by zero, from line 3'
    """
    def own(match):
        number = int(match[1] or match[2])
        return f"line {number - lines.start + 1}" if number in lines else match[0]

    return re.sub(rf"{re.escape(path)}, line (\d+),|\bline (\d+) of {re.escape(path)}", own, why)


class StandIn:
    """An importer: what is imported of a package comes from the module that stands in for it."""

    def __init__(self, homes):
        self.homes = homes

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name.partition(".")[0] in self.homes else None

    def create_module(self, spec):
        """None: an empty module, until exec_module puts the real one in its place."""

    def exec_module(self, module):
        package, dot, rest = module.__name__.partition(".")
        sys.modules[module.__name__] = importlib.import_module(self.homes[package] + dot + rest)
