"""Visible code runs as shown: no name that it uses was made by a check cell alone.

A reader who copies a page takes its shown cells and its folded set-up, not its checks.  So what a
check imports or defines is the check's own, and a shown or quiet cell that uses it is an error.
The body of a function looks its names up when it is called, so for those it is enough that visible
code makes them anywhere on the page.
"""

import ast
import builtins
import json
from dataclasses import dataclass

from .files import Remembering

EVERYTHING = "*"    # the name that `from module import *` makes
GIVEN = {*dir(builtins), "display", "get_ipython", "In", "Out", "_", "__"}    # in every notebook
of_chapters = Remembering(None)    # what each chapter borrows: see borrowed


@dataclass(frozen=True)
class Event:
    """What a line of code does with a name.

    It uses the name now, or later, when a function is called; makes it; deletes it; or, by := in a
    comprehension, makes it in the scope around ("lift").
    """

    what: str    # use, later, make, delete, lift
    name: str
    line: int    # of the code, from 1


def borrowed(chapter):
    """What visible code of a chapter borrows from checks, as WeaveErrors at the lines where it does."""
    code = [[block.role, block.line, block.text] for block in chapter.blocks if block.code]
    found = of_chapters.known(code, lambda: json.dumps(list(borrowings(chapter))))
    return [chapter.error(line, message) for line, message in json.loads(found)]


def borrowings(chapter):
    """Where a chapter borrows, and what: (line, message)."""
    blocks = [(block, events(block.code.tree)) for block in chapter.blocks if block.code]
    made = [(event.name, block) for block, found in blocks for event in found if event.what == "make"]
    shown = {name for name, block in made if block.role != "check"}
    checked = {name: block for name, block in reversed(made) if block.role == "check"}
    visible, hidden, told = set(), {}, set()    # the names made so far; the hidden ones with their checks
    for block, found in blocks:
        for event in found:
            if block.role == "check":
                if event.what == "make":
                    hidden.setdefault(event.name, block)
                elif event.what == "delete":
                    hidden.pop(event.name, None)
            elif event.what == "make":
                visible.add(event.name)
            elif event.what == "delete":
                visible.discard(event.name)
            else:
                known = (shown, checked) if event.what == "later" else (visible, hidden)
                check = maker(event.name, *known)
                if check and (block, event.name) not in told:
                    told.add((block, event.name))
                    yield (block.line + event.line - 1, f"{event.name!r} comes only from the check at line "
                           f"{check.line - 1}, which readers do not copy; make it in a shown or a quiet cell")


def maker(name, visible, hidden):
    """The check that a name comes from, if it does not come from what is visible."""
    if name in visible or EVERYTHING in visible:
        return None
    return hidden.get(name) or (hidden.get(EVERYTHING) if name not in GIVEN else None)


def events(tree):
    """What module-level code does with its names, in the order in which it runs.

    >>> [(event.what, event.name) for event in events(ast.parse("def f(x): return x + y\\nf(a); a = 1"))]
    [('later', 'y'), ('make', 'f'), ('use', 'f'), ('use', 'a'), ('make', 'a')]
    """
    scope = Scope()
    scope.visit(tree)
    return scope.events


class Scope(ast.NodeVisitor):
    """Collects the events of one scope, and of the scopes inside it what reaches out of them."""

    lifts = False    # a comprehension, where := binds outside

    def __init__(self, *nodes):
        self.events = []
        self.outer = set()    # names that `global` and `nonlocal` take from outside
        self.visit_all(*nodes)

    @property
    def made(self):
        return {event.name for event in self.events if event.what == "make"} - self.outer

    def add(self, what, name, node):
        self.events.append(Event(what, name, node.lineno))

    def visit_all(self, *nodes):
        for node in nodes:
            if isinstance(node, list):
                self.visit_all(*node)
            elif node is not None:
                self.visit(node)

    # Names

    def visit_Name(self, node):
        self.add("make" if isinstance(node.ctx, ast.Store) else "use", node.id, node)
        if isinstance(node.ctx, ast.Del):
            self.add("delete", node.id, node)

    def visit_Import(self, node):
        for alias in node.names:    # `import a.b` makes a, and `import *` EVERYTHING
            self.add("make", alias.asname or alias.name.split(".")[0], node)

    visit_ImportFrom = visit_Import

    def visit_Global(self, node):
        self.outer.update(node.names)

    visit_Nonlocal = visit_Global

    # What does not run in the order of the fields of its node

    def visit_Assign(self, node):
        self.visit_all(node.value, node.targets)

    def visit_AnnAssign(self, node):
        self.visit_all(node.value, node.annotation)
        if node.value or not isinstance(node.target, ast.Name):    # `x: int` makes nothing
            self.visit(node.target)

    def visit_AugAssign(self, node):
        if isinstance(node.target, ast.Name):
            self.add("use", node.target.id, node)
        self.visit_all(node.value, node.target)

    def visit_NamedExpr(self, node):
        self.visit(node.value)
        self.add("lift" if self.lifts else "make", node.target.id, node)

    def visit_For(self, node):
        self.visit_all(node.iter, node.target, node.body, node.orelse)

    visit_AsyncFor = visit_For

    # What names something without an ast.Name

    def visit_named(self, node):
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if isinstance(node, ast.ExceptHandler):
            self.visit_all(node.type)
        if name:
            self.add("make", name, node)
        self.visit_all([getattr(node, part, None) for part in ("pattern", "keys", "patterns", "body")])

    visit_ExceptHandler = visit_MatchAs = visit_MatchStar = visit_MatchMapping = visit_named

    # Scopes

    def visit_FunctionDef(self, node):
        given = node.args
        names = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        names = [argument for argument in names if argument]
        self.visit_all(getattr(node, "decorator_list", []), given.defaults, given.kw_defaults,
                       [argument.annotation for argument in names], getattr(node, "returns", None))
        inside = Scope(node.body)
        own = inside.made | type_parameters(node) | {argument.arg for argument in names}
        for event in inside.events:
            if event.what in ("use", "later") and event.name not in own:
                self.events.append(Event("later", event.name, event.line))
            elif event.what == "make" and event.name in inside.outer:
                self.events.append(event)
        if not isinstance(node, ast.Lambda):
            self.add("make", node.name, node)

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def visit_ClassDef(self, node):
        self.visit_all(node.decorator_list, node.bases, node.keywords)
        inside = Scope(node.body)
        own = type_parameters(node)
        for event in inside.events:
            if event.what == "make" and event.name not in inside.outer:
                own.add(event.name)
            elif event.what == "delete":
                own.discard(event.name)
            elif event.what != "use" or event.name not in own:    # methods do not see their class's
                self.events.append(event)
        self.add("make", node.name, node)

    def visit_comprehension_of(self, node):
        first, *others = node.generators
        self.visit(first.iter)    # runs outside
        inside = Comprehension(first.target, first.ifs)
        for other in others:
            inside.visit_all(other.iter, other.target, other.ifs)
        inside.visit_all([getattr(node, part, None) for part in ("key", "value", "elt")])
        for event in inside.events:
            if event.what == "lift" and not self.lifts:
                self.events.append(Event("make", event.name, event.line))
            elif event.what != "make" and event.name not in inside.made:
                self.events.append(event)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_comprehension_of


class Comprehension(Scope):
    lifts = True


def type_parameters(node):
    return {parameter.name for parameter in getattr(node, "type_params", [])}
