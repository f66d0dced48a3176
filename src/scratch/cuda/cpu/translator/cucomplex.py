"""cuComplex.h, in C: complex numbers as structures, float2 and double2, with functions.

    >>> TYPES["cuComplex"], needs("cuCmulf"), needs("cuCmul")
    ('float2', 'float2', 'double2')
    >>> definition("cuConjf")
    ['static float2_ cuConjf(float2_ a) { return (float2_){a.x, -a.y}; }']
    >>> definition("cuCsqrtf")

A function of floats has an f at its end.  Quotients are scaled before they are taken,
as CUDA's are, so that no square is too large.
"""

import re

TYPES = {"cuFloatComplex": "float2", "cuComplex": "float2",
         "cuDoubleComplex": "double2",
         "make_cuFloatComplex": "make_float2", "make_cuComplex": "make_float2",
         "make_cuDoubleComplex": "make_double2"}
# name without f -> what it returns, its parameters, its value; C a structure of two T
BODIES = {
    "cuCreal": ("T", "C a", "a.x"),
    "cuCimag": ("T", "C a", "a.y"),
    "cuConj": ("C", "C a", "(C){a.x, -a.y}"),
    "cuCadd": ("C", "C a, C b", "(C){a.x + b.x, a.y + b.y}"),
    "cuCsub": ("C", "C a, C b", "(C){a.x - b.x, a.y - b.y}"),
    "cuCmul": ("C", "C a, C b", "(C){a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x}"),
    "cuCdiv": ("C", "C a, C b", "({ T s = 1 / (fabs(b.x) + fabs(b.y)), p = a.x * s, "
               "q = a.y * s, u = b.x * s, v = b.y * s, n = 1 / (u * u + v * v); "
               "(C){(p * u + q * v) * n, (q * u - p * v) * n}; })"),
    "cuCabs": ("T", "C a", "hypot(a.x, a.y)"),
    "cuCfma": ("C", "C a, C b, C c", "(C){a.x * b.x + c.x - a.y * b.y, "
               "a.x * b.y + c.y + a.y * b.x}"),
}
BETWEEN = {"cuComplexFloatToDouble": ("double2", "float2"),
           "cuComplexDoubleToFloat": ("float2", "double2")}
NAMES = {*BETWEEN, *(name + f for name in BODIES for f in ("", "f"))}


def needs(name):
    """The type that has to be defined before the function."""
    return "float2" if name.endswith("f") else "double2"


def definition(name):
    """The line that defines the function; None if there is none of that name."""
    if name in BETWEEN:
        to, given = BETWEEN[name]
        return [f"static {to}_ {name}({given}_ a) "
                f"{{ return ({to}_){{({to[:-1]})a.x, ({to[:-1]})a.y}}; }}"]
    if name not in NAMES:
        return None
    words = {"T": needs(name)[:-1], "C": f"{needs(name)}_"}
    kind, given, value = (
        re.sub(r"\b[TC]\b", lambda match: words[match[0]], text)
        for text in BODIES[name if name in BODIES else name.removesuffix("f")])
    return [f"static {kind} {name}({given}) {{ return {value}; }}"]
