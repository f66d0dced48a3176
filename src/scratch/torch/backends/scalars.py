"""What each elementwise kernel does to one number, or to two.

    >>> ONE["log"](0.0), ONE["sqrt"](-1.0), ONE["exp"](1000.0), ONE["round"](2.5)
    (-inf, nan, inf, 2.0)
    >>> TWO["div"](-1.0, 0.0), TWO["remainder"](-7, 3), TWO["maximum"](math.nan, 1.0)
    (-inf, 2, nan)

Python raises an error where a function has no value or too large a one; a tensor's
answer there is nan or inf, as IEEE 754 says. Only whole numbers divided by 0 are an
error for both.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import math
import operator


def defined(function, poles={}):    # noqa: B006, never changed
    """A function of math's, with an answer for every float.

    poles are the infinite ones at the ends of its domain; beyond them it is nan.
    """
    def answer(x):
        try:
            return function(x)
        except ValueError:
            return poles.get(x, math.nan)
        except OverflowError:
            return math.copysign(math.inf, function(math.copysign(1.0, x)))
    return answer


def rounding(function):
    """floor, ceil and trunc of floats stay floats, and -0.5 rounds to -0."""
    def answer(x):
        return math.copysign(function(x), x) if math.isfinite(x) and x % 1 else x
    return answer


def div(a, b):
    try:
        return a / b
    except ZeroDivisionError:
        if a == 0 or a != a:
            return math.nan
        return math.copysign(math.inf, a) * math.copysign(1.0, b)


def power(a, b):
    """aᵇ; whole numbers to a negative power are 0, but for 1 and -1."""
    if isinstance(a, int) and isinstance(b, int):
        if b < 0:
            return {1: 1, -1: 1 - b % 2 * 2}.get(a, 0)
        return pow(a, b, 2 ** 64)            # the last 64 bits, which is what is kept
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf
    except ValueError:
        if a != 0:
            return math.nan                  # a negative base, and a fraction
        return math.copysign(math.inf, a) if b % 2 == 1 else math.inf


def whole_or_float(of_whole, of_floats):
    """A division: of whole numbers by 0 it is an error, of floats it is not."""
    def answer(a, b):
        if isinstance(a, int) and isinstance(b, int):
            if b == 0:
                raise RuntimeError("ZeroDivisionError: a whole number divided by 0")
            return of_whole(a, b)
        return of_floats(a, b)
    return answer


def floored(a, b):
    return a // b if b else div(a, b)


def remaining(a, b):
    return a % b if b else math.nan


def sign(x):
    """1, 0 or -1; 0 for nan, as in PyTorch."""
    return (x > 0) - (x < 0)


def larger(a, b):
    """The larger one; nan if either is."""
    return a if a != a or a > b else b


def smaller(a, b):
    return a if a != a or a < b else b


def numbers_only(choose):
    """fmax and fmin: of nan and a number, the number."""
    return lambda a, b: b if a != a else a if b != b else choose(a, b)


def sigmoid(x):
    return 1 / (1 + exp(-x))


exp = defined(math.exp)

ONE = {
    "neg": operator.neg, "abs": abs, "sign": sign, "exp": exp,
    "exp2": lambda x: power(2.0, x), "expm1": defined(math.expm1),
    "log": defined(math.log, {0: -math.inf}),
    "log2": defined(math.log2, {0: -math.inf}),
    "log10": defined(math.log10, {0: -math.inf}),
    "log1p": defined(math.log1p, {-1: -math.inf}), "sqrt": defined(math.sqrt),
    "rsqrt": lambda x: div(1.0, ONE["sqrt"](x)), "reciprocal": lambda x: div(1.0, x),
    "square": lambda x: x * x, "sin": defined(math.sin), "cos": defined(math.cos),
    "tan": defined(math.tan), "asin": defined(math.asin), "acos": defined(math.acos),
    "atan": math.atan, "sinh": defined(math.sinh), "cosh": lambda x: cosh(abs(x)),
    "tanh": math.tanh, "asinh": math.asinh, "acosh": defined(math.acosh),
    "atanh": defined(math.atanh, {1: math.inf, -1: -math.inf}),
    "sigmoid": sigmoid, "erf": math.erf, "erfc": math.erfc,
    "floor": rounding(math.floor), "ceil": rounding(math.ceil),
    "trunc": rounding(math.trunc), "round": rounding(round)}
cosh = defined(math.cosh)

TWO = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": div,
    "pow": power, "floor_divide": whole_or_float(operator.floordiv, floored),
    "remainder": whole_or_float(operator.mod, remaining),
    "fmod": whole_or_float(lambda a, b: int(math.copysign(abs(a) % abs(b), a)),
                           lambda a, b: math.fmod(a, b) if b and math.isfinite(a)
                           else math.nan),
    "maximum": larger, "minimum": smaller, "fmax": numbers_only(larger),
    "fmin": numbers_only(smaller), "atan2": math.atan2,
    "bitwise_and": operator.and_, "bitwise_or": operator.or_,
    "bitwise_xor": operator.xor, "bitwise_left_shift": operator.lshift,
    "bitwise_right_shift": operator.rshift}

TESTS_ONE = {"logical_not": operator.not_, "isnan": lambda x: x != x,
             "isinf": math.isinf, "isfinite": math.isfinite}
TESTS_TWO = {
    "logical_and": lambda a, b: bool(a and b), "logical_or": lambda a, b: bool(a or b),
    "logical_xor": lambda a, b: bool(a) != bool(b), "eq": operator.eq,
    "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt,
    "ge": operator.ge}
