"""Losses have PyTorch's values and gradients, for logits of any size, and can be compiled."""

import math

import pytest
import torch
import torch.nn.functional as F

from scratch.micrograd.check import gradient_check
from scratch.micrograd.engine import Value
from scratch.micrograd.losses import binary_cross_entropy, cross_entropy, hinge, log_sum_exp, squared_error
from scratch.micrograd.trace import compile

SCORES = [-800.0, -40.0, -1.0, -1e-9, 0.0, 0.3, 1.0, 40.0, 800.0]


def tensor(numbers):
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


def both(ours, theirs, inputs, tensors):
    """Hold value and gradients of ours to theirs: a few roundings, of numbers up to 1."""
    ours.backward()
    theirs.backward()
    assert ours.data == pytest.approx(theirs.item(), rel=1e-14, abs=1e-15)
    assert [x.grad for x in inputs] == pytest.approx(tensors.grad.reshape(-1).tolist(), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("score", SCORES)
def test_squared_error_is_mse_loss(score):
    s, t = Value(score), tensor(score)
    both(squared_error(s, 2.5), F.mse_loss(t, torch.tensor(2.5, dtype=torch.float64)), [s], t)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("score", SCORES)
def test_hinge_is_one_minus_the_margin_where_that_is_positive(score, sign):
    """Oracle: torch.relu; at the corner both have slope 0."""
    s, t = Value(score), tensor(score)
    both(hinge(s, sign), torch.relu(1 - sign * t), [s], t)


@pytest.mark.parametrize("target", [0, 1, 0.25])
@pytest.mark.parametrize("logit", SCORES)
def test_binary_cross_entropy_is_pytorchs_with_logits(logit, target):
    """No overflow at 800, and the slope sigmoid(0) - target at 0, where the shift has its corner."""
    s, t = Value(logit), tensor(logit)
    theirs = F.binary_cross_entropy_with_logits(t, torch.tensor(float(target), dtype=torch.float64))
    both(binary_cross_entropy(s, target), theirs, [s], t)


@pytest.mark.parametrize("logits", [
    [0.0, 3.0, -2.0, 1.0], [1.0, 1.0, 1.0], [800.0, -800.0, 799.0], [-1e9, 5.0], [5.0, -1e9], [2.0]])
def test_cross_entropy_is_pytorchs_for_every_label(logits):
    for label in range(len(logits)):
        ours, theirs = [Value(logit) for logit in logits], tensor([logits])
        both(cross_entropy(ours, label), F.cross_entropy(theirs, torch.tensor([label])), ours, theirs)


@pytest.mark.parametrize("logits", [
    [-math.inf, 0.0], [0.0, -math.inf], [-math.inf, 1.0, 2.0], [1.0, -math.inf, -1.0, -math.inf],
    [-math.inf, -math.inf, -800.0, 300.0], [1e9, -math.inf], [math.inf, 0.0], [1.0, math.inf],
    [math.inf, -math.inf]])
def test_cross_entropy_is_pytorchs_for_masked_and_infinite_logits(logits):
    """-inf: 0, or inf for the right class, with slopes that are numbers; inf: nan."""
    for label in range(len(logits)):
        ours, theirs = [Value(logit) for logit in logits], tensor([logits])
        loss = F.cross_entropy(theirs, torch.tensor([label]))
        root = cross_entropy(ours, label)
        root.backward()
        loss.backward()
        assert root.data == pytest.approx(loss.item(), rel=1e-14, abs=1e-15, nan_ok=True)
        assert [x.grad for x in ours] == pytest.approx(theirs.grad[0].tolist(), rel=1e-13, abs=1e-15,
                                                       nan_ok=True)
        assert math.isnan(root.data) == (math.inf in logits)


def test_where_no_class_has_a_probability_log_says_so():
    with pytest.raises(ValueError, match=r"log\(0\.0\)"):
        cross_entropy([Value(-math.inf), Value(-math.inf)], 0)


@pytest.mark.parametrize("values", [[-math.inf, 1.5], [1.5, -math.inf], [-math.inf, -math.inf, -40.0, 3.0]])
def test_log_sum_exp_leaves_out_what_is_minus_infinity(values):
    """Oracle: torch.logsumexp."""
    ours, theirs = [Value(v) for v in values], tensor(values)
    both(log_sum_exp(ours), torch.logsumexp(theirs, 0), ours, theirs)


@pytest.mark.parametrize("logit, target", [(-math.inf, 0), (math.inf, 1)])
def test_the_right_answer_with_certainty_costs_nothing(logit, target):
    """Oracle: the limit; PyTorch's formula has 0 · inf there."""
    s = Value(logit)
    loss = binary_cross_entropy(s, target)
    loss.backward()
    assert (loss.data, s.grad) == (0.0, 0.0)


@pytest.mark.parametrize("score", [-math.inf, math.inf])
def test_infinite_scores_have_the_margins_and_squares_of_pytorch(score):
    s, t = Value(score), tensor(score)
    both(hinge(s, 1), torch.relu(1 - t), [s], t)
    s, t = Value(score), tensor(score)
    both(squared_error(s, 2.5), F.mse_loss(t, torch.tensor(2.5, dtype=torch.float64)), [s], t)


def test_a_compiled_cross_entropy_takes_masked_logits():
    program = compile(lambda a, b, c: cross_entropy([a, b, c], 1), [1.0, -2.0, 3.0])
    value, slopes = program([-math.inf, 0.0, 0.0])
    assert value == pytest.approx(math.log(2)) and slopes == pytest.approx([0.0, -0.5, 0.5])
    assert program([0.0, -math.inf, 0.0])[0] == math.inf


def test_the_published_softmax_exercise_has_its_loss_and_gradients():
    """Oracle: micrograd's exercise: logits 0, 3, -2, 1 and label 3."""
    logits = [Value(logit) for logit in (0.0, 3.0, -2.0, 1.0)]
    loss = cross_entropy(logits, 3)
    loss.backward()
    assert loss.data == pytest.approx(2.1755153626167147, rel=1e-12)
    assert [logit.grad for logit in logits] == pytest.approx(
        [0.041772570515350445, 0.8390245074625319, 0.005653302662216329, -0.8864503806400986], rel=1e-12)


def test_the_gradients_pass_the_check():
    assert gradient_check(lambda *logits: cross_entropy(logits, 1), 0.5, -1.0, 2.0) < 1e-9
    assert gradient_check(lambda logit: binary_cross_entropy(logit, 1), -0.7) < 1e-9


def test_log_sum_exp_is_the_logarithm_of_the_sum():
    assert log_sum_exp([Value(math.log(n)) for n in (1, 2, 3, 4)]).data == pytest.approx(math.log(10),
                                                                                         rel=1e-15)


def test_every_loss_compiles_and_the_program_has_its_value_and_slopes():
    """Oracle: the engine, at numbers on the other side of every corner."""
    def loss(a, b, c):
        return (cross_entropy([a, b, c], 1) + binary_cross_entropy(a, 0) + hinge(b, -1)
                + squared_error(c, 0.5))
    program = compile(loss, [1.0, -2.0, 3.0])
    inputs = [Value(number) for number in (-1.0, 2.5, -0.5)]
    root = loss(*inputs)
    root.backward()
    value, slopes = program([-1.0, 2.5, -0.5])
    assert value == root.data and slopes == pytest.approx([x.grad for x in inputs], rel=1e-13)


@pytest.mark.parametrize("make, says", [
    (lambda: hinge(Value(1.0), 0), "-1 or 1, not 0"),
    (lambda: binary_cross_entropy(Value(1.0), 2), "from 0 to 1, not 2"),
    (lambda: binary_cross_entropy(Value(1.0), math.nan), "from 0 to 1, not nan"),
    (lambda: cross_entropy([Value(1.0)] * 3, 3), r"label 3 is outside the logits 0\.\.2"),
    (lambda: cross_entropy([Value(1.0)] * 3, -1), "label -1 is outside"),
])
def test_a_wrong_target_is_an_error_that_says_what_it_may_be(make, says):
    with pytest.raises(ValueError, match=says):
        make()
