"""Transformer layers have PyTorch's answers and gradients, with all masks."""

import pytest
import torch
from both import assert_like, error_of, mine, set_alike

from scratch import torch as ours

SETTINGS = [{}, {"norm_first": True}, {"batch_first": True, "activation": "gelu"}, {"bias": False},
            {"activation": torch.tanh}]


def ours_of(settings):
    return {name: ours.tanh if each is torch.tanh else each for name, each in settings.items()}


def compare(a, b, inputs, named):
    ours.manual_seed(2), torch.manual_seed(2)    # for dropout
    y, z = a(*mine(inputs), **mine(named)), b(*inputs, **named)
    assert_like(y, z, 1e-4, 1e-5)
    y.sin().sum().backward(), z.sin().sum().backward()
    assert_like([p.grad for p in a.parameters()], [p.grad for p in b.parameters()], 1e-3, 1e-4)


@pytest.mark.parametrize("settings", SETTINGS, ids=range(len(SETTINGS)))
@pytest.mark.filterwarnings("ignore")
def test_an_encoder(settings):
    """Oracle: torch.nn.TransformerEncoder of two layers with a norm, in training, with dropout."""
    b = torch.nn.TransformerEncoder(torch.nn.TransformerEncoderLayer(4, 2, 8, **settings), 2,
                                    torch.nn.LayerNorm(4))
    a = ours.nn.TransformerEncoder(ours.nn.TransformerEncoderLayer(4, 2, 8, **ours_of(settings)), 2,
                                   ours.nn.LayerNorm(4))
    assert repr(a) == repr(b)
    set_alike(a, b)
    x, (T, B) = torch.randn(3, 2, 4), (2, 3) if settings.get("batch_first") else (3, 2)
    padding = torch.zeros(B, T, dtype=torch.bool)
    padding[0, -1] = True
    mask = torch.ones(T, T, dtype=torch.bool).triu(1)
    compare(a, b, [x], {})
    compare(a, b, [x], {"mask": mask, "src_key_padding_mask": padding})
    assert_like(a.eval()(mine(x)), b.eval()(x), 1e-4, 1e-5)


@pytest.mark.parametrize("settings", SETTINGS, ids=range(len(SETTINGS)))
def test_a_decoder(settings):
    """Oracle: torch.nn.TransformerDecoder."""
    b = torch.nn.TransformerDecoder(torch.nn.TransformerDecoderLayer(4, 2, 8, **settings), 2)
    a = ours.nn.TransformerDecoder(ours.nn.TransformerDecoderLayer(4, 2, 8, **ours_of(settings)), 2)
    assert repr(a) == repr(b)
    set_alike(a, b)
    x, memory = torch.randn(3, 2, 4), torch.randn(5, 2, 4)
    if settings.get("batch_first"):
        x, memory = x.transpose(0, 1), memory.transpose(0, 1)
    mask = torch.nn.Transformer.generate_square_subsequent_mask(3)
    compare(a, b, [x, memory], {"tgt_mask": mask})


@pytest.mark.filterwarnings("ignore")
def test_the_whole():
    """Oracle: torch.nn.Transformer."""
    b = torch.nn.Transformer(4, 2, 1, 2, 8, batch_first=True)
    a = set_alike(ours.nn.Transformer(4, 2, 1, 2, 8, batch_first=True), b)
    compare(a, b, [torch.randn(2, 5, 4), torch.randn(2, 3, 4)],
            {"tgt_mask": torch.nn.Transformer.generate_square_subsequent_mask(3)})
    assert_like(ours.nn.Transformer.generate_square_subsequent_mask(4),
                torch.nn.Transformer.generate_square_subsequent_mask(4))


def test_the_copies_of_a_layer_begin_alike_and_are_apart():
    layers = ours.nn.TransformerEncoder(ours.nn.TransformerEncoderLayer(4, 2, 8), 2).layers
    assert_like(layers[0].linear1.weight, torch.tensor(layers[1].linear1.weight.tolist()))
    assert layers[0].linear1.weight is not layers[1].linear1.weight
    assert error_of(lambda nn: nn.TransformerEncoderLayer(4, 2, 8, activation="x"), ours.nn) is RuntimeError


@pytest.mark.filterwarnings("ignore")
def test_is_causal_is_a_promise_about_a_mask():
    """Oracle: PyTorch, which refuses it without one, and computes by the mask."""
    for library in (ours, torch):
        nn = library.nn
        layer, decoder = nn.TransformerEncoderLayer(4, 2, 8), nn.TransformerDecoderLayer(4, 2, 8)
        x, mask = library.ones(3, 2, 4), nn.Transformer.generate_square_subsequent_mask(3)
        assert error_of(lambda: layer(x, is_causal=True)) is RuntimeError    # noqa: B023
        assert error_of(lambda: decoder(x, x, tgt_is_causal=True)) is RuntimeError    # noqa: B023
        assert layer(x, mask, is_causal=True).shape == decoder(x, x, mask, tgt_is_causal=True).shape == (3, 2,
                                                                                                         4)
