"""Files of torch.save are read, and none of them can make us run anything."""

import collections
import io
import pickle
import zipfile

import pytest
import torch

from scratch import torch as ours
from scratch.torch.pickled import unpickled

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"]


def saved(obj):
    file = io.BytesIO()
    torch.save(obj, file)
    file.seek(0)
    return file


def plain(x):
    """Tensors of either library as what they say."""
    if isinstance(x, (ours.Tensor, torch.Tensor)):
        return str(x.dtype), tuple(x.shape), x.stride(), x.requires_grad, x.tolist()
    if isinstance(x, dict):
        return {key: plain(each) for key, each in x.items()}
    return type(x)(map(plain, x)) if type(x) in (list, tuple) else x


@pytest.mark.parametrize("make", [
    lambda: torch.ones(2, 3), lambda: torch.arange(12).view(3, 4).t()[1:], lambda: torch.tensor(2.5),
    lambda: {name: (torch.randn(3) * 9).to(getattr(torch, name)) for name in DTYPES},
    lambda: torch.ones(2, requires_grad=True), lambda: [1, "two", (3.0, None), {"x": {4}}],
    lambda: [b"\0\xff", b"", bytearray(b"ab"), bytearray(), 1 + 2j, torch.zeros(0, 3)],
    lambda: {"dtype": torch.float16, "size": torch.Size([2])},
    lambda: {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"lr": 0.1, "params": [0]}]}])
def test_a_file_of_pytorchs_is_read(make):
    """By torch.save and torch.load."""
    theirs = make()
    mine = ours.load(saved(theirs))
    if isinstance(theirs, dict) and "dtype" in theirs:
        assert mine == {"dtype": ours.float16, "size": ours.Size([2])}
    else:
        assert plain(mine) == plain(theirs)


def test_a_models_state_dict_is_read_with_its_order():
    """By torch.nn and torch.save."""
    theirs = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).state_dict()
    mine = ours.load(saved(theirs))
    assert isinstance(mine, collections.OrderedDict) and plain(mine) == plain(theirs)


def test_tensors_that_shared_memory_share_it_again():
    x = torch.arange(6.0)
    whole, part = ours.load(saved([x, x[3:]]))
    whole[4] = 50.0
    assert part.tolist() == [3.0, 50.0, 5.0]


class Trap:
    """Pickled, it asks for a function to be called."""

    def __reduce__(self):
        return print, ("this was run",)


@pytest.mark.parametrize("weights_only", [True, False])
@pytest.mark.parametrize("obj", [Trap(), [torch.ones(2), Trap()], torch.nn.Linear(2, 3), print])
def test_a_file_that_would_run_something_is_refused(obj, weights_only, capsys):
    with pytest.raises(pickle.UnpicklingError, match="only tensors are read"):
        ours.load(saved(obj), weights_only=weights_only)
    assert capsys.readouterr().out == ""


def test_a_zip_of_something_else_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("letter.txt", "Dear reader")
    with pytest.raises(ValueError, match="no file of torch.save"):
        unpickled(file)
    with pytest.raises(ValueError, match="no file of torch.save"):
        unpickled(io.BytesIO(b"PK, and no more"))
