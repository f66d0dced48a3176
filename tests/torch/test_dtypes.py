"""dtypes promote, print and have limits as PyTorch's."""

import copy
import itertools
import pickle

import pytest
import torch

from scratch import torch as ours
from scratch.torch import dtypes

NAMES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"]


def test_every_pair_promotes_as_pytorchs_table_says():
    for a, b in itertools.product(NAMES, NAMES):
        expected = torch.promote_types(getattr(torch, a), getattr(torch, b))
        assert repr(ours.promote_types(getattr(ours, a), getattr(ours, b))) == repr(expected), (a, b)
        assert ours.can_cast(getattr(ours, a), getattr(ours, b)) == torch.can_cast(getattr(torch, a),
            getattr(torch, b))


@pytest.mark.parametrize("name", NAMES)
def test_attributes_and_identity(name):
    mine, theirs = getattr(ours, name), getattr(torch, name)
    for attribute in ("itemsize", "is_floating_point", "is_signed", "is_complex"):
        assert getattr(mine, attribute) == getattr(theirs, attribute)
    assert repr(mine) == repr(theirs) and pickle.loads(pickle.dumps(mine)) is mine is copy.deepcopy(mine)


def test_aliases_are_the_same_objects():
    for alias in ("half", "float", "double", "short", "int", "long"):
        assert repr(getattr(ours, alias)) == repr(getattr(torch, alias))


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_limits_of_floats(name):
    mine, theirs = ours.finfo(getattr(ours, name)), torch.finfo(getattr(torch, name))
    for limit in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution", "dtype"):
        assert getattr(mine, limit) == pytest.approx(getattr(theirs, limit),
                                                     rel=1e-12) if limit != "dtype" else True
    assert mine.dtype == theirs.dtype


@pytest.mark.parametrize("name", ["uint8", "int8", "int16", "int32", "int64"])
def test_limits_of_whole_numbers(name):
    mine, theirs = ours.iinfo(getattr(ours, name)), torch.iinfo(getattr(torch, name))
    assert (mine.min, mine.max, mine.bits, mine.dtype) == (theirs.min, theirs.max, theirs.bits, theirs.dtype)


def test_what_has_no_limits_is_refused():
    for library in (torch, ours):
        with pytest.raises(TypeError):
            library.finfo(library.int32)
        with pytest.raises(TypeError):
            library.iinfo(library.float32)


def test_the_default_dtype_is_that_of_python_floats():
    assert ours.get_default_dtype() is ours.float32
    try:
        ours.set_default_dtype(ours.float64)
        assert ours.tensor(0.5).dtype is ours.zeros(2).dtype is (ours.tensor([1]) / 2).dtype is ours.float64
    finally:
        ours.set_default_dtype(ours.float32)
    with pytest.raises(TypeError):
        ours.set_default_dtype(ours.int64)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32"])
def test_a_rounded_number_is_what_a_tensor_holds(kind):
    for number in (0.1, -1e-3, 3.14159, 65504.0, 65520.0, 1e39, -1e39, 1e-8, 0.0, 257.0):
        assert dtypes.rounded(number, getattr(ours, kind)) == torch.tensor(number, dtype=torch.float64).to(
            getattr(torch, kind)).item(), number
