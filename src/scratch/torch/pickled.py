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
reader knows a handful of functions, its own or harmless, and refuses all others by
name; PyTorch does so too since version 2.6, unless weights_only=False, which runs
everything. Here it adds what makes arrays of NumPy and a few classes of Python's.

Chapter: docs/torch/modules.md.  To copy: this folder.
"""

import collections
import io
import pickle
import zipfile

from . import dtypes
from .dispatch import backend_of, device
from .storage import Size
from .tensor import look, wrap

STORAGES = {"FloatStorage": dtypes.float32, "DoubleStorage": dtypes.float64,
            "HalfStorage": dtypes.float16, "BFloat16Storage": dtypes.bfloat16,
            "LongStorage": dtypes.int64, "IntStorage": dtypes.int32,
            "ShortStorage": dtypes.int16, "CharStorage": dtypes.int8,
            "ByteStorage": dtypes.uint8, "BoolStorage": dtypes.bool_}


def unpickled(file, weights_only=True):
    """A .pt file -> what was saved; UnpicklingError if that is more than is known."""
    try:
        with zipfile.ZipFile(file) as archive:
            contents = {name.partition("/")[2]: archive.read(name)
                        for name in archive.namelist()}
        reader = Reader(io.BytesIO(contents["data.pkl"]), contents, weights_only)
        return reader.load()
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f"this is no file of torch.save: {error}") from None


class Reader(pickle.Unpickler):
    """Runs the program, with these functions and no others."""

    def __init__(self, file, contents, weights_only=True):
        super().__init__(file)
        self.contents, self.storages = contents, {}
        self.weights_only = weights_only

    def find_class(self, module, name):
        """What the program calls by this name."""
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        if module == "torch" and name in dtypes.DTYPES:
            return dtypes.named(name)
        if (module, name) in KNOWN:
            return KNOWN[module, name]
        if numpys(module, name) or (module, name) in MORE:
            if not self.weights_only:
                return MORE.get((module, name)) or numpys(module, name)
            raise pickle.UnpicklingError(
                f"this file asks for {module}.{name}, and weights_only=True, the "
                "default, reads no such thing, as in PyTorch; if you know the file, "
                "load(f, weights_only=False)")
        raise pickle.UnpicklingError(f"this file asks for {module}.{name}; only "
                                     "tensors are read")

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


def encoded(text="", encoding=None):
    """bytes, for which a pickle of this kind has a letter each."""
    return text if isinstance(text, bytes) else text.encode("latin1")


KNOWN = {("torch._utils", "_rebuild_tensor_v2"): tensor,
         ("torch._utils", "_rebuild_parameter"): parameter,
         ("collections", "OrderedDict"): collections.OrderedDict,
         ("collections", "Counter"): collections.Counter,
         ("torch", "Size"): Size, ("torch", "device"): device,
         ("__builtin__", "set"): set, ("__builtin__", "complex"): complex,
         ("_codecs", "encode"): encoded, ("__builtin__", "bytes"): encoded,
         ("__builtin__", "bytearray"): lambda *text: bytearray(encoded(*text))}
MORE = {("__builtin__", "frozenset"): frozenset, ("__builtin__", "xrange"): range,
        ("__builtin__", "slice"): slice}


def numpys(module, name):
    """What NumPy's own pickles of arrays and numbers call, else None."""
    if module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray") and (
            name in ("ndarray", "dtype", "_reconstruct", "scalar")):
        import numpy
        return getattr(numpy if module == "numpy" else numpy._core.multiarray, name)
    return None
