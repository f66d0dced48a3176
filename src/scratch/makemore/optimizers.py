"""Optimizers: what to do with a gradient. Seven rules, schedules, and clipping.

    >>> x = torch.tensor([4.0, -3.0], requires_grad=True)
    >>> optimizer = Adam([x], lr=0.5)
    >>> for step in range(60):
    ...     optimizer.lr = 0.5 * warmup(step, 5) * cosine(step, 60)
    ...     optimizer.zero_grad()
    ...     (x ** 2).sum().backward()
    ...     _ = clip_grad_norm([x], 1.0)             # a norm of 1 at most
    ...     optimizer.step()
    >>> [round(each, 2) for each in x.tolist()]
    [-0.06, 0.01]

    p   a parameter    g   ∂loss/∂p, in p.grad    lr   the learning rate
    t   how many steps p has taken, this one included    λ   weight_decay
    v   a mean of past g, or their sum    s   the same of g²    μ, β, ρ   how much stays

Each rule is a class, and its formula stands at its head. lr may be set before each step
to a schedule's multiple. A parameter without a gradient stays where it is. The formulas
are those of torch.optim, in their order, so that 100 steps agree to 1e-6. There are no
parameter groups: to treat biases differently, make a second optimizer for them.

Polyak 1964 (Momentum); Nesterov 1983, in the form of Bengio and others, ICASSP 2013,
whose parameters are the points ahead; Duchi and others, JMLR 12, 2011 (AdaGrad);
Tieleman and Hinton 2012 (RMSProp); Kingma and Ba, ICLR 2015 (Adam); Loshchilov and
Hutter, ICLR 2019 (AdamW) and 2017 (cosine).

Left out: fusing the arithmetic of all parameters into one call, which torch.optim does
on a GPU; amsgrad; rules that use second derivatives.

Chapter: docs/makemore/optimizers.md.  To copy: this file alone (needs torch).
"""

import math

import torch


class Optimizer:
    """A list of tensors, what is kept for each of them, and the rule that moves one."""

    keeps = ()    # names of what is kept between steps; each begins as zeros like p

    def __init__(self, parameters, lr, weight_decay=0.0, **settings):
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError("there is no parameter to optimize")
        for p in self.parameters:
            if not (isinstance(p, torch.Tensor) and p.is_leaf and p.requires_grad):
                raise TypeError("a parameter is a tensor that requires a gradient and "
                                f"is no operation's result, not {p!r:.60}")
        settings = {"lr": lr, "weight_decay": weight_decay, **settings}
        self.settings = tuple(settings)    # their names; each is an attribute
        for name, number in settings.items():
            if not 0.0 <= number < math.inf:
                raise ValueError(f"{name} must be a number from 0 on, not {number}")
            setattr(self, name, number)
        for name in ("momentum", "beta1", "beta2", "rho"):
            if settings.get(name, 0.0) >= 1.0:
                raise ValueError(f"{name} must be below 1, or the past never fades, "
                                 f"not {settings[name]}")
        self.steps = [0] * len(self.parameters)
        self.kept = [[torch.zeros_like(p) for _ in self.keeps] for p in self.parameters]

    def zero_grad(self):
        """Forget the gradients, which backward() would otherwise add to."""
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def step(self):
        """Move each parameter by the rule, along the gradient in its .grad."""
        for n, p in enumerate(self.parameters):
            if p.grad is not None:
                self.steps[n] += 1
                self.move(p, self.decay(p), self.steps[n], *self.kept[n])

    def decay(self, p):
        """The gradient of loss + λ/2 · p²."""
        return p.grad + self.weight_decay * p if self.weight_decay else p.grad

    def move(self, p, g, t, *kept):
        raise NotImplementedError(f"{type(self).__name__} has no rule")

    def state_dict(self):
        """All that a later step depends on but the parameters, as torch.optim has it.

        {"state": {number of a parameter: {"step": int, name: tensor, ...}},
        "param_groups": [the settings, and the numbers of the parameters]}
        """
        state = {n: {"step": self.steps[n], **dict(zip(self.keeps, kept))}
                 for n, kept in enumerate(self.kept)}
        settings = {name: getattr(self, name) for name in self.settings}
        return {"state": state, "param_groups": [{**settings, "params": list(state)}]}

    def load_state_dict(self, state):
        """Continue from where the optimizer was whose state_dict() this is.

        Raises ValueError if it is another rule's, or of other parameters.
        """
        mine, theirs = self.state_dict()["state"], state["state"]
        for n, kept in mine.items():
            for name in self.keeps:
                found = theirs.get(n, {}).get(name)
                shape = "missing" if found is None else tuple(found.shape)
                if shape != tuple(kept[name].shape):
                    raise ValueError(f"{n}.{name} is {shape}, and "
                                     f"{tuple(kept[name].shape)} in this "
                                     f"{type(self).__name__}")
        for n, kept in mine.items():
            for name in self.keeps:
                kept[name].copy_(theirs[n][name])
            self.steps[n] = int(theirs[n]["step"])
        [group] = state["param_groups"]
        for name in self.settings:
            setattr(self, name, group[name])


class SGD(Optimizer):
    """p = p - lr · g"""

    def __init__(self, parameters, lr, weight_decay=0.0):
        super().__init__(parameters, lr, weight_decay)

    def move(self, p, g, t):
        p -= self.lr * g


class Momentum(Optimizer):
    """v = μ v + g,  p = p - lr · v"""

    keeps = ("v",)

    def __init__(self, parameters, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(parameters, lr, weight_decay, momentum=momentum)

    def move(self, p, g, t, v):
        v.copy_(self.momentum * v + g)
        p -= self.lr * v


class Nesterov(Momentum):
    """v = μ v + g,  p = p - lr · (g + μ v): p is where v is about to carry it."""

    def move(self, p, g, t, v):
        v.copy_(self.momentum * v + g)
        p -= self.lr * (g + self.momentum * v)


class AdaGrad(Optimizer):
    """s = s + g²,  p = p - lr · g / (√s + ε)"""

    keeps = ("s",)

    def __init__(self, parameters, lr, eps=1e-10, weight_decay=0.0):
        super().__init__(parameters, lr, weight_decay, eps=eps)

    def move(self, p, g, t, s):
        s += g * g
        p -= self.lr * g / (s.sqrt() + self.eps)


class RMSProp(Optimizer):
    """s = ρ s + (1 - ρ) g²,  p = p - lr · g / (√s + ε)"""

    keeps = ("s",)

    def __init__(self, parameters, lr, rho=0.99, eps=1e-8, weight_decay=0.0):
        super().__init__(parameters, lr, weight_decay, rho=rho, eps=eps)

    def move(self, p, g, t, s):
        s.copy_(self.rho * s + (1 - self.rho) * g * g)
        p -= self.lr * g / (s.sqrt() + self.eps)


class Adam(Optimizer):
    """v = β₁ v + (1 - β₁) g,  s = β₂ s + (1 - β₂) g²
    v̂ = v / (1 - β₁ᵗ),  ŝ = s / (1 - β₂ᵗ),  p = p - lr · v̂ / (√ŝ + ε)

    The divisions undo that v and s began at 0: t numbers weigh 1 - βᵗ together.
    """

    keeps = ("v", "s")

    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8,
                 weight_decay=0.0):
        beta1, beta2 = betas
        super().__init__(parameters, lr, weight_decay, beta1=beta1, beta2=beta2,
                         eps=eps)

    def move(self, p, g, t, v, s):
        v.copy_(self.beta1 * v + (1 - self.beta1) * g)
        s.copy_(self.beta2 * s + (1 - self.beta2) * g * g)
        v_hat = v / (1 - self.beta1 ** t)
        s_hat = s / (1 - self.beta2 ** t)
        p -= self.lr * v_hat / (s_hat.sqrt() + self.eps)


class AdamW(Adam):
    """p = p - lr · λ p, then Adam's step: the decay is not divided by √ŝ."""

    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8,
                 weight_decay=0.01):
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def decay(self, p):
        p -= self.lr * self.weight_decay * p
        return p.grad


def warmup(step, warm):
    """1/warm, 2/warm, ... 1 over the first warm steps, counted from 0; 1 afterwards."""
    return min(1.0, (step + 1) / warm) if warm else 1.0


def cosine(step, steps, low=0.0):
    """From 1 at step 0 to low at step `steps`, along half a wave; low afterwards."""
    wave = (1 + math.cos(math.pi * min(step / steps, 1.0))) / 2
    return low + (1 - low) * wave


def step_decay(step, every, factor=0.1):
    """1 at first; multiplied by factor every `every` steps."""
    return factor ** (step // every)


def cosine_rates(steps, rate, warm=None):
    """Learning rates for a model's train: up to rate in warm steps, then a cosine down.

    warm is a twentieth of the steps unless it is given.

    >>> [round(each, 2) for each in cosine_rates(10, 1.0, warm=2)]
    [0.5, 1.0, 0.97, 0.88, 0.75, 0.59, 0.41, 0.25, 0.12, 0.03]
    """
    warm = steps // 20 if warm is None else warm
    return [rate * warmup(n, warm) * cosine(max(0, n - warm + 1), steps - warm + 1)
            for n in range(steps)]


@torch.no_grad()
def clip_grad_norm(parameters, limit):
    """Scale all gradients together so that their norm is at most limit -> the norm.

    The norm is that of all gradients as one vector, whose direction stays, as it was
    before. Pascanu and others, On the difficulty of training recurrent neural networks,
    ICML 2013. Raises ValueError if no parameter has a gradient.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        raise ValueError("no parameter has a gradient; call backward() first")
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    factor = (limit / (norm + 1e-6)).clamp(max=1.0)      # 1e-6: no division by zero
    for gradient in gradients:
        gradient *= factor
    return norm
