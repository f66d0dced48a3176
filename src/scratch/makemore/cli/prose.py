"""A GPT of running text: what train --text does, and sample and evaluate with its file.

A checkpoint holds its tokenizer, so that none can be missing beside it, or be another.
"""

import hashlib
import shlex
import textwrap
from pathlib import Path

import torch

from scratch.bpe.tokenizer import RegexTokenizer, from_merges

from .. import checkpoint, gpt, optimizers, texts, training
from ..evaluate import perplexity
from . import Refused, run
from .kinds import ABSENT, ATTENTION, OPTIMIZERS, SIZES, TEXT, config, factor

SETTINGS = {**ATTENTION, "block_size": 128, "batch": 16, "steps": 2000}
WRITTEN = 200             # tokens, unless --max-length says another number
SCORED = 200_000          # tokens of each split that a measurement takes at most
CELLS = 2**24             # logits that are made at a time
FACTS = {"settings", "seed", "tokenizer", "data", "characters", "sha256 of the text"}


def begin(options, given):
    """A new training on a text, with the settings that were asked for."""
    if options.model not in (None, "gpt"):
        raise Refused(f"--text is for a gpt; a model called {options.model} learns "
                      "words, one a line: --data FILE")
    if options.data is not None:
        raise Refused("--text is running text, --data is words, one a line; name one "
                      "of the two")
    for setting in given.keys() - SETTINGS.keys():
        raise Refused(f"--{setting.replace('_', '-')} is no setting of a gpt")
    text, source = read(options.text)
    tokenizer = tokenizer_of(options.tokenizer, text)
    settings = {**SETTINGS, **SIZES.get(options.size, {}), **given}
    settings.pop("size", None)    # layers, heads and channels say it
    return TextTraining(settings, options.seed or 0, tokenizer).prepare(
        options, text, source)


def go_on(options):
    """The training in a checkpoint, on the same text."""
    if options.tokenizer is not None:
        raise Refused(f"{options.resume} holds its tokenizer; leave out --tokenizer")
    if options.data is not None:
        raise Refused(f"{options.resume} learns running text: its file is named with "
                      "--text")
    found, tensors, facts = load(options.resume)
    found.prepare(options, *read_again(options.resume, facts, options.text))
    with run.refusing_tensors(options.resume):
        found.trainer.restore(tensors, facts)
    return found


# Texts and tokenizers

def read(source):
    """The text of a file, and its full path."""
    path = Path(source).absolute()
    if not path.exists():
        raise Refused(f"{path}: there is no such file")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{path}: its byte {error.start:,} is not UTF-8; save the file "
                      "in that encoding") from None
    return text.replace("\r\n", "\n"), path


def read_again(name, facts, given):
    """The text that a checkpoint was trained on, from where it was or is now."""
    if given is None and not Path(facts["data"]).exists():
        raise Refused(f"the text that {name} was trained on is no longer in "
                      f"{facts['data']}; say with --text where it is")
    text, source = read(given or facts["data"])
    if digest(text) != facts["sha256 of the text"]:
        raise Refused(f"{name} was trained on {facts['characters']:,} characters, and "
                      f"{source} is another text; name its file with --text")
    return text, source


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def tokenizer_of(model, text):
    """The tokenizer in a file that scratch.bpe wrote; without a file, characters."""
    if model is None:
        return texts.Characters(text)
    if not Path(model).is_file():
        raise Refused(f"{model}: there is no such tokenizer; python -m scratch.bpe "
                      "train TEXT makes one, and without --tokenizer, the tokens are "
                      "characters")
    return RegexTokenizer().load(model)


def packed(tokenizer):
    """A tokenizer -> what JSON can hold of it."""
    if isinstance(tokenizer, texts.Characters):
        return {"characters": tokenizer.characters}
    return {"pattern": tokenizer.pattern, "byte_ids": tokenizer.byte_ids,
            "special_tokens": tokenizer.special_tokens,
            "merges": [[*pair, id] for pair, id in tokenizer.merges.items()]}


def unpacked(held):
    """What packed made -> the tokenizer."""
    if "characters" in held:
        return texts.Characters(held["characters"])
    merges = {(a, b): id for a, b, id in held["merges"]}
    return from_merges(merges, held["pattern"], held["byte_ids"],
                       held["special_tokens"])


def size_of(tokenizer):
    """V, the rows of an embedding that the tokenizer's ids need."""
    if isinstance(tokenizer, texts.Characters):
        return len(tokenizer)
    return tokenizer.n_vocab


# Training

class TextTraining(run.Training):
    """A Training whose examples are windows of a text."""

    name = TEXT

    def __init__(self, settings, seed, tokenizer, kept=None):
        self.settings, self.seed, self.tokenizer = settings, seed, tokenizer
        self.trainer, self.losses = None, []
        self.generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        try:
            self.model = gpt.GPT(config(size_of(tokenizer), settings), self.generator)
        except (RuntimeError, ValueError) as error:
            raise Refused("a model of these sizes cannot be made: "
                          f"{str(error).splitlines()[0]}") from None
        if kept:
            self.model.load_state_dict({
                key.removeprefix("model."): tensor for key, tensor in kept.items()
                if key.startswith("model.")})
            self.losses = kept["losses"].tolist()
        self.model.eval()

    def learn_from(self, text, source):
        """Cut the text into the ids to train on, nine tenths, and dev, its end."""
        self.text, self.source, border = text, source, int(0.9 * len(text))
        self.train, self.dev = (torch.tensor(self.tokenizer.encode(part))
                                for part in (text[:border], text[border:]))
        T = self.settings["block_size"]
        for what, ids in ("to train on", self.train), ("of its last tenth", self.dev):
            if len(ids) <= T:
                raise Refused(f"{source}: the {len(ids):,} tokens {what} make no "
                              f"window of {T} and what follows it; take a longer text, "
                              "or a smaller --block-size")
        return self

    def prepare(self, options, text, source):
        """Make the training loop of training.py."""
        self.learn_from(text, source)
        s, T = self.settings, self.settings["block_size"]
        model = self.model.to(training.init_distributed(options.device))
        watched = None
        if options.log or s["patience"]:
            watched = tuple(each[::T] for each in texts.windows(self.dev, T))
        optimizer = getattr(optimizers, OPTIMIZERS[s["optimizer"]])(
            model.parameters(), lr=s["rate"], weight_decay=s["decay"])
        self.threads = options.threads
        every = options.every or max(1, s["steps"] // 20)
        self.trainer = training.Trainer(
            model, optimizer, texts.windows(self.train, T), watched, steps=s["steps"],
            batch=s["batch"],
            schedule=lambda step: (optimizers.warmup(step, s["warmup"])
                                   * factor(s["schedule"], step, s["steps"])),
            limit=s["clip"] or None, accumulate=s["accumulate"],
            every=every if watched else None, patience=s["patience"] or None,
            bf16=options.bf16, compiled=options.compile, generator=self.generator,
            log=options.log, predict=model.logits, pieces=self.pieces)
        return self

    def pieces(self, x, y):
        """So many windows at a time that their logits fit into memory."""
        rows = max(1, CELLS // (x.shape[1] * size_of(self.tokenizer)))
        return [*zip(x.split(rows), y.split(rows))]

    @property
    def finished(self):
        return self.trainer.early_stopped or len(self.losses) == self.steps

    def size(self):
        return f"{sum(each.numel() for each in self.model.parameters()):,} parameters"

    def save(self, path):
        tensors, facts = self.trainer.snapshot()
        tensors["losses"] = torch.tensor(self.losses, dtype=torch.float32)
        if training.rank_and_world_size()[0] == 0:
            checkpoint.save(path, tensors, {
                **facts, "model": TEXT, "settings": self.settings, "seed": self.seed,
                "tokenizer": packed(self.tokenizer), "data": str(self.source),
                "characters": len(self.text), "sha256 of the text": digest(self.text)})


def load(path):
    """A checkpoint of train --text -> its TextTraining, tensors and facts."""
    tensors, facts = checkpoint.load(path)
    if lacks := FACTS - facts.keys():
        raise Refused(f"{path} is a checkpoint of a text, but it lacks its "
                      f"{', '.join(sorted(lacks))}")
    try:
        tokenizer = unpacked(facts["tokenizer"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Refused(f"{path}: its tokenizer cannot be used ({error})") from None
    with run.refusing_tensors(path):
        return TextTraining(facts["settings"], facts["seed"], tokenizer, tensors), (
            tensors), facts


def trained(path, new, options):
    """Train, measure and tell about it -> the exit status."""
    from .commands import PROGRAM, curve, introduce, take_steps

    T, known, held = new.settings["block_size"], len(new.train), len(new.dev)
    print(f"{len(new.text):,} characters, {known + held:,} tokens out of "
          f"{size_of(new.tokenizer):,}: {known:,} to train on, and the last {held:,} "
          "are dev")
    introduce(new)
    if status := take_steps(path, new, options):
        return status
    print("the loss of the minibatches, in nats per token:")
    print(curve(new.losses))
    passes = len(new.losses) * new.settings["batch"] * T / known
    print(f"what there was to train on was read {passes:.3g} times over")
    new.model.eval()
    print(table(new))
    beginning = " ".join(new.text[:200].split()[:2])
    print(f"saved as {path}. To have it write:\n"
          f"    {PROGRAM} sample {path} --prompt {shlex.quote(beginning)}")


# Using

def table(found):
    """The losses of both splits as text: per token, and per byte with perplexity."""
    lines = ["split       tokens   nats/token   nats/byte   perplexity/byte"]
    for name, ids in (("train", found.train), ("dev", found.dev)):
        ids = ids[-SCORED:]
        total = texts.losses(found.model, ids).sum().item()
        per_byte = total / len(found.tokenizer.decode(ids.tolist()).encode())
        lines.append(f"{name:7} {len(ids):>10,} {total / len(ids):>12.4f} "
                     f"{per_byte:>11.4f} {perplexity(per_byte):>17.3f}")
    return "\n".join(lines)


def sample(options):
    """Write on from a prompt, piece by piece, as the pieces are drawn."""
    for name in "fill", "greedy":
        if getattr(options, name):
            instead = "; --top-k 1 takes the likeliest" if name == "greedy" else ""
            raise Refused(f"--{name} is for words, and {options.checkpoint} holds a "
                          f"{TEXT}{instead}")
    found, _, _ = load(options.checkpoint)
    prompt = options.prompt
    if prompt is None:
        known = getattr(found.tokenizer, "characters", "\n")
        prompt = "\n" if "\n" in known else known[0]
    temperature = 1.0 if options.temperature is None else options.temperature
    for n in range(1 if options.count is None else options.count):
        pieces = texts.stream(found.model, found.tokenizer, prompt,
                              options.max_length or WRITTEN, (options.seed or 0) + n,
                              temperature, options.top_k, options.top_p)
        first = next(pieces, "")    # a prompt is refused before anything is shown
        print("\n" * (n > 0) + prompt + first, end="", flush=True)
        for piece in pieces:
            print(piece, end="", flush=True)
        print(flush=True)


def evaluate(options):
    """The loss of both splits, or of another text."""
    if options.test:
        raise Refused(f"a {TEXT} has train and dev, the text's end, and no test split; "
                      "name a file of its own with --data")
    found, _, facts = load(options.checkpoint)
    if options.data is None:
        print(table(found.learn_from(*read_again(options.checkpoint, facts, None))))
        return
    text, source = read(options.data)
    try:
        per_byte = texts.nats_per_byte(found.model, found.tokenizer, text)
    except ValueError as error:
        raise Refused(f"{source} does not fit {options.checkpoint}: {error}") from None
    print(f"{source}: {len(text.encode()):,} bytes, {per_byte:.4f} nats per byte, "
          f"perplexity {perplexity(per_byte):.3f} per byte")
