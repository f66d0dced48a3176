"""The kernels of embedding.cu take rows of a table, and give each row all its slopes."""

import numpy as np
import pytest
from shapes import load_checked

from kernels import EPS, broken, on_cpu, watched
from scratch.cuda.kernels import launch
from scratch.cuda.kernels.embedding import embedding, embedding_back


def check(V, C, N, threads=32):
    """Oracle: NumPy's own indexing, and its unbuffered addition, in float64."""
    rng = np.random.default_rng(C)
    table, d_y = (rng.standard_normal(shape, dtype=np.float32) for shape in ((V, C), (N, C)))
    ids = rng.integers(0, V, N)
    np.testing.assert_array_equal(embedding(table, ids, threads), table[ids])
    expected = np.zeros((V, C))
    np.add.at(expected, ids, d_y.astype(np.float64))
    np.testing.assert_allclose(embedding_back(d_y, ids, V, threads), expected, rtol=0, atol=N * EPS * 4)


@pytest.mark.parametrize("C", [1, 31, 32, 33, 100])
def test_rows_are_taken_and_slopes_come_back_at_every_width(C):
    check(V=7, C=C, N=40)


def test_no_ids():
    assert embedding(np.ones((3, 2)), []).shape == (0, 2)
    assert not embedding_back(np.ones((0, 2)), [], 3).any()


@on_cpu
def test_no_kernel_goes_beyond_its_arrays_and_rows_taken_twice_are_added_atomically(monkeypatch, tmp_path):
    """Without atomicAdd, memcheck finds threads that meet."""
    from scratch.cuda.cpu.memcheck import WrongAccess
    with watched():
        check(V=2, C=33, N=5)
    broken(monkeypatch, tmp_path, "embedding.cu", "atomicAdd(&d_table[(size_t)ids[blockIdx.x] * C + c],",
           "d_table[(size_t)ids[blockIdx.x] * C + c] += (")
    with watched(), pytest.raises(WrongAccess, match="race"):
        check(V=2, C=33, N=5)


def test_every_shape_comment_is_true():
    checked = load_checked(launch.FOLDER / "embedding.py", V=5, N=3, C=2)
    checked.embedding(np.ones((5, 2)), [0, 4, 4])
    checked.embedding_back(np.ones((3, 2)), [0, 4, 4], 5)
    assert not checked.unreached_shapes()


@pytest.mark.parametrize("ids, message", [([0, 3], "id 3 is no row of the table, which has 0 to 2"),
                                          ([-1], "id -1"), ([[0]], r"shape \(1, 1\)")])
def test_ids_that_are_no_rows_are_told(ids, message):
    with pytest.raises(ValueError, match=message):
        embedding(np.ones((3, 2)), ids)
    with pytest.raises(ValueError, match=message):
        embedding_back(np.ones((len(ids), 2)), ids, 3)


def test_the_way_back_says_what_does_not_fit():
    with pytest.raises(ValueError, match="d_y has 2 rows, and there are 1 ids"):
        embedding_back(np.ones((2, 2)), [0], 3)
