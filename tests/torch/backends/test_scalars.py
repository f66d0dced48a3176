"""What happens to single numbers is what happens to them in PyTorch, at the ends of each domain too."""

import math

import pytest
import torch

from scratch.torch.backends.scalars import ONE, TESTS_ONE, TESTS_TWO, TWO

EDGES = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, 2.5, -2.5, 3.0, 7.25, 88.0, -88.0, 800.0, -800.0, 1e-30, 1e200,
         math.inf, -math.inf, math.nan]
WHOLE = [0, 1, -1, 2, -3, 7, 2 ** 40]
NAMES = {"div": "true_divide"}


def theirs(name, *operands, kind=torch.float64):
    """PyTorch's answer for single numbers."""
    return getattr(torch, NAMES.get(name, name))(*(torch.tensor(x, dtype=kind) for x in operands)).item()


def equal(found, expected):
    if isinstance(expected, float) and not math.isfinite(expected):
        return math.isnan(found) if math.isnan(expected) else found == expected
    return found == pytest.approx(expected, rel=1e-14, abs=0) and (
        found != 0 or math.copysign(1, found) == math.copysign(1, expected))


@pytest.mark.parametrize("name", [*ONE, *TESTS_ONE])
def test_functions_of_one_float(name):
    """Oracle: PyTorch in float64, with zeros of either sign, poles, overflow and nan."""
    function = (ONE | TESTS_ONE)[name]
    for x in EDGES:
        if name in ("tan", "sin", "cos") and abs(x) > 1e9 and math.isfinite(x):
            continue    # how many times 2π it is depends on the last bit
        if name == "sign" and x == 0:
            continue    # of which sign the zero is makes no difference to anybody
        assert equal(function(x), theirs(name, x)), x


@pytest.mark.parametrize("name", [name for name in [*TWO, *TESTS_TWO] if not name.startswith("bitwise")])
def test_functions_of_two_floats(name):
    """Oracle: PyTorch in float64, for all pairs of the edges."""
    function = (TWO | TESTS_TWO)[name]
    for a in EDGES:
        for b in EDGES:
            if name == "floor_divide" and math.isfinite(a) and b and abs(a / b) > 1e15:
                continue    # beyond the whole numbers that a float holds
            expected = theirs(name, a, b)
            if expected == 0 and name in ("remainder", "fmod", "maximum", "minimum", "fmax", "fmin"):
                assert function(a, b) == 0, (a, b)
            else:
                assert equal(function(a, b), expected), (a, b)


@pytest.mark.parametrize("name", [name for name in TWO if name not in ("div", "atan2")])
def test_functions_of_two_whole_numbers(name):
    """Oracle: PyTorch in int64."""
    for a in WHOLE:
        for b in WHOLE:
            if name in ("floor_divide", "remainder", "fmod") and b == 0:
                with pytest.raises(RuntimeError, match="divided by 0"):
                    TWO[name](a, b)
            elif not ("shift" in name and not 0 <= b < 20 or name == "pow" and not 0 <= b < 9):
                found = TWO[name](a, b)
                assert (found + 2 ** 63) % 2 ** 64 - 2 ** 63 == theirs(name, a, b, kind=torch.int64), (a, b)


def test_a_whole_number_to_a_negative_power_is_cut_off():
    assert [TWO["pow"](a, -3) for a in (1, -1, 2)] == [1, -1, 0] and TWO["pow"](-1, -2) == 1
