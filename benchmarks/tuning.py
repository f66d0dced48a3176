"""Measure what tuning gives and takes: instructions, LoRA, rewards and preferences, five seeds each.

    python -m benchmarks tuning                 both sections: ten minutes, on one core
    python -m benchmarks tuning instructions    which tasks reach which words, by which training
    python -m benchmarks tuning rewards         names that end as asked: reward, KL and how many are alike
    python -m benchmarks tuning --only "LoRA"   the rows whose name contains this
    python -m benchmarks tuning --kept FOLDER   the same, and keeps the GPTs of names there, or finds them

A GPT learns names. In the first section it then learns instructions, in as many steps by each way, at the
learning rate that is best for the way: found by doubling and halving, with a seed of its own, on words
that are not the ones told. In the second it learns that names shall end in a letter, at one rate.
"""

import copy
import random

import torch

from scratch.makemore import data, fast, gpt, transformer, tuning
from scratch.makemore.data import Vocabulary
from scratch.makemore.gpt import GPT
from scratch.makemore.lora import add_lora, merge_lora
from scratch.makemore.optimizers import cosine_rates
from scratch.makemore.preferences import dpo_loss, draw, kl, logprob, others, pairs, reinforce_loss
from scratch.makemore.transformer import Config
from scratch.makemore.tuning import SIGNS, TASKS

from .harness import significant
from .names import book
from .provenance import provenance
from .results import load, with_row, write

BLOCK, LAYERS, HEADS, CHANNELS = 40, 2, 4, 64
BASE_STEPS, BASE_BATCH, BASE_RATE = 300, 64, 0.008    # on names
STEPS, BATCH = 400, 32                   # on instructions
SHORT, LONG = range(3, 5), range(5, 6)   # letters of words that are trained on, and of longer ones
ASKED = 100                              # prompts of each task and kind of word
TUNED, SEEDS = 101, (1, 2, 3, 4, 5)      # a seed that chooses the rate, and seeds that are told
WAYS = {    # name: (from the GPT of names?, only answers count?, LoRA's rank)
    "all weights": (True, True, None),
    "prompts count as well": (True, False, None),
    "no names before": (False, True, None),
    "LoRA, rank 4": (True, True, 4),
    "LoRA, rank 16": (True, True, 16),
}
LETTER = "o"
UPDATES, DRAWN, RATE = 60, 128, 0.001    # steps on rewards, and names for each
COMPARED = 8000                          # names drawn for DPO's pairs
EVERY, COUNT = 12, 1000                  # steps between measurements, and names for each
METHODS = {    # name: (method, beta)
    "REINFORCE": ("reinforce", 0.0),
    "REINFORCE, beta 0.3": ("reinforce", 0.3),
    "DPO, beta 0.5": ("dpo", 0.5),
}


def main(options):
    torch.set_num_threads(1)
    lab = Lab(options.only, options.kept)
    for name in [options.section] if options.section else SECTIONS:
        SECTIONS[name](lab, options.out)


class Lab:
    """The words of each kind, and the GPTs of names, which are trained when they are asked for."""

    def __init__(self, only=None, kept=None):
        self.only, self.kept, self.words = only or "", kept, book()
        if kept:
            kept.mkdir(parents=True, exist_ok=True)
        self.vocabulary = Vocabulary([SIGNS])
        words, known = self.words, set(self.words.train)
        new = {part: [word for word in dict.fromkeys(getattr(words, part)) if word not in known]
               for part in ("dev", "test")}
        self.taught = [word for word in dict.fromkeys(words.train) if len(word) in SHORT]
        self.pairs = tuning.instructions(self.taught, seed=1)
        self.held_out = self.prompts([word for word in new["dev"] if len(word) in SHORT])
        self.sets = {"seen": self.prompts(self.taught),
                     "new": self.prompts([word for word in new["test"] if len(word) in SHORT]),
                     "longer": self.prompts([word for word in new["test"] if len(word) in LONG])}
        self.names = data.rows(words.dev[:1500], self.vocabulary, BLOCK)
        self.bases = {}

    def prompts(self, words):
        """{task: [(prompt, an answer)]}, ASKED of each; a word to rhyme has a rhyme that was taught."""
        words = random.Random(1).sample(words, len(words))
        return {task: tuning.instructions(words, [task], seed=1, among=self.taught)[:ASKED]
                for task in TASKS}

    def rows(self, pairs, mask=True):
        return tuning.rows(pairs, self.vocabulary, BLOCK, mask)

    def new(self, seed):
        config = Config(len(self.vocabulary), BLOCK, LAYERS, HEADS, CHANNELS)
        return GPT(config, torch.Generator().manual_seed(seed))

    def base(self, seed):
        """A GPT of names."""
        path = self.kept / f"base-{seed}.pt" if self.kept else None
        if path and path.exists():
            self.bases[seed] = self.new(seed)
            self.bases[seed].load_state_dict(torch.load(path))
        elif seed not in self.bases:
            model = self.new(seed)
            source = data.batches(*data.rows(self.words.train, self.vocabulary, BLOCK), BASE_BATCH,
                                  torch.Generator().manual_seed(seed))
            for _ in fast.train(model, source, cosine_rates(BASE_STEPS, BASE_RATE)):
                pass
            self.bases[seed] = model
            if path:
                torch.save(model.state_dict(), path)
        return copy.deepcopy(self.bases[seed])

    def told(self, model):
        """What a model answers rightly, by task and kind of word, and its loss on answers and on names."""
        found = {f"{task}, {kind}": share_right(self.answered(model, asked))
                 for kind, sets in self.sets.items() for task, asked in sets.items()}
        answers = self.rows(sum(self.sets["new"].values(), []))
        return {**found, "loss of answers": gpt.loss(model, *answers),
                "loss of names": gpt.loss(model, *self.names)}

    def answered(self, model, asked):
        prompts = [prompt for prompt, _ in asked]
        return list(zip(prompts, tuning.answers(model, self.vocabulary, prompts, most=12)))

    def origin(self, **conditions):
        return provenance(__file__, "torch", used="one core used", layers=LAYERS, heads=HEADS,
                          channels=CHANNELS, **{"steps on names": BASE_STEPS, "names per step": BASE_BATCH,
                                                "rate on names": BASE_RATE},
                          **conditions, **{"sha256 of the names": self.words.sha256})


def share_right(answered):
    """[(prompt, answer)] -> the share of right ones."""
    return sum(tuning.right(*each) for each in answered) / len(answered)


def over_seeds(each):
    """[{name: number}], one for each seed -> {name: [number]}."""
    return {name: [one[name] for one in each] for name in each[0]}


def cropped(source):
    """Minibatches as wide as the longest row."""
    for ids, targets in source:
        T = int((targets >= 0).any(0).nonzero().max()) + 1
        yield ids[:, :T], targets[:, :T]


def tuned(lab, way, seed, rate):
    """-> a model that was trained on instructions in that way, and how many parameters learnt."""
    named, mask, rank = WAYS[way]
    model = lab.base(seed) if named else lab.new(seed)
    generator = torch.Generator().manual_seed(seed)
    if rank:
        add_lora(model, rank, generator=generator)
    learning = sum(p.numel() for p in model.parameters() if p.requires_grad)
    source = data.batches(*lab.rows(lab.pairs, mask), BATCH, torch.Generator().manual_seed(seed))
    for _ in transformer.train(model, cropped(source), cosine_rates(STEPS, rate)):
        pass
    return (merge_lora(model) if rank else model), learning


def guesses(lab):
    """For each set, what is right of the better of two rules: the word itself, or one answer to all, the one
    that is right for most of the prompts taught."""
    found = {}
    for kind, sets in lab.sets.items():
        for task, asked in sets.items():
            taught = [pair for pair in lab.pairs if pair[0].startswith(task)][:2000]
            often = {answer: 0 for _, answer in taught}
            for _, answer in taught:
                often[answer] += 1
            best = sorted(often, key=often.get, reverse=True)[:20]
            best = max(best, key=lambda answer: share_right([(prompt, answer) for prompt, _ in taught]))
            found[f"{task}, {kind}"] = max(
                share_right([(prompt, best) for prompt, _ in asked]),
                share_right([(prompt, prompt.partition(" ")[2].rstrip(":")) for prompt, _ in asked]))
    return found


def instructions(lab, out):
    if lab.only in "a guess":
        keep(out, "instructions", lab, {"way": "a guess", **over_seeds([guesses(lab)])})
    if lab.only in "names only":
        each = [lab.told(lab.base(seed)) for seed in SEEDS]
        keep(out, "instructions", lab, {"way": "names only", **over_seeds(each)})
    held_out = lab.rows(sum(lab.held_out.values(), []))
    for way, (_, _, rank) in WAYS.items():
        if lab.only not in way:
            continue
        tried, rate, around = {}, None, [2.0 ** -6 if rank else 2.0 ** -7]
        while around:        # the best rate, and twice and half of it: is one of them better?
            for one in around:
                tried[one] = gpt.loss(tuned(lab, way, TUNED, one)[0], *held_out)
            rate = min(tried, key=tried.get)
            around = [one for one in (rate / 2, rate * 2) if one not in tried]
        runs = [tuned(lab, way, seed, rate) for seed in SEEDS]
        each = [lab.told(model) for model, _ in runs]
        keep(out, "instructions", lab, {
            "way": way, "parameters": runs[0][1], "rate": rate,
            **over_seeds(each),
            "rates tried": [[one, significant(loss, 6)] for one, loss in sorted(tried.items())]})


def keep(out, section, lab, entry):
    """Put a row into a section of the file, in the place of the one of that name."""
    conditions = dict(steps=STEPS, batch=BATCH) if section == "instructions" else dict(
        letter=LETTER, steps=UPDATES, **{"names drawn per step": DRAWN, "rate": RATE,
                                         "names drawn for pairs": COMPARED, "names per measurement": COUNT})
    entry = {name: significant(value, 4) for name, value in entry.items()}
    print(str(entry)[:400], flush=True)
    rows = load(out)["sections"].get(section, {"rows": []})["rows"]
    write(out, what="what tuning gives a GPT of names, and what it takes.", sections={
        section: {"from": lab.origin(**conditions), "rows": with_row(rows, entry, "way")}})


def wanted(lab, targets):
    """targets (N, T) -> rewards (N): 1 for a name that ends, and in LETTER."""
    last = (targets >= 0).sum(1, keepdim=True) - 1
    end, before = targets.gather(1, last), targets.gather(1, (last - 1).clamp(min=0))
    return ((end == 0) & (before == lab.vocabulary.encode(LETTER)[0]))[:, 0].double()


def measured(lab, model, start, generator):
    """Reward, KL from the start and its error, how many of COUNT names differ, nats per name at the start."""
    ids, targets = draw(model, COUNT, generator)
    drift, error = kl(model, start, COUNT, generator)
    with torch.no_grad():
        surprise = -logprob(start, ids, targets).mean().item()
    return {"reward": wanted(lab, targets).mean().item(), "kl": drift, "kl error": error,
            "different": len({tuple(row) for row in targets.tolist()}), "surprise": surprise}


def rewarded(lab, method, beta, seed):
    """-> [what is measured every EVERY steps] of one training."""
    start, generator = lab.base(seed), torch.Generator().manual_seed(seed)
    model = lab.base(seed)
    adam = torch.optim.Adam(model.parameters(), lr=RATE)
    curve = [measured(lab, model, start, generator)]
    if method == "dpo":
        ids, targets = draw(start, COMPARED, generator)
        better, worse = pairs(ids, targets, wanted(lab, targets))
        with torch.no_grad():
            begun = logprob(start, ids, targets)
    for step in range(1, UPDATES + 1):
        if method == "dpo":
            chosen = torch.randint(len(better), (DRAWN // 2,), generator=generator)
            a, b = better[chosen], worse[chosen]
            log_p = logprob(model, ids[torch.cat([a, b])], targets[torch.cat([a, b])])
            loss = dpo_loss(*log_p.chunk(2), begun[a], begun[b], beta)
        else:
            drawn = draw(model, DRAWN, generator)
            rewards, log_p = wanted(lab, drawn[1]), logprob(model, *drawn)
            if beta:
                with torch.no_grad():
                    rewards = rewards - beta * (log_p - logprob(start, *drawn))
            loss = reinforce_loss(log_p, rewards, others(rewards))
        adam.zero_grad()
        loss.backward()
        adam.step()
        if step % EVERY == 0:
            curve.append(measured(lab, model, start, generator))
    return curve


def rewards(lab, out):
    found = []
    # names of the start that end as asked, drawn until there are enough of them
    for seed in SEEDS if lab.only in "names that end so" else ():
        generator, start = torch.Generator().manual_seed(seed), lab.base(seed)
        kept, drawn = [], 0
        while len(kept) < COUNT:
            ids, targets = draw(start, 5000, generator)
            kept += [tuple(row[row >= 0].tolist()) for row in targets[wanted(lab, targets) == 1]]
            drawn += 5000
        found.append({"different": len(set(kept[:COUNT])), "share": len(kept) / drawn})
    if found:
        keep(out, "rewards", lab, {"way": "names that end so", **over_seeds(found)})
    for way, (method, beta) in METHODS.items():
        if lab.only not in way:
            continue
        curves = [rewarded(lab, method, beta, seed) for seed in SEEDS]
        keep(out, "rewards", lab, {"way": way, "method": method, "beta": beta,
                                   **over_seeds([over_seeds(curve) for curve in curves])})


SECTIONS = {"instructions": instructions, "rewards": rewards}
