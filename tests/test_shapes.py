"""A shape comment is checked while its line runs, and every module that has some is run."""

from pathlib import Path

import numpy as np
import pytest
from shapes import load_checked, shape_comments

ROOT = Path(__file__).resolve().parents[1]
TRUE = '''"""Sums in several ways.  # (B, F) here is text."""

import numpy as np

TABLE = np.zeros((3, 5))         # (F, B)


class Layer:
    def forward(self, x, y=None):
        # (B, F) on a line of its own is prose
        self.mean = x.mean(axis=0)          # (F)  of each feature
        total: object = x + self.mean       # (B, F)
        total = np.add(total,
                       total)               # (B, F)
        total += self.mean                  # (B, F)
        self.both = both = np.concatenate([total, x], axis=1)    # (B, 2 * F)
        rows, columns = total.sum(1), total.sum(0)               # (B), (F,)
        left, right = np.split(both, 2, axis=1)                  # (B, F)
        left.sum()                          # ()
        return left                         # (B, F)  what came in


def rows(x):
    for row in x:
        yield row    # (F)


def never(x):
    return x    # (B, F)
'''


def checked(folder, source, **sizes):
    path = folder / "sums.py"
    path.write_text(source, encoding="utf-8")
    return load_checked(path, **sizes)


def test_true_comments_are_silent_and_those_never_run_are_listed(tmp_path):
    sums = checked(tmp_path, TRUE, B=5, F=3)
    layer = sums.Layer()
    assert layer.forward(np.ones((5, 3))).shape == layer.both[:, :3].shape
    assert len(list(sums.rows(np.ones((5, 3))))) == 5
    line = TRUE[: TRUE.index("return x")].count("\n") + 1
    assert sums.unreached_shapes() == [f"sums.py:{line} (B, F)"]


@pytest.mark.parametrize("line, message", [
    ("y = x.mean(0)  # (B, F)", "sums.py:3 says (B, F) = (5, 3), got (3,)"),
    ("return x.T     # (B, F)", "sums.py:3 says (B, F) = (5, 3), got (3, 5)"),
    ("y = x.sum()    # (F)", "sums.py:3 says (F) = (3,), got ()"),
    ("x *= x         # (F)", "sums.py:3 says (F) = (3,), got (5, 3)"),
    ("y, z = x, x.T  # (B, F)", "says (B, F) = (5, 3), (5, 3), got (5, 3), (3, 5)"),
    ("y, z = x, x    # (B, F), (F)", "says (B, F), (F) = (5, 3), (3,), got (5, 3), (5, 3)"),
    ("yield x        # (F + 1)", "sums.py:3 says (F + 1) = (4,), got (5, 3)"),
    ("self.y = y = x # (2 * B, F)", "sums.py:3 says (2 * B, F) = (10, 3), got (5, 3)"),
])
def test_a_false_comment_fails_with_its_line_and_both_shapes(tmp_path, line, message):
    sums = checked(tmp_path, f"class Sums:\n    def f(self, x):\n        {line}\n", B=5, F=3)
    with pytest.raises(AssertionError) as failure:
        list(sums.Sums().f(np.ones((5, 3))))
    assert message in str(failure.value)


@pytest.mark.parametrize("source", [
    "def f(x):  # (B, F)\n    return x\n",
    "y = dict(\n    a=1,  # (B, F)\n    b=2)\n",
    "for row in []:  # (F)\n    pass\n",
    "def f(x):\n    return  # (B, F)\n",
])
def test_a_comment_that_cannot_be_checked_is_refused(tmp_path, source):
    with pytest.raises(ValueError, match=r"sums.py:\d \(.*\) is behind no value"):
        checked(tmp_path, source, B=5, F=3)


def test_a_letter_without_a_size_is_named(tmp_path):
    with pytest.raises(NameError, match=r"\(B, H\) has a letter H"):
        checked(tmp_path, "y = [[0]]  # (B, H)\n", B=1)


def untested(root):
    """The modules under root whose shape comments no test of the same name executes."""
    for path in sorted((root / "src/scratch").rglob("*.py")):
        test = root / "tests" / path.relative_to(root / "src/scratch").with_name(
            f"test_{path.name}")
        text = test.read_text(encoding="utf-8") if test.exists() else ""
        if shape_comments(path.read_text(encoding="utf-8")) and not (
                "load_checked(" in text and "unreached_shapes()" in text):
            yield f"{path.relative_to(root)}: {test.relative_to(root)} runs no shape comments"


def test_every_module_with_shape_comments_is_run_by_a_test():
    assert not list(untested(ROOT))


def test_a_module_with_shape_comments_and_no_test_is_found(tmp_path):
    for path, text in {
        "src/scratch/unit/plain.py": "y = 1    # one\n",
        "src/scratch/unit/tested.py": "y = [1]    # (B)\n",
        "src/scratch/unit/forgotten.py": "y = [1]    # (B)\n",
        "tests/unit/test_tested.py": "m = load_checked(path, B=1)\nassert not m.unreached_shapes()",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert list(untested(tmp_path)) == [
        "src/scratch/unit/forgotten.py: tests/unit/test_forgotten.py runs no shape comments"]
