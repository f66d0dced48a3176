"""Memory that kernels ask for is there, also for the next launch, until there is none."""

import numpy as np
import pytest

from scratch.cuda import driver as cuda
from scratch.cuda.compiler import SourceModule
from scratch.cuda.cpu.driver.devices import NotOnCPU
from scratch.cuda.cpu.translator.cplusplus import heap

SOURCE = """
struct Node { int value; Node *next; };
__device__ Node *lists[8];
__global__ void build(int n)
{
    Node *first = NULL;
    for (int k = 0; k < n; k++) {
        Node *node = new Node;
        node->value = k * threadIdx.x;
        node->next = first;
        first = node;
    }
    lists[threadIdx.x] = first;
}
__global__ void sums(int *x)
{
    int *held = new int[2], sum = 0;
    for (Node *node = lists[threadIdx.x]; node; node = node->next) sum += node->value;
    held[1] = sum;
    x[threadIdx.x] = held[1];
    delete[] held;
    for (Node *node = lists[threadIdx.x]; node;) { Node *next = node->next; delete node; node = next; }
}
__global__ void large(int *x)
{
    char *a = (char *)malloc(40 << 20), *b = (char *)malloc(40 << 20);
    x[0] = a != NULL;
    x[1] = b != NULL;
    free(a);
    if (b) free(b);
}"""


@pytest.fixture(scope="module")
def module():
    return SourceModule(SOURCE)


def test_a_list_that_one_launch_makes_another_reads(module):
    x = np.zeros(8, np.int32)
    module.get_function("build")(np.int32(10), block=(8, 1, 1))
    module.get_function("sums")(cuda.Out(x), block=(8, 1, 1))
    assert x.tolist() == [45 * t for t in range(8)]


def test_what_is_too_much_is_a_null_pointer(module):
    x = np.zeros(2, np.int32)
    module.get_function("large")(cuda.Out(x), block=(1, 1, 1))
    assert x.tolist() == [1, 0] and heap.BYTES < 80 << 20


@pytest.mark.parametrize(("text", "told"), [
    ("int *p = new int(3);", "values for a constructor"), ("S *p = new S;", "new S: a structure"),
    ("int *p = new (x) int;", "a place that is given"),
])
def test_what_calls_a_constructor_is_refused(text, told, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")      # with one it runs as C++: cxx/test_library.py
    source = "struct S { int n; __device__ S() : n(1) { } };\n__global__ void k(int *x) { %s }" % text
    with pytest.raises(NotOnCPU, match=told):
        SourceModule(source, no_extern_c=True)
