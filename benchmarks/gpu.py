"""Measure on a card, through PyCUDA: every way that the book's CUDA wrappers know, beside cuBLAS and PyTorch.

    make gpu                                       whatever is needed first, and then this
    python -m benchmarks cuda gpu                  all of it, in less than 8 minutes
    python -m benchmarks cuda gpu --only kernels   one part of it; the rest of the file stays
    python -m benchmarks cuda gpu --quick          small sizes, few tests: does it still run?

environment    the card, its driver and clocks, PyCUDA, the compiler, PyTorch
kernels        each way of each wrapper, compared with NumPy and then timed by CUDA's events: the median of
               turns, at least 50 launches in all unless they would take longer than 8 s; and copying
PyTorch        the same by cuBLAS (float32 without TF32, and float16) and by PyTorch's own kernels
torch          a step of makemore's GPT in scratch.torch, on its backend cuda, and in PyTorch
tests          the unit's tests, through real PyCUDA
tuning         other sizes of the ladder's best rung

Each part is a process of its own (card.py) with a limit of time, and what it found until then is kept:
rows are written as they come, into sections of results/cuda.json.  What a part failed with is there, too.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

from .card import OURS, TASKS, THEIRS    # noqa: F401  (TASKS is what __main__ runs in a process)
from .harness import ROOT, budget, significant
from .provenance import provenance
from .results import load, write

WHAT = "The CUDA kernels on a card; every ratio is of speeds, larger is faster"
SECONDS = {"environment": 30, "kernels": 200, "PyTorch": 60, "torch": 60, "tests": 120, "tuning": 45}
IN_ALL = 460
TASKS_OF = {"torch": [OURS, f"{THEIRS}'s GPT"]}    # of a part that is not one task of its name
COMMIT = ROOT / "build/nvcc/commit"                # where there is no git: what tools/gpu.py packed


class Part:
    """A task in a process of its own, with a limit of time.

    .rows are those that it has printed, .result what it ended with, .failed why it did not, or None.
    """

    def __init__(self, command, seconds, **environment):
        self.command, self.seconds, self.environment = command, seconds, environment
        self.rows, self.result, self.failed, self.child = [], None, None, None

    def run(self, seen=lambda row: None):
        """Until it ends or its time does; seen(row) is told of each row."""
        self.child = subprocess.Popen(self.command, cwd=ROOT, env={**os.environ, **self.environment},
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                      start_new_session=True)
        complaints = []
        listening = threading.Thread(target=lambda: complaints.extend(self.child.stderr), daemon=True)
        limit = threading.Timer(max(self.seconds, 0.1), self.stop, [f"stopped after {self.seconds:.0f} s"])
        listening.start()
        limit.start()
        try:
            for line in self.child.stdout:
                if line.startswith("row "):
                    self.rows.append(json.loads(line[4:]))
                    seen(self.rows[-1])
                elif line.startswith("{"):
                    self.result = json.loads(line)
                else:
                    print(f"    {line.rstrip()}", flush=True)
            self.child.wait()
        finally:
            limit.cancel()
            self.stop()
        listening.join(timeout=1)
        if self.child.returncode and not self.failed:
            self.failed = "".join(complaints).strip()[-1000:] or f"ended with {self.child.returncode}"
        return self

    def stop(self, why=None):
        """End it, and what it has started."""
        if self.child.poll() is None:
            self.failed = why
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)


def part_of(task, quick, seconds, **environment):
    return Part([sys.executable, "-m", "benchmarks", "cuda", "--task", json.dumps([task, quick])], seconds,
                **environment)


def compared(rows, peers):
    """Rows of kernels with each one's share of PyTorch's speed, where that was measured at the same size.

    >>> compared([{"kernel": "matmul", "n": 64, "rung": "tiles", "seconds": 4.0}],
    ...          [{"kernel": "matmul", "n": 64, "rung": "float32", "seconds": 3.0}])[0]["of cuBLAS"]
    0.75
    """
    def size(each):
        return tuple(each.get(key) for key in ("kernel", "n", "elements", "heads", "positions", "channels"))

    known = {(*size(each), each["rung"]): each["seconds"] for each in peers if "seconds" in each}
    for each in rows:
        kind = "float16" if each.get("rung") == "tensor" else "float32"
        other = known.get((*size(each), kind))
        if other and "seconds" in each:
            each["of cuBLAS" if each["kernel"] == "matmul" else "of PyTorch"] = significant(
                other / each["seconds"])
    return rows


def best(rows, kernel, key, others=(), **labels):
    """The most that one of a kernel's ways reaches; None if none was measured."""
    return max((each[key] for each in rows if each["kernel"] == kernel and key in each
                and each.get("rung") not in others
                and all(each.get(name) == value for name, value in labels.items())), default=None)


BUDGETS = {    # what: (at least, how to read it off the rows)
    "best rung over cuBLAS, n = 4096": (0.9, lambda rows: best(
        rows, "matmul", "of cuBLAS", ("tensor",), n=4096)),
    "addition over copying, bytes a second": (0.9, lambda rows: best(rows, "add", "of copying")),
    "softmax over PyTorch": (1, lambda rows: best(rows, "softmax", "of PyTorch")),
    "layer norm over PyTorch": (1, lambda rows: best(rows, "layernorm", "of PyTorch")),
    "cross-entropy over PyTorch": (1, lambda rows: best(rows, "cross_entropy", "of PyTorch")),
    "RMS norm over PyTorch": (1, lambda rows: best(rows, "rmsnorm", "of PyTorch")),
    "AdamW over PyTorch": (0.9, lambda rows: best(rows, "adamw", "of PyTorch")),
    # whose float32 is three products of TF32 on tensor cores
    "attention over PyTorch": (0.5, lambda rows: best(rows, "attention", "of PyTorch")),
    "attention's way back over PyTorch": (0.5, lambda rows: best(rows, "attention, backward", "of PyTorch")),
}


def judged(rows):
    """The budgets; only what was measured."""
    found = {what: (read(rows), least) for what, (least, read) in BUDGETS.items()}
    return [budget(what, value, least, "times", "higher") for what, (value, least) in found.items()
            if value is not None]


def in_a_line(text):
    """The first line of what was said, or of a traceback the last.

    >>> in_a_line("Traceback (most recent call last):\\n  ...\\nModuleNotFoundError: No module named 'torch'")
    "ModuleNotFoundError: No module named 'torch'"
    """
    lines = text.splitlines() or [""]
    return lines[-1 if any(line.startswith(("Traceback", '  File "')) for line in lines) else 0]


def shown(each):
    """A row on one line."""
    labels = "kernel", "rung", "n", "elements", "heads", "positions"
    said = [str(each[key]) for key in labels if key in each]
    said += [f"{each[key]:g} {key}" for key in ("GFLOP/s", "GB/s", "of copying") if key in each]
    said += [f"{1e3 * each['seconds']:g} ms"] if "seconds" in each else []
    said += ["failed:", in_a_line(each["failed"])] if "failed" in each else []
    return "  ".join(said)


class Results:
    """A card's sections in results/cuda.json: "gpu" of kernels and tuning, "gpu, tests", "gpu, torch", ..."""

    def __init__(self, path, origin, keep):
        self.path, self.origin, self.keep, self.written, self.sections = path, origin, keep, 0.0, {}

    def section(self, part):
        name = "gpu" if part in ("kernels", "tuning") else f"gpu, {part}"
        return self.sections.setdefault(name, {"what": WHAT, "from": {**self.origin}, "budgets": [],
                                               "rows": []})

    def seen(self, part):
        """What takes a row of a part, shows it, and writes."""
        def take(row):
            self.section(part)["rows"].append(row)
            print(f"    {shown(row)}", flush=True)
            self.write(often=True)
        return take

    def ended(self, part, task, done):
        """Keep what a part ended with, or how it failed."""
        if done.result:
            self.section(part)["from"] |= done.result
        if done.failed:
            self.seen(part)({"kernel": task, "failed": done.failed})
        self.write()

    def judged(self):
        """The budgets, of rows that have their share of PyTorch's speed."""
        peers = self.sections.get("gpu, PyTorch") or load(self.path)["sections"].get("gpu, PyTorch", {})
        if "gpu" in self.sections:
            compared(self.sections["gpu"]["rows"], peers.get("rows", []))
            self.sections["gpu"]["budgets"] = judged(self.sections["gpu"]["rows"])
            return self.sections["gpu"]["budgets"]
        return []

    def failures(self):
        """Of tasks and of tests, as budgets that were missed."""
        rows = [row for section in self.sections.values() for row in section["rows"] if "failed" in row]
        return [{"what": f"{row['kernel']}: {in_a_line(row['failed'])[:60]}", "holds": False}
                for row in rows if row["kernel"] in TASKS or row["kernel"] == "test"]

    def write(self, often=False):
        """Into the file, if that is wanted; often: but not more than every other second."""
        if self.keep and self.sections and (not often or time.monotonic() > self.written + 2):
            self.written = time.monotonic()
            with contextlib.redirect_stdout(None):
                write(self.path, sections=self.sections)


def measure(options):
    """The parts that are asked for, one after the other: `python -m benchmarks cuda gpu`."""
    chosen = options.only or list(SECONDS)
    slower = 10 if options.quick else 1          # on a stand-in for a card
    end = time.monotonic() + (options.seconds or IN_ALL * slower)
    origin = provenance(ROOT / "benchmarks/cuda.py")
    if not origin["commit"].split(" and ")[0] and COMMIT.exists():
        origin["commit"] = COMMIT.read_text()
    elsewhere = options.out != ROOT / "results/cuda.json"
    results = Results(options.out, origin, keep=elsewhere or not options.quick)
    engine = {} if options.quick else {"SCRATCH_CUDA": "gpu"}
    try:
        for part in ["environment", *(each for each in chosen if each != "environment")]:
            print(f"-- {part}", flush=True)
            for task in TASKS_OF.get(part, [part]):
                left = end - time.monotonic()
                done = part_of(task, options.quick, min(SECONDS[part] * slower, left), **engine)
                done.run(results.seen(part))
                if part == "environment":
                    if done.failed:
                        sys.exit(f"no card can be used here: {done.failed.splitlines()[-1]}")
                    origin |= done.result
                    print("\n".join(f"    {name}: {value}" for name, value in done.result.items()))
                    continue
                results.ended(part, task, done)
    finally:    # if it is cut short, too
        results.write()
    budgets = results.judged()
    results.write()
    return budgets + results.failures()
