"""BERT sees both sides, is asked only about what was hidden, and scores what it should."""

import itertools
import math

import pytest
import torch
from shapes import load_checked
from randomized_models import generator, randomized

from scratch.makemore import bert, gpt, transformer
from scratch.makemore.attention import causal, padding
from scratch.makemore.bert import (BERT, Classifier, Config, corrupt, ends, fill, masked_batches, of_letters,
                                   pseudo_nll, train)
from scratch.makemore.data import Vocabulary
from scratch.makemore.data import rows as ids_and_targets

torch.set_num_threads(1)    # such small operations: a second thread would only wait

WORDS = ["emma", "olivia", "ava", "isabella", "mia", "bo", "charlotte", "amelia"]
VOCABULARY = Vocabulary(WORDS)
V = len(VOCABULARY) + 1
MASK = V - 1


def rows(words, vocabulary, block_size):
    return ids_and_targets(words, vocabulary, block_size, boundaries=2)[0]


def model(**choices):
    config = dict(symbols=V, block_size=12, layers=2, heads=2, channels=16)
    return randomized(BERT(Config(**{**config, **choices}))).double()


@pytest.fixture(scope="module")
def trained():
    one, g = BERT(Config(V, 12, layers=2, heads=2, channels=32), generator()), generator()
    source = masked_batches(rows(WORDS, VOCABULARY, 12), MASK, 32, g, share=None)
    list(train(one, source, [0.005] * 300))
    return one


def test_every_shape_comment_is_true():
    checked = load_checked(bert.__file__, B=5, T=7, V=11, C=6, N=5, K=3, W=1)
    one = checked.BERT(checked.Config(11, 7, layers=1, heads=2, channels=6))
    ids = torch.tensor([[0, 5, 9, 0, 0, 0, 0]] * 5)
    one(*checked.corrupt(ids, 10, 0.5, generator()))
    checked.Classifier(one, 3)(ids)
    for where in ("first", "mean", "last"):
        checked.pooled(torch.zeros(5, 7, 6), ids, where)
    one = BERT(Config(11, 7, layers=1, heads=2, channels=6))    # for other numbers of rows
    checked.pseudo_nll(one, ids)

    class Vocabulary:
        def decode(ids):
            return str(ids)

        def encode(c):
            return [5]

    checked.fill(one, Vocabulary, "aa?aa")
    assert not checked.unreached_shapes()


def test_a_row_begins_and_ends_with_the_boundary():
    ids = rows(["emma", "bo"], VOCABULARY, 7)
    e, m, a, b, o = VOCABULARY.encode("emabo")
    assert ids.tolist() == [[0, e, m, m, a, 0, 0], [0, b, o, 0, 0, 0, 0]]
    assert ends(ids).tolist() == [6, 4]
    with pytest.raises(ValueError, match="'isabella' has 8 characters; block_size 9 holds 7"):
        rows(["isabella"], VOCABULARY, 9)


def test_every_position_sees_every_letter_of_its_word_and_no_other():
    """Slopes: each logit depends on all positions up to the second boundary, and on nothing behind."""
    one, ids = model(), rows(["emma"], VOCABULARY, 12)
    x = one.body.symbols(ids).detach().requires_grad_()
    one.body.symbols.register_forward_hook(lambda *_: x)
    weight = torch.randn(V, generator=generator(), dtype=torch.float64)
    for t in range(6):
        [slope] = torch.autograd.grad((one(ids)[0, t] * weight).sum(), x)
        assert (slope[0].abs().sum(-1) > 0).tolist() == [True] * 6 + [False] * 6


def test_the_mask_is_all_that_differs_from_a_gpts_body():
    """The same weights: the last position of a causal body sees what all of an encoder see."""
    config = Config(V, 12, layers=1, heads=2, channels=16)
    body = randomized(transformer.Transformer(config))
    ids = rows(["emma"], VOCABULARY, 12)[:, :6]
    both, left = body(ids), body(ids, causal(6))
    torch.testing.assert_close(both[:, -1], left[:, -1])
    assert not torch.allclose(both[:, 0], left[:, 0])
    one, other = gpt.GPT(config), BERT(config)
    assert [p.shape for p in one.body.parameters()] == [p.shape for p in other.body.parameters()]


def test_a_word_does_not_notice_its_company():
    one, ids = model(), rows(WORDS, VOCABULARY, 12)
    for n, word in enumerate(WORDS):
        alone = rows([word], VOCABULARY, len(word) + 2)
        torch.testing.assert_close(one(alone)[0], one(ids)[n, :len(word) + 2])


def test_of_the_chosen_80_percent_are_masked_10_random_and_10_kept():
    """Oracle: Devlin et al., section 3.1; 200,000 letters, so that shares are good to 0.005."""
    ids = torch.randint(1, MASK, (20_000, 12), generator=generator())
    ids[:, [0, 11]] = 0
    inputs, targets = corrupt(ids, MASK, 0.15, generator(2))
    chosen, letters = targets >= 0, ids != 0
    assert chosen.sum() / letters.sum() == pytest.approx(0.15, abs=0.005)
    assert torch.equal(targets[chosen], ids[chosen]) and torch.equal(inputs[~chosen], ids[~chosen])
    assert not (chosen & ~letters).any()
    masked, kept = inputs == MASK, inputs == ids
    assert masked[chosen].double().mean() == pytest.approx(0.8, abs=0.01)
    same = 0.1 + 0.1 / (MASK - 1)                          # a random letter may be the right one
    assert kept[chosen].double().mean() == pytest.approx(same, abs=0.01)
    counts = torch.bincount(inputs[chosen & ~masked & ~kept], minlength=V)
    assert counts[0] == counts[MASK] == 0 and (counts[1:MASK] > 0).all()


def test_corruption_is_the_generators_and_its_share_may_differ_by_word():
    ids = torch.randint(1, MASK, (4000, 12), generator=generator())
    one, other = (corrupt(ids, MASK, 0.5, generator(5)) for _ in range(2))
    assert all(map(torch.equal, one, other))
    share = torch.linspace(0, 1, 4000)[:, None]
    _, targets = corrupt(ids, MASK, share, generator())
    found = (targets >= 0).double().mean(1)
    assert not found[0] and found[-1] == 1 and torch.corrcoef(torch.stack([found, share[:, 0]]))[0, 1] > 0.8
    assert all((corrupt(ids, MASK, 0.0, generator())[1] == -1).flatten())


def test_the_loss_is_over_hidden_letters_only():
    """Oracle: the definition, by a loop; and with nothing hidden it is 0, not nan."""
    one, ids = model(), rows(WORDS, VOCABULARY, 12)
    inputs, targets = corrupt(ids, MASK, 0.4, generator())
    logprobs = one(inputs).log_softmax(-1)
    places = (targets >= 0).nonzero().tolist()
    expected = -sum(logprobs[n, t, targets[n, t]] for n, t in places) / len(places)
    torch.testing.assert_close(one(inputs, targets), expected)
    assert one(ids, torch.full_like(ids, -1)).item() == 0


def test_the_pseudo_log_likelihood_hides_one_letter_at_a_time():
    """Oracle: Salazar et al., equation 1, by a loop."""
    one, ids = model(), rows(["emma", "bo"], VOCABULARY, 8)
    nats = pseudo_nll(one, ids, batch=3)
    for n, word in enumerate(["emma", "bo"]):
        for t in range(1, len(word) + 1):
            hidden = ids[n:n + 1].clone()
            hidden[0, t] = MASK
            logprobs = of_letters(one(hidden)[0, t])
            assert nats[n, t].item() == pytest.approx(-logprobs[ids[n, t] - 1].item(), rel=1e-9)
    assert (nats[ids == 0] == 0).all()


def test_read_from_the_left_the_probabilities_of_all_words_of_a_length_have_sum_one():
    """What makes `ahead` a true probability; the pseudo-likelihood's sum is something else."""
    words = ["".join(each) for each in itertools.product("abcd", repeat=3)]
    vocabulary = Vocabulary(words)
    one = randomized(BERT(Config(6, 5, layers=1, heads=2, channels=8), generator(1)), std=0.7).double()
    ids = rows(words, vocabulary, 5)
    total = pseudo_nll(one, ids, ahead=True).sum(1).neg().exp().sum().item()
    assert total == pytest.approx(1, abs=1e-9)
    assert pseudo_nll(one, ids).sum(1).neg().exp().sum().item() != pytest.approx(1, abs=1e-3)


def test_filling_finds_the_likeliest_word_and_its_probability():
    """Oracle: all 16 fillings of two blanks, multiplied out by the chain rule."""
    vocabulary = Vocabulary(["abcd"])
    one = randomized(BERT(Config(6, 7, layers=1, heads=2, channels=8)), std=0.7).double()
    found = fill(one, vocabulary, "a?c?", count=16)

    def first(ids, t):
        return of_letters(one(torch.tensor([[0, *ids, 0]]))[0, t]).exp()

    expected = {}
    for x, y in itertools.product(range(1, 5), repeat=2):
        p = first([1, 5, 3, 5], 2)[x - 1] * first([1, x, 3, 5], 4)[y - 1]
        expected[vocabulary.decode([1, x, 3, y])] = p.item()
    assert dict(found) == pytest.approx(expected, rel=1e-9)
    assert [p for _, p in found] == sorted((p for _, p in found), reverse=True)
    assert sum(p for _, p in found) == pytest.approx(1)


def test_filling_keeps_what_is_given(trained):
    assert [fill(trained, VOCABULARY, pattern, 1)[0][0] for pattern in
            ("?mm?", "ol?v?a", "isab????", "c???????e", "mia")] == [
            "emma", "olivia", "isabella", "charlotte", "mia"]
    assert fill(trained, VOCABULARY, "mia") == [("mia", 1.0)]
    with pytest.raises(ValueError, match="0 characters; 1 to 10 can be filled in"):
        fill(trained, VOCABULARY, "")
    with pytest.raises(ValueError, match="'z' .* is not in the vocabulary"):
        fill(trained, VOCABULARY, "z?")


def test_a_training_name_surprises_less_than_the_same_letters_shuffled(trained):
    nats = pseudo_nll(trained, rows(["olivia", "vialio", "amelia", "laieam"], VOCABULARY, 12)).sum(1)
    assert nats[0] < nats[1] / 3 and nats[2] < nats[3] / 3


def test_a_classifier_learns_what_depends_on_the_letters(trained):
    """Does the word contain an "o"? Labels by definition, words it has seen in pre-training."""
    import copy
    labels = torch.tensor(["o" in word for word in WORDS]).long()
    ids = rows(WORDS, VOCABULARY, 12)
    classifier = Classifier(copy.deepcopy(trained), 2, generator())
    assert classifier(ids).shape == (8, 2)
    assert classifier(ids, labels).item() == pytest.approx(math.log(2), abs=0.1)
    list(train(classifier, itertools.repeat((ids, labels)), [0.003] * 60))
    assert torch.equal(classifier(ids).argmax(1), labels)


def test_a_vector_is_read_where_it_is_asked_for():
    """Oracle: the positions, counted by hand; what fills up the row does not count."""
    ids = rows(["emma", "bo"], VOCABULARY, 7)
    x = torch.randn(2, 7, 4, generator=generator())
    for where, expected in (("first", [x[0, 0], x[1, 0]]), ("last", [x[0, 5], x[1, 3]]),
                            ("mean", [x[0, 1:5].mean(0), x[1, 1:3].mean(0)])):
        torch.testing.assert_close(bert.pooled(x, ids, where), torch.stack(expected))
    with pytest.raises(ValueError, match="where='middle'; known are 'first', 'mean' and 'last'"):
        bert.pooled(x, ids, "middle")


def test_a_classifier_reads_where_it_is_told(trained):
    ids = rows(WORDS, VOCABULARY, 12)
    for where in ("first", "mean", "last"):
        one = Classifier(trained, 2, generator(), where)
        x = trained.body(ids, padding(ends(ids), 12))
        torch.testing.assert_close(one(ids), one.head(bert.pooled(x, ids, where)))


@pytest.fixture(scope="module")
def transformers():
    pytest.importorskip("transformers", reason="compared with Hugging Face's models")
    import transformers
    return transformers


@pytest.mark.parametrize("sizes", [
    dict(num_hidden_layers=2, num_attention_heads=2, hidden_size=32, intermediate_size=64,
         max_position_embeddings=20, vocab_size=50),
    dict(num_hidden_layers=3, num_attention_heads=4, hidden_size=48, intermediate_size=100,
         max_position_embeddings=64, vocab_size=101, hidden_act="gelu_new", layer_norm_eps=1e-5),
    dict(num_hidden_layers=1, num_attention_heads=12, hidden_size=768, intermediate_size=3072,
         max_position_embeddings=32, vocab_size=1000),
], ids=["tiny", "odd", "a layer of BERT"])
def test_hugging_faces_bert_has_the_same_logits(transformers, sizes):
    """Oracle: BertForMaskedLM, weights moved at random, two rows of which one is filled up; 1e-4."""
    torch.manual_seed(1)
    config = transformers.BertConfig(**sizes)
    theirs = randomized(transformers.BertForMaskedLM(config), std=0.1)
    ours = BERT.from_huggingface(theirs)
    T = sizes["max_position_embeddings"]
    ids = torch.randint(sizes["vocab_size"], (2, T), generator=generator())
    lengths = torch.tensor([T, T - 7])
    seen = torch.arange(T) < lengths[:, None]
    with torch.no_grad():
        expected = theirs(ids, attention_mask=seen.long()).logits
        torch.testing.assert_close(ours(ids, lengths=lengths)[seen], expected[seen], atol=1e-4, rtol=1e-4)
    assert expected.std() > 0.1


def test_a_model_that_computes_otherwise_is_refused(transformers):
    config = transformers.BertConfig(num_hidden_layers=1, num_attention_heads=1, hidden_size=8,
                                     intermediate_size=8, vocab_size=11, hidden_act="relu")
    with pytest.raises(ValueError, match="activation 'relu'"):
        BERT.from_huggingface(transformers.BertForMaskedLM(config))
