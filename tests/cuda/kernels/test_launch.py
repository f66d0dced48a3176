"""The launcher finds an engine, compiles a kernel once, and tells what is wrong."""

import gc
import weakref

import numpy as np
import pytest

from kernels import compiled, needs_nvcc, on_cpu, watched
from scratch.cuda.kernels import launch


def test_a_file_is_compiled_once_for_each_set_of_macros():
    path = launch.FOLDER / "transpose.cu"
    first = launch.module(path, TILE=8)
    assert launch.module(path, TILE=8) is first
    assert launch.module(path, TILE=16) is not first
    assert launch.kernel("transpose.cu", "transpose_naive", TILE=8)


def test_a_file_that_was_edited_is_compiled_again(tmp_path):
    path = tmp_path / "one.cu"
    x = np.zeros(1, np.float32)
    for value in (1, 2):
        path.write_text(f"__global__ void one(float *x) {{ x[0] = {value}; }}", encoding="utf-8")
        launch.launch(path, "one", launch.Out(x), grid=(1, 1), block=(1, 1, 1))
        assert x[0] == value


@on_cpu
def test_a_watched_program_is_another_one_that_is_forgotten_with_its_memcheck():
    """So nobody has to clear what was compiled before: not before watching, nor after it."""
    path = launch.FOLDER / "add.cu"
    plain = launch.module(path)
    with watched() as check:
        inside = launch.module(path)
        assert inside is not plain and launch.module(path) is inside
    with watched():
        assert launch.module(path) not in (plain, inside)
    assert launch.module(path) is plain
    forgotten = weakref.ref(check)
    del check, inside
    gc.collect()
    assert forgotten() is None


def test_an_error_of_the_compiler_comes_with_the_line_of_the_file(tmp_path):
    path = tmp_path / "wrong.cu"
    path.write_text("__global__ void f(float *x)\n{\n    x[0] = y;\n}\n", encoding="utf-8")
    with pytest.raises(launch.driver.CompileError, match="3"):
        launch.kernel(path, "f")


def test_a_macro_that_is_missing_is_an_error():
    with pytest.raises(launch.driver.CompileError, match="TILE|ROWS"):    # ROWS is made of TILE
        launch.kernel("transpose.cu", "transpose_naive")


def test_a_block_larger_than_a_gpu_takes_is_refused():
    x = np.zeros(4, np.float32)
    with pytest.raises(launch.driver.Error):
        launch.launch("add.cu", "add", launch.In(x), launch.In(x), launch.Out(x), np.int32(4),
                      grid=(1, 1), block=(2048, 1, 1))


def test_the_engine_is_one_of_two_and_has_a_context():
    assert launch.on_gpu() in (True, False)
    assert launch.context is not None


@pytest.mark.parametrize("elements, each, expected", [(1, 4, 1), (4, 4, 1), (5, 4, 2), (8, 4, 2)])
def test_blocks_hold_every_element_and_no_block_is_empty(elements, each, expected):
    assert launch.blocks(elements, each) == expected
    assert (expected - 1) * each < elements <= expected * each


def test_arrays_of_the_wrong_dimensions_or_too_large_are_refused():
    with pytest.raises(ValueError, match="2 dimensions"):
        launch.as_float32(np.zeros((2, 2)), 1)
    huge = np.empty(2**30, np.float32)               # memory that nobody touches is not taken
    with pytest.raises(ValueError, match="1,073,741,824"):
        launch.as_float32(huge, 1)


def test_other_types_and_orders_become_float32_row_after_row():
    x = launch.as_float32(np.arange(6).reshape(2, 3).T, 2)
    assert x.dtype == np.float32 and x.flags.c_contiguous
    np.testing.assert_array_equal(x, [[0, 3], [1, 4], [2, 5]])


@needs_nvcc
@pytest.mark.parametrize("file", ["cross_entropy.cu", "rmsnorm.cu", "adamw.cu", "embedding.cu", "rotary.cu",
                                  "matmul_parts.cu"])
def test_nvcc_takes_the_kernels_of_training_without_a_warning(file):
    found = compiled(file, THREADS=128)
    assert {architecture for _, architecture in found} == {80, 90}
    assert all(each.stack == 0 for each in found.values())
