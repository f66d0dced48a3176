"""What the program says of models without making them is true of those it makes."""

import pytest
import torch

from scratch.makemore import optimizers, transformer
from scratch.makemore.cli import kinds
from scratch.makemore.gpt import GPT
from scratch.makemore.transformer import Config


@pytest.mark.parametrize("sizes", [*kinds.SIZES.values(), dict(layers=3, heads=1, channels=5)])
def test_the_parameters_of_a_gpt_are_counted_by_a_formula(sizes):
    """Oracle: the tensors of a model of these sizes."""
    for symbols, block_size in ((27, 16), (5, 3)):
        with torch.device("meta"):
            model = GPT(Config(symbols, block_size, **sizes))
        assert kinds.parameters_of_gpt(symbols, block_size, **sizes) == sum(
            p.numel() for p in model.parameters())


def test_sizes_and_optimizers_are_those_of_the_modules():
    assert kinds.SIZES == transformer.SIZES
    rules = {name for name, rule in vars(optimizers).items() if isinstance(rule, type)} - {"Optimizer"}
    assert set(kinds.OPTIMIZERS.values()) == rules


def test_the_schedules_fall_as_their_help_says():
    found = {name: [round(kinds.factor(name, step, 4), 6) for step in range(5)] for name in kinds.SCHEDULES}
    assert found == {"constant": [1.0] * 5, "halves": [1.0, 1.0, 0.1, 0.1, 0.01],
                     "cosine": [1.0, 0.853553, 0.5, 0.146447, 0.0]}


def test_every_setting_of_every_kind_has_an_option():
    assert {name for kind in kinds.KINDS.values() for name in kind.settings} == set(kinds.SETTINGS)
