"""A tensor as text: columns of one width, the middle of a long axis left out.

    >>> row = as_text([0.1, 2.5, -30.0], (3,))
    >>> print(row)
    [  0.1000,   2.5000, -30.0000]
    >>> print(as_text([[1.0, 2.0], [3.0, 1e9]], (2, 2)))    # 1e9 : 1 is over 1000
    [[1.0000e+00, 2.0000e+00],
     [3.0000e+00, 1.0000e+09]]
    >>> print(as_text([True, False], (2,)))
    [ True, False]

    shape    the lengths of the axes      edge    how many numbers of each end of a long
    width    characters per number                axis are shown
    style    how a number is written: whole 3. or fixed 3.1416 or scientific 3.1416e+00

All numbers that are shown share one style and one width. The style is chosen from the
finite numbers that are not 0:

    scientific    if the largest is over 1000 times the smallest, or over 100 million,
                  or the smallest under 0.0001 (all of them without their signs)
    whole         otherwise, if all are whole numbers
    fixed         otherwise

so that a column of losses can be read down, and one tiny number does not round to 0.
What follows the numbers is what a reader cannot see in them: a dtype that is not the
default, a shape that holds nothing, the device, and whether gradients are kept.

Left out: complex numbers, and tensors without numbers (PyTorch's meta device).

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

import math

from . import dtypes
from .tensor import Tensor, public

DEFAULT = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80,
           "sci_mode": None}
PROFILES = {"default": DEFAULT,
            "short": {**DEFAULT, "precision": 2, "edgeitems": 2},
            "full": {**DEFAULT, "threshold": math.inf}}
options = dict(DEFAULT)    # set_printoptions changes it


@public
def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None,
                     profile=None, sci_mode=None):
    """Choose how tensors are printed from here on; what is None stays as it is.

    precision is the digits after the point; a tensor of more than threshold numbers has
    the middle of its long axes left out; edgeitems is what stays of each end; a line is
    at most linewidth characters; sci_mode True or False decides for or against powers
    of ten. A profile, "default", "short" or "full", sets them all first.
    """
    if profile is not None:
        if profile not in PROFILES:
            raise ValueError(f"profile {profile!r} is none of {', '.join(PROFILES)}")
        options.update(PROFILES[profile])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems,
             "linewidth": linewidth}
    options.update({name: each for name, each in given.items() if each is not None})
    options["sci_mode"] = sci_mode    # None lets the numbers decide again


def describe(tensor, default_dtype=None):
    """A tensor -> "tensor([1., 2.], requires_grad=True)", as repr and print show it.

    Reads its shape, dtype, device, requires_grad and grad_fn, and its numbers by
    tensor[i] and tolist().
    """
    shape, dtype = tuple(tensor.shape), str(tensor.dtype)
    usual = str(dtypes.Default.floating if default_dtype is None else default_dtype)
    numbers = math.prod(shape)
    unseen = []    # what the numbers do not show
    if len(shape) != 1 if numbers == 0 else options["edgeitems"] == 0:
        unseen.append(f"size={shape}")
    device = tensor.device
    if device.type != "cpu":
        index = ":0" if device.type == "cuda" and device.index is None else ""
        unseen.append(f"device='{device}{index}'")
    if dtype not in ("torch.int64", "torch.bool", usual) or (
            numbers == 0 and dtype != usual):
        unseen.append(f"dtype={dtype}")
    if tensor.grad_fn is not None:
        unseen.append(f"grad_fn=<{tensor.grad_fn.name().rpartition('::')[2]}>")
    elif tensor.requires_grad:
        unseen.append("requires_grad=True")
    text = "tensor(" + as_text(tensor.detach(), shape, indent=len("tensor("))
    used = len(text) - text.rfind("\n") + 1    # of the last line, ", " included
    for each in unseen:
        used += len(each) + 2
        text += ", "
        if used > options["linewidth"]:
            text = text[:-1] + "\n" + " " * len("tensor(")
            used = len("tensor(") + len(each)
        text += each
    return text + ")"


def as_text(rows, shape, indent=0):
    """Numbers in lists or a tensor, and their shape -> what stands in tensor(...).

    The first line is to stand `indent` characters to the right; the others do.
    """
    if math.prod(shape) == 0:
        return "[]"
    long = math.prod(shape) > options["threshold"]
    rows = ends(rows, shape, options["edgeitems"] if long else None)
    if long and options["edgeitems"] == 0:
        return "[...]"
    write, width = written(list(flat(rows, len(shape))))
    return in_brackets(rows, shape, indent, write, width, long)


def ends(rows, shape, edge):
    """The numbers to show, as lists: of a long axis the first and last `edge`."""
    if not shape:
        return rows if isinstance(rows, (bool, int, float)) else rows.item()
    length = shape[0]
    shown = range(length)
    if edge is not None and length > 2 * edge:
        shown = [*range(edge), *range(length - edge, length)]
    elif edge is None and not isinstance(rows, list):
        return rows.tolist()
    return [ends(rows[i], shape[1:], edge) for i in shown]


def flat(rows, depth):
    """The numbers of nested lists, one after another."""
    if depth == 0:
        yield rows
    else:
        for row in rows:
            yield from flat(row, depth - 1)


def written(numbers):
    """All numbers to show -> the function that writes one of them, and the width."""
    if not any(isinstance(number, float) for number in numbers):
        width = max(len(str(number)) for number in numbers)
        return (lambda number: str(number).rjust(width)), width
    counted = [x for x in numbers if math.isfinite(x) and x != 0]
    spell = STYLES[style([abs(x) for x in counted])]
    width = max((len(spell(x)) for x in counted), default=1)
    return (lambda number: spell(number).rjust(width)), width


def style(sizes):
    """How to write numbers of these sizes, all finite and above 0."""
    usual = "whole" if all(x == math.floor(x) for x in sizes) else "fixed"
    if not sizes:
        return usual
    low, high = min(sizes), max(sizes)
    vast = high / low > 1000 or high > 1e8 or low < 1e-4
    if options["sci_mode"] is not None:
        vast = options["sci_mode"]
    return "scientific" if vast else usual


def whole(x):
    return f"{x:.0f}." if math.isfinite(x) else f"{x:.0f}"


def fixed(x):
    return f"{x:.{options['precision']}f}"


def scientific(x):
    return f"{x:.{options['precision']}e}"


STYLES = {"whole": whole, "fixed": fixed, "scientific": scientific}


def in_brackets(rows, shape, indent, write, width, long):
    """Nested lists -> text: rows on lines, an empty line more for each axis above."""
    if not shape:
        return write(rows)
    edge = options["edgeitems"]
    left_out = long and shape[0] > 2 * edge
    if len(shape) == 1:
        cells = [write(number) for number in rows]
        cells[edge:edge] = [" ..."] if left_out else []
        room = max(1, (options["linewidth"] - indent) // (width + 2))    # ", " between
        lines = [", ".join(cells[n:n + room]) for n in range(0, len(cells), room)]
    else:
        lines = [in_brackets(row, shape[1:], indent + 1, write, width, long)
                 for row in rows]
        lines[edge:edge] = ["..."] if left_out else []
    between = ",\n" + "\n" * (len(shape) - 2) + " " * (indent + 1)
    return "[" + between.join(lines) + "]"


Tensor.__repr__ = describe
