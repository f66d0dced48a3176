"""Generators inside a kernel give cuRAND's numbers.

The oracle of the numbers below is NVIDIA's own header: curand_kernel.h of the wheel nvidia-curand-cu12
10.3.10.19, whose functions a compiler for processors takes as they are (g++ 14 -ffp-contract=off, with
QUALIFIERS defined as "static inline"), called with the same arguments.
"""

import contextlib

import numpy as np
import pytest

from scratch.cuda import driver as cuda
from scratch.cuda.compiler import SourceModule
from scratch.cuda.cpu import cxx
from scratch.cuda.cpu.driver.devices import NotOnCPU
from scratch.cuda.cpu.memcheck import WrongAccess, memcheck
from scratch.cuda.cpu.translator import curand_kernel
from scratch.cuda.cpu.translator.translate import translate

SOURCE = """#include <curand_kernel.h>
typedef unsigned long long ull;
extern "C" {
__global__ void whole(ull seed, ull subsequence, ull offset, unsigned *x)
{
    STATE s, again;
    curand_init(seed, subsequence, offset, &s);
    again = s;
    for (int n = 0; n < 4; n++) x[n] = curand(&s);
    skipahead(1099511627781ull, &again);
    skipahead_sequence(8589934593ull, &again);
    x[4] = curand(&again);
}
__global__ void real(float *x, double *y, unsigned *count)
{
    STATE s;
    curand_init(1234, 5, 6, &s);
    STATE t = s, u = s, v = s, w = s, a = s, b = s, c = s;
    for (int n = 0; n < 2; n++) { x[n] = curand_uniform(&t); y[n] = curand_uniform_double(&u); }
    for (int n = 2; n < 5; n++) { x[n] = curand_normal(&v); y[n] = curand_normal_double(&w); }
    t = s;
    for (int n = 5; n < 8; n++) x[n] = curand_log_normal(&t, 0.5f, 2.0f);
    for (int n = 0; n < 6; n++) {
        count[n] = curand_poisson(&a, 4.5);
        count[n + 6] = curand_poisson(&b, 700);
        count[n + 12] = curand_poisson(&c, 5000);
    }
}
}"""
BEGINNINGS = [(0, 0, 0), (1234, 1, 0), (0x0123456789ABCDEF, 2**40 + 7, 2**50 + 3)]
WHOLE = {    # generator -> for each beginning four numbers, and one far ahead in another sequence
    "curandState": [
        [0xbd7f03b6, 0x703e556d, 0x845af0c5, 0x283067fd, 0x0ec65c80],
        [0xd1f7605a, 0xed29ae49, 0x83030ed9, 0x899fbaf4, 0x8662889b],
        [0x35491696, 0x26faacc4, 0xa4925731, 0x0f00af1d, 0xf6de728e]],
    "curandStatePhilox4_32_10_t": [
        [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8, 0xc4575521],
        [0xd115a128, 0x52fc7c75, 0xc7f33f17, 0x0f1539db, 0x3653eba9],
        [0x24eda5fd, 0xe192b01a, 0x57283b80, 0xead40b23, 0xd15be87d]],
    "curandStateMRG32k3a": [
        [0x2083cd07, 0x518b05c4, 0x4f26d091, 0xd36ab334, 0x7c0abcda],
        [0x26f0d612, 0xac5068d7, 0xa3dbc910, 0x8fa62437, 0x384f5019],
        [0xcfcacb1f, 0x057e7f00, 0x8ee00a15, 0x931e8538, 0x8e66ada5]]}
UNIFORM = {
    "curandState": ([0.6882835626602173, 0.7802773714065552], [0.7802777259155975, 0.09672536345491728]),
    "curandStatePhilox4_32_10_t": ([0.1971317082643509, 0.44827860593795776],
                                   [0.19713171338662505, 0.4482786178123206]),
    "curandStateMRG32k3a": ([0.36481383442878723, 0.48168784379959106],
                            [0.36481383262343964, 0.481687838601125])}
NORMAL = {
    "curandState": ([-0.8487608432769775, 0.163443461060524, 0.331305593252182],
                    [0.40223664547984506, 0.5782874792399105, 1.3613607263493992]),
    "curandStatePhilox4_32_10_t": ([0.5754014849662781, -1.7078288793563843, -1.6017473936080933],
                                   [-1.0435394838111505, 0.7181268320201774, 0.618546117737339]),
    "curandStateMRG32k3a": ([0.16303651034832, -1.4107286930084229, 1.7677713632583618],
                            [0.16303669586028083, -1.4107286209804266, 1.7677711499689148])}
LOG_NORMAL = {"curandState": [0.3019416034221649, 2.2861905097961426, 3.1982738971710205],
              "curandStatePhilox4_32_10_t": [5.211162567138672, 0.05416838824748993, 0.066971056163311],
              "curandStateMRG32k3a": [2.2843306064605713, 0.09813046455383301, 56.57360076904297]}
POISSON = {"curandState": [5, 3, 4, 3, 2, 5, 711, 727, 684, 699, 705, 698,
                           5028, 5041, 5096, 5095, 4950, 4881],
           "curandStatePhilox4_32_10_t": [4, 6, 2, 5, 6, 6, 678, 655, 717, 687, 672, 677,
                                          4926, 5051, 5044, 5008, 4935, 4929],
           "curandStateMRG32k3a": [3, 5, 5, 9, 2, 3, 690, 669, 682, 693, 701, 705,
                                   5012, 4900, 5125, 5081, 4902, 5075]}


@pytest.fixture(scope="module", params=[contextlib.nullcontext, cxx.alone], ids=["OpenCL C", "C++"])
def engine(request):
    if request.param is cxx.alone and not cxx.find():
        pytest.skip("no C++ compiler")
    return request.param


@pytest.fixture(scope="module", params=WHOLE)
def generator(request, engine):
    with engine():
        return request.param, SourceModule(SOURCE, no_extern_c=True, options=[f"-DSTATE={request.param}"])


def test_whole_numbers_are_curands(generator):
    """Also after jumps of 2^40 numbers and more, which nobody could step."""
    name, module = generator
    for beginning, wanted in zip(BEGINNINGS, WHOLE[name]):
        x = np.empty(5, np.uint32)
        module.get_function("whole")(*map(np.uint64, beginning), cuda.Out(x), block=(1, 1, 1))
        assert x.tolist() == wanted


def test_real_numbers_are_curands(generator):
    """Uniform ones exactly, what comes of logarithms and angles within eight roundings."""
    name, module = generator
    x, y, count = np.empty(8, np.float32), np.empty(5), np.empty(18, np.uint32)
    module.get_function("real")(cuda.Out(x), cuda.Out(y), cuda.Out(count), block=(1, 1, 1))
    assert (x[:2].tolist(), y[:2].tolist()) == UNIFORM[name]
    np.testing.assert_allclose(x[2:5], NORMAL[name][0], rtol=1e-6)
    np.testing.assert_allclose(y[2:5], NORMAL[name][1], rtol=1e-13)
    np.testing.assert_allclose(x[5:], LOG_NORMAL[name], rtol=1e-6)
    assert count.tolist() == POISSON[name]


FOURS = """#include <curand_kernel.h>
extern "C" __global__ void four(uint4 *x, const uint4 *counters, const uint2 *keys)
{
    const int i = threadIdx.x;
    curandStatePhilox4_32_10_t s;
    curand_init(0, 0, 0, &s);
    s.ctr = counters[i];
    s.key = keys[i];
    skipahead(0, &s);
    x[i] = curand4(&s);
}
extern "C" __global__ void mixed(unsigned *x, float4 *y)
{
    curandStatePhilox4_32_10_t s;
    curand_init(1234, 5, 6, &s);
    uint4 a = curand4(&s);
    x[0] = a.x, x[1] = a.y, x[2] = a.z, x[3] = a.w;
    x[4] = curand(&s);
    y[0] = curand_uniform4(&s);
    y[1] = curand_normal4(&s);
}"""


@pytest.fixture(scope="module")
def fours(engine):
    with engine():
        return SourceModule(FOURS, no_extern_c=True)


def test_philox_is_that_of_its_authors(fours):
    """The known answers that Random123 comes with (tests/kat_vectors, philox4x32 10)."""
    pi = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]
    counters = np.array([[0] * 4, [2**32 - 1] * 4, pi[0]], np.uint32)
    keys, x = np.array([[0] * 2, [2**32 - 1] * 2, pi[1]], np.uint32), np.empty((3, 4), np.uint32)
    fours.get_function("four")(cuda.Out(x), cuda.In(counters), cuda.In(keys), block=(3, 1, 1))
    assert x.tolist() == [[0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
                          [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
                          [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]]


def test_four_at_a_time_are_the_next_four(fours):
    """Numbers 4 and 5 to 8 come after the four that cuRAND's header gives."""
    x, y = np.empty(5, np.uint32), np.empty((2, 4), np.float32)
    fours.get_function("mixed")(cuda.Out(x), cuda.Out(y), block=(1, 1, 1))
    follows = [0x32773955, 0x72c26332, 0x26a9bd1b, 0xd88ecb0d,
               0x088f2111, 0xd1e85602, 0xc19c9fa2, 0x382fe640]
    assert x.tolist() == follows[:5]
    np.testing.assert_array_equal(y[0, :3], np.float32(follows[5:]) * np.float32(2**-32) + np.float32(2**-33))


USUAL = """#include <curand_kernel.h>
__global__ void begin(curandState *states, unsigned long seed, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    curand_init(seed, i, 0, &states[i]);
}
__global__ void draw(curandState_t *states, int *inside, int rounds, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x, found = 0;
    if (i >= n) return;
    curandState own = states[i];
    for (int k = 0; k < rounds; k++) {
        float x = curand_uniform(&own), y = curand_uniform(&own);
        found += x * x + y * y <= 1.0f;
    }
    atomicAdd(inside, found);
    states[i] = own;
}"""


def test_states_are_kept_between_launches():
    """Pi as scripts estimate it: 128,000 darts leave a standard error of 0.0046, and five of those do."""
    source = USUAL.replace("__global__", 'extern "C" __global__')
    module, states = SourceModule(source, no_extern_c=True), cuda.mem_alloc(64 * 48)
    inside = np.zeros(2, np.int32)
    module.get_function("begin")(states, np.uint64(7), np.int32(64), block=(64, 1, 1))
    for part in (inside[:1], inside[1:]):
        module.get_function("draw")(states, cuda.InOut(part), np.int32(1000), np.int32(64),
                                    block=(64, 1, 1))
    assert inside[0] != inside[1], "the second launch goes on where the first one ended"
    np.testing.assert_allclose(4 * inside.sum() / 128_000, np.pi, atol=0.023)


def test_memcheck_finds_a_state_outside_of_the_array():
    source = USUAL.replace("__global__", 'extern "C" __global__')
    with memcheck():
        begin = SourceModule(source, no_extern_c=True).get_function("begin")
    begin(cuda.mem_alloc(64 * 48), np.uint64(7), np.int32(64), block=(64, 1, 1))
    with pytest.raises(WrongAccess, match=r"line 5.*states\[i\]"):
        begin(cuda.mem_alloc(60 * 48), np.uint64(7), np.int32(64), block=(64, 1, 1))


@pytest.mark.parametrize(("source", "error", "told"), [
    ("__global__ void k(curandState *s) { }", cuda.CompileError, "curandState is declared by curand_k"),
    ("#include <curand_kernel.h>\n__global__ void k(curandStateSobol32_t *s) { }", NotOnCPU,
     "curandStateSobol32_t: what cuRAND has besides"),
    ("#include <curand_mtgp32_kernel.h>\n", NotOnCPU, "Mersenne"),
], ids=["no header", "Sobol", "Mersenne"])
def test_what_is_not_there_is_told_by_name(source, error, told):
    with pytest.raises(error, match=told) as caught:
        SourceModule(source, no_extern_c=True)
    assert isinstance(caught.value, NotOnCPU) == (error is NotOnCPU)


def test_a_program_without_the_header_may_have_the_names():
    source = "__device__ int skipahead(int n) { return n; } __global__ void k(int *x) { *x = skipahead(3); }"
    assert "skipahead_" not in translate(source).text


def test_templates_in_extern_c_are_refused_as_nvcc_does():
    """Seen with nvcc 13.0: this declaration may not have extern "C" linkage."""
    with pytest.raises(cuda.CompileError, match="no_extern_c=True"):
        SourceModule(USUAL)


def test_only_what_a_program_uses_is_defined():
    text = "\n".join(curand_kernel.lines({"curandStatePhilox4_32_10_", "curand_uniform4_"}, {}))
    assert "xorwow" not in text and "mrg" not in text and "normal" not in text
