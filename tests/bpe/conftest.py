"""The book's text and a tokenizer of it, made once for all the tests of the unit."""

from pathlib import Path

import pytest

from scratch.bpe.tokenizer import RegexTokenizer

BOOK = Path(__file__).resolve().parents[2] / "data/book.txt"


@pytest.fixture(scope="session")
def book():
    return BOOK.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def trained(book):
    """A tokenizer of 1,500 tokens; no test changes it."""
    tokenizer = RegexTokenizer()
    tokenizer.train(book[:300_000], 1500)
    return tokenizer
