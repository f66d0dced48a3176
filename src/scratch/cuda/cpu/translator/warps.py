"""Find what relies on the threads of a warp moving in step, which they do not do here.

    >>> source = Source('''__global__ void k(int *x)
    ... {
    ...     __shared__ int s[64];
    ...     int t = threadIdx.x;
    ...     s[t] = x[t];
    ...     __syncthreads();
    ...     if (t < 32) { s[t] += s[t + 32]; s[t] += s[t + 16]; }
    ... }''')
    >>> [kernel] = source.kernels()
    >>> [relied] = find(source, kernel)
    >>> relied.line, relied.text, relied.in_block(64), relied.in_block(16)
    (7, 's', True, False)

Threads run one after the other between two barriers, so thread 0 adds what threads 1,
2, 4, ... have not yet summed up.  Two orders of events are found, in which a thread
changes an array:

    store [t], load [t + 16], store      the loaded cell was to be the stored one
    load [t - 1], store [t]              the loaded cell was to be the old one

An index is a sum of terms; one is the number of a thread, threadIdx.x, alone and not
multiplied, so that thread t + 16 exists.  That depends on conditions around the access,
t < 32, and on the size of the block, so the launch decides: Relied.in_block.

An index may also be t ^ 16.  Left out: indices that are computed in other ways;
distances that are arguments; conditions that choose threads by == or %.  memcheck finds
races in these.
"""

import math
import re
from dataclasses import dataclass

from . import statements, vocabulary
from .barriers import ASSIGN, BARRIER
from .declarations import Source, parameter_name
from .tokens import closing, nesting, outer, split, tokenize, wrapped

OTHER = {"/", "%", "<<", ">>", "&", "|", "^", "?", "<", ">", "<=", ">=", "==", "!=",
         "&&", "||"}
AXES = {"threadIdx.x", "threadIdx.y", "threadIdx.z"}
NEGATED = {"<": ">=", ">=": "<", ">": "<=", "<=": ">"}
OPPOSITE = {**NEGATED, "==": "!=", "!=": "=="}
MIRRORED = {"<": ">", ">": "<", ">=": "<=", "<=": ">="}


@dataclass
class Access:
    """Of an array, at an index: {term: factor}, for threads from lowest to below."""

    index: dict
    lowest: float
    below: float
    line: int
    variables: list          # (sign, {term: factor}): threads are compared with these
    flipped: str = ""        # index ^ flipped, if that is what is meant


@dataclass
class Relied:
    """Two accesses that are right only if the threads of a warp move in step."""

    line: int
    text: str
    load: Access
    store: Access
    distance: int            # the thread that stores is that much above the loading one

    def in_block(self, threads):
        """Are there two such threads in a block of that many?"""
        load, store = self.load, self.store
        return (max(load.lowest, store.lowest - self.distance)
                < min(load.below, threads, store.below - self.distance,
                      threads - self.distance))


def find(source, kernel):
    """Each Relied of a kernel and of the functions that it calls, a list."""
    walker = Walker(source)
    walker.function(kernel, {}, [])
    return walker.found


class Walker:
    """Goes through statements in the order in which a thread carries them out."""

    def __init__(self, source):
        self.source, self.found = source, []
        self.bodies, self.steps, self.inside = {}, set(), []
        self.begin()

    def begin(self):
        """After a barrier: array -> its accesses since."""
        self.loads, self.stores, self.late = {}, {}, {}

    def function(self, function, values, conditions):
        if not function.body or function in self.inside:
            return
        key = id(function)
        if key not in self.bodies:
            body = statements.parse(function.body, self.source.types)
            self.bodies[key] = body, assigned_once(body)
            self.steps |= stepping(body)
        body, once = self.bodies[key]
        self.inside.append(function)
        self.walk(body, {**values}, conditions, once)
        self.inside.pop()

    def walk(self, statement, values, conditions, once):
        kind, inner = statement.kind, statement.inner()
        for part in statement.parts:
            if isinstance(part, statements.Declaration):
                self.declaration(part, values, conditions, once)
        if kind == "block":
            conditions = [*conditions]
            for part in inner:
                self.walk(part, values, conditions, once)
                if part.kind == "if" and leaves(part):
                    conditions += opposite(self.conjuncts(part, values))
            return
        for expression in statement.expressions():
            if expression.role != "step" and not any(
                    expression is value for part in statement.parts
                    if isinstance(part, statements.Declaration)
                    for *_, value in part.declarators):
                self.expression(expression.tokens, values, conditions, once)
        if kind == "if":
            inside = [*conditions, *self.conjuncts(statement, values)]
            before = self.state()
            self.walk(inner[0], values, inside, once)
            if len(inner) > 1:
                after = self.state()
                self.loads, self.stores, self.late = before
                self.walk(inner[1], values, [*conditions, *opposite(
                    self.conjuncts(statement, values))], once)
                before = after
            self.join(before)
        elif kind in statements.LOOPS:
            inside = [*conditions, *self.conjuncts(statement, values)]
            for _ in range(2):               # what follows from one round to the next
                for part in inner:
                    self.walk(part, values, inside, once)
        else:
            for part in inner:
                self.walk(part, values, conditions, once)

    def state(self):
        return tuple({array: [*held] for array, held in table.items()}
                     for table in (self.loads, self.stores, self.late))

    def join(self, other):
        """Both ways may have been taken."""
        for table, more in zip((self.loads, self.stores, self.late), other):
            for array, held in more.items():
                mine = table.setdefault(array, [])
                mine += [each for each in held if each not in mine]

    # ---- values and conditions

    def declaration(self, part, values, conditions, once):
        for name, declarator, _, value in part.declarators:
            if value is None:
                continue
            self.expression(value.tokens, values, conditions, once)
            values.pop(name.text, None)
            if name.text in once and declarator[-1] is name:
                values[name.text] = wrapped(expanded(value.tokens, values))

    def conjuncts(self, statement, values):
        """The conditions joined by && of an if or a loop, their names replaced."""
        return [part for expression in statement.expressions("condition")
                if expression.tokens
                for part in parted(expanded(expression.tokens, values), "&&")]

    # ---- accesses

    def expression(self, tokens, values, conditions, once):
        if any(token.text == "," for token in tokens):
            parts = split(tokens)
            if len(parts) > 1:
                for part in parts:
                    self.expression(part, values, conditions, once)
                return
        for n, token in enumerate(tokens):
            following = tokens[n + 1].text if n + 1 < len(tokens) else ""
            if token.text in (BARRIER, "__syncwarp"):
                self.begin()
            elif following == "(" and token.text in self.source.functions:
                self.call(token.text, tokens[n + 1:closing(tokens, n + 1) + 1], values,
                          conditions)
        if len(tokens) > 2 and tokens[1].text == "=" and tokens[0].text in once:
            values[tokens[0].text] = wrapped(expanded(tokens[2:], values))
        stores = []
        for pointer, index, load, store in accesses(tokens):
            at = linear(expanded(pointer, values))
            arrays = [term for term, factor in at.items()
                      if factor == 1 and term.isidentifier()]
            if len(arrays) != 1:
                continue
            del at[arrays[0]]
            for n, inner in enumerate(index):
                if n + 1 < len(index):       # of a row, another array
                    arrays[0] += f"[{spelled(expanded(inner, values))}]"
                else:
                    at = added(at, linear(expanded(inner, values)))
            flipped = ""
            if len(at) == 1:
                base, _, flipped = next(iter(at)).partition("^")
                at = {base: 1} if flipped else at
            access = self.access(at, conditions, pointer[0].line, flipped)
            if access and load:
                self.load(arrays[0], access)
            if access and store:
                stores.append((arrays[0], access))
        for array, access in stores:
            self.store(array, access)

    def call(self, name, arguments, values, conditions):
        given = split(arguments[1:-1])
        for function in self.source.functions[name]:
            names = [parameter_name(part).text for part in function.parameters]
            if len(names) == len(given):
                self.function(function, {
                    parameter: wrapped(expanded(value, values))
                    for parameter, value in zip(names, given) if value}, conditions)

    def access(self, index, conditions, line, flipped):
        """The Access by the threads that the conditions leave, or None."""
        own = thread_terms(index)
        lane = next((term for term in own if is_lane(term)), None)
        if not any(factor == 1 and (term in AXES or term == lane)
                   for term, factor in own.items()):
            return None
        lowest, below, variables = 0, (32 if lane else math.inf), []
        for condition in conditions:
            bound = None if "^" in spelled(condition) else compared(condition)
            if bound is None:
                if chooses(condition):
                    return None
                continue
            left, sign = bound
            if thread_terms(left) == {t: -f for t, f in own.items()}:
                left, sign = {t: -f for t, f in left.items()}, MIRRORED[sign]
            if thread_terms(left) != own:
                continue
            rest = {t: -f for t, f in left.items() if t not in own and f}
            if set(rest) - {""}:
                variables.append((sign, rest))
                continue
            limit = rest.get("", 0)
            if sign in ("<", "<="):
                below = min(below, limit + (sign == "<="))
            else:
                lowest = max(lowest, limit + (sign == ">"))
        return Access(index, lowest, below, line, variables, flipped)

    def load(self, array, access):
        self.loads.setdefault(array, []).append(access)
        for store in self.stores.get(array, []):
            distance = self.apart(access, store)
            if distance:
                self.late.setdefault(array, []).append(
                    Relied(access.line, name_of(array), access, store, distance))

    def store(self, array, access):
        for load in self.loads.get(array, []):
            distance = self.apart(load, access)
            if distance < 0 and overlapping(load, access):
                self.note(Relied(load.line, name_of(array), load, access,
                                 distance))
        for relied in self.late.pop(array, []):
            self.note(relied)
        self.stores.setdefault(array, []).append(access)

    def apart(self, load, store):
        """How much higher the thread is that stores to a loaded cell; 0 if unknown."""
        terms = difference(load.index, store.index)
        if load.flipped or store.flipped:    # t ^ 16 is above t or below it
            if terms or store.flipped:
                return 0
            terms = {load.flipped: -1}
            if load.flipped.isdigit():
                return -int(load.flipped)
        if not set(terms) - {""}:
            return terms.get("", 0)
        if len(terms) > 1:
            return 0
        [(term, factor)] = terms.items()
        words = {token.text for token in tokenize(term) if token.kind == "name"}
        return factor if len(words) == 1 and words <= self.steps else 0

    def note(self, relied):
        if relied not in self.found:
            self.found.append(relied)


# ---- what a body says about its variables --------------------------------------------

def assigned_once(body):
    """Names that are declared once, and get one value and keep it."""
    declared = [(name.text, value is not None) for inner in body.everything()
                for part in inner.parts if isinstance(part, statements.Declaration)
                for name, _, _, value in part.declarators]
    names, changed = [name for name, _ in declared], [*changes(body)]
    return {name for name, valued in declared if names.count(name) == 1 and
            [sign for other, sign, _ in changed if other == name]
            == ([] if valued else ["="])}


def stepping(body):
    """Names that are doubled, halved or counted, so that they take small values."""
    return {name for name, operator, operand in changes(body)
            if operator in ("++", "--") or (operator, operand) in SMALL
            or operator == "=" and operand in {step.replace("d", name)
                                               for step in STEPS}}


STEPS = ("d/2", "d>>1", "d*2", "2*d", "d<<1", "d+d", "d+1", "d-1")
SMALL = {("/=", "2"), (">>=", "1"), ("*=", "2"), ("<<=", "1"), ("+=", "1"), ("-=", "1")}


def changes(body):
    """(name, operator, operand as text) of each assignment to a variable."""
    for statement in body.everything():
        for expression in statement.expressions():
            tokens = expression.tokens
            for n, token in enumerate(tokens):
                before = tokens[n - 1] if n else None
                following = tokens[n + 1] if n + 1 < len(tokens) else None
                if token.text in ("++", "--"):
                    for name in (before, following):
                        if name and name.kind == "name":
                            yield name.text, token.text, ""
                elif token.text in ASSIGN and before and before.kind == "name":
                    end = n + 1
                    while end < len(tokens) and tokens[end].text not in (",", ")", ";"):
                        end = 1 + (closing(tokens, end) if tokens[end].text in "([{"
                                   else end)
                    yield before.text, token.text, spelled(stripped(tokens[n + 1:end]))
                elif token.text == "&" and following and following.kind == "name" and (
                        not before or before.text in ("(", ",", "=")):
                    if n + 2 == len(tokens) or tokens[n + 2].text != "[":
                        yield following.text, "&", ""


def leaves(statement):
    """Does an if without else end in a return, break or continue?"""
    inner = statement.inner()
    last = inner[0]
    while last.kind == "block" and last.inner():
        last = last.inner()[-1]
    return len(inner) == 1 and last.kind in ("return", "break", "continue")


# ---- expressions ---------------------------------------------------------------------

def expanded(tokens, values):
    """The tokens with the values of the variables that have one."""
    result = []
    for n, token in enumerate(tokens):
        member = n and tokens[n - 1].text in (".", "->")
        if token.kind == "name" and token.text in values and not member:
            result += values[token.text]
        else:
            result.append(token)
    return result


def name_of(array):
    """rows of rows[threadIdx.x/32]"""
    return array.partition("[")[0]


def spelled(tokens):
    return "".join(token.text for token in tokens)


def stripped(tokens):
    """The tokens without brackets around all of them, and without casts before."""
    while tokens and tokens[0].text == "(":
        end = closing(tokens, 0)
        if end == len(tokens) - 1:
            tokens = tokens[1:-1]
        elif all(t.text in vocabulary.TYPES | {"const", "*"} for t in tokens[1:end]):
            tokens = tokens[end + 1:]
        else:
            break
    return tokens


def cut(tokens, operators):
    """[(operator before it, tokens)]: the parts between operators in no bracket."""
    parts, depth = [("", [])], 0
    for token in tokens:
        depth += nesting(token.text)
        held = parts[-1][1]
        infix = held and (held[-1].kind in ("name", "number") or
                          held[-1].text in (")", "]"))
        if depth == 0 and token.text in operators and (infix or not held):
            parts.append((token.text, []))
        else:
            held.append(token)
    return parts if parts[0][1] or len(parts) == 1 else parts[1:]


def parted(tokens, operator):
    return [part for _, tokens in cut(stripped(tokens), {operator})
            for part in [stripped(tokens)]]


def linear(tokens):
    """An expression as {term: factor}; the term of a number is "".

    >>> linear(tokenize("(s + 2 * (threadIdx.x - 1)) + n * n"))
    {'s': 1, 'threadIdx.x': 2, '': -2, 'n*n': 1}
    """
    tokens = stripped(tokens)
    if len(tokens) > 1 and tokens[0].text == "&" and tokens[-1].text == "]":
        at = next((n for n, t in enumerate(tokens) if t.text == "["), 0)
        if closing(tokens, at) == len(tokens) - 1:       # &s[i] is s + i
            return added(linear(tokens[1:at]), linear(tokens[at + 1:-1]))
    terms = cut(tokens, {"+", "-"})
    if len(terms) > 1 or terms[0][0]:
        total = {}
        for operator, part in terms:
            total = added(total, linear(part), -1 if operator == "-" else 1)
        return total
    factors = cut(tokens, {"*"})
    if len(factors) > 1 and not OTHER & {token.text for token in outer(tokens)}:
        scale, rest = 1, []
        for factor in [linear(part) for _, part in factors]:
            if set(factor) <= {""}:
                scale *= factor.get("", 0)
            else:
                rest.append(factor)
        if len(rest) <= 1:
            return {term: scale * f for term, f in (rest or [{"": 1}])[0].items()}
    if len(tokens) == 1 and tokens[0].kind == "number":
        try:
            return {"": int(tokens[0].text.rstrip("uUlL"), 0)}
        except ValueError:
            pass
    return {plain(tokens): 1}


def plain(tokens):
    """Text of an opaque term, brackets around single words left out."""
    text, before = spelled(tokens), None
    while text != before:
        before, text = text, re.sub(r"(?<!\w)\(([\w.]+|\([^()]*\))\)", r"\1", text)
    return text


def added(one, other, factor=1):
    total = dict(one)
    for term, f in other.items():
        total[term] = total.get(term, 0) + factor * f
    return {term: f for term, f in total.items() if f}


def difference(one, other):
    return added(one, other, -1)


def thread_terms(form):
    return {term: f for term, f in form.items() if "threadIdx" in term}


def is_lane(term):
    """The number of a thread in its warp: threadIdx.x & 31."""
    return bool(re.fullmatch(r"[^?]*(%32|&31|&0x1[fF]|%warpSize)", term))


def compared(condition):
    """a < b as ({term: factor} of a - b, "<"), or None."""
    parts = cut(stripped(condition), {*NEGATED, "||", "&&", "?", "==", "!="})
    if len(parts) != 2 or parts[1][0] not in NEGATED:
        return None
    (_, left), (sign, right) = parts
    return difference(linear(left), linear(right)), sign


def chooses(condition):
    """May a condition leave threads that are no neighbours, such as t % 2 == 0?"""
    text = spelled(condition)
    whole_warps = ("/" in text or ">>" in text) and not set(text) & {"%", "&"}
    return "threadIdx" in text and not whole_warps or "^" in text


def opposite(conditions):
    """Conditions of what is done if not all of these hold, as far as they tell."""
    if len(conditions) != 1:
        return []
    found = []
    for part in parted(conditions[0], "||"):
        for n, token in enumerate(part):
            if token.text in OPPOSITE and token in [*outer(part)]:
                found.append([*part[:n], token._replace(text=OPPOSITE[token.text]),
                              *part[n + 1:]])
                break
    return found


def overlapping(load, store):
    """May threads between those bounds that are variables load what others store?"""
    terms = set(difference(load.index, store.index)) - {""}
    for sign, rest in [*load.variables, *store.variables]:
        words = {token.text for term in rest for token in tokenize(term)}
        if sign in ("<", "<="):
            if words & {t.text for term in terms for t in tokenize(term)}:
                return False
        elif len(rest) > 1 or set(rest.values()) != {1}:
            return False
    return True


def accesses(tokens):
    """(pointer, [index, ...], loads, stores) of each p[i] and *p, all as tokens."""
    for n, token in enumerate(tokens):
        following = tokens[n + 1].text if n + 1 < len(tokens) else ""
        before = tokens[n - 1].text if n else ""
        if token.kind == "name" and following == "[" and before not in (".", "->"):
            pointer, index, end = [token], [], n + 1
            while end < len(tokens) and tokens[end].text == "[":
                close = closing(tokens, end)
                index.append(tokens[end + 1:close])
                end = close + 1
        elif token.text == "*" and following == "(" and not (
                n and (tokens[n - 1].kind in ("name", "number")
                       or before in (")", "]"))):
            end = closing(tokens, n + 1) + 1
            pointer, index = tokens[n + 2:end - 1], []
        else:
            continue
        while end + 1 < len(tokens) and tokens[end].text == ".":
            end += 2                         # a member of the element
        operator = tokens[end].text if end < len(tokens) else ""
        if before == "&" and (n < 2 or tokens[n - 2].text in ("(", ",", "=")):
            continue                         # its address
        both = operator in ASSIGN - {"="} or operator in ("++", "--") or (
            before in ("++", "--"))
        yield pointer, index, both or operator != "=", both or operator == "="
