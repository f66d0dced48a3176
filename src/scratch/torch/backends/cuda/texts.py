"""CUDA C made as text: what becomes of one element, and the loop around it.

    >>> text = elementwise("y = expf(a) + b;", {"a": "float"}, {"b": "float"},
    ...                    {"y": "float"})
    >>> print(text[text.index("__global__"):text.index("__global__ void w")].strip())
    __global__ void rows(const float *A, float b, float *Y, unsigned n)
    {
        const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i >= n) return;
        float a = A[i], y;
        y = expf(a) + b;
        Y[i] = (float)y;
    }
    >>> one("exp", dtypes.float64), one("abs", dtypes.int32), two("add", dtypes.bool_)
    ('exp(a)', 'a < 0 ? -a : a', 'a | b')

A capital letter is an array, the small one its element that this thread is at. Each
text has two kernels: `rows`, for operands that all lie row after row, and `walks`, for
any shape and strides, where each operand has a Walk (walk.cu).

Whole numbers divided by 0 stop the program, as an index out of bounds does.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import functools
import re
from pathlib import Path

from ... import dtypes

C = {dtypes.float32: "float", dtypes.float64: "double", dtypes.bfloat16: "float",
     dtypes.int64: "long long", dtypes.int32: "int", dtypes.int16: "short",
     dtypes.int8: "signed char", dtypes.uint8: "unsigned char",
     dtypes.bool_: "unsigned char"}
FOLDER = Path(__file__).parent

# What is made of a, or of a and b. {f} is the f in expf, for float32.

FLOAT_ONE = {name: f"{name}{{f}}(a)" for name in (
    "exp exp2 expm1 log log2 log10 log1p sqrt sin cos tan asin acos atan sinh cosh "
    "tanh asinh acosh atanh erf erfc floor ceil trunc").split()} | {
    "neg": "-a", "abs": "fabs{f}(a)", "sign": "(a > 0) - (a < 0)", "square": "a * a",
    "rsqrt": "1 / sqrt{f}(a)", "reciprocal": "1 / a", "round": "rint{f}(a)",
    "sigmoid": "1 / (1 + exp{f}(-a))", "logical_not": "a == 0",
    "isnan": "a != a", "isinf": "fabs{f}(a) == INFINITY",
    "isfinite": "fabs{f}(a) < INFINITY"}
WHOLE_ONE = {
    "neg": "-a", "abs": "a < 0 ? -a : a", "sign": "(a > 0) - (a < 0)",
    "square": "a * a", "floor": "a", "ceil": "a", "trunc": "a", "round": "a",
    "logical_not": "a == 0",
    "bitwise_not": "~a", "isnan": "0", "isinf": "0", "isfinite": "1"}
BOTH = {
    "add": "a + b", "sub": "a - b", "rsub": "b - a", "mul": "a * b",
    "logical_and": "a != 0 && b != 0", "logical_or": "a != 0 || b != 0",
    "logical_xor": "(a != 0) != (b != 0)", "eq": "a == b", "ne": "a != b",
    "lt": "a < b", "le": "a <= b", "gt": "a > b", "ge": "a >= b",
    "maximum": "a > b || a != a ? a : b", "minimum": "a < b || a != a ? a : b"}
FLOAT_TWO = BOTH | {
    "div": "a / b", "pow": "pow{f}(a, b)", "fmod": "fmod{f}(a, b)",
    "remainder": "remaining(a, b)", "floor_divide": "floored(a, b)",
    "fmax": "b != b || a > b ? a : b", "fmin": "b != b || a < b ? a : b",
    "atan2": "atan2{f}(a, b)"}
WHOLE_TWO = BOTH | {
    "pow": "power(a, b)", "fmod": "a - truncated(a, b) * b",
    "remainder": "a - floored(a, b) * b", "floor_divide": "floored(a, b)",
    "fmax": "a > b ? a : b", "fmin": "a < b ? a : b", "bitwise_and": "a & b",
    "bitwise_or": "a | b", "bitwise_xor": "a ^ b", "bitwise_left_shift": "a << b",
    "bitwise_right_shift": "a >> b"}
BOOL = {"add": "a | b", "mul": "a & b", "neg": "a", "abs": "a", "bitwise_not": "!a"}
TESTS = {"logical_not", "isnan", "isinf", "isfinite", "logical_and", "logical_or",
         "logical_xor", "eq", "ne", "lt", "le", "gt", "ge"}

# Functions that some of these call; T is the dtype's type.

HELPERS = {True: """
__device__ T remaining(T a, T b)      // the sign is that of b
{
    const T r = fmod{f}(a, b);
    return r == 0 ? copysign{f}(r, b) : (r < 0) != (b < 0) ? r + b : r;
}

__device__ T floored(T a, T b)
{
    if (b == 0) return a / b;
    const T r = fmod{f}(a, b);
    T quotient = (a - r) / b;         // a whole number, but for rounding
    if (r != 0 && (r < 0) != (b < 0)) quotient -= 1;
    if (quotient == 0) return copysign{f}(quotient, a / b);
    const T down = floor{f}(quotient);
    return quotient - down > (T)0.5 ? down + 1 : down;
}
""", False: """
#include <assert.h>

__device__ T truncated(T a, T b)
{
    assert(b != 0);                   // a whole number is divided by 0
    return b == 0 ? (T)0 : b == (T)-1 ? (T)(0 - a) : (T)(a / b);
}

__device__ T floored(T a, T b)
{
    const T quotient = truncated(a, b), r = (T)(a - quotient * b);
    return r != 0 && (r < 0) != (b < 0) ? (T)(quotient - 1) : quotient;
}

__device__ T power(T a, T b)          // to a negative power: a fraction, so 0
{
    if (b < 0) return a == 1 ? (T)1 : a == (T)-1 ? (T)(b % 2 ? -1 : 1) : (T)0;
    T y = 1;
    for (; b > 0; b /= 2) {
        if (b % 2) y *= a;
        a *= a;
    }
    return y;
}
"""}


def one(name, dtype):
    """The expression of a kernel of one operand; NotImplementedError if it has none."""
    return expression(name, dtype, FLOAT_ONE, WHOLE_ONE)


def two(name, dtype):
    """The expression of a kernel of two operands."""
    return expression(name, dtype, FLOAT_TWO, WHOLE_TWO)


def expression(name, dtype, of_floats, of_whole):
    table = (of_whole | BOOL, of_whole, of_floats)[dtype.category]
    if name not in table:
        raise NotImplementedError(f"the cuda backend has no {name} of {dtype}")
    return table[name].replace("{f}", suffix(dtype))


def suffix(dtype):
    """expf is the function for float, exp that for double."""
    return "" if dtype is dtypes.float64 else "f"


def helpers(body, dtype):
    """The functions that a body calls, if it calls any."""
    if not re.search(r"\b(remaining|floored|truncated|power)\(", body):
        return ""
    text = HELPERS[dtype.category == 2].replace("{f}", suffix(dtype))
    return f"typedef {C[dtype]} T;\n{text}"


@functools.cache
def file(name):
    """The text of a .cu file of this folder."""
    return (FOLDER / name).read_text(encoding="utf-8")


def with_macros(name, **macros):
    """A .cu file of this folder behind walk.cu, with macros defined before both."""
    lines = [f"#define {macro} {value}\n" for macro, value in macros.items()]
    return "".join(lines) + file("walk.cu") + file(name)


def elementwise(body, reads, numbers, writes, before=""):
    """The text of kernels that run `body` for each element.

    reads, numbers, writes   {letter: C type} of arrays that are read, of numbers that
                             are the same for all, and of arrays that are written to,
                             which may be read as well
    before                   functions that the body calls
    """
    arrays = list(dict.fromkeys([*reads, *writes]))
    types = writes | reads
    parameters = [f"{'' if x in writes else 'const '}{types[x]} *{x.upper()}"
                  for x in arrays]
    parameters[len(reads):len(reads)] = [f"{kind} {x}" for x, kind in numbers.items()]
    parameters = ", ".join([*parameters, "unsigned n"])

    def loop(at):
        made = {}
        for x in arrays:
            made.setdefault(types[x], []).append(f"{x} = {x.upper()}[{at(x)}]"
                                                 if x in reads else x)
        return "\n    ".join([
            "const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;",
            "if (i >= n) return;",
            *[f"{kind} {', '.join(names)};" for kind, names in made.items()],
            body,
            *[f"{x.upper()}[{at(x)}] = ({kind}){x};" for x, kind in writes.items()]])

    rows, walks = loop(lambda x: "i"), loop(lambda x: f"place({x}_walk, i)")
    walked = ", ".join(f"Walk {x}_walk" for x in arrays)
    return (f"{file('walk.cu')}\n{before}\n"
            f"__global__ void rows({parameters})\n{{\n    {rows}\n}}\n\n"
            f"__global__ void walks({walked}, {parameters})\n{{\n    {walks}\n}}\n")
