"""Runs a page's cells, one namespace for all of them, and tells what each prints, returns, draws and claims.

begin(most) makes the names as they were when most of the page's cells, or fewer, had run, and says how many.
run(code, name, check, alt, count, tell) runs the next one, of which count has run then; alt is the expression
for what its figure shows.
tell(kind, text) is called while it runs, with kind stdout, stderr, result, error, dot (a graph for Graphviz),
alt, held or broken (a claim), or lost (a claim that cannot be checked any more).
"""

import ast
import builtins
import collections
import contextlib
import copy
import inspect
import linecache
import os
import random
import sys
import time
import traceback
import types

BOOK = "/book"    # where the page's files are: the book's folder, and src in it that of its modules
PATHS = [f"{BOOK}/src", BOOK, f"{BOOK}/standins"]
CELL = "cell "    # begins the names of cells in tracebacks
WIDTH = 79        # characters of a line of a value, as in a notebook
MOST = 100_000    # characters that a cell prints
LONG = 1.0        # seconds; what takes longer is not to be done again
GRAPH = "text/vnd.graphviz"

page = {}
kept = {}    # {how many cells had run: a copy of all that they made}
done, spent = 0, 0.0    # how many cells have run, and for how long since the last copy
tell = print


def begin(most=0):
    global done, spent
    for late in [count for count in kept if count > most]:
        del kept[late]
    done, spent = max(kept, default=0), 0.0
    names = copied(kept[done]) if done else {}
    for name, module in own_modules():
        if name in names:
            vars(module).clear()
            vars(module).update(names[name])
        else:
            del sys.modules[name]
    page.clear()
    page.update(names.get("", {}), __name__="__main__", __builtins__=builtins, display=display)
    if done:
        random.setstate(names["random"])
    sys.path[:] = [*PATHS, *(path for path in sys.path if path not in PATHS)]
    os.chdir(BOOK)
    return done


def own_modules():
    return [(name, module) for name, module in list(sys.modules.items())
            if (getattr(module, "__file__", None) or "").startswith(f"{BOOK}/")
            and module.__name__ != __name__]


def keep():
    """Copy all that the cells have made, if it can be copied."""
    global spent
    names = {name: vars(module) for name, module in own_modules()}
    with contextlib.suppress(Exception):    # there are things that know no copying: a later cell tries again
        kept[done] = copied({**names, "": page, "random": random.getstate()})
        spent = 0.0


def copied(names):
    return copy.deepcopy(names, {id(module): module for module in [*sys.modules.values(), builtins]})


def run(code, name, check, alt, count, teller):
    global tell, done, spent
    tell, out, err, began = teller, Stream("stdout"), Stream("stderr"), time.monotonic()
    linecache.cache[name] = len(code), None, code.splitlines(True), name
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            (claims if check else show)(code, name)
            if alt:
                tell("alt", eval(alt, page))
    except BaseException as error:
        out.flush()
        if not check:
            tell("error", described(error))
    out.flush()
    done, spent = count, spent + time.monotonic() - began
    if spent > LONG:
        keep()


def show(code, name):
    """Run a cell; its last line, if that is an expression, is displayed, unless a semicolon ends it."""
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), page)
    if last:
        value = eval(compile(ast.Expression(last.value), name, "eval"), page)
        if value is not None and not code.rstrip().endswith(";"):
            page["_"] = value
            display(value)


def claims(code, name):
    """Run a check, and go on after a claim that does not hold."""
    told = set()

    def claim(true, sentence):
        text = str(sentence())
        told.add(text)
        tell("held" if true else "broken", text)

    page["__claim__"] = claim
    tree = ast.parse(code, name)
    sentences = [node.msg for node in ast.walk(tree) if isinstance(node, ast.Assert) and node.msg]
    try:
        exec(compile(ast.fix_missing_locations(Claims().visit(tree)), name, "exec"), page)
    except Exception as error:
        for sentence in sentences:
            with contextlib.suppress(Exception):
                text = str(eval(compile(ast.Expression(sentence), name, "eval"), page))
                if text not in told:
                    tell("lost", f"{text} ({type(error).__name__}: {error})")


class Claims(ast.NodeTransformer):
    def visit_Assert(self, node):
        if node.msg is None:
            return node
        call = ast.parse("__claim__(0, lambda: 0)").body[0]
        call.value.args[0], call.value.args[1].body = node.test, node.msg
        return ast.copy_location(call, node)


def display(*values):
    """What a notebook shows of values: a drawing, or a text."""
    for value in values:
        sys.stdout.flush()
        given = getattr(value, "_repr_mimebundle_", dict)() if not isinstance(value, type) else {}
        if GRAPH in given:
            tell("dot", given[GRAPH])
        else:
            tell("result", pretty(value))


class Stream:
    """What is printed, told in pieces of a twentieth of a second, both streams in their order."""

    encoding, errors = "utf-8", "strict"
    last, parts, size, then = "stdout", [], 0, 0.0    # of both

    def __init__(self, kind):
        self.kind = kind
        Stream.size = 0

    def write(self, text):
        before, Stream.size = self.size, self.size + len(text)
        if self.kind != self.last:
            self.flush()
            Stream.last = self.kind
        if before < MOST:
            cut = "\n... what the cell prints from here on is left out ...\n" if self.size >= MOST else ""
            self.parts.append(text + cut)
        if time.monotonic() > self.then + 0.05:
            self.flush()
        return len(text)

    def flush(self):
        if text := "".join(self.parts):
            tell(self.last, text)
        self.parts.clear()
        Stream.then = time.monotonic()

    def isatty(self):
        return False


def described(error):
    """The traceback from the cell on; the machinery of this file and of Pyodide is not in it."""
    trace = traceback.TracebackException.from_exception(error)
    outer = trace
    while outer:
        cells = [n for n, frame in enumerate(outer.stack) if frame.filename.startswith(CELL)]
        outer.stack[:] = outer.stack[cells[0]:] if cells else []
        outer = outer.__cause__ or outer.__context__
    return "".join(trace.format()).rstrip()


def pretty(value, at=0, margin=0, rest=0):
    """A value as a notebook writes it.

    It begins at column at; its other lines begin at margin, or further in; rest characters follow the last.
    """
    own = type(value).__repr__
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}".removeprefix("builtins.")
    if isinstance(value, types.FunctionType):
        return f"<function {value.__module__}.{value.__qualname__}{inspect.signature(value)}>"
    if own is collections.Counter.__repr__:
        return inside("Counter(", [dict(value.most_common())] if value else [], ")", at, margin, rest)
    if own is collections.defaultdict.__repr__:
        return inside("defaultdict(", [value.default_factory, dict(value)], ")", at, margin, rest)
    if own is dict.__repr__:
        return inside("{", value.items(), "}", at, margin, rest, pair)
    if own in (set.__repr__, frozenset.__repr__) and value:
        begin, end = ("{", "}") if own is set.__repr__ else ("frozenset({", "})")
        with contextlib.suppress(TypeError):
            value = sorted(value)
        return inside(begin, value, end, at, margin, rest)
    if own is list.__repr__:
        return inside("[", value, "]", at, margin, rest)
    if own is tuple.__repr__:
        return inside("(", value, ",)" if len(value) == 1 else ")", at, margin, rest)
    return repr(value)


def pair(item, at, margin, rest):
    key = pretty(item[0], at, margin, rest)
    return f"{key}: {pretty(item[1], at + len(key) + 2, margin, rest)}"


def inside(begin, values, end, at, margin, rest, write=pretty):
    """Values in brackets: on one line if they fit there, and else each on a line of its own."""
    values, margin = list(values), margin + len(begin)
    flat = begin + ", ".join(write(value, -10**9, 0, 0) for value in values) + end
    if at + len(flat) + rest <= WIDTH:
        return flat
    last = len(values) - 1
    lines = [write(value, margin if n else at + len(begin), margin, 1 if n < last else len(end) + rest)
             for n, value in enumerate(values)]
    return begin + (",\n" + " " * margin).join(lines) + end
