"""GPT predicts every next symbol at once, and its cache changes the cost and not the words."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import load_checked
from randomized_models import generator, randomized

from benchmarks.results import read
from scratch.makemore import evaluate, fast, gpt
from scratch.makemore import sample as uncached
from scratch.makemore.data import Vocabulary, batches, dataset, split
from scratch.makemore.gpt import GPT, Cache, Config, loss, rows, sample, train

torch.set_num_threads(1)    # such small operations: a second thread would only wait

WORDS = ["emma", "olivia", "ava", "isabella", "mia", "bo", "charlotte", "amelia"]
VOCABULARY = Vocabulary(WORDS)
V = len(VOCABULARY)


def model(**choices):
    config = dict(symbols=V, block_size=12, layers=2, heads=2, channels=16)
    return randomized(GPT(Config(**{**config, **choices})))


@pytest.fixture(scope="module")
def trained():
    one, g = GPT(Config(V, 12, layers=2, heads=2, channels=16), generator()), generator()
    list(train(one, batches(*rows(WORDS, VOCABULARY, 12), 16, g), [0.005] * 150))
    return one


def test_every_shape_comment_is_true():
    checked = load_checked(gpt.__file__, B=5, T=7, V=11, H=2, S=17, D=4)
    one = checked.GPT(checked.Config(11, 17, layers=1, heads=2, channels=8))
    ids = torch.randint(11, (5, 7), generator=generator())
    one(ids, ids), one(ids)
    memory = checked.Memory()
    memory.keys = memory.values = torch.zeros(5, 2, 10, 4)
    memory.extend(torch.zeros(5, 2, 7, 4), torch.zeros(5, 2, 7, 4))
    assert not checked.unreached_shapes()


def test_a_row_is_the_word_and_its_targets_are_one_ahead():
    ids, targets = rows(["emma", "bo"], VOCABULARY, 6)
    e, m, a, b, o = VOCABULARY.encode("emabo")
    assert ids.tolist() == [[0, e, m, m, a, 0], [0, b, o, 0, 0, 0]]
    assert targets.tolist() == [[e, m, m, a, 0, -1], [b, o, 0, -1, -1, -1]]
    with pytest.raises(ValueError, match="'isabella' has 8 characters; block_size 8 holds 7"):
        rows(["isabella"], VOCABULARY, 8)


def test_the_loss_is_the_mean_over_letters_and_ends_and_over_nothing_else():
    """Oracle: evaluate.loss, which asks for one next symbol at a time."""
    one = model()
    ids, targets = rows(WORDS, VOCABULARY, 12)
    each = evaluate.loss(one, *dataset(WORDS, VOCABULARY, 12))
    assert one(ids, targets).item() == pytest.approx(each, rel=1e-5)
    assert loss(one, ids, targets, batch=3) == pytest.approx(each, rel=1e-5)


def test_a_context_filled_up_on_the_left_gives_the_logits_of_the_word():
    """The protocol of sample.py: ". . . e m" has the same answer as the word "em" in its place."""
    one = model()
    contexts, _ = dataset(["charlotte"], VOCABULARY, 12)
    ids, _ = rows(["charlotte"], VOCABULARY, 12)
    torch.testing.assert_close(one(contexts), one.logits(ids)[0, :10])
    full = torch.randint(1, V, (3, 12), generator=generator())
    torch.testing.assert_close(one(full), one.logits(full)[:, -1])


def test_one_row_does_not_look_into_another():
    one, (ids, _) = model(), rows(WORDS, VOCABULARY, 12)
    torch.testing.assert_close(one.logits(ids)[3:4], one.logits(ids[3:4]))


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary"])
@pytest.mark.parametrize("steps", [[1] * 9, [4, 1, 1, 3], [9]])
def test_logits_with_a_cache_are_those_without(positions, steps):
    """Oracle: the whole row at once. Fed letter by letter, or in pieces, in float64."""
    one, ids = model(positions=positions).double(), torch.randint(V, (3, 9), generator=generator())
    cache, pieces = Cache(2), []
    for piece in ids.split(steps, dim=1):
        pieces.append(one.logits(piece, cache))
    assert len(cache) == 9
    torch.testing.assert_close(torch.cat(pieces, 1), one.logits(ids))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**20), st.integers(1, 40), st.integers(1, 20),
       st.sampled_from([{}, {"temperature": 0.7}, {"top_k": 3}, {"top_p": 0.8}, {"greedy": True}]))
def test_words_with_a_cache_are_those_without_letter_for_letter(seed, count, max_length, how):
    """Oracle: sample.sample, which computes every context anew; beyond block_size, too."""
    one = model()
    with_cache = sample(one, VOCABULARY, count, seed, max_length=max_length, **how)
    assert with_cache == uncached.sample(one, VOCABULARY, count, seed, max_length=max_length, **how)


def test_a_trained_models_words_are_the_same_too(trained):
    words = sample(trained, VOCABULARY, 300, seed=3)
    assert words == uncached.sample(trained, VOCABULARY, 300, seed=3)
    assert sample(trained, VOCABULARY, 10, seed=3) == words[:10]
    assert sample(trained, VOCABULARY, 25, seed=3, batch=7) == uncached.sample(
        trained, VOCABULARY, 25, seed=3, batch=7)


def test_words_go_on_from_a_prefix(trained):
    words = sample(trained, VOCABULARY, 40, seed=1, prefix="is", greedy=True)
    assert set(words) == {"isabella"}
    assert sample(trained, VOCABULARY, 0) == []
    for wrong in (dict(count=-1), dict(count=1, max_length=0), dict(count=1, batch=0)):
        with pytest.raises(ValueError, match="at least 1"):
            sample(trained, VOCABULARY, **wrong)


def test_the_cache_holds_as_many_numbers_as_the_chapter_says():
    """2 · layers · C numbers for each position of each word."""
    one, cache = model(), Cache(2)
    one.logits(torch.zeros(3, 5, dtype=torch.int64), cache)
    numbers = sum(m.keys.numel() + m.values.numel() for m in cache.layers)
    assert numbers == 2 * 2 * 16 * 5 * 3
    cache.keep(torch.tensor([0, 2]))
    assert cache[0].keys.shape == (2, 2, 5, 8)


def test_training_learns_eight_names_by_heart(trained):
    """The best possible loss is known: the first letter is uncertain, and little else."""
    best = -sum(math.log(1 / 8) for _ in WORDS) / sum(len(w) + 1 for w in WORDS)
    found = loss(trained, *rows(WORDS, VOCABULARY, 12))
    assert best - 1e-6 < found < best + 0.15


def test_a_short_training_beats_counted_pairs(book_names):
    """Oracle: 2.527, the dev loss of counted pairs on the same split (results/models.json)."""
    vocabulary, (words, dev, _) = Vocabulary(book_names), split(book_names)
    one, g = GPT(Config(27, 16, layers=2, heads=2, channels=32), generator()), generator()
    list(fast.train(one, batches(*rows(words, vocabulary, 16), 32, g), [3e-3] * 400))
    assert loss(one, *rows(dev[:1000], vocabulary, 16)) < 2.45


@pytest.fixture(scope="module")
def transformers():
    pytest.importorskip("transformers", reason="compared with Hugging Face's models")
    import transformers
    return transformers


@pytest.mark.parametrize("sizes", [
    dict(n_layer=2, n_head=2, n_embd=32, n_positions=20, vocab_size=50),
    dict(n_layer=3, n_head=4, n_embd=48, n_positions=64, vocab_size=101, n_inner=100),
    dict(n_layer=1, n_head=1, n_embd=8, n_positions=7, vocab_size=11, activation_function="gelu",
         layer_norm_epsilon=1e-3),
    dict(n_layer=2, n_head=2, n_embd=16, n_positions=9, vocab_size=13, tie_word_embeddings=False),
    dict(n_layer=2, n_head=12, n_embd=768, n_positions=32, vocab_size=1000),
], ids=["tiny", "odd", "one of each", "untied", "two layers of GPT-2"])
def test_hugging_faces_gpt2_has_the_same_logits(transformers, sizes):
    """Oracle: GPT2LMHeadModel with random weights, larger than at its start, float32, 1e-4."""
    torch.manual_seed(1)
    theirs = randomized(transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes)), std=0.1)
    ours = GPT.from_huggingface(theirs)
    ids = torch.randint(sizes["vocab_size"], (2, sizes["n_positions"]), generator=generator())
    with torch.no_grad():
        expected = theirs(ids).logits
        torch.testing.assert_close(ours.logits(ids), expected, atol=1e-4, rtol=1e-4)
    assert expected.std() > 0.1
    assert sum(p.numel() for p in ours.parameters()) == theirs.num_parameters()


def test_cached_greedy_generation_is_hugging_faces(transformers):
    """Oracle: GPT2LMHeadModel.generate, 12 ids after a prompt of 5, no id being the end."""
    config = transformers.GPT2Config(n_layer=2, n_head=2, n_embd=32, n_positions=20, vocab_size=50,
                                     bos_token_id=None, eos_token_id=None)
    theirs = randomized(transformers.GPT2LMHeadModel(config), std=0.2)
    ours, prompt = GPT.from_huggingface(theirs), torch.tensor([[3, 1, 4, 1, 5]])
    expected = theirs.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=12,
                               do_sample=False, pad_token_id=0)
    cache, new, found = Cache(2), prompt, prompt
    for _ in range(12):
        new = ours.logits(new, cache)[:, -1].argmax(-1, keepdim=True)
        found = torch.cat([found, new], 1)
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("wrong", [dict(activation_function="relu"),
                                   dict(scale_attn_by_inverse_layer_idx=True)])
def test_a_model_that_computes_otherwise_is_refused(transformers, wrong):
    config = transformers.GPT2Config(n_layer=1, n_head=1, n_embd=8, n_positions=7, vocab_size=11, **wrong)
    with pytest.raises(ValueError, match="activation|scaled"):
        GPT.from_huggingface(transformers.GPT2LMHeadModel(config))


def test_it_can_be_wrapped_for_several_machines(tmp_path):
    """DistributedDataParallel needs one forward that gives the loss: slopes are those without it."""
    import torch.distributed as dist
    one, (ids, targets) = model(), rows(WORDS, VOCABULARY, 12)
    expected = torch.autograd.grad(one(ids, targets), one.parameters())
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1)
    try:
        torch.nn.parallel.DistributedDataParallel(one)(ids, targets).backward()
    finally:
        dist.destroy_process_group()
    for p, slope in zip(one.parameters(), expected):
        torch.testing.assert_close(p.grad, slope)


def test_the_quick_ways_were_measured_to_be_quick_and_the_same():
    """Oracle: results/gpt.json, where benchmarks/gpt.py notes its budgets, too, and which one was missed."""
    step, sampling = ({row["way"]: row["times as fast"] for row in read("gpt", section)["rows"]}
                      for section in ("training step", "sampling"))
    assert step["and the rest of it packed away (fast.py)"] > 1.8
    assert sampling["and a row for all alike (gpt.py)"] > 10
    [curves] = [row for row in read("gpt")["budgets"] if "curves" in row["what"]]
    assert curves["measured"] <= 1e-5


def test_the_long_run_reaches_makemores_loss():
    """Oracle: makemore's "test logprob ~1.92", on its own split (REFERENCE Z1)."""
    row = {row["model"]: row for row in read("gpt", "trained")["rows"]}["lecture's names, makemore's split"]
    assert row["test"] <= 1.92 and row["parameters"] < 250_000 and row["minutes"] > 0
