"""The kernels of attention.cu and attention_back.cu do what the book's attention does, and its autograd.

Each head width is a program of its own, and so is each set of tiles, whose compilation takes longer
than all that they do; so most lengths are tested with small tiles and with 5 channels.
"""

import numpy as np
import pytest
from shapes import load_checked

from kernels import EPS, broken, compiled, needs_nvcc, on_cpu, transactions, watched
from scratch.cuda.kernels import attention as module
from scratch.cuda.kernels import launch
from scratch.cuda.kernels.attention import HEADS, HOW, WIDEST, attention, attention_back

torch = pytest.importorskip("torch")
book = pytest.importorskip("scratch.makemore.attention")

SMALL = {"QUERIES": 8, "KEYS": 4, "EACH": 2}
SMALL_BACK = {"TILE": 4, "EACH": 2}
LENGTHS = [(1, 1), (3, 4), (4, 5), (8, 8), (9, 9), (17, 23), (23, 6)]    # queries, keys


@pytest.fixture
def long(request):
    """For what takes seconds, nearly all of them to compile another text."""
    if not request.config.getoption("--long"):
        pytest.skip("compiles for half a minute: make test ARGS=--long")


@pytest.fixture
def small(monkeypatch):
    """Tiles of 8 queries and 4 keys, and of 4 on the way back."""
    monkeypatch.setattr(module, "tiles", lambda D: SMALL)
    monkeypatch.setattr(module, "tiles_back", lambda D: SMALL_BACK)


def given(T, S, D=5, N=2, size=1.0):
    rng = np.random.default_rng(10_000 * T + 100 * S + D)
    return [np.float32(size) * rng.standard_normal((N, length, D), dtype=np.float32)
            for length in (T, S, S)]


def spec(q, k, v, causal=False, scale=None):
    """The book's attention in float64: y, and the scores where a query may look, else -inf."""
    q, k, v = (torch.as_tensor(each, dtype=torch.float64) for each in (q, k, v))
    if scale is not None:
        q = q * (scale * q.shape[-1] ** 0.5)
    mask = book.causal(q.shape[1], k.shape[1]) if causal else None
    y, _ = book.attention(q, k, v, mask)
    scores = q @ k.mT / q.shape[-1] ** 0.5
    return y, scores if mask is None else scores.masked_fill(~mask, -torch.inf)


def roundings(q, k, S):
    """How far off a weight may be, in units of EPS.

    A score is a sum of D products, off by up to D roundings of |q| . |k|, and exp hands that on as a
    relative error; so do the differences of scores; sums over S weights, in some order, add S more.
    """
    D = q.shape[-1]
    largest = float((np.abs(q) @ np.abs(k).swapaxes(1, 2)).max()) / D ** 0.5
    return (D + 4) * largest + S + 20


def check(q, k, v, causal=False, how="tiles", **options):
    y, lse = attention(q, k, v, causal, how, **options)
    expected, scores = spec(q, k, v, causal, options.get("scale"))
    off = roundings(q, k, k.shape[1]) * EPS
    assert y.dtype == lse.dtype == np.float32
    np.testing.assert_allclose(y, expected, rtol=0, atol=off * np.abs(v).max())
    np.testing.assert_allclose(lse, scores.logsumexp(-1), rtol=4 * EPS, atol=off)


def check_back(q, k, v, causal=False, scale=None):
    """Oracle: autograd through the book's attention, in float64."""
    d_y = given(q.shape[1], 1, q.shape[2], len(q))[0]
    y, lse = attention(q, k, v, causal, scale=scale)
    wide = [torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in (q, k, v)]
    spec(*wide, causal, scale)[0].backward(torch.tensor(d_y, dtype=torch.float64))
    found = attention_back(d_y, q, k, v, y, lse, causal, scale)
    # a slope is a sum of up to max(T, S) terms, each off by some roundings of its factors
    off = 2 * roundings(q, k, max(q.shape[1], k.shape[1])) * EPS
    for got, each in zip(found, wide):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, each.grad, rtol=0, atol=off * max(1.0, float(each.grad.abs().max())))


@pytest.mark.parametrize("T, S", LENGTHS)
@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
def test_each_kernel_is_the_books_attention_at_every_length(T, S, causal, small):
    for how in HOW:
        check(*given(T, S), causal, how, threads=8)


@pytest.mark.parametrize("T, S", LENGTHS)
@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
def test_the_way_back_is_that_of_autograd(T, S, causal, small):
    check_back(*given(T, S), causal)


@pytest.mark.parametrize("D", [64, 70])
def test_tiles_of_the_sizes_that_are_used_do_it_too(D, long):
    """Of 70 queries and keys, the last tile is not full."""
    check(*given(70, 70, D, N=1), causal=True)
    check_back(*given(70, 70, D, N=1), causal=True)


def test_it_is_what_pytorch_computes(small):
    q, k, v = given(9, 9)
    expected = torch.nn.functional.scaled_dot_product_attention(
        *map(torch.tensor, (q, k, v)), is_causal=True)
    np.testing.assert_allclose(attention(q, k, v, causal=True)[0], expected, rtol=0, atol=100 * EPS)


def test_a_query_that_may_look_at_nothing_gets_nothing_and_hands_nothing_on(small):
    """With 9 queries and 3 keys the first 6 look at none; the book says 0."""
    q, k, v = given(9, 3)
    for how in HOW:
        y, lse = attention(q, k, v, True, how, threads=8)
        assert not y[:, :6].any() and y[:, 6:].all()
        assert (lse[:, :6] == -np.inf).all()
    d_q, _, _ = attention_back(np.ones_like(y), q, k, v, y, lse, True)
    assert not d_q[:, :6].any()


def test_large_scores_do_not_overflow_and_the_largest_may_come_last_or_first(small):
    """Ascending, every key is a new maximum; exp of such scores is beyond float32."""
    q, k, v = np.ones((1, 1, 5)), np.ones((1, 23, 5)), given(1, 23, N=1)[2]
    k = np.float32(k * np.linspace(-120, 120, 23)[:, None])
    for keys in (k, k[:, ::-1].copy()):
        for how in HOW:
            check(np.float32(q), keys, v, how=how, threads=8)


def test_another_scale(small):
    q, k, v = given(9, 9)
    check(q, k, v, True, scale=0.1)
    check_back(q, k, v, True, scale=0.1)


def test_a_nan_among_the_keys_spoils_the_queries_that_look_at_it_and_no_others(small):
    q, k, v = given(9, 9)
    k[:, 4] = np.nan
    for how in HOW:
        y, _ = attention(q, k, v, True, how, threads=8)
        assert np.isnan(y[:, 4:]).all() and not np.isnan(y[:, :4]).any()


def test_the_same_bits_come_out_each_time(small):
    """On the way back, too: no two blocks add to one number."""
    q, k, v = given(17, 17)
    first, second = (attention_back(q, q, k, v, *attention(q, k, v, True), True) for _ in range(2))
    for one, other in zip(first, second):
        np.testing.assert_array_equal(one, other)


def test_there_may_be_more_queries_than_a_grid_has_rows():
    """65,536 are one too many for the grid's y.  Oracle: with one key, each answer is its value."""
    q, k, v = np.ones((1, 65_536, 1)), np.ones((1, 1, 1)), np.full((1, 1, 1), 3.0)
    assert (attention(q, k, v, how="matrix", threads=1)[0] == 3).all()


def test_the_heads_of_all_grids_are_in_y_and_the_tiles_in_x(small, monkeypatch):
    """x has room for 2^31 - 1 blocks.  Of 9 queries and 5 keys; row_dots has no heads."""
    grids = {}
    monkeypatch.setattr(module, "launch", lambda file, name, *_, grid, **more: grids.update({name: grid}))
    q, k, v = given(9, 5, N=3)
    for how in HOW:
        y, lse = attention(q, k, v, how=how, threads=4)
    attention_back(y, q, k, v, y, lse)
    assert grids == {"attention_matrix": (9, 3), "attention_online": (3, 3), "attention_tiles": (2, 3),
                     "row_dots": (1, 1), "d_queries": (3, 3), "d_keys": (2, 3)}


@on_cpu
def test_neighbouring_threads_read_keys_and_values_from_different_banks(long, D=64):
    """Counted by memcheck."""
    with watched() as check:
        attention(*given(32, 32, D, N=1))
    for tile in ("k_tile", "v_tile"):
        assert set(transactions(check, tile).values()) == {1}, tile


def test_no_queries_or_no_keys():
    for T, S in ((0, 3), (3, 0)):
        q, k, v = given(T, S)
        y, lse = attention(q, k, v)
        assert not y.any() and y.shape == q.shape and (lse == -np.inf).all()
        assert [each.shape for each in attention_back(y, q, k, v, y, lse)] == [q.shape, k.shape, v.shape]


@on_cpu
@pytest.mark.parametrize("how", HOW)
def test_no_kernel_goes_beyond_its_arrays_or_meets_another_thread(how, small, request):
    if how != "tiles":
        request.getfixturevalue("long")
    with watched():
        for T, S in ((1, 1), (9, 9), (7, 5)):
            check(*given(T, S, N=1), True, how, threads=8)


@on_cpu
def test_the_way_back_does_not_either(long, small):
    with watched():
        check_back(*given(9, 7, N=1), True)


@on_cpu
def test_tiles_hold_no_weights_in_memory_and_read_a_key_once_for_each_tile_of_queries(small):
    """Counted by memcheck, in floats: of 17 queries in tiles of 8, of 12 keys in tiles of 4."""
    q, k, v = given(17, 12, N=1)
    with watched() as record:
        attention(q, k, v)
    moved = record.accesses[record.accesses["space"] == 2]
    loads = moved["kind"] % 2 == 1
    assert moved["size"][loads].sum() // 4 == 5 * (17 + 3 * 2 * 12)
    assert moved["size"][~loads].sum() // 4 == 5 * 17 + 17


@on_cpu
@pytest.mark.parametrize("kernel, barriers", [("attention_tiles", 5), ("d_queries", 3), ("d_keys", 3)])
def test_no_barrier_can_be_spared(kernel, barriers, long, small, monkeypatch, tmp_path):
    """Each in turn: memcheck finds the threads that meet."""
    from scratch.cuda.cpu.memcheck import WrongAccess
    file = "attention.cu" if kernel == "attention_tiles" else "attention_back.cu"
    text = (launch.FOLDER / file).read_text(encoding="utf-8")
    before, name, after = text.partition(f"\n{kernel}(")
    body, end, after = after.partition("\n}\n")
    parts = body.split("__syncthreads();")
    assert len(parts) == 1 + barriers
    q, k, v = given(9, 9, N=1)
    y, lse = attention(q, k, v)
    for each in ("attention.cu", "attention_back.cu"):
        (tmp_path / each).write_text((launch.FOLDER / each).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(launch, "FOLDER", tmp_path)
    for n in range(1, len(parts)):
        less = "".join(part if m in (0, n) else "__syncthreads();" + part for m, part in enumerate(parts))
        (tmp_path / file).write_text(before + name + less + end + after, encoding="utf-8")
        with watched(), pytest.raises(WrongAccess, match="race"):
            attention(q, k, v)
            attention_back(y, q, k, v, y, lse)


@pytest.mark.parametrize("old, new", [
    ("mixed[d] * shrink + w", "mixed[d] + w")])
def test_an_online_attention_without_one_of_its_parts_is_noticed(old, new, monkeypatch, tmp_path):
    broken(monkeypatch, tmp_path, "attention.cu", old, new)
    with pytest.raises(AssertionError):
        check(*given(9, 9), True, "online", threads=8)


@pytest.mark.parametrize("old, new", [
    ("row_sum[i] *= shrink", "row_sum[i] *= 1"), ("mixed[i][c] *= shrink", "mixed[i][c] *= 1"),
    ("s < S && s <= t", "s <= t"), ("s < S && s <= t + ahead", "s < S"),
    ("larger = row_max[i]", "larger = -INFINITY")])
def test_tiles_without_one_of_their_parts_are_noticed(old, new, long, small, monkeypatch, tmp_path):
    broken(monkeypatch, tmp_path, "attention.cu", old, new)
    with pytest.raises(AssertionError):
        for causal in (False, True):
            check(*given(17, 23, N=1), causal)


def test_every_shape_comment_is_true(small):
    checked = load_checked(launch.FOLDER / "attention.py", N=2, T=3, S=5, D=7)
    q, k, v = given(3, 5, 7)
    checked.tiles, checked.tiles_back = module.tiles, module.tiles_back
    y, lse = checked.attention(q, k, v)
    checked.attention(q, k, v, how="matrix")
    checked.attention_back(y, q, k, v, y, lse)
    assert not checked.unreached_shapes()


ONE = np.ones((1, 1, 4))


@pytest.mark.parametrize("arguments, message", [
    (dict(q=ONE[0], k=ONE, v=ONE), "2 dimensions"), (dict(q=ONE, k=ONE, v=ONE[:, :, :2]), r"v \(1, 1, 2\)"),
    (dict(q=ONE, k=ONE, v=ONE, how="fast"), "matrix, online, tiles"),
    (dict(q=ONE, k=ONE, v=ONE, threads=48), "power of two"),
    (dict(zip("qkv", [np.ones((1, 1, WIDEST + 1))] * 3)), "129 channels; these kernels take 1 to 128"),
    (dict(zip("qkv", [np.ones((HEADS + 1, 1, 1))] * 3)), "65,536 heads; each is a y of the grid")],
    ids=["no matrix", "another width", "how", "threads", "too wide", "too many heads"])
def test_bad_input_is_told_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        attention(**arguments)


def test_the_way_back_says_what_does_not_fit():
    with pytest.raises(ValueError, match=r"d_y is \(1, 1, 4\), y \(1, 1, 4\) and lse \(1, 2\)"):
        attention_back(ONE, ONE, ONE, ONE, ONE, np.ones((1, 2)))


@needs_nvcc
@pytest.mark.parametrize("D", [64, 128])
def test_nvcc_compiles_the_kernels_and_no_array_of_a_thread_goes_to_memory(D, long):
    """Tiles fit the 48 kB that a block has without asking for more."""
    tiles, back = module.tiles(D), module.tiles_back(D)
    found = compiled("attention.cu", D=D, **tiles) | compiled("attention_back.cu", D=D, **back)
    assert len(found) == 2 * 4
    for each in found.values():
        assert each.stack == 0 and each.shared <= 48 << 10 and each.registers <= 208
