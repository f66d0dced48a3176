"""A row of numbers in memory, which tensors look at: the storage, and how to walk it.

    >>> Size([2, 3]), Size([2, 3]).numel(), contiguous_strides((2, 3, 4))
    (torch.Size([2, 3]), 6, (12, 4, 1))
    >>> laid_out_like((2, 3), [(1, 2)])      # one operand, and it lies column by column
    (1, 2)

    shape      how many indices each axis has          stride   how far apart in the
    offset     where in the storage x[0, 0, ...] is             storage neighbours are

Element x[i, j] is number offset + i * stride[0] + j * stride[1] of the storage. All
that views are follows: a transpose swaps two strides, a slice adds to the offset, and
an axis along which a row is repeated (a broadcast) has a stride of 0.

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

from .modes import Mode


class Storage:
    """A buffer of one backend, a dtype, and how often it was written to."""

    __slots__ = ("buffer", "dtype", "backend", "version", "__weakref__")

    def __init__(self, buffer, dtype, backend):
        self.buffer = buffer      # flat numbers, in whatever form the backend keeps
        self.dtype = dtype
        self.backend = backend
        self.version = Mode.version    # a saved tensor remembers it: see autograd.py

    def __len__(self):
        return self.backend["length"](self.buffer)

    size = __len__

    def nbytes(self):
        return len(self) * self.dtype.itemsize

    def data_ptr(self):
        return self.backend["address"](self.buffer)

    def tolist(self):
        """All its numbers, in the order of memory."""
        backend = self.backend
        view = backend["view"](self.buffer, self.dtype, (len(self),), (1,), 0)
        return backend["to_list"](view)

    def __getitem__(self, index):
        return self.tolist()[index]

    def __iter__(self):
        return iter(self.tolist())

    def __repr__(self):
        return f"{self.tolist()!r:.200}\n[storage of {len(self)} {self.dtype!r}]"


class Size(tuple):
    """The shape of a tensor: a tuple that knows how many elements there are."""

    __slots__ = ()

    def numel(self):
        return numel(self)

    def __repr__(self):
        return f"torch.Size([{', '.join(map(str, self))}])"

    def __getitem__(self, index):
        found = tuple.__getitem__(self, index)
        return Size(found) if type(index) is slice else found

    def __add__(self, other):
        return Size(tuple.__add__(self, tuple(other)))

    def __radd__(self, other):
        return Size(tuple(other) + tuple(self))

    def __mul__(self, times):
        return Size(tuple.__mul__(self, times))

    __rmul__ = __mul__

    def __reduce__(self):
        return Size, (tuple(self),)


def numel(shape):
    """The product of the sizes: 1 for a shape without axes."""
    count = 1
    for n in shape:
        count *= n
    return count


def contiguous_strides(shape):
    """Row after row: each axis steps over all the axes after it."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= n or 1            # an empty axis counts as 1, so that no stride is 0
    return tuple(reversed(strides))


LAYOUTS = {}


def layout(shape):
    """shape -> (Size, its contiguous strides), remembered: most shapes come again."""
    found = LAYOUTS.get(shape)
    if found is None:
        if len(LAYOUTS) > 20_000:
            LAYOUTS.clear()
        shape = Size(shape)
        found = LAYOUTS[shape] = shape, contiguous_strides(shape)
    return found


def is_contiguous(shape, strides):
    """Whether elements in order are neighbours in memory; axes of size 1 are free."""
    step = 1
    for n, stride in zip(reversed(shape), reversed(strides)):
        if n == 0:
            return True
        if n != 1:
            if stride != step:
                return False
            step *= n
    return True


def channels_last(shape):
    """(N, C, H, W) -> the strides of images that lie pixel by pixel, channels last."""
    N, C, H, W = shape
    return H * W * C, 1, W * C, C


def is_channels_last(shape, strides):
    """Whether they lie so; axes of size 1 are free here, too."""
    return all([n == 1 or stride == wanted for n, stride, wanted in zip(
        shape, strides, channels_last(shape))])


def is_dense(shape, strides):
    """Whether the elements fill one stretch of memory, each place once."""
    if 0 in shape:
        return True
    step = 1
    for stride, n in sorted((s, n) for s, n in zip(strides, shape) if n != 1):
        if stride != step:
            return False
        step *= n
    return True


def overlaps(shape, strides):
    """Whether an axis repeats one element, so that a write would be ambiguous."""
    return any(stride == 0 and n > 1 for n, stride in zip(shape, strides))


def shared(a, b):
    """What two tensors have of each other's memory: "none", "all", "part" or "unclear".

    It is clear only where each of them fills one stretch of memory.
    """
    if a.storage is not b.storage or 0 in a.shape or 0 in b.shape:
        return "none"
    if a is b:
        return "all"
    if not (is_dense(a.shape, a.strides) and is_dense(b.shape, b.strides)):
        return "unclear"
    ends = [(x.offset, x.offset + numel(x.shape)) for x in (a, b)]
    if ends[0] == ends[1]:
        walks = [[(s, n) for s, n in zip(x.strides, x.shape) if n != 1] for x in (a, b)]
        return "all" if walks[0] == walks[1] else "part"
    return "part" if max(ends)[0] < min(ends)[1] else "none"


def reach(shape, strides):
    """How many numbers a view spans, from its first element to one after its last."""
    if 0 in shape:
        return 0
    return 1 + sum((n - 1) * stride for n, stride in zip(shape, strides))


ORDERS = {}


def laid_out_like(shape, operands):
    """The strides of a result whose operands have these strides (0 where broadcast).

    The result lies in memory as its operands do. Axes are sorted, the fastest last, by
    the first operand that can tell two of them apart; an operand that is broadcast
    along either of the two cannot.
    """
    key = shape, *operands
    found = ORDERS.get(key)
    if found is None:
        if len(ORDERS) > 20_000:
            ORDERS.clear()
        found = ORDERS[key] = in_order(shape, operands)
    return found


def dense_like(shape, strides):
    """The strides of a copy: the same if they leave no gaps, else in the same order."""
    return strides if is_dense(shape, strides) else laid_out_like(shape, [strides])


def in_order(shape, operands):
    """The strides of laid_out_like: axes are sorted, and then have no gaps."""
    order = list(range(len(shape)))[::-1]            # the fastest axis first
    for i in range(1, len(order)):
        at = i
        for before in range(i - 1, -1, -1):
            says = faster(order[at], order[before], shape, operands)
            if says < 0:
                break
            if says > 0:
                order[before], order[at] = order[at], order[before]
                at = before
    if order == sorted(order, reverse=True):
        return contiguous_strides(shape)
    strides, step = [0] * len(shape), 1
    for axis in order:
        strides[axis] = step
        step *= shape[axis]
    return tuple(strides)


def faster(a, b, shape, operands):
    """1 if axis a changes faster than axis b, -1 if slower, 0 if nobody can tell."""
    for strides in operands:
        if strides[a] and strides[b]:
            if strides[a] != strides[b]:
                return 1 if strides[a] < strides[b] else -1
            if shape[a] < shape[b]:
                return 1
    return 0


def broadcast_strides(shape, strides, target):
    """The strides with which a tensor is read as one of the shape target."""
    lead = len(target) - len(shape)
    return (0,) * lead + tuple(
        stride if n == wanted else 0
        for n, stride, wanted in zip(shape, strides, target[lead:]))


BROADCASTS = {}


def broadcast(*shapes):
    """The common shape: sizes are equal, or 1, or missing at the front.

    >>> broadcast((5, 1), (3,))
    torch.Size([5, 3])
    """
    found = BROADCASTS.get(shapes)
    if found is None:
        if len(BROADCASTS) > 20_000:
            BROADCASTS.clear()
        found = BROADCASTS[shapes] = broadcast_shape(shapes)
    return found


def broadcast_shape(shapes):
    result = [1] * max(map(len, shapes), default=0)
    for shape in shapes:
        for axis in range(-len(shape), 0):
            n = shape[axis]
            if n != 1 and result[axis] not in (1, n):
                raise RuntimeError(
                    f"shapes {' and '.join(str(tuple(each)) for each in shapes)} do "
                    f"not fit: on axis {axis} they have {result[axis]} and {n}, and "
                    "only equal sizes, or a size of 1, broadcast")
            if n != 1:
                result[axis] = n
    return Size(result)
