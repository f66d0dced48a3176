"""make lab: grade the exercises in labs/, or those of one file, and explain its first mistake.

    python -m lab                                       every exercise, and which ones pass
    python -m lab labs/micrograd/engine.py              one file
    python -m lab labs/micrograd/engine.py::Value.tanh  one exercise
"""

import sys

try:
    import argparse
    import contextlib
    import io
    import os
    import re
    import resource
    import signal
    import subprocess

    from .stub import OPEN, PASSES, ROOT, WRONG, Lab, LabError, Wrong
except KeyboardInterrupt:    # before main can answer it
    print("stopped", file=sys.stderr)
    sys.exit(130)

LIMIT = 120    # seconds of processor time for one exercise; the book's own code takes a few


def try_tests(address):
    """Run the module's tests, if there are any; Wrong at the first that fails."""
    import pytest

    from .plugin import Grading

    grading = Grading(address)
    if grading.lab.tests:
        with contextlib.redirect_stdout(io.StringIO()):
            code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", str(grading.lab.tests)],
                               plugins=[grading])
        if code:
            raise grading.first or Wrong(f"{grading.lab.tests} ended with {code!r}")


def grade(address):
    """Grade the address in this process, and print its state and why."""
    from .examples import try_examples

    lab = Lab(address)
    state, why = PASSES, ""
    try:
        names = lab.install()
        for name in lab.chosen:
            try_examples(lab, name, names)
        try_tests(address)
    except Wrong as wrong:
        state, why = wrong.state, str(wrong)
    except LabError as error:
        state, why = WRONG, str(error)
    print(f"\n{state}\n{why}")


def judge(address, limit=LIMIT):
    """Grade an exercise, or a whole file at once, in a process of its own -> its state and why.

    limit is in seconds of processor time, so that a busy machine fails nobody.
    """
    def limited():
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, most))

    process = subprocess.run([sys.executable, "-m", "lab", "--in-this-process", address], encoding="utf-8",
                             capture_output=True, stdin=subprocess.DEVNULL, preexec_fn=limited,
                             env={"OMP_NUM_THREADS": "1",    # small tensors, other work beside
                                  **os.environ, "PYTHONIOENCODING": "utf-8"})
    if process.returncode == -signal.SIGXCPU:
        return WRONG, (f"After {limit} seconds of processor time it was still running. "
                       "Is there a loop that never ends?")
    found = re.search(rf"^({PASSES}|{WRONG}|{OPEN})\n(.*)\Z", process.stdout, re.MULTILINE | re.DOTALL)
    if found:
        return found[1], found[2].strip("\n")
    died = subprocess.CalledProcessError(process.returncode, "python")    # the status in words
    return WRONG, (process.stdout + process.stderr).strip() or str(died)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m lab", description="Grade the exercises in labs/.")
    parser.add_argument("mine", nargs="?", help="a file, or one exercise in it: engine.py::Value.tanh")
    parser.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.in_this_process:
        return grade(options.mine)
    wrong, first = 0, None
    for address in [options.mine] if options.mine else sorted((ROOT / "labs").glob("*/*.py")):
        try:
            lab = Lab(address)
        except LabError as error:
            print(error)
            wrong += 1
            continue
        print(lab.display_path)
        width = max(map(len, lab.chosen))
        for name in lab.chosen:
            state, why = judge(f"{lab.path}::{name}")
            print(f"    {'✓' if state == PASSES else '·'} {name:{width}}  {state}", flush=True)
            wrong += state != PASSES
            first = first or (why and f"\n{name}, {lab.display_path}\n\n{why}")
    if options.mine:
        print(first or "")
        return wrong > 0
    print("\nmake lab mine=FILE grades one file and explains its first mistake")


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")    # not every code page has ✓
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
