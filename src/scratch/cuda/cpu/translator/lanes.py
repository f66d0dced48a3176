"""Warp shuffles and votes: all threads of a block meet, and some of them take part.

    >>> body = parse(tokenize('''{
    ...     if (threadIdx.x < 32) { v += __shfl_down_sync(~0u, v, 1); x[0] = v; }
    ... }'''), {"float"})
    >>> body = arranged(body, set(), set(), set(), False)
    >>> print(untokenize(write(body)).replace("; ", ";\\n    "))
    {
    {const bool was_0 = ACTIVE_, yes_0 = ACTIVE_ && (threadIdx.x < 32);ACTIVE_ = yes_0;
        { __auto_type lane_2 = shfl_(context_, 2, 2, ACTIVE_ ? (~0u) : 0, \
ACTIVE_ ? (v) : 0, ACTIVE_ ? (1) : 0, 32);
        if (ACTIVE_) v += lane_2;
        if (ACTIVE_) x[0] = v;
        } ACTIVE_ = was_0;}
    }

PoCL runs the threads of a block one after the other from barrier to barrier.  So a
shuffle is a barrier: each thread puts its value into shared memory, and takes that of
another lane after all have done so.  That is right only if all threads of the block
arrive, and CUDA asks it only of those of a warp that the mask names.  So a branch or a
loop around a shuffle, if threads may disagree about it, is gone through by all of them,
and ACTIVE_ says who takes part: only these change anything.

A launch ends in an error, with the line, where a lane that the mask names does not
arrive with the same mask, or a thread takes the value of a lane that takes no part.
CUDA leaves open what comes of that.

    operation    a shuffle, a vote, a reduction, __syncwarp
    guarded      done only by threads that take part

Where it bites: what operations do in && and || and ?:, and return, break and continue
in the middle of such a branch, are refused.
"""

from . import barriers, statements
from .operations import BLOCK, OPERATIONS, operation
from .statements import LOOPS, Declaration, Expression, Statement, parse, write
from .tokens import (Unsupported, after, closing, like, split, tokenize, untokenize,
                     wrapped)

ACTIVE = "ACTIVE_"
CHOOSING = {"&&", "||", "?"}


def functions_with(source):
    """Names of functions with an operation, or that call one with it."""
    found, before = {*OPERATIONS}, 0
    while len(found) > before:
        before = len(found)
        found |= {function.name for function in source.all_functions()
                  if has(function.body, found)}
    return found - OPERATIONS


def has(tokens, names):
    """Is one of these called?"""
    return any(token.text in names and following.text == "("
               for token, following in zip(tokens, tokens[1:]))


def arranged(body, uniform, functions, waiting, apart, kernel=False):
    """The Statement of a body, changed; kernel says that return ends a thread.

    functions are names of the program's own that have operations, waiting of those that
    have barriers; apart says that threads that take no part may come into this one.
    """
    names = OPERATIONS | functions
    if has(write(body), names | {*BLOCK}):
        varying = barriers.find_varying(body, uniform)
        writer = Writer(names, varying, waiting)
        writer.voted, writer.kernel = barriers.waits(body, waiting), kernel
        writer.fixed = set(uniform) - statements.declared(body) - changed(body)
        body = writer.inside(body) if apart else writer.outside(body)
    return body


def changed(body):
    """Names that stand before =, or beside ++, -- or &."""
    tokens = write(body)
    return {name.text for left, right in zip(tokens, tokens[1:])
            for name, sign in ((left, right), (right, left))
            if sign.text in {"++", "--", "&", *barriers.ASSIGN} and name.kind == "name"}


def called_apart(source, functions, waiting, uniform):
    """Names of those functions that a thread may come to that takes no part.

    uniform(function, body) gives the names that are alike in all threads.
    """
    found, before = set(), -1
    while len(found) > before:
        before = len(found)
        for function in source.all_functions():
            if has(function.body, functions):
                body = parse(function.body, source.types)
                varying = barriers.find_varying(body, uniform(function, body))
                writer = Writer(OPERATIONS | functions, varying, waiting)
                found |= writer.reached_apart(body, function.name in found) & functions
    return found


class Writer:
    """Rewrites the statements of one body."""

    def __init__(self, names, varying, waiting):
        self.names, self.varying, self.waiting = names, varying, waiting
        self.count, self.voted, self.kernel, self.fixed = 0, False, False, set()

    def works(self, part):
        """Does it have an operation?"""
        return has(write(part), self.names)

    def decides(self, statement):
        """May threads disagree about the condition of an if or a loop?"""
        return any(barriers.is_varying(e.tokens, self.varying)
                   for e in statement.expressions("condition")) or (
            statement.kind in LOOPS and barriers.leaves_early(statement, self.varying))

    def number(self):
        self.count += 1
        return self.count - 1

    def reached_apart(self, statement, apart):
        """Names that are called where threads may take no part."""
        found = set()
        if statement.kind in ("if", "switch", *LOOPS) and self.works(statement):
            apart = apart or self.decides(statement) and not barriers.waits(
                statement, self.waiting)
        if statement.kind == "block":
            for inner in statement.inner():
                found |= self.reached_apart(inner, apart)
                apart = apart or inner.kind == "if" and leaves(inner) and (
                    self.decides(inner))
            return found
        inside = statement.inner()
        if apart:
            found |= {token.text for token in write(statement)}
        for inner in inside:
            found |= self.reached_apart(inner, apart)
        return found

    # ---- where all threads take part

    def outside(self, statement):
        """A statement that all threads of the block come to."""
        kind = statement.kind
        if not self.works(statement) and kind != "block":
            leaves = "return" in barriers.escaping(statement)
            for expression in statement.expressions():
                if leaves and not self.voted and expression.role == "condition" and (
                        self.decides(statement)):
                    barriers.vote(expression, True)
                expression.tokens = self.written(expression.tokens)
            for inner in statement.inner():
                self.outside(inner)
            return statement
        if kind in ("if", "switch", *LOOPS) and self.decides(statement) and (
                not barriers.waits(statement, self.waiting)):
            return self.inside(statement)
        if kind == "block":
            statement.parts = self.block(statement.parts)
            return statement
        for expression in statement.expressions():
            refuse_choices(expression.tokens, self.names)
            expression.tokens = self.written(expression.tokens)
        statement.parts = [self.outside(part) if isinstance(part, Statement) else part
                           for part in statement.parts]
        return statement

    def block(self, parts):
        """if (i >= n) return; and what follows as if (!(i >= n)) { what follows }."""
        for n, part in enumerate(parts):
            if not isinstance(part, Statement):
                continue
            rest = [p for p in parts[n + 1:] if isinstance(p, Statement)]
            if part.kind == "if" and leaves(part) and self.decides(part) and any(
                    self.works(p) for p in rest):
                condition = part.parts[2].tokens
                first, last = condition[0], parts[-1][-1]
                ends = [Statement("raw", [like(first, "GONE_ = !ACTIVE_;")])]
                other = choice([*like(first, "!"), *wrapped(condition)], Statement(
                    "block", [like(first, "{"), *(ends if self.kernel else []), *rest,
                              after(last, " }")]), first)
                return [*parts[:n], self.outside(other), *parts[-1:]]
            parts[n] = self.outside(part)
        return parts

    # ---- where some of them may not

    def inside(self, statement):
        """A statement that threads come to that take no part."""
        kind = statement.kind
        if kind == "block":
            parts = []
            for part in statement.parts:
                if isinstance(part, Statement):
                    parts += self.listed(part)
                else:
                    parts.append(part)
            statement.parts = parts
            return statement
        made = self.listed(statement)
        place = write(made[0])[0]
        return made[0] if len(made) == 1 else Statement(
            "block", [like(place, "{"), *made, after(place, " }")])

    def listed(self, statement):
        """The same, as one or several Statements."""
        kind = statement.kind
        if kind not in ("block", "expression") and barriers.waits(statement,
                                                                  self.waiting):
            raise Unsupported("a __syncthreads() in a branch or loop with a warp "
                              "operation, about which threads may disagree, cannot run "
                              "on the CPU engine", write(statement)[0])
        if kind == "declaration":
            return self.declaration(statement)
        if kind == "expression":
            return self.expression(statement)
        if kind == "return":
            return self.result(statement)
        if kind in ("type", "label", "shared", "raw", "block"):
            return [self.inside(statement) if kind == "block" else statement]
        if not self.works(statement):
            self.refuse_leaving(statement)
            return [guarded(statement)]
        if self.known(statement):
            for n, part in enumerate(statement.parts):
                if isinstance(part, Statement):
                    statement.parts[n] = self.inside(part)
            return [statement]
        if kind == "if":
            return [self.choice(statement)]
        if kind in LOOPS:
            return [self.loop(statement)]
        raise Unsupported(f"{kind} with a warp operation inside, about which threads "
                          "may disagree, cannot run on the CPU engine; write if",
                          write(statement)[0])

    def known(self, statement):
        """Is the way through it known to threads that take no part, too?

        They have no values of their own: those of variables are set by the others.
        """
        parts = [part for part in statement.parts if isinstance(part, (Expression,
                                                                       Declaration))]
        own = {name.text for part in parts if isinstance(part, Declaration)
               for name, *_ in part.declarators}
        tokens = [token for part in parts for token in write(part)]
        held = {token.text for token in tokens if token.kind == "name"}
        changed = {before.text for before, token in zip(tokens, tokens[1:])
                   if token.text in barriers.ASSIGN}
        return (not self.decides(statement) and not self.works(Statement("", parts))
                and harmless(tokens, assigns=True) and changed <= own
                and all(name in own | self.fixed | barriers.HARMLESS | {"x", "y", "z"}
                        or name.isupper() for name in held)
                and not any(barriers.escaping(part) for part in statement.inner()))

    def refuse_leaving(self, statement):
        kinds = barriers.escaping(statement)
        if kinds:
            raise Unsupported(f"{sorted(kinds)[0]} in a branch or loop with a warp "
                              "operation, about which threads may disagree, cannot "
                              "run on the CPU engine", write(statement)[0])

    def declaration(self, statement):
        """int v = x[i]; as int v; if (ACTIVE_) v = x[i];"""
        [declaration] = [p for p in statement.parts if isinstance(p, Declaration)]
        place, made = declaration.type[0], []
        kind = [t for t in declaration.type if t.text not in ("const", "constexpr")]
        for name, declarator, _, value in declaration.declarators:
            held = [t for t in declarator if t.text != "const"]
            own = kind
            if value and kind and kind[0].text == "auto":
                own = [*like(place, "__typeof__("), *value.tokens, *after(place, ")")]
                if self.works(value):
                    raise Unsupported("auto and a warp operation: write the type",
                                      place)
            listed = value is not None and value.tokens[0].text == "{"
            if listed and (self.works(value) or not harmless(value.tokens)):
                raise Unsupported(f"{name.text}: a list of values with memory or warp "
                                  "operations cannot run on the CPU engine inside of "
                                  "this branch; assign them one by one", name)
            end = [*like(name, "="), *value.tokens] if listed else []
            made.append(Statement("declaration", [
                Declaration([own[0]._replace(space=place.space), *own[1:]],
                            [(name, [held[0]._replace(space=" "), *held[1:]],
                              end[:1], Expression(end[1:]) if listed else None)], []),
                after(name, ";")]))
            if value is not None and not listed:
                spaced = name._replace(space=" ")
                tokens = [spaced, *like(spaced, "="),
                          value.tokens[0]._replace(space=" "), *value.tokens[1:]]
                made += self.expression(simple(tokens))
        return made

    def expression(self, statement):
        """x[i] = v; as if (ACTIVE_) x[i] = v; what an operation gives comes before."""
        [expression] = [p for p in statement.parts if isinstance(p, Expression)]
        tokens = expression.tokens
        if not tokens:
            return [statement]
        if barriers.waits(statement, self.waiting):
            line = tokens[0].line
            return [simple(like(tokens[0], f"vote_(context_, {line}, 0, {ACTIVE})")),
                    statement]
        if not self.works(expression):
            return [guarded(statement)]
        hoisted, rest = self.hoisted(tokens)
        return [*hoisted, *([guarded(simple(rest))] if rest else [])]

    def hoisted(self, tokens):
        """Statements for the operations of an expression, and the rest of it."""
        refuse_choices(tokens, self.names)
        if tokens[0].text in self.names and closing(tokens, 1) == len(tokens) - 1:
            return [simple(self.call(tokens, 0))], []
        made, tokens = [], list(tokens)
        while has(tokens, self.names):
            at = max(n for n in range(len(tokens) - 1) if tokens[n].text in self.names
                     and tokens[n + 1].text == "(")      # an inner one, if there is one
            close = closing(tokens, at + 1)
            name = f"lane_{self.number() + 1}"
            call = self.call(tokens[at:close + 1], 0)
            place = tokens[0]
            made.append(simple([*like(place, f"__auto_type {name} ="),
                                call[0]._replace(space=" "), *call[1:]]))
            tokens[at:close + 1] = like(tokens[at], name)
        return made, tokens

    def call(self, tokens, at):
        """An operation with the values of those that take part."""
        close = closing(tokens, at + 1)
        given = split(tokens[at + 2:close])
        given = given if given != [[]] else []
        kept = [value if harmless(value) and tokens[at].text not in OPERATIONS else
                [*like(value[0]._replace(space=" "), f"{ACTIVE} ? ("),
                 value[0]._replace(space=""), *value[1:], *after(value[-1], ") : 0")]
                for value in given]
        listed = []
        for n, value in enumerate(kept):
            listed += [*(after(value[0], ",") if n else []), *value]
        return self.written([tokens[at], tokens[at + 1], *listed, tokens[close]])

    def result(self, statement):
        """return f(v); of a function that threads come to that take no part."""
        [expression] = [p for p in statement.parts if isinstance(p, Expression)]
        tokens = expression.tokens
        if not tokens or not self.works(expression) and harmless(tokens):
            return [statement]
        hoisted, rest = self.hoisted(tokens) if self.works(expression) else ([], tokens)
        place = tokens[0]
        if not rest:                     # return of a call alone
            [last] = hoisted
            call = last.parts[0].tokens
            return [Statement("return", [like(place, "return"), Expression(
                [call[0]._replace(space=" "), *call[1:]]), after(place, ";")])]
        name = f"lane_{self.number() + 1}"
        return [*hoisted, simple([*like(place, "__typeof__("), *rest, *after(
                place, f") {name}")]), guarded(simple([*like(place, f"{name} ="),
                                                       *rest])),
                Statement("return", [like(place, "return"), Expression(
                    like(place._replace(space=" "), name)), after(place, ";")])]

    def choice(self, statement):
        """if (c) a; else b; as both for all, some of whom take part."""
        condition = statement.parts[2].tokens
        place, n = condition[0], self.number()
        before, condition = self.hoisted(condition) if has(condition, self.names) else (
            [], condition)
        if not condition:                # an operation alone
            before[-1].parts[0].tokens[0:0] = like(place, f"__auto_type lane_{n} =")
            condition = like(place, f"lane_{n}")
        inner = statement.inner()
        for branch in inner:
            self.refuse_leaving(branch)
        made = [*before, simple([*like(
            place, f"const bool was_{n} = {ACTIVE}, yes_{n} = {ACTIVE} && ("),
            condition[0]._replace(space=""), *condition[1:], *after(place, ")")]),
            simple(like(place, f"{ACTIVE} = yes_{n}")), self.inside(inner[0])]
        if len(inner) > 1:
            made += [simple(like(place, f"{ACTIVE} = was_{n} && !yes_{n}")),
                     self.inside(inner[1])]
        end = write(statement)[-1]
        made.append(simple(like(end._replace(space=" "), f"{ACTIVE} = was_{n}")))
        return Statement("block", [like(place, "{"), *made, after(end, " }")])

    def loop(self, statement):
        """while (c) a; as long as there is a thread that goes on."""
        parts = [p for p in statement.parts if isinstance(p, (Expression, Declaration))]
        [body] = statement.inner()
        [condition] = [p for p in parts if isinstance(p, Expression)
                       and p.role == "condition"]
        place, n = write(statement)[0], self.number()
        start = [p for p in parts if isinstance(p, Declaration)
                 or p.role == "start" and p.tokens]
        steps = [p for p in parts if isinstance(p, Expression) and p.role == "step"
                 and p.tokens]
        made = []
        for part in start:
            made += (self.declaration(Statement("declaration", [part]))
                     if isinstance(part, Declaration) else
                     self.expression(simple(part.tokens)))
        made.append(simple(like(place, f"const bool was_{n} = {ACTIVE}")))
        before, asked = self.hoisted(condition.tokens) if self.works(condition) else (
            [], condition.tokens)
        if self.works(condition) and not asked:
            before[-1].parts[0].tokens[0:0] = like(place, f"__auto_type lane_{n} =")
            asked = like(place, f"lane_{n}")
        asks = [*before, simple([*like(place, f"{ACTIVE} = {ACTIVE} && ("),
                                 *(asked or like(place, "true")), *after(place, ")")])]
        ends = choice(like(place, "!anyone_(context_)"),
                      Statement("break", [like(place, "break;")]), place)
        inner = self.round(body)
        for step in steps:
            inner += self.expression(simple(step.tokens))
        whole = [*asks, ends, *inner]
        if statement.kind == "do":
            whole = [*inner, *asks, ends]
        made.append(Statement("while", [
            like(place, "while ("), Expression(like(place, "true"), "condition"),
            after(place, ")"), Statement("block", [like(place, "{"), *whole,
                                                   after(place, " }")])]))
        made.append(simple(like(place, f"{ACTIVE} = was_{n}")))
        return Statement("block", [like(place, "{"), *made, after(place, " }")])

    def round(self, body):
        """The statements of a loop's body, in which if (c) break; may stand."""
        listed = [p for p in body.parts if isinstance(p, Statement)] if (
            body.kind == "block") else [body]
        made = []
        for part in listed:
            inner = part.inner()
            if part.kind == "if" and len(inner) == 1 and breaks(inner[0]):
                condition = part.parts[2].tokens
                place = condition[0]
                before, rest = self.hoisted(condition) if has(
                    condition, self.names) else ([], condition)
                if not rest:
                    n = self.number()
                    before[-1].parts[0].tokens[0:0] = like(place,
                                                           f"__auto_type lane_{n} =")
                    rest = like(place, f"lane_{n}")
                made += [*before, simple([*like(place, f"{ACTIVE} = {ACTIVE} && !("),
                                          *rest, *after(place, ")")])]
            else:
                self.refuse_leaving(part)
                made += self.listed(part)
        return made

    # ---- operations by the names of the functions above

    def written(self, tokens):
        """The tokens with operations as calls of what is in TEXT."""
        tokens, n = list(tokens), len(tokens) - 2
        while n >= 0:
            token = tokens[n]
            if token.text in OPERATIONS | {*BLOCK} and tokens[n + 1].text == "(":
                close = closing(tokens, n + 1)
                given = split(tokens[n + 2:close])
                given = given if given != [[]] else []
                tokens[n:close + 1] = operation(token, given, tokens[close])
            n -= 1
        return tokens


def simple(tokens):
    """expression;"""
    return Statement("expression", [Expression(tokens), after(tokens[-1], ";")])


def choice(condition, statement, place):
    """if (condition) statement"""
    return Statement("if", [like(place, "if"), like(place._replace(space=" "), "("),
                            Expression(condition, "condition"), after(place, ")"),
                            statement])


def guarded(statement):
    """if (ACTIVE_) statement"""
    place = write(statement)[0]
    return choice(like(place._replace(space=""), ACTIVE), statement, place)


def leaves(statement):
    """if (...) return; of a function that returns nothing, without an else?"""
    inner = statement.inner()
    if len(inner) != 1:
        return False
    [last] = inner
    while last.kind == "block" and len(last.inner()) == 1:
        [last] = last.inner()
    return last.kind == "return" and not any(e.tokens for e in last.expressions())


def breaks(statement):
    """break; or { break; }"""
    while statement.kind == "block" and len(statement.inner()) == 1:
        [statement] = statement.inner()
    return statement.kind == "break"


def harmless(tokens, assigns=False):
    """Does an expression load, store, call and divide by variables nowhere?"""
    texts = [token.text for token in tokens]
    stores = set() if assigns else {"++", "--", *barriers.ASSIGN}
    return not (set(texts) & {"[", "->", *stores}) and not any(
        token.kind == "name" and following.text == "(" or
        token.text in ("/", "%", "/=", "%=") and following.kind != "number"
        for token, following in zip(tokens, tokens[1:])) and not any(
        text == "*" and (n == 0 or not (tokens[n - 1].kind in ("name", "number")
                                        or texts[n - 1] in (")", "]")))
        for n, text in enumerate(texts))


def refuse_choices(tokens, names):
    """Refuse an operation in && and || and ?:, which not all threads may come to."""
    texts = [token.text for token in tokens]
    first = next((n for n, text in enumerate(texts) if text in CHOOSING), len(texts))
    for n in range(first, len(texts) - 1):
        if texts[n] in names and texts[n + 1] == "(":
            raise Unsupported(f"{texts[n]} after {texts[first]}: a warp operation that "
                              "only some threads come to cannot run on the CPU engine; "
                              "give its result to a variable before", tokens[n])


__all__ = ["arranged", "called_apart", "functions_with", "tokenize", "untokenize"]
