"""Reductions have PyTorch's values, dtypes, shapes, ties and slopes, along every axis."""

import math

import pytest
import torch

from torch_parity import agree, agree_along, agree_of_all

ALONG = ["sum({})", "mean({})", "prod({})", "cumsum({})", "cumprod({})", "any({})", "all({})",
         "count_nonzero({})"]
WHOLE = ["sum()", "mean()", "prod()", "any()", "all()", "count_nonzero()", "sum((0, 1))",
         "mean((0, -1), keepdim=True)", "sum(dtype=torch.float32)", "sum(0, 1)"]


@pytest.mark.parametrize("text", ALONG)
def test_along_an_axis_in_every_layout(text):
    agree_along(text)


@pytest.mark.parametrize("text", WHOLE)
def test_of_all_in_every_layout(text):
    agree_of_all(text)


@pytest.mark.parametrize("dtype",
                         [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float16, torch.float32],
                         ids=str)
def test_of_every_dtype(dtype):
    x = torch.tensor([[0, 1, 2], [3, 0, 1]]).to(dtype)
    for text in ["sum()", "sum(0)", "mean()", "prod()", "max()", "max(1)", "amin(0)", "argmax()", "any()",
                 "all(1)", "cumsum(0)",
                 "cumprod(1)", "var()", "softmax(0)", "sort(1)", "norm()", "sum(dtype=torch.float64)",
                 "mean(dtype=torch.float64)",
                 "median()", "logsumexp(0)", "count_nonzero()"]:
        agree(f"x.{text}", x=x, close=2e-3)


def test_equal_numbers_share_or_the_first_takes_all():
    """max() and amax() share a gradient among ties; max(dim) gives it to the place that it names."""
    x = torch.tensor([[2.0, 2.0, 1.0], [0.0, 0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    for text in ("x.max()", "x.min()", "x.amax(1)", "x.amin()", "x.max(1)", "x.min(0)", "x.sort(1)",
                 "x.argmax(1)", "x.argmin(0)",
                 "x.median(1)", "x.norm(float('inf'))", "x.norm(dim=1)", "x.prod(1)", "x.prod()",
                 "x.cumprod(1)", "x.std(1)",
                 "x.topk(2, 1)"):
        agree(text, x=x, second=False)


def test_a_product_of_one_number_without_axes():
    for number in (0.0, 2.0):
        agree("x.prod(0)", x=torch.tensor(number, dtype=torch.float64, requires_grad=True))


def test_zeros_in_a_product_have_slopes_without_division():
    for numbers in ([1.0, 0.0, 3.0], [0.0, 0.0, 3.0], [2.0, 5.0, 3.0]):
        x = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
        for text in ("x.prod()", "x.prod(0)", "x.cumprod(0)"):
            agree(text, x=x)


def test_nan_wins_and_inf_overflows_nothing():
    x = torch.tensor([[1.0, math.nan, 3.0], [math.inf, 2.0, -math.inf], [1000.0, 999.0, -1000.0]])
    for text in ("max()", "max(1)", "min(0)", "amax(1)", "argmax(1)", "argmin(0)", "sum(1)", "softmax(1)",
                 "log_softmax(1)",
                 "logsumexp(1)", "sort(1)", "mean(0)", "var(1)", "norm(dim=1)", "median(1)", "any(1)",
                 "cumsum(1)"):
        agree(f"x.{text}", x=x)
    agree("x.logsumexp(0)", x=torch.full((3, 2), -math.inf))


def test_float32_sums_are_within_their_bound():
    """Adding n numbers one by one may be off by n units of the sum of their sizes; in pairs, by log2(n).

    Both libraries add in blocks: here 16 units in the last place of the sum of sizes, for 100,000 numbers.
    """
    torch.manual_seed(3)
    x = torch.randn(100_000)
    exact = x.double().sum().item()
    from scratch import torch as ours
    found = ours.from_numpy(x.numpy()).sum().item()
    assert abs(found - exact) <= 16 * 2.0 ** -24 * x.abs().double().sum().item()


@pytest.mark.parametrize("text",
                         ["i.mean()", "x.sum(2)", "x.sum(-3)", "x.sum((0, 0))", "x.max(5)", "e.max()",
                          "e.argmax()", "e.max(1)",
                                  "x.softmax(2)", "i.softmax(0)", "i.var()", "i.norm()", "x.topk(9)",
                                  "x.sort(3)", "e.mean()", "e.sum()",
                                  "e.prod()", "x.cumsum(2)", "e.amax()", "x.var(3)", "x[0, 0].var()",
                                  "e.softmax(1)", "e.argmax(0)",
                                  "x.max(0, x)", "torch.max(x, x + 1)", "x.median(4)", "x.std(1, False)",
                                  "x.var(False)"])
def test_errors_are_of_the_same_class(text):
    agree(text, x=torch.tensor([[1.5, -2.0], [2.0, 3.0]]), i=torch.tensor([[3, -4]]), e=torch.zeros(2, 0))


def test_what_max_returns_prints_and_unpacks():
    from scratch import torch as ours
    x = ours.tensor([[1, 5], [7, 2]])
    values, indices = found = x.max(1)
    assert found.values is values and found[1] is indices
    assert repr(found) == repr(torch.tensor([[1, 5], [7, 2]]).max(1))
