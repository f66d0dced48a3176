"""What heads look at and are worth, by counting, by zeros and by the model's own arithmetic."""

import copy

import pytest
import torch
from randomized_models import generator, randomized
from shapes import load_checked

from scratch.makemore import heads
from scratch.makemore.bert import BERT
from scratch.makemore.gpt import GPT
from scratch.makemore.heads import induction, lens, previous, rollout, sources, without
from scratch.makemore.represent import states
from scratch.makemore.transformer import Config

torch.set_num_threads(1)    # such small operations: a second thread would only wait

SMALL = Config(11, 7, layers=2, heads=3, channels=6)
IDS = torch.tensor([[0, 5, 9, 4, 5, 9, 4], [0, 5, 3, 2, 1, 5, 0]])


def weights(*shape, seed=1):
    return torch.rand(*shape, generator=generator(seed), dtype=torch.float64).softmax(-1)


def test_every_shape_comment_is_true():
    checked = load_checked(heads.__file__, B=2, T=7, C=6, V=11, H=3)
    for model in (GPT(SMALL), BERT(SMALL)):
        checked.lens(model, states(model, IDS)[1])
        with checked.without(model, 0, 1):
            model.logits(IDS)
    checked.rollout([weights(2, 3, 7, 7)] * 2)
    checked.induction(weights(2, 3, 7, 7), IDS)
    checked.previous(weights(2, 3, 7, 7))
    assert not checked.unreached_shapes()


@pytest.mark.parametrize("model", [
    GPT(SMALL), BERT(SMALL), BERT(SMALL, transform=True),
    BERT(Config(11, 7, layers=2, heads=3, channels=6, norm="post"))],
    ids=["GPT", "BERT", "transform", "post"])
def test_the_lens_after_the_last_block_is_the_model(model):
    """Oracle: the model's own logits."""
    one = randomized(model)
    last = states(one, IDS)[-1]
    torch.testing.assert_close(lens(one, last), one.logits(IDS))


def test_a_head_that_is_ablated_is_one_whose_columns_are_zero():
    """Oracle: a copy of the model, with those columns of the output matrix set to 0."""
    one = randomized(GPT(SMALL))
    other = copy.deepcopy(one)
    before = one.logits(IDS)
    with torch.no_grad():
        other.body.blocks[1].attention.out.weight[:, 2:4] = 0
    with without(one, 1, 1) as same:
        assert same is one
        torch.testing.assert_close(one.logits(IDS), other.logits(IDS))
        assert not torch.allclose(one.logits(IDS), before)
    assert torch.equal(one.logits(IDS), before)
    with pytest.raises(ValueError, match="head 3 of layer 1, which has 3"), without(one, 1, 3):
        pass


def test_an_ablation_ends_with_its_block_even_if_that_fails():
    one = GPT(SMALL)
    with pytest.raises(ZeroDivisionError), without(one, 0, 0):
        raise ZeroDivisionError
    assert not one.body.blocks[0].attention.out._forward_pre_hooks


def test_rollout_counts_every_way_through_the_layers():
    """Oracle: the sum over all ways of the product of their shares, way by way."""
    maps = [weights(1, 2, 4, 4), weights(1, 2, 4, 4, seed=2)]
    first, second = (each[0].mean(0) / 2 + torch.eye(4) / 2 for each in maps)
    expected = [[sum(second[t, m] * first[m, s] for m in range(4)) for s in range(4)] for t in range(4)]
    found = rollout(maps)
    torch.testing.assert_close(found[0], torch.tensor(expected, dtype=found.dtype))
    torch.testing.assert_close(found.sum(-1), torch.ones(1, 4, dtype=found.dtype))


def test_what_would_be_copied_stands_behind_the_last_occurrence():
    """Oracle: a loop over all positions."""
    ids = torch.randint(0, 4, (20, 9), generator=generator())
    for row, found in zip(ids.tolist(), sources(ids).tolist()):
        for t, symbol in enumerate(row):
            earlier = [s for s in range(t - 1) if row[s] == symbol]
            assert found[t] == (earlier[-1] + 1 if earlier else -1)


def test_a_head_is_scored_by_its_weight_on_what_it_would_copy():
    """Oracle: the same mean, by loops, for each head."""
    w = weights(2, 3, 7, 7)
    at = [(b, t, s) for b, row in enumerate(sources(IDS).tolist()) for t, s in enumerate(row)
          if s >= 0 and IDS[b, t] != 0]
    expected = torch.stack([torch.stack([w[b, h, t, s] for b, t, s in at]).mean() for h in range(3)])
    torch.testing.assert_close(induction(w, IDS), expected)
    assert len(at) == 4                                  # three letters of one word, and a 5 of the other
    torch.testing.assert_close(previous(w), torch.stack(
        [torch.stack([w[b, h, t, t - 1] for b in range(2) for t in range(1, 7)]).mean() for h in range(3)]))
    with pytest.raises(ValueError, match="no symbol occurs twice"):
        induction(w[:1], torch.arange(7)[None])
