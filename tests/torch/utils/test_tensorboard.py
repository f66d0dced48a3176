"""Files for TensorBoard have the bytes that the package tensorboard writes."""

import pytest

from scratch import torch as ours
from scratch.torch.utils.tensorboard import SummaryWriter, crc32c, event, records

ORACLE = {    # {an event: what tensorboard 2.21.0 serializes it to}
    (1.5, 100, "loss", 2.5): "09000000000000f83f10642a0d0a0b0a046c6f73731500002040",
    (1764500000.25, 3, "Loss/train", -0.125):
        "0900001088084bda4110032a130a110a0a4c6f73732f747261696e15000000be",
    (0.5, 0, "é", 1e10): "09000000000000e03f2a0b0a090a02c3a915f9021550",
    (1.5, 2**40, "x", 0.0): "09000000000000f83f108080808080202a0a0a080a01781500000000",
}


def test_checksums():
    """By RFC 3720, appendix B.4."""
    assert crc32c(bytes(32)) == 0x8A9136AA and crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E and crc32c(b"123456789") == 0xE3069283


@pytest.mark.parametrize("scalar", ORACLE)
def test_events(scalar):
    assert event(*scalar).hex() == ORACLE[scalar]


def test_what_is_written_can_be_read(tmp_path):
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("Loss/train", ours.tensor(2.5), 500, walltime=1.5)
        writer.add_scalar("Loss/test", 3, 0, walltime=1.5)
        writer.flush()
    SummaryWriter(tmp_path / "run").close()    # a second file beside it
    files = sorted((tmp_path / "run").iterdir())
    assert len(files) == 2 and writer.get_logdir() == str(tmp_path / "run")
    version, *events = records(files[0].read_bytes())
    assert version.endswith(b"brain.Event:2")
    assert events == [event(1.5, 500, "Loss/train", 2.5), event(1.5, 0, "Loss/test", 3.0)]


def test_damage_is_found(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0)
    content = bytearray(next(tmp_path.iterdir()).read_bytes())
    content[-6] ^= 1
    with pytest.raises(ValueError, match="record 1 is damaged"):
        records(bytes(content))


def test_what_else_a_writer_has_is_refused_by_name(tmp_path):
    with pytest.raises(AttributeError, match="no SummaryWriter.add_histogram"):
        SummaryWriter(tmp_path).add_histogram("weights", ours.ones(3))
