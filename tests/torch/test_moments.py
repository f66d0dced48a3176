"""Variances, deviations and norms have PyTorch's values, dtypes and slopes, along every axis."""

import pytest

from torch_parity import agree, variants

ALONG = ["var({})", "std({})", "var({}, correction=0)", "norm(dim={})", "norm(1, {})", "norm(3, {})",
         "norm(math.inf, {})"]
WHOLE = ["var()", "std()", "norm()", "norm(1)", "norm(0)", "norm(math.inf)", "var(unbiased=False)",
         "std(correction=0)", "var((0, 1))"]


@pytest.mark.parametrize("text", ALONG)
def test_along_an_axis_in_every_layout(text):
    for name, x in variants().items():
        keeps = [", keepdim=True"] if text.split("(")[0] in ("sum", "mean", "var", "max", "amin", "argmax",
                                                             "logsumexp", "norm",
                                                             "median", "all") else []
        if name == "repeated" and ("sort" in text or "median" in text):
            continue                            # which of equal numbers is named is not said
        for dim in sorted({0, -1, min(1, max(x.ndim - 1, 0))}):
            for keep in ["", *keeps]:
                agree(f"x.{text.format(dim)[:-1]}{keep})".replace("math.inf", "float('inf')"), x=x,
                      close=1e-9,
                      strides=name != "repeated", second="prod" not in text and "norm(" not in text)


@pytest.mark.parametrize("text", WHOLE)
def test_of_all_in_every_layout(text):
    for name, x in variants().items():
        if name == "repeated" and "topk" in text:
            continue
        agree(f"x.{text}".replace("math.inf", "float('inf')"), x=x, strides="topk" not in text, close=2e-6,
              second="(0" not in text)
