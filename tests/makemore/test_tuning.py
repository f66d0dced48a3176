"""Instructions have the answers that they ask for, and only answers count in the loss."""

import pytest
import torch
import torch.nn.functional as F
from randomized_models import generator, randomized
from shapes import load_checked

from scratch.makemore import data, gpt, tuning
from scratch.makemore.data import Vocabulary
from scratch.makemore.gpt import GPT
from scratch.makemore.transformer import Config, train
from scratch.makemore.tuning import SIGNS, TASKS, answers, instructions, right, rows

torch.set_num_threads(1)    # such small operations: a second thread would only wait

WORDS = ["anna", "hanna", "susanna", "bob", "maximilian"]
VOCABULARY = Vocabulary([SIGNS])
V, T = len(VOCABULARY), 40


def model(**choices):
    return randomized(GPT(Config(V, T, **{**dict(layers=1, heads=2, channels=16), **choices})))


def test_every_shape_comment_is_true():
    checked = load_checked(tuning.__file__, N=3, T=37)
    pairs = [("reverse anna:", "anna"), ("count bob:", "3"), ("spell bob:", "b o b")]
    checked.rows(pairs, VOCABULARY, 37)
    checked.answers(randomized(GPT(Config(V, 37, layers=1, heads=1, channels=8))), VOCABULARY,
                    [prompt for prompt, _ in pairs])
    assert not checked.unreached_shapes()


def test_each_task_has_its_answer():
    asked = dict(instructions(["hanna"], among=["anna"]))
    assert asked == {"spell hanna:": "h a n n a", "reverse hanna:": "annah", "count hanna:": "5",
                     "rhyme hanna:": "anna"}
    assert [prompt for prompt, _ in instructions(["bob", "anna"], ["count", "spell"])] == [
        "count bob:", "spell bob:", "count anna:", "spell anna:"]


def test_a_word_rhymes_with_another_one_and_is_not_asked_if_there_is_none():
    pairs = [pair for seed in range(20) for pair in instructions(WORDS, ["rhyme"], seed)]
    assert {prompt for prompt, _ in pairs} == {f"rhyme {word}:" for word in WORDS[:3]}
    assert {answer for prompt, answer in pairs if prompt == "rhyme anna:"} == {"hanna", "susanna"}


def test_right_answers_are_those_of_the_instructions_and_all_rhymes():
    for seed in range(5):
        assert all(right(prompt, answer) for prompt, answer in instructions(WORDS, seed=seed))
    assert right("rhyme anna:", "joanna")
    for prompt, wrong in (("rhyme anna:", "anna"), ("rhyme anna:", "ann"), ("rhyme anna:", "h anna"),
                          ("rhyme anna:", ""), ("count anna:", "5"), ("reverse ann:", "ann"),
                          ("spell ann:", "a n"), ("spell ann:", "a n n ")):
        assert not right(prompt, wrong)


def test_only_the_answer_and_its_end_have_targets():
    """Oracle: each row written out by hand."""
    ids, targets = rows([("count bob:", "3"), ("reverse bo:", "ob")], VOCABULARY, 16)
    code = VOCABULARY.encode
    assert ids.tolist() == [[0, *code("count bob:3"), *[0] * 4], [0, *code("reverse bo:ob"), 0, 0]]
    assert targets.tolist() == [[-1] * 10 + code("3") + [0] + [-1] * 4,
                                [-1] * 11 + code("ob") + [0] + [-1] * 2]


def test_without_the_mask_they_are_rows_like_any_others():
    pairs = instructions(WORDS)
    for ours, theirs in zip(rows(pairs, VOCABULARY, T, mask=False),
                            data.rows(list(map("".join, pairs)), VOCABULARY, T)):
        torch.testing.assert_close(ours, theirs)


def test_the_loss_is_the_mean_over_the_answers_symbols():
    """Oracle: PyTorch's cross-entropy with its own -100 for what is ignored, and a sum by hand."""
    one, pairs = model(), instructions(WORDS)
    ids, targets = rows(pairs, VOCABULARY, T)
    loss = one(ids, targets)
    torch.testing.assert_close(loss, F.cross_entropy(
        one.logits(ids).flatten(0, 1), targets.where(targets >= 0, -100).flatten()))
    total = count = 0
    for prompt, answer in pairs:
        text = [0, *VOCABULARY.encode(prompt + answer), 0]
        log_p = one.logits(torch.tensor([text[:-1]]))[0].log_softmax(1)
        for t in range(len(prompt), len(text) - 1):
            total, count = total - log_p[t, text[t + 1]], count + 1
    torch.testing.assert_close(loss, total / count)


def test_answers_are_what_the_books_sampler_writes_greedily():
    """Oracle: gpt.sample, one prompt after the other, with a cache."""
    one = model(layers=2)
    prompts = ["count bob:", "spell a:", "reverse maximilian:", ""]
    expected = [gpt.sample(one, VOCABULARY, 1, greedy=True, prefix=prompt, max_length=T - len(prompt))[0]
                for prompt in prompts]
    assert answers(one, VOCABULARY, prompts, most=T) == [
        word[len(prompt):] for prompt, word in zip(prompts, expected)]
    assert [each[:3] for each in answers(one, VOCABULARY, prompts, most=T)] == answers(
        one, VOCABULARY, prompts, most=3)


def test_a_few_instructions_are_learnt_by_heart():
    one = GPT(Config(V, T, layers=1, heads=2, channels=32), generator())
    pairs = instructions(["anna", "bob"], ["reverse", "count"])
    list(train(one, data.batches(*rows(pairs, VOCABULARY, T), 8, generator()), [0.01] * 80))
    prompts = [prompt for prompt, _ in pairs]
    assert list(zip(prompts, answers(one, VOCABULARY, prompts))) == pairs


@pytest.mark.parametrize("pair, message", [
    (("count bob:", ""), "'count bob:' has no answer"),
    (("count bób:", "3"), r"'ó' \(U\+00F3\), character 8 of"),
    (("count bob:", "3!"), "'!' .* is not in the vocabulary"),
    (("count bob:", "3" * 6), "16 characters; block_size 16 holds 15 and its boundary"),
])
def test_instructions_that_are_no_use_are_refused(pair, message):
    with pytest.raises(ValueError, match=message):
        rows([("spell a:", "a"), pair], VOCABULARY, 16)


def test_a_prompt_that_leaves_no_room_and_an_unknown_task_are_refused():
    with pytest.raises(ValueError, match="has 40 characters; block_size 40 holds 39"):
        answers(model(), VOCABULARY, ["a" * T])
    with pytest.raises(ValueError, match="'sing' is no task; known are spell, reverse, count, rhyme"):
        instructions(WORDS, ["spell", "sing"])
    assert len(TASKS) == 4
