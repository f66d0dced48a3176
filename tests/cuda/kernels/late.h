// A GPU's side of a kernel as C++ on threads, where each asynchronous copy arrives as late as it may:
// in the moment in which its thread has to wait for it.  Fragments are whole in every thread of a warp.

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#define __CUDA_ARCH__ 900
#define __global__
#define __device__
#define __shared__
#define __align__(n)
#define __restrict__
#define __launch_bounds__(n)

using std::min;
struct half {    // of 16 bits, in which small whole numbers are exact: a float without its lower half
    unsigned short bits;
    half() = default;
    half(float x) { unsigned all; std::memcpy(&all, &x, 4); bits = all >> 16; }
    operator float() const { unsigned all = bits << 16; float x; std::memcpy(&x, &all, 4); return x; }
};
struct float4 { float x, y, z, w; };
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
struct Place { int x, y, z; };
struct Extent { unsigned x, y, z; };
static thread_local Place threadIdx, blockIdx;
static Extent gridDim = {1, 1, 1};
alignas(32) static unsigned char dynamic[1 << 18];

static std::barrier<> *block;
static thread_local std::barrier<> *warp_;
inline void __syncthreads() { block->arrive_and_wait(); }
inline void __syncwarp() { warp_->arrive_and_wait(); }

inline void demand(bool right, const char *what)
{
    if (!right) { std::puts(what); std::abort(); }
}

struct Copy { void *to; const void *from; size_t bytes; };
static thread_local std::vector<Copy> begun;
static thread_local std::deque<std::vector<Copy>> batches;
inline void __pipeline_memcpy_async(void *to, const void *from, size_t bytes)
{
    demand(((size_t)to | (size_t)from) % bytes == 0, "a copy is misaligned");
    begun.push_back({to, from, bytes});
}
inline void __pipeline_commit() { batches.push_back(begun); begun.clear(); }
inline void __pipeline_wait_prior(size_t left)
{
    for (; batches.size() > left; batches.pop_front())
        for (auto &copy : batches.front()) std::memcpy(copy.to, copy.from, copy.bytes);
}

namespace nvcuda::wmma {
struct matrix_a {}; struct matrix_b {}; struct accumulator {};
struct row_major {}; struct col_major {};
enum layout_t { mem_row_major };
template <class Use, int, int, int, class T, class Lies = row_major> struct fragment { float v[16][16]; };

template <class F> void fill_fragment(F &f, float x) { for (auto &row : f.v) for (auto &e : row) e = x; }
template <class Use, class Lies>
void load_matrix_sync(fragment<Use, 16, 16, 16, half, Lies> &f, const half *p, int row)
{
    demand((size_t)p % 32 == 0 && row % 8 == 0, "a fragment is misaligned");
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < 16; j++)
            f.v[i][j] = std::is_same_v<Lies, row_major> ? p[i * row + j] : p[j * row + i];
}
template <class D, class A, class B> void mma_sync(D &d, const A &a, const B &b, const D &c)
{
    D sum = c;
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < 16; j++)
            for (int k = 0; k < 16; k++) sum.v[i][j] += a.v[i][k] * b.v[k][j];
    d = sum;
}
template <class F> void store_matrix_sync(float *p, const F &f, int row, layout_t)
{
    demand((size_t)p % 32 == 0 && row % 4 == 0, "a fragment is stored misaligned");
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < 16; j++)
            std::atomic_ref(p[i * row + j]).store(f.v[i][j], std::memory_order_relaxed);
}
}

// Numbers at a multiple of 32 bytes, as memory that was allocated has them.
template <class T> T *allocated(size_t count)
{
    return (T *)std::aligned_alloc(32, (count * sizeof(T) + 63) / 32 * 32);
}

// C of small whole numbers, whose sums are exact; how many elements are not right.
template <class T, class Kernel> int wrong(Kernel kernel, int M, int N, int K, int splits)
{
    T *a = allocated<T>(M * K), *b = allocated<T>(K * N);
    float *c = allocated<float>(splits * M * N);
    for (int i = 0; i < M * K; i++) a[i] = (T)(i * 7 % 11 - 5);
    for (int i = 0; i < K * N; i++) b[i] = (T)(i * 5 % 13 - 6);
    std::fill(c, c + splits * M * N, NAN);
    const int blocks = (M + BM - 1) / BM * ((N + BN - 1) / BN), down = BM / WM, threads = 32 * down * (BN / WN);
    gridDim.y = splits;
    for (int n = 0; n < blocks * splits; n++) {
        std::memset(dynamic, 0xff, sizeof dynamic);
        std::barrier<> whole(threads);
        block = &whole;
        std::vector<std::unique_ptr<std::barrier<>>> warps;
        std::vector<std::thread> running;
        for (int w = 0; w < threads / 32; w++) warps.emplace_back(new std::barrier<>(32));
        for (int t = 0; t < threads; t++)
            running.emplace_back([=, &warps] {
                threadIdx = {t % 32, t / 32 % down, t / 32 / down};
                blockIdx = {n % blocks, n / blocks, 0};
                warp_ = warps[t / 32].get();
                kernel(a, b, c, M, N, K);
            });
        for (auto &each : running) each.join();
    }
    int count = 0;
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++) {
            float found = 0, right = 0;
            for (int s = 0; s < splits; s++) found += c[(s * M + m) * N + n];
            for (int k = 0; k < K; k++)
                right += (float)a[TRANSPOSED_A ? k * M + m : m * K + k]
                         * (float)b[TRANSPOSED_B ? n * K + k : k * N + n];
            count += !(found == right);
        }
    std::free(a), std::free(b), std::free(c);
    return count;
}
