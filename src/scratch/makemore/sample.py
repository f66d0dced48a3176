"""Make words: draw one character after the other from a model's distribution.

    >>> class Alphabet:                         # after each letter, the next one or two
    ...     block_size = 1
    ...     def __call__(self, contexts):
    ...         steps = (torch.arange(4) - contexts) % 4          # (B, V)
    ...         return torch.tensor([-9.0, 2.0, 1.0, -9.0])[steps]
    >>> class Vocabulary:
    ...     def decode(self, ids):
    ...         return "".join(".abc"[id] for id in ids)
    >>> sample(Alphabet(), Vocabulary(), 5, seed=1)
    ['acabc', 'abcabc', 'ac', 'ab', 'acab']
    >>> sample(Alphabet(), Vocabulary(), 2, greedy=True)
    ['abc', 'abc']
    >>> distribution(torch.tensor([[2.0, 1.0, 0.0]]), top_k=2)
    tensor([[0.7311, 0.2689, 0.0000]], dtype=torch.float64)

    B  words in the making    T  positions of a context    V  symbols    p  chances

A model is anything with a block_size T that makes logits (B, V) of contexts (B, T); id
0 begins and ends a word. Words are generated together; those that have ended drop out.

The random numbers are those of Python's random.Random(seed), which Python promises to
keep, one row of max_length for each word, and each chooses by where it falls among the
running sums of the probabilities. So a seed gives the same words in every version of
PyTorch, and sample(..., 10) makes the first ten words of sample(..., 1000), whereas
torch.multinomial has changed its choices between versions. A word may still differ on
another machine, where logits are rounded differently and a random number falls between
the two sums: about once in a million characters.

Left out: a cache for models that look far back, and beam search.

Chapter: docs/makemore/sampling.md.  To copy: this file alone (needs torch).
"""

import random
from array import array

import torch


@torch.no_grad()
def sample(model, vocabulary, count, seed=0, temperature=1.0, top_k=None, top_p=None,
           greedy=False, max_length=50, batch=1000):
    """-> [word], count of them, each cut off after max_length characters.

    temperature, top_k and top_p are those of distribution. With greedy, always the most
    likely symbol is taken, so that all words are alike; batch words are made at once.
    """
    if count < 0 or max_length < 1 or batch < 1:
        raise ValueError(f"count {count} must be 0 or more, max_length {max_length} "
                         f"and batch {batch} at least 1")
    check(temperature, top_k, top_p)
    rng = random.Random(seed)
    words = []
    while len(words) < count:
        size = min(batch, count - len(words))
        chances = array("d", (rng.random() for _ in range(size * max_length)))
        chances = torch.frombuffer(chances, dtype=torch.float64).view(size, max_length)
        ids = generate(model, chances, temperature, top_k, 0.0 if greedy else top_p)
        lengths = (ids != 0).sum(dim=1)
        words += [vocabulary.decode(word[:length])
                  for word, length in zip(ids.tolist(), lengths.tolist())]
    return words


def generate(model, chances, temperature, top_k, top_p):
    """chances (B, max_length) in [0, 1) -> ids of that shape, 0 after a word's end."""
    ids = torch.zeros(chances.shape, dtype=torch.int64)
    rows = torch.arange(len(chances))        # of the words that have not ended
    contexts = torch.zeros(len(chances), model.block_size, dtype=torch.int64)
    for place in range(chances.shape[1]):
        p = distribution(model(contexts), temperature, top_k, top_p)
        drawn = choose(p, chances[rows, place])
        ids[rows, place] = drawn
        going = drawn != 0
        if not going.any():
            break
        rows, drawn = rows[going], drawn[going]
        contexts = torch.cat([contexts[going], drawn[:, None]], dim=1)[:, 1:]
    return ids


def distribution(logits, temperature=1.0, top_k=None, top_p=None):
    """logits (B, V) -> p (B, V), float64: tempered, cut to top_k, then to top_p.

    temperature divides the logits: below 1 the likely becomes likelier, above 1 the
    rare does. top_k keeps the k likeliest symbols. top_p keeps the likeliest until they
    hold that share of the probability, and at least one (Holtzman and others, The
    curious case of neural text degeneration, ICLR 2020). Of equals, the lower id goes
    first. Raises ValueError for a setting out of range, and for nan.
    """
    check(temperature, top_k, top_p)
    logits = logits.double()                                   # (B, V)
    logits = logits - logits.amax(dim=1, keepdim=True)         # (B, V)  0 at most
    p = (logits / temperature).softmax(dim=1)                  # (B, V)
    if p.isnan().any():
        raise ValueError("the model's logits are not all numbers: its training "
                         "diverged, or it has no probabilities for a context")
    if top_k is not None:
        p = keep(p, rank(p) < top_k)                           # (B, V)
    if top_p is not None and top_p < 1:
        p = keep(p, (likelier(p) < top_p) | (rank(p) == 0))    # (B, V)
    return p                                                   # (B, V)


def check(temperature, top_k, top_p):
    if not 0 < temperature < float("inf"):
        raise ValueError(f"temperature {temperature} must be above 0; toward 0 it "
                         "becomes greedy=True")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k {top_k} must keep at least 1 symbol")
    if top_p is not None and not 0 <= top_p <= 1:
        raise ValueError(f"top_p {top_p} must be a probability, 0 to 1")


def keep(p, kept):
    """p (B, V) -> p (B, V), 0 where kept is false, each row with sum 1 again."""
    p = p * kept                                       # (B, V)
    return p / p.sum(dim=1, keepdim=True)              # (B, V)


def rank(p):
    """p (B, V) -> (B, V): 0 where a row is largest, 1 where it is next, ..."""
    order = p.argsort(dim=1, descending=True, stable=True)    # (B, V)
    return order.argsort(dim=1)                               # (B, V)  its inverse


def likelier(p):
    """p (B, V) -> (B, V): the probability of all symbols that rank before each one."""
    largest, order = p.sort(dim=1, descending=True, stable=True)    # (B, V)
    before = largest.cumsum(dim=1) - largest                        # (B, V)
    return before.gather(1, order.argsort(dim=1))                   # (B, V)


def choose(p, chance):
    """p (B, V), chance (B) in [0, 1) -> ids (B): where the running sum passes chance.

    Never an id of probability 0: the sums end on exactly 1, which no chance reaches,
    and at an id of probability 0 they do not rise.
    """
    sums = p.cumsum(dim=1)                                                # (B, V)
    sums = sums / sums[:, -1:]                                            # (B, V)
    return torch.searchsorted(sums, chance[:, None], right=True)[:, 0]    # (B)
