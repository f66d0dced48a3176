"""The loader: batches of a data set, one epoch after another.

    >>> loader = DataLoader([2, 3, 5, 7, 11], batch_size=2)
    >>> for batch in loader:
    ...     print(batch)
    tensor([2, 3])
    tensor([5, 7])
    tensor([11])
    >>> len(loader)
    3

An epoch begins by drawing a number of 64 bits, with which PyTorch seeds its worker
processes; then the sampler draws an order. Both come from the loader's generator if it
has one, and from the default generator otherwise.

Left out: worker processes. num_workers may be what it is for PyTorch, and the batches
are the same, but they are made in this process, each when it is asked for. A data set
that draws random numbers itself draws other ones than in a worker.

Chapter: docs/torch/modules.md.  To copy: this folder.
"""

import itertools

from .collate import default_collate, default_convert
from .dataset import IterableDataset
from .sampler import BatchSampler, RandomSampler, SequentialSampler, drawn_seed


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
            raise ValueError("batch_size=None makes no batches, and so no last one to "
                             "drop")
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
        self.num_workers, self.timeout, self.pin_memory = num_workers, timeout, False

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


def get_worker_info():
    """Which worker this is: None, since there are none."""
    return None
