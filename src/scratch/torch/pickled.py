"""PyTorch's own files (.pt), read without running what is in them.

    >>> import pickle
    >>> Reader(io.BytesIO(pickle.dumps(print)), {}).load()     # it would call print
    Traceback (most recent call last):
    ...
    _pickle.UnpicklingError: this file asks for builtins.print; only tensors are read

    pickle     a program for a small machine, which builds an object as it runs
    storage    the numbers of one or more tensors, a file of bytes beside the program

A .pt file is a zip: a program (data.pkl), and a file for each storage. The program says
"call this function of that module", so that whoever writes it decides what is run. This
reader knows a handful of functions, its own, and refuses all others by name; PyTorch
does so too since version 2.6, unless weights_only=False.

Chapter: docs/torch/modules.md.  To copy: this folder.
"""

import collections
import io
import pickle
import zipfile

from . import dtypes
from .dispatch import backend_of
from .storage import Size
from .tensor import look, wrap

STORAGES = {"FloatStorage": dtypes.float32, "DoubleStorage": dtypes.float64,
            "HalfStorage": dtypes.float16, "BFloat16Storage": dtypes.bfloat16,
            "LongStorage": dtypes.int64, "IntStorage": dtypes.int32,
            "ShortStorage": dtypes.int16, "CharStorage": dtypes.int8,
            "ByteStorage": dtypes.uint8, "BoolStorage": dtypes.bool_}


def unpickled(file):
    """A .pt file -> what was saved; UnpicklingError if that is more than tensors."""
    try:
        with zipfile.ZipFile(file) as archive:
            contents = {name.partition("/")[2]: archive.read(name)
                        for name in archive.namelist()}
        return Reader(io.BytesIO(contents["data.pkl"]), contents).load()
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f"this is no file of torch.save: {error}") from None


class Reader(pickle.Unpickler):
    """Runs the program, with these functions and no others."""

    def __init__(self, file, contents):
        super().__init__(file)
        self.contents, self.storages = contents, {}

    def find_class(self, module, name):
        """What the program calls by this name."""
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        if module == "torch" and name in dtypes.DTYPES:
            return dtypes.named(name)
        known = KNOWN.get((module, name))
        if known is None:
            raise pickle.UnpicklingError(f"this file asks for {module}.{name}; only "
                                         "tensors are read")
        return known

    def persistent_load(self, reference):
        """("storage", its dtype, its file, the device it was on, how many numbers)."""
        kind, dtype, key, _, count = reference
        if kind != "storage":
            raise pickle.UnpicklingError(f"this file refers to a {kind!r:.40}")
        if key not in self.storages:
            backend = backend_of("cpu")
            data = self.contents[f"data/{key}"][:count * dtype.itemsize]
            native = backend["from_bytes"](data, dtype)
            self.storages[key] = wrap(native, dtype, backend).storage
        return self.storages[key]


def tensor(storage, offset, shape, strides, requires_grad, hooks, metadata=None):
    found = look(storage, tuple(shape), tuple(strides), offset)
    return found.requires_grad_(requires_grad)


def parameter(data, requires_grad, hooks):
    from .nn import Parameter
    return Parameter(data, requires_grad)


KNOWN = {("torch._utils", "_rebuild_tensor_v2"): tensor,
         ("torch._utils", "_rebuild_parameter"): parameter,
         ("collections", "OrderedDict"): collections.OrderedDict,
         ("torch", "Size"): Size, ("__builtin__", "set"): set}
