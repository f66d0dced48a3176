"""Numbers of a wanted kind, drawn from words: uniform, whole, exponential and others.

    >>> from .mersenne import MersenneTwister
    >>> twister = MersenneTwister(5489)
    >>> uniform(twister, 2)                     # the last 24 bits of a word / 2²⁴
    [0.5692651271820068, 0.6821130514144897]
    >>> whole(twister, 5, 1, 7)                 # five throws of a die
    [3, 6, 5, 2, 6]
    >>> permutation(twister, 4)
    [1, 0, 3, 2]

    words    what gives random words: .words(n) and .words64(n), as the twister does
    n        how many numbers       u    uniform numbers, 0 <= u < 1
    wide     whether numbers have 53 bits (float64) or 24 (float32, and what is less)

Each function returns n numbers: Python's in a list if they are few, NumPy's in an array
if they are many. A formula is written once and means both. Words are used in PyTorch's
order and number, so that what is drawn later is the same too, and the numbers are
PyTorch's to the last bit, as it is built for x86-64, where a product and the sum that
follows are rounded once, not twice (fma). On other processors PyTorch itself may differ
from them in the last bit of a number.

Left out: Poisson, binomial, gamma and what torch.distributions makes of them.

Chapter: docs/torch/random.md.  To copy: this file and mersenne.py.
"""

import math
import sys
from array import array


PIECE = 2**13    # so many numbers at a time stay in a processor's cache


def in_pieces(n, draw):
    """The numbers that draw(n) gives, drawn PIECE by PIECE if they are more."""
    if n <= PIECE:
        return draw(n)
    parts = [draw(min(PIECE, n - start)) for start in range(0, n, PIECE)]
    if isinstance(parts[0], list):
        return [x for part in parts for x in part]
    return sys.modules["numpy"].concatenate(parts)


def each(formula, xs):
    """The formula of each number: of an array at once, of a list one by one."""
    return [formula(x) for x in xs] if isinstance(xs, list) else formula(xs)


def unit(words, n, wide=False):
    """n numbers u, 0 <= u < 1: as many last bits of a word as a mantissa holds."""
    if wide:
        return each(lambda word: (word & 2**53 - 1) * 2.0**-53, words.words64(n))
    return each(lambda word: single((word & 2**24 - 1) * 2.0**-24), words.words(n))


def uniform(words, n, low=0.0, high=1.0, wide=False):
    """low + (high - low) · u, rounded as the type rounds."""
    u = unit(words, n, wide)
    if (low, high) == (0, 1):
        return u
    if wide:
        return each(lambda u: fma(u, high - low, low), u)
    low = single(low)
    reach = single(single(high) - low)
    return each(lambda u: fused(u, reach, low), u)


def whole(words, n, low, high):
    """n integers, low <= i < high: the remainder of a word. Few are too frequent.

    2³² is no multiple of most ranges, so that the first remainders have one word more
    than the last. From 2²⁸ on, where that would show, a word has 64 bits.
    """
    reach = high - low
    drawn = words.words(n) if reach < 2**28 else words.words64(n)
    if isinstance(drawn, list):
        return [word % reach + low for word in drawn]
    return (drawn % drawn.dtype.type(reach)).astype("i8") + low


def bits(words, n, count, modulus):
    """n remainders of words of so many bits, 32 or 64: what random_() fills with."""
    drawn = words.words(n) if count == 32 else words.words64(n)
    return each(lambda word: word % modulus, drawn)


def signed(words, n):
    """n words of 64 bits, each read as a number with a sign: two's complement."""
    drawn = words.words64(n)
    if isinstance(drawn, list):
        return [word - 2**64 if word >= 2**63 else word for word in drawn]
    return drawn.astype("i8")


def permutation(words, n):
    """The numbers 0 to n - 1 in a random order: a list.

    Fisher and Yates, 1938: each place in turn swaps with itself or a later one.
    """
    many = n >= (2**32 - 1) // 20
    drawn = words.words64(max(n - 1, 0)) if many else words.words(max(n - 1, 0))
    if not isinstance(drawn, list):
        left = sys.modules["numpy"].arange(n, 1, -1, dtype=drawn.dtype)
        drawn = (drawn % left).tolist()
    else:
        drawn = [word % (n - i) for i, word in enumerate(drawn)]
    order = list(range(n))
    for i, ahead in enumerate(drawn):
        j = i + ahead
        order[i], order[j] = order[j], order[i]
    return order


def bernoulli(words, n, p, wide=True):
    """n truths, each true with the probability p: whether u < p.

    p is one number, or n of them in a list or an array.
    """
    u = unit(words, n, wide)
    if isinstance(p, (int, float)):
        return each(lambda u: u < p, u)
    if isinstance(u, list):
        return [bool(u < p) for u, p in zip(u, p)]
    return u < p


def exponential(words, n, rate=1.0):
    """How long to wait for what happens rate times per unit: -ln(1 - u) / rate."""
    by, negative = -1.0 / rate, each(lambda u: -u, unit(words, n, True))
    return each(lambda log: by * log, exactly(math.log1p, negative))


def geometric(words, n, p):
    """How many throws until the first success, of probability p each."""
    by = math.log1p(-p)
    logs = exactly(log, unit(words, n, True))
    return each(lambda log: -(-log / by // 1), logs)


def cauchy(words, n, median=0.0, sigma=1.0):
    """Where a light that turns, sigma away from a wall, points: median + sigma tan."""
    angles = each(lambda u: math.pi * (u - 0.5), unit(words, n, True))
    return each(lambda x: fma(sigma, x, median), exactly(math.tan, angles))


def log(x):
    """ln x, and -inf for 0."""
    return math.log(x) if x else -math.inf


def listed(xs):
    """The numbers in a list."""
    return xs if isinstance(xs, list) else xs.tolist()


def exactly(function, xs):
    """A function of Python's of each number: in C's rounding, which NumPy's is not."""
    found = [function(x) for x in listed(xs)]
    return found if isinstance(xs, list) else sys.modules["numpy"].array(found)


def single(x):
    """x, rounded to a float32: a float, or an array of them."""
    if isinstance(x, (float, int)):
        return array("f", (x,))[0]
    return x.astype("f4", copy=False)


def fused(a, b, c):
    """a · b + c for float32, rounded once: in float64 the product is exact."""
    return single((a if isinstance(a, float) else a.astype("f8")) * b + c)


def fma(a, b, c):
    """a · b + c for float64, rounded once: a fused multiply-add.

    The product's rounding error and the sum's are found (Dekker, Numerische Mathematik
    18, 1971) and added last. What is lost of their own sum may decide a tie, so it
    makes the last bit odd; Boldo and Melquiond, IEEE Trans. on Computers 57, 2008.
    """
    p = a * b
    a1, b1 = a * 134217729.0, b * 134217729.0        # 2²⁷ + 1 splits a number in halves
    a1, b1 = a1 - (a1 - a), b1 - (b1 - b)
    a2, b2 = a - a1, b - b1
    error = a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2)
    t, small = sum_and_error(c, error)
    s, rest = sum_and_error(p, t)
    return s + odd(*sum_and_error(small, rest))


def sum_and_error(a, b):
    """a + b, rounded, and what the rounding has left out."""
    s = a + b
    part = s - a
    return s, (a - (s - part)) + (b - part)


def odd(s, error):
    """s, or the number beside it toward s + error if s is even and error is not 0."""
    if isinstance(s, float):
        even = array("q", array("d", [s]).tobytes())[0] % 2 == 0
        toward = math.copysign(math.inf, error)
        return math.nextafter(s, toward) if error and even else s
    numpy = sys.modules["numpy"]
    moved = numpy.nextafter(s, numpy.copysign(numpy.inf, error))
    return numpy.where((error != 0) & (s.view("i8") % 2 == 0), moved, s)
