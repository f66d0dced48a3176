"""Writing in place: what becomes of the history of a tensor, and of its base.

    >>> from . import tensor, zeros
    >>> w, x = tensor([1.0, 2.0], requires_grad=True), zeros(4)
    >>> x[1:3] = w * w                          # a view of x is written to
    >>> x.grad_fn.name(), x.tolist()
    ('CopySlices', [0.0, 1.0, 4.0, 0.0])
    >>> x.sum().backward(); w.grad.tolist()
    [2.0, 4.0]

The tensor that was written to has, from now on, the history of what was written. If it
is a view, then it is its base that has changed: a part of the base has the new history,
and the rest the old one. A CopySlices node says so. What was saved for a backward pass
and has been written to since is found by its version, and refused.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from .graph import Node, edge, node_of, records, wants
from .modes import UNTRACKED, Mode


def check_writable(x, label, *written):
    """RuntimeError where writing what was written into x would be lost or ambiguous."""
    if x.storage.version is UNTRACKED and not Mode.inference:
        raise RuntimeError(
            f"{label} would change a tensor that was made under inference_mode(), and "
            "outside of it such a tensor is only read: clone() it first")
    if Mode.grad and x.base is not None and x.dtype.category == 2 and (
            records(x, *written)):
        check_origin(x, label)
    if Mode.grad and wants(x):
        if x.needs and (x.node if x.base is None else node_of(x)) is None:
            raise RuntimeError(
                f"{label} would change a leaf that requires a gradient: the leaf would "
                "be lost. Do it within no_grad(), or on a clone()")
        if x.base is not None and x.base.node is None and x.base.needs:
            raise RuntimeError(
                f"{label} would change a view of a leaf that requires a gradient. Do "
                "it within no_grad(), or on a clone()")


def check_origin(x, label):
    if x.origin == "several":
        raise RuntimeError(
            f"{label}: this is one of several views that one call returned (split, "
            "chunk, unbind, or a loop over a tensor), and such a view cannot be "
            "changed in place. Use the operation without the underscore")
    if x.origin == "no_grad":
        raise RuntimeError(
            f"{label}: this view was made under no_grad, and would be changed in place "
            "where operations are recorded. Do both inside no_grad, or both outside")


def overwritten(x, y, label):
    """x was overwritten with the numbers of y: what made y made x. Returns x.

    y is recorded, its first input being the old x. For a view, it is the base that was
    written to: its history is a CopySlices, which keeps the rest of it.
    """
    x.storage.version += 1
    if not (Mode.grad and x.dtype.category == 2 and (y.needs or wants(x))):
        return x
    node, base = y.node, x.base
    if base is not None:
        check_origin(x, label)
        part = x.shape, x.strides, x.offset - base.offset
        before = edge(base)
        base.node = CopySlices(node, before, (base.shape, base.strides), part)
        base.nr, base.needs = 0, True
        x.needs = True
    else:
        x.node, x.nr, x.needs = node, y.nr, True
    if node is not None and node.output is not None:    # what is saved is in x now
        node.output = saved = x.alias()
        node.saved[:] = [each for each in node.saved
                         if each[0].storage is not y.storage]
        node.saved.append((saved, x.storage.version))
    return x


class CopySlices(Node):
    """A part of a base was overwritten by what the node `written` computed."""

    __slots__ = ("written", "whole", "part")

    def __init__(self, written, before, whole, part):
        rest = written.edges[1:] if written is not None else ()
        super().__init__("CopySlices", (before, *rest), ())
        self.written, self.whole, self.part = written, whole, part

    def apply(self, g):
        """The part's gradient goes through `written`, the rest's to what was before."""
        g = into_strides(g, *self.whole)
        part = g.as_strided(*self.part)
        to_part = part.clone()
        through = [None] if self.written is None else self.written.apply(to_part)
        if through[0] is None or self.written.edges[0] is None:
            part.zero_()
        else:
            part.copy_(through[0])
        return [g, *through[1:]]

    def free(self):
        if self.written is not None:
            self.written.free()


def into_strides(g, shape, strides):
    """A copy of g that lies in memory as a base does."""
    copy = g.new_empty_strided(shape, strides)
    return copy.copy_(g)
