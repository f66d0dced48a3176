"""Grading by the module's tests: a plugin that gives pytest the option --mine.

It puts the reader's code in the place of the book's and reports the first failure in words.
"""

import inspect
import os

import pytest

from .examples import examples, indented
from .stub import OPEN, WRONG, Lab, LabError, Wrong


def pytest_addoption(parser):
    parser.addoption("--mine", metavar="FILE", help="test a reader's code in the place of the book's: "
                     "labs/micrograd/engine.py, or one exercise, labs/micrograd/engine.py::topological_order")


def pytest_configure(config):
    if mine := config.getoption("--mine"):
        try:
            config.pluginmanager.register(Grading(mine))
        except LabError as error:
            raise pytest.UsageError(str(error)) from None


class Grading:
    """For one run of pytest: the reader's code in its place, and the first failure in words."""

    def __init__(self, address):
        self.lab = Lab(address)
        self.names = self.lab.install()
        self.first = None

    def pytest_exception_interact(self, node, call, report):
        if self.first is None:
            error = call.excinfo.value
            state = OPEN if isinstance(error, NotImplementedError) else WRONG
            self.first = Wrong(self.explained(node, error, report), state)

    def explained(self, node, error, report):
        if isinstance(error, NotImplementedError):
            return str(error)
        crash = getattr(report.longrepr, "reprcrash", None)
        failure = "\n".join((crash.message if crash else str(report.longrepr)).splitlines()[:8])
        function = getattr(node, "function", None)
        why = inspect.getdoc(function) if function and function.__doc__ else ""
        titles = dict.fromkeys(title for name in self.lab.chosen
                               for title, _ in examples(self.lab, name, self.names))
        return (f"The book's tests say: {sentence(node.name)}.\n{why}\n\n{indented(failure)}\n\n"
                f"Read: {self.lab.chapter}, {', '.join(titles)}\n"
                f"The test: {os.path.relpath(node.path)}, {getattr(function, '__name__', node.name)}")

    def pytest_terminal_summary(self, terminalreporter):
        if self.first:
            terminalreporter.section(f"{self.lab.display_path}: {self.first.state}")
            terminalreporter.write_line(str(self.first))


def sentence(name):
    """A test's name in words.

    >>> sentence("test_a_leaf_adds_up[tanh]")
    'a leaf adds up (tanh)'
    """
    words, _, case = name.removeprefix("test_").partition("[")
    return words.replace("_", " ") + (f" ({case.removesuffix(']')})" if case else "")
