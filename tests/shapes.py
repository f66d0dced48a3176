"""Shape comments, made true by running them.

    h = x @ w + b        # (B, H)            what is assigned has this shape
    q, k = split(h)      # (B, T), (B, C)    each of them; one shape alone is that of all
    return y             # (B, F)  words     what is returned (yielded, or left standing)

load_checked turns every such comment into a check made while its line runs.  Let the sizes be
different primes, so that (B, F) is not (F, B), and B not 2 F.
"""

import ast
import io
import re
import tokenize
import types
from pathlib import Path

import numpy as np

SHAPE = r"\((?:[A-Z\d][\w *+/-]*(?:, *[A-Z\d][\w *+/-]*)*,?)?\)"
COMMENT = re.compile(rf"# *({SHAPE}(?:, *{SHAPE})*)(?=\s|$)")


def shape_comments(text):
    """{line: "(B, F)"} of the comments that stand behind code and begin with a shape."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    found = {token.start[0]: COMMENT.match(token.string) for token in tokens
             if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip()}
    return {line: match[1] for line, match in found.items() if match}


def load_checked(source, **sizes):
    """The module in the file source, checking its shape comments as it runs: B=5, F=3."""
    text, name = Path(source).read_text(encoding="utf-8"), Path(source).name
    comments = shape_comments(text)
    reached = set()

    def check(line, value, several):
        value = tuple(value) if several else value
        got = [tuple(np.shape(each)) for each in (value if several else [value])]
        said = [shape_of(each, sizes) for each in re.findall(SHAPE, comments[line])]
        said = said * len(got) if len(said) == 1 else said
        assert got == said, (f"{name}:{line} says {comments[line]} = "
                             f"{', '.join(map(str, said))}, got {', '.join(map(str, got))}")
        reached.add(line)
        return value

    tree = Checks(name, comments).visit(ast.parse(text))
    module = types.ModuleType(Path(source).stem)
    module.__file__, module.check_shape = str(source), check
    module.__package__ = ".".join(Path(source).resolve().parent.parts).rpartition(".src.")[2]
    module.unreached_shapes = lambda: [f"{name}:{line} {shape}"
                                       for line, shape in comments.items() if line not in reached]
    exec(compile(ast.fix_missing_locations(tree), source, "exec"), module.__dict__)
    return module


def shape_of(text, sizes):
    """The sizes that "(B, 2 * F)" stands for, a tuple."""
    try:
        return tuple(eval(size, dict(sizes)) for size in text.strip("(,)").split(",") if size)
    except NameError as error:
        raise NameError(f"{text} has a letter {error.name}, and load_checked no size for it") from None


class Checks(ast.NodeTransformer):
    """Sends the value of every statement that ends on a commented line through check_shape."""

    def __init__(self, name, comments):
        self.name, self.left = name, dict(comments)

    def visit_Module(self, tree):
        self.generic_visit(tree)
        for line, shape in self.left.items():
            raise ValueError(f"{self.name}:{line} {shape} is behind no value: put it where an "
                             "assignment or a return ends")
        return tree

    def statement(self, node):
        self.generic_visit(node)
        line = node.end_lineno
        if line not in self.left or node.value is None:
            return node
        del self.left[line]
        if isinstance(node, ast.AugAssign):      # its value is known only afterwards
            target = ast.parse(ast.unparse(node.target), mode="eval").body
            return [node, ast.copy_location(ast.Expr(call(line, target)), node)]
        several = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple)
        holder = node.value if isinstance(node.value, ast.Yield) else node
        holder.value = call(line, holder.value, several)
        return node

    visit_Assign = visit_AnnAssign = visit_AugAssign = visit_Return = visit_Expr = statement


def call(line, value, several=False):
    check = ast.Name("check_shape", ast.Load())
    return ast.Call(check, [ast.Constant(line), value, ast.Constant(several)], [])
