"""A file is whole at every moment."""

import os

import pytest

from weave.files import write_atomically


@pytest.mark.parametrize("content", ["grüße\n", b"\x00\xff"])
def test_texts_and_bytes_are_written_as_they_are(tmp_path, content):
    write_atomically(tmp_path / "a", content)
    assert (tmp_path / "a").read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_others_may_read_a_new_file_and_an_old_ones_mode_stays(tmp_path):
    write_atomically(tmp_path / "a", "new")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644
    (tmp_path / "a").chmod(0o755)
    write_atomically(tmp_path / "a", "newer")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o755


def test_an_interrupted_write_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("old")

    def interrupted(*_):
        raise KeyboardInterrupt
    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "old" and list(tmp_path.iterdir()) == [tmp_path / "a"]
