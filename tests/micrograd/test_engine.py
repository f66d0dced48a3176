"""Values compute what floats compute, and backward() finds what the definition of a slope finds."""

import fractions
import gc
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch.micrograd.engine import Value, topological_order

OPERATIONS = {
    "a + b": lambda a, b: a + b,
    "a + 2": lambda a, b: a + 2,
    "2 + a": lambda a, b: 2 + a,
    "a - b": lambda a, b: a - b,
    "a - 2": lambda a, b: a - 2,
    "2 - a": lambda a, b: 2 - a,
    "a * b": lambda a, b: a * b,
    "a * 3": lambda a, b: a * 3,
    "3 * a": lambda a, b: 3 * a,
    "a / b": lambda a, b: a / b,
    "a / 4": lambda a, b: a / 4,
    "4 / a": lambda a, b: 4 / a,
    "a ** 3": lambda a, b: a ** 3,
    "a ** -2": lambda a, b: a ** -2,
    "a ** 0.5": lambda a, b: a ** 0.5,
    "a ** 0": lambda a, b: a ** 0 + b,
    "2 ** a": lambda a, b: 2 ** a,
    "-a": lambda a, b: -a,
    "exp": lambda a, b: a.exp(),
    "log": lambda a, b: a.log(),
    "tanh of a": lambda a, b: a.tanh(),
    "relu of a": lambda a, b: a.relu(),
    "relu of b": lambda a, b: b.relu(),
    "one input used twice": lambda a, b: a * a + b,
    "one value used twice": lambda a, b: (a + b) * (a + b),
    "two paths of different lengths": lambda a, b: a * b + (a * b) * 3 * b,
}


def scalar(data):
    return torch.tensor(float(data), dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("f", OPERATIONS.values(), ids=OPERATIONS)
def test_value_and_gradients_equal_pytorchs(f):
    """Oracle: torch autograd in float64; the tolerance is a few roundings."""
    a, b = Value(0.7), Value(-1.3)
    x, y = scalar(0.7), scalar(-1.3)
    ours, theirs = f(a, b), f(x, y)
    ours.backward()
    theirs.backward()
    assert ours.data == pytest.approx(theirs.item(), rel=1e-14)
    for value, tensor in ((a, x), (b, y)):
        assert value.grad == pytest.approx(0.0 if tensor.grad is None else tensor.grad.item(), rel=1e-13)


@pytest.mark.parametrize("f", OPERATIONS.values(), ids=OPERATIONS)
def test_gradient_matches_a_finite_difference(f):
    """Oracle: the definition. A nudge of 1e-6 is good to about 1e-9."""
    a, b, h = Value(0.7), Value(-1.3), 1e-6
    f(a, b).backward()
    for value, rise in ((a, f(Value(0.7 + h), b).data - f(Value(0.7 - h), b).data),
                        (b, f(a, Value(-1.3 + h)).data - f(a, Value(-1.3 - h)).data)):
        assert value.grad == pytest.approx(rise / (2 * h), rel=1e-6, abs=1e-9)


@st.composite
def programs(draw):
    """A random straight-line program over three inputs: [(operation, operands), ...]."""
    steps, count = [], 3
    for _ in range(draw(st.integers(1, 20))):
        name = draw(st.sampled_from(["+", "-", "*", "tanh", "exp", "log", "relu", "**2", "/"]))
        steps.append((name, draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))))
        count += 1
    return steps


STEPS = {    # arguments stay where every operation is tame
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a.tanh() * b.tanh(),
    "tanh": lambda a, b: a.tanh(), "exp": lambda a, b: a.tanh().exp(), "log": lambda a, b: (a * a + 1).log(),
    "relu": lambda a, b: a.relu(), "**2": lambda a, b: a.tanh() ** 2, "/": lambda a, b: a / (b * b + 1),
}


def execute(steps, inputs):
    """Run a program on Values or tensors alike."""
    values = list(inputs)
    for name, i, j in steps:
        a, b = values[i], values[j]
        values.append(STEPS[name](a, b))
    return values[-1]


@settings(max_examples=200, deadline=None)
@given(programs(), st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_any_program_has_pytorchs_gradients(steps, numbers):
    """Oracle: torch autograd. A kink is met only where both sides use slope 0."""
    ours, theirs = [Value(n) for n in numbers], [scalar(n) for n in numbers]
    y, z = execute(steps, ours), execute(steps, theirs)
    y.backward()
    z.backward()
    assert y.data == pytest.approx(z.item(), rel=1e-9, abs=1e-12)
    for value, tensor in zip(ours, theirs):
        expected = 0.0 if tensor.grad is None else tensor.grad.item()
        assert value.grad == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_the_graph_in_the_users_notes_has_these_gradients():
    x1, w1, x2, w2 = Value(1, label="x1"), Value(-4.0), Value(3.75), Value(2.0)
    x1w1, x2w2 = x1 * w1, x2 * w2
    loss = (x1w1 - x2w2) ** 2
    loss.backward()
    assert loss.data == 132.25 and loss.grad == 1.0
    assert [v.grad for v in (x1, w1, x2, w2, x1w1, x2w2)] == [92, -23, 46, 86.25, -23, 23]


def test_the_expression_on_micrograds_front_page_gives_its_published_numbers():
    """Oracle: the README of karpathy/micrograd; every operator of it in one expression."""
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b ** 3
    c = c + c + 1
    c = c + 1 + c - a
    d = d + d * 2 + (b + a).relu()
    d = d + 3 * d + (b - a).relu()
    e = c - d
    g = e ** 2 / 2.0
    g = g + 10.0 / (e ** 2)
    g.backward()
    assert g.data == pytest.approx(24.70408163265306, rel=1e-12)
    assert a.grad == pytest.approx(138.83381924198252, rel=1e-12)
    assert b.grad == pytest.approx(645.5772594752186, rel=1e-12)


def test_a_value_used_twice_gets_both_shares():
    """Oracle: the lecture's two examples of reuse, checked by hand."""
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2.0
    a, b = Value(-2.0), Value(3.0)
    d, e = a * b, a + b
    f = d * e
    f.backward()
    assert (f.data, d.grad, e.grad, a.grad, b.grad) == (-6.0, 1.0, -6.0, -3.0, -8.0)


def test_an_expression_of_one_input_gives_pytorchs_numbers():
    """Oracle: torch; the shape of karpathy/micrograd's own sanity check, at x = -4."""
    def f(x, relu):
        z = 2 * x + 2 + x
        q = relu(z) + z * x
        return relu(z * z) + q + q * x

    x, t = Value(-4.0), scalar(-4.0)
    y, s = f(x, Value.relu), f(t, torch.relu)
    y.backward()
    s.backward()
    assert y.data == s.item() == -20.0 and x.grad == t.grad.item() == 46.0


# Calls of backward()

def test_leaves_add_up_over_calls_as_in_pytorch():
    """Oracle: torch with retain_graph."""
    x, t = Value(2.0), scalar(2.0)
    y, s = 3 * x + x * x, 3 * t + t * t
    for call in (1, 2, 3):
        y.backward()
        s.backward(retain_graph=True)
        assert x.grad == t.grad.item() == 7.0 * call


def test_old_gradients_of_intermediate_values_do_not_flow_into_new_ones():
    x = Value(2.0)
    shared = x * x
    (shared * 3).backward()
    assert (shared.grad, x.grad) == (3.0, 12.0)
    x.grad = 0.0
    (shared * 5).backward()
    assert (shared.grad, x.grad) == (5.0, 20.0)


def test_a_leaf_that_is_itself_the_root_has_slope_one_and_accumulates():
    x = Value(3.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def test_a_gradient_set_by_hand_is_added_to():
    x = Value(3.0)
    x.grad = 10.0
    (x * 2).backward()
    assert x.grad == 12.0


# Order and depth

@settings(max_examples=100, deadline=None)
@given(programs())
def test_every_value_comes_once_and_after_its_inputs(steps):
    order = topological_order(execute(steps, [Value(0.5), Value(-0.5), Value(1.5)]))
    place = {value: n for n, value in enumerate(order)}
    assert len(place) == len(order)
    assert all(place[source] < place[value] for value in order for source, _ in value.inputs)


def test_a_chain_a_million_links_long_works_and_can_be_dropped():
    x = Value(1.0)
    y = x
    for _ in range(1_000_000):
        y = y + 1.0
    y.backward()
    assert y.data == 1_000_001.0 and x.grad == 1.0
    del y


def test_a_value_used_a_hundred_thousand_times_gets_every_share():
    x = Value(1.0)
    total = Value(0.0)
    for _ in range(100_000):
        total = total + x * 2.0
    total.backward()
    assert x.grad == 200_000.0


def test_a_dropped_graph_leaves_nothing_for_the_garbage_collector():
    gc.collect()
    gc.disable()
    try:
        x = Value(1.0)
        y = ((x * 2).tanh() + x.exp()) ** 2
        y.backward()
        del x, y
        assert gc.collect() == 0
    finally:
        gc.enable()


# What goes in

@pytest.mark.parametrize("number", [
    3, True, np.float32(3), np.float64(3), np.int64(3), np.uint8(3), fractions.Fraction(3, 1), 3.0])
def test_real_numbers_of_any_type_become_floats(number):
    value = Value(number)
    assert type(value.data) is float and value.data == float(number)
    for result in (Value(2.0) * number, number * Value(2.0), number + Value(2.0), number - Value(2.0),
                   number / Value(2.0), number ** Value(2.0)):
        assert type(result) is Value and type(result.data) is float
    assert (number - Value(2.0)).data == float(number) - 2.0


@pytest.mark.parametrize("wrong",
                         ["3", None, [3.0], 3j, np.array([1.0]), torch.tensor([3.0, 4.0]), Value(1.0)],
                         ids=["text", "None", "list", "complex", "array", "tensor", "Value"])
def test_anything_else_is_a_type_error_that_names_it(wrong):
    with pytest.raises(TypeError, match=type(wrong).__name__):
        Value(wrong)
    if not isinstance(wrong, Value):
        with pytest.raises(TypeError):
            Value(1.0) + wrong


ERRORS = {
    "division by zero": (lambda: Value(2.0) / 0, ZeroDivisionError, "2.0 / 0.0"),
    "division by a zero Value": (lambda: 1 / Value(0.0), ZeroDivisionError, "1.0 / 0.0"),
    "log of zero": (lambda: Value(0.0).log(), ValueError, r"log\(0.0\)"),
    "log of a negative number": (lambda: Value(-1.5).log(), ValueError, r"log\(-1.5\)"),
    "exp overflows": (lambda: Value(1000.0).exp(), OverflowError, r"exp\(1000.0\)"),
    "a power overflows": (lambda: Value(1e200) ** 2, OverflowError, r"1e\+200 \*\* 2"),
    "a fractional power of a negative number": (lambda: Value(-2.0) ** 0.5, ValueError, "-2.0"),
    "a negative power of zero": (lambda: Value(0.0) ** -1, ZeroDivisionError, r"0.0 \*\* -1"),
    "a Value as exponent": (lambda: Value(2.0) ** Value(3.0), TypeError, r"\(b \* a.log\(\)\).exp\(\)"),
    "a text as exponent": (lambda: Value(2.0) ** "3", TypeError, "str"),
    "a negative base": (lambda: (-2) ** Value(3.0), ValueError, "-2.0"),
}


@pytest.mark.parametrize("f, error, says", ERRORS.values(), ids=ERRORS)
def test_what_has_no_answer_is_an_error_that_names_operation_and_numbers(f, error, says):
    with pytest.raises(error, match=says):
        f()


def test_infinities_and_nan_go_where_ieee_arithmetic_sends_them():
    inf, nan = Value(math.inf), Value(math.nan)
    assert (inf + 1).data == math.inf and math.isnan((inf - inf).data) and (1 / inf).data == 0.0
    assert math.isnan((nan * 0).data) and math.isnan(nan.relu().data) and math.isnan(nan.tanh().data)
    assert (Value(1e308) * 10).data == math.inf and inf.tanh().data == 1.0 and (-inf).exp().data == 0.0


@pytest.mark.parametrize("f, slope", [
    (lambda x: x ** 0, 0.0), (lambda x: x ** 1, 1.0), (lambda x: x ** 2, 0.0), (lambda x: x.relu(), 0.0),
    (lambda x: x.tanh(), 1.0), (lambda x: 2 ** x, math.log(2)), (lambda x: x ** 0.5, math.inf)])
def test_slopes_at_zero_are_pytorchs(f, slope):
    """Oracle: torch at 0."""
    x, t = Value(0.0), scalar(0.0)
    f(x).backward()
    f(t).backward()
    assert x.grad == slope == pytest.approx(t.grad.item())


# What is seen

def test_repr_shows_data_gradient_and_label():
    assert repr(Value(2, label="w")) == "Value(data=2.0, grad=0.0, label='w')"
    assert repr(Value(2) + 1) == "Value(data=3.0, grad=0.0)"


def test_a_result_knows_its_operation_inputs_and_slopes():
    a, b = Value(2.0), Value(3.0)
    assert (a * b).inputs == ((a, 3.0), (b, 2.0)) and (a * b).operation == "*"
    assert a.inputs == () and a.operation == ""
    [(source, slope)] = a.tanh().inputs
    assert source is a and slope == pytest.approx(1 - math.tanh(2.0) ** 2)


def test_values_are_told_apart_by_identity_and_not_ordered():
    assert Value(1.0) != Value(1.0)
    with pytest.raises(TypeError):
        assert Value(1.0) < Value(2.0)
