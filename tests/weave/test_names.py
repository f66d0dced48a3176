"""Visible code takes no name from a check, however it uses it; what is fine is left alone."""

import ast
import dis

import pytest

from weave.chapter import Chapter
from weave.names import borrowed, events

CHECK = "```python check\nimport math\nn = 1\nassert n, 'it is one'\n```\n"


def errors(book, *cells):
    """The errors of a chapter with these cells after CHECK; each is (words after python, code)."""
    text = CHECK + "".join(f"\n```python{' ' * bool(words)}{words}\n{code}\n```\n" for words, code in cells)
    return [str(error) for error in borrowed(Chapter(book.chapter(text), book.root))]


BORROWING = {
    "a name": "print(n)",
    "an import": "math.pi",
    "in a function's body": "def f():\n    return n",
    "in a function inside a function": "def f():\n    def g():\n        return n\n    return g",
    "in a lambda": "f = lambda x: x + n",
    "as a default": "def f(x=n):\n    return x",
    "in a decorator": "@n\ndef f():\n    pass",
    "in an annotation": "def f(x: n):\n    pass",
    "in a comprehension": "[x + n for x in range(3)]",
    "what a comprehension runs over": "[n for n in n]",
    "in a class": "class C:\n    x = n",
    "as a base": "class C(n):\n    pass",
    "in a method, whose class has the name": "class C:\n    n = 2\n    def f(self):\n        return n",
    "before it is made": "print(n)\nn = 2",
    "to make it": "n = n + 1",
    "to change it": "n += 1",
    "in a loop that makes it": "for n in range(n):\n    pass",
    "after it is deleted": "n = 2\ndel n\nprint(n)",
    "to delete it": "del n",
    "in an f-string": "print(f'{n:.2f}')",
    "in a match": "match n:\n    case 1:\n        pass",
    "in an IPython line": "%timeit 1\nprint(n)",
    "through global": "def f():\n    global n\n    return n",
    "annotated without a value": "n: int\nprint(n)",
}


@pytest.mark.parametrize("code", BORROWING.values(), ids=BORROWING)
@pytest.mark.parametrize("words", ["", "quiet"])
def test_visible_code_that_borrows_from_a_check_is_an_error(book, words, code):
    [error] = errors(book, (words, code))
    assert "comes only from the check at line 13" in error


FINE = {
    "made before": "n = 2\nprint(n)",
    "imported anew": "import math\nmath.pi",
    "imported under the name": "import os.path as math\nfrom os import path as n\nprint(math, n)",
    "an argument": "def f(n, *math):\n    return n, math",
    "a local": "def f():\n    n = 2\n    return n",
    "of the function around": "def f(n):\n    def g():\n        return n\n    return g",
    "nonlocal": "def f():\n    n = 2\n    def g():\n        nonlocal n\n        n += 1\n    return g",
    "of a comprehension": "[n for n in range(3)]",
    "of a class": "class C:\n    n = 2\n    m = n",
    "of a walrus": "[n for _ in range(3) if (n := 2)]\nprint(n)",
    "of a loop": "for n in range(3):\n    print(n)",
    "of a with": "with open('x') as n:\n    n.read()",
    "of an except": "try:\n    pass\nexcept ValueError as n:\n    print(n)",
    "of a match": "match 1:\n    case [n, *math]:\n        print(n, math)\n    case {**n}:\n        print(n)",
    "an attribute": "print(str.n)",
    "a keyword": "dict(n=1)",
    "a function made later": "def f():\n    return n\nn = 2",
    "made by a function": "def f():\n    global n\n    n = 2\nf()\nprint(n)",
    "everything": "from os import *\nprint(n)",
}


@pytest.mark.parametrize("code", FINE.values(), ids=FINE)
def test_a_name_that_visible_code_makes_is_fine(book, code):
    assert errors(book, ("", code)) == []


def test_a_check_may_borrow_and_so_may_captions_and_sentences(book):
    path = book.chapter(CHECK + '\n```python check\nassert n == 1, "n is one"\n```\n\nIt is `{python} n`.\n\n'
                        '```python quiet alt="{n} line" caption="{n}"\nprint("a drawing")\n```\n')
    assert borrowed(Chapter(path, book.root)) == []


def test_a_function_may_not_count_on_a_check_that_comes_after_it(book):
    [error] = errors(book, ("", "def f():\n    return late"),
                     ("check", "late = 1\nassert f() == 1, 'f needs it'"))
    assert "'late' comes only from the check at line" in error


def test_a_function_may_use_what_a_later_visible_cell_makes(book):
    assert errors(book, ("", "def f():\n    return n"), ("quiet", "n = 2")) == []


def test_a_name_that_a_check_makes_anew_is_still_visible_codes(book):
    assert errors(book, ("", "m = 1"), ("check", "m = 2\nassert m, 'm'"), ("", "print(m)")) == []


def test_what_a_check_imports_with_a_star_is_the_checks(book):
    [error] = errors(book, ("check", "from os import *\nassert 1, 'one'"), ("", "print(getcwd())"))
    assert "'getcwd' comes only from the check" in error


def test_each_name_is_an_error_once_in_a_cell_at_its_own_line(book):
    found = errors(book, ("", "print(1)\nprint(n, n)\nprint(math)\nprint(n)"))
    lines = [book.line("print(n, n)"), book.line("print(math)")]
    assert [error.split("\n")[0].split(":")[1] for error in found] == [str(line) for line in lines]
    assert f"{lines[0]} | print(n, n)" in found[0]


PLAIN = [code for code in [*BORROWING.values(), *FINE.values()] if not code.startswith("%")]


@pytest.mark.parametrize("code", PLAIN)
def test_the_names_are_those_that_python_looks_up(code):
    """Oracle: the compiler, by the global names that its code loads and stores."""
    found = events(ast.parse(code))
    used, made = names_of(compile(code, "cell", "exec"))
    assert {event.name for event in found if event.what == "make" and event.name != "*"} == made
    assert {event.name for event in found if event.what in ("use", "later")} == used


def names_of(code, inside=False):
    """The names that a code object, and those in it, look up and bind in the module."""
    used, made, own = set(), set(), set()
    is_class = inside and not code.co_flags & 1    # CO_OPTIMIZED: a function's
    for line in dis.get_instructions(code):
        if line.opname in ("LOAD_GLOBAL", "LOAD_NAME", "DELETE_NAME") and line.argval not in own:
            used.add(line.argval)
        elif line.opname == "STORE_GLOBAL" or line.opname == "STORE_NAME" and not is_class:
            made.add(line.argval)
        elif line.opname == "STORE_NAME":
            own.add(line.argval)
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            also_used, also_made = names_of(constant, True)
            used, made = used | also_used, made | also_made
    return used - {"__name__", "__annotations__"}, made - {"__module__", "__qualname__"}


def test_what_every_notebook_has_does_not_come_from_a_star(book):
    assert errors(book, ("check", "from os import *\nassert 1, 'one'"), ("", "print(1)\ndisplay(2)")) == []
