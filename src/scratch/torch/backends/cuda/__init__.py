"""The kernels of the dispatch table in CUDA C: on a GPU, or on a processor.

    x = torch.ones(2, 3, device="cuda")     # what is done to x is done by these kernels
    y = (x @ x.T).softmax(1)                # and y stays there, until .tolist(), .cpu()

    memory     numbers on the device, and Views of them, which are the natives
    texts      elementwise kernels generated as text: what becomes of one element
    kernels    compiled once and kept, launched with strides; scratch.cuda runs them
    fused      several operations in one kernel
    along      reductions, running sums, sorting              (along.cu)
    places     gather, scatter, and any product of matrices   (places.cu)
    book       the kernels of scratch/cuda, where their conditions hold
    attention  its attention in tiles, likewise

    walk.cu    a shape and its strides, and where element i is: in all of them

A kernel is compiled when it is first launched, which takes a second on a GPU and a
third of that on a processor; it is kept for the program, and by PyCUDA or PoCL for the
next one.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

from types import SimpleNamespace

from ... import dtypes
from . import along, attention, book, fused, kernels, memory, places
from .memory import fetched

matmul = SimpleNamespace(allow_tf32=False)    # a leave that the kernels do not take


def to_list(native):
    numbers = fetched(kernels.rows(native))
    return (numbers != 0 if native.dtype is dtypes.bool_ else numbers).tolist()


def to_bytes(native, dtype):
    data = fetched(kernels.rows(native))
    if dtype is dtypes.bfloat16:
        return (data.view("<u4") >> 16).astype("<u2").tobytes()
    return data.tobytes()


def table():
    """{name of a kernel: function}; ImportError where there is no way to run them."""
    memory.engine()
    made = {each.__name__: each for each in (
        memory.empty, memory.view, memory.buffer, memory.length, memory.address,
        memory.from_list, memory.from_bytes, to_list, to_bytes)}
    for part in (kernels, fused, along, places, book, attention):
        made |= part.TABLE
    return made
