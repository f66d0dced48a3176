"""Shuffles, votes and reductions of a warp, as functions in which all threads meet.

    >>> call = tokenize("__shfl_xor_sync(ALL, v, 16)")
    >>> print(untokenize(operation(call[0], split(call[2:-1]), call[-1])))
    shfl_(context_, 3, 1, ALL, v, 16, 32)
    >>> call = tokenize("__all_sync(ALL, x > 0)")
    >>> print(untokenize(operation(call[0], split(call[2:-1]), call[-1])))
    (ballot_(context_, 1, ALL, ! (x > 0)) == 0)

Each thread puts its value, its mask and whether it takes part into shared memory; after
a barrier it reads what the other 31 have put there.  All threads of the block have to
come, and lanes.py sees to that; ACTIVE_ tells who takes part, GONE_ who has returned.
"""

from .tokens import after, like, split, tokenize, untokenize, wrapped

SHUFFLES = {"__shfl_sync": 0, "__shfl_up_sync": 1, "__shfl_down_sync": 2,
            "__shfl_xor_sync": 3}
REDUCTIONS = {f"__reduce_{name}_sync": n for n, name in
              enumerate(("add", "min", "max", "and", "or", "xor"))}
VOTES = {"__ballot_sync": "", "__any_sync": " != 0", "__all_sync": " == 0"}
BLOCK = {"__syncthreads_count": "", "__syncthreads_or": " != 0",
         "__syncthreads_and": " == 0"}
OPERATIONS = {*SHUFFLES, *REDUCTIONS, *VOTES, "__syncwarp", "__activemask"}
CALLED = {"shfl_", "reduce_", "ballot_", "count_", "warp_", "anyone_"}
FUNCTIONS = """#define ACTIVE_ (context_->active)
#define GONE_ (context_->gone)
static uint thread_()
{
    return get_local_id(0) + get_local_size(0) * (get_local_id(1) + get_local_size(1)
                                                  * get_local_id(2));
}
static uint threads_()
{
    return get_local_size(0) * get_local_size(1) * get_local_size(2);
}
static void unfit_(struct context_ *context, int line, int what)
{
    int *failed = (int *)context->failed;
    if (!__sync_val_compare_and_swap(&failed[5], 0, 1)) {    // the first of all threads
        failed[2] = get_group_id(0); failed[3] = get_group_id(1);
        failed[4] = get_group_id(2); failed[1] = what; failed[0] = line;
    }
}
// all threads of the block come here; two tables by turns, so one barrier is enough
static struct lanes_ *meet_(struct context_ *context, int line, uint mask, ulong value)
{
    struct lanes_ *lanes = (struct lanes_ *)context->lanes + context->lanes_turn;
    const uint thread = thread_(), first = thread & ~31u, count = threads_();
    context->lanes_turn ^= 1;
    lanes->value[thread] = value;
    lanes->mask[thread] = mask;
    lanes->joins[thread] = context->active | context->gone << 1;
    BARRIER_();
    if (context->active && line) {
        bool right = mask >> (thread & 31) & 1;
        for (uint n = 0; n < 32 && first + n < count; n++)
            if (mask >> n & 1)
                right = right && (lanes->joins[first + n] == 2 ||
                    lanes->joins[first + n] == 1 && lanes->mask[first + n] == mask);
        if (!right) unfit_(context, line, 3);
    }
    return lanes;
}
static void warp_(struct context_ *context, int line, uint mask)
{
    context->epoch++;                    // what memcheck tells accesses apart by
    meet_(context, line, mask, 0);
}
static bool anyone_(struct context_ *context)
{
    struct lanes_ *lanes = meet_(context, 0, 0, 0);
    for (uint n = 0, count = threads_(); n < count; n++)
        if (lanes->joins[n] == 1) return true;
    return false;
}
static uint count_(struct context_ *context, bool yes)
{
    struct lanes_ *lanes = meet_(context, 0, 0, yes);
    uint sum = 0;
    for (uint n = 0, count = threads_(); n < count; n++) sum += lanes->value[n];
    return sum;
}
static uint ballot_(struct context_ *context, int line, uint mask, bool yes)
{
    struct lanes_ *lanes = meet_(context, line, mask, yes);
    const uint first = thread_() & ~31u, count = threads_();
    uint votes = 0;
    for (uint n = 0; n < 32 && first + n < count; n++)
        if (lanes->joins[first + n] == 1 && (mask >> n & 1) && lanes->value[first + n])
            votes |= 1u << n;
    return votes;
}
static uint from_(struct context_ *context, struct lanes_ *lanes, int kind, int line,
                  uint by, uint width)
{
    const uint thread = thread_(), lane = thread & 31, first = thread - lane;
    const uint begin = lane & ~(width - 1), last = begin + width - 1;
    by &= 31;
    uint from = kind == 0 ? begin + (by & (width - 1))
              : kind == 1 ? (lane - begin < by ? lane : lane - by)
              : kind == 2 ? (lane + by > last ? lane : lane + by)
              : (lane ^ by) > last ? lane : lane ^ by;
    const bool right = width && !(width & (width - 1)) && width <= 32
                       && first + from < threads_() && lanes->joins[first + from] == 1;
    if (context->active && !right) unfit_(context, line, 4);
    return right ? first + from : thread;
}"""
SHUFFLE = """static __attribute__((overloadable)) T shfl_(struct context_ *context, \
int kind, int line, uint mask, T value, uint by, uint width)
{ ulong bits = 0; __builtin_memcpy(&bits, &value, sizeof(T));
  struct lanes_ *lanes = meet_(context, line, mask, bits);
  const uint from = from_(context, lanes, kind, line, by, width);
  __builtin_memcpy(&value, &lanes->value[from], sizeof(T)); return value; }"""
REDUCE = """static __attribute__((overloadable)) T reduce_(struct context_ *context, \
int kind, int line, uint mask, T value)
{ struct lanes_ *lanes = meet_(context, line, mask, (ulong)value);
  const uint first = thread_() & ~31u; bool begun = false; T all = value;
  for (uint n = 0; n < 32 && first + n < threads_(); n++) {
    if (!(mask >> n & 1) || lanes->joins[first + n] != 1) continue;
    const T next = (T)lanes->value[first + n];
    all = !begun ? next : kind == 0 ? all + next : kind == 1 ? min(all, next)
        : kind == 2 ? max(all, next) : kind == 3 ? all & next : kind == 4 ? all | next
        : all ^ next; begun = true; }
  return all; }"""
TABLE = "struct lanes_ { ulong value[1024]; uint mask[1024]; uchar joins[1024]; };"
TEXT = "\n".join([TABLE, FUNCTIONS, *(SHUFFLE.replace("T ", f"{t} ").replace(
    "(T)", f"({t})") for t in ("int", "uint", "long", "ulong", "float", "double")),
    *(REDUCE.replace("T ", f"{t} ").replace("(T)", f"({t})") for t in ("int", "uint"))])


def operation(token, given, end):
    """One operation as a call; given are its arguments, lists of tokens."""
    name, line = token.text, token.line
    listed = []
    for value in given:
        listed += [*after(end, ","), value[0]._replace(space=" "), *value[1:]]
    if name in SHUFFLES:
        width = after(end, ", 32") if len(given) == 3 else []
        return [*like(token, f"shfl_(context_, {SHUFFLES[name]}, {line}"), *listed,
                *width, *after(end, ")")]
    if name in REDUCTIONS:
        return [*like(token, f"reduce_(context_, {REDUCTIONS[name]}, {line}"), *listed,
                *after(end, ")")]
    if name in VOTES:
        mask, asked = given
        sign = "!" if name == "__all_sync" else "0 != "
        mask = [mask[0]._replace(space=" "), *mask[1:]]
        return [*like(token, f"(ballot_(context_, {line},"), *mask,
                *after(end, f", {sign}"), *wrapped(asked), *after(
                    end, f"){VOTES[name]})")]
    if name in BLOCK:
        sign = "!" if name == "__syncthreads_and" else "0 != "
        return [*like(token, f"(count_(context_, {sign}"), *wrapped(given[0]),
                *after(end, f"){BLOCK[name]})")]
    if name == "__activemask":
        return like(token, "ballot_(context_, 0, ~0u, true)")
    return [*like(token, f"warp_(context_, {line}"),
            *(listed or after(end, ", ~0u")), *after(end, ")")]


__all__ = ["TEXT", "operation", "split", "tokenize", "untokenize"]
