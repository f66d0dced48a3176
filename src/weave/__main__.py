"""python -m weave: what the book's chapters are up to, without building the site.

    python -m weave status               every chapter: fresh, or stale and why
    python -m weave run FILE             execute one chapter and print its outputs
    python -m weave claims FILE          comparisons and typed numbers that no check of it holds
    python -m weave clean                forget every result
    python -m weave export FOLDER        the book as Markdown that builds without the weave
    python -m weave finish FOLDER        finish a built site (formulas, policy, classes)
"""

import sys

try:
    import argparse
    import logging
    import math
    import shutil
    from pathlib import Path

    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort, ConfigurationError, PluginError

    from . import WeaveError
    from .claims import doubtful
    from .finish import finish
except KeyboardInterrupt:    # before main can answer it
    print("stopped", file=sys.stderr)
    sys.exit(130)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m weave", description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("status", help="list the chapters: fresh, or stale and why")
    run = commands.add_parser("run", help="execute one chapter and print its outputs")
    run.add_argument("file", type=Path)
    run.add_argument("--seconds", type=float, default=120,
                     help="of processor time that are meant to do (120)")
    listed = commands.add_parser("claims", help="list comparisons and typed numbers that no check holds")
    listed.add_argument("files", type=Path, nargs="+", metavar="file")
    commands.add_parser("clean", help="forget every result")
    out = commands.add_parser("export", help="write the book as Markdown that builds without the weave")
    out.add_argument("folder", type=Path)
    end = commands.add_parser("finish", help="finish a built site")
    end.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        return {"status": status, "run": run_one, "claims": list_doubtful, "clean": clean,
                "export": export_book, "finish": finish_site}[given.command](given)
    except (WeaveError, FileExistsError, FileNotFoundError, ConfigurationError, PluginError) as error:
        print(error, file=sys.stderr)
        return 1
    except Abort as stopped:    # MkDocs has said why
        return stopped.exit_code


def book():
    """The settings in mkdocs.yml: MkDocs's own, and the weave's."""
    config = load_config()
    if "weave" not in config.plugins:
        raise ConfigurationError("mkdocs.yml does not have weave among its plugins")
    return config, config.plugins["weave"].config


def status(given):
    config, settings = book()
    pages = [*Path(config.docs_dir).rglob("*.md"), *Path(config.docs_dir).rglob("[!.]*.ipynb")]
    for path in sorted(path for path in pages if ".ipynb_checkpoints" not in path.parts):
        chapter = settings.chapter(path)
        if "jupyter" in chapter.meta:
            reasons = settings.cache().why_stale(chapter)
            print(f"{'stale' if reasons else 'fresh'}  {chapter.name}")
            for reason in reasons:
                print(f"       {reason}")


def of_the_book(file, settings):
    """A file's chapter.  Raises FileNotFoundError."""
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}; a chapter is a file like docs/chapter.md")
    if not file.resolve().is_relative_to(settings.root):
        raise FileNotFoundError(f"{file} is not of the book in {settings.root}")
    return settings.chapter(file)


def list_doubtful(given):
    _, settings = book()
    for chapter in [of_the_book(file, settings) for file in given.files]:
        for line, kind, sentence in doubtful(chapter):
            print("{}:{}: {}: {}".format(*chapter.place(line), kind, sentence))


def run_one(given):
    _, settings = book()
    if given.seconds <= 0 or math.isnan(given.seconds):
        raise ConfigurationError(f"--seconds {given.seconds:g}: a chapter needs more than no time")
    chapter = of_the_book(given.file, settings)

    def done(chapter, inputs):
        for cell in chapter.cells:
            place = "{}:{}".format(*chapter.place(cell.line))
            for output in cell.outputs:
                text = output.get("text") or output["data"].get("text/plain", "")
                print(f"{place}: {text.rstrip()}")
            for sentence in cell.claims:
                print(f"{place}: holds: {sentence}")
            if cell.role == "value":
                print(f"{place}: {cell.source} = {cell.value}")
        settings.cache().store(chapter, inputs)

    errors = settings.execute([chapter], done, given.seconds)
    for error in errors:
        print(error, file=sys.stderr)
    return len(errors)


def clean(given):
    book()[1].cache().clean()


def export_book(given):
    from .export import export    # which needs more than the other commands

    export(book()[0], given.folder)
    print(f"{given.folder} has the book; build it there with `mkdocs build` or `zensical build`, then "
          f"`python -m weave finish {given.folder / 'site'}` here", file=sys.stderr)


def finish_site(given):
    if not given.folder.is_dir():
        raise FileNotFoundError(f"{given.folder} is not a folder; build the site first: make site")
    if (beside := given.folder.resolve().parent / "beside").is_dir():    # of an export
        shutil.copytree(beside, given.folder, dirs_exist_ok=True)
    errors = finish(given.folder, given.folder.resolve().parent / "docs")
    for error in errors:
        print(error, file=sys.stderr)
    return len(errors)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
