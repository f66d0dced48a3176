"""Measure how long each chapter of the book computes: processor time of its kernel, its imports included.

    python -m benchmarks chapters                           all of them (some minutes)
    python -m benchmarks chapters docs/micrograd/autograd.md    these, again

The pages say it under their titles, so that a reader knows what running a chapter takes.
"""

import asyncio
import tempfile
from pathlib import Path

from mkdocs.config import load_config
from weave.execute import NEVER, Run

from .harness import ROOT, significant
from .provenance import provenance
from .results import load, with_row, write

WHAT = "seconds of processor time that executing each chapter takes"


def main(options):
    settings = load_config(str(ROOT / "mkdocs.yml")).plugins["weave"].config
    wanted = [ROOT / path for path in options.chapters] or sorted((ROOT / "docs").glob("*/*.md"))
    chapters = [settings.chapter(path) for path in wanted]
    rows = load(options.out)["rows"] if options.chapters else []
    for chapter in chapters:
        if "jupyter" in chapter.meta:
            row = {"chapter": chapter.name, "seconds": significant(seconds(chapter, settings.environment), 2)}
            print(f"{row['chapter']:<40} {row['seconds']:>6g} s", flush=True)
            rows = with_row(rows, row, "chapter")
    write(options.out, what=WHAT, rows=rows, origin=provenance(__file__, "ipykernel"))


def seconds(chapter, environment):
    """Processor time of the chapter's kernel and of what it started."""
    with tempfile.TemporaryDirectory(prefix="weave-") as folder:
        run = Run(chapter, Path(folder, "kernel"), environment)
        asyncio.run(run.within(NEVER))
    return run.used
