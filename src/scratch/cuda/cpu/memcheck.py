"""Find a kernel's wrong accesses to memory: outside an array, or in a race.

    >>> import numpy as np
    >>> source = '''__global__ void shift(float *x, int n)
    ... {
    ...     int i = threadIdx.x;
    ...     x[i] = x[i + 1];
    ... }'''
    >>> with memcheck():
    ...     shift = compiler.SourceModule(source).get_function("shift")
    >>> try:
    ...     shift(driver.InOut(np.zeros(4, np.float32)), np.int32(4), block=(4, 1, 1))
    ... except WrongAccess as error:
    ...     print(error)
    shift: 2 findings
    outside: line 4, x[i + 1], loads element 4 of 4 elements of x
           4 |     x[i] = x[i + 1];
        thread (3, 0, 0) of block (0, 0, 0)
    race: line 4, x[i + 1], loads what line 4, x[i], stores to, with no barrier between
           4 |     x[i] = x[i + 1];
        thread (0, 0, 0) of block (0, 0, 0), and thread (1, 0, 0) of block (0, 0, 0)

A kernel that is compiled while memcheck() is on records each load and store of global
and shared memory (translator/accesses.py), and each of its launches is checked:

    outside       beyond the array, or the allocation, that the pointer came from
    misaligned    a float4 at an address that is no multiple of 16
    race          two threads, one cell, one of them stores, not both by atomics: in one
                  block with no barrier between them, or in two blocks
    unwritten     shared memory loaded before any thread of the block stored there

Wrong accesses are not carried out.  All findings of a launch come as one WrongAccess;
check.accesses has the record of the last launch, an array with a row for each access.

Where it bites: a launch is some hundred times slower, and may have up to MOST accesses.
A pointer that was moved too far is attributed to the allocation that it lies next to.
Blocks that take turns by a counter and __threadfence() look like a race.  __syncwarp()
counts as a barrier of the block, so a race of two warps across one is not found.
"""

import contextlib
import sys
from contextvars import ContextVar

import numpy as np

from . import compiler, driver
from .driver import memory
from .translator.accesses import ATOMIC, BOTH, LOAD, STORE, Watch

EVENT = np.dtype([("address", "u8"), ("begin", "u8"), ("end", "u8"), ("kind", "u4"),
                  ("site", "u4"), ("thread", "u4"), ("block", "u4"), ("epoch", "u4"),
                  ("size", "u4"), ("space", "u4"), ("wrong", "u4")])
FIRST = 1 << 16      # accesses to make room for at first
MOST = 1 << 23       # and at most, 448 MB of them
SHOWN = 5            # findings in a message
SHARED = 1
VERBS = {LOAD: "loads", STORE: "stores to", BOTH: "changes",
         ATOMIC: "changes, by an atomic,"}


class WrongAccess(driver.LaunchError):
    """What memcheck found; .findings has a text for each."""

    def __init__(self, name, findings):
        plural = "s" if len(findings) > 1 else ""
        hidden = len(findings) - SHOWN
        more = f"\n... and {hidden} more" if hidden > 0 else ""
        super().__init__(f"{name}: {len(findings)} finding{plural}\n"
                         + "\n".join(findings[:SHOWN]) + more)
        self.findings = findings


class Check:
    """Makes modules that are watched; accesses is the record of the last launch."""

    watch = staticmethod(Watch)

    def __init__(self):
        self.accesses, self.sites = np.empty(0, EVENT), []
        self.programs = {}               # that kernels/launch.py has compiled for it

    def module(self, built, watch):
        return WatchedModule(built, watch, self)


@contextlib.contextmanager
def memcheck(beside_gpu=False):
    """with memcheck() as check: kernels compiled inside are watched from then on.

    Raises RuntimeError where kernels run on a GPU.  With beside_gpu it does not, and
    watches those that scratch.cuda.cpu.compiler compiles, which run on the CPU anyway.
    """
    if not beside_gpu:
        only_on_cpu()
    check = Check()
    before = compiler.checking.set(check)
    try:
        yield check
    finally:
        compiler.checking.reset(before)


def only_on_cpu():
    """RuntimeError where scratch.cuda's kernels run on a GPU, which records nothing."""
    door = sys.modules.get(__package__.rpartition(".")[0])
    if hasattr(door, "find_engine") and door.find_engine() == "gpu":
        raise RuntimeError("memcheck records on the CPU engine only, and here kernels "
                           "run on a GPU: set the environment variable "
                           "SCRATCH_CUDA=cpu")


def watch_everything():
    """Watch all kernels that are compiled from here on, in whatever thread."""
    only_on_cpu()
    check = Check()
    compiler.checking = ContextVar("checking", default=check)    # seen by every thread


class WatchedModule(driver.Module):
    """A module whose launches are recorded and looked through."""

    def __init__(self, built, watch, check):
        super().__init__(built)
        self.sites, self.check = watch.sites, check

    def launch(self, function, grid, block, arguments, shared, watch=0):
        regions = np.array([[address, address + size] for address, (size, _) in
                            sorted(memory.allocations.items())], np.uint64)
        before = {address: memory.view(address, size).copy()
                  for address, (size, _) in memory.allocations.items()}
        capacity = FIRST
        while True:
            events, wrong = np.zeros(capacity, EVENT), np.zeros(FIRST, EVENT)
            spare = np.zeros(16, np.uint64)
            numbers = np.array([
                shared, regions.ctypes.data, len(regions), memory.MARGIN // 2,
                events.ctypes.data, capacity, 0, wrong.ctypes.data, len(wrong), 0,
                spare.ctypes.data + -spare.ctypes.data % 64], np.uint64)
            super().launch(function, grid, block, arguments, shared,
                           numbers.ctypes.data)
            count, mistakes = int(numbers[6]), int(numbers[9])
            if count <= capacity:
                break
            if count > MOST:
                raise driver.LaunchError(f"memcheck: {count:,} accesses, and {MOST:,} "
                                         "can be recorded; launch fewer threads")
            capacity = count
            for address, content in before.items():      # once more, with more room
                memory.view(address, len(content))[:] = content
        events, wrong = in_order(events[:count]), in_order(wrong[:mistakes])
        self.check.accesses, self.check.sites = events, self.sites
        cells = in_cells(numbered(events, [*memory.allocations]))
        findings = [*self.outside(wrong, grid, block), *self.races(cells, grid, block),
                    *self.unwritten(cells, grid, block)]
        if findings:
            raise WrongAccess(function.name, findings)

    # ---- what may be wrong

    def outside(self, wrong, grid, block):
        """One finding for each site that reached outside, or was misaligned."""
        for row in first_of_each(wrong, wrong["site"]):
            site = self.sites[row["site"]]
            size, length = int(row["size"]), int(row["end"] - row["begin"])
            offset = int(row["address"]) - int(row["begin"])
            of = f" of {site.base}" if site.base else ""
            if row["wrong"] == 2:
                title = "misaligned"
                what = f"{size} bytes at an address not aligned for them"
            elif length % size or offset % size:
                title, what = "outside", f"bytes {offset} and on of {length} bytes{of}"
            else:
                title = "outside"
                what = f"element {offset // size} of {length // size} elements{of}"
            yield (f"{title}: {self.does(row)} {what}\n{self.shown(site)}\n"
                   f"    {self.who(row, grid, block)}")

    def races(self, cells, grid, block):
        """One finding for each pair of sites whose accesses are not ordered."""
        shared = cells["space"] == SHARED
        found = set()
        for part, keys in [(cells[shared], ("block", "epoch")), (cells[~shared], ())]:
            for first, second in conflicts(part, keys):
                pair = (first["site"], second["site"])
                if pair in found or pair[::-1] in found:
                    continue
                found.add(pair)
                if second["kind"] == LOAD:
                    first, second = second, first
                one, other = self.sites[first["site"]], self.sites[second["site"]]
                lines = dict.fromkeys([self.shown(one), self.shown(other)])
                yield (f"race: {self.does(first)} what {self.does(second)}, with no "
                       "barrier between\n" + "\n".join(lines)
                       + f"\n    {self.who(first, grid, block)}, and "
                       f"{self.who(second, grid, block)}")

    def unwritten(self, cells, grid, block):
        """One finding for each site that loaded shared memory too early."""
        cells = cells[cells["space"] == SHARED]
        if not len(cells):
            return
        order = np.lexsort([cells["kind"] == LOAD, cells["epoch"], cells["address"],
                            cells["block"]])
        cells = cells[order]
        fresh = np.ones(len(cells), bool)
        fresh[1:] = ((cells["address"][1:] != cells["address"][:-1])
                     | (cells["block"][1:] != cells["block"][:-1]))
        early = cells[fresh & (cells["kind"] != STORE)]
        for row in first_of_each(early, early["site"]):
            site = self.sites[row["site"]]
            yield (f"unwritten: {self.does(row)} shared memory that no thread of the "
                   "block has stored to\n"
                   f"{self.shown(site)}\n    {self.who(row, grid, block)}")

    # ---- words

    def does(self, row):
        site = self.sites[row["site"]]
        return f"line {site.line}, {site.text}, {VERBS[int(row['kind'])]}"

    def shown(self, site):
        lines = self.program.source
        text = lines[site.line - 1] if site.line <= len(lines) else ""
        return f"  {site.line:>6} | {text}"

    def who(self, row, grid, block):
        return (f"thread {place(row['thread'], block)} of block "
                f"{place(row['block'], grid)}")


def place(number, sizes):
    """A number as (x, y, z)."""
    number, x, y = int(number), sizes[0], sizes[1]
    return number % x, number // x % y, number // x // y


def first_of_each(rows, keys):
    """The first row for each key, in the order of the rows."""
    _, first = np.unique(keys, return_index=True)
    return rows[np.sort(first)]


def in_order(events):
    """Sorted by block, in each by time, whichever block ran first."""
    return events[np.argsort(events["block"], kind="stable")]


def numbered(events, allocations):
    """Addresses that are the same in every run: within allocations or shared memory."""
    events = events.copy()
    shared = events["space"] == SHARED
    if shared.any():
        lowest = np.full(int(events["block"].max()) + 1, 2**64 - 1, np.uint64)
        np.minimum.at(lowest, events["block"][shared], events["address"][shared])
        events["address"][shared] -= lowest[events["block"][shared]] & ~np.uint64(255)
    order = np.argsort(allocations)
    begins = np.array(allocations, np.uint64)[order]
    owner = np.searchsorted(begins, events["address"][~shared], "right") - 1
    offset = events["address"][~shared] - begins[owner]
    number = order[owner].astype(np.uint64)
    events["address"][~shared] = (number << np.uint64(48)) + offset
    return events


def in_cells(events):
    """An access for each cell that is touched, of 4 bytes, or 1 if some are smaller."""
    if not len(events):
        return events
    cell = 4 if ((events["size"] % 4 == 0) & (events["address"] % 4 == 0)).all() else 1
    counts = events["size"] // cell
    rows = np.repeat(events, counts)
    offset = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    rows["address"] += (offset * cell).astype(np.uint64)
    return rows


def conflicts(cells, keys):
    """Pairs of accesses to one cell, one of them a store, in no order.

    With keys ("block", "epoch"), accesses are compared that agree in both; without,
    which is for global memory, also those of different blocks.
    """
    if not keys:
        yield from conflicts(cells, ("block", "epoch"))
        yield from disagreeing(cells, ["address"], "block")
    else:
        yield from disagreeing(cells, [*keys, "address"], "thread")


def disagreeing(cells, keys, who):
    """For each group of cells alike in keys: rows that differ in who, one a store."""
    if not len(cells):
        return
    cells = cells[np.lexsort([cells[who], *(cells[key] for key in reversed(keys))])]
    edge = np.zeros(len(cells), bool)
    edge[0] = True
    for key in keys:
        edge[1:] |= cells[key][1:] != cells[key][:-1]
    starts = np.flatnonzero(edge)
    stores = np.add.reduceat((cells["kind"] & 2 > 0).astype(int), starts)
    loads = np.add.reduceat((cells["kind"] == LOAD).astype(int), starts)
    atomics = np.add.reduceat((cells["kind"] == ATOMIC).astype(int), starts)
    ends = np.append(starts[1:], len(cells))
    several = cells[who][starts] != cells[who][ends - 1]
    suspects = several & ((stores > 0) | (atomics > 0) & (loads > 0))
    seen = set()
    for start, end in zip(starts[suspects], ends[suspects]):
        group = cells[start:end]
        changing = group[group["kind"] != LOAD]
        for store in first_of_each(changing, changing["site"]):
            others = group[(group[who] != store[who])
                           & ~((group["kind"] == ATOMIC) & (store["kind"] == ATOMIC))]
            for other in first_of_each(others, others["site"]):
                pair = frozenset((int(store["site"]), int(other["site"])))
                if pair not in seen:
                    seen.add(pair)
                    yield store, other
