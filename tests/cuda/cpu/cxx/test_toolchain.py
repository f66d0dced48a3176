"""The compiler is found, asked once for each text, and what it made is kept."""

import os
import subprocess
import sys

import pytest

from scratch.cuda import engine
from scratch.cuda.cpu import cxx
from scratch.cuda.cpu.cxx import toolchain

pytestmark = pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")
needs_cxx = pytest.mark.skipif(cxx.find() is None, reason="no C++ compiler of GCC's for the second engine")


def test_a_compiler_that_is_not_there_is_none(monkeypatch, tmp_path):
    monkeypatch.setenv("CXX", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert toolchain.find() is None


@needs_cxx
def test_what_was_compiled_is_kept_for_other_processes(tmp_path):
    """A compiler that fails when asked to compile: the second process does not ask."""
    fails = tmp_path / "c++"
    script = ("from scratch.cuda import autoinit, compiler\n"
              "print(compiler.SourceModule('__global__ void k(int *x) { "
              "auto f = [] { return 1; }; x[0] = f(); }').info[:3])")
    fails.write_text(f'#!/bin/sh\ncase "$*" in *fsyntax*|*shared*) [ -e {tmp_path}/asked ] && exit 1; '
                     f'touch {tmp_path}/asked.$$; esac\nexec {" ".join(cxx.find())} "$@"\n')
    fails.chmod(0o755)
    for _ in range(2):
        child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env={
            **os.environ, "CXX": str(fails), "SCRATCH_CUDA_CACHE": str(tmp_path / "kept"),
            "SCRATCH_CUDA": "cpu"})
        assert child.stdout == "C++\n", child.stderr
        (tmp_path / "asked").touch()
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_the_folder_does_not_grow_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(toolchain, "MOST", 3)
    for n in range(5):
        (tmp_path / f"{n}.so").touch()
        os.utime(tmp_path / f"{n}.so", (n, n))
    toolchain.forget(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2.so", "3.so", "4.so"]


def test_another_program_may_clear_the_folder_at_the_same_time(tmp_path):
    (tmp_path / "gone.so").symlink_to(tmp_path / "nothing")      # listed, and not there
    toolchain.forget(tmp_path)
