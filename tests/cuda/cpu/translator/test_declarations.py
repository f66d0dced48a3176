"""A source is taken apart into the functions, variables, types and constants that C++ sees in it."""

import pytest

from scratch.cuda.cpu.translator.declarations import Source, parameter_name, untyped
from scratch.cuda.cpu.translator.tokens import SourceError, tokenize, untokenize


def text(tokens):
    return untokenize([t._replace(line=1) for t in tokens]).strip().replace(") ", ")")


def test_functions_have_heads_parameters_and_bodies():
    source = Source("static __device__ __forceinline__ unsigned int f(const float *x, int (*y)[3], "
                    "float z[]);\n"
                    "extern \"C\" {\n__global__ void __launch_bounds__(128, 2)\nk(void) { f(0, 0, 0); }\n}\n"
                    "__host__ __device__ float g() { return 1; }\nint main() { return 0; }")
    assert list(source.functions) == ["f", "k", "g"]
    [f], [k], [g] = source.functions.values()
    assert text(f.head) == "unsigned int" and not f.body and not f.kernel
    assert [parameter_name(part).text for part in f.parameters] == ["x", "y", "z"]
    assert k.kernel and k.parameters == []
    assert text(k.bounds[0]) == "128" and text(k.body) == "{ f(0, 0, 0); }"
    assert text(g.head) == "float"


def test_variables_constants_and_types_are_told_apart():
    source = Source("__constant__ float a[2] = {1, 2}, b; __device__ struct S *c;\nconst int N = 3; "
                    "constexpr float H = .5f; const int SIX = 2 * N;"
                    "\nstruct S { int n; S *next; }; enum Mode { X, Y }; typedef float Row[4]; "
                    "typedef void (*F)(int);"
                    "\nextern __shared__ float s[];")
    values = {name: text(value) for name, value in source.variables.items()}
    assert values == {"a": "{1, 2}", "b": "", "c": ""}
    assert text(source.constants["SIX"]) == "((int)(2 * N))", "a product is no pointer"
    assert text(source.constants["N"]) == "((int)(3))" and text(source.constants["H"]) == "((float)(.5f))"
    assert {"S", "Mode", "Row", "F"} <= source.types
    assert text(source.arrays["s"]) == "((float *)context_->dynamic)"


def test_a_declaration_may_have_several_constants():
    """Seen to run on the device with nvcc: const double a = .1, b = 2 * a; and auto as the type."""
    source = Source("const double A = .1, B = 2 * A; const auto C = A / 2; static const int N = 4, "
                    "M = N + 1;")
    assert text(source.constants["B"]) == "((double)(2 * A))"
    assert text(source.constants["M"]) == "((int)(N + 1))"
    assert text(source.constants["C"]) == "((__typeof__(A / 2))(A / 2))"


def test_overloads_differ_in_the_types_of_their_parameters():
    first, second = tokenize("const float *x"), tokenize("float x")
    assert untyped(first) == "const float *" and untyped(second) == "float"


@pytest.mark.parametrize("wrong", ["float x = 3; __device__ float f() { return x; }", "x;", "__constant__ y;",
                                   "__device__ float;", "void;", "__shared__ float s[3];",
                                   "struct S { int n; } s;", "}", "int f() {"])
def test_what_makes_no_sense_is_an_error(wrong):
    with pytest.raises(SourceError):
        Source(wrong)


def test_a_variable_of_the_host_is_left_out_if_nothing_names_it():
    """nvcc takes the first text; in the second "salt" is undefined in device code."""
    source = 'const char salt[] = "abc"; __global__ void k(char *x) { x[0] = %s; }'
    assert list(Source(source % "1").functions) == ["k"]
    with pytest.raises(SourceError, match="a variable of the host"):
        Source(source % "salt[1]")
    source = "static const int sizes[] = {1, 2}; int n = 3; float *a, *b; dim3 grid(2); %s int f() { %s }"
    uses = "a = b; n = sizes[grid.x]; return n;"
    assert not Source(source % ("", uses)).functions
    with pytest.raises(SourceError, match="a variable of the host"):
        Source(source % ("__device__", uses))


def test_a_variable_of_the_host_may_have_the_name_of_another():
    source = """
int *made, sum, size;
struct Run { long made; int size; };
__device__ int add(int *made, int sum) { return made[0] + sum; }
__global__ void k(Run run, int *x)
{
    int *made = (int *)run.made;
    int sum = run.size;
    x[0] = add(made, sum)%s;
}"""
    assert {*Source(source % "").functions} == {"add", "k"}
    with pytest.raises(SourceError, match="a variable of the host"):
        Source(source % " + size")
