"""The notation page sends readers to chapters that use what it explains."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs/notation.md").read_text(encoding="utf-8")
ROWS = [line.strip("| ").split(" | ") for line in TEXT.splitlines() if re.match(r"\| [$`]", line)]
USES = [(letter, chapter) for name, _, where in ROWS
        for chapter in re.findall(r"\]\(([\w/-]+\.md)\)", where)
        for letter in re.findall(r"[A-Z]", name)]


@pytest.mark.parametrize("letter, chapter", [use for use in USES if "micrograd" not in use[1]])
def test_a_chapter_that_the_notation_names_uses_the_letter(letter, chapter):
    """In a formula, in code or in the shape at a line's end, or in the module that it lists."""
    text = (ROOT / "docs" / chapter).read_text(encoding="utf-8")
    modules = re.findall(r"scratch(?:\.\w+)+", re.search(r"^modules: (.*)$", text, re.MULTILINE)[1])
    stems = [ROOT / "src" / name.replace(".", "/") for name in modules]
    files = [path for stem in stems for path in stem.parent.glob(f"{stem.name}.*")]
    sources = [path.read_text(encoding="utf-8") for path in files]
    assert any(re.search(rf"(?<![A-Za-z]){letter}(?![A-Za-z])", each) for each in [text, *sources])


def test_the_table_of_sizes_is_read():
    assert len(USES) > 12
