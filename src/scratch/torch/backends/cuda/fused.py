"""Chains of elementwise operations as one kernel each: slopes, GELU, Adam's step.

    >>> tanh_slope.body
    'z = g * (1 - y * y);'

Adam's step as a dozen kernels would read and write a parameter's numbers some thirty
times. As one it reads four numbers and writes three.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import math

from .kernels import Fused

K, A = math.sqrt(2 / math.pi), 0.044715     # of GELU's approximation; see nn/fused.py

tanh_slope = Fused("z = g * (1 - y * y);", "gy", "z")
sigmoid_slope = Fused("z = g * (1 - y) * y;", "gy", "z")
gelu_tanh = Fused(f"t = tanh{{f}}({K}{{f}} * (x + {A}{{f}} * x * x * x));\n"
                  "    y = x * (1 + t) * 0.5{f};", "x", "yt")
gelu_tanh_back = Fused(
    f"d = g * ((1 + t) * 0.5{{f}} + x * (1 - t * t) * 0.5{{f}} * {K}{{f}}\n"
    f"             * (1 + {3 * A}{{f}} * x * x));", "gxt", "d")
gelu_none = Fused(f"c = (erf{{f}}(x * {math.sqrt(0.5)}{{f}}) + 1) * 0.5{{f}};\n"
                  "    y = x * c;", "x", "yc")
gelu_none_back = Fused(
    "d = g * (c + x * exp{f}(x * x * -0.5{f})"
    f" * {1 / math.sqrt(2 * math.pi)}{{f}});", "gxc", "d")
ADAM = """p *= k;
    v += (g - v) * w;
    s = s * c + g * g * d;
    {largest}p -= h * v / (sqrt{{f}}({root}) / r + e);"""
adam_step = Fused(ADAM.format(largest="", root="s"),
                  "gpvskwcdreh", "pvs")
amsgrad_step = Fused(ADAM.format(largest="m = m > s ? m : s;\n    ", root="m"),
                     "gpvsmkwcdreh", "pvsm")


def adam(g, room, p, v, s, largest=None, *, keep, beta1, beta2, root, eps, rate):
    """A step of optim.Adam, which says what the letters are; room is not needed."""
    numbers = keep, 1 - beta1, beta2, 1 - beta2, root, eps, rate
    if largest is None:
        adam_step(g, p, v, s, *numbers)
    else:
        amsgrad_step(g, p, v, s, largest, *numbers)


def first(kernel):
    return lambda *operands: kernel(*operands)[0]


TABLE = {"tanh_slope": first(tanh_slope), "sigmoid_slope": first(sigmoid_slope),
         "gelu_tanh": gelu_tanh, "gelu_tanh_back": first(gelu_tanh_back),
         "gelu_none": gelu_none, "gelu_none_back": first(gelu_none_back), "adam": adam}
