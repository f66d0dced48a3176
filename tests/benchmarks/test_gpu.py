"""What is measured on a card is recorded, compared and kept, which needs no card to be seen."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import card, gpu
from benchmarks.results import load

ROWS = [
    {"kernel": "matmul", "n": 4096, "rung": "naive", "seconds": 8.0},
    {"kernel": "matmul", "n": 4096, "rung": "tiles", "seconds": 4.0},
    {"kernel": "matmul", "n": 4096, "rung": "tensor", "seconds": 1.0},
    {"kernel": "add", "elements": 9, "rung": "plain", "seconds": 1.0, "of copying": 0.95},
    {"kernel": "attention", "heads": 2, "positions": 5, "channels": 3, "rung": "tiles", "seconds": 2.0},
    {"kernel": "softmax", "elements": 9, "rung": "online", "failed": "LogicError: no"}]
PEERS = [
    {"kernel": "matmul", "n": 4096, "rung": "float32", "seconds": 3.0},
    {"kernel": "matmul", "n": 4096, "rung": "float16", "seconds": 0.5},
    {"kernel": "attention", "heads": 2, "positions": 5, "channels": 3, "rung": "float32", "seconds": 1.0},
    {"kernel": "attention", "heads": 2, "positions": 7, "channels": 3, "rung": "float32", "seconds": 9.0}]


@pytest.mark.parametrize("how", ["halves", "pairs", "strided"])
def test_what_a_wrapper_launches_can_be_launched_again_with_data_on_the_device(how):
    """Oracle: NumPy.  Several launches, of which one reads what the one before has written."""
    from scratch.cuda.kernels import reduce
    from scratch.cuda.kernels.launch import driver
    x = np.arange(1000, dtype=np.float32)
    with card.recording() as recorded:
        assert reduce.reduce(x, how=how, threads=32) == x.sum()
    assert len(recorded.launches) == {"halves": 2, "pairs": 2, "strided": 1}[how]
    place, result = list(recorded.places.values())[-1]
    driver.memcpy_htod(place, np.zeros_like(result))
    recorded.again()
    assert driver.from_device(place, result.shape, np.float32) == x.sum()
    assert reduce.launch is card.importlib.import_module("scratch.cuda.kernels.launch").launch


@pytest.fixture(scope="module")
def labelled():
    """The labels of what is measured, at small sizes."""
    return [labels for labels, *_ in card.work(True)]


def test_every_wrapper_has_a_way_to_be_measured(labelled):
    """Names are the modules' own; what is not known is said, so that it is noticed."""
    known = {labels["kernel"].partition(",")[0] for labels in labelled}
    assert set(card.wrappers()) - known <= set(card.UNMEASURED), "say how it is measured, or that it is not"


def test_pytorchs_own_stands_beside_every_kernel_forward_and_backward(labelled, capsys):
    """At the same sizes, so that a row gets its share; PyTorch has no operation for rotary positions."""
    pytest.importorskip("torch")
    card.pytorch(True)
    peers = [json.loads(line[4:]) for line in capsys.readouterr().out.splitlines() if line.startswith("row ")]
    found = gpu.compared([{**labels, "rung": "any", "seconds": 1.0} for labels in labelled], peers)
    assert {"attention", "attention, backward", "cross_entropy", "cross_entropy, backward", "rmsnorm",
            "rmsnorm, backward", "adamw"} <= {row["kernel"] for row in found if row.get("of PyTorch")}
    assert {row["kernel"] for row in found if not row.get("of PyTorch", row.get("of cuBLAS"))} == {"rotary"}


def test_rows_get_their_share_of_pytorchs_speed_at_the_same_size():
    """Oracle: by hand.  Half precision stands beside tensor cores, and other sizes beside nothing."""
    found = gpu.compared([dict(row) for row in ROWS], PEERS)
    shares = [row.get("of cuBLAS", row.get("of PyTorch")) for row in found]
    assert shares == [0.375, 0.75, 0.5, None, 0.5, None]
    assert {each["what"]: each["measured"] for each in gpu.judged(found)} == {
        "best rung over cuBLAS, n = 4096": 0.75, "addition over copying, bytes a second": 0.95,
        "attention over PyTorch": 0.5}
    assert gpu.judged([]) == []


def part(code, seconds=60):
    return gpu.Part([sys.executable, "-c", f"import os, sys, time\n{code}"], seconds)


def test_a_part_that_is_stopped_has_the_rows_that_it_found():
    one = part("""
print('row {"n": 1}', flush=True)
print('row {"n": 2}', flush=True)
time.sleep(1000)""")
    one.run(lambda row: row["n"] == 2 and one.stop("stopped after 60 s"))
    assert one.rows == [{"n": 1}, {"n": 2}] and one.result is None and one.failed == "stopped after 60 s"


def test_a_part_ends_with_a_result_or_with_what_it_complained_of():
    one = part("print('row {}')\nprint('{\"passed\": 3}')").run()
    assert (one.rows, one.result, one.failed) == ([{}], {"passed": 3}, None)
    assert part("sys.exit('no card')").run().failed == "no card"


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """measured(parts, **{task: rows, result or failure}): with tasks that do no more than say this."""
    def run(*parts, quick=False, **said):
        def task(name, quick, seconds, **environment):
            rows, result, failed = said.get(name, ((), {}, None))
            lines = [f"row {json.dumps(row)}" for row in rows] + ([] if failed else [json.dumps(result)])
            return part(f"print({chr(10).join(lines)!r}, flush=True)\n"
                        f"sys.exit({failed!r})")
        monkeypatch.setattr(gpu, "part_of", task)
        path = tmp_path / "cuda.json"
        budgets = gpu.measure(SimpleNamespace(only=list(parts), seconds=None, quick=quick, out=path))
        return budgets, load(path)["sections"]
    return run


CARD = {"environment": ((), {"device": "a card", "CUDA": [13, 0, 0]}, None)}


def test_results_name_the_card_and_have_a_section_for_each_part(measured):
    budgets, found = measured(
        **CARD, kernels=(ROWS, {}, None), PyTorch=(PEERS, {"PyTorch": "2"}, None),
        tests=([{"kernel": "test", "rung": "test_x", "failed": "assert"}], {"outcome": {"passed": 9}}, None),
        tuning=([{"kernel": "matmul", "n": 4096, "rung": "tuned", "seconds": 2.0}], {}, None))
    assert set(found) == {"gpu", "gpu, PyTorch", "gpu, tests"}
    for section in found.values():
        assert section["from"]["device"] == "a card"
        assert section["from"]["commit"] and section["from"]["date"]
        assert section["from"]["made by"] == "benchmarks/cuda.py"
    assert [row["rung"] for row in found["gpu"]["rows"]] == ["naive", "tiles", "tensor", "plain", "tiles",
                                                             "online", "tuned"]
    assert found["gpu"]["rows"][-1]["of cuBLAS"] == 1.5 and len(found["gpu"]["budgets"]) == 3
    assert found["gpu, PyTorch"]["from"]["PyTorch"] == "2"
    assert found["gpu, tests"]["from"]["outcome"] == {"passed": 9}
    assert [each["what"] for each in budgets if not each["holds"]] == ["test: assert"]


def test_a_part_that_failed_leaves_the_others_and_is_told(measured):
    budgets, found = measured(**CARD, kernels=(ROWS[:2], {}, "lost the card"), PyTorch=(PEERS, {}, None))
    assert found["gpu"]["rows"][-1] == {"kernel": "kernels", "failed": "lost the card"}
    assert found["gpu"]["rows"][1]["of cuBLAS"] == 0.75
    assert "kernels: lost the card" in {each["what"] for each in budgets if not each["holds"]}


def test_ctrl_c_keeps_what_was_found(measured, tmp_path, monkeypatch):
    """It comes while the third row is shown."""
    def interrupted(row):
        if row["rung"] == "tensor":
            raise KeyboardInterrupt
    monkeypatch.setattr(gpu, "shown", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measured(**CARD, kernels=(ROWS, {}, None))
    assert load(tmp_path / "cuda.json")["sections"]["gpu"]["rows"] == ROWS[:3]


def test_without_a_card_nothing_is_written(measured, tmp_path):
    with pytest.raises(SystemExit, match="no card can be used here: none"):
        measured(environment=((), {}, "none"))
    assert not (tmp_path / "cuda.json").exists()


def test_a_part_by_itself_leaves_the_rest_of_the_file(measured):
    measured(**CARD, PyTorch=(PEERS, {}, None), kernels=(ROWS, {}, None))
    _, found = measured("tests", **CARD, tests=((), {"outcome": {"passed": 3}}, None))
    assert len(found["gpu"]["rows"]) == len(ROWS) and found["gpu, tests"]["rows"] == []
