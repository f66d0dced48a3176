"""Measure what the switches of the training loop do to the time of a step.

    python -m benchmarks training

Each variant trains the same network, whose 500 steps are timed after the first 20.  The compiled
one's first step, which compiles, is timed apart.  On a machine with a GPU the network is there, and
so are bfloat16's numbers.  Then the chapter's script trains in one process and in two, which the
chapter cannot do: they meet over the network.
"""

import re
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import torch

from scratch.makemore.data import dataset
from scratch.makemore.optimizers import AdamW
from scratch.makemore.training import Trainer
from scratch.makemore.wavenet import tree

from .harness import ROOT, median, seconds, significant, turns
from .names import book
from .provenance import provenance
from .results import write

STEPS, WARM = 500, 20
VARIANTS = {    # name: what the Trainer is told
    "plain": {"bf16": False},
    "compiled": {"bf16": False, "compiled": True},
    "bfloat16": {"bf16": True},
    "in four parts": {"bf16": False, "accumulate": 4},
}


def main(options):
    torch.set_num_threads(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    words = book()
    examples = dataset(words.train, words.vocabulary, 8)
    running, first, last = {}, {}, {}
    for name, settings in VARIANTS.items():
        g = torch.Generator().manual_seed(1)
        model = tree(27, 8, 24, 128, generator=g).to(device)
        trainer = Trainer(model, AdamW(model.parameters(), lr=0.003), examples, batch=128,
                          steps=WARM + options.rounds * STEPS, generator=g, **settings)
        running[name] = trainer.run()
        first[name] = seconds(partial(next, running[name]))
        for _ in range(WARM - 1):
            next(running[name])

    def some(name):
        last[name] = [next(running[name]) for _ in range(STEPS)]

    times = turns({name: partial(seconds, partial(some, name), STEPS) for name in running}, options.rounds)
    rows = [{"variant": name, "ms per step": median((1e3 * each for each in times[name]), 4),
             "first step s": significant(first[name]), "loss": significant(sum(last[name]) / STEPS, 5)}
            for name in VARIANTS]
    for row in rows:
        print(row, flush=True)
    printed = [{"processes": count, "printed": launched(count)} for count in (1, 2)]
    print(*(row["printed"] for row in printed), sep="\n")
    write(options.out, rows=rows, sections={"processes": {"rows": printed}},
          what="a tree of 76,579 parameters, 128 contexts a step; "
               f"medians of {options.rounds} rounds of {STEPS} steps",
          origin=provenance(__file__, "torch",
                            device=torch.cuda.get_device_name() if device == "cuda" else "CPU, one core"))


def launched(count):
    """What the script of the chapter prints when torchrun starts so many of it."""
    chapter = (ROOT / "docs/makemore/training.md").read_text(encoding="utf-8")
    [script] = re.findall(r"script\.write_text\('''\n(.*?)'''\)", chapter, re.DOTALL)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "two.py")
        path.write_text(script)
        run = subprocess.run(
            [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={count}",
             "--rdzv-backend=c10d", "--rdzv-endpoint=localhost:0", str(path)],
            cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"the chapter's script failed in {count} process(es):\n{run.stderr}")
    return run.stdout.strip()
