"""Preferences and rewards: a model learns from verdicts on what it writes.

    >>> generator = torch.Generator().manual_seed(1)
    >>> model = GPT(Config(4, block_size=6, layers=1, heads=1, channels=16), generator)
    >>> start, wanted = copy.deepcopy(model), 1           # texts are to begin with 1
    >>> optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    >>> for _ in range(40):
    ...     ids, targets = draw(model, 64, generator)
    ...     rewards = (targets[:, 0] == wanted).double()
    ...     log_p = logprob(model, ids, targets)
    ...     loss = reinforce_loss(log_p, rewards, others(rewards))
    ...     optimizer.zero_grad()
    ...     loss.backward()
    ...     optimizer.step()
    >>> rewards.mean().item() > 0.9
    True
    >>> drift, error = kl(model, start, 1000, generator)
    >>> drift > 1                                           # nats, about log 4
    True

    N  texts    T  positions of a row    V  symbols

A text is a row as data.rows makes it: ids (N, T), and targets (N, T) with -1 where none
counts. Its log-probability is the sum of those of its targets.

dpo_loss         from pairs of texts, of which one is preferred: Rafael Rafailov and
                 others, Direct preference optimization, NeurIPS 2023
reinforce_loss   from rewards for texts that the model itself has drawn: Ronald
                 Williams, Simple statistical gradient-following algorithms for
                 connectionist reinforcement learning, Machine Learning 8, 1992
kl               how far a model has gone from another one, in nats per text

Left out: a reward model that is learnt from people's choices, PPO's clipped ratios for
several steps on the same texts, and rewards for parts of a text.

Chapter: docs/makemore/preferences.md.
To copy: this file, gpt.py, transformer.py, attention.py, sample.py and data.py (needs
torch).
"""

import copy    # for the example above

import torch
import torch.nn.functional as F

from .gpt import GPT, generate    # GPT for the example above
from .transformer import Config    # for the example above


def logprob(model, ids, targets):
    """ids (N, T), targets (N, T) -> log p (N): of each row's targets, in nats."""
    log_p = model.logits(ids).log_softmax(dim=2)                         # (N, T, V)
    chosen = log_p.gather(2, targets.clamp(min=0)[:, :, None])[:, :, 0]  # (N, T)
    return chosen.where(targets >= 0, 0.0).sum(dim=1)                    # (N)


@torch.no_grad()
def draw(model, count, generator=None):
    """-> ids (N, T) and targets (N, T) of count texts that the model writes.

    They begin at the boundary. T is the length of the longest, its end included; a text
    that fills block_size is cut off there, and then has no end among its targets.
    """
    chances = torch.rand(count, model.block_size, generator=generator,
                         dtype=torch.float64)
    drawn = generate(model, [0], chances)
    lengths = (drawn != 0).sum(dim=1)                                    # (N)
    T = min(lengths.max().item() + 1, model.block_size)
    drawn = drawn[:, :T]                                                 # (N, T)
    targets = drawn.where(torch.arange(T) <= lengths[:, None], -1)       # (N, T)
    return F.pad(drawn, (1, -1)), targets


def dpo_loss(better, worse, better_start, worse_start, beta):
    """Log-probabilities (N) of pairs, by the model and by the one it starts from -> ().

        margin = (better - better_start) - (worse - worse_start)
        loss   = mean of -log sigmoid(beta * margin)

    Raises ValueError if beta is not above 0, or the pairs are not.
    """
    if not beta > 0:
        raise ValueError(f"beta {beta} must be above 0; the larger it is, the "
                         "nearer the model stays to its start")
    shapes = [tuple(x.shape) for x in (better, worse, better_start, worse_start)]
    if len(set(shapes)) > 1:
        raise ValueError(f"log-probabilities of {', '.join(map(str, shapes))}; each of "
                         "the better texts takes one that is worse")
    margin = (better - better_start) - (worse - worse_start)             # (N)
    return -F.logsigmoid(beta * margin).mean()                           # ()


def pairs(ids, targets, rewards):
    """Texts and their rewards (N) -> better (P), worse (P): rows of two texts compared.

    Each text is compared with the one after it, and the two are left out if they are
    equally good. Raises ValueError for another number of rewards than of texts, for two
    texts with different prompts (what stands before the first target), and if no pair
    is left.
    """
    check(ids, rewards)
    first = (targets >= 0).int().argmax(dim=1, keepdim=True)             # (N, 1)
    prompts = ids.where(torch.arange(ids.shape[1]) <= first, -1)         # (N, T)
    if (other := (prompts[1:] != prompts[:-1]).any(dim=1)).any():
        n = other.int().argmax().item()
        raise ValueError(f"texts {n} and {n + 1} have different prompts; only answers "
                         "to the same one can be compared")
    ahead = rewards[:-1] - rewards[1:]                                   # (N - 1)
    rows = ahead.nonzero()[:, 0]                                         # (P)
    if len(rows) == 0:
        raise ValueError(f"all {len(ids)} texts are equally good as the next one: "
                         "nothing is preferred")
    won = ahead[rows] > 0                                                # (P)
    return rows + (~won).long(), rows + won.long()


def reinforce_loss(log_p, rewards, baseline=0.0):
    """log_p (N) of texts the model drew, rewards (N), baseline () or (N) -> ().

    Its gradient is an estimate of minus the gradient of the expected reward,

        E[(reward - baseline) * gradient of log p],

    whatever the baseline is, as long as it does not depend on the text itself. Rewards
    and baseline are numbers here: no gradient goes through them. Raises ValueError for
    another number of rewards than of texts.
    """
    check(log_p, rewards)
    advantage = (rewards - baseline).detach()                            # (N)
    return -(advantage * log_p).mean()                                   # ()


def others(rewards):
    """rewards (N) -> (N): for each text, the mean reward of all the others."""
    if len(rewards) < 2:
        raise ValueError("one text has no others, whose rewards could be a baseline")
    return (rewards.sum() - rewards) / (len(rewards) - 1)                # (N)


@torch.no_grad()
def kl(model, start, count, generator=None):
    """-> KL(model, start) in nats per text, estimated from count texts, and its
    standard error.

    The mean over texts that the model draws of log p - log p_start. The expectation is
    never below 0; an estimate can be.
    """
    ids, targets = draw(model, count, generator)
    apart = logprob(model, ids, targets) - logprob(start, ids, targets)  # (N)
    apart = apart.double()                                               # (N)
    return apart.mean().item(), (apart.std() / count ** 0.5).item()


def check(texts, rewards):
    if len(texts) != len(rewards):
        raise ValueError(f"{len(rewards)} rewards for {len(texts)} texts; each has one")
