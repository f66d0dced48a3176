"""The walk back: backward() and grad(), from a result to what it was computed from.

    >>> from . import tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> [slope] = grad(x ** 3, x, create_graph=True)     # 3x², with a graph of its own
    >>> slope.item(), grad(slope, x)[0].item()           # 6x
    (27.0, 18.0)

    g   ∂loss/∂result, the gradient that arrives at a node

A result is made after its inputs. Newest first is therefore an order in which a node
comes after all that use it, and no other is needed: the nodes are collected with a
list, sorted by age, and each is handed the sum of what has arrived. Broadcasting is
undone at every edge: a gradient is summed to the shape that its input had.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from .graph import Node, edge, node_of
from .hooks import after_node, before_node, hooked, retain_for
from .modes import Mode
from .operands import finish
from .tensor import Tensor, method, wrap


def run(roots, retain, create, inputs=None, accumulate=True):
    """Send gradients from roots [(edge, g), ...] down the graph.

    With inputs (edges), only what leads there is computed -> {(target, nr): g}.
    """
    before, Mode.grad = Mode.grad, create
    try:
        return walk(roots, retain, inputs, accumulate)
    finally:
        Mode.grad = before


def walk(roots, retain, inputs, accumulate):
    """run, with grad mode set: see there."""
    order, uses = newest_first([to[0] for to, _ in roots])
    wanted = None if inputs is None else {to[:2] for to in inputs}
    needed = None if wanted is None else leading_to(wanted, order)
    arrived, captured = {}, {}    # {(target, nr): g}
    for to, g in roots:              # of which one may be a leaf, and used by another
        arrive(arrived, to, g)
    for node in order:
        if node.results == 1:
            g = arrived.pop((node, 0), None)
            gs = [g]
        else:
            gs = [arrived.pop((node, nr), None) for nr in range(node.results)]
            g = None if all(each is None for each in gs) else gs
        if g is None:
            continue
        if node.pre:
            gs = before_node(node, gs)
            g = gs[0] if node.results == 1 else gs
        if node.retained:
            retain_for(node, gs)
        if wanted is not None:
            for nr in range(node.results):
                if (node, nr) in wanted and gs[nr] is not None:
                    captured[node, nr] = gs[nr]
            if node not in needed:
                continue
        found = node.apply(g)
        if node.post:
            found = after_node(node, found, gs)
        if not retain:
            node.free()
        for to, d in zip(node.edges, found):
            if to is None:
                continue
            target = to[0]
            if d is not None:
                if d.shape != to[2]:
                    d = fitted(d, to[2], node)
                if d.dtype is not to[3]:
                    d = d.to(to[3])
                arrive(arrived, to, d)
            if target in uses:
                uses[target] -= 1
                if not uses[target]:
                    own = d is not None and node.__class__ is Node and gs[0] is not None
                    leaf_done(target, arrived, wanted, captured, accumulate,
                              own and d.storage is not gs[0].storage)
    for target, _ in list(arrived):
        if not isinstance(target, Node):
            leaf_done(target, arrived, wanted, captured, accumulate)
    return captured


def newest_first(targets):
    """All nodes that targets come from, the newest first, and each leaf's uses.

    What a node uses is older than it: this order is a topological one.
    """
    stack = [target for target in targets if isinstance(target, Node)]
    found, uses = set(stack), {}
    while stack:
        for to in stack.pop().edges:
            if to is None:
                continue
            target = to[0]
            if target in found:
                continue
            if isinstance(target, Node):
                found.add(target)
                stack.append(target)
            else:
                uses[target] = uses.get(target, 0) + 1
    return sorted(found, key=age, reverse=True), uses


def age(node):
    return node.made


def leading_to(wanted, order):
    """The nodes from which a gradient reaches one of the wanted targets."""
    needed = set()
    for node in reversed(order):
        if any(to is not None and (to[:2] in wanted or to[0] in needed)
               for to in node.edges):
            needed.add(node)
    return needed


def arrive(arrived, to, g):
    """Add g to what has arrived at an edge's end."""
    key = to[0], to[1]
    before = arrived.get(key)
    arrived[key] = g if before is None else before + g


def fitted(g, shape, node):
    """A gradient in the shape of its input."""
    try:
        return unbroadcast(g, shape)
    except RuntimeError:
        raise RuntimeError(
            f"{node.label} returned a gradient of shape {tuple(g.shape)} for an input "
            f"of shape {tuple(shape)}") from None


def unbroadcast(g, shape):
    """g summed to a shape that expands to g's: what was repeated adds up."""
    lead = len(g.shape) - len(shape)
    if lead > 0 and tuple(g.shape)[lead:] == shape and not Mode.grad:
        backend = g.storage.backend
        return finish(wrap(backend["sum"](g.native, tuple(range(lead)), False), g.dtype,
                           backend))
    return g.sum_to_size(shape)


def leaf_done(leaf, arrived, wanted, captured, accumulate, own=False):
    """All gradients of a leaf are in: run its hooks, then keep the sum.

    own: nobody but the walk holds it, so that it may become the leaf's .grad itself.
    """
    g = arrived.pop((leaf, 0), None)
    if g is None:
        return
    kept = leaf.__dict__
    if "_hooks" in kept:
        own = False
        for hook in list(kept["_hooks"].values()):
            g = hooked(hook, g)
    if wanted is not None and (leaf, 0) not in wanted:
        return
    if not accumulate:
        captured[leaf, 0] = g
        return
    add_to_grad(leaf, g, own)
    if "_post_hooks" in kept:
        for hook in list(kept["_post_hooks"].values()):
            hook(leaf)


def add_to_grad(leaf, g, own=False):
    if leaf._grad is None:
        if own and not Mode.grad and g.base is None and g.strides == leaf.strides:
            leaf._grad = g
        elif Mode.grad:
            leaf._grad = g.clone()
        elif leaf.packed or g.strides != leaf.strides:
            leaf._grad = g.new_empty_strided(leaf.shape, leaf.strides).copy_(g)
        else:
            leaf._grad = g.clone()
    elif Mode.grad:
        leaf._grad = leaf._grad + g
    else:
        leaf._grad.add_(g)


def first_gradient(y, g, n):
    """The gradient to begin with: 1 for a single number, or what was given."""
    if not y.requires_grad:
        raise RuntimeError(
            f"element {n} of what to differentiate does not require a gradient and "
            "has no grad_fn: none of what it was computed from was made with "
            "requires_grad=True, or it was computed within no_grad()")
    if g is None:
        if y.numel() != 1:
            raise RuntimeError(
                f"a gradient begins at one number, and this tensor has {y.numel()} of "
                f"shape {tuple(y.shape)}: take a sum() or mean() of it first, or give "
                "the gradient of each")
        return y.alias().new_ones(y.shape)
    if g.shape != y.shape:
        raise RuntimeError(
            f"the gradient of a tensor of shape {tuple(y.shape)} has the same shape, "
            f"and {tuple(g.shape)} was given")
    return g if g.dtype is y.dtype else g.to(y.dtype)


def together(tensors, gradients):
    """One tensor or several, and their gradients or None -> [(edge, g), ...]."""
    tensors = (tensors,) if isinstance(tensors, Tensor) else tuple(tensors)
    if gradients is None:
        gradients = (None,) * len(tensors)
    elif isinstance(gradients, Tensor):
        gradients = (gradients,)
    if len(gradients) != len(tensors):
        raise RuntimeError(f"{len(tensors)} tensors, and {len(gradients)} gradients")
    return [(edge(y), first_gradient(y, g, n))
            for n, (y, g) in enumerate(zip(tensors, gradients))]


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False,
             inputs=None):
    """Add ∂tensors/∂leaf to the grad of each leaf, or of each of inputs."""
    roots = together(tensors, grad_tensors)
    retain = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        run(roots, retain, create_graph)
        return
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if not inputs:
        raise RuntimeError("inputs is empty: name the tensors whose grad is wanted")
    edges = [edge(x) for x in inputs]
    found = run(roots, retain, create_graph, edges, accumulate=False)
    before, Mode.grad = Mode.grad, create_graph
    for x, to in zip(inputs, edges):
        if to[:2] in found:
            add_to_grad(x, found[to[:2]])
    Mode.grad = before


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False,
         only_inputs=True, allow_unused=None, is_grads_batched=False,
         materialize_grads=False):
    """∂outputs/∂input for each input, as a tuple; no .grad is touched."""
    if is_grads_batched:
        raise NotImplementedError("scratch.torch has no is_grads_batched; call grad() "
                                  "once for each gradient")
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    roots = together(outputs, grad_outputs)
    edges = [edge(x) for x in inputs]
    for n, to in enumerate(edges):
        if to is None:
            raise RuntimeError(f"input {n} does not require a gradient")
    retain = create_graph if retain_graph is None else retain_graph
    found = run(roots, retain, create_graph, edges, accumulate=False)
    results = [found.get(to[:2]) for to in edges]
    for n, (x, g) in enumerate(zip(inputs, results)):
        if g is None and materialize_grads:
            results[n] = x.alias().new_zeros(x.shape)
        elif g is None and not allow_unused:
            raise RuntimeError(
                f"input {n} was not used to compute the outputs; say allow_unused=True "
                "to get None for it, if that is meant")
    return tuple(results)


def backward_of(y, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Add ∂y/∂leaf to the grad of every leaf that y was computed from."""
    backward((y,), None if gradient is None else (gradient,), retain_graph,
             create_graph, inputs)


Tensor.backward = backward_of
Tensor.grad_fn = property(
    lambda x: x.node if x.base is None else node_of(x),
    doc="The recorded operation that made this tensor; None for a leaf.")
Tensor._base = property(lambda x: x.base)
Tensor.retains_grad = property(lambda x: "_retains" in x.__dict__ and not x.is_leaf)
Tensor.output_nr = property(lambda x: x.nr if x.grad_fn is not None else 0)


@method
def _is_view(x):
    return x.base is not None
