"""Loops that could run in mixed precision run in one, and who insists is told that there is no other."""

import subprocess
import sys

import pytest
import torch

from scratch import torch as ours

LOOP = """
import torch
from torch.cuda.amp import GradScaler as Older
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
scaler, older = torch.amp.GradScaler("cuda", enabled=False), Older(enabled=False)
w = torch.ones(2, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
with torch.amp.autocast("cpu", enabled=False):
    loss = (w * w).sum()
scaler.scale(loss).backward()
scaler.unscale_(optimizer)
scaler.step(optimizer)
scaler.update()
print(w.tolist(), scaler.get_scale(), scaler.is_enabled(), scaler.state_dict(), older.is_enabled())
"""


def test_a_loop_with_a_scaler_that_is_switched_off():
    """By PyTorch, on the same text."""
    said = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
            for code in ("from scratch.torch.__main__ import pretend; pretend()\n" + LOOP, LOOP)]
    assert said[0] == said[1] != ""


@pytest.mark.skipif(torch.cuda.is_available(), reason="PyTorch finds a GPU")
def test_a_scaler_for_a_gpu_that_is_not_there_is_switched_off(recwarn):
    assert not ours.amp.GradScaler().is_enabled() and not torch.amp.GradScaler().is_enabled()
    assert len(recwarn) == 2


def test_float16_is_refused():
    with pytest.raises(NotImplementedError, match="say GradScaler\\(enabled=False\\)"):
        ours.amp.GradScaler("cpu")
