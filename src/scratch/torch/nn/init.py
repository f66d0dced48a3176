"""How weights begin: distributions whose width keeps signals neither large nor small.

    >>> from .. import empty
    >>> W = empty(200, 30)
    >>> kaiming_normal_(W, nonlinearity="tanh") is W          # all are in place
    True
    >>> std = calculate_gain("tanh") / 30 ** 0.5              # that is 0.304
    >>> bool((W.std() - std).abs() < 0.02)
    True
    >>> Q = orthogonal_(empty(3, 3))
    >>> (Q @ Q.T).round(decimals=4).abs()
    tensor([[1., 0., 0.],
            [0., 1., 0.],
            [0., 0., 1.]])

    fan_in    numbers that one output sums: the columns of W (outputs, inputs)
    fan_out   outputs that one input goes to: its rows
    gain      how much wider, to make up for a nonlinearity that shrinks its input

A sum of fan_in products has the variance of one of them times fan_in, so weights of
deviation 1/√fan_in keep a layer's outputs as large as its inputs. Glorot and Bengio,
AISTATS 2010 (Xavier, between fan_in and fan_out); He and others, ICCV 2015 (Kaiming,
and the gain √2 for ReLU, which loses half); Saxe and others, ICLR 2014 (orthogonal).

Chapter: docs/torch/modules.md.
"""

import math

from .. import empty_like, no_grad, where, zeros

GAINS = {"linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "sigmoid": 1.0,
         "tanh": 5 / 3, "relu": math.sqrt(2.0), "selu": 3 / 4}


def calculate_gain(nonlinearity, param=None):
    """The gain for "linear", "tanh", "relu", ... or "leaky_relu" of slope param."""
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"the slope of leaky_relu is a number, not {slope!r}")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in GAINS:
        raise ValueError(f"no gain is known for {nonlinearity!r}; known are "
                         f"leaky_relu, {', '.join(GAINS)}")
    return GAINS[nonlinearity]


@no_grad()
def uniform_(tensor, a=0.0, b=1.0, generator=None):
    """Uniform between a and b."""
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor, mean=0.0, std=1.0, generator=None):
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None):
    """Normal, but nothing outside a to b: what falls there is drawn again, and again.

    Where fewer than 3 of 10 would stay, the numbers are those below which a uniform
    share of the normal distribution lies, and not PyTorch's.
    """
    from statistics import NormalDist    # which would take a tenth of the import's time
    normal = NormalDist(mean, std)
    low, high = normal.cdf(a), normal.cdf(b)
    if high - low < 0.3:
        tensor.uniform_(low, high, generator=generator)
        drawn = [normal.inv_cdf(share) if 0 < share < 1 else mean
                 for share in tensor.flatten().tolist()]
        return tensor.copy_(tensor.new_tensor(drawn).view_as(tensor)).clamp_(a, b)
    tensor.normal_(mean, std, generator=generator)
    while bool((outside := (tensor < a) | (tensor > b)).any()):
        again = empty_like(tensor).normal_(mean, std, generator=generator)
        tensor.copy_(where(outside, again, tensor))
    return tensor


@no_grad()
def constant_(tensor, val):
    return tensor.fill_(val)


def ones_(tensor):
    return constant_(tensor, 1.0)


def zeros_(tensor):
    return constant_(tensor, 0.0)


@no_grad()
def eye_(tensor):
    """1 on the diagonal, 0 elsewhere."""
    if tensor.ndim != 2:
        raise ValueError(f"eye_ fills a matrix, and this is {tuple(tensor.shape)}")
    tensor.zero_().diagonal().fill_(1)
    return tensor


def _calculate_fan_in_and_fan_out(tensor):
    """W (outputs, inputs, ...) -> fan_in, fan_out; a kernel's places count in both."""
    if tensor.ndim < 2:
        raise ValueError(f"fans are of a matrix, or of more axes, not of a tensor of "
                         f"shape {tuple(tensor.shape)}")
    places = math.prod(tensor.shape[2:])
    return tensor.shape[1] * places, tensor.shape[0] * places


def fan(tensor, mode):
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode is 'fan_in' or 'fan_out', not {mode!r}")
    return _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]


def xavier_uniform_(tensor, gain=1.0, generator=None):
    """Uniform, with deviation gain · √(2 / (fan_in + fan_out))."""
    std = gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor))))
    bound = math.sqrt(3.0) * std           # a uniform number's deviation is bound / √3
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor, gain=1.0, generator=None):
    """Normal, with deviation gain · √(2 / (fan_in + fan_out))."""
    std = gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor))))
    return normal_(tensor, 0.0, std, generator)


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu",
                     generator=None):
    """Uniform, with deviation gain / √fan; a is the slope of leaky_relu."""
    if 0 in tensor.shape:
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(fan(tensor, mode))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu",
                    generator=None):
    """Normal, with deviation gain / √fan; a is the slope of leaky_relu."""
    if 0 in tensor.shape:
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(fan(tensor, mode))
    return normal_(tensor, 0.0, std, generator)


@no_grad()
def dirac_(tensor, groups=1):
    """A kernel (outputs, inputs, ...) that gives its inputs on, as far as outputs go.

    It is 1 in the middle for input i and output i, of each group of outputs.
    """
    if not 3 <= tensor.ndim <= 5:
        raise ValueError(f"dirac_ fills a kernel of 3 to 5 axes, and this is "
                         f"{tuple(tensor.shape)}")
    if len(tensor) % groups:
        raise ValueError(f"{len(tensor)} outputs cannot be divided into {groups} "
                         "groups")
    outputs, middle = len(tensor) // groups, [n // 2 for n in tensor.shape[2:]]
    tensor.zero_()
    for group in range(groups):
        for n in range(min(outputs, tensor.shape[1])):
            tensor[(group * outputs + n, n, *middle)] = 1
    return tensor


@no_grad()
def orthogonal_(tensor, gain=1, generator=None):
    """Rows (or columns, where they are fewer) of length gain, at right angles."""
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_ fills a matrix, or more axes, and this is "
                         f"{tuple(tensor.shape)}")
    if tensor.numel() == 0:
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    flat = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator)
    Q = orthonormal(flat.t() if rows < columns else flat)
    tensor.view_as(flat).copy_(Q.t() if rows < columns else Q)
    return tensor.mul_(gain)


def orthonormal(A):
    """A (m, n), m ≥ n -> Q (m, n): column j is what column j of A has of the new.

    Gram and Schmidt, in float64, each column cleared of the others twice, since once
    leaves rounding errors in. Q R = A, with the diagonal of R positive.
    """
    A = A.double()
    Q = zeros(A.shape, dtype=A.dtype, device=A.device)
    for j in range(A.shape[1]):
        column = A[:, j]
        for _ in range(2):
            column = column - Q.mv(Q.t().mv(column))
        Q[:, j] = column / column.square().sum().sqrt()
    return Q


@no_grad()
def sparse_(tensor, sparsity, std=0.01, generator=None):
    """Normal, and in each column a share of rows, drawn at random, 0."""
    from .. import randperm
    if tensor.ndim != 2:
        raise ValueError(f"sparse_ fills a matrix, and this is {tuple(tensor.shape)}")
    rows, columns = tensor.shape
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        # PyTorch draws these from the global generator, whatever it was given
        tensor[randperm(rows)[:math.ceil(sparsity * rows)], column] = 0
    return tensor
