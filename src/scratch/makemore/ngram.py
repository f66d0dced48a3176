"""The n-gram model: what came next after the last T symbols, counted.

    >>> contexts = torch.tensor([[0, 0], [0, 1], [1, 2], [0, 0], [0, 1]])
    >>> targets = torch.tensor([1, 2, 0, 1, 1])
    >>> model = NGram(contexts, targets, V=3, alpha=1)
    >>> ask = torch.tensor([[0, 1], [2, 2]])       # 0 1 came twice, 2 2 never
    >>> (15 * model(ask).exp()).round().tolist()
    [[3.0, 6.0, 6.0], [5.0, 5.0, 5.0]]
    >>> model = Interpolated(contexts, targets, V=3, strength=1)
    >>> (18 * model(ask[1:]).exp()).round().tolist()    # after one 2 came a 0
    [[11.0, 5.0, 2.0]]

    N    examples that are counted    B    examples that are asked about
    T    symbols of context           V    symbols, the boundary among them

Both models add pseudocounts to those of a context before they divide. NGram distributes
them evenly; Interpolated in proportion to the probabilities after the context that is
one symbol shorter, and so on down to no context at all, where they are even.

Left out: Kneser and Ney's counts for the shorter contexts, which say in how many longer
ones a symbol came, and not how often; and contexts with 2⁶³ values or more.

Chapter: docs/makemore/ngrams.md.  To copy: this file alone (needs torch).
"""

import torch


class NGram:
    """contexts (B, T) -> log-probabilities (B, V): alpha is added to each count."""

    def __init__(self, contexts, targets, V, alpha=0.1):
        self.V, self.block_size = V, contexts.shape[1]
        self.tables = [Counts(contexts, targets, V)]
        self.strengths = [V * checked(alpha)]

    def __call__(self, contexts):
        even = torch.full((1, self.V), 1 / self.V, dtype=torch.float64)      # (1, V)
        evidence = [table.rows(contexts) for table in self.tables]
        return mixed(evidence, self.strengths, even).log()                   # (B, V)

    def loss(self, contexts, targets):
        """Average negative log-likelihood, nats per character; makes no whole rows."""
        even = torch.full((len(targets),), 1 / self.V, dtype=torch.float64)  # (B)
        p = mixed(self.evidence(contexts, targets), self.strengths, even)    # (B)
        return -p.log().mean().item()

    def evidence(self, contexts, targets):
        """For each table, how often target came after context, and how often any."""
        return [table.of(contexts, targets) for table in self.tables]


class Interpolated(NGram):
    """contexts (B, T) -> log-probabilities (B, V), backed by the shorter contexts.

    strength is the number of pseudocounts for every length of context, or a list with
    one for each length from 0 to T.
    """

    def __init__(self, contexts, targets, V, strength=20.0):
        self.V, self.block_size = V, contexts.shape[1]
        lengths = range(self.block_size + 1)
        self.tables = [Counts(last(T, contexts), targets, V) for T in lengths]
        if not isinstance(strength, (list, tuple)):
            strength = [strength] * len(lengths)
        if len(strength) != len(lengths):
            raise ValueError(f"{len(strength)} strengths, but there are {len(lengths)} "
                             f"lengths of context, 0 to {self.block_size}")
        self.strengths = [checked(each) for each in strength]


def mixed(evidence, strengths, guess):
    """The probability that counts of several lengths of context give together.

    evidence holds a pair (count, total) for each length, the longest last. The pseudo-
    counts of each length are distributed by the estimate of the shorter ones, those of
    the shortest by guess.
    """
    for (count, total), strength in zip(evidence, strengths):
        seen = total.double() + strength
        guess = torch.where(seen > 0, (count + strength * guess) / seen, guess)
    return guess


class Counts:
    """How often which symbol came after which context; zeros are not stored."""

    def __init__(self, contexts, targets, V):
        N, self.T = contexts.shape
        self.V = V
        if N == 0:
            raise ValueError("no examples, so there is nothing to count")
        if V ** (self.T + 1) >= 2**63:
            raise ValueError(f"{self.T + 1} symbols out of {V} have 2**63 values or "
                             "more; a shorter context has fewer")
        before = as_number(contexts, V)                         # (N)
        self.contexts = torch.unique(before, return_counts=True)
        self.pairs = torch.unique(before * V + targets, return_counts=True)

    def of(self, contexts, targets):
        """How often target came after the context, and how often anything: (B), (B)."""
        before = as_number(last(self.T, contexts), self.V)      # (B)
        pairs = before * self.V + targets                       # (B)
        return look_up(self.pairs, pairs), look_up(self.contexts, before)

    def rows(self, contexts):
        """How often each symbol came after the context, and any: (B, V), (B, 1)."""
        before = as_number(last(self.T, contexts), self.V)[:, None]          # (B, 1)
        pairs = before * self.V + torch.arange(self.V)                       # (B, V)
        return look_up(self.pairs, pairs), look_up(self.contexts, before)


def as_number(contexts, V):
    """(B, T) -> (B): the ids of a context, read as digits of a number in base V."""
    number = torch.zeros(len(contexts), dtype=torch.int64)
    for id in contexts.T:
        number = number * V + id
    return number


def look_up(tally, numbers):
    """How often each number is in a tally (ascending numbers, and their counts)."""
    known, counts = tally
    place = torch.searchsorted(known, numbers).clamp(max=len(known) - 1)
    return torch.where(known[place] == numbers, counts[place], 0)


def last(T, contexts):
    """The last T symbols of each context."""
    if contexts.shape[1] < T:
        raise ValueError(f"contexts of {contexts.shape[1]} symbols; {T} are needed")
    return contexts[:, contexts.shape[1] - T:]


def checked(pseudocounts):
    """A number of pseudocounts, if it is one."""
    if not 0 <= pseudocounts < float("inf"):
        raise ValueError(f"{pseudocounts} pseudocounts; it takes a finite number, 0 or "
                         "more")
    return pseudocounts
