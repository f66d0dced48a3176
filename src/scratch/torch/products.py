"""Matrix products, and tensors put together: matmul, einsum, cat, stack.

    >>> from . import tensor
    >>> a = tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> y = a @ tensor([[1.0], [10.0]])
    >>> y.tolist()
    [[21.0], [43.0]]
    >>> y.sum().backward()
    >>> a.grad.tolist()
    [[1.0, 10.0], [1.0, 10.0]]

    Y = A B     ∂L/∂A = G Bᵀ     ∂L/∂B = Aᵀ G     G = ∂L/∂Y: the shapes allow no other

A product of many axes is a product of matrices, one for each place of the axes before
the last two, which broadcast. Where the right one is a single matrix, the rows of all
the left ones are one tall matrix: one product instead of many.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from . import dtypes
from .graph import record, records
from .modes import Mode
from .operands import finish, same_device
from .storage import broadcast, layout, numel
from .tensor import OPERATIONS, Tensor, axis, look, operation, public, wrap
from .views import reshape_back


def same_dtype(name, *tensors):
    for x in tensors:
        if not isinstance(x, Tensor):
            raise TypeError(f"{name}() multiplies tensors, not {x!r:.60}")
    first = tensors[0].dtype
    for x in tensors:
        if x.dtype is not first:
            raise RuntimeError(f"{name}() multiplies tensors of one dtype, not {first} "
                               f"by {x.dtype}; convert one of them with .to(dtype)")
    if first.category == 0:
        raise NotImplementedError(f"{name}() is not an operation on {first}")


def do_not_fit(name, a, b):
    return RuntimeError(
        f"{name}(): a tensor of shape {tuple(a.shape)} cannot be multiplied by one of "
        f"shape {tuple(b.shape)}: as many columns on the left as rows on the right")


def multiply(a, b):
    """The kernel's product, without history."""
    backend = a.storage.backend
    if b.storage.backend is not backend:
        backend = same_device(a, b)
    y = wrap(backend["matmul"](a.native, b.native), a.dtype, backend)
    return finish(y) if y.dtype is dtypes.bfloat16 else y


@operation
def mm(a, b):
    """a (M, K) @ b (K, N) -> (M, N)."""
    same_dtype("mm", a, b)
    if len(a.shape) != 2 or len(b.shape) != 2:
        raise RuntimeError(f"mm() multiplies matrices, not tensors of {a.ndim} and "
                           f"{b.ndim} axes; matmul() takes others")
    (_, inner), (rows, _) = a.shape, b.shape
    if inner != rows:
        raise do_not_fit("mm", a, b)
    y = multiply(a, b)
    if Mode.grad and records(a, b):
        record(y, "MmBackward0", (a, left_slope, a.strides, b),
               (b, right_slope, b.strides, a))
    return y


def by_columns(strides):
    """Whether a matrix lies column by column, as the transpose of rows does."""
    return strides[0] == 1 and strides[1] > 1


def left_slope(g, strides, b):
    """G Bᵀ, laid out as A is."""
    if by_columns(strides):
        return mm(b, g.t()).t()
    if Mode.grad or "transpose" not in g.storage.backend:
        return mm(g, b.t())
    backend = g.storage.backend
    return wrap(backend["matmul"](g.native, backend["transpose"](b.native)), g.dtype,
                backend)


def right_slope(g, strides, a):
    """Aᵀ G, laid out as B is."""
    if by_columns(strides):
        return mm(g.t(), a).t()
    if Mode.grad or "transpose" not in g.storage.backend:
        return mm(a.t(), g)
    backend = g.storage.backend
    return wrap(backend["matmul"](backend["transpose"](a.native), g.native), g.dtype,
                backend)


@operation
def bmm(a, b):
    """a (B, M, K) @ b (B, K, N) -> (B, M, N): matrix by matrix."""
    same_dtype("bmm", a, b)
    if a.ndim != 3 or b.ndim != 3:
        raise RuntimeError(f"bmm() multiplies tensors of 3 axes, not of {a.ndim} and "
                           f"{b.ndim}")
    if a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
        raise do_not_fit("bmm", a, b)
    y = multiply(a, b)
    if records(a, b):
        record(y, "BmmBackward0", (a, lambda g, b: bmm(g, b.transpose(1, 2)), b),
               (b, lambda g, a: bmm(a.transpose(1, 2), g), a))
    return y


@operation
def dot(a, b):
    """Σ a · b of two vectors."""
    same_dtype("dot", a, b)
    if a.ndim != 1 or b.ndim != 1:
        raise RuntimeError(f"dot() is of two vectors, not of tensors of {a.ndim} and "
                           f"{b.ndim} axes")
    if a.shape != b.shape:
        raise do_not_fit("dot", a, b)
    y = multiply(a, b)
    if records(a, b):
        record(y, "DotBackward0", (a, lambda g, b: g * b, b),
               (b, lambda g, a: g * a, a))
    return y


@operation
def mv(a, b):
    """a (M, K) @ b (K) -> (M)."""
    same_dtype("mv", a, b)
    if a.ndim != 2 or b.ndim != 1:
        raise RuntimeError(f"mv() multiplies a matrix by a vector, not tensors of "
                           f"{a.ndim} and {b.ndim} axes")
    if a.shape[1] != b.shape[0]:
        raise do_not_fit("mv", a, b)
    y = multiply(a, b)
    if records(a, b):
        record(y, "MvBackward0", (a, lambda g, b: outer(g, b), b),
               (b, lambda g, a: mv(a.t(), g), a))
    return y


@operation
def outer(a, b):
    """a (M), b (N) -> (M, N): every number by every other."""
    if a.ndim != 1 or b.ndim != 1:
        raise RuntimeError(f"outer() is of two vectors, not of tensors of {a.ndim} and "
                           f"{b.ndim} axes")
    return a.unsqueeze(1) * b


@operation
def matmul(a, b):
    """a @ b: vectors, matrices, or many of them, whose first axes broadcast."""
    same_dtype("matmul", a, b)
    if not a.shape or not b.shape:
        raise RuntimeError("matmul() of a 0-d tensor: * multiplies numbers")
    if a.ndim == 1 and b.ndim == 1:
        return dot(a, b)
    if a.ndim == 2 and b.ndim == 2:
        return mm(a, b)
    if a.ndim == 2 and b.ndim == 1:
        return mv(a, b)
    if a.ndim == 1 and b.ndim == 2:
        return mm(a.unsqueeze(0), b).squeeze(0)
    if a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise do_not_fit("matmul", a, b)
    if a.ndim > 2 and b.ndim <= 2:
        return tall(a, b)
    if b.ndim > 2 and a.ndim <= 2:
        if a.ndim == 1:
            return tall(b.mT, a)
        return tall(b.mT, a.t()).mT.contiguous()
    lead = broadcast(a.shape[:-2], b.shape[:-2])
    rows, columns = a.shape[-2], b.shape[-1]
    count = numel(lead)
    a = a.expand(*lead, rows, a.shape[-1]).reshape(count, rows, a.shape[-1])
    b = b.expand(*lead, b.shape[-2], columns).reshape(count, b.shape[-2], columns)
    return unsafe(bmm(a, b), (*lead, rows, columns))


def tall(a, b):
    """a (..., M, K) @ b (K, N) or (K): all rows of a in one matrix."""
    rows = a.reshape(numel(a.shape[:-1]), a.shape[-1])
    y = mm(rows, b) if b.ndim == 2 else mv(rows, b)
    return unsafe(y, (*a.shape[:-1], *b.shape[1:]))


def unsafe(y, shape):
    """A new result read in another shape: no view, since nobody else can see it."""
    z = look(y.storage, shape, layout(shape)[1], y.offset)
    if records(y):
        record(z, "UnsafeViewBackward0", (y, reshape_back, y.shape))
    return z


@operation
def addmm(x, a, b, *, beta=1, alpha=1):
    """beta * x + alpha * a @ b, in which x broadcasts."""
    same_dtype("addmm", x, a, b)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
        raise do_not_fit("addmm", a, b)
    shape = a.shape[0], b.shape[1]
    if broadcast(x.shape, shape) != shape:
        raise RuntimeError(f"x of shape {tuple(x.shape)} does not broadcast to {shape}")
    backend = same_device(x, a, b)
    native = backend["matmul"](a.native, b.native)
    if alpha != 1:
        backend["mul"](native, alpha, native)
    if beta != 0:
        backend["add"](native, x.native if beta == 1
                       else backend["mul"](x.native, beta), native)
    y = finish(wrap(native, x.dtype, backend))
    if records(x, a, b):
        record(y, "AddmmBackward0", (x, scaled, beta),
               (a, lambda g, s, b: scaled(left_slope(g, s, b), alpha), a.strides, b),
               (b, lambda g, s, a: scaled(right_slope(g, s, a), alpha), b.strides, a))
    return y


def scaled(g, factor):
    return g if factor == 1 else g * factor


@operation
def baddbmm(x, a, b, *, beta=1, alpha=1):
    """beta * x + alpha * a @ b, matrix by matrix."""
    return scaled(bmm(a, b), alpha) + scaled(x, beta)


@operation
def addmv(x, a, b, *, beta=1, alpha=1):
    """beta * x + alpha * a @ b, of a matrix and a vector."""
    return scaled(x, beta) + scaled(mv(a, b), alpha)


@public
def tensordot(a, b, dims=2):
    """The sum of products over some axes of each."""
    if isinstance(dims, int):
        dims = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    left, right = ([axis(dim, x.ndim) for dim in named]
                   for x, named in zip((a, b), dims))
    rest_a = [n for n in range(a.ndim) if n not in left]
    rest_b = [n for n in range(b.ndim) if n not in right]
    for m, n in zip(left, right):
        if a.shape[m] != b.shape[n]:
            raise RuntimeError(f"axis {m} has {a.shape[m]} places, and axis {n} of the "
                               f"other {b.shape[n]}")
    shape = [a.shape[n] for n in rest_a] + [b.shape[n] for n in rest_b]
    inner = numel([a.shape[n] for n in left])
    rows = a.permute(*rest_a, *left).reshape(-1, inner) if inner else None
    columns = b.permute(*right, *rest_b).reshape(inner, -1) if inner else None
    return a.new_zeros(shape) if rows is None else mm(rows, columns).reshape(shape)


for name in ("addmm", "matmul"):
    setattr(Tensor, name, OPERATIONS[name])


Tensor.__matmul__ = lambda a, b: matmul(a, b) if isinstance(b,
    Tensor) else NotImplemented


Tensor.__rmatmul__ = lambda a, b: matmul(b, a)
