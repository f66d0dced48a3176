"""Make sure that all threads arrive at a barrier: by a vote, where they may not.

    >>> body = tokenize('''{
    ...     for (int s = 8; s > 0; s /= 2) { f(s); __syncthreads(); }
    ...     if (threadIdx.x < n) return;
    ...     __syncthreads();
    ... }''')
    >>> print(untokenize(every_thread_arrives(body, {"int"}, uniform={"n"})))
    {
        for (int s = 8; s > 0; s /= 2) { f(s); __syncthreads(); }
        if (vote_(context_, 3, 1, threadIdx.x < n)) return;
        __syncthreads();
    }

PoCL runs a block on one processor: all its threads from barrier to barrier, one after
the other.  That is right only if all of them take the same way to the next barrier; if
some return and others go on, or their loops end in different rounds, it computes
nonsense or crashes.  A GPU waits for ever, or, for threads that have returned, does not
wait.

So each condition on which a barrier depends is examined.  If it is computed from values
that all threads of a block share, such as blockIdx and the arguments, all threads take
the same decision.  Otherwise the threads vote: should they disagree, all of them
go the same way, and the launch ends in an error that names the line.

    uniform    alike in all threads of a block      varying    perhaps not

Nor may LLVM change the way.  Where a barrier follows a loop that some threads do not
enter, it has these jump to the barrier from before the loop; PoCL takes two ways to a
barrier for two barriers, and has every thread of the block go as the first one goes, so
that threads with nothing to load write into tiles.  Therefore an instruction that no
compiler sees through stands before each barrier (vocabulary.BARRIER), and all ways lead
through it.  Nor may LLVM join the end of a branch that has a barrier with the end of an
if inside of it, behind the barrier: PoCL would again send all threads the first one's
way.  So such a branch, too, ends with that instruction, see close().

A return after which no barrier comes is nobody's concern.

Where it bites: `if (i >= n) return;` before a barrier, which GPUs allow, is refused in
a block where only some threads return.  Write `if (i < n)` around loads and stores
instead.
"""

from .statements import LOOPS, Declaration, Statement, declared, parse, write
from .tokens import after, like, tokenize, untokenize

BARRIER = "__syncthreads"
COUNTING = {f"{BARRIER}_{what}" for what in ("count", "and", "or")}
OPAQUE = '__asm__ volatile ("");'
LEAVING = ("return", "break", "continue")
ASSIGN = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
VOTE = """static bool vote_(struct context_ *context, int line, bool leaving, bool yes)
{
    uint *votes = (uint *)context->votes, turn = context->turn;
    context->turn = (turn + 1) % 3;
    votes[(turn + 1) % 3] = 0;    // safe: no thread reads it before the next barrier
    __sync_fetch_and_or(&votes[turn], yes ? 1 : 2);
    BARRIER_();
    if (votes[turn] != 3) return yes;
    int *failed = (int *)context->failed;
    if (!__sync_val_compare_and_swap(&failed[5], 0, 1)) {    // the first of all blocks
        failed[2] = get_group_id(0); failed[3] = get_group_id(1);
        failed[4] = get_group_id(2); failed[1] = 1 + leaving; failed[0] = line;
    }
    return leaving;                      // alike, so that all can go on
}
"""


def every_thread_arrives(tokens, types, uniform, waiting=frozenset({BARRIER})):
    """The tokens of a body, with votes where a barrier depends on varying values.

    uniform are names, of parameters, constants and functions, that are alike in all
    threads; waiting the functions inside of which there is a barrier.
    """
    return write(arranged(parse(tokens, types), uniform, waiting))


def arranged(body, uniform, waiting, followed=False):
    """The same, of a Statement, which is changed.

    followed says that barriers may come after any statement, other than waiting ones.
    """
    if waits(body, waiting):
        followed = followed or any(token.text == "goto" for token in write(body))
        mark(body, find_varying(body, uniform), waiting, None, followed)
    return body


def close(statement, waiting, inside=False):
    """Before the end of a branch with a barrier, and jumps in it: what LLVM can't join.

    waiting are names of functions; those that lanes.py has put in get context_.
    """
    branching = statement.kind in ("if", "switch") and meets(statement, waiting)
    for inner in statement.inner():
        close(inner, waiting, inside or branching)
    if branching:
        statement.parts = [closed(part) if isinstance(part, Statement) and meets(
            part, waiting) else part for part in statement.parts]
    elif inside and statement.kind in LEAVING:
        tokens = write(statement)
        statement.parts = [like(tokens[0], f"{{ {OPAQUE}"), *statement.parts,
                           after(tokens[-1], "}")]


def closed(statement):
    """{ statement OPAQUE } as a statement."""
    tokens = write(statement)
    return Statement("block", [like(tokens[0], "{"), statement,
                               after(tokens[-1], f"{OPAQUE} }}")])


def meets(statement, waiting):
    """Is there a barrier in it, or an operation of a warp, or a call of such?"""
    texts = [token.text for token in write(statement)]
    return any(second == "(" and (first in waiting or third == "context_")
               for first, second, third in zip(texts, texts[1:], texts[2:]))


def waits(statement, waiting):
    """Is there a barrier in it, or a call of a function that has one?"""
    tokens = write(statement)
    return any(token.text in waiting and following.text == "("
               for token, following in zip(tokens, tokens[1:]))


def names(tokens):
    """Names in an expression, but for those of members."""
    for n, token in enumerate(tokens):
        if token.kind == "name" and (n == 0 or tokens[n - 1].text not in (".", "->")):
            yield token.text


def is_varying(tokens, varying):
    """May the threads of a block disagree about this expression?"""
    for n, token in enumerate(tokens):
        before = tokens[n - 1].text if n else "("
        if token.text in ("[", "->", "threadIdx") or token.text in varying:
            return True                  # memory may hold anything
        if token.text == "*" and not (before[-1].isalnum() or before in "_)]"):
            return True
    return any("atomic" in name for name in names(tokens))


def find_varying(body, uniform):
    """Names of variables that may differ between the threads of a block."""
    varying, before = set(), -1
    known = declared(body) | set(uniform)
    while len(varying) != before:        # what depends on varying values varies, too
        before = len(varying)
        spread(body, varying, known, False)
    return varying | unknown(write(body), known)


HARMLESS = set("""blockIdx blockDim gridDim warpSize sizeof int float unsigned signed
    long char short double size_t bool true false const if else for while do return
    break continue switch case default void __syncthreads""".split())


def unknown(tokens, known):
    """Names about which nothing is known; one in capitals is taken for a constant."""
    called = {token.text for n, token in enumerate(tokens[:-1])
              if token.kind == "name" and tokens[n + 1].text == "("}
    return {name for name in names(tokens) if name not in known | HARMLESS
            and (name in called or not name.isupper())}


def spread(statement, varying, known, control):
    """One round: find what is assigned from varying values, or where they decide."""
    for part in statement.parts:
        if isinstance(part, Declaration):
            for name, _, _, value in part.declarators:
                if value and (control or is_varying(value.tokens, varying)):
                    varying.add(name.text)
    for expression in statement.expressions():
        assigned(expression.tokens, varying, control)
    decides = control or any(is_varying(e.tokens, varying)
                             for e in statement.expressions("condition"))
    if statement.kind in ("for", "while", "do") and not decides:
        decides = leaves_early(statement, varying)
    if statement.kind == "for" and decides:
        for expression in statement.expressions("step"):
            assigned(expression.tokens, varying, True)
    for inner in statement.inner():
        spread(inner, varying, known, decides)


def leaves_early(loop, varying):
    """Do varying values decide about a break, continue or return inside?"""
    return any(escaping(statement) for statement in loop.everything()
               if statement.kind in ("if", "switch") and any(
                   is_varying(e.tokens, varying)
                   for e in statement.expressions("condition")))


def escaping(statement):
    """The kinds of jumps in it that leave it; the break of a switch ends there."""
    found = {statement.kind} & set(LEAVING)
    for inner in statement.inner():
        found |= escaping(inner)
    if statement.kind in LOOPS:
        found -= {"break", "continue"}
    if statement.kind == "switch":
        found -= {"break"}
    return found


def assigned(tokens, varying, control):
    """Add the names that an expression assigns varying values to."""
    for n, token in enumerate(tokens):
        before = tokens[n - 1] if n else None
        after = tokens[n + 1] if n + 1 < len(tokens) else None
        if token.text in ASSIGN and before is not None and before.kind == "name":
            member = n > 1 and tokens[n - 2].text in (".", "->")
            name = tokens[n - 3] if member and n > 2 else before
            if control or is_varying(tokens[n + 1:], varying):
                varying.add(name.text)
        elif token.text in ("++", "--") and control:
            varying.update(t.text for t in (before, after) if t and t.kind == "name")
        elif token.text == "&" and after is not None and (
                before is None or before.text in ("(", ",", "=")):
            name = next((t for t in tokens[n + 1:] if t.text not in ("(", "*")), token)
            if name.kind == "name":
                varying.add(name.text)   # a value may be stored through it


def mark(statement, varying, waiting, loop, followed):
    """Put votes into the conditions that a barrier depends on.

    followed says whether a thread may come to a barrier after the statement.
    """
    kinds, barrier = escaping(statement), waits(statement, waiting)
    returns = "return" in kinds and (barrier or followed)
    leaving = returns or loop is not None and waits(loop, waiting) and (
        "break" in kinds or "continue" in kinds)
    if statement.kind in ("if", "for", "while", "do", "switch") and (
            barrier or leaving and statement.kind in ("if", "switch") or returns):
        for expression in statement.expressions("condition"):
            if expression.tokens and is_varying(expression.tokens, varying):
                vote(expression, leaving and statement.kind == "if")
    loops, parts = statement.kind in ("for", "while", "do"), statement.inner()
    for n, inner in enumerate(parts):
        later = loops and barrier or statement.kind == "block" and any(
            waits(part, waiting) for part in parts[n + 1:])
        mark(inner, varying, waiting, statement if loops else loop, followed or later)


def vote(expression, leaving):
    """condition -> vote_(context_, line, leaving, condition)"""
    first = expression.tokens[0]
    begin = tokenize(f"vote_(context_, {first.line}, {int(leaving)}, ")
    end = tokenize(")")
    last = expression.tokens[-1]
    expression.tokens = [
        *(t._replace(line=first.line, file=first.file) for t in begin),
        first._replace(space=first.space or " "), *expression.tokens[1:],
        *(t._replace(line=last.line, file=last.file) for t in end)]
