"""erf and erfc of whole arrays: NumPy has neither.

    >>> x = np.array([-0.5, 0.0, 1.0, 3.0])
    >>> [f"{each:.6f}" for each in erf(x)], f"{erfc(x)[3]:.6e}"
    (['-0.520500', '0.000000', '0.842701', '0.999978'], '2.209050e-05')

    |x| < 1     erf x  = x · P(2x² - 1)
    |x| ≥ 1     erfc |x| = exp(-x²) / (|x| + 1) · Q(u),  |u| ≤ 1, by (x - 3)/(x + 3)

P and Q are the polynomials through erf(√s)/√s and erfc(x) exp(x²) (x + 1) at points of
Chebyshev, computed with 50 digits by mpmath. erf is right to 2 units in the last place,
of float64 with 13 and 23 coefficients and of float32 with 7 and 9. In erfc an error of
x² grows with x² itself, so x is split in two parts whose squares are exact.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import numpy as np

P64 = [
    0.9654687386698673, -0.1405360890227171, 0.019852496688983708,
    -0.0022854855611441132, 0.00021751715604159932, -1.7537169441124866e-05,
    1.223382738359897e-06, -7.511569286591727e-08, 4.115800583208149e-09,
    -2.035228405815769e-10, 9.167619596865806e-12, -3.8078824063194953e-13,
    1.4543887079465116e-14]
Q64 = [
    0.6828971908983122, -0.1316837831183152, 0.03911805237686203,
    -0.00566869258142904, -0.0018554605562776025, 0.0016527388659184992,
    -0.0005983360230264834, 0.00010661817310036853, 4.957834889064618e-06,
    -7.165998823285737e-06, 8.90940743802922e-07, 3.5466619416881594e-07,
    -9.876920436298092e-08, -1.888633861186729e-08, 8.612872717959527e-09,
    1.3194724973741749e-09, -7.36115395287496e-10, -1.2705285012631143e-10,
    6.242912891453664e-11, 1.3586538396979384e-11, -4.825672771343008e-12,
    -1.0130734242171646e-12, 2.545674664408173e-13]
P32 = [
    0.9654687386698673, -0.14053609727754268, 0.019852497140907616,
    -0.0022854195448728494, 0.00021751354165582579, -1.7669068026125697e-05,
    1.2306054785446075e-06]
Q32 = [
    0.7116002385830046, -0.11793329887395962, 0.026523029837024675,
    -0.0016783844981230014, -0.0015806235727096629, 0.000788294128732784,
    -0.00018665055618913735, 1.5276665458003796e-05, 3.0420206986491074e-06]
ENDS = {64: 28.0, 32: 10.0}    # u = 1 there; beyond it erfc is 0


def polynomial(coefficients, x):
    """Horner's rule, in one array."""
    y = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        y *= x
        y += x.dtype.type(c)
    return y


def tail(a, bits):
    """a ≥ 0 -> erfc a · exp(a²), right for a ≥ 1."""
    number, high = a.dtype.type, (ENDS[bits] - 3) / (ENDS[bits] + 3)
    u = (a - number(3)) / (a + number(3))
    u -= number((high - 0.5) / 2)                # t from -0.5 (x = 1) to high
    u /= number((high + 0.5) / 2)
    return polynomial(Q64 if bits == 64 else Q32, u) / (a + number(1))


def erf(x, out=None):
    """The share of a normal distribution's numbers, of deviation 1/√2, within ±x."""
    if x.dtype.itemsize < 4:
        return stored(erf(x.astype(np.float32)).astype(x.dtype), out)
    bits, number = 8 * x.itemsize, x.dtype.type
    a = np.minimum(np.abs(x), number(ENDS[bits]))
    near = x * polynomial(P64 if bits == 64 else P32,
                          np.minimum(a, number(1)) ** 2 * number(2) - number(1))
    far = np.copysign(number(1) - tail(np.maximum(a, number(1)), bits) * np.exp(-a * a),
                      x)
    return stored(np.where(a < 1, near, far), out)


def erfc(x, out=None):
    """1 - erf x, right also where that is tiny; float32 by way of float64."""
    if x.dtype != np.float64:
        return stored(erfc(x.astype(np.float64)).astype(x.dtype), out)
    a = np.minimum(np.abs(x), ENDS[64])
    high = a.astype(np.float32).astype(np.float64)     # 24 bits, whose square is exact
    e = np.exp(-high * high) * np.exp(-(a - high) * (a + high))
    e *= tail(np.maximum(a, 1.0), 64)
    near = 1.0 - x * polynomial(P64, np.minimum(a, 1.0) ** 2 * 2.0 - 1.0)
    return stored(np.where(a < 1, near, np.where(x > 0, e, 2.0 - e)), out)


def stored(result, out):
    if out is None:
        return result
    np.copyto(out, result, casting="unsafe")
    return out
