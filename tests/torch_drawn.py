"""What a call draws, in PyTorch and in ours: the same numbers, and the same place in the row of words."""

import torch

from scratch import torch as ours

SAME = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")    # see tests/torch/test_normal.py


def drawn(call, library, seed=5):
    """What a call gives in a library, or its error, and a number from each generator afterwards."""
    g = library.Generator().manual_seed(seed)
    library.manual_seed(seed + 1)
    try:
        found = eval(call, {"T": library, "g": g})
    except Exception as error:
        found = error
    return found, library.randint(2**20, (), generator=g).item(), library.randint(2**20, ()).item()


def assert_drawn_alike(call):
    """Numbers, dtype, shape, strides, and the words that were used, are PyTorch's."""
    (mine, *after), (theirs, *expected) = drawn(call, ours), drawn(call, torch)
    if isinstance(mine, Exception):
        raise mine
    assert after == expected
    assert str(mine.dtype) == str(theirs.dtype)
    assert (mine.shape, mine.stride()) == (tuple(theirs.shape), theirs.stride())
    mine = torch.tensor(mine.tolist(), dtype=theirs.dtype).reshape(theirs.shape)
    if SAME or "norm" not in call and "randn" not in call:
        assert torch.equal(mine, theirs)
    else:
        torch.testing.assert_close(mine, theirs)


def assert_refused_alike(call):
    """An error of PyTorch's class, in words of our own."""
    (mine, *_), (theirs, *_) = drawn(call, ours), drawn(call, torch)
    assert isinstance(theirs, Exception) and type(mine) is type(theirs), (mine, theirs)
    assert str(mine) and str(mine) != str(theirs)
