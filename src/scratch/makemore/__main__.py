"""Train a model of words, sample from it and measure it, from the command line.

    python -m scratch.makemore train --model mlp --data my-words.txt
    python -m scratch.makemore sample mlp.safetensors --count 50 --temperature 0.8
    python -m scratch.makemore evaluate mlp.safetensors
    python -m scratch.makemore train --model bert
    python -m scratch.makemore fill bert.safetensors "?mm?"
    python -m scratch.makemore import FOLDER gpt2.safetensors
    python -m scratch.makemore sample gpt2.safetensors --prompt "The capital of France"
    python -m scratch.makemore train --text book.txt --tokenizer tokenizer.model

A training goes on where it was interrupted, and ends with the same bytes as one that
was not. A wrong input costs one line and exit status 2. Started by torchrun, several
processes share each minibatch. This file reads the command line; cli/ does the rest.
"""

import os
import signal
import sys


def leave(number, frame):
    """Ctrl-C: end at once, in one line. Some imports swallow a KeyboardInterrupt."""
    os.write(2, b"interrupted\n")
    os._exit(130)


def leave_imports(number, frame):
    """Ctrl-C: a KeyboardInterrupt, unless modules are being imported."""
    here = frame
    while here is not None:
        if here.f_code.co_filename.startswith("<frozen importlib"):
            leave(number, frame)
        here = here.f_back
    raise KeyboardInterrupt


def on_ctrl_c(handler):
    """Install the handler, unless Ctrl-C is to be ignored."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, handler)


if __name__ == "__main__":
    on_ctrl_c(leave)

import math
import textwrap
from types import SimpleNamespace

import click

from .cli import commands, vectors
from .cli.commands import PROGRAM, flag
from .cli.kinds import ABSENT, KINDS, SETTINGS, SIZES, parameters_of_gpt

EXAMPLES = {
    "": f"""examples:
  {PROGRAM} train --model mlp --data my-words.txt
  {PROGRAM} train --resume mlp.safetensors
  {PROGRAM} sample mlp.safetensors
  {PROGRAM} evaluate mlp.safetensors
  {PROGRAM} import gpt2/
  {PROGRAM} sample gpt2.safetensors --prompt "Once upon a time"
  {PROGRAM} neighbours gpt.safetensors hannah
  {PROGRAM} probe gpt.safetensors

{PROGRAM} train --help, and so on, tells the rest.""",
    "train": f"""examples:
  {PROGRAM} train --model bigram
  {PROGRAM} train --model mlp --data my-words.txt --steps 5000
  {PROGRAM} train --model mlp --block-size 5 --hidden 300 --out big.safetensors
  {PROGRAM} train --model gru --steps 3000 --clip 0.5 --log runs/gru
  {PROGRAM} train --model gpt --size tiny
  {PROGRAM} train --model bert --size large --layers 4 --rate 0.001
  {PROGRAM} train --resume big.safetensors
  {PROGRAM} train --text book.txt --tokenizer tokenizer.model

The words are split into 80 % to train on, 10 % dev and 10 % test, the same way each
time. Ctrl-C, or kill, saves the training as it is and says how to go on. Several
processes, all of which take the same steps, each with its share of the minibatch, are
started by
  torchrun --nproc-per-node 2 -m scratch.makemore train ...
Default settings (without warm-up, clipping and so on where they are not named):""",
    "sample": f"""examples:
  {PROGRAM} sample mlp.safetensors
  {PROGRAM} sample mlp.safetensors --count 100 --top-p 0.9 --seed 7 > names.txt
  {PROGRAM} sample gpt.safetensors --prompt an
  {PROGRAM} sample bert.safetensors --fill "?mm?" --count 5
  {PROGRAM} sample book.safetensors --prompt Once --top-p 0.9
  {PROGRAM} sample gpt2.safetensors --prompt "Once upon a time" --top-p 0.9

With a model that import brought in, a text goes on for --max-length tokens, or until
the model ends it.

A bert sees both sides of a letter. It fills in masked letters, which no other model
can, and does not make words from their beginning, as gpt, mlp and the others do.""",
    "import": f"""examples:
  {PROGRAM} import gpt2/
  {PROGRAM} import SmolLM2-135M-Instruct/ smol.safetensors

The folder is one as Hugging Face has them: config.json, model.safetensors (or several
and model.safetensors.index.json), and tokenizer.json (or vocab.txt, or vocab.json and
merges.txt). gpt2, bert, roberta, distilbert and llama are known. Nothing is fetched:
https://huggingface.co has such folders.""",
    "fill": f"""examples:
  {PROGRAM} fill bert.safetensors "?mm?"
  {PROGRAM} fill bert-base-uncased.safetensors "The [MASK] sat." --count 10

A bert that was trained here fills in letters for ?; one that import brought in fills in
tokens for [MASK], or for <mask>, as it calls it.""",
    "evaluate": f"""examples:
  {PROGRAM} evaluate mlp.safetensors
  {PROGRAM} evaluate bert.safetensors
  {PROGRAM} evaluate mlp.safetensors --data other-words.txt

Without --data, the words it was trained on, by split: train and dev, and with --test
the test split, which is for the end, when no more choices will be made. A bert is
measured differently from all others: it predicts each letter from the rest of its
word.""",
    "neighbours": f"""examples:
  {PROGRAM} neighbours gpt.safetensors
  {PROGRAM} neighbours gpt.safetensors hannah footman
  {PROGRAM} neighbours bert.safetensors hannah --where mean --measure euclid

Of a gpt or a bert. Without words, the nearest letters in the table of embeddings. The
number behind a word is the cosine, or the distance. A model that has learnt nothing
has neighbours as well: compare with one of train --steps 1.""",
    "probe": f"""examples:
  {PROGRAM} probe bert.safetensors

Of a gpt or a bert. A probe is a linear model that is fitted to the vectors of one
layer, here to tell the letter itself, the one before it and the one after it.""",
}


class Number(click.ParamType):
    """An int or a float in a range, in which nan and infinity never are."""

    name = "number"

    def __init__(self, kind, low, high=math.inf):
        self.kind, self.low, self.high = kind, low, high

    def convert(self, value, param, ctx):
        try:
            number = self.kind(value)
        except ValueError:
            what = "whole number" if self.kind is int else "number"
            self.fail(f"{value!r} is not a {what}", param, ctx)
        if not self.low <= number <= self.high or number == math.inf:
            limit = "or more" if self.high == math.inf else f"to {self.high:,}"
            self.fail(f"{value} is out of range: {self.low} {limit}", param, ctx)
        return number


class Laid:
    """For a click.Command: the text below the options stays as it is laid out."""

    def format_epilog(self, context, formatter):
        formatter.write(f"\n{self.epilog}\n")


class Command(Laid, click.Command):
    def __init__(self, run, epilog, options):
        super().__init__(run.__name__.rstrip("_"), params=options, epilog=epilog,
                         help=run.__doc__.splitlines()[0], callback=self.run)
        self.command = run

    def run(self, **given):
        try:
            return self.command(SimpleNamespace(**given))
        except KeyboardInterrupt:    # of which click would make two lines
            raise click.Abort from None


class Group(Laid, click.Group):
    def __init__(self, *members):
        super().__init__(help=__doc__.splitlines()[0], epilog=EXAMPLES[""],
                         commands={each.name: each for each in members},
                         subcommand_metavar="COMMAND ...", no_args_is_help=False,
                         context_settings={"help_option_names": ["-h", "--help"]})

    def list_commands(self, context):
        """In the order in which they are used."""
        return list(self.commands)


def option(name, type, help, metavar=None, **more):
    """An option; without a default it is None unless it was given."""
    return click.Option([name], type=type, help=help, metavar=metavar, **more)


def switch(name, help, default=False):
    return click.Option([name], is_flag=True, default=default, help=help)


def setting(name):
    """The option of one of SETTINGS."""
    kind, what = SETTINGS[name]
    if kind not in (int, float):
        return option(flag(name), click.Choice(list(kind)), what)
    low = 1 if kind is int and ABSENT.get(name) != 0 else 0
    high = {"steps": 10**9, "layers": 1000}.get(name, math.inf)
    return option(flag(name), Number(kind, low, high), what, "N")


def defaults():
    """The settings of every kind of model, and the sizes of a Transformer, as text."""
    for name, kind in KINDS.items():
        flags = "  ".join(f"{flag(n)}\u00a0{v}" for n, v in kind.settings.items()
                          if v != ABSENT.get(n))
        yield f"  {name:14} {kind.what}"
        yield textwrap.fill(flags, 60, initial_indent=" " * 17,
                            subsequent_indent=" " * 17).replace("\u00a0", " ")
    yield "Sizes, for a gpt with 27 symbols and a context of 16:"
    for name, size in SIZES.items():
        flags = "  ".join(f"{flag(n)} {v}" for n, v in size.items())
        count = parameters_of_gpt(27, 16, **size)
        yield f"  {name:14} {flags:40}{count:>9,} parameters"


SEED = Number(int, 0, 2**63 - 1)
WHOLE = Number(int, 1)
CHECKPOINT = click.Argument(["checkpoint"], metavar="CHECKPOINT")
program = Group(
    Command(commands.train, "\n".join([EXAMPLES["train"], *defaults()]), [
        option("--model", click.Choice(list(KINDS)), "which one (mlp)"),
        option("--data", str, "one word a line, UTF-8 (the book's names, or the file "
               "that $SCRATCH_NAMES names)", "FILE"),
        option("--text", str, "running text, UTF-8, in the place of words: a gpt "
               "learns to write", "FILE"),
        option("--tokenizer", str, "of that text: a file that scratch.bpe train wrote "
               "(without one, tokens are characters)", "MODEL"),
        option("--out", str, "the checkpoint (MODEL.safetensors)", "FILE"),
        switch("--force", "write over an existing one"),
        option("--resume", str, "go on with this checkpoint", "FILE"),
        option("--seed", SEED, "of the weights and minibatches (0)", "N"),
        option("--save-every", WHOLE, "steps between two checkpoints (1000)", "N",
               default=1000),
        option("--every", WHOLE, "steps between two measurements of dev, for --log and "
               "--patience (a twentieth)", "N"),
        option("--log", str, "where to write metrics.json, and what TensorBoard reads, "
               "if it is installed", "FOLDER"),
        option("--device", click.Choice(["cpu", "cuda"]), "where to train (cpu)",
               default="cpu"),
        option("--threads", WHOLE, "how many of PyTorch's take the steps (as "
               "$OMP_NUM_THREADS says; or else one, and more for a model of a million "
               "parameters)", "N"),
        switch("--bf16", "multiply matrices in bfloat16"),
        switch("--compile", "let torch.compile compile the model: a minute at first, "
               "faster steps later"),
        *map(setting, SETTINGS)]),
    Command(commands.sample, EXAMPLES["sample"], [
        CHECKPOINT,
        option("--count", Number(int, 0), "how many (20 words, or 1 text)", "N"),
        option("--prompt", str, "go on from this, with a gpt or a model that import "
               "brought in", "TEXT"),
        option("--fill", str, "with a bert, the likeliest words that have a letter for "
               "each ?, and their probabilities", "PATTERN"),
        option("--seed", Number(int, 0), "another one, other words (0)", "N"),
        option("--temperature", Number(float, 0), "below 1 safer, above 1 bolder (1)",
               "T"),
        option("--top-k", WHOLE, "choose among the K likeliest symbols only", "K"),
        option("--top-p", Number(float, 0, 1), "choose among the likeliest that "
               "together have probability P", "P"),
        switch("--greedy", "always the likeliest symbol: one word, again and again",
               default=None),
        option("--max-length", WHOLE, "cut off there: words (50), texts of a gpt "
               "(200 tokens) or of a model that import brought in (50)", "N")]),
    Command(commands.evaluate, EXAMPLES["evaluate"], [
        CHECKPOINT,
        option("--data", str, "other words than it was trained on", "FILE"),
        switch("--test", "the test split, too"),
        option("--count", Number(int, 0), "words to sample and look up (1000); a bert "
               "makes none", "N", default=1000),
        option("--seed", Number(int, 0), "of these words (0)", "N", default=0)]),
    Command(commands.import_, EXAMPLES["import"], [
        click.Argument(["folder"]), click.Argument(["out"], required=False),
        switch("--force", "write over an existing file")]),
    Command(commands.fill_, EXAMPLES["fill"], [
        CHECKPOINT, click.Argument(["text"]),
        option("--count", Number(int, 0), "how many (20 words, 5 texts)", "N")]),
    Command(vectors.neighbours, EXAMPLES["neighbours"], [
        CHECKPOINT,
        click.Argument(["words"], metavar="[WORD ...]", nargs=-1),
        option("--count", WHOLE, "how many (5)", "N", default=5),
        option("--where", click.Choice(["mean", "last", "first"]), "the vector of a "
               "word: the mean of its letters', the last letter's or, with a bert, "
               "that of the boundary before it (mean)", default="mean"),
        option("--layer", Number(int, 0), "after which layer (the last)", "N"),
        option("--measure", click.Choice(["cosine", "euclid"]), "how near (cosine)",
               default="cosine"),
        option("--data", str, "other words to look among", "FILE")]),
    Command(vectors.probe, EXAMPLES["probe"], [
        CHECKPOINT,
        option("--data", str, "other words than it was trained on", "FILE")]))


def main(arguments=None):
    """Run the program -> its exit status."""
    for stream in (sys.stdout, sys.stderr):    # é where it can be shown, or else \xe9
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = program.main(arguments, PROGRAM, standalone_mode=False) or 0
        sys.stdout.flush()
        return status
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else PROGRAM
        says = f"{error.format_message().rstrip('.')} ({where} --help tells more)"
    except click.ClickException as error:
        says = error.format_message()
    except (click.Abort, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
        return 130
    except OSError as error:
        says = f"{error.filename}: {error.strerror}" if error.strerror else str(error)
    except ValueError as error:
        says = str(error)
    except (MemoryError, OverflowError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "alloc" not in str(error):
            raise                 # not about memory: a mistake in the program
        says = "these sizes need more memory than there is"
    print(f"error: {' '.join(says.split())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    on_ctrl_c(leave_imports)
    sys.exit(main())
