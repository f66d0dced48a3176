"""Data sets, the order in which they are read, and batches: torch.utils.data.

    >>> from .. import Generator, arange
    >>> letters = TensorDataset(arange(6), arange(6) * 10)
    >>> g = Generator().manual_seed(1)
    >>> train, test = random_split(letters, [4, 2], generator=g)
    >>> for x, y in DataLoader(train, batch_size=3, shuffle=True, generator=g):
    ...     print(x.tolist(), y.tolist())
    [2, 5, 0] [20, 50, 0]
    [1] [10]

    data set    what has examples: dataset[i] and len(dataset), or an iterator of them
    sampler     the numbers i, in the order in which the examples are read
    collate     [example, ...] -> a batch: tensors of one axis more

A loader asks a sampler for numbers, the data set for their examples, and collate for a
batch of them. Whatever is random comes from the generator, in PyTorch's order: an epoch
begins with a number of 64 bits, which PyTorch's worker processes are seeded with; then
an order is drawn, from a generator of its own unless one was given.

Left out: worker processes. num_workers may be what it is for PyTorch, and the batches
are the same, but they are made in this process, one when it is asked for. A data set
that draws random numbers itself draws other ones than in a worker.

Chapter: docs/torch/modules.md.  To copy: this file and torch/.
"""

import bisect
import copy
import itertools
import math
import warnings
from collections.abc import Mapping, MutableSequence, Sequence

from .. import dtypes
from ..creation import as_tensor, empty, tensor
from ..products import stack
from ..random import Generator, default_generator, multinomial, randint, randperm
from ..tensor import Tensor


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
            raise AssertionError(f"the tensors have {lengths} examples, not equally many")
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


class Sampler:
    """An order in which numbers of examples, or lists of them, come: define __iter__."""

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

    def __init__(self, data_source, replacement=False, num_samples=None, generator=None):
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


class DataLoader:
    """Batches of a data set, anew each time that it is gone through.

    shuffle, a sampler of numbers and a batch_sampler of lists exclude one another.
    batch_size=None gives single examples. The last batch may be short, unless
    drop_last.
    """

    def __init__(self, dataset, batch_size=1, shuffle=None, sampler=None,
                 batch_sampler=None, num_workers=0, collate_fn=None, pin_memory=False,
                 drop_last=False, timeout=0, worker_init_fn=None,
                 multiprocessing_context=None, generator=None, *, prefetch_factor=None,
                 persistent_workers=False, pin_memory_device="", in_order=True):
        if num_workers < 0 or timeout < 0:
            raise ValueError("num_workers and timeout are 0 or more")
        if num_workers == 0 and (prefetch_factor is not None or persistent_workers):
            raise ValueError("prefetch_factor and persistent_workers are for workers, "
                             "and num_workers is 0")
        self.by_number = not isinstance(dataset, IterableDataset)
        chosen = [each for each in (sampler, batch_sampler) if each is not None]
        if not self.by_number and (shuffle or chosen):
            raise ValueError("a data set without numbers has no order to choose: no "
                             "shuffle, sampler or batch_sampler")
        if sampler is not None and shuffle:
            raise ValueError("a sampler has its order, which shuffle would replace")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError("a batch_sampler decides what batch_size, shuffle, "
                                 "sampler and drop_last would decide")
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None makes no batches, of which the last could "
                             "be dropped")
        if sampler is None:
            if not self.by_number:
                sampler = itertools.repeat(None)
            elif shuffle:
                sampler = RandomSampler(dataset, generator=generator)
            else:
                sampler = SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        batches = batch_sampler is not None
        if collate_fn is None:
            collate_fn = default_collate if batches else default_convert
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.sampler, self.batch_sampler = sampler, batch_sampler
        self.generator, self.collate_fn = generator, collate_fn
        self.num_workers, self.pin_memory, self.timeout = num_workers, pin_memory, timeout

    def __iter__(self):
        return Epoch(self)

    def __len__(self):
        if not self.by_number:
            n = len(self.dataset)
            if self.batch_size is None:
                return n
            return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)


class Epoch:
    """The batches of a loader, once."""

    def __init__(self, loader):
        self.loader, self.batches = loader, loader.batch_sampler is not None
        self.numbers = iter(loader.batch_sampler if self.batches else loader.sampler)
        drawn_seed(loader.generator)    # for PyTorch's workers; here nobody uses it
        self.examples = None if loader.by_number else iter(loader.dataset)

    def __iter__(self):
        return self

    def __len__(self):
        return len(self.loader)

    def __next__(self):
        loader, numbers = self.loader, next(self.numbers)
        if not self.batches:
            examples = (loader.dataset[numbers] if loader.by_number
                        else next(self.examples))
        elif loader.by_number:
            all_at_once = getattr(loader.dataset, "__getitems__", None)
            examples = (all_at_once(numbers) if all_at_once
                        else [loader.dataset[i] for i in numbers])
        else:
            examples = [*itertools.islice(self.examples, len(numbers))]
            if not examples or loader.drop_last and len(examples) < len(numbers):
                raise StopIteration
        return loader.collate_fn(examples)


def default_collate(batch):
    """[example, ...] -> a batch of the same structure, with tensors in its places.

    Tensors and NumPy's arrays are stacked, numbers become a tensor, texts a list; a
    dictionary, a tuple or a list is collated place by place.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch), 0)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, float) and not hasattr(first, "dtype"):
        return tensor(batch, dtype=dtypes.float64)
    if isinstance(first, int):
        return tensor(batch)
    if hasattr(first, "__array__"):
        return stack([as_tensor(each) for each in batch], 0)
    if isinstance(first, Mapping):
        collated = {key: default_collate([each[key] for each in batch]) for key in first}
        return like_mapping(first, collated)
    if isinstance(first, Sequence):
        if any(len(each) != len(first) for each in batch):
            raise RuntimeError("examples of different lengths make no batch: "
                               f"{sorted({len(each) for each in batch})}")
        places = [default_collate(each) for each in zip(*batch)]
        return like_sequence(first, places)
    raise TypeError("a batch is of tensors, arrays, numbers, texts, and dictionaries and "
                    f"lists of these; not of {type(first).__name__}")


def default_convert(example):
    """NumPy's arrays in an example become tensors; all else stays as it is."""
    if isinstance(example, (Tensor, str, bytes)):
        return example
    if hasattr(example, "__array__"):
        return as_tensor(example)
    if isinstance(example, Mapping):
        return like_mapping(example, {key: default_convert(each)
                                      for key, each in example.items()})
    if isinstance(example, Sequence):
        return like_sequence(example, [default_convert(each) for each in example])
    return example


def like_mapping(model, found):
    """A dictionary, in the class of the model if that can be had."""
    try:
        clone = copy.copy(model)
        clone.update(found)
        return clone
    except (TypeError, AttributeError):
        return found


def like_sequence(model, found):
    """A list, in the class of the model if it is a named tuple or can be changed."""
    if hasattr(model, "_fields"):
        return type(model)(*found)
    if isinstance(model, MutableSequence) and type(model) is not list:
        clone = copy.copy(model)
        clone[:] = found
        return clone
    return found


def get_worker_info():
    """Which worker this is: None, since there are none."""
    return None
