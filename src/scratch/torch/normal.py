"""Numbers that are normally distributed, as Box and Muller make them from uniform ones.

    >>> from .mersenne import MersenneTwister
    >>> few = normal(Spare(5489), 3)
    >>> [round(z, 4) for z in few]
    [-0.337, -0.1192, 1.2181]
    >>> many = normal(Spare(5489), 16, size=4)
    >>> [round(float(z), 4) for z in many[:3]]
    [0.968, 1.1712, 2.0346]

    u1, u2   two uniform numbers          z   a normal one: mean 0, standard deviation 1
    radius   √(-2 ln u1)                  size   bytes of a number: 8, 4, or 2

A point whose two coordinates are normal has an angle that is uniform, and a distance
from the origin whose square is exponential. So two uniform numbers give an angle and a
radius, and these the two coordinates, radius · cos and radius · sin.

PyTorch does it in two ways, which draw different words: fewer than 16 numbers, or those
of a tensor that is not contiguous, one after another in float64, where the second of
two coordinates is kept for the next call; 16 or more at once, eight pairs at a time, in
the type of the tensor. In float32, the second way has functions of its own for ln, sin
and cos, polynomials for eight numbers side by side. These are here as well, so that the
numbers are PyTorch's to the bit as it is on x86-64; elsewhere PyTorch's are a few units
away in the last place. Their coefficients are Moshier's, of the Cephes library, 1992.

Box and Muller, A note on the generation of random normal deviates, Annals of
Mathematical Statistics 29, 1958.

Chapter: docs/torch/random.md.  To copy: this file, draws.py and mersenne.py.
"""

import math
import sys

from .draws import each, exactly, fma, fused, in_pieces, listed, single, unit
from .mersenne import MersenneTwister

BLOCK = 16


class Spare(MersenneTwister):
    """A twister that can keep one normal number, the second of a pair, for later."""

    spare = None


def normal(words, n, mean=0.0, std=1.0, size=8, contiguous=True):
    """n numbers, in PyTorch's way for a tensor whose numbers have size bytes."""
    if n >= BLOCK and contiguous:
        return many(words, n, mean, std, size)
    return each(lambda z: scaled(z, mean, std), few(words, n))


def log_normal(words, n, mean=1.0, std=2.0):
    """n numbers whose logarithms are normal."""
    return exactly(math.exp, [scaled(z, mean, std) for z in few(words, n)])


def scaled(z, mean, std):
    return fma(z, std, mean) if mean else z * std


def few(words, n):
    """n numbers z, one after another, with the one that was kept in front."""
    numbers = []
    if words.spare is not None and n:
        numbers.append(words.spare)
        words.spare = None
    u = listed(unit(words, 2 * ((n - len(numbers) + 1) // 2), wide=True))
    for u1, u2 in zip(u[::2], u[1::2]):
        radius, angle = math.sqrt(-2 * math.log1p(-u2)), 2 * math.pi * u1
        numbers += [radius * math.cos(angle), radius * math.sin(angle)]
    if len(numbers) > n:
        words.spare = numbers.pop()
    return numbers


class Faster:
    """singles(words, mean, std): blocks of float32 by a backend, if one has that."""

    singles = None


def many(words, n, mean, std, size):
    """n >= 16 numbers, in blocks of 16; if some are left over, the last 16 anew.

    A block's first eight numbers are the u1 of its pairs, its last eight the u2.
    """
    wide, pairs = size == 8, pairs_wide if size == 8 else pairs_single

    def draw(n):
        if Faster.singles and not wide:
            return Faster.singles(words.words(n), mean, std)
        return blocks(unit(words, n, wide), pairs, mean, std)

    left = n % BLOCK
    z = in_pieces(n - left, draw)
    if not left:
        return z
    if size > 2:
        words.words(2 * left if wide else left)    # drawn, and then drawn anew
    return joined(z, draw(BLOCK), n)


def blocks(u, pairs, mean, std):
    """Uniform numbers, 16 or a multiple -> as many normal ones, in their places."""
    if isinstance(u, list):
        z = []
        for start in range(0, len(u), BLOCK):
            block = [pairs(u1, u2, mean, std)
                     for u1, u2 in zip(u[start:start + 8], u[start + 8:start + BLOCK])]
            z += [cos for cos, _ in block] + [sin for _, sin in block]
        return z
    u = u.reshape(-1, 2, 8)
    return sys.modules["numpy"].stack(pairs(u[:, 0], u[:, 1], mean, std), 1).reshape(-1)


def joined(z, last, n):
    """n numbers: those of z, and at the end those of last."""
    if isinstance(z, list) and isinstance(last, list):
        return z[:n - BLOCK] + last
    numpy = sys.modules["numpy"]
    return numpy.concatenate([z[:n - BLOCK], last])


def pairs_wide(u1, u2, mean, std):
    """u1, u2 -> two normal numbers, in float64."""
    if isinstance(u1, float):
        radius, angle = math.sqrt(-2 * math.log(1 - u1)), 2 * math.pi * u2
        z = radius * math.cos(angle), radius * math.sin(angle)
    else:
        shape, u1, u2 = u1.shape, u1.reshape(-1), u2.reshape(-1)
        radius = (-2 * exactly(math.log, 1 - u1)) ** 0.5
        angle = 2 * math.pi * u2
        z = [(radius * exactly(f, angle)).reshape(shape) for f in (math.cos, math.sin)]
    return tuple(scaled(each, mean, std) for each in z)


def pairs_single(u1, u2, mean, std):
    """u1, u2 -> two normal numbers, in float32."""
    mean, std = single(mean), single(std)
    radius = single(single(-2.0 * log_single(1.0 - u1)) ** 0.5)
    sin, cos = sin_cos_single(single(u2 * single(2.0 * math.pi)))
    return (fused(single(radius * cos), std, mean),
            fused(single(radius * sin), std, mean))


def singles(*numbers):
    return tuple(map(single, numbers))


LOG = singles(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1,
              1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1,
              3.3333331174e-1)
LN2 = singles(0.693359375, -2.12194440e-4)               # their sum is ln 2
EIGHTH = singles(-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8)
SIN = singles(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
COS = singles(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)


def polynomial(coefficients, x):
    """c₀ xⁿ + ... + cₙ by Horner's rule: a product and its sum are rounded once."""
    c0, c1, *more = coefficients
    y = fused(x, c0, c1)
    for c in more:
        y = fused(y, x, c)
    return y


def log_single(x):
    """ln x for 2⁻²⁴ <= x <= 1: x = m · 2ᵉ, and a polynomial of m - 1."""
    m, e = (math if isinstance(x, float) else sys.modules["numpy"]).frexp(x)
    below = m < single(math.sqrt(0.5))
    e = single(e - below)
    m = single(m * (1 + below)) - 1.0                    # -0.29 to 0.41
    square = single(m * m)
    y = single(polynomial(LOG, m) * m)
    y = fused(y, square, single(e * LN2[1]))
    return fused(e, LN2[0], single(m + single(y - square * 0.5)))


def sin_cos_single(x):
    """sin x and cos x for 0 <= x < 2π: polynomials of the rest beside n · π/2."""
    eighths = single(x * single(4 / math.pi))
    eighths = int(eighths) if isinstance(x, float) else eighths.astype("i4")
    eighths = eighths + 1 & ~1                           # an even number of π / 4
    multiple = single(eighths)
    for part in EIGHTH:                                  # π / 4 in parts, of which the
        x = fused(multiple, part, x)                     # first are short and so exact
    square = single(x * x)
    sin = fused(single(polynomial(SIN, square) * square), x, x)
    y = single(polynomial(COS, square) * square)
    cos = single(fused(y, square, square * -0.5) + 1.0)
    quarter = eighths >> 1
    odd = single(quarter & 1)                            # then they change places
    return ((sin * (1 - odd) + cos * odd) * single(1 - (quarter & 2)),
            (cos * (1 - odd) + sin * odd) * single(1 - (quarter + 1 & 2)))
