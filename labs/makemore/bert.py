"""Hiding letters, guessing them, and filling whole words.

    B  examples    T  positions    V  symbols, the mask among them    N  words
    W  partly filled words

The rest is the book's: mask_of(model), of_letters(logits) (log-probabilities of the
letters 1, 2, ... only), and BLANK, which is "?".

Exercises: corrupt, pseudo_nll, fill.
Chapter: docs/makemore/bert.md.  In place of: scratch.makemore.bert.
"""

import torch

from scratch.makemore.bert import BLANK, mask_of, of_letters


class Letters:
    """A vocabulary for the examples."""

    encode = staticmethod(lambda word: [".abcd".index(letter) for letter in word])
    decode = staticmethod(lambda ids: "".join(".abcd"[id] for id in ids))


class Twin:
    """A model for the examples: sure that a letter is like the one on its left, if that is one."""

    block_size = 6

    class config:
        symbols = 6

    def __call__(self, ids):
        logits = torch.zeros(*ids.shape, 6)
        before = torch.roll(ids, 1, dims=1)
        letter = (before > 0) & (before < 5)
        return logits.scatter(2, before[:, :, None], 5.0 * letter[:, :, None])


def corrupt(ids, mask, share=0.15, generator=None):
    """ids (B, T) -> inputs (B, T), targets (B, T): -1 but for the chosen letters.

    Each letter (an id that is not 0) is chosen with probability share, a number or
    (B, 1). Of the chosen, 80 per cent become mask, 10 a random letter 1 ... mask - 1,
    and 10 stay. All random numbers are the generator's.

    How is it trained? Masked language modelling

    >>> ids = torch.tensor([[0, 1, 2, 3, 0, 0]] * 5000)
    >>> inputs, targets = corrupt(ids, 5, 0.5, torch.Generator().manual_seed(1))
    >>> chosen = targets != -1
    >>> chosen[:, [0, 4, 5]].any().item(), torch.equal(targets[chosen], ids[chosen])
    (False, True)
    >>> torch.equal(inputs[~chosen], ids[~chosen])
    True
    >>> round(chosen[:, 1:4].double().mean().item(), 1)
    0.5

    Why 80, 10 and 10?

    >>> found = inputs[chosen]
    >>> round((found == 5).double().mean().item(), 1)
    0.8
    >>> kept = (found == ids[chosen]).double().mean().item()
    >>> 0.11 < kept < 0.14                                # or hit by chance
    True
    >>> sorted(set(found.tolist()))
    [1, 2, 3, 4, 5]
    """
    raise NotImplementedError("corrupt is yours to write")


def pseudo_nll(model, ids, ahead=False, batch=4096):
    """ids (N, T) -> nats (N, T), float64: -ln p of each letter, hidden; 0 elsewhere.

    p is among letters only (of_letters). With ahead, the letters that follow are hidden
    with it. batch letters at a time, without gradients.

    How likely is a word? The pseudo-log-likelihood

    >>> nats = pseudo_nll(Twin(), torch.tensor([[0, 1, 1, 2, 0, 0]]))
    >>> [round(each, 3) for each in nats[0].tolist()]     # ln 4; like its left; not so
    [0.0, 1.386, 0.02, 5.02, 0.0, 0.0]
    >>> class Count:                                      # the less is hidden, the surer
    ...     config = Twin.config
    ...     def __call__(self, ids):
    ...         logits = torch.zeros(*ids.shape, 6)
    ...         logits[:, :, 1] = -(ids == 5).sum(1, keepdim=True)
    ...         return logits
    >>> ids = torch.tensor([[0, 1, 1, 1, 0, 0]])
    >>> [[round(each, 3) for each in pseudo_nll(Count(), ids, ahead)[0, 1:4].tolist()]
    ...  for ahead in (False, True)]
    [[2.214, 2.214, 2.214], [4.115, 3.143, 2.214]]
    """
    raise NotImplementedError("pseudo_nll is yours to write")


def fill(model, vocabulary, pattern, count=5, width=200):
    """"?mm?" -> [(word, p)], the count likeliest fillings and their probabilities.

    Blanks from the left; after each, keep the width likeliest. An empty pattern, or one
    for which the model is too small, is a ValueError ("'' has 0 characters; 1 to 4 can
    be filled in", where the model's block_size is 6).

    How much should be hidden? Masking rates

    >>> [(word, round(p, 3)) for word, p in fill(Twin(), Letters, "b?d", count=1)]
    [('bbd', 0.98)]
    >>> found = fill(Twin(), Letters, "??", count=16)
    >>> sorted(word for word, p in found[:4]), round(sum(p for _, p in found), 6)
    (['aa', 'bb', 'cc', 'dd'], 1.0)
    >>> fill(Twin(), Letters, "dad")
    [('dad', 1.0)]
    """
    raise NotImplementedError("fill is yours to write")
