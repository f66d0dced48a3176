"""Grade what a reader wrote: their code in the place of the book's, under the book's tests.

    make lab                                 every exercise, and which ones pass
    make lab mine=labs/micrograd/engine.py   one file, and its first mistake explained
    pytest tests/micrograd --mine labs/micrograd/engine.py    all of the unit's tests

A lab is a file of stubs that readers fill in where they are.  Its docstring says which names are
theirs to write, which chapter teaches them, and the module, if there is one, that has them already:

    Exercises: Value.tanh, topological_order.
    Chapter: docs/micrograd/autograd.md.  In place of: scratch.micrograd.engine.

Each exercise is graded alone, in a process of its own, so that everything around it is the book's:
first by the examples in its docstring, each below the title of the section of the chapter that
explains it, then by the module's tests.  What went wrong is told with that section's takeaway.

In the labs of CUDA C an exercise returns a kernel's text, and its examples launch it on the CPU, by
run() and loads(), with memcheck looking on.
"""

import argparse
import ast
import contextlib
import doctest
import importlib
import inspect
import io
import math
import os
import re
import subprocess
import sys
import traceback
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEADER = re.compile(r"^Exercises: ([\w., \n]+)\.\nChapter: (\S+\.md)\.(?:\s+In place of: ([\w.]+)\.)?$",
                    re.MULTILINE)
SECTION = re.compile(r"^## (.+)\n(?:(?!^## )(?!^> \*\*Takeaway).*\n)*?> \*\*Takeaway\.\*\* ((?:.+\n)+)",
                     re.MULTILINE)
LIMIT = 120    # seconds for one exercise; the book's own code takes a few
PASSES, WRONG, OPEN = "passes", "not yet right", "to write"


class LabError(Exception):
    """A file that cannot be graded as it is."""


class Wrong(Exception):
    """An exercise that does not pass: its state, and why."""

    def __init__(self, why, state=WRONG):
        super().__init__(why)
        self.state = state


class Lab:
    """A reader's file, or of its exercises only those in chosen: "engine.py::Value.tanh"."""

    def __init__(self, address):
        path, _, chosen = str(address).partition("::")
        self.path = Path(path)
        self.shown = os.path.relpath(self.path)
        try:
            tree = ast.parse(self.path.read_bytes(), self.path)
        except OSError as error:
            raise LabError(f"{self.shown}: {error.strerror}") from None
        except SyntaxError as error:
            line = (error.text or "").strip()
            raise LabError(f"{self.shown}, line {error.lineno}, is not Python: {error.msg}\n\n    {line}") from None
        header = HEADER.search(ast.get_docstring(tree) or "")
        if not header:
            raise LabError(f"{self.shown} has no lines `Exercises: ….` and `Chapter: ….` in its docstring; "
                           "take them from the stub in labs/")
        self.exercises = re.split(r",\s*", header[1])
        self.chapter, self.module = header[2], header[3]
        if chosen and chosen not in self.exercises:
            raise LabError(f"{self.shown} has no exercise {chosen}; it has {', '.join(self.exercises)}")
        self.chosen = [chosen] if chosen else self.exercises

    @property
    def tests(self):
        """The module's tests, or None for a lab whose examples are all of them."""
        if self.module:
            *_, unit, stem = self.module.split(".")
            return ROOT / f"tests/{unit}/test_{stem}.py"

    def sections(self):
        """The chapter's titles, each with its takeaway."""
        text = (ROOT / self.chapter).read_text(encoding="utf-8")
        return {title: " ".join(takeaway.replace("\n> ", " ").split())
                for title, takeaway in SECTION.findall(text)}

    def install(self):
        """Run the file, put its chosen exercises into the module -> its names.

        In the file, too, every other exercise becomes the module's.
        """
        mine = types.ModuleType("mine")
        mine.__file__ = str(self.path)
        try:
            exec(compile(self.path.read_bytes(), self.path, "exec"), vars(mine))
        except Exception as error:
            raise LabError(f"{self.shown} does not run: {self.told(error)}") from None
        book = importlib.import_module(self.module) if self.module else mine
        for name in self.chosen:
            owner, _, attribute = name.rpartition(".")
            found = vars(mine).get(owner) if owner else mine
            if attribute not in getattr(found, "__dict__", {}):
                raise LabError(f"{self.shown} has no {name} any more; the stub in labs/ shows its first line "
                               "(git diff shows what you changed)")
            setattr(getattr(book, owner) if owner else book, attribute, vars(found)[attribute])
        for name in self.exercises:
            top = name.partition(".")[0]
            if hasattr(book, top):
                setattr(mine, top, getattr(book, top))
        return vars(mine)

    def told(self, error):
        """An error as a sentence, with the last line of the reader's file that it came through."""
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)
                 if frame.filename == str(self.path)]
        place = f", from line {lines[-1]} of {self.shown}" if lines else ""
        return f"{type(error).__name__}: {error}{place}"


class Close(doctest.OutputChecker):
    """Floats may differ in their last digits, since (a + b) + c is not always a + (b + c)."""

    def check_output(self, want, got, flags):
        wanted, came = want.splitlines(), got.splitlines()
        return len(wanted) == len(came) and all(map(alike, wanted, came))


def alike(want, got):
    """Whether two lines are the same, or hold numbers that are."""
    a, b = number(want), number(got)
    return want == got or a is not None and close(a, b)


def number(text):
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return None


def close(a, b):
    """Whether two numbers, or all numbers of two lists, are the same to twelve digits."""
    if isinstance(a, (list, tuple)) and type(a) is type(b) and len(a) == len(b):
        return all(map(close, a, b))
    return a == b if not isinstance(a, float) else isinstance(b, (int, float)) and math.isclose(
        a, b, rel_tol=1e-12, abs_tol=1e-12)


def examples(lab, name, names):
    """Each example in the docstring of the exercise: (title of its section, example)."""
    thing = names
    for part in name.split("."):
        thing = thing[part] if thing is names else getattr(thing, part)
    title = None
    for piece in doctest.DocTestParser().parse(inspect.getdoc(thing) or ""):
        if isinstance(piece, doctest.Example):
            yield title, piece
        for paragraph in re.split(r"\n\s*\n", piece) if isinstance(piece, str) else ():
            title = paragraph.strip() if paragraph.strip() in lab.sections() else title


def try_examples(lab, name, names):
    """Wrong, with what the chapter says about it, at the first example that fails."""
    found = list(examples(lab, name, names))
    if not found:
        raise LabError(f"the docstring of {name} in {lab.shown} has lost its examples; take them from the "
                       "stub in labs/ (git diff shows what you changed)")
    test = doctest.DocTest([example for _, example in found], dict(names), name, lab.path, None, None)
    try:
        doctest.DebugRunner(checker=Close(), verbose=False).run(test)
        return
    except doctest.DocTestFailure as failure:
        failed, got = failure.example, failure.got.strip() or "nothing"
    except doctest.UnexpectedException as failure:
        failed, error = failure.example, failure.exc_info[1]
        if isinstance(error, NotImplementedError):
            raise Wrong(str(error), OPEN) from None
        got = lab.told(error)
    [title] = [title for title, example in found if example is failed]
    upto = [example for each, example in found if each == title and example.lineno <= failed.lineno]
    shown = "".join(f">>> {example.source}".replace("\n", "\n... ").removesuffix("... ") for example in upto)
    compared = f"{beside('expected', failed.want.strip() or 'nothing')}\n{beside('came', got)}"
    raise Wrong(f"{indented(shown)}\n\n{indented(compared)}\n\n"
                f"{lab.sections()[title]}\nRead: {lab.chapter}, {title}")


def beside(word, text):
    """The word, and the lines of the text in a column of their own."""
    return f"{word:12}" + text.replace("\n", "\n" + 12 * " ")


def indented(text):
    return "\n".join(f"    {line}".rstrip() for line in text.rstrip().splitlines())


def launched(text, arguments, block, grid):
    """Launch the kernel of a text, watched by memcheck -> its last array, the record of all accesses."""
    os.environ["SCRATCH_CUDA"] = "cpu"    # the engine that can watch
    import numpy as np

    from scratch.cuda import autoinit, compiler, driver    # noqa: F401
    from scratch.cuda.cpu import memcheck
    name = re.search(r"__global__\s+void\s+(\w+)", text or "")
    if not name:
        raise ValueError(f"a kernel's text has a line `__global__ void name(...)`; this is {text!r}")
    values = [np.int32(each) if isinstance(each, int) else np.array(each, np.float32) for each in arguments]
    with memcheck.memcheck() as check:
        kernel = compiler.SourceModule(text).get_function(name[1])
    kernel(*(driver.InOut(value) if value.ndim else value for value in values), block=block, grid=grid)
    return [value for value in values if value.ndim][-1], check.accesses


def run(text, *arguments, block, grid=(1, 1)):
    """For labs of CUDA C: what the last array holds after the launch, as a list."""
    return launched(text, arguments, block, grid)[0].tolist()


def loads(text, *arguments, block, grid=(1, 1)):
    """For labs of CUDA C: how many floats all threads together load from global memory."""
    _, accesses = launched(text, arguments, block, grid)
    return int(accesses["size"][(accesses["space"] == 2) & (accesses["kind"] % 2 == 1)].sum()) // 4


def empty(*shape):
    """For labs of CUDA C: an array for a kernel to fill, nan until it does."""
    import numpy as np

    return np.full(shape, np.nan)


class Grading:
    """For pytest: the reader's code in its place, and the first failure in words."""

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
        said = "\n".join((crash.message if crash else str(report.longrepr)).splitlines()[:8])
        function = getattr(node, "function", None)
        why = inspect.getdoc(function) if function and function.__doc__ else ""
        titles = dict.fromkeys(title for name in self.lab.chosen
                               for title, _ in examples(self.lab, name, self.names))
        return (f"The book's tests say: {sentence(node.name)}.\n{why}\n\n{indented(said)}\n\n"
                f"Read: {self.lab.chapter}, {', '.join(titles)}\n"
                f"The test: {os.path.relpath(node.path)}, {getattr(function, '__name__', node.name)}")

    def pytest_terminal_summary(self, terminalreporter):
        if self.first:
            terminalreporter.section(f"{self.lab.shown}: {self.first.state}")
            terminalreporter.write_line(str(self.first))


def sentence(name):
    """test_a_leaf_adds_up[tanh] as `a leaf adds up (tanh)`."""
    words, _, case = name.removeprefix("test_").partition("[")
    return words.replace("_", " ") + (f" ({case.removesuffix(']')})" if case else "")


def try_tests(address):
    """Wrong at the first of the module's tests that fails."""
    grading = Grading(address)
    if grading.lab.tests:
        with contextlib.redirect_stdout(io.StringIO()):
            code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", str(grading.lab.tests)],
                               plugins=[grading])
        if code:
            raise grading.first or Wrong(f"{grading.lab.tests} ended with {code!r}")


def alone(address):
    """Grade the address in this process, and print its state and why."""
    lab = Lab(address)
    state, why = PASSES, ""
    try:
        names = lab.install()
        for name in lab.chosen:
            try_examples(lab, name, names)
        try_tests(address)
    except Wrong as wrong:
        state, why = wrong.state, str(wrong)
    except LabError as error:
        state, why = WRONG, str(error)
    print(f"\n{state}\n{why}")


def judge(address, limit=LIMIT):
    """Grade an exercise, or a whole file at once, in a process of its own -> its state and why."""
    try:
        run = subprocess.run([sys.executable, "-m", "weave.lab", "--alone", address],
                             capture_output=True, text=True, timeout=limit,
                             env={"OMP_NUM_THREADS": "1", **os.environ})    # small tensors, other work beside
    except subprocess.TimeoutExpired:
        return WRONG, f"After {limit} seconds it was still running. Is there a loop that never ends?"
    found = re.search(rf"^({PASSES}|{WRONG}|{OPEN})\n(.*)\Z", run.stdout, re.MULTILINE | re.DOTALL)
    if found:
        return found[1], found[2].strip("\n")
    died = subprocess.CalledProcessError(run.returncode, "python")    # the status in words
    return WRONG, (run.stdout + run.stderr).strip() or str(died)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="weave.lab", description="Grade the exercises in labs/.")
    parser.add_argument("mine", nargs="?", help="a file, or one exercise in it: engine.py::Value.tanh")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.alone:
        return alone(options.mine)
    wrong, first = 0, None
    for address in [options.mine] if options.mine else sorted((ROOT / "labs").glob("*/*.py")):
        try:
            lab = Lab(address)
        except LabError as error:
            print(error)
            wrong += 1
            continue
        print(lab.shown)
        wide = max(map(len, lab.chosen))
        for name in lab.chosen:
            state, why = judge(f"{lab.path}::{name}")
            print(f"    {'✓' if state == PASSES else '·'} {name:{wide}}  {state}", flush=True)
            wrong += state != PASSES
            first = first or (why and f"\n{name}, {lab.shown}\n\n{why}")
    if options.mine:
        print(first or "")
        return wrong > 0
    print("\nmake lab mine=FILE grades one file and explains its first mistake")


if __name__ == "__main__":
    sys.exit(main())
