"""Views have PyTorch's shapes, strides and offsets, share memory, and lead gradients back."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch import torch as ours
from torch_parity import agree, agree_as_views, share_alike

TEXTS = ["x.view(-1)", "x.view(4, 3)", "x.view(2, 6)", "x.view(3, 4)", "x.reshape(-1)", "x.reshape(2, -1)",
         "x.reshape(4, 3)", "x.flatten()", "x.flatten(0, 1)", "x.flatten(1)", "x.ravel()",
         "x.unflatten(-1, (2, 2))", "x.unflatten(0, (3, -1))", "x.squeeze()", "x.squeeze(0)",
         "x.squeeze(-1)", "x.unsqueeze(0)", "x.unsqueeze(-1)", "x.unsqueeze(1)", "x.view_as(x)",
         "x.reshape_as(x)", "x.contiguous()", "x.clone()", "x.detach()", "x.view(1, *x.shape)",
         "x.reshape(*x.shape, 1)"]


@pytest.mark.parametrize("text", TEXTS)
def test_views_in_every_layout(text):
    agree_as_views(text)


@pytest.mark.parametrize("text", TEXTS)
def test_what_shares_memory_in_pytorch_shares_it_here(text):
    share_alike(text)


@st.composite
def strided(draw):
    """A tensor of up to 4 axes, each cut or turned, and a shape of as many elements, in as many axes."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    x = torch.arange(torch.Size(shape).numel() * 2 ** len(shape)).reshape([2 * n for n in shape])
    x = x[tuple(slice(None, n) if draw(st.booleans()) else slice(None, None, 2) for n in shape)]
    x = x.permute(draw(st.permutations(range(len(shape)))))
    if draw(st.booleans()):
        x = x.contiguous()
    count, wanted = x.numel(), []
    while draw(st.booleans()) and len(wanted) < 4:
        n = draw(st.sampled_from([n for n in range(1, count + 1) if count % n == 0]))
        wanted, count = [*wanted, n], count // n
    return x, [*wanted, count]


@given(strided())
@settings(max_examples=150, deadline=None)
def test_view_is_possible_exactly_where_pytorch_says(drawn):
    x, shape = drawn
    agree(f"x.view({shape})", x=x)
    agree(f"x.reshape({shape})", x=x)


def test_a_write_is_seen_through_every_view():
    x = ours.zeros(2, 3, 4)
    row, column, turned, flat = x[1], x[:, :, 2], x.permute(2, 0, 1), x.view(-1)
    flat[23] = 5
    turned[2, 0, 0] = 7
    assert row[2, 3].item() == 5 and x[0, 0, 2].item() == 7 == column[0, 0].item()
    assert x._version == row._version == turned._version == 2


@pytest.mark.parametrize("text",
                         ["x.t().view(12)", "x.view(5)", "x.view(-1, -1)", "x.view(-1, 5)", "x.view(-2, 6)",
                          "x.permute(0)", "x.permute(0, 0)",
                                  "x.permute(0, 5)", "x.transpose(0, 2)", "x.select(0, 3)", "x.select(2, 0)",
                                  "x.narrow(0, 2, 2)",
                                  "x.narrow(0, 4, 0)", "x.expand(4)", "x.expand(3, 5)", "x.expand(-1, 3, 4)",
                                  "x.squeeze(2)",
                                  "x.unsqueeze(4)", "x.flatten(1, 0)", "x.unflatten(0, (2, 2))",
                                  "x.as_strided((9, 9), (4, 1))",
                                  "x.as_strided((2,), (-1,))", "x.as_strided((2,), (1, 1))",
                                  "x.split([1, 1])", "x.split(-1)",
                                  "x.chunk(0)", "x.unfold(0, 5, 1)", "x.unfold(0, 2, 0)",
                                  "x.diagonal(0, 0, 0)", "x.view(3.0, 4)",
                                  "x.view('a')", "torch.tensor(1.0).unbind()", "x.view(2, 2, 3).t()",
                                  "x.reshape(7)", "x[0, 0].select(0, 0)",
                                  "x.movedim(0, (0, 1))", "x[0].mT", "x.view(torch.float32).shape",
                                  "x.double().view(torch.int64).dtype"])
def test_errors_are_of_the_same_class(text):
    agree(text, x=torch.arange(12.0).view(3, 4))


def test_a_view_that_is_refused_says_why_and_what_helps():
    with pytest.raises(RuntimeError, match=r"strides \(1, 4\).*reshape\(\) copies"):
        ours.arange(12).view(3, 4).t().view(12)
