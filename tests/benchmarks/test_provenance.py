"""A results file says what made it; a processor's name comes from the system, or is honestly unknown."""

import datetime
import importlib.metadata
import platform
import re
import subprocess
from pathlib import Path

import pytest

from benchmarks.provenance import only_of, processor, provenance


@pytest.mark.parametrize("text, name", [
    ("processor : 0\nmodel name\t: Some Chip 9\nmodel name\t: Some Chip 9\n", "Some Chip 9"),
    ("processor : 0\n", "unknown processor")])
def test_the_name_is_the_systems(monkeypatch, text, name):
    monkeypatch.setattr(Path, "read_text", lambda self: text)
    assert processor() == name


def test_a_system_without_proc_is_asked_otherwise(monkeypatch):
    def missing(self):
        raise FileNotFoundError(self)
    monkeypatch.setattr(Path, "read_text", missing)
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert processor() == "arm"


def test_a_measurement_names_script_commit_machine_and_versions(tmp_path):
    script = tmp_path / "benchmarks/speed.py"
    script.parent.mkdir()
    script.write_text("")
    rows = tmp_path / "results/speed.json"
    rows.parent.mkdir()
    rows.write_text("[]")
    for command in (["init", "-q"], ["add", "."],
                    ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "one"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    found = provenance(script, "pytest", used="one thread")
    assert found["made by"] == "benchmarks/speed.py" and found["machine"].endswith(", one thread")
    assert found["versions"] == {"Python": platform.python_version(),
                                 "pytest": importlib.metadata.version("pytest")}
    datetime.date.fromisoformat(found["date"])
    short = found["commit"]
    rows.write_text("[1]")
    assert short and provenance(script)["commit"] == short
    script.write_text("changed")
    changed = provenance(script)["commit"]
    assert re.fullmatch(short + r" and uncommitted changes \([0-9a-f]{8}\)", changed)
    assert provenance(script)["commit"] == changed, "the same changes have the same hash"
    (tmp_path / "new.py").write_text("a module that git does not know")
    assert provenance(script)["commit"] not in (short, changed)
    assert provenance(script, rounds=9)["rounds"] == 9


@pytest.fixture
def tree(tmp_path):
    """(root, commit): a repository with one script, and a function that commits what has changed in it."""
    root = tmp_path / "tree"
    (root / "benchmarks").mkdir(parents=True)
    (root / "results").mkdir()
    (root / "benchmarks/speed.py").write_text("first")

    def commit():
        for command in (["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "a"]):
            subprocess.run(["git", *command], cwd=root, check=True)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    commit()
    return root, commit


def test_a_row_names_the_commit_that_was_measured_though_others_followed(tree):
    """Rows of results/ that are committed while the next one is measured change nothing."""
    root, commit = tree
    script = root / "benchmarks/speed.py"
    at_first = provenance(script)["commit"]
    (root / "results/speed.json").write_text("[1]")
    commit()
    assert provenance(script)["commit"] == at_first


def test_source_that_is_edited_and_committed_while_it_is_measured_counts_as_changed(tree):
    root, commit = tree
    script = root / "benchmarks/speed.py"
    at_first = provenance(script)["commit"]
    script.write_text("second")
    commit()
    assert provenance(script)["commit"].startswith(f"{at_first} and uncommitted changes (")


def test_changes_that_were_measured_count_though_they_are_undone_before_the_end(tree):
    root, _ = tree
    script = root / "benchmarks/speed.py"
    script.write_text("second")
    assert " and uncommitted changes (" in provenance(script)["commit"]
    script.write_text("first")
    assert " and uncommitted changes (" in provenance(script)["commit"]


def test_modules_of_another_tree_are_not_measured_in_the_name_of_this_one(tmp_path):
    from types import SimpleNamespace
    own = {"scratch": SimpleNamespace(__file__=str(tmp_path / "src/scratch/__init__.py"))}
    only_of(tmp_path, {**own, "torch": SimpleNamespace(__file__="/other/torch/__init__.py")})
    with pytest.raises(SystemExit, match="weave is loaded from /other/src/weave/__init__.py, and"):
        only_of(tmp_path, {**own, "weave": SimpleNamespace(__file__="/other/src/weave/__init__.py")})
