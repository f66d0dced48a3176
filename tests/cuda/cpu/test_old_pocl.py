"""PoCL before 3.1 gets a processor's name that its LLVM knows, and no other version is touched."""

import contextlib
import subprocess
import sys
from types import SimpleNamespace

import pytest

from scratch.cuda import engine
from scratch.cuda.cpu import old_pocl, pocl

pytestmark = pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")
OLD = "OpenCL 3.0 PoCL 3.0-rc2  Linux, Release, RELOC, LLVM 14.0.6, SLEEF, DISTRO, POCL_DEBUG"
NEW = "OpenCL 3.0 PoCL 3.1+debian  Linux, None+Asserts, RELOC, SPIR, LLVM 15.0.6, SLEEF, DISTRO, POCL_DEBUG"
GENERIC = "error: unknown target CPU 'generic'"
LLVM_NAMES = {name.encode() for name in """x86-64 nehalem westmere sandybridge ivybridge haswell broadwell
    skylake skylake-avx512 cascadelake cooperlake cannonlake icelake-client icelake-server tigerlake
    rocketlake alderlake sapphirerapids znver1 znver2 znver3""".split()}


@pytest.mark.parametrize("version, old", [
    (OLD, True), ("OpenCL 1.2 pocl 1.3 None+Asserts, LLVM 8.0.0", True),
    ("OpenCL 2.0 pocl 1.8  Linux, LLVM 11.1.0", True),
    (NEW, False), ("OpenCL 3.0 PoCL 6.0  Linux, Release, LLVM 18.1.8", False),
    ("OpenCL 3.0 PoCL 10.0", False),
    ("OpenCL 3.0 CUDA 12.4.89", False), ("OpenCL 2.1 LINUX", False)])
def test_it_applies_to_pocl_before_3_1(version, old):
    assert old_pocl.applies(version) is old


@pytest.mark.parametrize("version, log, named", [
    (OLD, GENERIC, True), (NEW, GENERIC, False), (OLD, "error: use of undeclared identifier 'x'", False)])
def test_memory_is_written_to_for_no_other_version_and_no_other_error(monkeypatch, version, log, named):
    device, asked = SimpleNamespace(platform=SimpleNamespace(version=version)), []

    def refuse(*_):
        raise pocl.BuildError(log)

    engine = SimpleNamespace(device=device, lock=contextlib.nullcontext())
    monkeypatch.setattr(pocl, "get_engine", lambda: engine)
    monkeypatch.setattr(pocl, "compiled", refuse)
    monkeypatch.setattr(old_pocl, "name_processor", lambda each: asked.append(each))
    with pytest.raises(pocl.BuildError, match=log.partition(": ")[2]):
        pocl.build("__kernel void f() { }")
    assert asked == [device] * named


def test_a_processor_that_pocl_is_too_old_for_gets_a_name_it_knows():
    """As if LLVM had not known it: the name is put back to "generic" and a kernel is built anew."""
    script = f"""
import struct
from scratch.cuda.cpu import pocl
engine = pocl.get_engine()
pocl.build("__kernel void f() {{ }}")
with open("/proc/self/mem", "r+b", buffering=0) as memory:
    memory.seek(engine.device.int_ptr)
    for (address,) in struct.iter_unpack("N", memory.read(4096)):
        try:
            memory.seek(address)
            name = memory.read(16).split(b"\\0")[0]
        except (OSError, OverflowError, ValueError):
            continue
        if name in {LLVM_NAMES!r}:
            memory.seek(address)
            memory.write(b"generic\\0")
            print("put back", name.decode())
            break
print(list(pocl.build("__kernel void unseen_%d() {{ }}" % id(engine))))    # in no cache
"""
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    if "put back" not in child.stdout:
        pytest.skip("this processor has none of LLVM_NAMES, or its PoCL describes it in another way")
    assert "unseen_" in child.stdout.splitlines()[-1]
