"""Sequences of different lengths are padded as by PyTorch."""

import pytest
import torch
from both import assert_like, error_of, mine

from scratch import torch as ours
from scratch.torch.nn.utils import rnn

SEQUENCES = [torch.randn(3, 2), torch.randn(1, 2), torch.randn(4, 2)]


@pytest.mark.parametrize("settings", [{}, {"batch_first": True}, {"padding_value": -1.0},
                                      {"batch_first": True, "padding_side": "left"}])
def test_padding(settings):
    """Oracle: torch.nn.utils.rnn.pad_sequence."""
    assert_like(rnn.pad_sequence(mine(SEQUENCES), **settings),
                torch.nn.utils.rnn.pad_sequence(SEQUENCES, **settings))


def test_padding_is_undone():
    """Oracle: torch.nn.utils.rnn.unpad_sequence."""
    padded = rnn.pad_sequence(mine(SEQUENCES))
    assert_like(rnn.unpad_sequence(padded, ours.tensor([3, 1, 4])), SEQUENCES)
    assert error_of(rnn.pad_sequence, []) is error_of(torch.nn.utils.rnn.pad_sequence, []) is RuntimeError
    assert error_of(lambda: rnn.pad_sequence(mine(SEQUENCES), padding_side="top")) is ValueError
