"""Optimizers, and schedules for their learning rates.

    >>> from .. import tensor
    >>> w = tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (3 * w).sum().backward()
    >>> optimizer.step()
    >>> w.item() == float(tensor(1 - 0.1 * 3))
    True

    optimizer.py       what all share: groups of parameters, state_dict
    rules.py           SGD, Adam, AdamW, RMSprop, Adagrad
    lbfgs.py           LBFGS, which evaluates the loss several times in one step
    line_search.py     how far it goes
    lr_scheduler.py    the learning rate as a function of the step

Chapter: docs/torch/modules.md.
"""

from . import lr_scheduler
from .lbfgs import LBFGS
from .optimizer import Optimizer
from .rules import SGD, Adagrad, Adam, AdamW, RMSprop


def __getattr__(name):
    if name[0].isupper():
        raise AttributeError(f"scratch.torch has no torch.optim.{name}; it has SGD, "
                             "Adam, AdamW, RMSprop, Adagrad and LBFGS")
    raise AttributeError(f"scratch.torch has no torch.optim.{name}")
