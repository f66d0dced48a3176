"""A card has the size that OpenGraph asks for, the same bytes each time, and the book's mark, if any."""

import io

import pytest
from PIL import Image

from weave.card import EDGE, WIDTH, card

MARK = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">
  <path d="M0 5 L10 5" stroke="#0000ff" stroke-width="2" fill="none"/>
  <circle cx="5" cy="5" r="3" fill="#ff0000"/>
</svg>"""


@pytest.fixture
def mark(tmp_path):
    path = tmp_path / "mark.svg"
    path.write_text(MARK)
    return path


def pixels(content):
    return Image.open(io.BytesIO(content)).convert("RGB")


def test_a_card_is_a_picture_of_the_right_size_and_always_the_same(mark):
    made = card("A title that goes on for more than one line", "The book", mark)
    assert pixels(made).size == (1200, 630)
    assert card("A title that goes on for more than one line", "The book", mark) == made


def test_circles_and_lines_of_the_mark_are_drawn_in_its_corner(mark):
    plain, marked = pixels(card("Title", "Book")), pixels(card("Title", "Book", mark))
    left, top, size = WIDTH - EDGE - 150, EDGE - 20, 190
    centre, end, corner = (left + size // 2, top + size // 2), (left + 5, top + size // 2), (left, top)
    assert near(marked.getpixel(centre), (255, 0, 0)) and near(marked.getpixel(end), (0, 0, 255))
    assert marked.getpixel(corner) == plain.getpixel(corner) == plain.getpixel(centre)


def near(colour, other):
    return all(abs(one - two) < 40 for one, two in zip(colour, other, strict=True))
