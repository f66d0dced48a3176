"""From scores to a loss and back: softmax, cross-entropy, and its gradient.

    B    examples        V    symbols        logits    (B, V), scores of either sign

Exercises: softmax, cross_entropy, slopes.
Chapter: docs/makemore/neural-bigram.md.
"""

import torch


def softmax(logits):
    """logits (B, V) -> rows of probabilities (B, V), each in proportion to e to its logit.

    It must not overflow, however large the logits are: subtract the largest of each row.

    How do scores become probabilities? Logits and softmax

    >>> softmax(torch.zeros(1, 4)).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    >>> rows = torch.tensor([[0.0, 3.0], [-1.0, -1.0]]).double()
    >>> softmax(rows.log()[:1]).tolist()                   # log-counts of 0 and 3
    [[0.0, 1.0]]
    >>> softmax(rows).sum(dim=1).tolist()
    [1.0, 1.0]
    >>> [round(p, 4) for p in softmax(torch.tensor([[1000.0, 999.0]]))[0].tolist()]
    [0.7311, 0.2689]
    """
    raise NotImplementedError("softmax is yours to write")


def cross_entropy(logits, targets):
    """logits (B, V), the ids that came (B) -> the mean of -log p of what came, a tensor.

    What is the loss of a guess? Cross-entropy

    >>> guess = torch.zeros(2, 27)
    >>> round(cross_entropy(guess, torch.tensor([5, 13])).item(), 4)     # log 27
    3.2958
    >>> sure = torch.tensor([[0.0, 50.0], [50.0, 0.0]])
    >>> cross_entropy(sure, torch.tensor([1, 0])).item() == 0
    True
    >>> round(cross_entropy(sure, torch.tensor([1, 1])).item(), 4)       # 0 and 50
    25.0
    >>> logits = torch.tensor([[0.0, 3.0, -2.0, 1.0]])
    >>> round(cross_entropy(logits, torch.tensor([3])).item(), 4)
    2.1755
    """
    raise NotImplementedError("cross_entropy is yours to write")


def slopes(logits, targets):
    """logits (B, V), the ids that came (B) -> ∂cross_entropy/∂logits, (B, V).

    Without autograd, and without changing logits.

    Which way is downhill? The gradient of cross-entropy

    >>> slopes(torch.zeros(1, 4), torch.tensor([2])).tolist()
    [[0.25, 0.25, -0.75, 0.25]]
    >>> slopes(torch.zeros(2, 4), torch.tensor([2, 0])).tolist()         # of a mean
    [[0.125, 0.125, -0.375, 0.125], [-0.375, 0.125, 0.125, 0.125]]
    >>> logits = torch.tensor([[0.0, 3.0, -2.0, 1.0]])
    >>> [round(d, 4) for d in slopes(logits, torch.tensor([3]))[0].tolist()]
    [0.0418, 0.839, 0.0057, -0.8865]
    >>> logits.tolist()
    [[0.0, 3.0, -2.0, 1.0]]
    """
    raise NotImplementedError("slopes is yours to write")
