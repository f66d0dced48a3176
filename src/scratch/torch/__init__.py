"""PyTorch, built from nothing: tensors, autograd, modules, optimizers, random numbers.

    >>> from . import tensor
    >>> w = tensor([1.0, -2.0], requires_grad=True)
    >>> loss = (w * tensor([3.0, 4.0])).sum().exp()
    >>> loss.backward()
    >>> w.grad                                           # exp(-5) times 3 and 4
    tensor([0.0202, 0.0270])

`from scratch import torch` in place of `import torch`: what it has, it has as PyTorch
has it; what it lacks, it refuses by name. Scripts need not be changed:

    python -m scratch.torch run script.py --steps 100     on ours instead of PyTorch
    python -m scratch.torch run -m scratch.makemore train --model gpt --size tiny
    python -m scratch.torch covers script.py              which names it has of those
                                                          that the script uses

Read in this order:

    dtypes, storage, tensor    what a tensor is: memory, and strides to walk it
    dispatch, backends/        who computes: a table of kernels for each device
    modes, graph, walk, hooks, history, function        autograd
    views, permuting, slicing, splitting, strided       other strides, the same memory
    operands, elementwise, arithmetic, choosing, operators, inplace     number by number
    reductions, moments, extremes, softmax      an axis becomes one number
    products, einsum, joining, linalg/          matrices; tensors put together
    gathering, searching, arranging, picking, indexing, compositions, rarer
    creation, arrays, alike, converting, rebuilding     new tensors
    printing, random, serialization
    nn/, optim/, utils/        what is made of them

How an operation is written:

    @operation                                    # torch.f(x) and x.f()
    def cumsum(x, dim):
        at = axis(dim, x.ndim)                    # dims are checked and made positive
        backend = x.storage.backend               # a dictionary of kernels
        y = wrap(backend["cumsum"](x.native, at), x.dtype, backend)
        if records(x):                            # is a gradient wanted?
            record(y, "CumsumBackward0", (x, cumsum_back, at))
        return y

    def cumsum_back(g, at):                       # its slope, in tensor operations
        return g.flip(at).cumsum(at).flip(at)

An operation on numbers one by one is one line of elementwise.py. What can be said in
other operations needs no record: its slope follows. A view is `seen(x, shape, strides,
offset, label, slope, ...)` of views.py, and a write in place is `inplace(function)`.

Chapter: docs/torch/tensors.md.  To copy: this folder (needs numpy).
"""

import math as _math

from . import autograd, dispatch, dtypes, tensor as _tensor
from .autograd import (enable_grad, inference_mode, is_grad_enabled,
                       is_inference_mode_enabled, no_grad, set_grad_enabled)
from .dispatch import device, get_default_device, set_default_device
from .dtypes import (bfloat16, dtype, finfo, float16, float32, float64,
                     get_default_dtype, iinfo, int8, int16, int32, int64,
                     promote_types, set_default_dtype, uint8)
from .storage import Size
from .tensor import Tensor
from . import (operands, elementwise, arithmetic, choosing, converting, views,
               permuting, slicing, splitting, reductions, moments, extremes, softmax,
               products, einsum, joining, inplace, operators, creation, arrays, alike,
               rebuilding, gathering, searching, arranging, compositions, indexing,
               printing, hooks, rarer)
from . import random, filling, sampling
from . import (accelerator, amp, backends, cuda, distributed, linalg, machine, older,
               safetensors, serialization, testing, utils)
from .random import Generator, default_generator

autograd.Variable = older.Variable
cuda.amp = amp
globals().update(_tensor.OPERATIONS)
globals().update({name: rarer.into(_tensor.OPERATIONS[name]) for name in rarer.INTO})
globals().update({
    name: _tensor.of_tensors(globals()[name], __name__)
    for name, of in _tensor.OPERATIONS.items()
    if vars(Tensor).get(name) is of or name == "where" or name.endswith("_like")})
globals().update(dtypes.ALIASES, bool=dtypes.bool_)
inf, nan, pi, e = _math.inf, _math.nan, _math.pi, _math.e
newaxis = None
strided, preserve_format, contiguous_format = "strided", "preserve", "contiguous"
__version__ = "2.13.0+scratch"

from . import nn, optim    # they import names from here
from .nn.functional import (celu, conv1d, conv2d, cosine_similarity, layer_norm,
                            pairwise_distance, prelu, rms_norm, selu)

globals().update({name: getattr(nn.functional, name) for name in (    # those of both
    "bilinear celu conv1d conv2d cosine_similarity dropout group_norm layer_norm "
    "max_pool1d max_pool2d pairwise_distance prelu rms_norm selu").split()})


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(f"scratch.torch has no torch.{name}; what it has is in "
                         "`dir(torch)`")
