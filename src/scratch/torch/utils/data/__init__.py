"""Data sets, the order in which they are read, and batches: torch.utils.data.

    >>> from ... import Generator, arange
    >>> letters = TensorDataset(arange(6), arange(6) * 10)
    >>> g = Generator().manual_seed(1)
    >>> train, test = random_split(letters, [4, 2], generator=g)
    >>> for x, y in DataLoader(train, batch_size=3, shuffle=True, generator=g):
    ...     print(x.tolist(), y.tolist())
    [5, 0, 2] [50, 0, 20]
    [1] [10]

    data set    what has examples: dataset[i] and len(dataset), or an iterator of them
    sampler     the numbers i, in the order in which the examples are read
    collate     [example, ...] -> a batch: tensors of one axis more

A loader asks a sampler for numbers, the data set for their examples, and collate for a
batch of them. Whatever is random comes from a generator, in PyTorch's order and number.

Chapter: docs/torch/modules.md.  To copy: this folder.
"""

from .collate import default_collate, default_convert
from .dataloader import DataLoader, get_worker_info
from .dataset import (ConcatDataset, Dataset, IterableDataset, Subset, TensorDataset,
                      random_split)
from .sampler import (BatchSampler, RandomSampler, Sampler, SequentialSampler,
                      SubsetRandomSampler, WeightedRandomSampler)
