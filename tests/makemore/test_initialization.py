"""First weights are PyTorch's, diagnostics measure what they say, and the lecture's numbers hold."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from shapes import load_checked

from benchmarks import lectures
from benchmarks.names import Words
from benchmarks.results import load, read
from scratch.makemore import initialization
from scratch.makemore.initialization import (
    GAINS, dead, draw_outputs, draw_ratios, draw_gradients, gradient_to_data, histogram, kaiming, probe,
    saturation, update_to_data, xavier)
from scratch.makemore.layers import Embedding, Flatten, Linear, Sequential, Tanh

ROOT = Path(__file__).resolve().parents[2]
SEED = 2147483647


def generator(seed=SEED):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", GAINS)
def test_gains_are_pytorchs(name):
    assert GAINS[name] == pytest.approx(torch.nn.init.calculate_gain(name))


THEIRS = {    # what torch.nn.init draws with the same gain
    (kaiming, False): lambda w, gain: torch.nn.init.kaiming_normal_(w, **leaky(gain)),
    (kaiming, True): lambda w, gain: torch.nn.init.kaiming_uniform_(w, **leaky(gain)),
    (xavier, False): lambda w, gain: torch.nn.init.xavier_normal_(w, gain),
    (xavier, True): lambda w, gain: torch.nn.init.xavier_uniform_(w, gain),
}


def leaky(gain):
    """torch's Kaiming takes no gain, but the slope of a leaky relu, of which it is √(2/(1 + a²))."""
    return dict(a=math.sqrt(max(0.0, 2 / gain**2 - 1)), nonlinearity="leaky_relu")


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
@pytest.mark.parametrize("gain", [1.0, math.sqrt(2)])
@pytest.mark.parametrize("shape", [(200, 30), (7, 5), (16, 8, 3)])
@pytest.mark.parametrize("fill, uniform", THEIRS)
def test_weights_are_drawn_as_pytorch_draws_them(fill, uniform, shape, gain, kind):
    """Oracle: torch.nn.init after manual_seed; the last digit of a std may be rounded otherwise."""
    torch.manual_seed(SEED)
    theirs = THEIRS[fill, uniform](torch.empty(shape, dtype=kind), gain)
    ours = fill(torch.empty(shape, dtype=kind), gain, uniform, generator())
    rounding = torch.finfo(kind).eps
    torch.testing.assert_close(ours, theirs, rtol=4 * rounding, atol=4 * rounding)


def test_a_bias_has_no_fans():
    with pytest.raises(ValueError, match=r"shape \(5,\) has no fan in"):
        kaiming(torch.empty(5))


def test_weights_that_will_be_trained_may_be_filled():
    weight = torch.empty(4, 3).requires_grad_()
    assert kaiming(weight, generator=generator()) is weight and weight.grad_fn is None


@pytest.mark.parametrize("name, f", [("linear", lambda x: x), ("relu", torch.relu)])
def test_the_gain_keeps_the_size_of_numbers_over_ten_layers(name, f):
    """Oracle: He et al., equation (10); 400 units, so that ten layers wander by some 10 %."""
    x = torch.randn(500, 400, generator=generator())
    g = generator(1)
    for _ in range(10):
        x = f(x @ kaiming(torch.empty(400, 400), GAINS[name], generator=g).T)
    assert x.square().mean().item() == pytest.approx(1.0, rel=0.25)


def network(g):
    return Sequential(Embedding(11, 2, generator=g), Flatten(), Linear(6, 7, generator=g), Tanh(),
                      Linear(7, 11, generator=g))


def test_probe_finds_what_retain_grad_finds():
    """Oracle: autograd's own .grad of every output on the way."""
    net, ids = network(generator()), torch.randint(11, (5, 3), generator=generator())
    loss = lambda logits: F.cross_entropy(logits, ids[:, 0])    # noqa: E731
    signals = probe(net.layers, ids, loss)
    x, outputs = ids, []
    for layer in net.layers:
        x = layer(x)
        x.retain_grad()
        outputs.append(x)
    loss(x).backward()
    assert [signal.name for signal in signals] == [
        "0 Embedding", "1 Flatten", "2 Linear", "3 Tanh", "4 Linear"]
    for signal, output in zip(signals, outputs):
        assert torch.equal(signal.output, output) and torch.equal(signal.gradient, output.grad)
        assert not signal.output.requires_grad


def test_probe_sees_slopes_without_parameters_and_under_no_grad():
    x = torch.randn(5, 3, generator=generator())
    with torch.no_grad():
        first, second = probe([torch.tanh, torch.exp], x, torch.sum, ["tanh", "exp"])
    assert torch.equal(second.gradient, torch.ones(5, 3))
    torch.testing.assert_close(first.gradient, x.tanh().exp())
    with pytest.raises(ValueError):
        probe([torch.tanh], x, torch.sum, ["one", "too many"])


def test_saturation_is_the_share_beyond_the_limit():
    assert saturation(torch.tensor([[0.98, -0.98], [0.97, 0.0]])) == 0.5
    assert math.isclose(1 - 0.97**2, 0.0591), "the slope that the docstring gives"


def test_a_dead_unit_is_saturated_for_every_example():
    y = torch.tensor([[1.0, 1.0, -1.0], [-1.0, 0.5, -1.0]])
    assert dead(y).tolist() == [True, False, True]


def test_update_to_data_is_what_a_step_moves():
    p = torch.randn(40, 30, generator=generator()).requires_grad_()
    [slope] = torch.autograd.grad((p**3).sum(), [p])
    moved = p.detach() - 0.1 * slope - p.detach()
    [ratio] = update_to_data([p], [slope], 0.1)
    assert ratio == pytest.approx((moved.std() / p.std()).item(), rel=1e-5)
    assert gradient_to_data([p], [slope]) == pytest.approx([10 * ratio])
    with pytest.raises(ValueError):
        gradient_to_data([p], [slope, slope])


@pytest.mark.parametrize("limit", [None, 0.7])
def test_a_histogram_is_numpys(limit):
    """Oracle: numpy.histogram over the same edges, as a share of all values."""
    values = torch.randn(20, 30, generator=generator())
    centres, density = histogram(values, 10, limit)
    edge = limit or values.abs().max().item()
    counts, edges = np.histogram(values.double(), 10, (-edge, edge))
    np.testing.assert_allclose(centres, (edges[1:] + edges[:-1]) / 2)
    np.testing.assert_allclose(density, counts / (600 * (edges[1] - edges[0])))


def test_a_histogram_of_zeros_has_them_in_the_middle():
    centres, density = histogram(torch.zeros(5), 3)
    np.testing.assert_allclose(centres[density > 0], [0.0], atol=1e-12)


def test_drawings_have_a_line_for_each_tensor():
    net, ids = network(generator()), torch.randint(11, (50, 3), generator=generator())
    signals = probe(net.layers, ids, lambda logits: F.cross_entropy(logits, ids[:, 0]))
    for draw in (draw_outputs, draw_gradients):
        axes = draw(signals)
        assert [line.get_label() for line in axes.lines] == [signal.name for signal in signals]
        assert [text.get_text() for text in axes.get_legend().texts] == [s.name for s in signals]
    lines = draw_ratios([[1e-3, 0.1], [1e-2, 0.0]], ["a", "b"]).lines
    np.testing.assert_allclose(lines[0].get_ydata(), [-3, -2])
    np.testing.assert_allclose(lines[1].get_ydata(), [-1, math.nan])


def test_matplotlib_is_needed_by_drawing_alone():
    code = "import sys, scratch.makemore.initialization; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_shape_comment_is_true():
    module = load_checked(initialization.__file__, B=5, F=7)
    module.dead(torch.randn(5, 7))
    assert not module.unreached_shapes()


def test_agreement_is_exact_for_texts_near_for_numbers_and_never_for_nan():
    def agrees(published, ours):
        return lectures.agrees({**published, "ours": ours})

    assert agrees(lectures.near(2.0, 0.1), 2.05) and not agrees(lectures.near(2.0, 0.1), 2.2)
    assert not agrees(lectures.near(2.0, 0.1), math.nan)
    assert not agrees(lectures.near([1.0, 2.0], 0.1), [1.0]), "a number is missing"
    assert not agrees(lectures.near([1.0, 2.0], 0.1), [1.0, 2.2])
    assert agrees(lectures.same(27), 27) and not agrees(lectures.same(27), 28)
    assert agrees(lectures.same("emma."), "emma.") and not agrees(lectures.same("emma."), "ava.")


def test_rows_are_kept_in_order_and_held_to_what_the_script_says_now(tmp_path, monkeypatch):
    path, runs = tmp_path / "lectures.json", []
    monkeypatch.setattr(lectures, "ROWS", {})
    for id, value in (("A", 1.0), ("B", 2.0)):
        lectures.row(id, "mlp", "a run", the_loss=lectures.near(value, 0.1))(
            lambda lecture, id=id, value=value: runs.append(id) or {"the loss": value, "steps": 7})
    assert load(path)["rows"] == []
    for id in ("B", "A", "B"):
        lectures.write_row(path, lectures.made(id, None, "sha"))
    rows = {row["id"]: row for row in load(path)["rows"]}
    assert list(rows) == ["A", "B"] and runs == ["B", "A", "B"]
    assert rows["B"]["checks"][0]["ours"] == 2.0 and rows["B"]["also"] == {"steps": 7}
    assert rows["B"]["from"]["sha256 of the names"] == "sha"
    lectures.ROWS["A"][2]["the loss"]["published"] = 3.0
    lectures.write_row(path, rows["B"])
    [check] = load(path)["rows"][0]["checks"]
    assert check["published"] == 3.0 and not lectures.agrees(check)


@pytest.mark.parametrize("id", ["N6", "N12", "N13"])
def test_the_lectures_short_runs_come_out_as_published(id, lecture_names):
    """Oracle: the notebook of lecture 3, digit by digit (N6 is N6 to N11: names, too)."""
    _, _, published, run = lectures.ROWS[id]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)    # sums in the notebook's order, and no waiting for busy cores
    try:
        ours = run(Words(lecture_names))
    finally:
        torch.set_num_threads(threads)
    for quantity, claim in published.items():
        check = {"quantity": quantity, **claim, "ours": ours[quantity]}
        assert lectures.agrees(check), check


@pytest.mark.parametrize("id", ["N1", "N2", "N3", "N5"])
def test_the_lectures_networks_begin_at_their_published_losses(id, lecture_names):
    """Oracle: step 0 of 200,000 in the notebook and in copies of it."""
    lecture = Words(lecture_names)
    model, g = lectures.normalised() if id == "N5" else lectures.scaled(**lectures.BEGINNINGS[id])
    [first] = lectures.trained(model, lecture, g, rates=[0.1])
    published = lectures.ROWS[id][2]
    assert lectures.agrees({**published["step 0"], "ours": first})
    if "parameters" in published:
        assert lectures.count(model) == published["parameters"]["published"]


def test_the_networks_before_and_after_are_the_same_but_for_their_scales():
    plain, _ = lectures.scaled()
    calm, _ = lectures.scaled(W2=0.01, b2=0.0)
    torch.testing.assert_close(calm.W2, plain.W2 * 0.01)
    assert torch.equal(calm.W1, plain.W1) and not calm.b2.any()


def test_the_long_runs_agree_with_what_was_published():
    """Oracle: the notebooks of lectures 3, 4 and 5; the rows that benchmarks/lectures.py wrote."""
    rows = read("lectures")["rows"]
    assert rows
    for row in rows:
        published = lectures.ROWS[row["id"]][2]
        assert [check["quantity"] for check in row["checks"]] == list(published), row["id"]
        for check in row["checks"]:
            claim = published[check["quantity"]]
            assert check["published"] == claim["published"] and check["within"] == claim["within"]
            assert lectures.agrees(check), (row["id"], check)
