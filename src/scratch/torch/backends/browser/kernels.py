# ruff: noqa: F821, F722
"""The kernels of the browser backend, in the part of Python that wasm.py compiles.

    T, R    kinds of an operand's numbers and of a result's      OP    what is done
    walk    shapes and strides, in numbers and not in bytes; memory.py writes them

This file is read as a text, and each function compiled when it is first asked for, with
words for what its template leaves open. Functions of f32x4 compute four numbers at a
time; for the numbers that are left over, and those that do not lie side by side, one
lane of four is taken, so that equal numbers have equal results.

exp, log and tanh are polynomials with the coefficients of Moshier's Cephes library,
1992: at most three units off in the last place.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

from __future__ import annotations    # the kinds of parameters are for wasm.py


# one by one, of float32

def one(a: f32s, y: f32s, walk: i32s):
    """y = OP(a). walk: 4 sizes, 4 strides of a and of y."""
    n, s, t = walk[3], walk[7], walk[11]
    for i in range(walk[0]):
        for j in range(walk[1]):
            for k in range(walk[2]):
                p = a + (i * walk[4] + j * walk[5] + k * walk[6])
                r = y + (i * walk[8] + j * walk[9] + k * walk[10])
                m = 0
                if (s == 1) & (t == 1):
                    while m + 4 <= n:
                        put4(r, m, OP(four(p, m)))
                        m += 4
                while m < n:
                    r[m * t] = lane(OP(f32x4(p[m * s])), 0)
                    m += 1


def two(a: f32s, b: f32s, y: f32s, walk: i32s):
    """y = OP(a, b). walk: 4 sizes, 4 strides of a, of b and of y."""
    n, s, t, u = walk[3], walk[7], walk[11], walk[15]
    for i in range(walk[0]):
        for j in range(walk[1]):
            for k in range(walk[2]):
                p = a + (i * walk[4] + j * walk[5] + k * walk[6])
                q = b + (i * walk[8] + j * walk[9] + k * walk[10])
                r = y + (i * walk[12] + j * walk[13] + k * walk[14])
                m = 0
                if (s == 1) & (t == 1) & (u == 1):
                    while m + 4 <= n:
                        put4(r, m, OP(four(p, m), four(q, m)))
                        m += 4
                if (s == 1) & (t == 0) & (u == 1):
                    right = f32x4(q[0])
                    while m + 4 <= n:
                        put4(r, m, OP(four(p, m), right))
                        m += 4
                if (s == 0) & (t == 1) & (u == 1):
                    left = f32x4(p[0])
                    while m + 4 <= n:
                        put4(r, m, OP(left, four(q, m)))
                        m += 4
                while m < n:
                    r[m * u] = lane(OP(f32x4(p[m * s]), f32x4(q[m * t])), 0)
                    m += 1


# one by one, of any kind

def each_one(a: Ts, y: Rs, walk: i32s):
    """y = OP(a), a number at a time."""
    n, s, t = walk[3], walk[7], walk[11]
    for i in range(walk[0]):
        for j in range(walk[1]):
            for k in range(walk[2]):
                p = a + (i * walk[4] + j * walk[5] + k * walk[6])
                r = y + (i * walk[8] + j * walk[9] + k * walk[10])
                for m in range(n):
                    r[m * t] = OP(p[m * s])


def each_two(a: Ts, b: Ts, y: Rs, walk: i32s):
    """y = OP(a, b), a number at a time."""
    n, s, t, u = walk[3], walk[7], walk[11], walk[15]
    for i in range(walk[0]):
        for j in range(walk[1]):
            for k in range(walk[2]):
                p = a + (i * walk[4] + j * walk[5] + k * walk[6])
                q = b + (i * walk[8] + j * walk[9] + k * walk[10])
                r = y + (i * walk[12] + j * walk[13] + k * walk[14])
                for m in range(n):
                    r[m * u] = OP(p[m * s], q[m * t])


def choose(c: u8s, a: Ts, b: Ts, y: Ts, walk: i32s):
    """y = a where c, else b. walk: 4 sizes, 4 strides of c, of a, of b and of y."""
    n, s, t, u, v = walk[3], walk[7], walk[11], walk[15], walk[19]
    for i in range(walk[0]):
        for j in range(walk[1]):
            for k in range(walk[2]):
                o = c + (i * walk[4] + j * walk[5] + k * walk[6])
                p = a + (i * walk[8] + j * walk[9] + k * walk[10])
                q = b + (i * walk[12] + j * walk[13] + k * walk[14])
                r = y + (i * walk[16] + j * walk[17] + k * walk[18])
                for m in range(n):
                    r[m * v] = p[m * t] if o[m * s] else q[m * u]


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def rsub(a, b):
    return b - a


def mul(a, b):
    return a * b


def div(a, b):
    return a / b


def lowest(a, b):
    return minimum(a, b)


def highest(a, b):
    return maximum(a, b)


def smaller(a, b):
    return a if a < b else b


def larger(a, b):
    return a if a > b else b


def eq(a, b):
    return a == b


def ne(a, b):
    return a != b


def lt(a, b):
    return a < b


def le(a, b):
    return a <= b


def gt(a, b):
    return a > b


def ge(a, b):
    return a >= b


def both_bits(a, b):
    return a & b


def either_bit(a, b):
    return a | b


def one_bit(a, b):
    return a ^ b


def itself(a):
    return a


def minus(a):
    return -a


def absolute(a):
    return abs(a)


def size_of(a):
    return a if a > 0 else -a


def square(a):
    return a * a


def cube(a):
    return a * a * a


def root(a):
    return sqrt(a)


def reciprocal(a):
    return 1 / a


def rsqrt(a):
    return 1 / sqrt(a)


def down(a):
    return floor(a)


def up(a):
    return ceil(a)


def cut(a):
    return trunc(a)


def half_even(a):
    return nearest(a)


def sign(a):
    return T(a > 0) - T(a < 0)


def false(a):
    return a == 0


def true(a):
    return a != 0


def nan(a):
    return a != a


def infinite(a):
    return abs(a) == T(1e999)


def finite(a):
    return abs(a) < T(1e999)


def convert(a):
    return R(a)


def to_whole(a):
    """Toward 0; what does not fit, and nan, is the least of all, as processors do."""
    fits = (a > -9223372036854775808.0) & (a < 9223372036854775808.0)
    return i64(a) if fits else i64(-9223372036854775808)


def by_math(a):
    """A function of JavaScript's Math."""
    return T(Math.F(f64(a)))


def power(a, b):
    """aᵇ. Where Math.pow answers nan, C does not: 1 to any power, and -1 to ±inf."""
    y = Math.pow(f64(a), f64(b))
    return T(1.0 if (a == 1) | (abs(a) == 1) & infinite(b) else y)


def atan2(a, b):
    return T(Math.atan2(f64(a), f64(b)))


def exp(x):
    """2ⁿ eʳ, r at most half of ln 2. 2ⁿ is made of bits, in two halves."""
    x = minimum(maximum(x, -104.0), 89.0)
    n = nearest(x * 1.44269504088896341)
    r = x - n * 0.693359375 + n * 2.12194440e-4
    p = ((((1.9875691500e-4 * r + 1.3981999507e-3) * r + 8.3334519073e-3) * r
          + 4.1665795894e-2) * r + 1.6666665459e-1) * r + 5.0000001201e-1
    whole = i32x4(n)
    half = whole >> 1
    y = (p * r * r + r + 1.0) * bits((half + 127) << 23)
    return y * bits((whole - half + 127) << 23)


def log(x):
    """ln m + n ln 2, with m between √½ and √2; of numbers below 2⁻¹²⁶, 2²⁴ times x."""
    small = x < 1.17549435e-38
    scaled = where(small, x * 16777216.0, x)
    code = bits(scaled)
    n = (unsigned(code, 23) & 255) - 126
    m = bits((code & 0x7FFFFF) | 0x3F000000)
    low = m < 0.707106781186547524
    e = f32x4(n) - where(low, f32x4(1.0), f32x4(0.0)) - where(
        small, f32x4(24.0), f32x4(0.0))
    m = where(low, m + m, m) - 1.0
    z = m * m
    p = ((((((((7.0376836292e-2 * m - 1.1514610310e-1) * m + 1.1676998740e-1) * m
              - 1.2420140846e-1) * m + 1.4249322787e-1) * m - 1.6668057665e-1) * m
           + 2.0000714765e-1) * m - 2.4999993993e-1) * m + 3.3333331174e-1) * m * z
    y = m + (p - e * 2.12194440e-4 - 0.5 * z) + e * 0.693359375
    y = where(x == 0.0, f32x4(-1e999), y)
    y = where(x == 1e999, x, y)
    return where(x >= 0.0, y, f32x4(1e999) * 0.0)


def tanh(x):
    """1 - 2 / (e²ˣ + 1), and near 0, where that would lose digits, a polynomial."""
    z = x * x
    near = ((((-5.70498872745e-3 * z + 2.06390887954e-2) * z - 5.37397155531e-2) * z
             + 1.33314422036e-1) * z - 3.33332819422e-1) * z * x + x
    far = 1.0 - 2.0 / (exp(x + x) + 1.0)
    return where(abs(x) < 0.625, near, far)


def sigmoid(x):
    return 1.0 / (1.0 + exp(-x))


def gelu_inner(x):
    """K (x + A x³)"""
    return (x * x * 0.03567740813630014 + 0.7978845608028654) * x


def gelu_outer(x, t):
    return x * (t + 1.0) * 0.5


def gelu_slope(g, x, t):
    """g ((1 + t) / 2 + x (1 - t²) / 2 · K (1 + 3 A x²))"""
    d = (x * x * 0.10703222440890042 + 0.7978845608028654) * x * (1.0 - t * t)
    return (d + t + 1.0) * 0.5 * g


def gelu_tanh(x: f32s, y: f32s, t: f32s, n: i32):
    """n numbers x -> t = tanh(K (x + A x³)), y = x (1 + t) / 2"""
    m = 0
    while m + 4 <= n:
        four_t = tanh(gelu_inner(four(x, m)))
        put4(t, m, four_t)
        put4(y, m, gelu_outer(four(x, m), four_t))
        m += 4
    while m < n:
        t[m] = lane(tanh(gelu_inner(f32x4(x[m]))), 0)
        y[m] = gelu_outer(x[m], t[m])
        m += 1


def gelu_tanh_back(g: f32s, x: f32s, t: f32s, y: f32s, n: i32):
    m = 0
    while m + 4 <= n:
        put4(y, m, gelu_slope(four(g, m), four(x, m), four(t, m)))
        m += 4
    while m < n:
        y[m] = gelu_slope(g[m], x[m], t[m])
        m += 1


def adam(g: f32s, p: f32s, v: f32s, s: f32s, n: i32, keep: f32, part1: f32, beta2: f32,
         part2: f32, root: f32, eps: f32, rate: f32):
    """v and s move toward g and g², p by rate · v / (√s / root + eps)."""
    m = 0
    while m + 4 <= n:
        slope = four(g, m)
        put4(v, m, four(v, m) + (slope - four(v, m)) * f32x4(part1))
        put4(s, m, four(s, m) * f32x4(beta2) + slope * slope * f32x4(part2))
        below = sqrt(four(s, m)) / f32x4(root) + f32x4(eps)
        put4(p, m, four(p, m) * f32x4(keep) - four(v, m) / below * f32x4(rate))
        m += 4
    while m < n:
        v[m] = v[m] + (g[m] - v[m]) * part1
        s[m] = s[m] * beta2 + g[m] * g[m] * part2
        p[m] = p[m] * keep - v[m] / (sqrt(s[m]) / root + eps) * rate
        m += 1


# along axes

def reduce(a: Ts, y: Rs, walk: i32s):
    """y = OP(OP(first, a), ...). walk: 3 sizes that stay, 3 that go, strides of a."""
    at = 0
    for i in range(walk[0]):
        for j in range(walk[1]):
            for k in range(walk[2]):
                p = a + (i * walk[6] + j * walk[7] + k * walk[8])
                total = FIRST(p)
                for u in range(walk[3]):
                    for v in range(walk[4]):
                        q = p + (u * walk[9] + v * walk[10])
                        for w in range(walk[5]):
                            total = OP(total, WIDE(q[w * walk[11]]))
                y[at] = R(total)
                at += 1


def zero(p):
    return f64(0)


def whole_zero(p):
    return i64(0)


def whole_one(p):
    return i64(1)


def unit(p):
    return f64(1)


def head(p):
    return p[0]


def false_first(p):
    return i32(0)


def true_first(p):
    return i32(1)


def wide(x):
    return f64(x)


def wide_whole(x):
    return i64(x)


def sum_rows(a: f32s, y: f32s, rows: i32, n: i32, stride: i32):
    """Rows of n numbers side by side -> their sums, added up in float64."""
    for i in range(rows):
        p = a + i * stride
        u, v = f64x2(f64(0)), f64x2(f64(0))
        m = 0
        while m + 4 <= n:
            u = u + pair(p, m)
            v = v + pair(p, m + 2)
            m += 4
        u = u + v
        total = lane(u, 0) + lane(u, 1)
        while m < n:
            total = total + f64(p[m])
            m += 1
        y[i] = f32(total)


def sum_columns(a: f32s, y: f32s, rows: i32, n: i32, stride: i32):
    """The sums of n columns, four at a time, added up in float64."""
    m = 0
    while m + 4 <= n:
        u, v = f64x2(f64(0)), f64x2(f64(0))
        p = a + m
        for _ in range(rows):
            u = u + pair(p, 0)
            v = v + pair(p, 2)
            p = p + stride
        y[m] = f32(lane(u, 0))
        y[m + 1] = f32(lane(u, 1))
        y[m + 2] = f32(lane(v, 0))
        y[m + 3] = f32(lane(v, 1))
        m += 4
    while m < n:
        total = f64(0)
        for i in range(rows):
            total = total + f64(a[m + i * stride])
        y[m] = f32(total)
        m += 1


def softmax(a: f32s, y: f32s, rows: i32, n: i32):
    """exp(a - max) / sum, of each row."""
    for i in range(rows):
        p, r = a + i * n, y + i * n
        high = p[0]
        for m in range(1, n):
            high = maximum(high, p[m])
        total = f64(0)
        m = 0
        while m + 4 <= n:
            e = exp(four(p, m) - f32x4(high))
            put4(r, m, e)
            total = total + f64(lane(e, 0) + lane(e, 1) + (lane(e, 2) + lane(e, 3)))
            m += 4
        while m < n:
            last = lane(exp(f32x4(p[m] - high)), 0)
            r[m] = last
            total = total + f64(last)
            m += 1
        share = f32(1.0 / total)
        for m in range(n):
            r[m] = r[m] * share


def log_softmax(a: f32s, y: f32s, rows: i32, n: i32):
    """a - max - log(sum(exp(a - max))), of each row."""
    for i in range(rows):
        p, r = a + i * n, y + i * n
        high = p[0]
        for m in range(1, n):
            high = maximum(high, p[m])
        total = f64(0)
        for m in range(n):
            total = total + f64(lane(exp(f32x4(p[m] - high)), 0))
        less = f32(Math.log(total))
        for m in range(n):
            r[m] = p[m] - high - less


def standardize(a: f32s, y: f32s, mean: f32s, var: f32s, inv: f32s, rows: i32, n: i32,
                eps: f64):
    """Each row: y = (a - mean) / √(var + eps)."""
    for i in range(rows):
        p, r = a + i * n, y + i * n
        total = f64(0)
        for m in range(n):
            total = total + f64(p[m])
        mu = f32(total / f64(n))
        total = f64(0)
        for m in range(n):
            d = p[m] - mu
            total = total + f64(d * d)
        sigma2 = total / f64(n)
        scale = f32(1.0 / sqrt(sigma2 + eps))
        mean[i] = mu
        var[i] = f32(sigma2)
        inv[i] = scale
        for m in range(n):
            r[m] = (p[m] - mu) * scale


def standardize_back(d: f32s, a: f32s, mean: f32s, inv: f32s, y: f32s, rows: i32,
                     n: i32):
    """Each row: y = inv (d - mean(d) - â mean(d â)), â = (a - mean) inv."""
    for i in range(rows):
        p, q, r = d + i * n, a + i * n, y + i * n
        mu, scale = mean[i], inv[i]
        total, turned = f64(0), f64(0)
        for m in range(n):
            total = total + f64(p[m])
            turned = turned + f64(p[m] * ((q[m] - mu) * scale))
        via_mean, via_var = f32(total / f64(n)), f32(turned / f64(n))
        for m in range(n):
            r[m] = (p[m] - via_mean - (q[m] - mu) * scale * via_var) * scale


def matmul(a: f32s, b: f32s, y: f32s, room: f32s, walk: i32s):
    """Matrices (M, K) @ (K, N), of two axes of batches, in tiles of 4 rows x 8 columns.

    walk: the 2 axes, M, K, N; of a and of b 4 strides each, those of a matrix last.
    Eight columns of b at a time are laid side by side in room, filled up with 0, before
    the 32 numbers of a tile that reaches beyond y.
    """
    M, K, N = walk[2], walk[3], walk[4]
    am, ak, bk, bn = walk[7], walk[8], walk[11], walk[12]
    side = room + 32
    for i in range(walk[0]):
        for j in range(walk[1]):
            left = a + (i * walk[5] + j * walk[6])
            right = b + (i * walk[9] + j * walk[10])
            result = y + (i * walk[1] + j) * (M * N)
            for n in range(0, N, 8):
                q = right + n * bn
                if (bn == 1) & (n + 8 <= N):
                    for k in range(K):
                        put4(side, 8 * k, four(q, k * bk))
                        put4(side, 8 * k + 4, four(q, k * bk + 4))
                else:
                    for k in range(K):
                        for c in range(8):
                            at = q + (k * bk + (c if n + c < N else 0) * bn)
                            side[8 * k + c] = at[0] if n + c < N else f32(0)
                for m in range(0, M, 4):
                    p = left + m * am
                    p1 = left + (m + 1 if m + 1 < M else m) * am
                    p2 = left + (m + 2 if m + 2 < M else m) * am
                    p3 = left + (m + 3 if m + 3 < M else m) * am
                    c00, c01 = f32x4(f32(0)), f32x4(f32(0))
                    c10, c11 = f32x4(f32(0)), f32x4(f32(0))
                    c20, c21 = f32x4(f32(0)), f32x4(f32(0))
                    c30, c31 = f32x4(f32(0)), f32x4(f32(0))
                    q = side
                    for _ in range(K):
                        b0, b1 = four(q, 0), four(q, 4)
                        c00, c01 = c00 + spread(p, 0) * b0, c01 + spread(p, 0) * b1
                        c10, c11 = c10 + spread(p1, 0) * b0, c11 + spread(p1, 0) * b1
                        c20, c21 = c20 + spread(p2, 0) * b0, c21 + spread(p2, 0) * b1
                        c30, c31 = c30 + spread(p3, 0) * b0, c31 + spread(p3, 0) * b1
                        p, p1, p2, p3, q = p + ak, p1 + ak, p2 + ak, p3 + ak, q + 8
                    r = result + (m * N + n)
                    if (m + 4 <= M) & (n + 8 <= N):
                        put4(r, 0, c00)
                        put4(r, 4, c01)
                        put4(r, N, c10)
                        put4(r, N + 4, c11)
                        put4(r, 2 * N, c20)
                        put4(r, 2 * N + 4, c21)
                        put4(r, 3 * N, c30)
                        put4(r, 3 * N + 4, c31)
                    else:
                        put4(room, 0, c00)
                        put4(room, 4, c01)
                        put4(room, 8, c10)
                        put4(room, 12, c11)
                        put4(room, 16, c20)
                        put4(room, 20, c21)
                        put4(room, 24, c30)
                        put4(room, 28, c31)
                        for u in range(M - m if M - m < 4 else 4):
                            for v in range(N - n if N - n < 8 else 8):
                                r[u * N + v] = room[u * 8 + v]


# by number

def outside(index: i64s, count: i32, n: i32) -> i32:
    """The place of the first index that is not from -n to n - 1, or -1."""
    for i in range(count):
        if (index[i] < i64(-n)) | (index[i] >= i64(n)):
            return i
    return -1


def take(a: Ts, index: i64s, y: Ts, count: i32, n: i32, size: i32):
    """Rows of size numbers: y[i] = a[index[i]]."""
    for i in range(count):
        at = i32(index[i])
        at = at + n if at < 0 else at
        p, r = a + at * size, y + i * size
        for m in range(size):
            r[m] = p[m]


def add_at(y: Ts, index: i64s, a: Ts, count: i32, n: i32, size: i32):
    """Rows of size numbers: y[index[i]] += a[i]."""
    for i in range(count):
        at = i32(index[i])
        at = at + n if at < 0 else at
        p, r = a + i * size, y + at * size
        for m in range(size):
            r[m] = r[m] + p[m]


def gather(a: Ts, index: i64s, y: Ts, outer: i32, n: i32, inner: i32, count: i32):
    """y[o, c, i] = a[o, index[o, c, i], i]: along the axis in the middle."""
    for o in range(outer):
        for c in range(count):
            for i in range(inner):
                place = (o * count + c) * inner + i
                at = i32(index[place])
                at = at + n if at < 0 else at
                y[place] = a[(o * n + at) * inner + i]


# random numbers: normal.py's, in its order and with its roundings

def normal(words: i32s, y: f32s, n: i32, mean: f64, std: f64):
    """Blocks of 16 random words -> as many normal numbers. See normal.pairs_single."""
    for block in range(0, n, 16):
        for i in range(block, block + 8):
            u1 = f64(words[i] & 0xFFFFFF) * 5.9604644775390625e-8
            u2 = f64(words[i + 8] & 0xFFFFFF) * 5.9604644775390625e-8
            radius = single(sqrt(single(-2.0 * log_single(1.0 - u1))))
            x = single(u2 * f64(f32(6.283185307179586)))
            eighths = (i32(single(x * f64(f32(1.2732395447351628)))) + 1) & -2
            times = f64(eighths)
            x = fused(times, -0.78515625, x)
            x = fused(times, f64(f32(-2.4187564849853515625e-4)), x)
            x = fused(times, f64(f32(-3.77489497744594108e-8)), x)
            square = single(x * x)
            s = fused(single(sine(square) * square), x, x)
            c = single(fused(single(cosine(square) * square), square, square * -0.5)
                       + 1.0)
            quarter = eighths >> 1
            sin = (c if quarter & 1 else s) * f64(1 - (quarter & 2))
            cos = (s if quarter & 1 else c) * f64(1 - ((quarter + 1) & 2))
            y[i] = f32(single(radius * cos) * std + mean)
            y[i + 8] = f32(single(radius * sin) * std + mean)


def single(x):
    return f64(f32(x))


def fused(a, b, c):
    return f64(f32(a * b + c))


def log_single(x):
    code = bits(f32(x))
    e = (code >> 23) - 126
    m = f64(bits((code & 0x7FFFFF) | 0x3F000000))
    below = m < f64(f32(0.7071067811865476))
    e = e - below
    m = single(m * f64(1 + below)) - 1.0
    square = single(m * m)
    y = fused(m, f64(f32(7.0376836292e-2)), f64(f32(-1.1514610310e-1)))
    y = fused(y, m, f64(f32(1.1676998740e-1)))
    y = fused(y, m, f64(f32(-1.2420140846e-1)))
    y = fused(y, m, f64(f32(1.4249322787e-1)))
    y = fused(y, m, f64(f32(-1.6668057665e-1)))
    y = fused(y, m, f64(f32(2.0000714765e-1)))
    y = fused(y, m, f64(f32(-2.4999993993e-1)))
    y = single(fused(y, m, f64(f32(3.3333331174e-1))) * m)
    y = fused(y, square, single(f64(e) * f64(f32(-2.12194440e-4))))
    return fused(f64(e), 0.693359375, single(m + single(y - square * 0.5)))


def sine(square):
    y = fused(square, f64(f32(-1.9515295891e-4)), f64(f32(8.3321608736e-3)))
    return fused(y, square, f64(f32(-1.6666654611e-1)))


def cosine(square):
    y = fused(square, f64(f32(2.443315711809948e-5)), f64(f32(-1.388731625493765e-3)))
    return fused(y, square, f64(f32(4.166664568298827e-2)))
