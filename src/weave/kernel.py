"""What the weave adds to a kernel.  Imported there, never by a chapter.

With its answer to each request the kernel gives a report, on another way than the outputs: the claims
that held and the asserts they came from, the value asked for, how many outputs were sent, and what the
cell left behind that would spoil the next one.
"""

import ast
import builtins
import collections
import contextvars
import functools
import importlib.metadata
import itertools
import json
import os
import platform
import sys
import threading
from pathlib import Path

from zmq import SNDHWM

MIME = "application/vnd.weave+json"
OUTPUTS = {"stream", "display_data", "execute_result", "error", "update_display_data", "clear_output"}
ENDED = "ended.json"    # in the kernel's private folder: what a cell did that leaves no answer
PROGRAMS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.spawn"}
POOLS = ("concurrent.futures", "multiprocessing")    # their threads work for one cell after the other


def start(root, source, folder):
    """Prepare this kernel: figures as SVG, asserts that report, files that are noted.

    root is the book's folder, and source, under it, that of its modules; folder is private to the kernel.
    """
    from IPython import get_ipython

    shell = get_ipython()
    shell.config.InlineBackend.figure_formats = {"svg"}
    shell.config.InlineBackend.print_figure_kwargs = {
        "bbox_inches": "tight", "metadata": {"Date": None, "Creator": None}}
    builtins.__weave__ = Report(shell, Path(root), source, Path(folder))    # where no cell clears it
    io_thread = shell.kernel.iopub_socket.io_thread
    io_thread.schedule(lambda: io_thread.socket.set(SNDHWM, 0))    # a full queue would drop outputs
    threading.Thread.start = in_its_context(threading.Thread.start)


class Report:
    """What a cell did beside its outputs.  Displaying it sends it and begins the next one."""

    def __init__(self, shell, root, source, folder):
        self.shell, self.root, self.source, self.folder = shell, root, source, folder
        self.streams = {"stdout": sys.stdout, "stderr": sys.stderr}
        self.pid, self.depth = os.getpid(), 1    # of cells that run cells; this is made in one
        self.opened, self.sent = set(), collections.Counter()    # outputs by the request they belong to
        self.texts, self.programs = set(), False    # sources read as texts; whether programs ran, which might
        self.claims = Claims()
        self.begin()
        shell.ast_transformers.append(self.claims)
        shell.events.register("pre_run_cell", self.deeper)
        shell.events.register("post_run_cell", self.finish)
        shell.kernel.session.send = self.counting(shell.kernel.session.send)
        threading.excepthook = self.noting(threading.excepthook)
        sys.addaudithook(self.audit)

    def begin(self):
        self.claims.begin()
        self.more, self.left = {}, []

    def value(self, value):
        self.more["value"] = str(value)

    def read(self):
        self.more["inputs"] = inputs(self.root, self.opened, self.texts, self.programs)

    def audit(self, event, args):
        if event == "open":
            note(self.opened, *args)
            if str(args[0]).endswith(".py") and not is_import(sys._getframe(1)):
                note(self.texts, *args)
        elif event in PROGRAMS and not (event == "subprocess.Popen" and is_dot(args[0], args[1])):
            self.programs = True

    def _repr_mimebundle_(self, **_):
        for stream in self.streams.values():
            if not stream.closed:
                stream.flush()
        request = self.shell.get_parent()["header"]["msg_id"]
        given = {"claims": list(self.claims.held), "reached": sorted(self.claims.reached),
                 "sent": self.sent[request], "left": self.left, "folder": working_directory(), **self.more}
        self.begin()
        return {MIME: given}

    def deeper(self, _):
        self.depth += 1

    def finish(self, result):
        """After a cell: put back what the next one needs, and say what was not as it was."""
        self.depth -= 1
        if os.getpid() != self.pid:
            self.end(1, "this cell forks, and the child went on to the end of the cell as if it were the "
                        "kernel; end it with os._exit")
            os._exit(1)
        if self.depth:
            return
        for name, stream in self.streams.items():
            if getattr(sys, name) is not stream or stream.closed:
                state = "closed" if stream.closed else "replaced"
                self.left.append(f"sys.{name} is {state}; use contextlib.redirect_{name}")
                setattr(sys, name, stream)
        if isinstance(result.error_in_exec, SystemExit):
            self.end(line_of(result.error_in_exec, self.shell.user_ns),
                     f"{result.error_in_exec!r} is raised here; a chapter goes on to its last cell")
        if self.shell.exit_now:
            self.end(1, "this cell ends the kernel; a chapter goes on to its last cell")

    def end(self, line, what):
        unfinished = self.folder / f".{ENDED}"    # so that nobody reads the half of it
        unfinished.write_text(json.dumps([line, what]))
        unfinished.replace(self.folder / ENDED)

    def counting(self, send):
        def counted(*given, **more):
            message = send(*given, **more)
            if message and message["msg_type"] in OUTPUTS:
                self.sent[message["parent_header"].get("msg_id")] += 1
            return message
        return counted

    def noting(self, hook):
        def noted(failure):
            self.left.append(f"in a thread, {failure.exc_type.__name__}: {failure.exc_value}")
            return hook(failure)
        return noted


def in_its_context(start):
    """Have what a thread prints belong to the cell that started it, though another one may be running."""
    def started(thread):
        work = getattr(thread, "_target", None)
        if not (getattr(work, "__module__", None) or "").startswith(POOLS):
            thread.run = functools.partial(contextvars.copy_context().run, thread.run)
        return start(thread)
    return started


def working_directory():
    try:
        return os.getcwd()
    except OSError:    # it was removed
        return None


def line_of(error, names):
    """The line of the cell, whose names these are, that an error passed through; 1 if there is none."""
    cell, line, trace = None, 1, error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        if trace.tb_frame.f_globals is names and cell in (None, code.co_filename):
            cell, line = code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    return line


class Claims(ast.NodeTransformer):
    """Follows each assert that has a sentence with a note that it held.

    The asserts of a cell are numbered as they stand in it; those of code that it has run in its turn,
    as %time does, are not.
    """

    cell = 0

    def begin(self):
        self.cell += 1
        self.held, self.reached, self.next = {}, set(), None

    def visit_Module(self, module):
        outer, self.next = self.next, iter(()) if self.next else itertools.count()
        module = self.generic_visit(module)
        self.next = outer or iter(())
        return module

    def visit_Assert(self, claim):
        if claim.msg is None:
            return claim
        note = ast.parse("__weave__.claims.hold(0, 0, 0)").body[0]
        note.value.args = [ast.Constant(self.cell), ast.Constant(next(self.next, None)), claim.msg]
        return [claim, ast.fix_missing_locations(ast.copy_location(note, claim))]

    def hold(self, cell, number, sentence):
        if cell == self.cell and number is not None:
            self.reached.add(number)
        self.held[str(sentence)] = True    # a dictionary keeps the order and drops repetitions


def note(opened, path, mode, flags):
    writing = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
    if isinstance(path, (str, os.PathLike)) and not writing:
        opened.add(os.path.abspath(path))


def is_import(frame):
    """Whether a file is opened here for the import system, which compiles it: no docstring shows by that."""
    return (frame.f_code.co_name == "get_data" and frame.f_back.f_code.co_name == "get_code"
            and "importlib" in frame.f_code.co_filename and "importlib" in frame.f_back.f_code.co_filename)


def is_dot(executable, arguments):
    """Whether a program is Graphviz's, which reads no source of the book."""
    name = executable or (arguments if isinstance(arguments, (str, os.PathLike)) else arguments[0])
    return Path(os.fsdecode(name)).name == "dot"


def inputs(root, opened, texts=(), programs=False):
    """The files under root that were read, and the versions of what was imported.

    texts are those of the files that were read as texts, or None if a program ran that may have read any.
    """
    modules = {Path(file) for module in list(sys.modules.values())
               if (file := getattr(module, "__dict__", {}).get("__file__"))}
    read = {Path(path) for path in opened} | modules    # a module may have come from its .pyc
    machinery = Path(__file__).parent
    files = sorted(str(path.relative_to(root)) for path in read
                   if path.is_relative_to(root) and not path.is_relative_to(machinery))
    kept = [file for file in files
            if not file.startswith(".") and not file.endswith((".pyc", ".lock")) and (root / file).is_file()]
    owners = packages()
    names = {name for top in {name.split(".")[0] for name in list(sys.modules)}
             for name in owners.get(top, [])}
    versions = {name: importlib.metadata.version(name) for name in sorted(names)}
    texts = {Path(path) for path in texts}
    return {"files": kept, "texts": None if programs else [file for file in kept if root / file in texts],
            "versions": {"Python": platform.python_version(), **versions}}


@functools.cache
def packages():
    """{name to import: the distributions that have it}: half a second, and the same for every kernel."""
    return importlib.metadata.packages_distributions()
