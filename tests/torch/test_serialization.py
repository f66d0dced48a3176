"""What was saved is loaded again: numbers, structure, order, and who shares memory with whom."""

import collections
import io
import pickle

import numpy as np
import pytest
import safetensors.torch
import torch

from scratch import torch as ours


def there_and_back(obj, **options):
    file = io.BytesIO()
    ours.save(obj, file)
    file.seek(0)
    return ours.load(file, **options)


def equal(a, b):
    """Whether two objects have the same structure and the same tensors."""
    if isinstance(a, ours.Tensor):
        return isinstance(b, ours.Tensor) and a.tolist() == b.tolist() and all(
            getattr(a, each) == getattr(b, each) for each in ("dtype", "shape", "strides", "requires_grad"))
    if isinstance(a, dict):
        return type(a) is type(b) and list(a) == list(b) and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(equal, a, b))
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("obj", [
    {"z": ours.ones(2, 3), "a": ours.arange(3)}, {"step": 3, "state": {0: {"exp_avg": ours.zeros(2)}}},
    [1, 2.5, "text", None, True, (1, [2])], ours.ones(3), ours.tensor(2.5), ours.zeros(0, 3),
    {"x": ours.ones(2, requires_grad=True)}, ours.ones(2, 3).t(), ours.Size([2, 3]), {1, 2},
    {(1, 2): "a tuple for a key"}, {"kind": ours.float16}, ours.device("cpu"), float("inf"), {},
    {"__metadata__": ours.ones(2)}, {1: ours.ones(2)}, b"\0\xff", bytearray(b"ab"), {"z": 1 + 2j},
    [collections.OrderedDict(b=ours.ones(1), a=ours.ones(1)), collections.Counter("aab")],
], ids=lambda obj: f"{obj!r:.40}".replace("\n", ""))
def test_what_was_saved_is_loaded(obj):
    assert equal(there_and_back(obj), obj)


BEYOND_WEIGHTS = [np.arange(6).reshape(2, 3).T, np.array(["a", "bc"]), np.float64(2.5), np.bool_(True),
                  np.zeros((0, 2), dtype=np.float32), frozenset({1}), range(2, 9, 3), slice(None, 3)]


@pytest.mark.parametrize("obj", BEYOND_WEIGHTS, ids=lambda obj: f"{type(obj).__name__} {obj!s:.12}")
def test_what_pytorch_reads_only_with_weights_only_false_is_read_so_here(obj):
    """Oracle: torch.load, of a file of PyTorch's own; and ours of that file and of one of ours."""
    files = {}
    for library in (torch, ours):
        files[library] = io.BytesIO()
        library.save({"x": [obj]}, files[library])
    for file, reader in ((files[torch], torch), (files[torch], ours), (files[ours], ours)):
        file.seek(0)
        with pytest.raises(pickle.UnpicklingError, match="weights_only"):
            reader.load(file)
        file.seek(0)
        [found] = reader.load(file, weights_only=False)["x"]
        assert type(found) is type(obj) and repr(found) == repr(obj)


def test_an_array_of_python_objects_is_refused():
    with pytest.raises(TypeError, match="an array of Python objects cannot be saved"):
        ours.save({"x": np.array([1, "a"], dtype=object)}, io.BytesIO())


def test_tensors_that_shared_memory_share_it_again():
    x = ours.arange(6.0)
    a, b, c = there_and_back([x, x.view(2, 3)[1], x.clone()])
    a[4] = 50.0
    assert b.tolist() == [3.0, 50.0, 5.0] and c[4] == 4.0


def test_a_state_dict_is_a_plain_safetensors_file_which_pytorch_reads(tmp_path):
    """By safetensors.torch.load_file."""
    state = {"z.weight": ours.randn(3, 2), "a.ids": ours.arange(4)}
    ours.save(state, tmp_path / "net")
    theirs = safetensors.torch.load_file(tmp_path / "net")
    assert {name: each.tolist() for name, each in theirs.items()} == {
        name: each.tolist() for name, each in state.items()}
    assert list(ours.load(tmp_path / "net")) == list(state)


def test_a_safetensors_file_of_pytorchs_is_loaded(tmp_path):
    """By safetensors.torch.save_file."""
    theirs = {"w": torch.randn(2, 3, dtype=torch.bfloat16), "b": torch.arange(3)}
    safetensors.torch.save_file(theirs, tmp_path / "net")
    mine = ours.load(str(tmp_path / "net"))
    assert {name: each.tolist() for name, each in mine.items()} == {
        name: each.tolist() for name, each in theirs.items()}


class Whatever:
    pass


@pytest.mark.parametrize("obj", [Whatever(), {"f": print}, [ours.ones(1), object()]])
def test_an_object_that_would_need_its_code_is_refused(obj, tmp_path):
    with pytest.raises(TypeError, match="state_dict"):
        ours.save(obj, tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "letter").write_text("Dear reader")
    with pytest.raises(ValueError, match="truncated, or of another format"):
        ours.load(tmp_path / "letter")
    with pytest.raises(FileNotFoundError):
        ours.load(tmp_path / "nowhere")


def test_all_tensors_go_where_they_are_wanted():
    found = there_and_back({"a": [ours.ones(2)], "b": (ours.ones(1),)}, map_location="cpu")
    assert found["a"][0].device == found["b"][0].device == ours.device("cpu")
