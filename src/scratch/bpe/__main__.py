"""python -m scratch.bpe: train a tokenizer on your own text, and use it.

    python -m scratch.bpe train FOLDER... --size 4096 --output mine
    python -m scratch.bpe inspect mine.model [FILE...]
    python -m scratch.bpe encode mine.model [FILE]          text -> ids, one line
    python -m scratch.bpe decode mine.model [FILE]          ids -> text
    python -m scratch.bpe export mine.model mine.tiktoken   or tokenizer.json

train reads the files named and, in each folder named, all files that are UTF-8 text.
Without a FILE, encode and decode read standard input. They write while they read, so
that a large file needs no more memory than a small one; but with a pattern of your own,
encode reads all of it first.
"""

import sys

try:
    import os
    import re
    from contextlib import contextmanager
    from pathlib import Path

    import click
    from click import ClickException
    from tqdm import tqdm
except KeyboardInterrupt:    # before main can answer it
    print("stopped", file=sys.stderr)
    sys.exit(130)

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
        finish_output()
        return 0
    except KeyboardInterrupt as stopped:
        print(str(stopped) or "stopped", file=sys.stderr)
        finish_output()
        return 130
    except OSError as error:
        name = "" if error.filename is None else f"{error.filename}: "
        print(f"{name}{error.strerror or error}", file=sys.stderr)
    except (ClickException, ValueError) as error:
        print(error, file=sys.stderr)
    finish_output()
    return 2


def finish_output():
    """Write what standard output still holds; if nobody takes it, leave it at that."""
    try:
        sys.stdout.flush()
    except OSError:                               # as it would be at Python's end, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
@click.option("--force", is_flag=True, help="Write over existing files.")
def train(text, size, pattern, special, processes, output, force):
    """Learn a tokenizer from TEXT: files, and folders of files."""
    from .tokenizer import RegexTokenizer
    tokenizer = RegexTokenizer(pattern)
    tokenizer.register_special_tokens(special)       # or fail before the work
    tokenizer.register_special_tokens([])
    output = re.sub(r"(?<=[^/\\])\.(model|vocab)\Z", "", output)
    if not os.path.basename(output):
        raise ClickException(f"--output {output}: the beginning of a file's name is "
                             "missing, such as 'mine' for mine.model and mine.vocab")
    for suffix in "model", "vocab":
        check_writable(Path(f"{output}.{suffix}"), force)
    if processes is not None and processes < 1:
        raise ClickException(f"--processes {processes}: at least one process must "
                             "count words")
    files, length = listed(text)
    try:
        with progress(length, size) as report:
            tokenizer.train(files, size, processes=processes, report=report)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("stopped; nothing was written") from None
    except RuntimeError as error:                 # a process that counted was killed
        says = str(error).replace("processes=1", "--processes 1")
        raise ClickException(says) from None
    tokenizer.register_special_tokens(special)
    tokenizer.save(output)
    made = len(tokenizer.vocab)
    if made < size:
        print(f"{made} tokens, and not {size}: no pair is left to merge")
    print(f"{output}.model: {made:,} tokens{and_special(tokenizer)} from {length:,} "
          f"bytes, files: {len(files):,}")


@program.command()
@click.argument("model")
@click.argument("text", nargs=-1, type=Path)
def inspect(model, text):
    """Show what is in MODEL, and what it does to TEXT."""
    from .store import readable
    tokenizer = load(model)
    if text:
        used, size, count = usage(tokenizer, *listed(text))
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


def usage(tokenizer, files, length):
    """The ids that files, of length bytes, have, their bytes, and how many ids."""
    from .words import cut, read_utf8
    used, size, count = set(), 0, 0
    with bar("encoding", length) as shown:
        for path in files:
            with open(path, "rb") as file:
                parts = read_utf8(file, path, "surrogateescape")
                for part in cut(parts, tokenizer.encoder.splitter.last_cut):
                    ids = tokenizer.encoder(part)
                    done = len(part.encode("utf-8", "surrogateescape"))
                    used.update(ids)
                    size, count = size + done, count + len(ids)
                    shown.update(done)
    return used, size, count


@program.command()
@click.argument("model")
@click.argument("text", required=False, type=Path)
@click.option("--special", type=click.Choice(["all", "none", "raise"]), default="none",
              help="What the name of a special token in the text means: the special "
              "token (all), ordinary text (none), or an error (raise).")
def encode(model, text, special):
    """Turn TEXT into ids."""
    from .tokenizer import any_of
    from .words import cut, read_utf8
    tokenizer = load(model)
    names = tokenizer.special_tokens if special != "none" else []
    last_cut = between_special_tokens(tokenizer.encoder.splitter.last_cut, names)
    name, between = text or "standard input", ""
    with opened(text, "encoding") as (file, shown):
        for part in cut(read_utf8(file, name), last_cut):
            if special == "raise" and (found := any_of(names).search(part)):
                raise ClickException(f"{name} holds {found[0]!r}, which is a special "
                                     "token; with --special all it becomes one, with "
                                     "--special none it is ordinary text")
            ids = tokenizer.encode(part, special if special == "all" else "none")
            sys.stdout.write(between + " ".join(map(str, ids)))
            shown.update(len(part.encode()))
            between = " "
    print()


def between_special_tokens(last_cut, names):
    """last_cut, for a text in which names are special tokens and must not be cut.

    Where a name ends is a cut, too: the text behind it is encoded by itself.
    """
    from .tokenizer import any_of
    longest = max(map(len, names), default=0)

    def with_names(text):
        known = len(text) - longest       # a longer name may begin after this
        ends = [found.end() for found in any_of(names).finditer(text)
                if found.start() <= known]
        end = ends[-1] if ends else 0
        return end + last_cut(text[end:max(end, known)])

    return with_names


@program.command()
@click.argument("model")
@click.argument("ids", required=False, type=Path)
def decode(model, ids):
    """Turn IDS, whole numbers with blanks between them, into text."""
    from .words import READ
    tokenizer = load(model)
    sys.stdout.flush()
    with opened(ids, "decoding") as (file, shown):
        rest, more = b"", True
        while more:
            data = file.read(READ)
            more = len(data) == READ
            words = (rest + data).split()
            rest = words.pop() if more and not data[-1:].isspace() else b""
            sys.stdout.buffer.write(tokenizer.decode_bytes(list(map(number, words))))
            shown.update(len(data))


def number(word):
    """b"27" -> 27."""
    if not re.fullmatch(rb"[+-]?[0-9]+", word):
        wrong = word[:40].decode("utf-8", "backslashreplace")
        raise ClickException("ids are whole numbers with blanks between them; "
                             f"{wrong!r} is none")
    if len(word) > 40:                    # int() reads no more than 4,300 digits
        raise ClickException(f"the number {word[:40].decode()}..., of {len(word):,} "
                             "digits, is no id")
    return int(word)


@program.command()
@click.argument("model")
@click.argument("file", type=Path)
@click.option("--force", is_flag=True, help="Write over an existing file.")
def export(model, file, force):
    """Write FILE for tiktoken (*.tiktoken) or for Hugging Face (*.json)."""
    from .exchange import (huggingface_json, refuse_beginnings, tiktoken_pattern,
                           tiktoken_ranks)
    from .store import write
    tokenizer = load(model)
    if file.suffix not in (".tiktoken", ".json"):
        raise ClickException(f"{file}: the name has to end in .tiktoken or .json")
    check_writable(file, force)
    if file.suffix == ".json":
        write(file, huggingface_json(tokenizer))
        print(f"{file}: {len(tokenizer.vocab):,} tokens{and_special(tokenizer)}")
    else:
        refuse_beginnings(tokenizer.special_tokens)
        pattern = tiktoken_pattern(tokenizer.pattern)
        write(file, tiktoken_ranks(tokenizer).decode())
        print(f"{file}: {len(tokenizer.vocab):,} tokens, which are the mergeable_ranks "
              "of a tiktoken.Encoding. It also needs\n"
              f"    pat_str={pattern!r}\n"
              f"    special_tokens={tokenizer.special_tokens!r}")


# Files and progress

def check_writable(path, force):
    """ClickException, before the work, if path cannot or should not be written."""
    if not path.parent.is_dir():
        raise ClickException(f"{path.parent}: there is no such folder to write to")
    if not os.access(path.parent, os.W_OK):
        raise ClickException(f"no file can be written to the folder {path.parent}")
    if path.is_dir():
        raise ClickException(f"{path} is a folder")
    if path.exists() and not force:
        raise ClickException(f"{path} is there already: give another name, or write "
                             "over it with --force")


def and_special(tokenizer):
    count = len(tokenizer.special_tokens)
    return f" and {count:,} special" if count else ""


def load(model):
    from .tokenizer import RegexTokenizer
    return RegexTokenizer().load(model)


def listed(paths):
    """text_files(paths) as a list, and how many bytes they have; never none at all."""
    files = list(text_files(paths))
    length = sum(file.stat().st_size for file in files)
    if not length and all(file.is_file() for file in files):    # a pipe has no length
        raise ClickException("there is no text in what was named")
    return files, length


@contextmanager
def opened(path, what):
    """A file, or standard input, open for reading bytes; and a bar for its progress."""
    length = path.stat().st_size if path else 0
    with bar(what, length, hidden=sys.stdout.isatty()) as shown:    # it shows the ids
        if path:
            with open(path, "rb") as file:
                yield file, shown
        else:
            yield sys.stdin.buffer, shown


def bar(what, length, unit="B", hidden=False):
    """A bar of progress, if standard error is a terminal."""
    return tqdm(desc=what, total=length or None, unit=unit, unit_scale=True,
                disable=hidden or None)


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
            bars[stage] = bar(what, last - first, f" {stage}")
        bars[stage].update(done - first - bars[stage].n)

    def close():
        for bar in bars.values():
            bar.close()

    try:
        yield report
    finally:
        close()


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")    # no code page has all tokens
    sys.exit(main())
