"""Checkpoints: tensors and facts in one file, which is written whole or not at all.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> save(folder / "net", {"W": torch.ones(2, 3)}, {"step": 7, "symbols": ".abc"})
    >>> tensors, facts = load(folder / "net")
    >>> tensors["W"].shape, facts
    (torch.Size([2, 3]), {'step': 7, 'symbols': '.abc'})
    >>> damaged = (folder / "net").read_bytes()[:-1]
    >>> _ = (folder / "net").write_bytes(damaged)
    >>> load(folder / "net")                    # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    CheckpointError: net is damaged: it cannot be read as a safetensors file

The file is in the safetensors format, which many programs read: names, types, shapes
and bytes of tensors, and no code, so that loading an untrusted file runs nothing. The
facts (whatever JSON can hold) and a checksum of both are in its metadata. The same
tensors and facts make the same bytes.

Chapter: docs/makemore/training.md.  To copy: this file alone (needs torch and
safetensors).
"""

import hashlib
import json
import os
from pathlib import Path

import torch


class CheckpointError(ValueError):
    """A file that cannot be used as a checkpoint, and why."""


def save(path, tensors, facts):
    """{name: tensor}, facts -> the file path, in place of what was there before.

    It is written under another name and then renamed, so that a power failure leaves
    the old file or the new one. Raises OSError if it cannot be written.
    """
    tensors = {name: tensor.detach().clone(memory_format=torch.contiguous_format)
               for name, tensor in tensors.items()}    # two names may share one memory
    facts = json.loads(json.dumps(facts))    # as load will find them: tuples are lists
    words = json.dumps({"facts": facts, "sha256": checksum(tensors, facts)})
    content = library().save(tensors, metadata={"makemore": words})
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())    # on the disk before it takes the name
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def load(path):
    """The file path -> {name: tensor}, facts.

    Raises FileNotFoundError, or CheckpointError if the file is damaged or not one of
    save's. Of the files that version 0.1 wrote at first, only the tensors are checked.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    content = path.read_bytes()
    torch_files = library()
    try:
        tensors = torch_files.load(content)
        length = int.from_bytes(content[:8], "little")    # of the JSON that follows
        described = json.loads(content[8:8 + length])
    except Exception as error:    # anything that damaged bytes may lead a reader to
        raise CheckpointError(f"{path} is damaged: it cannot be read as a "
                              f"safetensors file ({error})") from None
    try:
        words = json.loads(described["__metadata__"]["makemore"])
        facts, expected = words["facts"], words["sha256"]
    except (KeyError, RecursionError, TypeError, ValueError):
        raise CheckpointError(f"{path} is a safetensors file, but not a checkpoint "
                              "that this program wrote") from None
    if expected not in (checksum(tensors, facts), checksum(tensors)):
        raise CheckpointError(f"{path} is damaged: its numbers or facts are not those "
                              "that were written (the checksum differs)")
    return tensors, facts


def checksum(tensors, facts=None):
    """sha256 of the tensors' names, types, shapes and bytes, and of the facts, if any.

    No damage turns a file with a checksum of both into one with a checksum of the
    tensors alone, as that is another number.
    """
    total = hashlib.sha256(b"" if facts is None else json.dumps(facts).encode())
    for name, tensor in sorted(tensors.items()):
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return total.hexdigest()


def library():
    """safetensors.torch, or how to get it."""
    try:
        import safetensors.torch
    except ImportError:
        raise CheckpointError("checkpoints need the package safetensors, which is not "
                              "installed:  pip install safetensors") from None
    return safetensors.torch
