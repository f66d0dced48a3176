// CUDA's words: vector types, mathematics, bits, atomics, operations of a warp.
#pragma once
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#define __forceinline__ inline
#define __align__(n) __attribute__((aligned(n)))
#define __builtin_align__(n) __attribute__((aligned(n)))
#undef assert
#define assert(a) ((a) ? (void)0 : scratch_::fail(scratch_::ASSERT, __LINE__, __FILE__))

// ---- vectors: structures of up to four numbers ----------------------------------------

#define MADE(V) static inline constexpr V make_##V
#define VECTORS(V, T, TWO_, FOUR_) \
    struct V##1 { T x; }; \
    struct __align__(TWO_) V##2 { T x, y; }; \
    struct V##3 { T x, y, z; }; \
    struct __align__(FOUR_) V##4 { T x, y, z, w; }; \
    MADE(V##1)(T x) { return {x}; } \
    MADE(V##2)(T x, T y) { return {x, y}; } \
    MADE(V##3)(T x, T y, T z) { return {x, y, z}; } \
    MADE(V##4)(T x, T y, T z, T w) { return {x, y, z, w}; }
VECTORS(char, signed char, 2, 4)
VECTORS(uchar, unsigned char, 2, 4)
VECTORS(short, short, 4, 8)
VECTORS(ushort, unsigned short, 4, 8)
VECTORS(int, int, 8, 16)
VECTORS(long, long, 16, 16)
VECTORS(ulong, unsigned long, 16, 16)
VECTORS(longlong, long long, 16, 16)
VECTORS(ulonglong, unsigned long long, 16, 16)
VECTORS(float, float, 8, 16)
VECTORS(double, double, 16, 16)
struct uint1 { unsigned x; };            // fibres.h has uint3
struct __align__(8) uint2 { unsigned x, y; };
struct __align__(16) uint4 { unsigned x, y, z, w; };
MADE(uint1)(unsigned x) { return {x}; }
MADE(uint2)(unsigned x, unsigned y) { return {x, y}; }
MADE(uint3)(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
MADE(uint4)(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

// ---- mathematics ---------------------------------------------------------------------

#define PAIR(R, NAME, GIVEN, VALUE) \
    static inline float NAME##f GIVEN(float) { using R = float; return VALUE; } \
    static inline double NAME GIVEN(double) { using R = double; return VALUE; }
#define ONE(T) (T a)
#define TWO(T) (T a, T b)
#define THREE(T) (T a, T b, T c)
PAIR(R, rsqrt, ONE, 1 / sqrt(a))
PAIR(R, rcbrt, ONE, 1 / cbrt(a))
PAIR(R, sinpi, ONE, (R)sin(M_PI * remainder((double)a, 2.0)))
PAIR(R, cospi, ONE, (R)cos(M_PI * remainder((double)a, 2.0)))
PAIR(R, normcdf, ONE, erfc(a * (R)-M_SQRT1_2) / 2)
PAIR(R, rhypot, TWO, 1 / hypot(a, b))
PAIR(R, norm3d, THREE, sqrt(a * a + b * b + c * c))
PAIR(R, rnorm3d, THREE, 1 / sqrt(a * a + b * b + c * c))
#undef PAIR
#undef ONE
#undef TWO
#undef THREE
#define NORMS(L, T) \
    static inline T norm4d##L(T a, T b, T c, T d) { return sqrt(a * a + b * b + c * c + d * d); } \
    static inline T rnorm4d##L(T a, T b, T c, T d) { return 1 / norm4d##L(a, b, c, d); } \
    static inline T norm##L(int n, const T *a) \
    { T sum = 0; for (int i = 0; i < n; i++) sum += a[i] * a[i]; return sqrt(sum); } \
    static inline T rnorm##L(int n, const T *a) { return 1 / norm##L(n, a); }
NORMS(f, float)
NORMS(, double)
#undef NORMS
static inline float rhypot(float a, float b) { return rhypotf(a, b); }
namespace scratch_ {
static double inverse(double p)          // of the normal distribution's, for 0 < p <= 1/2
{
    const double t = sqrt(-2 * log(p));  // Abramowitz and Stegun, 26.2.23; then Halley's
    double x = -t + (2.515517 + t * (0.802853 + t * 0.010328))
        / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int n = 0; n < 3; n++) {
        const double e = (erfc(-x * M_SQRT1_2) / 2 - p) * sqrt(2 * M_PI) * exp(x * x / 2);
        x -= e / (1 + x * e / 2);
    }
    return x;
}
}
static double normcdfinv(double p)
{
    if (!(p > 0 && p < 1)) return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    return p <= 0.5 ? scratch_::inverse(p) : -scratch_::inverse(1 - p);
}
static double erfcinv(double a)
{
    if (!(a > 0 && a < 2)) return a == 0 ? INFINITY : a == 2 ? -INFINITY : NAN;
    return (a <= 1 ? -scratch_::inverse(a / 2) : scratch_::inverse(1 - a / 2)) * M_SQRT1_2;
}
static double erfinv(double a)
{
    if (!(a > -1 && a < 1)) return a == 1 ? INFINITY : a == -1 ? -INFINITY : NAN;
    if (fabs(a) > 0.5) return a > 0 ? erfcinv(1 - a) : -erfcinv(1 + a);
    double x = a * sqrt(M_PI) / 2;       // Newton's
    for (int n = 0; n < 30; n++) x -= (erf(x) - a) * sqrt(M_PI) / 2 * exp(x * x);
    return x;
}
static double erfcx(double a)
{
    if (a < 25) return exp(a * a) * erfc(a);
    double sum = 0;                      // the continued fraction
    for (int n = 60; n > 0; n--) sum = n / 2.0 / (a + sum);
    return 1 / ((a + sum) * sqrt(M_PI));
}
static inline float normcdfinvf(float a) { return (float)normcdfinv(a); }
static inline float erfcinvf(float a) { return (float)erfcinv(a); }
static inline float erfinvf(float a) { return (float)erfinv(a); }
static inline float erfcxf(float a) { return (float)erfcx(a); }
static inline float rsqrt(float a) { return rsqrtf(a); }
static inline float rcbrt(float a) { return rcbrtf(a); }
static inline float exp10(float a) { return exp10f(a); }
static inline float sinpi(float a) { return sinpif(a); }
static inline float cospi(float a) { return cospif(a); }
static inline float fdividef(float a, float b) { return a / b; }
static inline void sincos(float a, float *s, float *c) { sincosf(a, s, c); }
static inline void sincospif(float a, float *s, float *c) { *s = sinpif(a); *c = cospif(a); }
static inline void sincospi(double a, double *s, double *c) { *s = sinpi(a); *c = cospi(a); }

// glibc has functions of these names; those of one number in single precision are meant
#define __sinf(a) sinf(a)
#define __cosf(a) cosf(a)
#define __tanf(a) tanf(a)
#define __expf(a) expf(a)
#define __exp10f(a) exp10f(a)
#define __logf(a) logf(a)
#define __log2f(a) log2f(a)
#define __log10f(a) log10f(a)
#define __powf(a, b) powf(a, b)
#define __sincosf(a, s, c) sincosf(a, s, c)
static inline float __fdividef(float a, float b) { return a / b; }
static inline float __saturatef(float a) { return a > 0 ? a < 1 ? a : 1 : 0; }

#define ROUNDED(L, T) \
    static inline T __##L##add_rn(T a, T b) { return a + b; } \
    static inline T __##L##sub_rn(T a, T b) { return a - b; } \
    static inline T __##L##mul_rn(T a, T b) { return a * b; } \
    static inline T __##L##div_rn(T a, T b) { return a / b; } \
    static inline T __##L##sqrt_rn(T a) { return sqrt(a); } \
    static inline T __##L##rcp_rn(T a) { return 1 / a; }
ROUNDED(f, float)
ROUNDED(d, double)
#undef ROUNDED
static inline float __frsqrt_rn(float a) { return 1 / sqrtf(a); }
static inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
static inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }

namespace scratch_ {
template<class A, class B> using Both = std::enable_if_t<
    std::is_arithmetic_v<A> && std::is_arithmetic_v<B>, decltype(A() + B())>;
}
template<class A, class B> static inline constexpr scratch_::Both<A, B> min(A a, B b)
{
    using R = scratch_::Both<A, B>;
    if constexpr (std::is_floating_point_v<R>) return fmin((R)a, (R)b);
    else return (R)a < (R)b ? (R)a : (R)b;
}
template<class A, class B> static inline constexpr scratch_::Both<A, B> max(A a, B b)
{
    using R = scratch_::Both<A, B>;
    if constexpr (std::is_floating_point_v<R>) return fmax((R)a, (R)b);
    else return (R)a > (R)b ? (R)a : (R)b;
}
#define EXTREMES(L, T) \
    static inline T L##min(T a, T b) { return a < b ? a : b; } \
    static inline T L##max(T a, T b) { return a > b ? a : b; }
EXTREMES(u, unsigned)
EXTREMES(ll, long long)
EXTREMES(ull, unsigned long long)
#undef EXTREMES

// ---- whole numbers and their bits ----------------------------------------------------

using llong_ = long long;
using ullong_ = unsigned long long;
static inline int __mul24(int a, int b) { return (a << 8 >> 8) * (b << 8 >> 8); }
static inline unsigned __umul24(unsigned a, unsigned b) { return (a & 0xffffff) * (b & 0xffffff); }
static inline int __mulhi(int a, int b) { return (llong_)a * b >> 32; }
static inline unsigned __umulhi(unsigned a, unsigned b) { return (ullong_)a * b >> 32; }
static inline llong_ __mul64hi(llong_ a, llong_ b) { return (__int128)a * b >> 64; }
static inline ullong_ __umul64hi(ullong_ a, ullong_ b) { return (unsigned __int128)a * b >> 64; }
static inline unsigned __sad(int a, int b, unsigned c) { return (a > b ? (unsigned)a - b : (unsigned)b - a) + c; }
static inline unsigned __usad(unsigned a, unsigned b, unsigned c) { return (a > b ? a - b : b - a) + c; }
static inline int __hadd(int a, int b) { return (int)(((llong_)a + b) >> 1); }
static inline int __rhadd(int a, int b) { return (int)(((llong_)a + b + 1) >> 1); }
static inline unsigned __uhadd(unsigned a, unsigned b) { return ((ullong_)a + b) >> 1; }
static inline unsigned __urhadd(unsigned a, unsigned b) { return ((ullong_)a + b + 1) >> 1; }
static inline int __dp4a(int a, int b, int c)
{
    for (int n = 0; n < 32; n += 8) c += (signed char)(a >> n) * (signed char)(b >> n);
    return c;
}
static inline unsigned __dp4a(unsigned a, unsigned b, unsigned c)
{
    for (int n = 0; n < 32; n += 8) c += (a >> n & 255) * (b >> n & 255);
    return c;
}
static inline int __popc(unsigned a) { return __builtin_popcount(a); }
static inline int __popcll(ullong_ a) { return __builtin_popcountll(a); }
static inline int __clz(int a) { return a ? __builtin_clz(a) : 32; }
static inline int __clzll(llong_ a) { return a ? __builtin_clzll(a) : 64; }
static inline int __ffs(int a) { return __builtin_ffs(a); }
static inline int __ffsll(llong_ a) { return __builtin_ffsll(a); }
template<class T> static inline T scratch_reversed(T a)
{
    T b = 0;
    for (unsigned n = 0; n < 8 * sizeof(T); n++) b |= (a >> n & 1) << (8 * sizeof(T) - 1 - n);
    return b;
}
static inline unsigned __brev(unsigned a) { return scratch_reversed(a); }
static inline ullong_ __brevll(ullong_ a) { return scratch_reversed(a); }
static inline unsigned __byte_perm(unsigned a, unsigned b, unsigned s)
{
    const ullong_ all = (ullong_)b << 32 | a;
    unsigned out = 0;
    for (int n = 0; n < 4; n++) {
        const unsigned take = s >> (4 * n), byte = all >> (8 * (take & 7)) & 255;
        out |= (take & 8 ? (byte & 128 ? 255u : 0u) : byte) << (8 * n);
    }
    return out;
}
static inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned n)
{
    return (unsigned)(((ullong_)high << 32 | low) << (n & 31) >> 32);
}
static inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned n)
{
    return (unsigned)(((ullong_)high << 32 | low) >> (n & 31));
}

#define BITS(NAME, T, U) \
    static inline U NAME(T a) { U b; memcpy(&b, &a, sizeof(b)); return b; }
BITS(__int_as_float, int, float)
BITS(__uint_as_float, unsigned, float)
BITS(__float_as_int, float, int)
BITS(__float_as_uint, float, unsigned)
BITS(__longlong_as_double, llong_, double)
BITS(__double_as_longlong, double, llong_)
#undef BITS
static inline int __double2hiint(double a) { return (int)(__double_as_longlong(a) >> 32); }
static inline int __double2loint(double a) { return (int)__double_as_longlong(a); }
static inline double __hiloint2double(int high, int low)
{
    return __longlong_as_double((llong_)high << 32 | (unsigned)low);
}

#define TO_WHOLE(A, B, T) \
    static inline T __##A##2##B##_rn(A a) { return scratch_::to<T>(rint(a)); } \
    static inline T __##A##2##B##_rz(A a) { return scratch_::to<T>(a); } \
    static inline T __##A##2##B##_ru(A a) { return scratch_::to<T>(ceil(a)); } \
    static inline T __##A##2##B##_rd(A a) { return scratch_::to<T>(floor(a)); }
#define BOTH(A) TO_WHOLE(A, int, int) TO_WHOLE(A, uint, unsigned) \
    TO_WHOLE(A, ll, llong_) TO_WHOLE(A, ull, ullong_)
BOTH(float)
BOTH(double)
#undef BOTH
#undef TO_WHOLE
#define TO_REAL(A, T) \
    static inline float __##A##2float_rn(T a) { return (float)a; } \
    static inline double __##A##2double_rn(T a) { return (double)a; }
TO_REAL(int, int)
TO_REAL(uint, unsigned)
TO_REAL(ll, llong_)
TO_REAL(ull, ullong_)
#undef TO_REAL
static inline float __double2float_rn(double a) { return (float)a; }

#define LOAD(HOW) template<class T> static inline T __ld##HOW(const T *p) { return *p; }
LOAD(g) LOAD(cg) LOAD(ca) LOAD(cs) LOAD(lu) LOAD(cv)
#undef LOAD
#define STORE(HOW) template<class T> static inline void __st##HOW(T *p, T a) { *p = a; }
STORE(wb) STORE(cg) STORE(cs) STORE(wt)
#undef STORE

// ---- atomics: one thread runs at a time, so they are plain ----------------------------

namespace scratch_ {
template<class T> struct As { using type = T; };
template<class T> using Same = typename As<T>::type;     // no parameter is told by it
}
#define ATOMIC(NAME, VALUE) \
    template<class T> static inline T NAME(T *p, scratch_::Same<T> b) \
    { const T a = *p; *p = VALUE; return a; } \
    template<class T> static inline T NAME##_block(T *p, scratch_::Same<T> b) \
    { return NAME(p, b); } \
    template<class T> static inline T NAME##_system(T *p, scratch_::Same<T> b) \
    { return NAME(p, b); }
ATOMIC(atomicAdd, a + b)
ATOMIC(atomicSub, a - b)
ATOMIC(atomicMin, b < a ? b : a)
ATOMIC(atomicMax, b > a ? b : a)
ATOMIC(atomicAnd, a & b)
ATOMIC(atomicOr, a | b)
ATOMIC(atomicXor, a ^ b)
ATOMIC(atomicInc, a >= b ? 0 : a + 1)
ATOMIC(atomicDec, a == 0 || a > b ? b : a - 1)
#undef ATOMIC
template<class T> static inline T atomicExch(T *p, scratch_::Same<T> b, HERE)
{
    const T a = *p;
    *p = b;
    if (!memcmp(&a, &b, sizeof(T))) scratch_::yield(line, file);     // a lock that is taken
    return a;
}
template<class T> static inline T atomicCAS(T *p, scratch_::Same<T> b, scratch_::Same<T> c,
                                            HERE)
{
    const T a = *p;
    if (a == b) *p = c;
    else scratch_::yield(line, file);
    return a;
}

// ---- meeting -------------------------------------------------------------------------

static inline void __syncthreads(HERE) { scratch_::meet_all(false, line, file); }
static inline int __syncthreads_count(int a, HERE) { return scratch_::meet_all(a, line, file); }
static inline int __syncthreads_or(int a, HERE) { return scratch_::meet_all(a, line, file) > 0; }
static inline int __syncthreads_and(int a, HERE) { return !scratch_::meet_all(!a, line, file); }
static inline void __threadfence() {}
static inline void __threadfence_block() {}
static inline void __threadfence_system() {}
static inline llong_ clock64()            // nanoseconds
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}
static inline void __nanosleep(unsigned, HERE) { scratch_::yield(line, file); }
[[noreturn]] static inline void __trap(HERE) { scratch_::fail(scratch_::TRAP, line, file); }

static inline void __syncwarp(unsigned mask = ~0u, HERE)
{
    scratch_::meet(scratch_::SYNC, mask, 0, 0, 32, line, file);
}
static inline unsigned __activemask(HERE)
{
    return scratch_::meet(scratch_::ACTIVE, ~0u, 0, 0, 32, line, file);
}
static inline unsigned __ballot_sync(unsigned mask, int a, HERE)
{
    return scratch_::meet(scratch_::BALLOT, mask, a != 0, 0, 32, line, file);
}
static inline int __any_sync(unsigned mask, int a, HERE)
{
    return scratch_::meet(scratch_::BALLOT, mask, a != 0, 0, 32, line, file) != 0;
}
static inline int __all_sync(unsigned mask, int a, HERE)
{
    return scratch_::meet(scratch_::BALLOT, mask, a == 0, 0, 32, line, file) == 0;
}

namespace scratch_ {
template<class T> uint64_t as_bits(T a)
{
    static_assert(sizeof(T) <= 8, "a shuffle takes numbers of up to 8 bytes");
    uint64_t bits = 0;
    memcpy(&bits, &a, sizeof(a));
    return bits;
}
template<class T> T of_bits(uint64_t bits)
{
    T a;
    memcpy(&a, &bits, sizeof(a));
    return a;
}
}
#define SHUFFLE(NAME, HOW) \
    template<class T> static inline T NAME(unsigned mask, T a, int by, int width = 32, HERE) \
    { \
        return scratch_::of_bits<T>(scratch_::meet(scratch_::HOW, mask, scratch_::as_bits(a), \
                                                   by, width, line, file)); \
    }
SHUFFLE(__shfl_sync, INDEX)
SHUFFLE(__shfl_up_sync, UP)
SHUFFLE(__shfl_down_sync, DOWN)
SHUFFLE(__shfl_xor_sync, XOR)
#undef SHUFFLE
#define MASKLESS(NAME) \
    template<class T> static inline T NAME(T a, int by, int width = 32, HERE) \
    { return NAME##_sync(__activemask(line, file), a, by, width, line, file); }
MASKLESS(__shfl)
MASKLESS(__shfl_up)
MASKLESS(__shfl_down)
MASKLESS(__shfl_xor)
#undef MASKLESS
static inline unsigned __ballot(int a, HERE)
{
    return __ballot_sync(__activemask(line, file), a, line, file);
}
static inline int __any(int a, HERE) { return __ballot(a, line, file) != 0; }
static inline int __all(int a, HERE) { return __ballot(!a, line, file) == 0; }
template<class T> static inline unsigned __match_any_sync(unsigned mask, T a, HERE)
{
    return scratch_::meet(scratch_::SAME, mask, scratch_::as_bits(a), 0, 32, line, file);
}
template<class T> static inline unsigned __match_all_sync(unsigned mask, T a, int *all, HERE)
{
    const unsigned same = scratch_::meet(scratch_::ALL_SAME, mask, scratch_::as_bits(a), 0, 32,
                                         line, file);
    *all = same != 0;
    return same;
}
#define REDUCE(NAME, T, HOW) \
    static inline T NAME(unsigned mask, T a, HERE) \
    { return (T)scratch_::meet(scratch_::HOW, mask, (uint32_t)a, 0, 32, line, file); }
REDUCE(__reduce_add_sync, unsigned, ADD)
REDUCE(__reduce_add_sync, int, ADD)
REDUCE(__reduce_min_sync, unsigned, LEAST_UNSIGNED)
REDUCE(__reduce_min_sync, int, LEAST)
REDUCE(__reduce_max_sync, unsigned, MOST_UNSIGNED)
REDUCE(__reduce_max_sync, int, MOST)
REDUCE(__reduce_and_sync, unsigned, AND)
REDUCE(__reduce_or_sync, unsigned, OR)
REDUCE(__reduce_xor_sync, unsigned, EITHER)
#undef REDUCE
#undef HERE
#undef MADE
#undef VECTORS
