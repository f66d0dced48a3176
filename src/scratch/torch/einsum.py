"""Sums of products by letters: einsum.

    >>> from . import arange
    >>> a = arange(6).view(2, 3)
    >>> einsum("ij->j", a).tolist(), einsum("ij,kj->ik", a, a).tolist()
    ([3, 5, 7], [[5, 14], [14, 50]])

Two operands at a time become two stacks of matrices: the letters that both have and
that come again are the stack, those that both have and nobody needs any more are summed
over, and the rest are rows and columns. One bmm() then does it.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from .products import bmm
from .storage import numel
from .tensor import public


@public
def einsum(equation, *operands):
    """Sums of products by letters: einsum("bik,bkj->bij", a, b) is a @ b.

    A letter names an axis; one that is not in the result is summed over, and one that
    is twice in an operand is its diagonal. "..." stands for further axes, which
    broadcast.
    """
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    equation = equation.replace(" ", "")
    left, arrow, result = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise RuntimeError(f"einsum(): {equation!r} is of {len(terms)} tensors, and "
                           f"{len(operands)} were given")
    extra = max([x.ndim - len(term.replace("...", "")) for term, x in
                 zip(terms, operands) if "..." in term], default=0)
    dots = "".join(map(chr, range(0x2460, 0x2460 + extra)))    # letters for "..."
    spelled = []
    for term, x in zip(terms, operands):
        if "..." in term:
            own = x.ndim - len(term.replace("...", ""))
            term = term.replace("...", dots[extra - own:] if own > 0 else "")
        if len(term) != x.ndim:
            raise RuntimeError(f"einsum(): {term!r} names {len(term)} axes of a tensor "
                               f"that has {x.ndim}")
        spelled.append(term)
    letters = "".join(spelled)
    if arrow:
        result = result.replace("...", dots)
    else:
        result = dots + "".join(sorted(c for c in set(letters) - set(dots)
                                       if letters.count(c) == 1))
    for c in result:
        if c not in letters or result.count(c) > 1:
            why = "is there twice" if c in letters else "no operand has"
            raise RuntimeError(f"einsum(): the result has {c!r}, which {why}")
    sizes = {}
    for term, x in zip(spelled, operands):
        for c, n in zip(term, x.shape):
            if n != 1:
                if sizes.get(c, n) != n:
                    raise RuntimeError(f"einsum(): {c!r} is {sizes[c]} places long, "
                                       f"and {n} in another operand")
                sizes[c] = n
    whole, names = single(spelled[0], operands[0])
    for n, (term, x) in enumerate(zip(spelled[1:], operands[1:]), 1):
        later = set(result).union(*spelled[n + 1:])
        whole, names = pair(whole, names, *single(term, x), later)
    gone = [n for n, c in enumerate(names) if c not in result]
    if gone:
        whole, names = whole.sum(gone), [c for c in names if c in result]
    order = [names.index(c) for c in result]
    return whole if order == sorted(order) else whole.permute(order)


def single(term, x):
    """An operand with each letter once: a letter that is twice is its diagonal."""
    names = list(term)
    for c in dict.fromkeys(term):
        while names.count(c) > 1:
            first = names.index(c)
            second = names.index(c, first + 1)
            x = x.diagonal(0, first, second)
            del names[second], names[first]
            names.append(c)
    return x, names


def pair(a, a_names, b, b_names, later):
    """Two operands -> one, summed over the letters that come no more: one bmm."""
    both = [c for c in a_names if c in b_names]
    kept = [c for c in both if c in later]                 # batch
    summed = [c for c in both if c not in later]
    alone_a = [c for c in a_names if c not in b_names]
    alone_b = [c for c in b_names if c not in a_names]

    def matrices(x, names, order):
        return x.permute([names.index(c) for c in order]) if order else x

    def size(c):
        return max(x.shape[names.index(c)] for x, names in ((a, a_names), (b, b_names))
                   if c in names)

    batch, inner = [size(c) for c in kept], [size(c) for c in summed]
    rows, columns = [size(c) for c in alone_a], [size(c) for c in alone_b]
    left = matrices(a, a_names, kept + alone_a + summed)
    right = matrices(b, b_names, kept + summed + alone_b)
    left = left.expand(*batch, *rows, *inner) if left.ndim else left
    right = right.expand(*batch, *inner, *columns) if right.ndim else right
    count = numel(batch), numel(rows), numel(inner), numel(columns)
    left = left.reshape(count[0], count[1], count[2])
    right = right.reshape(count[0], count[2], count[3])
    return bmm(left, right).reshape(*batch, *rows, *columns), kept + alone_a + alone_b
