"""Losses: one number that says how far predictions are from what they should have been.

    >>> logits = tensor([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    >>> targets = tensor([0, 2])
    >>> cross_entropy(logits, targets, reduction="none")       # -ln of a probability
    tensor([0.2395, 1.0986])
    >>> CrossEntropyLoss()(logits, targets)
    tensor(0.6691)
    >>> mse_loss(tensor([1.0, 2.0]), tensor([1.0, 4.0]))
    tensor(2.)

    B  examples    C  classes    ...  positions, one prediction at each

reduction says what becomes of the single losses: "mean", "sum" or "none". Where targets
have classes in them, weight (C) weighs the classes, and "mean" divides by the sum of
the weights that the targets have; a target that is ignore_index counts for nothing.

Left out: CTCLoss, AdaptiveLogSoftmaxWithLoss, and losses of several labels with
margins.

Chapter: docs/torch/modules.md.
"""

from .. import broadcast_tensors, tensor, where, zeros_like
from ..graph import record, records
from .activations import logsigmoid
from .cross_entropy import asked, cross_entropy, nll_loss
from .module import Module


def reduced(losses, reduction, size_average=None, reduce=None, label=None):
    """All losses -> their mean, their sum, or themselves; label: who then made it."""
    if label:
        y = reduced(losses, reduction, size_average, reduce)
        return record(y.alias(), label, (y, lambda g: g)) if records(y) else y
    reduction = asked(reduction, size_average, reduce)
    if reduction == "mean":
        return losses.mean()
    if reduction == "sum":
        return losses.sum()
    if reduction == "none":
        return losses
    raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}")


def floats(label, *tensors, error=NotImplementedError):
    """An error, as PyTorch's class has it, unless one of the tensors is of floats."""
    if not any(x.dtype.category == 2 for x in tensors):
        raise error(f"{label} is of floats, and this is {tensors[0].dtype}: turn it "
                    "into floats first, by .float()")


def alike(input, target):
    """input and target, broadcast; a warning if they had to be, as a slip may be."""
    if input.shape != target.shape:
        import warnings
        warnings.warn(f"the target is {tuple(target.shape)} and the prediction "
                      f"{tuple(input.shape)}; they are broadcast, which is seldom "
                      "meant",
                      stacklevel=3)
        return broadcast_tensors(input, target)
    return input, target


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean",
             weight=None):
    """(x - y)²"""
    floats("mse_loss", input, target)
    input, target = alike(input, target)
    if weight is not None:
        return reduced((input - target).square() * weight, reduction, size_average,
                       reduce)
    y = reduced((input.detach() - target.detach()).square(), reduction, size_average,
                reduce)
    if records(input, target):
        reduction = asked(reduction, size_average, reduce)
        record(y, "MseLossBackward0", (input, mse_back, input, target, reduction),
               (target, mse_back, target, input, reduction))
    return y


def mse_back(g, x, y, reduction):
    """2 (x - y), of which a mean takes equal shares."""
    count = x.numel() if reduction == "mean" else 1
    return (g * (x - y) * (2 / count if count else 0)).to(x.dtype)


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """|x - y|"""
    input, target = alike(input, target)
    return reduced((input - target).abs(), reduction, size_average, reduce)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean",
                   beta=1.0):
    """d² / 2β where d = |x - y| is below β, else d - β/2"""
    if beta < 0:
        raise RuntimeError(f"beta={beta}, but it is a distance, 0 or above")
    if beta == 0:
        return l1_loss(input, target, size_average, reduce, reduction)
    floats("smooth_l1_loss", input, target)
    input, target = alike(input, target)
    d = (input - target).abs()
    return reduced(where(d < beta, 0.5 * d.square() / beta, d - 0.5 * beta), reduction,
                   size_average, reduce, "SmoothL1LossBackward0")


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """d² / 2 where d = |x - y| is at most δ, else δ (d - δ/2)"""
    if delta <= 0:
        raise RuntimeError(f"delta={delta}, but it is a distance above 0")
    floats("huber_loss", input, target)
    input, target = alike(input, target)
    d = (input - target).abs()
    losses = where(d <= delta, 0.5 * d.square(), delta * (d - 0.5 * delta))
    return reduced(losses if weight is None else losses * weight, reduction,
                   label=None if weight is not None else "HuberLossBackward0")


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None,
                         reduction="mean"):
    """-y ln p - (1 - y) ln(1 - p), for probabilities p; a logarithm is -100 at least"""
    same_shape(input, target)
    if input.dtype is not target.dtype:
        raise RuntimeError(f"the target is {target.dtype} and the prediction "
                           f"{input.dtype}; they must have one dtype")
    floats("binary_cross_entropy", input)
    if input.numel() and not 0 <= float(input.min()) <= float(input.max()) <= 1:
        raise RuntimeError(f"probabilities are between 0 and 1, and these are "
                           f"{float(input.min()):g} to {float(input.max()):g}; for "
                           "logits there is binary_cross_entropy_with_logits")
    losses = ((target - 1) * (1 - input).log().clamp(min=-100)
              - target * input.log().clamp(min=-100))
    return reduced(losses if weight is None else losses * weight, reduction,
                   size_average, reduce, "BinaryCrossEntropyBackward0")


def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None,
                                     reduce=None, reduction="mean", pos_weight=None):
    """-y ln σ(x) - (1 - y) ln σ(-x), without ever taking the logarithm of a 0"""
    same_shape(input, target)
    log_p = logsigmoid(input)
    if pos_weight is None:
        losses = (1 - target) * input - log_p
    else:
        losses = (1 - target) * input - ((pos_weight - 1) * target + 1) * log_p
    return reduced(losses if weight is None else losses * weight, reduction,
                   size_average, reduce, "BinaryCrossEntropyWithLogitsBackward0")


def same_shape(input, target):
    if input.shape != target.shape:
        raise ValueError(f"the target is {tuple(target.shape)} and the prediction "
                         f"{tuple(input.shape)}; they must have one shape")


def kl_div(input, target, size_average=None, reduce=None, reduction="mean",
           log_target=False):
    """y (ln y - x), for log-probabilities x; "batchmean" divides by B, as it should"""
    for x in (input, target):
        floats("kl_div", x, error=RuntimeError)
    if log_target:
        losses = target.exp() * (target - input)
    else:
        entropy = where(target > 0, target * where(target > 0, target, 1).log(),
                        zeros_like(target))
        losses = entropy - target * input
    if reduction == "batchmean":
        return losses.sum() / (input.shape[0] if input.ndim else 1)
    return reduced(losses, reduction, size_average, reduce)


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """ln(1 + e⁻ˣʸ), for y = 1 or -1"""
    floats("soft_margin_loss", input, error=RuntimeError)
    return reduced((-target * input).exp().log1p(), reduction, size_average, reduce)


def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None,
                         reduction="mean"):
    """x where y = 1, max(0, margin - x) where y = -1"""
    losses = (where(target != 1, (margin - input).clamp(min=0), 0)
              + where(target != -1, input, 0))
    return reduced(losses, reduction, size_average, reduce)


def margin_ranking_loss(input1, input2, target, margin=0.0, size_average=None,
                        reduce=None, reduction="mean"):
    """max(0, margin - y (x₁ - x₂)): y = 1 asks for x₁ above x₂"""
    return reduced((margin - target * (input1 - input2)).clamp(min=0), reduction,
                   size_average, reduce)


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """x₁ · x₂ / (|x₁| |x₂|), the cosine of the angle, over one axis"""
    floats("cosine_similarity", x1, x2, error=RuntimeError)
    x1, x2 = broadcast_tensors(x1, x2)
    unit1, unit2 = (x / x.square().sum(dim, keepdim=True).sqrt().clamp(min=eps)
                    for x in (x1, x2))
    return (unit1 * unit2).sum(dim)


def cosine_embedding_loss(input1, input2, target, margin=0.0, size_average=None,
                          reduce=None, reduction="mean"):
    """1 - cos where y = 1, max(0, cos - margin) where y = -1"""
    cosine = cosine_similarity(input1, input2, dim=-1, eps=1e-12)
    losses = where(target == 1, 1 - cosine, (cosine - margin).clamp(min=0))
    return reduced(losses, reduction, size_average, reduce)


def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """The p-norm of x₁ - x₂ + ε over the last axis"""
    return (x1 - x2 + eps).norm(p, -1, keepdim)


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-6,
                        swap=False, size_average=None, reduce=None, reduction="mean"):
    """max(0, margin + |a - p| - |a - n|): the like one nearer than the unlike"""
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = far.minimum(pairwise_distance(positive, negative, p, eps))
    return reduced((margin + near - far).clamp(min=0), reduction, size_average, reduce)


class Loss(Module):
    """A loss with its settings; those that are tensors move with the module."""

    function, settings = None, {}

    def __init__(self, *values, **named):
        super().__init__()
        given = dict(zip(self.settings, values)) | named
        if len(values) > len(self.settings) or not given.keys() <= self.settings.keys():
            raise TypeError(f"{self._get_name()} takes {', '.join(self.settings)}; it "
                            f"was given {', '.join([*map(repr, values), *named])}")
        for name, default in self.settings.items():
            value = given.get(name, default)
            if name in ("weight", "pos_weight"):
                self.register_buffer(name, value)
            else:
                setattr(self, name, value)

    def forward(self, *tensors):
        return self.function(*tensors, **{name: getattr(self, name)
                                          for name in self.settings})


MEAN = {"size_average": None, "reduce": None, "reduction": "mean"}    # in this order


class CrossEntropyLoss(Loss):
    """logits (B, C, ...), classes (B, ...) or probabilities (B, C, ...) -> the loss."""

    function = staticmethod(cross_entropy)
    settings = {"weight": None, "size_average": None, "ignore_index": -100,
                "reduce": None, "reduction": "mean", "label_smoothing": 0.0}


class NLLLoss(Loss):
    """log-probabilities (B, C, ...), classes (B, ...) -> the loss."""

    function = staticmethod(nll_loss)
    settings = {"weight": None, "size_average": None, "ignore_index": -100,
                "reduce": None, "reduction": "mean"}


class MSELoss(Loss):
    function, settings = staticmethod(mse_loss), MEAN


class L1Loss(Loss):
    function, settings = staticmethod(l1_loss), MEAN


class SmoothL1Loss(Loss):
    function, settings = staticmethod(smooth_l1_loss), {**MEAN, "beta": 1.0}


class HuberLoss(Loss):
    function, settings = staticmethod(huber_loss), {"reduction": "mean", "delta": 1.0}


class BCELoss(Loss):
    function = staticmethod(binary_cross_entropy)
    settings = {"weight": None, **MEAN}


class BCEWithLogitsLoss(Loss):
    function = staticmethod(binary_cross_entropy_with_logits)
    settings = {"weight": None, **MEAN, "pos_weight": None}


class KLDivLoss(Loss):
    function, settings = staticmethod(kl_div), {**MEAN, "log_target": False}


class SoftMarginLoss(Loss):
    function, settings = staticmethod(soft_margin_loss), MEAN


class HingeEmbeddingLoss(Loss):
    function, settings = staticmethod(hinge_embedding_loss), {"margin": 1.0, **MEAN}


class MarginRankingLoss(Loss):
    function, settings = staticmethod(margin_ranking_loss), {"margin": 0.0, **MEAN}


class CosineEmbeddingLoss(Loss):
    function, settings = staticmethod(cosine_embedding_loss), {"margin": 0.0, **MEAN}


class TripletMarginLoss(Loss):
    function = staticmethod(triplet_margin_loss)
    settings = {"margin": 1.0, "p": 2.0, "eps": 1e-6, "swap": False, **MEAN}


class CosineSimilarity(Module):
    """The cosine of the angle between x₁ and x₂ over one axis."""

    def __init__(self, dim=1, eps=1e-8):
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1, x2):
        return cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The p-norm of x₁ - x₂ over the last axis."""

    def __init__(self, p=2.0, eps=1e-6, keepdim=False):
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1, x2):
        return pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
