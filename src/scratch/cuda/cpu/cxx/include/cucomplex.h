// cuComplex.h: complex numbers as structures, float2 and double2, with functions.
#pragma once

typedef float2 cuFloatComplex, cuComplex;
typedef double2 cuDoubleComplex;
#define COMPLEX(C, T, F) \
    static inline C make_##C(T x, T y) { return C{x, y}; } \
    static inline T cuCreal##F(C a) { return a.x; } \
    static inline T cuCimag##F(C a) { return a.y; } \
    static inline C cuConj##F(C a) { return C{a.x, -a.y}; } \
    static inline C cuCadd##F(C a, C b) { return C{a.x + b.x, a.y + b.y}; } \
    static inline C cuCsub##F(C a, C b) { return C{a.x - b.x, a.y - b.y}; } \
    static inline C cuCmul##F(C a, C b) \
    { \
        return C{a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x}; \
    } \
    static inline C cuCdiv##F(C a, C b) \
    { \
        const T s = 1 / (fabs(b.x) + fabs(b.y)), p = a.x * s, q = a.y * s; \
        const T u = b.x * s, v = b.y * s, n = 1 / (u * u + v * v); \
        return C{(p * u + q * v) * n, (q * u - p * v) * n}; \
    } \
    static inline T cuCabs##F(C a) { return hypot(a.x, a.y); } \
    static inline C cuCfma##F(C a, C b, C c) \
    { \
        return C{a.x * b.x + c.x - a.y * b.y, a.x * b.y + c.y + a.y * b.x}; \
    }
COMPLEX(cuFloatComplex, float, f)
COMPLEX(cuDoubleComplex, double, )
#undef COMPLEX
static inline cuComplex make_cuComplex(float x, float y) { return cuComplex{x, y}; }
static inline cuDoubleComplex cuComplexFloatToDouble(cuFloatComplex a) { return {a.x, a.y}; }
static inline cuFloatComplex cuComplexDoubleToFloat(cuDoubleComplex a)
{
    return {(float)a.x, (float)a.y};
}
