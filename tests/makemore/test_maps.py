"""What the viewer of attention is given is what the models compute, in per cent and in 8 bits."""

import base64

import matplotlib.pyplot as plt
import pytest
import torch
from randomized_models import randomized
from shapes import load_checked

from scratch.makemore import maps as the_maps
from scratch.makemore.bert import BERT, fill
from scratch.makemore.data import Vocabulary
from scratch.makemore.gpt import GPT
from scratch.makemore.maps import BLUE, areas, rounded, seen, squares, viewer
from scratch.makemore.transformer import Config

torch.set_num_threads(1)    # such small operations: a second thread would only wait

VOCABULARY = Vocabulary(["abcdefghi"])
SIZES = {"block_size": 9, "layers": 2, "heads": 3, "channels": 6}
LEFT, BOTH = randomized(GPT(Config(10, **SIZES))), randomized(BERT(Config(11, **SIZES)))


def shares(model, ids):
    """[(T, T)] per cent, for each head."""
    maps = []
    with torch.no_grad():
        model.logits(torch.tensor([ids]), maps=maps)
    return [100 * head for layer in maps for head in layer[0]]


def test_every_shape_comment_is_true():
    checked = load_checked(the_maps.__file__, T=6, S=3)
    checked.squares(plt.figure().gca(), torch.rand(6, 3))
    plt.close()
    checked.seen(BOTH, VOCABULARY, "face")
    assert not checked.unreached_shapes()


def test_a_gpt_sees_the_beginning_and_the_letters_so_far():
    """Oracle: the maps of the model, of which no more than the upper triangle is left out."""
    [weights] = seen(LEFT, VOCABULARY, "face")
    assert len(weights) == 6
    for rows, expected in zip(weights, shares(LEFT, [0, 6, 1, 3, 5])):
        assert [len(row) for row in rows] == [1, 2, 3, 4, 5]
        for row, each in zip(rows, expected):
            assert row == each[:len(row)].round().tolist() and not each[len(row):].any()


def test_a_bert_sees_all_symbols_and_guesses_the_letter_that_is_hidden():
    """Oracles: the maps of the model, and its fill."""
    weights, guesses = seen(BOTH, VOCABULARY, "face")
    for rows, expected in zip(weights, shares(BOTH, [0, 6, 1, 3, 5, 0])):
        assert rows == expected.round().tolist()
    assert len(weights) == 6 and len(guesses) == 4
    for t, guess in enumerate(guesses):
        found = fill(BOTH, VOCABULARY, "face"[:t] + "?" + "face"[t + 1:], 5)
        assert guess[::2] == [word[t] for word, _ in found]
        assert guess[1::2] == [round(100 * p) for _, p in found]


def test_the_viewer_has_what_each_model_sees_in_each_name():
    given = viewer([LEFT, BOTH], VOCABULARY, ["abba", "decade"])
    assert given["models"] == ["GPT: causal", "BERT: bidirectional", "BERT, the letter hidden"]
    assert given["heads"][0] == "layer 1, head 1" and given["heads"][5] == "layer 2, head 3"
    assert given["names"] == [[name, *seen(LEFT, VOCABULARY, name), *seen(BOTH, VOCABULARY, name)]
                              for name in ("abba", "decade")]
    assert given["longest"] == 7
    assert viewer([BOTH], VOCABULARY, ["abba"])["models"] == given["models"][1:]


def test_weights_of_8_bits_are_within_half_a_step_and_give_the_copy_back():
    small, kept = rounded(LEFT)
    before = dict(LEFT.named_parameters())
    assert list(kept) == list(before)
    for name, weight in small.named_parameters():
        step, text = kept[name]
        whole = torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.int8)
        assert whole.abs().max() == 127
        torch.testing.assert_close(weight, (step * whole).view_as(weight))
        assert (weight - before[name]).abs().max() <= step * 0.5001
        assert weight.data_ptr() != before[name].data_ptr(), "the model itself stays as it was"


def test_the_area_of_a_square_is_its_weight_and_a_cross_stands_where_none_is():
    figure = areas([[100], [64, 36], [1, 0, 99]], ".ab")
    [ax] = figure.axes
    found = [patch.get_width() * patch.get_height() for patch in ax.patches]
    assert found == pytest.approx([1, 0.64, 0.36, 0.01, 0, 0.99])
    assert [text.get_text() for text in ax.texts] == ["×"] * 3
    assert [(text.get_position()) for text in ax.texts] == [(1, 0), (2, 0), (2, 1)]
    assert [label.get_text() for label in ax.get_xticklabels()] == [*".ab"]
    plt.close(figure)


@pytest.mark.parametrize("top", [1.0, 4.0])
def test_a_square_is_as_opaque_as_its_number_is_large(top):
    figure, ax = plt.subplots()
    squares(ax, [[0, top], [top / 2, top / 4]], "ab", "cd", top=top)
    figure.canvas.draw()
    colours = ax.collections[0].get_facecolors()
    assert colours[:, 3].tolist() == pytest.approx([0, 1, 0.5, 0.25], abs=0.01)
    assert (colours[1:, 2] == colours[1, 2]).all() and BLUE == "#2f7fb8"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    plt.close(figure)




def test_weights_that_are_all_zero_stay_so():
    """As the biases of a model that has not been trained."""
    small, kept = rounded(GPT(Config(10, **SIZES)))
    zero = [name for name, weight in small.named_parameters() if not weight.any()]
    assert zero and all(set(base64.b64decode(kept[name][1])) == {0} for name in zero)
    assert all(weight.isfinite().all() for weight in small.parameters())
