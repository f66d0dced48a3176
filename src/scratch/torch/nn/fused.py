"""Operations of several steps with one node: GELU, normalisation, cross-entropy.

    >>> from .. import tensor
    >>> x = tensor([[1.0, 2.0, 6.0]], requires_grad=True)
    >>> y = layer_norm(x, (3,))
    >>> y
    tensor([[-0.9258, -0.4629,  1.3887]], grad_fn=<NativeLayerNormBackward0>)
    >>> y[0, 0].backward()
    >>> x.grad.round(decimals=3)                     # all three numbers moved the first
    tensor([[ 0.1760, -0.2200,  0.0440]])

    g   ∂loss/∂y    x̂   (x - μ) / √(σ² + ε)    n   numbers that one mean is taken over
    t   the tanh in GELU                       Φ   the normal distribution's function

Written in tensor operations, GELU would be eight nodes, each with its saved tensors and
its own pass through memory. Here the value is one kernel and the slope another, made of
the backend's primitive ones; a backend may have better ones under these names.

Slopes of slopes: where the graph of a gradient is wanted (create_graph), the slope is
computed by its definition, in tensor operations, which record themselves. It is also
what the kernels are tested against.

Chapter: docs/torch/modules.md.
"""

import math

from ..autograd import Mode, record, records
from ..dispatch import composed
from ..dtypes import float32, float64, int64, uint8
from ..tensor import Tensor, wrap

K, A = math.sqrt(2 / math.pi), 0.044715    # of GELU's approximation
WIDE = (float32, float64)                  # dtypes that are computed as they are


# GELU

def gelu(input, approximate="none"):
    """x Φ(x), or with "tanh" x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2"""
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate is 'none' or 'tanh', not {approximate!r}")
    if input.dtype not in WIDE:
        if not input.is_floating_point():
            raise NotImplementedError(f"gelu is of floats, and x is {input.dtype}")
        return gelu(input.float(), approximate).to(input.dtype)
    if not input.shape:
        return gelu(input.view(1), approximate).view(())
    backend, kind = input.storage.backend, f"gelu_{approximate}"
    y, share = (wrap(each, input.dtype, backend)
                for each in backend[kind](in_rows(input)))
    if records(input):
        record(y, "GeluBackward0", (input, gelu_back, input, share, approximate))
    return y


def gelu_back(g, x, share, approximate):
    """g (Φ + x φ), Φ and φ approximate or not; share is what was kept of Φ."""
    if Mode.grad:
        if approximate == "none":
            cdf = ((x / math.sqrt(2)).erf() + 1) / 2
            return g * (cdf + x * (-x * x / 2).exp() / math.sqrt(2 * math.pi))
        t = (K * (x + A * x**3)).tanh()
        return g * ((1 + t) / 2 + x * (1 - t * t) / 2 * K * (1 + 3 * A * x * x))
    backend = x.storage.backend
    return wrap(backend[f"gelu_{approximate}_back"](
        in_rows(g), in_rows(x), share.native), x.dtype, backend)


def in_rows(x):
    """The native of x, its elements row after row, as results of kernels lie."""
    return x.native if x.packed else x.detach().contiguous().native


@composed
def gelu_tanh(backend):
    """x -> x (1 + t) / 2, t"""
    mul, add, tanh = backend["mul"], backend["add"], backend["tanh"]

    def kernel(x):
        t = mul(x, x)
        t = mul(add(mul(t, K * A, t), K, t), x, t)    # K (x + A x³)
        t = tanh(t, t)
        y = add(t, 1.0)
        return mul(mul(y, x, y), 0.5, y), t
    return kernel


@composed
def gelu_tanh_back(backend):
    """g, x, t -> g ((1 + t) / 2 + x (1 - t²) / 2 · K (1 + 3 A x²))"""
    mul, add, sub = backend["mul"], backend["add"], backend["sub"]

    def kernel(g, x, t):
        d = mul(x, x)
        d = mul(add(mul(d, 3 * K * A, d), K, d), x, d)
        s = mul(t, t)
        d = mul(d, sub(1.0, s, s), d)
        d = add(add(d, t, d), 1.0, d)
        return mul(mul(d, 0.5, d), g, d)
    return kernel


@composed
def gelu_none(backend):
    """x -> x Φ(x), Φ(x)"""
    mul, add, erf = backend["mul"], backend["add"], backend["erf"]

    def kernel(x):
        cdf = erf(mul(x, math.sqrt(0.5)))
        cdf = mul(add(cdf, 1.0, cdf), 0.5, cdf)
        return mul(x, cdf), cdf
    return kernel


@composed
def gelu_none_back(backend):
    """g, x, Φ -> g (Φ + x φ(x))"""
    mul, add, exp = backend["mul"], backend["add"], backend["exp"]

    def kernel(g, x, cdf):
        d = mul(x, x)
        d = exp(mul(d, -0.5, d), d)
        d = mul(mul(d, 1 / math.sqrt(2 * math.pi), d), x, d)
        return mul(add(d, cdf, d), g, d)
    return kernel


# normalisation

def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """x (..., *normalized_shape) -> γ (x - μ) / √(σ² + ε) + β, over those axes"""
    shape = tuple(normalized_shape)
    if not shape or input.shape[-len(shape):] != shape:
        raise RuntimeError(f"x is {tuple(input.shape)}, and its last axes should be "
                           f"{shape}")
    for name, each in (("weight", weight), ("bias", bias)):
        if each is not None and each.shape != shape:
            raise RuntimeError(f"the {name} is {tuple(each.shape)}; {shape} was "
                               "expected")
    axes = tuple(range(input.ndim - len(shape), input.ndim))
    return standardized(input, axes, weight, bias, eps, "NativeLayerNormBackward0")[0]


def standardized(x, axes, weight, bias, eps, label):
    """x -> γ (x - μ) / √(σ² + ε) + β, μ and σ² over axes; and μ and σ².

    γ and β broadcast to x, or are None.
    """
    if x.dtype not in WIDE:
        if not x.is_floating_point():
            raise RuntimeError(f"normalisation is of floats, and x is {x.dtype}")
        wide = [None if each is None else each.float() for each in (x, weight, bias)]
        y, mean, var = standardized(wide[0], axes, *wide[1:], eps, label)
        return y.to(x.dtype), mean, var
    backend, n = x.storage.backend, math.prod([x.shape[axis] for axis in axes])
    x_hat, mean, var, inv_std = backend["standardize"](in_rows(x), axes, n, eps)
    y = x_hat
    if weight is not None:
        y = backend["mul"](x_hat, weight.native)
    if bias is not None:
        y = backend["add"](y, bias.native, y if y is not x_hat else None)
    y, mean, var, inv_std = (wrap(each, x.dtype, backend)
                             for each in (y, mean, var, inv_std))
    if records(x, weight, bias):
        saved = x, mean, inv_std
        record(y, label, (x, towards_x, weight, *saved, axes, n, eps),
               (weight, towards_weight, *saved, axes, n, eps),
               (bias, towards_bias))
    return y, mean, var


def hat(x, axes, n, eps):
    """x̂ and 1 / √(σ² + ε), in tensor operations"""
    centred = x - x.sum(axes, keepdim=True) / n
    inv_std = (centred.square().sum(axes, keepdim=True) / n + eps).rsqrt()
    return centred * inv_std, inv_std


def towards_x(g, weight, x, mean, inv_std, axes, n, eps):
    """d_x = inv_std (d_x̂ - mean(d_x̂) - x̂ mean(d_x̂ x̂)), where d_x̂ = g γ

    Each x moved μ, and σ, too; the two means are what came back from there.
    """
    d = g if weight is None else g * weight
    if Mode.grad:
        x_hat, inv_std = hat(x, axes, n, eps)
        via_mean = d.sum(axes, keepdim=True) / n
        via_var = x_hat * ((d * x_hat).sum(axes, keepdim=True) / n)
        return inv_std * (d - via_mean - via_var)
    backend = x.storage.backend
    return wrap(backend["standardize_back"](
        in_rows(d), in_rows(x), mean.native, inv_std.native, axes, n), x.dtype, backend)


def towards_weight(g, x, mean, inv_std, axes, n, eps):
    """g x̂, which autograd sums to the shape of γ"""
    return g * (hat(x, axes, n, eps)[0] if Mode.grad else (x - mean) * inv_std)


def towards_bias(g):
    return g


@composed
def standardize(backend):
    """x -> x̂, μ, σ², 1 / √(σ² + ε)"""
    mul, add, sub, div = (backend[name] for name in ("mul", "add", "sub", "div"))
    total, rsqrt = backend["sum"], backend["rsqrt"]

    def kernel(x, axes, n, eps):
        mean = div(total(x, axes, True), float(n))
        x_hat = sub(x, mean)
        var = div(total(mul(x_hat, x_hat), axes, True), float(n))
        inv_std = rsqrt(add(var, eps))
        return mul(x_hat, inv_std, x_hat), mean, var, inv_std
    return kernel


@composed
def standardize_back(backend):
    """d_x̂, x, μ, 1 / √(σ² + ε) -> d_x"""
    mul, sub, div, total = (backend[name] for name in ("mul", "sub", "div", "sum"))

    def kernel(d, x, mean, inv_std, axes, n):
        x_hat = sub(x, mean)
        x_hat = mul(x_hat, inv_std, x_hat)
        via_mean = div(total(d, axes, True), float(n))
        via_var = div(total(mul(d, x_hat), axes, True), float(n))
        x_hat = mul(x_hat, via_var, x_hat)
        left = sub(sub(d, via_mean), x_hat, x_hat)
        return mul(left, inv_std, left)
    return kernel


# cross-entropy

def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100,
                  reduce=None, reduction="mean", label_smoothing=0.0):
    """logits (B, C, ...), classes (B, ...) -> -ln softmax(logits)[class], averaged.

    Without a batch, logits (C) and one class (). target may be probabilities instead,
    of the logits' shape. label_smoothing gives the share of each target to all classes
    alike.
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing={label_smoothing}, but it is a share, 0 "
                           "to 1")
    if not input.shape:
        raise RuntimeError("logits have an axis of classes, and a 0-d tensor has none")
    at = 0 if input.ndim == 1 else 1
    log_p = input.log_softmax(at)
    if target.is_floating_point() and target.shape == input.shape:
        return of_probabilities(log_p, target, weight, at, reduction, label_smoothing)
    loss = nll_loss(log_p, target, weight, ignore_index=ignore_index,
                    reduction=reduction)
    if not label_smoothing:
        return loss
    share = label_smoothing / input.shape[at]
    return ((1 - label_smoothing) * loss + share * all_classes(
        log_p, target, weight, at, ignore_index, reduction))


def of_probabilities(log_p, target, weight, at, reduction, smoothing):
    if smoothing:
        target = target * (1 - smoothing) + smoothing / log_p.shape[at]
    if weight is not None:
        log_p = log_p * along(weight, log_p, at)
    losses = -(log_p * target).sum(at)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    check_reduction(reduction)
    return losses.sum() / max(losses.numel(), 1)


def all_classes(log_p, target, weight, at, ignored, reduction):
    """-Σ ln p over the classes: what label smoothing adds."""
    losses = -(log_p if weight is None else log_p * along(weight, log_p, at)).sum(at)
    counts = target != ignored
    losses = losses.masked_fill(~counts, 0.0)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if weight is None:
        return losses.sum() / counts.sum()
    return losses.sum() / weights_of(target, counts, weight).sum()


def along(weight, like, at):
    """weight (C) as one that broadcasts along the axis of classes."""
    return weight.view(-1, *[1] * (like.ndim - at - 1))


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100,
             reduce=None, reduction="mean"):
    """log-probabilities (B, C, ...), classes (B, ...) -> -input[class], averaged"""
    if size_average is not None or reduce is not None:
        raise NotImplementedError("size_average and reduce are gone: reduction is "
                                  "'mean', 'sum' or 'none'")
    check_reduction(reduction)
    at = 0 if input.ndim == 1 else 1
    check_classes(input, target, weight, at)
    ids = target if target.dtype is int64 else target.long()
    if weight is None and reduction == "mean" and input.ndim == 2 and len(ids):
        loss = mean_nll(input, ids, ignore_index)
        if loss is not None:
            return loss
    counts = ids != ignore_index
    ids = ids.masked_fill(~counts, 0)
    found = (ids.storage.backend["outside"](ids.native, 0, input.shape[at])
             if ids.numel() else None)
    if found is not None:
        raise IndexError(f"target {found} is no class: there are {input.shape[at]}, "
                         "from 0 on")
    weights = weights_of(ids, counts, weight, input)                    # (B, ...)
    places = ids.unsqueeze(at)                                          # (B, 1, ...)
    losses = -input.detach().gather(at, places).squeeze(at) * weights   # (B, ...)
    if reduction == "mean":
        weights = (weights / weights.sum()).masked_fill(~counts, 0.0)    # 0 of 0 / 0
        loss = losses.sum() / (counts.sum() if weight is None else
                               weights_of(ids, counts, weight).sum())
    else:
        loss = losses.sum() if reduction == "sum" else losses
    if records(input):
        record(loss, "NllLossBackward0", (input, nll_back, places, weights, at,
                                          input.shape))
    return loss


def mean_nll(input, ids, ignored):
    """nll_loss of the plain case, by kernels: no weights, and no class to ignore.

    None if it is not that case after all, or if that cannot be seen from here.
    """
    backend, C = input.storage.backend, input.shape[1]
    extent = backend["extent"](ids.native)
    if extent is None:
        return None
    low, high = extent
    if low < 0 or high >= C or low <= ignored <= high:
        return None
    places = ids.unsqueeze(1).detach()                                  # (B, 1)
    picked = backend["gather"](input.native, 1, places.native)          # (B, 1)
    total = backend["sum"](picked, (0, 1), False)
    loss = wrap(backend["div"](total, -float(len(ids)), total), input.dtype, backend)
    if records(input):
        record(loss, "NllLossBackward0", (input, mean_nll_back, places, input.shape))
    return loss


def mean_nll_back(g, places, shape):
    """-g / B at the target's class; 0 at all others."""
    share = (g / -float(len(places))).expand(places.shape)
    return g.new_zeros(shape).scatter(1, places, share)


def nll_back(g, places, weights, at, shape):
    """-g times the weight, at the target's class; 0 at all others."""
    return g.new_zeros(shape).scatter(at, places, -(g * weights).unsqueeze(at))


def weights_of(ids, counts, weight, like=None):
    """The weight of each target (B, ...): of its class, or 1; 0 for one ignored."""
    if weight is None:
        return counts.to(like.dtype)
    picked = weight[ids.masked_fill(~counts, 0)]
    return picked.masked_fill(~counts, 0.0)


def check_classes(input, target, weight, at):
    """RuntimeError or ValueError where the targets do not fit to the predictions."""
    if not input.shape:
        raise RuntimeError("predictions have an axis of classes, a 0-d tensor has none")
    wanted = input.shape[:at] + input.shape[at + 1:]
    if target.shape != wanted:
        batch = target.shape[:1] != wanted[:1] and target.ndim and wanted
        raise (ValueError if batch else RuntimeError)(
            f"the targets are {tuple(target.shape)}; for predictions of shape "
            f"{tuple(input.shape)} they should be {tuple(wanted)}")
    if target.dtype not in (int64, uint8):
        raise RuntimeError(f"classes are of dtype int64, not {target.dtype}; "
                           "probabilities have the shape of the predictions")
    if weight is not None and weight.shape != (input.shape[at],):
        raise RuntimeError(f"the weight is {tuple(weight.shape)}; "
                           f"({input.shape[at]},) was expected, one for each class")


def check_reduction(reduction):
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}")
