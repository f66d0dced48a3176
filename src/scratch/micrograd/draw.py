"""Draw the computation graph of a Value: numbers in boxes, operations in ovals.

    >>> x, w = Value(2.0, label="x"), Value(-3.0, label="w")
    >>> loss = x * w
    >>> loss.backward()
    >>> for line in draw_dot(loss).body:
    ...     print(line.strip())
    n0 [label="x | data 2 | grad -3" shape=record]
    n1 [label="w | data -3 | grad 2" shape=record]
    n2 [label="data -6 | grad 1" shape=record]
    op2 [label="*" height=0.4 width=0.5]
    n0 -> op2
    n1 -> op2
    op2 -> n2

A notebook shows the drawing itself; draw_dot(loss).render("loss") writes loss.svg.
Black lines without a background suit a page of any colour. Boxes are numbered in
topological order, so that the same computation always gives the same text.

Left out: folding parts of a graph. A layer of real size is thousands of boxes; draw a
single neuron.

Chapter: docs/micrograd/autograd.md.  To copy: this file and engine.py (needs graphviz,
the package and, to make pictures, the program).
"""

import re
import shutil

import graphviz

from .engine import Value, topological_order

TEXT = {"fontname": "Helvetica,Arial,sans-serif", "fontsize": "12"}
NUMBER = {"shape": "record"}
OPERATION = {"width": "0.5", "height": "0.4"}    # inches; more if the text needs it
NO_DOT = """Drawing needs Graphviz's program dot, which is not on the PATH. To get it:
    Debian, Ubuntu    sudo apt-get install graphviz
    macOS             brew install graphviz
    Windows           winget install graphviz
    conda             conda install -c conda-forge graphviz"""


def draw_dot(root, format="svg", rankdir="LR"):
    """The computation graph of root, left to right (rankdir "TB": top to bottom)."""
    if not isinstance(root, Value):
        what = f"{root!r:.60} is of type {type(root).__name__}"
        raise TypeError(f"draw_dot draws a Value; {what}")
    if rankdir not in ("LR", "RL", "TB", "BT"):
        raise ValueError(f"rankdir must be LR, RL, TB or BT, not {rankdir!r}")

    page = {"rankdir": rankdir, "bgcolor": "transparent"}
    graph = Drawing("computation", format=format, graph_attr=page, node_attr=TEXT)
    order = topological_order(root)
    number = {value: n for n, value in enumerate(order)}
    for n, value in enumerate(order):
        graph.node(f"n{n}", box(value, rankdir), **NUMBER)
        if value.operation:
            graph.node(f"op{n}", value.operation, **OPERATION)
            for source, _ in value.inputs:
                graph.edge(f"n{number[source]}", f"op{n}")
            graph.edge(f"op{n}", f"n{n}")
    return graph


def box(value, rankdir):
    """The text of a box: the label if there is one, the number and the gradient."""
    name = [literal(value.label)] if value.label else []
    fields = " | ".join([*name, f"data {value.data:.6g}", f"grad {value.grad:.6g}"])
    return fields if rankdir in ("LR", "RL") else f"{{ {fields} }}"    # { } turns a row


def literal(label):
    """label, escaped for dot, to which a bar or a brace would be the end of a field."""
    seen = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(label))
    seen = seen.replace("&", "&amp;")            # or dot would read &lt; as <
    return re.sub(r"([\\{}|<> ])", r"\\\1", seen)


class Drawing(graphviz.Digraph):
    """A Digraph whose error says how to install dot if it is missing."""

    def pipe(self, *args, **options):
        require_dot()
        return super().pipe(*args, **options)

    def render(self, *args, **options):
        require_dot()
        return super().render(*args, **options)


def require_dot():
    """Raise Graphviz's own error if dot is missing, with the commands to install it."""
    if shutil.which("dot") is None:
        missing = graphviz.ExecutableNotFound(["dot"])
        missing.args = (NO_DOT,)
        raise missing
