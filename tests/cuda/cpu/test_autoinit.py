"""Importing autoinit makes the context that everything else wants."""

import subprocess
import sys

import pytest

from scratch.cuda import engine


def test_a_context_is_there_after_the_import():
    script = ("from scratch.cuda import driver\nfrom scratch.cuda import autoinit\n"
              "print(driver.Context.get_current() is not None, "
              "autoinit.device.compute_capability() >= (6, 0))")
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert child.stdout == "True True\n", child.stderr


@pytest.mark.skipif(engine == "gpu", reason="on a GPU it is an error")
def test_without_it_there_is_a_warning_and_no_error():
    script = "from scratch.cuda import driver\ndriver.mem_alloc(4)\ndriver.mem_alloc(4)"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert child.returncode == 0
    assert child.stderr.count("import pycuda.autoinit") == 1
