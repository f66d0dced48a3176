"""Kernels that are copies of one process, so that chapters do not import the same packages one by one.

The process that is copied (original.py) has imported ipykernel and, of the modules that mkdocs.yml says
are slow to import, those of packages that the chapter imports.  (PyTorch imports a part of itself when an
optimizer is first made.)  Where no fork can be relied on, kernels start as Jupyter starts them.
"""

import ast
import functools
import json
import socket
import subprocess
import sys
from contextlib import suppress

import psutil
from jupyter_client import AsyncKernelManager

from .imports import imported_by

LAUNCHER = [sys.executable, "-m", "ipykernel_launcher"]    # what the command of a kernel to copy begins with
PREPARE = "import sys; del sys.path[0]; from weave.original import serve; serve(*sys.argv[1:])"


def imported_at_once(chapter, slow):
    """Which slow modules are of packages that the chapter imports in any case, as a tuple."""
    imports = [node for cell in chapter.cells for node in cell.tree.body
               if isinstance(node, (ast.Import, ast.ImportFrom))]
    packages = {name.partition(".")[0] for name in imported_by(ast.Module(imports, []))}
    return tuple(module for module in slow if module.partition(".")[0] in packages)


class Originals:
    """The processes to copy for some chapters of a book: one for each tuple of modules to find imported."""

    def __init__(self, chapters, slow, env):
        self.lines, self.processes = {}, []
        self.modules = {chapter: imported_at_once(chapter, slow) for chapter in chapters}
        if sys.platform == "linux":    # elsewhere a copy may not survive what its original imported
            for modules in dict.fromkeys(self.modules.values()):
                self.begin(modules, env, chapters[0].root)

    def begin(self, modules, env, cwd):
        line, end = socket.socketpair()
        with line, end:
            self.lines[modules] = line.makefile("rw")
            self.processes.append(subprocess.Popen(
                [sys.executable, "-c", PREPARE, str(end.fileno()), *modules], env=env, cwd=cwd,
                stdin=subprocess.DEVNULL, pass_fds=[end.fileno()], start_new_session=True))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for line in self.lines.values():
            with suppress(OSError):
                line.close()    # upon which the process ends
        for process in self.processes:
            process.wait()

    def of(self, chapter):
        """What starts a kernel for the chapter (see copied), if there is a process to copy."""
        line = self.lines.get(self.modules[chapter])
        return line and functools.partial(copied, line)


def copied(line, command, env, cwd):
    """Start a kernel by its command, as a copy of the process at the other end of the line."""
    print(json.dumps([command, env, cwd]), file=line, flush=True)
    return Copy(int(line.readline()))    # nothing to read is a ValueError


class Copy(psutil.Process):
    """A kernel's process as its manager needs it: like a subprocess.Popen, though it is no child of ours."""

    stdin = stdout = stderr = None

    def poll(self):
        return None if self.is_running() else 0

    def send_signal(self, sig):
        with suppress(psutil.NoSuchProcess):
            super().send_signal(sig)


class Manager(AsyncKernelManager):
    """Starts a kernel as a copy, if it is given what copies."""

    copy = None

    async def _async_launch_kernel(self, kernel_cmd, **options):    # which is there to be overridden
        one = self.provisioner
        with suppress(OSError, ValueError, psutil.Error):    # there is no original any more
            if self.copy and kernel_cmd[:3] == LAUNCHER:
                one.process = self.copy(kernel_cmd, options["env"], options["cwd"])
                one.pid = one.pgid = one.process.pid
                return self._reconcile_connection_info(one.connection_info)
        await super()._async_launch_kernel(kernel_cmd, **options)
