"""Collation: a list of examples becomes a batch.

    >>> default_collate([("emma", 1, [4, 5]), ("olivia", 0, [6, 7])])
    [('emma', 'olivia'), tensor([1, 0]), [tensor([4, 6]), tensor([5, 7])]]

Chapter: docs/torch/modules.md.  To copy: this folder.
"""

import copy
from collections.abc import Mapping, MutableSequence, Sequence

from ... import dtypes
from ...creation import as_tensor, tensor
from ...joining import stack
from ...tensor import Tensor


def default_collate(batch):
    """[example, ...] -> a batch of the same structure, with tensors in its places.

    Tensors and NumPy's arrays are stacked, numbers become a tensor, texts a list; a
    dictionary, a tuple or a list is collated place by place.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch), 0)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, float) and not hasattr(first, "dtype"):
        return tensor(batch, dtype=dtypes.float64)
    if isinstance(first, int):
        return tensor(batch)
    if hasattr(first, "__array__"):
        return stack([as_tensor(each) for each in batch], 0)
    if isinstance(first, Mapping):
        return like_mapping(first, {key: default_collate([each[key] for each in batch])
                                    for key in first})
    if isinstance(first, Sequence):
        if any(len(each) != len(first) for each in batch):
            raise RuntimeError("examples of different lengths make no batch: "
                               f"{sorted({len(each) for each in batch})}")
        places = [default_collate(each) for each in zip(*batch)]
        return like_sequence(first, places)
    raise TypeError("a batch is of tensors, arrays, numbers, texts, and of lists and "
                    f"dictionaries of these, not of {type(first).__name__}")


def default_convert(example):
    """NumPy's arrays in an example become tensors; all else stays as it is."""
    if isinstance(example, (Tensor, str, bytes)):
        return example
    if hasattr(example, "__array__"):
        return as_tensor(example)
    if isinstance(example, Mapping):
        return like_mapping(example, {key: default_convert(each)
                                      for key, each in example.items()})
    if isinstance(example, Sequence):
        return like_sequence(example, [default_convert(each) for each in example])
    return example


def like_mapping(model, found):
    """A dictionary, in the class of the model if that can be had."""
    try:
        clone = copy.copy(model)
        clone.update(found)
        return clone
    except (TypeError, AttributeError):
        return found


def like_sequence(model, found):
    """A list, in the class of the model if it is a named tuple or can be changed."""
    if hasattr(model, "_fields"):
        return type(model)(*found)
    if isinstance(model, MutableSequence) and type(model) is not list:
        clone = copy.copy(model)
        clone[:] = found
        return clone
    return found
