"""Train a model of words, sample from it and measure it, from the command line.

    python -m scratch.makemore train --model mlp --data my-words.txt
    python -m scratch.makemore sample mlp.safetensors --count 50 --temperature 0.8
    python -m scratch.makemore evaluate mlp.safetensors
    python -m scratch.makemore train --model bert
    python -m scratch.makemore sample bert.safetensors --fill "?mm?"

A training goes on where it was interrupted, and ends with the same bytes as one that
was not. A new model is a new entry of KINDS. A wrong input costs one line and exit
status 2. Started by torchrun, several processes share each minibatch.
"""

import argparse
import functools
import hashlib
import math
import os
import shlex
import signal
import sys
import textwrap
from pathlib import Path
from typing import Callable, NamedTuple

import torch

from . import (
    bert, bigram, checkpoint, data, evaluate, gpt, mlp, ngram, optimizers, progress,
    recurrent, sample, training, transformer, wavenet)

PROGRAM = "python -m scratch.makemore"
EXAMPLES = {
    "": f"""examples:
  {PROGRAM} train --model mlp --data my-words.txt
  {PROGRAM} train --resume mlp.safetensors
  {PROGRAM} sample mlp.safetensors
  {PROGRAM} evaluate mlp.safetensors

{PROGRAM} train --help, and so on, tells the rest.""",
    "train": f"""examples:
  {PROGRAM} train --model bigram
  {PROGRAM} train --model mlp --data my-words.txt --steps 5000
  {PROGRAM} train --model mlp --block-size 5 --hidden 300 --out big.safetensors
  {PROGRAM} train --model gru --steps 3000 --clip 0.5 --log runs/gru
  {PROGRAM} train --model gpt --size tiny
  {PROGRAM} train --model bert --size large --layers 4 --rate 0.001
  {PROGRAM} train --resume big.safetensors

The words are split into 80 % to train on, 10 % dev and 10 % test, the same way each
time. Ctrl-C saves the training as it is and says how to go on. Several processes, all
of which take the same steps, each with its share of the minibatch, are started by
  torchrun --nproc-per-node 2 -m scratch.makemore train ...
Default settings (without warm-up, clipping and so on where they are not named):""",
    "sample": f"""examples:
  {PROGRAM} sample mlp.safetensors
  {PROGRAM} sample mlp.safetensors --count 100 --top-p 0.9 --seed 7 > names.txt
  {PROGRAM} sample bert.safetensors --fill "?mm?" --count 5

A bert sees both sides of a letter. It fills in hidden letters, which no other model
can, and does not make words from their beginning, as gpt, mlp and the others do.""",
    "evaluate": f"""examples:
  {PROGRAM} evaluate mlp.safetensors
  {PROGRAM} evaluate bert.safetensors
  {PROGRAM} evaluate mlp.safetensors --data other-words.txt

Without --data, the words it was trained on, by split: train and dev, and with --test
the test split, which is for the end, when nothing will be chosen any more. A bert is
measured otherwise than all others: it guesses each letter by the rest of its word.""",
}
SETTINGS = {    # name: (type, what it is)
    "alpha": (float, "how much is added to every count"),
    "strength": (float, "how many counts the next shorter context is worth"),
    "size": (transformer.SIZES, "layers, heads and channels at once, as listed below"),
    "block_size": (int, "how many symbols of context the model sees; for gpt and bert, "
                   "as many as the longest word takes unless it is given"),
    "layers": (int, "blocks of attention and an MLP"),
    "heads": (int, "attentions side by side; channels are dealt out to them"),
    "channels": (int, "numbers in the embedding of a symbol"),
    "hidden": (int, "hidden units"),
    "output_scale": (float, "factor for the output layer's first weights"),
    "steps": (int, "minibatches to train on"),
    "batch": (int, "examples in a minibatch; words, for rnn, gru, lstm, gpt and bert"),
    "rate": (float, "learning rate"),
    "optimizer": ({name.lower(): getattr(optimizers, name) for name in (
        "SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam", "AdamW")},
        "what is done with a slope"),
    "schedule": ({
        "constant": lambda step, steps: 1.0,
        "halves": lambda step, steps: optimizers.stairs(step, max(1, (steps + 1) // 2)),
        "cosine": optimizers.cosine},
        "how the rate falls: not; to a tenth at half time; to 0 along a wave"),
    "warmup": (int, "steps in which the rate grows to its full size"),
    "clip": (float, "the length that slopes are shortened to"),
    "decay": (float, "weight decay"),
    "accumulate": (int, "parts that a minibatch is worked off in"),
    "patience": (int, "measurements of dev without a better one, before it stops"),
}
DRAWING = ("seed", "temperature", "top_k", "top_p", "greedy", "max_length")
GUESSED = 4000    # words that a bert is measured on, at most
ABSENT = {"warmup": 0, "clip": 0.0, "decay": 0.0, "accumulate": 1, "patience": 0}


class Refused(ValueError):
    """An input that the program cannot use, in one line."""


def contexts(model, words, vocabulary):
    return data.dataset(words, vocabulary, model.block_size)


def by_contexts(model, words, vocabulary):
    """The shared measure: nats per character, ends of words included."""
    inputs, targets = contexts(model, words, vocabulary)
    return evaluate.Score(len(targets), evaluate.loss(model, inputs, targets))


def by_rows(model, words, vocabulary):
    """The same, of a GPT: all characters of a word at once."""
    ids, targets = gpt.rows(words, vocabulary, model.block_size)
    return evaluate.Score(int((targets >= 0).sum()), gpt.loss(model, ids, targets))


def by_others(model, words, vocabulary):
    """Of a BERT, another measure: each letter guessed by all others of its word.

    As that takes a pass for each letter, the first words must do.
    """
    ids = bert.rows(words[:GUESSED], vocabulary, model.block_size)
    letters = int((ids != 0).sum())
    return evaluate.Score(letters, bert.surprise(model, ids).sum().item() / letters)


class Kind(NamedTuple):
    """A kind of model: one that counts, or one that is trained by steps.

    One that counts has count(words, vocabulary, settings) -> {name: tensor}, and
    model(vocabulary, settings, tensors) -> a model. One that is trained has no count,
    and model(vocabulary, settings, generator) -> a model with parameters(). It learns
    from examples(model, words, vocabulary) -> x, y, where predict(model, x) stands in
    for model(x), and hide(model, generator) makes the alter of training.Trainer. One
    that sees whole words takes so many ends of them into its block_size.
    """

    what: str
    settings: dict
    model: Callable
    count: Callable = None
    examples: Callable = contexts
    predict: Callable = None
    hide: Callable = None
    ends: int = 0
    score: Callable = by_contexts
    sample: Callable = sample.sample    # or None, if it fills in


def examples(words, vocabulary, settings):
    """Each context with its target once, and how often it occurred."""
    contexts, targets = data.dataset(words, vocabulary, settings["block_size"])
    rows = torch.cat([contexts, targets[:, None]], dim=1)
    rows, counts = torch.unique(rows, dim=0, return_counts=True)
    return {"examples": rows, "counts": counts}


def interpolated(vocabulary, settings, tensors):
    rows = tensors["examples"].repeat_interleave(tensors["counts"], dim=0)
    return ngram.Interpolated(
        rows[:, :-1], rows[:, -1], len(vocabulary), settings["strength"])


def recurrently(what, cell):
    """The kind of a recurrent network with cells of this class."""
    return Kind(
        what, {"block_size": 16, "channels": 32, "hidden": 128, **ADAM},
        lambda vocabulary, s, generator: recurrent.Recurrent(
            len(vocabulary), cell, s["channels"], s["hidden"], s["block_size"],
            generator),
        examples=lambda model, words, vocabulary: recurrent.rows(
            words, vocabulary, max(map(len, words)) + 1),
        predict=recurrent.Recurrent.every)


def config(symbols, s):
    return transformer.Config(
        symbols, s["block_size"], s["layers"], s["heads"], s["channels"])


def twice(model, words, vocabulary):
    """A BERT's rows as x and y, until letters are hidden."""
    ids = bert.rows(words, vocabulary, model.block_size)
    return ids, ids


def hide(model, generator):
    """For a BERT: a share of the letters of each word, any share, anew each time."""
    def alter(ids, _):
        share = torch.rand(len(ids), 1, generator=generator)
        pair = bert.corrupt(ids.cpu(), bert.mask_of(model), share, generator)
        return tuple(each.to(ids.device) for each in pair)
    return alter


DESCENT = {"steps": 20_000, "batch": 32, "rate": 0.1, "optimizer": "sgd",
           "schedule": "halves", **ABSENT}
ADAM = {**DESCENT, "steps": 5000, "rate": 0.005, "optimizer": "adamw",
        "schedule": "cosine", "warmup": 100, "clip": 1.0, "decay": 0.01}
ATTENTION = {"size": "default", "block_size": None, **transformer.SIZES["default"],
             **ADAM, "rate": 0.002}
KINDS = {
    "bigram": Kind(
        "counts of pairs", {"alpha": 1.0},
        lambda vocabulary, s, tensors: bigram.Bigram(tensors["counts"], s["alpha"]),
        lambda words, vocabulary, s: {"counts": bigram.count_pairs(words, vocabulary)}),
    "ngram": Kind(
        "counts of longer contexts, each resting on the next shorter",
        {"block_size": 5, "strength": 40.0}, interpolated, examples),
    "neural-bigram": Kind(
        "the same table, learnt", {**DESCENT, "rate": 10.0},
        lambda vocabulary, s, generator: bigram.NeuralBigram(
            len(vocabulary), generator)),
    "mlp": Kind(
        "embeddings and a hidden layer (Bengio et al. 2003)",
        {"block_size": 3, "channels": 10, "hidden": 200, "output_scale": 0.01,
         **DESCENT},
        lambda vocabulary, s, generator: mlp.MLP(
            len(vocabulary), s["block_size"], s["channels"], s["hidden"], generator,
            s["output_scale"])),
    "wavenet": Kind(
        "eight letters, fused two by two (van den Oord et al. 2016)",
        {"block_size": 8, "channels": 24, "hidden": 128, **ADAM},
        lambda vocabulary, s, generator: wavenet.tree(
            len(vocabulary), s["block_size"], s["channels"], s["hidden"],
            generator=generator)),
    "rnn": recurrently("a recurrent network (Elman 1990)", recurrent.RNNCell),
    "gru": recurrently("one with gates (Cho et al. 2014)", recurrent.GRUCell),
    "lstm": recurrently("one with gates and a memory (Hochreiter, Schmidhuber 1997)",
                        recurrent.LSTMCell),
    "gpt": Kind(
        "attention to all letters before (Radford et al. 2018)", ATTENTION,
        lambda vocabulary, s, generator: gpt.GPT(config(len(vocabulary), s), generator),
        examples=lambda model, words, vocabulary: gpt.rows(
            words, vocabulary, model.block_size),
        predict=gpt.GPT.logits, ends=1, score=by_rows, sample=gpt.sample),
    "bert": Kind(
        "attention to both sides, to fill in letters (Devlin et al. 2019)", ATTENTION,
        lambda vocabulary, s, generator: bert.BERT(
            config(len(vocabulary) + 1, s), generator),    # and the mask
        examples=twice, predict=bert.BERT.logits, hide=hide, ends=2, score=by_others,
        sample=None),
}


class Training:
    """A model and all that it takes to train it further."""

    def __init__(self, name, settings, seed, words, vocabulary, source, kept=None,
                 options=None):
        self.name, self.settings, self.seed = name, settings, seed
        self.words, self.vocabulary, self.source = words, vocabulary, source
        self.kind, self.trainer, self.losses = KINDS[name], None, []
        if self.kind.count is not None:
            self.counts = kept[0] if kept else self.kind.count(
                data.split(words)[0], vocabulary, settings)
            self.model = self.kind.model(vocabulary, settings, self.counts)
            return
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        try:
            self.model = self.kind.model(vocabulary, settings, generator)
        except (RuntimeError, ValueError) as error:
            raise Refused("a model of these sizes cannot be made: "
                          f"{str(error).splitlines()[0]}") from None
        if kept:
            tensors = {key.removeprefix("model."): tensor
                       for key, tensor in kept[0].items() if key.startswith("model.")}
            training.load(self.model, tensors)
            self.losses = kept[0]["losses"].tolist()
        if options is not None:
            self.trainer = self.prepared(generator, options)
            if kept:
                self.trainer.restore(*kept)

    def prepared(self, generator, options):
        """The training loop of training.py, with the settings."""
        s, kind = self.settings, self.kind
        fall = SETTINGS["schedule"][0][s["schedule"]]
        training.move(self.model, training.join(options.device))
        train, dev, _ = data.split(self.words)
        train = kind.examples(self.model, train, self.vocabulary)
        every = options.every or max(1, s["steps"] // 20)
        watched = None
        if options.log or s["patience"]:
            watched = kind.examples(self.model, dev, self.vocabulary)
            if kind.hide:    # the same letters each time that it is measured
                same = torch.Generator().manual_seed(0)
                watched = kind.hide(self.model, same)(*watched)
        return training.Trainer(
            self.model, SETTINGS["optimizer"][0][s["optimizer"]](
                self.model.parameters(), lr=s["rate"], weight_decay=s["decay"]),
            train, watched, steps=s["steps"], batch=s["batch"],
            schedule=lambda step: (optimizers.warmup(step, s["warmup"])
                                   * fall(step, s["steps"])),
            limit=s["clip"] or None, accumulate=s["accumulate"],
            every=every if watched else None, patience=s["patience"] or None,
            bf16=options.bf16, compiled=options.compile, generator=generator,
            log=options.log,
            predict=kind.predict and functools.partial(kind.predict, self.model),
            alter=kind.hide and kind.hide(self.model, generator))

    @property
    def steps(self):
        return self.settings.get("steps", 0)

    @property
    def over(self):
        """Whether there is nothing left to train."""
        return not self.trainer or self.trainer.over or len(self.losses) == self.steps

    def size(self):
        if self.kind.count is not None:
            return f"{self.counts['counts'].numel():,} counts"
        return f"{sum(each.numel() for each in self.model.parameters()):,} parameters"

    def save(self, path):
        tensors, facts = self.trainer.snapshot() if self.trainer else (self.counts, {})
        if self.trainer:
            tensors["losses"] = torch.tensor(self.losses, dtype=torch.float32)
        if training.place()[0] == 0:
            checkpoint.save(path, tensors, {
                **facts, "model": self.name, "settings": self.settings,
                "seed": self.seed, "characters": self.vocabulary.characters,
                "data": str(self.source), "words": len(self.words),
                "sha256 of the words": digest(self.words)})

    def run(self, path, save_every):
        """Take the steps that are left, saving to path -> whether all were taken."""
        shown = progress.Progress(self.steps, done=len(self.losses))
        interrupted = Interrupted()
        try:
            for loss in self.trainer.run():
                self.losses.append(loss)
                shown.step(loss)
                if interrupted:
                    break
                if len(self.losses) % save_every == 0:
                    self.save(path)
        finally:
            shown.close()
            interrupted.close()
        self.save(path)
        training.move(self.model, "cpu")
        return self.over


class Interrupted:
    """True once Ctrl-C was pressed. The second Ctrl-C stops the program at once.

    Of several processes, which must not stop at different steps, the first one does.
    """

    def __init__(self):
        self.pressed = False
        self.before = signal.getsignal(signal.SIGINT)
        if training.place()[1] == 1:
            signal.signal(signal.SIGINT, self.press)

    def press(self, number, frame):
        self.pressed = True
        self.close()

    def close(self):
        signal.signal(signal.SIGINT, self.before)

    def __bool__(self):
        return self.pressed


def digest(words):
    return hashlib.sha256("\n".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def load(path):
    """A checkpoint -> tensors, facts, its vocabulary; the model must be a known one."""
    tensors, facts = checkpoint.load(path)
    expected = {"model", "characters", "settings", "data"}
    if not isinstance(facts, dict) or not expected <= facts.keys():
        raise Refused(f"{path} is a checkpoint, but not of this program's train")
    if facts["model"] not in KINDS:
        raise Refused(f"{path} holds a model called {facts['model']!r}, which this "
                      f"program does not know; it knows {', '.join(KINDS)}")
    return tensors, facts, data.Vocabulary([facts["characters"][1:]])


def source_of(path, facts, given):
    """The file with the words: the one that was given, or the one trained on."""
    if given is None and not Path(facts["data"]).exists():
        raise Refused(f"the words that {path} was trained on are no longer in "
                      f"{facts['data']}; say with --data where they are")
    return given or facts["data"]


def of_checkpoint(path, words, source, options=None):
    tensors, facts, vocabulary = load(path)
    try:
        model = Training(facts["model"], facts["settings"], facts["seed"], words,
                         vocabulary, source, (tensors, facts), options)
        training.mode(model.model, training=False)
        return model
    except Refused:
        raise
    except (KeyError, RuntimeError, ValueError) as error:
        raise Refused(f"{path}: its tensors are not those of its settings ({error})"
                      ) from None


def read(source):
    """The words of a file, enough of them to split, and its full path."""
    words = data.read_words(source)
    path = Path(source or os.environ.get("SCRATCH_NAMES") or data.book()).absolute()
    try:
        data.split(words)
    except ValueError as error:
        raise Refused(f"{path}: {error}") from None
    return words, path


def begin(options):
    """A new training, of the model and the settings that were asked for."""
    name = options.model or "mlp"
    kind = KINDS[name]
    given = asked(options)
    for setting in given.keys() - kind.settings.keys():
        raise Refused(f"{flag(setting)} is no setting of {name}, which has "
                      f"{', '.join(map(flag, kind.settings))}")
    path = Path(options.out or f"{name}.safetensors")
    if path.exists() and not options.force:
        raise Refused(f"{path} is there already: go on with it (--resume {path}), give "
                      "another name (--out), or write over it (--force)")
    words, source = read(options.data)
    sizes = transformer.SIZES.get(options.size, {})
    settings = {**kind.settings, **sizes, **given}
    settings.pop("size", None)    # layers, heads and channels say it
    if kind.ends and not settings["block_size"]:
        settings["block_size"] = max(map(len, words)) + kind.ends
    return path, Training(name, settings, options.seed or 0, words,
                          data.Vocabulary(words), source, options=options)


def go_on(options):
    """The training in a checkpoint, which must have been on these words."""
    if asked(options) or options.model or options.seed is not None:
        raise Refused("--resume goes on with the settings in the file; leave out "
                      "--model, --seed and the model's settings")
    _, facts, _ = load(options.resume)
    words, source = read(source_of(options.resume, facts, options.data))
    if digest(words) != facts["sha256 of the words"]:
        raise Refused(f"{options.resume} was trained on {facts['words']:,} words, and "
                      f"those in {source} are not the same; name its file with --data")
    path = Path(options.out or options.resume)
    return path, of_checkpoint(options.resume, words, source, options)


def asked(options):
    """The settings that were given on the command line."""
    return {name: value for name in SETTINGS
            if (value := getattr(options, name)) is not None}


def train(options):
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        training.join(options.device)
        if training.place()[0] > 0:     # the first process speaks for all
            sys.stdout = sys.stderr = open(os.devnull, "w")
    try:
        return trained(*(go_on if options.resume else begin)(options), options)
    finally:
        training.leave()


def trained(path, new, options):
    """Train, measure and tell about it -> the exit status."""
    kind, words, vocabulary = new.kind, new.words, new.vocabulary
    parts = [len(part) for part in data.split(words)]
    print(f"{len(words):,} words: {parts[0]:,} to train on, {parts[1]:,} dev, "
          f"{parts[2]:,} test; {len(vocabulary)} symbols")
    settings = "".join(f", {name.replace('_', ' ')} {plain(value)}"
                       for name, value in new.settings.items()
                       if value != ABSENT.get(name))
    print(textwrap.fill(f"{new.name}: {new.size()}{settings}", 78,
                        subsequent_indent="    "), flush=True)
    if new.losses and not new.over:
        print(f"going on after step {len(new.losses):,}", flush=True)
    if kind.count is not None:
        new.save(path)
    elif new.over:
        print(f"all {len(new.losses):,} steps have been taken")
    elif not new.run(path, options.save_every):
        print(f"stopped after step {len(new.losses):,} of {new.steps:,}, "
              f"saved as {path}. To go on:\n    {PROGRAM} train --resume {path}")
        return 130
    if new.losses:
        print("the loss of the minibatches, in nats:")
        print(progress.curve(new.losses))
    if kind.count is None and len(new.losses) < new.steps:
        print(f"dev did not improve any more, so it stopped after step "
              f"{len(new.losses):,} and took back the best parameters")
    training.mode(new.model, training=False)
    scores = measured(new, words, ["train", "dev"])
    print(table(kind, scores))
    blind = math.log(len(vocabulary) - (not kind.sample))    # a bert guesses no ends
    if scores["dev"].nats > blind:
        print(f"To guess blindly would be better on dev ({blind:.4f} nats)."
              + (" Try a smaller --rate." if new.losses else ""))
    if kind.sample:
        print(f"saved as {path}. To sample from it:\n    {PROGRAM} sample {path}")
    else:
        pattern = shlex.quote(bert.BLANK + words[0][1:])
        print(f"saved as {path}. To fill in letters:\n"
              f"    {PROGRAM} sample {path} --fill {pattern}")


def plain(value):
    return value if isinstance(value, str) else (
        f"{value:,}" if isinstance(value, int) else f"{value:g}")


def flag(setting):
    return "--" + setting.replace("_", "-")


def measured(trained, words, names):
    """{name: Score} on some of the splits of the words."""
    parts = dict(zip(["train", "dev", "test"], data.split(words)))
    return {name: trained.kind.score(trained.model, parts[name], trained.vocabulary)
            for name in names}


def table(kind, scores):
    what = "" if kind.sample else (
        f"pseudo-log-likelihood, of at most {GUESSED:,} words: each letter guessed by\n"
        "the rest of its word; it cannot be compared with the loss of other models\n")
    return what + evaluate.table(scores)


def draw(options):
    found = of_checkpoint(options.checkpoint, None, None)
    how = {name: value for name, value in vars(options).items() if name in DRAWING}
    if options.fill is not None:
        return fill(found, options, how)
    if not found.kind.sample:
        raise Refused(f"{options.checkpoint} holds a {found.name}, which does not make "
                      "words from their beginning; it fills in letters: --fill '?mm?'")
    print("\n".join(found.kind.sample(
        found.model, found.vocabulary, options.count, **how)))


def fill(found, options, how):
    """The likeliest words of a pattern, and how likely they are."""
    if found.kind.sample:
        raise Refused(f"--fill needs a bert, which sees both sides of a letter; "
                      f"{options.checkpoint} holds a model called {found.name!r}")
    for name in how:
        raise Refused(f"{flag(name)} is for words that are drawn; --fill finds the "
                      "likeliest, and knows --count only")
    if bert.BLANK not in options.fill:
        raise Refused(f"{options.fill!r} has no {bert.BLANK}, which stands for a "
                      "letter to fill in, as in '?mm?'")
    for word, p in bert.fill(found.model, found.vocabulary, options.fill, options.count,
                             width=max(200, options.count)):
        print(f"{word}  {p:.4f}")


def judge(options):
    _, facts, vocabulary = load(options.checkpoint)
    source = source_of(options.checkpoint, facts, options.data)
    words = data.read_words(source)
    judged = of_checkpoint(options.checkpoint, words, source)
    model, kind = judged.model, judged.kind
    if judged.losses and len(judged.losses) < judged.steps:
        print(f"after step {len(judged.losses):,} of {judged.steps:,}")
    if digest(words) == facts["sha256 of the words"]:
        names = ["train", "dev"] + ["test"] * options.test
        print(table(kind, measured(judged, words, names)))
        known, held = data.split(words)[0], sum(data.split(words)[1:], [])
        where = "train", "dev or test"
    elif options.test:
        raise Refused(f"{source} is not what the model was trained on, so that it has "
                      "no test split")
    else:
        try:
            everything = kind.score(model, words, vocabulary)
        except ValueError as error:
            what = f"{source} does not fit {options.checkpoint}"
            raise Refused(f"{what}: {error}") from None
        print(table(kind, {"all": everything}))
        known, held, where = words, [], (str(source), "")
    if kind.sample and options.count:
        made = kind.sample(model, vocabulary, options.count, options.seed)
        found = evaluate.novelty(made, known, held)
        print(f"{len(made):,} sampled words, {len(set(made)):,} of them different: "
              f"{len(found.train) / len(made):.1%} in {where[0]}, "
              + (f"{len(found.test) / len(made):.1%} in {where[1]}, " if held else "")
              + f"{len(found.new) / len(made):.1%} new")


class Parser(argparse.ArgumentParser):
    """One that says what is wrong in one line."""

    def error(self, message):
        self.exit(2, f"error: {message} ({self.prog} --help tells more)\n")


def number(kind, low, high=math.inf):
    """For argparse: an int or a float in a range."""
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
        if not low <= value <= high or value == math.inf:
            raise argparse.ArgumentTypeError(f"{text} is out of range")
        return value
    return parse


def parser():
    whole = number(int, 1)
    top = Parser(prog=PROGRAM, description=__doc__.splitlines()[0], epilog=EXAMPLES[""],
                 formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name, run, what):
        new = commands.add_parser(
            name, help=what, description=f"{what[0].upper()}{what[1:]}.",
            epilog=EXAMPLES[name],
            formatter_class=argparse.RawDescriptionHelpFormatter)
        new.set_defaults(run=run)
        return new

    new = command("train", train, "train a model, or go on with a training")
    new.epilog += "".join(
        f"\n  {name:14} {kind.what}\n" + textwrap.fill(
            "  ".join(f"{flag(n)}\u00a0{v}" for n, v in kind.settings.items()
                      if v != ABSENT.get(n)), 60,
            initial_indent=" " * 17, subsequent_indent=" " * 17).replace("\u00a0", " ")
        for name, kind in KINDS.items())
    new.epilog += "\nSizes, for a gpt with 27 symbols and a context of 16:"
    for name, size in transformer.SIZES.items():
        with torch.device("meta"):    # counted without being made
            model = gpt.GPT(transformer.Config(27, 16, **size))
        flags = "  ".join(f"{flag(n)} {v}" for n, v in size.items())
        new.epilog += (f"\n  {name:14} {flags:40}"
                       f"{sum(p.numel() for p in model.parameters()):>9,} parameters")
    new.add_argument("--model", choices=KINDS, help="which one (mlp)")
    new.add_argument("--data", metavar="FILE", help="one word a line, UTF-8 (the "
                     "book's names, or the file that $SCRATCH_NAMES names)")
    new.add_argument("--out", metavar="FILE", help="the checkpoint (MODEL.safetensors)")
    new.add_argument("--force", action="store_true", help="write over an existing one")
    new.add_argument("--resume", metavar="FILE", help="go on with this checkpoint")
    new.add_argument("--seed", type=number(int, 0, 2**63 - 1), metavar="N",
                     help="of the weights and minibatches (0)")
    new.add_argument("--save-every", type=whole, default=1000, metavar="N",
                     help="steps between two savings (1000)")
    new.add_argument("--every", type=whole, metavar="N", help="steps between two "
                     "measurements of dev, for --log and --patience (a twentieth)")
    new.add_argument("--log", metavar="FOLDER", help="where to write metrics.json, and "
                     "what TensorBoard reads, if it is installed")
    new.add_argument("--device", choices=["cpu", "cuda"], default="cpu",
                     help="where to train (cpu)")
    new.add_argument("--bf16", action="store_true",
                     help="multiply matrices in bfloat16")
    new.add_argument("--compile", action="store_true", help="let torch.compile write "
                     "the model anew: a minute at first, faster steps later")
    for name, (kind, what) in SETTINGS.items():
        if isinstance(kind, dict):
            new.add_argument(flag(name), choices=kind, help=what)
            continue
        low = 1 if kind is int and not ABSENT.get(name) == 0 else 0
        high = {"steps": 10**9, "layers": 1000}.get(name, math.inf)
        new.add_argument(flag(name), type=number(kind, low, high), metavar="N",
                         help=what)

    new = command("sample", draw, "make words with a trained model")
    new.add_argument("checkpoint", metavar="CHECKPOINT")
    new.add_argument("--count", type=number(int, 0), default=20, metavar="N",
                     help="how many (20)")
    new.add_argument("--fill", metavar="PATTERN", help="with a bert, the likeliest "
                     "words that have a letter for each ?, and their probabilities")
    drawing = functools.partial(new.add_argument, default=argparse.SUPPRESS)
    drawing("--seed", type=number(int, 0), metavar="N",
            help="another one, other words (0)")
    drawing("--temperature", type=number(float, 0), metavar="T",
            help="below 1 safer, above 1 bolder (1)")
    drawing("--top-k", type=whole, metavar="K",
            help="choose among the K likeliest symbols only")
    drawing("--top-p", type=number(float, 0, 1), metavar="P",
            help="choose among the likeliest that together have probability P")
    drawing("--greedy", action="store_true",
            help="always the likeliest symbol: one word, again and again")
    drawing("--max-length", type=whole, metavar="N", help="cut words off there (50)")

    new = command("evaluate", judge, "measure a trained model")
    new.add_argument("checkpoint", metavar="CHECKPOINT")
    new.add_argument("--data", metavar="FILE",
                     help="other words than it was trained on")
    new.add_argument("--test", action="store_true", help="the test split, too")
    new.add_argument("--count", type=number(int, 0), default=1000, metavar="N",
                     help="words to sample and look up (1000); a bert makes none")
    new.add_argument("--seed", type=number(int, 0), default=0, metavar="N",
                     help="of these words (0)")
    return top


def main(arguments=None):
    options = parser().parse_args(arguments)
    try:
        status = options.run(options) or 0
        sys.stdout.flush()
        return status
    except BrokenPipeError:    # whoever read the words, head perhaps, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.strerror else error
        print(f"error: {what}", file=sys.stderr)
    except ValueError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    except (MemoryError, OverflowError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "alloc" not in str(error):
            raise                 # not about memory: a mistake in the program
        print("error: these sizes need more memory than there is", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 2


if __name__ == "__main__":
    sys.exit(main())
