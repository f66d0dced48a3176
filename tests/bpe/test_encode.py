"""Quick encoding gives the ids of plain encoding, in time that does not explode."""

import random
import time

import pytest
from bpe.edge_cases import texts, thorough
from hypothesis import given
from hypothesis import strategies as st

from scratch.bpe import basic, encode
from scratch.bpe.encode import Encoder, merge_long, merge_short
from scratch.bpe.split import Splitter

few = st.binary(max_size=60).map(lambda data: bytes(b"aab"[byte % 3] for byte in data))


@thorough
@given(few, few, st.integers(256, 300))
def test_both_merges_give_the_ids_of_the_plain_encoder(text, piece, size):
    """Oracle: basic.apply, with merges learnt from other text of the same few letters."""
    merges = basic.learn([list(text)], size)
    expected = basic.apply(merges, list(piece))
    assert merge_short(piece, merges) == merge_long(piece, merges) == expected


@thorough
@given(st.binary(max_size=80))
def test_any_bytes_merge_as_in_the_plain_encoder(trained, piece):
    expected = basic.apply(trained.merges, list(piece))
    assert merge_short(piece, trained.merges) == merge_long(piece, trained.merges) == expected


@thorough
@given(few, st.integers(256, 300))
def test_every_trained_token_encodes_to_itself(text, size):
    """What Encoder takes for granted when it begins by knowing all tokens."""
    merges = basic.learn([list(text)], size)
    for id, token in basic.vocabulary(merges).items():
        assert basic.apply(merges, list(token)) == [id]


@thorough
@given(texts)
def test_text_is_encoded_piece_by_piece(trained, text):
    encoder = Encoder(trained.merges, trained.vocab)
    expected = [id for piece in Splitter().split(text)
                for id in basic.apply(trained.merges, list(piece.encode()))]
    assert encoder(text) == expected
    assert encoder(text) == expected            # from memory
    assert trained.encoder(text) == expected    # from other texts' memory


def test_memory_is_bounded_and_forgetting_changes_nothing(trained, monkeypatch, book):
    monkeypatch.setattr(encode, "CACHE_SIZE", 50)
    encoder = Encoder(trained.merges, trained.vocab)
    for n in range(0, 40_000, 1_000):
        assert encoder(book[n:n + 1_000]) == trained.encoder(book[n:n + 1_000])
        assert len(encoder) <= len(trained.vocab) + 50
    encoder("x" * 5000)
    assert "x" * 5000 not in encoder


WORST = {
    "one letter": lambda rng, n: "a" * n,
    "letters without a blank": lambda rng, n: "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=n)),
    "blanks": lambda rng, n: " " * n,
    "ends of line and blanks": lambda rng, n: "".join(rng.choices(" \n\t", k=n)),
    "signs": lambda rng, n: "".join(rng.choices("!?-/.,;'", k=n)),
    "every byte": lambda rng, n: rng.randbytes(n).decode("latin-1"),
}


@pytest.mark.parametrize("make", WORST.values(), ids=WORST)
@pytest.mark.parametrize("pattern", ["gpt2", "cl100k", "o200k"])
def test_four_times_as_much_of_the_worst_takes_about_four_times_as_long(trained, pattern, make):
    """n² would take 16 times as long; 9 leaves room for a busy machine and for log n."""
    splitter, rng = Splitter(pattern), random.Random(1)

    def seconds(n):
        text, times = make(rng, n), []
        for _ in range(3):
            encoder = Encoder(trained.merges, trained.vocab, splitter)
            begin = time.process_time()
            encoder(text)
            times.append(time.process_time() - begin)
        return min(times)

    assert seconds(80_000) < 9 * seconds(20_000) + 0.02
