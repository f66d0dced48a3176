"""The braces of a structure are taken apart into fields, functions and constructors."""

import pytest

from scratch.cuda.cpu.translator.cplusplus.members import brace_of, items, read
from scratch.cuda.cpu.translator.tokens import closing, tokenize, untokenize


def structure(text):
    chunk = tokenize(text)
    begin = brace_of(chunk)
    return read(chunk, begin, closing(chunk, begin))


def test_fields_have_types_and_functions_have_parts():
    found = structure("""typedef struct { float x, *p; int n[3], m; void (*f)(int);
        union { int a; float b; };
        static const int K = 3;
        __device__ float g(float a, int b = 2) { return a; }
        __host__ void host() { }
        __device__ static int h(); } S;""")
    assert found.name == "S" and {"x", "p", "n", "m", "a", "b"} <= {*found.fields}
    assert found.arrays == {"n"} and [*found.constants] == ["K"]
    methods = [(m.name, m.static, bool(m.body)) for m in found.methods]
    assert methods == [("g", False, True), ("h", True, False)]


def test_constructors_have_what_stands_before_their_braces():
    found = structure("struct S { int n, m; __device__ S(int a) : n(a), m{2} { n++; }"
                      " __device__ S() = default; };")
    [made] = found.constructors
    assert [t.text for t in made.starts] == list("n(a),m{2}") and untokenize(made.body).strip() == "{ n++; }"


@pytest.mark.parametrize("text", ["struct S f(int a) { }", "struct B : A { int n; };", "struct S;",
                                  "enum E { A };", "int x = 3;"])
def test_other_declarations_have_no_braces_of_a_structure(text):
    assert brace_of(tokenize(text)) is None


def test_items_end_where_they_end():
    tokens = tokenize("int a; void f() { { } } ; struct { int b; } c; int d;")
    parts = [untokenize(item).strip() for item in items(tokens)]
    assert parts == ["int a;", "void f() { { } } ;", "struct { int b; } c;", "int d;"]
