"""The book's models, trained for some steps: a program whose torch is whichever runs it.

    python tests/torch_models.py 20
    python -m scratch.torch run tests/torch_models.py 20

prints {model: [losses, words that it then makes]} as JSON.  Names after the number choose models.
"""

import json
import sys

import torch

from scratch.makemore import (
    backprop, bert, bigram, data, gpt, layers, mlp, recurrent, sample, transformer, wavenet)

WORDS = data.read_words()[::16]
VOCABULARY = data.Vocabulary(WORDS)
V = len(VOCABULARY)


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def windows(T):
    """Minibatches of contexts (B, T) and targets (B)."""
    return data.batches(*data.dataset(WORDS, VOCABULARY, T), 32, generator(2))


def neural_bigram(steps):
    model = bigram.NeuralBigram(V, generator())
    return model, bigram.fit(model, bigram.count_pairs(WORDS, VOCABULARY), steps, 50.0)


def bengio(output_scale=1.0, dtype=torch.float32):
    """With an output_scale of 1 the first loss is 22, and what is rounded in float32 grows a thousandfold."""
    def train(steps):
        model = mlp.MLP(V, generator=generator(), output_scale=output_scale)
        for name, tensor in model.state_dict().items():
            setattr(model, name, tensor.detach().to(dtype).requires_grad_())
        return model, mlp.train(model, windows(3), mlp.two_rates(steps))
    return train


def batch_norm(steps):
    g = generator()
    model = layers.Sequential(layers.Embedding(V, 10, g), layers.Flatten(),
                              layers.Linear(30, 100, bias=False, generator=g), layers.BatchNorm1d(100),
                              layers.Tanh(), layers.Linear(100, V, generator=g))
    model.block_size = 3
    return model, mlp.train(model, windows(3), mlp.two_rates(steps))


def by_hand(steps):
    model = backprop.Network(V, hidden=64, generator=generator())
    losses = list(backprop.train(model, windows(3), mlp.two_rates(steps)))
    backprop.calibrate(model, data.dataset(WORDS, VOCABULARY, 3)[0])
    return model, losses


def tree(steps):
    model = wavenet.tree(V, generator=generator())
    return model, mlp.train(model, windows(8), mlp.two_rates(steps))


def recurrence(cell):
    def train(steps):
        model = recurrent.Recurrent(V, cell, generator=generator())
        stream = VOCABULARY.stream(WORDS)
        pieces = recurrent.stretches(stream, 32, 16)
        return model, recurrent.train(model, pieces, [0.005] * steps, limit=1.0)
    return train


def gpts(**choices):
    def train(steps):
        torch.manual_seed(3)    # for the dropout
        model = gpt.GPT(transformer.Config(V, 16, layers=2, channels=32, **choices), generator())
        names = data.rows(WORDS, VOCABULARY, 16)
        return model, transformer.train(model, data.batches(*names, 32, generator(2)), [0.003] * steps)
    return train


def masked(steps):
    torch.manual_seed(3)
    config = transformer.Config(V + 1, 17, layers=2, channels=32, dropout=0.1, norm="post", gelu="none")
    model = bert.BERT(config, generator())
    ids, _ = data.rows(WORDS, VOCABULARY, 17, boundaries=2)
    batches = bert.masked_batches(ids, bert.mask_of(model), 32, generator(2))
    return model, transformer.train(model, batches, [0.003] * steps)


MODELS = {
    "neural bigram": neural_bigram, "MLP": bengio(0.01),
    "MLP, wild, float64": bengio(1.0, torch.float64), "batch norm": batch_norm, "backprop by hand": by_hand,
    "WaveNet": tree, "RNN": recurrence(recurrent.RNNCell), "GRU": recurrence(recurrent.GRUCell),
    "LSTM": recurrence(recurrent.LSTMCell), "GPT": gpts(), "GPT, dropout": gpts(dropout=0.1),
    "GPT, post norm": gpts(norm="post"), "GPT, rotary": gpts(positions="rotary"), "BERT": masked}


def made(model):
    """What a model makes: words, or fillings of a pattern."""
    if isinstance(model, bert.BERT):
        return [word for word, _ in bert.fill(model, VOCABULARY, "?a??", count=5)]
    if isinstance(model, gpt.GPT):
        return gpt.sample(model, VOCABULARY, 10, seed=5)
    if hasattr(model, "eval"):
        model.eval()
    return sample.sample(model, VOCABULARY, 10, seed=5)


if __name__ == "__main__":
    steps, names = int(sys.argv[1]), sys.argv[2:] or MODELS
    found = {}
    for name in names:
        model, losses = MODELS[name](steps)
        losses = [float(loss) for loss in losses]
        found[name] = [losses, made(model)]
    print(json.dumps(found))
