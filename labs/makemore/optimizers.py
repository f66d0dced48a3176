"""Three rules that move a parameter, a schedule and clipping.

    p  a parameter   g  ∂loss/∂p   t  steps of p so far, this one included
    v  a mean of past g, or their sum   s  the same of g²   lr  the rate

A move changes p, v and s in place: v.copy_(...), p -= ...

Exercises: Momentum.move, RMSProp.move, Adam.move, cosine, clip_grad_norm.
Chapter: docs/makemore/optimizers.md.  In place of: scratch.makemore.optimizers.
"""

import math

import torch

from scratch.makemore import optimizers


def moved(rule, gradients, **settings):
    """Where a parameter that begins at 0 is after each of these gradients."""
    p = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer, places = rule([p], **settings), []
    for gradient in gradients:
        p.grad = torch.full_like(p, gradient)
        optimizer.step()
        places.append(round(p.item(), 6))
    return places


class Momentum(optimizers.Momentum):
    """The book's Momentum, but for the method that you write."""

    def move(self, p, g, t, v):
        """v = μ v + g,  p = p - lr · v, with μ in self.momentum and self.lr.

        What does momentum do?

        >>> moved(Momentum, [1.0, 1.0, 1.0], lr=1.0, momentum=0.5)
        [-1.0, -2.5, -4.25]
        >>> moved(Momentum, [1.0, -1.0, 1.0], lr=1.0, momentum=0.5)
        [-1.0, -0.5, -1.25]
        """
        raise NotImplementedError("Momentum.move is yours to write")


class RMSProp(optimizers.RMSProp):
    """The book's RMSProp, but for the method that you write."""

    def move(self, p, g, t, s):
        """s = ρ s + (1 - ρ) g²,  p = p - lr · g / (√s + ε), with self.rho and self.eps.

        Should all parameters share one rate? AdaGrad and RMSProp

        >>> moved(RMSProp, [2.0, 2.0], lr=0.1, rho=0.75, eps=0.0)
        [-0.2, -0.351186]
        >>> moved(RMSProp, [2000.0, 2000.0], lr=0.1, rho=0.75, eps=0.0)
        [-0.2, -0.351186]
        """
        raise NotImplementedError("RMSProp.move is yours to write")


class Adam(optimizers.Adam):
    """The book's Adam, but for the method that you write."""

    def move(self, p, g, t, v, s):
        """v = β₁ v + (1 - β₁) g,  s = β₂ s + (1 - β₂) g²;  p = p - lr · v̂ / (√ŝ + ε)

        v̂ = v / (1 - β₁ᵗ),  ŝ = s / (1 - β₂ᵗ), with self.beta1, self.beta2, self.eps.

        What does Adam add? Bias correction

        >>> moved(Adam, [3.0, 3.0, 3.0], lr=0.1, eps=0.0)
        [-0.1, -0.2, -0.3]
        >>> moved(Adam, [3.0, -3.0], lr=0.1, betas=(0.5, 0.75), eps=0.0)
        [-0.1, -0.066667]
        """
        raise NotImplementedError("Adam.move is yours to write")


def cosine(step, steps, low=0.0):
    """From 1 at step 0 to low at step `steps`, along half a wave; low afterwards.

    What should the rate do over time? Schedules

    >>> [round(cosine(step, 4), 4) for step in range(6)]
    [1.0, 0.8536, 0.5, 0.1464, 0.0, 0.0]
    >>> round(cosine(2, 4, low=0.2), 4)
    0.6
    """
    raise NotImplementedError("cosine is yours to write")


def clip_grad_norm(parameters, limit):
    """Scale all gradients together so that their norm is at most limit -> the norm.

    Multiply each p.grad in place by limit / (norm + 1e-6), at most 1. A parameter whose
    grad is None does not count. Raises ValueError ("... call backward() first") if none
    has one. Returns the norm as it was before, a tensor of one number.

    What if a slope is absurd? Gradient clipping

    >>> p, q = torch.zeros(1, requires_grad=True), torch.zeros(2, requires_grad=True)
    >>> (3 * p.sum() + 4 * q[0]).backward()
    >>> round(float(clip_grad_norm([p, q], 10.0)), 4), p.grad.tolist()
    (5.0, [3.0])
    >>> round(float(clip_grad_norm([p, q], 1.0)), 4), round(p.grad.item(), 4), round(q.grad[0].item(), 4)
    (5.0, 0.6, 0.8)
    """
    raise NotImplementedError("clip_grad_norm is yours to write")
