"""Where the book's own kernels fit they compute, and the numbers are those of the other backends."""

import numpy as np
import pytest
from torch_kernels import KERNELS, error_of, made_of, same, viewed

from scratch import torch as ours
from scratch.torch import dtypes
from scratch.torch.backends.cuda import book, memory, places
from scratch.torch.nn import standardize    # which defines the kernel that is composed

assert standardize


def random(*shape):
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def table(name, *operands):
    return {which: kernels[name](*[each[which] if isinstance(each, dict) else each for each in operands])
            for which, kernels in KERNELS.items()}


@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("M, K, N", [(1, 1, 1), (8, 16, 24), (7, 9, 33), (33, 70, 5)])
def test_float32_matrices_are_multiplied_by_the_ladder(launched, M, K, N, turned):
    """Oracle: NumPy, of sums of up to 70 products."""
    a, b = random(M, K), random(K, N)
    left = made_of(a.T if turned[0] else a, dtypes.float32)
    right = made_of(b.T if turned[1] else b, dtypes.float32)
    for which, transpose in (("cuda", places.transpose), ("numpy", np.transpose)):
        left[which] = transpose(left[which]) if turned[0] else left[which]
        right[which] = transpose(right[which]) if turned[1] else right[which]
    found = {which: KERNELS[which]["matmul"](left[which], right[which]) for which in ("cuda", "numpy")}
    same(found, 2e-6, among=["numpy"])
    assert launched == ["matmul"]


def test_large_matrices_of_a_batch_are_multiplied_one_by_one_and_small_ones_at_once(launched):
    """Oracle: NumPy."""
    for size, expected in ((40, ["matmul"] * 3), (4, ["product"])):
        launched.clear()
        a, b = (made_of(random(3, size, size), dtypes.float32) for _ in range(2))
        found = {which: KERNELS[which]["matmul"](a[which], b[which]) for which in ("cuda", "numpy")}
        assert launched == expected
        same(found, 2e-6, among=["numpy"])


def test_what_does_not_meet_the_conditions_goes_to_the_general_kernel(launched):
    """Gaps, another dtype, an address that is no multiple of 16 bytes. Oracle: NumPy."""
    wide = made_of(random(4, 8), dtypes.float32)
    for a in (viewed(wide, dtypes.float32, (4, 4), (8, 2)), viewed(wide, dtypes.float32, (4, 4), (4, 1), 1),
              made_of(np.arange(16).reshape(4, 4), dtypes.int64)):
        launched.clear()
        found = {which: KERNELS[which]["matmul"](a[which], a[which]) for which in ("cuda", "numpy")}
        assert launched == ["product"]
        same(found, 1e-6, among=["numpy"])


@pytest.mark.parametrize("n", [2, 511, 513, 1025])
def test_the_sum_and_the_maximum_of_all_are_trees(launched, n):
    """Oracle: NumPy."""
    a = made_of(random(n), dtypes.float32)
    for name, close in (("sum", 2e-6), ("max", 0)):
        launched.clear()
        same(table(name, a, (0,), False), close, among=["numpy"])
        assert launched == ["reduce_pairs"] * (1 if n <= 512 else 2)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape", [(5,), (3, 27), (2, 3, 130)])
def test_softmax_of_rows(launched, name, shape):
    """Oracle: NumPy. Along another axis, and of float64, it is composed of other kernels."""
    x = random(*shape) * 5
    a, wide = made_of(x, dtypes.float32), made_of(x.astype(float), dtypes.float64)
    last = len(shape) - 1
    same(table(name, a, last), 2e-6, among=["numpy"])
    assert launched == [name]
    launched.clear()
    if last:
        same(table(name, a, 0), 2e-6, among=["numpy"])
    same(table(name, wide, last), 1e-13, among=["numpy"])
    assert name not in launched


def test_a_row_with_nothing_but_minus_infinity_has_no_softmax():
    """nan, as in NumPy's and PyTorch's."""
    a = made_of(np.float32([[-np.inf, -np.inf], [0, -np.inf]]), dtypes.float32)
    same(table("softmax", a, 1), among=["numpy"])


def test_standardized_rows(launched):
    """Oracle: what is composed of NumPy's: mean, variance, its inverse root, and the rows made with them."""
    x = random(2, 3, 40) + 100
    a = made_of(x, dtypes.float32)
    for axes, n, expected in (((2,), 40, ["layernorm", "moments"]), ((1, 2), 120, ["layernorm", "moments"])):
        launched.clear()
        found = {which: KERNELS[which]["standardize"](a[which], axes, n, 1e-5) for which in ("cuda", "numpy")}
        assert [name for name in launched if name != "walks" and name != "rows"] == expected
        for part in range(4):
            same({which: each[part] for which, each in found.items()}, 2e-5, among=["numpy"])
    launched.clear()
    found = {which: KERNELS[which]["standardize"](a[which], (0,), 2, 1e-5) for which in ("cuda", "numpy")}
    assert "layernorm" not in launched
    for part in range(4):
        same({which: each[part] for which, each in found.items()}, 2e-5, among=["numpy"])


def test_which_way_a_matrix_lies():
    assert book.lies((1, 5), (7, 1)) == "straight" and book.lies((5, 1), (1, 9)) == "straight"
    assert book.lies((2, 3), (1, 2)) == "turned" and book.lies((2, 3), (0, 1)) is None
    whole = memory.empty((2, 3), dtypes.float32)
    assert book.multiplies(whole, places.transpose(whole))
    assert not book.multiplies(memory.empty((2, 0), dtypes.float32), memory.empty((0, 3), dtypes.float32))


def slopes_of(library, function, arrays, like, twice=False):
    """function of arrays, and the gradients of something of it; or of one of its gradients, squared."""
    inputs = [library.tensor(each.tolist(), **like).requires_grad_() for each in arrays]
    y = function(*inputs)
    loss = (y * y).sum()
    if twice:
        [slope] = library.autograd.grad(loss, inputs[0], create_graph=True)
        loss = (slope * slope).sum()
    loss.backward()
    return [np.array(each.detach().tolist()) for each in (y, *(each.grad for each in inputs))]


LOSSES = {"mean": {}, "sum": {"reduction": "sum"}, "none": {"reduction": "none"},
          "ignored": {"ignore_index": 3}}


@pytest.mark.parametrize("twice", [False, True], ids=["slope", "slope of a slope"])
@pytest.mark.parametrize("options", LOSSES.values(), ids=LOSSES)
def test_cross_entropy_is_one_kernel_each_way(launched, options, twice):
    """Oracle: PyTorch, in float64."""
    torch = pytest.importorskip("torch")

    def found(library, like, kind):
        target = library.tensor([0, 3, 6, 3], **like)
        return slopes_of(library, lambda x: library.nn.functional.cross_entropy(x, target, **options),
                         [random(4, 7)], like | kind, twice)

    mine = found(ours, {"device": "cuda"}, {})
    assert launched.count("cross_entropy") == 1 and launched.count("cross_entropy_back") == 1
    assert "log_softmax" not in launched
    for got, expected in zip(mine, found(torch, {}, {"dtype": torch.float64})):
        np.testing.assert_allclose(got, expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("wrong", [7, -1])
def test_a_class_that_is_none_is_an_error_on_the_device_too(wrong):
    assert error_of(f"F.cross_entropy(torch.ones(1, 7, device='cuda'), torch.tensor([{wrong}]).cuda())")


@pytest.mark.parametrize("twice", [False, True], ids=["slope", "slope of a slope"])
@pytest.mark.parametrize("gained", [True, False], ids=["gain", "no gain"])
def test_rms_norm_is_one_kernel_forward_and_three_back(launched, gained, twice):
    """Oracle: PyTorch, in float64."""
    torch = pytest.importorskip("torch")
    arrays = [random(2, 3, 5), random(5)][: 1 + gained]

    def found(library, like):
        return slopes_of(library, lambda x, *gain: library.nn.functional.rms_norm(x, (5,), *gain, eps=0.1),
                         arrays, like, twice)

    mine = found(ours, {"device": "cuda"})
    assert launched.count("rmsnorm") == 1 and launched.count("rmsnorm_back") == 1
    assert launched.count("rmsnorm_gain") == launched.count("add_parts") == 1
    for got, each in zip(mine, found(torch, {"dtype": torch.float64})):
        np.testing.assert_allclose(got, each, rtol=5e-5, atol=5e-6)
