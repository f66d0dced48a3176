"""Calls get the arguments that they leave out."""

import pytest

from scratch.cuda.cpu.translator.cplusplus.defaults import filled
from scratch.cuda.cpu.translator.tokens import Unsupported, tokenize, untokenize


@pytest.mark.parametrize("call, whole", [
    ("f(1)", "f(1, 2, 3)"), ("f(1, 5)", "f(1, 5, 3)"), ("f(1, 5, 6)", "f(1, 5, 6)"),
    ("f(f(1), g(2))", "f(f(1, 2, 3), g(2), 3)"), ("h()", "h(sizeof(int))"), ("s.f(1)", "s.f(1)")])
def test_what_is_left_out_is_written(call, whole):
    head = "__device__ int f(int a, int b%s, int c%s);\n__device__ int h(int n%s) { return n; }\n"
    body = "__device__ int f(int a, int b, int c) { return a; }\n__device__ int k() { return %s; }"
    text = untokenize(filled(tokenize(head % (" = 2", " = 3", " = sizeof(int)") + body % call)))
    assert text.replace(" ,", ",").replace(" )", ")") == head % ("", "", "") + body % whole


def test_a_call_that_may_mean_two_functions_is_refused():
    with pytest.raises(Unsupported, match="several functions of this name"):
        filled(tokenize("__device__ int f(int a, int b = 1) { return a; }"
                        "__device__ int f(float a) { return 1; } __device__ int k() { return f(2); }"))
