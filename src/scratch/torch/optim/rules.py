"""Rules that move parameters: SGD, Adam, AdamW, RMSprop, Adagrad.

    >>> w = tensor([4.0, -3.0], requires_grad=True)
    >>> optimizer = Adam([w], lr=0.5)
    >>> for step in range(60):
    ...     optimizer.zero_grad()
    ...     (w ** 2).sum().backward()
    ...     optimizer.step()
    >>> bool((w.abs() < 0.5).all())
    True
    >>> sorted(optimizer.state[w])                     # what it keeps for w
    ['exp_avg', 'exp_avg_sq', 'step']

    p   a parameter    g   ∂loss/∂p    lr   the learning rate    λ   weight_decay
    t   how many steps p has taken, this one included
    v   a mean of past g, or their sum     s   the same of g²     μ, β, α   what stays

Names of what is kept are PyTorch's: v is momentum_buffer or exp_avg, s is exp_avg_sq,
square_avg or sum. foreach and fused choose kernels there; here they are accepted, and
change nothing. maximize goes up instead of down.

Polyak 1964 and Nesterov 1983 (momentum); Duchi and others, JMLR 12, 2011 (Adagrad);
Tieleman and Hinton 2012 (RMSprop); Kingma and Ba, ICLR 2015 (Adam); Reddi and others,
ICLR 2018 (amsgrad); Loshchilov and Hutter, ICLR 2019 (AdamW).

Left out: sparse gradients, steps that can be differentiated, and further rules but
LBFGS (lbfgs.py).

Chapter: docs/torch/modules.md.
"""

import math

from .. import float32, full_like, tensor, zeros_like
from ..dispatch import composed
from ..tensor import empty
from .optimizer import Optimizer, check_settings, refuse


def counted(state):
    """Count a step, in the tensor that PyTorch keeps for it -> how many there were."""
    t = state["step"].item() + 1
    state["step"].fill_(t)
    return t


class SGD(Optimizer):
    """g = g + λ p;  v = μ v + (1 - dampening) g;  p = p - lr · v

    The first v is g itself. nesterov: g + μ v in place of v, for where v carries p.
    """

    def __init__(self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0,
                 nesterov=False, *, maximize=False, foreach=None, differentiable=False,
                 fused=None):
        super().__init__(params, dict(
            lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay,
            nesterov=nesterov, maximize=maximize, foreach=foreach,
            differentiable=differentiable, fused=fused))

    def check(self, group):
        check_settings(group, lr=None, momentum=None, weight_decay=None)
        refuse(group, "differentiable")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"]):
            raise ValueError("Nesterov's step needs a momentum above 0 and no "
                             "dampening")

    def move(self, p, g, group, state):
        if group["weight_decay"]:
            g = g.add(p, alpha=group["weight_decay"])
        if momentum := group["momentum"]:
            v = state.get("momentum_buffer")
            if v is None:
                v = state["momentum_buffer"] = g.clone()
            else:
                v.mul_(momentum).add_(g, alpha=1 - group["dampening"])
            g = g.add(v, alpha=momentum) if group["nesterov"] else v
        p.add_(g, alpha=-float(group["lr"]))


class Adam(Optimizer):
    """v = β₁ v + (1 - β₁) g,  s = β₂ s + (1 - β₂) g²
    p = p - lr / (1 - β₁ᵗ) · v / (√s / √(1 - β₂ᵗ) + ε)

    The divisions undo that v and s began at 0: t numbers weigh 1 - βᵗ together. λ adds
    λ p to g. amsgrad: the largest s so far in place of s.
    """

    decoupled = False

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0,
                 amsgrad=False, *, foreach=None, maximize=False, capturable=False,
                 differentiable=False, fused=None, decoupled_weight_decay=False):
        super().__init__(params, dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad,
            maximize=maximize, foreach=foreach, capturable=capturable,
            differentiable=differentiable, fused=fused,
            decoupled_weight_decay=decoupled_weight_decay))

    def check(self, group):
        check_settings(group, lr=None, betas=1, eps=None, weight_decay=None)
        refuse(group, "differentiable", "capturable")

    def move(self, p, g, group, state):
        if not state:
            state["step"] = tensor(0.0, dtype=float32)
            state["exp_avg"], state["exp_avg_sq"] = zeros_like(p), zeros_like(p)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = zeros_like(p)
        (beta1, beta2), lr = group["betas"], float(group["lr"])
        t, decay = counted(state), group["weight_decay"]
        apart = decay and group["decoupled_weight_decay"]
        if decay and not apart:
            g = g.add(p, alpha=decay)
        changed = [p, state["exp_avg"], state["exp_avg_sq"]]
        if group["amsgrad"]:
            changed.append(state["max_exp_avg_sq"])
        backend = p.storage.backend
        backend["adam"](
            g.native, empty(p.shape, p.dtype, backend).native,
            *[each.native for each in changed], keep=1 - lr * decay if apart else 1,
            beta1=beta1, beta2=beta2, root=math.sqrt(1 - beta2**t), eps=group["eps"],
            rate=lr / (1 - beta1**t))
        for each in changed:
            each.storage.version += 1    # a graph that had saved p will say so


@composed
def adam(backend):
    """g, room, p, v, s and, for amsgrad, the largest s: all but g change, in place.

    One kernel, and not a dozen operations on tensors, for the many small parameters.
    """
    add, sub, mul, div, sqrt, maximum, copy = (backend[name] for name in (
        "add", "sub", "mul", "div", "sqrt", "maximum", "copy"))

    def kernel(g, room, p, v, s, largest=None, *, keep, beta1, beta2, root, eps, rate):
        if keep != 1:
            mul(p, keep, p)
        d = mul(sub(g, v, room), 1 - beta1, room)
        add(v, d, v)                                   # the mean moves toward g
        d = mul(mul(g, g, room), 1 - beta2, room)
        add(mul(s, beta2, s), d, s)
        if largest is not None:
            copy(largest, maximum(largest, s))
            s = largest
        d = add(div(sqrt(s, room), root, room), eps, room)
        d = mul(div(v, d, room), -rate, room)
        add(p, d, p)
    return kernel


class AdamW(Adam):
    """p = p - lr · λ p, then Adam's step: the decay is not divided by √s."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2,
                 amsgrad=False, *, maximize=False, foreach=None, capturable=False,
                 differentiable=False, fused=None):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach,
                         maximize=maximize, capturable=capturable,
                         differentiable=differentiable, fused=fused,
                         decoupled_weight_decay=True)


class RMSprop(Optimizer):
    """s = α s + (1 - α) g²;  p = p - lr · g / (√s + ε)

    centered: s - m² in place of s, m the mean of past g. With momentum, what is added
    up is v = μ v + g / (√s + ε), and p moves by lr · v.
    """

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0,
                 momentum=0, centered=False, capturable=False, foreach=None,
                 maximize=False, differentiable=False):
        super().__init__(params, dict(
            lr=lr, momentum=momentum, alpha=alpha, eps=eps, centered=centered,
            weight_decay=weight_decay, capturable=capturable, foreach=foreach,
            maximize=maximize, differentiable=differentiable))

    def check(self, group):
        check_settings(group, lr=None, alpha=None, eps=None, weight_decay=None,
                       momentum=None)
        refuse(group, "differentiable", "capturable")

    def move(self, p, g, group, state):
        if not state:
            state["step"] = tensor(0.0, dtype=float32)
            state["square_avg"] = zeros_like(p)
            if group["momentum"] > 0:
                state["momentum_buffer"] = zeros_like(p)
            if group["centered"]:
                state["grad_avg"] = zeros_like(p)
        counted(state)
        if group["weight_decay"]:
            g = g.add(p, alpha=group["weight_decay"])
        alpha, lr, s = group["alpha"], float(group["lr"]), state["square_avg"]
        s.mul_(alpha).addcmul_(g, g, value=1 - alpha)
        if group["centered"]:
            m = state["grad_avg"].lerp_(g, 1 - alpha)
            s = s.addcmul(m, m, value=-1)
        root = s.sqrt().add_(group["eps"])
        if group["momentum"] > 0:
            v = state["momentum_buffer"].mul_(group["momentum"]).addcdiv_(g, root)
            p.add_(v, alpha=-lr)
        else:
            p.addcdiv_(g, root, value=-lr)


class Adagrad(Optimizer):
    """s = s + g²;  p = p - lr / (1 + (t - 1) · lr_decay) · g / (√s + ε)"""

    def __init__(self, params, lr=1e-2, lr_decay=0, weight_decay=0,
                 initial_accumulator_value=0, eps=1e-10, foreach=None, *,
                 maximize=False, differentiable=False, fused=None):
        super().__init__(params, dict(
            lr=lr, lr_decay=lr_decay, eps=eps, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, foreach=foreach,
            maximize=maximize, differentiable=differentiable, fused=fused))

    def check(self, group):
        check_settings(group, lr=None, lr_decay=None, weight_decay=None, eps=None,
                       initial_accumulator_value=None)
        refuse(group, "differentiable")

    def add_param_group(self, param_group):
        """What it keeps begins here and not in the first step, as in PyTorch."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        for p in group["params"]:
            self.state[p] = {
                "step": tensor(0.0, dtype=float32),
                "sum": full_like(p.detach(), group["initial_accumulator_value"])}

    def move(self, p, g, group, state):
        t = counted(state)
        if group["weight_decay"]:
            g = g.add(p, alpha=group["weight_decay"])
        s = state["sum"].addcmul_(g, g, value=1)
        root = s.sqrt().add_(group["eps"])
        rate = float(group["lr"]) / (1 + (t - 1) * group["lr_decay"])
        p.addcdiv_(g, root, value=-rate)
