"""Parts of the training loop: accumulated gradients, early stopping, a checkpoint.

    x, y  examples and their targets; a target of -1 does not count

The optimizers are the book's. optimizer.state_dict() is all that an optimizer keeps
between two steps; generator.get_state() is the state of a random generator.

Exercises: accumulated, stopping_point, snapshot.
Chapter: docs/makemore/training.md.
"""

import torch

from scratch.makemore.optimizers import Adam


def squares(p):
    """total_loss(x, y) -> the sum of (p - x)² over the targets that count."""
    return lambda x, y: ((p - x) ** 2)[y >= 0].sum()


def tiny():
    """Parameters, optimizer and generator of a training that has not begun."""
    p = torch.zeros(2, requires_grad=True)
    return [p], Adam([p], lr=0.1), torch.Generator().manual_seed(1)


def take(steps, parameters, optimizer, generator):
    """Take steps toward random numbers -> the loss of each."""
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = (parameters[0] - torch.randn(2, generator=generator)).square().sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def restore(kept, parameters, optimizer, generator):
    """Put a snapshot back into a training that has not begun -> its number of steps."""
    with torch.no_grad():
        for p, value in zip(parameters, kept["parameters"]):
            p.copy_(value)
    optimizer.load_state_dict(kept["optimizer"])
    generator.set_state(kept["generator"])
    return kept["step"]


def accumulated(total_loss, parts):
    """Add up gradients of parts [(x, y)] -> the mean loss of all their targets, a float.

    total_loss(x, y) is a sum over the targets of a part. Call backward() part by part,
    so that nothing is kept of a part that is done. The gradients are to be those of the
    mean over the targets of all parts.

    What if a minibatch does not fit? Gradient accumulation

    >>> p = torch.zeros(1, requires_grad=True)
    >>> few = torch.tensor([4.0, 9.0]), torch.tensor([1, -1])           # one target
    >>> many = torch.tensor([0.0, 0.0, 0.0]), torch.tensor([1, 1, 1])   # three
    >>> accumulated(squares(p), [few, many]), p.grad.item()
    (4.0, -2.0)
    >>> p.grad = None
    >>> both = torch.cat([few[0], many[0]]), torch.cat([few[1], many[1]])
    >>> accumulated(squares(p), [both]), p.grad.item()
    (4.0, -2.0)
    """
    raise NotImplementedError("accumulated is yours to write")


def stopping_point(losses, patience):
    """Losses on dev, in order -> how many are measured, and the index of the best.

    Training stops as soon as `patience` measurements in a row were not below the best
    before them; otherwise at the end of the list.

    When should it stop? Early stopping

    >>> stopping_point([3.0, 2.0, 2.5, 2.4, 2.3, 1.0], patience=3)
    (5, 1)
    >>> stopping_point([3.0, 3.5, 2.0, 2.5, 1.0], patience=2)     # it counts anew
    (5, 4)
    >>> stopping_point([2.0, 2.0, 2.0, 1.0], patience=2)          # equal is not better
    (3, 0)
    """
    raise NotImplementedError("stopping_point is yours to write")


def snapshot(parameters, optimizer, generator, step):
    """All that later steps depend on, in a dict that later steps do not change.

    {"parameters": [tensor, ...], "optimizer": a state, "generator": a state, "step": step}

    Training changes tensors in place, those in the optimizer's state among them, so copy
    them; copy.deepcopy copies dicts and lists with all that is in them.

    How is it interrupted, and watched? Checkpoints

    >>> training = tiny()
    >>> begun = take(3, *training)
    >>> kept = snapshot(*training, step=3)
    >>> later = take(3, *training)
    >>> other = tiny()
    >>> restore(kept, *other), take(3, *other) == later
    (3, True)
    >>> third = tiny()
    >>> restore(kept, *third), take(3, *third) == later      # a snapshot serves twice
    (3, True)
    """
    raise NotImplementedError("snapshot is yours to write")
