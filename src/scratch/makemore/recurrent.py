"""Recurrent networks: one step per letter, and a state that is handed on.

    >>> g = torch.Generator().manual_seed(1)
    >>> model = Recurrent(27, GRUCell, channels=16, hidden=32, generator=g)
    >>> model(torch.tensor([[0, 0, 5], [5, 13, 13]])).shape     # (B, T) ids -> (B, V)
    torch.Size([2, 27])
    >>> logits, state = model.read(torch.tensor([[0, 5, 13, 13, 1]]))
    >>> logits.shape                                  # after each letter: (B, T, V)
    torch.Size([1, 5, 27])
    >>> more, _ = model.read(torch.tensor([[20]]), state)     # and on from there
    >>> theirs = torch.nn.GRUCell(16, 32)
    >>> theirs.load_state_dict(model.cell.state_dict())         # the names of torch.nn
    <All keys matched successfully>

    B  words side by side   T  letters in a row   V  symbols   C  channels   N  ids
    H  hidden units   x  a letter's embedding, C numbers   h, c  what is remembered
    σ  1 / (1 + e⁻ˣ), a gate between closed, 0, and open, 1    ⊙  number by number

A state is a tuple of (B, H), the first of which is h, and it begins as zeros. Id 0,
which begins every word, makes it zeros again; so what stands before a 0 changes
nothing, and a context filled with 0 on the left gives what the word alone would give.

Elman, Finding structure in time, 1990. Hochreiter and Schmidhuber, Long short-term
memory, 1997; its forget gate is of Gers and others, 2000. Cho and others, 2014 (GRU),
with the reset gate where PyTorch has it, after the matrix: r ⊙ (W h), not W (r ⊙ h).

Left out: several layers, both directions, and cuDNN's one call for all T steps, which
is what makes torch.nn.LSTM fast on a GPU.

Chapter: docs/makemore/recurrent.md.  To copy: this file, layers.py and
optimizers.py (needs torch).
"""

import torch
import torch.nn.functional as F

from .layers import Embedding, Layer, Linear
from .optimizers import AdamW, clip_grad_norm


class Cell(Layer):
    """x (B, C) and a state -> the next state. Numbers begin uniform between ±1/√H."""

    blocks, memories = 1, 1    # rows of H in each matrix; (B, H) tensors in a state

    def __init__(self, inputs, hidden, generator=None, **kind):
        rows, self.hidden = self.blocks * hidden, hidden
        self.weight_ih = torch.empty(rows, inputs, **kind)
        self.weight_hh = torch.empty(rows, hidden, **kind)
        self.bias_ih = torch.empty(rows, **kind)
        self.bias_hh = torch.empty(rows, **kind)
        for tensor in self.state_dict().values():
            tensor.uniform_(-hidden**-0.5, hidden**-0.5, generator=generator)
            tensor.requires_grad_()

    def start(self, B):
        """The state in which nothing has been read."""
        return (self.bias_hh.new_zeros(B, self.hidden),) * self.memories

    def sums(self, x, h):
        """W_ih x + b_ih and W_hh h + b_hh, each cut into its blocks of (B, H)."""
        return ((x @ self.weight_ih.T + self.bias_ih).chunk(self.blocks, dim=1),
                (h @ self.weight_hh.T + self.bias_hh).chunk(self.blocks, dim=1))


class RNNCell(Cell):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh)"""

    def __call__(self, x, state):
        [x_h], [h_h] = self.sums(x, state[0])
        h = (x_h + h_h).tanh()                                    # (B, H)
        return (h,)


class GRUCell(Cell):
    """r, z = σ(...), σ(...);  n = tanh(x_n + r ⊙ h_n);  h' = (1 - z) ⊙ n + z ⊙ h

    Where z is open, h stays as it is, and its gradient passes unchanged.
    """

    blocks = 3

    def __call__(self, x, state):
        h = state[0]
        (x_r, x_z, x_n), (h_r, h_z, h_n) = self.sums(x, h)
        r = (x_r + h_r).sigmoid()                                 # (B, H)
        z = (x_z + h_z).sigmoid()                                 # (B, H)
        n = (x_n + r * h_n).tanh()                                # (B, H)
        h = (1 - z) * n + z * h                                   # (B, H)
        return (h,)


class LSTMCell(Cell):
    """i, f, o = σ(...), σ(...), σ(...);  g = tanh(...)
    c' = f ⊙ c + i ⊙ g;  h' = o ⊙ tanh(c')

    c passes through a product and a sum only: with f open, so does its gradient.
    """

    blocks, memories = 4, 2

    def __call__(self, x, state):
        h, c = state
        (x_i, x_f, x_g, x_o), (h_i, h_f, h_g, h_o) = self.sums(x, h)
        i, f = (x_i + h_i).sigmoid(), (x_f + h_f).sigmoid()       # (B, H), (B, H)
        g, o = (x_g + h_g).tanh(), (x_o + h_o).sigmoid()          # (B, H), (B, H)
        c = f * c + i * g                                         # (B, H)
        h = o * c.tanh()                                          # (B, H)
        return h, c


class Recurrent(Layer):
    """A model, contexts (B, T) -> logits (B, V): embedding, cell after cell, linear.

    Parameters are drawn in that order. block_size is only how much sample.py and
    evaluate.py show it at a time: a word and its beginning should fit. Any T will do.
    """

    def __init__(self, symbols, cell=GRUCell, channels=32, hidden=64, block_size=16,
                 generator=None, **kind):
        self.block_size = block_size
        self.embedding = Embedding(symbols, channels, generator, **kind)
        self.cell = cell(channels, hidden, generator, **kind)
        self.head = Linear(hidden, symbols, generator=generator, **kind)

    def __call__(self, contexts):
        states, _ = self.unroll(self.embedding(contexts), contexts)
        return self.head(states[-1])                              # (B, V)

    def read(self, ids, state=None):
        """ids (B, T) -> logits (B, T, V) of what follows each, and the last state."""
        states, state = self.unroll(self.embedding(ids), ids, state)
        return self.head(torch.stack(states, dim=1)), state

    def forward_all(self, ids):
        """ids (B, T) -> logits (B, T, V): read, without the state."""
        return self.read(ids)[0]                                  # (B, T, V)

    def unroll(self, x, ids, state=None):
        """x (B, T, C), embeddings of ids (B, T) -> [h after each letter], the state."""
        state = self.cell.start(len(ids)) if state is None else state
        states = []
        for t in range(ids.shape[1]):
            inside = (ids[:, t, None] != 0).to(x.dtype)           # (B, 1)
            state = self.cell(x[:, t], tuple(each * inside for each in state))
            states.append(state[0])
        return states, state


def stretches(stream, batch, T):
    """ids (N) -> pairs of ids (B, T) and what follows each: B parts read at a time.

    The stream is cut into B parts, which are read side by side; each pair goes on where
    the one before it ended.
    """
    length = (len(stream) - 1) // batch
    if T < 1 or length < T:
        raise ValueError(f"{len(stream)} ids in {batch} parts are {length} each, and "
                         f"do not make stretches of {T}")
    ids = stream[:batch * length].view(batch, length)
    targets = stream[1:batch * length + 1].view(batch, length)
    for t in range(0, length - T + 1, T):
        yield ids[:, t:t + T], targets[:, t:t + T]


def train(model, batches, rates, optimizer=None, limit=None):
    """Truncated backpropagation through time -> the loss of each step, as asked for.

    batches are the stretches of a text from its beginning to its end. When they are
    used up before the rates, the text is read again, from a state of zeros. The state
    is carried from one stretch to the next, detached: what was read before still has
    its effect, but no gradient flows back there. optimizer is one of optimizers.py,
    AdamW unless it is given; limit is for clip_grad_norm.
    Werbos, Backpropagation through time, 1990; Williams and Peng, 1990.
    """
    optimizer = optimizer or AdamW(model.parameters())
    text = list(batches)
    for n, rate in enumerate(rates):
        ids, targets = text[n % len(text)]                        # (B, T), (B, T)
        if n % len(text) == 0:
            state = model.cell.start(len(ids))
        logits, state = model.read(ids, tuple(each.detach() for each in state))
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())        # ()
        optimizer.zero_grad()
        loss.backward()
        if limit is not None:
            clip_grad_norm(model.parameters(), limit)
        optimizer.lr = rate
        optimizer.step()
        yield loss.item()


def reach(model, ids):
    """ids (B, T) -> (T): how far the last logits move with each letter's embedding.

    The norm of the gradient of a random combination of logits with respect to x_t, mean
    over B. Its decline from right to left is how fast the network forgets.
    """
    x = model.embedding(ids).detach().requires_grad_()            # (B, T, C)
    states, _ = model.unroll(x, ids)
    logits = model.head(states[-1])                               # (B, V)
    g = torch.Generator().manual_seed(0)
    weights = torch.randn(logits.shape, generator=g, dtype=logits.dtype)
    gradient = torch.autograd.grad((logits * weights).sum(), x)[0]    # (B, T, C)
    return gradient.norm(dim=2).mean(dim=0)                          # (T)
