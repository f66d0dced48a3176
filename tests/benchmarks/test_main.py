"""The command line of the benchmarks: quick to answer, and 1 if a budget is missed."""

import importlib
import subprocess
import sys
import types

import pytest

from benchmarks import __main__ as program
from benchmarks.__main__ import NAMES, main
from benchmarks.harness import ROOT, budget

FRUGAL = """
import sys
from benchmarks.__main__ import main
try:
    main(sys.argv[1:])
finally:
    assert not {"torch", "numpy", "scratch"} & sys.modules.keys(), "imported for a line of help"
"""


def frugally(*arguments):
    return subprocess.run([sys.executable, "-c", FRUGAL, *arguments], cwd=ROOT,
                          capture_output=True, text=True)


def test_help_lists_every_benchmark_and_imports_none():
    run = frugally("--help")
    assert run.returncode == 0 and all(f"    {name}" in run.stdout for name in NAMES)
    files = (ROOT / "benchmarks").glob("*.py")
    measuring = {path.stem for path in files if "def main(options)" in path.read_text()}
    assert measuring == set(NAMES) == set(program.OPTIONS)


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_can_be_imported_and_its_help_does_without(name):
    run = frugally(name, "--help")
    assert run.returncode == 0 and f"python -m benchmarks {name}" in run.stdout and "--out FILE" in run.stdout
    assert callable(importlib.import_module(f"benchmarks.{name}").main)


@pytest.mark.parametrize("arguments, complaint", [
    ([], "required: NAME"),
    (["nothing"], "invalid choice: 'nothing'"),
    (["gpt", "--rounds", "0"], "0 rounds measure nothing"),
    (["gpt", "--rounds", "many"], "'many'"),
    (["gpt", "steps"], "invalid choice: 'steps'"),
    (["training", "--quick"], "unrecognized arguments: --quick"),
])
def test_a_wrong_command_is_answered_at_once(arguments, complaint):
    run = frugally(*arguments)
    assert run.returncode == 2 and complaint in run.stderr


@pytest.mark.parametrize("arguments, complaint", [
    (["lectures", "N99"], "no row N99; there are D, B7"),
    (["models", "--only", "perceptron"], "no model perceptron; there are guessing"),
    (["lectures", "--karpathy", "src/scratch/makemore/names.txt", "D"], "its sha256 differs"),
    (["models", "--karpathy", "src/scratch/makemore/names.txt", "--only", "guessing"], "its sha256 differs"),
])
def test_what_is_not_there_is_named_with_what_is(arguments, complaint, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit, match=complaint):
        main([*arguments, "--out", str(tmp_path / "a.json")])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("measured, status", [([1.0, 1.0], False), ([1.0, 3.0], True)])
def test_the_exit_status_says_whether_a_budget_was_missed(measured, status, monkeypatch, capsys):
    def measure(options):
        return [budget(f"step {n}", each, 2.0, "ms") for n, each in enumerate(measured)]
    monkeypatch.setitem(sys.modules, "benchmarks.makemore", types.SimpleNamespace(main=measure))
    assert main(["makemore"]) is status
    assert ("1 missed: step 1" in capsys.readouterr().out) is status


def test_all_of_them_are_run_even_if_one_fails(monkeypatch, capsys):
    ran = []

    def run(command, **_):
        ran.append(command[-1])
        return types.SimpleNamespace(returncode=command[-1] == "gpt")
    monkeypatch.setattr(program.subprocess, "run", run)
    assert main(["all"]) is True and tuple(ran) == NAMES
    assert "failed, or missed a budget: gpt" in capsys.readouterr().out


def test_a_row_on_names_is_written_with_its_split_and_checksum(tmp_path):
    """Oracle: ln 27 nats for a guess among 27 symbols; data/README.md has the checksum."""
    from benchmarks.results import load
    path = tmp_path / "models.json"
    assert not main(["models", "--only", "guessing", "--out", str(path)])
    [row] = load(path)["rows"]
    assert row["dev"] == row["test"] == 3.295837 and row["corpus"] == "book"
    assert row["from"]["sha256 of the names"] in (ROOT / "data/README.md").read_text()
