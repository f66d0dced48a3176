"""The two vocabularies: what CUDA C calls things, and what OpenCL C calls them.

    >>> definition("sinf")
    '#define sinf(a) sin((float)(a))'
    >>> taken("kernel"), taken("get_global_id"), taken("count")
    (True, True, False)
    >>> refused("tex2D")
    'textures and surfaces'
    >>> print(definition("float3"))
    typedef struct { float x, y, z; } float3_;

Four tables.  VALUES and CALLS give words that a token stands for or a definition in
OpenCL C, written in front of a program only where the program uses it.  TAKEN are
ordinary names in CUDA C that mean something in OpenCL C, and get an underscore.
REFUSED cannot run on the CPU engine, each with what it is.

CUDA's float4 is a structure of four numbers without arithmetic, and float3 has 12
bytes; OpenCL's have arithmetic and 16 bytes.  So programs get CUDA's, as float4_ and
float3_.

Left out: what REFUSED names; a few conversions, such as __ll2float_rz.
"""

import re

from . import complexes, cucomplex, curand_kernel

VALUES = {
    **{f"{name}.{axis}": f"((unsigned){call.replace('(n)', f'({n})')})"
       for n, axis in enumerate("xyz")
       for name, call in [("threadIdx", "(get_local_id(n) + HIDDEN_)"),
                          ("blockIdx", "get_group_id(n)"),
                          ("blockDim", "get_local_size(n)"),
                          ("gridDim", "get_num_groups(n)")]},
    "warpSize": "32",
    "nullptr": "0",
    "auto": "__auto_type",
    "constexpr": "const",
    "static_assert": "_Static_assert",
    "decltype": "__typeof__",
    "alignof": "__alignof__",
}
DROPPED = {"__restrict__", "__restrict", "__forceinline__", "__noinline__", "inline",
           "__inline__", "register", "__device__", "__host__", "mutable"}

# ---- types ---------------------------------------------------------------------------

NUMBERS = ["char", "short", "int", "long", "float", "double"]
TYPES = {*NUMBERS, "void", "bool", "signed", "unsigned", "size_t", "ptrdiff_t",
         "intptr_t", "uintptr_t", "uchar", "ushort", "uint", "ulong", "dim3"}
ALIASES = {f"{u}int{bits}_t": f"{u}{name}"
           for bits, name in [(8, "char"), (16, "short"), (32, "int"), (64, "long")]
           for u in ("", "u")}
BYTES = {"char": 1, "short": 2, "int": 4, "long": 8, "longlong": 8, "float": 4,
         "double": 8}
VECTORS = {}    # float4 -> its definition
for number, size in BYTES.items():
    for sign in ("", "u") if number not in ("float", "double") else ("",):
        scalar = sign + number.replace("longlong", "long")
        for count in (1, 2, 3, 4):
            fields = ", ".join("xyzw"[:count])
            align = min(size * count, 16) if count in (2, 4) else size
            packed = f" __attribute__((aligned({align})))" if align > size else ""
            VECTORS[f"{sign}{number}{count}"] = (
                f"typedef struct {{ {scalar} {fields}; }}{packed} "
                f"{sign}{number}{count}_;")
TYPES |= {*VECTORS, *ALIASES}

# pycuda::complex<float>, as C's own complex numbers; LLVM looks for their product
COMPLEX = """typedef T _Complex complex_T;
#define complex_T_(a, b) __builtin_complex((T)(a), (T)(b))
complex_T __mulXc3(T a, T b, T c, T d)
{ return complex_T_(a * c - b * d, a * d + b * c); }
complex_T __divXc3(T a, T b, T c, T d)
{ if (fabs(c) >= fabs(d)) { T r = d / c, n = c + d * r;
  return complex_T_((a + b * r) / n, (b - a * r) / n); }
  T r = c / d, n = c * r + d;
  return complex_T_((a * r + b) / n, (b * r - a) / n); }"""
COMPLEXES = {"complex_float": COMPLEX.replace("T", "float").replace("X", "s"),
             "complex_double": COMPLEX.replace("T", "double").replace("X", "d")}
# cooperative groups, see cplusplus/groups.py: names, and types, which have no data
GROUPS = {name: f"{name}_" for name in (
    "cooperative_groups", "thread_block", "thread_block_tile", "thread_group",
    "this_thread_block", "tiled_partition")}
TILES = {f"tile{n}_": n for n in (1, 2, 4, 8, 16, 32)}
TYPES |= {*COMPLEXES, *curand_kernel.LETTERS, "thread_block_", *TILES}

# ---- functions -----------------------------------------------------------------------

ONE = """sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp exp2 exp10
    expm1 log log2 log10 log1p logb sqrt rsqrt cbrt fabs floor ceil round trunc rint
    erf erfc tgamma lgamma sinpi cospi""".split()
TWO = "pow fmod atan2 fmin fmax hypot copysign fdim remainder nextafter".split()
REAL = ("#define REAL_(a) ((__typeof__(_Generic((a), float: 1.0f, default: 1.0, "
        "float _Complex: (float _Complex)0, double _Complex: (double _Complex)0)))(a))")

# name -> lines that define it; name_ stands for one called name.  Variables of a macro
# have two underscores, which C++ reserves, so that no program has one of that name
CALLS = {
    **{f"{name}f": [f"#define {name}f(a) {name}((float)(a))"] for name in ONE},
    **{f"{name}f": [f"#define {name}f(a, b) {name}((float)(a), (float)(b))"]
       for name in TWO},
    **{f"{name}_": [REAL, f"#define {name}_(a) {name}(REAL_(a))"] for name in ONE},
    **{f"{name}_": [REAL, f"#define {name}_(a, b) "
                    f"({{ __typeof__(REAL_(a) + REAL_(b)) a__ = (a), b__ = (b); "
                    f"{name}(a__, b__); }})"] for name in TWO},
    **{f"__{name}f": [f"#define __{name}f(a) {name}((float)(a))"]
       for name in ("sin", "cos", "tan", "exp", "exp10", "log", "log2", "log10")},
    **{f"{name}_": [f"#define {name}_(a, b) ({{ __typeof__((a) + (b)) a__ = (a), "
                    f"b__ = (b); a__ {sign} b__ || b__ != b__ ? a__ : b__; }})"]
       for name, sign in [("min", "<"), ("max", ">")]},    # not nan, if one is a number
    **{f"{kind}{name}": [f"static {t} {kind}{name}({t} a, {t} b) "
                         f"{{ return a {sign} b ? a : b; }}"]
       for kind, t in [("u", "uint"), ("ll", "long"), ("ull", "ulong")]
       for name, sign in [("min", "<"), ("max", ">")]},
    **{name: [f"static long {name}(long a) {{ return a < 0 ? -a : a; }}"]
       for name in ("labs", "llabs")},
    "abs_": ["#define abs_(a) _Generic((a) + 0, float: fabs((float)(a)), double: "
             "fabs((double)(a)), default: ({ __typeof__((a) + 0) a__ = (a); "
             "a__ < 0 ? -a__ : a__; }))"],
    "fmaf": ["#define fmaf(a, b, c) fma((float)(a), (float)(b), (float)(c))"],
    "fma_": ["#define fma_(a, b, c) ({ __typeof__((a) * (b) + (c)) a__ = (a), "
             "b__ = (b), c__ = (c); fma(a__, b__, c__); })"],
    "ldexpf": ["#define ldexpf(a, n) ldexp((float)(a), (int)(n))"],
    "scalbnf": ["#define scalbnf(a, n) ldexp((float)(a), (int)(n))"],
    "rhypotf": ["#define rhypotf(a, b) (1 / hypot((float)(a), (float)(b)))"],
    "rhypot": [REAL, "#define rhypot(a, b) ({ __typeof__(REAL_(a) + REAL_(b)) a__ = "
               "(a), b__ = (b); 1 / hypot(a__, b__); })"],
    "nanf": ["#define nanf(a) ((float)NAN)"],
    "nan_": ["#define nan_(a) ((double)NAN)"],
    "sincosf": ["#define sincosf(a, s, c) (*(s) = sin((float)(a)), "
                "*(c) = cos((float)(a)))"],
    "__sincosf": ["#define __sincosf(a, s, c) (*(s) = sin((float)(a)), "
                  "*(c) = cos((float)(a)))"],
    "sincos_": [REAL, "#define sincos_(a, s, c) (*(s) = sin(REAL_(a)), "
                "*(c) = cos(REAL_(a)))"],
    "sincospif": ["#define sincospif(a, s, c) (*(s) = sinpi((float)(a)), "
                  "*(c) = cospi((float)(a)))"],
    "sincospi": [REAL, "#define sincospi(a, s, c) (*(s) = sinpi(REAL_(a)), "
                 "*(c) = cospi(REAL_(a)))"],
    "frexpf": ["#define frexpf(a, n) frexp((float)(a), n)"],
    "frexp_": [REAL, "#define frexp_(a, n) frexp(REAL_(a), n)"],
    "modff": ["#define modff(a, whole) modf((float)(a), whole)"],
    "modf_": [REAL, "#define modf_(a, whole) modf(REAL_(a), whole)"],
    "ilogbf": ["#define ilogbf(a) ilogb((float)(a))"],
    **{name: [f"#define {name}(a, n) ldexp(a, (int)(n))"]
       for name in ("scalbn", "scalbln")},
    "scalblnf": ["#define scalblnf(a, n) ldexp((float)(a), (int)(n))"],
    "nearbyintf": ["#define nearbyintf(a) rint((float)(a))"],
    "nearbyint": [REAL, "#define nearbyint(a) rint(REAL_(a))"],
    **{f"{how}{name}{f}": [REAL, f"#define {how}{name}{f}(a) ((long){name}(REAL_(a)))"]
       for how in ("l", "ll") for name in ("round", "rint") for f in ("", "f")},
    "normcdff": ["#define normcdff(a) (erfc((float)(a) * -0.707106781f) / 2)"],
    "normcdf": ["#define normcdf(a) (erfc((double)(a) * -M_SQRT1_2) / 2)"],
    "rcbrtf": ["#define rcbrtf(a) (1 / cbrt((float)(a)))"],
    "rcbrt": [REAL, "#define rcbrt(a) (1 / cbrt(REAL_(a)))"],
    **{f"{r}norm3d{f}": [f"static {t} {r}norm3d{f}({t} a, {t} b, {t} c) "
                         f"{{ return {r}sqrt(a * a + b * b + c * c); }}"]
       for r in ("", "r") for f, t in [("f", "float"), ("", "double")]},
    **{f"{r}norm4d{f}": [f"static {t} {r}norm4d{f}({t} a, {t} b, {t} c, {t} d) "
                         f"{{ return {r}sqrt(a * a + b * b + c * c + d * d); }}"]
       for r in ("", "r") for f, t in [("f", "float"), ("", "double")]},
    "fdividef": ["#define fdividef(a, b) ((float)(a) / (float)(b))"],
    "__powf": ["#define __powf(a, b) pow((float)(a), (float)(b))"],
    "__fdividef": ["#define __fdividef(a, b) ((float)(a) / (float)(b))"],
    "__saturatef": ["#define __saturatef(a) clamp((float)(a), 0.0f, 1.0f)"],
    **{f"__f{name}_rn": [f"static float __f{name}_rn(float a, float b) "
                         f"{{ return a {sign} b; }}"]
       for name, sign in [("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/")]},
    **{f"__d{name}_rn": [f"static double __d{name}_rn(double a, double b) "
                         f"{{ return a {sign} b; }}"]
       for name, sign in [("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/")]},
    "__fma_rn": ["#define __fma_rn(a, b, c) "
                 "fma((double)(a), (double)(b), (double)(c))"],
    "__fmaf_rn": ["#define __fmaf_rn(a, b, c) fma((float)(a), (float)(b), (float)(c))"],
    "__frsqrt_rn": ["#define __frsqrt_rn(a) rsqrt((float)(a))"],
    "__dsqrt_rn": ["#define __dsqrt_rn(a) sqrt((double)(a))"],
    "__drcp_rn": ["#define __drcp_rn(a) (1 / (double)(a))"],
    "__fsqrt_rn": ["#define __fsqrt_rn(a) sqrt((float)(a))"],
    "__frcp_rn": ["#define __frcp_rn(a) (1 / (float)(a))"],
    "__mul24": ["#define __mul24(a, b) ((int)(a) * (int)(b))"],
    "__umul24": ["#define __umul24(a, b) ((uint)(a) * (uint)(b))"],
    "__mulhi": ["#define __mulhi(a, b) mul_hi((int)(a), (int)(b))"],
    "__umulhi": ["#define __umulhi(a, b) mul_hi((uint)(a), (uint)(b))"],
    "__mul64hi": ["#define __mul64hi(a, b) mul_hi((long)(a), (long)(b))"],
    "__umul64hi": ["#define __umul64hi(a, b) mul_hi((ulong)(a), (ulong)(b))"],
    "__popc": ["#define __popc(a) ((int)popcount((uint)(a)))"],
    "__popcll": ["#define __popcll(a) ((int)popcount((ulong)(a)))"],
    "__clz": ["#define __clz(a) ((int)clz((uint)(a)))"],
    "__clzll": ["#define __clzll(a) ((int)clz((ulong)(a)))"],
    "__ffs": ["static int __ffs(uint a) { return a ? 32 - (int)clz(a & -a) : 0; }"],
    "__ffsll": ["static int __ffsll(ulong a) "
                "{ return a ? 64 - (int)clz(a & -a) : 0; }"],
    **{name: [f"static {t} {name}({t} a) {{ {t} b = 0; for (int n = 0; n < {bits}; "
              f"n++) b |= (a >> n & 1) << ({bits - 1} - n); return b; }}"]
       for name, t, bits in [("__brev", "uint", 32), ("__brevll", "ulong", 64)]},
    **{f"__ld{how}": [f"#define __ld{how}(a) (*(a))"]
       for how in ("g", "cg", "ca", "cs", "lu", "cv")},
    **{f"__st{how}": [f"#define __st{how}(a, b) ((void)(*(a) = (b)))"]
       for how in ("wb", "cg", "cs", "wt")},
    "__usad": ["#define __usad(a, b, c) (abs_diff((uint)(a), (uint)(b)) + (uint)(c))"],
    "__rhadd": ["#define __rhadd(a, b) rhadd((int)(a), (int)(b))"],
    "__uhadd": ["#define __uhadd(a, b) hadd((uint)(a), (uint)(b))"],
    "__urhadd": ["#define __urhadd(a, b) rhadd((uint)(a), (uint)(b))"],
    "__double2hiint": ["#define __double2hiint(a) ((int)(as_long((double)(a)) >> 32))"],
    "__double2loint": ["#define __double2loint(a) ((int)as_long((double)(a)))"],
    "__hiloint2double": ["#define __hiloint2double(a, b) as_double("
                         "(ulong)(uint)(a) << 32 | (uint)(b))"],
    "__dp4a": [f"static __attribute__((overloadable)) {t} __dp4a({t} a, {t} b, {t} c) "
               f"{{ for (int n = 0; n < 32; n += 8) c += ({t})({b})(a >> n) * "
               f"({t})({b})(b >> n); return c; }}"
               for t, b in [("int", "char"), ("uint", "uchar")]],
    "__builtin_assume_aligned": ["#define __builtin_assume_aligned(a, ...) (a)"],
    "__sad": ["#define __sad(a, b, c) (abs_diff((int)(a), (int)(b)) + (uint)(c))"],
    **{f"__{a}_as_{b}": [f"#define __{a}_as_{b}(a) as_{c}(({d})(a))"]
       for a, b, c, d in [("int", "float", "float", "int"),
                          ("uint", "float", "float", "uint"),
                          ("float", "int", "int", "float"),
                          ("float", "uint", "uint", "float"),
                          ("double", "longlong", "long", "double"),
                          ("longlong", "double", "double", "long")]},
    **{f"__{a}2{b}_{r}": [f"#define __{a}2{b}_{r}(a) convert_{c}_{mode}(({a})(a))"]
       for a in ("float", "double")
       for b, c in [("int", "int"), ("uint", "uint"), ("ll", "long"), ("ull", "ulong")]
       for r, mode in [("rn", "rte"), ("rz", "rtz"), ("ru", "rtp"), ("rd", "rtn")]},
    **{f"__{a}2{real}_rn": [f"#define __{a}2{real}_rn(a) (({real})({b})(a))"]
       for real in ("float", "double")
       for a, b in [("int", "int"), ("uint", "uint"), ("ll", "long"), ("ull", "ulong"),
                    ("double", "double")]},
    "VALUE_": ["#define VALUE_(T, a) ((T *)(ulong)(T[1]){a})"],    # see references.py
    "PLACE_": ["#define VALUE_(T, a) ((T *)(ulong)(T[1]){a})",
               "#define PLACE_(T, a) __builtin_choose_expr("
               "__builtin_types_compatible_p(__typeof__(a), T), &(a), VALUE_(T, a))"],
    "memcpy": ["#define memcpy(a, b, n) __builtin_memcpy(a, b, n)"],
    "memset": ["#define memset(a, b, n) __builtin_memset(a, b, n)"],
    "assert_": ["#define assert_(a) ((a) ? 0 : (*(int *)context_->failed = __LINE__))"],
}
HIDDEN = [    # 0, and no compiler knows it: see wraps.py
    "__constant int hidden_ = 0;",
    "#define HIDDEN_ ((int)((ulong)&hidden_ >> 56) * 0x808081)",
    "#define HIDE_(a) ((a) + _Generic((a), float: -0.0f, double: -0.0, "
    "default: HIDDEN_))"]                # x - 0.0 is x, also for x = -0.0
BARRIER = [    # all ways lead through the first half: see barriers.py
    '#define BARRIER_() ({ __asm__ volatile (""); '
    "barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE); })"]
SAME = {"isnan", "isinf", "isfinite", "signbit", "printf", "sizeof", "ldexp"}
FENCES = {"__threadfence", "__threadfence_block", "__threadfence_system"}

# ---- atomics: the processor's own for integers, compare and exchange for the rest ----

OVERLOAD = "static __attribute__((overloadable))"
WHOLE = ("int", "uint", "long", "ulong")


def whole(name, does):
    """An atomic for each type of integers; a is the address, b the operand."""
    return [f"{OVERLOAD} {t} {name}(volatile {t} *a, {t} b) "
            f"{{ return __sync_fetch_and_{does}(a, b); }}" for t in WHOLE]


def exchange(name, result, types):
    """The same by compare and exchange: retry until no other thread intervenes."""
    bits = {"float": "uint", "double": "ulong"}
    return [f"{OVERLOAD} {t} {name}(volatile {t} *a, {t} b) {{ {u} old, seen = "
            f"*(volatile {u} *)a; do {{ old = seen; seen = __sync_val_compare_and_swap("
            f"(volatile {u} *)a, old, as_{u}(({t})("
            f"{result.replace('old', f'as_{t}(old)')}))); }} while (seen != old); "
            f"return as_{t}(old); }}"
            for t in types for u in [bits.get(t, t)]]


ATOMICS = {
    "atomicAdd": whole("atomicAdd", "add")
    + exchange("atomicAdd", "old + b", ("float", "double")),
    "atomicSub": whole("atomicSub", "sub"),
    "atomicAnd": whole("atomicAnd", "and"),
    "atomicOr": whole("atomicOr", "or"),
    "atomicXor": whole("atomicXor", "xor"),
    "atomicCAS": [f"{OVERLOAD} {t} atomicCAS(volatile {t} *a, {t} b, {t} c) "
                  "{ return __sync_val_compare_and_swap(a, b, c); }" for t in WHOLE],
    "atomicExch": exchange("atomicExch", "b", (*WHOLE, "float", "double")),
    "atomicMin": exchange("atomicMin", "old < b ? old : b", WHOLE),
    "atomicMax": exchange("atomicMax", "old > b ? old : b", WHOLE),
    "atomicInc": exchange("atomicInc", "old >= b ? 0 : old + 1", ("uint",)),
    "atomicDec": exchange("atomicDec", "old == 0 || old > b ? b : old - 1", ("uint",)),
}
ATOMICS.update({f"{name}_{scope}": [*lines, f"#define {name}_{scope} {name}"]
                for name, lines in ATOMICS.items() for scope in ("block", "system")})
CALLS.update(ATOMICS)

# ---- arithmetic as a GPU has it: see arithmetic.py -----------------------------------


def shifts(name, sign, beyond):
    """Functions for each type of integers; an amount has 32 bits without a sign."""
    def hidden(t):
        return "(a + HIDDEN_)" if sign == ">>" and "int" in t else "a"

    return HIDDEN[:2] + [
        f"{OVERLOAD} {t} {name}({t} a, uint n) {{ return n < {bits} ? "
        f"{hidden(t)} {sign} n : {beyond}; }}"
        for t, bits in [("int", 32), ("uint", 32), ("long", 64), ("ulong", 64)]]


def conversions(kind):
    """Functions that convert to a type of integers, as PTX's cvt.rzi does."""
    unsigned, wide = kind[0] == "u", kind.endswith("long")
    bits = 64 if wide else 32
    through = "u" * unsigned + ("long" if wide else "int")
    lowest, highest = (0, 2**bits) if unsigned else (-2**(bits - 1), 2**(bits - 1))
    hidden = "" if bits == 64 or kind.endswith("int") else " + HIDDEN_"
    lines = HIDDEN[:2]
    for real in ("float", "double"):
        nan = 0 if real == "float" and not wide else f"(({through})1 << {bits - 1})"
        f = "f" * (real == "float")
        least = f"({through})0" if unsigned else f"({through})(1ul << {bits - 1})"
        most = f"({through}){2**bits - 1 if unsigned else 2**(bits - 1) - 1}ul"
        lines.append(
            f"{OVERLOAD} {kind} TO_{kind.upper()}_({real} a) {{ return ({kind})("
            f"a != a ? {nan} : a <= {lowest}.0{f} ? {least} : a >= {highest}.0{f} ? "
            f"{most} : ({through})a); }}")
    lines += [f"{OVERLOAD} {kind} TO_{kind.upper()}_({t} a) "
              f"{{ return ({kind})(a{hidden}); }}" for t in WHOLE]
    if wide:
        lines.append(f"{OVERLOAD} {kind} TO_{kind.upper()}_(const void *a) "
                     f"{{ return ({kind})a; }}")
    return lines


CALLS["SHL_"] = shifts("SHL_", "<<", "0")
CALLS["SHR_"] = shifts("SHR_", ">>", "a < 0 ? -1 : 0")
CALLS.update({f"TO_{u}{size}_".upper(): conversions(f"{u}{size}")
              for u in ("", "u") for size in ("char", "short", "int", "long")})
CALLS["make_dim3"] = [                   # what is not given is 1
    f"{OVERLOAD} dim3_ make_dim3({', '.join(f'uint {a}' for a in given) or 'void'}) "
    f"{{ return (dim3_){{{', '.join(given + '111'[len(given):])}}}; }}"
    for given in ("", "x", "xy", "xyz")]


def definition(name):
    """The lines that a program needs in front if it uses name, as one text, or None."""
    if name in VECTORS or name in COMPLEXES:
        return VECTORS.get(name) or COMPLEXES[name]
    if name == "dim3":                   # as threadIdx, so that it may be given that
        return VECTORS["uint3"] + "\ntypedef uint3_ dim3_;"
    if name.startswith("make_") and name[5:] in VECTORS:
        vector = name[5:]
        scalar, fields = re.match(r"typedef struct { (\w+) ([\w, ]+);",
                                  VECTORS[vector]).groups()
        given = ", ".join(f"{scalar} {field}" for field in fields.split(", "))
        return f"static {vector}_ {name}({given}) {{ return ({vector}_){{{fields}}}; }}"
    if name.startswith("complex "):      # the function after it, of complex numbers
        return "\n".join(complexes.functions(name.split()[1]))
    lines = CALLS.get(name) or CALLS.get(f"{name}_") or cucomplex.definition(name)
    return "\n".join(lines) if lines else None


# ---- words of OpenCL C that are free in CUDA C ---------------------------------------

TAKEN = set("""kernel global local constant private generic half complex imaginary pipe
    read_only write_only read_write event_t sampler_t queue_t ndrange_t clk_event_t
    reserve_id_t restrict uniform
    image1d_t image2d_t image3d_t image1d_array_t image2d_array_t image1d_buffer_t
    abs_diff add_sat hadd rhadd mad_hi mad_sat mul_hi rotate sub_sat upsample mad24
    mul24 popcount clamp degrees mix radians step smoothstep sign cross dot distance
    length normalize fast_distance fast_length fast_normalize select bitselect shuffle
    shuffle2
    any all isequal isnotequal isgreater isgreaterequal isless islessequal islessgreater
    isnormal isordered isunordered mad maxmag minmag nan pown powr rootn fract clz ctz
    barrier mem_fence read_mem_fence write_mem_fence work_group_barrier prefetch
    wait_group_events vec_step size printf_ bool2 bool3 bool4""".split()) - {"size"}
TAKEN_PATTERN = re.compile(
    r"get_(global|local|group|work|num|image|enqueued|default|pipe|sub)\w*|atomic_\w+"
    r"|atom_\w+|v(load|store)a?(_half)?\d*\w*|as_\w+|convert_\w+|(read|write)_image\w+"
    r"|native_\w+|half_\w+|async_work_group\w+|(u?(char|short|int|long)|float|double)"
    r"(8|16)|half(2|3|4|8|16)|work_group_\w+|CLK_\w+|__(kernel|global|local|constant|private|generic)")


def taken(name):
    """Does name mean something in OpenCL C, and nothing in CUDA C?"""
    return name in TAKEN or bool(TAKEN_PATTERN.fullmatch(name))


def spelled(name):
    """A name of the program's, out of the way of OpenCL C's words."""
    return f"{name}_" if taken(name) else name


# ---- what the CPU engine does not do -------------------------------------------------

REFUSED = [
    (r"__shfl(_up|_down|_xor)?", "warp shuffles without a mask (newer GPUs have "
     "__shfl_sync and its kin alone)"),
    (r"__(ballot|any|all)|__uni", "warp votes without a mask (newer GPUs have "
     "__ballot_sync and its kin alone)"),
    (r"__match_\w+", "searches of a warp for one value"),
    (r"cooperative_groups|this_thread_block|tiled_partition|this_grid",
     "cooperative groups, whose header is not included,"),
    (r"template|typename", "templates"),
    (r"thrust", "Thrust"),
    (r"class|virtual|public|protected|this|friend|explicit", "C++ classes"),
    (r"namespace|using", "C++ namespaces and aliases"),
    (r"operator", "operators defined by the program"),
    (r"new|delete|malloc|free", "memory allocated inside a kernel"),
    (r"try|catch|throw|noexcept", "C++ exceptions"),
    (r"(__)?asm(__)?", "assembler"),
    (r"texture|tex[123]D\w*|tex1Dfetch|surf[123]D\w*|surface|cudaTextureObject_t",
     "textures and surfaces"),
    (r"wmma|nvcuda|__mma\w*", "tensor cores"),
    (r"__half2?|__(float2half|half2float|hadd|hmul|hfma)\w*|__nv_bfloat16\w*",
     "half precision"),
    (r"cuda(Malloc|Memcpy|Free|Launch|Device|Stream|Event|Get)\w*",
     "calls of the CUDA runtime"),
    (r"curand\w*[^\W_]", "what cuRAND has besides XORWOW, Philox4_32_10 and MRG32k3a"),
    (r"clock|clock64|__nanosleep|globaltimer", "clocks inside a kernel"),
    (r"volatile", "volatile, by which threads wait for each other without a barrier, "
     "of what is no number of the thread's own"),
    (r"__managed__", "managed variables"),
    (r"[jy][01n]f?|cyl_bessel_\w+|erfc?invf?|erfcxf?|normcdfinvf?",
     "Bessel functions, inverses of erf and their kin"),
    (r"__v\w+[24]|__dp2a\w*|__byte_perm|__funnelshift_\w+", "SIMD within a word"),
    (r"__[fd](add|sub|mul|div|sqrt|rcp|maf?)_r[zud]|__\w+2(float|double)_r[zud]",
     "rounding but to the nearest"),
    (r"__trap|__brkpt|__prof_trigger", "traps"),
    (r"__is(Shared|Global|Local|Constant)|__cvta_\w+|__pipeline_\w+",
     "telling one kind of memory from another"),
    (r"__cluster_dims__|__grid_constant__", "features of newer GPUs"),
    (r"goto", "goto"),
]
REFUSED_PATTERN = [(re.compile(pattern), what) for pattern, what in REFUSED]


# words of C++ that cplusplus/ takes away, and refuses by itself where it cannot
LOWERED = {"template", "typename", "class", "public", "protected", "private", "this",
           "operator", "virtual", "explicit", "friend", "volatile", "using", "::",
           ">>>"}
ONLY_CALLED = {"malloc", "free", "clock", "clock64", "surface", "texture", "__uni",
               "j0", "j1", "jn", "y0", "y1", "yn"}


def refused(name, following="("):
    """What name is, if the CPU engine cannot do it; else None."""
    if name in ONLY_CALLED and following not in ("(", "<"):
        return None                      # a variable may be called so
    if name == "thrust" and following != "::":
        return None
    for pattern, what in REFUSED_PATTERN:
        if pattern.fullmatch(name):
            return what
    return None
