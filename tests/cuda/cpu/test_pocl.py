"""PoCL is found, builds what is right, says what is wrong, and prints where Python prints."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scratch.cuda import engine
from scratch.cuda.cpu import pocl

pytestmark = pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")


def test_a_kernel_runs_once_for_each_thread_of_each_block():
    text = """__kernel void count(ulong x) {
        int n = (get_group_id(2) * get_num_groups(1) + get_group_id(1)) * get_num_groups(0) + get_group_id(0);
        __sync_fetch_and_add((int *)x + n,
                             get_local_id(0) + 10 * get_local_id(1) + 100 * get_local_id(2)); }"""
    counts = np.zeros(2 * 3 * 4, np.int32)
    pocl.launch(pocl.build(text)["count"], (2, 3, 4), (2, 2, 2), np.uint64(counts.ctypes.data))
    np.testing.assert_array_equal(counts, 4 * (0 + 1) + 40 * (0 + 1) + 400 * (0 + 1))


def test_what_the_compiler_says_is_in_the_error_and_not_on_the_screen():
    script = ("from scratch.cuda.cpu import pocl\ntry:\n    pocl.build('__kernel void f() { x = 1; }')\n"
              "except pocl.BuildError as error:\n    print(error)")
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "undeclared identifier 'x'" in child.stdout and not child.stderr


def test_printf_goes_to_pythons_standard_output(capsys):
    kernel = pocl.build('__kernel void hello() { printf("thread %d\\n", (int)get_local_id(0)); }')["hello"]
    pocl.launch(kernel, (1, 1, 1), (3, 1, 1), prints=True)
    assert capsys.readouterr().out == "thread 0\nthread 1\nthread 2\n"


@pytest.mark.parametrize("hidden, complaint", [
    ("sys.modules['pyopencl'] = None", "import pyopencl"),
    ("import pyopencl; pyopencl.get_platforms = lambda: []", "finds no PoCL")])
def test_where_nothing_can_run_it_is_told_what_to_install(hidden, complaint):
    script = f"import sys\nsys.modules['pycuda'] = None\n{hidden}\nfrom scratch.cuda import driver"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert child.returncode == 1
    assert "pip install pyopencl pocl-binary-distribution" in child.stderr and complaint in child.stderr


def test_a_distributions_pocl_is_found_where_it_registers(tmp_path):
    """As Debian's pocl-opencl-icd does: a file in a folder of vendors names the library."""
    import pyopencl

    libraries = [*Path(pyopencl.__file__).parent.glob(".libs/libpocl*"),
                 *Path(pyopencl.__file__).parents[1].glob("pocl_binary_distribution/.libs/libpocl*")]
    if not libraries:
        pytest.skip("PoCL is not the one from PyPI here")
    (tmp_path / "pocl.icd").write_text(f"{libraries[0]}\n")
    script = ("import importlib.util as util\nfind = util.find_spec\n"
              "util.find_spec = lambda name: None if name == 'pocl_binary_distribution' else find(name)\n"
              "from scratch.cuda.cpu import pocl\nimport os\n"
              f"pocl.VENDORS = {str(tmp_path)!r}\npocl.get_engine()\nprint(os.environ['OCL_ICD_VENDORS'])")
    environment = {name: value for name, value in os.environ.items() if name != "OCL_ICD_VENDORS"}
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert child.stdout == f"{tmp_path}\n", child.stderr
