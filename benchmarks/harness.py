"""How everything is measured here: in turns, by ratios of the same round, against budgets."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def turns(runs, rounds, warm=0):
    """{name: run} -> {name: [what run() returned, round by round]}.

    In a round each contestant runs once, so that a busy minute of the machine falls on all of them,
    and every second round goes backwards, so that nobody always runs behind the same one.  What the
    first `warm` rounds return is dropped.
    """
    found = {name: [] for name in runs}
    for number in range(-warm, rounds):
        for name in list(runs)[::-1 if number % 2 else 1]:
            result = runs[name]()
            if number >= 0:
                found[name].append(result)
    return found


def seconds(run, count=1, clock=time.perf_counter):
    """Seconds of one of the `count` units of work that run() does; clock is wall or processor time."""
    begin = clock()
    run()
    return (clock() - begin) / count


def ratio(ones, others, digits=3):
    """The median over the rounds of one's number divided by the other's."""
    return significant(statistics.median(a / b for a, b in zip(ones, others, strict=True)), digits)


def median(numbers, digits=3):
    """The median, to so many significant digits.

    >>> median([2.0, 1.0, 2.3456])
    2.0
    """
    return significant(statistics.median(numbers), digits)


def bracketed(first, run, score, side=2):
    """[run(rate)] for rates from low to high; the least score has `side` others on either side.

    Rates are 1, 2 and 5 times powers of ten, and the search begins at one of them, `first`.

    >>> bracketed(2.0, lambda rate: (rate, round(abs(rate - 0.6), 1)), lambda row: row[1], side=1)
    [(0.2, 0.4), (0.5, 0.1), (1.0, 0.4), (2.0, 1.4), (5.0, 4.4)]
    """
    def rate(n):
        return significant((1, 2, 5)[n % 3] * 10.0 ** (n // 3))

    best = next(n for n in range(-30, 30) if rate(n) == first)
    found = {best: run(first)}
    while wanted := [n for n in range(best - side, best + side + 1) if n not in found]:
        found |= {n: run(rate(n)) for n in wanted}
        best = min(found, key=lambda n: score(found[n]))
    return [found[n] for n in sorted(found)]


def significant(value, digits=3):
    """A float to so many significant digits, or a list of them; texts and whole numbers as they are.

    >>> significant([1234.5, 0.00012345, 7])
    [1230.0, 0.000123, 7]
    """
    if isinstance(value, list):
        return [significant(each, digits) for each in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def budget(what, measured, limit, unit="", better="lower"):
    """A measured number beside the limit that it may not exceed or, where higher is better, has to reach.

    It is printed, and returned as results files have it.
    """
    holds = holding(measured, limit, better)
    print(f"{'ok  ' if holds else 'MISS'} {what:<72} {measured:>9g} {unit:<5} "
          f"({'at least' if better == 'higher' else 'at most'} {limit:g})", flush=True)
    return {"what": what, "measured": measured, "limit": limit, "unit": unit, "better": better,
            "holds": holds}


def holding(measured, limit, better):
    """Is the budget met?  Never by a nan.

    >>> holding(2.0, 2, "higher"), holding(2.1, 2, "lower"), holding(float("nan"), 2, "lower")
    (True, False, False)
    """
    if better not in ("higher", "lower"):
        raise ValueError(f"better is 'higher' or 'lower', not {better!r}")
    return measured >= limit if better == "higher" else measured <= limit


def task(benchmark, name, *arguments, **environment):
    """What TASKS[name](*arguments) of a benchmark returns, in a process of its own; exits if that fails."""
    command = [sys.executable, "-m", "benchmarks", benchmark, "--task", json.dumps([name, *arguments])]
    run = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment},
                         stdout=subprocess.PIPE, text=True)
    if run.returncode:
        sys.exit(f"{benchmark}: {name} {arguments} ended with {run.returncode}")
    return json.loads(run.stdout.splitlines()[-1])
