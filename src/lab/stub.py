"""The format of a lab's file, and how its code takes the place of the book's.

The docstring says which names are the reader's to write, which chapter teaches them, and the module,
if there is one, that defines them already:

    Exercises: Value.tanh, topological_order.
    Chapter: docs/micrograd/autograd.md.  In place of: scratch.micrograd.engine.
"""

import ast
import functools
import importlib
import os
import re
import traceback
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = re.compile(r"^Exercises: ([\w., \n]+)\.\nChapter: (\S+\.md)\.(?:\s+In place of: ([\w.]+)\.)?$",
                    re.MULTILINE)
SECTION = re.compile(r"^## (.+?)(?: *\{ *#[\w-]+ *\})?\n"    # an anchor of its own is no part of a title
                     r"(?:(?:(?!^## )(?!^> \*\*Takeaway).*\n)*?> \*\*Takeaway\.\*\* ((?:.+\n)+))?",
                     re.MULTILINE)
PASSES, WRONG, OPEN = "passes", "not yet right", "to write"    # the states of an exercise


class LabError(Exception):
    """A file that cannot be graded as it is."""


class Wrong(Exception):
    """An exercise that does not pass: its state, and why."""

    def __init__(self, why, state=WRONG):
        super().__init__(why)
        self.state = state


class Lab:
    """A reader's file, or only the exercise that its address names: "engine.py::Value.tanh".

    Raises LabError for a file that cannot be read, is not Python, or lacks the lines above.
    """

    def __init__(self, address):
        path, _, chosen = str(address).partition("::")
        self.path = Path(path)
        self.display_path = os.path.relpath(self.path)
        try:
            tree = ast.parse(self.path.read_bytes(), self.path)
        except OSError as error:
            raise LabError(f"{self.display_path}: {error.strerror}") from None
        except SyntaxError as error:
            line = (error.text or "").strip()
            raise LabError(f"{self.display_path}, line {error.lineno}, is not Python: {error.msg}\n\n"
                           f"    {line}") from None
        header = HEADER.search(ast.get_docstring(tree) or "")
        if not header:
            raise LabError(f"{self.display_path} has no lines `Exercises: ….` and `Chapter: ….` in its "
                           "docstring; take them from the stub in labs/")
        self.exercises = re.split(r",\s*", header[1])
        self.chapter, self.module = header[2], header[3]
        if chosen and chosen not in self.exercises:
            raise LabError(f"{self.display_path} has no exercise {chosen}; it has "
                           f"{', '.join(self.exercises)}")
        self.chosen = [chosen] if chosen else self.exercises

    @property
    def tests(self):
        """The file of the module's tests, or None for a lab that is graded by its examples alone."""
        if self.module is None:
            return None
        _, *rooms, stem = self.module.split(".")
        return ROOT.joinpath("tests", *rooms, f"test_{stem}.py")

    @functools.cached_property
    def sections(self):
        """The chapter's titles, each with its takeaway, which may be empty."""
        text = (ROOT / self.chapter).read_text(encoding="utf-8")
        return {title: " ".join(takeaway.replace("\n> ", " ").split())
                for title, takeaway in SECTION.findall(text)}

    def install(self):
        """Run the file and put its chosen exercises into the module -> the names of the file.

        In the file, too, every other exercise becomes the module's.
        """
        mine = types.ModuleType("mine")
        mine.__file__ = str(self.path)
        try:
            exec(compile(self.path.read_bytes(), self.path, "exec"), vars(mine))
        except Exception as error:
            raise LabError(f"{self.display_path} does not run: {self.message(error)}") from None
        book = importlib.import_module(self.module) if self.module else mine
        for name in self.chosen:
            owner, _, attribute = name.rpartition(".")
            found = vars(mine).get(owner) if owner else mine
            if attribute not in getattr(found, "__dict__", {}):
                raise LabError(f"{self.display_path} has no {name} any more; the stub in labs/ shows its "
                               "first line (git diff shows what you changed)")
            setattr(getattr(book, owner) if owner else book, attribute, vars(found)[attribute])
        for name in self.exercises:
            top = name.partition(".")[0]
            if hasattr(book, top):
                setattr(mine, top, getattr(book, top))
        return vars(mine)

    def message(self, error):
        """An error as a sentence, with the last line of the reader's file that it came through."""
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)
                 if frame.filename == str(self.path)]
        place = f", from line {lines[-1]} of {self.display_path}" if lines else ""
        return f"{type(error).__name__}: {error}{place}"
