"""Train every model of the makemore chapters: the table of them all.

    python -m benchmarks models                              on the book's names; some minutes
    python -m benchmarks models --karpathy path/names.txt    and on those of Karpathy's lectures
    python -m benchmarks models --only "MLP, as in the lecture"
    python -m benchmarks models beginnings                   the MLP's two by two; half an hour

One row for each model and list of names: its losses on the train, dev and test splits in nats per
character, parameters, settings, seed, the time it took, and where and when.  A row that is not
made anew stays as it was.  A model of a later chapter is a function in MODELS.

beginnings trains the MLP with three and with five letters of context, each with W1 as drawn and a fifth
as large, and each at several rates and with several seeds, on the book's names: does the longer context
help, and does it depend on the beginning?
"""

import functools
import itertools
import math
import sys
import time

import torch

from scratch.makemore import bigram, mlp, ngram, recurrent, wavenet
from scratch.makemore.data import batches, rows as as_rows
from scratch.makemore.evaluate import loss, report
from scratch.makemore.optimizers import AdamW, cosine, warmup
from scratch.makemore.training import Trainer

from .harness import significant
from .names import book, karpathy
from .provenance import provenance
from .results import load, with_row, write

WHAT = "losses in nats per character, ends of words included; split 80/10/10 by word, seed 42"
SEED = 2147483647    # the lecture's
POINTS = 40          # of a curve
SEEDS = range(1, 6)
RATES = 0.1, 0.3, 0.03


class Guess:
    """Every symbol is as likely as every other."""

    block_size = 1

    def __init__(self, V):
        self.V = V

    def __call__(self, contexts):
        return torch.zeros(len(contexts), self.V)


def guess(words):
    """Uniform probabilities, for comparison."""
    return {"trained": Guess(len(words.vocabulary)), "parameters": 0, "settings": {}}


def counted_bigram(words, alpha):
    counts = bigram.count_pairs(words.train, words.vocabulary)
    return {"trained": bigram.Bigram(counts, alpha), "parameters": counts.numel(),
            "settings": {"alpha": alpha}}


def counted(words, T, kind, **settings):
    """Counts of contexts of T symbols, or of up to T; a parameter is a count that is not 0."""
    model = kind(*words.examples("train", T), len(words.vocabulary), **settings)
    return {"trained": model, "parameters": sum(len(table.pairs[0]) for table in model.tables),
            "settings": {"block_size": T, **settings}}


def neural_bigram(words, steps, rate):
    model = bigram.NeuralBigram(len(words.vocabulary), torch.Generator().manual_seed(SEED))
    bigram.fit(model, bigram.count_pairs(words.train, words.vocabulary), steps, rate)
    return {"trained": model, "parameters": model.W.numel(), "seed": SEED,
            "settings": {"steps": steps, "rate": rate}}


def network(words, steps=200_000, batch=32, rate=0.1, hidden_scale=1.0, seed=SEED, **sizes):
    """The MLP, trained by minibatches at two rates; its curve is of minibatches and dev."""
    generator = torch.Generator().manual_seed(seed)
    model = mlp.MLP(len(words.vocabulary), generator=generator, **sizes)
    model.W1.data *= hidden_scale
    training, dev = words.examples("train", model.block_size), words.examples("dev", model.block_size)
    losses, curve = [], []
    for each in mlp.train(model, batches(*training, batch, generator), mlp.two_rates(steps, rate)):
        losses.append(each)
        if len(losses) % (steps // POINTS) == 0:
            recent = losses[-(steps // POINTS):]
            curve.append([len(losses), rounded(sum(recent) / len(recent)), rounded(loss(model, *dev))])
    sizes = {"block_size": 3, "channels": 10, "hidden": 200, "output_scale": 1.0, **sizes}
    if hidden_scale != 1.0:
        sizes["hidden_scale"] = hidden_scale
    return {"trained": model, "parameters": sum(p.numel() for p in model.parameters()), "seed": seed,
            "settings": {**sizes, "steps": steps, "batch": batch, "rate": rate},
            "first loss": rounded(losses[0]), "curve": curve}


class Mixture:
    """The mean of two models' probabilities (Bengio et al. 2003, section 4)."""

    def __init__(self, one, other):
        self.models, self.block_size = (one, other), max(one.block_size, other.block_size)

    def __call__(self, contexts):
        p, q = (model(contexts[:, -model.block_size:]).double().softmax(1) for model in self.models)
        return ((p + q) / 2).log()


def mixture(words):
    """The longest counts and the best network, half and half."""
    one, other = interpolated(words), longer(words)
    return {"trained": Mixture(one["trained"], other["trained"]), "seed": SEED, "settings": {},
            "parameters": one["parameters"] + other["parameters"]}


def interpolated(words):
    return counted(words, 5, ngram.Interpolated, strength=40.0)


@functools.cache
def longer(words):
    return begun(words, 5, 0.2)


def begun(words, T, scale, **settings):
    """The MLP with T letters of context, W1 times scale, and logits that begin small."""
    return network(words, block_size=T, hidden_scale=scale, output_scale=0.01, **settings)


def beginnings(path, steps=40_000):
    """Two contexts by two scales of W1, each at several rates: does a longer context help, and when?"""
    words, rows = book(), []
    origin = provenance(__file__, "torch", used="one core used", **{"sha256 of the names": words.sha256})
    for rate in RATES:
        for T, scale, seed in itertools.product((3, 5), (1.0, 0.2), SEEDS):
            model = begun(words, T, scale, steps=steps, rate=rate, seed=seed)["trained"]
            scores = {part: rounded(loss(model, *words.examples(part, T))) for part in ("train", "dev")}
            rows.append({"block_size": T, "hidden_scale": scale, "rate": rate, "steps": steps,
                         "seed": seed, **scores})
            print(*rows[-1].values(), flush=True)
        write(path, sections={"beginnings": {"from": origin, "rows": rows}})


def fused(words, steps=10_000, batch=256, rate=0.005, patience=8, **sizes):
    """The tree, trained by AdamW on about as many letters as the recurrent networks; the best on dev."""
    sizes = {"block_size": 8, "channels": 24, "hidden": 128, **sizes}
    g = torch.Generator().manual_seed(SEED)
    model = wavenet.tree(len(words.vocabulary), **sizes, generator=g)
    examples = (words.examples(part, sizes["block_size"]) for part in ("train", "dev"))
    trainer = Trainer(
        model, AdamW(model.parameters(), lr=rate), *examples, steps=steps, batch=batch, generator=g,
        limit=1.0, every=steps // POINTS, patience=patience,
        schedule=lambda step: warmup(step, 100) * cosine(step, steps))
    return followed(model, trainer, SEED, {**sizes, "steps": steps, "batch": batch, **settings(rate)})


def recurrently(words, cell, steps=10_000, batch=32, rate=0.005, channels=32, hidden=128, patience=8):
    """A recurrent network, trained on whole words by AdamW; the best parameters on dev."""
    g = torch.Generator().manual_seed(SEED)
    model = recurrent.Recurrent(len(words.vocabulary), cell, channels, hidden, generator=g)
    T = max(map(len, words.words)) + 1
    trainer = Trainer(
        model, AdamW(model.parameters(), lr=rate), as_rows(words.train, words.vocabulary, T),
        as_rows(words.dev, words.vocabulary, T), steps=steps, batch=batch, generator=g, limit=1.0,
        every=steps // POINTS, patience=patience, predict=model.forward_all,
        schedule=lambda step: warmup(step, 100) * cosine(step, steps))
    return followed(model, trainer, SEED, {
        "block_size": 16, "channels": channels, "hidden": hidden, "steps": steps, "batch": batch,
        **settings(rate)})


def settings(rate):
    return {"rate": rate, "optimizer": "AdamW", "schedule": "warm-up over 100 steps, cosine", "clip": 1.0}


def followed(model, trainer, seed, settings):
    """Train to the end, with the curve of minibatches and dev."""
    first, *_ = trainer.run()
    model.eval()
    return {"trained": model, "parameters": sum(p.numel() for p in model.parameters()), "seed": seed,
            "settings": settings, "first loss": rounded(first),
            "curve": [[each["step"], rounded(each["loss"]), rounded(each["dev"])]
                      for each in trainer.records]}


MODELS = {    # name: (chapter, how to make it of Words)
    "guessing": ("bigrams", guess),
    "bigram, counted": ("bigrams", lambda words: counted_bigram(words, alpha=1.0)),
    "bigram, learnt": ("neural-bigram", lambda words: neural_bigram(words, steps=1000, rate=50.0)),
    "trigram, counted": ("ngrams", lambda words: counted(words, 2, ngram.NGram, alpha=0.1)),
    "6-gram, interpolated": ("ngrams", interpolated),
    "MLP, as in the lecture": ("mlp", network),
    "MLP, small W2": ("more-context", lambda words: begun(words, 3, 1.0)),
    "MLP, small W2, 5 letters": ("more-context", lambda words: begun(words, 5, 1.0)),
    "MLP, small W1, W2": ("more-context", lambda words: begun(words, 3, 0.2)),
    "MLP, small W1, W2, 5 letters": ("more-context", longer),
    "MLP and 6-gram, mixed": ("more-context", mixture),
    "WaveNet": ("wavenet", fused),
    "RNN": ("recurrent", lambda words: recurrently(words, recurrent.RNNCell)),
    "GRU": ("recurrent", lambda words: recurrently(words, recurrent.GRUCell)),
    "LSTM": ("recurrent", lambda words: recurrently(words, recurrent.LSTMCell)),
}


def main(options):
    if unknown := set(options.only or []) - set(MODELS):
        sys.exit(f"no model {', '.join(sorted(unknown))}; there are {', '.join(MODELS)}")
    torch.set_num_threads(1)
    if options.section == "beginnings":
        return beginnings(options.out)
    corpora = {"book": book()} | ({"karpathy": karpathy(options.karpathy)} if options.karpathy else {})
    order = list(MODELS)
    for corpus, words in corpora.items():
        for name in options.only or MODELS:
            rows = with_row(load(options.out)["rows"], made(name, corpus, words), "model", "corpus")
            write(options.out, what=WHAT, rows=sorted(rows, key=lambda row: (
                row["corpus"], order.index(row["model"]) if row["model"] in order else len(order))))


def made(name, corpus, words):
    """The row of one model on one list of names."""
    chapter, make = MODELS[name]
    begin = time.perf_counter()
    result = dict(make(words))
    took = time.perf_counter() - begin
    model = result.pop("trained")
    scores = report(model, {part: words.examples(part, model.block_size)
                            for part in ("train", "dev", "test")})
    row = {"model": name, "corpus": corpus, "chapter": f"docs/makemore/{chapter}.md",
           **{part: rounded(score.nats) for part, score in scores.items()}, **result,
           "seconds": significant(took, 2),
           "from": provenance(__file__, "torch", used="one core used",
                              **{"sha256 of the names": words.sha256})}
    print(f"{corpus:9} {name:26} " + " ".join(f"{part} {row[part]:.4f}" for part in scores)
          + f"  {row['parameters']:,} parameters, {took:.0f} s", flush=True)
    return row


def rounded(nats):
    return significant(nats, 7) if math.isfinite(nats) else None
