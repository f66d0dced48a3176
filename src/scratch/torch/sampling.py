"""New random tensors, and choices: rand, randn, randint, randperm, multinomial.

    >>> from . import Generator, tensor
    >>> g = Generator().manual_seed(2147483647)
    >>> P = rand(3, generator=g)
    >>> P = P / P.sum()
    >>> [round(p, 4) for p in P.tolist()]                   # as in Karpathy's lecture
    [0.6064, 0.3033, 0.0903]
    >>> multinomial(P, 20, replacement=True, generator=g).tolist()
    [1, 1, 2, 0, 0, 2, 1, 1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]

    kind    dtype, device, requires_grad, out: as for zeros() and ones()

Chapter: docs/torch/random.md.  To copy: this folder.
"""

from bisect import bisect_left

from . import dtypes
from .autograd import no_grad
from .alike import empty_like
from .creation import empty
from .dispatch import backend_of, dtype_of
from .draws import in_pieces, listed, permutation, single, uniform
from .filling import (bernoulli_, check, exponential_, fill, normal_draw, tensor_of,
                      uniform_draw, whole_draw)
from .random import chosen
from .storage import Size
from .tensor import Tensor, operation, public, shape_of


def made(draw, shape, dtype=None, device=None, requires_grad=False, out=None,
         layout=None, pin_memory=False):
    """A new tensor of what is drawn; or out, if one is given, which has the shape."""
    if any(n < 0 for n in shape):
        raise RuntimeError(f"a size is 0 or more, and {tuple(shape)} has one below")
    if out is not None:
        if out.shape != shape:
            raise RuntimeError(f"out is {tuple(out.shape)}, and {tuple(shape)} was "
                               "asked for")
        return fill(out, draw)
    dtype = dtypes.Default.floating if dtype is None else dtype_of(dtype)
    values = draw(Size(shape).numel(), dtype, True)
    found = tensor_of(values, shape, dtype, backend_of(device))
    return found.requires_grad_() if requires_grad else found


def sizes(size, name):
    """rand(2, 3), rand((2, 3)) and rand(size=(2, 3)) -> (2, 3)."""
    if not size:
        raise TypeError(f"{name}() needs a size, such as {name}(3) or {name}(2, 3); "
                        f"{name}(()) is of one number")
    return shape_of(size)


@public
def rand(*size, generator=None, **kind):
    """Uniform numbers, 0 <= u < 1: rand(2, 3) or rand((2, 3)).

    kind may have a dtype, a device, requires_grad and out.
    """
    shape = sizes(size or tuple([kind.pop("size")] if "size" in kind else ()), "rand")
    return made(uniform_draw(generator), shape, **kind)


@public
def randn(*size, generator=None, **kind):
    """Normal numbers, of mean 0 and standard deviation 1: randn(2, 3)."""
    shape = sizes(size or tuple([kind.pop("size")] if "size" in kind else ()), "randn")
    return made(normal_draw(generator), shape, **kind)


@public
def randint(*bounds, size=None, low=0, high=None, generator=None, dtype=None, **kind):
    """Whole numbers from low, or 0, to below high: randint(low, high, size)."""
    if size is None and bounds:
        *bounds, size = bounds
    if not isinstance(size, (tuple, list)) or len(bounds) > 2:
        raise TypeError("randint(high, size) or randint(low, high, size), with a size "
                        f"like (2, 3) and not {size!r}")
    if len(bounds) == 2:
        low, high = bounds
    elif bounds:
        low, high = (0, *bounds) if high is None else (*bounds, high)
    if high is None:
        raise TypeError("randint(high, size) needs to know below what")
    dtype = dtypes.int64 if dtype is None else dtype
    return made(whole_draw(generator, int(low), int(high)), shape_of((size,)), dtype,
                **kind)


@public
def randperm(n, *, generator=None, dtype=None, **kind):
    """The numbers 0 to n - 1, each once, in a random order."""
    generator = chosen(generator)
    dtype = dtypes.int64 if dtype is None else dtype_of(dtype)
    if n < 0:
        raise RuntimeError(f"a permutation of {n} numbers: there are 0 or more")
    if dtype is dtypes.bool_:
        raise NotImplementedError("a permutation is of numbers, not of truths")
    most = (dtypes.iinfo(dtype).max if dtype.category == 1
            else 2 / dtypes.finfo(dtype).eps)
    if n - 1 > most:
        raise RuntimeError(f"{dtype} cannot tell {n} numbers apart")
    return made(lambda n, dtype, packed: permutation(generator, n), (n,), dtype, **kind)


def like(tensor, dtype=None, device=None, requires_grad=False, layout=None,
         memory_format=None):
    """Memory for a tensor like this one, with the same order of axes if it is dense."""
    return empty_like(tensor, dtype=dtype, device=device, requires_grad=requires_grad)


@public
def rand_like(input, *, generator=None, requires_grad=False, **kind):
    """rand, in the shape, the dtype and on the device of input."""
    found = fill(like(input, **kind), uniform_draw(generator))
    return found.requires_grad_(requires_grad)


@public
def randn_like(input, *, generator=None, requires_grad=False, **kind):
    """randn, in the shape, the dtype and on the device of input."""
    found = fill(like(input, **kind), normal_draw(generator))
    return found.requires_grad_(requires_grad)


@public
def randint_like(input, *bounds, low=0, high=None, generator=None, requires_grad=False,
                 **kind):
    """randint(low, high), in the shape, the dtype and on the device of input."""
    if bounds:
        low, high = (low, *bounds) if len(bounds) == 1 and high is None else (
            bounds if len(bounds) == 2 else (*bounds, high))
    found = fill(like(input, **kind), whole_draw(generator, int(low), int(high)))
    return found.requires_grad_(requires_grad)


@public
def normal(mean=0.0, std=1.0, size=None, *, generator=None, out=None, **kind):
    """Normal numbers, each with its own mean and std if these are tensors."""
    if not (isinstance(mean, Tensor) or isinstance(std, Tensor)):
        if size is None:
            raise TypeError("normal(mean, std, size): two numbers say no size")
        check(std >= 0, "normal", "std >= 0", std)
        draw = normal_draw(generator, mean, std)
        return made(draw, shape_of((size,)), out=out, **kind)
    with no_grad():
        if not isinstance(std, Tensor):
            check(std >= 0, "normal", "std >= 0", std)
            found = fill(empty_like(mean), normal_draw(generator, 0.0, std)).add_(mean)
        else:
            if bool((std < 0).any()):
                raise RuntimeError("normal: each std is 0 or more, and one is below")
            shape = (mean + std).shape if isinstance(mean, Tensor) else std.shape
            model = mean if isinstance(mean, Tensor) else std
            found = made(normal_draw(generator), shape, model.dtype, model.device)
            found = found.mul_(std).add_(mean)
        return found if out is None else out.copy_(found)


@operation
def bernoulli(input, p=None, *, generator=None, out=None):
    """0 and 1: 1 with the probability that input has in that place, or else with p."""
    with no_grad():
        found = empty(input.shape, dtype=input.dtype, device=input.device)
        bernoulli_(found, input if p is None else p, generator=generator)
    return found if out is None else out.copy_(found)


@operation
def multinomial(input, num_samples, replacement=False, *, generator=None, out=None):
    """Row (V) of weights -> num_samples of the numbers 0 to V - 1; so for rows (B, V).

    One number, and several that are all different, are found by a race: an exponential
    number is the time that each needs, a weight makes it that much shorter, and the
    first to arrive have the largest weight / time. Several with replacement are looked
    up in the sums of the weights from the left.

    PyTorch once looked up all of them. The race came for different numbers (version
    1.6), then for every single one (2.0), and its times changed in 2.7: the names that
    a model draws from one seed are not the same in all versions.
    """
    check_weights(input, num_samples, replacement)
    with no_grad():
        if num_samples == 1 or not replacement:
            if bool(((input < 0) | ~input.isfinite()).any()):
                raise RuntimeError("a weight is below 0, infinite or not a number")
            if input.numel() and bool((input.sum(-1) == 0).any()):
                raise RuntimeError("all weights of a row are 0: nothing can be drawn")
            race = input / exponential_(empty_like(input), generator=generator)
            if num_samples == 1:
                found = race.argmax(-1, keepdim=True)
            else:
                found = race.topk(num_samples)[1]
        else:
            found = looked_up(input, num_samples, chosen(generator))
    return found if out is None else out.copy_(found)


def check_weights(input, num_samples, replacement):
    if input.dim() not in (1, 2):
        raise RuntimeError(f"weights are one row or rows, (V) or (B, V), not "
                           f"{tuple(input.shape)}")
    if input.dtype.category != 2:
        raise RuntimeError(f"weights are floating-point numbers, not {input.dtype}")
    if num_samples <= 0:
        raise RuntimeError(f"{num_samples} numbers cannot be drawn")
    if not replacement and num_samples > input.shape[-1]:
        raise RuntimeError(f"{num_samples} different numbers cannot be drawn from "
                           f"{input.shape[-1]}; replacement=True draws some again")


def looked_up(input, num_samples, generator):
    """For each u, the first number whose weight and all before it sum to u or more."""
    exact = each_same if input.dtype is dtypes.float64 else single
    rows = input.tolist() if input.dim() == 2 else [input.tolist()]
    found = []
    for weights in rows:
        sums, total = [], 0.0
        for weight in weights:
            if not 0 <= weight < float("inf"):
                raise RuntimeError(f"a weight is {weight}, and not a number from 0 on")
            total = exact(total + weight)
            sums.append(total)
        if not total > 0:
            raise RuntimeError("all weights of a row are 0: nothing can be drawn")
        sums = [exact(sum / total) for sum in sums]
        sums[-1] = 1.0
        u = in_pieces(num_samples, lambda n: uniform(generator, n, wide=True))
        found += [bisect_left(sums, u) for u in listed(u)]
    shape = (*input.shape[:-1], num_samples)
    return tensor_of(found, shape, dtypes.int64, input.storage.backend)


def each_same(x):
    return x
