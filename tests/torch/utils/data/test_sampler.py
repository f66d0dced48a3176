"""Samplers give PyTorch's numbers in PyTorch's order, and draw as many numbers for it."""

import itertools

import pytest


@pytest.mark.parametrize("given_generator", [False, True])
@pytest.mark.parametrize("n, options", [
    (10, {}), (10, {"num_samples": 25}), (10, {"num_samples": 4}), (10, {"replacement": True}),
    (10, {"replacement": True, "num_samples": 100}), (1, {}), (40, {"replacement": True, "num_samples": 64})])
def test_a_random_sampler_draws_pytorchs_order(n, options, given_generator, alike):
    """By torch.utils.data.RandomSampler, over two epochs."""
    def call(library, module, g):
        sampler = module.RandomSampler(range(n), generator=g if given_generator else None, **options)
        return [list(sampler), list(sampler), len(sampler)]
    first, second, length = alike(call)[1]
    assert first != second or n == 1


def test_a_sampler_may_be_endless(alike):
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
def test_other_samplers_are_pytorchs(make, alike):
    """By torch.utils.data's."""
    alike(lambda library, module, g: [list(make(module, g)), len(make(module, g))])


@pytest.mark.parametrize("call", [
    lambda T, m, g: m.RandomSampler([]),
    lambda T, m, g: m.RandomSampler([1], num_samples=0),
    lambda T, m, g: m.RandomSampler([1], replacement=1),
    lambda T, m, g: m.WeightedRandomSampler([[1.0]], 2),
    lambda T, m, g: m.WeightedRandomSampler([1.0], 0),
    lambda T, m, g: list(m.Sampler()),
])
def test_what_pytorch_refuses_is_refused(call, alike):
    """By torch.utils.data: an error of the same class."""
    assert issubclass(alike(call), Exception)
