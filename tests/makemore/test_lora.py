"""LoRA begins as the model it adapts, learns beside its weights, and goes into them."""

import copy

import pytest
import torch
from randomized_models import generator, randomized
from shapes import load_checked
from torch import nn

from scratch.makemore import lora
from scratch.makemore.data import Vocabulary, batches, rows
from scratch.makemore.gpt import GPT
from scratch.makemore.lora import LoRA, add_lora, merge_lora
from scratch.makemore.transformer import Config, train

torch.set_num_threads(1)    # such small operations: a second thread would only wait

WORDS = ["emma", "olivia", "ava", "isabella", "mia"]
VOCABULARY = Vocabulary(WORDS)


def model():
    return randomized(GPT(Config(len(VOCABULARY), 12, layers=2, heads=2, channels=16)))


def trained(one, steps=5):
    source = batches(*rows(WORDS, VOCABULARY, 12), 8, generator())
    list(train(one, source, [0.05] * steps))
    return one


def layer(rank=3, alpha=6.0, bias=True):
    return randomized(LoRA(nn.Linear(5, 7, bias=bias), rank, alpha, generator()))


def test_every_shape_comment_is_true():
    checked = load_checked(lora.__file__, N=5, M=7, R=3)
    checked.LoRA(nn.Linear(5, 7), 3).merged()
    assert not checked.unreached_shapes()


@pytest.mark.parametrize("bias", [True, False])
def test_it_computes_w_x_and_the_scaled_correction(bias):
    """Oracle: the formula in float64, sum by sum."""
    one, x = layer(bias=bias).double(), torch.randn(2, 4, 5, generator=generator(), dtype=torch.float64)
    expected = one.linear(x) + 6 / 3 * torch.einsum("...n,rn,mr->...m", x, one.A, one.B)
    torch.testing.assert_close(one(x), expected)
    torch.testing.assert_close(one.merged()(x), expected)
    assert isinstance(one.merged(), nn.Linear)


def test_the_scale_is_alpha_by_rank_and_one_without_alpha():
    assert LoRA(nn.Linear(5, 7), 2, 8.0).scale == 4 and LoRA(nn.Linear(5, 7), 2).scale == 1


def test_at_first_the_model_is_the_one_it_began_as():
    one, ids = model(), rows(WORDS, VOCABULARY, 12)[0]
    before = one.logits(ids)
    assert torch.equal(add_lora(one, 4, generator=generator()).logits(ids), before)


def test_training_moves_nothing_but_a_and_b():
    one = add_lora(model(), 4, generator=generator())
    before = copy.deepcopy(one.state_dict())
    after = trained(one).state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved and moved == {name for name in before if name.endswith((".A", ".B"))}


def test_so_many_parameters_are_trained_as_the_two_thin_matrices_have():
    """Oracle: rank * (inputs + outputs), summed over the linear layers of the blocks."""
    one = model()
    sizes = [sum(part.weight.shape) for part in one.body.blocks.modules() if isinstance(part, nn.Linear)]
    add_lora(one, 4)
    assert sum(p.numel() for p in one.parameters() if p.requires_grad) == 4 * sum(sizes)
    assert len(sizes) == 2 * 4


def test_merged_weights_give_the_same_logits_as_unmerged():
    """To 1e-5, since W x + B A x is rounded otherwise than (W + B A) x."""
    one, (ids, _) = trained(add_lora(model(), 4, 8.0, generator())), rows(WORDS, VOCABULARY, 12)
    plain = model()
    started, expected, names = plain.logits(ids), one.logits(ids), set(plain.state_dict())
    merged = merge_lora(one)
    torch.testing.assert_close(merged.logits(ids), expected, atol=1e-5, rtol=1e-5)
    assert (expected - started).abs().max() > 0.1
    assert set(merged.state_dict()) == names and all(p.requires_grad for p in merged.parameters())


def test_the_correction_has_the_rank_that_it_was_given():
    one = trained(add_lora(model(), 2, generator=generator()))
    before = {name: part.weight.clone() for name, part in one.named_modules() if name.endswith(".linear")}
    merge_lora(one)
    for name, weight in before.items():
        change = one.get_parameter(name.removesuffix("linear") + "weight") - weight
        sizes = torch.linalg.svdvals(change.detach())
        assert sizes[1] > 1e-4 and sizes[2] < 1e-5


@pytest.mark.parametrize("rank", [0, -1, 6])
def test_a_rank_that_a_matrix_cannot_have_is_refused(rank):
    with pytest.raises(ValueError, match=f"rank {rank} for a matrix of 7 by 5: .* at least 1, and at most 5"):
        LoRA(nn.Linear(5, 7), rank)


def test_a_part_without_linear_layers_is_refused():
    with pytest.raises(ValueError, match="'body.last_norm' has no nn.Linear"):
        add_lora(model(), 2, within="body.last_norm")
