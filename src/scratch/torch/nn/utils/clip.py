"""Gradients as one vector: its length, cut down to a limit; parameters as one vector.

    >>> w = tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()                       # the gradient is 6, 8
    >>> clip_grad_norm_([w], max_norm=1.0), w.grad
    (tensor(10.), tensor([0.6000, 0.8000]))
    >>> parameters_to_vector([w, w * 2]).detach()
    tensor([3., 4., 6., 8.])

One long gradient can undo a thousand good steps. Clipping the norm keeps its direction;
clipping each number by itself (clip_grad_value_) does not. Pascanu and others, On the
difficulty of training recurrent neural networks, ICML 2013.

Chapter: docs/torch/modules.md.
"""

from ... import Tensor, cat, inf, no_grad, stack, tensor


def gradients(parameters):
    """One tensor or several -> the gradients of those that have one."""
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in parameters if p.grad is not None]


@no_grad()
def get_total_norm(tensors, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """The norm of all tensors as one vector; norm_type inf is the largest number."""
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not tensors:
        return tensor(0.0)
    norms = stack([norm(each, norm_type) for each in tensors])
    total = norm(norms, norm_type)
    if error_if_nonfinite and not bool(total.isfinite()):
        raise RuntimeError(f"the norm of the gradients is {total.item()}: some are not "
                           "finite, so none can be scaled")
    return total


def norm(x, p):
    """(Σ |x|ᵖ)^(1/p) over all numbers -> ()"""
    if p == inf:
        return x.abs().max()
    if p == 2:
        return x.square().sum().sqrt()
    return x.abs().pow(p).sum().pow(1 / p)


@no_grad()
def clip_grads_with_norm_(parameters, max_norm, total_norm, foreach=None):
    """Scale all gradients by max_norm / total_norm, if that makes them shorter."""
    factor = (max_norm / (total_norm + 1e-6)).clamp(max=1.0)    # 1e-6: no division by 0
    for gradient in gradients(parameters):
        gradient.mul_(factor)


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False,
                    foreach=None):
    """Scale all gradients together to a norm of at most max_norm -> what it was ()."""
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    total = get_total_norm(gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total)
    return total


@no_grad()
def clip_grad_value_(parameters, clip_value, foreach=None):
    """Keep each number of the gradients between ±clip_value."""
    for gradient in gradients(parameters):
        gradient.clamp_(-clip_value, clip_value)


def parameters_to_vector(parameters):
    """All numbers of all parameters, one after the other."""
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec, parameters):
    """The reverse: each parameter's data is its part of the vector."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"the vector is a tensor, not {vec!r:.60}")
    place = 0
    for p in parameters:
        p.data = vec[place:place + p.numel()].view_as(p).data
        place += p.numel()
