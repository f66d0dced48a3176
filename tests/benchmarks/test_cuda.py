"""What the benchmark of the kernels makes of its rows; the kernels' own numbers need a quiet machine."""

import pytest

from benchmarks import cuda

ROWS = [
    {"kernel": "matmul", "n": 1040, "rung": "naive", "times naive": 1.0, "of NumPy": 0.02},
    {"kernel": "matmul", "n": 1040, "rung": "banks", "times naive": 12.0, "of NumPy": 0.2},
    {"kernel": "matmul", "n": 1040, "rung": "cpu", "times naive": 50.0, "of NumPy": 0.8},
    {"kernel": "matmul", "n": 1040, "rung": "NumPy", "times naive": 60.0, "of NumPy": 1.0},
    {"kernel": "matmul", "n": 1040, "rung": "tiles", "times naive": 1.1, "of NumPy": 0.03},
]


def test_budgets_are_read_off_the_rows_that_they_are_about():
    found = {each["what"]: (each["measured"], each["holds"]) for each in cuda.judged("cpu", ROWS)}
    assert found == {"tiles over naive, n = 1040": (1.1, False),
                     "best CUDA-shaped rung over naive, n = 1040": (12.0, True),
                     "CPU-shaped rung over NumPy, n = 1040": (0.8, True)}


def test_what_was_not_measured_is_no_missed_budget():
    small = [{**row, "n": 64} for row in ROWS]
    assert cuda.judged("cpu", small) == [] == cuda.judged("gpu", [])


def test_a_gpus_rows_get_their_share_of_pytorchs_speed():
    """Oracle: by hand.  float32 beside float32, tensor cores beside half precision."""
    rows = [{"kernel": "matmul", "n": 512, "rung": "double", "seconds": 4.0},
            {"kernel": "matmul", "n": 512, "rung": "tensor", "seconds": 4.0},
            {"kernel": "matmul", "n": 96, "rung": "double", "seconds": 4.0},
            {"kernel": "softmax", "rung": "online", "elements": 9, "seconds": 4.0}]
    peer = {"version": "2", "matmul": {"512": 3.0}, "half": {"512": 1.0}, "softmax": 2.0}
    found = cuda.compared([dict(row) for row in rows], peer)
    assert [row.get("of cuBLAS", row.get("of PyTorch")) for row in found] == [0.75, 0.25, None, 0.5]
    assert cuda.compared([dict(row) for row in rows], {}) == rows


@pytest.mark.parametrize("gpu", [False, True])
def test_a_machine_without_a_gpu_leaves_the_gpus_section_as_it_was(gpu, tmp_path, monkeypatch):
    from types import SimpleNamespace

    from benchmarks.results import load, write
    rows = {"cpu": [{**row, "GFLOP/s": 1.0} for row in ROWS],
            "gpu": [{"kernel": "add", "rung": "plain", "GB/s": 1.0, "seconds": 1.0, "of copying": 0.95}]}
    monkeypatch.setattr(cuda, "gpu_at_hand", lambda: gpu)
    monkeypatch.setattr(cuda, "task", lambda _, part, *given, **environment: (
        {"version": "2", "add": 2.0, "matmul": {}, "half": {}} if part == "pytorch"
        else ({"device": part}, rows[part])))
    path = tmp_path / "cuda.json"
    write(path, sections={"gpu": {"from": {"device": "an older one"}, "rows": [{"kernel": "add"}]}})
    budgets = cuda.main(SimpleNamespace(quick=False, out=path))
    found = load(path)
    assert found["from"]["device"] == "cpu" and found["rows"] == rows["cpu"] and len(found["budgets"]) == 3
    section = found["sections"]["gpu"]
    assert section["from"]["device"] == ("gpu" if gpu else "an older one")
    assert len(budgets) == 3 + gpu and ("budgets" in section) is gpu
    assert not gpu or section["rows"][0]["of PyTorch"] == 2.0 and section["from"]["PyTorch"] == "2"
