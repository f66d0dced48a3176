"""Each kernel of the book gives the same on both engines: OpenCL C by PoCL, and C++ with fibres.

They share the preprocessor and nothing behind it, so each is an oracle of the other.
"""

from pathlib import Path

import numpy as np
import pytest

from kernels import SMALL
from scratch.cuda import engine
from scratch.cuda.cpu import cxx
from scratch.cuda.kernels import adamw, add, attention, cross_entropy, embedding, launch, layernorm, matmul
from scratch.cuda.kernels import reduce, rmsnorm, rotary, softmax, transpose

pytestmark = [
    pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it"),
    pytest.mark.skipif(cxx.find() is None, reason="no C++ compiler of GCC's for the second engine")]
KERNELS = Path(launch.__file__).parent
rng = np.random.default_rng(5)


def numbers(*shape):
    return rng.standard_normal(shape, dtype=np.float32)


def tiled(how, T=9, S=7, D=5):
    """Forward and back, in tiles so small that there are several."""
    q, k, v = numbers(2, T, D), numbers(2, S, D), numbers(2, S, D)
    y, lse = attention.attention(q, k, v, True, how, threads=8)
    return y, lse, *attention.attention_back(numbers(2, T, D) * 0 + 1, q, k, v, y, lse, True)


def stepped(p, g, m, s):
    adamw.adamw(p, g, m, s, 3)
    return p, m, s


CALLS = {    # name -> (a file of kernels, a call of its wrapper)
    **{f"add, {how}": ("add.cu", lambda how=how: add.add(numbers(70), numbers(70), how, 32, 2))
       for how in add.HOW},
    **{f"reduce, {what}, {how}": (
        "reduce_warp.cu" if how == "warps" else "reduce.cu",
        lambda what=what, how=how: reduce.reduce(numbers(300), what, how, 32, 3))
       for what in reduce.IDENTITY for how in (*reduce.EACH, *reduce.ATOMIC)
       if (what, how) != ("max", "warps")},
    **{f"softmax, {how}": ("softmax.cu", lambda how=how: softmax.softmax(numbers(3, 70), how, 32))
       for how in softmax.HOW},
    **{f"transpose, {how}": ("transpose.cu", lambda how=how: transpose.transpose(numbers(9, 13), how, 8))
       for how in transpose.HOW},
    "layernorm": ("layernorm.cu", lambda: layernorm.layernorm(numbers(3, 70), numbers(70), numbers(70),
                                                              threads=32)),
    "rmsnorm": ("rmsnorm.cu", lambda: rmsnorm.rmsnorm(numbers(3, 70), numbers(70), threads=32)),
    "rmsnorm, back": ("rmsnorm.cu", lambda: rmsnorm.rmsnorm_back(
        numbers(3, 70), numbers(3, 70), numbers(70), np.abs(numbers(3)), 32)),
    "rotary": ("rotary.cu", lambda: rotary.rotary(numbers(2, 5, 8), threads=32)),
    "adamw": ("adamw.cu", lambda: stepped(numbers(50), numbers(50), numbers(50), np.abs(numbers(50)))),
    "embedding": ("embedding.cu", lambda: embedding.embedding(numbers(7, 5), rng.integers(0, 7, 40))),
    "embedding, back": ("embedding.cu", lambda: embedding.embedding_back(numbers(40, 5),
                                                                         rng.integers(0, 7, 40), 7)),
    "cross entropy": ("cross_entropy.cu", lambda: cross_entropy.cross_entropy(
        numbers(4, 70), rng.integers(0, 70, 4), 32)),
    "cross entropy, back": ("cross_entropy.cu", lambda: cross_entropy.cross_entropy_back(
        numbers(4), numbers(4, 70), rng.integers(0, 70, 4), numbers(4) + 6, 32)),
    **{f"matmul, {rung}": (matmul.RUNGS[rung].file, lambda rung=rung, sizes=sizes: matmul.matmul(
        numbers(19, 13), numbers(13, 21), rung, **sizes)) for rung, sizes in SMALL.items()},
    "matmul, in parts": ("matmul_parts.cu", lambda: matmul.matmul(
        numbers(19, 40), numbers(40, 21), splits=3, **SMALL["warps"])),
    **{f"attention, {how}": ("attention_back.cu" if how == "tiles" else "attention.cu",
                             lambda how=how: tiled(how)) for how in attention.HOW},
}
ELSEWHERE = {"matmul_tensor.cu"}    # needs tensor cores


def test_no_file_of_kernels_is_left_out():
    assert {file for file, _ in CALLS.values()} | ELSEWHERE == {path.name for path in KERNELS.glob("*.cu")}


def results(call, monkeypatch):
    """The arrays that a wrapper gives, by kernels that are compiled for it, of the same numbers."""
    global rng
    rng = np.random.default_rng(5)
    monkeypatch.setattr(launch, "programs", {})
    found = call()
    return [np.asarray(each) for each in (found if isinstance(found, tuple) else [found])], launch.programs


@pytest.mark.parametrize("name", CALLS)
def test_both_engines_agree(name, monkeypatch, request):
    """Moved numbers are the same bits.  Sums are in the same order, and differ where one fuses a product with
    a sum, and exp and its kin in their last bits: some dozens of roundings of 6e-8."""
    file, call = CALLS[name]
    if name != next(n for n, (other, _) in CALLS.items() if other == file) and (
            not request.config.getoption("--long")):
        pytest.skip("the first kernel of each file is enough: make test ARGS=--long")
    monkeypatch.setattr(attention, "tiles", lambda D: {"QUERIES": 8, "KEYS": 4, "EACH": 2})
    monkeypatch.setattr(attention, "tiles_back", lambda D: {"TILE": 4, "EACH": 2})
    first, programs = results(call, monkeypatch)
    with cxx.alone():
        second, others = results(call, monkeypatch)
    assert all(module.info.startswith("OpenCL C") for module in programs.values())
    assert all(module.info.startswith("C++") for module in others.values())
    for one, other in zip(first, second, strict=True):
        assert one.dtype == other.dtype and one.shape == other.shape
        scale = np.abs(one[np.isfinite(one)]).max(initial=1e-30)
        np.testing.assert_allclose(other, one, rtol=5e-6, atol=5e-6 * scale)
