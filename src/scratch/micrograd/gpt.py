"""A GPT made of Values: every weight, and every number on the way to the loss, is one.

    >>> model = GPT(symbols=4, block_size=4, heads=2, channels=4, rng=random.Random(1))
    >>> model
    GPT(4 symbols, 4 positions, 1 layer, 2 heads, 4 channels, 284 parameters)
    >>> optimizer = SGD(model.parameters(), lr=0.5)
    >>> for step in range(20):                            # "anna": . a n n, then a .
    ...     loss = model.loss([0, 1, 2, 2], [1, 2, 2, 1])
    ...     optimizer.zero_grad()
    ...     loss.backward()
    ...     optimizer.step()
    >>> loss.data < 0.1
    True

    T  positions    V  symbols    C  channels    F  hidden units, 4 C
    H  heads        D  channels of a head, C / H

The network is that of scratch/makemore/gpt.py, pre-norm, with learned positions and
tied weights, for one text at a time. A vector is a list of Values, and a matrix a list
of its rows. The weights have the names of that GPT's state_dict, whose numbers can be
loaded. That one scores all pairs of positions and then hides what lies ahead; this one
scores the pairs that are seen.

Left out: batches, dropout and sampling. Eight channels take three thousand Values for
each position, so it is for reading and for comparing, and not for training.

Chapter: docs/stack/whole.md.
To copy: this file, engine.py, nn.py, losses.py and optim.py.
"""

import math
import random

from .engine import Value
from .losses import cross_entropy
from .nn import Module
from .optim import SGD    # for the example above

EPS = 1e-5    # keeps 1 / std finite for a vector of equal numbers


class GPT(Module):
    """ids (T), a list -> logits (T, V) of the symbol after each position."""

    def __init__(self, symbols, block_size, layers=1, heads=2, channels=8, rng=random):
        if channels % heads:
            raise ValueError(f"{channels} channels do not divide among {heads} heads")
        self.layers, self.heads, std = layers, heads, 0.55 / math.sqrt(channels)
        self.weights = {}
        for name, shape in shapes(symbols, block_size, layers, channels).items():
            if len(shape) == 1:
                begin = 1.0 if "norm" in name and name.endswith("weight") else 0.0
                self.weights[name] = [Value(begin) for _ in range(*shape)]
            else:
                scale = 1 / math.sqrt(2 * layers) if ".out." in name else 1.0
                self.weights[name] = [[Value(rng.gauss(0, std * scale))
                                       for _ in range(shape[1])]
                                      for _ in range(shape[0])]

    def loss(self, ids, targets):
        """The mean loss, in nats, over the targets (T) that are not -1: a Value."""
        losses = [cross_entropy(logits, target)
                  for logits, target in zip(self.logits(ids), targets) if target >= 0]
        return sum(losses) * (1 / len(losses))

    def logits(self, ids):
        symbols, places = (self.weights[f"body.{name}.weight"]
                           for name in ("symbols", "positions"))
        if len(ids) > len(places):
            raise ValueError(f"{len(ids)} positions, but block_size is {len(places)}")
        xs = [add(symbols[id], place) for id, place in zip(ids, places)]       # (T, C)
        for n in range(self.layers):
            at = f"body.blocks.{n}"
            asked = [self.norm(f"{at}.norm1", x) for x in xs]                  # (T, C)
            xs = [add(x, y) for x, y in zip(xs, self.attention(at, asked))]    # (T, C)
            xs = [add(x, self.mlp(at, self.norm(f"{at}.norm2", x))) for x in xs]
        last = [self.norm("body.last_norm", x) for x in xs]                    # (T, C)
        return [[dot(row, x) for row in symbols] for x in last]                # (T, V)

    def attention(self, at, xs):
        """xs (T, C) -> (T, C): each position mixes what it and those before it hold."""
        qkv = [self.linear(f"{at}.attention.qkv", x) for x in xs]           # (T, 3 * C)
        C, D = len(xs[0]), len(xs[0]) // self.heads
        mixed = [[] for _ in xs]      # of each position, head after head
        for head in range(0, C, D):
            q, k, v = ([x[begin + head:begin + head + D] for x in qkv]
                       for begin in (0, C, 2 * C))                             # (T, D)
            for t, query in enumerate(q):
                scores = [dot(query, key) * D ** -0.5 for key in k[:t + 1]]
                weights = softmax(scores)
                mixed[t] += [dot(weights, column) for column in zip(*v[:t + 1])]
        return [self.linear(f"{at}.attention.out", y) for y in mixed]          # (T, C)

    def mlp(self, at, x):
        """x (C) -> (C):  W2 gelu(W1 x + b1) + b2."""
        hidden = [gelu(u) for u in self.linear(f"{at}.mlp.hidden", x)]         # (F)
        return self.linear(f"{at}.mlp.out", hidden)                            # (C)

    def linear(self, name, x):
        """W x + b: one dot product for each row of W."""
        W, b = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return [dot(row, x) + start for row, start in zip(W, b)]

    def norm(self, name, x):
        """x (C) with mean 0 and variance 1, then stretched and shifted."""
        mean = sum(x) * (1 / len(x))
        apart = [u - mean for u in x]
        var = dot(apart, apart) * (1 / len(x))
        inv_std = (var + EPS) ** -0.5
        return [gain * (u * inv_std) + shift for gain, u, shift in zip(
            self.weights[f"{name}.weight"], apart, self.weights[f"{name}.bias"])]

    def parameters(self):
        return [p for weight in self.weights.values() for p in flat(weight)]

    def load_state_dict(self, state):
        """{name: numbers in lists}, as tensor.tolist() gives them, into the Values."""
        state = {name: each for name, each in state.items() if name != "head.weight"}
        if state.keys() != self.weights.keys():
            names = ", ".join(sorted(state.keys() ^ self.weights.keys()))
            raise ValueError(f"names that only one of the two has: {names}")
        for name, weight in self.weights.items():
            values, numbers = flat(weight), flat(state[name])
            if len(values) != len(numbers):
                raise ValueError(f"{name} has {len(values)} numbers here, and "
                                 f"{len(numbers)} in the state")
            for value, number in zip(values, numbers):
                value.data = float(number)

    def __repr__(self):
        V, T, C = (len(each) for each in (
            self.weights["body.symbols.weight"], self.weights["body.positions.weight"],
            self.weights["body.last_norm.weight"]))
        layers = f"{self.layers} layer{'s' if self.layers > 1 else ''}"
        return (f"GPT({V} symbols, {T} positions, {layers}, {self.heads} heads, "
                f"{C} channels, {len(self.parameters())} parameters)")


def shapes(V, T, layers, C):
    """{name of a weight: its shape}, as makemore's GPT has them in its state_dict."""
    found = {"body.symbols.weight": (V, C), "body.positions.weight": (T, C)}
    parts = {"attention.qkv": (3 * C, C), "attention.out": (C, C),
             "mlp.hidden": (4 * C, C), "mlp.out": (C, 4 * C),
             "norm1": (C,), "norm2": (C,)}
    names = [(f"body.blocks.{n}.{part}", shape)
             for n in range(layers) for part, shape in parts.items()]
    for name, shape in [*names, ("body.last_norm", (C,))]:
        found[f"{name}.weight"], found[f"{name}.bias"] = shape, shape[:1]
    return found


def add(x, y):
    return [a + b for a, b in zip(x, y)]


def dot(x, y):
    return sum(a * b for a, b in zip(x, y))


def softmax(scores):
    """Shares that sum to 1, in proportion to e^score."""
    top = max(score.data for score in scores)    # taken off, or e^score may overflow
    raised = [(score - top).exp() for score in scores]
    total = sum(raised)
    return [each / total for each in raised]


def gelu(u):
    """u Φ(u), in GPT-2's approximation with a tanh."""
    return 0.5 * u * (1 + (math.sqrt(2 / math.pi) * (u + 0.044715 * u ** 3)).tanh())


def flat(numbers):
    """A vector, or the rows of a matrix one after the other, as one list."""
    rows = [row if isinstance(row, list) else [row] for row in numbers]
    return [each for row in rows for each in row]
