"""The part of the package graphviz that describes graphs; the page has Graphviz itself, which draws them."""

import re

PLAIN = re.compile(r"[a-zA-Z_][\w]*|-?(?:\.\d+|\d+(?:\.\d*)?)", re.ASCII)
KEYWORDS = {"node", "edge", "graph", "digraph", "subgraph", "strict"}


class ExecutableNotFound(RuntimeError):
    """There is no program dot in a page, and none is needed to show a graph there."""


class Graph:
    """A graph as text of Graphviz's language, line by line in body."""

    kind, arrow = "graph", "--"

    def __init__(self, name=None, comment=None, filename=None, directory=None, format=None, engine=None,
                 encoding=None, graph_attr=None, node_attr=None, edge_attr=None, body=None, strict=False):
        self.name, self.format, self.engine, self.strict = name, format, engine, strict
        self.graph_attr, self.node_attr, self.edge_attr = (
            dict(given or {}) for given in (graph_attr, node_attr, edge_attr))
        self.body = list(body or [])

    def node(self, name, label=None, **attributes):
        self.body.append(f"\t{quoted(name)}{listed(label, attributes)}\n")

    def edge(self, tail, head, label=None, **attributes):
        self.body.append(f"\t{end(tail)} {self.arrow} {end(head)}{listed(label, attributes)}\n")

    def edges(self, pairs):
        for tail, head in pairs:
            self.edge(tail, head)

    def attr(self, kind=None, **attributes):
        listing = listed(None, attributes)
        self.body.append(f"\t{kind}{listing}\n" if kind else f"\t{listing[2:-1]}\n")

    def subgraph(self, graph=None, **given):
        if graph is None:
            return Inside(self, type(self)(**given))
        self.body += [f"\t{line}" for line in graph.lines("subgraph")]

    def lines(self, kind):
        yield f"{kind} {quoted(self.name)} {{\n" if self.name else f"{kind} {{\n"
        for name in ("graph", "node", "edge"):
            if attributes := getattr(self, f"{name}_attr"):
                yield f"\t{name}{listed(None, attributes)}\n"
        yield from self.body
        yield "}\n"

    @property
    def source(self):
        return "".join(self.lines(f"strict {self.kind}" if self.strict else self.kind))

    def __str__(self):
        return self.source

    def _repr_mimebundle_(self, *_, **__):
        return {"text/vnd.graphviz": self.source}

    def pipe(self, *_, **__):
        raise ExecutableNotFound("a page draws a graph that a cell ends with, and makes no file of it")

    render = view = save = pipe


class Digraph(Graph):
    kind, arrow = "digraph", "->"


class Inside:
    """with graph.subgraph(...) as inner: what inner has at the end becomes a part of graph."""

    def __init__(self, outer, inner):
        self.outer, self.inner = outer, inner

    def __enter__(self):
        return self.inner

    def __exit__(self, kind, *_):
        if kind is None:
            self.outer.subgraph(self.inner)


def quoted(text):
    text = str(text)
    if text.startswith("<") and text.endswith(">") or PLAIN.fullmatch(text) and text.lower() not in KEYWORDS:
        return text
    return '"' + re.sub(r'(?<!\\)((?:\\\\)*)"', r'\1\\"', text) + '"'


def end(text):
    """The end of an edge, which may name a port: node:port."""
    return ":".join(map(quoted, text.split(":")))


def listed(label, attributes):
    pairs = [*([("label", label)] if label is not None else []), *sorted(attributes.items())]
    return f" [{' '.join(f'{quoted(key)}={quoted(value)}' for key, value in pairs)}]" if pairs else ""
