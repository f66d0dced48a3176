"""Rewrite a kernel so that it records what it loads and stores.

    >>> watch = Watch()
    >>> body = parse(tokenize("{ float s = x[i]; y[i] += s; atomicAdd(&n[0], 1); }"),
    ...              {"float"})
    >>> text = untokenize(write(watch.rewrite(body, {"float"}, set())))
    >>> print(text.replace("; ", ";\\n  "))
    { float s = LOOK_(1, 0, x, x[i]);
      LOOK_(3, 1, y, y[i]) += s;
      atomicAdd(POINT_(4, 2, n, &n[0]), 1);
      }
    >>> for site in watch.sites:
    ...     print(site.line, site.text, "of", site.base)
    1 x[i] of x
    1 y[i] of y
    1 n[0] of n

LOOK_(kind, site, base, place) is the place itself, after look_() has recorded its
address and that of what it is a part of.  look_() returns the address to use: the same,
or that of a spare cell if the access is wrong, so that the kernel can go on.

    place    what stands left of = in C: x[i], *p, s->n, a shared variable
    base     the pointer or array through which the place is reached, if that is known
    kind     1 load, 2 store, 3 both, 4 atomic

Pointers and arrays are told apart by the compiler (ARRAY_), since only it knows types.

Left out: what CUDA's own functions do with pointers they are given, but for atomics.
"""

from dataclasses import dataclass

from . import curand_kernel
from .statements import QUALIFIERS, Declaration, Expression, parse, write
from .tokens import Reader, flat, nesting, tokenize, untokenize

LOAD, STORE, BOTH, ATOMIC = 1, 2, 3, 4
ASSIGN = {"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
BINARY = {"+", "-", "*", "/", "%", "<<", ">>", "<", ">", "<=", ">=", "==", "!=", "&",
          "^", "|", "&&", "||", "?", ":", ","}
TEXT = """struct event_ { ulong address, begin, end;
                uint kind, site, thread, block, epoch, size, space, wrong; };
struct watch_ { ulong dynamic, regions, region_count, margin, events, capacity, count,
                errors, error_capacity, error_count, spare; };
static ulong look_(struct context_ *context, uint kind, uint site, ulong base,
                   ulong extent, ulong address, uint size, uint align)
{
    struct watch_ *watch = (struct watch_ *)context->watch;
    const ulong where = base ? base : address;
    ulong begin = 0, end = 0;
    uint space = 0;                      // 0 the thread's own, 1 shared, 2 global
    for (int n = 0; n < 9 && !space; n++)
        if (context->shared_end[n] && where >= context->shared_begin[n]
            && where <= context->shared_end[n]) {
            space = 1; begin = context->shared_begin[n]; end = context->shared_end[n];
        }
    for (ulong n = 0; n < watch->region_count && !space; n++) {
        const ulong *region = (ulong *)watch->regions + 2 * n;
        if (where >= region[0] - watch->margin && where < region[1] + watch->margin) {
            space = 2; begin = region[0]; end = region[1];
        }
    }
    if (extent) { begin = base; end = base + extent; }
    if (!space && !extent) return address;
    const bool outside = address < begin || address + size > end;
    const uint wrong = outside ? 1 : address % align ? 2 : 0;
    if (!space && !wrong) return address;
    ulong n = __sync_fetch_and_add(wrong ? &watch->error_count : &watch->count, 1ul);
    if (n < (wrong ? watch->error_capacity : watch->capacity)) {
        struct event_ *event = (struct event_ *)(wrong ? watch->errors
                                                       : watch->events) + n;
        event->address = address; event->begin = begin; event->end = end;
        event->kind = kind; event->site = site; event->size = size;
        event->thread = get_local_id(0) + get_local_size(0) * (get_local_id(1)
            + get_local_size(1) * get_local_id(2));
        event->block = get_group_id(0) + get_num_groups(0) * (get_group_id(1)
            + get_num_groups(1) * get_group_id(2));
        event->epoch = context->epoch; event->space = space; event->wrong = wrong;
    }
    return wrong ? watch->spare : address;
}
#define ARRAY_(a) (!__builtin_types_compatible_p(__typeof__(a), __typeof__((0, (a)))))
#define EXTENT_(a) __builtin_choose_expr(ARRAY_(a), sizeof(a), 0)
#define LOOK_(kind, site, base, place) (*__builtin_choose_expr(ARRAY_(place), \\
    &(place), (__typeof__(place) *)look_(context_, kind, site, (ulong)(base), \\
    EXTENT_(base), (ulong)&(place), sizeof(place), __alignof__(__typeof__(place)))))
#define POINT_(kind, site, base, pointer) ((__typeof__(pointer))look_(context_, kind, \\
    site, (ulong)(base), EXTENT_(base), (ulong)(pointer), sizeof(*(pointer)), \\
    __alignof__(__typeof__(*(pointer)))))
#define WITHIN_(base, place) __builtin_choose_expr(ARRAY_(place), base, place)
"""


@dataclass
class Site:
    """A place in the source that loads or stores."""

    line: int
    text: str
    base: str


@dataclass
class Value:
    """An expression; root is the pointer or array that it comes from, or nothing."""

    tokens: list
    root: list


@dataclass
class Place:
    """An expression that can be assigned to and lies in memory."""

    tokens: list
    base: list
    text: str


class Watch:
    """Rewrites bodies, and remembers the sites; text is what a program needs for it."""

    text = TEXT

    def __init__(self):
        self.sites = []

    def __call__(self, body, source):
        shared = {t.text for statement in body.everything()
                  if statement.kind == "shared"
                  and "extern" not in [t.text for t in statement.parts[0]]
                  for t in shared_names(statement)}
        return self.rewrite(body, source.types, shared | set(source.variables))

    def rewrite(self, body, types, memory):
        """body, types, names of variables of several threads -> body, changed."""
        for statement in body.everything():
            for part in statement.parts:
                if isinstance(part, Expression):
                    part.tokens = self.expression(part.tokens, types, memory)
                elif isinstance(part, Declaration):
                    for *_, value in part.declarators:
                        if value:
                            value.tokens = self.expression(value.tokens, types, memory)
        return body

    def expression(self, tokens, types, memory):
        if not tokens:
            return tokens
        return Rewriter(tokens, types, memory, self.sites).all()


def shared_names(statement):
    """The names that a declaration of shared memory declares."""
    tokens, depth = statement.parts[0], 0
    for n, token in enumerate(tokens):
        depth += nesting(token.text)
        following = tokens[n + 1].text if n + 1 < len(tokens) else ";"
        if token.kind == "name" and depth == 0 and following in ("[", ",", ";"):
            yield token


class Rewriter(Reader):
    """Goes through one expression, from left to right."""

    def __init__(self, tokens, types, memory, sites):
        super().__init__(tokens)
        self.types, self.memory, self.sites = types, memory, sites

    def all(self):
        result = []
        while self.at < len(self.tokens):
            node = self.whole()
            result += self.load(node).tokens
            if self.at < len(self.tokens):       # an unexpected operator: leave it
                result.append(self.take())
        return result

    def whole(self):
        """Operands and the operators between them, to the end or a closing bracket."""
        node = self.operand()
        first, count, tokens = node, 1, []
        while self.at < len(self.tokens):
            text = self.text()
            if text == "=" or text in ASSIGN:
                kind = STORE if text == "=" else BOTH
                tokens += (self.look(node, kind) if isinstance(node, Place)
                           else node.tokens)
            elif text in BINARY:
                if count == 1 and text in "+-":
                    first = self.load(node)
                    tokens += first.tokens
                else:
                    tokens += self.load(node).tokens
                    if count == 1:
                        first = Value([], [])
            else:
                break
            tokens.append(self.take())
            node = self.operand()
            count += 1
        if count == 1:
            return node
        return Value([*tokens, *self.load(node).tokens],
                     first.root if isinstance(first, Value) else [])

    def operand(self):
        """Something without operators between its parts, and what stands before it."""
        token = self.take()
        text = token.text
        if text == "&":
            node = self.operand()
            if isinstance(node, Place):
                return Value([token, *node.tokens], node.base)
            return Value([token, *node.tokens], node.root)
        if text == "*":
            start = self.at - 1
            node = self.load(self.operand())
            return Place([token, *node.tokens], node.root, self.between(start))
        if text in ("++", "--"):
            node = self.operand()
            changed = self.look(node, BOTH) if isinstance(node, Place) else node.tokens
            return Value([token, *changed], [])
        if text in ("+", "-", "!", "~"):
            return Value([token, *self.load(self.operand()).tokens], [])
        if text == "sizeof":
            if self.text() == "(":
                return Value([token, *self.bracketed()], [])
            start = self.at
            self.operand()
            return Value([token, *self.tokens[start:self.at]], [])
        if text == "(" and (self.text() in self.types | QUALIFIERS):
            self.at -= 1
            cast = self.bracketed()
            node = self.load(self.operand())
            return Value([*cast, *node.tokens], node.root)
        begin = self.at - 1
        return self.postfix(self.primary(token), begin)

    def primary(self, token):
        start = self.at - 1
        if token.text == "(":
            node = self.whole()
            end = self.take() if self.at < len(self.tokens) else token
            if isinstance(node, Place):
                return Place([token, *node.tokens, end], node.base, self.between(start))
            return Value([token, *node.tokens, end], node.root)
        if token.text == "{":
            tokens = [token]                 # a list of values, which may be lists
            while self.at < len(self.tokens) and self.text() != "}":
                tokens += self.argument().tokens
                if self.text() == ",":
                    tokens.append(self.take())
            return Value([*tokens, self.take()], [])
        if token.text.endswith("_cast"):
            head = [token]
            while self.text() != "(":
                head.append(self.take())
            opened = self.take()
            node = self.load(self.whole())
            return Value([*head, opened, *node.tokens, self.take()], node.root)
        if token.kind == "name" and self.text() != "(" and token.text in self.memory:
            return Place([token], [], token.text)
        if token.kind == "name" and self.text() != "(":
            return Value([token], [token])
        return Value([token], [])

    def postfix(self, node, begin):
        """What follows an operand: [i], .x, ->x, (arguments), ++."""
        while self.at < len(self.tokens):
            text = self.text()
            if text == "[":
                base = self.within(node)
                held = self.load(node).tokens
                opened = self.take()
                index = self.load(self.whole()).tokens
                closed = self.take()
                node = Place([*held, opened, *index, closed], base, self.between(begin))
            elif text == "->":
                base = self.within(node)
                held = self.load(node).tokens
                tokens = [*held, self.take(), self.take()]
                node = Place(tokens, base, self.between(begin))
            elif text == ".":
                tokens = [*node.tokens, self.take(), self.take()]
                if isinstance(node, Place):
                    node = Place(tokens, node.base, self.between(begin))
                else:
                    node = Value(tokens, tokens)
            elif text == "(":
                node = self.call(node)
            elif text in ("++", "--"):
                changed = (self.look(node, BOTH) if isinstance(node, Place)
                           else node.tokens)
                node = Value([*changed, self.take()], [])
            else:
                break
        return node

    def call(self, node):
        """f(arguments); an atomic and a generator record what an argument points to."""
        name = node.tokens[-1].text
        atomic = 0 if name.startswith("atomic") else curand_kernel.pointer(name)
        kind = ATOMIC if name.startswith("atomic") else (
            STORE if name == "curand_init_" else BOTH)
        tokens = [*node.tokens, self.take()]
        while self.at < len(self.tokens) and self.text() != ")":
            start = self.at
            argument = self.argument()
            own = argument.tokens[1:] == argument.root       # &state, a variable
            if atomic == 0 and not own:
                site = self.site(self.between(start).lstrip("& "), argument.root,
                                 self.tokens[start].line)
                tokens += [*self.like(f"POINT_({kind}, {site},", tokens[-1]),
                           *self.comma_free(argument.root, tokens[-1]),
                           *self.like(",", tokens[-1]), *spaced(argument.tokens),
                           *self.like(")", tokens[-1])]
            else:
                tokens += argument.tokens
            if atomic is not None:
                atomic -= 1
            if self.text() == ",":
                tokens.append(self.take())
        return Value([*tokens, self.take()], [])

    def argument(self):
        """One argument: what stands before the next comma."""
        end, depth = self.at, 0
        while end < len(self.tokens):
            text = self.tokens[end].text
            if depth == 0 and text in (",", ")", "}"):
                break
            depth += nesting(text)
            end += 1
        inner = Rewriter(self.tokens[self.at:end], self.types, self.memory, self.sites)
        node = inner.whole() if inner.tokens else Value([], [])
        self.at = end
        return self.load(node)

    # ---- what is put in

    def load(self, node):
        """The node as a Value: a Place is loaded."""
        if isinstance(node, Value):
            return node
        return Value(self.look(node, LOAD), self.within(node))

    def look(self, place, kind):
        first = place.tokens[0]
        site = self.site(place.text, place.base, first.line)
        head = self.like(f"LOOK_({kind}, {site},", first)
        head[0] = head[0]._replace(space=first.space)
        return [*head, *self.comma_free(place.base, first), *self.like(",", first),
                *spaced(place.tokens), *self.like(")", place.tokens[-1])]

    def within(self, node):
        """The base of what is reached through node, which points or is an array."""
        if isinstance(node, Value):
            return node.root or (node.tokens if pure(node.tokens) else [])
        if not pure(node.tokens):
            return []
        if len(node.tokens) == 1:            # a shared variable by its name
            return node.tokens
        first = node.tokens[0]
        return [*self.like("WITHIN_(", first), *self.comma_free(node.base, first),
                *self.like(",", first), *spaced(node.tokens), *self.like(")", first)]

    def site(self, text, base, line):
        shown = untokenize(flat(base), file="").strip() if base else ""
        if "LOOK_" in shown or "WITHIN_" in shown:
            shown = text.partition("[")[0]
        self.sites.append(Site(line, text, shown))
        return len(self.sites) - 1

    def comma_free(self, base, place):
        return spaced(base) if base else self.like(" 0", place)

    def between(self, start):
        """The source's text from tokens[start] to here."""
        return untokenize(flat(self.tokens[start:self.at]), file="").strip()

    def bracketed(self):
        """A bracket and all that is in it, as it is."""
        start, depth = self.at, 0
        while True:
            text = self.take().text
            depth += nesting(text)
            if depth == 0:
                return self.tokens[start:self.at]

    @staticmethod
    def like(text, token):
        return [t._replace(line=token.line, file=token.file) for t in tokenize(text)]


def spaced(tokens):
    """The tokens with one blank before them."""
    return [tokens[0]._replace(space=" "), *tokens[1:]] if tokens else []


def pure(tokens):
    """Can this be written twice, because computing it changes nothing?"""
    texts = [token.text for token in tokens]
    changes = {"++", "--", "=", *ASSIGN} & set(texts)
    calls = any(token.kind == "name" and texts[n + 1:n + 2] == ["("]
                and token.text not in ("LOOK_", "WITHIN_")
                and not token.text.endswith("_cast")
                for n, token in enumerate(tokens))
    return not changes and not calls
