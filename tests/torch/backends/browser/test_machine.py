"""Kernels are made once, and compute where Python's arrays are; elsewhere an error says what they need."""

import pytest
from torch_browser import program

from scratch.torch.backends.browser import machine


def test_outside_a_browser_the_error_says_where_it_runs():
    with pytest.raises(ImportError, match="runs in Pyodide, in a page or in node, and not in this Python"):
        machine.browser()


def test_a_kernel_is_made_once():
    assert program('''
from scratch.torch.backends.browser.machine import kernel, made
kernel("each_two", T="f64", R="f64", OP="add")
before = made.cache_info().misses
kernel("each_two", T="f64", R="f64", OP="add")
found = made.cache_info().misses - before''') == 0


def test_memory_is_that_of_pythons_arrays_and_freed_with_the_tensor():
    """Oracle: how far Pyodide's memory reaches, after two thousand tensors of a megabyte."""
    assert program('''
import pyodide_js
from scratch import torch
x = torch.ones(250_000, device="browser")
y = x + x
before = pyodide_js._module.memory.buffer.byteLength
for _ in range(2000):
    y = x + y
grown = pyodide_js._module.memory.buffer.byteLength - before
found = [y[-1].item(), y.data_ptr() == y.native.array.buffer_info()[0], grown < 20_000_000]
''') == [2002.0, True, True]


def test_room_grows_as_it_is_needed():
    assert machine.room(10) and len(machine.Room.numbers) >= 10
    machine.room(100)
    assert len(machine.Room.numbers) >= 100
