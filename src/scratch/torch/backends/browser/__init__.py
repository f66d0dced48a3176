"""The kernels of the dispatch table in a browser: by WebAssembly, on Python's arrays.

    from scratch import torch
    from scratch.torch.backends import browser
    browser.use()                          # in Pyodide; from here on the cpu is this

A native is a View, as in plain Python (views.py). What training takes, floats of 32
bits and a few kernels of other numbers, is computed by kernels.py, which wasm.py
compiles to WebAssembly; all else, and what lies in memory in a way that these kernels
do not know, by the kernels in plain Python, which are given the same Views.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

from array import array

from ... import dispatch
from ...draws import single
from ...normal import Faster
from .. import python
from . import along, elementwise, fused, numbered
from .machine import kernel


def table():
    """{name of a kernel: function}."""
    kernels = python.table()
    for module in (elementwise, along, numbered, fused):
        module.add(kernels)
    return kernels


def use():
    """Register the backend, and let it compute what is on the cpu."""
    dispatch.register("browser", table())
    Faster.singles = singles
    return dispatch.use("browser")


def singles(words, mean, std):
    """Normal numbers, as normal.py makes them for float32, of 16 words or a multiple.
    """
    words, found = array("I", words), array("f", [0.0]) * len(words)
    kernel("normal")(words.buffer_info()[0], found.buffer_info()[0], len(words),
                     single(mean), single(std))
    return found.tolist()
