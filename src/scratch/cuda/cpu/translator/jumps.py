"""How far a random number generator is after n steps, for an n that nobody could step.

    >>> ahead = xorwow_tables()["xorwow_ahead"]        # 1 to 15 steps, 16 to 240, ...
    >>> jumped(ahead[0][5 - 1], start := [1, 2, 3, 4, 5]) == steps(start, 5)
    True
    >>> jumped(ahead[1][2 - 1], start) == steps(start, 32)
    True

A step of xorwow is linear in its 160 bits, v -> A v with sums modulo 2.  A is a root of
its minimal polynomial p, so that A^n is the sum of those A^i with i < 160 for which the
polynomial x^n mod p has an x^i: 160 bits instead of a matrix, and n may be 2^67 times a
number of 64 bits, as squares modulo p are quickly taken.  p is found from 320 bits that
the generator puts out, by the algorithm of Berlekamp and Massey.  (H. Haramoto and
others, Efficient jump ahead for F2-linear random number generators, 2008.)

A step of MRG32k3a is a product with two matrices of 3 x 3, modulo one prime each, and
powers of these do (P. L'Ecuyer and others, An object-oriented random-number package
with many long streams and substreams, 2002).

    polynomial    an integer, whose bit i is the coefficient of x^i
"""

from functools import lru_cache

BITS = 160
MODULI = (2**32 - 209, 2**32 - 22853)
STEPS = ([[0, 1, 0], [0, 0, 1], [-810728, 1403580, 0]],
         [[0, 1, 0], [0, 0, 1], [-1370589, 0, 527612]])
# subsequences of cuRAND are 2^67 numbers apart, and of MRG32k3a 2^76, sequences 2^127
APART = {"xorwow_ahead": 0, "xorwow_sequence": 67}
MRG_APART = {"mrg_ahead": 0, "mrg_subsequence": 76, "mrg_sequence": 127}


def steps(words, count):
    """The five words of xorwow after some steps (G. Marsaglia, Xorshift RNGs, 2003)."""
    for _ in range(count):
        first, last = words[0], words[4]
        first ^= first >> 2
        words = [*words[1:], (last ^ last << 4 ^ first ^ first << 1) & 0xFFFFFFFF]
    return words


def jumped(polynomial, words):
    """The five words after as many steps as the polynomial stands for."""
    total = [0] * 5
    for i in range(BITS):
        if polynomial >> i & 1:
            total = [a ^ b for a, b in zip(total, words)]
        words = steps(words, 1)
    return total


def minimal(bits):
    """The minimal polynomial of a sequence of bits, twice as long as its degree."""
    current, earlier, degree, last, seen = 1, 1, 0, -1, 0
    for n, bit in enumerate(bits):
        seen = seen << 1 | bit                   # its bit i came i steps ago
        if (current & seen).bit_count() % 2:     # the next bit is not as foretold
            changed = current ^ earlier << n - last
            if 2 * degree <= n:
                degree, last, earlier = n + 1 - degree, n, current
            current = changed
    return int(f"{current:0{degree + 1}b}"[::-1], 2)


def product(a, b, modulus):
    """The product of two polynomials modulo a third."""
    top, result = modulus.bit_length() - 1, 0
    while b:
        result ^= a * (b & 1)
        a, b = a << 1, b >> 1
        a ^= modulus * (a >> top & 1)
    return result


@lru_cache
def xorwow_tables():
    """name -> [[polynomial of d 16^j steps, d = 1 ... 15], j = 0 ... 15]"""
    words, bits = [1, 0, 0, 0, 0], []
    for _ in range(2 * BITS):
        words = steps(words, 1)
        bits.append(words[4] & 1)
    modulus, tables = minimal(bits), {}
    for name, power in APART.items():
        base, tables[name] = 2, []
        for _ in range(power):
            base = product(base, base, modulus)
        for _ in range(16):
            row = [base]
            while len(row) < 16:
                row.append(product(row[-1], base, modulus))
            base = row.pop()
            tables[name].append(row)
    return tables


def matrix_product(a, b, modulus):
    return [[sum(x * y for x, y in zip(row, column)) % modulus for column in zip(*b)]
            for row in a]


@lru_cache
def mrg_tables():
    """name -> [[matrix of 2^j steps of one of the two, j = 0 ... 63], the other's]"""
    tables = {}
    for name, power in MRG_APART.items():
        tables[name] = []
        for matrix, modulus in zip(STEPS, MODULI):
            held = []
            for j in range(power + 64):
                held += [matrix] if j >= power else []
                matrix = matrix_product(matrix, matrix, modulus)
            tables[name].append([[[x % modulus for x in row] for row in each]
                                 for each in held])
    return tables


@lru_cache
def definition(name):
    """The table of that name as a line of OpenCL C."""
    if name in APART:
        held = xorwow_tables()[name]
        sizes = "[16][15][5]"
        numbers = [polynomial >> 32 * n & 0xFFFFFFFF for row in held
                   for polynomial in row for n in range(5)]
    else:
        held = mrg_tables()[name]
        sizes = "[2][64][9]"
        numbers = [x for part in held for matrix in part for row in matrix for x in row]
    listed = ",".join(f"0x{number:x}" for number in numbers)
    return f"__constant uint {name}_{sizes} = {{{listed}}};"
