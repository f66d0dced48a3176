"""What the book's code is measured by: `python -m benchmarks --help`.

    __main__    the command line of them all
    harness     turns, ratios, budgets, processes of their own
    provenance  who measured, when, which commit, on what
    results     reads and writes results/*.json, whose one form results/README.md describes
    names       lists of names, split, for the benchmarks of makemore
    card        what gpu.py runs on a card, each task in a process of its own

Every other file is a benchmark.  It has a docstring, which is its help, and main(options), which
measures, writes options.out, and returns the budgets that it measured.  What is to run in a process of
its own is in its TASKS.
"""
