"""Macros, conditions and files do what the C standard says; the oracle is gcc -E where it is at hand."""

import re
import shutil
import subprocess

import pytest

from scratch.cuda.cpu.translator.preprocess import constant, preprocess
from scratch.cuda.cpu.translator.tokens import SourceError, tokenize

SOURCES = {
    "constants": "#define N 16\n#define M (N * 2)\nint a[M], b[N];",
    "a macro in its own body": "#define f(x) f(x + 1)\n#define y y + 1\nf(f(y))",
    "arguments expand first": "#define TWICE(x) x x\n#define A b\nTWICE(A) TWICE(TWICE(c))",
    "a name alone is no call": "#define f(x) [x]\nf; f (1)",
    "parentheses and commas": "#define FIRST(a, b) a\nFIRST((1, 2), 3) FIRST(g(x, y), z)",
    "stringify": '#define S(x) #x\nS(a + b) S("q\\n") S( spaced   out )',
    "paste": "#define GLUE(a, b) a##b\n#define AB 7\nGLUE(A, B) GLUE(x, 1) GLUE(, y)",
    "any number of arguments": "#define CALL(f, ...) f(__VA_ARGS__)\nCALL(g, 1, (2, 3)) CALL(h, x)",
    "no arguments": "#define NOW() 42\nNOW() + NOW",
    "branches": "#define A 1\n#if A == 2\nx\n#elif A == 1 && !defined(B)\ny\n#else\nz\n#endif",
    "nested branches": "#if 0\n#if 1\na\n#else\nb\n#endif\n#else\nc\n#ifdef Q\nd\n#endif\n#endif",
    "undefine": "#define A 1\nA\n#undef A\nA\n#ifndef A\ngone\n#endif",
    "a call over lines": "#define ADD(a, b) a + b\nADD(1,\n  2)",
    "redefined": "#define A 1\nA\n#undef A\n#define A 2\nA",
}


def words(tokens):
    return [token.text for token in tokens]


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_the_result_is_that_of_gcc(source):
    if not shutil.which("gcc"):
        pytest.skip("no gcc to compare with")
    gcc = subprocess.run(["gcc", "-E", "-P", "-"], input=source, capture_output=True, text=True)
    assert words(preprocess(source)) == words(tokenize(gcc.stdout))


@pytest.mark.parametrize("text, value", [
    ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("7 / 2 - -7 / 2", 6), ("-7 % 3", -1), ("1 << 4 | 3", 19),
    ("2 > 1 && 1 != 1", 0), ("0 ? 1 : 0 ? 2 : 3", 3), ("!0 + ~0", 0), ("0x10 + 010 + 10u", 34), ("'A'", 65),
    ("5 == 5 ? 4 <= 4 : 9", 1), ("6 ^ 3 & 1", 7), ("1 || 1 / 0 == 0 ? 1 : 0", None), ("", None),
    ("1 +", None),
    ("x", None), ("1 2", None), ("1.5", None)])
def test_constant_expressions_have_the_value_c_gives_them(text, value):
    if value is None:
        with pytest.raises(SourceError):
            constant(tokenize(text))
    else:
        assert constant(tokenize(text)) == value


def test_options_define_macros_and_files_are_included(tmp_path):
    (tmp_path / "tile.h").write_text("#pragma once\n#define TILE 8\nint included;\n")
    source = '#include <math.h>\n#include "cuda_runtime.h"\n#include "tile.h"\nint a[TILE * N];'
    tokens = preprocess(source, {"N": "3"}, [tmp_path])
    assert " ".join(words(tokens)) == "int included ; int a [ 8 * 3 ] ;"
    assert {token.file for token in tokens} == {"tile.h", "kernel.cu"}


@pytest.mark.parametrize("source, hint", [
    ("#pragma unroll", "unroll"), ("#define N 2\n  #pragma unroll (2 * N)", "unroll 4"),
    ("#pragma unroll n", "unroll"),
    ("#pragma nounroll", "nounroll"), ("#pragma once", None), ("#pragma", None),
    ('_Pragma("GCC poison x")', None),
    ('#define A(n) _Pragma(#n)\n#define B(n) A(unroll n)\nB(8)', "unroll 8")])
def test_hints_to_unroll_stay_and_other_pragmas_go(source, hint):
    assert "".join(words(preprocess(source))) == (f'_Pragma("{hint}")' if hint else "")


def test_headers_that_declare_nothing_a_kernel_lacks_are_left_out():
    source = "".join(f"#include <{name}>\n" for name in (
        "stdio.h", "math.h", "cuda.h", "cuda_runtime.h", "device_launch_parameters.h", "math_constants.h",
        "cstdint", "iostream", "vector", "algorithm", "time.h", "sys/time.h"))
    assert words(preprocess(source + "x")) == ["x"]


def test_a_macro_takes_the_line_where_it_is_used():
    tokens = preprocess("#define SUM a + \\\n  b\n\n\nSUM;")
    assert {token.line for token in tokens} == {5}


@pytest.mark.parametrize("source, complaint", [
    ("#if 1\nx", "no #endif"), ("#endif", "without an #if"), ("#define 3", "defines a name"),
    ("#define f(a b", "no \\)"), ("#define f(a) a\nf(1, 2)", "1 parameters and was given 2"),
    ("#include <mma.h>", "tensor cores"),
    ("#include \"mine.h\"", "none of include_dirs"),
    ("#error too old", "too old"), ("#oops", "no directive"), ("#define f(a) a\nf(1", "has no \\)")])
def test_mistakes_are_told_with_their_line(source, complaint):
    with pytest.raises(SourceError, match=complaint) as caught:
        preprocess(source)
    assert re.match(r"kernel.cu:\d+: ", str(caught.value))
