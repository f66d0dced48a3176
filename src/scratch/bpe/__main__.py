"""python -m scratch.bpe: train a tokenizer on your own text, and use it.

    python -m scratch.bpe train FOLDER... --size 4096 --output mine
    python -m scratch.bpe inspect mine.model [FILE...]
    python -m scratch.bpe encode mine.model [FILE]          text -> ids, one line
    python -m scratch.bpe decode mine.model [FILE]          ids -> text
    python -m scratch.bpe export mine.model mine.tiktoken   or tokenizer.json

train reads the files named and, in each folder named, all files that are UTF-8 text.
Without a FILE, encode and decode read standard input.
"""

import os
import sys
from contextlib import contextmanager
from pathlib import Path

import click
from click import ClickException
from tqdm import tqdm

# tokenizer.py and exchange.py are imported by the commands that need them, so that
# --help and a mistake in the command line are answered without regex and NumPy.


def main(arguments=None):
    """Run the command line -> the exit status: 0, 2 for bad input, 130 for Ctrl-C."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        with program.make_context("python -m scratch.bpe", arguments) as context:
            program.invoke(context)
        sys.stdout.flush()
        return 0
    except click.exceptions.Exit as done:         # after --help
        sys.exit(done.exit_code)
    except click.UsageError as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:                       # | head has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("\nstopped; nothing was written", file=sys.stderr)
        return 130
    except OSError as error:
        name = error.filename if error.filename is not None else "standard input"
        print(f"{name}: {error.strerror or error}", file=sys.stderr)
    except (ClickException, ValueError) as error:
        print(error, file=sys.stderr)
    return 2


# \b makes click keep the lines of a paragraph as they are written.
@click.group(help=__doc__.replace("\n\n", "\n\n\b\n"),
             context_settings={"help_option_names": ["-h", "--help"],
                               "show_default": True})
def program():
    pass


@program.command()
@click.argument("text", nargs=-1, required=True, type=Path)
@click.option("--size", type=int, default=4096, metavar="N",
              help="The number of tokens, including the 256 bytes.")
@click.option("--pattern", default="cl100k", metavar="P",
              help="gpt2, cl100k, o200k or a regular expression.")
@click.option("--special", multiple=True, metavar="TOKEN",
              help="A special token, such as '<|end|>'. May be repeated.")
@click.option("--processes", type=int, metavar="N",
              help="The number of processes that count words.  [default: one per "
              "processor]")
@click.option("--output", default="tokenizer", metavar="PREFIX",
              help="Write PREFIX.model and PREFIX.vocab.")
def train(text, size, pattern, special, processes, output):
    """Learn a tokenizer from TEXT: files, and folders of files."""
    from .tokenizer import RegexTokenizer
    folder = Path(output).parent
    if not folder.is_dir():
        raise ClickException(f"{folder}: there is no such folder to write to")
    if processes is not None and processes < 1:
        raise ClickException(f"--processes {processes}: at least one process must "
                             "count words")
    tokenizer = RegexTokenizer(pattern)
    tokenizer.register_special_tokens(special)       # or fail before the work
    tokenizer.register_special_tokens([])
    files = list(text_files(text))
    length = sum(file.stat().st_size for file in files)
    if not length:
        raise ClickException("there is no text in what was named")
    with progress(length, size) as report:
        tokenizer.train(files, size, processes=processes, report=report)
    tokenizer.register_special_tokens(special)
    tokenizer.save(output)
    made = len(tokenizer.vocab)
    if made < size:
        print(f"{made} tokens, and not {size}: no pair is left to merge")
    print(f"{output}.model: {tokenizer.vocab_size:,} tokens from {length:,} bytes, "
          f"files: {len(files):,}")


@program.command()
@click.argument("model")
@click.argument("text", nargs=-1, type=Path)
def inspect(model, text):
    """Show what is in MODEL, and what it does to TEXT."""
    from .store import readable
    tokenizer = load(model)
    used, size, count = set(), 0, 0
    for file in text_files(text):
        data = file.read_bytes()
        ids = tokenizer.encode_bytes(data)
        used.update(ids)
        size, count = size + len(data), count + len(ids)
    if text and not count:
        raise ClickException("there is no text in what was named")

    print(f"{len(tokenizer.vocab):,} tokens, {len(tokenizer.special_tokens)} special: "
          f"{', '.join(map(repr, tokenizer.special_tokens)) or 'none'}")
    print(f"pattern: {tokenizer.pattern}")
    longest = sorted(tokenizer.vocab.values(), key=len, reverse=True)[:10]
    print("longest tokens: " + ", ".join(map(readable, longest)))
    if text:
        ratio = size / count
        print(f"{size:,} bytes are {count:,} tokens: {ratio:.3f} bytes per token")
        never = [token for id, token in tokenizer.vocab.items() if id not in used]
        merged = [token for token in never if len(token) > 1]
        print(f"never used: {len(never):,} tokens, of which {len(never) - len(merged)} "
              "are single bytes")
        print("some of them: " + (", ".join(map(readable, merged[:10])) or "none"))


@program.command()
@click.argument("model")
@click.argument("text", required=False, type=Path)
@click.option("--special", type=click.Choice(["all", "none", "raise"]), default="none",
              help="What the name of a special token in the text means: the special "
              "token (all), ordinary text (none), or an error (raise).")
def encode(model, text, special):
    """Turn TEXT into ids."""
    tokenizer = load(model)
    data = read(text)
    try:
        string = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ClickException(f"{text or 'standard input'} is not UTF-8: byte "
                             f"0x{data[error.start]:02x} at {error.start}") from None
    allowed = {"raise": "none_raise"}.get(special, special)
    print(*tokenizer.encode(string, allowed))


@program.command()
@click.argument("model")
@click.argument("ids", required=False, type=Path)
def decode(model, ids):
    """Turn IDS, whole numbers with blanks between them, into text."""
    tokenizer = load(model)
    numbers = []
    for word in read(ids).split():
        try:
            numbers.append(int(word))
        except ValueError:
            wrong = word[:40].decode("utf-8", "backslashreplace")
            raise ClickException("ids are whole numbers with blanks between them; "
                                 f"{wrong!r} is none") from None
    sys.stdout.flush()
    sys.stdout.buffer.write(tokenizer.decode_bytes(numbers))


@program.command()
@click.argument("model")
@click.argument("file", type=Path)
def export(model, file):
    """Write FILE for tiktoken (*.tiktoken) or for Hugging Face (*.json)."""
    from .exchange import huggingface_json, tiktoken_ranks
    from .store import write
    tokenizer = load(model)
    if file.suffix == ".tiktoken":
        write(file, tiktoken_ranks(tokenizer).decode())
    elif file.suffix == ".json":
        write(file, huggingface_json(tokenizer))
    else:
        raise ClickException(f"{file}: the name has to end in .tiktoken or .json")
    print(f"{file}: {tokenizer.vocab_size:,} tokens")


# Files and progress

def load(model):
    from .tokenizer import RegexTokenizer
    return RegexTokenizer().load(model)


def read(path):
    return path.read_bytes() if path else sys.stdin.buffer.read()


def text_files(paths):
    """Files as named; those of a folder that are UTF-8, in the order of their names."""
    left_out = 0
    for path in paths:
        if not path.is_dir():
            path.stat()                  # an OSError names what is not there
            yield path
            continue
        for file in sorted(path.rglob("*")):
            if file.is_file():
                if is_text(file):
                    yield file
                else:
                    left_out += 1
    if left_out:
        print(f"files left out, not being UTF-8 text: {left_out:,}", file=sys.stderr)


def is_text(file):
    try:
        with open(file, encoding="utf-8", newline="") as opened:
            while part := opened.read(1 << 20):
                if "\0" in part:
                    return False
    except (UnicodeDecodeError, OSError):
        return False
    return True


@contextmanager
def progress(size, tokens):
    """On a terminal, a bar for each of the two stages that train reports."""
    stages = {"characters": ("counting words", 0, size),
              "tokens": ("merging pairs", 256, tokens)}
    bars = {}

    def report(stage, done):
        what, first, last = stages[stage]
        if stage not in bars:
            close()
            bars[stage] = tqdm(desc=what, total=last - first, unit=f" {stage}",
                               unit_scale=True, disable=None)
        bars[stage].update(done - first - bars[stage].n)

    def close():
        for bar in bars.values():
            bar.close()

    try:
        yield report
    finally:
        close()


if __name__ == "__main__":
    sys.exit(main())
