"""The nvcc that remembers asks the real one once, and serves where there is none."""

import stat

import pytest

from tools import nvcc

REAL = """#!/bin/sh
echo "$*" >> {log}
case "$*" in
    *--version*) echo "release 13.0, V13.0.88" ;;
    *wrong*) echo "wrong.cu(1): error: no" >&2; exit 2 ;;
    *--cubin*) for last; do :; done; echo "code of $*" > "$(basename "$last" .cu).cubin" ;;
esac
"""


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """(ask, log): an nvcc of a few lines on the PATH, behind ours, and what it was asked."""
    log, real = tmp_path / "log", tmp_path / "bin/nvcc"
    real.parent.mkdir()
    real.write_text(REAL.format(log=log))
    real.chmod(real.stat().st_mode | stat.S_IXUSR)
    ours = tmp_path / "ours/nvcc"
    ours.parent.mkdir()
    ours.write_text("#!/bin/sh\nexec python tools/nvcc.py\n")
    ours.chmod(ours.stat().st_mode | stat.S_IXUSR)
    log.touch()
    monkeypatch.setenv("PATH", f"{ours.parent}:{real.parent}:/usr/bin:/bin")
    monkeypatch.setenv("NVCC_KEPT", str(tmp_path / "kept"))
    monkeypatch.delenv("NVCC_REAL", raising=False)

    def ask(place, *arguments, text="__global__ void k() {}", name="kernel.cu"):
        folder = tmp_path / place
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        monkeypatch.chdir(folder)
        status = nvcc.main([*arguments, name])
        made = folder / name.replace(".cu", ".cubin")
        return status, made.read_text() if made.exists() else None
    return ask, lambda: log.read_text().splitlines()


def test_a_program_is_compiled_once_wherever_it_and_pycuda_lie(asked):
    ask, log = asked
    first = ask("one", "--cubin", "-arch", "sm_90", "-I/here/pycuda/cuda")
    assert first == ask("two", "--cubin", "-arch", "sm_90", "-I/there/pycuda/cuda") and first[0] == 0
    assert log() == ["--cubin -arch sm_90 -I/here/pycuda/cuda kernel.cu"]
    ask("three", "--cubin", "-arch", "sm_90", "-I/here/pycuda/cuda", text="__global__ void other() {}")
    ask("four", "--cubin", "-arch", "sm_90", "-DN=3", "-I/here/pycuda/cuda")
    assert len(log()) == 3


def test_what_is_only_preprocessed_is_not_kept(asked):
    ask, log = asked
    for place in ("one", "two"):
        assert ask(place, "--preprocess") == (0, None)
    assert len(log()) == 2


def test_what_the_compiler_refuses_is_refused_again_in_its_words(asked, capsys):
    ask, log = asked
    for place in ("one", "two"):
        assert ask(place, "--cubin", name="wrong.cu") == (2, None)
        assert capsys.readouterr().err == "wrong.cu(1): error: no\n"
    assert len(log()) == 1


def test_without_nvcc_there_is_what_was_compiled_for_this_card_or_an_older_one_of_its_generation(
        asked, monkeypatch, capsys):
    """Machine code for 8.0 runs on 8.6 and 8.9, and not on 9.0."""
    ask, log = asked
    code = ask("one", "--cubin", "-arch", "sm_80")
    monkeypatch.setenv("NVCC_REAL", "none")
    assert ask("two", "--cubin", "-arch", "sm_80") == ask("three", "--cubin", "-arch", "sm_89") == code
    assert ask("four", "--cubin", "-arch", "sm_90") == (nvcc.FORGOTTEN, None)
    assert "not among what was compiled beforehand" in capsys.readouterr().err


def test_the_text_of_a_program_is_found_by_its_machine_code(asked):
    ask, _ = asked
    _, code = ask("one", "--cubin", "-DN=3", text='extern "C" {\nint x;\n}\n')
    assert nvcc.text_of(code.encode()) == ("int x;", ["-DN=3"], True)


def test_what_was_asked_for_one_card_can_be_compiled_for_another(asked):
    ask, log = asked
    ask("one", "--cubin", "-arch", "sm_90")
    nvcc.compile_again(["--cubin", "-arch", "sm_80", "kernel.cu"], ["__global__ void k() {}"])
    status, code = ask("two", "--cubin", "-arch", "sm_80")
    assert status == 0 and code.startswith("code of --cubin -arch sm_80") and len(log()) == 2
