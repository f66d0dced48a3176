"""Windows of a text are views of it, and a text is continued as the model says."""

import pytest
import torch
from shapes import load_checked

from scratch.makemore import texts
from scratch.makemore.gpt import GPT
from scratch.makemore.texts import windows, write
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


def test_every_shape_comment_is_true():
    checked = load_checked(texts.__file__, N=13, T=5, V=3)
    checked.windows(torch.arange(18), 5)
    checked.write(Next(), Letters(), "abcab", 1)
    assert not checked.unreached_shapes()
