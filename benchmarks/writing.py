"""Measure a GPT that learns to write: its vocabulary, what size and data are worth, what it copies.

    python -m benchmarks writing                all of it (three quarters of an hour of one core)
    python -m benchmarks writing vocabulary     characters and tokens at equal work, three seeds
    python -m benchmarks writing scaling        four sizes, three budgets, and the next size, by a fitted law
    python -m benchmarks writing written        a longer training: its loss, its texts, and what it copies

The text is the prose of the installed Python's standard library, read where it lies (data/library.py);
another version of Python has another one.  Losses are nats per byte of files that are held out.  All is
computed by one thread; the rate of a training falls to 0 along a cosine.
"""

import functools
import hashlib
import json
import math
import os
import random
import runpy
import statistics
import time

import torch

from scratch.bpe.tokenizer import RegexTokenizer
from scratch.makemore import data, fast, gpt, texts
from scratch.makemore.optimizers import cosine_rates
from scratch.makemore.scaling import flops
from scratch.makemore.transformer import Config
from weave.files import write_atomically

from .harness import ROOT, significant
from .provenance import provenance
from .results import write

WHAT = "a GPT that learns to write: its vocabulary, what size and data are worth, and what it copies"
BATCH_TOKENS = 512                      # of a minibatch, whatever the window
HELD = 50_000                           # bytes of the held-out text that each training is measured on
SMALL = dict(T=64, layers=2, channels=64)
WORK = dict(tokens=307_200, V=1024)     # of this many tokens, the work that all vocabularies get
VOCABULARIES = (    # name, vocabulary (0: characters), positions of a window
    ("characters", 0, 64), ("characters, a longer window", 0, 192), ("512 tokens", 512, 64),
    ("1,024 tokens", 1024, 64), ("2,048 tokens", 2048, 64), ("4,096 tokens", 4096, 64))
RATES, SEEDS = (4e-3, 2e-3, 8e-3), (1, 2, 3)
CHANNELS, BUDGETS, NEXT = (8, 16, 32, 64), (128_000, 409_600, 1_280_000), 128
RATE = 0.05                             # divided by the root of the channels
LONG = dict(T=128, layers=4, channels=128, V=1024, tokens=4_608_000, rate=2e-3)
BY_HEART = dict(LONG, tokens=409_600)    # the control: so long on one page in 250
PIECES, WRITTEN = 16, 200               # continuations, and tokens of each
PROMPT, ASKED = 64, 32                  # characters to go on from, and those that are compared
KEPT = None                             # a folder for the trainings of the first two sections
LENGTHS = (5, 10, 20, 40, 80, 160)


def main(options):
    global KEPT
    KEPT = options.kept
    torch.set_num_threads(1)
    for name in [options.section] if options.section else ["vocabulary", "scaling", "written"]:
        section = {"vocabulary": vocabulary, "scaling": scaling, "written": written}[name]()
        text = {what: {"files": len(part), "bytes": len("".join(part.values())), "sha256": digest(part)}
                for what, part in zip(("to train on", "held out"), parts())}
        origin = provenance(__file__, "numpy", "torch", used="one thread", clock="time of the processor",
                            load=" ".join(f"{each:.1f}" for each in os.getloadavg()), text=text)
        write(options.out, what=WHAT, sections={name: {"from": origin, "budgets": [], **section}})


@functools.cache
def parts():
    return runpy.run_path(str(ROOT / "data/library.py"))["prose"]()


@functools.cache
def text_and_held():
    return tuple("".join(part.values()) for part in parts())


def digest(part):
    return hashlib.sha256("".join(part.values()).encode()).hexdigest()


@functools.cache
def tokens_of(V, share):
    """A tokenizer of so many tokens, or of characters, and the ids of a share of the text."""
    train, held = text_and_held()
    tokenizer = texts.Characters(train + held)
    if V:
        tokenizer = RegexTokenizer()
        tokenizer.train(train, V)
    return tokenizer, torch.tensor(tokenizer.encode(train[:int(share * len(train))]))


def trained(V=1024, T=64, layers=2, channels=64, tokens=307_200, rate=4e-3, seed=1, share=1.0):
    """-> a tokenizer, a model, its losses, and how many passes over the text it took."""
    tokenizer, ids = tokens_of(V, share)
    generator = torch.Generator().manual_seed(seed)
    config = Config(V or len(tokenizer), T, layers, max(1, channels // 32), channels)
    model = gpt.GPT(config, generator)
    batch = BATCH_TOKENS // T
    minibatches = data.batches(*texts.windows(ids, T), batch, generator)
    losses = list(fast.train(model, minibatches, cosine_rates(tokens // (batch * T), rate)))
    return tokenizer, model, losses, tokens / len(ids)


def run(**settings):
    """training(**settings), or what it returned when a file of KEPT was written."""
    if KEPT is None:
        return training(**settings)
    path = KEPT / f"{hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]}.json"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, json.dumps(training(**settings)))
    return json.loads(path.read_text())


def training(**settings):
    """One training -> its loss on the text that was held out, and what it took."""
    _, held = text_and_held()
    tokens_of(settings.get("V", 1024), 1.0)
    begin = time.process_time()
    tokenizer, model, losses, passes = trained(**settings)
    row = {"V": model.config.symbols, **settings, "parameters": sum(p.numel() for p in model.parameters()),
           "flops": flops(model.config, settings["tokens"]), "passes": significant(passes),
           "bytes per token": significant(len(held) / len(tokenizer.encode(held)), 4),
           "nats per byte": round(texts.nats_per_byte(model, tokenizer, held[:HELD]), 4),
           "nats per token": round(statistics.mean(losses[-50:]), 4),
           "seconds": significant(time.process_time() - begin)}
    print(row, flush=True)
    return row


# The vocabulary

def vocabulary():
    """Every vocabulary gets the same work, at one rate for all; half and twice of it are tried once."""
    work = flops(Config(WORK["V"], SMALL["T"], SMALL["layers"], channels=SMALL["channels"]), WORK["tokens"])
    rows = []
    for name, V, T in VOCABULARIES:
        symbols = V or len(set("".join(text_and_held())))
        each = flops(Config(symbols, T, SMALL["layers"], channels=SMALL["channels"]), 1)
        settings = {**SMALL, "V": V, "T": T, "tokens": round(work / each)}
        kept = [run(**settings, rate=RATES[0], seed=seed) for seed in SEEDS]
        tried = kept[:1] + [run(**settings, rate=rate, seed=SEEDS[0]) for rate in RATES[1:]]
        losses = [row["nats per byte"] for row in kept]
        rows.append({"tokens are": name, **{key: kept[0][key] for key in (
            "V", "T", "parameters", "tokens", "rate", "bytes per token", "flops")},
            "nats per byte": round(statistics.mean(losses), 4), "each": losses,
            "at each rate": {str(row["rate"]): row["nats per byte"] for row in tried}})
    return {"rows": rows}


# Scaling

def scaling():
    """The grid; the law that is fitted to it; and the next size, which it has not seen."""
    rows = [run(channels=C, tokens=D, rate=significant(RATE / math.sqrt(C)))
            for C in CHANNELS for D in BUDGETS]
    checks = [run(channels=C, tokens=BUDGETS[0], rate=significant(times * RATE / math.sqrt(C)))
              for C in (CHANNELS[0], CHANNELS[-1]) for times in (0.5, 2)]
    again = [run(channels=CHANNELS[1], tokens=D, rate=significant(RATE / math.sqrt(CHANNELS[1])), seed=seed)
             for D in BUDGETS[:2] for seed in SEEDS[1:]]
    largest = [run(channels=NEXT, tokens=D, rate=significant(RATE / math.sqrt(NEXT))) for D in BUDGETS]
    parts = {"grid": rows, "next": largest, "other rates": checks, "other seeds": again}
    return {"rows": [{"part": part, **row} for part, rows in parts.items() for row in rows]}


# A longer training

def written():
    return {"rows": [writer(name) for name in ("written", "by heart")]}


def writer(name):
    """One long training -> its loss, texts, and how much of what it writes stands in what it learnt."""
    settings = {"written": LONG, "by heart": {**BY_HEART, "share": 0.004}}[name]
    begin = time.process_time()
    tokenizer, model, losses, passes = trained(**settings)
    train, held = text_and_held()
    train = train[:int(settings.get("share", 1.0) * len(train))]
    row = {"training": name, **settings, "parameters": sum(p.numel() for p in model.parameters()),
           "bytes": len(train), "passes": significant(passes),
           "seconds": significant(time.process_time() - begin),
           "train": round(texts.nats_per_byte(model, tokenizer, train[-HELD:]), 4),
           "held out": round(texts.nats_per_byte(model, tokenizer, held), 4),
           "losses": [round(statistics.mean(losses[n:n + 50]), 4) for n in range(0, len(losses), 50)]}
    rng = random.Random(1)

    def starts(text, length):
        """Places where paragraphs begin, with that much behind them."""
        at = [n for n in range(2, len(text) - length) if text[n - 2:n] == "\n\n" and text[n].isalpha()]
        return rng.sample(at, PIECES)

    def share(pieces):
        found = [texts.matches(piece, train) for piece in pieces]
        return {str(n): significant(sum(texts.copied(each, n) * len(each) for each in found)
                                    / sum(map(len, found)), 3) for n in LENGTHS}

    def go_on(prompts, count, **how):
        """Texts that follow prompts, all at once: the prompts' last tokens, as many of each."""
        ids = [tokenizer.encode(prompt) for prompt in prompts]
        ids = torch.tensor([each[-min(map(len, ids)):] for each in ids])
        length, chances = ids.shape[1], random.Random(1)
        for _ in range(count):
            new = texts.draw(model, ids, chances, **how)
            ids = torch.cat([ids, new[:, None]], dim=1)
        return [tokenizer.decode(each[length:].tolist()) for each in ids]

    ways = {"temperature 1": {}, "temperature 1, top-p 0.9": {"top_p": 0.9},
            "temperature 0.7": {"temperature": 0.7}}
    openings = [held[n:n + PROMPT] for n in starts(held, 4 * WRITTEN)]
    row["copied"] = {}
    for way, how in ways.items() if name == "written" else [*ways.items()][:1]:
        pieces = go_on(openings, WRITTEN, **how)
        row["copied"][way] = share(pieces)
        if name == "written":
            row.setdefault("texts", {})[way] = pieces[:2]
    size = round(statistics.mean(map(len, pieces)))
    row["copied"]["held out"] = share([held[n:n + size] for n in starts(held, size)])
    for what, text in (("train", train), ("held out", held)):
        places = starts(text, PROMPT + ASKED)
        guesses = go_on([text[n:n + PROMPT] for n in places], ASKED, top_k=1)
        row[f"extracted from {what}"] = sum(
            guess[:ASKED] == text[n + PROMPT:n + PROMPT + ASKED] for n, guess in zip(places, guesses))
    row["prompts"] = PIECES
    if name == "written":
        row["texts"]["its own beginnings"] = [
            texts.write(model, tokenizer, prompt, 120, seed=1, temperature=0.7)
            for prompt in ("Return the ", "The gradient")]
    print(row, flush=True)
    return row
