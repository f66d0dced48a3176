"""scratch.cuda gives PyCUDA's modules where there is a GPU, cpu's elsewhere, each when it is asked for."""

import os
import subprocess
import sys

import pytest

from scratch.cuda import NAMES, engine

FAKE = {    # PyCUDA on a machine with a GPU, as far as the door looks at it
    "__init__": "", "driver": "class Device:\n    count = staticmethod(lambda: 1)\ndef init():\n    pass\n",
    "autoinit": "print('a context is made')\n", "compiler": "print('compiler is imported')\n",
}


def python(script, path="", **environment):
    variables = {**os.environ, "PYTHONPATH": str(path), **environment}
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=variables)


@pytest.fixture
def with_gpu(tmp_path):
    """A folder in which `import pycuda` finds a PyCUDA with a GPU."""
    (tmp_path / "pycuda").mkdir()
    for name, text in FAKE.items():
        (tmp_path / f"pycuda/{name}.py").write_text(text)
    return tmp_path


EACH = """
import importlib.util, os, sys
for name in ("numpy", "pyopencl"):    # what takes its time, once; nothing of the book's
    importlib.util.find_spec(name) and importlib.import_module(name)
for name, script in %r:
    if not (child := os.fork()):
        exec(script, {})
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_both_ways_of_importing_give_one_module_and_so_does_its_own_name():
    """Each name in a process that has imported none of the others."""
    home = "pycuda" if engine == "gpu" else "scratch.cuda.cpu"
    scripts = [(name, f"import scratch.cuda.{name}\nfrom scratch.cuda import {name}\nimport {home}.{name}\n"
                f"print({name} is scratch.cuda.{name} is {home}.{name}, {name}.__name__)") for name in NAMES]
    child = python(EACH % scripts)
    assert child.stdout.splitlines() == [f"True {home}.{name}" for name in NAMES], child.stderr


def test_on_a_gpu_the_modules_are_pycudas_and_come_when_they_are_asked_for(with_gpu):
    script = ("import sys, scratch.cuda\n"
              "print([name for name in sys.modules if 'pycuda' in name])\n"
              "from scratch.cuda import driver, engine\n"
              "print(engine, driver.__name__, 'pycuda.compiler' in sys.modules)\n"
              "import scratch.cuda.autoinit\n"
              "import pycuda.driver\n"
              "print(scratch.cuda.driver is driver is pycuda.driver, 'numpy' in sys.modules)")
    child = python(script, with_gpu, SCRATCH_CUDA="")
    assert child.stdout == "[]\ngpu pycuda.driver False\na context is made\nTrue False\n", child.stderr


def test_where_pycuda_finds_no_gpu_the_cpu_takes_over_unless_a_gpu_was_asked_for(with_gpu):
    driver = with_gpu / "pycuda/driver.py"
    for nothing in ("def init():\n    raise RuntimeError('no driver')\n",
                    FAKE["driver"].replace("lambda: 1", "lambda: 0"), "import libcuda_is_not_here"):
        driver.write_text(nothing)
        script = "from scratch.cuda import engine, driver\nprint(engine, driver.__name__)"
        assert python(script, with_gpu, SCRATCH_CUDA="").stdout == "cpu scratch.cuda.cpu.driver\n"
        child = python(script, with_gpu, SCRATCH_CUDA="gpu")
        assert child.returncode == 1
        assert "ImportError: SCRATCH_CUDA=gpu, and PyCUDA finds no GPU: " in child.stderr


def test_a_module_that_pycuda_lacks_is_missed_when_it_is_used(with_gpu):
    """As of a PyCUDA without CURAND, whose curandom fails with an AttributeError."""
    (with_gpu / "pycuda/curandom.py").write_text("import pycuda.driver\npycuda.driver.get_curand_version\n")
    script = ("from scratch.cuda import curandom, driver\nprint(driver.__name__)\n"
              "try:\n    curandom.rand\nexcept ImportError as error:\n    print(error)")
    said, missing = python(script, with_gpu, SCRATCH_CUDA="").stdout.splitlines()
    assert said == "pycuda.driver"
    assert missing.startswith("pycuda.curandom.rand: this PyCUDA has no pycuda.curandom (AttributeError")


def test_memcheck_on_a_gpu_says_where_it_records(with_gpu, tmp_path):
    says = "memcheck records on the CPU engine only, and here kernels run on a GPU: set the environment "
    script = ("from scratch.cuda.cpu.memcheck import memcheck\ntry:\n    with memcheck():\n        pass\n"
              "except RuntimeError as error:\n    print(error)")
    assert python(script, with_gpu, SCRATCH_CUDA="").stdout.startswith(says)
    (tmp_path / "script.py").write_text("print('ran')")
    child = subprocess.run([sys.executable, "-m", "scratch.cuda", "memcheck", str(tmp_path / "script.py")],
                           capture_output=True, text=True,
                           env={**os.environ, "PYTHONPATH": str(with_gpu), "SCRATCH_CUDA": ""})
    assert child.returncode == 1 and child.stdout == "" and child.stderr.startswith(says), child.stderr


def test_beside_a_gpu_memcheck_watches_the_cpu_engines_own_kernels_if_asked_to(with_gpu):
    """Chapters do that: what records accesses runs on the processor, the rest on the card."""
    script = """
import numpy as np
import scratch.cuda.cpu.autoinit
from scratch.cuda import driver
from scratch.cuda.cpu import compiler, driver as cpu
from scratch.cuda.cpu.memcheck import memcheck
with memcheck(beside_gpu=True) as check:
    kernel = compiler.SourceModule("__global__ void k(float *x) { x[threadIdx.x] = 1; }").get_function("k")
kernel(cpu.Out(np.zeros(4, np.float32)), block=(4, 1, 1))
print(driver.__name__, len(check.accesses))
"""
    assert python(script, with_gpu, SCRATCH_CUDA="").stdout == "pycuda.driver 4\n"


def test_what_the_package_does_not_have_is_an_error_of_the_usual_kind():
    script = """
import scratch.cuda
try:
    scratch.cuda.nothing
except AttributeError as error:
    print(error)
try:
    import scratch.cuda.nothing
except ModuleNotFoundError as error:
    print(error)
try:
    from scratch.cuda import nothing
except ImportError as error:
    print(type(error).__name__)
"""
    assert python(script).stdout == ("scratch.cuda has no nothing\nNo module named 'scratch.cuda.nothing'\n"
                                     "ImportError\n")


@pytest.mark.parametrize("arguments, code", [
    (["--help"], 0), (["run", "--help"], 0), ([], 2), (["walk"], 2), (["run"], 2),
    (["run", "nothing.py"], 2), (["run", "."], 2)])
def test_help_and_usage_errors_import_nothing_large(arguments, code):
    """Which is why they take less than 0.3 s: no time is measured here."""
    script = ("import runpy, sys\n"
              f"sys.argv[1:] = {arguments}\n"
              "try:\n    runpy.run_module('scratch.cuda', run_name='__main__', alter_sys=True)\n"
              "finally:\n    large = {'numpy', 'pyopencl', 'pycuda', 'torch'}\n"
              "    print([*large & sys.modules.keys()])")
    child = python(script)
    assert child.returncode == code and child.stdout.endswith("[]\n"), child.stderr
    assert "usage: python -m scratch.cuda" in child.stdout + child.stderr
    assert "Traceback" not in child.stderr
