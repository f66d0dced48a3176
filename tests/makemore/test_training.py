"""The loop takes the steps of a plain one, whatever is switched on, and however many processes take them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from shapes import load_checked

from benchmarks.results import read
from benchmarks.training import launched
from scratch.makemore import training
from scratch.makemore.checkpoint import CheckpointError, load, save
from scratch.makemore.data import Vocabulary, batches, crop, dataset, rows
from scratch.makemore.evaluate import loss
from scratch.makemore.gpt import GPT, Config
from scratch.makemore.layers import Dropout, Embedding, Flatten, Linear, Sequential, Tanh
from scratch.makemore.mlp import MLP, train
from scratch.makemore.optimizers import SGD, AdamW, cosine, step_decay, warmup
from scratch.makemore.recurrent import GRUCell, Recurrent
from scratch.makemore.training import Trainer
from scratch.makemore.wavenet import tree

WORDS = ["anna", "bo", "cyd", "dora", "eve", "bobby"]
VOCABULARY = Vocabulary(WORDS)
EXAMPLES = dataset(WORDS, VOCABULARY, 4)
V = len(VOCABULARY)


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def network():
    return MLP(V, block_size=4, channels=3, hidden=7, generator=generator(), output_scale=0.1)


def recurrent():
    return Recurrent(V, GRUCell, channels=3, hidden=7, block_size=8, generator=generator())


def trainer(model=None, optimizer=None, examples=EXAMPLES, dev=None, **settings):
    model = model or network()
    optimizer = optimizer or AdamW(model.parameters(), lr=0.01)
    return Trainer(model, optimizer, examples, dev, **{"steps": 12, "batch": 8, "generator": generator(2),
                                                       **settings})


def ends(one, other, rtol=1e-5, atol=1e-6):
    for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=rtol, atol=atol)


def test_the_plain_steps_are_those_of_the_chapter_before():
    """Oracle: mlp.train, five lines without any of the settings."""
    model, other = network(), network()
    rates = [0.5 * step_decay(step, 6) for step in range(12)]
    ours = list(trainer(model, SGD(model.parameters(), lr=0.5),
                        schedule=lambda step: step_decay(step, 6)).run())
    theirs = list(train(other, batches(*EXAMPLES, 8, generator(2)), rates))
    assert ours == pytest.approx(theirs, rel=1e-5)
    ends(model, other)


def test_every_shape_comment_is_true():
    module = load_checked(training.__file__, B=30, A=2, P=1, M=15)
    model = network()
    optimizer = SGD(model.parameters(), lr=0.1)
    list(module.Trainer(model, optimizer, EXAMPLES, steps=1, batch=30, accumulate=2).run())
    assert not module.unreached_shapes()


def test_parts_of_a_minibatch_add_up_to_the_whole():
    """Words have unlike numbers of letters, so a mean of the parts' means would be another slope."""
    found = []
    for accumulate in (1, 4):
        model = recurrent()
        losses = list(trainer(model, None, rows(WORDS, VOCABULARY, 8), accumulate=accumulate,
                              predict=model.forward_all).run())
        found.append((losses, model))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    ends(found[0][1], found[1][1], atol=1e-5)


def test_pieces_of_any_size_have_the_losses_of_the_whole():
    """One row after the other, or all of them, within parts of the minibatch: sums do not change."""
    found = []
    for cells in (None, 1, 100):
        pieces = cells and (lambda x, y, cells=cells: crop(x, y, cells=cells))
        model, examples = recurrent(), rows(WORDS, VOCABULARY, 8)
        one = trainer(model, None, examples, examples, accumulate=2, every=4, predict=model.forward_all,
                      pieces=pieces)
        found.append((list(one.run()), [record["dev"] for record in one.records], model))
    for losses, dev, model in found[1:]:
        assert losses == pytest.approx(found[0][0], rel=1e-5) and dev == pytest.approx(found[0][1], rel=1e-5)
        ends(model, found[0][2], atol=1e-5)


def test_rows_are_measured_as_examples_are():
    """Oracle: evaluate.loss on left-padded contexts."""
    model = recurrent()
    one = trainer(model, examples=rows(WORDS, VOCABULARY, 8), predict=model.forward_all)
    assert one.measure(one.examples) == pytest.approx(loss(model, *dataset(WORDS, VOCABULARY, 8)), rel=1e-6)


def test_a_minibatch_is_altered_before_its_parts_and_targets_are_counted():
    """Oracle: a training on examples in which all targets but those of the first letters are gone before."""
    ids, targets = rows(WORDS, VOCABULARY, 8)

    def corrupt(x, y, place=0):
        return x, y.where(torch.arange(8) == place, -1)

    found = []
    for examples, way in (((ids, targets), corrupt), (corrupt(ids, targets), None)):
        model = recurrent()
        one = trainer(model, None, examples, predict=model.forward_all, corrupt=way, accumulate=2)
        found.append((list(one.run()), model))
    assert found[0][0] == found[1][0]
    ends(found[0][1], found[1][1], rtol=0, atol=0)
    model = recurrent()
    nothing = trainer(model, None, (ids, targets), predict=model.forward_all,
                      corrupt=lambda x, y: corrupt(x, y, place=9))
    assert list(nothing.run()) == [0.0] * 12


def test_the_rate_follows_the_schedule_and_the_slopes_are_clipped():
    def schedule(step):
        return warmup(step, 4) * cosine(step, 12)

    model = network()
    one = trainer(model, SGD(model.parameters(), lr=0.5), schedule=schedule, limit=1e-3, every=1)
    before = torch.cat([p.detach().flatten() for p in model.parameters()])
    for step, _ in enumerate(one.run()):
        after = torch.cat([p.detach().flatten() for p in model.parameters()])
        moved = (after - before).norm().item()
        assert moved == pytest.approx(0.5 * schedule(step) * 1e-3, rel=2e-2, abs=1e-7)
        before = after
    assert [record["rate"] for record in one.records] == pytest.approx([0.5 * schedule(n) for n in range(12)])


def test_patience_stops_the_training_and_brings_the_best_parameters_back():
    """A model that learns its examples by heart gets worse on other words."""
    model, dev = network(), dataset(["ebba", "dyde", "nono"], VOCABULARY, 4)
    one = trainer(model, AdamW(model.parameters(), lr=0.03), dev=dev, steps=2000, every=10, patience=3)
    taken = len(list(one.run()))
    found = [record["dev"] for record in one.records]
    assert taken < 2000 and len(found) == taken / 10
    assert found.index(min(found)) == len(found) - 1 - 3
    assert one.measure(dev) == pytest.approx(min(found), rel=1e-6)
    assert min(found) < found[-1]


def test_the_end_is_measured_even_if_it_is_no_multiple():
    one = trainer(every=5, dev=EXAMPLES)
    list(one.run())
    assert [record["step"] for record in one.records] == [5, 10, 12]


def noisy():
    """A model with dropout, which draws from PyTorch's own generator, and running statistics."""
    model = tree(V, 4, channels=3, hidden=7, generator=generator())
    model.layers.insert(4, Dropout(0.3))
    return model


@pytest.mark.parametrize("make", [network, recurrent, noisy])
def test_a_resumed_training_ends_with_the_same_bits(make, tmp_path):
    results = []
    for cut in (None, 7):
        torch.manual_seed(5)
        model, settings = make(), dict(steps=15, every=4, patience=3, accumulate=2, limit=1.0)
        examples, predict = EXAMPLES, None
        if make is recurrent:
            examples, predict = rows(WORDS, VOCABULARY, 8), model.forward_all
        one = trainer(model, examples=examples, dev=examples, predict=predict, **settings)
        steps = one.run()
        if cut:
            losses = [next(steps) for _ in range(cut)]
            one.save(tmp_path / "cut")
            torch.manual_seed(6)
            model = make()
            predict = model.forward_all if make is recurrent else None
            one = trainer(model, examples=examples, dev=examples, predict=predict, **settings)
            one.resume(tmp_path / "cut")
            losses += list(one.run())
        else:
            losses = list(steps)
        one.save(tmp_path / f"end{cut}")
        results.append((losses, one.records, (tmp_path / f"end{cut}").read_bytes()))
    assert results[0] == results[1]


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    save(tmp_path / "other", {"W": torch.ones(2)}, {"step": 1})
    with pytest.raises(CheckpointError, match="was not written by a Trainer"):
        trainer().resume(tmp_path / "other")
    trainer().save(tmp_path / "mlp")
    with pytest.raises(ValueError, match="the checkpoint is another model's"):
        trainer(recurrent()).resume(tmp_path / "mlp")


def gpt():
    return GPT(Config(V, block_size=8, layers=2, heads=2, channels=8), generator=generator())


def numbered(path, model):
    """Rename a checkpoint's tensors as version 0.1 first called them."""
    tensors, facts = load(path)
    order = [id(p) for p in model.parameters()]
    old = {}
    for key, tensor in tensors.items():
        part, _, name = key.partition(".")
        if part in ("model", "best"):
            found = model.get_parameter(name) if isinstance(model, GPT) else model.state_dict()[name]
            key = f"{part}.{order.index(id(found))}"
        if not key.endswith(".step"):
            old[key] = tensor
    old["optimizer.steps"] = torch.stack([tensors[f"optimizer.{n}.step"] for n in range(len(order))])
    save(path, old, {name: fact for name, fact in facts.items() if name != "optimizer"})
    assert {f"model.{n}" for n in range(len(order))} <= old.keys() and "model.W1" not in old


@pytest.mark.parametrize("make", [network, gpt])
def test_a_file_with_numbered_parameters_is_still_resumed_to_the_same_bits(make, tmp_path):
    """Oracle: the same training from the file under the names of today."""
    examples, ends = (EXAMPLES, []) if make is network else (rows(WORDS, VOCABULARY, 8), [])
    settings = dict(examples=examples, dev=examples, steps=15, every=4, patience=3)

    def begun():
        model = make()
        return trainer(model, predict=getattr(model, "logits", None), **settings)

    steps = (one := begun()).run()
    for _ in range(9):
        next(steps)
    for name in ("named", "numbered"):
        one.save(tmp_path / name)
    numbered(tmp_path / "numbered", one.model)
    for name in ("named", "numbered"):
        two = begun()
        two.resume(tmp_path / name)
        losses = list(two.run())
        two.save(tmp_path / "end")
        ends.append((losses, two.records, (tmp_path / "end").read_bytes()))
    assert len(ends[0][0]) == 6 and ends[0] == ends[1]


def test_a_checkpoint_has_the_names_of_the_models_state_dict(tmp_path):
    """Oracle: safetensors itself, and torch.nn's strict load_state_dict."""
    from safetensors.torch import load_file
    model = gpt()
    one = trainer(model, examples=rows(WORDS, VOCABULARY, 8), predict=model.logits, steps=3)
    list(one.run())
    one.save(tmp_path / "gpt.safetensors")
    found = load_file(tmp_path / "gpt.safetensors")
    tensors = {key.removeprefix("model."): found[key] for key in found if key.startswith("model.")}
    assert {"body.symbols.weight", "body.positions.weight", "body.blocks.1.attention.qkv.bias",
            "head.weight"} <= set(tensors)
    other = gpt()
    assert str(other.load_state_dict(tensors)) == "<All keys matched successfully>"
    ends(model, other, rtol=0, atol=0)
    trainer(mlp := network()).save(tmp_path / "mlp.safetensors")
    assert {name for name in load_file(tmp_path / "mlp.safetensors") if name.startswith("model.")} == {
        f"model.{name}" for name in ("embedding", "W1", "b1", "W2", "b2")} == {
        f"model.{name}" for name in mlp.state_dict()}


def test_metrics_are_a_list_of_records_in_json(tmp_path):
    one = trainer(every=4, dev=EXAMPLES, log=tmp_path / "run")
    losses = list(one.run())
    records = json.loads((tmp_path / "run/metrics.json").read_text())
    assert records == one.records and [each["step"] for each in records] == [4, 8, 12]
    assert records[1]["loss"] == pytest.approx(sum(losses[4:8]) / 4)
    assert set(records[0]) == {"step", "loss", "rate", "dev"}
    assert [path.name for path in (tmp_path / "run").glob("*.partial")] == []


def test_without_tensorboard_the_training_goes_on_without(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    list(trainer(every=4, log=tmp_path).run())
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]


def test_tensorboard_gets_every_number(tmp_path):
    """Oracle: TensorBoard's own reader."""
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    one = trainer(every=4, dev=EXAMPLES, log=tmp_path)
    list(one.run())
    events = EventAccumulator(str(tmp_path)).Reload()
    assert sorted(events.Tags()["scalars"]) == ["dev", "loss", "rate"]
    assert [(each.step, pytest.approx(each.value, rel=1e-6)) for each in events.Scalars("dev")] == [
        (record["step"], record["dev"]) for record in one.records]


def test_bfloat16_changes_the_losses_by_little_and_the_parameters_stay_float32():
    models, losses = [network(), network()], []
    for model, bf16 in zip(models, (False, True)):
        losses.append(list(trainer(model, bf16=bf16).run()))
    assert losses[0] != losses[1] and losses[0] == pytest.approx(losses[1], rel=0.02)
    assert all(p.dtype is torch.float32 for p in models[1].parameters())


def test_on_a_cpu_auto_means_float32():
    found = [list(trainer(bf16=bf16).run()) for bf16 in ("auto", False)]
    assert found[0] == found[1]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no GPU")
def test_on_a_gpu_it_learns_in_bfloat16():
    model = network().to("cuda")
    losses = list(trainer(model, steps=200).run())
    assert losses[-1] < losses[0] - 0.5


def test_a_compiled_model_takes_the_same_steps():
    """With a backend that traces and does not generate code; benchmarks/training.py has the real one."""
    found = [list(trainer(compiled=compiled).run()) for compiled in (False, "eager")]
    assert found[0] == pytest.approx(found[1], rel=1e-6)


@pytest.mark.parametrize("make, says", [
    (lambda: trainer(batch=10, accumulate=4), "a batch of 10 cannot be divided evenly into 4 micro-batches"),
    (lambda: trainer(patience=2), "patience needs dev examples"),
    (lambda: trainer(examples=(EXAMPLES[0][:0], EXAMPLES[1][:0])), "no examples"),
])
def test_what_cannot_be_trained_is_an_error_that_says_why(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_a_loss_that_is_no_number_stops_it_before_the_parameters_are_lost():
    model = network()
    one = trainer(model)
    steps = one.run()
    next(steps)
    model.b2.data[0] = float("inf")
    kept = model.W1.clone()
    with pytest.raises(ValueError, match="at step 2: training diverged"):
        next(steps)
    assert torch.equal(model.W1, kept)


def test_running_statistics_are_used_in_measuring_and_moved_in_training():
    model = tree(V, 4, channels=3, hidden=7, generator=generator())
    norm = model.layers[3]
    one = trainer(model)
    before = norm.running_mean.clone()
    one.measure(EXAMPLES)
    assert torch.equal(norm.running_mean, before) and norm.training
    model.eval()
    list(one.run())
    assert not torch.equal(norm.running_mean, before)
    assert one.measure(EXAMPLES) == pytest.approx(loss(model.eval(), *EXAMPLES), rel=1e-6)


SCRIPT = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_training as tests
from scratch.makemore.training import destroy_distributed, init_distributed, rank_and_world_size

init_distributed()
for name in ("network", "recurrent"):
    model, examples, predict = getattr(tests, name)(), tests.EXAMPLES, None
    if name == "recurrent":
        examples, predict = tests.rows(tests.WORDS, tests.VOCABULARY, 8), model.forward_all
    pieces = predict and (lambda x, y: tests.crop(x, y, cells=50))    # of unlike numbers of rows
    one = tests.trainer(model, examples=examples, dev=examples, predict=predict, accumulate=2, every=4,
                        pieces=pieces)
    losses = list(one.run())
    one.save(sys.argv[2] + f"/{name}")
    ends = [p.tolist() for p in model.parameters()]
    place = rank_and_world_size()
    Path(sys.argv[2], f"{name}{place[0]}.json").write_text(json.dumps([place, losses, one.records, ends]))
destroy_distributed()
"""


def test_two_processes_take_the_steps_of_one(tmp_path):
    """Oracle: the same global minibatches in one process; torchrun, gloo, two parts each."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    run = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--rdzv-backend=c10d",
         "--rdzv-endpoint=localhost:0", str(script), str(Path(__file__).parent), str(tmp_path)],
        capture_output=True, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)})
    assert run.returncode == 0, run.stdout + run.stderr
    for name in ("network", "recurrent"):
        model, examples, predict = globals()[name](), EXAMPLES, None
        if name == "recurrent":
            examples, predict = rows(WORDS, VOCABULARY, 8), model.forward_all
        one = trainer(model, examples=examples, dev=examples, predict=predict, accumulate=2, every=4)
        losses = list(one.run())
        first, second = (json.loads((tmp_path / f"{name}{rank}.json").read_text()) for rank in (0, 1))
        assert (first[0], second[0]) == ([0, 2], [1, 2])
        assert first[1:] == second[1:]
        assert first[1] == pytest.approx(losses, rel=1e-5)
        assert [each["dev"] for each in first[2]] == pytest.approx(
            [each["dev"] for each in one.records], rel=1e-5)
        for ours, theirs in zip(model.parameters(), first[3], strict=True):
            torch.testing.assert_close(ours.detach(), torch.tensor(theirs), rtol=1e-4, atol=1e-5)
        one.resume(tmp_path / name)
        assert one.taken == 12


def test_the_chapters_script_still_prints_what_was_measured_in_two_processes():
    """Oracle: results/training.json, whose line the page shows; pages are built without a network."""
    [kept] = [row["printed"] for row in read("training", "processes")["rows"] if row["processes"] == 2]
    now, then = (re.fullmatch(r"2 process\(es\): step 1 (\S+), step 50 (\S+)", line).groups()
                 for line in (launched(2), kept))
    assert [float(each) for each in now] == pytest.approx([float(each) for each in then], abs=2e-4)


def test_a_sequential_of_layers_can_be_distributed_by_its_own_names():
    model = Sequential(Embedding(V, 3), Flatten(), Linear(12, 7), Tanh(), Linear(7, V))
    whole = training.ModelWithLoss(model)
    assert [name for name, _ in whole.named_parameters()] == [
        "0_weight", "2_weight", "2_bias", "4_weight", "4_bias"]
    assert all(a is b for a, b in zip(whole.parameters(), model.parameters()))
