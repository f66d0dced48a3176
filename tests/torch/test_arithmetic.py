"""Sums, quotients and powers with more than operands: PyTorch's values, strides and slopes."""

import pytest

from torch_parity import agree, variants


@pytest.mark.parametrize("text", [
    "torch.add(x, y, alpha=3)", "torch.sub(x, y, alpha=0.5)", "torch.rsub(x, y)", "x.addcmul(y, y, value=2)",
    "x.addcdiv(y, y.exp(), value=-3)", "torch.lerp(x, y, 0.3)", "torch.lerp(x, y, 0.7)",
    "torch.lerp(x, y, y.sigmoid())",
    "torch.xlogy(x, y.exp())", "torch.logaddexp(x, y)", "x ** 2", "x ** 3", "x ** 0", "x ** 1",
    "x.abs() ** 0.5",
    "2 ** x", "0 ** x.abs()", "x ** -1", "x ** y.abs()", "x.div(y, rounding_mode='floor')",
    "x.div(y, rounding_mode='trunc')", "x.sigmoid().logit()", "torch.round(x, decimals=2)", "1 / x", "1 - x",
    "-x",
    "abs(x)", "x.square()", "x * x * x", "torch.multiply(x, y)", "torch.true_divide(x, y)",
    "x.clamp(-0.5, 0.5)"])
def test_what_takes_more_than_its_operands(text):
    every = variants()
    for name in ("a matrix", "turned", "0-d", "empty"):
        agree(text, x=every[name], y=(every[name].detach() * 0.7 + 0.1).requires_grad_())
