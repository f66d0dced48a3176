"""Samplers: in which order the examples of a data set are read.

    >>> from ... import Generator
    >>> list(BatchSampler(RandomSampler(range(7), generator=Generator()), 3, False))
    [[4, 3, 0], [1, 2, 6], [5]]
    >>> by_weight = WeightedRandomSampler([8, 1, 1], 9, generator=Generator())
    >>> list(by_weight)
    [0, 0, 0, 0, 0, 0, 0, 2, 0]

A RandomSampler draws from a generator of its own, which is seeded by a number of the
default generator's, once for each epoch, unless it was given one.

Chapter: docs/torch/modules.md.  To copy: this folder.
"""

import itertools

from ... import dtypes
from ...creation import as_tensor, empty
from ...random import Generator
from ...sampling import multinomial, randint, randperm


class Sampler:
    """An order of the numbers of examples, or of lists of them: define __iter__."""

    def __init__(self, data_source=None):
        pass

    def __iter__(self):
        raise NotImplementedError(f"{type(self).__name__} has no __iter__")

    def __class_getitem__(cls, _):
        return cls


class SequentialSampler(Sampler):
    """0, 1, 2, ... to the last example."""

    def __init__(self, data_source):
        self.data_source = data_source

    def __iter__(self):
        return iter(range(len(self.data_source)))

    def __len__(self):
        return len(self.data_source)


class RandomSampler(Sampler):
    """All examples in a random order; or with replacement, each drawn from all of them.

    num_samples are as many as there are examples unless it is given.
    """

    def __init__(self, data_source, replacement=False, num_samples=None,
                 generator=None):
        self.data_source, self.replacement = data_source, replacement
        self._num_samples, self.generator = num_samples, generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement is True or False, not {replacement!r}")
        positive("num_samples", self.num_samples)

    @property
    def num_samples(self):
        n = self._num_samples
        return len(self.data_source) if n is None else n

    def __iter__(self):
        n, generator = len(self.data_source), self.generator
        if generator is None:    # one of its own, which the default generator seeds
            generator = Generator().manual_seed(drawn_seed(None))
        rounds, rest = divmod(self.num_samples, 32 if self.replacement else n)
        if self.replacement:
            for _ in range(rounds):
                yield from randint(n, (32,), generator=generator).tolist()
            yield from randint(n, (rest,), generator=generator).tolist()
        else:
            for _ in range(rounds):
                yield from randperm(n, generator=generator).tolist()
            yield from randperm(n, generator=generator).tolist()[:rest]

    def __len__(self):
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """These numbers, in a random order."""

    def __init__(self, indices, generator=None):
        self.indices, self.generator = indices, generator

    def __iter__(self):
        for i in randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self):
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """num_samples numbers, each as probable as its weight says: see multinomial."""

    def __init__(self, weights, num_samples, replacement=True, generator=None):
        positive("num_samples", num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement is True or False, not {replacement!r}")
        self.weights = as_tensor(weights, dtype=dtypes.float64)
        if self.weights.ndim != 1:
            raise ValueError("weights are one row of numbers, and these are "
                             f"{tuple(self.weights.shape)}")
        self.num_samples, self.replacement = num_samples, replacement
        self.generator = generator

    def __iter__(self):
        yield from multinomial(self.weights, self.num_samples, self.replacement,
                               generator=self.generator).tolist()

    def __len__(self):
        return self.num_samples


class BatchSampler(Sampler):
    """The numbers of a sampler in lists of batch_size; the last may be shorter."""

    def __init__(self, sampler, batch_size, drop_last):
        positive("batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last is True or False, not {drop_last!r}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self):
        numbers = iter(self.sampler)
        while batch := [*itertools.islice(numbers, self.batch_size)]:
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self):
        extra = 0 if self.drop_last else self.batch_size - 1
        return (len(self.sampler) + extra) // self.batch_size


def positive(name, number):
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        raise ValueError(f"{name} is a whole number from 1 on, not {number!r}")


def drawn_seed(generator):
    """A seed for another generator: 63 bits of this one."""
    return empty((), dtype=dtypes.int64).random_(generator=generator).item()
