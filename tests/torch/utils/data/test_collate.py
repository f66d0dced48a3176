"""Examples of any structure become the batches that PyTorch makes of them."""

import collections

import numpy as np
import pytest

Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize("make", [
    lambda i: i * 0.5, lambda i: i, lambda i: f"{i}", lambda i: b"b", lambda i: (i, float(i)),
    lambda i: [i, [i, i]], lambda i: {"x": i, "name": str(i)}, lambda i: Point(i, 2 * i),
    lambda i: (f"{i}", i), lambda i: np.full(3, i), lambda i: np.float32(i), lambda i: np.int64(i),
    lambda i: True, lambda i: collections.OrderedDict(a=i), lambda i: np.float64(i)])
def test_examples_of_any_structure_are_collated_as_pytorch_does(make, alike):
    """By torch.utils.data.DataLoader, and its default_convert for single ones."""
    def call(library, module, g):
        return [*module.DataLoader([make(i) for i in range(5)], batch_size=2),
                *module.DataLoader([make(i) for i in range(2)], batch_size=None)]
    alike(call)


def test_tensors_in_structures_are_stacked(alike):
    """By torch.utils.data.default_collate."""
    def call(library, module, g):
        rows = [{"x": library.ones(2, 3) * i, "y": [library.tensor(i)]} for i in range(3)]
        return module.default_collate(rows)
    alike(call)


@pytest.mark.parametrize("batch", [[[1, 2], [1]], [{1, 2}], [None, None], [object()]])
def test_what_cannot_be_collated_is_refused(batch, alike):
    """By torch.utils.data.default_collate: an error of the same class."""
    result = alike(lambda library, module, g: module.default_collate(batch))
    assert issubclass(result, Exception)
