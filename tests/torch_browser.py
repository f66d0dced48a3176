"""The browser backend for tests: Pyodide in node, asked for kernels and programs by lines of JSON.

Without node or node_modules/pyodide the tests that import this are skipped; in CI they fail.
"""

import atexit
import builtins
import functools
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from scratch.torch import dtypes
from scratch.torch.backends import numpy as by_numpy
from scratch.torch.backends import python as by_python
from scratch.torch.dispatch import Backend
from torch_tables import checks, comparing
from weave.site import find_node

HERE = Path(__file__).parent
PYODIDE = HERE.parent / "node_modules/pyodide"
if not ((PYODIDE / "pyodide.mjs").exists() and find_node()):
    if os.environ.get("CI"):
        raise ImportError("no node, or no node_modules/pyodide: `npm ci` installs it")
    pytest.skip("no node, or no node_modules/pyodide: `npm ci` installs it", allow_module_level=True)


@functools.cache
def process():
    """Node, with Python in it, until this process ends."""
    started = subprocess.Popen(
        [find_node(), HERE / "torch_browser.mjs", PYODIDE, HERE.parent / "src",
         HERE / "torch_browser_answers.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(ended, started)
    return started


def ended(started):
    started.stdin.close()
    started.wait(30)


freed = []


def ask(**question):
    """The answer to a question, or its error, of the class that it has there."""
    question["free"] = freed[:]
    freed.clear()
    node = process()
    node.stdin.write(json.dumps(question) + "\n")
    node.stdin.flush()
    answer = json.loads(node.stdout.readline())
    if "error" in answer:
        kind = getattr(builtins, answer["error"], RuntimeError)
        raise kind(answer["says"] if kind in (IndexError, RuntimeError, ValueError) else answer["where"])
    return answer["result"]


def program(text, given=None):
    """Run a program there, with the name `given` -> what it calls `found`, if JSON can hold both."""
    return ask(run=text, given=given)


class Native:
    """A native of the backend, by its number there."""

    def __init__(self, answer):
        self.number, self.count, self.shape = answer["h"], answer["n"], tuple(answer["shape"])
        self.dtype = dtypes.DTYPES[answer["d"]]

    ndim = property(lambda self: len(self.shape))

    def __del__(self):
        freed.append(self.number)


def sent(x):
    if isinstance(x, Native):
        return {"h": x.number}
    if isinstance(x, dtypes.dtype):
        return {"d": x.name}
    if isinstance(x, range):
        return {"r": [x.start, x.stop, x.step]}
    return [sent(each) for each in x] if isinstance(x, (list, tuple)) else x


def received(x):
    if isinstance(x, dict):
        return Native(x)
    return tuple(map(received, x)) if isinstance(x, list) else x


class Table(dict):
    """{name of a kernel: a function that asks for it}."""

    def __missing__(self, name):
        def kernel(*operands, **settings):
            found = ask(**{"call": name, "with": sent(operands), "settings": settings})
            return found if name == "to_list" else received(found)
        return kernel


def as_array(native):
    numbers = ask(**{"call": "to_list", "with": sent([native]), "settings": {}})
    found = np.array(numbers, dtype=np.dtype(native.dtype.code))
    return found.reshape(native.shape)


KERNELS = {"browser": Table(), "python": Backend("python", by_python.table()),
           "numpy": Backend("numpy", by_numpy.table())}
both, natives, made_of, viewed, same = comparing(KERNELS, "browser", as_array)
check = checks(both, natives, made_of, viewed, same)
