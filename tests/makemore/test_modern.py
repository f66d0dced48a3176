"""Each change from GPT-2's block is what it says, and all of them together are Llama's."""

import math

import pytest
import torch
from randomized_models import generator, randomized
from shapes import load_checked

from scratch.makemore import gpt, modern, transformer
from scratch.makemore import sample as uncached
from scratch.makemore.data import Vocabulary, batches, rows
from scratch.makemore.gpt import GPT, Cache
from scratch.makemore.modern import LLAMA, Config, Decoder, Experts, RecentCache, RMSNorm

torch.set_num_threads(1)    # such small operations: a second thread would only wait

WORDS = ["emma", "olivia", "ava", "isabella", "mia", "bo", "charlotte", "amelia"]
VOCABULARY = Vocabulary(WORDS)
V = len(VOCABULARY)
CHANGES = {
    "GPT-2": {}, "norm": dict(norm="rms"), "positions": dict(positions="rotary"), "mlp": dict(mlp="swiglu"),
    "grouped": dict(kv_heads=2), "one of keys": dict(kv_heads=1), "qk": dict(qk_norm=True),
    "biases": dict(biases="qkv"), "window": dict(window=3), "untied": dict(tied=False),
    "experts": dict(experts=4), "llama": LLAMA,
    "all": dict(LLAMA, kv_heads=2, qk_norm=True, window=4, experts=3, head=6, base=500.0)}


def model(**choices):
    config = dict(symbols=V, block_size=12, layers=2, heads=4, channels=16)
    return randomized(Decoder(Config(**{**config, **choices})))


def some(B=3, T=9, symbols=V):
    return torch.randint(symbols, (B, T), generator=generator())


def test_every_shape_comment_is_true():
    checked = load_checked(modern.__file__, B=5, T=7, S=7, V=11, C=24, H=6, G=3, R=2, D=4, E=13, K=13, N=35)
    for choices in ({}, dict(LLAMA, kv_heads=3, window=3, qk_norm=True)):
        config = checked.Config(11, 7, layers=1, heads=6, channels=24, **{"kv_heads": 3, **choices})
        checked.Decoder(config).logits(some(5, 7, 11), Cache(1))
    # all experts are active, so that N is known
    one = checked.Experts(checked.Config(11, 7, heads=6, channels=24, experts=13, active=13))
    one(torch.ones(5, 7, 24))
    one.balance(torch.ones(5, 7, dtype=torch.bool))
    assert not checked.unreached_shapes()


def test_without_a_choice_it_is_the_books_gpt():
    """Oracle: gpt.GPT with the same parameters, which have the same names."""
    sizes = dict(symbols=V, block_size=12, layers=2, heads=4, channels=16)
    ours, book = Decoder(Config(**sizes)), randomized(GPT(transformer.Config(**sizes)))
    ours.load_state_dict(book.state_dict())
    ids, targets = rows(WORDS, VOCABULARY, 12)
    torch.testing.assert_close(ours.logits(ids), book.logits(ids))
    torch.testing.assert_close(ours(ids, targets), book(ids, targets))


def test_rms_norm_is_pytorchs():
    x = torch.randn(3, 5, 8, generator=generator())
    ours, theirs = randomized(RMSNorm(8, 1e-3)), torch.nn.RMSNorm(8, 1e-3)
    theirs.load_state_dict(ours.state_dict())
    torch.testing.assert_close(ours(x), theirs(x))


@pytest.mark.parametrize("base", [10_000.0, 500_000.0])
def test_a_rotary_score_knows_distances_and_nothing_else(base):
    """And with the book's base it turns as transformer.Rotary does."""
    q, k = torch.randn(2, 1, 8, generator=generator(), dtype=torch.float64)
    def score(t, s):
        return modern.Rotary([t], 8, base, q)(q) @ modern.Rotary([s], 8, base, k)(k).T
    torch.testing.assert_close(score(5, 3), score(105, 103))
    assert abs(score(5, 3) - score(5, 2)) > 1e-6
    if base == 10_000:
        torch.testing.assert_close(modern.Rotary([7], 8, base, q)(q), transformer.Rotary([7], 8, q)(q))


def test_grouped_queries_are_all_queries_with_keys_and_values_repeated():
    """Oracle: as many heads of keys and values as queries, each group's being equal."""
    few = model(kv_heads=2)
    many = model()
    state = few.state_dict()
    for name, tensor in state.items():
        if ".qkv." in name:
            q, k, v = tensor.split([16, 8, 8])
            k, v = (x.unflatten(0, (2, 4)).repeat_interleave(2, 0).flatten(0, 1) for x in (k, v))
            state[name] = torch.cat([q, k, v])
    many.load_state_dict(state)
    torch.testing.assert_close(few.logits(some()), many.logits(some()))


def test_a_window_hides_what_is_far_and_two_layers_see_twice_as_far():
    one, ids = model(window=3, positions="rotary"), some(1, 9)
    changed = ids.clone()
    changed[0, 0] = (ids[0, 0] + 1) % V
    apart = (one.logits(ids) - one.logits(changed)).abs().amax((0, 2))
    assert (apart[:5] > 1e-6).all() and (apart[5:] < 1e-6).all()    # 2 layers, 2 positions back each


def test_experts_are_the_weighted_answers_of_the_best_k():
    """Oracle: every expert asked about every position, and all but the k best weighted 0."""
    one = randomized(Experts(Config(V, 12, heads=4, channels=16, experts=5, active=2, mlp="swiglu")))
    x = torch.randn(3, 7, 16, generator=generator())
    p = one.router(x).softmax(-1)
    p = p * (p >= p.sort(-1, descending=True).values[..., 1:2])
    answers = torch.stack([expert(x) for expert in one.experts], -1)
    torch.testing.assert_close(one(x), (answers * (p / p.sum(-1, keepdim=True))[..., None, :]).sum(-1))


def test_balance_is_one_if_all_are_used_alike_and_e_over_k_if_the_same_few():
    one = Experts(Config(V, 12, heads=4, channels=16, experts=4, active=2))
    counted = torch.ones(1, 4, dtype=torch.bool)
    one.p, one.chosen = torch.full((1, 4, 4), 0.25), torch.tensor([[[0, 1], [2, 3], [0, 2], [1, 3]]])
    assert one.balance(counted).item() == pytest.approx(1)
    one.p, one.chosen = torch.tensor([0.5, 0.5, 0, 0]).expand(1, 4, 4), torch.tensor([[[0, 1]] * 4])
    assert one.balance(counted).item() == pytest.approx(4 / 2)
    one.chosen = torch.tensor([[[0, 1], [2, 3], [2, 3], [2, 3]]])
    assert one.balance(torch.tensor([[True, False, False, False]])).item() == pytest.approx(4 / 2)


def test_only_in_training_the_loss_includes_the_balance():
    one, (ids, targets) = model(experts=4, balance=0.5), rows(WORDS, VOCABULARY, 12)
    plain = one.eval()(ids, targets)
    balances = [block.mlp.balance(targets >= 0) for block in one.body.blocks]
    torch.testing.assert_close(one.train()(ids, targets), plain + 0.5 * sum(balances) / 2)


@pytest.mark.parametrize("choices", CHANGES.values(), ids=CHANGES)
def test_logits_with_a_cache_are_those_without(choices):
    """Oracle: the whole row at once, in float64; with a window, both caches."""
    one, ids = model(**choices).double(), some()
    caches = [Cache(2)] + ([RecentCache(2, choices["window"])] if "window" in choices else [])
    for cache in caches:
        found = torch.cat([one.logits(piece, cache) for piece in ids.split([4, 1, 1, 3], dim=1)], 1)
        torch.testing.assert_close(found, one.logits(ids))
        assert len(cache) == 9
        kept = choices["window"] - 1 if type(cache) is RecentCache else 9
        assert cache[0].keys.shape == (3, one.config.G, kept, one.config.D)


@pytest.mark.parametrize("choices", [CHANGES["llama"], CHANGES["all"]], ids=["llama", "all"])
def test_the_books_sampler_takes_it(choices):
    """Oracle: sample.sample, which computes every context anew; beyond block_size, too."""
    one = model(**choices)
    words = gpt.sample(one, VOCABULARY, 20, seed=3, max_length=15)
    assert words == uncached.sample(one, VOCABULARY, 20, seed=3, max_length=15)


@pytest.mark.parametrize("choices", [LLAMA, CHANGES["all"]], ids=["llama", "all"])
def test_it_learns_eight_names_by_heart(choices):
    """The best possible loss is known: the first letter is uncertain, and little else."""
    g = generator()
    one = Decoder(Config(V, 12, layers=2, heads=4, channels=16, **choices), g)
    list(transformer.train(one, batches(*rows(WORDS, VOCABULARY, 12), 16, g), [0.01] * 80))
    best = 8 * math.log(8) / sum(len(w) + 1 for w in WORDS)
    assert best - 1e-3 < gpt.loss(one, *rows(WORDS, VOCABULARY, 12)) < best + 0.2


@pytest.mark.parametrize("wrong, message", [
    (dict(norm="batch"), "norm='batch' is unknown; known are 'layer', 'rms'"),
    (dict(heads=5), "16 channels do not divide among 5 heads"),
    (dict(kv_heads=3), "4 heads do not divide among 3 heads of keys and values"),
    (dict(positions="rotary", head=3), "heads of 3 channels"),
    (dict(window=0), "window=0: a position sees at least itself"),
    (dict(experts=3, active=4), "active=4 of 3 experts"),
])
def test_choices_that_do_not_fit_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Config(**{**dict(symbols=V, block_size=12, channels=16), **wrong})


def test_a_table_of_positions_ends_and_angles_do_not():
    with pytest.raises(ValueError, match="13 positions, but block_size is 12"):
        model().logits(some(1, 13))
    assert model(positions="rotary").logits(some(1, 13)).shape == (1, 13, V)


@pytest.fixture(scope="module")
def transformers():
    pytest.importorskip("transformers", reason="compared with Hugging Face's models")
    import transformers
    return transformers


LLAMAS = {
    "tiny": {}, "grouped": dict(num_key_value_heads=2), "tied": dict(tie_word_embeddings=True),
    "wide heads": dict(head_dim=16), "biases": dict(attention_bias=True, mlp_bias=True),
    "base, eps": dict(rms_norm_eps=1e-3, rope_parameters={"rope_type": "default", "rope_theta": 500.0}),
}


@pytest.mark.parametrize("choices", LLAMAS.values(), ids=LLAMAS)
def test_llamas_logits_are_hugging_faces(transformers, choices):
    """Oracle: LlamaForCausalLM with random weights, larger than at its start, float32, 1e-5."""
    sizes = dict(vocab_size=50, hidden_size=32, intermediate_size=72, num_hidden_layers=2,
                 num_attention_heads=4, max_position_embeddings=24)
    theirs = transformers.LlamaForCausalLM(transformers.LlamaConfig(**{**sizes, **choices})).eval()
    randomized(theirs, std=0.1)
    ours, ids = Decoder.from_huggingface(theirs), some(2, 24, 50)
    with torch.no_grad():
        expected = theirs(ids).logits
        torch.testing.assert_close(ours.logits(ids), expected, atol=1e-5, rtol=1e-5)
    assert expected.std() > 0.1
    assert sum(p.numel() for p in ours.parameters()) == theirs.num_parameters()


@pytest.mark.parametrize("kind, choices, message", [
    ("Llama", dict(hidden_act="gelu"), "'gelu'"), ("Mistral", {}, "a 'mistral'; known is 'llama'"),
    ("Llama", dict(rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}), "'linear'"),
])
def test_a_model_that_computes_otherwise_is_refused(transformers, kind, choices, message):
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=11, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=9, **choices)
    with pytest.raises(ValueError, match=message):
        Decoder.from_huggingface(getattr(transformers, f"{kind}ForCausalLM")(config))
