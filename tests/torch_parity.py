"""One expression, in PyTorch and in ours: the same numbers, dtypes, strides, gradients and errors.

`agree("x.sum(0)", x=torch.ones(2, 3))` evaluates the text twice, each time with `torch` and the inputs of
that library, and compares what comes out, the gradients toward the inputs that require one, and theirs.
"""

import warnings

import torch

from scratch import torch as ours

CLOSE = {torch.float64: 1e-11, torch.float32: 3e-6, torch.float16: 2e-3,
         torch.bfloat16: 2e-2}    # of the largest
KEEPING = ("sum", "mean", "var", "max", "amin", "argmax", "logsumexp", "norm", "median", "all")    # keepdim


def variants(gradients=True, dtype=torch.float64, positive=False):
    """{name: x} of the shapes and layouts that go wrong: 0-d, empty, ones, turned, with gaps, repeated."""
    torch.manual_seed(1)

    def numbers(*shape):
        x = torch.randn(shape, dtype=torch.float64)
        return (x.abs() + 0.1 if positive else x).to(dtype)
    made = {"a row": numbers(4), "a matrix": numbers(3, 4), "turned": numbers(4, 3).t(),
            "gaps": numbers(3, 8)[:, 1::2],
            "repeated": numbers(3, 1).expand(3, 4), "0-d": numbers(), "one": numbers(1, 1),
            "empty": numbers(2, 0, 3),
            "three axes": numbers(2, 3, 4), "three axes, turned": numbers(4, 2, 3).permute(1, 2, 0)}
    return {name: x.detach().requires_grad_(gradients and dtype.is_floating_point) for name,
            x in made.items()}


def ours_of(x):
    """A tensor of ours with the numbers, strides and dtype of one of PyTorch's, and a leaf as it is."""
    if isinstance(x, torch.Tensor):
        kind = getattr(ours, str(x.dtype).split(".")[1])
        room = 1 + sum((n - 1) * s for n, s in zip(x.shape, x.stride())) if x.numel() else 0
        flat = torch.empty(0) if not room else x.detach().as_strided((room,), (1,), x.storage_offset())
        y = ours.tensor(flat.tolist(), dtype=kind).as_strided(tuple(x.shape), x.stride(), 0).detach()
        return y.requires_grad_(x.requires_grad)
    return type(x)(map(ours_of, x)) if isinstance(x, (list, tuple)) else x


def leaf_like(x):
    """Another leaf of PyTorch in the same layout, so that an expression may be evaluated anew."""
    return x.detach().requires_grad_(x.requires_grad) if isinstance(x, torch.Tensor) else x


def evaluate(text, library, names):
    """What the text comes to, or the error that it ends in."""
    names = dict(names, torch=library)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            *lines, last = text.split("; ")
            for line in lines:
                exec(line, names)
            return eval(last, names)
    except Exception as error:
        return error


def agree(text, strides=True, close=None, second=True, **inputs):
    """AssertionError unless both come to the same, and so do the gradients, and theirs."""
    theirs = {name: leaf_like(x) for name, x in inputs.items()}
    mine = {name: ours_of(x) for name, x in theirs.items()}
    expected, found = evaluate(text, torch, theirs), evaluate(text, ours, mine)
    where = f"{text} of " + ", ".join(f"{name}: {tuple(x.shape)} {x.dtype} {x.stride()}"
                                      for name, x in inputs.items() if isinstance(x, torch.Tensor))
    same(expected, found, where, strides, close)
    results = [list(each) if isinstance(each, (tuple, list)) else [each] for each in (expected, found)]
    leaves = [[x for x in names.values() if hasattr(x, "requires_grad") and x.requires_grad]
              for names in (theirs, mine)]
    for level in ("gradient", "second gradient"):
        results = [[y for y in each if hasattr(y, "requires_grad") and y.requires_grad] for each in results]
        if level == "gradient":
            assert len(results[0]) == len(results[1]), f"{where}: which results require a gradient"
        elif len(results[0]) != len(results[1]):
            return
        if not results[0] or not leaves[0]:
            return
        torch.manual_seed(2)
        seeds = [torch.randn(y.shape, dtype=torch.float64).to(y.dtype) for y in results[0]]
        seeds = seeds, [ours_of(seed) for seed in seeds]
        results = [gradients(*each) for each in zip((torch, ours), results, leaves, seeds)]
        if level == "second gradient":    # where PyTorch says None, ours may say zeros, and the reverse
            if isinstance(results[0], Exception) or isinstance(results[1], Exception):
                assert isinstance(results[1], type(results[0])), f"{where}: {level}: {results}"
                return
            for x, a, b in zip(leaves[0], *results):
                near(*[torch.zeros(x.shape).double() if y is None else as_torch(y) for y in (a, b)],
                     f"{where}: {level}", close)
            return
        same(*results, f"{where}: {level}", False, close)
        if not second or not isinstance(results[0], list):
            return


def gradients(library, results, leaves, seeds):
    """The gradients toward the leaves, with a graph of their own, or the error that it ends in."""
    try:
        return list(library.autograd.grad(results, leaves, seeds, allow_unused=True, create_graph=True))
    except Exception as error:
        return error


def as_torch(x):
    if isinstance(x, torch.Tensor):
        return x.detach().double()
    return torch.tensor(x.detach().tolist(), dtype=torch.float64).reshape(tuple(x.shape))


def same(expected, found, where, strides=True, close=None):
    """Two results, or two errors of which ours is PyTorch's or one of its kinds."""
    if isinstance(expected, Exception) or isinstance(found, Exception):
        assert isinstance(found, type(expected)), f"{where}: {expected!r:.200} there, {found!r:.200} here"
    elif isinstance(expected, torch.Tensor):
        assert isinstance(found, ours.Tensor), f"{where}: a tensor there, {found!r:.80} here"
        assert tuple(expected.shape) == tuple(found.shape), f"{where}: {expected.shape}, {found.shape}"
        assert str(expected.dtype) == str(found.dtype), f"{where}: {expected.dtype}, {found.dtype}"
        if "gradient" not in where:      # PyTorch's gradients of empty tensors require one, though of nothing
            assert expected.requires_grad == found.requires_grad, f"{where}: requires_grad"
        if strides:
            assert expected.stride() == found.stride(), f"{where}: {expected.stride()}, {found.stride()}"
        near(expected.detach().double(), as_torch(found), where, CLOSE.get(expected.dtype, 0) if close is None
             else close)
    elif isinstance(expected, (tuple, list)):
        assert len(expected) == len(found), f"{where}: {len(expected)} results, {len(found)}"
        for a, b in zip(expected, found):
            same(a, b, where, strides, close)
    elif isinstance(expected, torch.dtype):
        assert str(expected) == str(found), where
    else:
        both_nan = expected != expected and found != found
        assert both_nan or expected == found, f"{where}: {expected!r}, {found!r}"


def near(expected, found, where, close=None):
    """The same NaN and inf in the same places, and differences below `close` of the largest number.

    A sum of n numbers is rounded n times at most, in another order here, and n is below 100 in these tests.
    """
    close = 1e-9 if close is None else close
    finite = expected.isfinite()
    scale = expected[finite].abs().max().item() if finite.any() else 0.0
    assert torch.equal(expected[~finite].nan_to_num(7e7),
                       found[~finite].nan_to_num(7e7)), f"{where}\n{expected}\n{found}"
    worst = (expected[finite] - found[finite]).abs().max().item() if finite.any() else 0.0
    assert worst <= close * max(scale, 1e-3), f"{where}: {worst} apart\n{expected}\n{found}"


def both(program, *wanted):
    """Run statements with each library; the wanted names' numbers, or the error's class, are the same."""
    found = []
    for library in (torch, ours):
        names = {"torch": library}
        try:
            exec(program, names)
            found.append([names[name].tolist() if hasattr(names[name],
                                                          "tolist") else names[name] for name in wanted])
        except Exception as error:
            found.append(error)
    if isinstance(found[0], Exception) or isinstance(found[1], Exception):
        assert isinstance(found[0], Exception) and isinstance(found[1], type(found[0])), found
    else:
        assert found[0] == found[1] or torch.allclose(torch.tensor(found[0]),
                                                      torch.tensor(found[1])), (program, found)
    return found[1]


def agree_as_views(text):
    """A text that makes views of x agrees in every layout."""
    for name, x in variants().items():
        if "as_strided" not in text or name not in ("gaps", "repeated"):
            agree(text, x=x)


def share_alike(text):
    """What a text makes of x shares x's memory, from the same place on, exactly where PyTorch's does."""
    compared = 0
    for name, x in variants(gradients=False).items():
        if "as_strided" in text and name == "gaps":
            continue
        y = ours_of(x)
        theirs, mine = evaluate(text, torch, {"x": x}), evaluate(text, ours, {"x": y})
        if isinstance(theirs, Exception):
            continue                            # agree_as_views compares the errors
        for a, b in zip(*[each if isinstance(each, (list, tuple)) else [each] for each in (theirs, mine)],
                        strict=True):
            if a.numel():
                compared += 1
                shares = a.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
                assert shares == (b.untyped_storage().data_ptr() == y.untyped_storage().data_ptr()), text
                if shares:
                    assert a.storage_offset() - x.storage_offset() == b.storage_offset() - y.storage_offset()
                    assert a._is_view() == b._is_view() or "detach" in text or a is x, text
    assert compared, f"{text} fits no layout"


def agree_along(text):
    """A text with a place for an axis, "sum({})", agrees along the first, the second and the last of them."""
    for name, x in variants().items():
        keeps = [", keepdim=True"] if text.split("(")[0] in KEEPING else []
        if name == "repeated" and ("sort" in text or "median" in text):
            continue                            # which of equal numbers is named is not said
        for dim in sorted({0, -1, min(1, max(x.ndim - 1, 0))}):
            for keep in ["", *keeps]:
                agree(f"x.{text.format(dim)[:-1]}{keep})".replace("math.inf", "float('inf')"), x=x,
                      close=1e-9, strides=name != "repeated",
                      second="prod" not in text and "norm(" not in text)


def agree_of_all(text):
    """A text that reduces all of x, or several axes, agrees in every layout."""
    for name, x in variants().items():
        if name == "repeated" and "topk" in text:
            continue
        agree(f"x.{text}".replace("math.inf", "float('inf')"), x=x, strides="topk" not in text, close=2e-6,
              second="(0" not in text)
