"""Every results file has the one form, and writing one loses nothing that was not measured anew."""

import json
import re
import subprocess

import pytest

from benchmarks import results
from benchmarks.harness import ROOT, holding
from benchmarks.results import load, read, with_row, write

FILES = sorted(results.FOLDER.glob("*.json"))
SOURCE = {"made by", "date", "commit", "machine"}


def levels(whole):
    """(where, from, budgets, rows) of the file and of its sections."""
    yield "", whole["from"], whole["budgets"], whole["rows"]
    for name, section in whole["sections"].items():
        yield name, section.get("from", whole["from"]), section.get("budgets", []), section["rows"]


def sources(whole):
    """Every `from`, with where it stands; a row's own before its section's before the file's."""
    for where, source, budgets, rows in levels(whole):
        if budgets or any("from" not in row for row in rows):
            yield where or "the file", source
        for number, row in enumerate(rows):
            if "from" in row:
                yield f"{where} row {number}", row["from"]


def problems(whole):
    """What is wrong with a results file, in words."""
    if extra := whole.keys() - results.EMPTY.keys():
        yield f"unknown parts: {', '.join(extra)}"
    for name, section in whole["sections"].items():
        if "rows" not in section or section.keys() - {"what", "from", "budgets", "rows"}:
            yield f"section {name} has {', '.join(section)}"
    for where, _, budgets, rows in levels(whole):
        for each in budgets:
            if list(each) != ["what", "measured", "limit", "unit", "better", "holds"]:
                yield f"a budget has {', '.join(each)}"
            elif each["holds"] is not holding(each["measured"], each["limit"], each["better"]):
                yield (f"{each['what']}: {each['measured']} against {each['limit']}, "
                       f"and holds is {each['holds']}")
        if not all(isinstance(row, dict) and row for row in rows):
            yield f"{where}: a row that is no object"
    found = list(sources(whole))
    if not found:
        yield "nothing was measured"
    for where, source in found:
        if missing := SOURCE - source.keys():
            yield f"{where}: its from has no {', '.join(sorted(missing))}"
        elif not re.fullmatch(r"[0-9a-f]{7,40}( and uncommitted changes \([0-9a-f]{8}\))?", source["commit"]):
            yield f"{where}: {source['commit']!r} is no commit"
        elif not re.fullmatch(r"\d{4}-\d\d-\d\d", source["date"]):
            yield f"{where}: {source['date']!r} is no date"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_results_file_has_the_one_form(path):
    assert list(problems(load(path))) == []
    scripts = {source["made by"] for _, source in sources(load(path))}
    assert scripts == {f"benchmarks/{path.stem}.py"} and (ROOT / scripts.pop()).exists()


def test_there_is_a_file_for_every_benchmark():
    from benchmarks.__main__ import NAMES
    assert [path.stem for path in FILES] == sorted(NAMES)


def git(root, *arguments):
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)


def untrue(whole, root):
    """Which rows name a commit that is not in root's history, or whose script did not know them."""
    for where, source in sources(whole):
        commit, _, changed = source["commit"].partition(" ")
        if git(root, "merge-base", "--is-ancestor", commit, "HEAD").returncode:
            yield f"{where}: no commit {commit} in the history"
        elif not changed and git(root, "cat-file", "-e", f"{commit}:{source['made by']}").returncode:
            yield f"{where}: commit {commit} has no {source['made by']}"
    for row in whole["rows"]:
        if "from" in row and " " not in row["from"]["commit"]:
            made = f"{row['from']['commit']}:{row['from']['made by']}"
            named = ("measured as", "id", "model", "block")    # the first, if it was renamed since
            name = next(row[key] for key in named if key in row)
            if f'"{name}"' not in git(root, "show", made).stdout:
                yield f"{made} does not make {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_commit_that_a_row_names_contains_what_made_it(path):
    if git(ROOT, "rev-parse", "--is-shallow-repository").stdout.strip() != "false":
        pytest.skip("here is no git history, or only the end of it, to look for the commits in")
    assert list(untrue(load(path), ROOT)) == []


def test_a_commit_without_the_script_and_one_that_is_not_in_the_history_are_found(tmp_path):
    """Oracle: a repository of three commits, the last of them on another branch."""
    def commit(name, text):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        git(tmp_path, "add", ".")
        git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", name)
        return git(tmp_path, "rev-parse", "--short", "HEAD").stdout.strip()
    git(tmp_path, "init", "-q", "-b", "main")
    before, there = commit("README.md", ""), commit("benchmarks/a.py", 'row("N1")')
    git(tmp_path, "checkout", "-q", "-b", "other")
    aside = commit("more.py", "")
    git(tmp_path, "checkout", "-q", "main")

    def said(commit, id="N1"):
        source = {"made by": "benchmarks/a.py", "commit": commit}
        return list(untrue({**results.EMPTY, "rows": [{"id": id, "from": source}]}, tmp_path))
    assert said(there) == said(f"{before} and uncommitted changes (01234567)") == []
    assert said(before)[0] == f" row 0: commit {before} has no benchmarks/a.py"
    assert said(aside) == [f" row 0: no commit {aside} in the history"]
    assert said(there, "N2") == [f"{there}:benchmarks/a.py does not make N2"]


SOUND = {
    "what": "", "rows": [{"ms": 1}], "sections": {"more": {"rows": [{"ms": 2}]}},
    "from": {"made by": "benchmarks/a.py", "date": "2026-11-25", "commit": "1234567", "machine": "m"},
    "budgets": [{"what": "a step", "measured": 1, "limit": 2, "unit": "ms",
                 "better": "lower", "holds": True}],
}


@pytest.mark.parametrize("change, complaint", [
    (lambda it: it.update(date="2026-11-25"), "unknown parts: date"),
    (lambda it: it["sections"].update(other={"steps": 5}), "section other has steps"),
    (lambda it: it["budgets"][0].update(holds=False), "1 against 2, and holds is False"),
    (lambda it: it["budgets"][0].update(better="higher"), "1 against 2, and holds is True"),
    (lambda it: it["budgets"][0].pop("unit"), "a budget has what, measured, limit, better, holds"),
    (lambda it: it["from"].pop("commit"), "its from has no commit"),
    (lambda it: it["from"].update(commit="1234567-dirty"), "'1234567-dirty' is no commit"),
    (lambda it: it["from"].update(date="today"), "'today' is no date"),
    (lambda it: it["rows"].append({"ms": 1, "from": {}}), "row 1: its from has no commit, date, machine"),
    (lambda it: it["rows"].append(5), "a row that is no object"),
    (lambda it: it.update(budgets=[], rows=[], sections={}), "nothing was measured"),
])
def test_the_check_itself_finds_what_is_wrong(change, complaint):
    assert list(problems(SOUND)) == []
    broken = json.loads(json.dumps(SOUND))
    change(broken)
    assert any(complaint in problem for problem in problems(broken))


def test_reading_gives_a_file_or_a_section_with_where_it_comes_from(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    (tmp_path / "a.json").write_text(json.dumps({
        "from": {"commit": "1"}, "budgets": [], "rows": [{"ms": 1}],
        "sections": {"same": {"rows": [{"ms": 2}]}, "own": {"from": {"commit": "2"}, "rows": []}}}))
    assert read("a")["rows"] == [{"ms": 1}]
    assert read("a", "same") == {"from": {"commit": "1"}, "budgets": [], "rows": [{"ms": 2}]}
    assert read("a", "own")["from"] == {"commit": "2"}
    with pytest.raises(LookupError, match="results/ has no b.json; measured were a"):
        read("b")
    with pytest.raises(LookupError, match=r"has no section 'other'; it has \['same', 'own'\]"):
        read("a", "other")


def test_what_is_not_measured_anew_stays(tmp_path):
    path = tmp_path / "results/a.json"
    write(path, sections={"ladder": {"from": {"commit": "1"}, "rows": [{"n": 1}]}})
    write(path, origin={"commit": "2"}, rows=[{"n": 2}], sections={"steps": {"rows": [{"n": 3}]}})
    write(path, sections={"ladder": {"from": {"commit": "3"}, "rows": [{"n": 4}]}})
    assert json.loads(path.read_text()) == {
        "from": {"commit": "2"}, "budgets": [], "rows": [{"n": 2}],
        "sections": {"ladder": {"from": {"commit": "3"}, "rows": [{"n": 4}]}, "steps": {"rows": [{"n": 3}]}}}
    write(path, origin={"commit": "4"}, rows=[])
    assert list(load(path)["sections"]) == ["ladder"], "the steps belonged to the rows of commit 2"


def test_a_row_takes_the_place_of_the_one_with_its_keys():
    rows = [{"model": "a", "corpus": "x", "dev": 1}, {"model": "a", "corpus": "y", "dev": 2}]
    new = {"model": "a", "corpus": "y", "dev": 3}
    assert with_row(rows, new, "model", "corpus") == [rows[0], new]
    assert with_row(rows, {**new, "model": "b"}, "model", "corpus") == [*rows, {**new, "model": "b"}]


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write(path, rows=[{"n": 1}])
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write(path, rows=[{"n": {1, 2}}])    # a set is no JSON
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write(path, rows=[{"n": 2}])
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
