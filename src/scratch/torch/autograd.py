"""torch.autograd: gradients of whole arrays, by the same chain rule as of numbers.

    >>> from . import tensor
    >>> w, x = tensor([2.0, -1.0], requires_grad=True), tensor([3.0, 5.0])
    >>> loss = (w * x).sum() ** 2
    >>> loss.backward()
    >>> w.grad.tolist()                                     # 2 · (w · x) · x
    [6.0, 10.0]

What is gathered here is written in modules of one idea each: modes.py (when operations
are recorded), graph.py (what an operation leaves behind), walk.py (the way back),
history.py (writing in place), function.py (operations of one's own).

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from .function import Function, GradcheckError, gradcheck, gradgradcheck
from .graph import OUTPUT, Node, edge, record, records, wants
from .history import check_writable, overwritten
from .modes import (Mode, enable_grad, inference_mode, is_grad_enabled,
                    is_inference_mode_enabled, no_grad, set_grad_enabled)
from .walk import backward, grad
