"""What says nothing in C goes, and what only looks like it stays."""

import pytest

from scratch.cuda.cpu.translator.cplusplus.words import plain
from scratch.cuda.cpu.translator.tokens import tokenize, untokenize


@pytest.mark.parametrize("text, left", [
    ("class A { public: int n; private: int m; };", "struct A { int n; int m; };"),
    ("using namespace std; using real = double; real x;", "typedef double real; real x;"),
    ("float y = std::sqrt(x) + std::pow(x, 2); std::size_t n;", "float y = sqrt(x) + pow(x, 2); size_t n;"),
    ("struct A { int f() const; int g() const noexcept { } };", "struct A { int f(); int g() { } };"),
    ("template <class T> class A { };", "template <class T> struct A { };"),
    ("void f() { volatile unsigned n = 1; while (n) { volatile float x; } }",
     "void f() { unsigned n = 1; while (n) { float x; } }"),
    ("{ x = ::fmaxf(a, ::b); return ::f(S::g()); }", "{ x = fmaxf(a, b); return f(S::g()); }")])
def test_words_are_left_out(text, left):
    assert untokenize(plain(tokenize(text))).strip() == left


@pytest.mark.parametrize("text", [
    "void f(volatile int *p) { volatile int *q = p; volatile int a[3]; }", "struct S { volatile int n; };",
    "int x = (int) 3 ; switch (x) { case 1 : default : ; }", "__device__ volatile int n;"])
def test_the_rest_stays(text):
    assert untokenize(plain(tokenize(text))) == text
