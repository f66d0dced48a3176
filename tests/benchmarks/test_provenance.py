"""A results file says what made it; a processor's name comes from the system, or is honestly unknown."""

import datetime
import importlib.metadata
import platform
import re
import subprocess
from pathlib import Path

import pytest

from benchmarks.provenance import processor, provenance


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
