"""Measure GPT and BERT, and write results/gpt.json.

    python benchmarks/gpt.py                 speed beside the straightforward way; some minutes
    python benchmarks/gpt.py ladder          a minute
    python benchmarks/gpt.py models --karpathy path/names.txt
                                             the trainings; half an hour

speed     a training step at the size of makemore's default transformer, every saving on its own,
          and sampling with and without a cache.  Contestants start alike, which is checked first, and
          are measured in turns, and ratios are taken round by round.  Exits with 1 if a budget is missed.
ladder    the loss on dev as each part of the Transformer is added
models    GPT and BERT of makemore's default size, trained, and what they can do

A section that is not measured anew stays in the file as it was.
"""

import argparse
import copy
import hashlib
import json
import math
import re
import statistics
import sys
import time
import warnings
from itertools import islice
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.remove(str(Path(__file__).parent))    # or `import makemore` could find a neighbour

from scratch.makemore import bert, data, fast, gpt, transformer    # noqa: E402
from scratch.makemore.attention import MultiHeadAttention, causal    # noqa: E402
from scratch.makemore.data import SOURCES, Vocabulary, read_words, split    # noqa: E402
from scratch.makemore.sample import sample as without_cache    # noqa: E402
from scratch.makemore.optimizers import cosine_rates    # noqa: E402
from scratch.makemore.transformer import SIZES, Config    # noqa: E402
from weave.machine import provenance    # noqa: E402

OUT = ROOT / "results/gpt.json"
BLOCK, BATCH, RATE = 16, 32, 5e-4    # makemore's defaults
STEPS, NAMES = 40, 1000              # in a round
CHECKED = 100                        # steps over which the loss curves are compared
BUDGETS = {2: (2.3, 20), 1: (2.3, 12)}    # threads: a step, and sampling, so many times as fast
GIVEN = 5163                         # data/README.md: so many given names, then surnames


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("section", nargs="?", default="speed", choices=["speed", "ladder", "models"])
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each comparison (9)")
    parser.add_argument("--threads", type=int, default=2, choices=BUDGETS, help="of the speed section (2)")
    parser.add_argument("--karpathy", help="the names.txt of Karpathy's makemore, for its rows")
    parser.add_argument("--only", help="of the models, the one whose name contains this")
    options = parser.parse_args()
    if options.section == "ladder":
        return ladder()
    if options.section == "models":
        return models(options.karpathy, options.only)
    return not speed(options.rounds, options.threads)


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
    order = (list(torch.randint(len(words), (BATCH,), generator=generator))
             for generator in [torch.Generator().manual_seed(1)] for _ in iter(int, 1))
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
    return loop(start, data.batches(*data.rows(words, vocabulary, BLOCK), BATCH, generator), forever(RATE))


def forever(x):
    while True:
        yield x


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


def speed(rounds, threads):
    torch.set_num_threads(threads)
    words = read_words(ROOT / "data/names.txt")
    vocabulary, train = Vocabulary(words), split(words)[0]
    runs = trainings(train, vocabulary)
    curves = {name: list(islice(run, CHECKED)) for name, run in runs.items()}
    apart = max(abs(a - b) for curve in curves.values() for a, b in zip(curve, curves["straightforward"]))
    times = {name: [] for name in runs}
    for number in range(rounds):
        for name in list(runs)[::-1 if number % 2 else 1]:
            begin = time.perf_counter()
            list(islice(runs[name], STEPS))
            times[name].append((time.perf_counter() - begin) / STEPS)
    stepping = {name: {"ms": rounded(1e3 * statistics.median(each)),
                       "times as fast": rounded(statistics.median(
                           a / b for a, b in zip(times["straightforward"], each)))}
                for name, each in times.items()}
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
    times = {name: [] for name in drawing}
    for number in range(rounds + 1):    # the first is to warm up
        for name in list(drawing)[::-1 if number % 2 else 1]:
            begin = time.perf_counter()
            assert drawing[name]() == NAMES
            times[name].append(time.perf_counter() - begin)
    slowest = times["straightforward, 50 at a time"][1:]
    drawn = {name: {"names per second": rounded(NAMES / statistics.median(each[1:])),
                    "times as fast": rounded(statistics.median(a / b for a, b in zip(slowest, each[1:])))}
             for name, each in times.items()}
    quickest = "and the rest of it packed away (fast.py)"
    budgets = [
        row("training step, fast.py, times as fast as the straightforward way", stepping[quickest]["times as fast"], BUDGETS[threads][0]),
        row("sampling 1,000 names, gpt.py, times as fast as 50 at a time without a cache",
            drawn["and a row for all alike (gpt.py)"]["times as fast"], BUDGETS[threads][1]),
        row(f"loss curves over {CHECKED} steps, largest difference in nats", float(f"{apart:.2g}"), 1e-5, less=True),
    ]
    save({"budgets": budgets, "training step": stepping, "sampling": drawn, "threads": threads,
          "rounds (medians)": rounds, "speed from": origin(f"threads used: {threads}")})
    return all(each["holds"] for each in budgets)


def row(what, measured, limit, less=False):
    holds = measured <= limit if less else measured >= limit
    print(f"{'ok  ' if holds else 'MISS'} {what:<76} {measured:>9g} ({limit:g})", flush=True)
    return {"what": what, "measured": measured, "budget": limit, "holds": holds}


# The ladder

class Rung(nn.Module):
    """As much of a GPT as has been built so far."""

    def __init__(self, symbols, block_size, channels=32, positions=True, heads=0, project=False,
                 mlp=0, residual=False, norm=False, layers=1):
        super().__init__()
        self.symbols = nn.Embedding(symbols, channels)
        self.places = nn.Embedding(block_size, channels) if positions else None
        def normed():
            return nn.LayerNorm(channels) if norm else nn.Identity()
        self.layers = nn.ModuleList()
        for _ in range(layers if heads else 0):
            attention = MultiHeadAttention(channels, heads)
            if not project:
                attention.out = nn.Identity()
            thought = None
            if mlp:
                thought = nn.Sequential(nn.Linear(channels, mlp * channels), nn.ReLU())
                if mlp > 1:
                    thought.append(nn.Linear(mlp * channels, channels))
            self.layers.append(nn.ModuleDict({
                "attention": attention, "norm1": normed(), "mlp": thought or nn.Identity(), "norm2": normed()}))
        self.last = normed()
        self.head = nn.Linear(channels, symbols)
        self.residual, self.mlp = residual, mlp

    def logits(self, ids):
        x, mask = self.symbols(ids), causal(ids.shape[1])
        if self.places is not None:
            x = x + self.places.weight[:ids.shape[1]]
        for layer in self.layers:
            y = layer["attention"](layer["norm1"](x), mask)
            x = x + y if self.residual else y
            if self.mlp:
                y = layer["mlp"](layer["norm2"](x))
                x = x + y if self.residual else y
        return self.head(self.last(x))

    def forward(self, ids, targets):
        return F.cross_entropy(self.logits(ids).flatten(0, 1), targets.flatten(), ignore_index=-1)


RUNGS = {
    "the symbol alone": dict(positions=False),
    "and its position": dict(),
    "one head of attention": dict(heads=1),
    "four heads": dict(heads=4),
    "an MLP behind them": dict(heads=4, mlp=1),
    "a residual stream, three blocks": dict(heads=4, project=True, mlp=4, residual=True, layers=3),
    "layer norm": dict(heads=4, project=True, mlp=4, residual=True, layers=3, norm=True),
}


def ladder(count=2000, rate=1e-3):
    """The lecture's order of parts, its sizes and rate, on the book's names."""
    torch.set_num_threads(1)
    words = Words(ROOT / "data/names.txt")
    training, dev = words.of_gpt("train"), words.of_gpt("dev")
    rungs = []
    for name, parts in [*RUNGS.items(), ("GPT of this chapter, same sizes", None)]:
        torch.manual_seed(1)
        V, begin = len(words.vocabulary), time.perf_counter()
        model = Rung(V, BLOCK, **parts) if parts is not None else gpt.GPT(
            Config(V, BLOCK, layers=3, heads=4, channels=32))
        for _ in transformer.train(model, data.batches(*training, BATCH), [rate] * count):
            pass
        parameters = sum(p.numel() for p in model.parameters())
        rungs.append({"part": name, "parameters": parameters, "train": rounded(gpt.loss(model, *training)),
                      "dev": rounded(gpt.loss(model, *dev)), "seconds": rounded(time.perf_counter() - begin)})
        print(rungs[-1], flush=True)
    save({"ladder": {"steps": count, "batch": BATCH, "rate": rate, "rungs": rungs,
                     "from": origin("one core used", words)}})


# Models

class Words:
    """A list of names and its split: the book's, or makemore.py's of 1,000 test words."""

    def __init__(self, path, makemore=False):
        self.words = read_words(path)
        self.sha256 = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        self.vocabulary = Vocabulary(self.words)
        if makemore:
            order = torch.randperm(len(self.words), generator=torch.Generator().manual_seed(3407)).tolist()
            self.train = [self.words[n] for n in order[:-1000]]
            self.dev = self.test = [self.words[n] for n in order[-1000:]]
        else:
            self.train, self.dev, self.test = split(self.words)

    def of_gpt(self, part):
        return data.rows(getattr(self, part), self.vocabulary, BLOCK)

    def of_bert(self, part):
        return data.rows(getattr(self, part), self.vocabulary, BLOCK, boundaries=2)[0]


def trained_gpt(words, count, rate=2e-3, decay=0.1, batch=BATCH, tied=False, dropout=0.0, **sizes):
    """-> the model, its row."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    generator, begin = torch.Generator().manual_seed(1), time.perf_counter()
    config = Config(len(words.vocabulary), BLOCK, tied=tied, dropout=dropout, **{**SIZES["default"], **sizes})
    model = gpt.GPT(config, generator)
    training, losses, curve = words.of_gpt("train"), [], []
    every = count // 40
    for each in fast.train(model, data.batches(*training, batch, generator), cosine_rates(count, rate), decay):
        losses.append(each)
        if len(losses) % every == 0:
            curve.append([len(losses), rounded(statistics.fmean(losses[-every:])),
                          rounded(gpt.loss(model, *words.of_gpt("dev")))])
            print(f"{len(losses):>6} {curve[-1][1]:.4f} {curve[-1][2]:.4f}", flush=True)
    minutes = (time.perf_counter() - begin) / 60
    scores = {name: rounded(gpt.loss(model, *words.of_gpt(name))) for name in ("train", "dev", "test")}
    return model, {"parameters": sum(p.numel() for p in model.parameters()), "minutes": rounded(minutes), **scores,
                   "settings": {"steps": count, "batch": batch, "rate": rate, "weight decay": decay,
                                "dropout": dropout, "tied": tied, **SIZES["default"], **sizes},
                   "curve": curve, "from": origin("one core used", words)}


def trained_bert(words, count, share, rate=2e-3, decay=0.1, dropout=0.0, **sizes):
    """-> the model, its row: both kinds of loss on each split, in nats per letter."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    generator, begin = torch.Generator().manual_seed(1), time.perf_counter()
    config = Config(len(words.vocabulary) + 1, BLOCK, dropout=dropout, **{**SIZES["default"], **sizes})
    model = bert.BERT(config, generator)
    source = bert.masked_batches(words.of_bert("train"), bert.mask_of(model), 2 * BATCH, generator, share)
    for n, each in enumerate(transformer.train(model, source, cosine_rates(count, rate), decay), 1):
        if n % (count // 10) == 0:
            print(f"{n:>6} {each:.4f}", flush=True)
    minutes = (time.perf_counter() - begin) / 60
    scores = {}
    for name in ("dev", "test"):
        ids = words.of_bert(name)
        letters = (ids != 0).sum().item()
        scores[name] = {"all others seen": rounded(bert.pseudo_nll(model, ids).sum().item() / letters),
                        "from the left": rounded(bert.pseudo_nll(model, ids, ahead=True).sum().item() / letters)}
    return model, {"parameters": sum(p.numel() for p in model.parameters()), "minutes": rounded(minutes), **scores,
                   "settings": {"steps": count, "batch": 2 * BATCH, "rate": rate, "weight decay": decay,
                                "dropout": dropout, "share": share, **SIZES["default"], **sizes},
                   "from": origin("one core used", words)}


def models(karpathy, only):
    book = Words(ROOT / "data/names.txt")
    lecture = lecture_split = None
    if karpathy:
        lecture, lecture_split = Words(karpathy), Words(karpathy, makemore=True)
        assert lecture.sha256 == SOURCES["karpathy"][1], f"{karpathy} is not Karpathy's names.txt"
    plans = {
        "lecture's names, makemore's split": lecture_split and (lambda: trained_gpt(lecture_split, 12_000, 3e-3, batch=64, dropout=0.1)),
        "lecture's names, the lectures' split": lecture and (lambda: trained_gpt(lecture, 16_000, 3e-3, batch=64, dropout=0.1)),
        "book's names": lambda: trained_gpt(book, 6_000),
        "BERT, 15 per cent hidden": lambda: trained_bert(book, 2_500, 0.15),
        "BERT, any share hidden": lambda: trained_bert(book, 2_500, None),
    }
    for name, plan in plans.items():
        if not plan or only and only not in name:
            continue
        print(name, flush=True)
        model, found = plan()
        more = {"maps": maps(model, book)} if name == "book's names" else {}
        if name == "BERT, 15 per cent hidden":
            more = {"classifier": classifier(model, book)}
        trained = json.loads(OUT.read_text(encoding="utf-8")).get("trained", {}) if OUT.exists() else {}
        save({"trained": {**trained, name: found}, **more})
        print({key: value for key, value in found.items() if key not in ("curve", "from")}, flush=True)


def maps(model, words, names=("marianne", "robinson")):
    """{name: layers x heads x T x T attention weights, in per cent}."""
    found = {}
    for name in names:
        weights = []
        model.logits(torch.tensor([[0, *words.vocabulary.encode(name)]]), maps=weights)
        found[name] = [(100 * layer[0]).round().int().tolist() for layer in weights]
    return found


def classifier(pretrained, words, budgets=(100, 400, 1600)):
    """Given name or surname? Balanced accuracy on test by labelled words, pretrained and not."""
    given = set(words.words[:GIVEN])
    test = words.of_bert("test")
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
            entry[kind] = [rounded(score) for score in scores]
        found["rows"].append(entry)
        print(entry, flush=True)
    return found


def balanced(ids, labels, batch, generator):
    """As many of one class as of the other in each minibatch."""
    kinds = [(labels == label).nonzero()[:, 0] for label in (0, 1)]
    while True:
        rows = torch.cat([kind[torch.randint(len(kind), (batch // 2,), generator=generator)] for kind in kinds])
        yield ids[rows], labels[rows]


# The file

def save(sections):
    """Write the sections into results/gpt.json, leaving the others as they are."""
    before = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    after = {"made by": "benchmarks/gpt.py", **before, **sections}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(folded(json.dumps(after, indent=1, ensure_ascii=False)) + "\n", encoding="utf-8")
    print(f"wrote {', '.join(sections)} to {OUT.relative_to(ROOT)}", flush=True)


def folded(text):
    """Lists of numbers on one line each."""
    return re.sub(r"\[\s+((?:-?[\d.]+(?:e-?\d+)?,?\s+)+)\]", lambda found: f"[{' '.join(found[1].split())}]", text)


def origin(used, words=None):
    """Where a section comes from."""
    of_names = {} if words is None else {"sha256 of the names": words.sha256}
    return {**provenance(__file__, "torch", used=used), **of_names}


def rounded(number):
    return float(f"{number:.4g}") if abs(number) >= 10 else round(number, 5)


if __name__ == "__main__":
    sys.exit(main())
