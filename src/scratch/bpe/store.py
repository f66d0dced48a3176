"""A tokenizer's file: JSON that people can read, written atomically.

    >>> import tempfile
    >>> model = {"pattern": "gpt2", "special_tokens": {"<|end|>": 300},
    ...          "byte_ids": list(range(256)), "merges": {(108, 111): 256}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_model(model, f"{folder}/small.model")
    ...     read_model(f"{folder}/small.model") == model
    True

    pattern           the regular expression that splits text into pieces
    special_tokens    name -> id
    byte_ids          the ids of the 256 bytes, byte 0 first
    merges            (id, id) -> the id that replaces them, in the order of training

The file has its format, a version and a checksum, so that a file of another program, a
newer one, a truncated one and a changed one are each a ValueError that says so.

Chapter: docs/tokenization/tokenizers.md.  To copy: this file alone.
"""

import hashlib
import json
import os
from pathlib import Path

FORMAT, VERSION = "scratch.bpe", 1
PARTS = "pattern", "special_tokens", "byte_ids", "merges"


def write_model(model, path):
    """Write the four parts of a model to path, with one merge per line."""
    merges = [[a, b, new] for (a, b), new in model["merges"].items()]
    parts = {**model, "merges": merges}
    head = {"format": FORMAT, "version": VERSION, "sha256": checksum(parts), **parts}
    merges = ",\n".join(f"  {merge}" for merge in head.pop("merges"))
    lines = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
             for key, value in head.items()]
    lines.append(f' "merges": [\n{merges}\n ]' if merges else ' "merges": []')
    write(path, "{\n" + ",\n".join(lines) + "\n}\n")


def read_model(path):
    """The four parts of a model; ValueError if path is no such file."""
    try:
        model = json.loads(Path(path).read_bytes(), object_pairs_hook=without_twins)
        if not isinstance(model, dict) or model.get("format") != FORMAT:
            raise ValueError(f"it does not say that its format is {FORMAT!r}")
        if model.get("version") != VERSION:
            raise ValueError(f"it is of version {model.get('version')!r:.60}, and this "
                             f"reads version {VERSION}")
        parts = {key: model[key] for key in PARTS}
        if model["sha256"] != checksum(parts):
            raise ValueError("its contents do not match its checksum; it was changed "
                             "or damaged")
        if more := set(model) - {"format", "version", "sha256", *PARTS}:
            raise ValueError(f"it has {', '.join(sorted(more)):.60}, which is unknown")
        if not isinstance(parts["special_tokens"], dict):
            raise ValueError("its special_tokens are not name and id each")
        merges = {}
        for a, b, new in parts["merges"]:
            if (a, b) in merges:
                raise ValueError(f"it merges {a} and {b} twice")
            merges[a, b] = new
        return {**parts, "merges": merges}
    except json.JSONDecodeError as error:
        wrong = f"it is truncated, or is no JSON: {error}"
    except KeyError as error:
        wrong = f"it has no {error}"
    except (ValueError, TypeError, RecursionError) as error:
        wrong = error
    raise ValueError(f"{path} is no model: {wrong}")


def without_twins(pairs):
    """The pairs of a JSON object -> a dictionary; ValueError if a name is twice."""
    together = dict(pairs)
    if len(together) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in together if names.count(name) > 1)
        raise ValueError(f"the name {twice!r:.60} is in it twice")
    return together


def checksum(parts):
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def write_vocab(vocab, merges, special_tokens, path):
    """Write every token as text, with the two tokens it was merged from."""
    made_of = {new: pair for pair, new in merges.items()}
    lines = []
    for id, token in sorted(vocab.items()):
        parts = " + ".join(readable(vocab[part]) for part in made_of.get(id, ()))
        lines.append(f"{id:>8}  {readable(token)}" + (f"  =  {parts}" if parts else ""))
    lines += [f"{id:>8}  {name!r}  special" for name, id in special_tokens.items()]
    write(path, "\n".join(lines) + "\n")


def readable(token):
    """A token for people: 'text', or b'bytes' if it is not whole characters.

    >>> readable(b" the"), readable(b"\\xc3")
    ("' the'", "b'\\\\xc3'")
    """
    try:
        return repr(token.decode("utf-8"))
    except UnicodeDecodeError:
        return repr(token)


def write(path, text):
    """Write text to path; if this is interrupted, the file stays as it was."""
    unfinished = Path(f"{path}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
