"""curand_kernel.h, in OpenCL C: cuRAND's generators inside a kernel, number for number.

    >>> macros()["curandState"], macros()["curand_uniform"]
    ('curandStateXORWOW_', 'curand_uniform_')
    >>> for line in lines({"curandStateXORWOW_", "curand_"}, {}):
    ...     print(line[:57])
    typedef struct { uint d, v[5]; int boxmuller_flag, boxmul
    static __attribute__((overloadable)) uint curand_(curandS

Names get an underscore where the header is included, so that a program without it may
have its own.  A program gets the functions that it calls, for the generators it uses:

    XORWOW           G. Marsaglia, Xorshift RNGs, J. of Statistical Software 8, 2003
    Philox4_32_10    J. Salmon and others, Parallel random numbers: as easy as 1, 2, 3,
                     SC 2011
    MRG32k3a         P. L'Ecuyer, Good parameters and implementations for combined
                     multiple recursive random number generators, 1999

Whole and uniform numbers are cuRAND's to the last bit, normal ones and what is made of
them within what a GPU's __sincosf leaves.  How seeds are spread, and the numbers of the
approximation for Poisson's distribution between 64 and 4,000, are cuRAND's: there is no
other way to the same numbers.

Left out, and refused: Sobol's sequences and the Mersenne twister, which need tables of
the host's, and discrete distributions.
"""

import re

from . import jumps

FIELDS = ("int boxmuller_flag, boxmuller_flag_double; float boxmuller_extra; "
          "double boxmuller_extra_double;")
STATES = {    # the letter that stands for a generator below -> name, definition
    "X": ("curandStateXORWOW_", f"uint d, v[5]; {FIELDS}"),
    "P": ("curandStatePhilox4_32_10_",
          f"uint4_ ctr, output; uint2_ key; uint STATE; {FIELDS}"),
    "M": ("curandStateMRG32k3a_", f"uint s1[3], s2[3]; {FIELDS}"),
}
LETTERS = {name: letter for letter, (name, _) in STATES.items()}
ALIASES = {"curandState": "curandStateXORWOW_", "curandState_t": "curandStateXORWOW_",
           **{name + t: f"{name}_" for name, _ in STATES.values()
              for name in [name[:-1]] for t in ("", "_t")}}
CLEAR = ("s->boxmuller_flag = s->boxmuller_flag_double = 0; "
         "s->boxmuller_extra = s->boxmuller_extra_double = 0;")
OVERLOAD = "static __attribute__((overloadable))"
FUNCTIONS = []    # (name, for which generators, type, parameters after S *s, body)


def function(name, states, kind, given, body):
    FUNCTIONS.append((name, states, kind, given, " ".join(body.split())))


# ---- one number after another --------------------------------------------------------

function("curand_", "X", "uint", "", """
    const uint t = s->v[0] ^ s->v[0] >> 2;
    for (int n = 0; n < 4; n++) s->v[n] = s->v[n + 1];
    s->v[4] = s->v[4] ^ s->v[4] << 4 ^ t ^ t << 1;
    s->d += 362437;
    return s->v[4] + s->d;""")
function("rand_rounds_", "P", "uint4_", "", """
    uint4_ c = s->ctr;
    uint2_ k = s->key;
    for (int n = 0; n < 10; n++) {
        const ulong a = (ulong)0xD2511F53u * c.x, b = (ulong)0xCD9E8D57u * c.z;
        c = (uint4_){(uint)(b >> 32) ^ c.y ^ k.x, (uint)b,
                     (uint)(a >> 32) ^ c.w ^ k.y, (uint)a};
        k.x += 0x9E3779B9u;
        k.y += 0xBB67AE85u;
    }
    return c;""")
function("rand_onward_", "P", "void", "ulong n", """
    const ulong low = (s->ctr.x | (ulong)s->ctr.y << 32) + n;
    const ulong high = (s->ctr.z | (ulong)s->ctr.w << 32) + (low < n);
    s->ctr = (uint4_){(uint)low, (uint)(low >> 32), (uint)high, (uint)(high >> 32)};
    s->output = rand_rounds_(s);""")
function("curand_", "P", "uint", "", """
    const uint4_ a = s->output;
    const uint n = s->STATE++, r = n == 0 ? a.x : n == 1 ? a.y : n == 2 ? a.z : a.w;
    if (s->STATE == 4) { rand_onward_(s, 1); s->STATE = 0; }
    return r;""")
function("curand4_", "P", "uint4_", "", """
    const uint4_ a = s->output;
    rand_onward_(s, 1);
    const uint4_ b = s->output;
    const uint n = s->STATE;
    return n == 0 ? a : n == 1 ? (uint4_){a.y, a.z, a.w, b.x}
         : n == 2 ? (uint4_){a.z, a.w, b.x, b.y} : (uint4_){a.w, b.x, b.y, b.z};""")
function("rand_mrg_", "M", "double", "", """
    const ulong m = 4294967087u, n = 4294944443u;
    const ulong p = (1403580ul * s->s1[1] + 810728ul * (m - s->s1[0])) % m;
    const ulong q = (527612ul * s->s2[2] + 1370589ul * (n - s->s2[0])) % n;
    s->s1[0] = s->s1[1]; s->s1[1] = s->s1[2]; s->s1[2] = p;
    s->s2[0] = s->s2[1]; s->s2[1] = s->s2[2]; s->s2[2] = q;
    return p > q ? p - q : p - q + m;""")
function("curand_", "M", "uint", "", "return (uint)(rand_mrg_(s) * 1.000000048662);")

# ---- beginnings, and jumps -----------------------------------------------------------

JUMP = """
    const uint d = s->d;
    for (int n = 0; x; n++, x >>= 4) {
        if (!(x & 15)) continue;
        uint sum[5] = {0};
        for (int i = 0; i < 160; i++) {
            if (TABLE_[n][(x & 15) - 1][i / 32] >> i % 32 & 1)
                for (int k = 0; k < 5; k++) sum[k] ^= s->v[k];
            curand_(s);
        }
        for (int k = 0; k < 5; k++) s->v[k] = sum[k];
    }
    s->d = d"""
function("skipahead_", "X", "void", "ulong x", "const uint steps = (uint)x;"
         + JUMP.replace("TABLE", "xorwow_ahead") + " + 362437 * steps;")
function("skipahead_sequence_", "X", "void", "ulong x",
         JUMP.replace("TABLE", "xorwow_sequence") + ";")
function("skipahead_", "P", "void", "ulong n", """
    const uint at = s->STATE + (n & 3);
    s->STATE = at & 3;
    rand_onward_(s, n / 4 + at / 4);""")
function("skipahead_sequence_", "P", "void", "ulong n", """
    const ulong high = (s->ctr.z | (ulong)s->ctr.w << 32) + n;
    s->ctr.z = (uint)high;
    s->ctr.w = (uint)(high >> 32);
    s->output = rand_rounds_(s);""")
POWERS = """
    for (int j = 0; x; j++, x >>= 1) {
        if (!(x & 1)) continue;
        for (int part = 0; part < 2; part++) {
            uint *v = part ? s->s2 : s->s1, next[3];
            const ulong m = part ? 4294944443u : 4294967087u;
            __constant uint *a = TABLE_[part][j];
            for (int k = 0; k < 3; k++, a += 3)
                next[k] = ((ulong)a[0] * v[0] % m + (ulong)a[1] * v[1] % m
                           + (ulong)a[2] * v[2] % m) % m;
            for (int k = 0; k < 3; k++) v[k] = next[k];
        }
    }"""
for part in ("ahead", "subsequence", "sequence"):
    function("skipahead_" if part == "ahead" else f"skipahead_{part}_", "M", "void",
             "ulong x", POWERS.replace("TABLE", f"mrg_{part}"))
BEGIN = "ulong seed, ulong subsequence, ulong offset"
function("curand_init_", "X", "void", BEGIN, f"""
    const uint a = 1099087573u * ((uint)seed ^ 0xaad26b49u);
    const uint b = 2591861531u * ((uint)(seed >> 32) ^ 0xf7dcefddu);
    const uint v[5] = {{123456789u + a, 362436069u ^ a, 521288629u + b, 88675123u ^ b,
                       5783321u + a}};
    for (int k = 0; k < 5; k++) s->v[k] = v[k];
    s->d = 6615241u + a + b;
    {CLEAR}
    skipahead_sequence_(subsequence, s);
    skipahead_(offset, s);""")
function("curand_init_", "P", "void", BEGIN, f"""
    s->ctr = (uint4_){{0, 0, 0, 0}};
    s->key = (uint2_){{(uint)seed, (uint)(seed >> 32)}};
    s->STATE = 0;
    {CLEAR}
    skipahead_sequence_(subsequence, s);
    skipahead_(offset, s);""")
function("curand_init_", "M", "void", BEGIN, f"""
    const ulong a = (uint)seed ^ 0x55555555u, b = (uint)(seed >> 32) ^ 0xAAAAAAAAu;
    for (int k = 0; k < 3; k++) {{
        s->s1[k] = seed ? (k == 1 ? b : a) * 12345 % 4294967087u : 12345;
        s->s2[k] = seed ? (k == 1 ? a : b) * 12345 % 4294944443u : 12345;
    }}
    {CLEAR}
    skipahead_subsequence_(subsequence, s);
    skipahead_(offset, s);""")

# ---- uniform -------------------------------------------------------------------------

function("rand_real_", "", "float", "uint x", "return (float)x * 0x1p-32f + 0x1p-33f;")
function("rand_real_double_", "", "double", "uint x, uint y",
         "return ((ulong)x ^ (ulong)y << 21) * 0x1p-53 + 0x1p-54;")
function("curand_uniform_", "XP", "float", "", "return rand_real_(curand_(s));")
function("curand_uniform_", "M", "float", "",
         "return (float)(rand_mrg_(s) * 2.3283065498378288e-10);")
function("curand_uniform4_", "P", "float4_", "", """
    const uint4_ a = curand4_(s);
    return (float4_){rand_real_(a.x), rand_real_(a.y),
                     rand_real_(a.z), rand_real_(a.w)};""")
function("curand_uniform_double_", "X", "double", "", """
    const uint x = curand_(s), y = curand_(s);
    return rand_real_double_(x, y);""")
function("curand_uniform_double_", "P", "double", "",
         "return curand_(s) * 0x1p-32 + 0x1p-32;")
function("curand_uniform_double_", "M", "double", "",
         "return rand_mrg_(s) * 2.3283065498378288e-10;")
function("curand_uniform2_double_", "P", "double2_", "", """
    const uint4_ a = curand4_(s);
    return (double2_){rand_real_double_(a.x, a.y), rand_real_double_(a.z, a.w)};""")
function("curand_uniform4_double_", "P", "double4_", "", """
    const double2_ a = curand_uniform2_double_(s), b = curand_uniform2_double_(s);
    return (double4_){a.x, a.y, b.x, b.y};""")

# ---- normal, by G. Box and M. Muller -------------------------------------------------

function("rand_turned_", "", "float2_", "float u, float angle", """
    const float radius = sqrt(-2.0f * log(u));
    return (float2_){sin(angle) * radius, cos(angle) * radius};""")
function("rand_turned_double_", "", "double2_", "double u, double half_turns", """
    const double radius = sqrt(-2.0 * log(u));
    return (double2_){sinpi(half_turns) * radius, cospi(half_turns) * radius};""")
function("rand_normals_", "", "float2_", "uint x, uint y", """
    const float turn = 0x1p-32f * 6.2831855f;
    return rand_turned_(rand_real_(x), fma((float)y, turn, turn / 2));""")
function("rand_normals_double_", "", "double2_", "uint x, uint y, uint z, uint w", """
    const double u = rand_real_double_(x, y), v = rand_real_double_(z, w);
    return rand_turned_double_(u, v * 2);""")
function("curand_normal2_", "XP", "float2_", "", """
    const uint x = curand_(s), y = curand_(s);
    return rand_normals_(x, y);""")
function("curand_normal2_", "M", "float2_", "", """
    const float u = curand_uniform_(s), v = curand_uniform_(s);
    return rand_turned_(u, v * 6.2831855f);""")
function("curand_normal4_", "P", "float4_", "", """
    const uint4_ c = curand4_(s);
    const float2_ a = rand_normals_(c.x, c.y), b = rand_normals_(c.z, c.w);
    return (float4_){a.x, a.y, b.x, b.y};""")
function("curand_normal2_double_", "X", "double2_", "", """
    const uint x = curand_(s), y = curand_(s), z = curand_(s), w = curand_(s);
    return rand_normals_double_(x, y, z, w);""")
function("curand_normal2_double_", "P", "double2_", "", """
    const uint4_ c = curand4_(s);
    return rand_normals_double_(c.x, c.y, c.z, c.w);""")
function("curand_normal2_double_", "M", "double2_", "", """
    const double u = curand_uniform_double_(s), v = curand_uniform_double_(s);
    return rand_turned_double_(u, v * 2);""")
function("curand_normal4_double_", "P", "double4_", "", """
    const double2_ a = curand_normal2_double_(s), b = curand_normal2_double_(s);
    return (double4_){a.x, a.y, b.x, b.y};""")
for real, end in (("float", ""), ("double", "_double")):     # every other one is kept
    shape = f"{real} mean, {real} deviation"
    for kind, mark, given, form in [
            ("normal", 1, "", "PART"),
            ("log_normal", 2, shape, "exp(fma(deviation, PART, mean))")]:
        first, second = form.replace("PART", "a.x"), form.replace("PART", "a.y")
        function(f"curand_{kind}{end}_", "XPM", real, given, f"""
            if (s->boxmuller_flag{end} == {mark}) {{
                s->boxmuller_flag{end} = 0;
                return s->boxmuller_extra{end};
            }}
            const {real}2_ a = curand_normal2{end}_(s);
            s->boxmuller_extra{end} = {second};
            s->boxmuller_flag{end} = {mark};
            return {first};""")
    for count, states in ((2, "XPM"), (4, "P")):
        values = ", ".join(f"exp(fma(deviation, a.{axis}, mean))"
                           for axis in "xyzw"[:count])
        kind = f"{real}{count}_"
        function(f"curand_log_normal{count}{end}_", states, kind, shape, f"""
            const {kind} a = curand_normal{count}{end}_(s);
            return ({kind}){{{values}}};""")

# ---- Poisson's: D. Knuth's products, cuRAND's approximation, a normal one ------------

function("rand_gamma_inverse_", "", "float", "float a, float y", """
    const float alpha = 1.43248035075540910f * rsqrt(a - 0.12400979329415655f)
                        + 0.00025361074907033f;
    const float beta = 0.21096734870196546f * rsqrt(a - 1.97381164089999420f)
                       + 0.94201734077887530f;
    return a - (beta + log(rsqrt(y) - 1)) / alpha;""")
function("rand_gamma_share_", "", "float", "float a, float x", """
    const float alpha = 1.43248035075540910f * rsqrt(a - 0.12400979329415655f)
                        + 0.00025361074907033f;
    const float beta = 0.21096734870196546f * rsqrt(a - 1.97381164089999420f)
                       + 0.94201734077887530f;
    const float t = 1 + exp(alpha * (a - x) - beta);
    return 1 / (t * t);""")
function("curand_poisson_", "XPM", "uint", "double rate", """
    const float a = (float)rate, log_a = log(a);
    if (rate < 64) {
        uint count = 0;
        for (float p = exp(a) * curand_uniform_(s); p > 1; p *= curand_uniform_(s))
            count++;
        return count;
    }
    if (rate > 4000)
        return (uint)(sqrt(rate) * curand_normal_double_(s) + rate + 0.5);
    for (;;) {
        const float x = floor(rand_gamma_inverse_(a, curand_uniform_(s)));
        const float below = rand_gamma_share_(a, x);
        const float top = (rand_gamma_share_(a, x + 1) - below) * 1.3f;
        const float z = curand_uniform_(s) * top;
        if (z < exp(-a + x * log_a - (float)lgamma(1 + (double)x)) && top >= 1e-20f)
            return (uint)x;
    }""")
function("curand_poisson4_", "P", "uint4_", "double rate", """
    if (rate > 4000) {
        const double4_ a = curand_normal4_double_(s);
        const double root = sqrt(rate);
        return (uint4_){
            (uint)(root * a.x + rate + 0.5), (uint)(root * a.y + rate + 0.5),
            (uint)(root * a.z + rate + 0.5), (uint)(root * a.w + rate + 0.5)};
    }
    const uint x = curand_poisson_(s, rate), y = curand_poisson_(s, rate);
    const uint z = curand_poisson_(s, rate), w = curand_poisson_(s, rate);
    return (uint4_){x, y, z, w};""")

# ---- what a program gets -------------------------------------------------------------

BEFORE = ("curand_init_", "skipahead_", "skipahead_sequence_", "skipahead_subsequence_")
KINDS = {name: kind for name, states, kind, *_ in FUNCTIONS
         if states and name.startswith(("curand", "skipahead"))}    # of the header
TABLES = {*jumps.APART, *jumps.MRG_APART}


def macros():
    """{name in curand_kernel.h: its name here}"""
    return {**ALIASES, **{name[:-1]: name for name in KINDS}}


def pointer(name):
    """Which argument of a function points to the state; None of other functions."""
    if name not in KINDS:
        return None
    return 0 if name not in BEFORE else 3 if name == "curand_init_" else 1


def lines(used, vectors):
    """Lines that define the types and functions used, what they need before them."""
    letters = [LETTERS[name] for name in STATES_IN_ORDER if name in used]
    wanted = {name for name in used if name in KINDS}
    chosen = []
    for name, states, kind, given, body in reversed(FUNCTIONS):
        own = [letter for letter in letters if letter in states]
        if name in wanted and (own or not states):
            wanted |= {*re.findall(r"\w+_\b", body)}
            chosen += [(name, letter, kind, given, body) for letter in own or [""]]
    text = [written(*each) for each in reversed(chosen)]
    tables = [jumps.definition(name[:-1]) for name in sorted(wanted)
              if name[:-1] in TABLES]
    types = [f"typedef struct {{ {STATES[letter][1]} }} {STATES[letter][0]};"
             for letter in letters]
    needed = {*re.findall(r"\b\w+\d_", " ".join([*text, *types]))}
    return [*(vectors[name[:-1]] for name in sorted(needed) if name[:-1] in vectors),
            *types, *tables, *text]


def in_cxx(used):
    """What lines() has, in C++: for a program of the second engine.

    >>> print(in_cxx({"rand_real_", "curandStatePhilox4_32_10_"}))
    typedef struct { uint4 ctr, output; uint2 key; uint STATE; int boxmuller_flag, \
boxmuller_flag_double; float boxmuller_extra; double boxmuller_extra_double; } \
curandStatePhilox4_32_10_;
    """
    text = "\n".join(lines(used, {}))
    text = re.sub(r"\(((?:uint|float|double)[24])_\)(?=\{)", r"\1", text)
    text = re.sub(r"\b((?:uint|float|double)[24])_\b", r"\1", text)
    text = re.sub(r"^__constant", "static const", text, flags=re.MULTILINE)
    return text.replace("__constant", "const").replace(OVERLOAD, "static inline")


STATES_IN_ORDER = [name for name, _ in STATES.values()]


def written(name, letter, kind, given, body):
    """One function as a line of OpenCL C."""
    state = f"{STATES[letter][0]} *s" if letter else ""
    parts = [given, state] if name in BEFORE else [state, given]
    return (f"{OVERLOAD} {kind} {name}({', '.join(part for part in parts if part)}) "
            f"{{ {body} }}")
