"""Which dtype, device and strides operands have together: PyTorch's rules."""

import itertools
import random
import re

import pytest
import torch

from scratch import torch as ours
from scratch.torch.operands import compute, convert_number
from torch_parity import agree, evaluate, ours_of

KINDS = [torch.tensor([1, 2]), torch.tensor([1.0]), torch.tensor([True]), torch.tensor(1),
         torch.tensor(1.5, dtype=torch.float64),
         torch.tensor([1.0], dtype=torch.float16), torch.tensor(1, dtype=torch.uint8),
         torch.tensor([1], dtype=torch.int8), True, 2, 2.5]


def test_result_type_of_every_pair():
    for a, b in itertools.product(KINDS, KINDS):
        assert repr(ours.result_type(ours_of(a), ours_of(b))) == repr(torch.result_type(a, b)), (a, b)


def test_a_number_fits_its_dtype_in_a_circle():
    assert convert_number(300, ours.uint8) == 44 and convert_number(-129, ours.int8) == 127
    assert convert_number(2.9, ours.int64) == 2 and convert_number(3,
                                                                   ours.float32) == 3.0 and convert_number(2,
                                                                       ours.bool) is True
    with pytest.raises(OverflowError):
        convert_number(2 ** 64, ours.int64)


def test_the_result_lies_as_the_first_operand_that_can_tell():
    for text in ("x.t() + y", "y + x.t()", "x.t() * x.t()", "x.permute(1, 0)[:, None] + y",
                 "x[:, :1].t() + x[:, :1].t()",
                 "z.permute(2, 0, 1) + z.permute(2, 0, 1)[:1]", "z.permute(2, 0, 1).exp()",
                 "z[:, ::2].permute(1, 0, 2) + 1", "x.t() > y",
                 "x.expand(2, 3, 3).exp()", "torch.where(x.t() > 0, y, x)", "x.t().clone()", "x.t().double()",
                 "torch.zeros_like(z.mT)"):
        agree(text, x=torch.randn(3, 3), y=torch.randn(3, 3), z=torch.randn(2, 4, 3))


UNARY = """-x ; x.abs() ; x.tanh() ; x.relu() ; x.square() ; x ** 0.5 ; 2 ** x ; 1 / x ; 2 - x ; x * 0.5
    ; x // 2 ; x % 3 ; x.clamp(-1, 1) ; x.clamp(min=0.25) ; x.clamp(x, x + 1) ; x.floor()
    ; x.round(decimals=1) ; x.sign() ; x > 0 ; ~(x > 0) ; x.isnan() ; x.isinf() ; x.isfinite()
    ; x.logical_not() ; x.nan_to_num() ; x.rad2deg() ; x.logit() ; x.clone() ; x.float()
    ; x.long() ; torch.zeros_like(x) ; x.softmax(0) ; x.masked_fill(x > 0, 1) ; x + x
    ; x - x.long() ; x.float() * x ; x == x.float() ; x.add(x, alpha=2)
    ; x.div(2, rounding_mode="trunc") ; x.atan2(x) ; x.hypot(x) ; x.xlogy(x) ; x.logaddexp(x)
    ; x.lerp(x, 0.5) ; x.addcmul(x, x) ; torch.where(x > 0, x, 0.5)
    ; torch.where(x > 0, x, x.float()) ; F.gelu(x) ; F.silu(x) ; F.mish(x) ; F.elu(x) ; F.selu(x)
    ; F.leaky_relu(x) ; F.softplus(x) ; F.logsigmoid(x) ; F.hardtanh(x) ; F.hardswish(x)
    ; F.hardsigmoid(x) ; F.threshold(x, 0.5, 1.5)"""


def test_axes_of_size_1_have_pytorchs_strides_too():
    """Oracle: PyTorch, for layouts whose axes of size 1 have any stride, with gaps, repeats and images."""
    choose, texts, compared = random.Random(0), re.split(r"\s*;\s*", UNARY), 0
    for dtype in ["float64", "int64"] * 20:
        shape = choose.choices([1, 1, 2, 3], k=choose.randint(1, 4))
        strides = choose.choices([0, 1, 2, 3, 4, 6, 9], k=len(shape))
        if choose.random() < 0.6:
            turned = choose.sample(range(len(shape)), len(shape))
            dense = torch.empty([shape[n] for n in turned]).permute([*map(turned.index, range(len(shape)))])
            strides = [free if n == 1 else own for n, own, free in zip(shape, dense.stride(), strides)]
        seen = []
        for library in (torch, ours):
            x = library.linspace(-2, 2, 60).to(getattr(library, dtype)).as_strided(shape, strides)
            names = {"torch": library, "F": library.nn.functional}
            seen.append([evaluate(text, library, names | {"x": x}) for text in texts])
        for text, theirs, mine in zip(texts, *seen):
            if isinstance(theirs, torch.Tensor):
                compared += 1
                assert (theirs.stride(), str(theirs.dtype)) == (mine.stride(), str(mine.dtype)), (
                    f"{text} of {dtype}, {shape}, {strides}")
    assert compared > 2000


def test_broadcast_shapes():
    assert ours.broadcast_shapes((2, 1), (3,), 1) == torch.broadcast_shapes((2, 1), (3,), 1)
    x = ours.arange(3)
    assert compute("add", (x, 1), x.dtype, x.dtype).tolist() == [1, 2, 3]
