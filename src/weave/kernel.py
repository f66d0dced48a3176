"""What the weave adds to a kernel.  Imported there, never by a chapter.

After each cell the kernel reports, in one message the reader never sees, the claims that held,
the claims that were never reached, and the value asked for; after the last, what it read.
"""

import ast
import importlib.metadata
import os
import platform
import sys
from pathlib import Path

MIME = "application/vnd.weave+json"


def start(root, source):
    """Prepare this kernel: figures as SVG, asserts that report, files that are noted.

    root is the book's folder, and source, under it, that of its modules.
    """
    from IPython import get_ipython

    shell = get_ipython()
    shell.config.InlineBackend.figure_formats = {"svg"}
    shell.config.InlineBackend.print_figure_kwargs = {
        "bbox_inches": "tight", "metadata": {"Date": None, "Creator": None}}
    shell.ast_transformers.append(Claims(shell))
    shell.user_ns["__weave_value__"] = lambda value: report(value=str(value))
    shell.user_ns["__weave_inputs__"] = lambda: report(inputs=inputs(Path(root), source, opened))
    opened = set()
    sys.addaudithook(lambda event, args: event == "open" and note(opened, *args))


def report(**content):
    from IPython.display import publish_display_data

    publish_display_data({MIME: content})


class Claims(ast.NodeTransformer):
    """Follows each assert that has a sentence with a note that it held."""

    def __init__(self, shell):
        self.pending, self.held = set(), {}
        shell.user_ns["__weave_held__"] = self.hold
        shell.events.register("post_run_cell", self.finish)

    def visit_Module(self, module):
        self.pending, self.held = set(), {}
        return self.generic_visit(module)

    def visit_Assert(self, claim):
        if claim.msg is None:
            return claim
        self.pending.add(claim.lineno)
        note = ast.Expr(ast.Call(ast.Name("__weave_held__", ast.Load()),
                                 [ast.Constant(claim.lineno), claim.msg], []))
        return [claim, ast.fix_missing_locations(ast.copy_location(note, claim))]

    def hold(self, line, sentence):
        self.pending.discard(line)
        self.held[str(sentence)] = True    # a dictionary keeps the order and drops repetitions

    def finish(self, result):
        if result.success and (self.held or self.pending):
            report(claims=list(self.held), unreached=sorted(self.pending))
        self.pending, self.held = set(), {}


def note(opened, path, mode, flags):
    writing = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
    if isinstance(path, (str, os.PathLike)) and not writing:
        opened.add(os.path.abspath(path))


def inputs(root, source, opened):
    """The files under root that were read, and the versions of what was imported."""
    modules = {Path(file) for module in list(sys.modules.values())
               if (file := getattr(module, "__dict__", {}).get("__file__"))}
    read = {Path(path) for path in opened} | modules    # a module may have come from its .pyc
    machinery = Path(__file__).parent
    files = sorted(str(path.relative_to(root)) for path in read
                   if path.is_relative_to(root) and not path.is_relative_to(machinery))
    kept = [file for file in files
            if not file.startswith(".") and not file.endswith((".pyc", ".lock")) and (root / file).is_file()]
    owners = importlib.metadata.packages_distributions()
    names = {name for top in {name.split(".")[0] for name in list(sys.modules)}
             for name in owners.get(top, [])}
    versions = {name: importlib.metadata.version(name) for name in sorted(names)}
    return {"files": kept, "versions": {"Python": platform.python_version(), **versions}}
