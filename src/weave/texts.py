"""Which parts of a module's text can show in the outputs of code that imports it.

What Python executes is the syntax tree without docstrings.  Comments, docstrings and the numbers of lines
show only to code that asks for them: for a docstring by one of the names here, and for lines by one of
these names or by reading the file, which the kernel notes (kernel.Report.audit).
"""

import ast
import functools

ASKING = {    # by which code asks for docstrings or numbers of lines
    "__doc__", "help", "getdoc", "pydoc", "doctest", "testmod", "run_docstring_examples", "pdoc", "pinfo",
    "pinfo2", "lineno", "f_lineno", "tb_lineno", "co_firstlineno", "co_lines", "co_lnotab", "co_positions",
    "co_consts", "f_trace", "dis", "tracemalloc", "traceback", "profile", "cProfile", "pstats", "prun",
    "settrace", "setprofile", "findCaller", "faulthandler", "run_path", "run_module", "__dict__", "vars",
    "getmembers", "marshal"}


@functools.lru_cache(4096)    # a module is of many chapters
def shows_texts(tree, own=False):
    """Whether code can show docstrings or lines of modules; own asks for those of its own module alone.

    >>> shows_texts(ast.parse("print(f.__doc__)")), shows_texts(ast.parse("parser(help='x')"))
    (True, False)
    >>> shows_texts(ast.parse("print(__doc__)")), shows_texts(ast.parse("print(__doc__)"), own=True)
    (False, True)
    """
    return any(asks(node, own) for node in ast.walk(tree))


def asks(node, own):
    if isinstance(node, ast.Name):
        return node.id == "__doc__" if own else node.id in ASKING - {"__doc__"}
    if own:
        return False
    if isinstance(node, ast.Attribute):
        return node.attr in ASKING and isinstance(node.ctx, ast.Load)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = {part for alias in node.names for part in alias.name.split(".")}
        return bool({*names, *(getattr(node, "module", None) or "").split(".")} & ASKING)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value in ASKING or "%(lineno)" in node.value
    return False


@functools.lru_cache(1024)
def program(text):
    """The syntax tree of a module without docstrings and places, as a text.

    >>> program("x = 1  # one") == program("# uno\\n\\nx = 1")
    True
    >>> program("def f():\\n    'doc'\\n    return 1") == program("def f():\\n    return 1")
    True
    >>> program("x = 1") == program("x = 2")
    False
    """
    tree = ast.parse(text)    # its own: imports.parsed keeps one for others
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(getattr(first.value, "value", None), str):
                del node.body[0]
    return ast.dump(tree)
