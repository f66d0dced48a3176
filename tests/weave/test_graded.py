"""Which labs run in the page of all labs, what it is told of them, and what it fetches."""

import json
from pathlib import Path

import pytest

from weave import graded, run
from weave.chapter import Chapter
from weave.graded import Graded, gist, taken_apart
from weave.offer import Offers

ROOT = Path(__file__).resolve().parents[2]
TURN = '''"""Turn it.

    x    what is turned

Exercises: left, Turn.right.
Chapter: docs/a.md.  In place of: pack.turn.
Not in a page: Turn.right, which <turns> for an hour.
"""

import math


def left(x):
    """x -> its opposite

    Which way? The sign

    >>> left(1)
    -1
    """
    raise NotImplementedError("left is yours to write")


class Turn:
    @property
    def right(self):
        return math.pi
'''
TEXTS = {
    "docs/a.md": "# A\n\n## Which way? The sign\n\nText.\n\n> **Takeaway.** Mind\n> the `-`.\n\n"
                 "```python\n## no\n```\n\n## Why $x$? {#why}\n",
    "labs/one/turn.py": TURN,
    "labs/one/lent.py": '"""L.\n\nExercises: f.\nChapter: docs/a.md.\n"""\nimport torch\ndef f(): ...\n',
    "labs/one/lack.py": '"""L.\n\nExercises: f.\nChapter: docs/a.md.\n"""\nimport numpy\ndef f(): ...\n',
    "labs/one/none.py": '"""Of no chapter."""\n',
    "src/judge/__init__.py": "", "src/judge/page.py": "import doctest, json, urllib.request\n",
    "src/pack/__init__.py": "", "src/pack/turn.py": "import random\n",
    "src/pack/torch/__init__.py": "import array\n",
}
HEAVY = ["pdb", "unittest", "urllib"]
TURNED = ["src/pack/__init__.py", "src/pack/turn.py"]    # which is imported by the name in the docstring


@pytest.fixture
def book(tmp_path):
    """book(grader) -> what is known of the labs of a small book, on which a build has looked."""
    for name, text in TEXTS.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def book(grader="judge.page"):
        runner = run.Runner(tmp_path, "src", tmp_path / "kept")
        vars(runner)["sizes"] = {f"assets/run/{name}": (2_000_000, 1_000_000)
                                 for name in [*run.PYTHON, "python.zip"]}
        vars(runner)["info"] = {"python": "3"}
        return Graded(runner, Offers(tmp_path), [Chapter(tmp_path / "docs/a.md", tmp_path)], grader,
                      {"torch": "pack.torch"})

    return book


def path(name):
    return Path(f"labs/one/{name}.py")


def test_a_lab_runs_if_all_that_it_imports_can_be_imported_or_has_a_stand_in(book):
    labs = book().labs
    assert labs.keys() == {path("turn"), path("lent"), path("lack")}
    assert labs[path("lack")] == {"why": "numpy"}
    assert labs[path("turn")]["standing"] == {} and labs[path("lent")]["standing"] == {"torch": "pack.torch"}
    assert labs[path("turn")]["files"] == ["src/judge/__init__.py", "src/judge/page.py", *TURNED]
    assert labs[path("lent")]["files"][2:] == ["src/pack/__init__.py", "src/pack/torch/__init__.py"]


def test_the_page_has_a_button_for_each_exercise_or_says_why_not(book):
    made = book()
    assert made.line(path("turn")) == (
        '<span class="weave-lab" data-lab="labs/one/turn.py" data-search-exclude>Try it here: '
        '<button type="button">left</button> <span>Not here: <code>Turn.right</code>, '
        'which &lt;turns&gt; for an hour.</span></span>')
    assert "Not in the page, since it needs numpy." in made.line(path("lack"))
    assert made.line(path("none")) == ""
    assert 'data-labs data-size="4.0 MB"' in made.mark
    assert "<code>pack.torch</code> stands in for <code>torch</code> there." in made.mark


def test_a_name_with_underscores_is_none_in_italics(book):
    made = book()
    made.labs[path("turn")]["stubs"] = {"A.__call__": ""}
    assert "<button type=\"button\">A.&#95;&#95;call&#95;&#95;</button>" in made.line(path("turn"))


def test_without_a_grader_there_are_no_buttons_and_nothing_is_fetched(book):
    made = book(None)
    assert made.labs == {} and made.mark == "" == made.line(path("turn"))
    assert [*made.packs(bytes)] == [] and made.runner.files == {}


def test_a_lab_is_known_anew_when_a_module_changes(book, tmp_path):
    assert "stubs" in book().labs[path("turn")]
    (tmp_path / "src/judge/page.py").write_text("import numpy\n")
    assert book().labs[path("turn")] == {"why": "numpy"}


def test_what_a_page_fetches_of_a_lab(book):
    made = book()
    fetched = dict(made.packs(lambda path: b"handed out: " + path.read_bytes()))
    assert fetched["src/judge/page.py"].startswith(b"handed out: import doctest")
    pack = json.loads(fetched["labs/one/turn.run.json"])
    assert pack["grader"] == "judge.page" and pack["stubs"].keys() == {"left"}
    assert pack["ask"] == {"path": "labs/one/turn.py", "stub": TURN, "standing": {},
                           "chapter": made.labs[path("turn")]["chapter"]}
    assert pack["anchors"] == {"Which way? The sign": "which-way-the-sign", "Why $x$?": "why"}
    assert pack["files"] == ["assets/run/cells.py", *(f"assets/run/standins/{name}.py" for name in HEAVY),
                             "src/judge/__init__.py", "src/judge/page.py", *TURNED]
    assert {"doctest", "json", "math"} <= made.runner.more


def test_a_file_is_taken_apart_into_stubs_and_what_a_reader_may_use():
    stubs, rest, stays = taken_apart(TURN)
    assert stubs == {"left": TURN[TURN.index("def left"):TURN.index("\n\n\nclass")]}
    assert rest == '"""Turn it.\n\n    x    what is turned\n"""\n\nimport math\n\nclass Turn:'
    assert stays == ["Turn.right", "which <turns> for an hour"]


def test_the_gist_of_a_chapter_has_the_titles_and_takeaways_that_its_labs_read():
    """Oracle: what lab.stub reads in the whole chapter."""
    from lab.stub import SECTION

    def sections(text):
        return {title: " ".join(takeaway.replace("\n> ", " ").split())
                for title, takeaway in SECTION.findall(text)}

    seen = 0
    for path in ROOT.glob("docs/*/*.md"):
        text = path.read_text(encoding="utf-8")
        short, anchors = gist(text.split("\n"))
        assert sections(short) == {title: takeaway for title, takeaway in sections(text).items()
                                   if title in anchors}
        assert len(short) < len(text) / 3
        seen += len(anchors)
    assert seen > 300


def test_every_lab_of_the_book_runs_that_needs_no_compiler():
    """Of the book's own labs, by what the build keeps of them."""
    runner = run.Runner(ROOT, "src", ROOT / ".cache/weave/made/run")
    chapters = [Chapter(path, ROOT) for path in sorted(ROOT.glob("docs/*/*.md"))]
    made = graded.Graded(runner, Offers(ROOT), chapters, "lab.page", {"torch": "scratch.torch"})
    stay = {path.as_posix() for path, found in made.labs.items() if "why" in found}
    assert stay == {f"labs/cuda/{name}.py" for name in (
        "attention", "bandwidth", "matmul", "races", "shared", "softmax", "threads", "transpose")}
    assert sum(len(found["stubs"]) for found in made.labs.values() if "stubs" in found) > 140
