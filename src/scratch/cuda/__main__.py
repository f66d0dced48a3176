"""python -m scratch.cuda info, run SCRIPT or memcheck SCRIPT: see the package."""

import argparse
import importlib
import importlib.abc
import importlib.util
import runpy
import sys
from pathlib import Path

from . import NAMES, engine


ELSEWHERE = {"autoprimaryctx": "autoinit", "characterize": "tools"}


class DropIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Lets `import pycuda.driver` find scratch.cuda.driver, and so on."""

    def find_spec(self, name, path=None, target=None):
        if name == "pycuda" or name.startswith("pycuda."):
            whole = name == "pycuda"
            return importlib.util.spec_from_loader(name, self, is_package=whole)
        return None

    def exec_module(self, module):
        short = module.__name__.partition(".")[2]
        short = ELSEWHERE.get(short, short)
        if not short:
            module.VERSION = (2026, 1)
            module.VERSION_TEXT = "2026.1"
        elif short in NAMES:             # what is in sys.modules now is what is found
            ours = importlib.import_module(f"scratch.cuda.{short}")
            sys.modules[module.__name__] = ours
        else:
            what = f"{module.__name__} is not part of the CPU engine"
            raise ModuleNotFoundError(what, name=module.__name__)


def run(script, arguments):
    """Run a script as if PyCUDA were installed."""
    if engine == "cpu":
        for name in [n for n in sys.modules if n.partition(".")[0] == "pycuda"]:
            del sys.modules[name]
        sys.meta_path.insert(0, DropIn())
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).resolve().parent)
    runpy.run_path(script, run_name="__main__")


def info():
    """Lines that say which engine, device and limits there are."""
    driver = importlib.import_module("scratch.cuda").driver
    driver.init()
    device = driver.Device(0)
    attribute = driver.device_attribute
    yield "engine", ("a GPU, through PyCUDA" if engine == "gpu" else
                     "the CPU, through PyOpenCL and PoCL")
    yield "device", device.name()
    if engine == "cpu":
        from .pocl import get_engine
        yield "compiler", get_engine().device.platform.version
    yield "compute capability", "{}.{}".format(*device.compute_capability())
    yield "memory", f"{device.total_memory() / 2**30:.1f} GiB"
    for title, name in [
            ("multiprocessors or cores", "MULTIPROCESSOR_COUNT"),
            ("threads of a block", "MAX_THREADS_PER_BLOCK"),
            ("threads of a warp", "WARP_SIZE"),
            ("shared memory of a block, bytes", "MAX_SHARED_MEMORY_PER_BLOCK")]:
        yield title, f"{device.get_attribute(getattr(attribute, name)):,}"
    for title, names in [("block, at most", "MAX_BLOCK_DIM_"),
                         ("grid, at most", "MAX_GRID_DIM_")]:
        sizes = [device.get_attribute(getattr(attribute, names + axis))
                 for axis in "XYZ"]
        yield title, " x ".join(f"{size:,}" for size in sizes)


def main():
    parser = argparse.ArgumentParser(prog="python -m scratch.cuda", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("info", help="the engine, its device and its limits")
    for name, text in [("run", "an unmodified PyCUDA script"),
                       ("memcheck", "the same, looking for wrong accesses to memory")]:
        command = commands.add_parser(name, help=text)
        command.add_argument("script")
        command.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    if given.command == "info":
        for title, value in info():
            print(f"{title + ':':<34}{value}")
    elif given.command == "run":
        run(given.script, given.arguments)
    else:
        from .memcheck import memcheck
        with memcheck():
            run(given.script, given.arguments)


if __name__ == "__main__":
    main()
