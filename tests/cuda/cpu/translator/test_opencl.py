"""A program is its functions, a kernel to launch each, and tables that only the compiler can fill in."""

import pytest

from scratch.cuda.cpu.translator.accesses import Watch
from scratch.cuda.cpu.translator.analysis import analyse
from scratch.cuda.cpu.translator.declarations import Source
from scratch.cuda.cpu.translator.opencl import Writer
from scratch.cuda.cpu.translator.tokens import untokenize

TEXT = """
__constant__ float weights[2] = {1, 2};
__device__ int counter;
__device__ float sum(const float *x)
{
    __shared__ float part[8];
    part[threadIdx.x] = x[threadIdx.x] * weights[0];
    return part[0];
}
__device__ float own(float x);
__device__ float twice(float x) { return 2 * x; }
__device__ int twice(int x) { return 2 * x; }
__global__ void k(const float *x, float (*rows)[3], char half)
{
    if (threadIdx.x < 4) __syncthreads();
    rows[0][0] = sum(x) + twice(1.5f) + counter;
}
"""


def writer(text=TEXT, watch=None):
    source = Source(text)
    analyse(source, watch)
    return Writer(source, watch)


@pytest.fixture
def functions():
    w = writer()
    return w, {function.name: function for function in w.source.all_functions()}


def test_shared_memory_is_a_structure_before_its_function(functions):
    w, named = functions
    written = untokenize(w.function(named["sum"]))
    assert ("struct sum_shared { float part[8];}; "
            "static float sum(struct context_ *context_, const float *x)") in written
    assert ("(((struct sum_shared *)context_->sum_shared)->part)"
            "[((unsigned)(get_local_id(0) + HIDDEN_))]") in written


def test_a_declaration_ends_where_it_does_and_overloads_are_marked(functions):
    w, named = functions
    assert untokenize(w.function(named["own"])).strip().endswith("static float own(float x);")
    assert "static __attribute__((overloadable)) int twice(int x)" in untokenize(w.function(named["twice"]))


def test_a_kernel_takes_its_arguments_from_a_structure_and_hands_memory_down(functions):
    w, named = functions
    lines = w.kernel(named["k"]).splitlines()
    assert lines[0] == "struct k_arguments { const float *x; float (*rows)[3]; char half_; };"
    assert "    __local struct sum_shared sum_memory;" in lines and "    __local uint votes[3];" in lines
    context = next(line for line in lines if "struct context_ context = " in line)
    for slot in (".sum_shared = (ulong)&sum_memory", ".weights_variable = ((ulong *)variables)[0]",
                 ".counter_variable = ((ulong *)variables)[1]", ".votes = (ulong)votes"):
        assert slot in context
    assert lines[-2:] == ["    k(&context, given->x, given->rows, given->half_);", "}"]


def test_the_layout_has_a_number_for_each_size_and_place(functions):
    w, named = functions
    lines = w.layout([named["k"]]).splitlines()[2:-1]
    assert len(lines) == 1 + 2 * 3 + 2
    assert lines[0] == "    ((ulong *)sizes)[0] = sizeof(struct sum_shared);"
    assert lines[1] == "    ((ulong *)sizes)[1] = (ulong)&((struct k_arguments *)0)->x;"
    assert lines[-1] == "    ((ulong *)sizes)[8] = sizeof(struct counter_variable);"


def test_only_variables_with_a_value_are_given_one():
    assert writer().values().splitlines()[2:-1] == [
        "    { struct weights_variable value = {  {1, 2} }; "
        "*(struct weights_variable *)((ulong *)variables)[0] = value; }"]


def test_the_context_has_room_for_what_the_program_has():
    empty = writer("__global__ void k() { }")
    assert empty.context() == "struct context_ { ulong dynamic, failed; uint turn, epoch; };"
    assert writer().context() == ("struct context_ { ulong dynamic, failed, votes, sum_shared, "
                                  "weights_variable, counter_variable; uint turn, epoch; };")


def test_a_watched_program_knows_where_shared_memory_begins_and_ends():
    text = writer(watch=Watch()).program()
    assert "watch, shared_begin[9], shared_end[9]" in text and Watch.text in text
    assert "    context.shared_end[0] = (ulong)(&sum_memory + 1);" in text
    assert "    context.shared_end[1] = (ulong)dynamic + ((ulong *)watch)[0];" in text


def test_definitions_stand_before_what_uses_them():
    text = writer("__global__ void k(float4 *x) { x[0] = make_float4(1, sqrtf(2), 3, max(4, 5)); }").program()
    assert text.index("} __attribute__((aligned(16))) float4_;") < text.index("static float4_ make_float4(")
    assert text.index("#define sqrtf") < text.index("struct context_ {") < text.index('#line 1 "kernel.cu"')
