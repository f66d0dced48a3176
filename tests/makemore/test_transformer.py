"""The Transformer's parts compute what their formulas and PyTorch's layers say."""

import math
from itertools import islice, repeat

import pytest
import torch
import torch.nn.functional as F
from shapes import load_checked

from scratch.makemore import transformer as module
from scratch.makemore.attention import bidirectional, causal
from scratch.makemore.data import batches
from scratch.makemore.gpt import GPT
from scratch.makemore.transformer import (MLP, SIZES, Block, Config, Rotary, Transformer,
                                          init_weights, sinusoids, train)

torch.set_num_threads(1)    # such small operations: a second thread would only wait


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def ids(B=5, T=7, V=11):
    return torch.randint(V, (B, T), generator=generator())


def test_every_shape_comment_is_true():
    checked = load_checked(module.__file__, B=5, T=7, V=11, C=12, F=48, D=4)
    for choices in ({}, {"norm": "post", "positions": "sinusoidal"}, {"positions": "rotary"}):
        config = checked.Config(11, 7, layers=2, heads=3, channels=12, **choices)
        checked.Transformer(config)(ids(), causal(7))
    assert not checked.unreached_shapes()


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_block_equals_pytorchs_encoder_layer(norm):
    """Oracle: nn.TransformerEncoderLayer with the same weights, exact GELU, in float64."""
    config = Config(11, 7, heads=3, channels=12, norm=norm, gelu="none")
    ours = Block(config).double()
    theirs = torch.nn.TransformerEncoderLayer(
        12, 3, 48, dropout=0.0, activation="gelu", batch_first=True, norm_first=norm == "pre",
        dtype=torch.float64)
    names = {"self_attn.in_proj_": "attention.qkv.", "self_attn.out_proj": "attention.out",
             "linear1": "mlp.hidden", "linear2": "mlp.out"}
    state = {}
    for name, tensor in theirs.state_dict().items():
        for old, new in names.items():
            name = name.replace(old, new)
        state[name] = torch.randn(tensor.shape, generator=generator(), dtype=torch.float64)
        tensor.copy_(state[name])
    ours.load_state_dict(state)
    x = torch.randn(5, 7, 12, generator=generator(), dtype=torch.float64)
    torch.testing.assert_close(ours(x, causal(7)), theirs(x, src_mask=~causal(7)))


def test_gelu_is_u_times_the_normal_distribution_below_u():
    """Oracle: math.erf; and the tanh form differs by less than 0.001 and more than nothing."""
    u = torch.linspace(-4, 4, 101, dtype=torch.float64)
    phi = torch.tensor([(1 + math.erf(x / math.sqrt(2))) / 2 for x in u.tolist()], dtype=torch.float64)
    torch.testing.assert_close(F.gelu(u), u * phi)
    mlp = MLP(Config(1, 1, channels=1, hidden=1, gelu="tanh")).double()
    with torch.no_grad():
        for p, value in zip(mlp.parameters(), (1.0, 0.0, 1.0, 0.0)):
            p.fill_(value)
    error = (mlp(u[:, None])[:, 0] - u * phi).abs().max().item()
    assert 0 < error < 1e-3


def test_sinusoids_have_the_papers_formula_and_any_width():
    """Oracle: section 3.5 of Vaswani et al., written as a loop."""
    table = sinusoids(range(3, 8), 10)
    for row, t in zip(table, range(3, 8)):
        for c, value in enumerate(row.tolist()):
            angle = t / 10_000 ** ((c - c % 2) / 10)
            assert value == pytest.approx(math.cos(angle) if c % 2 else math.sin(angle), abs=1e-12)
    assert sinusoids(range(4), 7).shape == (4, 7)


def test_rotary_turns_pairs_as_complex_numbers_turn():
    """Oracle: multiplication by e^{i t θ} of the pairs taken as complex numbers."""
    x = torch.randn(2, 3, 5, 8, generator=generator(), dtype=torch.float64)
    y = Rotary(range(2, 7), 8, x)(x)
    theta = 10_000.0 ** (-torch.arange(4, dtype=torch.float64) / 4)
    turn = torch.polar(torch.ones(5, 4, dtype=torch.float64), torch.arange(2, 7)[:, None] * theta)
    expected = torch.complex(x[..., :4], x[..., 4:]) * turn
    torch.testing.assert_close(y, torch.cat([expected.real, expected.imag], -1))


def test_a_rotary_dot_product_depends_on_the_distance_only():
    q, k = torch.randn(2, 1, 8, generator=generator(), dtype=torch.float64)

    def product(t, s):
        return (Rotary([t], 8, q)(q) @ Rotary([s], 8, k)(k).T).item()

    assert product(3, 1) == pytest.approx(product(53, 51), rel=1e-9)
    assert product(3, 1) != pytest.approx(product(3, 2), rel=1e-3)
    with pytest.raises(ValueError, match="turn pairs"):
        Rotary([0], 5, q)


def test_without_positions_an_encoder_sees_a_bag():
    """A permutation of the ids permutes the output, and with positions it does not."""
    order = torch.tensor([3, 1, 6, 0, 5, 2, 4])
    for positions in ("none", "learned", "sinusoidal", "rotary"):
        body = Transformer(Config(11, 7, layers=2, heads=2, channels=8, positions=positions)).double()
        init_weights(body, body.config, generator(), std=0.5)
        a, b = body(ids()[:, order], bidirectional(7)), body(ids(), bidirectional(7))[:, order]
        same = torch.allclose(a, b, atol=1e-9)
        assert same == (positions == "none"), positions


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary", "none"])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_nothing_flows_back_from_the_future_of_a_causal_body(norm, positions):
    body = Transformer(Config(11, 7, layers=2, heads=2, channels=8, norm=norm, positions=positions))
    x = ids()
    changed = x.clone()
    changed[:, 4:] = (changed[:, 4:] + 1) % 11
    a, b = body(x, causal(7)), body(changed, causal(7))
    assert torch.equal(a[:, :4], b[:, :4]) and not torch.allclose(a[:, 4:], b[:, 4:])


def test_initial_weights_have_the_stated_spread_and_leave_the_stream_about_one():
    """What enters the stream is scaled by 1/√(2 layers): eight layers add up to about one."""
    config = Config(500, 64, layers=8, heads=4, channels=128)
    body = Transformer(config)
    init_weights(body, config, generator(), std=0.02)
    assert body.symbols.weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert body.blocks[3].mlp.hidden.weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert body.blocks[3].mlp.out.weight.std().item() == pytest.approx(0.02 / 4, rel=0.02)
    assert not body.blocks[3].mlp.out.bias.any()
    again = Transformer(config)
    init_weights(again, config, generator(), std=0.02)
    assert all(map(torch.equal, body.parameters(), again.parameters()))
    wide = Transformer(Config(50, 8, layers=1, heads=12, channels=768))
    init_weights(wide, wide.config, generator())
    assert wide.symbols.weight.std().item() == pytest.approx(0.02, rel=0.02)


def test_the_default_size_has_the_published_parameters():
    """Oracle: makemore's 202,816, and 204,544 with an output matrix of its own (REFERENCE Z1)."""
    config = dict(symbols=27, block_size=16, **SIZES["default"])
    assert sum(p.numel() for p in Transformer(Config(**config)).parameters()) == 202_816
    assert sum(p.numel() for p in GPT(Config(**config, tied=False)).parameters()) == 204_544


def test_the_training_loop_is_adamw_at_the_given_rates():
    """Oracle: the update rule of Loshchilov and Hutter, in float64, written out."""
    rates, decay, betas = [0.1, 0.03], 0.2, (0.9, 0.99)

    class Line(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.tensor([2.0, -1.0], dtype=torch.float64))

        def forward(self, x, y):
            return ((self.w * x).sum() - y) ** 2

    model, x, y = Line(), torch.tensor([1.0, 3.0], dtype=torch.float64), 0.5
    losses = list(train(model, repeat((x, y)), rates, decay, betas))
    w, m, v = torch.tensor([2.0, -1.0], dtype=torch.float64), 0.0, 0.0
    for n, rate in enumerate(rates, 1):
        error = (w * x).sum() - y
        assert losses[n - 1] == pytest.approx((error ** 2).item(), rel=1e-12)
        slope = 2 * error * x
        m, v = betas[0] * m + (1 - betas[0]) * slope, betas[1] * v + (1 - betas[1]) * slope ** 2
        w = w - rate * decay * w
        w = w - rate * (m / (1 - betas[0] ** n)) / ((v / (1 - betas[1] ** n)).sqrt() + 1e-8)
    torch.testing.assert_close(model.w.detach(), w)


def test_training_can_go_on_with_the_optimizer_it_was_left_with():
    x = ids(20, 8)

    def start():
        model = GPT(Config(11, 8, layers=1, heads=2, channels=8), generator())
        return model, torch.optim.AdamW(model.parameters(), weight_decay=0.01), generator()

    model, optimizer, g = start()
    whole = list(train(model, batches(x, x, 4, g), [0.01] * 6, optimizer=optimizer))
    model, optimizer, g = start()
    half = list(train(model, batches(x, x, 4, g), [0.01] * 3, optimizer=optimizer))
    rest = list(train(model, batches(x, x, 4, g), [0.01] * 3, optimizer=optimizer))
    assert half + rest == whole


def test_no_minibatch_is_drawn_for_a_step_that_is_not_taken():
    """Or a training that is resumed would see other minibatches than one that was not."""
    model = GPT(Config(11, 8, layers=1, heads=2, channels=8), generator())
    drawn = []
    source = (drawn.append(1) or each for each in batches(ids(20, 8), ids(20, 8), 4, generator()))
    list(train(model, source, [0.01] * 3))
    assert len(drawn) == 3


def test_dropout_is_on_in_training_steps_and_off_in_between():
    model = GPT(Config(11, 7, layers=1, heads=2, channels=8, dropout=0.5), generator())
    modes = []
    model.body.register_forward_hook(lambda body, *_: modes.append(body.training))
    for _ in islice(train(model, batches(ids(), ids(), 4, generator()), [0.01] * 2), 2):
        modes.append(model.training)
    assert modes == [True, False] * 2


def test_errors_say_what_to_do():
    with pytest.raises(ValueError, match="norm='pro' is unknown; known are 'pre', 'post'"):
        Config(27, 16, norm="pro")
    with pytest.raises(ValueError, match="8 positions, but block_size is 7"):
        Transformer(Config(11, 7))(ids(T=8))
