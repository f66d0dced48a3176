"""gradient_check passes what is right, and names what is wrong."""

import math
import random

import pytest

from scratch.micrograd import check
from scratch.micrograd.check import GradientError, compare, gradient_check, table
from scratch.micrograd.engine import Value, node

RIGHT = {
    "published exercise": (lambda a, b, c: -a**3 + b.tanh() - 1 / c + b**2.5 - a**0.5, (2, 3, 4)),
    "two paths": (lambda a, b: (a * b) * (a + b), (-2.0, 3.0)),
    "far from zero": (lambda a: a**2 / 7, (3.0e6,)),
    "far below zero": (lambda a: a**2 / 7, (-3.0e6,)),
    "minimum": (lambda a: (a - 1) ** 2, (1.0,)),
    "large value, small slope": (lambda a: a * 0.001 + 1e5, (1.0,)),
    "an input without influence": (lambda a, b: a.exp() + 0 * b, (0.3, 5.0)),
    "an input that f ignores": (lambda a, b: a.exp(), (0.3, 5.0)),
    "the input itself": (lambda a: a, (0.3,)),
    "beside a kink": (lambda a, b: a.relu() + b.relu(), (1e-4, -1e-4)),
    "a thousand additions": (lambda a: sum([a] * 1000), (0.1,)),
}


@pytest.mark.parametrize("f, at", RIGHT.values(), ids=RIGHT)
def test_right_gradients_agree_and_the_largest_error_comes_back(f, at):
    error = gradient_check(f, *at)
    assert 0 <= error <= 1e-6
    assert error == max(slope.error for slope in compare(f, *at))


def slightly_wrong_tanh(a, by):
    """tanh with a slope that is wrong by a factor."""
    t = math.tanh(a.data)
    return node(t, "tanh", (a, (1 - t * t) * (1 + by)))


@pytest.mark.parametrize("by", [2e-6, -2e-6, 0.01, -1, -2])
def test_two_millionths_off_is_found_and_half_a_millionth_is_let_pass(by):
    with pytest.raises(GradientError, match="input 0 .* disagrees"):
        gradient_check(lambda a: slightly_wrong_tanh(a, by), 0.7)
    assert gradient_check(lambda a: slightly_wrong_tanh(a, 5e-7), 0.7) > 4e-7


@pytest.mark.parametrize("wrong", range(3))
def test_only_the_wrong_input_is_named(wrong):
    """The wrong input is used once through .data, which backward() does not see."""
    def f(*inputs):
        a, b, c = (x.data * 1.0 if n == wrong else x for n, x in enumerate(inputs))
        return a * b * c + inputs[wrong] * 0.5

    inputs = [Value(1.5, label=name) for name in "abc"]
    slopes = compare(f, *inputs)
    assert [slope.agrees for slope in slopes] == [n != wrong for n in range(3)]
    assert [slope.name for slope in slopes] == ["a", "b", "c"]
    assert slopes[wrong].ours == 0.5 and slopes[wrong].measured == pytest.approx(2.75, rel=1e-9)
    with pytest.raises(AssertionError) as error:
        gradient_check(f, *inputs)
    lines = str(error.value).splitlines()
    assert lines == ["gradients disagree", *table(slopes).splitlines()]
    assert [line.endswith("disagrees") for line in lines[2:]] == [n == wrong for n in range(3)]


def test_the_table_gives_place_both_slopes_and_their_relative_difference():
    lines = table(compare(lambda a: a * a.data, Value(3.0, label="a weight"))).splitlines()
    assert len({len(line.removesuffix("   disagrees")) for line in lines}) == 1
    assert lines[1].split() == ["a", "weight", "3", "3", "6", "5.0e-01", "disagrees"]


@pytest.mark.parametrize("slope", [math.nan, math.inf, -math.inf])
def test_nan_and_infinite_gradients_agree_with_nothing(slope):
    with pytest.raises(GradientError):
        gradient_check(lambda a: node(a.data, "?", (a, slope)), 1.0)


@pytest.mark.parametrize("f", [lambda a: a * math.nan, lambda a: a * math.inf, lambda a: a * 1e308],
                         ids=["nan", "inf", "overflow"])
def test_a_measurement_that_is_no_number_agrees_with_nothing(f):
    """inf - inf and nan - nan are nan, and so are their comparisons false."""
    with pytest.raises(GradientError):
        gradient_check(f, 3.0)


@pytest.mark.parametrize("x", [0.0, 1e-7])
def test_a_kink_fails_and_is_called_one(x):
    with pytest.raises(GradientError, match="kink: slope 0 from below, 1 from above" if x == 0 else "kink"):
        gradient_check(lambda a: a.relu(), x)


def test_a_wrong_slope_at_a_smooth_minimum_is_not_called_a_kink():
    with pytest.raises(GradientError) as error:
        gradient_check(lambda a: node(a.data**2, "?", (a, 0.5)), 0.0)
    assert "kink" not in str(error.value)


def test_a_right_slope_at_a_kink_is_only_right_halfway():
    """The symmetric difference of |a| at 0 is 0, and so may a gradient be: nothing to report."""
    assert gradient_check(lambda a: a.relu() + (-a).relu(), 0.0) == 0.0


def test_small_inputs_need_their_scale():
    """log 1e-8 is defined only a hundred-millionth to the left of it."""
    with pytest.raises(ValueError, match="positive"):
        gradient_check(lambda a: a.log(), 1e-8)
    assert gradient_check(lambda a: a.log(), 1e-8, scale=1e-8) < 1e-9
    assert gradient_check(lambda a: a.log(), 1e-8, scale=1e-9) < 1e-9    # its own size is enough


def test_the_nudge_is_the_cube_root_of_epsilon_times_the_size_of_the_input():
    seen = []

    def f(a):
        seen.append(a.data)
        return a * 1.0

    for x in (0.0, 0.25, -40.0):
        seen.clear()
        gradient_check(f, x)
        h = 2.0 ** (-52 / 3) * max(abs(x), 1)
        assert seen == pytest.approx([x, x - h, x + h], rel=1e-15)


def test_the_measured_slope_divides_by_the_step_that_was_taken():
    """Near 2**53 floats are whole: 2**53 ± h round, and a line's slope is still exact."""
    x = 2.0**53 / 1e6
    assert compare(lambda a: a * 1.0, x)[0].measured == 1.0


def test_a_network_is_checked_where_it_stands_and_left_as_it_was():
    dice = random.Random(1)
    weights = [Value(dice.uniform(-1, 1), label=f"w{n}") for n in range(6)]
    other = Value(0.25)

    def loss():
        hidden = [(weights[n] * 0.5 + weights[n + 1] * -1.5 + other).tanh() for n in (0, 2)]
        return (weights[4] * hidden[0] + weights[5] * hidden[1] - 1) ** 2

    for n, leaf in enumerate([*weights, other]):
        leaf.grad = float(n)
    numbers = [weight.data for weight in weights]
    assert gradient_check(lambda *_: loss(), *weights) < 1e-8
    assert [weight.data for weight in weights] == numbers
    assert [leaf.grad for leaf in [*weights, other]] == [0, 1, 2, 3, 4, 5, 6]


def test_an_input_without_influence_keeps_its_gradient_and_has_slope_zero():
    a, b = Value(1.0), Value(2.0)
    b.grad = 9.0
    assert compare(lambda a, b: a * 3, a, b)[1].ours == 0.0
    assert b.grad == 9.0


def test_the_inputs_are_restored_when_f_raises():
    a = Value(1e-8)
    with pytest.raises(ValueError):
        gradient_check(lambda a: a.log(), a)
    assert a.data == 1e-8


def test_f_has_to_return_a_value_and_to_have_inputs():
    with pytest.raises(TypeError, match="2.0 is of type float"):
        gradient_check(lambda a: a.data, 2.0)
    with pytest.raises(ValueError, match="no inputs"):
        gradient_check(lambda: Value(1.0))


def test_the_constants_are_what_their_comments_say():
    """h² and eps/h, the two errors of a central difference, are equal at the cube root."""
    assert check.NUDGE**2 == pytest.approx(check.EPS / check.NUDGE)
    assert 4e-11 == pytest.approx(check.NUDGE**2, rel=0.1)
    assert check.NOISE == pytest.approx(25 * check.EPS / check.NUDGE, rel=0.1)


@pytest.mark.parametrize("y", [0.0, 5.0, 1e3])
def test_a_slope_is_told_from_zero_down_to_a_billionth_of_the_value_or_of_one(y):
    smallest = 1e-9 * max(1, y)
    with pytest.raises(GradientError):
        gradient_check(lambda a: a.data * 3 * smallest + y + 0 * a, 0.5)
    gradient_check(lambda a: a.data * smallest / 3 + y + 0 * a, 0.5)


def test_a_millionth_of_a_large_input_is_told_from_zero_too():
    """The slope that matters is y's size over the input's."""
    with pytest.raises(GradientError):
        gradient_check(lambda a: a.data * 1e-13 + 1.0 + 0 * a, 1e6)


def test_the_error_is_relative_to_the_larger_slope():
    double = compare(lambda a: node(a.data * 3, "?", (a, 6.0)), 1.0)[0]
    half = compare(lambda a: node(a.data * 6, "?", (a, 3.0)), 1.0)[0]
    assert double.error == pytest.approx(0.5) and half.error == pytest.approx(0.5)


def test_a_kink_that_does_no_harm_is_not_mentioned():
    """|a| at 0 agrees by its symmetry; b is what is wrong."""
    with pytest.raises(GradientError) as error:
        gradient_check(lambda a, b: a.relu() + (-a).relu() + b * b.data, 0.0, 2.0)
    assert "kink" not in str(error.value)
