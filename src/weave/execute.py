"""Run the code of chapters, several at a time, each in a kernel of its own.

Kernels are reached through Unix sockets in a private folder, not through TCP.  A chapter that uses
more processor time than its limit is named, and one that uses ten times as much is stopped; how busy
the machine is does not matter.  Whatever ends the run ends its kernels.
"""

import ast
import asyncio
import collections
import functools
import itertools
import json
import logging
import os
import re
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
import zmq
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from . import WeaveError
from .copies import Manager, Originals
from .kernel import ENDED, MIME, OUTPUTS

log = logging.getLogger("mkdocs.plugins.weave")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
IN_CELL = re.compile(r"Cell In\[\d+\], line (\d+)")
IN_FILE = re.compile(r"File (\S+?):(\d+)")
NEVER = 10**6    # seconds
STOPPED = 10    # times its limit of processor time, and a chapter is stopped


def execute(chapters, done, limit=120.0, jobs=None, environment=None, slow=()):
    """Run the chapters, and call done(chapter, inputs) as each ends; return the errors.

    What its cells gave is then in chapter.cells; inputs is what kernel.inputs found; limit is in seconds
    of processor time per chapter; jobs says how many run at a time, by default as many as there are
    processors; environment is added to the variables of the kernels' environment; slow are modules that
    kernels find imported if their chapters import them.
    """
    if not chapters:
        return []
    with tempfile.TemporaryDirectory(prefix="weave-", ignore_cleanup_errors=True) as sockets:
        jobs, environment, sockets = jobs or os.cpu_count() or 1, environment or {}, Path(sockets)
        with Originals(chapters, slow, kernel_environment(sockets) | environment) as originals:
            return asyncio.run(execute_all(chapters, done, limit, jobs, environment, sockets, originals))


async def execute_all(chapters, done, limit, jobs, environment, sockets, originals):
    turn, errors, left = asyncio.Semaphore(jobs), [], len(chapters)

    async def one(chapter, folder):
        nonlocal left
        async with turn:
            try:
                done(chapter, await reported(chapter, folder, limit, environment, lambda: left - 1,
                                             originals))
            except WeaveError as error:
                errors.append(error)
            finally:
                left -= 1

    await asyncio.gather(*(one(chapter, sockets / str(n)) for n, chapter in enumerate(chapters)))
    return errors


async def reported(chapter, folder, limit, environment, left, originals=None):
    """Execute one chapter, and say so in the log; what it read.  left() is how many are left."""
    log.info("weave: executing %s, %d cells", chapter.name, len(chapter.cells))
    begin, outcome, run = time.monotonic(), "failed after", Run(chapter, folder, environment, originals)
    try:
        inputs = await run.within(limit)
        outcome = "executed in"
        return inputs
    except asyncio.CancelledError:
        outcome = "stopped after"
        raise
    finally:
        log.info("weave: %s %s %.1f s, %d left", chapter.name, outcome, time.monotonic() - begin, left())


class Run:
    """One execution of a chapter, in a kernel of its own; line is where it has come to.

    originals has what the kernel can be a copy of (copies.Originals); without it, it starts afresh.
    """

    def __init__(self, chapter, folder, environment, originals=None):
        self.chapter, self.line, self.folder = chapter, 1, folder
        self.received = collections.Counter()    # outputs by the request they belong to
        self.answered = {}    # request: (the line that it is for, its outputs by then)
        self.moved = None     # the line after which the working directory was another one
        folder.mkdir()
        self.options = {"env": kernel_environment(folder) | environment, "cwd": str(chapter.root),
                        "extra_arguments": ["--HistoryManager.enabled=False"]}
        self.manager = Manager(kernel_name="python3", transport="ipc",
                               connection_file=str(folder / "kernel.json"))
        self.manager.copy = originals and originals.of(chapter)
        self.client = NotebookClient(nbformat.v4.new_notebook(), km=self.manager, timeout=None,
                                     iopub_timeout=NEVER, on_cell_executed=self.replied)
        self.used = 0.0    # seconds of processor time, of the kernel and what it started

    async def within(self, limit):
        """What whole() gives.  WeaveError, with the line, once ten times the limit is used up."""
        work, warned = asyncio.ensure_future(self.whole()), False
        try:
            while not work.done():
                await asyncio.wait([work], timeout=min(2, limit))
                self.used = max(self.used, processor_time(self.manager))    # 0 of a kernel that has ended
                if self.used > limit and not warned:
                    warned = True
                    log.info("weave: %s:%d has used %.0f s of processor time, and %.0f are meant to do; move "
                             "long work into a script that writes its results to a file",
                             self.chapter.name, self.line, self.used, limit)
                if self.used > STOPPED * limit and not work.done():
                    raise self.chapter.error(self.line, f"stopped here after {self.used:.0f} s of "
                                             f"processor time, and {limit:.0f} are meant to do; "
                                             "move long work into a script that writes its results to a file")
            return work.result()
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)    # which ends its kernel

    async def whole(self):
        """Execute every cell of the chapter, in order; what the kernel read."""
        try:
            await self.manager.start_kernel(**self.options)
            await self.client.async_start_new_kernel_client()
            self.listen(self.client.kc)
            where = f"{str(self.chapter.root)!r}, {self.chapter.source!r}, {str(self.folder)!r}"
            await self.ask(f"__import__('weave.kernel').kernel.start({where})")
            for cell in self.chapter.cells:
                await self.execute(cell)
            inputs = (await self.ask("__weave__.read()"))["inputs"]
            self.used = processor_time(self.manager)    # of all of it
            if self.moved:
                raise self.chapter.error(self.moved, "this cell changes the working directory, and no later "
                                         "one changes it back; use contextlib.chdir")
            return inputs
        finally:
            if self.client.kc:
                self.client.kc.stop_channels()
            await self.manager.shutdown_kernel(now=True)

    def listen(self, client):
        """Have each request answered with the kernel's report, and count the outputs that arrive."""
        client.execute = functools.partial(client.execute, user_expressions={"report": "__weave__"})
        channel = client.iopub_channel
        channel.socket.set(zmq.RCVHWM, 0)    # a full queue would drop outputs
        receive = channel.get_msg

        async def received(*given, **more):
            message = await receive(*given, **more)
            if message["msg_type"] in OUTPUTS:
                self.received[message["parent_header"].get("msg_id")] += 1
            return message
        channel.get_msg = received

    def replied(self, cell, cell_index, execute_reply):
        self.reply = execute_reply

    async def execute(self, cell):
        self.line = cell.line
        given = await self.ask(f"__weave__.value({cell.source})" if cell.role == "value" else cell.source)
        if cell.role == "check":
            for number, claim in enumerate(claims_of(cell.tree)):
                if number not in given["reached"]:
                    raise self.chapter.error(cell.line + claim.lineno - 1,
                                             "this claim was never reached, so nothing was checked")
        cell.result = {"value": None, **given}

    async def ask(self, source):
        """Execute a source; the kernel's report, and the outputs."""
        cell = nbformat.v4.new_code_cell(source)
        self.client.nb.cells.append(cell)
        try:
            await self.client.async_execute_cell(cell, len(self.client.nb.cells) - 1, store_history=True)
        except CellExecutionError as error:
            raise self.ended() or failure(self.chapter, cell, self.line, error) from None
        except DeadKernelError:
            if await self.manager.is_alive():    # nbclient says this of a cancelled wait, too
                raise asyncio.CancelledError from None
            raise self.ended() or self.chapter.error(
                self.line, "the kernel died while this cell ran") from None
        report = self.reply["content"].get("user_expressions", {}).get("report", {}).get("data", {}).get(MIME)
        if error := self.ended() or self.lost(report):
            raise error
        for output in cell.outputs:
            output.pop("execution_count", None)
        return {**report, "outputs": joined(map(dict, cell.outputs))}

    def ended(self):
        """The error of a cell that told of itself before it was to be answered."""
        try:
            line, what = json.loads((self.folder / ENDED).read_text())
        except FileNotFoundError:
            return None
        return self.chapter.error(self.line + line - 1, what)

    def lost(self, report):
        """The error of a cell whose report, or an output, did not arrive, or which spoils the next one."""
        request = self.reply["parent_header"]["msg_id"]
        if report is None:
            return self.chapter.error(self.line, "this cell took away what the kernel reports claims with")
        if (arrived := self.received[request]) < report["sent"]:
            return self.chapter.error(self.line, f"{report['sent']} outputs of this cell were sent, and "
                                      f"{arrived} arrived")
        if report["left"]:
            return self.chapter.error(self.line, f"when this cell ended: {report['left'][0]}")
        if report["folder"] is None:
            return self.chapter.error(self.line, "when this cell ended, its working directory was gone")
        for line, before, now in [(*told, self.received[then]) for then, told in self.answered.items()]:
            if now > before:
                return self.chapter.error(line, "a thread or a task of this cell printed after the cell had "
                                          "ended; have the cell wait for it")
        self.answered[request] = self.line, arrived
        here = Path(report["folder"]) == self.chapter.root
        self.moved = None if here else self.moved or self.line
        return None


def claims_of(tree):
    """The asserts with a sentence, in the order of the kernel's Claims."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Assert):
            if node.msg is not None:
                yield node
        else:
            yield from claims_of(node)


def processor_time(manager):
    """Seconds that a kernel has used, with the processes that it started; 0 if it does not run."""
    try:
        kernel = psutil.Process(manager.provisioner.pid)
        times = [each.cpu_times() for each in (kernel, *kernel.children(recursive=True))]
    except (psutil.Error, AttributeError, TypeError, ValueError):
        return 0.0
    return sum(each.user + each.system for each in times) + times[0].children_user + times[0].children_system


def joined(outputs):
    """What a cell printed between two other outputs, whole, standard output first.

    It arrives in pieces, and where the kernel cuts it, and which stream comes first, is chance.
    """
    result = []
    for printed, some in itertools.groupby(outputs, lambda output: output["output_type"] == "stream"):
        if printed:
            texts = {"stdout": "", "stderr": ""}
            for output in some:
                texts[output["name"]] += output["text"]
            some = [{"output_type": "stream", "name": name, "text": text}
                    for name, text in texts.items() if text]
        result += some
    return result


def failure(chapter, cell, line, error):
    """A WeaveError at the line of the chapter where the error rose, or passed through."""
    trace = ANSI.sub("", "\n".join(cell.outputs[-1].get("traceback", [])) if cell.outputs else "")
    inside = IN_CELL.findall(trace)
    at = line + (int(inside[-1]) if inside else 1) - 1
    what = f"{error.ename}: {error.evalue}"
    if error.ename == "AssertionError":
        what = f"this claim is false: {error.evalue or 'it has no sentence'}"
    places = [f"{path}:{number}" for path, number in IN_FILE.findall(trace)
              if (chapter.root / os.path.expanduser(path)).is_relative_to(chapter.root / chapter.source)]
    if places:
        path, number = places[-1].rsplit(":", 1)
        path = Path(os.path.expanduser(path))
        what += f" (raised in {path.relative_to(chapter.root)}:{number})"
    return chapter.error(at, what)


def kernel_environment(folder):
    """The kernel's environment: one thread, a fixed hash seed, the house style of figures."""
    return {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MATPLOTLIBRC": str(Path(__file__).with_name("matplotlibrc")),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "COLUMNS": "88",
    }
