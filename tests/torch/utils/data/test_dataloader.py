"""A loader gives PyTorch's batches, and draws as many numbers for them."""

import pytest

from scratch import torch as ours
from scratch.torch.utils import data

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
def test_batches_are_pytorchs(options, given_generator, alike):
    """By torch.utils.data.DataLoader over two tensors and two epochs; what is drawn in between, too."""
    def call(library, module, g):
        x = library.arange(22).view(11, 2)
        pairs = module.TensorDataset(x, library.arange(11.0))
        loader = module.DataLoader(pairs, generator=g if given_generator else None, **options)
        if options.get("collate_fn"):
            return [len(loader), [len(batch) for batch in loader]]
        return [len(loader), [(batch, library.rand(1)) for batch in loader], list(loader)]
    alike(call)


@pytest.mark.parametrize("options", [
    dict(batch_size=3), dict(batch_size=3, drop_last=True), dict(batch_size=None), dict(shuffle=True),
    dict(sampler=[1]), dict(batch_sampler=[[1]])])
def test_a_stream_of_examples_is_batched_as_by_pytorch(options, alike):
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
def test_settings_that_contradict_one_another_are_refused(options, alike):
    """By torch.utils.data.DataLoader: an error of the same class."""
    result = alike(lambda library, module, g: len(module.DataLoader(range(5), **options)))
    assert result is ValueError


def test_a_data_set_that_gives_many_at_once_is_asked_once(alike):
    """By torch.utils.data.DataLoader, which asks __getitems__ if there is one."""
    class AtOnce:
        def __getitem__(self, i):
            return i * i

        def __getitems__(self, indices):
            return [-i for i in indices]

        def __len__(self):
            return 3
    assert [*map(ours.Tensor.tolist, data.DataLoader(AtOnce(), 2))] == [[0, -1], [-2]]
    alike(lambda library, module, g: [*module.DataLoader(AtOnce(), 2)])


def test_a_loader_with_workers_gives_the_same_batches_from_this_process():
    """By itself without workers; PyTorch's order does not depend on their number either."""
    batches = []
    for workers in (0, 2):
        ours.manual_seed(1)
        loader = data.DataLoader(range(10), 3, shuffle=True, num_workers=workers)
        batches.append([batch.tolist() for batch in loader])
    assert batches[0] == batches[1] and data.get_worker_info() is None
