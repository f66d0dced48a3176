"""Run scripts that import torch on ours, or list the names of torch that they use.

    python -m scratch.torch run script.py --steps 100
    python -m scratch.torch run -m scratch.makemore train --model gpt --size tiny
    python -m scratch.torch covers script.py folder

The exit status of run is the script's; that of covers is 1 if a name is missing. A
wrong command line costs one line and 2. A program, not to copy.
"""

import sys

try:
    import argparse
    import ast
    import importlib.util
    import os
    from pathlib import Path

    from ..cuda import StandIn
except KeyboardInterrupt:    # before main can answer it
    print("stopped", file=sys.stderr)
    sys.exit(130)


BESIDE = {"safetensors.torch": f"{__package__}.safetensors",    # it wants PyTorch's
          "torch.cuda.amp": f"{__package__}.amp"}


def is_torch(name):
    return name.partition(".")[0] == "torch"


def home(name):
    """torch.nn.functional -> scratch.torch.nn.functional"""
    return BESIDE.get(name) or __package__ + name.removeprefix("torch")


def home_or_refusal(name):
    if not importlib.util.find_spec(home(name)):
        raise ModuleNotFoundError(f"{__package__} has no module {name}", name=name)
    return home(name)


def pretend():
    """From here on, `import torch` finds ours, whatever part of it is asked for."""
    def stands(name):
        return is_torch(name) or name in BESIDE

    for name in [*filter(stands, sys.modules)]:
        del sys.modules[name]
    sys.meta_path.insert(0, StandIn(stands, home_or_refusal))


def run(target, arguments, as_module=False):
    """Run a script, or a module, as if ours were the torch that is installed.

    An error in it is shown as Python shows it, and the exit status is then 1.
    """
    import runpy
    pretend()
    sys.argv = [target, *arguments]
    sys.path[0] = os.getcwd() if as_module else os.path.dirname(
        os.path.realpath(target))
    try:
        if as_module:
            runpy.run_module(target, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(target, run_name="__main__")
    except Exception as error:
        show(error)
        if str(error).startswith(f"{__package__} has no ") and not as_module:
            print(f"python -m {__package__} covers {target} tells what else it lacks",
                  file=sys.stderr)
        sys.exit(1)


def show(error):
    """Print an error and where in the script it happened, without how it got there."""
    import runpy
    import traceback
    place = error.__traceback__
    while place and place.tb_frame.f_code.co_filename in (__file__, runpy.__file__,
                                                          "<frozen runpy>"):
        place = place.tb_next
    traceback.print_exception(error.with_traceback(place))


def found_module(name):
    """Whether there is a module, or a package, to run by this name."""
    sys.path.insert(0, os.getcwd())
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):    # of a package that is not there; "a."
        return False
    finally:
        del sys.path[0]


def names_used(source):
    """The text of a module -> {"torch.nn.Linear": line of its first use}, in order.

    Names are followed through imports (`import torch.nn as nn`, `from torch import
    optim`), not through assignments; of a tensor's methods nothing is known.
    """
    tree, called, found = ast.parse(source), {}, {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                if is_torch(each.name):
                    name = each.name if each.asname else "torch"
                    called[each.asname or "torch"] = name
                    found.setdefault(each.name, node.lineno)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            if is_torch(node.module):
                for each in node.names:
                    if each.name == "*":
                        found.setdefault(node.module, node.lineno)
                        continue
                    name = f"{node.module}.{each.name}"
                    called[each.asname or each.name] = name
                    found.setdefault(name, node.lineno)
    chains = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    inner = {id(node.value) for node in chains}
    for node in chains:
        if id(node) not in inner:
            path, base = [node.attr], node.value
            while isinstance(base, ast.Attribute):
                path.append(base.attr)
                base = base.value
            if isinstance(base, ast.Name) and base.id in called:
                name = ".".join([called[base.id], *reversed(path)])
                found.setdefault(name, node.lineno)
    found.pop("torch", None)
    return dict(sorted(found.items(), key=lambda pair: (pair[1], pair[0])))


def exists(name):
    """Whether ours has this name: as a module, or as an attribute of one."""
    parts = home(name).split(".")
    for depth in range(len(parts), 1, -1):
        try:
            found = importlib.import_module(".".join(parts[:depth]))
        except ModuleNotFoundError:
            continue
        for part in parts[depth:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def covers(paths):
    """Print which names of torch the files use, and -> those that ours lacks.

    Raises ValueError for a file that is not Python.
    """
    files = [file for path in map(Path, paths)
             for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    if not files:
        raise ValueError(f"{', '.join(map(str, paths))}: there is no .py file in it")
    used = {}
    for file in files:
        try:
            names = names_used(file.read_bytes())
        except SyntaxError as error:
            raise ValueError(f"{file}, line {error.lineno}, is not Python: "
                             f"{error.msg}") from None
        except ValueError as error:    # a byte of 0
            raise ValueError(f"{file} is not Python: {error}") from None
        for name, line in names.items():
            used.setdefault(name, f"{file}:{line}")
    missing = [name for name in used if not exists(name)]
    for name, where in used.items():
        print(f"{'missing' if name in missing else 'there':8} {name:40} {where}")
    print(f"{len(used) - len(missing)} of {len(used)} names are there. A tensor's "
          "methods are not looked at.")
    return missing


def main():
    parser = argparse.ArgumentParser(
        prog="python -m scratch.torch",
        description="Run scripts that import torch on the book's own torch.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("run", help="run an unmodified script or module",
                                  usage="%(prog)s (SCRIPT | -m MODULE) [ARGUMENTS ...]")
    command.add_argument("-m", dest="as_module", action="store_true",
                         help=argparse.SUPPRESS)
    command.add_argument("target", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    command = commands.add_parser("covers", help="which names of torch a script uses, "
                                                 "and which of them are missing here")
    command.add_argument("files", nargs="+", metavar="FILE", help="or folders")
    given = parser.parse_args()
    if given.command == "covers":
        for path in given.files:
            if not os.path.exists(path):
                parser.error(f"there is no file {path}")
        try:
            sys.exit(1 if covers(given.files) else 0)
        except ValueError as error:
            parser.error(str(error))
    if not given.target:
        parser.error("run needs a script, or -m and a module")
    target, *arguments = given.target
    if not given.as_module and not os.path.isfile(target):
        parser.error(f"there is no file {target}")
    if given.as_module and not found_module(target):
        parser.error(f"there is no module {target}")
    run(target, arguments, given.as_module)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
