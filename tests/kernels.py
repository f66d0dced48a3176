"""What the tests of CUDA kernels share: watching, breaking and compiling them.

    with watched() as check: ...             every launch looked through; check.accesses
    broken(monkeypatch, folder, file, a, b)  the wrappers run that .cu with b in place of a
    compiled(file, TILE=32)                  {kernel: Compiled} by nvcc, for sm_80 and sm_90
"""

import re
import shutil
import subprocess
from typing import NamedTuple

import numpy as np
import pytest

from scratch.cuda.kernels import launch

NVCC = shutil.which("nvcc")
needs_nvcc = pytest.mark.skipif(NVCC is None, reason="no nvcc, so nothing makes PTX of the kernels")
ARCHITECTURES = (80, 90)
EPS = float(np.finfo(np.float32).eps)
SMALL = {    # of the product's rungs: a few threads make a block, so that small matrices have many blocks
    "naive": {"TILE": 4}, "coalesced": {"TILE": 4}, "tiles": {"TILE": 4},
    "strips": {"BM": 8, "BN": 8, "BK": 4, "TM": 2},
    "squares": {"BM": 8, "BN": 8, "BK": 4, "TM": 2, "TN": 4},
    "vectors": {"BM": 8, "BN": 16, "BK": 4, "TM": 4, "TN": 8},
    "banks": {"BM": 8, "BN": 16, "BK": 4, "TM": 4, "TN": 8},
    "double": {"BM": 8, "BN": 16, "BK": 4, "TM": 4, "TN": 8},
    "warps": {"BM": 32, "BN": 32, "BK": 8, "WM": 32, "WN": 16, "STAGES": 3},
    "cpu": {"TM": 4, "TN": 8},
}
on_cpu = pytest.mark.skipif(launch.on_gpu(), reason="memcheck is a part of the CPU engine")


def watched():
    """memcheck, as a context manager: kernels that are launched inside are watched."""
    from scratch.cuda.cpu.memcheck import memcheck
    return memcheck()


def broken(monkeypatch, folder, file, *changes):
    """The wrappers read `file` from folder, with the text changed: old, new, old, new, ..."""
    text = (launch.FOLDER / file).read_text(encoding="utf-8")
    for old, new in zip(changes[::2], changes[1::2]):
        assert old in text, f"{file} has no {old!r}"
        text = text.replace(old, new)
    for path in launch.FOLDER.glob("*.cu"):      # beside those that it may need, too
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / file).write_text(text, encoding="utf-8")
    monkeypatch.setattr(launch, "FOLDER", folder)


class Compiled(NamedTuple):
    """What ptxas says of a kernel on one architecture."""

    registers: int
    shared: int      # bytes of a block
    stack: int       # bytes of a thread: 0 means that its arrays are registers


def compiled(file, **macros):
    """{(kernel, architecture): Compiled}, by nvcc as PyCUDA would call it; a warning fails."""
    command = [NVCC, "-Werror", "all-warnings", "-fatbin", "-o", "/dev/null", "-Xptxas", "-v",
               *defines(macros)]
    for n in ARCHITECTURES:
        command += ["-gencode", f"arch=compute_{n},code=sm_{n}"]
    run = subprocess.run([*command, str(launch.FOLDER / file)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    found = {}
    for part in run.stderr.split("Compiling entry function")[1:]:
        mangled, architecture = re.search(r"'(\w+)' for 'sm_(\d+)'", part).groups()
        length = re.match(r"_Z(\d+)", mangled)
        name = mangled[length.end():][: int(length[1])] if length else mangled
        shared = re.search(r"(\d+) bytes smem", part)
        found[name, int(architecture)] = Compiled(
            int(re.search(r"Used (\d+) registers", part)[1]), int(shared[1]) if shared else 0,
            int(re.search(r"(\d+) bytes stack frame", part)[1]))
    return found


def ptx(file, **macros):
    """The PTX of a .cu file for sm_80."""
    run = subprocess.run([NVCC, "-ptx", "-arch=sm_80", "-o", "/dev/stdout", *defines(macros),
                          str(launch.FOLDER / file)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


def defines(macros):
    return [f"-D{name}={value}" for name, value in macros.items()]


def transactions(check, base, warp=32):
    """Bank conflicts, from memcheck's record: {(line, bytes): turns} of the array `base`.

    Threads load together 128 bytes: 32 threads a float, or 8 threads a float4.  turns is the
    most, over all such groups, that distinct addresses in one of the 32 banks make of it: 1
    means that nobody waits.
    """
    record = check.accesses
    turns, counters = {}, {}
    groups = {}
    for row in record[record["space"] == 1]:
        site = check.sites[row["site"]]
        if site.base != base:
            continue
        who = int(row["block"]), int(row["site"]), int(row["thread"])
        counters[who] = counters.get(who, -1) + 1
        together = warp // max(int(row["size"]) // 4, 1)
        group = (site.line, int(row["size"]), int(row["block"]), int(row["site"]),
                 counters[who], int(row["thread"]) // together)
        first = int(row["address"]) // 4
        groups.setdefault(group, set()).update(range(first, first + int(row["size"]) // 4))
    for group, addresses in groups.items():
        banks = np.bincount([address % 32 for address in addresses])
        turns[group[:2]] = max(turns.get(group[:2], 0), int(banks.max()))
    return turns
