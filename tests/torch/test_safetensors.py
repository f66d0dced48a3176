"""Our safetensors files are the package's, byte by byte, and damaged ones are refused."""

import json

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch import torch as ours
from scratch.torch import safetensors as format

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"]


def of(theirs):
    """Ours with PyTorch's numbers."""
    dtype = getattr(ours, str(theirs.dtype)[6:])
    return ours.tensor(theirs.tolist(), dtype=dtype).reshape(tuple(theirs.shape))


def same(mine, theirs):
    """Whether names, dtypes, shapes and numbers are equal; NaN equals NaN."""
    return mine.keys() == theirs.keys() and all(
        str(mine[name].dtype) == str(each.dtype) and tuple(mine[name].shape) == tuple(each.shape)
        and np.array_equal(np.array(mine[name].tolist()), np.array(each.tolist()), equal_nan=True)
        for name, each in theirs.items())


def made(kinds, seed=0):
    """{name: PyTorch's tensor} of these dtypes and shapes."""
    generator = torch.Generator().manual_seed(seed)
    return {name: (torch.randn(shape, generator=generator) * 50).to(getattr(torch, dtype))
            for name, (dtype, shape) in kinds.items()}


KINDS = st.dictionaries(st.text(max_size=5).filter(lambda name: name != "__metadata__"), st.tuples(
    st.sampled_from(DTYPES), st.lists(st.integers(0, 3), max_size=3).map(tuple)), max_size=6)


@settings(deadline=None, max_examples=100)
@given(KINDS, st.one_of(st.none(), st.fixed_dictionaries({"ä \"": st.text(max_size=9)})))
def test_a_file_is_the_packages_byte_by_byte_and_read_by_both(kinds, metadata):
    """By safetensors.torch.save and load."""
    theirs = made(kinds)
    data = format.save({name: of(each) for name, each in theirs.items()}, metadata)
    assert data == safetensors.torch.save(theirs, metadata)
    assert same(format.load(data), theirs) and same(safetensors.torch.load(data), theirs)
    assert format.metadata(data) == (metadata or {})


def test_all_dtypes_are_kept_with_infinities_and_nan(tmp_path):
    """By safetensors.torch.save_file and load_file."""
    theirs = made({name: (name, (3, 5)) for name in DTYPES})
    for name in ("float16", "bfloat16", "float32", "float64"):
        theirs[name][0, :3] = torch.tensor([torch.inf, -torch.inf, torch.nan])
    format.save_file({name: of(each) for name, each in theirs.items()}, tmp_path / "ours")
    safetensors.torch.save_file(theirs, tmp_path / "theirs")
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
    assert same(format.load_file(tmp_path / "theirs"), theirs)
    assert [*tmp_path.glob("*.partial")] == []


def test_a_part_of_a_tensor_is_written_as_what_it_is():
    """By safetensors.torch: a contiguous row of a larger tensor."""
    mine, theirs = ours.arange(12.0).view(3, 4), torch.arange(12.0).view(3, 4)
    assert format.save({"row": mine[1]}) == safetensors.torch.save({"row": theirs[1]})


@pytest.mark.parametrize("make", [
    lambda T: {"x": T.ones(3, 4).t()}, lambda T: {"x": 5}, lambda T: [T.ones(3)],
    lambda T: (lambda x: {"a": x, "b": x})(T.ones(3)),
    lambda T: (lambda x: {"a": x, "b": x[1:]})(T.ones(3))])
def test_what_the_package_does_not_write_is_refused(make):
    """By safetensors.torch.save: an error of the same class."""
    with pytest.raises(Exception) as theirs:
        safetensors.torch.save(make(torch))
    with pytest.raises(type(theirs.value)):
        format.save(make(ours))


def test_parts_of_one_memory_that_do_not_overlap_can_be_written():
    """By safetensors.torch.save."""
    mine, theirs = (({"a": x[:2], "b": x[2:]}) for x in (ours.arange(5.0), torch.arange(5.0)))
    assert format.save(mine) == safetensors.torch.save(theirs)


DATA = format.save({"b": ours.arange(3), "a": ours.ones(2, 2)}, {"k": "v"})
LENGTH = int.from_bytes(DATA[:8], "little")


def changed(edit):
    """DATA with a header that was edited: its length and its alignment are right again."""
    header = json.loads(DATA[8:8 + LENGTH])
    edit(header)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + DATA[8 + LENGTH:]


DAMAGED = {
    "empty": b"", "of seven bytes": DATA[:7], "without its end": DATA[:-1], "without data": DATA[:8 + LENGTH],
    "with more": DATA + b"!", "of text": b"This is a letter, and no file of tensors.",
    "with a broken header": DATA[:8] + b"[" + DATA[9:],
    "with a huge header": (2**60).to_bytes(8, "little") + DATA[8:],
    "with a gap": changed(lambda header: header["a"].update(data_offsets=[28, 44])),
    "with too large a shape": changed(lambda header: header["a"].update(shape=[2, 3])),
    "with a negative shape": changed(lambda header: header["a"].update(shape=[-2, -2])),
    "with a type nobody knows": changed(lambda header: header["a"].update(dtype="F31")),
    "without a type": changed(lambda header: header["a"].pop("dtype")),
    "with an end before its begin": changed(lambda header: header["b"].update(data_offsets=[24, 0])),
    "with a number for a tensor": changed(lambda header: header.update(a=5)),
    "with half an offset": changed(lambda header: header["a"].update(data_offsets=[24.0, 40.0])),
    "with one tensor missing": changed(lambda header: header.pop("a")),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_refused(data):
    """By the package, which refuses it as well."""
    with pytest.raises((safetensors.SafetensorError, KeyError, TypeError)):
        safetensors.torch.load(data)
    with pytest.raises(format.SafetensorError):
        format.load(data)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(DATA) - 1), st.integers(0, 255))
def test_a_changed_byte_is_read_as_something_or_refused_and_nothing_else(at, byte):
    data = DATA[:at] + bytes([byte]) + DATA[at + 1:]
    try:
        format.load(data)
    except format.SafetensorError:
        pass


def test_an_interrupted_write_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    """By a disk that is full at the last moment."""
    format.save_file({"x": ours.ones(2)}, tmp_path / "net")

    def full(*paths):
        raise OSError("no space left on device")
    monkeypatch.setattr(format.os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        format.save_file({"x": ours.zeros(2)}, tmp_path / "net")
    assert [each.name for each in tmp_path.iterdir()] == ["net"]
    assert format.load_file(tmp_path / "net")["x"].tolist() == [1.0, 1.0]
