"""The texts that kernels are made of: expressions for each dtype, loops, and what is refused."""

import contextlib
import shutil
import subprocess

import pytest

from scratch.torch import dtypes
from scratch.torch.backends.cuda import texts
from scratch.torch.dispatch import COMPARE, ONE, TWO


def test_every_kernel_of_the_table_has_an_expression_of_floats_or_of_whole_numbers():
    for name in ONE:
        assert name in texts.FLOAT_ONE | texts.WHOLE_ONE
    for name in [*TWO, *COMPARE]:
        assert name in texts.FLOAT_TWO | texts.WHOLE_TWO


def test_a_kernel_that_a_dtype_does_not_have_is_refused_by_name():
    with pytest.raises(NotImplementedError, match="no exp of torch.int64"):
        texts.one("exp", dtypes.int64)
    with pytest.raises(NotImplementedError, match="no bitwise_and of torch.float32"):
        texts.two("bitwise_and", dtypes.float32)


def test_operands_that_are_numbers_are_no_arrays():
    text = texts.elementwise("y = a * b;", {"a": "float"}, {"b": "float"}, {"y": "float"})
    assert "rows(const float *A, float b, float *Y, unsigned n)" in text
    assert "walks(Walk a_walk, Walk y_walk, const float *A, float b, float *Y, unsigned n)" in text


def test_an_array_that_is_read_and_written_is_one_parameter():
    text = texts.elementwise("a += 1;", {"a": "double"}, {}, {"a": "double"})
    assert "rows(double *A, unsigned n)" in text and "A[i] = (double)a;" in text


def test_helpers_come_with_the_bodies_that_call_them():
    assert texts.helpers("y = a + b;", dtypes.float32) == ""
    assert "fmodf" in texts.helpers("y = remaining(a, b);", dtypes.float32)
    assert "fmod(" in texts.helpers("y = remaining(a, b);", dtypes.float64)
    assert "typedef long long T;" in texts.helpers("y = power(a, b);", dtypes.int64)


@pytest.mark.parametrize("kind", [dtypes.float32, dtypes.int64, dtypes.bool_], ids=str)
def test_nvcc_compiles_every_expression(kind, tmp_path, pytestconfig):
    """Oracle: NVIDIA's compiler, which needs no GPU. PoCL compiles a translation of the text."""
    if not (pytestconfig.getoption("long") and shutil.which("nvcc")):
        pytest.skip("nvcc is not here, or --long was not asked for")
    lines = []
    for of, names in ((texts.one, ONE), (texts.two, [*TWO, *COMPARE])):
        for name in names:
            with contextlib.suppress(NotImplementedError):
                lines.append(f"y += {of(name, kind)};")
    assert len(lines) > 15
    body, c = "\n    ".join(["y = 0;", *lines]), texts.C[kind]
    text = texts.elementwise(body, {"a": c, "b": c}, {}, {"y": c}, texts.helpers(body, kind))
    (tmp_path / "a.cu").write_text(f'extern "C" {{\n{text}\n}}\n')
    run = subprocess.run(["nvcc", "-ptx", "a.cu"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
