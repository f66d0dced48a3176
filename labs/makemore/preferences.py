"""Two losses for what cannot be shown: from rewards, and from pairs of which one is preferred.

    N  texts, or pairs of texts

The module has them, and its tests judge yours, by counting out all texts of a tiny model.

Exercises: others, reinforce_loss, dpo_loss.
Chapter: docs/makemore/preferences.md.  In place of: scratch.makemore.preferences.
"""

import torch
import torch.nn.functional as F

from scratch.makemore.preferences import check


def others(rewards):
    """rewards (N) -> (N): for each text, the mean reward of all the others.

    ValueError for a single text. The module's message says "one text has no others".

    Can a reward be learnt? REINFORCE

    >>> others(torch.tensor([1.0, 2.0, 6.0])).tolist()
    [4.0, 3.5, 1.5]
    """
    raise NotImplementedError("others is yours to write")


def reinforce_loss(log_p, rewards, baseline=0.0):
    """log_p (N) of texts the model drew, rewards (N), baseline () or (N) -> ().

    The mean of -(reward - baseline) log p, of which only log p has a gradient.
    check(log_p, rewards) raises the error for another number of rewards than of texts.

    Can a reward be learnt? REINFORCE

    >>> log_p = torch.tensor([-1.0, -2.0], requires_grad=True)
    >>> loss = reinforce_loss(log_p, torch.tensor([3.0, 0.0]), 1.0)
    >>> loss.item()                                  # (2 * 1 - 1 * 2) / 2
    0.0
    >>> torch.autograd.grad(loss, log_p)[0].tolist()          # the first becomes likelier
    [-1.0, 0.5]
    >>> penalised = torch.tensor([3.0, 0.0]) - (log_p + 1)    # numbers, wherever they are from
    >>> torch.autograd.grad(reinforce_loss(log_p, penalised, penalised.mean()), log_p)[0].tolist()
    [-0.5, 0.5]
    """
    raise NotImplementedError("reinforce_loss is yours to write")


def dpo_loss(better, worse, better_start, worse_start, beta):
    """Log-probabilities (N) of pairs, by the model and by the one it starts from -> ().

        margin = (better - better_start) - (worse - worse_start)
        loss   = mean of -log sigmoid(beta * margin)

    F.logsigmoid does not overflow. ValueError if beta is not above 0 (the module's message
    begins "beta 0 must be above 0"), and if not all four have one shape ("log-probabilities
    of (3,), (2,), (3,), (3,); each of the better texts takes one that is worse").

    Can it learn from comparisons alone? DPO

    >>> better = torch.tensor([-1.0], requires_grad=True)
    >>> worse = torch.tensor([-1.0], requires_grad=True)
    >>> start = torch.tensor([-2.0])
    >>> loss = dpo_loss(better, worse, start, start, beta=2.0)
    >>> round(loss.item(), 4)                       # both have risen alike: log 2
    0.6931
    >>> [g.item() for g in torch.autograd.grad(loss, (better, worse))]    # -beta / 2, beta / 2
    [-1.0, 1.0]
    >>> round(dpo_loss(better, worse, start - 1, start, beta=2.0).item(), 4)    # margin 1
    0.1269
    """
    raise NotImplementedError("dpo_loss is yours to write")
