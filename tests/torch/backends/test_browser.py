"""Tensors on the browser backend: the book's models, unmodified, have PyTorch's losses."""

import pytest
from torch_browser import program

IMPORTS = '''
import torch
from scratch.makemore import bert, gpt, mlp
from scratch.makemore.data import Vocabulary, batches, dataset, read_words, rows
from scratch.makemore.transformer import Config, train

def losses_of(given):
    words = read_words()[:given["words"]]
    return losses(given, words, Vocabulary(words), torch.Generator().manual_seed(1))
'''
THERE = '''
import sys
from scratch.torch.__main__ import pretend
if "torch" not in sys.modules:
    pretend()
from scratch.torch.backends import browser
browser.use()
'''
MODELS = {
    "gpt": '''
def losses(given, words, vocabulary, generator):
    size = max(map(len, words)) + 1
    model = gpt.GPT(Config(len(vocabulary), size, **given["sizes"]), generator)
    draws = batches(*rows(words, vocabulary, size), 32, generator)
    return list(train(model, draws, [2e-3] * given["steps"]))
''',
    "bert": '''
def losses(given, words, vocabulary, generator):
    size = max(map(len, words)) + 2
    model = bert.BERT(Config(len(vocabulary) + 1, size, **given["sizes"]), generator)
    ids, _ = rows(words, vocabulary, size, boundaries=2)
    draws = bert.masked_batches(ids, bert.mask_of(model), 32, generator)
    return list(train(model, draws, [2e-3] * given["steps"]))
''',
    "mlp": '''
def losses(given, words, vocabulary, generator):
    model = mlp.MLP(len(vocabulary), generator=generator, output_scale=0.01)
    draws = batches(*dataset(words, vocabulary, 3), 32, generator)
    return list(mlp.train(model, draws, [0.1] * given["steps"]))
'''}
TINY = dict(layers=1, heads=2, channels=16)


def losses_of(name, given):
    """The losses of a model by PyTorch, and in the browser backend."""
    scope = {}
    exec(IMPORTS + MODELS[name], scope)
    return (scope["losses_of"](given),
            program(f"{THERE}{IMPORTS}{MODELS[name]}\nfound = losses_of(given)", given))


@pytest.mark.parametrize("count", [16, 17, 1600, 20_011])
def test_normal_numbers_are_pytorchs_to_the_bit(count):
    """Oracle: PyTorch. By a kernel that rounds as normal.py does."""
    text = """
generator = torch.Generator().manual_seed(given)
found = torch.empty(given).normal_(0.5, 0.02, generator=generator).tolist()
"""
    scope = {"given": count}
    exec(IMPORTS + text, scope)
    assert program(THERE + IMPORTS + text, count) == scope["found"]


@pytest.mark.parametrize("name", MODELS)
def test_models_train_with_pytorchs_losses(name):
    """Oracle: PyTorch, from the same seeds, to 1e-4."""
    theirs, mine = losses_of(name, {"words": 200, "sizes": TINY, "steps": 5})
    assert len(mine) == 5 and mine == pytest.approx(theirs, rel=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_a_hundred_losses_of_models_of_full_size_are_pytorchs(name, pytestconfig):
    """Oracle: PyTorch, to 1e-4: four layers, 64 channels, 32 of all names a step."""
    if not pytestconfig.getoption("long"):
        pytest.skip("--long: a hundred steps of the models of full size, in node")
    theirs, mine = losses_of(name, {"words": 32_000, "sizes": dict(layers=4, heads=4, channels=64),
                                    "steps": 100})
    assert mine == pytest.approx(theirs, rel=1e-4)
    assert mine[-1] < mine[0]
