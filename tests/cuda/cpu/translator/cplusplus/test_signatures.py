"""Functions of a file and calls in a body are found by their text."""

from scratch.cuda.cpu.translator.cplusplus.signatures import calls_in, functions, spelled
from scratch.cuda.cpu.translator.tokens import tokenize


def test_functions_are_told_from_other_declarations():
    tokens = tokenize("struct S { int n; }; typedef int (*g)(int); __constant__ float c[3] = {1};\n"
                      "int host(int a) { return a; } __device__ float f(const S &s, int n = g(1, 2));\n"
                      "extern __global__ void __launch_bounds__(64 * 2, 3) k(void) { f(); }")
    found = functions(tokens)
    assert [(f.name, f.kind, f.device, bool(f.body)) for f in found] == [
        ("host", ["int"], False, True), ("f", ["float"], True, False), ("k", ["void"], True, True)]
    assert [spelled(part) for part in found[1].parameters] == ["const S & s", "int n = g ( 1 , 2 )"]
    assert found[2].parameters == [] and tokens[found[2].body].text == "{" and found[2].end == len(tokens)


def test_calls_are_found_inner_ones_first():
    body = tokenize("{ f(g(1), h[2]); s.f(3); p->f(4); f; if (f()) g(f(5)); }")
    found = [(name, [spelled(value) for value in given]) for _, name, given in calls_in(body, {"f", "g"})]
    assert found == [("f", ["5"]), ("g", ["f ( 5 )"]), ("f", []), ("g", ["1"]), ("f", ["g ( 1 )", "h [ 2 ]"])]
