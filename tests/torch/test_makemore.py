"""The program of scratch.makemore on ours: models train, go on, sample and are measured as on PyTorch."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from scratch.makemore.cli.kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
OURS = ("-m", "scratch.torch", "run")
WORDS = "\n".join(first + second for first in "ann be car da e fin gre hel io jo".split()
                  for second in "a na lia bert rik mund tte win".split())
DRIVER = """
import contextlib, io, json, os, signal, sys
from scratch.makemore import training
from scratch.makemore.__main__ import main

step, stop = training.Trainer.step, None

def stopped(trainer):
    if trainer.taken == stop:
        os.kill(os.getpid(), signal.SIGINT)    # as Ctrl-C
    return step(trainer)

training.Trainer.step = stopped
signal.signal(signal.SIGINT, signal.default_int_handler)
found = []
for stop, *arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        status = main(arguments)
    found.append([status, out.getvalue()])
print(json.dumps(found))
"""


def commands(folder, on, lines):
    """[(step before which Ctrl-C is pressed, or None, arguments...)] -> [(exit status, what is printed)]."""
    (folder / "driver.py").write_text(DRIVER)
    (folder / "words.txt").write_text(WORDS)
    done = subprocess.run([sys.executable, *on, "driver.py", json.dumps(lines)], cwd=folder,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def session(model):
    """A training of a few steps, and what its model makes and is worth."""
    few = ["--steps", "6", "--batch", "8"] if "steps" in KINDS[model].settings else []
    small = ["--size", "tiny"] if "layers" in KINDS[model].settings else []
    make = ["--fill", "?e??a"] if model == "bert" else ["--count", "10"]
    return [[None, "train", "--model", model, "--data", "words.txt", "--out", model, *few, *small],
            [None, "sample", model, *make], [None, "evaluate", model, "--count", "20"]]


def test_every_model_prints_what_it_prints_on_pytorch(tmp_path):
    """By PyTorch: the same words, and numbers that differ in the last printed digit at most.

    Losses are printed to 1e-4, and sums in another order differ by about 1e-7 at each of six steps.
    """
    lines = [line for model in KINDS for line in session(model)]
    (tmp_path / "ours").mkdir()
    (tmp_path / "pytorchs").mkdir()
    mine, theirs = commands(tmp_path / "ours", OURS, lines), commands(tmp_path / "pytorchs", (), lines)
    number = re.compile(r"\d+\.\d+")
    for line, (status, said), (same, told) in zip(lines, mine, theirs, strict=True):
        assert status == same == 0, line
        assert number.sub("#", said) == number.sub("#", told), line
        np.testing.assert_allclose([float(n) for n in number.findall(said)],
                                   [float(n) for n in number.findall(told)], rtol=1e-4, atol=0.011,
                                   err_msg=str(line))
    for model in KINDS:
        compare(tmp_path / "ours" / model, tmp_path / "pytorchs" / model)


def compare(mine, theirs):
    """Two checkpoints: weights to 1e-4, states of generators to the bit."""
    mine, theirs = safetensors.torch.load_file(mine), safetensors.torch.load_file(theirs)
    assert mine.keys() == theirs.keys()
    for name, tensor in mine.items():
        if name.startswith("random."):
            assert torch.equal(tensor, theirs[name]), name
        torch.testing.assert_close(tensor, theirs[name], rtol=1e-4, atol=1e-4)


def test_a_training_begun_on_one_goes_on_on_the_other(tmp_path):
    """By PyTorch's training that nobody stopped; Ctrl-C comes before step 4 of 9."""
    train = ["train", "--model", "gpt", "--size", "tiny", "--data", "words.txt", "--steps", "9",
             "--batch", "8", "--out"]

    def rest(name):
        return [[None, "train", "--data", "words.txt", "--resume", name],
                [None, "sample", name, "--count", "20"]]

    [(stopped, _)] = commands(tmp_path, OURS, [[4, *train, "ours first"]])
    begun, *first, _, whole = commands(tmp_path, (), [
        [4, *train, "ours last"], *rest("ours first"), [None, *train, "whole"],
        [None, "sample", "whole", "--count", "20"]])
    last = commands(tmp_path, OURS, rest("ours last"))
    assert stopped == begun[0] == 130 and [status for status, _ in first + last] == [0] * 4
    assert first[1] == last[1] == whole and len(whole[1].split()) == 20
    for name in ("ours first", "ours last"):
        compare(tmp_path / name, tmp_path / "whole")


WITHOUT = [    # tests that ours cannot pass, or that would take too long, since
    # they have libraries that want the whole of PyTorch, or parts of it that ours has not:
    "hugging_face", "computes_otherwise", "test_published",    # transformers
    "how_tanh_is_rounded",                         # torch.ops.aten
    "wrapped_for_several", "two_processes",        # torch.distributed; torchrun
    "bfloat16_changes",                            # autocast
    "pairs_as_complex_numbers",                    # complex numbers
    "share_may_differ",                     # corrcoef
    "work_is_that_of_the_products",         # torch.utils.flop_counter
    "chapters_script", "lecture_s_losses",         # minutes
]


def test_the_models_own_tests_pass_on_ours(request):
    """tests/makemore, with ours in place of the torch that they import: their oracles are ours, too."""
    if not request.config.getoption("--long"):
        pytest.skip("takes minutes: make test ARGS=--long")
    command = [sys.executable, *OURS, "-m", "pytest", "tests/makemore", "--ignore=tests/makemore/cli", "-q",
               "-p", "no:cacheprovider"]
    done = subprocess.run([*command, "-k", " and ".join(f"not {name}" for name in WITHOUT)], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-5000:]
