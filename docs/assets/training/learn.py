"""Training in a page: a model on words of the reader's, some steps at a time. worker.js calls this.

What the site hands out is all that it imports: the folder torch, and modules of makemore. A checkpoint is one
of `python -m scratch.makemore train`, from which that program's sample and fill make words.
"""

import hashlib
import math
import time

import torch

import checkpoint
import data
import optimizers
import training

FOLDER = "/words/"    # of word lists, by the names that they have on the reader's disk
DESCENT = {"steps": 100_000, "batch": 32, "accumulate": 1, "patience": 0, "schedule": "constant"}
ADAM = {**DESCENT, "rate": 0.002, "optimizer": "adamw", "warmup": 20, "clip": 1.0, "decay": 0.01}
SIZES = {"small": dict(size="tiny", layers=2, heads=2, channels=32),
         "default": dict(size="default", layers=4, heads=4, channels=64)}


class MLP:
    """Three letters, their embeddings, a hidden layer (docs/makemore/mlp.md)."""

    settings = {"block_size": 3, "channels": 10, "hidden": 200, "output_scale": 0.01, **DESCENT, "rate": 0.1,
                "optimizer": "sgd", "warmup": 0, "clip": 0.0, "decay": 0.0}

    def __init__(self, words, vocabulary, settings, generator):
        from mlp import MLP

        self.settings = {**self.settings, **settings}
        sizes = (self.settings[name] for name in ("block_size", "channels", "hidden"))
        self.model = MLP(len(vocabulary), *sizes, generator, self.settings["output_scale"])
        self.vocabulary = vocabulary

    def examples(self, words):
        return data.dataset(words, self.vocabulary, self.model.block_size)

    predict = corrupt = None

    def loss(self, words):
        import evaluate

        return evaluate.loss(self.model, *self.examples(words))

    def show(self, pattern, seed):
        import sample

        return sample.sample(self.model, self.vocabulary, 10, seed=seed, max_length=20)


class GPT:
    """docs/makemore/gpt.md"""

    ends = 1

    def __init__(self, words, vocabulary, settings, generator):
        from transformer import Config

        longest = max(map(len, words)) + self.ends
        self.settings = {**ADAM, **SIZES["default"], "block_size": longest, **settings}
        sizes = {name: self.settings[name] for name in ("block_size", "layers", "heads", "channels")}
        self.model = self.make(Config(self.symbols(vocabulary), **sizes), generator)
        self.vocabulary, self.generator = vocabulary, generator
        self.predict = self.model.logits

    def symbols(self, vocabulary):
        return len(vocabulary)

    def make(self, config, generator):
        from gpt import GPT

        return GPT(config, generator)

    def examples(self, words):
        return data.rows(words, self.vocabulary, self.model.block_size, self.ends)

    corrupt = None

    def loss(self, words):
        import gpt

        return gpt.loss(self.model, *self.examples(words))

    def show(self, pattern, seed):
        import gpt

        return gpt.sample(self.model, self.vocabulary, 10, seed=seed, max_length=20)


class BERT(GPT):
    """docs/makemore/bert.md. Of each word a share of the letters is masked, any share."""

    ends = 2

    def symbols(self, vocabulary):
        return len(vocabulary) + 1    # and the mask

    def make(self, config, generator):
        from bert import BERT

        return BERT(config, generator)

    def corrupt(self, ids, targets):
        import bert

        share = torch.rand(len(ids), 1, generator=self.generator)
        return bert.corrupt(ids, bert.mask_of(self.model), share, self.generator)

    def loss(self, words):
        """Per letter, each predicted from all others of its word."""
        import bert

        ids, _ = self.examples(words[:100])
        return bert.pseudo_nll(self.model, ids, batch=512).sum().item() / (ids != 0).sum().item()

    def show(self, pattern, seed):
        import bert

        if bert.BLANK not in pattern:
            raise ValueError(f"{pattern!r} has no {bert.BLANK}, which stands for a letter to fill in")
        found = bert.fill(self.model, self.vocabulary, pattern, 5)
        return [f"{word} ({chance:.0%})" for word, chance in found]


KINDS = {"gpt": GPT, "bert": BERT, "mlp": MLP}


class Learner:
    """A model in training on the words of a file, from the beginning or from a checkpoint."""

    def __init__(self, kind, name, settings=None, seed=1, file=None):
        words = data.read_words(FOLDER + name)
        train, self.held_out, _ = data.split(words)
        tensors, facts = checkpoint.load(file) if file else ({}, {})
        if facts and facts.get("model") != kind:
            raise ValueError(f"the file holds a model of the kind {facts.get('model')}, and this page trains "
                             f"a {kind}")
        known = {*facts["characters"]} - {data.BOUNDARY} if facts else words
        vocabulary = data.Vocabulary(known)
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        self.part = KINDS[kind](words, vocabulary, facts.get("settings", settings or {}), generator)
        s, model = self.part.settings, self.part.model
        rule = {"adamw": optimizers.AdamW, "sgd": optimizers.SGD}[s["optimizer"]]
        optimizer = rule(model.parameters(), lr=s["rate"], weight_decay=s["decay"])
        self.trainer = training.Trainer(
            model, optimizer, self.part.examples(train), steps=s["steps"], batch=s["batch"],
            schedule=lambda step: optimizers.warmup(step, s["warmup"]), limit=s["clip"] or None,
            generator=generator, predict=self.part.predict, corrupt=self.part.corrupt)
        self.losses = []
        if facts:
            self.trainer.restore(tensors, facts)
            self.losses = tensors["losses"].tolist()
        self.running = self.trainer.run()
        sha256 = hashlib.sha256("\n".join(words).encode("utf-8", "surrogatepass")).hexdigest()
        self.facts = {"model": kind, "settings": s, "seed": seed, "characters": vocabulary.characters,
                      "data": name, "words": len(words), "sha256 of the words": sha256}

    def about(self):
        """What the page tells of it."""
        letters = len(self.facts["characters"]) - 1
        size = sum(p.numel() for p in self.part.model.parameters())
        return {"words": self.facts["words"], "letters": letters, "parameters": size, "losses": self.losses,
                "guess": math.log(letters if self.facts["model"] == "bert" else letters + 1)}

    def steps(self, seconds, most):
        """Take steps, as many as fit into the time, at least one -> the loss of each."""
        until, before = time.monotonic() + seconds, len(self.losses)
        while True:
            self.losses.append(next(self.running))
            if time.monotonic() > until or len(self.losses) - before >= most:
                return self.losses[before:]

    def look(self, pattern=""):
        """Words that the model makes, with a seed of its own at each step; or the pattern, filled in."""
        self.part.model.eval()
        return self.part.show(pattern, len(self.losses))

    def judged(self):
        """Nats per character on words that it has not seen."""
        self.part.model.eval()
        return self.part.loss(self.held_out[:500])

    def save(self, path):
        tensors, facts = self.trainer.snapshot()
        tensors["losses"] = torch.tensor(self.losses, dtype=torch.float32)
        checkpoint.save(path, tensors, {**facts, **self.facts})
