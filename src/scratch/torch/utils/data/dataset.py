"""Data sets: what has an example for each number, or gives one after another.

    >>> from ... import arange
    >>> squares = TensorDataset(arange(4), arange(4) ** 2)
    >>> squares[3], len(squares)
    ((tensor(3), tensor(9)), 4)
    >>> squares[1:3]
    (tensor([1, 2]), tensor([1, 4]))
    >>> [len(part) for part in random_split(range(10), [0.8, 0.1, 0.1])]
    [8, 1, 1]

Nothing but dataset[i] and len(dataset) is asked of a data set, so that a list is one.

Left out: StackDataset and ChainDataset.

Chapter: docs/torch/modules.md.  To copy: this folder.
"""

import bisect
import itertools
import math
import warnings

from ...random import default_generator
from ...sampling import randperm


class Dataset:
    """What has an example for each number: define __getitem__, and often __len__."""

    def __getitem__(self, index):
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__")

    def __add__(self, other):
        return ConcatDataset([self, other])

    def __class_getitem__(cls, _):
        return cls    # Dataset[Tensor], which says to readers what the examples are


class IterableDataset(Dataset):
    """What gives examples one after another, and not by number: define __iter__."""

    def __iter__(self):
        raise NotImplementedError(f"{type(self).__name__} has no __iter__")


class TensorDataset(Dataset):
    """Tensors whose first axis counts the examples: dataset[i] is a row of each."""

    def __init__(self, *tensors):
        lengths = [len(each) for each in tensors]
        if len(set(lengths)) > 1:
            raise AssertionError(f"the tensors have {lengths} examples, and not all "
                                 "equally many")
        self.tensors = tensors

    def __getitem__(self, index):
        return tuple([each[index] for each in self.tensors])

    def __len__(self):
        return len(self.tensors[0])


class Subset(Dataset):
    """The examples of a data set that have these numbers."""

    def __init__(self, dataset, indices):
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index):
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self):
        return len(self.indices)


class ConcatDataset(Dataset):
    """Data sets one after another."""

    def __init__(self, datasets):
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("there is no data set to begin with")
        self.cumulative_sizes = [*itertools.accumulate(map(len, self.datasets))]

    def __getitem__(self, index):
        if not -len(self) <= index < len(self):
            raise IndexError(f"example {index} of {len(self)}")
        index %= len(self)
        which = bisect.bisect_right(self.cumulative_sizes, index)
        before = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][index - before]

    def __len__(self):
        return self.cumulative_sizes[-1]


def random_split(dataset, lengths, generator=default_generator):
    """Parts of these lengths, or of these shares that sum to 1: each example in one.

    What the shares leave over is dealt out from the first part on, one by one.
    """
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        if any(not 0 <= share <= 1 for share in lengths):
            raise ValueError(f"shares are 0 to 1 each, and these are {lengths}")
        lengths = [math.floor(len(dataset) * share) for share in lengths]
        for n in range(len(dataset) - sum(lengths)):
            lengths[n % len(lengths)] += 1
        if 0 in lengths:
            warnings.warn(f"parts of {lengths} examples: one is empty", stacklevel=2)
    if sum(lengths) != len(dataset):
        raise ValueError(f"{list(lengths)} are {sum(lengths)} examples, and there are "
                         f"{len(dataset)}")
    order = randperm(len(dataset), generator=generator).tolist()
    ends = itertools.accumulate(lengths)
    return [Subset(dataset, order[end - n:end]) for end, n in zip(ends, lengths)]
