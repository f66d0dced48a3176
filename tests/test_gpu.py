"""What a machine with a card needs is found there or built, and what can be done before is done before."""

import json
import os
from types import SimpleNamespace

import pytest

from tools import gpu, nvcc, pycuda


@pytest.fixture
def started(monkeypatch, tmp_path):
    """[(command, environment), ...] of what is run, in a tree whose build/ is empty."""
    found = []
    monkeypatch.setattr(pycuda, "HOME", tmp_path / "pycuda")
    monkeypatch.setattr(gpu.subprocess, "run", lambda command, **how: (
        found.append((command, how.get("env"))), SimpleNamespace(returncode=0))[1])
    return found


@pytest.mark.parametrize("here, builds", [(True, 0), (False, 1)])
def test_pycuda_is_built_where_it_is_not_and_found_where_it_is(started, monkeypatch, tmp_path, here, builds):
    built = []
    monkeypatch.setattr(gpu, "works", lambda: here)
    monkeypatch.setattr(pycuda, "build", lambda optimize: built.append(optimize))
    assert gpu.run(["--only", "kernels"]) == 0 and len(built) == builds
    (command, environment), = started
    assert command[1:] == ["-m", "benchmarks", "cuda", "gpu", "--only", "kernels"]
    assert environment["SCRATCH_CUDA"] == "gpu"
    assert (str(tmp_path / "pycuda/site") in environment["PYTHONPATH"].split(os.pathsep)) is not here
    first = environment["PATH"].split(os.pathsep)[0]
    assert "tools/nvcc.py" in open(f"{first}/nvcc").read() and os.access(f"{first}/nvcc", os.X_OK)


def test_what_was_compiled_for_one_card_is_compiled_for_the_others(monkeypatch, tmp_path):
    monkeypatch.setenv("NVCC_KEPT", str(tmp_path))
    asked = []
    monkeypatch.setattr(nvcc, "compile_again", lambda *each: asked.append(each))
    for arguments in (["--version"], ["--cubin", "-arch", "sm_90", "kernel.cu"],
                      ["--cubin", "-DN=1", "-arch", "sm_90", "kernel.cu"],
                      ["--cubin", "-DN=1", "-arch", "sm_80", "kernel.cu"]):
        texts = ["int x;"] * ("kernel.cu" in arguments)
        answer = {"arguments": arguments, "sources": texts, "status": 0}
        (tmp_path / f"{nvcc.key(arguments, texts)}.json").write_text(json.dumps(answer))
    gpu.others(("8.0", "9.0"))
    assert asked == [(["--cubin", "-arch", "sm_80", "kernel.cu"], ["int x;"])]


def test_without_nvcc_nothing_is_packed(started, monkeypatch):
    monkeypatch.setattr(nvcc, "real", lambda: None)
    with pytest.raises(SystemExit, match="nothing can be compiled beforehand"):
        gpu.pack()
    assert started == []


def test_a_pack_asks_for_each_card_and_a_failing_test_has_asked_too(monkeypatch):
    jobs = list(gpu.jobs(("8.0", "9.0")))
    programs = [card for command, card in jobs if "benchmarks" in command and "programs" in command[-1]]
    assert programs == ["9.0", "8.0"]
    tests = [command for command, _ in jobs if "pytest" in command]
    assert len(tests) == len({command[5] for command in tests}) > 1
    assert all(os.path.isdir(gpu.ROOT / command[5]) for command in tests)
    monkeypatch.setattr(gpu.pycuda, "environment", lambda **more: {**os.environ, **more})
    assert gpu.asks(["-c", "import sys; sys.exit(1)", "pytest"], "9.0") is True
    assert gpu.asks(["-c", "import sys; sys.exit(2)", "pytest"], "9.0") is False


def test_what_was_packed_before_stays_if_a_part_did_not_end(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("NVCC_KEPT", str(tmp_path))
    monkeypatch.setattr(nvcc, "real", lambda: "nvcc")
    monkeypatch.setattr(nvcc, "asked", lambda arguments: None)
    for name in ("fetch", "built", "standin"):
        monkeypatch.setattr(pycuda, name, lambda *name: True)
    monkeypatch.setattr(gpu, "jobs", lambda capabilities: [(["one"], "9.0"), (["other"], "8.0")])
    old = tmp_path / "old.json"
    for ends, status in (({"one"}, 1), ({"one", "other"}, 0)):
        old.write_text('{"arguments": [], "sources": []}')
        os.utime(old, (0, 0))
        monkeypatch.setattr(gpu, "asks", lambda command, capability, ends=ends: command[0] in ends)
        assert gpu.pack() == status and old.exists() == (status == 1)
    assert "to go along with the repository" in capsys.readouterr().out
