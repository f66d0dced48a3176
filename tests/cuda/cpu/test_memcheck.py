"""memcheck finds each planted mistake, at its line, and nothing in kernels that are right."""

import subprocess
import sys

import numpy as np
import pytest

from scratch.cuda import compiler, driver, engine
from scratch.cuda.cpu.driver import memory
from scratch.cuda.cpu.memcheck import WrongAccess, memcheck

pytestmark = pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")


def check(source, *arguments, block=(8, 1, 1), grid=(1, 1), shared=0):
    """The findings of one launch of kernel k."""
    with memcheck():
        k = compiler.SourceModule(source).get_function("k")
    try:
        k(*arguments, block=block, grid=grid, shared=shared)
    except WrongAccess as error:
        return error.findings
    return []


def floats(n=8):
    return driver.InOut(np.arange(n, dtype=np.float32))


HEAD = "__global__ void k(float *x, int n)\n{\n    int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;\n"
FOLD = HEAD + """    __shared__ float part[8];
    part[t] = x[i];
    __syncthreads();
    for (int span = 4; span > 0; span /= 2) {
        if (t < span) part[t] += part[t + span];
        __syncthreads();
    }
    if (t == 0) x[i] = part[0];
}"""


def test_a_missing_guard_is_found():
    [finding] = check(HEAD + "    x[i] *= 2;\n}", floats(10), np.int32(10), grid=(2, 1))
    assert finding == ("outside: line 4, x[i], changes element 10 of 10 elements of x\n"
                       "       4 |     x[i] *= 2;\n    thread (2, 0, 0) of block (1, 0, 0)")


def test_a_missing_barrier_is_found():
    assert check(FOLD, floats(), np.int32(8)) == []
    without = FOLD.replace("        __syncthreads();\n    }", "    }")
    findings = check(without, floats(), np.int32(8))
    assert findings and all(finding.startswith("race: line 8") for finding in findings)
    first = FOLD.replace("    part[t] = x[i];\n    __syncthreads();", "    part[t] = x[i];")
    findings = check(first, floats(), np.int32(8))
    assert any("line 5, part[t], stores to" in f and "no barrier" in f for f in findings)


MISTAKES = {     # the body -> what is found; x has 8 floats, the block 8 threads
    "x[i - 1] = 1;": "outside: line 4, x[i - 1], stores to element -1 of 8",
    "float *p = x + 2; p[t] = 1;": "outside: line 4, p[t], stores to element 8 of 8",
    "*(x + t + 1) = t;": "outside: line 4, *(x + t + 1), stores to element 8 of 8 elements of x",
    "if (t == 0) x[9000000] = 1;": "outside: line 4, x[9000000], stores to element 9000000",
    "__shared__ float s[8]; s[t + 1] = t;":
        "outside: line 4, s[t + 1], stores to element 8 of 8 elements of s",
    "__shared__ float a[4], b[4]; if (t < 4) b[t] = 0; if (t < 5) a[t] = 1;":
        "outside: line 4, a[t], stores to element 4 of 4 elements of a",
    "__shared__ float s[2][4]; s[t / 4][t % 4 + 4 * (t / 7)] = 1;": "outside: line 4",
    "extern __shared__ float s[]; s[t] = 1;": "outside: line 4, s[t], stores to element 4 of 4 elements",
    "float mine[4]; for (int j = 0; j <= 4; j++) mine[j] = j; x[i] = mine[0];":
        "outside: line 4, mine[j], stores to element 4 of 4 elements of mine",
    "float4 v = ((float4 *)x)[t]; if (t < 2) x[t] = v.y;": "outside: line 4",
    "float4 *v = (float4 *)(x + 1); if (t == 0) v[0].x = 1; float4 w = v[0];": "misaligned: line 4, v[0]",
    "x[0] = t;": "race: line 4, x[0], stores to what line 4, x[0], stores to, with no barrier",
    "x[i] = x[7 - i];": "race: line 4",
    "__shared__ int n_; if (t == 0) n_ = 3; x[i] = n_;": "race: line 4",
    "__shared__ float s[8]; x[i] = s[t];": "unwritten: line 4, s[t], loads shared memory",
    "__shared__ float s[8]; if (t) s[t] = 1; __syncthreads(); x[i] = s[t];": "unwritten: line 4, s[t]",
    "__shared__ int s; if (t == 0) s = 0; __syncthreads(); if (t < 4) s += 1;": "race: line 4, s, changes",
    "__shared__ int s; if (t == 0) s = 0; __syncthreads(); atomicAdd(&s, 1); x[i] = s;": "race: line 4",
}


@pytest.mark.parametrize("body, expected", MISTAKES.items(), ids=MISTAKES)
def test_a_planted_mistake_is_found(body, expected):
    findings = check(HEAD + f"    {body}\n}}", floats(), np.int32(8), shared=16)
    assert any(finding.startswith(expected) for finding in findings), findings


RIGHT = [
    "if (i < n) x[i] = 2 * x[i] + 1;",
    "__shared__ float s[8]; s[t] = x[i]; __syncthreads(); x[i] = s[7 - t];",
    "__shared__ float s[8]; s[t] = x[i]; __syncthreads(); float a = s[(t + 1) % 8]; __syncthreads(); "
    "s[t] = a;",
    "__shared__ int s; if (t == 0) s = 0; __syncthreads(); atomicAdd(&s, 1); __syncthreads(); x[i] = s;",
    "atomicAdd(&x[0], 1.0f);",
    "__shared__ float s; if (t == 0) s = 2; __syncthreads(); x[i] = static_cast<int>(s) + t;",
    "float4 v = ((float4 *)x)[t / 4]; float a[3] = {v.x, v.y, v.z}; __syncthreads(); x[i] = a[t % 3];",
    "extern __shared__ float s[]; if (t < 4) { s[t] = t; x[i] = s[t]; }",
    "for (int j = i; j < n; j += 8) { float *p = &x[j]; *p += 1; }",
    "if (t == 0) { for (int j = 0; j < n; j++) x[j] = j; }",
    "float a = x[i]; for (int j = 0; j < 3; j++) { __syncthreads(); x[(i + j) % 8] = a; }",
]


@pytest.mark.parametrize("body", RIGHT)
def test_nothing_is_found_where_nothing_is_wrong(body):
    assert check(HEAD + f"    {body}\n}}", floats(), np.int32(8), shared=16) == []


def test_blocks_that_meet_in_global_memory_race():
    body = HEAD + "    x[t] = blockIdx.x;\n}"
    [finding] = check(body, floats(), np.int32(8), grid=(2, 1))
    assert "of block (0, 0, 0)" in finding and "of block (1, 0, 0)" in finding
    assert check(HEAD + "    atomicAdd(&x[t], 1.0f);\n}", floats(), np.int32(8), grid=(2, 1)) == []


def test_wrong_accesses_are_not_carried_out_and_the_rest_is():
    x, y = driver.to_device(np.zeros(4, np.float32)), driver.to_device(np.zeros(4, np.float32))
    margin = memory.allocations[int(x)][1].copy()
    with memcheck():
        k = compiler.SourceModule(HEAD + "    x[i] = i + 1;\n}").get_function("k")
    with pytest.raises(WrongAccess):
        k(x, np.int32(4), block=(8, 1, 1))
    assert driver.from_device(x, 4, np.float32).tolist() == [1, 2, 3, 4]
    assert driver.from_device(y, 4, np.float32).tolist() == [0, 0, 0, 0]
    assert (memory.allocations[int(x)][1] != margin).sum() <= 16


def test_a_launch_with_more_accesses_than_expected_starts_again_from_the_same_memory(monkeypatch):
    from scratch.cuda.cpu import memcheck as module

    monkeypatch.setattr(module, "FIRST", 4)
    x = np.zeros(8, np.float32)
    with memcheck() as found:
        k = compiler.SourceModule(HEAD + "    x[i] += 1;\n}").get_function("k")
    k(driver.InOut(x), np.int32(8), block=(8, 1, 1))
    assert x.tolist() == [1] * 8 and len(found.accesses) == 8
    monkeypatch.setattr(module, "MOST", 5)
    with pytest.raises(driver.LaunchError, match="8 accesses, and 5 can be recorded"):
        k(driver.InOut(x), np.int32(8), block=(8, 1, 1))


def test_only_what_is_compiled_inside_is_watched():
    source = HEAD + "    x[i] = 1;\n}"
    with memcheck():
        pass
    compiler.SourceModule(source).get_function("k")(floats(4), np.int32(4), block=(8, 1, 1))


def test_a_whole_script_is_checked_from_the_command_line(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import numpy as np\nimport pycuda.autoinit\nimport pycuda.driver as cuda\n"
                      "from pycuda.compiler import SourceModule\n"
                      f"k = SourceModule('''{HEAD}    x[i] = i;\n}}''').get_function('k')\n"
                      "k(cuda.Out(np.zeros(3, np.float32)), np.int32(3), block=(4, 1, 1))\n")
    child = subprocess.run([sys.executable, "-m", "scratch.cuda", "memcheck", str(script)],
                           capture_output=True, text=True)
    assert child.returncode == 1
    assert "outside: line 4, x[i], stores to element 3 of 3 elements of x" in child.stderr


def test_a_script_checked_as_a_whole_is_checked_in_all_its_threads(tmp_path):
    """PyCUDA's own example of several threads compiles its kernel in each of them."""
    script = tmp_path / "script.py"
    script.write_text("import threading\nimport numpy as np\nimport pycuda.autoinit\n"
                      "import pycuda.driver as cuda\n"
                      "from pycuda.compiler import SourceModule\n\ndef work():\n"
                      f"    k = SourceModule('''{HEAD}    x[i] = i;\n}}''').get_function('k')\n"
                      "    try:\n        k(cuda.Out(np.zeros(3, np.float32)), np.int32(3), block=(4, 1, 1))\n"
                      "    except cuda.LaunchError as error:\n        print(error)\n\n"
                      "thread = threading.Thread(target=work)\nthread.start()\nthread.join()\n")
    child = subprocess.run([sys.executable, "-m", "scratch.cuda", "memcheck", str(script)],
                           capture_output=True, text=True)
    assert "outside: line 4, x[i], stores to element 3 of 3 elements of x" in child.stdout, child.stderr


def test_memcheck_ends_where_its_block_ends_and_may_be_nested():
    with memcheck() as outer:
        with memcheck() as inner:
            assert compiler.checking.get() is inner
        assert compiler.checking.get() is outer
    assert compiler.checking.get() is None
