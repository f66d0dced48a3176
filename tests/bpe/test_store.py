"""A model's file is whole, or is refused with the reason."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch.bpe import store
from scratch.bpe.store import checksum, read_model, readable, write, write_vocab, write_model

MODEL = {"pattern": r"\s+|[^\s]+", "special_tokens": {"<|end of\ntext|>": 300, '"quoted" \\ 안녕': 301},
         "byte_ids": list(range(256)), "merges": {(97, 97): 256, (256, 98): 258}}


@pytest.fixture
def path(tmp_path):
    write_model(MODEL, tmp_path / "a.model")
    return tmp_path / "a.model"


def test_what_is_read_is_what_was_written(path):
    model = read_model(path)
    assert model == MODEL and list(model["merges"]) == list(MODEL["merges"])
    assert os.listdir(path.parent) == ["a.model"]


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(300, 400)))
def test_special_tokens_of_any_text_survive(tmp_path_factory, names):
    path = tmp_path_factory.getbasetemp() / "special.model"
    model = {**MODEL, "special_tokens": names}
    write_model(model, path)
    assert read_model(path) == model


def test_the_file_can_be_read_by_people(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:3] == ["{", ' "format": "scratch.bpe",', ' "version": 1,']
    assert "  [97, 97, 256]," in lines and "안녕" in path.read_text(encoding="utf-8")


def test_every_file_that_is_cut_short_is_refused(path):
    whole = path.read_bytes()
    for length in range(0, len(whole) - 1, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="a.model is no model: "):
            read_model(path)


def test_every_changed_number_is_noticed(path):
    whole = path.read_text(encoding="utf-8")
    for old, new in ("[97, 97, 256]", "[97, 98, 256]"), ("300", "302"), (r"\\s+", r"\\S+"), ("[0, 1, 2,",
                                                                                             "[1, 0, 2,"):
        assert old in whole
        path.write_text(whole.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ValueError, match="changed or damaged"):
            read_model(path)


@pytest.mark.parametrize("text, complaint", [
    ("minbpe v1\n", "truncated, or is no JSON"), ("[]", "does not say that its format"),
    ('{"format": "other"}', "does not say that its format"),
    ('{"format": "scratch.bpe", "version": 2}', "version 2"),
    ('{"format": "scratch.bpe"}', "version None"),
    ('{"format": "scratch.bpe", "version": 1}', "has no 'pattern'"),
    ("[" * 100_000, "no model"), ("\ud800", "no model")])
def test_files_of_others_are_refused_with_the_reason(path, text, complaint):
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(ValueError, match=complaint):
        read_model(path)


def test_merges_of_another_shape_are_refused_even_with_a_right_checksum(path):
    parts = {**MODEL, "merges": [[1, 2]]}
    path.write_text(json.dumps({"format": "scratch.bpe", "version": 1, "sha256": checksum(parts), **parts}))
    with pytest.raises(ValueError, match="a.model is no model"):
        read_model(path)


@pytest.mark.parametrize("old, new, complaint", [
    ('"version": 1,', '"version": 1, "version": 1,', "the name 'version' is in it twice"),
    ('"version": 1,', '"version": 1, "novelty": 1,', "it has novelty, which is unknown")])
def test_names_that_are_twice_in_a_file_and_unknown_ones_are_refused(path, old, new, complaint):
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=complaint):
        read_model(path)


@pytest.mark.parametrize("part, value, complaint", [
    ("special_tokens", ["<|end|>"], "special_tokens are not name and id"),
    ("merges", [[97, 98, 256], [97, 98, 257]], "merges 97 and 98 twice")])
def test_parts_that_only_look_right_are_refused(path, part, value, complaint):
    parts = {**MODEL, "merges": [[97, 98, 256]], part: value}
    path.write_text(json.dumps({"format": "scratch.bpe", "version": 1, "sha256": checksum(parts), **parts}))
    with pytest.raises(ValueError, match=complaint):
        read_model(path)


def test_an_interrupted_write_leaves_the_file_as_it_was(path, monkeypatch):
    before = path.read_bytes()
    monkeypatch.setattr(store.os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write(path, "half")
    assert path.read_bytes() == before and os.listdir(path.parent) == ["a.model"]


def test_the_listing_shows_every_token_and_what_it_was_made_of(tmp_path):
    vocab = {97: b"a", 98: b"b", 195: b"\xc3", 256: b"aa", 258: b"aab"}
    write_vocab(vocab, MODEL["merges"], {"<|end|>": 300}, tmp_path / "a.vocab")
    assert [line.strip() for line in (tmp_path / "a.vocab").read_text().splitlines()] == [
        "97  'a'", "98  'b'", "195  b'\\xc3'", "256  'aa'  =  'a' + 'a'", "258  'aab'  =  'aa' + 'b'",
        "300  '<|end|>'  special"]
    assert readable(b"\n") == "'\\n'"
