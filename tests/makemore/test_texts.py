"""Windows of a text are views of it, a text is continued as the model says, and copies are found."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from shapes import load_checked

from scratch.bpe.tokenizer import RegexTokenizer
from scratch.makemore import texts
from scratch.makemore.gpt import GPT
from scratch.makemore.texts import Characters, copied, losses, matches, nats_per_byte, stream, windows, write
from scratch.makemore.transformer import Config


class Letters:
    """A tokenizer whose tokens are the letters a, b, c, ..."""

    def encode(self, text):
        return [ord(letter) - ord("a") for letter in text]

    def decode(self, ids):
        return "".join(chr(ord("a") + id) for id in ids)


class Next:
    """A model after which b comes after a, c after b, and a after c; it notes how much it was shown."""

    block_size = 4
    config = Config(3, 4)

    def __init__(self):
        self.shown = []

    def logits(self, ids):
        self.shown.append(tuple(ids.shape))
        return 50.0 * torch.nn.functional.one_hot((ids + 1) % 3, 3).float()


def test_windows_are_all_stretches_of_the_text_with_what_follows():
    """Oracle: slices."""
    ids = torch.randint(50, (23,), generator=torch.Generator().manual_seed(1))
    contexts, targets = windows(ids, 5)
    assert contexts.tolist() == [ids[n:n + 5].tolist() for n in range(18)]
    assert targets.tolist() == [ids[n + 1:n + 6].tolist() for n in range(18)]
    assert contexts.data_ptr() == ids.data_ptr() == targets.data_ptr() - ids.element_size()


def test_a_text_that_is_too_short_for_a_window_is_refused():
    assert [each.shape for each in windows(torch.arange(6), 5)] == [(1, 5), (1, 5)]
    with pytest.raises(ValueError, match="5 ids make no window of 5 with its targets"):
        windows(torch.arange(5), 5)


def test_a_text_goes_on_as_the_model_says_and_the_model_sees_one_block_at_most():
    model = Next()
    assert write(model, Letters(), "ab", 6) == "abcabcab"
    assert model.shown == [(1, 2), (1, 3), (1, 4), (1, 4), (1, 4), (1, 4)]


def test_a_seed_gives_one_text_and_settings_are_those_of_sample():
    model = GPT(Config(26, 8, layers=1, heads=2, channels=8), torch.Generator().manual_seed(1))
    one, other, again = (write(model, Letters(), "ab", 20, seed=seed) for seed in (1, 2, 1))
    assert one == again != other and len(one) == 22
    greedy = {write(model, Letters(), "ab", 20, seed=seed, top_k=1) for seed in range(3)}
    assert len(greedy) == 1
    with pytest.raises(ValueError, match="temperature 0 must be above 0"):
        write(model, Letters(), "ab", 20, temperature=0)
    with pytest.raises(ValueError, match="the prompt is empty"):
        write(model, Letters(), "", 20)


def test_the_pieces_of_a_stream_are_whole_characters_and_together_the_text():
    """Oracle: all tokens decoded at once. An untrained model of bytes writes much that is no UTF-8."""
    tokenizer = RegexTokenizer()
    model = GPT(Config(256, 8, layers=1, heads=2, channels=8), torch.Generator().manual_seed(1))
    ids, rng = torch.tensor([tokenizer.encode("é")]), texts.random.Random(3)
    for _ in range(60):
        ids = torch.cat([ids, texts.draw(model, ids, rng)[:, None]], dim=1)
    pieces = list(stream(model, tokenizer, "é", 60, seed=3))
    whole = tokenizer.decode(ids[0].tolist())
    assert "é" + "".join(pieces) == whole == write(model, tokenizer, "é", 60, seed=3)
    assert len(pieces) > 10 and all(pieces)


def test_a_character_waits_for_its_last_byte():
    class Bytes:
        block_size, config = 4, Config(256, 4)

        def logits(self, ids):
            after = {ord("a"): 0xC3, 0xC3: 0xA9, 0xA9: ord("a")}
            next_one = torch.tensor([[after[id] for id in row] for row in ids.tolist()])
            return 50.0 * torch.nn.functional.one_hot(next_one, 256).float()

    assert list(stream(Bytes(), RegexTokenizer(), "a", 5)) == ["é", "a", "é"]
    assert list(stream(Bytes(), RegexTokenizer(), "a", 4)) == ["é", "a", "\ufffd"]


def test_characters_are_tokens_and_others_are_refused():
    tokenizer = Characters("hello")
    assert tokenizer.characters == "ehlo" and tokenizer.decode(tokenizer.encode("hole")) == "hole"
    with pytest.raises(ValueError, match=r"'x' \(U\+0078\), character 3 of 'hex', is not among the 4"):
        tokenizer.encode("hex")


@pytest.mark.parametrize("L", [1, 2, 7, 8, 9, 12, 13, 40])
def test_each_token_is_predicted_once_from_half_a_window_or_more(L):
    """Oracle: the windows one by one, in Python."""
    T = 8
    model = GPT(Config(5, T, layers=1, heads=1, channels=4), torch.Generator().manual_seed(1))
    ids = torch.randint(5, (L,), generator=torch.Generator().manual_seed(2))
    found = losses(model, ids, batch=3)
    assert found[0] == math.log(5)
    begins = [*range(0, max(1, L - T), 4), max(0, L - 1 - T)]
    for n in range(1, L):
        begin = next(each for each in begins if n <= each + T)
        context = ids[None, begin:n]
        assert n - begin >= min(n, T // 2)
        expected = -model.logits(context)[0, -1].double().log_softmax(0)[ids[n]]
        torch.testing.assert_close(found[n], expected, rtol=1e-5, atol=1e-6)    # float32 in another shape


def test_nats_per_byte_count_the_bytes_and_not_the_tokens():
    """Oracle: a model whose logits are all alike costs ln V for each token."""
    class Uniform:
        block_size, config = 4, Config(300, 4)

        def logits(self, ids):
            return torch.zeros(*ids.shape, 300)

    tokenizer = RegexTokenizer()
    tokenizer.train("é, é, é, é", 260)
    text = "é, é! é, é"
    tokens = len(tokenizer.encode(text))
    assert tokens < len(text.encode())
    expected = tokens * math.log(300) / len(text.encode())
    assert nats_per_byte(Uniform(), tokenizer, text) == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ValueError, match="no bytes"):
        nats_per_byte(Uniform(), tokenizer, "")


@given(st.text("ab", max_size=12), st.text("ab", max_size=30))
def test_a_match_is_the_longest_beginning_that_stands_in_the_corpus(text, corpus):
    """Oracle: every length, tried one by one."""
    found = matches(text, corpus)
    assert found == [max(n for n in range(len(text) - start + 1) if text[start:start + n] in corpus)
                     for start in range(len(text))]
    for length in range(1, 5):
        if text:
            long = [range(start, start + n) for start, n in enumerate(found) if n >= length]
            inside = set().union(*long)
            assert copied(found, length) == len(inside) / len(text)


def test_every_shape_comment_is_true():
    many = load_checked(texts.__file__, N=13, T=4, V=3, B=2, L=17)
    many.draw(Next(), torch.tensor([[1, 2], [0, 1]]), texts.random.Random(1))
    many.nats_per_byte(Next(), Letters(), "abcab" * 3 + "ca")
    single = load_checked(texts.__file__, T=4, V=3, B=1, L=1)
    single.losses(Next(), torch.tensor([1]))
    single.write(Next(), Letters(), "a", 1)
    assert not {*many.unreached_shapes()} & {*single.unreached_shapes()}
