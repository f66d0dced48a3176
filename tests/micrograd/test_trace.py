"""A compiled program does what the engine does, or is refused."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch.micrograd.engine import Value, topological_order
from scratch.micrograd.trace import Symbol, Untraceable, compile

OPERATIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a, b: -a,
    "tanh": lambda a, b: a.tanh(),
    "exp": lambda a, b: a.exp(),
    "log": lambda a, b: a.log(),
    "relu": lambda a, b: a.relu(),
    "square": lambda a, b: a ** 2,
    "root": lambda a, b: a ** 0.5,
    "inverse": lambda a, b: a ** -1,
    "flat": lambda a, b: a ** 0,
    "power of two": lambda a, b: 2 ** a,
    "power of zero": lambda a, b: 0 ** a,
    "number + a": lambda a, b: 3 + a,
    "number - a": lambda a, b: 3 - a,
    "number * a": lambda a, b: -3 * a,
    "number / a": lambda a, b: 3 / a,
    "a + number": lambda a, b: a + 3,
    "a - number": lambda a, b: a - 3,
    "a * number": lambda a, b: a * 1,
    "a / number": lambda a, b: a / -3,
    "number of Values": lambda a, b: Value(2.0) * 3 + a - Value(1.0) * b,
    "twice": lambda a, b: a * b + a * b,
    "itself": lambda a, b: a * a,
}
BINARY = {"add", "sub", "mul", "div", "number of Values", "twice"}


def by_engine(f, numbers):
    """What f makes of the numbers, and the engine's slopes."""
    inputs = [Value(x) for x in numbers]
    root = f(*inputs)
    root.backward()
    return root, [x.grad for x in inputs]


def outcome(f, *args):
    """What f(*args) returns, or the error that it raises."""
    try:
        return f(*args)
    except (ArithmeticError, ValueError) as error:
        return type(error), str(error)


def same(a, b):
    return a == b or math.isnan(a) and math.isnan(b)


@pytest.mark.parametrize("f", OPERATIONS.values(), ids=OPERATIONS)
def test_each_operation_has_the_engines_value_slopes_and_errors_everywhere(f):
    """The oracle is the engine, at points on both sides of every edge."""
    program = compile(f, [0.75, -1.25])
    points = [-800.0, -1.5, -1.0, -1e-9, -0.0, 0.0, 1e-300, 1.0, 2.5, 800.0, 1e300, math.inf, math.nan]
    for a in points:
        for b in (-2.0, 0.0, 3.0):
            expected, found = outcome(by_engine, f, [a, b]), outcome(program, [a, b])
            if isinstance(expected[0], Value):
                expected = expected[0].data, expected[1]
                assert same(found[0], expected[0]), (a, b)
                assert all(map(same, found[1], expected[1])), (a, b, found, expected)
            else:
                assert found == expected, (a, b)


NUMBERS = st.floats(-4, 4) | st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0])
STEPS = st.lists(st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(1, 6), st.integers(1, 6)),
                 min_size=1, max_size=12)


def expression(steps):
    """The function that takes each step on what earlier ones made; one that nobody uses, never."""
    def f(*inputs):
        made = dict(enumerate(inputs))

        def value(n):
            if n not in made:
                name, a, b = steps[n - len(inputs)]
                first = value(max(n - a, 0))    # so that the first error is the same, too
                other = value(max(n - b, 0)) if name in BINARY else None
                made[n] = OPERATIONS[name](first, other)
            return made[n]
        return value(len(inputs) + len(steps) - 1)
    return f


def magnitudes(root, inputs):
    """For each input, the sum of the sizes of all that the engine adds up to its slope."""
    size = dict.fromkeys(topological_order(root), 0.0) | {root: 1.0}
    for value in reversed(topological_order(root)):
        for source, slope in value.inputs:
            size[source] += abs(slope) * size[value]
    return [size.get(x, 0.0) for x in inputs]


@settings(deadline=None, max_examples=300)
@given(STEPS, st.tuples(NUMBERS, NUMBERS, NUMBERS), st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_a_random_expression_agrees_with_the_engine_at_other_numbers(steps, example, numbers):
    """Values to the bit. Slopes to 1e-12 of what was added up, since sharing changes the order."""
    f = expression(steps)
    if not isinstance(outcome(f, *map(Value, example)), Value):
        with pytest.raises((ArithmeticError, ValueError)):
            compile(f, example)
        return
    program = compile(f, example)
    inputs = [Value(x) for x in numbers]
    root = outcome(f, *inputs)
    if not isinstance(root, Value):
        assert outcome(program, numbers) == root
        return
    root.backward()
    value, slopes = program(numbers)
    assert same(value, root.data)
    for x, slope, size in zip(inputs, slopes, magnitudes(root, inputs)):
        assert not math.isfinite(size) or abs(slope - x.grad) <= 1e-12 * size + 1e-300


def network(sizes, weights, x, activation):
    weights = iter(weights)
    for wide in sizes:
        x = [activation(sum(next(weights) * xi for xi in x) + next(weights)) for _ in range(wide)]
    return x


@pytest.mark.parametrize("activation", [Value.relu, Value.tanh], ids=["relu", "tanh"])
def test_a_network_has_the_engines_loss_and_slopes_to_the_bit(activation):
    """Compiled at one set of weights, called at others, where other units are off."""
    rng = random.Random(7)
    data = [([rng.uniform(-1, 1) for _ in range(3)], rng.choice([-1, 1])) for _ in range(6)]
    apply = {Value.relu: lambda a: a.relu(), Value.tanh: lambda a: a.tanh()}[activation]

    def loss(*weights):
        margins = [1 - y * network([5, 4, 1], weights, x, apply)[0] for x, y in data]
        return sum(m.relu() for m in margins) / len(margins) + 0.01 * sum(w * w for w in weights)

    count = 5 * 4 + 4 * 6 + 1 * 5
    program = compile(loss, [rng.uniform(-1, 1) for _ in range(count)])
    for _ in range(5):
        weights = [rng.uniform(-1, 1) for _ in range(count)]
        root, slopes = by_engine(loss, weights)
        assert program(weights) == (root.data, slopes)


def test_inputs_are_found_in_a_model_and_keep_their_numbers_and_slopes():
    w, b = Value(2.0, label="w"), Value(1.0)
    w.grad = 5.0
    program = compile(lambda *_: (w * 3.0 + b).tanh(), [w, b])
    assert (type(w), w.data, w.grad, w.label, b.data) == (Value, 2.0, 5.0, "w", 1.0)
    root, slopes = by_engine(lambda w, b: (w * 3.0 + b).tanh(), [-0.5, 1.25])
    assert program([-0.5, 1.25]) == (root.data, slopes)


def test_training_with_the_program_takes_the_engines_steps():
    def loss(w, b):
        return sum((w * x + b - y) ** 2 for x, y in [(0.0, 1.0), (1.0, 3.0), (2.0, 5.5)])

    program, weights, leaves = compile(loss, [0.0, 0.0]), [0.0, 0.0], [Value(0.0), Value(0.0)]
    for _ in range(20):
        for leaf in leaves:
            leaf.grad = 0.0
        loss(*leaves).backward()
        for leaf in leaves:
            leaf.data -= 0.05 * leaf.grad
        weights = [w - 0.05 * slope for w, slope in zip(weights, program(weights)[1])]
    assert weights == [leaf.data for leaf in leaves]


def right_sides(program):
    return [line.split(" = ")[1] for line in program.source.splitlines()[2:-1]]


def test_an_input_that_is_not_used_has_slope_0():
    assert compile(lambda a, b: a * 2, [1.0, 5.0])([3.0, 4.0]) == (6.0, [2.0, 0.0])


def test_an_input_may_be_the_result():
    assert compile(lambda a, b: b, [1.0, 5.0])([3.0, 4.0]) == (4.0, [0.0, 1.0])


def test_a_constant_function_is_a_number_with_slopes_0():
    program = compile(lambda a: Value(2.0) * 3, [1.0])
    assert program([7.0]) == (6.0, [0.0]) and right_sides(program) == []


def test_a_function_without_inputs_is_a_number():
    assert compile(lambda: Value(2.0).exp(), [])([]) == (math.exp(2.0), [])


def test_what_the_result_does_not_use_is_not_written():
    def f(a):
        (a * 17).exp()
        return a + 1
    assert right_sides(compile(f, [2.0])) == ["x0 + 1.0"]


def test_what_is_written_twice_is_written_once():
    def f(a, b):
        return (a * b).tanh() + (a * b).tanh()
    program = compile(f, [1.0, 2.0])
    assert program.source.count("tanh(") == 1
    assert right_sides(program).count("x0 * x1") == 1
    root, slopes = by_engine(f, [0.5, 0.25])
    assert program([0.5, 0.25]) == (root.data, pytest.approx(slopes, rel=1e-15))


def test_what_depends_on_no_input_is_computed_beforehand():
    def f(a):
        return a * (Value(2.0) * 3).exp()
    assert right_sides(compile(f, [1.0])) == [f"x0 * {math.exp(6.0)}"]


def test_neither_the_0_of_sum_nor_a_factor_of_1_is_written():
    assert right_sides(compile(lambda a, b: 1 * sum([a, b]), [1.0, 2.0])) == ["x0 + x1"]


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, 1e-300, -0.0, -2.5])
def test_every_number_can_stand_in_a_program(number):
    (root, slopes) = by_engine(lambda a: (a * number + 1) - number, [2.0])
    value, found = compile(lambda a: (a * number + 1) - number, [2.0])([2.0])
    assert same(value, root.data) and same(found[0], slopes[0])


def test_numbers_that_are_not_inputs_stay_as_they_were():
    """Documented: a program knows the data that it was compiled with."""
    data = [2.0]
    program = compile(lambda a: a * data[0], [1.0])
    data[0] = 100.0
    assert program([3.0]) == (6.0, [2.0])


def test_depth_and_width_have_no_limit():
    """A chain far deeper than Python's recursion limit, and a sum far longer than its compiler's."""
    def chain(a, b):
        total = a
        for _ in range(20_000):
            total = total * 0.5 + b
        return total + sum(a * k for k in range(5_000))
    program = compile(chain, [1.0, 1.0])
    root, slopes = by_engine(chain, [3.0, -2.0])
    assert program([3.0, -2.0]) == (root.data, slopes)


STATE = {"count": 0}
OUTSIDE, COMPUTED = Value(2.0), Value(2.0) * 3


def counting(a):
    STATE["count"] += 1
    return a * STATE["count"]


def updating(a):
    a.data -= 1.0
    return a * 2


def deaf(a):
    try:
        positive = a.data > 0
    except TypeError:
        positive = True
    return a if positive else -a


def stepping(a):
    loss = a * a
    loss.backward()
    return loss


REFUSED = {
    "a branch on an input": (lambda a: a if a.data > 0 else -a, ".data"),
    "a branch on a result": (lambda a: a if (a * 2).data > 0 else -a, ".data"),
    "a default for what has no data": (lambda a: a * getattr(a * a, "data", 3.0), ".data"),
    "max by .data": (lambda a: max([a, a * 2], key=lambda value: value.data), ".data"),
    "a look at a slope": (lambda a: a * a.grad, ".grad"),
    "a look at the inputs' slopes": (lambda a: a * (a * 2).inputs[0][1], ".grad"),
    "a look that catches the refusal": (deaf, ".data"),
    "backward inside": (stepping, "backward()"),
    "zero_grad inside": (lambda a: setattr(a, "grad", 0.0) or a * 2, "zero_grad()"),
    "random numbers": (lambda a: a * random.random(), "something else"),
    "a counter": (counting, "something else"),
    "the type of a Value": (lambda a: a * (2 if type(a) is Value else 3), "something else"),
    "a Value from outside": (lambda a: a * OUTSIDE, r"Value\(data=2.0, grad=0.0\), which is not among"),
    "a computed one": (lambda a: a * COMPUTED, "not among the inputs"),
    "only a Value from outside": (lambda a: OUTSIDE, "not among the inputs"),
}


@pytest.mark.parametrize("f, reason", REFUSED.values(), ids=REFUSED)
def test_what_depends_on_more_than_its_inputs_is_refused(f, reason):
    x = Value(1.5)
    with pytest.raises(Untraceable, match=reason.replace("()", r"\(\)")):
        compile(f, [x])
    assert type(x) is Value


def test_an_update_inside_is_refused():
    with pytest.raises(Untraceable, match="updates"):
        compile(updating, [1.5])


def test_numbers_from_outside_may_be_written_with_data():
    assert compile(lambda a: a * OUTSIDE.data, [1.5])([4.0]) == (8.0, [2.0])


@pytest.mark.parametrize("made", [3.0, None, "loss", [Value(1.0)]])
def test_a_result_that_is_not_a_value_is_refused(made):
    with pytest.raises(TypeError, match=f"must return a Value.*of type {type(made).__name__}"):
        compile(lambda a: made, [1.0])


@pytest.mark.parametrize("f, why", [
    (lambda a: a ** Value(2.0), "an exponent is a number"),
    (lambda a: a ** a, "an exponent is a number"),
    (lambda a: (-2) ** a, "negative base"),
    (lambda a: a + "1", "'1' is of type str"),
    (lambda a: a if a < 1 else -a, "'<' not supported"),
    (lambda a: a * float(a), "float"),
    (lambda a: a * math.exp(a), "number"),
])
def test_what_the_engine_refuses_is_refused(f, why):
    for attempt in (lambda: f(Value(2.0)), lambda: compile(f, [2.0]), lambda: f(symbol())):
        with pytest.raises((TypeError, ValueError), match=why):
            attempt()


def symbol():
    x = Value(2.0)
    x.__class__ = Symbol
    return x


def test_an_input_that_is_listed_twice_or_was_computed_is_refused():
    x = Value(1.0)
    for inputs in ([x, x], [x * 2]):
        with pytest.raises(ValueError, match="an input must be a leaf, and must be listed once"):
            compile(lambda *values: values[0] * 3, inputs)


def test_a_program_says_how_many_numbers_it_wants_and_of_what_kind():
    program = compile(lambda a, b: a / b, [1.0, 2.0])
    assert repr(program) == f"Program(2 inputs, {len(program.source.splitlines())} lines)"
    assert program([1, 2]) == (0.5, [0.5, -0.25])
    with pytest.raises(TypeError, match="compiled for 2 inputs, not 3"):
        program([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="'2' is of type str"):
        program([1.0, "2"])


@pytest.mark.parametrize("f, bad, error, why", [
    (lambda a: a.log(), 0.0, ValueError, r"log\(0.0\): only positive numbers"),
    (lambda a: 1 / (a - 1), 1.0, ZeroDivisionError, r"1.0 / 0.0: division by zero"),
    (lambda a: a.exp(), 1000.0, OverflowError, r"exp\(1000.0\) is too large"),
    (lambda a: a ** 2, 1e200, OverflowError, r"1e\+200 \*\* 2.0 is too large"),
    (lambda a: a ** 0.5, -1.0, ValueError, r"\(-1.0\) \*\* 0.5 is not a real number"),
    (lambda a: a ** -1, 0.0, ZeroDivisionError, r"0.0 \*\* -1.0: division by zero"),
])
def test_an_error_in_a_later_call_is_the_engines(f, bad, error, why):
    program = compile(f, [2.0])
    for attempt in (lambda: f(Value(bad)), lambda: program([bad])):
        with pytest.raises(error, match=why):
            attempt()
