"""Measure what the switches of the training loop do to the time of a step -> results/training.json.

    python benchmarks/training.py

Each variant trains the same network, whose 500 steps are timed after the first 20, several rounds
in turn, the median of which counts.  The compiled one's first step, which compiles, is timed apart.
On a machine with a GPU the network is there, and so are bfloat16's numbers.  Then the chapter's script
trains in one process and in two, which the chapter cannot do: they meet over the network.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.remove(str(Path(__file__).parent))    # or `import makemore` could find a neighbour

from scratch.makemore.data import Vocabulary, dataset, read_words, split    # noqa: E402
from scratch.makemore.optimizers import AdamW    # noqa: E402
from scratch.makemore.training import Trainer    # noqa: E402
from scratch.makemore.wavenet import tree    # noqa: E402
from weave.machine import provenance    # noqa: E402

OUT = ROOT / "results/training.json"
ROUNDS, STEPS, WARM = 5, 500, 20
VARIANTS = {    # name: what the Trainer is told
    "plain": {"bf16": False},
    "compiled": {"bf16": False, "compiled": True},
    "bfloat16": {"bf16": True},
    "in four parts": {"bf16": False, "accumulate": 4},
}


def main():
    torch.set_num_threads(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    words = read_words(ROOT / "data/names.txt")
    vocabulary = Vocabulary(words)
    examples = dataset(split(words)[0], vocabulary, 8)
    running, first, times, last = {}, {}, {name: [] for name in VARIANTS}, {}
    for name, settings in VARIANTS.items():
        g = torch.Generator().manual_seed(1)
        model = tree(27, 8, 24, 128, generator=g).to(device)
        trainer = Trainer(model, AdamW(model.parameters(), lr=0.003), examples, batch=128,
                          steps=WARM + ROUNDS * STEPS, generator=g, **settings)
        running[name] = trainer.run()
        begin = time.perf_counter()
        next(running[name])
        first[name] = time.perf_counter() - begin
        for _ in range(WARM - 1):
            next(running[name])
    for _ in range(ROUNDS):
        for name, steps in running.items():
            begin = time.perf_counter()
            last[name] = [next(steps) for _ in range(STEPS)]
            times[name].append((time.perf_counter() - begin) / STEPS * 1e3)
    rows = [{"variant": name, "ms per step": round(statistics.median(times[name]), 3),
             "first step s": round(first[name], 2),
             "loss": round(sum(last[name]) / STEPS, 4)} for name in VARIANTS]
    for row in rows:
        print(row, flush=True)
    printed = {count: launched(count) for count in (1, 2)}
    print(*printed.values(), sep="\n")
    partial = OUT.with_suffix(".partial")
    partial.write_text(json.dumps({
        "what": f"a tree of 76,579 parameters, 128 contexts a step; medians of {ROUNDS} rounds of {STEPS} steps",
        "rows": rows, "printed by this number of processes": printed,
        "device": torch.cuda.get_device_name() if device == "cuda" else "CPU, one core",
        **provenance(__file__, "torch")}, indent=1) + "\n")
    os.replace(partial, OUT)


def launched(count):
    """What the script of the chapter prints when torchrun starts so many of it."""
    chapter = (ROOT / "docs/makemore/training.md").read_text(encoding="utf-8")
    [script] = re.findall(r"script\.write_text\('''\n(.*?)'''\)", chapter, re.DOTALL)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "two.py")
        path.write_text(script)
        run = subprocess.run(
            [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={count}", "--rdzv-backend=c10d",
             "--rdzv-endpoint=localhost:0", str(path)], cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"the chapter's script failed in {count} process(es):\n{run.stderr}")
    return run.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
