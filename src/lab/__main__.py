"""make lab: grade the exercises in labs/, or those of one file, and explain its first mistake.

    python -m lab                                       every exercise, and which ones pass
    python -m lab labs/micrograd/engine.py              one file
    python -m lab labs/micrograd/engine.py::Value.tanh  one exercise
"""

import sys

try:
    import argparse

    from .judge import judge
    from .stub import PASSES, ROOT, Lab, LabError
except KeyboardInterrupt:    # before main can answer it
    print("stopped", file=sys.stderr)
    sys.exit(130)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m lab", description="Grade the exercises in labs/.")
    parser.add_argument("mine", nargs="?", help="a file, or one exercise in it: engine.py::Value.tanh")
    options = parser.parse_args(arguments)
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
