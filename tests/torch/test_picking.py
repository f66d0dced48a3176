"""Elements are picked and overwritten by their places in the storage."""

import pytest
import torch

from scratch import torch as ours
from scratch.torch import dispatch
from scratch.torch.picking import Picks, pick, write


def test_several_indices_become_one_place_each():
    """Oracle: offset + i · stride: with strides (4, 1), x[2, 1] is at 9 and x[0, 3] at 3."""
    before = dispatch.use("python")
    try:
        x = ours.arange(12).view(3, 4)
        where = {0: ours.tensor([2, 0]), 1: ours.tensor([1, -1])}
        picks = Picks(x, where)
        picks.find(x, where)
        assert x.storage.backend["to_list"](picks.index) == [9, 3]
        assert pick(x, where).tolist() == [9, 3]
    finally:
        dispatch.use(before)


@pytest.mark.parametrize("axes, shape", [
    ((0,), (2, 4, 5)), ((1,), (3, 2, 5)), ((0, 1), (2, 5)), ((1, 2), (3, 2)), ((0, 2), (2, 4)),
    ((0, 1, 2), (2,))])
def test_the_picked_axes_stand_where_they_were_or_first(axes, shape):
    """Oracle: PyTorch, for neighbours and for axes with another one between them."""
    index = {axis: [1, 0] for axis in axes}
    x, theirs = ours.arange(60).view(3, 4, 5), torch.arange(60).view(3, 4, 5)
    found = pick(x, {axis: ours.tensor(numbers) for axis, numbers in index.items()})
    expected = theirs[tuple(torch.tensor(index[axis]) if axis in index else slice(None) for axis in range(3))]
    assert found.shape == shape and found.tolist() == expected.tolist()


def test_writing_leaves_the_rest_alone_and_counts_a_version():
    x = ours.zeros(3, 4).t()
    write(x, {0: ours.tensor([1, 3])}, ours.tensor([1.0, 2.0, 3.0]), False, "index_put_")
    assert x.tolist() == [[0, 0, 0], [1, 2, 3], [0, 0, 0], [1, 2, 3]] and x._version == 1
