"""Scripts that import torch run on ours, and what they use of torch is found."""

import subprocess
import sys

import pytest
import safetensors.torch
import torch

from scratch.torch.__main__ import names_used


def test_names_are_followed_through_every_form_of_import():
    source = '''
import torch
import torch.nn.functional as F
from torch import nn, optim as rules
from torch.utils.data import DataLoader as Loader
import torch.optim.lr_scheduler

x = torch.randn(3).sum()
y = F.relu(x)
layer = nn.Linear(2, 3)
rules.lr_scheduler.StepLR
other.nn.Linear
'''
    assert names_used(source) == {
        "torch.nn.functional": 3, "torch.nn": 4, "torch.optim": 4,
        "torch.utils.data.DataLoader": 5, "torch.optim.lr_scheduler": 6,
        "torch.randn": 8, "torch.nn.functional.relu": 9, "torch.nn.Linear": 10,
        "torch.optim.lr_scheduler.StepLR": 11}


SCRIPT = """
import sys
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch.utils.data.dataloader import DataLoader
torch.manual_seed(1)
print(torch.__version__.endswith("scratch"), torch.rand(2).tolist(), sys.argv[1:], __name__)
save_file({"x": torch.ones(2)}, "x.safetensors")
print(F.relu(load_file("x.safetensors")["x"] - 2).tolist())
"""


@pytest.mark.parametrize("how", [["script.py"], ["-m", "script"]])
def test_a_script_runs_on_ours_with_its_arguments(how, tmp_path):
    """By PyTorch, whose numbers it prints; safetensors.torch works on ours, too."""
    (tmp_path / "script.py").write_text(SCRIPT)
    run = subprocess.run([sys.executable, "-m", "scratch.torch", "run", *how, "-m", "a", "--b=c", "run"],
                         cwd=tmp_path, capture_output=True, text=True)
    torch.manual_seed(1)
    assert run.stdout == (f"True {torch.rand(2).tolist()} ['-m', 'a', '--b=c', 'run'] __main__\n"
                          "[0.0, 0.0]\n"), run.stderr


WORDS = "\n".join(first + second for first in "ann be car da e fin gre hel io jo".split()
                  for second in "a na lia bert rik mund tte win".split())


def makemore(*arguments, on=(), cwd):
    """What the book's program prints, on our torch if `on` says so, or else on PyTorch."""
    command = [sys.executable, "-m", *on, "scratch.makemore", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


OURS = "scratch.torch", "run", "-m"


def test_the_books_program_trains_on_ours_and_samples_on_either(tmp_path):
    """By PyTorch: weights to 1e-4, states of the generators to the bit, and the same words."""
    (tmp_path / "words.txt").write_text(WORDS)
    train = ["train", "--model", "gpt", "--size", "tiny", "--data", "words.txt", "--steps", "8", "--out"]
    makemore(*train, "ours", on=OURS, cwd=tmp_path)
    makemore(*train, "pytorchs", cwd=tmp_path)
    mine, theirs = (safetensors.torch.load_file(tmp_path / name) for name in ("ours", "pytorchs"))
    assert mine.keys() == theirs.keys()
    for name, tensor in mine.items():
        if name.startswith("random."):
            assert torch.equal(tensor, theirs[name]), name
        torch.testing.assert_close(tensor, theirs[name], rtol=1e-4, atol=1e-4)
    words = {makemore("sample", file, "--count", "20", on=on, cwd=tmp_path)
             for file, on in [("ours", OURS), ("ours", ()), ("pytorchs", ())]}
    assert len(words) == 1 and len(words.pop().split()) == 20
