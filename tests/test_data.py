"""names.txt is what data/README.md says and what data/make_names.py writes; a library's prose is found."""

import hashlib
import re
import runpy
import subprocess
import sys
from pathlib import Path

import names
import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA, NAMES = ROOT / "data", ROOT / "src/scratch/makemore/names.txt"
SCRIPT = DATA / "make_names.py"
LISTS = Path(names.__file__).parent


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(*arguments, options=()):
    command = [sys.executable, *options, SCRIPT, *arguments]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def lines():
    text = NAMES.read_bytes().decode("ascii")
    assert text.endswith("\n") and "\r" not in text
    return text[:-1].split("\n")


def test_there_are_32000_distinct_names_of_two_or_more_small_letters(lines):
    assert len(lines) == len(set(lines)) == 32_000
    assert [name for name in lines if not re.fullmatch("[a-z]{2,}", name)] == []


def test_the_script_writes_the_committed_bytes(tmp_path):
    written = tmp_path / "names.txt"
    done = run("--output", written)
    assert done.returncode == 0, done.stderr
    assert written.read_bytes() == NAMES.read_bytes()
    assert list(tmp_path.iterdir()) == [written]


def test_check_tells_a_changed_file_from_the_committed_one(tmp_path):
    assert run("--check").returncode == 0
    changed = tmp_path / "names.txt"
    changed.write_bytes(NAMES.read_bytes().replace(b"mary\n", b"marx\n", 1))
    done = run("--check", "--output", changed)
    assert done.returncode == 1 and "is not what the lists give" in done.stderr
    changed.unlink()
    done = run("--check", "--output", changed)
    assert done.returncode == 1 and "does not exist" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_the_script_says_what_to_install():
    done = run("--check", options=["-I", "-S"])          # -S: no site-packages
    assert done.returncode == 1
    assert done.stderr.strip().endswith("pip install names==0.3.0")


def test_the_readme_holds_every_checksum_and_count(lines):
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    hashes = [sha256(NAMES)]
    lists = ["dist.female.first", "dist.male.first", "dist.all.last"]
    hashes += [sha256(LISTS / name) for name in lists]
    hashes.append(sha256(DATA / "book.txt"))
    assert re.findall(r"[0-9a-f]{64}", readme) == hashes
    assert f"{(DATA / 'book.txt').stat().st_size:,} bytes" in readme

    rows = [(LISTS / name).read_text().split("\n")[:-1] for name in lists]
    given = {row.split()[0].lower() for row in rows[0] + rows[1]}
    assert set(lines[:len(given)]) == given                  # given names come first
    lengths = [len(name) for name in lines]
    sentences = [
        f"32,000: {len(given):,} given names, then {32_000 - len(given):,} surnames",
        f"| bytes | {NAMES.stat().st_size:,} |",
        f"{min(lengths)} to {max(lengths)} letters",
        *(f"{len(list_):,} {what}" for list_, what in zip(
            rows, ["female given", "male given names", "surnames"], strict=True)),
    ]
    flowed = " ".join(readme.split())
    assert [sentence for sentence in sentences if sentence not in flowed] == []


def test_the_commonest_come_first(lines):
    """The order of the census itself: James of 3.318 % of the men, Smith of 1.006 %."""
    assert lines[:3] == ["james", "john", "robert"]
    surnames = [name for name in lines if name in {"smith", "brown", "miller", "uptain"}]
    assert surnames == ["smith", "brown", "miller", "uptain"]


@pytest.fixture
def a_library(tmp_path):
    """A folder like a standard library, and what data/library.py has as functions."""
    folder = tmp_path / "lib"
    for name, text in {
        "a.py": '"""One two three four five six."""\n# seven eight nine ten eleven\n# twelve\n'
                'x = 1  # no prose at all here\ndef f():\n    """Short."""\n'
                '    # seven eight nine ten eleven\n    # twelve\n',
        "b.py": '"""Élan one two three four five."""\ny = "# not a comment but a string"\n'
                '# its own words are five here\n',
        "test/c.py": '"""This is a test and is left out."""\n',
        "pydoc_data/topics.py": "topics = {'lambda': 'What one sees for help about lambda'}\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder, runpy.run_path(str(DATA / "library.py"))


def test_the_prose_of_a_library_is_its_docstrings_comments_and_topics_each_once(a_library):
    folder, library = a_library
    train, held = library["prose"](folder)
    assert {**train, **held} == {
        "a.py": "One two three four five six.\n\nseven eight nine ten eleven\ntwelve\n\n\n",
        "b.py": "its own words are five here\n\n\n",
        "pydoc_data/topics.py": "What one sees for help about lambda\n\n\n"}
    assert not train.keys() & held.keys()


def test_about_a_tenth_of_the_installed_library_is_held_out_by_name(a_library):
    """Names alone decide, so that a file is on the same side in every version of Python."""
    _, library = a_library
    names = [f"{word}.py" for word in NAMES.read_text().split()[:3000]]
    share = sum(library["held_out"](name) for name in names) / len(names)
    assert 0.08 < share < 0.13
