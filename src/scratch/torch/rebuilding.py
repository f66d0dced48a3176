"""Tensors of a subclass, deep copies, and pickles: made anew around their numbers.

    >>> import copy, pickle
    >>> from . import Tensor, tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> pickle.loads(pickle.dumps(x)), copy.deepcopy(x) is x
    (tensor([1., 2.], requires_grad=True), False)
    >>> class Marked(Tensor):
    ...     mark = "mine"
    >>> Marked([3.0]).mark, type(x.as_subclass(Marked)).__name__
    ('mine', 'Marked')

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

from . import dtypes
from .creation import empty, tensor
from .tensor import Tensor, method


def legacy(cls, *data, device=None):
    """torch.Tensor(2, 3) has that shape; torch.Tensor([2, 3]) has those numbers."""
    if not data:
        made = empty(0)
    elif len(data) == 1 and isinstance(data[0], Tensor):
        made = data[0].detach()
    elif len(data) == 1 and isinstance(data[0], (float, bool)):
        raise TypeError(f"torch.Tensor() takes sizes, or numbers in a sequence, not "
                        f"{data[0]!r}; torch.tensor({data[0]!r}) is that number")
    elif len(data) == 1 and not isinstance(data[0], int):
        made = (empty(data[0]) if type(data[0]).__name__ == "Size"
                else tensor(data[0], dtype=dtypes.float32))
    else:
        made = empty(*data)
    return made if cls is Tensor else as_subclass(made, cls)


@method
def as_subclass(x, cls):
    """The same numbers as a tensor of a subclass."""
    y = object.__new__(cls)
    for name in ("storage", "dtype", "shape", "strides", "offset", "packed", "needs",
                 "_grad", "node", "base"):
        setattr(y, name, getattr(x, name))
    return y


def rebuilt(cls, numbers, kind, needs, shape, device):
    y = tensor(numbers, dtype=kind, device=device)
    y = y if cls is Tensor else as_subclass(y, cls)
    y.needs = needs
    return y


@method
def __deepcopy__(x, memo):
    if not x.is_leaf:
        raise RuntimeError("only leaves can be copied deeply; detach() this one first")
    y = x.detach().clone()
    y = y if type(x) is Tensor else as_subclass(y, type(x))
    y.needs = x.needs
    if x._grad is not None:
        y._grad = x._grad.detach().clone()
    memo[id(x)] = y
    return y
