"""python -m scratch.cuda info, run SCRIPT or memcheck SCRIPT: see the package."""

import sys

try:
    import argparse
    import faulthandler
    import importlib
    import os
    import types

    from . import NAMES, StandIn, find_engine
except KeyboardInterrupt:    # before main can answer it
    print("stopped", file=sys.stderr)
    sys.exit(130)

CPU = f"{__package__}.cpu"
MODULES = {f"pycuda.{name}": f"{CPU}.{name}" for name in NAMES}
MODULES |= {"pycuda.autoprimaryctx": f"{CPU}.autoinit",
            "pycuda.characterize": f"{CPU}.tools"}


class PyCUDA(StandIn):
    """Stands in for all of PyCUDA, so that what it lacks is refused by name."""

    def find_spec(self, name, path=None, target=None):
        spec = super().find_spec(name, path, target)
        if spec is None and name.startswith("pycuda."):
            raise ModuleNotFoundError(f"{name} is not part of the CPU engine",
                                      name=name)
        return spec


def submodule(name):
    """pycuda.driver, though only pycuda.autoinit may have been imported."""
    if f"pycuda.{name}" in MODULES:
        return importlib.import_module(f"pycuda.{name}")
    raise AttributeError(f"module 'pycuda' has no attribute {name!r}")


def pretend():
    """From here on, `import pycuda` finds the CPU engine."""
    for name in [n for n in sys.modules if n.partition(".")[0] == "pycuda"]:
        del sys.modules[name]
    pycuda = sys.modules["pycuda"] = types.ModuleType("pycuda")
    pycuda.__path__ = []             # a package, none of whose modules is in a folder
    pycuda.__getattr__ = submodule   # PyCUDA's autoinit imports most of the others
    pycuda.VERSION, pycuda.VERSION_TEXT = (2026, 1), "2026.1"
    sys.meta_path.append(PyCUDA(MODULES.__contains__, MODULES.__getitem__))


def run(script, arguments):
    """Run a script as if PyCUDA were installed."""
    import runpy
    if find_engine() == "cpu":
        pretend()
    sys.argv = [script, *arguments]
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    runpy.run_path(script, run_name="__main__")


def info():
    """Lines that say which engine, device and limits there are."""
    engine = find_engine()
    driver = importlib.import_module(f"{__package__}.driver")
    driver.init()
    device = driver.Device(0)
    attribute = driver.device_attribute
    yield "engine", ("a GPU, through PyCUDA" if engine == "gpu" else
                     "the CPU, through PyOpenCL and PoCL")
    yield "device", device.name()
    if engine == "cpu":
        from .cpu.pocl import get_engine
        yield "compiler", get_engine().device.platform.version
        from .cpu import cxx
        command = cxx.find()
        yield "C++, where OpenCL C ends", (
            " ".join(command) if command else "none: no C++ compiler (GCC's) was found")
    yield "compute capability", "{}.{}".format(*device.compute_capability())
    yield "memory", f"{device.total_memory() / 2**30:.1f} GiB"
    for title, name in [
            ("multiprocessors or cores", "MULTIPROCESSOR_COUNT"),
            ("threads per block", "MAX_THREADS_PER_BLOCK"),
            ("threads per warp", "WARP_SIZE"),
            ("shared memory per block, bytes", "MAX_SHARED_MEMORY_PER_BLOCK")]:
        yield title, f"{device.get_attribute(getattr(attribute, name)):,}"
    for title, names in [("block, at most", "MAX_BLOCK_DIM_"),
                         ("grid, at most", "MAX_GRID_DIM_")]:
        sizes = [device.get_attribute(getattr(attribute, names + axis))
                 for axis in "XYZ"]
        yield title, " x ".join(f"{size:,}" for size in sizes)


def main():
    parser = argparse.ArgumentParser(
        prog="python -m scratch.cuda",
        description="Run PyCUDA scripts, on a GPU or without one.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("info", help="the engine, its device and its limits")
    for name, text in [("run", "run an unmodified PyCUDA script; if a kernel ends "
                        "Python itself, memcheck tells which access did"),
                       ("memcheck", "run it and check its accesses to memory")]:
        command = commands.add_parser(name, help=text)
        command.add_argument("script")
        command.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    if given.command != "info" and not os.path.isfile(given.script):
        parser.error(f"there is no file {given.script}")
    # A kernel far outside of its arrays can end Python: then the launch is shown.  PoCL
    # comes later, since its handler of divisions by zero has to be the last.
    faulthandler.enable()
    try:
        find_engine()
    except ImportError as error:
        sys.exit(str(error))
    if given.command == "info":
        for title, value in info():
            print(f"{title + ':':<34}{value}")
    elif given.command == "run":
        run(given.script, given.arguments)
    else:
        from .cpu.memcheck import watch_everything
        try:
            watch_everything()
        except RuntimeError as error:
            sys.exit(str(error))
        run(given.script, given.arguments)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
