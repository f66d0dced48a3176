"""Functions that are called with a gradient when it arrives, and may change it.

    >>> from . import tensor
    >>> w = tensor([1.0, 2.0], requires_grad=True)
    >>> handle = w.register_hook(lambda g: g * 10)
    >>> (w * w).sum().backward(); w.grad.tolist()
    [20.0, 40.0]
    >>> handle.remove()

A hook of a leaf is called with the sum of all that has arrived; one of another tensor,
before the node that made it passes the gradient on.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import weakref

from .graph import Handle
from .tensor import Tensor, method


def hooked(hook, g):
    """What a hook makes of a gradient; it may return None to leave it."""
    changed = hook(g)
    if changed is None:
        return g
    if not isinstance(changed, Tensor):
        raise TypeError(f"a hook returned a {type(changed).__name__}; it returns a "
                        "tensor, or None")
    if changed.shape != g.shape:
        raise RuntimeError(f"a hook changed a gradient's shape, {tuple(g.shape)}, to "
                           f"{tuple(changed.shape)}")
    return changed


def before_node(node, gs):
    gs = list(gs)
    for nr, hook in list(node.pre.values()):
        if nr is None:
            changed = hook(tuple(gs))
            gs = gs if changed is None else list(changed)
        elif gs[nr] is not None:
            gs[nr] = hooked(hook, gs[nr])
    return gs


def after_node(node, found, gs):
    for hook in list(node.post.values()):
        changed = hook(tuple(found), tuple(gs))
        found = found if changed is None else list(changed)
    return found


def retain_for(node, gs):
    for nr, reference in node.retained.items():
        tensor = reference()
        if tensor is not None and gs[nr] is not None:
            before = tensor._grad
            tensor._grad = gs[nr] if before is None else before + gs[nr]


@method
def retain_grad(x):
    """Keep the gradient of this tensor in its .grad too, though it is no leaf."""
    if not x.requires_grad:
        raise RuntimeError("this tensor does not require a gradient: there is none "
                           "to keep")
    node = x.grad_fn
    if node is None or "_retains" in x.__dict__:
        return
    x._retains = True
    node.retained = node.retained or {}
    node.retained[x.nr] = weakref.ref(x)


@method
def register_hook(x, hook):
    """Call hook(gradient of x) in every backward(); what it returns replaces it."""
    if not x.requires_grad:
        raise RuntimeError("this tensor does not require a gradient: a hook would "
                           "never be called")
    node = x.grad_fn
    if node is None:
        return Handle(x.__dict__.setdefault("_hooks", {}), hook)
    node.pre = {} if node.pre is None else node.pre
    return Handle(node.pre, (x.nr, hook))


@method
def register_post_accumulate_grad_hook(x, hook):
    """Call hook(x) after a gradient was added to the leaf x's grad."""
    if x.grad_fn is not None or not x.requires_grad:
        raise RuntimeError("only a leaf that requires a gradient accumulates one")
    return Handle(x.__dict__.setdefault("_post_hooks", {}), hook)
