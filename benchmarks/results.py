"""Reads and writes what was measured, results/*.json; results/README.md describes their one form.

>>> sorted(read("micrograd"))
['budgets', 'from', 'rows', 'sections', 'what']
>>> [row["links"] for row in read("micrograd", "chains")["rows"]]
[1000000, 994]
"""

import json
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "results"
EMPTY = {"what": "", "from": {}, "budgets": [], "rows": [], "sections": {}}


def read(name, section=None):
    """{"from", "budgets", "rows", ...} of results/name.json, or of one of its sections.

    "from" says who measured, when, of which commit and on what.  Raises LookupError if nothing of
    that name was measured.
    """
    path = FOLDER / f"{name}.json"
    if not path.exists():
        known = ", ".join(sorted(each.stem for each in FOLDER.glob("*.json")))
        raise LookupError(f"results/ has no {name}.json; measured were {known}")
    whole = load(path)
    if section is None:
        return whole
    if section not in whole["sections"]:
        raise LookupError(f"results/{name}.json has no section {section!r}; it has {list(whole['sections'])}")
    return {"from": whole["from"], "budgets": [], **whole["sections"][section]}


def table(head, rows):
    """A table of Markdown: the first column to the left, the others, numbers, to the right.

    >>> print(table(["rung", "GFLOP/s"], [["naive", 1780.0], ["tiles", None]]))
    | rung | GFLOP/s |
    | --- | --: |
    | naive | 1,780 |
    | tiles |  |
    """
    def text(value):
        return "" if value is None else value if isinstance(value, str) else f"{value:,g}"

    rule = ["---"] + ["--:"] * (len(head) - 1)
    return "\n".join(f"| {' | '.join(map(text, line))} |" for line in [head, rule, *rows])


def measured_by(origin):
    """What a file calls "from", as a sentence of Markdown."""
    where = [f"on {origin.get('device', origin['machine'])}"]
    where += [origin[key] for key in ("compiler", "clock") if key in origin]
    where += [f"{name} {version}" for name, version in origin["versions"].items()]
    where += [f"driver {origin['driver']}"] if "driver" in origin else []
    return (f"Measured {', '.join(where)}, {origin['date']}, by `{origin['made by']}` "
            f"at commit {origin['commit']}.")


def verdicts(budgets):
    """A table of Markdown: what a measurement was to reach, and whether it did."""
    return table(["speed of", "at least", "measured", "verdict"], [
        [each["what"], each["limit"], each["measured"], "reached" if each["holds"] else "missed"]
        for each in budgets])


def load(path):
    """The whole of a results file, with nothing in it if there is none."""
    path = Path(path)
    return {**EMPTY, **(json.loads(path.read_text(encoding="utf-8")) if path.exists() else {})}


def write(path, *, what=None, origin=None, budgets=None, rows=None, sections=None):
    """Write what was measured anew; the rest of the file stays as it was.

    origin is what the file calls "from".  A section without one of its own was measured together with
    the file's rows, and goes when they are measured anew.
    """
    from weave.files import write_atomically    # which a reader of results need not have

    path, before = Path(path), load(path)
    anew = {"what": what, "from": origin, "budgets": budgets, "rows": rows}
    kept = {name: section for name, section in before["sections"].items()
            if "from" in section or origin is None}
    after = {**before, **{key: value for key, value in anew.items() if value is not None},
             "sections": {**kept, **(sections or {})}}
    said = {key: after[key] for key in EMPTY if after[key] or key not in ("what", "sections")}
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, folded(json.dumps(said, indent=1, ensure_ascii=False)) + "\n")
    print(f"wrote {path}", flush=True)


def with_row(rows, new, *keys):
    """The rows with the new one in place of the one that has the same keys, or behind them all.

    >>> with_row([{"id": 1, "ms": 5}, {"id": 2, "ms": 6}], {"id": 1, "ms": 4}, "id")
    [{'id': 1, 'ms': 4}, {'id': 2, 'ms': 6}]
    """
    same = [all(row[key] == new[key] for key in keys) for row in rows]
    return [new if here else row for here, row in zip(same, rows)] + ([] if any(same) else [new])


def folded(text):
    """JSON with each list of numbers on one line.

    >>> print(folded(json.dumps([[1, 2.5], [3]], indent=1)))
    [
     [1, 2.5],
     [3]
    ]
    """
    numbers = r"\[\s+((?:-?[\d.]+(?:e-?\d+)?,?\s+)+)\]"
    return re.sub(numbers, lambda found: f"[{' '.join(found[1].split())}]", text)
