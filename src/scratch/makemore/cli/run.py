"""A training: a model, its words and its loop, saved to a file and resumed from it.

Of several processes, which torchrun started, only the first writes files.
"""

import contextlib
import hashlib
import math
import os
import signal
import statistics
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from .. import checkpoint, data, optimizers, training
from . import Refused
from .kinds import KINDS, OPTIMIZERS, factor


SMALL = 10**6    # parameters; a smaller model is trained by one thread


class Training:
    """A model and all that it takes to train it further."""

    def __init__(self, name, settings, seed, words, vocabulary, source, kept=None):
        self.name, self.settings, self.seed = name, settings, seed
        self.words, self.vocabulary, self.source = words, vocabulary, source
        self.kind, self.trainer, self.losses = KINDS[name], None, []
        if self.kind.counts:
            self.counts = kept or self.kind.count(
                data.split(words)[0], vocabulary, settings)
            self.model = self.kind.make(len(vocabulary), settings, self.counts)
            return
        self.generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        try:
            self.model = self.kind.make(len(vocabulary), settings, self.generator)
        except (RuntimeError, ValueError) as error:
            raise Refused("a model of these sizes cannot be made: "
                          f"{str(error).splitlines()[0]}") from None
        if kept:
            tensors = training.named(self.model, kept)
            self.model.load_state_dict({
                key.removeprefix("model."): tensor for key, tensor in tensors.items()
                if key.startswith("model.")})
            self.losses = tensors["losses"].tolist()

    def prepare(self, options):
        """Make the training loop of training.py, if the model is trained by steps."""
        if self.kind.counts:
            return self
        s, kind, vocabulary = self.settings, self.kind, self.vocabulary
        model = self.model.to(training.init_distributed(options.device))
        train, dev, _ = data.split(self.words)
        every = options.every or max(1, s["steps"] // 20)
        watched = None
        if options.log or s["patience"]:
            watched = kind.examples(model, dev, vocabulary)
            same = torch.Generator().manual_seed(0)    # the same letters each time
            if corrupt := kind.minibatch(model, dev, vocabulary, same):
                watched = corrupt(*watched)
        optimizer = getattr(optimizers, OPTIMIZERS[s["optimizer"]])(
            model.parameters(), lr=s["rate"], weight_decay=s["decay"])
        self.threads = options.threads
        self.trainer = training.Trainer(
            model, optimizer, kind.examples(model, train, vocabulary), watched,
            steps=s["steps"], batch=s["batch"],
            schedule=lambda step: (optimizers.warmup(step, s["warmup"])
                                   * factor(s["schedule"], step, s["steps"])),
            limit=s["clip"] or None, accumulate=s["accumulate"],
            every=every if watched else None, patience=s["patience"] or None,
            bf16=options.bf16, compiled=options.compile, generator=self.generator,
            log=options.log, predict=kind.predict(model), pieces=kind.pieces,
            corrupt=kind.minibatch(model, train, vocabulary, self.generator))
        return self

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
        """Take the steps that are left, saving to path -> the signal that stopped it.

        0 stands for none.
        """
        with contextlib.closing(Interrupted()) as interrupted:
            shown = Progress(self.steps, done=len(self.losses))
            with contextlib.closing(shown), threads(self.threads, self.model):
                for loss in self.trainer.run():
                    self.losses.append(loss)
                    shown.step(loss)
                    if interrupted.number and not self.finished:
                        break
                    if len(self.losses) % save_every == 0:
                        self.save(path)
            self.save(path)
        self.model.to("cpu")
        return interrupted.number


@contextlib.contextmanager
def threads(asked, model):
    """Meanwhile, PyTorch has as many threads as were asked for, by option or variable.

    If none were, a small model gets one. More would not make its steps faster, and, on
    a machine that has other work, would make them wait for each other.
    """
    before = torch.get_num_threads()
    told = asked or any(os.environ.get(name) for name in
                        ("OMP_NUM_THREADS", "MKL_NUM_THREADS"))
    small = sum(each.numel() for each in model.parameters()) < SMALL
    torch.set_num_threads(asked or (1 if small and not told else before))
    try:
        yield
    finally:
        torch.set_num_threads(before)


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
    """The number of the signal by which the training was told to stop; 0 until then.

    It may come from Ctrl-C, from kill, or from a terminal that was closed. The second
    signal stops the program at once. One that was ignored before (nohup) still is. Of
    several processes, which must not stop at different steps, the first signal does.
    """

    def __init__(self):
        self.number, self.before = 0, {}
        if training.rank_and_world_size()[1] > 1:
            return
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)    # not every system has them all
            before = number and signal.getsignal(number)
            if before not in (None, signal.SIG_IGN):
                self.before[number] = signal.signal(number, self.stop)

    def stop(self, number, frame):
        self.number = number
        self.close()

    def close(self):
        for number, before in self.before.items():
            signal.signal(number, before)


def digest(words):
    return hashlib.sha256("\n".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def load(path):
    """A checkpoint -> tensors, facts, its vocabulary; the model must be a known one."""
    tensors, facts = checkpoint.load(path)
    if isinstance(facts, dict) and "published" in facts:
        raise Refused(f"{path} holds a published model, which sample and fill know; it "
                      "has no words of its own to be trained or measured on")
    expected = {"model", "characters", "settings", "data"}
    if not isinstance(facts, dict) or not expected <= facts.keys():
        raise Refused(f"{path} is a checkpoint, but not one that train wrote")
    if facts["model"] not in KINDS:
        raise Refused(f"{path} holds a model called {facts['model']!r}, which this "
                      f"program does not know; it knows {', '.join(KINDS)}")
    if lacks := {"seed", "words", "sha256 of the words"} - facts.keys():
        raise Refused(f"{path} is a checkpoint, but it lacks {', '.join(lacks)}")
    symbols = facts["characters"]    # which the first files' checksums do not cover
    letters = set(symbols) - {data.BOUNDARY}
    if symbols != data.BOUNDARY + "".join(sorted(letters)):
        raise checkpoint.CheckpointError(f"{path} is damaged: {symbols!r:.60} are not "
                                         "the symbols of a vocabulary, in order")
    return tensors, facts, data.Vocabulary([*letters])


def source_of(path, facts, given):
    """The file with the words: the one that was given, or the one trained on."""
    if given is None and not Path(facts["data"]).exists():
        raise Refused(f"the words that {path} was trained on are no longer in "
                      f"{facts['data']}; say with --data where they are")
    return given or facts["data"]


def of_checkpoint(path, words, source, options=None):
    """The training that a checkpoint holds; with options, ready for further steps."""
    tensors, facts, vocabulary = load(path)
    with refusing_tensors(path):
        found = Training(facts["model"], facts["settings"], facts["seed"], words,
                         vocabulary, source, tensors)
        if not found.kind.counts:
            found.model.eval()
    if options is not None and not found.kind.counts:
        found.prepare(options)    # whose refusals are of the options
        with refusing_tensors(path):
            found.trainer.restore(tensors, facts)
    return found


@contextlib.contextmanager
def refusing_tensors(path):
    """Whatever fails here is for the tensors of the checkpoint, or its settings."""
    try:
        yield
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
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


def warn_of_long_lines(words, path, limit=64):
    """A word of hundreds of letters is most often a line that should be several."""
    longest = max(words, key=len)
    median = statistics.median(map(len, words))
    if len(longest) <= max(limit, 5 * median):
        return
    lines = [line.strip() for line in data.read_lines(path)]
    print(f"warning: {path}, line {lines.index(longest) + 1}: {longest!r:.30} has "
          f"{len(longest):,} characters, and half of the words have {median:g} or "
          "fewer; steps that meet it take long, and much memory", file=sys.stderr)
