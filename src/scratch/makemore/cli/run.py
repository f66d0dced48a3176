"""A training: a model, its words and its loop, saved to a file and resumed from it.

Of several processes, which torchrun started, only the first writes files.
"""

import hashlib
import math
import os
import signal
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from .. import checkpoint, data, optimizers, training
from . import Refused
from .kinds import KINDS, OPTIMIZERS, factor


class Training:
    """A model and all that it takes to train it further."""

    def __init__(self, name, settings, seed, words, vocabulary, source, kept=None,
                 options=None):
        self.name, self.settings, self.seed = name, settings, seed
        self.words, self.vocabulary, self.source = words, vocabulary, source
        self.kind, self.trainer, self.losses = KINDS[name], None, []
        if self.kind.counts:
            self.counts = kept[0] if kept else self.kind.count(
                data.split(words)[0], vocabulary, settings)
            self.model = self.kind.make(len(vocabulary), settings, self.counts)
            return
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        try:
            self.model = self.kind.make(len(vocabulary), settings, generator)
        except (RuntimeError, ValueError) as error:
            raise Refused("a model of these sizes cannot be made: "
                          f"{str(error).splitlines()[0]}") from None
        if kept:
            tensors = training.named(self.model, kept[0])
            self.model.load_state_dict({
                key.removeprefix("model."): tensor for key, tensor in tensors.items()
                if key.startswith("model.")})
            self.losses = tensors["losses"].tolist()
        if options is not None:
            self.trainer = self.prepared(generator, options)
            if kept:
                self.trainer.restore(*kept)

    def prepared(self, generator, options):
        """The training loop of training.py, with the settings."""
        s, kind = self.settings, self.kind
        self.model.to(training.init_distributed(options.device))
        train, dev, _ = data.split(self.words)
        train = kind.examples(self.model, train, self.vocabulary)
        every = options.every or max(1, s["steps"] // 20)
        watched = None
        if options.log or s["patience"]:
            watched = kind.examples(self.model, dev, self.vocabulary)
            same = torch.Generator().manual_seed(0)    # the same letters each time
            if corrupt := kind.corruption(self.model, same):
                watched = corrupt(*watched)
        optimizer = getattr(optimizers, OPTIMIZERS[s["optimizer"]])(
            self.model.parameters(), lr=s["rate"], weight_decay=s["decay"])
        return training.Trainer(
            self.model, optimizer, train, watched, steps=s["steps"], batch=s["batch"],
            schedule=lambda step: (optimizers.warmup(step, s["warmup"])
                                   * factor(s["schedule"], step, s["steps"])),
            limit=s["clip"] or None, accumulate=s["accumulate"],
            every=every if watched else None, patience=s["patience"] or None,
            bf16=options.bf16, compiled=options.compile, generator=generator,
            log=options.log, predict=kind.predict(self.model),
            corrupt=kind.corruption(self.model, generator))

    @property
    def steps(self):
        return self.settings.get("steps", 0)

    @property
    def finished(self):
        """Whether there is nothing left to train."""
        return (not self.trainer or self.trainer.early_stopped
                or len(self.losses) == self.steps)

    def size(self):
        if self.kind.counts:
            return f"{self.counts['counts'].numel():,} counts"
        return f"{sum(each.numel() for each in self.model.parameters()):,} parameters"

    def save(self, path):
        tensors, facts = self.trainer.snapshot() if self.trainer else (self.counts, {})
        if self.trainer:
            tensors["losses"] = torch.tensor(self.losses, dtype=torch.float32)
        if training.rank_and_world_size()[0] == 0:
            checkpoint.save(path, tensors, {
                **facts, "model": self.name, "settings": self.settings,
                "seed": self.seed, "characters": self.vocabulary.characters,
                "data": str(self.source), "words": len(self.words),
                "sha256 of the words": digest(self.words)})

    def run(self, path, save_every):
        """Take the steps that are left, saving to path -> whether all were taken."""
        shown = Progress(self.steps, done=len(self.losses))
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
        self.model.to("cpu")
        return self.finished


class Progress:
    """tqdm's line with the mean loss: rewritten, or, if to no terminal, ten lines.

    steps are to be taken, done of them were taken before. The time left is estimated
    from the steps of this run.
    """

    line = "step {n:,} of {total:,}   {desc}   {rate_noinv_fmt}   {remaining} left"

    def __init__(self, steps, done=0, stream=None):
        stream = stream or sys.stderr
        self.terminal, self.mean, self.first = stream.isatty(), None, done
        self.bar = tqdm(
            total=steps, initial=done, unit=" steps", bar_format=self.line,
            file=stream if self.terminal else Lines(stream), leave=self.terminal,
            mininterval=0.2, miniters=None if self.terminal else math.inf,
            maxinterval=math.inf, delay=1e-5)    # nothing before the first step

    def step(self, loss):
        """One more step, which had this loss."""
        weight = max(0.01, 1 / (self.bar.n + 1 - self.first))    # about 100 steps
        self.mean = loss if self.mean is None else (
            self.mean + (loss - self.mean) * weight)
        self.bar.set_description_str(f"loss {self.mean:.4f}", refresh=False)
        self.bar.update()
        n, steps = self.bar.n, self.bar.total
        if not self.terminal and n * 10 // steps > (n - 1) * 10 // steps:
            self.bar.refresh()

    def close(self):
        """End the line."""
        self.bar.close()


class Lines:
    """A stream for tqdm that gets whole lines, and no carriage returns."""

    def __init__(self, stream):
        self.stream = stream

    def write(self, text):
        if text := text.strip():
            self.stream.write(f"{text}\n")

    def flush(self):
        self.stream.flush()


class Interrupted:
    """True once Ctrl-C was pressed. The second Ctrl-C stops the program at once.

    Of several processes, which must not stop at different steps, the first one does.
    """

    def __init__(self):
        self.pressed = False
        self.before = signal.getsignal(signal.SIGINT)
        if training.rank_and_world_size()[1] == 1:
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
        raise Refused(f"{path} is a checkpoint, but not one that train wrote")
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
    """The training that a checkpoint holds; with options, ready for further steps."""
    tensors, facts, vocabulary = load(path)
    try:
        found = Training(facts["model"], facts["settings"], facts["seed"], words,
                         vocabulary, source, (tensors, facts), options)
        if not found.kind.counts:
            found.model.eval()
        return found
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
