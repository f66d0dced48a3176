"""Run the code of chapters, several at a time, each in a kernel of its own.

Kernels are reached through Unix sockets in a private folder, not through TCP.  A chapter that
runs past its limit is stopped and named, and whatever ends the run ends its kernels.
"""

import asyncio
import itertools
import logging
import os
import re
import tempfile
import time
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from . import WeaveError
from .kernel import MIME

log = logging.getLogger("mkdocs.plugins.weave")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
IN_CELL = re.compile(r"Cell In\[\d+\], line (\d+)")
IN_FILE = re.compile(r"File (\S+?):(\d+)")


def execute(chapters, done, limit=120.0, jobs=os.cpu_count() or 1):
    """Run the chapters, and call done(chapter, results, inputs) as each ends; return the errors.

    results has one dictionary per cell of the chapter: outputs (nbformat), claims, value;
    inputs is what kernel.inputs found; limit is seconds per chapter.
    """
    if not chapters:
        return []
    with tempfile.TemporaryDirectory(prefix="weave-", ignore_cleanup_errors=True) as sockets:
        return asyncio.run(execute_all(chapters, done, limit, jobs, Path(sockets)))


async def execute_all(chapters, done, limit, jobs, sockets):
    turn, errors, left = asyncio.Semaphore(jobs), [], len(chapters)

    async def one(chapter, folder):
        nonlocal left
        async with turn:
            log.info("weave: executing %s, %d cells", chapter.name, len(chapter.cells))
            begin, outcome = time.monotonic(), "failed after"
            try:
                done(chapter, *await asyncio.wait_for(run_cells(chapter, folder), limit))
                outcome = "executed in"
            except asyncio.TimeoutError:
                errors.append(chapter.error(chapter.running, f"stopped here after {limit:.0f} s, "
                              "the limit for a chapter; move long work into a script that writes "
                              "results/*.json"))
            except WeaveError as error:
                errors.append(error)
            left -= 1
            seconds = time.monotonic() - begin
            log.info("weave: %s %s %.1f s, %d left", chapter.name, outcome, seconds, left)

    await asyncio.gather(*(one(chapter, sockets / str(n)) for n, chapter in enumerate(chapters)))
    return errors


async def run_cells(chapter, folder):
    folder.mkdir()
    manager = AsyncKernelManager(kernel_name="python3", transport="ipc",
                                 connection_file=str(folder / "kernel.json"))
    client = NotebookClient(nbformat.v4.new_notebook(), km=manager, timeout=None)
    try:
        await manager.start_kernel(env=environment(folder), cwd=str(chapter.root),
                                   extra_arguments=["--HistoryManager.enabled=False"])
        await client.async_start_new_kernel_client()
        return await answers(client, chapter)
    finally:
        if client.kc:
            client.kc.stop_channels()
        await manager.shutdown_kernel(now=True)


async def answers(client, chapter):
    """The result of every cell of the chapter, in order, and what the kernel read."""
    await ask(client, chapter, f"__import__('weave.kernel').kernel.start({str(chapter.root)!r})", 1)
    results = []
    for cell in chapter.cells:
        source = f"__weave_value__({cell.source})" if cell.role == "value" else cell.source
        results.append(await ask(client, chapter, source, cell.line))
        if cell.role == "check" and results[-1].get("unreached"):
            raise chapter.error(cell.line + results[-1]["unreached"][0] - 1,
                                "this claim was never reached, so nothing was checked")
    return results, (await ask(client, chapter, "__weave_inputs__()", 1))["inputs"]


async def ask(client, chapter, source, line):
    """Execute one cell; what it gave, with the kernel's own report taken out of the outputs."""
    cell = nbformat.v4.new_code_cell(source)
    client.nb.cells.append(cell)
    chapter.running = line
    try:
        await client.async_execute_cell(cell, len(client.nb.cells) - 1, store_history=True)
    except CellExecutionError as error:
        raise failure(chapter, cell, line, error) from None
    except DeadKernelError:
        if await client.km.is_alive():    # nbclient says this of a cancelled wait, too
            raise asyncio.CancelledError from None
        raise chapter.error(line, "the kernel died while this cell ran") from None
    result, outputs = {}, []
    for output in cell.outputs:
        report = output.get("data", {}).get(MIME)
        if report is None:
            output.pop("execution_count", None)
            outputs.append(dict(output))
        else:
            result.update(report)
    return {"outputs": joined(outputs), **result}


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
            some = [{"output_type": "stream", "name": name, "text": text} for name, text in texts.items() if text]
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
              if (chapter.root / os.path.expanduser(path)).is_relative_to(chapter.root / "src")]
    if places:
        path, number = places[-1].rsplit(":", 1)
        path = Path(os.path.expanduser(path))
        what += f" (raised in {path.relative_to(chapter.root)}:{number})"
    return chapter.error(at, what)


def environment(folder):
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
        "SCRATCH_NAMES": "",    # the book's own list, whatever the reader's is
    }
