"""Gradients: what each operation leaves behind, and the walk back through it.

    >>> from . import tensor
    >>> w, x = tensor([2.0, -1.0], requires_grad=True), tensor([3.0, 5.0])
    >>> loss = (w * x).sum() ** 2
    >>> loss.grad_fn.name(), loss.grad_fn.next_functions[0][0].name()
    ('PowBackward0', 'SumBackward0')
    >>> loss.backward()
    >>> w.grad.tolist()                                     # 2 · (w · x) · x
    [6.0, 10.0]

    g     ∂loss/∂result, the gradient that arrives at an operation
    edge  (node or leaf, number of its result, shape, dtype): where a gradient goes on

An operation computes its result with kernels and then says, once, its slope toward each
input, in terms of tensor operations: so the slopes have slopes.

    y = wrap(backend["mul"](a.native, b.native), ...)
    record(y, "MulBackward0", (a, times, b), (b, times, a))    # times(g, b) = g * b

`record` makes a Node if any of the inputs needs one. What a slope is given beside g is
saved with the version that it had; OUTPUT stands for the result y, and is saved without
its history, so that a node never holds its own result: there is no cycle, and dropping
the last tensor frees the whole graph, node by node.

A result is made after its inputs. Newest first is therefore an order in which a node
comes after all that use it, and backward() needs no other: it collects the nodes with a
list, sorts them, and hands each the sum of what has arrived. Broadcasting is undone at
every edge: a gradient is summed to the shape that its input had.

A view is a way to read its base. When the base was written to, through whichever view,
the view's own node is made anew, from the base's: `node_of` sees to it.

Chapter: docs/torch/autograd.md.  To copy: this file, tensor.py, storage.py and dtypes.py.
"""

import functools
import itertools
import weakref

from .storage import broadcast_strides
from .tensor import Tensor, look, method

OUTPUT = object()    # in a slope's arguments: the result of the operation
count = itertools.count()


class Mode:
    """Whether operations are recorded."""

    grad = True
    inference = False


def is_grad_enabled():
    return Mode.grad


def is_inference_mode_enabled():
    return Mode.inference


class set_grad_enabled:    # PyTorch's names, here and below
    """Record operations, or not; as a call, a `with` block or a decorator."""

    def __init__(self, wanted):
        self.wanted = bool(wanted)
        self.before = [Mode.grad]    # what to go back to, a list since blocks nest
        Mode.grad = self.wanted

    def __enter__(self):
        Mode.grad = self.wanted

    def __exit__(self, *error):
        Mode.grad = self.before[0]

    def __call__(self, function):
        Mode.grad = self.before[0]
        return decorated(function, lambda: type(self)(self.wanted))


class Block:
    """A `with` block, or a decorator, within which grad mode is `wanted`."""

    wanted = None

    def __init__(self):
        self.before = []

    def __enter__(self):
        self.before.append(Mode.grad)
        Mode.grad = self.wanted

    def __exit__(self, *error):
        Mode.grad = self.before.pop()

    def __new__(cls, function=None):
        block = object.__new__(cls)
        if function is None:
            return block
        block.before = []
        return block(function)    # @torch.no_grad without brackets

    def __call__(self, function):
        return decorated(function, type(self))


class no_grad(Block):
    """Operations are not recorded: `with no_grad():` or `@no_grad()`."""

    wanted = False


class enable_grad(Block):
    """Operations are recorded, also inside of no_grad."""

    wanted = True


class inference_mode(Block):
    """As no_grad here; PyTorch also refuses to record such tensors later."""

    wanted = False

    def __new__(cls, mode=True):
        if callable(mode):
            return super().__new__(cls, mode)
        block = object.__new__(cls)
        block.wanted = not mode and Mode.grad
        return block

    def __init__(self, mode=True):
        self.before = []

    def __call__(self, function):
        return decorated(function, inference_mode)


def decorated(function, block):
    """function within a new block at each call; of a generator, at each step."""
    import inspect
    if inspect.isgeneratorfunction(function):
        @functools.wraps(function)
        def steps(*args, **settings):
            with block():
                generator = function(*args, **settings)
                sent = None
            while True:
                with block():
                    try:
                        found = generator.send(sent)
                    except StopIteration as end:
                        return end.value
                sent = yield found
        return steps

    @functools.wraps(function)
    def call(*args, **settings):
        with block():
            return function(*args, **settings)
    return call


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


def changed(label, tensor, version):
    return RuntimeError(
        f"{label} needs a tensor of shape {tuple(tensor.shape)} as it was at version "
        f"{version}, and it is at version {tensor.storage.version}: it has been changed "
        "in place since. clone() it before, or do not write in place")


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
    """Where a gradient of x goes on to: (its node or, if it is a leaf, x; ...), or None.
    """
    node = x.node if x.base is None else node_of(x)
    if node is not None:
        return node, x.nr, x.shape, x.dtype
    return (x, 0, x.shape, x.dtype) if wants(x) else None


def node_of(x):
    """The node of a view, made anew if its base has been written to since."""
    base = x.base
    if base is not None and x.seen != x.storage.version and base.needs:
        if base.node is not None or x.node is not None:
            if x.origin == "no_grad" and Mode.grad:
                raise RuntimeError(
                    "this view was made under no_grad, and its base was then changed in "
                    "place where operations are recorded: whether that should reach the "
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
        slopes.append((slope, arguments))
        if to is not None:
            for each in arguments:
                if isinstance(each, Tensor):
                    saved.append((each, each.storage.version))
                elif each is OUTPUT and output is None:
                    output = y.alias()
                    saved.append((output, y.storage.version))
    y.node = node = Node(label, edges, slopes, saved)
    node.output = output
    y.nr, y.needs = 0, True
    return y


def records(*inputs):
    """Whether an operation on these is to be recorded; numbers among them do not ask."""
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


# writing in place

def check_writable(x, label):
    """RuntimeError where an in-place operation on x would be lost or ambiguous."""
    if Mode.grad and wants(x):
        if x.needs and (x.node if x.base is None else node_of(x)) is None:
            raise RuntimeError(
                f"{label} would change a leaf that requires a gradient: the leaf would "
                "be lost. Do it within no_grad(), or on a clone()")
        if x.base is not None and x.base.node is None and x.base.needs:
            raise RuntimeError(
                f"{label} would change a view of a leaf that requires a gradient. Do it "
                "within no_grad(), or on a clone()")


def check_origin(x, label):
    if x.origin == "several":
        raise RuntimeError(
            f"{label}: this is one of several views that one call returned (split, "
            "chunk, unbind, or a loop over a tensor), and such a view cannot be changed "
            "in place. Use the operation without the underscore")
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
    if not (Mode.grad and (y.needs or wants(x))):
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
        node.saved[:] = [each for each in node.saved if each[0].storage is not y.storage]
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


def read_slope(g, shape, strides, part, part_strides, offset):
    """Toward the base of a view: zeros, and g where the view reads, added up."""
    whole = g.new_empty_strided(shape, strides).zero_()
    return add_into(whole, g, part, part_strides, offset)


def add_into(whole, g, shape, strides, offset):
    """g added to what as_strided reads of whole; places that are read twice add twice."""
    view = whole.as_strided(shape, strides, offset)
    if not repeats(shape, strides):
        view.copy_(g)
        return whole
    from .storage import reach
    span = reach(whole.shape, whole.strides)
    where = view.new_positions(span).as_strided(shape, strides, offset)
    flat = whole.as_strided((span,), (1,), 0)
    flat.index_add_(0, where.reshape(-1), g.reshape(-1))
    return whole


def repeats(shape, strides):
    """Whether some place may be read more than once."""
    step = 0
    for stride, n in sorted((s, n) for s, n in zip(strides, shape) if n != 1):
        if stride <= step:
            return True
        step += (n - 1) * stride
    return False


# walking back

def run(roots, retain, create, inputs=None, accumulate=True):
    """Send gradients from roots [(edge, g), ...] down the graph.

    With inputs, a list of edges, only what leads there is computed -> {(target, nr): g}.
    """
    before, Mode.grad = Mode.grad, create
    try:
        return walk(roots, retain, inputs, accumulate)
    finally:
        Mode.grad = before


def walk(roots, retain, inputs, accumulate):
    order, uses = newest_first([to[0] for to, _ in roots])
    wanted = None if inputs is None else {to[:2] for to in inputs}
    needed = None if wanted is None else leading_to(wanted, order)
    arrived, captured = {}, {}
    for to, g in roots:
        arrive(arrived, to, g)
        if not isinstance(to[0], Node):
            leaf_done(to[0], arrived, wanted, captured, accumulate)
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
                    leaf_done(target, arrived, wanted, captured, accumulate)
    for target, _ in list(arrived):
        if not isinstance(target, Node):
            leaf_done(target, arrived, wanted, captured, accumulate)
    return captured


def newest_first(targets):
    """All nodes that targets come from, the newest first, and how often each leaf is used.

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
    """A gradient summed to the shape of its input: what broadcasting repeated adds up."""
    try:
        if broadcast_strides(shape, (1,) * len(shape), g.shape) is not None:
            return g.sum_to_size(shape)
    except RuntimeError:
        pass
    raise RuntimeError(
        f"{node.label} returned a gradient of shape {tuple(g.shape)} for an input of "
        f"shape {tuple(shape)}")


def leaf_done(leaf, arrived, wanted, captured, accumulate):
    """All gradients of a leaf are in: run its hooks, then keep it or add it to .grad."""
    g = arrived.pop((leaf, 0), None)
    if g is None:
        return
    kept = leaf.__dict__
    for hook in list(kept.get("_hooks", {}).values()):
        g = hooked(hook, g)
    if wanted is not None and (leaf, 0) not in wanted:
        return
    if not accumulate:
        captured[leaf, 0] = g
        return
    add_to_grad(leaf, g)
    for hook in list(kept.get("_post_hooks", {}).values()):
        hook(leaf)


def add_to_grad(leaf, g):
    if leaf._grad is None:
        if Mode.grad:
            leaf._grad = g.clone()
        elif leaf.packed or g.strides != leaf.strides:
            leaf._grad = g.new_empty_strided(leaf.shape, leaf.strides).copy_(g)
        else:
            leaf._grad = g.clone()
    elif Mode.grad:
        leaf._grad = leaf._grad + g
    else:
        leaf._grad.add_(g)


def hooked(hook, g):
    """What a hook makes of a gradient; it may return None to leave it."""
    changed = hook(g)
    if changed is None:
        return g
    if not isinstance(changed, Tensor):
        raise TypeError(f"a hook returned a {type(changed).__name__}; it returns a "
                        "tensor, or None")
    if changed.shape != g.shape:
        raise RuntimeError(f"a hook changed a gradient's shape from {tuple(g.shape)} to "
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
            for n, (y, g) in enumerate(zip(tensors, gradients))
            if first_gradient(y, g, n) is not None]


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


@method
def _backward(y, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Add ∂y/∂leaf to the grad of every leaf that y was computed from."""
    backward((y,), None if gradient is None else (gradient,), retain_graph,
             create_graph, inputs)


Tensor.backward = _backward
Tensor.grad_fn = property(
    lambda x: x.node if x.base is None else node_of(x),
    doc="The recorded operation that made this tensor; None for a leaf.")
Tensor._base = property(lambda x: x.base)
Tensor.retains_grad = property(lambda x: "_retains" in x.__dict__ and not x.is_leaf)
Tensor.output_nr = property(lambda x: x.nr if x.grad_fn is not None else 0)


@method
def _is_view(x):
    return x.base is not None


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
