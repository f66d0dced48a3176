"""Grade an exercise in a process of its own, so that nothing it does is left behind.

>>> judge("labs/micrograd/engine.py::Value.tanh")
('to write', 'Value.tanh is yours to write')

The processes are copies of one that has imported PyTorch and PyOpenCL, and nothing of the book's: so an
exercise does not wait for these imports, and begins with the book's modules as they are on disk.
"""

import contextlib
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import tempfile

from .stub import WRONG

LIMIT = 120    # seconds of processor time for one exercise; the book's own code takes a few
COPIES = multiprocessing.get_context("forkserver")
COPIES.set_forkserver_preload(["pyopencl", "pytest", "torch"])


def judge(address, limit=LIMIT, tests=True):
    """Grade an exercise, or a whole file at once -> its state and why.

    limit is in seconds of processor time, so that a busy machine fails nobody.  tests: also by the tests of
    the module, after the examples.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")    # small tensors, other work beside
    receiver, sender = COPIES.Pipe(duplex=False)
    with tempfile.NamedTemporaryFile("r", encoding="utf-8", errors="replace") as printed, receiver:
        process = COPIES.Process(target=send_verdict, args=(sender, printed.name, limit, str(address), tests))
        process.start()
        sender.close()
        verdict = None
        with contextlib.suppress(EOFError):    # it died before it could send one
            verdict = receiver.recv()
        process.join()
        if verdict:
            return verdict
        if process.exitcode == -signal.SIGXCPU:
            return WRONG, (f"After {limit} seconds of processor time it was still running. "
                           "Is there a loop that never ends?")
        died = subprocess.CalledProcessError(process.exitcode, "python")    # the status in words
        return WRONG, printed.read().strip() or str(died)


def send_verdict(sender, printed, limit, *arguments):
    """Grade in this process, within limit seconds of its processor time; what it prints goes to a file."""
    with open(printed, "w", encoding="utf-8") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
            stream.reconfigure(encoding="utf-8")
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, most))
    from .grade import grade

    sender.send(grade(*arguments))
