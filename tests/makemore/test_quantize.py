"""Weights in few bits differ by half a step at most, and take the bytes that they should."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from randomized_models import generator
from shapes import load_checked
from torch import nn

from scratch.makemore import quantize as module
from scratch.makemore.modern import LLAMA, Config, Decoder
from scratch.makemore.quantize import QuantizedLinear, dequantize, held, pack, quantize, quantized, unpack


def weights(F=5, C=12, seed=1):
    return torch.randn(F, C, generator=generator(seed))


def test_every_shape_comment_is_true():
    checked = load_checked(module.__file__, F=5, C=12, G=3)
    whole, scales = checked.quantize(weights(), 4, 4)
    checked.dequantize(whole, scales)
    checked.unpack(checked.pack(whole))
    assert not checked.unreached_shapes()


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 8), st.sampled_from([1, 2, 3, 4, 6, 12, None]), st.integers(0, 2**20),
       st.sampled_from([0.03, 1.0, 1000.0]))
def test_the_error_is_at_most_half_a_step(bits, group, seed, size):
    """Oracle: a step is its group's largest weight over 2^(bits - 1) - 1; and float16 rounds that."""
    W, group_size, most = size * weights(seed=seed), group or 12, 2 ** (bits - 1) - 1
    whole, scales = quantize(W, bits, group)
    step = W.unflatten(1, (-1, group_size)).abs().amax(2) / most
    error = (dequantize(whole, scales) - W).unflatten(1, (-1, group_size)).abs()
    assert (error <= step[:, :, None] * (0.5 + most * 1e-3)).all()
    assert whole.dtype == torch.int8 and whole.abs().max() <= most and scales.shape == (5, 12 // group_size)


def test_a_group_of_zeros_stays_zero():
    assert not dequantize(*quantize(torch.zeros(2, 4), 4)).any()


def test_an_outlier_spoils_its_own_group_only():
    W = weights()
    W[0, 0] = 100.0
    error = (dequantize(*quantize(W, 4, 4)) - W).abs()
    assert error[0, 1:4].max() > 0.5 and error[0, 4:].max() < 0.3 > error[1:].max()


def test_two_numbers_share_a_byte_and_come_back():
    whole = torch.arange(-8, 8, dtype=torch.int8).view(2, 8)
    assert pack(whole).dtype == torch.uint8 and pack(whole).shape == (2, 4)
    assert torch.equal(unpack(pack(whole)), whole)


@pytest.mark.parametrize("bits, group", [(8, None), (8, 4), (4, None), (4, 4), (3, 6)])
def test_a_layer_computes_with_the_rounded_weight(bits, group):
    """Oracle: nn.Linear with that weight."""
    linear = nn.Linear(12, 5)
    small, x = QuantizedLinear(linear, bits, group), torch.randn(3, 7, 12, generator=generator())
    with torch.no_grad():
        linear.weight.copy_(dequantize(*quantize(linear.weight, bits, group)))
    torch.testing.assert_close(small(x), linear(x))
    assert QuantizedLinear(linear.double(), bits, group)(x.double()).dtype == torch.float64


def test_a_model_is_copied_with_all_layers_but_those_that_are_kept():
    model = Decoder(Config(11, 8, layers=2, heads=2, channels=16, **LLAMA, experts=3))
    small = quantized(model, 8)
    kinds = {name.rpartition(".")[2]: type(part) for name, part in small.named_modules()
             if isinstance(part, (nn.Linear, QuantizedLinear))}
    assert kinds == {**dict.fromkeys(["qkv", "out", "gate", "hidden"], QuantizedLinear),
                     "router": nn.Linear, "head": nn.Linear}
    assert not any(isinstance(part, QuantizedLinear) for part in model.modules())


def test_eight_bits_are_nearly_enough():
    model = Decoder(Config(11, 8, layers=2, heads=2, channels=16, **LLAMA), generator())
    small, ids = quantized(model, 8), torch.randint(11, (3, 8), generator=generator())
    torch.testing.assert_close(small.logits(ids), model.logits(ids), atol=0.02, rtol=0.02)
    assert not torch.equal(small.logits(ids), model.logits(ids))


def test_bytes_are_counted_once():
    model = Decoder(Config(11, 8, layers=1, heads=2, channels=16))
    assert held(model) == 4 * sum(p.numel() for p in model.parameters())    # its head is tied
    model = nn.Linear(64, 32, bias=False)
    assert held(QuantizedLinear(model, 8)) == 32 * 64 + 2 * 32
    assert held(QuantizedLinear(model, 4, 16)) == 32 * 64 // 2 + 2 * 32 * 4


@pytest.mark.parametrize("call, message", [
    (lambda: quantize(weights(), 9), "9 bits"), (lambda: quantize(weights(), 1), "1 bits"),
    (lambda: quantize(weights(), 8, 5), "12 inputs do not divide into groups of 5"),
    (lambda: pack(torch.zeros(2, 3, dtype=torch.int8)), "3 numbers of 4 bits fill no whole bytes"),
])
def test_what_cannot_be_done_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
