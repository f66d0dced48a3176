"""LRScheduler: what every schedule of a learning rate shares.

    >>> from .. import tensor
    >>> from .rules import SGD
    >>> class Halving(LRScheduler):
    ...     def get_lr(self):
    ...         return [base / 2**self.last_epoch for base in self.base_lrs]
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=0.8)
    >>> schedule = Halving(optimizer)
    >>> for step in range(2):
    ...     optimizer.step()
    ...     schedule.step()
    >>> optimizer.param_groups[0]["lr"]
    0.2

    last_epoch   how often it was stepped: 0 when it is made
    base_lrs     the rate that each group had before, which the group has as initial_lr

A schedule changes group["lr"], which the optimizer reads in its next step. It is
stepped once when it is made, so that the first step of the optimizer has its first
rate.

Chapter: docs/torch/modules.md.
"""

import warnings



class LRScheduler:
    """The base: a subclass writes get_lr(), and step() puts those rates in place."""

    def __init__(self, optimizer, last_epoch=-1):
        self.optimizer = optimizer
        for n, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(f"group {n} has no initial_lr: a schedule that goes on "
                               f"at {last_epoch} needs the optimizer of the one before "
                               "it")
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self):
        """Put the first rates in place; where it goes on, lr is what it was already."""
        self._step_count, self._is_initial = 0, True
        self.step()
        self._is_initial = False

    def get_lr(self):
        """The rates at t = last_epoch, one for each group."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr")

    def get_last_lr(self):
        """The rates that the last step put in place."""
        return self._last_lr

    def step(self, epoch=None):
        """Go on by one, after optimizer.step(), or to t = epoch."""
        if self._step_count == 1 and not self.optimizer._opt_called:
            warnings.warn("the schedule is stepped before the optimizer: its first "
                          "rate "
                          "is skipped. Call optimizer.step() first", stacklevel=2)
        self._step_count += 1
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed = getattr(self, "_get_closed_form_lr", None)
        rates = self.get_lr() if epoch is None or closed is None else closed()
        self._put(rates)

    def _put(self, rates):
        for group, rate in zip(self.optimizer.param_groups, rates):
            group["lr"] = rate
        self._last_lr = self._rates()

    def _rates(self):
        return [group["lr"] for group in self.optimizer.param_groups]

    def _times(self, factor):
        return [lr * factor for lr in self._rates()]

    def state_dict(self):
        """All that it knows, but the optimizer."""
        return {name: value for name, value in vars(self).items()
                if name != "optimizer"}

    def load_state_dict(self, state_dict):
        vars(self).update(state_dict)


def each(value, count):
    """One value for all groups, or a list of them -> a list."""
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        raise ValueError(f"{len(value)} values, and {count} groups")
    return list(value)
