"""The browser's WebAssembly, reached from Python: kernels made, kept and started.

    kernel(name, T="f32", OP="add")    a function of addresses and numbers, compiled by
                                       wasm.py from kernels.py, once
    address(view)                      where the first of its numbers lies
    room(count)                        the address of so many float32 to work with

Pyodide is Python as a WebAssembly program, and its memory is a row of bytes that a
second program may be given as well. So the kernels compute where the numbers already
are, in Python's own arrays. Nothing is copied, and what is no longer needed is freed as
everything is in Python.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import functools
from array import array
from pathlib import Path

from .wasm import compiled


@functools.cache
def program():
    return Path(__file__).with_name("kernels.py").read_text(encoding="utf-8")


@functools.cache
def browser():
    """JavaScript's WebAssembly, what a module is given, and bytes as it takes them."""
    try:
        import js
        import pyodide_js
        from pyodide.ffi import to_js
    except ImportError:
        raise ImportError("the browser backend computes in a browser's WebAssembly: it "
                          "runs in Pyodide, in a page or in node, and not in this "
                          "Python") from None
    given = to_js({"m": {"memory": pyodide_js._module.memory}},
                  dict_converter=js.Object.fromEntries)
    given.Math = js.Math
    return js.WebAssembly, given, to_js


@functools.cache
def made(name, words):
    WebAssembly, given, to_js = browser()
    module = WebAssembly.Module.new(to_js(compiled(program(), name, dict(words))))
    return WebAssembly.Instance.new(module, given).exports.run


def kernel(name, **words):
    """The function of kernels.py, its template's words filled in."""
    return made(name, tuple(words.items()))


def address(view):
    """Of the first number of a view, in bytes."""
    array = view.array
    return array.buffer_info()[0] + view.offset * array.itemsize


class Room:
    numbers = array("f", [0.0])


def room(count):
    if len(Room.numbers) < count:
        Room.numbers = Room.numbers * (count // len(Room.numbers) + 1)
    return Room.numbers.buffer_info()[0]
