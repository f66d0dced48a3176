"""torch.save and torch.load: tensors, and what lists and dictionaries hold of them.

    >>> import io
    >>> from . import ones, tensor
    >>> shared = ones(2)
    >>> file = io.BytesIO()
    >>> save({"step": 7, "state": {0: [shared, shared[1:]]}}, file)
    >>> _ = file.seek(0)
    >>> [whole, part] = load(file)["state"][0]
    >>> whole[1] = 5.0
    >>> part                                        # they share their memory again
    tensor([5.])

    outline    the object as JSON, in which a tensor is the name of its storage, and how
               it is read: shape, strides, offset

A file is in the safetensors format (safetensors.py): each storage once, as one row of
numbers, and the outline in the metadata. {name: tensor}, as state_dict() gives it, is
simpler still: if no two tensors share their memory, each is written as what it is, and
every reader of safetensors reads it. load reads these files, those of other programs in
this format, and PyTorch's own (.pt) as far as they are made of tensors, lists,
dictionaries, numbers and texts (pickled.py).

Arrays and numbers of NumPy are written, too, and so are bytes, complex numbers, ranges
and slices. load gives back what of that PyTorch's would: with weights_only=True, which
is the default, it refuses NumPy's objects and a few others; with False it reads them.

Left out: objects of other classes. PyTorch writes their class's name, and calls it when
the file is read; save a model's state_dict() instead, and load it into a new model.

Chapter: docs/torch/modules.md.  To copy: this folder.
"""

import collections
import copy
import io
import json
import pickle
import sys

from . import dtypes, safetensors
from .arrays import frombuffer
from .dispatch import device as Device
from .storage import Size
from .tensor import Tensor, look, public

OUTLINE = "scratch.torch"    # under this name the outline is in the metadata


@public
def save(obj, f, **ignored):
    """Write obj to f, a path or a file that is open for bytes.

    Raises TypeError for an object that cannot be written.
    """
    if plain(obj):
        data = safetensors.save(obj, sort=False)
    else:
        rows = {}
        outline = json.dumps(outlined(obj, rows))
        data = safetensors.save(rows, {OUTLINE: outline})
    if hasattr(f, "write"):
        f.write(data)
    else:
        safetensors.write(f, data)


def plain(obj):
    """Whether obj is {name: tensor}, of which a file says all there is to say."""
    try:
        safetensors.check(obj)
    except (ValueError, RuntimeError):
        return False
    return all(
        type(name) is str and name != "__metadata__" and type(each) is Tensor
        and not each.requires_grad for name, each in obj.items())


def outlined(obj, rows):
    """obj as JSON can hold it; the storages that its tensors read are put into rows."""
    if obj is None or type(obj) in (bool, int, float, str):
        return obj
    if isinstance(obj, Tensor):
        return {"tensor": row_of(obj, rows), "shape": list(obj.shape),
                "strides": list(obj.stride()), "offset": obj.storage_offset(),
                "requires_grad": obj.requires_grad,
                "parameter": type(obj).__name__ == "Parameter"}
    if isinstance(obj, dict):
        return {MAPPINGS.get(type(obj), "dict"): [
            [outlined(each, rows) for each in pair] for pair in obj.items()]}
    for kind, name in KINDS.items():
        if type(obj) is kind:
            return {name: [outlined(each, rows) for each in obj]}
    for kind, (name, parts, _) in SMALL.items():
        if isinstance(obj, kind):
            return {name: parts(obj)}
    numpy = sys.modules.get("numpy")
    if numpy and isinstance(obj, (numpy.ndarray, numpy.generic)):
        kind = "array" if isinstance(obj, numpy.ndarray) else "scalar"
        return {f"numpy {kind}": array_row(obj, rows, numpy)}
    raise cannot(f"a {type(obj).__name__}")


def cannot(what):
    return TypeError(f"{what} cannot be saved: a file holds tensors, arrays and lists "
                     "of numbers and texts, and dictionaries. Of a model or an "
                     "optimizer, save the state_dict()")


def as_text(data):
    return data.decode("latin1")             # a letter for each byte


def ends(obj):
    return [obj.start, obj.stop, obj.step]


MAPPINGS = {dict: "dict", collections.OrderedDict: "ordered",
            collections.Counter: "counter"}
KINDS = {list: "list", tuple: "tuple", Size: "size", set: "set", frozenset: "frozenset"}
MADE = {name: kind for kind, name in [*KINDS.items(), *MAPPINGS.items()]}
SMALL = {    # {class: (its name, object -> what JSON can hold, and back)}
    dtypes.dtype: ("dtype", lambda obj: obj.name, dtypes.named),
    Device: ("device", str, Device),
    bytes: ("bytes", as_text, lambda text: text.encode("latin1")),
    bytearray: ("bytearray", as_text, lambda text: bytearray(text, "latin1")),
    complex: ("complex", lambda z: [z.real, z.imag], lambda parts: complex(*parts)),
    range: ("range", ends, lambda parts: range(*parts)),
    slice: ("slice", ends, lambda parts: slice(*parts))}
BACK = {name: back for name, _, back in SMALL.values()}
NO_WEIGHTS = {"numpy array", "numpy scalar", "frozenset", "range", "slice"}


def array_row(array, rows, numpy):
    """The name of a row with the bytes of a .npy file, of an array or a number."""
    file = io.BytesIO()
    try:
        numpy.save(file, array, allow_pickle=False)
    except ValueError:
        raise cannot("an array of Python objects") from None
    name = str(len(rows))
    rows[name] = frombuffer(file.getvalue(), dtype=dtypes.uint8)
    return name


def row_of(tensor, rows):
    """The name under which a tensor's storage is in rows."""
    for name, row in rows.items():
        if row.storage is tensor.storage:
            return name
    name = str(len(rows))
    rows[name] = look(tensor.storage, (len(tensor.storage),), (1,), 0)
    return name


@public
def load(f, map_location=None, weights_only=True, **ignored):
    """What save wrote, from a path or a file that is open for bytes.

    map_location is the device to put all tensors on. Nothing in a file is run, whatever
    weights_only is; True refuses what PyTorch's True refuses.
    """
    if hasattr(f, "read"):
        data = f.read()
    else:
        with open(f, "rb") as file:
            data = file.read()
    if data[:2] == b"PK":
        from .pickled import unpickled
        found = unpickled(io.BytesIO(data), weights_only)
    else:
        rows = safetensors.load(data)
        outline = safetensors.metadata(data).get(OUTLINE)
        found = rows if outline is None else restored(json.loads(outline), rows,
                                                      weights_only)
    return found if map_location is None else moved(found, map_location)


def restored(outline, rows, weights_only):
    """outlined, turned round."""
    if not isinstance(outline, dict):
        return outline
    if "tensor" in outline:
        storage = rows[outline["tensor"]].storage
        tensor = look(storage, tuple(outline["shape"]), tuple(outline["strides"]),
                      outline["offset"])
        if outline["parameter"]:
            from .nn import Parameter
            return Parameter(tensor, outline["requires_grad"])
        return tensor.requires_grad_(outline["requires_grad"])
    [(name, parts)] = outline.items()
    if weights_only and name in NO_WEIGHTS:
        raise pickle.UnpicklingError(
            f"this file holds a {name}, which weights_only=True, the default, does not "
            "read, as in PyTorch; if you know the file, load(f, weights_only=False)")
    if name.startswith("numpy"):
        import numpy
        row = rows[parts]
        data = row.storage.backend["to_bytes"](row.native, row.dtype)
        array = numpy.load(io.BytesIO(data), allow_pickle=False)
        return array if name == "numpy array" else array[()]
    if name in BACK:
        return BACK[name](parts)
    if name in MAPPINGS.values():
        return MADE[name]({restored(key, rows, weights_only):
                           restored(each, rows, weights_only) for key, each in parts})
    return MADE[name]([restored(each, rows, weights_only) for each in parts])


def moved(found, where):
    """The same object with its tensors on another device."""
    if isinstance(found, Tensor):
        return found.to(where)
    if isinstance(found, dict):
        there = copy.copy(found)
        there.update({key: moved(each, where) for key, each in found.items()})
        return there
    if type(found) in (list, tuple):
        return type(found)(moved(each, where) for each in found)
    return found
