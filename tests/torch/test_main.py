"""Scripts that import torch run on ours, and what they use of torch is found."""

import os
import signal
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


def program(*arguments, folder):
    """`python -m scratch.torch ...` in a folder -> exit status, what it prints, what it says of errors."""
    done = subprocess.run([sys.executable, "-m", "scratch.torch", *arguments], cwd=folder,
                          capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


ERRORS = {    # a script: the last lines of what is said of it, and the exit status
    "import torch\ntorch.fft.fft(torch.ones(3))\n": (
        "  File \"script.py\", line 2, in <module>", "AttributeError: scratch.torch has no torch.fft", 1),
    "import torch.fft\n": (
        "  File \"script.py\", line 1, in <module>",
        "ModuleNotFoundError: scratch.torch has no module torch.fft", 1),
    "from torch.nn import CTCLoss\n": ("line 1", "ImportError: cannot import name 'CTCLoss'", 1),
    "import torch\ntorch.nn.CTCLoss()\n": (
        "line 2", "AttributeError: scratch.torch has no torch.nn.CTCLoss", 1),
    "import torch\ntorch.ones(2) @ torch.ones(3)\n": ("line 2", "RuntimeError: ", 1),
    "print(\n": ("File \"script.py\", line 1", "SyntaxError", 1),
    "import sys\nsys.exit(5)\n": ("", "", 5),
    "import sys\nsys.exit('a reason')\n": ("", "a reason\n", 1),
}


@pytest.mark.parametrize("script", ERRORS)
def test_an_error_in_a_script_is_shown_at_its_line(script, tmp_path):
    (tmp_path / "script.py").write_text(script)
    status, _, said = program("run", "script.py", folder=tmp_path)
    where, what, expected = ERRORS[script]
    assert status == expected and where in said and what in said
    assert "runpy" not in said and "__main__.py\", line 1" not in said    # not how it was started
    assert ("covers script.py" in said) == ("has no " in what), said


WRONG = {    # arguments: what is said of them, in one line below the usage
    ("run",): "run needs a script, or -m and a module",
    ("run", "nowhere.py"): "there is no file nowhere.py",
    ("run", "."): "there is no file .",
    ("run", "-m"): "run needs a script, or -m and a module",
    ("run", "-m", "nowhere"): "there is no module nowhere",
    ("run", "-m", "nowhere.inside"): "there is no module nowhere.inside",
    ("covers",): "required: FILE",
    ("covers", "nowhere.py"): "there is no file nowhere.py",
    ("covers", "empty"): "there is no .py file",
    ("covers", "text.py"): "text.py, line 1, is not Python",
    ("walk",): "invalid choice: 'walk'",
    (): "required: command",
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_a_wrong_command_line_costs_one_line_and_status_2(arguments, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.py").write_text("no program\n")
    status, printed, said = program(*arguments, folder=tmp_path)
    assert status == 2 and printed == "" and WRONG[arguments] in said.splitlines()[-1]
    assert "Traceback" not in said


def test_covers_names_what_is_missing_and_where(tmp_path):
    (tmp_path / "whole.py").write_text("import torch\nfrom torch.nn import *\nx = torch.ones(2).sum()\n")
    (tmp_path / "part.py").write_text("import torch\nimport torch.fft\ntorch.ones(3)\ntorch.fft.fft\n")
    status, printed, _ = program("covers", "whole.py", folder=tmp_path)
    assert (status, printed.splitlines()[-1][:19]) == (0, "2 of 2 names are th")
    status, printed, _ = program("covers", ".", folder=tmp_path)
    assert status == 1 and "2 of 4 names are there" in printed
    assert [line.split() for line in printed.splitlines()[:-1]] == [
        ["missing", "torch.fft", "part.py:2"], ["there", "torch.ones", "part.py:3"],
        ["missing", "torch.fft.fft", "part.py:4"], ["there", "torch.nn", "whole.py:2"]]


def test_ctrl_c_in_a_script_is_one_line_and_status_130(tmp_path):
    (tmp_path / "script.py").write_text("import time, torch\nprint('begun', flush=True)\ntime.sleep(60)\n")
    running = subprocess.Popen(
        [sys.executable, "-m", "scratch.torch", "run", "script.py"], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    assert running.stdout.readline() == "begun\n"
    running.send_signal(signal.SIGINT)
    _, said = running.communicate()
    assert running.returncode == 130 and said == "stopped\n"


PROBE = """
import sys, time, os
begin = time.process_time()
sys.argv = ["torch", "--help"]
try:
    import scratch.torch.__main__ as program
    program.main()
except SystemExit as end:
    assert not end.code
print([name for name in ("numpy", "torch", "runpy") if name in sys.modules], time.process_time() - begin)
"""


def test_help_comes_at_once_and_without_numpy(tmp_path):
    """In 0.3 s of the processor, of which Python itself takes a tenth."""
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, cwd=tmp_path,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""})
    assert "run" in done.stdout and "covers" in done.stdout
    *_, loaded, seconds = done.stdout.split("\n")[-2].rpartition(" ")[0], done.stdout.split()[-1]
    assert loaded == "[]" and float(seconds) < 0.3
