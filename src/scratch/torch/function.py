"""An operation of one's own: Function, whose forward and backward are written by hand.

    >>> from . import tensor
    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         [x] = ctx.saved_tensors
    ...         return g * 3 * x * x
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> y = Cube.apply(x)
    >>> y.sum().backward(); x.grad.tolist(), y.grad_fn.name()
    ([3.0, 12.0], 'CubeBackward')

forward runs without being recorded; the context that it is given is the node of its
results. gradcheck() compares what backward says with what small steps show.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import functools

from .graph import Node, edge, tracked
from .modes import Mode, enable_grad, no_grad
from .tensor import Tensor


class Context(Node):
    """The node of a Function's results, which forward and backward know as ctx."""

    __slots__ = ()

    def __init__(self, function, inputs):
        super().__init__(f"{function.__name__}Backward", (), ())
        self.function = function
        self.needs_input_grad = tuple(
            isinstance(x, Tensor) and x.requires_grad for x in inputs)
        self.kept, self.dirty, self.constant = [], (), ()
        self.shapes, self.materialize = [], True

    def save_for_backward(self, *tensors):
        """Keep tensors for backward, which gets them as ctx.saved_tensors."""
        for x in tensors:
            if x is not None and not isinstance(x, Tensor):
                raise TypeError(f"save_for_backward() keeps tensors, not {x!r:.40}; "
                                "other values are attributes: ctx.value = value")
        self.kept = list(tensors)

    def mark_dirty(self, *tensors):
        """These inputs were written to, and are results."""
        self.dirty = tensors

    def mark_non_differentiable(self, *tensors):
        """These results have no gradient."""
        self.constant = tensors

    def set_materialize_grads(self, value):
        """Whether backward gets zeros, or None, for a result that nobody used."""
        self.materialize = value

    @property
    def saved_tensors(self):
        if self.kept is None:
            raise RuntimeError(f"{self.label}: backward() has already been through the "
                               "graph; say retain_graph=True the first time")
        found = []
        for x, version, nr in self.kept:
            if x is not None and x.storage.version != version:
                raise RuntimeError(f"{self.label} saved a tensor of shape "
                                   f"{tuple(x.shape)} that was changed in place since")
            if nr is not None:
                x = x.alias()
                x.node, x.nr, x.needs = self, nr, True
            found.append(x)
        return tuple(found)

    def keep(self, results):
        """Remember the versions of what was saved; of a result, only its numbers."""
        places = {id(y): nr for nr, y in enumerate(results)}
        self.kept = [(None, 0, None) if x is None else
                     (x.alias() if id(x) in places else x, tracked(x, self.label),
                      places.get(id(x))) for x in self.kept]

    def apply(self, g):
        gs = [g] if self.results == 1 else list(g)
        if self.materialize:
            gs = [shape_zeros() if each is None else each
                  for each, shape_zeros in zip(gs, self.shapes)]
        found = self.function.backward(self, *gs)
        found = found if isinstance(found, tuple) else (found,)
        extra = found[len(self.edges):]
        if len(found) < len(self.edges) or any(each is not None for each in extra):
            raise RuntimeError(
                f"{self.label}: forward took {len(self.edges)} inputs, and backward "
                f"returned {len(found)} gradients; there is one for each, or None")
        return found[:len(self.edges)]

    def free(self):
        self.kept = None


class Function:
    """Write forward(ctx, *inputs), backward(ctx, *gradients); call apply(*inputs)."""

    @staticmethod
    def forward(*inputs):
        raise NotImplementedError("a Function says how it computes, in forward()")

    @staticmethod
    def backward(ctx, *gradients):
        raise NotImplementedError("a Function says what its slopes are, in backward()")

    @classmethod
    def apply(cls, *inputs):
        """The results of forward, recorded if an input requires a gradient."""
        ctx = Context(cls, inputs)
        ctx.edges = tuple(edge(x) if isinstance(x, Tensor) else None for x in inputs)
        recorded = Mode.grad and any(ctx.needs_input_grad)
        with no_grad():
            if hasattr(cls, "setup_context"):
                returned = cls.forward(*inputs)
                cls.setup_context(ctx, inputs, returned)
            else:
                returned = cls.forward(ctx, *inputs)
        results = returned if isinstance(returned, tuple) else (returned,)
        given = {id(x) for x in inputs}
        results = [y.alias() if isinstance(y, Tensor) and id(y) in given
                   and not any(y is x for x in ctx.dirty) else y for y in results]
        ctx.results = len(results)
        if recorded:
            ctx.keep(results)
            constant = {id(y) for y in ctx.constant}
            for nr, y in enumerate(results):
                ctx.shapes.append(zeros_like(y) if isinstance(y, Tensor) else None)
                if isinstance(y, Tensor) and id(y) not in constant and (
                        y.dtype.category == 2):
                    y.base = None
                    y.node, y.nr, y.needs = ctx, nr, True
                    if any(y is x for x in ctx.dirty):
                        y.storage.version += 1
        return tuple(results) if isinstance(returned, tuple) else results[0]


def zeros_like(y):
    """A function that makes zeros like y, without keeping y."""
    from .creation import zeros
    return functools.partial(zeros, y.shape, dtype=y.dtype, device=y.device)


def once_differentiable(backward):
    """A decorator: backward is not recorded, so it has no slopes of its own."""
    @functools.wraps(backward)
    def call(ctx, *gradients):
        with no_grad():
            return backward(ctx, *gradients)
    return call


def gradcheck(function, inputs, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True,
              nondet_tol=0.0):
    """Whether the gradients of function are the slopes that small steps show (float64).

    Every element of every input that requires a gradient is moved by ±eps.
    """
    from .walk import grad
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    moved = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    if not moved:
        raise ValueError("gradcheck() needs an input that requires a gradient")
    returned = function(*inputs)
    results = [returned] if isinstance(returned, Tensor) else list(returned)
    for n, y in enumerate(results):
        if not y.requires_grad:
            continue
        for k in range(y.numel()):
            y_now = function(*inputs)
            y_now = y_now if isinstance(y_now, Tensor) else y_now[n]
            exact = grad(y_now.reshape(-1)[k], moved, allow_unused=True)
            for x, slopes in zip(moved, exact):
                flat = [0.0] * x.numel() if slopes is None else slopes.reshape(
                    -1).tolist()
                for at in range(x.numel()):
                    shown = by_steps(function, inputs, x, at, n, k, eps)
                    if not abs(shown - flat[at]) <= atol + rtol * abs(shown):
                        if raise_exception:
                            raise GradcheckError(
                                f"result {n}, element {k}: backward says its slope "
                                f"toward element {at} of an input is {flat[at]}, and "
                                f"steps of {eps} show {shown}")
                        return False
    return True


def gradgradcheck(function, inputs, grad_outputs=None, **settings):
    """gradcheck() of the gradients themselves."""
    from .walk import grad
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    places = [n for n, x in enumerate(inputs)
              if isinstance(x, Tensor) and x.requires_grad]

    @enable_grad()
    def gradients(*inputs):
        returned = function(*inputs)
        results = [returned] if isinstance(returned, Tensor) else list(returned)
        weights = [(y.detach() * 0 + 1.3).cos() for y in results]
        return grad(results, [inputs[n] for n in places], weights, create_graph=True)
    return gradcheck(gradients, inputs, **settings)


class GradcheckError(RuntimeError):
    """Backward and small steps disagree."""


def by_steps(function, inputs, x, at, n, k, eps):
    """(y(x + eps) - y(x - eps)) / (2 eps), of one element."""
    ends = []
    with no_grad():
        place = x.detach().reshape(-1)[at] if x.packed else None
        if place is None:
            raise RuntimeError("gradcheck() moves the elements of contiguous inputs")
        before = place.item()
        for step in (eps, -eps):
            place.fill_(before + step)
            y = function(*inputs)
            y = y if isinstance(y, Tensor) else y[n]
            ends.append(y.reshape(-1)[k].item())
        place.fill_(before)
    return (ends[0] - ends[1]) / (2 * eps)
