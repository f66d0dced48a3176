"""The process that kernels are copies of (copies.py).

It runs one thread, and is connected to nothing but the run that asks for copies, so a copy of it (os.fork)
is whole.  What a chapter would notice is as Jupyter has it: the arguments, the environment, the folder.
"""

import gc
import importlib.util
import json
import os
import signal
import socket
import sys
from contextlib import suppress


def serve(line, *modules):
    """Import, and then be copied as often as the line asks for it, until nobody can ask any more."""
    os.environ["JPY_PARENT_PID"] = str(os.getpid())    # without whom a kernel ends: ipykernel reads it now
    from ipykernel import kernelapp

    from . import kernel

    kernel.packages()
    for module in modules:
        with suppress(ImportError):    # the chapter will say so, at its line
            importlib.import_module(module)
    gc.collect()
    gc.freeze()    # no copy need look through all that for garbage, nor have its memory written to
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)    # nobody waits for a copy
    if asked := copied(int(line)):
        become(kernelapp, *asked)


def copied(line):
    """Be copied as often as asked: what is asked of a copy, in the copy; None at the end."""
    with socket.socket(fileno=line) as line, line.makefile("rw") as requests:
        for asked in requests:
            if not (pid := os.fork()):
                return json.loads(asked)
            print(pid, file=requests, flush=True)


def become(kernelapp, command, env, cwd):
    """Be the kernel that was asked for: this is a copy."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.chdir(cwd)
    os.environ.update(env, JPY_PARENT_PID=str(os.getppid()))
    sys.argv[:] = [importlib.util.find_spec(command[2]).origin, *command[3:]]
    kernelapp.launch_new_instance()
