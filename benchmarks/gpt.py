"""Measure GPT and BERT: the time of a step and of a sample, and what they learn.

    python -m benchmarks gpt                 speed beside the straightforward way; some minutes
    python -m benchmarks gpt ladder          ten minutes
    python -m benchmarks gpt models --karpathy path/names.txt
                                             the trainings; half an hour

speed     a training step at the size of makemore's default transformer, every saving on its own,
          and sampling with and without a cache.  Contestants start alike, which is checked first.
ladder    the loss on dev as each part of the Transformer is added, with sums and without
models    GPT and BERT of makemore's default size, trained, and what they can do

A section that is not measured anew stays in the file as it was.
"""

import copy
import itertools
import math
import statistics
import time
import warnings
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from scratch.makemore import bert, data, fast, gpt, transformer
from scratch.makemore.attention import MultiHeadAttention
from scratch.makemore.optimizers import cosine_rates
from scratch.makemore.sample import sample as without_cache
from scratch.makemore.transformer import SIZES, Config

from .harness import budget, median, ratio, seconds, significant, turns
from .names import book, karpathy
from .provenance import provenance
from .results import load, with_row, write

BLOCK, BATCH, RATE = 16, 32, 5e-4    # makemore's defaults
STEPS, NAMES = 40, 1000              # in a round
CHECKED = 100                        # steps over which the loss curves are compared
BUDGETS = {2: (2.3, 20), 1: (2.3, 12)}    # threads: a step, and sampling, so many times as fast
GIVEN = 5163                         # data/README.md: so many given names, then surnames


def main(options):
    if options.section == "ladder":
        return ladder(options.out, options.only)
    if options.section == "models":
        return models(options.out, options.karpathy, options.only)
    return speed(options.out, options.rounds, options.threads)


def rows_of_gpt(words, part):
    return data.rows(getattr(words, part), words.vocabulary, BLOCK)


def rows_of_bert(words, part):
    return data.rows(getattr(words, part), words.vocabulary, BLOCK, boundaries=2)[0]


# The straightforward way, and then one saving after the other

class Names(torch.utils.data.Dataset):
    """A word as a pair of rows, made when it is asked for."""

    def __init__(self, words, vocabulary):
        self.words, self.vocabulary = words, vocabulary

    def __len__(self):
        return len(self.words)

    def __getitem__(self, n):
        code = torch.tensor(self.vocabulary.encode(self.words[n]))
        x, y = torch.zeros(BLOCK, dtype=torch.long), torch.full((BLOCK,), -1)
        x[1:1 + len(code)] = code
        y[:len(code)] = code
        y[len(code)] = 0
        return x, y


class Slow(nn.Module):
    """The same network, written operation by operation as the formulas have them."""

    def __init__(self, model, gelu=False, sdpa=False):
        super().__init__()
        self.model, self.fused_gelu, self.sdpa = model, gelu, sdpa
        self.register_buffer("mask", torch.tril(torch.ones(BLOCK, BLOCK))[None, None])

    def forward(self, ids, targets, T=None):
        body = self.model.body
        B, T = ids.shape
        x = body.symbols(ids) + body.positions(torch.arange(T)[None])
        for block in body.blocks:
            x = x + self.attend(block.attention, block.norm1(x))
            x = x + block.mlp.out(self.gelu(block.mlp.hidden(block.norm2(x))))
        logits = self.model.head(body.last_norm(x))
        return F.cross_entropy(logits.view(B * T, -1), targets.reshape(-1), ignore_index=-1)

    def attend(self, layer, x):
        B, T, C = x.shape
        q, k, v = (each.view(B, T, layer.heads, C // layer.heads).transpose(1, 2)
                   for each in layer.qkv(x).split(C, dim=2))
        if self.sdpa:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = (q @ k.transpose(2, 3)) * (1.0 / math.sqrt(k.shape[3]))
            scores = scores.masked_fill(self.mask[:, :, :T, :T] == 0, float("-inf"))
            y = F.softmax(scores, dim=3) @ v
        return layer.out(y.transpose(1, 2).contiguous().view(B, T, C))

    def gelu(self, u):
        if self.fused_gelu:
            return F.gelu(u, approximate="tanh")
        return 0.5 * u * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (u + 0.044715 * torch.pow(u, 3.0))))


def steps(start, words, vocabulary, workers=None, optimizer="plain", crop=False, **kind):
    """Losses, a step for each, with the savings that are named."""
    ids, targets = data.rows(words, vocabulary, BLOCK)
    generator = torch.Generator().manual_seed(1)
    order = (list(torch.randint(len(words), (BATCH,), generator=generator)) for _ in itertools.count())
    if workers is None:
        source = ((ids[chosen], targets[chosen]) for chosen in map(torch.stack, order))
    else:
        source = torch.utils.data.DataLoader(Names(words, vocabulary), num_workers=workers,
                                             batch_sampler=Forever(order))
    model = Slow(start, **kind)
    parameters = list(model.parameters())
    settings = dict(lr=RATE, betas=(0.9, 0.99), weight_decay=0.01)
    if optimizer == "flat":
        flat = fast.together(parameters)
        adam = torch.optim.AdamW([flat], fused=True, **settings)
    else:
        adam = torch.optim.AdamW(parameters, fused=optimizer == "fused", foreach=False, **settings)
    for x, y in source:
        if crop:
            T = int((y >= 0).any(0).sum())
            x, y = x[:, :T], y[:, :T]
        loss = model(x, y)
        if optimizer == "flat":
            flat.grad = torch.cat([slope.flatten() for slope in torch.autograd.grad(loss, parameters)])
        else:
            model.zero_grad(set_to_none=True)
            loss.backward()
        adam.step()
        yield loss.item()


class Forever:
    """A batch sampler without end."""

    def __init__(self, order):
        self.order = order

    def __iter__(self):
        return ([int(n) for n in chosen] for chosen in self.order)


def ours(start, words, vocabulary, loop):
    generator = torch.Generator().manual_seed(1)
    rates = itertools.repeat(RATE)
    return loop(start, data.batches(*data.rows(words, vocabulary, BLOCK), BATCH, generator), rates)


def trainings(words, vocabulary):
    """{name: the losses of a training, step by step}, all from the same start."""
    warnings.filterwarnings("ignore", "This DataLoader will create 4 worker")    # as makemore's does
    start = gpt.GPT(Config(len(vocabulary), BLOCK, tied=False), torch.Generator().manual_seed(1))

    def variant(**savings):
        return steps(copy.deepcopy(start), words, vocabulary, **savings)

    return {
        "straightforward": variant(workers=4),
        "data in memory": variant(),
        "and GELU as one operation": variant(gelu=True),
        "and attention as one operation": variant(gelu=True, sdpa=True),
        "and AdamW fused": variant(gelu=True, sdpa=True, optimizer="fused"),
        "and parameters in one stretch": variant(gelu=True, sdpa=True, optimizer="flat"),
        "and the padding cropped": variant(gelu=True, sdpa=True, optimizer="flat", crop=True),
        "and the rest of it packed away (fast.py)": ours(copy.deepcopy(start), words, vocabulary, fast.train),
        "the clear model (transformer.py)": ours(copy.deepcopy(start), words, vocabulary, transformer.train),
    }


# Sampling

@torch.no_grad()
def straightforward_names(model, count, batch):
    """Every step computes all positions of all words anew, finished or not."""
    slow, names = Slow(model), 0
    body = model.body
    while names < count:
        ids = torch.zeros(batch, 1, dtype=torch.long)
        for _ in range(BLOCK - 1):
            x = body.symbols(ids) + body.positions(torch.arange(ids.shape[1])[None])
            for block in body.blocks:
                x = x + slow.attend(block.attention, block.norm1(x))
                x = x + block.mlp.out(slow.gelu(block.mlp.hidden(block.norm2(x))))
            p = F.softmax(model.head(body.last_norm(x))[:, -1], dim=-1)
            ids = torch.cat([ids, torch.multinomial(p, num_samples=1)], dim=1)
        names += batch
    return names


@torch.no_grad()
def cached_names(model, count):
    """Every step computes the newest position of the words that are not over, a row each."""
    cache, new = gpt.Cache(model.config.layers), torch.zeros(count, 1, dtype=torch.long)
    for _ in range(BLOCK - 1):
        p = F.softmax(model.logits(new, cache)[:, -1], dim=-1)
        drawn = torch.multinomial(p, num_samples=1)
        going = drawn[:, 0].nonzero()[:, 0]
        cache.keep(going)
        new = drawn[going]
    return count


def speed(out, rounds, threads):
    torch.set_num_threads(threads)
    words = book()
    vocabulary, train = words.vocabulary, words.train
    runs = trainings(train, vocabulary)
    curves = {name: list(itertools.islice(run, CHECKED)) for name, run in runs.items()}
    apart = max(abs(a - b) for curve in curves.values() for a, b in zip(curve, curves["straightforward"]))
    times = turns({name: partial(seconds, lambda run=run: list(itertools.islice(run, STEPS)), STEPS)
                   for name, run in runs.items()}, rounds)
    stepping = {name: {"ms": median(1e3 * each for each in took),
                       "times as fast": ratio(times["straightforward"], took)}
                for name, took in times.items()}
    for name, entry in stepping.items():
        print(f"{name:45} {entry['ms']:8.3g} ms {entry['times as fast']:6.3g}", flush=True)
    model = gpt.GPT(Config(len(vocabulary), BLOCK, tied=False), torch.Generator().manual_seed(1))
    quick = fast.train(model, data.batches(*data.rows(train, vocabulary, BLOCK), BATCH,
                                          torch.Generator().manual_seed(1)), cosine_rates(2000, 2e-3))
    list(quick)
    drawing = {
        "straightforward, 50 at a time": lambda: straightforward_names(model, NAMES, 50),
        "straightforward, all at once": lambda: straightforward_names(model, NAMES, NAMES),
        "finished words dropped (sample.py)": lambda: len(without_cache(model, vocabulary, NAMES)),
        "and a cache": lambda: cached_names(model, NAMES),
        "and a row for all alike (gpt.py)": lambda: len(gpt.sample(model, vocabulary, NAMES)),
        "the same, 50 at a time": lambda: len(gpt.sample(model, vocabulary, NAMES, batch=50)),
    }
    times = turns({name: partial(seconds, partial(drawn, draw), NAMES) for name, draw in drawing.items()},
                  rounds, warm=1)
    slowest = times["straightforward, 50 at a time"]
    sampling = {name: {"names per second": median(1 / each for each in took),
                       "times as fast": ratio(slowest, took)} for name, took in times.items()}
    quickest = stepping["and the rest of it packed away (fast.py)"]["times as fast"]
    cached = sampling["and a row for all alike (gpt.py)"]["times as fast"]
    budgets = [
        budget("training step, fast.py, times as fast as the straightforward way", quickest,
               BUDGETS[threads][0], "times", "higher"),
        budget("sampling 1,000 names, gpt.py, times as fast as 50 at a time without a cache", cached,
               BUDGETS[threads][1], "times", "higher"),
        budget(f"loss curves over {CHECKED} steps, largest difference in nats", significant(apart, 2), 1e-5,
               "nats"),
    ]
    origin = provenance(__file__, "torch", used=f"threads used: {threads}", threads=threads, rounds=rounds)
    write(out, origin=origin, budgets=budgets, rows=[], sections={
        name: {"rows": [{"way": way, **entry} for way, entry in found.items()]}
        for name, found in (("training step", stepping), ("sampling", sampling))})
    return budgets


def drawn(draw):
    assert draw() == NAMES


# The ladder

class Rung(nn.Module):
    """As much of a GPT as has been built so far: ids (B, T), targets (B, T) -> the mean loss.

    With sums, what a part makes is added to its input; without, it takes the input's place. Positions
    are packed, as in fast.py.
    """

    def __init__(self, symbols, places=True, heads=1, layers=0, thought=False, sums=False, norms=False):
        super().__init__()
        config = Config(symbols, BLOCK, layers, heads, CHANNELS)
        self.symbols = nn.Embedding(symbols, CHANNELS)
        self.places = nn.Embedding(BLOCK, CHANNELS) if places else None
        def norm():
            return nn.LayerNorm(CHANNELS) if norms else nn.Identity()
        self.parts = nn.ModuleList()
        for _ in range(layers):
            self.parts.append(nn.ModuleList([norm(), MultiHeadAttention(CHANNELS, heads)]))
            if thought:
                self.parts.append(nn.ModuleList([norm(), transformer.MLP(config)]))
        self.last = norm()
        self.head = nn.Linear(CHANNELS, symbols, bias=False)
        self.sums = sums

    def forward(self, ids, targets):
        wanted = targets >= 0
        B, T = len(ids), int(wanted.any(0).sum())
        slots = wanted[:, :T].flatten().nonzero()[:, 0]
        ids, targets = (each[:, :T].flatten()[slots] for each in (ids, targets))
        x = self.symbols(ids)
        if self.places is not None:
            x = x + self.places(slots % T)
        for norm, part in self.parts:
            y = norm(x)
            y = part(y) if isinstance(part, transformer.MLP) else self.attend(part, y, slots, B, T)
            x = x + y if self.sums else y
        return F.cross_entropy(self.head(self.last(x)), targets)

    def attend(self, layer, x, slots, B, T):
        grid = x.new_zeros(B * T, 3 * CHANNELS).index_copy(0, slots, layer.qkv(x))
        q, k, v = grid.view(B, T, 3, layer.heads, -1).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return layer.out(y.transpose(1, 2).reshape(B * T, CHANNELS)[slots])


CHANNELS = 32                     # the lecture's, as are batch and heads
LADDER = dict(steps=1000, batch=32, decay=0.01)
TUNED, SEEDS = 101, (1, 2, 3, 4, 5)    # a seed that chooses the rate, and seeds that are told
PARTS = {    # one more in each row, and each of them with sums and without
    "one head of attention": dict(layers=1),
    "four heads": dict(layers=1, heads=4),
    "and an MLP: one block": dict(layers=1, heads=4, thought=True),
    "three blocks": dict(layers=3, heads=4, thought=True),
    "three blocks, with norms": dict(layers=3, heads=4, thought=True, norms=True),
}
RUNGS = {"the letter alone": dict(places=False), "and its place": {}, **{
    f"{name}, {'added' if sums else 'in place'}": dict(parts, sums=sums)
    for name, parts in PARTS.items() for sums in (False, True)}}


def rung(words, seed, rate, **parts):
    """-> parameters, and loss on dev after a training of one rung."""
    torch.manual_seed(seed)
    model = Rung(len(words.vocabulary), **parts)
    parameters = list(model.parameters())
    flat = fast.together(parameters)
    adam = torch.optim.AdamW([flat], betas=(0.9, 0.99), weight_decay=LADDER["decay"], fused=True)
    source = data.batches(*rows_of_gpt(words, "train"), LADDER["batch"])
    for each, pair in zip(cosine_rates(LADDER["steps"], rate), source):
        adam.param_groups[0]["lr"] = each
        gradients = torch.autograd.grad(model(*pair), parameters)
        flat.grad = torch.cat([gradient.flatten() for gradient in gradients])
        adam.step()
    with torch.no_grad():
        return len(flat), model(*rows_of_gpt(words, "dev")).item()


def ladder(out, only):
    """Each rung at its own best rate, five seeds: from one rung to the next, one thing changes."""
    torch.set_num_threads(1)
    words = book()
    for name, parts in RUNGS.items():
        if only and only != name:
            continue
        tried, rate, around = {}, None, [2.0 ** -8]
        while around:        # the best rate, and twice and half of it: is one of them better?
            for each in around:
                tried[each] = rung(words, TUNED, each, **parts)[1]
            rate = min(tried, key=tried.get)
            around = [each for each in (rate / 2, rate * 2) if each not in tried]
        sizes, losses = zip(*(rung(words, seed, rate, **parts) for seed in SEEDS))
        entry = {"part": name, "parameters": sizes[0], "rate": rate,
                 "dev": significant(list(losses), 6),
                 "rates tried": [[each, significant(loss, 6)] for each, loss in sorted(tried.items())]}
        print(entry, flush=True)
        rows = load(out)["sections"].get("ladder", {"rows": []})["rows"]
        kept = with_row([row for row in rows if row["part"] in RUNGS], entry, "part")
        write(out, sections={"ladder": {
            "from": origin(words, channels=CHANNELS, **LADDER),
            "rows": sorted(kept, key=lambda row: list(RUNGS).index(row["part"]))}})


# Models

def trained_gpt(words, count, rate=2e-3, decay=0.1, batch=BATCH, tied=False, dropout=0.0, **sizes):
    """-> the model, its row."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    generator, begin = torch.Generator().manual_seed(1), time.perf_counter()
    config = Config(len(words.vocabulary), BLOCK, tied=tied, dropout=dropout, **{**SIZES["default"], **sizes})
    model = gpt.GPT(config, generator)
    training, losses, curve = rows_of_gpt(words, "train"), [], []
    every = count // 40
    source = data.batches(*training, batch, generator)
    for each in fast.train(model, source, cosine_rates(count, rate), decay):
        losses.append(each)
        if len(losses) % every == 0:
            curve.append([len(losses), significant(statistics.fmean(losses[-every:]), 6),
                          significant(gpt.loss(model, *rows_of_gpt(words, "dev")), 6)])
            print(f"{len(losses):>6} {curve[-1][1]:.4f} {curve[-1][2]:.4f}", flush=True)
    minutes = (time.perf_counter() - begin) / 60
    scores = {name: significant(gpt.loss(model, *rows_of_gpt(words, name)), 6)
              for name in ("train", "dev", "test")}
    return model, {"parameters": sum(p.numel() for p in model.parameters()),
                   "minutes": significant(minutes), **scores,
                   "settings": {"steps": count, "batch": batch, "rate": rate, "weight decay": decay,
                                "dropout": dropout, "tied": tied, **SIZES["default"], **sizes},
                   "curve": curve, "from": origin(words)}


def trained_bert(words, count, share, rate=2e-3, decay=0.1, dropout=0.0, **sizes):
    """-> the model, its row: both kinds of loss on each split, in nats per letter."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    generator, begin = torch.Generator().manual_seed(1), time.perf_counter()
    config = Config(len(words.vocabulary) + 1, BLOCK, dropout=dropout, **{**SIZES["default"], **sizes})
    model = bert.BERT(config, generator)
    source = bert.masked_batches(rows_of_bert(words, "train"), bert.mask_of(model), 2 * BATCH, generator,
                                 share)
    for n, each in enumerate(transformer.train(model, source, cosine_rates(count, rate), decay), 1):
        if n % (count // 10) == 0:
            print(f"{n:>6} {each:.4f}", flush=True)
    minutes = (time.perf_counter() - begin) / 60
    scores = {}
    for name in ("dev", "test"):
        ids = rows_of_bert(words, name)
        letters = (ids != 0).sum().item()
        scores[name] = {
            kind: significant(bert.pseudo_nll(model, ids, ahead=ahead).sum().item() / letters, 6)
            for kind, ahead in (("all others seen", False), ("from the left", True))}
    return model, {"parameters": sum(p.numel() for p in model.parameters()),
                   "minutes": significant(minutes), **scores,
                   "settings": {"steps": count, "batch": 2 * BATCH, "rate": rate, "weight decay": decay,
                                "dropout": dropout, "share": share, **SIZES["default"], **sizes},
                   "from": origin(words)}


def models(out, path, only):
    on = {"book": book()}
    if path:
        on |= {"makemore's split": karpathy(path, makemore=True), "the lectures' split": karpathy(path)}
    plans = {    # name: (list of names, what to train on it)
        "lecture's names, makemore's split": ("makemore's split", lambda words: trained_gpt(
            words, 12_000, 3e-3, batch=64, dropout=0.1)),
        "lecture's names, the lectures' split": ("the lectures' split", lambda words: trained_gpt(
            words, 16_000, 3e-3, batch=64, dropout=0.1)),
        "book's names": ("book", lambda words: trained_gpt(words, 6_000)),
        "BERT, 15 per cent hidden": ("book", lambda words: trained_bert(words, 2_500, 0.15)),
        "BERT, any share hidden": ("book", lambda words: trained_bert(words, 2_500, None)),
    }
    for name, (words, plan) in plans.items():
        if words not in on or only and only not in name:
            continue
        print(name, flush=True)
        model, found = plan(on[words])
        if name == "book's names":
            found["maps"] = maps(model, on["book"])
            found |= heads(model, on["book"])
        if name == "BERT, 15 per cent hidden":
            found["classifier"] = classifier(model, on["book"])
        rows = load(out)["sections"].get("trained", {"rows": []})["rows"]
        write(out, sections={"trained": {"rows": with_row(rows, {"model": name, **found}, "model")}})
        print({key: found[key] for key in ("parameters", "minutes", "dev", "test")}, flush=True)


def maps(model, words, names=("marianne", "robinson")):
    """{name: layers x heads x T x T attention weights, in per cent}."""
    found = {}
    for name in names:
        weights = []
        model.logits(torch.tensor([[0, *words.vocabulary.encode(name)]]), maps=weights)
        found[name] = [(100 * layer[0]).round().int().tolist() for layer in weights]
    return found


@torch.no_grad()
def heads(model, words):
    """Where each head looks, over dev, and by how much the loss rises without it.

    reach is how many letters back the weights are on average; self, previous and boundary are the mean
    weights of the letter itself, of the one before it and of the word's beginning, where these are
    different positions.  A head is taken away by zeroing what the output matrix makes of its answer.
    rise is in nats per character, and error the standard error of rise over words.
    """
    ids, targets = rows_of_gpt(words, "dev")
    wanted, maps = targets >= 0, []
    model.logits(ids, maps=maps)
    t = torch.arange(ids.shape[1])
    apart, far = (t[:, None] - t).clamp(min=0), wanted & (t >= 2)

    def nats():
        found = F.cross_entropy(model.logits(ids).transpose(1, 2), targets, ignore_index=-1, reduction="none")
        return found.double().sum(1)

    def without(layer, columns):
        weight = model.body.blocks[layer].attention.out.weight
        kept = weight[:, columns].clone()
        weight[:, columns] = 0
        more = nats() - whole
        weight[:, columns] = kept
        characters = wanted.sum(1)
        rise = more.sum() / characters.sum()
        error = (more - rise * characters).square().sum().sqrt() / characters.sum()
        return {"rise": significant(rise.item()), "error": significant(error.item())}

    whole, rows = nats(), []
    D = model.config.channels // model.config.heads
    for layer, weights in enumerate(maps):
        for head in range(model.config.heads):
            w = weights[:, head]
            rows.append({
                "layer": layer + 1, "head": head + 1,
                "reach": significant((w * apart).sum(2)[far].mean().item()),
                "self": significant(w.diagonal(0, 1, 2)[far].mean().item()),
                "previous": significant(w.diagonal(-1, 1, 2)[far[:, 1:]].mean().item()),
                "boundary": significant(w[:, :, 0][far].mean().item()),
                **without(layer, slice(head * D, (head + 1) * D))})
    layers = [{"layer": layer + 1, **without(layer, slice(None))} for layer in range(len(maps))]
    return {"heads": rows, "layers": layers}


def classifier(pretrained, words, budgets=(100, 400, 1600)):
    """Given name or surname? Balanced accuracy on test by labelled words, pretrained and not."""
    given = set(words.words[:GIVEN])
    test = rows_of_bert(words, "test")
    labels = torch.tensor([word in given for word in words.test]).long()
    found = {"test words": len(labels), "given names among them": int(labels.sum()), "rows": []}
    for count in budgets:
        chosen = words.train[:count]
        ids, _ = data.rows(chosen, words.vocabulary, BLOCK, boundaries=2)
        answers = torch.tensor([word in given for word in chosen]).long()
        entry = {"labelled": count}
        for kind in ("pretrained", "from scratch"):
            scores = []
            for seed in (1, 2, 3):
                torch.manual_seed(seed)
                generator = torch.Generator().manual_seed(seed)
                start = copy.deepcopy(pretrained)
                if kind == "from scratch":
                    transformer.init_weights(start, start.config, generator)
                model = bert.Classifier(start, 2, generator)
                source = balanced(ids, answers, 32, generator)
                for _ in transformer.train(model, source, cosine_rates(200, 1e-3), 0.1):
                    pass
                with torch.no_grad():
                    guesses = model(test).argmax(1)
                right = (guesses == labels).double()
                scores.append(((right[labels == 0].mean() + right[labels == 1].mean()) / 2).item())
            entry[kind] = significant(scores, 5)
        found["rows"].append(entry)
        print(entry, flush=True)
    return found


def balanced(ids, labels, batch, generator):
    """As many of one class as of the other in each minibatch."""
    kinds = [(labels == label).nonzero()[:, 0] for label in (0, 1)]
    while True:
        rows = torch.cat([kind[torch.randint(len(kind), (batch // 2,), generator=generator)]
                          for kind in kinds])
        yield ids[rows], labels[rows]


def origin(words, **conditions):
    """Where a row or section comes from."""
    return provenance(__file__, "torch", used="one core used",
                      **{"sha256 of the names": words.sha256}, **conditions)
