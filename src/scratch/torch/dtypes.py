"""What a number is: the dtypes, which of two wins, and their limits.

    >>> float32, float32.itemsize, float32.is_floating_point
    (torch.float32, 4, True)
    >>> promote(int64, float16), promote(uint8, int8)      # a category, then a width
    (torch.float16, torch.int16)
    >>> finfo(float32).eps, iinfo(int8).max
    (1.1920928955078125e-07, 127)

    category    0 bool, 1 whole numbers, 2 floating-point numbers

Two dtypes promote to the smallest one that holds both, except that a whole number next
to a floating-point one leaves its width alone: int64 with float16 is float16. A Python
number, and a tensor without axes, have less to say than a tensor with axes: they change
the category if theirs is higher, and never the width within a category.

Left out: complex, quantised and 8-bit floating-point numbers, and the wider unsigned
ones. bfloat16 is float32's first 16 bits: computed as float32, then rounded.

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

import struct


class dtype:    # PyTorch's name, small as it is there
    """The kind of number that a tensor holds; there is one object for each."""

    __slots__ = ("name", "category", "itemsize", "is_signed", "code", "__weakref__")

    def __init__(self, name, category, itemsize, code, is_signed=True):
        self.name, self.category, self.itemsize = name, category, itemsize
        self.code = code            # its letter in struct and array; "" for bfloat16
        self.is_signed = is_signed

    @property
    def is_floating_point(self):
        return self.category == 2

    is_complex = property(lambda self: False)

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return named, (self.name,)    # pickled and copied, it is the same object


bool_ = dtype("bool", 0, 1, "?", is_signed=False)
uint8 = dtype("uint8", 1, 1, "B", is_signed=False)
int8, int16 = dtype("int8", 1, 1, "b"), dtype("int16", 1, 2, "h")
int32, int64 = dtype("int32", 1, 4, "i"), dtype("int64", 1, 8, "q")
float16, bfloat16 = dtype("float16", 2, 2, "e"), dtype("bfloat16", 2, 2, "")
float32, float64 = dtype("float32", 2, 4, "f"), dtype("float64", 2, 8, "d")

DTYPES = {each.name: each for each in (bool_, uint8, int8, int16, int32, int64,
                                       float16, bfloat16, float32, float64)}
ALIASES = {"half": float16, "float": float32, "double": float64, "short": int16,
           "int": int32, "long": int64}


def named(name):
    """The dtype of a name: named("float32")."""
    return DTYPES[name]


class Default:
    """What a Python float becomes: the dtype of torch.tensor(0.5), and of zeros(3)."""

    floating = float32


def get_default_dtype():
    """The dtype of Python floats, float32 unless it was set."""
    return Default.floating


def set_default_dtype(kind):
    """From now on Python floats become this dtype; it must be a floating-point one."""
    if not isinstance(kind, dtype) or kind.category != 2:
        raise TypeError(f"only a floating-point dtype can be the default, not {kind!r}")
    Default.floating = kind


def of_number(number):
    """The dtype of a Python number: bool, int64, or the default for a float."""
    kind = type(number)
    if kind is float:
        return Default.floating
    if kind is int:
        return int64
    if kind is bool or isinstance(number, bool):
        return bool_
    if isinstance(number, int):
        return int64
    if isinstance(number, float):
        return Default.floating
    raise TypeError(f"{number!r:.60} is a {kind.__name__}, and neither a tensor nor a "
                    "real number")


PROMOTED = {}    # (dtype, dtype) -> dtype, filled below


def promote(a, b):
    """The smallest dtype that holds both, by category before width."""
    return PROMOTED[a, b]


promote_types = promote


def promoted(a, b):
    """promote(a, b) from the rule itself, with which the table is filled."""
    if a is b:
        return a
    if a.category != b.category:
        return max(a, b, key=lambda each: each.category)
    if a.category == 2:
        # two of 16 bits, and neither holds the other's numbers
        return float32 if a.itemsize == b.itemsize else max(a, b, key=width)
    if uint8 in (a, b):
        other = b if a is uint8 else a
        return int16 if other is int8 else other
    return max(a, b, key=width)


def width(kind):
    return kind.itemsize


PROMOTED.update({(a, b): promoted(a, b)
                 for a in DTYPES.values() for b in DTYPES.values()})


def can_cast(source, target):
    """Whether a result of dtype source may be written into target, as x += y does."""
    return source.category <= target.category


class finfo:
    """The limits of a floating-point dtype, by default the default one."""

    LIMITS = {"float16": (10, 15), "bfloat16": (7, 127), "float32": (23, 127),
              "float64": (52, 1023)}    # bits after the point, the largest exponent

    def __init__(self, kind=None):
        kind = Default.floating if kind is None else kind
        if not isinstance(kind, dtype) or kind.category != 2:
            raise TypeError(f"finfo is of a floating-point dtype, not of {kind!r}; "
                            "whole numbers have iinfo")
        fraction, exponent = self.LIMITS[kind.name]
        self.dtype, self.bits = kind.name, 8 * kind.itemsize
        self.eps = 2.0 ** -fraction
        self.max = (2.0 - self.eps) * 2.0 ** exponent
        self.min = -self.max
        self.tiny = self.smallest_normal = 2.0 ** (1 - exponent)
        self.resolution = {10: 1e-3, 7: 1e-2, 23: 1e-6, 52: 1e-15}[fraction]

    def __repr__(self):
        return (f"finfo(resolution={self.resolution:g}, min={self.min:g}, "
                f"max={self.max:g}, eps={self.eps:g}, smallest_normal={self.tiny:g}, "
                f"tiny={self.tiny:g}, dtype={self.dtype})")


class iinfo:
    """The limits of a whole-number dtype."""

    def __init__(self, kind):
        if not isinstance(kind, dtype) or kind.category != 1:
            raise TypeError(f"iinfo is of a whole-number dtype, not of {kind!r}; "
                            "floating-point numbers have finfo")
        self.dtype, self.bits = kind.name, 8 * kind.itemsize
        self.min = -2 ** (self.bits - 1) if kind.is_signed else 0
        self.max = 2 ** (self.bits - kind.is_signed) - 1

    def __repr__(self):
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


def rounded(number, kind):
    """A Python float as a tensor of this dtype would hold it.

    >>> rounded(0.1, float32), rounded(1e6, float16), rounded(3.14159, bfloat16)
    (0.10000000149011612, inf, 3.140625)
    """
    if kind is float64 or number != number:
        return number
    if kind is bfloat16:
        [bits] = struct.unpack("<I", struct.pack("<f", rounded(number, float32)))
        bits += 0x7FFF + (bits >> 16 & 1)    # to the nearest, and a tie to the even one
        return struct.unpack("<f", struct.pack("<I", bits & 0xFFFF0000))[0]
    try:
        return struct.unpack(kind.code, struct.pack(kind.code, number))[0]
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")
