"""Statements are told apart, and nothing of the text gets lost."""

import pytest

from scratch.cuda.cpu.translator.statements import Declaration, outline, parse, write
from scratch.cuda.cpu.translator.tokens import SourceError, tokenize, untokenize

TYPES = {"int", "float", "float4", "Pair"}
BODIES = {
    "declarations": "{ const int a = 1, *b = &a; float c[2][3] = {{1, 2}, {3}}; unsigned int d; Pair p; }",
    "pointers": "{ float (*rows)[16] = tile; float *x = y + 1, z = *x; *x = 2; a * b; }",
    "branches": "{ if (a) b = 1; else if (c) { d(); } else return; }",
    "loops": "{ for (int i = 0, j = 9; i < j; i++, j--) { continue; } for (;;) break; while (x) ; "
             "do { f(); } while (y); }",
    "switch": "{ switch (a) { case 1: b = 2; break; case 'x': default: return; } }",
    "shared": "{ __shared__ float tile[16][17]; extern __shared__ float more[]; static __shared__ int n; "
              "tile[0][0] = 1; }",
    "types": "{ struct Two { int a, b; }; struct Two t; typedef float number; t.a = 1; enum { N = 3 }; }",
    "conversions": "{ x = float(y); int n = int(f) + 1; return (float) z; ; }",
    "dangling": "{ if (a) if (b) c(); else d(); e(); }",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_writing_gives_the_text_back(body):
    tokens = tokenize(body)
    assert write(parse(tokens, TYPES)) == tokens
    assert untokenize(write(parse(tokens, TYPES))) == body


def test_a_declaration_knows_its_names_and_values():
    [declaration] = parse(tokenize("{ const float *a, b[2] = {1, 2}, c = f(1, 2); }"), TYPES).inner()
    [part] = [part for part in declaration.parts if isinstance(part, Declaration)]
    assert [token.text for token in part.type] == ["const", "float"]
    assert [name.text for name, *_ in part.declarators] == ["a", "b", "c"]
    assert [untokenize(value.tokens).strip() if value else None for *_, value in part.declarators] == [
        None, "{1, 2}", "f(1, 2)"]


def test_an_else_belongs_to_the_nearest_if():
    assert outline(parse(tokenize(BODIES["dangling"]), TYPES)) == (
        "block\n  if (a)\n    if (b)\n      expression c()\n      expression d()\n  expression e()")


def test_a_loop_has_a_condition_a_step_and_a_body():
    [loop] = parse(tokenize("{ for (int i = 0; i < n; i += 2) x[i] = 0; }"), TYPES).inner()
    roles = {e.role: untokenize(e.tokens).strip() for e in loop.expressions() if e.role != "value"}
    assert roles == {"condition": "i < n", "step": "i += 2"}
    assert [inner.kind for inner in loop.everything()] == ["for", "expression"]


@pytest.mark.parametrize("body", ["{ a = 1; ", "{ if a) b; }", "{ f(1; }", "{ int ; }", "{ } }",
                                  "{ for (;;) }", "{ a = }"])
def test_a_body_that_is_not_c_is_an_error(body):
    with pytest.raises(SourceError):
        parse(tokenize(body), TYPES)
