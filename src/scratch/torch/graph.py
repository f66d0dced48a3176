"""What an operation leaves behind: a node, which knows its inputs and its slopes.

    >>> from . import tensor
    >>> w = tensor([2.0, -1.0], requires_grad=True)
    >>> y = (w * w).sum()
    >>> y.grad_fn.name(), y.grad_fn.next_functions[0][0].name()
    ('SumBackward0', 'MulBackward0')

    edge  (node or leaf, number of its result, shape, dtype): where a gradient goes on

An operation computes its result with kernels, and then says its slope toward each
input, once, in terms of tensor operations, so that the slopes have slopes:

    y = wrap(backend["mul"](a.native, b.native), ...)
    record(y, "MulBackward0", (a, times, b), (b, times, a))    # times(g, b) = g * b

What a slope is given beside g is saved, with the version that it had. OUTPUT stands for
the result y, which is saved without its history: a node never holds its own result, so
there is no cycle, and dropping the last tensor frees the whole graph, node by node.

A view is a way to read its base. When the base was written to, through whichever view,
the view's own node is made anew from the base's: `node_of` sees to it.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import itertools

from .modes import UNTRACKED, Mode
from .strided import read_slope
from .tensor import Tensor, look, method

OUTPUT = object()    # in a slope's arguments: the result of the operation
count = itertools.count()


class Node:
    """A recorded operation: where gradients go on to, and how to compute them."""

    __slots__ = ("label", "edges", "slopes", "saved", "output", "results", "made",
                 "post", "pre", "retained", "__weakref__", "__dict__")

    def __init__(self, label, edges, slopes, saved=(), results=1):
        self.label = label
        self.edges = edges      # for each input: (node or leaf, nr, shape, dtype), None
        self.slopes = slopes    # for each input: (function, its arguments after g)
        self.saved = saved      # [(tensor, the version that it had), ...]
        self.output = None      # what OUTPUT stands for
        self.results = results
        self.made = next(count)
        self.pre = self.post = self.retained = None

    def apply(self, g):
        """∂loss/∂result -> ∂loss/∂input for each input, None where none is needed."""
        if self.slopes is None:
            raise RuntimeError(
                f"{self.label}: backward() has already been through this graph, and "
                "freed what it had saved; to go through it again, say "
                "retain_graph=True the first time")
        for tensor, version in self.saved:
            if tensor.storage.version != version:
                raise changed(self.label, tensor, version)
        found = []
        for edge, slope in zip(self.edges, self.slopes):
            if edge is None:
                found.append(None)
                continue
            function, arguments = slope
            if self.output is not None:
                arguments = [self.result() if each is OUTPUT else each
                             for each in arguments]
            found.append(function(g, *arguments))
        return found

    def result(self):
        """The saved result, as this node's; only with create_graph does that matter."""
        saved = self.output
        if not Mode.grad:
            return saved
        y = look(saved.storage, saved.shape, saved.strides, saved.offset)
        y.node, y.nr, y.needs = self, 0, True
        return y

    def free(self):
        """Forget what was saved: the graph was gone through."""
        if self.saved:
            self.slopes, self.saved, self.output = None, (), None

    def name(self):
        return self.label

    @property
    def next_functions(self):
        """((node, which of its results), ...), one for each input."""
        return tuple((None, 0) if edge is None else
                     (edge[0] if isinstance(edge[0], Node) else AccumulateGrad(edge[0]),
                      edge[1]) for edge in self.edges)

    def register_hook(self, hook):
        """Call hook(gradients to the inputs, gradients of the results) after it ran."""
        self.post = {} if self.post is None else self.post
        return Handle(self.post, hook)

    def register_prehook(self, hook):
        """Call hook(gradients of the results) before it runs."""
        self.pre = {} if self.pre is None else self.pre
        return Handle(self.pre, (None, hook))

    def __repr__(self):
        return f"<{self.label} object at {id(self):#x}>"


class AccumulateGrad:
    """What stands for a leaf at the end of the graph."""

    __slots__ = ("variable",)
    next_functions = ()

    def __init__(self, leaf):
        self.variable = leaf

    def name(self):
        return "torch::autograd::AccumulateGrad"

    def __eq__(self, other):
        return type(other) is AccumulateGrad and other.variable is self.variable

    def __hash__(self):
        return id(self.variable)

    def __repr__(self):
        return f"<AccumulateGrad object at {id(self.variable):#x}>"


def tracked(tensor, label):
    """The version of a tensor that label saves; RuntimeError if it has none."""
    if tensor.storage.version is UNTRACKED:
        raise RuntimeError(
            f"{label} would save a tensor of shape {tuple(tensor.shape)} that was made "
            "under inference_mode(), and such a tensor is never part of a graph: "
            "clone() it outside, or make it under no_grad()")
    return tensor.storage.version


def changed(label, tensor, version):
    return RuntimeError(
        f"{label} needs a tensor of shape {tuple(tensor.shape)} as it was at version "
        f"{version}, and it is at version {tensor.storage.version}: it has been "
        "changed in place since. clone() it before, or do not write in place")


class Handle:
    """What register_hook gives: remove() takes the hook away again."""

    numbers = itertools.count()

    def __init__(self, hooks, hook):
        self.hooks, self.id = hooks, next(self.numbers)
        hooks[self.id] = hook

    def remove(self):
        self.hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.remove()


def wants(x):
    """Whether an operation on x is to be recorded; Mode.grad has been asked already."""
    return x.needs or x.base is not None and x.base.needs


def edge(x):
    """Where a gradient of x goes on to: (its node or, of a leaf, x; ...), or None."""
    node = x.node if x.base is None else node_of(x)
    if node is not None:
        return node, x.nr, x.shape, x.dtype
    return (x, 0, x.shape, x.dtype) if wants(x) else None


def node_of(x):
    """The node of a view, made anew if its base has been written to since."""
    base = x.base
    if base is not None and x.seen != x.storage.version and base.needs:
        if base.node is not None or x.node is not None:
            if x.origin == "several":
                raise RuntimeError(
                    "this is one of several views that one call returned (split, "
                    "chunk, "
                    "unbind), and its base has been changed in place since. clone() "
                    "the "
                    "base before, or do not write in place")
            if x.origin == "no_grad" and Mode.grad:
                raise RuntimeError(
                    "this view was made under no_grad, and its base was then changed "
                    "in "
                    "place where operations are recorded: whether that should reach "
                    "the "
                    "view is unclear. Do both inside no_grad, or both outside")
            x.node = Node("AsStridedBackward0", (edge(base),),
                          ((read_slope, (base.shape, base.strides, x.shape, x.strides,
                                         x.offset - base.offset)),))
            x.nr, x.needs = 0, True
        x.seen = x.storage.version
    return x.node


def record(y, label, *inputs):
    """Remember how y was made: for each input (tensor, slope, its arguments after g).

    An input that is no tensor, or needs no gradient, has no edge. Returns y.
    """
    edges, slopes, saved, output = [], [], [], None
    for x, slope, *arguments in inputs:
        to = edge(x) if isinstance(x, Tensor) else None
        edges.append(to)
        slopes.append(None if to is None else (slope, arguments))
        if to is not None:        # what is not needed is not kept either
            for each in arguments:
                if isinstance(each, Tensor):
                    saved.append((each, tracked(each, label)))
                elif each is OUTPUT and output is None:
                    output = y.alias()
                    saved.append((output, y.storage.version))
    y.node = node = Node(label, edges, slopes, saved)
    node.output = output
    y.nr, y.needs = 0, True
    return y


def records(*inputs):
    """Whether an operation on these is to be recorded; numbers never ask for it."""
    if Mode.grad:
        for x in inputs:
            if isinstance(x, Tensor) and (
                    x.needs or x.base is not None and x.base.needs):
                return True
    return False


@method
def alias(x):
    """The same numbers and the same version counter, without history."""
    return look(x.storage, x.shape, x.strides, x.offset)
