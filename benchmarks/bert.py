"""Measure GPT and BERT side by side: the same size, the same names seen, five seeds of each.

    python -m benchmarks bert                trains 5 seeds of each kind; half an hour
    python -m benchmarks bert --kept FOLDER  the same, and keeps the models there, or finds them there

training    the loss on dev against the names seen; each budget is a training with a cosine of its own
corruption  all chosen letters masked against 80/10/10, and 15 per cent hidden against any share
filling     two letters hidden in the middle of names: is the true name the first guess?
frozen      linear models on vectors that are read at different places, pretrained and not
tuned       whole networks trained on with labels, pretrained and not, and counting without a network
searching   a misspelt name, and the nearest vector
similarity  CKA between layers, with other seeds and untrained models for comparison
"""

import functools
import itertools
import statistics

import torch
import torch.nn.functional as F

from scratch.makemore import bert, data, fast, gpt, transformer
from scratch.makemore.attention import causal
from scratch.makemore.bert import BERT
from scratch.makemore.gpt import GPT
from scratch.makemore.optimizers import cosine_rates
from scratch.makemore.transformer import SIZES, Config

from .harness import significant
from .names import book
from .provenance import provenance
from .results import write

SEEDS = 1, 2, 3, 4, 5
BATCH = 64
STEPS = 250, 500, 1000                  # each a training of its own
RATES = 3e-3, 6e-3, 12e-3, 24e-3        # tried with a seed of their own, at RATED steps
RATED, RATING_SEED = 500, 6
KINDS = {"GPT": None, "BERT, 15 percent hidden": 0.15, "BERT, any share hidden": None}
ALL_MASKED = "BERT, 15 percent hidden, all masked"
COMPARED = 1000                         # dev names on which losses are compared
FILLED = 300                            # dev names of six letters or more
GIVEN = 5163                            # data/README.md: so many given names, then surnames
LABELLED = 100, 400, 1600
PENALTIES = 1e-3, 1e-2, 1e-1            # of the linear models; the best on dev is taken
TUNING_RATES = 1e-3, 3e-3               # likewise, with the first seed and LABELLED[1] labels
TUNING_STEPS = 200


def main(options):
    torch.set_num_threads(1)
    lab = Lab(options.kept)
    for name, section in SECTIONS.items():
        if options.only and options.only != name:
            continue
        rows = section(lab)
        write(options.out, sections={name: {"from": lab.origin, "rows": rows}})


class Lab:
    """The names, and the trained models by kind, seed and steps."""

    def __init__(self, folder=None):
        self.words = book()
        self.vocabulary = self.words.vocabulary
        self.V = len(self.vocabulary)
        self.T = max(map(len, self.words.words)) + 2
        self.mask = self.V
        self.folder = folder
        self.memory = {}
        self.rates = {}
        self.origin = provenance(__file__, "torch", used="one core used",
                                 **{"sha256 of the names": self.words.sha256}, batch=BATCH, seeds=list(SEEDS),
                                 size=SIZES["tiny"])

    def rows(self, words):
        """A word between its two boundaries, which either kind can read."""
        return data.rows(words, self.vocabulary, self.T, boundaries=2)[0]

    def untrained(self, kind, seed):
        generator = torch.Generator().manual_seed(seed)
        symbols = self.V + (kind != "GPT")
        return (GPT if kind == "GPT" else BERT)(Config(symbols, self.T, **SIZES["tiny"]), generator).eval()

    def trained(self, kind, seed, steps, rate=None):
        key = f"{kind}, seed {seed}, {steps} steps, {rate or self.rate(kind)}"
        if key in self.memory:
            return self.memory[key]
        model = self.untrained(kind, seed)
        path = self.folder and self.folder / f"{key}.pt"
        if path and path.exists():
            model.load_state_dict(torch.load(path))
        else:
            self.train(model, kind, seed, steps, rate or self.rate(kind))
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
                torch.save(model.state_dict(), path)
        self.memory[key] = model.eval()
        print(key, flush=True)
        return model

    @torch.enable_grad()
    def train(self, model, kind, seed, steps, rate):
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        rates = cosine_rates(steps, rate)
        if kind == "GPT":
            source = data.batches(*data.rows(self.words.train, self.vocabulary, self.T), BATCH, generator)
            losses = fast.train(model, source, rates)
        else:
            ids = self.rows(self.words.train)
            source = (all_masked(ids, self.mask, generator) if kind == ALL_MASKED else
                      bert.masked_batches(ids, self.mask, BATCH, generator, KINDS[kind]))
            losses = transformer.train(model, source, rates)
        for _ in losses:
            pass

    def rate(self, kind):
        """The best of RATES for this kind, by its own loss on dev."""
        if kind == ALL_MASKED:
            kind = "BERT, 15 percent hidden"
        if kind not in self.rates:
            found = {rate: self.loss(self.trained(kind, RATING_SEED, RATED, rate), kind) for rate in RATES}
            self.rates[kind] = min(found, key=found.get), found
            print(kind, found, flush=True)
        return self.rates[kind][0]

    def loss(self, model, kind):
        """What the kind was trained for, on dev."""
        dev = self.words.dev[:COMPARED]
        if kind == "GPT":
            return gpt.loss(model, *data.rows(dev, self.vocabulary, self.T))
        ids = self.rows(dev)
        return hidden_loss(model, ids, self.mask, KINDS[kind])


def all_masked(ids, mask, generator):
    """masked_batches at 15 percent, but for the 80, 10 and 10: each chosen letter becomes a mask."""
    while True:
        chosen = ids[torch.randint(len(ids), (BATCH,), generator=generator)]
        chosen = chosen[:, :bert.ends(chosen).max()]
        hide = (chosen != 0) & (torch.rand(chosen.shape, generator=generator) < 0.15)
        yield chosen.where(~hide, mask), chosen.where(hide, -1)


@torch.no_grad()
def hidden_loss(model, ids, mask, share):
    """Nats per hidden letter, the same letters for each model; share=None: a share drawn for each word."""
    generator = torch.Generator().manual_seed(5)
    each = torch.rand(len(ids), 1, generator=generator) if share is None else share
    hide = (ids != 0) & (torch.rand(ids.shape, generator=generator) < each)
    return model(ids.where(~hide, mask), ids.where(hide, -1)).item()


def whole_word_nats(lab, model, kind, words):
    """-ln p of each word, ends and lengths paid for: comparable between kinds."""
    if kind == "GPT":
        ids, targets = data.rows(words, lab.vocabulary, lab.T)
        with torch.no_grad():
            logprobs = model.logits(ids).double().log_softmax(-1)
        return -(logprobs.gather(2, targets.clamp(min=0)[:, :, None])[:, :, 0] * (targets >= 0)).sum(1)
    counts = torch.bincount(torch.tensor([len(word) for word in lab.words.train]), minlength=lab.T) + 1.0
    cost = -(counts / counts.sum()).double().log()
    return (bert.pseudo_nll(model, lab.rows(words), ahead=True).sum(1)
            + cost[torch.tensor([len(word) for word in words])])


def training(lab):
    """Every kind, budget and seed: -ln p of whole dev names, in nats per symbol, ends included."""
    dev, found = lab.words.dev[:COMPARED], []
    symbols = sum(map(len, dev)) + len(dev)
    for kind, steps in itertools.product(KINDS, STEPS):
        if KINDS[kind] and steps < STEPS[-1]:
            continue                    # the usual BERT: at the largest budget only
        rate = lab.rate(kind)
        losses, pseudo = [], []
        for seed in SEEDS:
            model = lab.trained(kind, seed, steps)
            losses.append(whole_word_nats(lab, model, kind, dev).sum().item() / symbols)
            if kind != "GPT":
                pseudo.append(bert.pseudo_nll(model, lab.rows(dev)).sum().item() / (symbols - len(dev)))
        found.append({"kind": kind, "steps": steps, "names seen": steps * BATCH, "rate": rate,
                      "rates tried": [[each, significant(nats, 5)]
                                      for each, nats in lab.rates[kind][1].items()],
                      "parameters": sum(p.numel() for p in model.parameters()),
                      "nats per symbol": significant(losses, 5),
                      **({"all others seen, nats per letter": significant(pseudo, 5)} if pseudo else {})})
        print(found[-1], flush=True)
    return found


@torch.no_grad()
def corruption(lab, steps=1000):
    ids, found = lab.rows(lab.words.dev), []
    letters = ids != 0
    for kind in (*list(KINDS)[1:], ALL_MASKED):
        row = {"kind": kind, "steps": steps, "visible letter, p": [], "one letter hidden, nats": []}
        shares = {share: [] for share in (0.15, 0.5, 1.0)}
        for seed in SEEDS:
            model = lab.trained(kind, seed, steps)
            p = model(ids).softmax(-1).gather(2, ids[:, :, None])[letters].mean().item()
            row["visible letter, p"].append(p)
            part = ids[:COMPARED]
            row["one letter hidden, nats"].append(
                bert.pseudo_nll(model, part).sum().item() / (part != 0).sum().item())
            for share, losses in shares.items():
                losses.append(hidden_loss(model, ids, lab.mask, share))
        found.append({key: significant(value, 5) if isinstance(value, list) else value
                      for key, value in row.items()}
                     | {"hidden, nats": [[share, *significant(losses, 5)]
                                         for share, losses in shares.items()]})
        print(found[-1], flush=True)
    return found


def gapped(word):
    """The two letters in the middle become gaps."""
    m = len(word) // 2
    return word[:m - 1] + "??" + word[m + 1:]


def filling(lab, steps=STEPS[-1]):
    """Of FILLED names, how many are guessed: by each seed and, paired, by one kind only."""
    some = [word for word in lab.words.dev if len(word) >= 6][:FILLED]
    letters = lab.vocabulary.characters[1:]
    pairs = ["".join(each) for each in itertools.product(letters, letters)]
    found = []
    for kind in KINDS:
        hits = []
        for seed in SEEDS:
            model = lab.trained(kind, seed, steps)
            right = []
            for word in some:
                pattern = gapped(word)
                if kind == "GPT":
                    fits = [pattern.replace("??", pair) for pair in pairs]
                    ids, targets = data.rows(fits, lab.vocabulary, len(word) + 1)
                    with torch.no_grad():
                        logprobs = model.logits(ids).log_softmax(-1)
                    nats = -logprobs.gather(2, targets[:, :, None])[:, :, 0].sum(1)
                    guess = fits[nats.argmin()]
                else:
                    guess = bert.fill(model, lab.vocabulary, pattern, 1)[0][0]
                right.append(int(guess == word))
            hits.append(right)
        found.append({"kind": kind, "steps": steps, "names": len(some), "right": [sum(each) for each in hits],
                      "which": hits})
        print(found[-1]["kind"], found[-1]["right"], flush=True)
    return found


# Two tasks with labels: of a word, and of each of its letters

class Kind:
    """Given name or surname? Balanced accuracy."""

    name = "given name or surname"

    def __init__(self, lab):
        given = set(lab.words.words[:GIVEN])
        self.parts = {}
        for part in ("train", "dev", "test"):
            words = getattr(lab.words, part)
            self.parts[part] = lab.rows(words), torch.tensor([int(word in given) for word in words])

    def loss(self, logits, labels, ids):
        weight = 1 / torch.bincount(labels, minlength=2).clamp(min=1)
        return F.cross_entropy(logits, labels, weight.to(logits.dtype))

    def score(self, logits, labels, ids):
        right = (logits.argmax(1) == labels).double()
        return ((right[labels == 0].mean() + right[labels == 1].mean()) / 2).item()


class Wrong:
    """One letter of each name was exchanged for another: which? The share of names that are answered."""

    name = "the wrong letter"

    def __init__(self, lab):
        self.parts = {}
        for n, part in enumerate(("train", "dev", "test")):
            words = [word for word in getattr(lab.words, part) if len(word) >= 4]
            self.parts[part] = misspelt(lab.rows(words), lab.V, torch.Generator().manual_seed(n))

    def loss(self, scores, labels, ids):
        return F.cross_entropy(scores.masked_fill(ids == 0, -1e9), labels)

    def score(self, scores, labels, ids):
        return (scores.masked_fill(ids == 0, -1e9).argmax(1) == labels).double().mean().item()


def misspelt(ids, V, generator):
    """ids (N, T) -> the same with one letter of each exchanged for another, and its place (N)."""
    place = (torch.rand(ids.shape, generator=generator) * (ids != 0)).argmax(1)      # any letter, alike
    row = torch.arange(len(ids))
    shift = torch.randint(1, V - 1, (len(ids),), generator=generator)
    wrong = (ids[row, place] - 1 + shift) % (V - 1) + 1
    return ids.index_put((row, place), wrong), place


@functools.cache
def tasks_of(lab):
    return Kind(lab), Wrong(lab)


def pooled(x, ids, where):
    """bert.pooled, and the last letter, which is the last that a GPT was trained to read."""
    if where == "last letter":
        return x[torch.arange(len(x)), bert.ends(ids) - 2]
    return bert.pooled(x, ids, where)


@torch.no_grad()
def vectors(model, ids):
    """The stream's last state (N, T, C)."""
    T = ids.shape[1]
    mask = causal(T) if isinstance(model, GPT) else bert.padding(bert.ends(ids), T)
    return torch.cat([model.body(each, m) for each, m in
                      zip(ids.split(1000), [mask] * 99 if isinstance(model, GPT) else mask.split(1000))])


def fitted(task, features, labels, ids, classes, penalty):
    """Logistic regression by L-BFGS on features (N, C) or, a score for each position, (N, T, C)."""
    C = features.shape[-1]
    weight = torch.zeros(C, classes, dtype=features.dtype, requires_grad=True)
    bias = torch.zeros(classes, dtype=features.dtype, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = task.loss(scores_of(features, weight, bias), labels, ids) + penalty * weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return weight.detach(), bias.detach()


def scores_of(features, weight, bias):
    scores = features @ weight + bias
    return scores[..., 0] if features.ndim == 3 else scores


def linear(task, features):
    """{labelled: score on test} of linear models on features {part: tensor}; the penalty is dev's choice."""
    found = {}
    for count in LABELLED:
        ids, labels = (x[:count] for x in task.parts["train"])
        known = features["train"][:count]
        letters = known[ids != 0] if known.ndim == 3 else known
        mean, std = letters.mean(0), letters.std(0) + 1e-3
        scaled = {part: (x - mean) / std for part, x in features.items()}
        best = -1.0, None
        for penalty in PENALTIES:
            fit = fitted(task, scaled["train"][:count], labels, ids, 2 if known.ndim == 2 else 1, penalty)
            on = {}
            for part in ("dev", "test"):
                ids_, labels_ = task.parts[part]
                on[part] = task.score(scores_of(scaled[part], *fit), labels_, ids_)
            if on["dev"] > best[0]:
                best = on["dev"], on["test"]
        found[count] = best[1]
    return found


def part_of(task, part):
    """ids of what is needed: of the training words, those that labels are given for."""
    ids = task.parts[part][0]
    return ids[:max(LABELLED)] if part == "train" else ids


PLACES = {"BERT, any share hidden": ("first", "mean", "last"),
          "GPT": ("mean", "last letter")}


def frozen(lab, steps=STEPS[-1]):
    kind_task, wrong_task = tasks_of(lab)
    found = []
    for kind, places in PLACES.items():
        for start in ("pretrained", "untrained"):
            each_seed = {}
            for seed in SEEDS:
                model = lab.trained(kind, seed, steps) if start == "pretrained" else lab.untrained(kind, seed)
                x = {part: vectors(model, part_of(kind_task, part)) for part in kind_task.parts}
                for where in places:
                    features = {part: pooled(x[part], part_of(kind_task, part), where) for part in x}
                    each_seed.setdefault((kind_task.name, where), []).append(linear(kind_task, features))
                x = {part: vectors(model, part_of(wrong_task, part)) for part in wrong_task.parts}
                each_seed.setdefault((wrong_task.name, "each letter"), []).append(linear(wrong_task, x))
            for (task, where), scores in each_seed.items():
                for count in LABELLED:
                    found.append({"task": task, "kind": kind, "start": start, "where": where,
                                  "labelled": count,
                                  "scores": significant([score[count] for score in scores], 4)})
                    print(found[-1], flush=True)
    return found


class Head(torch.nn.Module):
    """A body, and one matrix: a class of the word, read at a place, or a score of each letter."""

    def __init__(self, model, task, where, generator):
        super().__init__()
        self.body, self.task, self.where = model.body, task, where
        self.causal = isinstance(model, GPT)
        self.head = torch.nn.Linear(model.config.channels, 1 if where == "each letter" else 2)
        torch.nn.init.normal_(self.head.weight, std=0.02, generator=generator)
        torch.nn.init.zeros_(self.head.bias)

    def forward(self, ids, labels=None):
        T = ids.shape[1]
        x = self.body(ids, causal(T) if self.causal else bert.padding(bert.ends(ids), T))
        if self.where == "each letter":
            scores = self.head(x)[..., 0]
        else:
            scores = self.head(pooled(x, ids, self.where))
        return scores if labels is None else self.task.loss(scores, labels, ids)


def fine_tuned(lab, task, model, where, count, rate, seed):
    """-> score on dev, on test."""
    generator = torch.Generator().manual_seed(seed)
    copied = type(model)(model.config)
    copied.load_state_dict(model.state_dict())
    head = Head(copied, task, where, generator)
    ids, labels = (x[:count] for x in task.parts["train"])
    if task.name == Kind.name:
        source = balanced(ids, labels, generator)
    else:
        source = data.batches(ids, labels, 32, generator)
    source = ((x[:, :bert.ends(x).max()], y) for x, y in source)
    for _ in transformer.train(head, source, cosine_rates(TUNING_STEPS, rate)):
        pass
    with torch.no_grad():
        outputs = ((torch.cat([head(x) for x in ids.split(1000)]), labels, ids)
                   for ids, labels in (task.parts["dev"], task.parts["test"]))
        return tuple(task.score(*each) for each in outputs)


def balanced(ids, labels, generator):
    """As many of one class as of the other in each minibatch."""
    kinds = [(labels == label).nonzero()[:, 0] for label in (0, 1)]
    while True:
        rows = torch.cat([kind[torch.randint(len(kind), (16,), generator=generator)] for kind in kinds])
        yield ids[rows], labels[rows]


def tuned(lab, steps=STEPS[-1]):
    kind_task, wrong_task = tasks_of(lab)
    found = []
    plans = [(kind_task, "BERT, any share hidden", "mean"), (kind_task, "GPT", "last letter"),
             (wrong_task, "BERT, any share hidden", "each letter"), (wrong_task, "GPT", "each letter")]
    for (task, kind, where), start in itertools.product(plans, ("pretrained", "untrained")):
        run = functools.partial(fine_tuned, lab, task, where=where)
        models = [lab.trained(kind, seed, steps) if start == "pretrained" else lab.untrained(kind, seed)
                  for seed in SEEDS]
        on_dev = {rate: run(models[0], count=LABELLED[1], rate=rate, seed=SEEDS[0])[0]
                  for rate in TUNING_RATES}
        best = max(on_dev, key=on_dev.get)
        for count in LABELLED:
            scores = [run(model, count=count, rate=best, seed=seed)[1] for model, seed in zip(models, SEEDS)]
            found.append({"task": task.name, "kind": kind, "start": start, "where": where, "labelled": count,
                          "rate": best, "scores": significant(scores, 4)})
            print(found[-1], flush=True)
    for task, features in ((kind_task, counted), (wrong_task, neighbours)):
        on = {part: features(part_of(task, part), lab.V) for part in task.parts}
        for count, score in linear(task, on).items():
            found.append({"task": task.name, "kind": "no network: a linear model of letters",
                          "labelled": count, "scores": [significant(score, 4)]})
            print(found[-1], flush=True)
    found.append({"task": wrong_task.name, "kind": "no network, no labels: counts of three letters",
                  "labelled": 0, "scores": [significant(counts_only(lab, wrong_task), 4)]})
    print(found[-1], flush=True)
    for kind in list(KINDS)[1:]:        # each letter hidden in turn: which surprises most?
        scores = []
        for seed in SEEDS:
            model = lab.trained(kind, seed, steps)
            ids, labels = wrong_task.parts["test"]
            scores.append(wrong_task.score(bert.pseudo_nll(model, ids), labels, ids))
        found.append({"task": wrong_task.name, "kind": f"{kind}, no labels: the letter that surprises most",
                      "labelled": 0, "scores": significant(scores, 4)})
        print(found[-1], flush=True)
    return found


def counted(ids, V):
    """How often each letter, which is the first and which the last: (N, 3 (V - 1))."""
    each = F.one_hot(ids, V).float()
    last = ids.gather(1, bert.ends(ids)[:, None] - 2)[:, 0]
    return torch.cat([each.sum(1)[:, 1:], each[:, 1, 1:], F.one_hot(last, V)[:, 1:].float()], dim=1)


def neighbours(ids, V):
    """The letter before, the letter, the letter after: (N, T, 3 V)."""
    each = F.one_hot(ids, V).float()
    zero = torch.zeros_like(each[:, :1])
    before, after = torch.cat([zero, each[:, :-1]], 1), torch.cat([each[:, 1:], zero], 1)
    return torch.cat([before, each, after], dim=2)


def counts_only(lab, task):
    """-ln p(letter | its neighbours), from counts of the training names; smoothing is dev's choice."""
    ids, V = lab.rows(lab.words.train), lab.V
    left, here, right = (ids[:, n:lab.T - 2 + n].flatten() for n in range(3))
    real = here != 0
    triples = torch.zeros(V, V, V, dtype=torch.float64)
    one = torch.ones((), dtype=torch.float64)
    triples.index_put_((left[real], here[real], right[real]), one, accumulate=True)
    # p(here | left, right), backed off to p(here | left) p(right | here)
    pairs = torch.zeros(V, V, dtype=torch.float64)
    for a, b in ((left[real], here[real]), (here[real][right[real] == 0], right[real][right[real] == 0])):
        pairs.index_put_((a, b), one, accumulate=True)
    p = (pairs + 1) / (pairs + 1).sum(1, keepdim=True)
    backed = p[:, :, None] * p[None]                                  # left, here, right
    backed[:, 0] = 0
    backed = backed / backed.sum(1, keepdim=True)
    best = -1.0, None
    for alpha in (1, 3, 10, 30, 100):
        found = (triples + alpha * backed) / (triples.sum(1, keepdim=True) + alpha)
        on = {}
        for part in ("dev", "test"):
            x, labels = task.parts[part]
            scores = torch.zeros(x.shape, dtype=torch.float64)
            scores[:, 1:-1] = -found[x[:, :-2], x[:, 1:-1], x[:, 2:]].clamp(min=1e-12).log()
            on[part] = task.score(scores, labels, x)
        if on["dev"] > best[0]:
            best = on["dev"], on["test"]
    return best[1]


def searching(lab, steps=STEPS[-1], count=1000):
    """Dev names, each misspelt once: is the nearest vector (cosine, centred) that of the true name?"""
    words = [word for word in dict.fromkeys(lab.words.dev) if len(word) >= 4][:count]
    ids = lab.rows(words)
    wrong, _ = misspelt(ids, lab.V, torch.Generator().manual_seed(7))

    def hits(index, queries):
        index, queries = (F.normalize(x - index.mean(0), dim=1) for x in (index, queries))
        return ((queries @ index.T).argmax(1) == torch.arange(count)).double().mean().item()

    found = []
    for kind, places in PLACES.items():
        for start, where in itertools.product(("pretrained", "untrained"), places):
            scores = []
            for seed in SEEDS:
                model = lab.trained(kind, seed, steps) if start == "pretrained" else lab.untrained(kind, seed)
                scores.append(hits(*(pooled(vectors(model, x), x, where) for x in (ids, wrong))))
            found.append({"kind": kind, "start": start, "where": where, "names": count,
                          "found": significant(scores, 4)})
            print(found[-1], flush=True)
    letters = [F.one_hot(x, lab.V).float().sum(1)[:, 1:] for x in (ids, wrong)]
    found.append({"kind": "no network: counts of letters", "names": count,
                  "found": [significant(hits(*letters), 4)]})
    pairs = [F.one_hot(x[:, :-1] * lab.V + x[:, 1:], lab.V**2).float().sum(1)[:, 1:] for x in (ids, wrong)]
    found.append({"kind": "no network: counts of pairs", "names": count,
                  "found": [significant(hits(*pairs), 4)]})
    print(found[-2:], flush=True)
    return found


def similarity(lab, steps=STEPS[-1], count=500):
    """Linear CKA of the last states at the letters of dev names: two models, all pairs of seeds."""
    ids = lab.rows(lab.words.dev[:count])

    def states(kind, start):
        for seed in SEEDS:
            model = lab.trained(kind, seed, steps) if start == "trained" else lab.untrained(kind, seed)
            yield vectors(model, ids)[ids != 0].double()

    each = {(kind, start): list(states(kind, start))
            for kind in ("GPT", "BERT, any share hidden") for start in ("trained", "untrained")}
    found = []
    for a, b in itertools.combinations_with_replacement(each, 2):
        pairs = itertools.combinations(each[a], 2) if a == b else itertools.product(each[a], each[b])
        found.append({"one": " ".join(reversed(a)), "other": " ".join(reversed(b)),
                      "cka": significant([cka(x, y) for x, y in pairs], 4)})
        print(found[-1]["one"], "|", found[-1]["other"], statistics.fmean(found[-1]["cka"]), flush=True)
    return found


def cka(a, b):
    a, b = a - a.mean(0), b - b.mean(0)
    return ((a.T @ b).square().sum() / ((a.T @ a).norm() * (b.T @ b).norm())).item()


SECTIONS = {each.__name__: each for each in
            (training, corruption, filling, frozen, tuned, searching, similarity)}
