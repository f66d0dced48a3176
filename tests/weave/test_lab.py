"""Every lab is open as it stands, passes with the book's own code, and explains a mistake in the chapter's words."""

import ast
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from weave.chapter import Chapter
from weave.lab import OPEN, PASSES, WRONG, Close, Lab, LabError, judge

ROOT = Path(__file__).resolve().parents[2]
LABS = sorted((ROOT / "labs").glob("*/*.py"))
EXERCISES = [(path, name) for path in LABS for name in Lab(path).exercises]
ENGINE = ROOT / "labs/micrograd/engine.py"


OF_OUR_OWN = {    # what solves exercises that neither the module nor the chapter has as a function
    "settings": "def solved_settings():\n    return {'rate': 0.3, 'hidden_scale': 0.2, 'output_scale': 0.1, 'block_size': 4}",
    "calmed": "def solved_calmed(model):\n    with torch.no_grad():\n        model.W2 *= 0.01\n"
              "        model.b2 *= 0.0\n    return model",
    "mixed": """
class solved_mixed:
    def __init__(self, one, other):
        self.models, self.block_size = (one, other), max(one.block_size, other.block_size)

    def __call__(self, contexts):
        return torch.stack([model(contexts[:, -model.block_size:]).double().softmax(1)
                            for model in self.models]).mean(0).log()
""",
}


def named(value):
    return value.stem if isinstance(value, Path) else value


def solution(lab):
    """The lab's text, and below it what solves it: the module's code, the chapter's, or engine.py's Value."""
    lines = [lab.path.read_text(encoding="utf-8"), f"import {lab.module or 'scratch.micrograd.engine'} as the_book",
             *chapters_code(lab)]
    for name in lab.exercises:
        solved = f"solved_{name}" if f" solved_{name}" in "".join(lines) else f"the_book.{name}"
        lines += [f"{solved}.__doc__ = {name}.__doc__    # the examples", f"{name} = {solved}"]
    return "\n".join([*lines, ""])


def chapters_code(lab):
    """The chapter's own definitions of the exercises, the last of each, as solved_NAME."""
    found = {}
    book = vars(importlib.import_module(lab.module)) if lab.module else {}
    for cell in Chapter(ROOT / lab.chapter, ROOT).cells:
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.FunctionDef) and node.name in set(lab.exercises) - book.keys():
                found[node.name] = ast.unparse(node).replace(f"def {node.name}(", f"def solved_{node.name}(")
    return [*found.values(), *(OF_OUR_OWN[name] for name in lab.exercises if name in OF_OUR_OWN)]


def pytest_with(path, *tests):
    return subprocess.run([sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--mine", path,
                           *tests], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("path, name", EXERCISES, ids=named)
def test_a_stub_is_an_exercise_to_write(path, name):
    assert judge(f"{path}::{name}") == (OPEN, f"{name} is yours to write")


@pytest.mark.parametrize("path", LABS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_the_books_own_code_passes(path, tmp_path):
    """Every exercise by its examples, and all of them together by the module's tests."""
    solved = tmp_path / path.name
    solved.write_text(solution(Lab(path)), encoding="utf-8")
    assert judge(solved) == (PASSES, "")


def with_body(tmp_path, name, body, lab=ENGINE):
    """A reader's engine.py in which the stub of name has this body -> what grading it says."""
    mine = tmp_path / "engine.py"
    text = lab.read_text(encoding="utf-8")
    stub = re.compile(rf'^( *)raise NotImplementedError\("{re.escape(name)} is yours to write"\)', re.MULTILINE)
    indent = stub.search(text)[1]
    mine.write_text(stub.sub("\n".join(indent + line for line in body.splitlines()), text), encoding="utf-8")
    return mine


TANH = 't = math.tanh(self.data)\nreturn result(t, "tanh", self, {slope})'
BACKWARD = """for value in inputs_first(self):
    if value.operation:
        value.grad = 0.0
self.grad += 1.0
for value in reversed(inputs_first(self)):
    for source, slope in value.inputs:
        source.grad {equals} slope * value.grad"""


def test_a_right_answer_of_ones_own_passes_examples_and_tests(tmp_path):
    mine = with_body(tmp_path, "Value.tanh", TANH.format(slope="1 - t ** 2"))
    assert judge(f"{mine}::Value.tanh") == (PASSES, "")


@pytest.mark.parametrize("name, body, says", [
    ("Value.tanh", TANH.format(slope="1 - t"), [
        "expected    0.7864477329659275\n    came        0.53788",
        "An operation computes two things at once: its result, and the slope toward each of its inputs.",
        "Read: docs/micrograd/autograd.md, What does a `Value` remember?"]),
    ("Value.backward", BACKWARD.format(equals="="), [
        "expected    4.0", "Paths add up.", "Read: docs/micrograd/autograd.md, Why `+=`?"]),
    ("inputs_first", "return [root]", ["Walk the values in reverse topological order", "In which order?"]),
    ("inputs_first", "return [*(v for a, _ in root.inputs for v in inputs_first(a)), root]",
     ["came        ['x', 'x', 'u']"]),
    ("Value.tanh", "return 1 / 0", ["ZeroDivisionError: division by zero, from line"]),
])
def test_a_mistake_is_explained_by_the_chapters_takeaway(tmp_path, name, body, says):
    state, why = judge(f"{with_body(tmp_path, name, body)}::{name}")
    assert state == WRONG
    for part in says:
        assert part in why


def test_a_mistake_that_the_examples_do_not_find_is_found_by_the_modules_tests(tmp_path):
    """tanh's slope is wrong below zero only, where no example looks."""
    mine = with_body(tmp_path, "Value.tanh", TANH.format(slope="1 - t * t if t >= 0 else 1.0"))
    state, why = judge(f"{mine}::Value.tanh")
    assert state == WRONG and "The book's tests say: " in why and "The test: tests/micrograd/test_engine.py" in why


def test_numbers_may_differ_in_their_last_digits_and_nothing_else_may():
    same = Close().check_output
    assert same("a\n0.30000000000000004\n", "a\n0.3\n", 0) and same("0.30000000000000004\n", "0.3\n", 0) and same("(1, [2.0])\n", "(1, [2.0000000000000004])\n", 0)
    assert not same("0.3\n", "0.31\n", 0) and not same("Size([4])\n", "Size([9])\n", 0)
    assert not same("0.3\n", "nan\n", 0) and not same("(1, 2)\n", "(1, 2, 3)\n", 0)


def test_a_loop_that_never_ends_is_stopped(tmp_path):
    mine = with_body(tmp_path, "Value.tanh", "while True:\n    pass")
    assert judge(f"{mine}::Value.tanh", limit=5) == (
        WRONG, "After 5 seconds it was still running. Is there a loop that never ends?")


@pytest.mark.parametrize("text, says", [
    ('"""Exercises: f.\nChapter: docs/a.md."""\ndef f(:\n', "line 3, is not Python"),
    ('"""Nothing."""\n', "has no lines `Exercises: ….`"),
])
def test_a_file_that_cannot_be_graded_says_why(tmp_path, text, says):
    mine = tmp_path / "mine.py"
    mine.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=says):
        Lab(mine)
    with pytest.raises(LabError, match="No such file"):
        Lab(tmp_path / "gone.py")


def test_an_exercise_that_was_deleted_is_missed(tmp_path):
    mine = tmp_path / "engine.py"
    mine.write_text(ENGINE.read_text(encoding="utf-8").replace("def tanh", "def tan"), encoding="utf-8")
    state, why = judge(f"{mine}::Value.tanh")
    assert state == WRONG and "has no Value.tanh any more" in why


def test_the_commands_list_what_passes_and_explain_the_first_mistake(tmp_path):
    mine = with_body(tmp_path, "Value.tanh", TANH.format(slope="1 - t"))
    run = subprocess.run([sys.executable, "-m", "weave.lab", mine], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 1 and re.search(r"Value\.tanh +not yet right", run.stdout)
    assert re.search(r"inputs_first +to write", run.stdout) and "Read: docs/micrograd/autograd.md" in run.stdout
    run = pytest_with(f"{mine}::Value.tanh", "tests/micrograd/test_engine.py")
    assert run.returncode == 1 and "The book's tests say: " in run.stdout
    shown = os.path.relpath(mine, ROOT)
    assert f"{shown}: not yet right" in run.stdout
