// Threads of a block as fibres: each has a stack, and runs until it waits or returns.
//
//   next      the first thread that has not begun     ready    fibres that may go on
//   leave()   the running fibre stops here, and another one goes on
//   settle()  nobody can go on: a returned thread excuses somebody, or it is an error
//   run_all() a grid, and when all its blocks have returned, the grids that it launched
//
// One thread of the operating system runs all of them, so nothing here is a race.
#pragma once
#define sig_t scratch_sig_t                  // names that a program of CUDA may have
#define stack_t scratch_stack_t
#define signal scratch_signal
#define raise scratch_raise
#define kill scratch_kill
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <type_traits>
#include <utility>
#if !defined(__x86_64__) || defined(SCRATCH_UCONTEXT)
#include <ucontext.h>
#endif

#define HERE int line = __builtin_LINE(), const char *file = __builtin_FILE()

struct uint3 { unsigned x, y, z; };
struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
    constexpr dim3(uint3 a) : x(a.x), y(a.y), z(a.z) {}
    constexpr operator uint3() const { return uint3{x, y, z}; }
};
inline uint3 threadIdx, blockIdx;
inline dim3 blockDim, gridDim;
static constexpr int warpSize = 32;

typedef struct CUstream_st *cudaStream_t;        // of CUDA's runtime, what a kernel has
#define cudaStreamTailLaunch ((cudaStream_t)3)
#define cudaStreamFireAndForget ((cudaStream_t)4)
enum { cudaStreamDefault, cudaStreamNonBlocking };
enum cudaError_t { cudaSuccess };
static cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
static cudaError_t cudaGetLastError() { return cudaSuccess; }
static cudaError_t cudaPeekAtLastError() { return cudaSuccess; }
static cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned)
{
    *stream = nullptr;                   // launches run in their order in any case
    return cudaSuccess;
}

namespace scratch_ {

enum Failure { ASSERT = 1, LEFT, APART, MISSING, SOURCE, DYNAMIC, SPINS, TRAP, MEMORY,
               DIVISION, DEEP, SIZES, NESTED, GONE, STEP };    // library.py: a sentence for each
constexpr int THREADS = 1024, MAIN = THREADS, MOST_SPINS = 1 << 24, DEEPEST = 24;
constexpr size_t STACK = 640 << 10, GUARD = 64 << 10;    // CUDA: 512 kB of locals
constexpr size_t DYNAMIC_BYTES = 96 << 10;

struct Launch {                          // library.py has the same
    void (*kernel)(char *);
    char *arguments, *stacks;
    const char *file;
    uint32_t grid[3], block[3], shared;
    int32_t failure, line, other_line, thread, other, where[3];
    const char *child;                   // a kernel that a kernel launched, if it runs
};

enum State : char { WAITS_TO_BEGIN, RUNS, AT_OPERATION, AT_BARRIER, RETURNED };
enum Operation : char { SYNC, ACTIVE, BALLOT, SAME, ALL_SAME, INDEX, UP, DOWN, XOR,
                        ADD, LEAST, LEAST_UNSIGNED, MOST, MOST_UNSIGNED, AND, OR, EITHER };
struct Thread {
    State state;
    Operation operation;
    int fibre, line, by, width;
    const char *file;
    uint32_t mask;
    uint64_t value, result;
    uint3 index;
};

inline Launch *launch;
inline Thread threads[THREADS];
inline int idle[THREADS], idles, begun;  // fibres without a thread; fibres in use
inline int ready[THREADS], head, readies;
inline int now, current;                 // the thread, and its fibre
inline int next, count, returned, waiting, spins;
inline uint64_t meetings, warp_meetings[THREADS / 32];   // of the block, of each warp
inline sigjmp_buf way_out;
alignas(256) inline char dynamic_memory[DYNAMIC_BYTES];

[[noreturn]] static void fail(Failure what, int line = 0, const char *file = "",
                              int thread = -1, int other = -1, int other_line = 0)
{
    launch->failure = what;
    launch->line = line;
    launch->file = file;
    launch->thread = thread < 0 ? now : thread;
    launch->other = other;
    launch->other_line = other_line;
    launch->where[0] = blockIdx.x;
    launch->where[1] = blockIdx.y;
    launch->where[2] = blockIdx.z;
    siglongjmp(way_out, 1);              // and all fibres are forgotten
}

// ---- from one stack to another -------------------------------------------------------

static void fibre();
static char *stack_of(int n) { return launch->stacks + n * (STACK + GUARD) + GUARD; }

#if defined(__x86_64__) && !defined(SCRATCH_UCONTEXT)
inline void *saved[THREADS + 1];         // where each one's stack ends
extern "C" void scratch_switch(void **from, void *to);
__asm__(R"(
    .text
    .type scratch_switch, @function
scratch_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size scratch_switch, . - scratch_switch
)");
static void prepare(int n)
{
    void **top = (void **)(stack_of(n) + STACK) - 2;     // aligned as after a call
    *top = (void *)fibre;
    saved[n] = memset(top - 6, 0, 6 * sizeof(void *));
}
static void go(int from, int to) { scratch_switch(&saved[from], saved[to]); }
#else
inline ucontext_t saved[THREADS + 1];
static void prepare(int n)
{
    getcontext(&saved[n]);
    saved[n].uc_stack.ss_sp = stack_of(n);
    saved[n].uc_stack.ss_size = STACK;
    saved[n].uc_link = nullptr;
    makecontext(&saved[n], fibre, 0);
}
static void go(int from, int to) { swapcontext(&saved[from], &saved[to]); }
#endif

// ---- who goes on ---------------------------------------------------------------------

static void settle();

static void push(int t)
{
    threads[t].state = RUNS;
    ready[(head + readies++) % THREADS] = t;
}

static void enter(int t)
{
    now = t;
    threadIdx = threads[t].index;
}

static void leave()
{
    while (!readies && next == count) settle();
    const int self = current;
    if (readies) {
        current = threads[ready[head]].fibre;
        head = (head + 1) % THREADS;
        readies--;
    } else if (idles) {
        current = idle[--idles];
    } else {
        current = begun++;
        prepare(current);
    }
    if (current != self) go(self, current);
}

static void fibre()                      // runs one thread after the other
{
    for (;;) {
        const int t = next++;
        enter(t);
        threads[t].state = RUNS;
        threads[t].fibre = current;
        launch->kernel(launch->arguments);
        threads[t].state = RETURNED;
        spins = 0;
        idle[idles++] = current;
        if (++returned == count)
            go(current, MAIN);
        else
            leave();
    }
}

static void wait_here(State state, int line, const char *file)
{
    const int t = now;
    threads[t].state = state;
    threads[t].line = line;
    threads[t].file = file;
    leave();
    enter(t);
}

static void yield(int line, const char *file)    // waits for another thread, in a loop
{
    if (++spins > MOST_SPINS) fail(SPINS, line, file);
    const int t = now;
    push(t);
    leave();
    enter(t);
}

// ---- __syncthreads -------------------------------------------------------------------

static uint64_t meet_all(bool yes, int line, const char *file)
{
    const int t = now;
    threads[t].value = yes;
    threads[t].line = line;
    threads[t].file = file;
    if (++waiting == count) {
        waiting = spins = 0;
        meetings++;
        uint64_t sum = 0;
        for (int n = 0; n < count; n++) sum += threads[n].value;
        for (int n = 0; n < count; n++) {
            if (threads[n].line != threads[0].line)
                fail(APART, threads[0].line, threads[0].file, 0, n, threads[n].line);
            threads[n].result = sum;
            push(n);
        }
        leave();
        enter(t);
    } else {
        wait_here(AT_BARRIER, line, file);
    }
    return threads[t].result;
}

// ---- operations of a warp: done when the last lane of the mask is there ---------------

static bool joins(int n, const Thread &asks)     // does thread n take part in it, too?
{
    const Thread &other = threads[n];
    return other.state == AT_OPERATION && other.operation == asks.operation
        && other.mask == asks.mask;
}

static bool complete(int t)
{
    const int first = t & ~31;
    for (int n = 31; n >= 0; n--)
        if ((threads[t].mask >> n & 1) && first + n < count && first + n != t
                && threads[first + n].state != RETURNED && !joins(first + n, threads[t]))
            return false;
    return true;
}

static int source_of(const Thread &asks, int lane)
{
    const int width = asks.width, begin = lane & ~(width - 1), last = begin + width - 1;
    const int by = asks.by & 31;
    switch (asks.operation) {
    case INDEX: return begin + (by & (width - 1));
    case UP: return lane - begin < by ? lane : lane - by;
    case DOWN: return lane + by > last ? lane : lane + by;
    default: return (lane ^ by) > last ? lane : lane ^ by;
    }
}

static uint32_t reduced(Operation operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case ADD: return a + b;
    case LEAST: return (int32_t)a < (int32_t)b ? a : b;
    case LEAST_UNSIGNED: return a < b ? a : b;
    case MOST: return (int32_t)a > (int32_t)b ? a : b;
    case MOST_UNSIGNED: return a > b ? a : b;
    case AND: return a & b;
    case OR: return a | b;
    default: return a ^ b;
    }
}

static void release(int t)               // all who do the same as thread t
{
    const Thread asks = threads[t];
    const int first = t & ~31;
    warp_meetings[t / 32]++;
    uint32_t there = 0, votes = 0, all = 0;
    uint64_t values[32] = {};
    for (int n = 0; n < 32 && first + n < count; n++) {
        const Thread &lane = threads[first + n];
        if (first + n != t && !(asks.operation == ACTIVE ? joins(first + n, asks) &&
                lane.line == asks.line : (asks.mask >> n & 1) && joins(first + n, asks)))
            continue;
        values[n] = lane.value;
        all = there ? reduced(asks.operation, all, lane.value) : lane.value;
        there |= 1u << n;
        votes |= (uint32_t)(lane.value != 0) << n;
    }
    for (int n = 0; n < 32; n++) {
        if (!(there >> n & 1)) continue;
        Thread &lane = threads[first + n];
        uint32_t same = 0;
        int from = n;
        switch (asks.operation) {
        case SYNC: break;
        case ACTIVE: lane.result = there; break;
        case BALLOT: lane.result = votes; break;
        case SAME: case ALL_SAME:
            for (int m = 0; m < 32; m++)
                same |= (uint32_t)((there >> m & 1) && values[m] == values[n]) << m;
            lane.result = asks.operation == SAME || same == there ? same : 0;
            break;
        case INDEX: case UP: case DOWN: case XOR:
            if (lane.width > 0 && lane.width <= 32 && !(lane.width & (lane.width - 1)))
                from = source_of(lane, n);
            else
                from = -1;
            if (from < 0 || !(there >> from & 1))
                fail(SOURCE, lane.line, lane.file, first + n);
            lane.result = values[from];
            break;
        default: lane.result = all;
        }
        push(first + n);
    }
    spins = 0;
}

static uint64_t meet(Operation operation, uint32_t mask, uint64_t value, int by, int width,
                     int line, const char *file)
{
    const int t = now;
    Thread &me = threads[t];
    me.operation = operation;
    me.mask = mask;
    me.value = value;
    me.by = by;
    me.width = width;
    me.line = line;
    me.file = file;
    if (!(mask >> (t & 31) & 1)) fail(MISSING, line, file);
    if (operation != ACTIVE && complete(t)) {
        release(t);
        leave();
        enter(t);
    } else {
        wait_here(AT_OPERATION, line, file);
    }
    return me.result;
}

static void settle()
{
    for (int t = 0; t < count; t++)
        if (threads[t].state == AT_OPERATION
                && (threads[t].operation == ACTIVE || complete(t)))
            release(t);
    if (readies) return;
    int waits = -1, left = -1;
    for (int t = count - 1; t >= 0; t--) {
        if (threads[t].state == AT_BARRIER) waits = t;
        if (threads[t].state == RETURNED) left = t;
    }
    for (int t = 0; t < count; t++)
        if (threads[t].state == AT_OPERATION)
            fail(MISSING, threads[t].line, threads[t].file, t);
    fail(LEFT, threads[waits].line, threads[waits].file, waits, left);
}

static void *dynamic_bytes(HERE)
{
    if (!launch->shared) fail(DYNAMIC, line, file);
    return dynamic_memory;
}

template<class T> struct Dynamic {       // extern __shared__ T name[], outside a function
    operator T *() const { return (T *)dynamic_bytes(); }
};

// ---- a launch ------------------------------------------------------------------------

inline pthread_t owner;
inline char signal_stack[64 << 10];
static const int CAUGHT[] = {SIGSEGV, SIGBUS, SIGFPE};
inline struct sigaction before[3];

static void caught(int number, siginfo_t *info, void *)
{
    if (!pthread_equal(owner, pthread_self())) {     // not ours
        for (int n = 0; n < 3; n++) sigaction(CAUGHT[n], &before[n], nullptr);
        return;
    }
    const char *at = (const char *)info->si_addr, *stacks = launch->stacks;
    const size_t offset = at - stacks;
    if (number == SIGFPE) fail(DIVISION);
    if (at >= stacks && offset < THREADS * (STACK + GUARD)) fail(DEEP);
    fail(MEMORY);
}

static bool make_stacks()
{
    if (launch->stacks) return true;
    const size_t bytes = THREADS * (STACK + GUARD);
    void *all = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) return false;
    launch->stacks = (char *)all;
    for (int n = 0; n < THREADS; n++) mprotect(stack_of(n) - GUARD, GUARD, PROT_NONE);
    return true;
}

static void run_block()
{
    next = returned = waiting = spins = head = readies = 0;
    meetings++;
    for (int t = 0; t < count; t++) threads[t].state = WAITS_TO_BEGIN;
    current = MAIN;
    leave();                             // back when all threads have returned
}

struct Child {                           // a launch by a thread; its arguments follow
    Child *next, *before;                // of its grid's, and of all since the host's
    void (*kernel)(char *);
    const char *name, *file;
    dim3 grid, block;
    uint32_t shared;
    int line;
    bool tail;                           // after all others of its grid
    alignas(16) char arguments[];
};
inline Child *first, **last = &first, *made;

static void run_all(int depth)           // a grid, and those that it launches
{
    blockDim = dim3(launch->block[0], launch->block[1], launch->block[2]);
    gridDim = dim3(launch->grid[0], launch->grid[1], launch->grid[2]);
    count = blockDim.x * blockDim.y * blockDim.z;
    idles = begun = 0;
    for (unsigned t = 0; t < (unsigned)count; t++)
        threads[t].index = uint3{t % blockDim.x, t / blockDim.x % blockDim.y,
                                 t / blockDim.x / blockDim.y};
    first = nullptr;
    last = &first;
    for (unsigned z = 0; z < gridDim.z; z++)
        for (unsigned y = 0; y < gridDim.y; y++)
            for (unsigned x = 0; x < gridDim.x; x++) {
                blockIdx = uint3{x, y, z};
                run_block();
            }
    Child *const launched = first;
    for (bool tail : {false, true})
        for (Child *each = launched; each; each = each->next) {
            if (each->tail != tail) continue;
            if (depth == DEEPEST) fail(NESTED, each->line, each->file);
            launch->kernel = each->kernel;
            launch->arguments = each->arguments;
            launch->child = each->name;
            launch->shared = each->shared;
            memcpy(launch->grid, &each->grid, sizeof(dim3));
            memcpy(launch->block, &each->block, sizeof(dim3));
            run_all(depth + 1);
        }
}

static int run_grid(Launch *given)       // 0, or -1 if there is no memory for stacks
{
    launch = given;
    if (!make_stacks()) return -1;
    owner = pthread_self();
    stack_t other = {}, old;
    other.ss_sp = signal_stack;
    other.ss_size = sizeof(signal_stack);
    sigaltstack(&other, &old);
    struct sigaction action = {};
    action.sa_sigaction = caught;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (int n = 0; n < 3; n++) sigaction(CAUGHT[n], &action, &before[n]);
    if (!sigsetjmp(way_out, 1)) run_all(0);
    while (Child *each = made) {
        made = each->before;
        free(each);
    }
    for (int n = 0; n < 3; n++) sigaction(CAUGHT[n], &before[n], nullptr);
    sigaltstack(&old, nullptr);
    fflush(stdout);
    return 0;
}

// ---- kernels: their arguments lie one after the other, as CUDA lays them out ----------

template<class... A> struct Arguments {
    struct Places { size_t at[sizeof...(A) + 1], bytes[sizeof...(A) + 1]; };
    static constexpr Places places()
    {
        Places p{{}, {sizeof(A)...}};
        const size_t aligned[] = {alignof(A)..., 1};
        for (size_t n = 0, end = 0; n <= sizeof...(A); n++) {
            p.at[n] = (end + aligned[n] - 1) / aligned[n] * aligned[n];
            end = p.at[n] + p.bytes[n];
        }
        return p;
    }
    static constexpr size_t end() { return places().at[sizeof...(A)]; }
    template<size_t... N>
    static void give(void (*f)(A...), char *given, std::index_sequence<N...>)
    {
        constexpr Places p = places();
        f(*(std::remove_const_t<A> *)(given + p.at[N])...);
    }
    template<size_t... N>
    static void store(char *into, std::index_sequence<N...>, const A &...given)
    {
        constexpr Places p = places();
        (memcpy(into + p.at[N], &given, sizeof(A)), ...);
    }
};

template<auto F> struct Kernel;
template<class... A, void (*F)(A...)> struct Kernel<F> {
    using All = Arguments<A...>;
    static void run(char *given) { All::give(F, given, std::index_sequence_for<A...>()); }
    static uint64_t *describe(uint64_t *out, int bound)
    {
        constexpr auto p = All::places();
        *out++ = (uint64_t)&run;
        *out++ = sizeof...(A);
        *out++ = bound;
        for (size_t n = 0; n < sizeof...(A); n++) { *out++ = p.at[n]; *out++ = p.bytes[n]; }
        return out;
    }
};

// ---- k<<<grid, block, shared, stream>>>(arguments), by a thread -----------------------

template<class A> static void outlives(const A &given, int line, const char *file)
{
    if constexpr (std::is_pointer_v<A>) {
        const char *at = (const char *)given;
        const size_t local = at - launch->stacks, shared = at - dynamic_memory;
        if (local < THREADS * (STACK + GUARD) || shared < DYNAMIC_BYTES)
            fail(GONE, line, file);
    }
}

template<class... A> struct Launcher {
    using All = Arguments<A...>;
    using Numbers = std::index_sequence_for<A...>;
    void (*f)(A...);
    Child child;

    static void run(char *given)
    {
        void (*f)(A...);
        memcpy(&f, given, sizeof(f));
        All::give(f, given + 16, Numbers());
    }
    void operator()(A... given) const
    {
        (outlives(given, child.line, child.file), ...);
        Child *const fresh = (Child *)malloc(sizeof(Child) + 16 + All::end());
        *fresh = child;
        fresh->before = made;
        fresh->kernel = run;
        memcpy(fresh->arguments, &f, sizeof(f));
        All::store(fresh->arguments + 16, Numbers(), given...);
        made = *last = fresh;
        last = &fresh->next;
    }
};

struct Shape { dim3 grid, block; size_t shared; cudaStream_t stream; };
static Shape shape(dim3 grid, dim3 block, size_t shared = 0, cudaStream_t stream = nullptr)
{
    return {grid, block, shared, stream};
}

template<class F> struct Chosen {        // a kernel of several, by the arguments' types
    F f;
    Child child;
    template<class... A> void operator()(A... given) const
    {
        Launcher<A...>{f, child}(given...);
    }
};

static Child child_of(const char *name, Shape s, int line, const char *file)
{
    const dim3 g = s.grid, b = s.block;
    const bool fits = g.x - 1u < INT32_MAX && g.y - 1u < 65535 && g.z - 1u < 65535
        && b.x - 1u < THREADS && b.y - 1u < THREADS && b.z - 1u < 64
        && b.x * b.y * b.z <= THREADS && s.shared <= 48 << 10;
    if (!fits) fail(SIZES, line, file);
    return {nullptr, nullptr, nullptr, name, file, g, b, (uint32_t)s.shared, line,
            s.stream == cudaStreamTailLaunch};
}

template<class F> static auto launched(const char *name, F f, Shape s, HERE)
{
    return Chosen<F>{f, child_of(name, s, line, file)};
}
template<class... A>
static auto launched(const char *name, void (*f)(A...), Shape s, HERE)
{
    return Launcher<A...>{f, child_of(name, s, line, file)};
}

}    // namespace scratch_

#undef sig_t
#undef stack_t
#undef signal
#undef raise
#undef kill
