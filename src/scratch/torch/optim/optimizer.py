"""Optimizer: parameters in groups, what is kept for each, and a rule to move them.

    >>> class Halving(Optimizer):
    ...     def move(self, p, g, group, state):
    ...         p.mul_(0.5)
    >>> w = tensor([8.0], requires_grad=True)
    >>> optimizer = Halving([w], {"lr": 1.0})
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([4.], requires_grad=True)
    >>> optimizer.state_dict()["param_groups"]
    [{'lr': 1.0, 'params': [0]}]

    p       a parameter              group   parameters that share their settings
    g       its gradient, p.grad     state   what is kept for p from step to step

An optimizer knows nothing of networks. It is given tensors, reads what backward() left
in .grad, and writes into the tensors. All that PyTorch's has more is book-keeping: the
groups, each with settings of its own, and a state_dict, in which parameters are numbers
(the first is 0), since a file cannot point to a tensor. The keys are PyTorch's, and so
either loads what the other wrote.

A subclass gives the defaults and `move`; step() calls it for each parameter that has a
gradient, within no_grad.

Chapter: docs/torch/modules.md.
"""

import copy
from collections import OrderedDict, defaultdict
from itertools import chain

from .. import Tensor, enable_grad, no_grad, tensor
from ..graph import Handle


class Optimizer:
    """params: tensors, or pairs (name, tensor), or groups {"params": ..., ...}."""

    def __init__(self, params, defaults):
        if isinstance(params, Tensor):
            raise TypeError("an optimizer takes a list of tensors, even for one: [w]")
        self.defaults = defaults
        self.state = defaultdict(dict)          # {parameter: {"exp_avg": tensor, ...}}
        self.param_groups = []
        self._step_pre_hooks, self._step_post_hooks = OrderedDict(), OrderedDict()
        self._opt_called = False                # whether step() ever was, for schedules
        groups = list(params)
        if not groups:
            raise ValueError("an optimizer was given no parameters; a generator such "
                             "as parameters() can be gone through only once")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group):
        """Further parameters, and settings that differ from the defaults."""
        if not isinstance(param_group, dict):
            raise TypeError(f"a group is a dictionary, not {param_group!r:.60}")
        params = param_group["params"]
        params = [params] if isinstance(params, Tensor) else params
        if isinstance(params, set):
            raise TypeError("a set has no order, and a state_dict knows parameters by "
                            "their number; give a list")
        params, names = list(params), []
        if params and isinstance(params[0], tuple):
            names, params = map(list, zip(*params))
        for p in params:
            check_parameter(p)
        known = {id(p) for group in self.param_groups for p in group["params"]}
        if known & {id(p) for p in params}:
            raise ValueError("a parameter is in two groups, and would be moved twice")
        group = {**param_group, "params": params}
        if names:
            group["param_names"] = names
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        self.check(group)
        self.param_groups.append(group)

    def check(self, group):
        """ValueError for settings that make no sense; a subclass says which."""

    def zero_grad(self, set_to_none=True):
        """Forget the gradients, which backward() would otherwise add to."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    p.grad = p.grad.detach().zero_()

    def step(self, closure=None):
        """Move each parameter that has a gradient -> the loss, if closure computes it.

        closure() clears the gradients, computes the loss and goes backward.
        """
        for hook in tuple(self._step_pre_hooks.values()):
            hook(self, (closure,), {})
        self._opt_called = True
        with no_grad():
            loss = self.take_step(closure)
        for hook in tuple(self._step_post_hooks.values()):
            hook(self, (closure,), {})
        return loss

    def take_step(self, closure):
        """step, within no_grad and between its hooks."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            self.move_group(group)
        return loss

    def move_group(self, group):
        for p in group["params"]:
            if p.grad is not None:
                g = -p.grad if group.get("maximize") else p.grad
                kept = self.state.get(p, {})
                self.move(p, g, group, kept)
                if kept:
                    self.state[p] = kept

    def move(self, p, g, group, state):
        """Change p in place, by the rule, along the gradient g."""
        raise NotImplementedError(f"{type(self).__name__} has no rule: write a method "
                                  "move(self, p, g, group, state)")

    def state_dict(self):
        """{"state": {number: {name: tensor}}, "param_groups": [settings, numbers]}"""
        numbers = {id(p): n for n, p in enumerate(self._parameters())}
        groups = [{name: value for name, value in group.items() if name != "params"}
                  | {"params": [numbers[id(p)] for p in group["params"]]}
                  for group in self.param_groups]
        state = {numbers.get(id(p), p): kept for p, kept in self.state.items()}
        return {"state": state, "param_groups": groups}

    def _parameters(self):
        return chain.from_iterable(group["params"] for group in self.param_groups)

    def load_state_dict(self, state_dict):
        """Go on from where the optimizer was whose state_dict() this is.

        ValueError if it has other numbers of groups or of parameters in them. Kept
        tensors are copied, and take the dtype of their parameter.
        """
        groups = copy.deepcopy(state_dict["param_groups"])
        sizes = [[len(group["params"]) for group in each]
                 for each in (groups, self.param_groups)]
        if sizes[0] != sizes[1]:
            raise ValueError(f"the state_dict has groups of {sizes[0]} parameters, and "
                             f"this optimizer has groups of {sizes[1]}")
        numbers = chain.from_iterable(group["params"] for group in groups)
        parameter = dict(zip(numbers, self._parameters()))
        self.state = defaultdict(dict)
        for n, kept in state_dict["state"].items():
            p = parameter.get(n, n)
            self.state[p] = {name: fitted(value, name, p)
                             for name, value in kept.items()}
        for new, group in zip(groups, self.param_groups):
            mine = {name: group[name] for name in ("params", "param_names")
                    if name in group}
            missing = {name: value for name, value in self.defaults.items()
                       if name not in new}
            group.clear()
            group.update(missing | new | mine)

    def register_step_pre_hook(self, hook):
        """hook(optimizer, args, kwargs) before each step."""
        return Handle(self._step_pre_hooks, hook)

    def register_step_post_hook(self, hook):
        """hook(optimizer, args, kwargs) after each step."""
        return Handle(self._step_post_hooks, hook)

    def __repr__(self):
        lines = [f"{type(self).__name__} ("]
        for n, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {n}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group)
                      if name != "params"]
        return "\n".join([*lines, ")"])


def check_parameter(p):
    if not isinstance(p, Tensor):
        raise TypeError(f"an optimizer moves tensors, and {p!r:.60} is of type "
                        f"{type(p).__name__}")
    if not p.is_leaf:
        raise ValueError(f"a tensor that {p.grad_fn} made cannot be optimized; only a "
                         "leaf can, which no operation made")


def check_settings(group, **bounds):
    """ValueError unless each setting is at least 0 and below its bound, if any."""
    for name, bound in bounds.items():
        values = group[name]
        for value in values if isinstance(values, (tuple, list)) else [values]:
            if not 0.0 <= float(value):
                raise ValueError(f"{name}={value}, but it must be 0 or more")
            if bound is not None and float(value) >= bound:
                raise ValueError(f"{name}={value}, but it must be below {bound}, or "
                                 "the past never fades")


def refuse(group, *names):
    """NotImplementedError for a setting that PyTorch has and this has not."""
    for name in names:
        if group.get(name):
            raise NotImplementedError(f"optimizers here have no {name}")


def fitted(value, name, p):
    """What was kept, copied, in the dtype and on the device of its parameter."""
    if not isinstance(value, Tensor):
        return tensor(float(value)) if name == "step" else copy.deepcopy(value)
    if name == "step" or not (isinstance(p, Tensor) and p.is_floating_point()):
        return value.clone()
    return value.detach().to(p.device, p.dtype).clone()
