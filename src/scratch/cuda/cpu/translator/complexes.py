"""The functions of pycuda::complex, in C: what PyCUDA's pycuda-complex.hpp has.

    >>> print(functions("conj")[1])                # doctest: +ELLIPSIS
    static __attribute__((overloadable)) float _Complex conj_(...
    >>> "exp" in NAMES, "fmod" in NAMES
    (True, False)

Each is an overload of the function of numbers, or the only one of its name.  z is
x + iy, made by Z(x, y); T is float or double, and C a complex number of them.  Exact
zeros, infinities and nan
are not looked after as C's own complex numbers do.
"""

import re

OVERLOAD = "static __attribute__((overloadable))"
BODIES = {    # name -> what it returns, its parameters, its body
    "abs_": ("T", "C z", "return hypot(__real__ z, __imag__ z);"),
    "arg_": ("T", "C z", "return atan2(__imag__ z, __real__ z);"),
    "norm_": ("T", "C z", "T x = __real__ z, y = __imag__ z; return x * x + y * y;"),
    "conj_": ("C", "C z", "return Z(__real__ z, -__imag__ z);"),
    "polar_": ("C", "T r, T a", "return Z(r * cos(a), r * sin(a));"),
    "exp": ("C", "C z", "T r = exp(__real__ z), y = __imag__ z; "
            "return Z(r * cos(y), r * sin(y));"),
    "log": ("C", "C z", "T x = __real__ z, y = __imag__ z; "
            "return Z(log(hypot(x, y)), atan2(y, x));"),
    "log10": ("C", "C z", "C w = log(z); T ten = log((T)10); "
              "return Z(__real__ w / ten, __imag__ w / ten);"),
    "sqrt": ("C", "C z", "T x = __real__ z, y = __imag__ z; "
             "T m = sqrt((hypot(x, y) + fabs(x)) / 2); if (m == 0) return Z(0, y); "
             "return x >= 0 ? Z(m, y / m / 2) : Z(fabs(y) / m / 2, copysign(m, y));"),
    "sin": ("C", "C z", "T x = __real__ z, y = __imag__ z; "
            "return Z(sin(x) * cosh(y), cos(x) * sinh(y));"),
    "cos": ("C", "C z", "T x = __real__ z, y = __imag__ z; "
            "return Z(cos(x) * cosh(y), -sin(x) * sinh(y));"),
    "sinh": ("C", "C z", "T x = __real__ z, y = __imag__ z; "
             "return Z(sinh(x) * cos(y), cosh(x) * sin(y));"),
    "cosh": ("C", "C z", "T x = __real__ z, y = __imag__ z; "
             "return Z(cosh(x) * cos(y), sinh(x) * sin(y));"),
    "tanh": ("C", "C z", "T x = __real__ z, y = __imag__ z, s = sinh(x), c = cos(y); "
             "if (fabs(x) > 20) return Z(copysign((T)1, x), 0); "
             "T d = s * s + c * c; return Z(s * cosh(x) / d, sin(y) * c / d);"),
    "tan": ("C", "C z", "C w = tanh(Z(-__imag__ z, __real__ z)); "
            "return Z(__imag__ w, -__real__ w);"),
    "pow": ("C", "C z, C w", "T x = __real__ z, y = __imag__ z, n = __real__ w; "
            "if (__imag__ w == 0 && n == rint(n) && fabs(n) < 1024) { "
            "C r = Z(1, 0); for (int k = (int)fabs(n); k > 0; k >>= 1) { "
            "T a = __real__ r, b = __imag__ r; "
            "if (k & 1) r = Z(a * x - b * y, a * y + b * x); "
            "T q = x * x - y * y; y = 2 * x * y; x = q; } "
            "T a = __real__ r, b = __imag__ r, d = a * a + b * b; "
            "return n < 0 ? Z(a / d, -b / d) : r; } "
            "if (x == 0 && y == 0) return Z(0, 0); "
            "C l = log(z); T a = __real__ l, b = __imag__ l, m = __imag__ w; "
            "return exp(Z(n * a - m * b, n * b + m * a));"),
}
NEEDS = {"log10": ["log"], "tan": ["tanh"], "pow": ["log", "exp"]}
ONLY = {"abs", "arg", "norm", "conj", "polar", "real",
        "imag"}    # all of whose overloads are here
NAMES = {name.rstrip("_") for name in BODIES} | ONLY


def functions(name):
    """The lines that define the overloads called name, for float and for double."""
    if name in ("real", "imag"):
        return [f"#define {name}_(z) (__{name}__ (z))"]
    reals = [f"{OVERLOAD} {t} abs_({t} a) {{ return {what}; }}" for t, what in [
        ("int", "a < 0 ? -a : a"), ("long", "a < 0 ? -a : a"), ("uint", "a"),
        ("ulong", "a"), ("float", "fabs(a)"), ("double", "fabs(a)")]]
    lines = reals if name == "abs" else [
        line for other in NEEDS.get(name, []) for line in functions(other)]
    called = name if name in BODIES else f"{name}_"
    kind, given, body = BODIES[called]
    for real in ("float", "double"):
        words = {"T": real, "C": f"{real} _Complex", "Z": f"complex_{real}_"}
        text = f"{OVERLOAD} {kind} {called}({given}) {{ {body} }}"
        lines += [f"#define complex_{real}_(a, b) "
                  f"__builtin_complex(({real})(a), ({real})(b))",
                  re.sub(r"\b[TCZ]\b",
                         lambda match, words=words: words[match[0]], text)]
    return lines
