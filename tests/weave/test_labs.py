"""The page of labs is written from their docstrings, in the order of the chapters."""

from types import SimpleNamespace

from weave.chapter import Chapter
from weave.labs import fill
from weave.offer import Offers


def test_every_lab_of_a_chapter_is_there_with_what_it_asks_and_its_command(tmp_path):
    texts = {
        "docs/part/a.md": "# First\n", "docs/part/b.md": "# Second\n",
        "labs/one/x.py": "Turn it.\n\nMore.\n\nExercises: left,\nTurn.right.\nChapter: docs/part/b.md.",
        "labs/two/y.py": "Hold it.\n\nExercises: hold.\nChapter: docs/part/a.md.  In place of: it.",
        "labs/two/z.py": "Of no chapter."}
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f'"""{text}"""\n' if path.endswith(".py") else text)
    chapters = {f"part/{name}.md": Chapter(tmp_path / f"docs/part/{name}.md", tmp_path) for name in "ab"}
    graded = SimpleNamespace(mark="(mark)", line=lambda path: "(y runs)" if path.stem == "y" else "")
    text = fill("# Labs\n\n::: labs grade {path} now\n", "labs.md", Offers(tmp_path), chapters,
                ["index.md", "part/a.md", "part/b.md"], graded)
    assert text == ("# Labs\n\n(mark)\n\n## two\n\n"
                    '-   [y.py](labs/two/y.py){ download="y.py" }: Hold it.\n'
                    "    Write `hold`, after [First](part/a.md).\n    `grade labs/two/y.py now`\n"
                    "    (y runs)\n\n\n"
                    "## one\n\n"
                    '-   [x.py](labs/one/x.py){ download="x.py" }: Turn it.\n'
                    "    Write `left`, `Turn.right`, after [Second](part/b.md).\n"
                    "    `grade labs/one/x.py now`\n\n")
