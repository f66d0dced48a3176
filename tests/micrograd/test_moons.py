"""The moons chapter's network trains as the one published with micrograd, and so does its program."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from scratch.micrograd.losses import hinge
from scratch.micrograd.nn import MLP
from scratch.micrograd.optim import SGD
from scratch.micrograd.trace import compile
from weave.chapter import Chapter

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = {    # micrograd's demo.ipynb: step, loss, points of 100 on their right side
    0: (0.8958441028683222, 50), 1: (1.7235905336972022, 81), 2: (0.7429006313851131, 77),
    5: (0.313545481918522, 86), 10: (0.24507023853658053, 91), 22: (0.11733695088756485, 97),
    40: (0.06016009895234464, 100), 50: (0.09875114765619622, 96), 75: (0.011845398205364453, 100),
    99: (0.010978370135492717, 100)}


@pytest.fixture(scope="module")
def chapter():
    """The names that the chapter defines, up to its network, as its own code defines them."""
    names = {}
    for cell in Chapter(ROOT / "docs/micrograd/moons.md", ROOT).cells:
        if cell.role != "check" and any(word in cell.source for word in (
                "from scratch", "def moons", "model = MLP(", "def loss_and_right")):
            exec(cell.source, names)
        if "def loss_and_right" in cell.source:
            return names


def test_the_points_are_those_of_the_published_plot(chapter):
    """Oracle: the range of its second axis, one beyond the points, in steps of a quarter."""
    low = chapter["points"][:, 1].min() - 1
    assert low == pytest.approx(-1.548639298268643, rel=1e-15)
    axis = np.arange(low, chapter["points"][:, 1].max() + 1, 0.25)
    assert axis[-1] == pytest.approx(1.951360701731357, rel=1e-15)


def test_the_compiled_network_has_the_published_losses_and_accuracies(chapter):
    """The plain engine's run, held to the same numbers, is the chapter's own check."""
    model = chapter["model"]
    parameters = model.parameters()
    assert len(parameters) == 337

    def loss(*_):
        scores = [model(point) for point in chapter["points"].tolist()]
        hinges = [chapter["hinge"](score, sign) for score, sign in zip(scores, chapter["signs"].tolist())]
        return sum(hinges) * (1 / 100) + chapter["ALPHA"] * sum(w * w for w in parameters)

    program, optimizer = compile(loss, parameters), SGD(parameters, lr=1.0)
    for step in range(100):
        value, slopes = program([p.data for p in parameters])
        if step in PUBLISHED:
            expected, right = PUBLISHED[step]
            assert value == pytest.approx(expected, rel=1e-9)
            if step in (0, 50, 99):
                assert chapter["loss_and_right"](model)[1] == right
        for p, slope in zip(parameters, slopes):
            p.grad = slope
        optimizer.lr = 1 - 0.9 * step / 100
        optimizer.step()


def test_the_widget_trains_as_the_chapter_does(chapter):
    """Oracle: the engine's losses, for 20 steps, from a seed and a width of the chapter and from others."""
    if not (node := shutil.which("node")):
        pytest.skip("node is not installed: it runs the widget's script")
    script = """
        const { begin, measured, moved, falling } = await import(process.argv[1]);
        const given = JSON.parse(process.argv[2]), { seed, width, rate, decay } = given;
        let net = begin(seed, width);
        for (let step = 0; step < 20; step += 1) {
            const { loss, right, slopes } = measured(net, given, decay);
            console.log(JSON.stringify([loss, right]));
            net = moved(net, slopes, rate * falling(step));
        }"""
    widget = (ROOT / "docs/assets/widgets/moons.js").as_uri()
    points, signs = chapter["points"].tolist(), chapter["signs"].tolist()
    for seed, width, rate, decay in (1337, 16, 1, 1e-4), (3, 8, 0.3, 1e-2):
        given = {"seed": seed, "width": width, "rate": rate, "decay": decay, "points": points, "signs": signs}
        run = subprocess.run([node, "--input-type=module", "-e", script, widget, json.dumps(given)],
                             capture_output=True, text=True, check=True)
        found = [json.loads(line) for line in run.stdout.splitlines()]
        model = MLP(2, [width, width, 1], rng=random.Random(seed))
        optimizer, expected = SGD(model.parameters(), lr=rate), []
        for step in range(20):
            scores = [model(point) for point in points]
            loss = (sum(hinge(s, t) for s, t in zip(scores, signs)) * (1 / 100)
                    + decay * sum(w * w for w in model.parameters()))
            expected.append([loss.data, sum((s.data > 0) == (t > 0) for s, t in zip(scores, signs))])
            optimizer.zero_grad()
            loss.backward()
            optimizer.lr = rate * chapter["falling"](step)
            optimizer.step()
        assert [right for _, right in found] == [right for _, right in expected]
        assert [loss for loss, _ in found] == pytest.approx([loss for loss, _ in expected], rel=1e-9)
