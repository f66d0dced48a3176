"""python -m weave: what the book's chapters are up to, without building the site.

    python -m weave status               every chapter: fresh, or stale and why
    python -m weave run FILE             execute one chapter and print its outputs
    python -m weave clean                forget every result
    python -m weave finish FOLDER        finish a built site (formulas, policy, classes)
"""

import argparse
import logging
import sys
from pathlib import Path

from . import WeaveError, finish
from .cache import Cache
from .chapter import Chapter
from .execute import execute


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m weave", description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("status", help="list the chapters: fresh, or stale and why")
    run = commands.add_parser("run", help="execute one chapter and print its outputs")
    run.add_argument("file", type=Path)
    run.add_argument("--seconds", type=float, default=120, help="stop after this long (120)")
    commands.add_parser("clean", help="forget every result")
    end = commands.add_parser("finish", help="finish a built site")
    end.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        return {"status": status, "run": run_one, "clean": clean, "finish": finish_site}[given.command](given)
    except (WeaveError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1


def status(given):
    cache = Cache()
    for path in sorted(Path("docs").rglob("*.md")):
        chapter = Chapter(path)
        if "jupyter" in chapter.meta:
            reasons = cache.why_stale(chapter)
            print(f"{'stale' if reasons else 'fresh'}  {chapter.name}")
            for reason in reasons:
                print(f"       {reason}")


def run_one(given):
    def done(chapter, results, inputs):
        for cell, result in zip(chapter.cells, results):
            for output in result["outputs"]:
                text = output.get("text") or output["data"].get("text/plain", "")
                print(f"{chapter.name}:{cell.line}: {text.rstrip()}")
            for sentence in result.get("claims", []):
                print(f"{chapter.name}:{cell.line}: holds: {sentence}")
            if "value" in result:
                print(f"{chapter.name}:{cell.line}: {cell.source} = {result['value']}")
        Cache().store(chapter, results, inputs)

    errors = execute([Chapter(given.file)], done, given.seconds)
    for error in errors:
        print(error, file=sys.stderr)
    return len(errors)


def clean(given):
    Cache().clean()


def finish_site(given):
    if not given.folder.is_dir():
        raise FileNotFoundError(f"{given.folder} is not a folder; build the site first: make site")
    errors = finish.finish(given.folder, Path("docs"))
    for error in errors:
        print(error, file=sys.stderr)
    return len(errors)


if __name__ == "__main__":
    sys.exit(main())
