"""The prose of the installed Python's standard library: docstrings, comments, and the help topics.

    python data/library.py                      which files, how many bytes, and the text's sha256
    python data/library.py --output prose.txt   writes the text, and prose.held-out.txt beside it
    python data/library.py --files              each file's bytes of prose, and the sha256 of the file

It is read where it lies, and nothing of it is in this repository: its licence is Python's own (PSF).
Another version of Python has another text.  About every tenth file, by a hash of its name, is held out.

A file's paragraphs, in their order, are its docstrings and runs of whole-line comments.  Of those, a
paragraph counts if it has five words or more, and only characters of ASCII, so that a character is a
byte; one that was there before is left out, as licences stand in many files.  Tests and the tables of
encodings are left out.
"""

import argparse
import ast
import hashlib
import inspect
import io
import re
import sys
import sysconfig
import tokenize
from pathlib import Path

LEFT_OUT = {"site-packages", "dist-packages", "test", "tests", "idle_test", "encodings"}
HAVE_DOCSTRINGS = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef
TOPICS = "pydoc_data/topics.py"    # a dictionary: what help("lambda") and the like show


def files(root=None):
    """{name: source} of the library's modules, sorted by their names."""
    root = Path(root or sysconfig.get_path("stdlib"))
    paths = {path.relative_to(root).as_posix(): path for path in root.rglob("*.py")}
    return {name: paths[name].read_bytes() for name in sorted(paths) if not LEFT_OUT & {*name.split("/")}}


def paragraphs(name, source):
    """The docstrings and runs of comments of a module, in the order in which they stand there."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    text = io.TextIOWrapper(io.BytesIO(source), encoding).read()    # with "\n" for every end of a line
    tree = ast.parse(text)
    if name == TOPICS:
        topics = next(node for node in tree.body if isinstance(node, ast.Assign))
        return [*ast.literal_eval(topics.value).values()]
    found = []
    for node in ast.walk(tree):
        if isinstance(node, HAVE_DOCSTRINGS) and (says := ast.get_docstring(node)):
            found.append((node.body[0].lineno, says))
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {each.start[0] for each in tokens if each.type == tokenize.COMMENT}
    run = []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        comment = re.fullmatch(r"\s*#+ ?(.*)", line) if number in lines else None
        if comment:
            run.append(comment[1])
        elif run:
            found.append((number - len(run), inspect.cleandoc("\n".join(["", *run]))))
            run = []
    return [says for _, says in sorted(found)]


def held_out(name):
    """Whether a file is one of about a tenth, whatever the version of Python."""
    return hashlib.sha256(name.encode()).digest()[0] % 10 == 0


def prose(root=None):
    """-> {name: prose} of the files to train on, and of those held out."""
    parts, seen = ({}, {}), set()
    for name, source in files(root).items():
        kept = []
        for each in paragraphs(name, source):
            each = "\n".join(line.rstrip() for line in each.strip().split("\n"))
            if each.isascii() and len(re.findall("[A-Za-z]{2,}", each)) >= 5 and each not in seen:
                seen.add(each)
                kept.append(each)
        if kept:
            parts[held_out(name)][name] = "\n\n".join(kept) + "\n\n\n"
    return parts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write the text")
    parser.add_argument("--files", action="store_true", help="list each file")
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, {sysconfig.get_path('stdlib')}")
    sources = files()
    for what, part in zip(("to train on", "held out"), prose()):
        text = "".join(part.values())
        digest = hashlib.sha256(text.encode()).hexdigest()
        print(f"{what}: {len(part)} files, {len(text):,} bytes, sha256 {digest}")
        if options.files:
            for name, says in part.items():
                print(f"  {len(says):>8,}  {hashlib.sha256(sources[name]).hexdigest()}  {name}")
        if options.output:
            suffix = options.output.suffix if what == "to train on" else f".held-out{options.output.suffix}"
            options.output.with_suffix(suffix).write_text(text, encoding="ascii", newline="\n")


if __name__ == "__main__":
    main()
