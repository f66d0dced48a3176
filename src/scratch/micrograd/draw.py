"""Draw the graph behind a Value: a box for every number, an oval for every operation.

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
Black ink without a background suits a page of any colour, and boxes numbered inputs
first make one text of one computation, every time.

Left out: folding. A layer of real size is thousands of boxes; draw a single neuron.

Chapter: docs/micrograd/autograd.md.  To copy: this file and engine.py (needs graphviz,
the package and, to make pictures, the program).
"""

import re
import shutil

import graphviz

from .engine import Value, inputs_first

TEXT = {"fontname": "Helvetica,Arial,sans-serif", "fontsize": "12"}
NUMBER = {"shape": "record"}
OPERATION = {"width": "0.5", "height": "0.4"}    # inches, as little as the text allows
NO_DOT = """Graphviz's program dot makes the picture and is not on the PATH. To get it:
    Debian, Ubuntu    sudo apt-get install graphviz
    macOS             brew install graphviz
    Windows           winget install graphviz
    conda             conda install -c conda-forge graphviz"""


def draw_dot(root, format="svg", rankdir="LR"):
    """The graph that made root, left to right (rankdir "TB": from top to bottom)."""
    if not isinstance(root, Value):
        what = f"{root!r:.60} is of type {type(root).__name__}"
        raise TypeError(f"draw_dot draws a Value; {what}")
    if rankdir not in ("LR", "RL", "TB", "BT"):
        raise ValueError(f"rankdir is LR, RL, TB or BT, not {rankdir!r}")

    page = {"rankdir": rankdir, "bgcolor": "transparent"}
    graph = Drawing("computation", format=format, graph_attr=page, node_attr=TEXT)
    order = inputs_first(root)
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
    """What a box says, line under line: the label if there is one, data, gradient."""
    name = [literal(value.label)] if value.label else []
    fields = " | ".join([*name, f"data {value.data:.6g}", f"grad {value.grad:.6g}"])
    return fields if rankdir in ("LR", "RL") else f"{{ {fields} }}"    # { } turns a row


def literal(label):
    """label in dot's spelling, where a bar or a brace would otherwise cut the box."""
    seen = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(label))
    seen = seen.replace("&", "&amp;")            # or dot would read &lt; as <
    return re.sub(r"([\\{}|<> ])", r"\\\1", seen)


class Drawing(graphviz.Digraph):
    """A Digraph that says how to get dot where dot is missing."""

    def pipe(self, *args, **options):
        require_dot()
        return super().pipe(*args, **options)

    def render(self, *args, **options):
        require_dot()
        return super().render(*args, **options)


def require_dot():
    """Graphviz's own error says that dot is not there; this one says where it is."""
    if shutil.which("dot") is None:
        missing = graphviz.ExecutableNotFound(["dot"])
        missing.args = (NO_DOT,)
        raise missing
