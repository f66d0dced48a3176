"""Words come out of files whole or not at all, and examples out of words as by hand."""

import hashlib
import http.server
import socket
import threading
import time
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import load_checked

from scratch.makemore import data
from scratch.makemore.data import (
    BOUNDARY, SOURCES, Vocabulary, batches, crop, dataset, download, read_words, rows, split)

SOURCE = Path(data.__file__)
LETTERS = st.characters(codec="utf-8", exclude_characters=BOUNDARY)
WORDS = st.lists(st.text(LETTERS, max_size=6), min_size=1, max_size=8)


def written(folder, content):
    path = folder / "words.txt"
    path.write_bytes(content)
    return path


# read_words

@pytest.mark.parametrize("content", [
    b"ann\nbo\nann\n", b"ann\nbo\nann", b"ann\r\nbo\r\nann\r\n", b"ann\rbo\rann\r",
    b"\xef\xbb\xbfann\nbo\nann\n", b"\n\nann\n \n  bo\t \n\nann\n\n",
], ids=["plain", "no end of line", "CRLF", "CR", "byte-order mark", "blank lines"])
def test_line_ends_marks_and_blank_lines_do_not_count_and_repeats_do(tmp_path, content):
    assert read_words(written(tmp_path, content)) == ["ann", "bo", "ann"]


def test_a_word_may_have_one_character_spaces_and_any_script(tmp_path):
    words = ["x", "New York", "Łódź", "Ἀθῆναι", "東京", "Zürich", "🦊"]
    assert read_words(written(tmp_path, "\n".join(words).encode())) == words


def test_two_ways_to_write_a_letter_are_one(tmp_path):
    assert read_words(written(tmp_path, "Zoe\u0301\nZo\u00e9".encode())) == ["Zo\u00e9"] * 2


@pytest.mark.parametrize("content, complaint", [
    (b"ann\nzo\xe9\nbo", "words.txt, line 2: the byte 0xe9 is not UTF-8"),
    (b"ann\r\n\r\nzo\xe9\r\nbo", "line 3: the byte 0xe9"),
    (b"\xef\xbb\xbfann\nzo\xe9\nbo", "line 2: the byte 0xe9"),
    (b"\xff\xfea\x00n\x00", "line 1: the byte 0xff is not UTF-8"),
    (b"ann\nb\x00o\n", r"line 2: 'b\\x00o' contains '\\x00', which is no character"),
    (b"ann\n\nbo\tbob\n", r"line 3: 'bo\\tbob' contains '\\t'"),
    ("ann\nb\u2028o".encode(), r"line 2: .* contains '\\u2028'"),
    ("ann\nb\u0085o".encode(), r"line 2: .* contains '\\x85'"),
    (b"ann\nSt. John\n", "line 2: 'St. John' contains '.', which marks where a word ends"),
    (b"", "not one word in 1 lines"),
    (b"\n\n  \n", "not one word in 4 lines"),
    (b"\xef\xbb\xbf", "not one word"),
])
def test_what_is_no_word_is_refused_with_its_line(tmp_path, content, complaint):
    with pytest.raises(ValueError, match=complaint):
        read_words(written(tmp_path, content))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone.txt: there is no such file"):
        read_words(tmp_path / "gone.txt")


def test_without_a_source_the_environment_names_the_file_or_else_the_book_has_one(
        tmp_path, monkeypatch, book_names):
    monkeypatch.setenv("SCRATCH_NAMES", str(written(tmp_path, b"ann\nbo\n")))
    assert read_words() == ["ann", "bo"]
    for unset in (lambda: monkeypatch.setenv("SCRATCH_NAMES", ""),
                  lambda: monkeypatch.delenv("SCRATCH_NAMES")):
        unset()
        assert read_words() == book_names and len(book_names) == 32_000
    monkeypatch.setattr(data, "__file__", str(tmp_path / "data.py"))    # copied elsewhere
    with pytest.raises(FileNotFoundError, match="which words"):
        read_words()


@pytest.fixture(scope="module")
def million(tmp_path_factory):
    path = tmp_path_factory.mktemp("million") / "words.txt"
    path.write_text("".join(f"{word}\n" for word in ["emma", "olivia", "zoë", "a"] * 250_000))
    return path


def test_reading_and_encoding_a_million_lines_takes_little_of_the_processor(million):
    """About a second is usual; what grows with the square takes hours."""
    start = time.process_time()
    words = read_words(million)
    stream = Vocabulary(words).stream(words)
    assert time.process_time() - start < 20
    assert len(words) == 1_000_000 and len(stream) == 250_000 * (4 + 6 + 3 + 1 + 4) + 1


def test_the_last_of_a_million_lines_is_checked_too(million, tmp_path):
    path = written(tmp_path, million.read_bytes() + b"b\x07o\n")
    with pytest.raises(ValueError, match="line 1000001"):
        read_words(path)


# download

class Server(http.server.BaseHTTPRequestHandler):
    answers = {}    # path: (status, length promised, body)

    def do_GET(self):
        status, length, body = self.answers[self.path]
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def served():
    """A function that makes the next download answer in a certain way."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def serve(monkeypatch, body, status=200, length=None, expected=None):
        monkeypatch.setenv("no_proxy", "*")
        Server.answers["/names.txt"] = (status, len(body) if length is None else length, body)
        address = f"http://127.0.0.1:{server.server_port}/names.txt"
        digest = hashlib.sha256(body if expected is None else expected).hexdigest()
        monkeypatch.setitem(SOURCES, "small", (address, digest))
        return address

    yield serve
    server.shutdown()
    server.server_close()


def test_a_list_is_fetched_by_name_once(served, monkeypatch, tmp_path):
    served(monkeypatch, b"ann\nbo\n")
    path = download("small", tmp_path / "new")
    assert path == tmp_path / "new/small.txt" and read_words(path) == ["ann", "bo"]
    Server.answers.clear()    # a second request would fail
    assert download("small", tmp_path / "new") == path


def test_a_damaged_file_is_fetched_again(served, monkeypatch, tmp_path):
    served(monkeypatch, b"ann\nbo\n")
    (tmp_path / "small.txt").write_bytes(b"ann\n")
    assert read_words(download("small", tmp_path)) == ["ann", "bo"]


@pytest.mark.parametrize("answer, error, complaint", [
    ({"body": b"ann\nbo\n", "expected": b"ann\nbob\n"}, ValueError,
     "sent 7 bytes with sha256 [0-9a-f]{64}, but [0-9a-f]{64} was expected"),
    ({"body": b"ann\n", "length": 7, "expected": b"ann\nbo\n"}, OSError,
     "could not be fetched: IncompleteRead"),
    ({"body": b"gone", "status": 404}, OSError, "could not be fetched: HTTP Error 404"),
    ({"body": b"oops", "status": 500}, OSError, "could not be fetched: HTTP Error 500"),
], ids=["wrong checksum", "truncated", "404", "500"])
def test_a_failed_download_says_why_and_writes_nothing(
        served, monkeypatch, tmp_path, answer, error, complaint):
    address = served(monkeypatch, **answer)
    with pytest.raises(error, match=complaint) as failure:
        download("small", tmp_path)
    assert address in str(failure.value) and not list(tmp_path.iterdir())


def test_without_a_network_a_file_that_is_there_is_kept(monkeypatch, tmp_path):
    with socket.socket() as free:    # a port on which nobody listens
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setitem(SOURCES, "small", (f"http://127.0.0.1:{port}/", "0" * 64))
    (tmp_path / "small.txt").write_bytes(b"ann\n")
    with pytest.raises(OSError, match="fetch it in another way, and give read_words the path"):
        download("small", tmp_path)
    assert (tmp_path / "small.txt").read_bytes() == b"ann\n"


def test_an_unknown_list_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no list is called 'Karpathy'; known: karpathy"):
        download("Karpathy", tmp_path)


# Vocabulary

def test_ids_go_by_code_point_and_the_boundary_is_0():
    vocabulary = Vocabulary(["béa", "Zoe"])
    assert vocabulary.characters == ".Zabeoé" and len(vocabulary) == 7
    assert vocabulary.encode("Zoé") == [1, 5, 6]
    assert vocabulary.decode([0, 1, 5, 6, 0]) == vocabulary.decode(torch.tensor([0, 1, 5, 6, 0])) == ".Zoé."
    assert vocabulary.encode("") == [] and vocabulary.decode([]) == ""
    assert Vocabulary(vocabulary.characters[1:]).ids == vocabulary.ids


@given(WORDS)
def test_decoding_undoes_encoding_and_a_stream_is_all_words_encoded(words):
    vocabulary = Vocabulary(words)
    ids = [0]
    for word in words:
        assert vocabulary.decode(vocabulary.encode(word)) == word
        ids += [*vocabulary.encode(word), 0]
    assert vocabulary.stream(words).tolist() == ids


@pytest.mark.parametrize("id", [-1, 3, 27])
def test_an_id_outside_the_vocabulary_is_named(id):
    with pytest.raises(ValueError, match=rf"id {id} is outside the vocabulary 0\.\.2"):
        Vocabulary(["ab"]).decode([1, id])


@pytest.mark.parametrize("word, place", [("abé", 3), ("ba\U0010ffff", 3), ("Ab", 1), ("a.b", 2)])
def test_an_unknown_character_is_named_with_its_place(word, place):
    vocabulary = Vocabulary(["ab"])
    for use in (lambda: vocabulary.encode(word), lambda: vocabulary.stream(["a", word])):
        with pytest.raises(ValueError, match=rf"\(U\+[0-9A-F]+\), character {place} of .* is not in the voc"):
            use()


def test_the_boundary_cannot_be_a_character():
    with pytest.raises(ValueError, match="'a.b' contains '.', which marks where a word ends"):
        Vocabulary(["ab", "a.b"])


def test_a_single_word_is_not_a_list_of_words():
    with pytest.raises(TypeError, match=r"a list of words; for a single one, \['ab'\]"):
        Vocabulary(["ab"]).stream("ab")


# split and dataset

def examples_by_hand(words, vocabulary, T):
    contexts, targets = [], []
    for word in words:
        context = [0] * T
        for id in [*vocabulary.encode(word), 0]:
            contexts.append(context)
            targets.append(id)
            context = [*context[1:], id]
    return contexts, targets


@given(WORDS, st.integers(1, 9))
@settings(deadline=None)
def test_examples_are_those_of_sliding_a_window_by_hand(words, T):
    vocabulary = Vocabulary(words)
    contexts, targets = dataset(words, vocabulary, T)
    assert (contexts.tolist(), targets.tolist()) == examples_by_hand(words, vocabulary, T)
    assert contexts.dtype == targets.dtype == torch.int64


def test_a_context_of_nothing_is_refused():
    with pytest.raises(ValueError, match="a context of 0 symbols"):
        dataset(["ab"], Vocabulary(["ab"]), 0)


def test_a_split_keeps_every_word_and_leaves_the_list_as_it_was():
    words = [f"w{n}" for n in range(103)]
    train, dev, test = split(words)
    assert words == [f"w{n}" for n in range(103)]
    assert sorted([*train, *dev, *test]) == sorted(words)
    assert [len(part) for part in (train, dev, test)] == [82, 10, 11]
    assert split(words) == (train, dev, test) != split(words, seed=1)


@pytest.mark.parametrize("words", [[], ["a"], list("abcde")])
def test_too_few_words_to_split_are_refused(words):
    with pytest.raises(ValueError, match=f"{len(words)} words are too few"):
        split(words)


def test_ten_words_are_enough():
    assert [len(part) for part in split("abcdefghij")] == [8, 1, 1]


# Karpathy's names: REFERENCE.md, D1 to D5

def test_the_lecture_has_32033_names_and_repeats_are_kept(lecture_names):
    assert len(lecture_names) == 32_033 and len(set(lecture_names)) == 32_033 - 2_539
    assert lecture_names[:8] == "emma olivia ava isabella sophia charlotte mia amelia".split()
    assert {min(map(len, lecture_names)), max(map(len, lecture_names))} == {2, 15}
    assert Vocabulary(lecture_names).characters == ".abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize("block_size", [1, 3, 8])
def test_the_lecture_has_228146_examples_for_any_context(lecture_names, block_size):
    contexts, targets = dataset(lecture_names, Vocabulary(lecture_names), block_size)
    assert contexts.shape == (228_146, block_size) and targets.shape == (228_146,)


def test_the_lecture_s_split_by_word(lecture_names):
    parts = split(lecture_names)
    vocabulary = Vocabulary(lecture_names)
    assert [len(part) for part in parts] == [25_626, 3_203, 3_204]
    assert [len(vocabulary.stream(part)) - 1 for part in parts] == [182_625, 22_655, 22_866]
    assert parts[0][:4] == ["yuheng", "diondre", "xavien", "jori"]


def test_the_lecture_s_list_cut_without_shuffling(lecture_names):
    vocabulary = Vocabulary(lecture_names)
    parts = lecture_names[:25_626], lecture_names[25_626:28_829], lecture_names[28_829:]
    assert [len(vocabulary.stream(part)) - 1 for part in parts] == [182_778, 22_633, 22_735]


def test_every_shape_comment_is_true():
    module = load_checked(SOURCE, N=7, T=3, B=5)
    words, three = ["abc", "de"], ["ab", "b", "ba", "a", "bb", "aa", "ab"]
    next(module.batches(*module.dataset(words, module.Vocabulary(words), 3), 5))
    module.rows(three, module.Vocabulary(three), 3)
    assert not module.unreached_shapes()


def test_rows_are_words_their_ends_and_nothing():
    ids, targets = rows(["ab", ""], Vocabulary(["abc"]), 4)
    assert ids.tolist() == [[0, 1, 2, 0], [0, 0, 0, 0]]
    assert targets.tolist() == [[1, 2, 0, -1], [0, -1, -1, -1]]
    with pytest.raises(ValueError, match="'bobby' has 5 characters; block_size 5 holds 4 and its boundary"):
        rows(["bobby"], Vocabulary(["bobby"]), 5)
    with pytest.raises(ValueError, match="'ab' has 2 characters; block_size 3 holds 1 and both boundaries"):
        rows(["ab"], Vocabulary(["abc"]), 3, boundaries=2)
    assert rows(["ab"], Vocabulary(["abc"]), 3)[0].tolist() == [[0, 1, 2]]


@given(WORDS, st.integers(1, 2), st.integers(1, 60))
@settings(deadline=None)
def test_cropped_rows_are_the_rows_without_their_filling(words, boundaries, cells):
    """Each row is in one piece, filled up again it is as it was, and the pieces' maps are small."""
    ids, targets = rows(words, Vocabulary(words), 9, boundaries)
    found = []
    for x, y in crop(ids, targets, boundaries, cells):
        width = max(int((row != 0).sum()) for row in x) + boundaries
        assert x.shape == y.shape == (len(x), width) and (len(x) == 1 or len(x) * width**2 <= cells)
        filling = len(x), 9 - width
        found += zip(torch.cat([x, torch.zeros(filling, dtype=torch.int64)], dim=1).tolist(),
                     torch.cat([y, torch.full(filling, -1)], dim=1).tolist())
    assert sorted(found) == sorted(zip(ids.tolist(), targets.tolist()))


def test_rows_that_fit_into_one_piece_keep_their_order():
    ids, targets = rows(["abc", "a", "ab"], Vocabulary(["abc"]), 9)
    [(x, y)] = crop(ids, targets)
    assert torch.equal(x, ids[:, :4]) and torch.equal(y, targets[:, :4])


def test_batches_are_drawn_with_replacement_by_their_generator():
    """Oracle: torch.randint, once for each minibatch."""
    x, y = torch.arange(14).view(7, 2), torch.arange(7)
    source = batches(x, y, 5, torch.Generator().manual_seed(1))
    g = torch.Generator().manual_seed(1)
    for _ in range(3):
        chosen = torch.randint(7, (5,), generator=g)
        a, b = next(source)
        assert torch.equal(a, x[chosen]) and torch.equal(b, y[chosen])
    with pytest.raises(ValueError, match="no examples to train on"):
        next(batches(x[:0], y[:0]))
