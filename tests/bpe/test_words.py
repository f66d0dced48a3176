"""Words are counted as if all the text were there at once, however it comes."""

import io
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from bpe.edge_cases import texts, thorough
from hypothesis import given
from hypothesis import strategies as st

from scratch.bpe import words
from scratch.bpe.split import PATTERNS, Splitter
from scratch.bpe.words import count_words


def expected(documents, pattern="cl100k"):
    """Oracle: each document split whole. Order counts too, since ties are broken by it."""
    counts = Counter()
    for document in documents:
        counts.update(Splitter(pattern).split(document))
    return list(counts.items())


@pytest.fixture
def small_portions(monkeypatch):
    monkeypatch.setattr(words, "READ", 7)
    monkeypatch.setattr(words, "BATCH", 10)


@thorough
@given(st.sampled_from([*PATTERNS, r"\w+"]), st.lists(texts, max_size=4), st.integers(1, 9))
def test_counts_do_not_depend_on_how_the_text_is_read(pattern, documents, size):
    before = words.READ, words.BATCH
    words.READ, words.BATCH = size, 2 * size
    try:
        counted = count_words(iter(documents), pattern, processes=1)
    finally:
        words.READ, words.BATCH = before
    assert list(counted.items()) == expected(documents, pattern)


def test_files_count_like_the_text_in_them(tmp_path, small_portions):
    text = "The end,\r\n  of one file.\n\nÜber 안녕 😉 and  more\n"
    (tmp_path / "a.txt").write_bytes(text.encode())
    (tmp_path / "empty.txt").write_bytes(b"")
    path = tmp_path / "a.txt"
    assert list(count_words(path, processes=1).items()) == expected([text])
    mixed = count_words([path, "between", tmp_path / "empty.txt", path], processes=1)
    assert list(mixed.items()) == expected([text, "between", text])


def test_an_open_file_is_an_iterable_of_lines():
    assert count_words(io.StringIO("a b\nc\n"), processes=1) == {"a": 1, " b": 1, "\n": 2, "c": 1}


@pytest.mark.parametrize("processes", [2, 3])
def test_several_processes_count_what_one_counts_in_the_same_order(book, monkeypatch, processes):
    monkeypatch.setattr(words, "READ", 5_000)
    monkeypatch.setattr(words, "BATCH", 20_000)
    text = book[:250_000]
    assert list(count_words(text, processes=processes).items()) == expected([text])


def test_few_words_start_no_process(monkeypatch):
    monkeypatch.setattr(words, "Counting", None)
    assert count_words("few words") == {"few": 1, " words": 1}


def test_a_process_that_dies_is_an_error_and_not_a_wait(book, monkeypatch):
    monkeypatch.setattr(words, "BATCH", 20_000)
    monkeypatch.setattr(words, "READ", 5_000)
    monkeypatch.setattr(words, "__file__", os.devnull)
    with pytest.raises(RuntimeError, match="processes=1 does without"):
        count_words(book[:100_000], processes=2)


def test_report_hears_of_every_character(small_portions):
    heard = []
    text = "some words and some more of them"
    count_words([text, text], processes=1, report=heard.append)
    assert sum(heard) == 2 * len(text) and len(heard) > 3


def test_memory_does_not_grow_with_the_text(monkeypatch):
    """A source of 30 MB is read as it is counted: no more than some portions ahead."""
    given_out, seen = 0, 0

    def source():
        nonlocal given_out
        for _ in range(30):
            given_out += 1_000_000
            assert given_out - seen <= (words.MIN_BATCHES + 4) * words.BATCH
            yield "lorem ipsum " * (1_000_000 // 12)

    def report(characters):
        nonlocal seen
        seen += characters

    count_words(source(), "gpt2", 2, report)
    assert given_out == 30_000_000


def test_what_is_neither_text_nor_a_path_is_refused():
    for source in [b"bytes"], [1], [None]:
        with pytest.raises(TypeError, match="a string or a pathlib.Path"):
            count_words(source)


def test_a_file_that_is_not_utf_8_is_named_with_its_byte(tmp_path):
    path = tmp_path / "latin.txt"
    path.write_bytes("naïve".encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin.txt is not UTF-8: byte 0xef at 2, in line 1: invalid"):
        count_words(path)
    with pytest.raises(FileNotFoundError):
        count_words(Path(tmp_path / "missing"))


def test_text_with_half_a_surrogate_pair_is_refused():
    with pytest.raises(ValueError, match=r"U\+D800"):
        count_words("ab\ud800")


def test_text_that_is_not_utf_8_is_found_where_it_is_however_it_is_read(monkeypatch):
    """Oracle: bytes.decode of all of it, and the ends of line before the byte that it names."""
    dice = random.Random(5)
    pieces = ["a".encode(), "é안😉".encode(), b"\n", b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f"]
    for _ in range(500):
        monkeypatch.setattr(words, "READ", dice.choice([1, 2, 3, 7, 50]))
        data = b"".join(dice.choices(pieces, [9, 9, 5, 1, 1, 1, 1], k=dice.randint(0, 20)))
        loose = words.read_utf8(io.BytesIO(data), "data", "surrogateescape")
        assert "".join(loose) == data.decode("utf-8", "surrogateescape")
        strict = words.read_utf8(io.BytesIO(data), "data")
        try:
            assert data.decode() == "".join(strict)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            with pytest.raises(ValueError, match=f"^data is not UTF-8: byte 0x{data[error.start]:02x} at "
                                                 f"{error.start}, in line {line}: "):
                "".join(strict)


def test_ctrl_c_does_not_reach_the_counting_processes():
    """The signal goes to the whole group, as in a terminal; the program goes on, and they count on."""
    program = """
import os, signal
from scratch.bpe import words
from scratch.bpe.split import Splitter
signal.signal(signal.SIGINT, lambda *_: None)
with words.Counting(Splitter()) as counting:
    counting.count(["some words"])
    os.killpg(0, signal.SIGINT)
    print(counting.count(["some words"]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          start_new_session=True)
    assert (done.stdout, done.stderr) == ("{'some': 1, ' words': 1}\n", "")


def test_a_counting_process_whose_program_is_gone_ends_without_a_word(tmp_path):
    """Killed, as kill -9 does, a program can end no process: they see that nobody asks or listens."""
    program = """
import os, signal
from scratch.bpe import words
from scratch.bpe.split import Splitter
counting = words.Counting(Splitter())
counting.send(["some words " * 100_000])
print(counting.process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    with open(tmp_path / "said", "wb") as said:
        subprocess.run([sys.executable, "-c", program], stdout=said, stderr=said)
    with open(tmp_path / "said", "rb") as said:
        child = int(said.read())
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2]:
        time.sleep(0.05)
    assert (tmp_path / "said").read_bytes() == b"%d\n" % child
