"""scaled_dot_product_attention on the cuda backend goes in tiles where it can; the numbers are PyTorch's.

Oracle of all: torch.nn.functional.scaled_dot_product_attention and its autograd, in float64.
"""

import contextlib

import numpy as np
import pytest
import torch_kernels    # skips, where nothing can run CUDA C
from scratch import torch as ours
from scratch.torch.backends.cuda import attention
from scratch.torch.nn import functional as f

assert torch_kernels
torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Tiles that compile fast: 8 queries and 4 keys, and 4 on the way back."""
    _, own = attention.folder()
    monkeypatch.setattr(own, "tiles", lambda D: {"QUERIES": 8, "KEYS": 4, "EACH": 2})
    monkeypatch.setattr(own, "tiles_back", lambda D: {"TILE": 4, "EACH": 2})


def given(*shapes):
    rng = np.random.default_rng(2)
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def of(which, arrays, **options):
    """y and the gradients of its product with something, by ours on cuda or by PyTorch in float64."""
    library = ours if which == "ours" else torch
    attend = (f if which == "ours" else torch.nn.functional).scaled_dot_product_attention
    like = {"device": "cuda"} if which == "ours" else {"dtype": torch.float64}
    q, k, v = (library.tensor(each.tolist(), **like).transpose(1, 2).requires_grad_() for each in arrays)
    y = attend(q, k, v, **options)
    y.backward(library.tensor(given(y.shape)[0].tolist(), **like))
    return [np.array(each.detach().tolist()) for each in (y, q.grad, k.grad, v.grad)]


@pytest.mark.parametrize("options", [{}, {"is_causal": True}, {"scale": 0.2}],
                         ids=["all", "causal", "scaled"])
def test_attention_and_its_gradient_go_in_tiles(options, launched):
    """Of views, as a layer makes them: (B, T, H, D) with the heads brought forward; 9 queries, 6 keys."""
    arrays = given((2, 9, 3, 5), (2, 6, 3, 5), (2, 6, 3, 5))
    found = of("ours", arrays, **options)
    names = [name for name in launched if name in ("attention_tiles", "row_dots", "d_queries", "d_keys")]
    assert names == ["attention_tiles", "row_dots", "d_queries", "d_keys"]
    for got, expected in zip(found, of("theirs", arrays, **options)):
        np.testing.assert_allclose(got, expected, rtol=0, atol=5e-6)


def test_what_does_not_fit_is_composed(launched):
    """A mask, values of another width, more heads than a grid has room for."""
    many = attention.View(None, ours.float32, (65_536, 1, 1))
    assert not attention.fits(many, many, many)
    q, k, v = (ours.tensor(each.tolist(), device="cuda") for each in given((9, 5), (9, 5), (9, 5)))
    mask = ours.ones(9, 9, dtype=ours.bool, device="cuda")
    y = f.scaled_dot_product_attention(q, k, v, mask)
    f.scaled_dot_product_attention(q, k, v[:, :3])
    assert "attention_tiles" not in launched
    np.testing.assert_allclose(y.tolist(), f.scaled_dot_product_attention(q, k, v).tolist(), atol=1e-6)
    assert launched.count("attention_tiles") == 1


def test_the_slope_of_a_slope_is_pytorchs():
    """PyTorch's by the formula; its own kernels have none."""
    math = torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)
    arrays, found = given((2, 4, 3), (2, 4, 3), (2, 4, 3)), {}
    for library, functional, like, way in ((ours, f, {"device": "cuda"}, contextlib.nullcontext()),
                                           (torch, torch.nn.functional, {"dtype": torch.float64}, math)):
        q, k, v = (library.tensor(each.tolist(), **like).requires_grad_() for each in arrays)
        with way:
            y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        [slope] = library.autograd.grad((y ** 2).sum(), k, create_graph=True)
        (slope ** 2).sum().backward()
        found[library] = [np.array(each.grad.tolist()) for each in (q, k, v)]
    assert all(abs(each).max() > 1e-3 for each in found[torch][:2])
    for got, expected in zip(found[ours], found[torch]):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=2e-5)
