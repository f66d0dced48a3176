"""Scaling: how a language model's loss falls with its size, its data and its work.

    >>> N = [1e4, 1e5, 1e6] * 3                              # parameters
    >>> D = [1e5] * 3 + [1e6] * 3 + [1e7] * 3                # tokens
    >>> losses = [0.5 + 20 * n**-0.4 + 30 * d**-0.3 for n, d in zip(N, D)]
    >>> law = fit(N, D, losses)
    >>> print(law)
    0.500 + 20 / N^0.400 + 30 / D^0.300
    >>> print(f"{law(1e7, 1e7):.4f}, {0.5 + 20 * 1e7**-0.4 + 30 * 1e7**-0.3:.4f}")
    0.7700, 0.7700

    N  parameters    D  tokens of training    n  trainings    K  pairs of exponents

    loss = E + A / N^a + B / D^b

E would remain with ever larger models and ever more text; the second term is what a
model of N parameters cannot hold, the third what D tokens cannot teach. Jordan Hoffmann
and others, Training compute-optimal large language models, 2022, section 3.3; Jared
Kaplan and others, Scaling laws for neural language models, 2020.

For given exponents the loss is linear in E, A and B, whose least squares are three
equations. So the exponents alone are searched, on a grid that grows finer.

Left out: Hoffmann's Huber loss, which forgives a training that went wrong; a fit of the
logarithms; and errors of N and D.

Chapter: docs/stack/writing.md.  To copy: this file alone (needs torch).
"""

import random
from dataclasses import dataclass

import torch


def flops(config, tokens):
    """Multiplications and additions in the products of a training on so many tokens.

    Two for each weight of a product on the way forward, four on the way back (Kaplan's
    6 N D), and attention's, of every position with every other. config is that of
    transformer.py.
    """
    C, T, hidden = config.channels, config.block_size, config.hidden
    layer = 4 * C**2 + 2 * C * (hidden or 4 * C)
    weights = config.layers * layer + config.symbols * C
    return 6 * tokens * (weights + config.layers * 2 * T * C)


@dataclass(frozen=True)
class Law:
    """E + A / N^a + B / D^b; law(N, D) is a loss."""

    E: float
    A: float
    a: float
    B: float
    b: float

    def __call__(self, N, D):
        return self.E + self.A * N**-self.a + self.B * D**-self.b

    def __str__(self):
        return (f"{self.E:.3f} + {self.A:.3g} / N^{self.a:.3f} + "
                f"{self.B:.3g} / D^{self.b:.3f}")

    def best_size(self, C, weights=6.0):
        """C, a work of weights * N * D -> the N whose loss is least for it.

        Where the slopes of both terms along N D = C / weights cancel.
        """
        G = (self.a * self.A / (self.b * self.B)) ** (1 / (self.a + self.b))
        return G * (C / weights) ** (self.b / (self.a + self.b))


def fit(N, D, losses, finer=7):
    """N, D and losses of n trainings, five or more -> the Law of least squares."""
    if not len(N) == len(D) == len(losses) >= 5:
        raise ValueError(f"{len(N)} sizes, {len(D)} budgets and {len(losses)} losses; "
                         "five numbers are fitted to as many of each, five or more")
    N, D, y = (torch.tensor(each, dtype=torch.float64) for each in (N, D, losses))
    low, high = torch.full((2,), 0.02).double(), torch.full((2,), 2.0).double()
    for _ in range(finer):
        tried = low + (high - low) * torch.linspace(0, 1, 21)[:, None].double()
        pairs = torch.cartesian_prod(*tried.T)                   # (K, 2)
        columns = torch.stack([
            torch.ones(len(pairs), len(y), dtype=torch.float64),
            (N / N.mean()) ** -pairs[:, :1],
            (D / D.mean()) ** -pairs[:, 1:]], dim=2)             # (K, n, 3)
        weights = torch.linalg.lstsq(columns, y.expand(len(pairs), -1)[:, :, None])
        weights = weights.solution                               # (K, 3, 1)
        off = (columns @ weights)[:, :, 0] - y                   # (K, n)
        squares = off.square().sum(1)                            # (K)
        squares[(weights[:, :, 0] < 0).any(1)] = torch.inf       # no term is negative
        best = squares.argmin()
        step = (high - low) / 20
        low = (pairs[best] - 2 * step).clamp(min=0.02)
        high = low + 4 * step
    (a, b), (E, A, B) = pairs[best].tolist(), weights[best, :, 0].tolist()
    return Law(E, A * N.mean().item() ** a, a, B * D.mean().item() ** b, b)


def refits(N, D, losses, count=200, seed=0):
    """Laws of the same trainings with their residuals dealt out anew: a bootstrap.

    What the laws say of another size differs by what the noise of the losses leaves
    open. It is not told how wrong the formula is.
    """
    law, rng = fit(N, D, losses), random.Random(seed)
    expected = [law(n, d) for n, d in zip(N, D)]
    spare = (len(losses) / max(1, len(losses) - 5)) ** 0.5       # five were fitted
    residuals = [spare * (y - e) for y, e in zip(losses, expected)]
    return [fit(N, D, [e + rng.choice(residuals) for e in expected])
            for _ in range(count)]
