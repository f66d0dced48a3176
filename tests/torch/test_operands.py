"""Which dtype, device and strides operands have together: PyTorch's rules."""

import itertools

import pytest
import torch

from scratch import torch as ours
from scratch.torch.operands import compute, convert_number
from torch_parity import agree, ours_of

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


def test_broadcast_shapes():
    assert ours.broadcast_shapes((2, 1), (3,), 1) == torch.broadcast_shapes((2, 1), (3,), 1)
    x = ours.arange(3)
    assert compute("add", (x, 1), x.dtype, x.dtype).tolist() == [1, 2, 3]
