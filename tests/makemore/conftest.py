"""The words that the unit is tested on."""

import hashlib
from pathlib import Path

import pytest

from scratch.makemore.data import SOURCES, read_words

ROOT = Path(__file__).resolve().parents[2]
LECTURE = ROOT.parent / "shared/data/names.txt"    # what download("karpathy") fetches


@pytest.fixture(scope="session")
def lecture_names():
    """The 32,033 names of Karpathy's makemore, for which the lecture's numbers hold."""
    if not LECTURE.exists():
        pytest.skip(f"the lecture's numbers need its names.txt at {LECTURE}")
    assert hashlib.sha256(LECTURE.read_bytes()).hexdigest() == SOURCES["karpathy"][1]
    return read_words(LECTURE)


@pytest.fixture(scope="session")
def book_names():
    """The 32,000 names that the chapters are made from."""
    return read_words(ROOT / "src/scratch/makemore/names.txt")
