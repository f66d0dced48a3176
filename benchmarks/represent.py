"""Measure what is in the vectors of a GPT and a BERT, and what their heads do: five seeds, and untrained.

    python -m benchmarks represent                trains the models of benchmarks/bert.py; ten minutes
    python -m benchmarks represent --kept FOLDER  the same, and keeps the models there, or finds them there

letters      the embedding table: does its first axis part vowels from consonants?
neighbours   the nearest of 1,000 names: by how many letters, and by what ending, is it like the name?
anisotropy   the mean cosine of the vectors of two letters, layer by layer
maps         t-SNE of the states at letters: are neighbours of one kind, vowels or consonants?
probes       this letter, the one before, the one after, and a control, read from each layer
lens         the loss if the stream ended after each layer
heads        the loss without each head
explanation  what attention says about the letters that count, beside what exchanging them does
induction    GPTs of one and two layers, trained on random words that stand there twice
"""

import functools
import itertools
import statistics
from os.path import commonprefix

import torch
import torch.nn.functional as F

from scratch.makemore import bert, data, fast, represent
from scratch.makemore.gpt import GPT
from scratch.makemore.heads import induction, lens, rollout, without
from scratch.makemore.optimizers import cosine_rates
from scratch.makemore.represent import Probe, anisotropy, control, nearest, pca, similarity, tsne
from scratch.makemore.transformer import SIZES, Config

from . import bert as pair
from .harness import significant
from .provenance import provenance
from .results import read, write

KINDS = "GPT", "BERT, any share hidden"
STARTS = "trained", "untrained"
STEPS = 1000
SEEDS = pair.SEEDS
VOWELS, BOTH = "aeiou", "y"
SETS = 10_000            # of five letters, drawn to compare the vowels with
NAMES = 1000             # of dev
FITTED = 800             # train names, on whose letters probes are fitted
REPEATED = 1000          # steps on repeated words
LENGTHS = range(4, 9)    # of a random word
NOISE = 6                # letters before the first, at most
MAPPED = 150             # states at letters on a map
PERPLEXITY, MAPPING = 15, 300
RATE = 0.006             # on repeated words


def main(options):
    torch.set_num_threads(1)
    lab = pair.Lab(options.kept)
    lab.origin = provenance(__file__, "torch", used="one core used", seeds=list(SEEDS), steps=STEPS,
                            batch=pair.BATCH, size=SIZES["tiny"], **{"sha256 of the names": lab.words.sha256})
    for row in read("bert", "training")["rows"]:
        lab.rates[row["kind"]] = row["rate"], {}
    for name, section in SECTIONS.items():
        if options.only and options.only != name:
            continue
        rows = section(lab)
        write(options.out, what="what is in the vectors of a GPT and a BERT of names, and what heads do.",
              sections={name: {"from": lab.origin, "rows": rows}})


def models(lab):
    """Kind, start and a list of models, one for each seed."""
    for kind, start in itertools.product(KINDS, STARTS):
        made = lab.untrained if start == "untrained" else functools.partial(lab.trained, steps=STEPS)
        yield kind, start, [made(kind, seed) for seed in SEEDS]


def row(found, **what):
    """what, with numbers to four digits; also printed."""
    found.append({name: significant(each, 4) for name, each in what.items()})
    print(str(found[-1])[:300], flush=True)


def dev(lab):
    """NAMES different dev names of four letters or more, and their ids."""
    words = [word for word in dict.fromkeys(lab.words.dev) if len(word) >= 4][:NAMES]
    return words, lab.rows(words)


def auc(scores, chosen):
    """scores (N), chosen (S, N) -> (S): how often one of the chosen is above one of the others, or below."""
    ranks = scores.argsort().argsort().double() + 1                        # (N)
    count = chosen.sum(1).double()
    above = ((chosen * ranks).sum(1) - count * (count + 1) / 2) / (count * (chosen.shape[1] - count))
    return torch.maximum(above, 1 - above)


def letters(lab):
    """The two first axes of each embedding table; y, which is both, is left out."""
    some = [c for c in lab.vocabulary.characters[1:] if c != BOTH]
    ids = torch.tensor(lab.vocabulary.encode("".join(some)))
    vowels = torch.tensor([[c in VOWELS for c in some]])
    generator = torch.Generator().manual_seed(1)
    sets = torch.rand(SETS, len(some), generator=generator).argsort(1) < vowels.sum()
    found = []
    for kind, start, each in models(lab):
        rows = {"first axis": [], "second axis": [], "share of the first": [], "mean cosine": [],
                "sets as good, first axis": []}
        for model in each:
            x = model.body.symbols.weight.detach()[ids]
            at, _, shares = pca(x, 2)
            scores = [auc(at[:, n], vowels).item() for n in range(2)]
            rows["first axis"].append(scores[0])
            rows["second axis"].append(scores[1])
            rows["share of the first"].append(shares[0].item())
            rows["mean cosine"].append(anisotropy(x))
            rows["sets as good, first axis"].append(
                (auc(at[:, 0], sets) >= scores[0] - 1e-9).double().mean().item())
        row(found, kind=kind, start=start, **rows)
    chance = auc(torch.arange(len(some)).double(), sets)
    row(found, kind="any five letters", start="", **{"first axis": [chance.mean().item()]})
    return found


def in_common(one, other):
    """{what: how alike two words are}: the share of letters in common, and how long an end they share."""
    both = sum(min(one.count(c), other.count(c)) for c in set(one))
    return {"letters": 2 * both / (len(one) + len(other)), "beginning": len(commonprefix([one, other])),
            "ending": len(commonprefix([one[::-1], other[::-1]]))}


def likeness(words, choices):
    """words, and, for each seed, the number of another for each -> {what: [the mean of each seed]}."""
    each = [[in_common(word, words[n]) for word, n in zip(words, chosen)] for chosen in choices]
    return {what: [statistics.fmean(pair[what] for pair in pairs) for pairs in each] for what in each[0][0]}


def others(x, measure):
    """x (N, C) -> (N): the nearest row that is not the same."""
    two = nearest(x, x, 2, measure)
    return torch.where(two[:, 0] == torch.arange(len(x)), two[:, 1], two[:, 0]).tolist()


def neighbours(lab):
    words, ids = dev(lab)
    found = []
    for kind, start, each in models(lab):
        places = ("last letter", "mean") if kind == "GPT" else ("first", "last letter", "mean")
        for where, measure in itertools.product(places, ("cosine", "euclid")):
            vectors = [pair.pooled(represent.states(model, ids)[-1], ids, where) for model in each]
            row(found, kind=kind, start=start, where=where, measure=measure,
                **likeness(words, [others(x, measure) for x in vectors]))
    generator = torch.Generator().manual_seed(1)
    drawn = [torch.randperm(len(words), generator=generator).tolist() for _ in SEEDS]
    row(found, kind="a name drawn at random", **likeness(words, drawn))
    counted = F.one_hot(ids, lab.V).float().sum(1)[:, 1:]
    row(found, kind="counts of letters, no network", **likeness(words, [others(counted, "cosine")]))
    return found


def anisotropies(lab):
    _, ids = dev(lab)
    found = []
    for kind, start, each in models(lab):
        layers = [[x[ids != 0] for x in represent.states(model, ids)] for model in each]
        for n, at in enumerate(zip(*layers)):
            row(found, kind=kind, start=start, layer=n, **{
                "mean cosine": [anisotropy(x) for x in at],
                "mean cosine, centred": [anisotropy(x - x.mean(0)) for x in at]})
    return found


def same_kind(places, letters, is_vowel):
    """Of the five nearest of each place, the share that is of its letter's kind; and of other letters."""
    near = -similarity(places, places, "euclid")
    alike = (is_vowel[:, None] == is_vowel).double()
    shares = []
    for left_out in (torch.eye(len(places)) > 0, letters[:, None] == letters):
        five = near.masked_fill(left_out, torch.inf).topk(5, largest=False).indices
        shares.append(alike.gather(1, five).mean().item())
    return shares


def mapped(lab):
    """The same letters' last states, in their 32 numbers and on a map; and what chance would say."""
    _, ids = dev(lab)
    inside = ids != 0
    generator = torch.Generator().manual_seed(2)
    chosen = torch.randperm(int(inside.sum()), generator=generator)[:MAPPED]
    letters = ids[inside][chosen]
    is_vowel = torch.isin(letters, torch.tensor(lab.vocabulary.encode(VOWELS)))
    where, found = ("nearest five", "nearest five of other letters"), []
    for kind, start, each in models(lab):
        shares = {"numbers": [], "map": []}
        for seed, model in zip(SEEDS, each):
            x = represent.states(model, ids)[-1][inside][chosen]
            y = tsne(x, PERPLEXITY, MAPPING, torch.Generator().manual_seed(seed))
            for name, places in (("numbers", x), ("map", y)):
                shares[name].append(same_kind(places, letters, is_vowel))
        for name, pairs in shares.items():
            row(found, kind=kind, start=start, places=name, **dict(zip(where, map(list, zip(*pairs)))))
    alike = (is_vowel[:, None] == is_vowel).double()
    others = letters[:, None] != letters
    row(found, kind="any other letters", start="", places="", **{
        where[0]: [(alike.sum() - MAPPED).item() / (MAPPED**2 - MAPPED)],
        where[1]: [((alike * others).sum(1) / others.sum(1)).mean().item()]})
    return found


TASKS = "this letter", "the letter before", "the letter after", "control"


def questions(lab, ids):
    """{task: labels} of the letters in ids; the control gives each pair of neighbours a label."""
    inside = ids != 0
    here = ids[inside]
    before, after = torch.roll(ids, 1, 1)[inside], torch.roll(ids, -1, 1)[inside]
    return dict(zip(TASKS, (here, before, after, before * lab.V + here)))


def probes(lab):
    fitting, (_, testing) = lab.rows(lab.words.train[:FITTED]), dev(lab)
    tasks, wanted = questions(lab, fitting), questions(lab, testing)
    types = torch.cat([tasks["control"], wanted["control"]])
    drawn = control(tasks["this letter"], torch.arange(lab.V**2), torch.Generator().manual_seed(1))
    tasks["control"], wanted["control"] = drawn[types].split([len(tasks["control"]), len(wanted["control"])])
    found = []

    def accuracy(x, x_test, task):
        probe = Probe(x, tasks[task], lab.V)
        return (probe(x_test) == wanted[task]).double().mean().item()

    for kind, start, each in models(lab):
        layers = [(represent.states(model, fitting), represent.states(model, testing)) for model in each]
        for n, task in itertools.product(range(3), TASKS):
            row(found, kind=kind, start=start, layer=n, task=task, right=[
                accuracy(on[n][fitting != 0], test[n][testing != 0], task) for on, test in layers])
    alone = [F.one_hot(part["this letter"], lab.V).float() for part in (tasks, wanted)]
    for task in TASKS:
        often = tasks[task].mode().values
        row(found, kind="the commonest answer", task=task,
            right=[(wanted[task] == often).double().mean().item()])
        row(found, kind="this letter alone, no network", task=task, right=[accuracy(*alone, task)])
    return found


def cost(logits, targets):
    """Nats per target that is not -1."""
    return F.cross_entropy(logits.flatten(0, 1).double(), targets.flatten(), ignore_index=-1).item()


def asked(lab, kind):
    """ids and targets of dev: every next symbol for a GPT, the middle letter, hidden, for a BERT."""
    words, ids = dev(lab)
    if kind == "GPT":
        return data.rows(words, lab.vocabulary, lab.T)
    row, place = torch.arange(len(words)), (bert.ends(ids) - 1) // 2
    targets = torch.full_like(ids, -1)
    targets[row, place] = ids[row, place]
    return ids.index_put((row, place), torch.tensor(lab.mask)), targets


@torch.no_grad()
def lenses(lab):
    found = []
    for kind, start, each in models(lab):
        ids, targets = asked(lab, kind)
        layers = [represent.states(model, ids) for model in each]
        for n in range(3):
            row(found, kind=kind, start=start, layer=n, nats=[
                cost(lens(model, x[n]), targets) for model, x in zip(each, layers)])
    return found


@torch.no_grad()
def heads(lab):
    found = []
    for kind, start, each in models(lab):
        ids, targets = asked(lab, kind)
        looks = []
        for model in each:
            maps = []
            model.logits(ids, maps=maps)
            inside = ids != 0
            looks.append([before(weights, inside) for weights in maps])
        whole = [cost(model.logits(ids), targets) for model in each]
        for layer, head in itertools.product(range(2), range(2)):
            dearer = []
            for model, nats in zip(each, whole):
                with without(model, layer, head):
                    dearer.append(cost(model.logits(ids), targets) - nats)
            row(found, kind=kind, start=start, layer=layer, head=head, **{
                "whole, nats": whole, "dearer by, nats": dearer,
                "weight on the letter before": [look[layer][head] for look in looks]})
    return found


def before(weights, inside):
    """weights (B, H, T, T) -> [of each head]: the mean weight on the position before, of letters only."""
    steps = weights.diagonal(-1, 2, 3).transpose(1, 2)                     # (B, T - 1, H)
    return steps[inside[:, 1:]].mean(0).tolist()


def ranked(x):
    return x.argsort().argsort().double()


def correlation(a, b):
    """Spearman's: of ranks."""
    return torch.corrcoef(torch.stack([ranked(a), ranked(b)]))[0, 1].item()


@torch.no_grad()
def explanation(lab, count=200):
    """Per name: the ranks of the letters by what exchanging one does, and by other accounts.

    One of them, the control of a trained model, knows nothing of it: the rollout of the maps of the network
    that it was before training.
    """
    words = [word for word in dev(lab)[0] if len(word) >= 6][:count]
    found = []
    for kind, start, each in models(lab):
        rows = {name: [] for name in ("rollout", "last layer", "first layer", "nearness")}
        if start == "trained":
            rows["rollout before training"] = []
        for seed, model in zip(SEEDS, each):
            raw = lab.untrained(kind, seed)
            kept = {name: [] for name in rows}
            for word in words:
                ids = lab.rows([word])[0][None, :len(word) + 2]
                asked_at = len(word) if kind == "GPT" else (len(word) + 1) // 2
                if kind != "GPT":
                    ids[0, asked_at] = lab.mask
                places = [t for t in range(1, len(word) + 1) if kind == "GPT" or t != asked_at]
                counts = effects(lab, model, ids, asked_at, places)
                maps, raw_maps = [], []
                model.logits(ids, maps=maps)
                raw.logits(ids, maps=raw_maps)
                accounts = {"rollout": rollout(maps)[0, asked_at],
                            "rollout before training": rollout(raw_maps)[0, asked_at],
                            "first layer": maps[0].mean(1)[0, asked_at],
                            "last layer": maps[-1].mean(1)[0, asked_at],
                            "nearness": -(torch.arange(ids.shape[1]) - asked_at).abs().double()}
                if kind != "GPT":    # two letters are equally near: the one on the left first
                    accounts["nearness"] -= 0.1 * (torch.arange(ids.shape[1]) > asked_at)
                for name in rows:
                    kept[name].append(correlation(accounts[name][places], counts))
            for name in rows:
                rows[name].append(statistics.fmean(kept[name]))
        row(found, kind=kind, start=start, names=count, **rows)
    return found


def effects(lab, model, ids, asked_at, places):
    """(N): how far the prediction moves, in total variation, when the letter at each place is exchanged."""
    before = model.logits(ids)[0, asked_at, :lab.V].softmax(-1)
    everything = ids.repeat(len(places) * 25, 1)
    for n, t in enumerate(places):
        letters = [id for id in range(1, lab.V) if id != ids[0, t]]
        everything[25 * n:25 * n + 25, t] = torch.tensor(letters)
    after = model.logits(everything)[:, asked_at, :lab.V].softmax(-1)
    return ((after - before).abs().sum(-1) / 2).view(len(places), 25).mean(1)


def twice(lengths, noise, width, generator, words=None):
    """ids and targets (B, width) of words, random or given, twice; and where the second begins (B).

    lengths and noise (B, 1): noise is of random letters, and stands before the first, so that the place
    of a letter does not say where its copy is.
    """
    B = len(lengths)
    drawn = torch.randint(1, 27, (B, width), generator=generator)
    before = torch.randint(1, 27, (B, width), generator=generator)
    if words is not None:
        for n, word in enumerate(words):
            drawn[n, :len(word)] = torch.tensor(word)
    at = torch.arange(width) - 1 - noise                                   # (B, width)  in the words
    text = drawn.gather(1, (at % lengths))
    ids = torch.where(at >= 0, text, before)
    ids[:, 0] = 0
    ids = ids.where(at < 2 * lengths, 0)
    targets = torch.cat([ids[:, 1:], ids[:, :1]], 1)
    return ids, targets.where(at < 2 * lengths - 1, -1), noise + 1 + lengths


def random_words(count, generator):
    lengths = torch.randint(LENGTHS[0], LENGTHS[-1] + 1, (count, 1), generator=generator)
    noise = torch.randint(0, NOISE + 1, (count, 1), generator=generator)
    return twice(lengths, noise, 2 * LENGTHS[-1] + NOISE + 1, generator)


def repeated_names(lab):
    names = [lab.vocabulary.encode(word) for word in dev(lab)[0] if 4 <= len(word) and 2 * len(word) < lab.T]
    lengths = torch.tensor([[len(name)] for name in names])
    return twice(lengths, torch.zeros_like(lengths), lab.T, torch.Generator().manual_seed(9), names)


@torch.no_grad()
def copied(model, ids, targets, second):
    """Nats of the first time and of the second, from its third letter on, and what each head looks at."""
    maps = []
    logits = model.logits(ids, maps=maps).double()
    nats = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1, reduction="none")
    at = torch.arange(ids.shape[1])
    again, known = at > second, targets >= 0
    first = (at > 0) & (at < second - 1)
    nats = nats.view(ids.shape)
    return {"first time, nats": nats[first & known].mean().item(),
            "second time, nats": nats[again & known].mean().item(),
            "induction": [induction(weights, ids).tolist() for weights in maps],
            "before": [before(weights, ids != 0) for weights in maps]}


def copier(lab, layers, seed, steps):
    """A GPT that has taken so many steps on random words, written twice."""
    generator = torch.Generator().manual_seed(seed)
    T = 2 * LENGTHS[-1] + NOISE + 1
    model = GPT(Config(lab.V, T, **{**SIZES["tiny"], "layers": layers}), generator).eval()
    path = lab.folder and lab.folder / f"words twice, {layers} layers, seed {seed}, {steps} steps.pt"
    if path and path.exists():
        model.load_state_dict(torch.load(path))
        return model
    source = (random_words(pair.BATCH, generator)[:2] for _ in itertools.count())
    for _ in fast.train(model, source, cosine_rates(steps, RATE) if steps else []):
        pass
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(model.state_dict(), path)
    return model


def repeated(lab):
    found = []
    held = random_words(2000, torch.Generator().manual_seed(9))
    for layers, start in ((1, "trained"), (2, "trained"), (2, "untrained")):
        steps = REPEATED if start == "trained" else 0
        each = [copied(copier(lab, layers, seed, steps), *held) for seed in SEEDS]
        row(found, text="random words", layers=layers, start=start, steps=steps,
            **{name: [one[name] for one in each] for name in each[0]})
    for start in STARTS:
        each = [copied(lab.trained("GPT", seed, STEPS) if start == "trained" else lab.untrained("GPT", seed),
                       *repeated_names(lab)) for seed in SEEDS]
        row(found, text="names", layers=2, start=start,
            **{name: [one[name] for one in each] for name in each[0]})
    return found


SECTIONS = {"letters": letters, "neighbours": neighbours, "anisotropy": anisotropies, "maps": mapped,
            "probes": probes, "lens": lenses, "heads": heads, "explanation": explanation,
            "induction": repeated}
