// Cooperative groups: blocks, tiles of a warp, and the threads that happen to be there.
//
// The names are those that preprocess.py gives where cooperative_groups.h is included.
#pragma once

#define HERE int line = __builtin_LINE(), const char *file = __builtin_FILE()

namespace scratch_ {
static unsigned rank() { return now; }
static unsigned lanes_below() { return (1u << (now & 31)) - 1; }
}

namespace cooperative_groups_ {

struct thread_block_ {
    static void sync(HERE) { scratch_::meet_all(false, line, file); }
    static unsigned size() { return scratch_::count; }
    static unsigned num_threads() { return scratch_::count; }
    static unsigned thread_rank() { return scratch_::rank(); }
    static dim3 group_index() { return blockIdx; }
    static dim3 thread_index() { return threadIdx; }
    static dim3 group_dim() { return blockDim; }
    static dim3 dim_threads() { return blockDim; }
};

// what tiles and coalesced groups have: those of a mask, who are numbered
#define SHUFFLE(NAME, HOW) \
    template<class T> T NAME(T a, int by, HERE) const \
    { \
        return scratch_::of_bits<T>(scratch_::meet(scratch_::HOW, mask(), scratch_::as_bits(a), \
                                                   by, N, line, file)); \
    }
template<unsigned N, class = void> struct thread_block_tile_ {
    static_assert(N <= 32 && !(N & (N - 1)), "tiles have 1, 2, 4, 8, 16 or 32 threads here");
    thread_block_tile_() = default;
    template<class P> thread_block_tile_(thread_block_tile_<N, P>) {}
    static unsigned begin() { return scratch_::rank() & (32 - N); }
    static unsigned mask() { return N == 32 ? ~0u : ((1u << (N & 31)) - 1) << begin(); }
    static void sync(HERE)
    {
        scratch_::meet(scratch_::SYNC, mask(), 0, 0, 32, line, file);
    }
    static constexpr unsigned size() { return N; }
    static constexpr unsigned num_threads() { return N; }
    static unsigned thread_rank() { return scratch_::rank() & (N - 1); }
    static unsigned meta_group_rank() { return scratch_::rank() / N; }
    static unsigned meta_group_size() { return (scratch_::count + N - 1) / N; }
    SHUFFLE(shfl, INDEX)
    SHUFFLE(shfl_up, UP)
    SHUFFLE(shfl_down, DOWN)
    SHUFFLE(shfl_xor, XOR)
    static unsigned ballot(int a, HERE)
    {
        return scratch_::meet(scratch_::BALLOT, mask(), a != 0, 0, 32, line, file) >> begin();
    }
    static int any(int a, HERE) { return ballot(a, line, file) != 0; }
    static int all(int a, HERE) { return ballot(!a, line, file) == 0; }
    template<class T> static unsigned match_any(T a, HERE)
    {
        return scratch_::meet(scratch_::SAME, mask(), scratch_::as_bits(a), 0, 32, line,
                              file) >> begin();
    }
};
#undef SHUFFLE

struct coalesced_group {
    unsigned who;
    void sync(HERE) const { scratch_::meet(scratch_::SYNC, who, 0, 0, 32, line, file); }
    unsigned size() const { return __popc(who); }
    unsigned num_threads() const { return __popc(who); }
    unsigned thread_rank() const { return __popc(who & scratch_::lanes_below()); }
    template<class T> T shfl(T a, int from, HERE) const
    {
        unsigned lane = 0;
        for (unsigned left = who; left; left &= left - 1, from--)
            if (from == 0) lane = __ffs(left) - 1;
        return scratch_::of_bits<T>(scratch_::meet(scratch_::INDEX, who, scratch_::as_bits(a),
                                                   lane, 32, line, file));
    }
    int any(int a, HERE) const
    {
        return scratch_::meet(scratch_::BALLOT, who, a != 0, 0, 32, line, file) != 0;
    }
    int all(int a, HERE) const { return !any(!a, line, file); }
};
static coalesced_group coalesced_threads(HERE)
{
    return {(unsigned)scratch_::meet(scratch_::ACTIVE, ~0u, 0, 0, 32, line, file)};
}

struct thread_group_ {                   // a block, or a tile of so many threads
    unsigned threads = 0;
    thread_group_(thread_block_) {}
    explicit thread_group_(unsigned threads) : threads(threads) {}
    template<unsigned N, class P> thread_group_(thread_block_tile_<N, P>) : threads(N) {}
    unsigned mask() const
    {
        return threads == 32 ? ~0u : ((1u << threads) - 1) << (scratch_::rank() & (32 - threads));
    }
    void sync(HERE) const
    {
        if (threads) scratch_::meet(scratch_::SYNC, mask(), 0, 0, 32, line, file);
        else scratch_::meet_all(false, line, file);
    }
    unsigned size() const { return threads ? threads : scratch_::count; }
    unsigned num_threads() const { return size(); }
    unsigned thread_rank() const { return scratch_::rank() % size(); }
};

inline thread_block_ this_thread_block_() { return {}; }
template<unsigned N, class G> thread_block_tile_<N, G> tiled_partition_(const G &) { return {}; }
inline thread_group_ tiled_partition_(const thread_group_ &, unsigned n, HERE)
{
    if (!n || n > 32 || n & (n - 1)) scratch_::fail(scratch_::SOURCE, line, file);
    return thread_group_(n);
}

template<class G> void sync(const G &g, HERE) { g.sync(line, file); }
template<class G> unsigned thread_rank(const G &g) { return g.thread_rank(); }
template<class G> unsigned group_size(const G &g) { return g.size(); }

#define JOIN(NAME, VALUE) template<class T = void> struct NAME { \
    T operator()(const T &a, const T &b) const { return VALUE; } };
JOIN(plus, a + b)
JOIN(less, b < a ? b : a)
JOIN(greater, a < b ? b : a)
JOIN(bit_and, a & b)
JOIN(bit_or, a | b)
JOIN(bit_xor, a ^ b)
#undef JOIN
template<unsigned N, class P, class T, class F> T reduce(thread_block_tile_<N, P> g, T a, F f,
                                                         HERE)
{
    for (int n = N / 2; n > 0; n /= 2) a = f(a, g.shfl_xor(a, n, line, file));
    return a;
}
template<unsigned N, class P, class T, class F> T inclusive_scan(thread_block_tile_<N, P> g, T a,
                                                                 F f, HERE)
{
    for (unsigned n = 1; n < N; n *= 2) {
        const T b = g.shfl_up(a, n, line, file);
        if (g.thread_rank() >= n) a = f(b, a);
    }
    return a;
}
template<unsigned N, class P, class T> T inclusive_scan(thread_block_tile_<N, P> g, T a, HERE)
{
    return inclusive_scan(g, a, plus<T>(), line, file);
}
template<unsigned N, class P, class T, class F> T exclusive_scan(thread_block_tile_<N, P> g, T a,
                                                                 F f, HERE)
{
    const T b = g.shfl_up(inclusive_scan(g, a, f, line, file), 1, line, file);
    return g.thread_rank() ? b : T();
}
template<unsigned N, class P, class T> T exclusive_scan(thread_block_tile_<N, P> g, T a, HERE)
{
    return exclusive_scan(g, a, plus<T>(), line, file);
}

template<class G, class T, class U> void memcpy_async(const G &g, T *to, const U *from,
                                                      size_t bytes)
{
    if (!g.thread_rank()) memcpy((void *)to, (const void *)from, bytes);
}
template<class G> void wait(const G &g, HERE) { g.sync(line, file); }
template<unsigned, class G> void wait_prior(const G &g, HERE) { g.sync(line, file); }

}    // namespace cooperative_groups_
#undef HERE
