"""Cross-entropy: -ln of the probability that a model gave to what happened.

    >>> from .. import tensor
    >>> logits = tensor([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0]], requires_grad=True)
    >>> loss = cross_entropy(logits, tensor([0, 2]))
    >>> loss
    tensor(0.6691, grad_fn=<NllLossBackward0>)
    >>> loss.backward()
    >>> logits.grad                        # softmax minus 1 at the target, divided by B
    tensor([[-0.1065,  0.0533,  0.0533],
            [ 0.1667,  0.1667, -0.3333]])

    B  examples    C  classes    ...  positions, one prediction at each
    ln p   log-probabilities, log_softmax of the logits    g  ∂(what follows)/∂loss

Two nodes: log_softmax, which cannot overflow, and nll_loss, which picks one number from
each row. Where the backend has a kernel for both (cuda/kernels/cross_entropy.py) it is
one node, and no ln p is stored. A target that is ignore_index counts for nothing;
weight (C) weighs the classes, and the mean then divides by the sum of the weights that
the targets have.

Chapter: docs/torch/modules.md.
"""

import warnings

from ..autograd import Function, Mode, record, records
from ..dtypes import int64, uint8
from ..tensor import wrap
from .gelu import in_rows


def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100,
                  reduce=None, reduction="mean", label_smoothing=0.0):
    """logits (B, C, ...), classes (B, ...) -> -ln softmax(logits)[class], averaged.

    Without a batch, logits (C) and one class (). target may be probabilities instead,
    of the logits' shape. label_smoothing gives the share of each target to all classes
    alike.
    """
    reduction = asked(reduction, size_average, reduce)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing={label_smoothing}, but it is a share, 0 "
                           "to 1")
    if not input.shape:
        raise RuntimeError("logits have an axis of classes, and a 0-d tensor has none")
    at = 0 if input.ndim == 1 else 1
    fits = input.storage.backend.get("rows_fit")
    if (fits and weight is None and not label_smoothing and fits(input.native)
            and not target.is_floating_point()):
        return in_one(input, target, ignore_index, reduction)
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


def in_one(input, target, ignored, reduction):
    """cross_entropy of logits (B, C) by a kernel of the backend."""
    check_reduction(reduction)
    check_classes(input, target, None, 1)
    ids = target if target.dtype is int64 else target.long()
    counts = ids != ignored
    input.storage.backend["outside"](ids.masked_fill(~counts, 0).native, 0,
                                     input.shape[1])
    losses = CrossEntropy.apply(input, ids.masked_fill(~counts, -1))
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.sum() / counts.sum()


class CrossEntropy(Function):
    """logits (B, C), ids (B), -1 where one does not count -> -ln p (B), 0 there.

    The slope of a slope comes from the definition, in tensor operations.
    """

    @staticmethod
    def forward(ctx, x, ids):
        backend = x.storage.backend
        losses, lse = (wrap(each, x.dtype, backend) for each in
                       backend["cross_entropy"](in_rows(x), in_rows(ids)))
        ctx.save_for_backward(x, ids, lse)
        return losses

    @staticmethod
    def backward(ctx, g):
        x, ids, lse = ctx.saved_tensors
        if Mode.grad:
            counts = (ids >= 0).to(x.dtype)
            hit = x.new_zeros(x.shape).scatter(1, ids.clamp(min=0).unsqueeze(1), 1.0)
            return (x.softmax(1) - hit) * (g * counts).unsqueeze(1), None
        backend = x.storage.backend
        return wrap(backend["cross_entropy_back"](
            in_rows(g), in_rows(x), in_rows(ids), lse.native), x.dtype, backend), None


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
    check_reduction(reduction := asked(reduction, size_average, reduce))
    at = 0 if input.ndim == 1 else 1
    check_classes(input, target, weight, at)
    if input.dtype.category != 2:
        raise NotImplementedError(f"nll_loss is of floats, and this is {input.dtype}: "
                                  "it takes the logarithms of probabilities")
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


def asked(reduction, size_average, reduce):
    """reduction, or what the two older arguments that it replaced stand for."""
    if size_average is None and reduce is None:
        return reduction
    warnings.warn("size_average and reduce became reduction: 'mean', 'sum' or 'none'",
                  stacklevel=3)
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"
