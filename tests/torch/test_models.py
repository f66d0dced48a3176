"""The book's own models, unmodified, lose on ours what they lose on PyTorch, and make the same words."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PROGRAM = Path(__file__).resolve().parents[1] / "torch_models.py"
DOCTESTS = """
import doctest, importlib, pkgutil, sys
from scratch.torch.__main__ import pretend
pretend()
import scratch.makemore, torch
tried = failed = 0
for module in pkgutil.walk_packages(scratch.makemore.__path__, "scratch.makemore."):
    if not module.name.endswith("__main__"):
        result = doctest.testmod(importlib.import_module(module.name))
        tried, failed = tried + result.attempted, failed + result.failed
print(torch.__version__, tried, failed)
sys.exit(failed)
"""


@pytest.fixture(scope="module")
def trained(request):
    """{model: [losses, words]} of ours and of PyTorch: 10 steps, or 200 with --long."""
    steps = "200" if request.config.getoption("--long") else "10"
    found = []
    for how in (["-m", "scratch.torch", "run"], []):
        run = subprocess.run([sys.executable, *how, PROGRAM, steps], capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        found.append(json.loads(run.stdout))
    assert found[0].keys() == found[1].keys() and len(found[0]) == 14
    return found


def test_every_model_loses_what_it_loses_on_pytorch(trained):
    """By PyTorch from the same seeds, to 1e-4: sums in another order differ by about 1e-7 at each step."""
    mine, theirs = trained
    for name in theirs:
        np.testing.assert_allclose(mine[name][0], theirs[name][0], rtol=1e-4, err_msg=name)
        assert min(theirs[name][0]) < theirs[name][0][0], name


def test_every_model_makes_the_words_that_it_makes_on_pytorch(trained):
    """By PyTorch: letter by letter."""
    mine, theirs = trained
    for name in theirs:
        assert mine[name][1] == theirs[name][1] and len(set(mine[name][1])) > 3, name


def test_every_doctest_of_the_models_passes_on_ours():
    run = subprocess.run([sys.executable, "-c", DOCTESTS], capture_output=True, text=True)
    version, tried, failed = run.stdout.split()[-3:]
    assert version.endswith("scratch") and int(tried) > 120 and failed == "0", run.stdout + run.stderr
