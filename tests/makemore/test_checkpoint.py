"""A checkpoint comes back as it was, is never half there, and says what is wrong with it."""

import json
import os
import sys

import pytest
import torch

from scratch.makemore import checkpoint
from scratch.makemore.checkpoint import CheckpointError, load, save

TENSORS = {"W": torch.randn(3, 5), "counts": torch.arange(7), "state": torch.zeros(9, dtype=torch.uint8),
           "one": torch.tensor(2.5, dtype=torch.float64), "none": torch.zeros(0, 4)}
FACTS = {"model": "mlp", "characters": ".aé🙂", "rate": 0.1, "step": 12, "nothing": None}


def test_what_is_saved_comes_back_bit_for_bit(tmp_path):
    save(tmp_path / "a" / "net", TENSORS, FACTS)
    tensors, facts = load(tmp_path / "a" / "net")
    assert facts == FACTS and tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert torch.equal(tensors[name], tensor) and tensors[name].dtype == tensor.dtype


def test_the_same_tensors_and_facts_make_the_same_bytes(tmp_path):
    save(tmp_path / "a", TENSORS, FACTS)
    save(tmp_path / "b", dict(reversed(TENSORS.items())), FACTS)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_other_programs_can_read_the_tensors(tmp_path):
    """Oracle: safetensors itself."""
    from safetensors.torch import load_file
    save(tmp_path / "net", TENSORS, FACTS)
    assert torch.equal(load_file(tmp_path / "net")["W"], TENSORS["W"])


def test_parameters_and_transposed_tensors_can_be_saved(tmp_path):
    w = torch.randn(3, 5, requires_grad=True)
    save(tmp_path / "net", {"w": w, "t": w.detach().T}, {})
    tensors, _ = load(tmp_path / "net")
    assert torch.equal(tensors["t"], w.detach().T) and not tensors["w"].requires_grad


@pytest.mark.parametrize("where", [0, 3, 8, 40, 200, -300, -100, -1])
def test_a_changed_byte_is_noticed(tmp_path, where):
    save(tmp_path / "net", TENSORS, FACTS)
    content = bytearray((tmp_path / "net").read_bytes())
    content[where] ^= 1
    (tmp_path / "net").write_bytes(content)
    with pytest.raises(CheckpointError, match="net is"):
        load(tmp_path / "net")


def test_no_changed_bit_of_the_header_changes_what_is_read(tmp_path):
    """Letters, settings and all other facts; a bit that changes nothing, such as a blank's, may pass."""
    save(tmp_path / "net", {"W": torch.ones(2), "V": torch.zeros(2)}, FACTS)
    content, read = (tmp_path / "net").read_bytes(), 0
    for place in range(8 + int.from_bytes(content[:8], "little")):
        for bit in (1, 2, 32):
            changed = bytearray(content)
            changed[place] ^= bit
            (tmp_path / "net").write_bytes(changed)
            try:
                tensors, facts = load(tmp_path / "net")
            except CheckpointError:
                continue
            read += 1
            assert facts == FACTS and tensors["W"].tolist() == [1, 1] and tensors["V"].tolist() == [0, 0]
    assert read < 100


def test_facts_come_back_as_json_has_them(tmp_path):
    """Two keys that JSON writes alike are one, and the file can be read all the same."""
    save(tmp_path / "net", {}, {"sizes": (1, 2), 1: "a", "1": "b", "far": float("inf")})
    assert load(tmp_path / "net")[1] == {"sizes": [1, 2], "1": "b", "far": float("inf")}


def first_written(path, tensors, facts):
    """A file as version 0.1 wrote it at first: its checksum is of the tensors alone."""
    from safetensors.torch import save_file
    words = json.dumps({"facts": facts, "sha256": checkpoint.checksum(tensors)})
    save_file(tensors, path, metadata={"makemore": words})


def test_a_file_whose_checksum_is_of_the_tensors_alone_is_still_read(tmp_path):
    first_written(tmp_path / "old", TENSORS, FACTS)
    tensors, facts = load(tmp_path / "old")
    assert facts == FACTS and torch.equal(tensors["W"], TENSORS["W"])
    content = bytearray((tmp_path / "old").read_bytes())
    content[-1] ^= 1
    (tmp_path / "old").write_bytes(content)
    with pytest.raises(CheckpointError, match="old is damaged"):
        load(tmp_path / "old")


@pytest.mark.parametrize("content", [b"", b"\0", b"emma\nolivia\n", bytes(100), b"\xff" * 100])
def test_a_file_that_is_none_is_refused_by_name(tmp_path, content):
    (tmp_path / "net").write_bytes(content)
    with pytest.raises(CheckpointError, match="net is damaged"):
        load(tmp_path / "net")


def test_every_shorter_file_is_noticed(tmp_path):
    save(tmp_path / "net", {"W": torch.ones(2)}, {})
    content = (tmp_path / "net").read_bytes()
    for length in range(0, len(content), 7):
        (tmp_path / "net").write_bytes(content[:length])
        with pytest.raises(CheckpointError, match="damaged"):
            load(tmp_path / "net")


def test_a_strangers_safetensors_file_is_told_from_a_damaged_one(tmp_path):
    from safetensors.torch import save_file
    save_file({"W": torch.ones(2)}, tmp_path / "net")
    with pytest.raises(CheckpointError, match="not a checkpoint that this program wrote"):
        load(tmp_path / "net")
    save_file({"W": torch.ones(2)}, tmp_path / "net", metadata={"makemore": json.dumps([1])})
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        load(tmp_path / "net")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone: there is no such file"):
        load(tmp_path / "gone")


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, fails):
    save(tmp_path / "net", {"W": torch.ones(2)}, {"step": 1})

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, fail)
    with pytest.raises(OSError, match="No space left"):
        save(tmp_path / "net", {"W": torch.zeros(2)}, {"step": 2})
    assert load(tmp_path / "net")[1] == {"step": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["net"]


def test_without_safetensors_it_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    (tmp_path / "net").write_bytes(b"")
    for use in (lambda: save(tmp_path / "new", {}, {}), lambda: load(tmp_path / "net")):
        with pytest.raises(CheckpointError, match="pip install safetensors"):
            use()
    assert checkpoint.checksum({}) and not (tmp_path / "new").exists()
