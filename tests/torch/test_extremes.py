"""Extremes and order have PyTorch's values, places, ties and slopes, along every axis."""

import pytest

from torch_parity import agree, variants

ALONG = ["max({})", "min({})", "amax({})", "amin({})", "argmax({})", "argmin({})", "sort({})",
         "sort({}, descending=True)", "argsort({})", "median({})"]
WHOLE = ["max()", "min()", "amax()", "argmax()", "argmin()", "median()", "topk(2)", "amax((0, 1))",
         "max(0, keepdim=True)"]


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
