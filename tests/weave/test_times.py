"""The line under a chapter's title says what is needed before it and how long it takes."""

import json

import pytest

from weave import WeaveError
from weave.chapter import Chapter
from weave.times import line, measured, misplaced, times

EXERCISE = "\n**1.** How?\n\n<details markdown=\"1\">\n<summary>Hint</summary>\n\n{}\n\n</details>\n" \
           "<details markdown=\"1\">\n<summary>Solution</summary>\n\n{}\n\n</details>\n"


@pytest.fixture
def write(tmp_path):
    def write(text, address="part/b.md"):
        path = tmp_path / "docs" / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return Chapter(path, tmp_path)
    return write


@pytest.mark.parametrize("text, minutes", [
    ("word " * 750, 5),
    ("```python\n" + "x = 1\n\n" * 40 + "```\n", 5),
    ("```python quiet\n" + "x = 1\n" * 400 + "```\n", 1),
    ("```python check\n" + "assert 1, 'one'\n" * 400 + "```\n", 1),
    ("$$\n" + "x + " * 400 + "y\n$$\n\n" * 1 + "$$y$$\n\n" * 9, 5),
    ("one word", 1),
])
def test_reading_is_of_prose_code_that_is_shown_and_formulas(write, text, minutes):
    """150 words, 8 lines or 2 formulas on lines of their own in a minute."""
    assert times(write(text)).reading == minutes


def test_what_an_exercise_folds_is_its_time_and_not_reading(write):
    fold = "word " * 1000 + "\n\n```python\n" + "x = 1\n" * 200 + "```\n"
    chapter = write("word " * 300 + EXERCISE.format(fold, fold) * 2 + "word " * 300)
    assert (times(chapter).reading, times(chapter).exercises, times(chapter).practice) == (4, 2, 20)


def test_the_line_names_links_and_counts(write, tmp_path):
    a, b = write("# The `first` & only\n", "part/a.md"), write("---\nneeds: [part/a.md]\n---\n# Second\n")
    rows = [{"chapter": "docs/part/b.md", "seconds": 5.1}]
    (tmp_path / "computed.json").write_text(json.dumps({"rows": rows}))
    seconds = measured(tmp_path / "computed.json")
    said = line(b, {"part/a.md": a, "part/b.md": b}, lambda need: f"to {need}", seconds)
    assert said == ('Builds on <a href="to part/a.md">The first &amp; only</a> · 1 min to read'
                    ' · runs in 10 s')
    assert line(a, {}, str, measured(None)) == "1 min to read"


def test_chapters_whose_titles_have_commas_are_told_apart(write):
    chapters = {"part/a.md": write("# One, two\n", "part/a.md"), "part/c.md": write("# Three\n", "part/c.md")}
    b = write("---\nneeds: [part/a.md, part/c.md]\n---\n# Four\n")
    assert line(b, chapters, str).startswith(
        'Builds on <a href="part/a.md">One, two</a>; <a href="part/c.md">Three</a> · ')


@pytest.mark.parametrize("needs, says", [
    ("part/c.md", "no page of the nav"),
    ("part/z.md", "does not have before this chapter"),
    ("part/b.md", "does not have before this chapter"),
])
def test_a_need_is_a_chapter_that_comes_before(write, needs, says):
    chapters = {"part/b.md": write(f"---\ntitle: x\nneeds: [part/a.md, {needs}]\n---\n"),
                "part/a.md": write("", "part/a.md"), "part/z.md": write("", "part/z.md")}
    [error] = misplaced(chapters, ["part/a.md", "part/b.md", "part/z.md"])
    assert isinstance(error, WeaveError) and error.line == 3 and says in str(error)
