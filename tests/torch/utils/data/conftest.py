"""One call in both libraries: ours and PyTorch's."""

import pytest
import torch
import torch.utils.data

from scratch import torch as ours
from scratch.torch.utils import data

BOTH = [(ours, data), (torch, torch.utils.data)]


def plain(x):
    """Tensors as what they say: dtype and numbers, of either library, in any structure."""
    if isinstance(x, (ours.Tensor, torch.Tensor)):
        return str(x.dtype), x.tolist()
    if isinstance(x, dict):
        return type(x).__name__, {key: plain(each) for key, each in x.items()}
    if isinstance(x, (list, tuple)):
        return type(x).__name__, [plain(each) for each in x]
    return x


def in_both(call, seed=3):
    """call(library, its utils.data, a generator): equal results, and equal numbers drawn afterwards."""
    found = []
    for library, module in BOTH:
        g = library.Generator().manual_seed(seed)
        library.manual_seed(seed + 1)
        try:
            result = plain(call(library, module, g))
        except Exception as error:
            result = type(error)
        found.append((result, library.rand(3).tolist(), library.rand(3, generator=g).tolist()))
    assert found[0] == found[1]
    return found[0][0]


@pytest.fixture(scope="session")
def alike():
    """The function in_both."""
    return in_both
