"""python -m scratch.bpe: train a tokenizer on your own text, and use it.

    python -m scratch.bpe train FOLDER... --size 4096 --output mine
    python -m scratch.bpe inspect mine.model [FILE...]
    python -m scratch.bpe encode mine.model [FILE]          text -> ids, one line
    python -m scratch.bpe decode mine.model [FILE]          ids -> text
    python -m scratch.bpe export mine.model mine.tiktoken   or tokenizer.json

train reads the files named, and all files of a folder that are UTF-8 text. Without a
FILE, encode and decode read the standard input.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from .exchange import huggingface_json, tiktoken_ranks
from .split import PATTERNS
from .store import shown, write
from .tokenizer import RegexTokenizer


class Problem(Exception):
    """Something that the user can put right, in one line."""


def main(arguments=None):
    options = parse(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
        return 0
    except BrokenPipeError:              # | head has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("\nstopped; nothing was written", file=sys.stderr)
        return 130
    except OSError as error:
        name = error.filename if error.filename is not None else "standard input"
        print(f"{name}: {error.strerror or error}", file=sys.stderr)
    except (Problem, ValueError) as error:
        print(error, file=sys.stderr)
    return 2


def parse(arguments):
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m scratch.bpe", description=__doc__,
                                     formatter_class=as_written)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="learn a tokenizer from text")
    train.add_argument("text", nargs="+", type=Path, help="files, and folders of files")
    train.add_argument("--size", type=int, default=4096, metavar="N",
                       help="tokens, the 256 bytes included (4096)")
    train.add_argument("--pattern", default="cl100k", metavar="P",
                       help=f"{', '.join(PATTERNS)} or a regular expression (cl100k)")
    train.add_argument("--special", action="append", default=[], metavar="TOKEN",
                       help="a special token, such as '<|end|>'; may be repeated")
    train.add_argument("--processes", type=int, metavar="N",
                       help="that count words (as many as there are processors)")
    train.add_argument("--output", default="tokenizer", metavar="PREFIX",
                       help="writes PREFIX.model and PREFIX.vocab (tokenizer)")
    train.set_defaults(run=run_train)

    inspect = commands.add_parser("inspect", help="what is in it, what it does to text")
    inspect.add_argument("model")
    inspect.add_argument("text", nargs="*", type=Path)
    inspect.set_defaults(run=run_inspect)

    encode = commands.add_parser("encode", help="text -> ids")
    encode.add_argument("model")
    encode.add_argument("text", nargs="?", type=Path)
    encode.add_argument("--special", choices=["all", "none", "raise"], default="none",
                        help="what looks like a special token is one (all), or it is "
                        "text (none, the default), or an error (raise)")
    encode.set_defaults(run=run_encode)

    decode = commands.add_parser("decode", help="ids -> text")
    decode.add_argument("model")
    decode.add_argument("ids", nargs="?", type=Path)
    decode.set_defaults(run=run_decode)

    export = commands.add_parser("export", help="for tiktoken or Hugging Face")
    export.add_argument("model")
    export.add_argument("file", type=Path, help="named *.tiktoken or *.json")
    export.set_defaults(run=run_export)
    return parser.parse_args(arguments)


# The commands

def run_train(options):
    folder = Path(options.output).parent
    if not folder.is_dir():
        raise Problem(f"{folder}: there is no such folder to write to")
    if options.processes is not None and options.processes < 1:
        raise Problem(f"--processes {options.processes}: at least one has to count")
    tokenizer = RegexTokenizer(options.pattern)
    tokenizer.register_special_tokens(options.special)       # or fail before the work
    tokenizer.register_special_tokens([])
    files = list(text_files(options.text))
    size = sum(file.stat().st_size for file in files)
    if not size:
        raise Problem("there is no text in what was named")
    progress = Progress(size, options.size)
    tokenizer.train(files, options.size, processes=options.processes, report=progress)
    progress.end()
    tokenizer.register_special_tokens(options.special)
    tokenizer.save(options.output)
    made = len(tokenizer.vocab)
    if made < options.size:
        print(f"{made} tokens, and not {options.size}: no pair is left to merge")
    print(f"{options.output}.model: {tokenizer.vocab_size:,} tokens from {size:,} "
          f"bytes, files: {len(files):,}")


def run_inspect(options):
    tokenizer = load(options.model)
    used, size, count = set(), 0, 0
    for file in text_files(options.text):
        data = file.read_bytes()
        ids = tokenizer.encode_bytes(data)
        used.update(ids)
        size, count = size + len(data), count + len(ids)
    if options.text and not count:
        raise Problem("there is no text in what was named")

    print(f"{len(tokenizer.vocab):,} tokens, {len(tokenizer.special_tokens)} special: "
          f"{', '.join(map(repr, tokenizer.special_tokens)) or 'none'}")
    print(f"pattern: {tokenizer.pattern}")
    longest = sorted(tokenizer.vocab.values(), key=len, reverse=True)[:10]
    print("longest tokens: " + ", ".join(map(shown, longest)))
    if options.text:
        ratio = size / count
        print(f"{size:,} bytes are {count:,} tokens: {ratio:.3f} bytes per token")
        never = [token for id, token in tokenizer.vocab.items() if id not in used]
        merged = [token for token in never if len(token) > 1]
        print(f"never used: {len(never):,} tokens, of which {len(never) - len(merged)} "
              "are single bytes")
        print("some of them: " + (", ".join(map(shown, merged[:10])) or "none"))


def run_encode(options):
    tokenizer = load(options.model)
    text = read(options.text)
    try:
        text = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(f"{options.text or 'standard input'} is not UTF-8: byte "
                      f"0x{text[error.start]:02x} at {error.start}") from None
    allowed = {"raise": "none_raise"}.get(options.special, options.special)
    print(*tokenizer.encode(text, allowed))


def run_decode(options):
    tokenizer = load(options.model)
    words = read(options.ids).split()
    try:
        ids = [int(word) for word in words]
    except ValueError:
        wrong = next(word for word in words if not word.isdigit())
        raise Problem(f"ids are whole numbers with blanks between them; {wrong[:40]!r} "
                      "is none") from None
    sys.stdout.flush()
    sys.stdout.buffer.write(tokenizer.decode_bytes(ids))


def run_export(options):
    tokenizer = load(options.model)
    if options.file.suffix == ".tiktoken":
        write(options.file, tiktoken_ranks(tokenizer).decode())
    elif options.file.suffix == ".json":
        write(options.file, huggingface_json(tokenizer))
    else:
        raise Problem(f"{options.file}: the name has to end in .tiktoken or .json")
    print(f"{options.file}: {tokenizer.vocab_size:,} tokens")


# Files and progress

def load(model):
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


class Progress:
    """Reports of train as one line that rewrites itself, with the time that is left."""

    def __init__(self, size, tokens):
        self.totals = {"characters": size, "tokens": tokens - 256}
        self.stage, self.start, self.last = None, 0.0, 0.0
        self.shows = sys.stderr.isatty()

    def __call__(self, stage, done):
        now = time.monotonic()
        if stage != self.stage:
            self.end()
            self.stage, self.start = stage, now
        if stage == "tokens":
            done -= 256
        total = self.totals[stage]
        if self.shows and (now - self.last > 0.1 or done >= total):
            self.last = now
            part = min(1.0, done / total) if total else 1.0
            left = (now - self.start) * (1 - part) / part if part else 0.0
            what = "counting words" if stage == "characters" else "merging pairs"
            print(f"\r{what}: {part:6.1%}, {left:.0f} s left   ", end="",
                  file=sys.stderr, flush=True)

    def end(self):
        if self.shows and self.stage:
            print(file=sys.stderr)
        self.stage = None


if __name__ == "__main__":
    sys.exit(main())
