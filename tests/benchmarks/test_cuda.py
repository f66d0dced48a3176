"""What the benchmark of the kernels makes of its rows; the kernels' own numbers need a quiet machine."""

from types import SimpleNamespace

from benchmarks import cuda
from benchmarks.results import load, write

ROWS = [
    {"kernel": "matmul", "n": 1040, "rung": "naive", "times naive": 1.0, "of NumPy": 0.02},
    {"kernel": "matmul", "n": 1040, "rung": "banks", "times naive": 12.0, "of NumPy": 0.2},
    {"kernel": "matmul", "n": 1040, "rung": "cpu", "times naive": 50.0, "of NumPy": 0.8},
    {"kernel": "matmul", "n": 1040, "rung": "NumPy", "times naive": 60.0, "of NumPy": 1.0},
    {"kernel": "matmul", "n": 1040, "rung": "tiles", "times naive": 1.1, "of NumPy": 0.03},
]


def test_budgets_are_read_off_the_rows_that_they_are_about():
    found = {each["what"]: (each["measured"], each["holds"]) for each in cuda.judged(ROWS)}
    assert found == {"tiles over naive, n = 1040": (1.1, False),
                     "best CUDA-shaped rung over naive, n = 1040": (12.0, True),
                     "CPU-shaped rung over NumPy, n = 1040": (0.8, True)}


def test_what_was_not_measured_is_no_missed_budget():
    small = [{**row, "n": 64} for row in ROWS]
    assert cuda.judged(small) == []


def test_what_was_measured_on_a_gpu_stays_when_the_cpu_is_measured_anew(tmp_path, monkeypatch):
    rows = [{**row, "GFLOP/s": 1.0} for row in ROWS]
    monkeypatch.setattr(cuda, "task", lambda *given, **environment: ({"device": given[1]}, rows))
    path = tmp_path / "cuda.json"
    write(path, sections={"gpu": {"from": {"device": "a card"}, "rows": [{"kernel": "add"}]}})
    budgets = cuda.main(SimpleNamespace(section="cpu", quick=False, out=path))
    found = load(path)
    assert found["from"]["device"] == "cpu" and found["rows"] == rows and len(budgets) == 3
    assert found["sections"]["gpu"]["from"] == {"device": "a card"}


def test_memcheck_is_held_against_the_plain_run_of_the_slowest_exercise(tmp_path, monkeypatch):
    rows = [{"exercise": f"{times}", "times": times} for times in (3.0, 20.5, 19.0)]
    monkeypatch.setattr(cuda, "task", lambda *given, **environment: rows)
    path = tmp_path / "cuda.json"
    [budget] = cuda.main(SimpleNamespace(section="memcheck", quick=False, out=path))
    assert budget["measured"] == 20.5 and not budget["holds"]
    assert load(path)["sections"]["memcheck"]["rows"] == rows
