"""A GPT's rows, its loss, the data of the calculator, and fine-tuning.

    B  examples    T  positions    V  symbols    N  words

The module has the first two, and its tests judge them. The other two, of the lecture's
second and third exercise, are judged by the examples in their docstrings.

Exercises: rows, GPT.forward, sums, fine_tuned.
Chapter: docs/makemore/gpt.md.  In place of: scratch.makemore.gpt.
Not in a page: fine_tuned, whose examples train networks.
"""

import torch
import torch.nn.functional as F

from scratch.makemore import data, gpt
from scratch.makemore.gpt import Config


class Letters:
    """A vocabulary of five symbols for the examples."""

    encode = staticmethod(lambda word: [".abcd".index(letter) for letter in word])


def rows(words, vocabulary, block_size):
    """[word] -> ids (N, T) and targets (N, T), T = block_size, int64.

    ids: 0, the letters, and 0 until the row is full. targets: the letters and the 0 at
    the end, one place earlier than in ids, and -1 until the row is full. A word that
    does not fit is a ValueError: "'abc' has 3 characters; block_size 3 holds 2 and its
    boundary".

    How is a whole word learnt from at once? Shifted targets

    >>> ids, targets = rows(["bad", "a"], Letters, 5)
    >>> ids.tolist()
    [[0, 2, 1, 4, 0], [0, 1, 0, 0, 0]]
    >>> targets.tolist()
    [[2, 1, 4, 0, -1], [1, 0, -1, -1, -1]]
    >>> try:
    ...     rows(["abc"], Letters, 3)
    ... except ValueError as error:
    ...     print(error)
    'abc' has 3 characters; block_size 3 holds 2 and its boundary
    """
    raise NotImplementedError("rows is yours to write")


class GPT(gpt.GPT):
    """The book's, but for the method that you write."""

    def forward(self, ids, targets=None):
        """With targets, the mean loss over those that are not -1; else self.after(ids).

        self.logits(ids) gives logits (B, T, V).

        How is a whole word learnt from at once? Shifted targets

        >>> model = GPT(Config(5, 5, layers=1, heads=1, channels=2))
        >>> model.logits = lambda ids: torch.log(torch.tensor(
        ...     [[[0.2, 0.2, 0.2, 0.2, 0.2], [0.5, 0.2, 0.1, 0.1, 0.1]]]))
        >>> ids = torch.tensor([[0, 1]])
        >>> round(model(ids, torch.tensor([[3, -1]])).item(), 4)        # -ln 0.2
        1.6094
        >>> round(model(ids, torch.tensor([[3, 0]])).item(), 4)         # and -ln 0.5
        1.1513
        >>> model.after = lambda contexts: "logits"
        >>> model(ids)
        'logits'
        """
        raise NotImplementedError("GPT.forward is yours to write")


def sums(pairs):
    """[(a, b)], both below 100 -> ids (N, 8) and targets (N, 8) of "27+64=190".

    A sum is written with two digits for each number and three for the answer, which is
    reversed; symbols have their ids in "0123456789+=". ids are all but the last symbol,
    targets all but the first, and -1 where a symbol of the question would come.

    How is a whole word learnt from at once? Shifted targets

    >>> ids, targets = sums([(27, 64), (5, 0)])
    >>> ids.tolist()
    [[2, 7, 10, 6, 4, 11, 1, 9], [0, 5, 10, 0, 0, 11, 5, 0]]
    >>> targets.tolist()
    [[-1, -1, -1, -1, -1, 1, 9, 0], [-1, -1, -1, -1, -1, 5, 0, 0]]
    """
    raise NotImplementedError("sums is yours to write")


def fine_tuned(model, few, steps, rate, batch=32, seed=1):
    """few = ids, targets (N, T) -> another model like it, trained on few from there on.

    model itself stays as it is. data.batches, with a torch.Generator of that seed, makes
    the minibatches; the rate falls from rate to almost nothing, as cosine_rates of
    optimizers.py has it, with warm=0.

    What if there are few examples? Pretraining and fine-tuning

    >>> start = GPT(Config(5, 5, layers=1, heads=1, channels=8), torch.Generator())
    >>> many = data.rows(["dad", "dada", "add"], Letters, 5)
    >>> few = data.rows(["cab"], Letters, 5)
    >>> pretrained = fine_tuned(start, many, 100, 0.03)
    >>> tuned = fine_tuned(pretrained, few, 30, 0.01)
    >>> tuned is pretrained, type(tuned) is type(start)
    (False, True)
    >>> before, after = gpt.loss(pretrained, *few), gpt.loss(tuned, *few)
    >>> after < before / 4, gpt.loss(pretrained, *many) < gpt.loss(start, *many)
    (True, True)
    >>> again = fine_tuned(pretrained, few, 30, 0.01)       # the same seed, the same model
    >>> gpt.loss(again, *few) == after, gpt.loss(pretrained, *few) == before
    (True, True)
    >>> round(gpt.loss(fine_tuned(pretrained, few, 1, 0.0), *few), 6) == round(before, 6)
    True
    """
    raise NotImplementedError("fine_tuned is yours to write")
