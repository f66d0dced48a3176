"""Recurrent networks: a cell makes the next state of x and the last; layers of it.

    >>> from .. import ones
    >>> cell = GRUCell(3, 4)
    >>> h = cell(ones(2, 3))                                    # from a state of zeros
    >>> h = cell(ones(2, 3), h)
    >>> lstm = LSTM(3, 4, num_layers=2, batch_first=True)
    >>> y, (h, c) = lstm(ones(2, 5, 3))
    >>> y.shape, h.shape                  # all states on top, the last of each layer
    (torch.Size([2, 5, 4]), torch.Size([2, 2, 4]))
    >>> lstm
    LSTM(3, 4, num_layers=2, batch_first=True)

    T  positions   B  examples   I  inputs   H  hidden units   D  directions, 1 or 2
    L  layers      x  an input (B, I)        h, c  the state, (B, H) each
    σ  1 / (1 + e⁻ˣ), a gate between closed, 0, and open, 1     ⊙  number by number

The matrices of a cell's gates lie one below the other: weight_ih (gates * H, I),
weight_hh (gates * H, H), in the order of the formulas. All numbers begin uniform
between ±1/√H.

Elman, 1990; Hochreiter and Schmidhuber, 1997, with the forget gate of Gers and others,
2000; Cho and others, 2014, with the reset gate after the matrix, as PyTorch has it.

Left out: packed sequences, the projections of LSTM (proj_size).

Chapter: docs/torch/modules.md.
"""

import math

from .. import cat, empty, stack
from . import init
from .dropout import dropout
from .layers import linear
from .module import Module
from .parameter import Parameter


def rnn_step(x, h, tanh=True):
    """x = W_ih x + b_ih, h = W_hh h + b_hh, each (B, H) -> h' = tanh(x + h)"""
    return (x + h).tanh() if tanh else (x + h).relu()


def gru_step(x, h, state):
    """r, z = σ(x_r + h_r), σ(x_z + h_z);  n = tanh(x_n + r ⊙ h_n)
    h' = (1 - z) ⊙ n + z ⊙ h, which is n + z ⊙ (h - n)
    """
    (x_r, x_z, x_n), (h_r, h_z, h_n) = x.chunk(3, -1), h.chunk(3, -1)
    r = (x_r + h_r).sigmoid()                                    # (B, H)
    z = (x_z + h_z).sigmoid()                                    # (B, H)
    n = (x_n + r * h_n).tanh()                                   # (B, H)
    return n + z * (state - n)                                   # (B, H)


def lstm_step(x, h, c):
    """i, f, o = σ(...), σ(...), σ(...);  g = tanh(...), in the order i, f, g, o
    c' = f ⊙ c + i ⊙ g;  h' = o ⊙ tanh(c')
    """
    i, f, g, o = (x + h).chunk(4, -1)                            # (B, H), each
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()                 # (B, H)
    return o.sigmoid() * c.tanh(), c                             # both (B, H)


class Cell(Module):
    """What the three cells share: x (B, I) or (I), and a state, zeros unless given."""

    gates = 1

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows, kind = self.gates * hidden_size, {"device": device, "dtype": dtype}
        self.weight_ih = Parameter(empty(rows, input_size, **kind))
        self.weight_hh = Parameter(empty(rows, hidden_size, **kind))
        self.bias_ih = Parameter(empty(rows, **kind)) if bias else None
        self.bias_hh = Parameter(empty(rows, **kind)) if bias else None
        self.reset_parameters()

    def reset_parameters(self):
        reset(self)

    def sums(self, input, h):
        """W_ih x + b_ih and W_hh h + b_hh."""
        if input.ndim not in (1, 2) or input.shape[-1] != self.input_size:
            raise RuntimeError(f"x is {tuple(input.shape)}; (B, {self.input_size}) or "
                               f"({self.input_size},) was expected")
        if h.shape != (*input.shape[:-1], self.hidden_size):
            raise RuntimeError(f"the state is {tuple(h.shape)}; "
                               f"{(*input.shape[:-1], self.hidden_size)} was expected")
        return (linear(input, self.weight_ih, self.bias_ih),
                linear(h, self.weight_hh, self.bias_hh))

    def start(self, input):
        return input.new_zeros((*input.shape[:-1], self.hidden_size))

    def extra_repr(self):
        bias = "" if self.bias else ", bias=False"
        return f"{self.input_size}, {self.hidden_size}{bias}"


class RNNCell(Cell):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of it"""

    def __init__(self, input_size, hidden_size, bias=True, nonlinearity="tanh",
                 device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = checked_nonlinearity(nonlinearity)

    def forward(self, input, hx=None):
        h = self.start(input) if hx is None else hx
        return rnn_step(*self.sums(input, h), self.nonlinearity == "tanh")

    def extra_repr(self):
        other = "" if self.nonlinearity == "tanh" else ", nonlinearity=relu"
        return super().extra_repr() + other


class GRUCell(Cell):
    """h' of x and h: gru_step"""

    gates = 3

    def forward(self, input, hx=None):
        h = self.start(input) if hx is None else hx
        return gru_step(*self.sums(input, h), h)


class LSTMCell(Cell):
    """(h', c') of x and (h, c): lstm_step"""

    gates = 4

    def forward(self, input, hx=None):
        h, c = (self.start(input), self.start(input)) if hx is None else hx
        return lstm_step(*self.sums(input, h), c)


class Layers(Module):
    """What RNN, GRU and LSTM share: L layers of a cell, in one or both directions.

    x (T, B, I), or (B, T, I) with batch_first, or (T, I); a state (L * D, B, H), zeros
    unless given -> all states of the last layer (T, B, D * H), the state at the end.
    """

    gates, memories = 1, 1    # memories: how many tensors make a state

    def __init__(self, input_size, hidden_size, num_layers=1, bias=True,
                 batch_first=False, dropout=0.0, bidirectional=False, device=None,
                 dtype=None):
        super().__init__()
        if not 0 <= dropout <= 1:
            raise ValueError(f"dropout={dropout}, but it is a probability")
        if hidden_size <= 0 or num_layers <= 0:
            raise ValueError("hidden_size and num_layers are at least 1, not "
                             f"{hidden_size} and {num_layers}")
        self.input_size, self.hidden_size = input_size, hidden_size
        self.num_layers, self.bias, self.batch_first = num_layers, bias, batch_first
        self.dropout, self.bidirectional = float(dropout), bidirectional
        self.endings = ["", "_reverse"][:1 + bidirectional]
        rows, kind = self.gates * hidden_size, {"device": device, "dtype": dtype}
        for layer in range(num_layers):
            inputs = hidden_size * len(self.endings) if layer else input_size
            for ending in self.endings:
                shapes = {"weight_ih": (rows, inputs), "weight_hh": (rows, hidden_size),
                          "bias_ih": (rows,), "bias_hh": (rows,)}
                for name in list(shapes)[:4 if bias else 2]:
                    setattr(self, f"{name}_l{layer}{ending}",
                            Parameter(empty(shapes[name], **kind)))
        self.reset_parameters()

    def reset_parameters(self):
        reset(self)

    def flatten_parameters(self):
        """cuDNN wants all weights in one piece; here there is nothing to do."""

    def step(self, x, h, state):
        """The sums of one position (B, gates * H) and a state -> the next state."""
        raise NotImplementedError

    def forward(self, input, hx=None):
        if input.ndim not in (2, 3) or input.shape[-1] != self.input_size:
            what = "(B, T, I)" if self.batch_first else "(T, B, I)"
            kind = ValueError if input.ndim not in (2, 3) else RuntimeError
            raise kind(f"x is {tuple(input.shape)}; {what} or (T, I) with "
                       f"I = {self.input_size} was expected")
        alone = input.ndim == 2
        x = input.unsqueeze(1) if alone else (
            input.transpose(0, 1) if self.batch_first else input)          # (T, B, I)
        begin = self.begin(x, hx, alone)
        last = []
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                x = dropout(x, self.dropout)
            directions = []
            for ending in self.endings:
                states, state = self.run(
                    x, begin[len(last)], f"_l{layer}{ending}", bool(ending))
                directions.append(states)
                last.append(state)
            x = directions[0] if len(directions) == 1 else cat(directions, -1)
        x = x.squeeze(1) if alone else (x.transpose(0, 1) if self.batch_first else x)
        ends = [stack([state[n] for state in last]) for n in range(self.memories)]
        ends = tuple(end.squeeze(1) if alone else end for end in ends)
        return x, ends if self.memories > 1 else ends[0]

    def begin(self, x, hx, alone):
        """The first state: for each layer and direction a tuple of (B, H)."""
        shape = (self.num_layers * len(self.endings), x.shape[1], self.hidden_size)
        if hx is None:
            hx = (x.new_zeros(shape),) * self.memories
        else:
            hx = tuple(hx) if self.memories > 1 else (hx,)
            hx = tuple(each.unsqueeze(1) for each in hx) if alone else hx
        for each in hx:
            if each.shape != shape:
                raise RuntimeError(f"the state is {tuple(each.shape)}; {shape} was "
                                   "expected: layers * directions, B, H")
        return [tuple(each[n] for each in hx) for n in range(shape[0])]

    def run(self, x, state, names, backward):
        """x (T, B, inputs), names of weights -> all h (T, B, H), the last state."""
        w_ih, w_hh, b_ih, b_hh = (getattr(self, each + names) if self.bias or n < 2
                                  else None for n, each in enumerate(
                                      ("weight_ih", "weight_hh", "bias_ih", "bias_hh")))
        sums = linear(x, w_ih, b_ih).unbind(0)      # of all positions in one product
        states = []
        for each in reversed(sums) if backward else sums:
            state = self.step(each, linear(state[0], w_hh, b_hh), state)
            states.append(state[0])
        return stack(states[::-1] if backward else states), state

    def extra_repr(self):
        said = [str(self.input_size), str(self.hidden_size)]
        for name, usual in (("num_layers", 1), ("bias", True), ("batch_first", False),
                            ("dropout", 0.0), ("bidirectional", False)):
            if getattr(self, name) != usual:
                said.append(f"{name}={getattr(self, name)}")
        return ", ".join(said)


class RNN(Layers):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), layer upon layer."""

    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh",
                 bias=True, batch_first=False, dropout=0.0, bidirectional=False,
                 device=None, dtype=None):
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first,
                         dropout, bidirectional, device, dtype)
        self.nonlinearity = checked_nonlinearity(nonlinearity)

    def step(self, x, h, state):
        return (rnn_step(x, h, self.nonlinearity == "tanh"),)


class GRU(Layers):
    """Layers of gru_step."""

    gates = 3

    def step(self, x, h, state):
        return (gru_step(x, h, state[0]),)


class LSTM(Layers):
    """Layers of lstm_step; the state is the pair (h, c)."""

    gates, memories = 4, 2

    def step(self, x, h, state):
        return lstm_step(x, h, state[1])


def reset(module):
    """Every parameter uniform between ±1/√H, in the order in which they were made."""
    bound = 1 / math.sqrt(module.hidden_size) if module.hidden_size > 0 else 0
    for parameter in module.parameters():
        init.uniform_(parameter, -bound, bound)


def checked_nonlinearity(name):
    if name not in ("tanh", "relu"):
        raise ValueError(f"nonlinearity is 'tanh' or 'relu', not {name!r}")
    return name
