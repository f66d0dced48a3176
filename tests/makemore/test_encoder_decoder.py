"""The decoder asks the encoder, sees nothing ahead, and computes what PyTorch's layers do."""

import pytest
import torch
from shapes import load_checked
from randomized_models import generator, randomized

from scratch.makemore import encoder_decoder
from scratch.makemore.attention import bidirectional, causal, padding
from scratch.makemore.data import Vocabulary, batches
from scratch.makemore.encoder_decoder import (Config, CrossAttention, DecoderBlock, EncoderDecoder, prefix,
                                              train, translations)

torch.set_num_threads(1)

WORDS = ["emma", "olivia", "ava", "mia", "bo", "amelia"]
VOCABULARY = Vocabulary(WORDS)
V = len(VOCABULARY)


def model(**choices):
    config = dict(symbols=V, block_size=10, layers=2, heads=2, channels=16)
    return randomized(EncoderDecoder(Config(**{**config, **choices}))).double()


def pair(source="emma", word="olivia"):
    return translations([source], [word], VOCABULARY, 10)[0].unbind(1)


def test_every_shape_comment_is_true():
    checked = load_checked(encoder_decoder.__file__, B=5, S=7, T=7, V=11, C=6, H=2, D=3, N=2)
    one = checked.EncoderDecoder(Config(11, 7, layers=1, heads=2, channels=6))
    ids = torch.tensor([[0, 5, 9, 0, 0, 0, 0]] * 5)
    one(torch.stack([ids, ids], 1), ids)
    checked.translations(["emma", "bo"], ["ava", "mia"], VOCABULARY, 7)
    checked.prefix(7, 7)
    assert not checked.unreached_shapes()


def test_cross_attention_is_pytorchs():
    """Oracle: nn.MultiheadAttention with the same weights, 3 queries to 5 keys, two of which are hidden."""
    ours = randomized(CrossAttention(12, 3)).double()
    theirs = torch.nn.MultiheadAttention(12, 3, batch_first=True).double()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([ours.q.weight, ours.kv.weight]))
        theirs.in_proj_bias.copy_(torch.cat([ours.q.bias, ours.kv.bias]))
    theirs.out_proj.load_state_dict(ours.out.state_dict())
    x, memory = (torch.randn(2, n, 12, dtype=torch.float64, generator=generator(n)) for n in (3, 5))
    seen, maps = padding(torch.tensor([5, 3]), 5), []
    y, weights = theirs(x, memory, memory, key_padding_mask=~seen[:, 0, 0], average_attn_weights=False)
    torch.testing.assert_close(ours(x, memory, seen, maps), y)
    torch.testing.assert_close(maps[0], weights)


def test_a_block_is_pytorchs_decoder_layer():
    """Oracle: nn.TransformerDecoderLayer, norm first, with the same weights."""
    ours = randomized(DecoderBlock(Config(5, 8, layers=1, heads=2, channels=8, gelu="none"))).double()
    theirs = torch.nn.TransformerDecoderLayer(8, 2, 32, dropout=0.0, activation="gelu", batch_first=True,
                                              norm_first=True).double().eval()
    state = {"self_attn.in_proj_weight": ours.attention.qkv.weight,
             "self_attn.in_proj_bias": ours.attention.qkv.bias,
             "multihead_attn.in_proj_weight": torch.cat([ours.cross.q.weight, ours.cross.kv.weight]),
             "multihead_attn.in_proj_bias": torch.cat([ours.cross.q.bias, ours.cross.kv.bias])}
    for part, name in ((ours.attention.out, "self_attn.out_proj"),
                       (ours.cross.out, "multihead_attn.out_proj"),
                       (ours.mlp.hidden, "linear1"), (ours.mlp.out, "linear2"), (ours.norm1, "norm1"),
                       (ours.norm3, "norm2"), (ours.norm2, "norm3")):
        state |= {f"{name}.{kind}": getattr(part, kind) for kind in ("weight", "bias")}
    theirs.load_state_dict(state)
    x, memory = (torch.randn(2, n, 8, dtype=torch.float64, generator=generator(n)) for n in (4, 6))
    expected = theirs(x, memory, tgt_mask=~causal(4))
    torch.testing.assert_close(ours(x, memory, causal(4)), expected)


def test_what_is_written_depends_on_all_that_was_read_and_on_nothing_ahead():
    """Slopes: of each logit toward each symbol of the source, and toward each symbol written."""
    one, (source, ids) = model(), pair()
    torch.manual_seed(1)
    read, written = (torch.randn(1, 10, 16, dtype=torch.float64, requires_grad=True) for _ in range(2))
    given = iter((read, written))
    one.encoder.symbols.register_forward_hook(lambda *_: next(given))
    logits = one.logits(source, ids)
    weight = torch.randn(V, generator=generator(), dtype=torch.float64)
    for t in range(10):
        to_read, to_written = torch.autograd.grad(
            (logits[0, t] * weight).sum(), (read, written), retain_graph=True)
        assert (to_read[0].abs().sum(-1) > 0).tolist() == [True] * 6 + [False] * 4
        assert (to_written[0].abs().sum(-1) > 0).tolist() == [s <= t for s in range(10)]


def test_a_pair_does_not_notice_its_company():
    one = model()
    pairs, _ = translations(WORDS, WORDS[::-1], VOCABULARY, 10)
    together = one(pairs)
    for n, word in enumerate(WORDS):
        alone = one.logits(pairs[n:n + 1, 0, :len(word) + 2], pairs[n:n + 1, 1])
        torch.testing.assert_close(together[n:n + 1], alone)


def test_it_learns_to_write_backwards():
    one, g = EncoderDecoder(Config(V, 10, layers=1, heads=2, channels=32), generator()), generator()
    pairs = translations(WORDS, [word[::-1] for word in WORDS], VOCABULARY, 10)
    list(train(one, batches(*pairs, 16, g), [0.01] * 200))
    assert [one.write(word, VOCABULARY) for word in WORDS] == [word[::-1] for word in WORDS]


def test_a_prefix_is_seen_whole_and_what_follows_is_causal():
    table = prefix(3, 4)
    assert torch.equal(table[:3, :3], bidirectional(3)) and not table[:3, 3:].any()
    assert table[3:, :3].all() and torch.equal(table[3:, 3:], causal(4))
    assert torch.equal(prefix(0, 5), causal(5)) and torch.equal(prefix(5, 0), bidirectional(5))


def test_what_it_cannot_do_is_refused():
    with pytest.raises(ValueError, match="pre-norm and learned positions only"):
        EncoderDecoder(Config(5, 8, norm="post"))
    with pytest.raises(ValueError, match="7 channels do not divide among 2 heads"):
        CrossAttention(7, 2)
