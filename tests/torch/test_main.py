"""Scripts that import torch run on ours, and what they use of torch is found."""

import subprocess
import sys

import pytest
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
