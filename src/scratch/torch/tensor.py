"""The tensor: a storage, and the shape, strides and offset with which it is read.

    >>> from . import arange
    >>> x = arange(6).view(2, 3)
    >>> x.shape, x.stride(), x.T.stride(), x[1].storage_offset()
    (torch.Size([2, 3]), (3, 1), (1, 3), 3)
    >>> x.T[0, 1] = 50                     # a view: the same numbers, walked otherwise
    >>> x.tolist(), x._version
    ([[0, 1, 2], [50, 4, 5]], 1)

    storage    numbers in memory, with a backend, a dtype and a version (storage.py)
    native     the backend's own view of them, made when it is first asked for
    needs      whether it requires a gradient by itself
    node, nr   the operation that made it, and which of its results this is (graph.py)
    base       for a view: the tensor that it is a view of, never itself a view

Operations live in the modules named after their idea. `@operation` makes a function
both torch.f(x) and x.f(); what is here is what a tensor knows about itself.

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

import functools

from . import dtypes
from .modes import UNTRACKED, Mode
from .storage import LAYOUTS, Size, Storage, is_contiguous, layout, numel

OPERATIONS = {}    # {name: function}, what __init__.py makes public


class Tensor:
    """Numbers of one dtype on one device, read in a shape by strides."""

    __slots__ = ("storage", "dtype", "shape", "strides", "offset", "native", "packed",
                 "needs", "_grad", "node", "nr", "base", "seen", "origin", "__dict__",
                 "__weakref__")
    __array_priority__ = 1000    # numpy_array * tensor asks the tensor

    def __new__(cls, *data, **kind):
        from .rebuilding import legacy
        return legacy(cls, *data, **kind)

    def __getattr__(self, name):
        """The native is made when it is first asked for; other names are unknown."""
        if name == "native":
            storage = self.storage
            native = self.native = storage.backend["view"](
                storage.buffer, storage.dtype, self.shape, self.strides, self.offset)
            return native
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"a tensor of scratch.torch has no {name!r}; "
                             "`dir(tensor)` lists what it has")

    # what it is

    @property
    def device(self):
        return self.storage.backend.device

    @property
    def layout(self):
        return "torch.strided"

    @property
    def ndim(self):
        return len(self.shape)

    def dim(self):
        return len(self.shape)

    ndimension = dim

    def size(self, dim=None):
        """The shape, or the size of one axis."""
        return self.shape if dim is None else self.shape[axis(dim, len(self.shape))]

    def stride(self, dim=None):
        """How many numbers of the storage one step along each axis, or one axis, is."""
        return self.strides if dim is None else self.strides[axis(dim, self.ndim)]

    def storage_offset(self):
        return self.offset

    def untyped_storage(self):
        return self.storage

    def data_ptr(self):
        """The address of the first element: equal for views that begin together."""
        return self.storage.data_ptr() + self.offset * self.dtype.itemsize

    def numel(self):
        return numel(self.shape)

    nelement = numel

    def element_size(self):
        return self.dtype.itemsize

    itemsize = property(element_size)

    @property
    def nbytes(self):
        return self.numel() * self.dtype.itemsize

    def is_contiguous(self, memory_format=None):
        """Whether its elements lie row after row, without gaps."""
        return self.packed

    def is_floating_point(self):
        return self.dtype.category == 2

    def is_complex(self):
        return False

    def is_signed(self):
        return self.dtype.is_signed

    is_cuda = property(lambda self: self.device.type == "cuda")
    is_cpu = property(lambda self: self.device.type == "cpu")
    is_sparse = is_quantized = is_meta = property(lambda self: False)

    def get_device(self):
        return -1 if self.is_cpu else self.device.index or 0

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of a 0-d tensor: it has no axis to count along")
        return tuple.__getitem__(self.shape, 0)

    __hash__ = object.__hash__

    @property
    def _version(self):
        if self.is_inference():
            raise RuntimeError("the writes to a tensor that was made under "
                               "inference_mode() are not counted")
        return self.storage.version

    def is_inference(self):
        """Whether its numbers were made under inference_mode()."""
        return self.storage.version is UNTRACKED

    # numbers out

    def tolist(self):
        """Nested lists of Python numbers; of a 0-d tensor, the number."""
        return self.storage.backend["to_list"](self.native)

    def item(self):
        """The only element, as a Python number; RuntimeError if there are others."""
        if self.numel() != 1:
            raise RuntimeError(f"a tensor of shape {tuple(self.shape)} has "
                               f"{self.numel()} elements; item() is of one")
        found = self.storage.backend["to_list"](self.native)
        while type(found) is list:
            [found] = found
        return found

    def __bool__(self):
        if self.numel() != 1:
            raise RuntimeError(
                f"a tensor of {self.numel()} elements is neither true nor false; ask "
                "whether any() or all() of them are")
        return bool(self.item())

    def __int__(self):
        return int(self.only())

    def __float__(self):
        return float(self.only())

    def only(self):
        """item(), whose error Python expects to be a ValueError where it converts."""
        if self.numel() != 1:
            raise ValueError(f"a tensor of {self.numel()} elements is no number; "
                             "tolist() gives them all")
        return self.item()

    def __index__(self):
        if self.dtype.category == 2 or self.numel() != 1:
            raise TypeError("only a whole-number tensor of one element can be an index")
        return int(self.item())

    def __iter__(self):
        if not self.shape:
            raise TypeError("a 0-d tensor has no elements to go through")
        return iter(self.unbind(0))

    def __contains__(self, element):
        return bool((self == element).any())

    def __format__(self, spec):
        if not self.shape and type(self) is Tensor:
            return format(self.item(), spec)
        return format(repr(self), spec) if not spec else object.__format__(self, spec)

    def __repr__(self):
        from .printing import describe
        return describe(self)

    # gradients: what autograd.py works with

    @property
    def requires_grad(self):
        return self.needs or self.base is not None and self.base.needs

    @requires_grad.setter
    def requires_grad(self, wanted):
        if self.node is not None:
            raise RuntimeError("requires_grad is changed of leaves only; "
                               "detach() gives "
                               "a leaf with the same numbers")
        self.requires_grad_(wanted)

    def requires_grad_(self, wanted=True):
        """Gradients are to be computed for this leaf, or no longer."""
        if self.node is not None and not wanted:
            raise RuntimeError(
                "only a leaf can stop to require gradients; detach() gives this "
                "tensor's numbers without their history")
        if wanted and self.dtype.category != 2:
            raise RuntimeError("only tensors of floating-point dtype can require "
                               f"gradients, and this one is {self.dtype}")
        if wanted and self.is_inference() and not Mode.inference:
            raise RuntimeError("a tensor that was made under inference_mode() is never "
                               "part of a graph; its clone() can require a gradient")
        if self.node is None:
            self.needs = bool(wanted)
            if wanted and self.base is not None and not self.base.requires_grad:
                self.base = None      # a leaf from here on, and no longer a view
        return self

    @property
    def is_leaf(self):
        """Whether no recorded operation made it."""
        return not self.requires_grad or self.grad_fn is None

    @property
    def grad(self):
        """∂(what backward() was called on)/∂self, or None."""
        return self._grad

    @grad.setter
    def grad(self, gradient):
        if gradient is not None:
            if not isinstance(gradient, Tensor):
                raise TypeError("a grad is a tensor or None, not a "
                                f"{type(gradient).__name__}")
            if gradient is self:
                raise RuntimeError("a tensor cannot be its own grad")
            if gradient.shape != self.shape:
                raise RuntimeError(
                    f"a grad has the shape of its tensor, {tuple(self.shape)}, and "
                    f"this one is {tuple(gradient.shape)}")
            if gradient.dtype is not self.dtype:
                raise RuntimeError(f"a grad has the dtype of its tensor, {self.dtype}, "
                                   f"and this one is {gradient.dtype}")
        self._grad = gradient

    @grad.deleter
    def grad(self):
        self._grad = None

    def __reduce_ex__(self, protocol):
        from .rebuilding import rebuilt
        return rebuilt, (type(self), self.tolist(), self.dtype, self.needs,
                         tuple(self.shape), self.device)


new = object.__new__


def wrap(native, dtype, backend):
    """A new tensor around the native that a kernel made, which lies row after row."""
    tensor = new(Tensor)
    tensor.storage = storage = new(Storage)    # every operation comes by: no calls here
    storage.buffer, storage.dtype, storage.backend = native, dtype, backend
    storage.version = Mode.version
    tensor.dtype = dtype
    shape = native.shape
    tensor.shape, tensor.strides = LAYOUTS.get(shape) or layout(shape)
    tensor.offset = 0
    tensor.native = native
    tensor.packed = True
    tensor.needs = False
    tensor._grad = tensor.node = tensor.base = None
    return tensor


def look(storage, shape, strides, offset, base=None, origin=None):
    """A tensor that reads a storage: every view is made here.

    origin is "no_grad" for a view made there, "several" for one of several that one
    call returned: neither may be written to where operations are recorded.
    """
    tensor = new(Tensor)
    tensor.storage = storage
    tensor.dtype = storage.dtype
    tensor.shape, straight = LAYOUTS.get(shape) or layout(shape)
    tensor.strides = strides
    tensor.offset = offset
    tensor.packed = strides == straight or is_contiguous(shape, strides)
    tensor.needs = False
    tensor._grad = tensor.node = tensor.base = None
    if base is not None:
        tensor.base = base if base.base is None else base.base
        tensor.nr = 0
        tensor.seen = storage.version
        tensor.origin = origin
    return tensor


def empty(shape, dtype, backend, strides=None):
    """A tensor with whatever was in its memory, contiguous unless strides are given."""
    if strides is None or strides == layout(shape)[1]:
        return wrap(backend["empty"](shape, dtype), dtype, backend)
    count = numel(shape)
    storage = Storage(backend["buffer"](backend["empty"]((count,), dtype)), dtype,
                      backend)
    return look(storage, shape, strides, 0)


def axis(dim, ndim):
    """dim from -ndim to ndim - 1 -> from 0; IndexError otherwise."""
    if type(dim) is not int:
        if dim is True or dim is False:
            raise TypeError(f"an axis is a number, and not {dim}")
        dim = dim.__index__()
    count = ndim or 1    # a 0-d tensor is reduced along axis 0 or -1
    if not -count <= dim < count:
        raise IndexError(f"axis {dim} of a tensor that has {ndim}: they are counted "
                         f"from {-count} to {count - 1}")
    return dim % count


def axes(dims, ndim):
    """One axis, several, or None for all -> a tuple of axes from 0, each once."""
    if dims is None:
        return tuple(range(ndim))
    if type(dims) is int:
        return (axis(dims, ndim),)
    if not isinstance(dims, (tuple, list)):
        return (axis(dims, ndim),)
    found = tuple([axis(dim, ndim) for dim in dims])
    if len(set(found)) < len(found):
        raise RuntimeError(f"{max(found, key=found.count)} is named twice in {dims}")
    return found


def shape_of(sizes):
    """view(2, 3), view((2, 3)) and view(torch.Size([2, 3])) -> (2, 3)."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = sizes[0]
    return tuple([n if type(n) is int else whole(n) for n in sizes])


def whole(n):
    """A size as an int; TypeError for 2.0 and "2"."""
    if hasattr(n, "__index__"):
        return n.__index__()
    raise TypeError(f"{n!r} is a {type(n).__name__}, and a size is a whole number")


def operation(function):
    """Make a function torch.f and a method of every tensor."""
    OPERATIONS[function.__name__] = function
    setattr(Tensor, function.__name__, function)
    return function


def of_tensors(function, place):
    """A function that says of what is no tensor that it is none: a TypeError.

    place is the name of the module that makes it public, where pickle finds it.
    """
    @functools.wraps(function)
    def call(*given, **settings):
        try:
            return function(*given, **settings)
        except (AttributeError, KeyError):
            if not given or isinstance(given[0], Tensor):
                raise
            raise TypeError(f"{function.__name__}() is of tensors, and "
                            f"{given[0]!r:.60} is none: torch.tensor() makes "
                            "one of it") from None
    call.__module__ = place
    return call


def public(function):
    """Make a function torch.f, and no method."""
    OPERATIONS[function.__name__] = function
    return function


def method(function):
    """Make a function a method of every tensor, and no torch.f."""
    setattr(Tensor, function.__name__, function)
    return function
