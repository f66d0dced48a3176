"""The command line: python -m benchmarks NAME [options].

    python -m benchmarks --help        what there is to measure
    python -m benchmarks gpt --help    one of them
    python -m benchmarks all           all of them, one after the other

A benchmark writes its numbers to results/NAME.json.  The exit status is 1 if a budget is missed.
"""

import sys


def stopped():
    """Ctrl-C is one line, and none from a task: the process that waits for it has one."""
    if "--task" not in sys.argv:
        print("stopped", file=sys.stderr)
    return 130


try:
    import argparse
    import ast
    import importlib
    import json
    import subprocess
    from pathlib import Path

    from .harness import ROOT
    from .provenance import only_of
except KeyboardInterrupt:    # before main can answer it
    sys.exit(stopped())

NAMES = ("bert", "bpe", "chapters", "compiled", "cuda", "gpt", "lectures", "makemore", "micrograd", "models",
         "modern", "optimizers", "represent", "seeds", "site", "stack", "torch", "training", "tuning",
         "writing")
KARPATHY = {"metavar": "FILE", "help": "names.txt of karpathy/makemore, for the rows on the lectures' names"}
QUICK = {"action": "store_true"}
CARD = ("environment", "kernels", "PyTorch", "torch", "tests", "tuning")


def positive(text):
    """A whole number from 1 on."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} rounds measure nothing; it takes at least 1")
    return number


def rounds(count):
    return {"type": positive, "default": count, "metavar": "N", "help": f"of each comparison ({count})"}


OPTIONS = {    # of each benchmark: {flag: how argparse reads it}
    "bert": {
        "--only": {"metavar": "SECTION", "help": "this section, not all"},
        "--kept": {"type": Path, "metavar": "FOLDER", "help": "keeps trained models there, and finds them"}},
    "bpe": {
        "--rounds": rounds(3),
        "--text": {"nargs": "+", "metavar": "FOLDER", "help": "where to look for text"}},
    "chapters": {
        "chapters": {"nargs": "*", "metavar": "CHAPTER", "help": "these, again; else all"}},
    "compiled": {},
    "cuda": {
        "section": {"nargs": "?", "default": "cpu", "choices": ["cpu", "gpu", "memcheck"]},
        "--only": {"action": "append", "choices": CARD, "help": "of the GPU, this part, not all"},
        "--seconds": {"type": positive, "metavar": "N", "help": "for all parts of the GPU (460)"},
        "--quick": {**QUICK, "help": "small sizes, written only to --out: does it still run?"}},
    "gpt": {
        "section": {"nargs": "?", "default": "speed", "choices": ["speed", "ladder", "models"]},
        "--rounds": rounds(9),
        "--threads": {"type": int, "default": 2, "choices": [1, 2], "help": "of the speed section (2)"},
        "--karpathy": KARPATHY,
        "--only": {"metavar": "NAME", "help": "of the models, those whose name contains this"}},
    "lectures": {
        "rows": {"nargs": "*", "metavar": "ROW", "help": "these, even if the file has them"},
        "--karpathy": KARPATHY},
    "makemore": {
        "--rounds": rounds(15)},
    "micrograd": {
        "--rounds": rounds(5)},
    "models": {
        "section": {"nargs": "?", "default": "models", "choices": ["models", "beginnings"]},
        "--karpathy": KARPATHY,
        "--only": {"metavar": "MODEL", "action": "append", "help": "this model, not all"}},
    "modern": {
        "--only": {"metavar": "ROW", "help": "the rows whose name contains this, not all"}},
    "optimizers": {},
    "represent": {
        "--only": {"metavar": "SECTION", "help": "this section, not all"},
        "--kept": {"type": Path, "metavar": "FOLDER", "help": "keeps trained models there, and finds them"}},
    "seeds": {
        "sections": {"nargs": "*", "metavar": "SECTION", "help": "these; else all"}},
    "site": {
        "--quick": {**QUICK, "help": "one Lighthouse run per page and device instead of five"}},
    "stack": {
        "section": {"nargs": "?", "choices": ["machines", "kernels", "written"]},
        "--rounds": rounds(3)},
    "torch": {
        "--rounds": rounds(5)},
    "training": {
        "--rounds": rounds(5)},
    "tuning": {
        "section": {"nargs": "?", "choices": ["instructions", "rewards"]},
        "--only": {"metavar": "ROW", "help": "the rows whose name contains this, not all"},
        "--kept": {"type": Path, "metavar": "FOLDER", "help": "keeps GPTs of names there, or finds them"}},
    "writing": {
        "section": {"nargs": "?", "choices": ["vocabulary", "scaling", "written"]},
        "--kept": {"type": Path, "metavar": "FOLDER", "help": "keeps what was trained there, and finds it"}},
}


def main(arguments=None):
    options = parser().parse_args(arguments)
    if options.name == "all":
        return run_all()
    benchmark = importlib.import_module(f"benchmarks.{options.name}")
    only_of(ROOT, sys.modules)
    if options.task:
        name, *given = json.loads(options.task)
        return print(json.dumps(benchmark.TASKS[name](*given)))
    missed = [each["what"] for each in benchmark.main(options) or [] if not each["holds"]]
    if missed:
        print(f"{len(missed)} missed: {'; '.join(missed)}")
    return bool(missed)


def run_all():
    """Each in a process of its own, since they set threads and replace functions; 1 if one of them failed."""
    failed = []
    for name in NAMES:
        print(f"benchmarks.{name}", flush=True)
        try:
            if subprocess.run([sys.executable, "-m", "benchmarks", name], cwd=ROOT).returncode:
                failed.append(name)
        except KeyboardInterrupt:    # the benchmark has said so
            return 130
    if failed:
        print(f"failed, or missed a budget: {', '.join(failed)}")
    return bool(failed)


def parser():
    as_written = argparse.RawDescriptionHelpFormatter
    whole = argparse.ArgumentParser("python -m benchmarks", description=__doc__, formatter_class=as_written)
    subjects = whole.add_subparsers(dest="name", required=True, metavar="NAME")
    for name in NAMES:
        text = docstring(name)
        one = subjects.add_parser(name, help=text.splitlines()[0], description=text,
                                  formatter_class=as_written)
        for flag, how in OPTIONS[name].items():
            one.add_argument(flag, **how)
        one.add_argument("--out", type=Path, default=ROOT / f"results/{name}.json", metavar="FILE",
                         help=f"another place than results/{name}.json")
        one.add_argument("--task", help=argparse.SUPPRESS)    # what a single process runs; prints JSON
    subjects.add_parser("all", help="Measure everything here, without options.")
    return whole


def docstring(name):
    """The help of a benchmark, which is not imported for it: that would take PyTorch's seconds."""
    return ast.get_docstring(ast.parse(Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")))


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")    # not every code page has ✓
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(stopped())
