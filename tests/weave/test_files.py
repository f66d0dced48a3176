"""A file is whole at every moment; what is remembered is computed once, and again when its stamp differs."""

import os

import pytest

from weave.files import Remembering, write_atomically


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


def test_results_are_computed_once_and_kept_for_the_next_build_of_the_same_stamp(tmp_path):
    asked, path = [], tmp_path / "made/results.json"

    def doubled(text, sign="."):
        asked.append(text)
        return 2 * text + sign

    for build, (stamp, texts, computed) in enumerate([
            ("1", "aab", "ab"), ("1", "bc", "c"), ("1", "a", "a"), ("2", "a", "a")]):
        function = Remembering(doubled)
        function.load(path, stamp)
        asked.clear()
        assert [function(text, "!") for text in texts] == [2 * text + "!" for text in texts], build
        assert "".join(asked) == computed, build
        function.save(path, stamp)
    assert function.__name__ == "doubled" and function("a") == "aa."


def test_a_failure_is_not_remembered(tmp_path):
    failing = Remembering(lambda text: {"good": "made"}[text])
    for _ in range(2):
        with pytest.raises(KeyError):
            failing("bad")
    assert failing("good") == "made" and len(failing.results) == 1
