"""The safetensors format: named tensors in a file, and nothing that could run.

    >>> from . import arange, tensor
    >>> data = save({"W": arange(6.0).view(2, 3), "ids": tensor([1, 2])}, {"step": "7"})
    >>> int.from_bytes(data[:8], "little"), data[8:40]
    (144, b'{"__metadata__":{"step":"7"},"id')
    >>> load(data)["W"].tolist(), metadata(data)
    ([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], {'step': '7'})

    header     {name: its dtype, its shape, from which byte to which}, as JSON
    data       the bytes of all tensors, row after row, without a gap

A file is the length of the header in eight bytes, the header, and the data. Reading it
means to read JSON and to copy bytes: an untrusted file can be damaged, but it can do
nothing. pickle, which PyTorch's own files are, is a program that builds objects.

The names are those of the package safetensors.torch, in whose place this can stand; it
is written in Rust, and its files are the same, byte by byte. Left out: complex numbers
and types of less than a byte; reading a part of a file; tensors that share their memory
(serialization.py keeps them).

Chapter: docs/torch/modules.md.  To copy: this folder.
"""

import json
import os

from . import dtypes
from .dispatch import backend_of
from .storage import numel
from .tensor import Tensor, wrap

CODES = {"I64": dtypes.int64, "F64": dtypes.float64, "F32": dtypes.float32,
         "I32": dtypes.int32, "BF16": dtypes.bfloat16, "F16": dtypes.float16,
         "I16": dtypes.int16, "I8": dtypes.int8, "U8": dtypes.uint8,
         "BOOL": dtypes.bool_}                  # widest first, the order in a file
NAMES = {dtype: code for code, dtype in CODES.items()}
PLACES = {dtype: place for place, dtype in enumerate(NAMES)}
LONGEST = 100_000_000                           # bytes of a header that others accept


class SafetensorError(ValueError):
    """Bytes that are no safetensors file, and why."""


def save(tensors, metadata=None, sort=True):
    """{name: tensor} -> the bytes of a file; metadata is {text: text}.

    The data are sorted by type and name, and so is the header unless sort is False.
    Raises ValueError for what is no tensor or not contiguous, RuntimeError for tensors
    that share their memory.
    """
    check(tensors)
    header = {"__metadata__": metadata} if metadata is not None else {}
    parts, end = [], 0
    order = sorted(tensors, key=lambda name: (PLACES[tensors[name].dtype], name))
    header.update(dict.fromkeys(order if sort else tensors))
    for name in order:
        tensor = tensors[name]
        part = tensor.storage.backend["to_bytes"](tensor.native, tensor.dtype)
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [end, end + len(part)]}
        parts.append(part)
        end += len(part)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)             # so that the numbers are aligned
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])


def check(tensors):
    """Whether these can be written: tensors, contiguous, each with its own memory."""
    if not isinstance(tensors, dict):
        raise ValueError(f"{{name: tensor}} can be saved, not {type(tensors).__name__}")
    owners = {}
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise ValueError(f"{name!r} is no tensor: {tensor!r:.60}")
        if not tensor.is_contiguous():
            raise ValueError(f"{name!r} is not contiguous: its rows are not one after "
                             "another in memory; save its .contiguous()")
        if tensor.numel():
            owners.setdefault(id(tensor.storage), []).append(name)
    for names in owners.values():
        reached = -1
        for name in sorted(names, key=lambda name: tensors[name].storage_offset()):
            tensor = tensors[name]
            if tensor.storage_offset() < reached:
                raise RuntimeError(f"{names} share memory, and would no longer once "
                                   "they are loaded; save one of them, or a clone()")
            reached = tensor.storage_offset() + tensor.numel()


def load(data, device="cpu"):
    """The bytes of a file -> {name: tensor}; SafetensorError if they are damaged."""
    header, start = head(data)
    header.pop("__metadata__", None)
    backend, found, reached = backend_of(device), {}, 0
    entries = sorted(header.items(), key=lambda entry: entry[1]["data_offsets"])
    for name, entry in entries:
        begin, end = entry["data_offsets"]
        if begin != reached:
            raise SafetensorError(f"{name!r} begins at byte {begin} of the data, and "
                                  f"what is before it ends at {reached}")
        reached = end
        found[name] = read(name, entry, data[start + begin:start + end], backend)
    if start + reached != len(data):
        raise SafetensorError(f"the header describes {reached} bytes of data, and "
                              f"there are {len(data) - start}")
    return {name: found[name] for name in header}


def read(name, entry, part, backend):
    """A tensor from its bytes and what the header says of it."""
    dtype, shape = CODES.get(entry["dtype"]), tuple(entry["shape"])
    if dtype is None:
        raise SafetensorError(f"{name!r} is of type {entry['dtype']}, and there are "
                              f"{', '.join(CODES)}")
    wanted = numel(shape) * dtype.itemsize
    if any(n < 0 for n in shape) or len(part) != wanted:
        raise SafetensorError(f"{name!r} is {entry['dtype']} {shape}, which is "
                              f"{wanted} bytes, and it has {len(part)}")
    return wrap(backend["from_bytes"](bytes(part), dtype), dtype, backend).view(shape)


def metadata(data):
    """What save was told beside the tensors, {text: text}."""
    return head(data)[0].get("__metadata__") or {}


def head(data):
    """The bytes of a file -> its header, and where its data begin."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(len(data) - 8, LONGEST):
        raise SafetensorError(f"a file of {len(data)} bytes cannot have a header of "
                              f"{length}: it is truncated, or of another format")
    try:
        header = json.loads(bytes(data[8:8 + length]))
        entries = [entry for name, entry in header.items() if name != "__metadata__"]
        well = all(whole(*entry["shape"], *entry["data_offsets"])
                   and len(entry["data_offsets"]) == 2
                   and isinstance(entry["dtype"], str) for entry in entries)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SafetensorError(f"its header cannot be read: {error}") from None
    if not well:
        raise SafetensorError("its header does not give each tensor a dtype, a shape "
                              "and where it begins and ends")
    return header, 8 + length


def whole(*numbers):
    return all(type(n) is int and n >= 0 for n in numbers)


def save_file(tensors, filename, metadata=None):
    """Write {name: tensor} to a file, whole or not at all."""
    write(filename, save(tensors, metadata))


def load_file(filename, device="cpu"):
    """Read {name: tensor} from a file."""
    with open(filename, "rb") as file:
        return load(file.read(), device)


def write(path, data):
    """Write bytes to path; if this is interrupted, the file stays as it was."""
    unfinished = f"{os.fspath(path)}.{os.getpid()}.partial"
    try:
        with open(unfinished, "wb") as file:
            file.write(data)
        os.replace(unfinished, path)
    except BaseException:
        if os.path.exists(unfinished):
            os.remove(unfinished)
        raise
