"""PyCUDA's own Python layer, on a stand-in for the driver, fails as the CPU engine does, and runs the unit.

PyCUDA and the stand-in are built by `make pycuda`.  What a card answers to a launch that breaks its rules is
in the documentation of cuda.h; that more bytes of arguments than a kernel takes are "too many resources"
(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES) is there, too, and in LLVM's issue 143323.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import card
from benchmarks.results import load
from tools import pycuda

ROOT = Path(__file__).resolve().parents[2]
built = pytest.mark.skipif(not pycuda.built(), reason="PyCUDA is not built here: make pycuda")
SETUP = """
import json, sys, warnings
import numpy as np
from scratch.cuda import autoinit, compiler, driver as cuda, gpuarray

warnings.simplefilter("ignore")
f, i = np.float32, np.int32
module = compiler.SourceModule('''
__constant__ float table[4];
__global__ void scale(float *x, float a, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) x[i] *= a;
}''')
k = module.get_function("scale")
x = np.arange(10, dtype=f)
there = cuda.to_device(x)
one = dict(block=(4, 1, 1), grid=(3, 1))
"""
WRONG = {    # what is wrong: (the line, the class of its error or one that this derives from)
    "a block of 1,025 threads": ("k(there, f(2), i(10), block=(1025, 1, 1))", "LogicError"),
    "a block of 32 by 33": ("k(there, f(2), i(10), block=(32, 33, 1))", "LogicError"),
    "a block that is 65 deep": ("k(there, f(2), i(10), block=(1, 1, 65))", "LogicError"),
    "a block without threads": ("k(there, f(2), i(10), block=(0, 1, 1))", "LogicError"),
    "a block of two sizes": ("k(there, f(2), i(10), block=(4, 1))", "TypeError"),
    "a block of NumPy's integers": ("k(there, f(2), i(10), block=(np.int64(4), 1, 1))", "TypeError"),
    "no block": ("k(there, f(2), i(10))", "ValueError"),
    "65,536 rows of blocks": ("k(there, f(2), i(10), block=(4, 1, 1), grid=(1, 65536))", "LogicError"),
    "no blocks": ("k(there, f(2), i(10), block=(4, 1, 1), grid=(0, 1))", "LogicError"),
    "half a block": ("k(there, f(2), i(10), block=(4, 1, 1), grid=(2.5, 1))", "TypeError"),
    "a grid of four sizes": ("k(there, f(2), i(10), block=(4, 1, 1), grid=(1, 1, 1, 1))", "LogicError"),
    "more than 48 kB of shared memory": ("k(there, f(2), i(10), shared=(48 << 10) + 1, **one)", "LogicError"),
    "an unknown keyword": ("k(there, f(2), i(10), threads=3, **one)", "ValueError"),
    "Python's float": ("k(there, 2.0, i(10), **one)", "TypeError"),
    "Python's int": ("k(there, f(2), 10, **one)", "TypeError"),
    "a NumPy bool": ("k(there, f(2), np.bool_(True), **one)", "TypeError"),
    "a list for an array": ("k(cuda.In([1, 2]), f(2), i(10), **one)", "TypeError"),
    "an argument too few": ("k(there, f(2), **one)", "LogicError"),
    "an argument too many": ("k(there, f(2), i(10), i(10), **one)", "LaunchError"),
    "eight bytes for four": ("k(there, f(2), np.int64(10), **one)", "LaunchError"),
    "a prepared call without the last": (
        "k.prepare('Pfi').prepared_call((3, 1), (4, 1, 1), there, 2.0)", "error"),
    "a kernel that is not there": ("module.get_function('scales')", "LogicError"),
    "a variable that is not there": ("module.get_global('tables')", "LogicError"),
    "a C++ mistake": ("compiler.SourceModule('__global__ void k(float *x) { y[0] = 1; }')", "CompileError"),
    "memory that was freed": ("m = cuda.mem_alloc(4); m.free(); m.free()", "LogicError"),
    "more memory than there is": ("cuda.mem_alloc(1 << 50)", "MemoryError"),
    "no memory": ("cuda.mem_alloc(0)", "LogicError"),
    "a copy that is too long": ("cuda.memcpy_htod(there, np.zeros(99, f))", "LogicError"),
    "a copy of every other element": ("cuda.memcpy_htod(there, x[::2])", "ValueError"),
    "a device that is not there": ("cuda.Device(7)", "LogicError"),
    "an event that was not recorded": ("cuda.Event().time_till(cuda.Event())", "LogicError"),
    "arrays of two sizes": ("gpuarray.zeros(3, f) + gpuarray.zeros(4, f)", "NotImplementedError"),
    "a size of the wrong kind": ("gpuarray.zeros((2.5,), f)", "TypeError"),
    "a false assertion, which is noticed when the card is waited for, and ends its context": (
        "compiler.SourceModule('#include <assert.h>\\n__global__ void a(int n) { assert(n > 2); }')"
        ".get_function('a')(i(1), block=(1, 1, 1)); cuda.Context.synchronize()", "LogicError"),
}
RUN = SETUP + """
classes = {}
for what, line in json.load(sys.stdin).items():
    try:
        exec(line)
        classes[what] = []
    except BaseException as error:
        classes[what] = [each.__name__ for each in type(error).__mro__] + [str(error)]
print(json.dumps(classes))
"""


def classes(**environment):
    """{what is wrong: names of the error's classes, and its message}, in a process of its own."""
    lines = {what: line for what, (line, _) in WRONG.items()}
    child = subprocess.run([sys.executable, "-c", RUN], input=json.dumps(lines), capture_output=True,
                           text=True, cwd=ROOT, env={**os.environ, **environment})
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout.splitlines()[-1])


def agree(found):
    return {what: found[what] for what, (_, expected) in WRONG.items() if expected not in found[what]}


def test_what_is_wrong_on_a_card_is_wrong_on_the_cpu_engine_and_of_the_same_class():
    assert agree(classes(SCRATCH_CUDA="cpu")) == {}


@built
def test_and_so_it_is_through_pycudas_own_layer_on_the_stand_in():
    assert agree(classes(**pycuda.environment())) == {}


@built
def test_a_kernel_runs_on_the_stand_in_and_its_launches_are_logged(tmp_path):
    script = SETUP + ("k(cuda.InOut(x), f(3), i(9), shared=64, **one)\nprint(x.tolist())\n"
                      "print(autoinit.device.name(), compiler.__name__)\n"
                      "try:\n    k(there, f(2), i(10), block=(4, 1, 1), grid=(1, 65536))\n"
                      "except cuda.LogicError as error:\n    print(error)\n")
    log = tmp_path / "log"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT,
                           env=pycuda.environment(STANDIN_LOG=str(log)))
    assert child.stdout.splitlines() == [
        str([3.0 * n for n in range(9)] + [9.0]), "stand-in for a card pycuda.compiler",
        "cuLaunchKernel failed: invalid argument"], child.stderr
    launches = [json.loads(line) for line in log.read_text().splitlines()]
    assert launches == [
        {"kernel": "scale", "grid": [3, 1, 1], "block": [4, 1, 1], "shared": 64, "bytes of arguments": 16,
         "answer": 0},
        {"kernel": "scale", "grid": [1, 65536, 1], "block": [4, 1, 1], "shared": 0, "bytes of arguments": 16,
         "answer": 1}]


@built
def test_where_there_is_no_nvcc_the_stand_in_runs_the_text():
    script = SETUP + "k(cuda.InOut(x), f(3), i(9), **one)\nprint(x.tolist())"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT,
                           env=pycuda.environment(NVCC_REAL="none"))
    assert child.stdout == f"{[3.0 * n for n in range(9)] + [9.0]}\n", child.stderr


@pytest.fixture
def long(pytestconfig):
    if not pytestconfig.getoption("long"):
        pytest.skip("takes minutes: make test ARGS=--long")


@built
def test_the_units_own_tests_pass_through_pycudas_layer(long):
    """What only a card can run is skipped (standin/plugin.py); what fails here would fail on a card."""
    child = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *card.TESTS],
                           capture_output=True, text=True, cwd=ROOT, env=pycuda.environment())
    assert child.returncode == 0, child.stdout[-5000:]


@built
def test_pycudas_own_tests_pass_on_the_cpu_engine(long):
    """All that its source distribution has; skipped is what it skips on a card of CUDA 12 with 4 GiB."""
    folder = pycuda.unpacked() / "test"
    pytest = [Path(sys.executable).parent / "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
    command = [sys.executable, "-m", "scratch.cuda", "run", *pytest, "--rootdir", folder,
               *sorted(folder.glob("test_*.py"))]
    child = subprocess.run(command, capture_output=True, text=True, cwd=folder,
                           env={**os.environ, "SCRATCH_CUDA": "cpu"})
    assert child.returncode == 0, child.stdout[-5000:] + child.stderr
    assert "294 passed, 20 skipped, 5 xfailed" in child.stdout.splitlines()[-1]


@built
def test_make_gpu_runs_to_its_end_on_the_stand_in(long, tmp_path):
    """All parts, with small sizes: each has rows or an outcome, and only what a card is needed for failed."""
    path = tmp_path / "cuda.json"
    child = subprocess.run([sys.executable, "-m", "benchmarks", "cuda", "gpu", "--quick", "--out", path],
                           capture_output=True, text=True, cwd=ROOT, env=pycuda.environment())
    found = load(path)["sections"]
    assert set(found) == {"gpu", "gpu, PyTorch", "gpu, torch", "gpu, tests"}, child.stdout
    origin = found["gpu"]["from"]
    assert origin["device"] == "stand-in for a card" and origin["commit"] and origin["nvcc"]
    assert found["gpu, tests"]["from"]["outcome"].keys() <= {"passed", "skipped"}
    failed = {row["failed"] for section in found.values() for row in section["rows"] if "failed" in row}
    assert failed <= {"LogicError: cuLaunchKernel failed: operation not supported"}, failed
    timed = {(row["kernel"], row["rung"]) for row in found["gpu"]["rows"] if "seconds" in row}
    assert {("add", "plain"), ("matmul", "naive"), ("matmul", "tuned"), ("softmax", "online")} <= timed
    fused = {"attention", "attention, backward", "cross_entropy", "rmsnorm", "adamw"}
    assert fused <= {row["kernel"] for row in found["gpu"]["rows"] if row.get("of PyTorch", 0) > 0}
    losses = {row["rung"]: row["losses"] for row in found["gpu, torch"]["rows"]}
    assert losses[card.OURS] == pytest.approx(losses[card.THEIRS], rel=1e-4)
