"""Data sets have PyTorch's examples, and are split as PyTorch splits them."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch.torch.utils import data


@pytest.mark.filterwarnings("ignore:Length of split", "ignore:parts of")    # [1, 0] are shares, too
@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(0, 2**32))
def test_a_split_by_lengths_is_pytorchs(alike, lengths, seed):
    """By torch.utils.data.random_split, with a generator and without."""
    def call(library, module, g):
        whole = range(100, 100 + sum(lengths))
        return [[list(part) for part in module.random_split(whole, lengths, generator=g)],
                [part.indices for part in module.random_split(whole, lengths)]]
    parts = alike(call, seed)[1][0][1]
    assert sorted(i for _, part in parts for i in part) == [*range(100, 100 + sum(lengths))]


@pytest.mark.parametrize("n, shares", [(10, [0.5, 0.5]), (10, [0.8, 0.1, 0.1]), (11, [1 / 3] * 3),
                                       (7, [0.9, 0.1]), (3, [0.99, 0.01])])
def test_a_split_by_shares_is_pytorchs(n, shares, alike):
    """By torch.utils.data.random_split, whose warning of an empty part is given, too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alike(lambda library, module, g: [list(part) for part in module.random_split(range(n), shares, g)])
    if n == 3:
        with pytest.warns(UserWarning, match="empty"):
            data.random_split(range(n), shares)


def test_data_sets_are_joined_and_parted_as_by_pytorch(alike):
    """By torch.utils.data's TensorDataset, ConcatDataset and Subset."""
    def call(library, module, g):
        joined = module.TensorDataset(library.arange(3)) + module.TensorDataset(library.arange(5) * 10)
        part = module.Subset(joined, [7, 0, 3])
        return [len(joined), joined[4], joined[-1], [*part], len(part), [*module.DataLoader(part, 2)]]
    alike(call)


@pytest.mark.parametrize("call", [
    lambda T, m, g: m.random_split(range(5), [2, 2]),
    lambda T, m, g: m.TensorDataset(T.ones(2), T.ones(3)),
    lambda T, m, g: m.ConcatDataset([]),
    lambda T, m, g: m.Dataset()[0],
    lambda T, m, g: m.ConcatDataset([range(3)])[3],
    lambda T, m, g: m.random_split(range(2), [1.5, -0.5]),
])
def test_what_pytorch_refuses_is_refused(call, alike):
    """By torch.utils.data: an error of the same class."""
    assert issubclass(alike(call), Exception)
