"""Samplers, splits and loaders give PyTorch's examples in PyTorch's order, and draw as many numbers."""

import collections
import itertools
import warnings

import numpy as np
import pytest
import torch
import torch.utils.data
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch import torch as ours
from scratch.torch.utils import data

BOTH = [(ours, data), (torch, torch.utils.data)]
Point = collections.namedtuple("Point", "x y")


class Squares:
    """What a reader writes: a data set by number, without a base class."""

    def __init__(self, n, make=lambda i: i * i):
        self.n, self.make = n, make

    def __getitem__(self, i):
        return self.make(i)

    def __len__(self):
        return self.n


def plain(x):
    """Tensors as what they say: dtype and numbers, of either library, in any structure."""
    if isinstance(x, (ours.Tensor, torch.Tensor)):
        return str(x.dtype), x.tolist()
    if isinstance(x, dict):
        return type(x).__name__, {key: plain(each) for key, each in x.items()}
    if isinstance(x, (list, tuple)):
        return type(x).__name__, [plain(each) for each in x]
    return x


def alike(call, seed=3):
    """call(library, its utils.data, a generator) in both: results, and what is drawn next."""
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


@pytest.mark.parametrize("given_generator", [False, True])
@pytest.mark.parametrize("n, options", [
    (10, {}), (10, {"num_samples": 25}), (10, {"num_samples": 4}), (10, {"replacement": True}),
    (10, {"replacement": True, "num_samples": 100}), (1, {}), (40, {"replacement": True, "num_samples": 64})])
def test_a_random_sampler_draws_pytorchs_order(n, options, given_generator):
    """By torch.utils.data.RandomSampler, over two epochs."""
    def call(library, module, g):
        sampler = module.RandomSampler(range(n), generator=g if given_generator else None, **options)
        return [list(sampler), list(sampler), len(sampler)]
    first, second, length = alike(call)[1]
    assert first != second or n == 1


def test_a_sampler_may_be_endless():
    """By torch.utils.data.RandomSampler: nothing is drawn before it is needed."""
    def call(library, module, g):
        endless = module.RandomSampler(range(100), replacement=True, num_samples=10**10, generator=g)
        return list(itertools.islice(endless, 70))
    alike(call)


@pytest.mark.parametrize("make", [
    lambda m, g: m.SubsetRandomSampler([3, 5, 8, 9], generator=g),
    lambda m, g: m.SubsetRandomSampler([3, 5, 8, 9]),
    lambda m, g: m.WeightedRandomSampler([0.1, 0.7, 0.2], 50, generator=g),
    lambda m, g: m.WeightedRandomSampler([0.1, 0.7, 0.2], 2, replacement=False, generator=g),
    lambda m, g: m.WeightedRandomSampler([0.1, 0.7, 0.2], 1),
    lambda m, g: m.SequentialSampler("abc"),
    lambda m, g: m.BatchSampler(m.RandomSampler(range(10), generator=g), 3, False),
    lambda m, g: m.BatchSampler(m.RandomSampler(range(10), generator=g), 3, True),
    lambda m, g: m.BatchSampler(range(0), 3, True)])
def test_other_samplers_are_pytorchs(make):
    """By torch.utils.data's."""
    alike(lambda library, module, g: [list(make(module, g)), len(make(module, g))])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(0, 2**32))
def test_a_split_by_lengths_is_pytorchs(lengths, seed):
    """By torch.utils.data.random_split, with a generator and without."""
    def call(library, module, g):
        whole = range(100, 100 + sum(lengths))
        return [[list(part) for part in module.random_split(whole, lengths, generator=g)],
                [part.indices for part in module.random_split(whole, lengths)]]
    parts = alike(call, seed)[1][0][1]
    assert sorted(i for _, part in parts for i in part) == [*range(100, 100 + sum(lengths))]


@pytest.mark.parametrize("n, shares", [(10, [0.5, 0.5]), (10, [0.8, 0.1, 0.1]), (11, [1 / 3] * 3),
                                       (7, [0.9, 0.1]), (3, [0.99, 0.01])])
def test_a_split_by_shares_is_pytorchs(n, shares):
    """By torch.utils.data.random_split, whose warning of an empty part is given, too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alike(lambda library, module, g: [list(part) for part in module.random_split(range(n), shares, g)])
    if n == 3:
        with pytest.warns(UserWarning, match="empty"):
            data.random_split(range(n), shares)


LOADERS = {
    "in order": dict(batch_size=4),
    "shuffled": dict(batch_size=4, shuffle=True),
    "the last is dropped": dict(batch_size=4, shuffle=True, drop_last=True),
    "single examples": dict(batch_size=None),
    "single examples, shuffled": dict(batch_size=None, shuffle=True),
    "collated by a function": dict(batch_size=3, collate_fn=lambda batch: [str(each) for each in batch]),
}


@pytest.mark.parametrize("given_generator", [False, True])
@pytest.mark.parametrize("options", LOADERS.values(), ids=LOADERS)
def test_batches_are_pytorchs(options, given_generator):
    """By torch.utils.data.DataLoader over two tensors and two epochs; what is drawn in between, too."""
    def call(library, module, g):
        x = library.arange(22).view(11, 2)
        pairs = module.TensorDataset(x, library.arange(11.0))
        loader = module.DataLoader(pairs, generator=g if given_generator else None, **options)
        if options.get("collate_fn"):
            return [len(loader), [len(batch) for batch in loader]]
        return [len(loader), [(batch, library.rand(1)) for batch in loader], list(loader)]
    alike(call)


@pytest.mark.parametrize("make", [
    lambda i: i * 0.5, lambda i: i, lambda i: f"{i}", lambda i: b"b", lambda i: (i, float(i)),
    lambda i: [i, [i, i]], lambda i: {"x": i, "name": str(i)}, lambda i: Point(i, 2 * i),
    lambda i: (f"{i}", i), lambda i: np.full(3, i), lambda i: np.float32(i), lambda i: np.int64(i),
    lambda i: True, lambda i: collections.OrderedDict(a=i), lambda i: np.float64(i)])
def test_examples_of_any_structure_are_collated_as_pytorch_does(make):
    """By torch.utils.data.DataLoader, and its default_convert for single ones."""
    def call(library, module, g):
        return [*module.DataLoader(Squares(5, make), batch_size=2),
                *module.DataLoader(Squares(2, make), batch_size=None)]
    alike(call)


def test_tensors_in_structures_are_stacked():
    """By torch.utils.data.default_collate."""
    def call(library, module, g):
        rows = [{"x": library.ones(2, 3) * i, "y": [library.tensor(i)]} for i in range(3)]
        return module.default_collate(rows)
    alike(call)


@pytest.mark.parametrize("batch", [[[1, 2], [1]], [{1, 2}], [None, None], [object()]])
def test_what_cannot_be_collated_is_refused(batch):
    """By torch.utils.data.default_collate: an error of the same class."""
    result = alike(lambda library, module, g: module.default_collate(batch))
    assert issubclass(result, Exception)


@pytest.mark.parametrize("options", [
    dict(batch_size=3), dict(batch_size=3, drop_last=True), dict(batch_size=None), dict(shuffle=True),
    dict(sampler=[1]), dict(batch_sampler=[[1]])])
def test_a_stream_of_examples_is_batched_as_by_pytorch(options):
    """By torch.utils.data.DataLoader and IterableDataset."""
    def call(library, module, g):
        class Stream(module.IterableDataset):
            def __iter__(self):
                return iter(range(10))
        return [*module.DataLoader(Stream(), **options)]
    alike(call)


@pytest.mark.parametrize("options", [
    dict(sampler=[1, 2], shuffle=True), dict(batch_sampler=[[1]], batch_size=2), dict(batch_size=0),
    dict(batch_sampler=[[1]], drop_last=True), dict(batch_size=None, drop_last=True), dict(batch_size=2.0),
    dict(num_workers=-1), dict(prefetch_factor=2), dict(persistent_workers=True), dict(timeout=-1),
    dict(drop_last=1)])
def test_settings_that_contradict_one_another_are_refused(options):
    """By torch.utils.data.DataLoader: an error of the same class."""
    result = alike(lambda library, module, g: len(module.DataLoader(range(5), **options)))
    assert result is ValueError


@pytest.mark.parametrize("call", [
    lambda l, m, g: m.RandomSampler([]), lambda l, m, g: m.RandomSampler([1], num_samples=0),
    lambda l, m, g: m.RandomSampler([1], replacement=1), lambda l, m, g: m.random_split(range(5), [2, 2]),
    lambda l, m, g: m.TensorDataset(l.ones(2), l.ones(3)), lambda l, m, g: m.ConcatDataset([]),
    lambda l, m, g: m.WeightedRandomSampler([[1.0]], 2), lambda l, m, g: m.WeightedRandomSampler([1.0], 0),
    lambda l, m, g: m.Dataset()[0], lambda l, m, g: list(m.Sampler()),
    lambda l, m, g: m.ConcatDataset([range(3)])[3], lambda l, m, g: m.random_split(range(2), [1.5, -0.5])])
def test_what_pytorch_refuses_is_refused(call):
    """By torch.utils.data: an error of the same class."""
    assert issubclass(alike(call), Exception)


def test_data_sets_are_joined_and_parted_as_by_pytorch():
    """By torch.utils.data's TensorDataset, ConcatDataset and Subset."""
    def call(library, module, g):
        joined = module.TensorDataset(library.arange(3)) + module.TensorDataset(library.arange(5) * 10)
        part = module.Subset(joined, [7, 0, 3])
        return [len(joined), joined[4], joined[-1], [*part], len(part), [*module.DataLoader(part, 2)]]
    alike(call)


def test_a_data_set_that_gives_many_at_once_is_asked_once():
    """By torch.utils.data.DataLoader, which asks __getitems__ if there is one."""
    class AtOnce(Squares):
        def __getitems__(self, indices):
            return [-i for i in indices]
    assert [*map(ours.Tensor.tolist, data.DataLoader(AtOnce(3), 2))] == [[0, -1], [-2]]
    alike(lambda library, module, g: [*module.DataLoader(AtOnce(3), 2)])


def test_a_loader_with_workers_gives_the_same_batches_from_this_process():
    """By itself without workers; PyTorch's order does not depend on their number either."""
    batches = []
    for workers in (0, 2):
        ours.manual_seed(1)
        loader = data.DataLoader(range(10), 3, shuffle=True, num_workers=workers)
        batches.append([batch.tolist() for batch in loader])
    assert batches[0] == batches[1] and data.get_worker_info() is None
