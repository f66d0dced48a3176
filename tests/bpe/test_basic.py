"""The plain tokenizer does what the field publishes, and refuses what it cannot do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch.bpe.basic import BasicTokenizer, apply, get_stats, learn, merge, vocabulary

TEXTS = ["", "?", "hello world!!!? (안녕하세요!) lol123 😉"]


def test_pairs_are_counted_and_merged_as_minbpe_documents():
    """REFERENCE K1: the docstrings of minbpe's get_stats and merge."""
    assert get_stats([1, 2, 3, 1, 2]) == {(1, 2): 2, (2, 3): 1, (3, 1): 1}
    assert merge([1, 2, 3, 1, 2], (1, 2), 4) == [4, 3, 4]


def test_counts_of_several_lists_add_up():
    counts = {(1, 2): 5}
    assert get_stats([1, 2, 1], counts) is counts
    assert counts == {(1, 2): 6, (2, 1): 1}


def test_pairs_in_a_row_overlap_when_counted_and_not_when_merged():
    assert get_stats([7, 7, 7]) == {(7, 7): 2}
    assert merge([7, 7, 7], (7, 7), 9) == [9, 7]
    assert merge([7, 7, 7, 7], (7, 7), 9) == [9, 9]


def test_the_example_of_wikipedia_has_the_published_ids_and_merges():
    """REFERENCE K2 and trap 8: the ids are Wikipedia's, the merges those of first-met ties."""
    tokenizer = BasicTokenizer()
    tokenizer.train("aaabdaaabac", 256 + 3)
    ids = tokenizer.encode("aaabdaaabac")
    assert ids == [258, 100, 258, 97, 99]
    assert tokenizer.decode(ids) == "aaabdaaabac"
    assert list(tokenizer.merges.items()) == [((97, 97), 256), ((256, 97), 257), ((257, 98), 258)]


def test_of_equally_frequent_pairs_the_one_met_first_is_merged():
    assert list(learn([list(b"zyab"), list(b"abzy")], 257)) == [(ord("z"), ord("y"))]


@pytest.mark.parametrize("text", TEXTS)
def test_decoding_gives_back_what_was_encoded(text):
    """REFERENCE K12."""
    tokenizer = BasicTokenizer()
    assert tokenizer.decode(tokenizer.encode(text)) == text
    tokenizer.train("hello hello world, 안녕 안녕", 280)
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(st.text("abc ", max_size=50), st.integers(256, 300), st.text("abcd ", max_size=30))
def test_training_text_encodes_to_what_training_left_of_it(text, size, other):
    merges = learn([list(text.encode())], size)
    ids = list(text.encode())
    for pair, new_id in merges.items():
        ids = merge(ids, pair, new_id)
    assert apply(merges, list(text.encode())) == ids
    vocab = vocabulary(merges)
    assert b"".join(vocab[id] for id in apply(merges, list(other.encode()))) == other.encode()


def test_training_ends_where_nothing_is_left_to_merge():
    tokenizer = BasicTokenizer()
    tokenizer.train("abab", 1000)
    assert list(tokenizer.merges) == [(97, 98), (256, 256)]
    for text in "", "x":
        tokenizer.train(text, 1000)
        assert tokenizer.merges == {} and len(tokenizer.vocab) == 256


def test_a_vocabulary_without_room_for_the_bytes_is_refused():
    with pytest.raises(ValueError, match="255 has no room for the 256 bytes"):
        BasicTokenizer().train("text", 255)


def test_verbose_tells_of_each_merge(capsys):
    BasicTokenizer().train("aaabdaaabac", 258, verbose=True)
    assert capsys.readouterr().out.splitlines() == [
        "merge 1/2: (97, 97) -> 256, which occurred 4 times",
        "merge 2/2: (256, 97) -> 257, which occurred 2 times"]


@pytest.mark.parametrize("id", [256, -1, 10**20])
def test_an_id_outside_the_vocabulary_is_named(id):
    with pytest.raises(ValueError, match=rf"id {id} is outside the vocabulary, 0\.\.255"):
        BasicTokenizer().decode([104, id])


def test_bytes_that_are_no_text_are_replaced_unless_errors_says_otherwise():
    tokenizer = BasicTokenizer()
    assert tokenizer.decode([104, 0xFF]) == "h\ufffd"
    with pytest.raises(UnicodeDecodeError):
        tokenizer.decode([104, 0xFF], errors="strict")


def test_what_is_loaded_is_what_was_saved(tmp_path):
    tokenizer = BasicTokenizer()
    tokenizer.train("hello hello world, 안녕 안녕", 280)
    tokenizer.save(tmp_path / "small")
    loaded = BasicTokenizer().load(tmp_path / "small.model")
    assert (loaded.merges, loaded.vocab) == (tokenizer.merges, tokenizer.vocab)
    listing = (tmp_path / "small.vocab").read_text(encoding="utf-8").splitlines()
    assert len(listing) == len(tokenizer.vocab) and listing[104] == "104 b'h'"


@pytest.mark.parametrize("damage", [
    lambda text: "", lambda text: text[:-1], lambda text: text[:60],
    lambda text: text.replace("104 101", "104 1o1"),
    lambda text: text.replace("merges\n", "merges\n104 101\n"),
    lambda text: text.replace("basic 1", "basic 2"),
    lambda text: text.replace("104 101", "104 900"), lambda text: text + "1 2\n", lambda text: "minbpe v1\n"])
def test_a_damaged_file_is_refused_and_changes_nothing(tmp_path, damage):
    tokenizer = BasicTokenizer()
    tokenizer.train("hello hello world", 270)
    tokenizer.save(tmp_path / "small")
    path = tmp_path / "small.model"
    path.write_text(damage(path.read_text()))
    before = dict(tokenizer.merges)
    with pytest.raises(ValueError, match="small.model"):
        tokenizer.load(path)
    assert tokenizer.merges == before
