"""assert_close finds what PyTorch's finds."""

import math

import pytest
import torch

from scratch import torch as ours

PAIRS = [    # what is compared, in Python; dtype
    ([1.0, 2.0], [1.0, 2.0], "float32"),
    ([1.0, 2.0], [1.0, 2.00001], "float32"),
    ([1.0, 2.0], [1.0, 2.0001], "float32"),
    ([1.0, 2.0], [1.0, 2.0 + 1e-6], "float64"),
    ([1.0, 2.0], [1.0, 2.0 + 1e-8], "float64"),
    ([1.0, 200.0], [1.0, 201.0], "float16"),
    ([1.0, 200.0], [1.0, 201.0], "bfloat16"),
    ([1, 2], [1, 3], "int64"),
    ([1, 2], [1, 2], "int64"),
    ([True, False], [True, True], "bool"),
    ([math.inf, 1.0], [math.inf, 1.0], "float32"),
    ([math.inf, 1.0], [-math.inf, 1.0], "float32"),
    ([1.0, 1.0], [math.inf, 1.0], "float32"),
    ([math.nan, 1.0], [math.nan, 1.0], "float32"),
    ([], [], "float32"),
    ([[1.0]], [1.0], "float32"),
    (1.0, 1.0, "float32"),
    (1.0, 3.0, "float32"),
]


def verdict(kit, a, b, dtype, **options):
    """Whether kit finds these close, or the class of what it raises otherwise."""
    try:
        kit.testing.assert_close(kit.tensor(a, dtype=getattr(kit, dtype)),
                                 kit.tensor(b, dtype=getattr(kit, dtype)), **options)
    except Exception as error:
        return type(error)
    return "close"


@pytest.mark.parametrize("options", [{}, dict(rtol=0, atol=0), dict(rtol=0.1, atol=1), dict(rtol=0.1),
                                     dict(equal_nan=True)], ids=str)
@pytest.mark.parametrize(("a", "b", "dtype"), PAIRS)
def test_tensors_are_close_where_pytorch_says_so(a, b, dtype, options):
    assert verdict(ours, a, b, dtype, **options) == verdict(torch, a, b, dtype, **options)


THINGS = {
    "dtypes": lambda t: (t.zeros(2), t.zeros(2).double()), "number and number": lambda t: (1.0, 1.0 + 1e-9),
    "numbers": lambda t: (1, 2), "lists": lambda t: ([t.ones(2), 1.0], [t.ones(2), 1.0]),
    "list, other length": lambda t: ([t.ones(2)], []),
    "dictionaries": lambda t: ({"a": t.ones(2)}, {"a": t.zeros(2)}),
    "other keys": lambda t: ({"a": 1}, {"b": 1}), "texts": lambda t: ("a", "a"),
    "a number and a tensor": lambda t: (t.ones(()), 1.0), "strides": lambda t: (t.ones(2, 3).T, t.ones(3, 2)),
}


@pytest.mark.parametrize("options", [{}, dict(check_dtype=False), dict(check_stride=True)], ids=str)
@pytest.mark.parametrize("name", THINGS)
def test_other_things_are_compared_as_pytorch_compares_them(name, options):
    """By whether PyTorch passes; what it does not compare is a TypeError in both."""
    def outcome(kit):
        try:
            kit.testing.assert_close(*THINGS[name](kit), **options)
        except Exception as error:
            return type(error)
    assert outcome(ours) == outcome(torch)


def test_the_message_names_the_furthest_number():
    with pytest.raises(AssertionError, match=r"2 of 4 .* at \(1, 0\), is 3.0 where 9.0"):
        ours.testing.assert_close(ours.tensor([[1.0, 2], [3, 4]]), ours.tensor([[1.0, 3], [9, 4]]))
    with pytest.raises(AssertionError, match="^mine$"):
        ours.testing.assert_close(1, 2, msg="mine")
