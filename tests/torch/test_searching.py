"""Finding, counting and sorting in: PyTorch's numbers, dtypes and refusals."""

import pytest
import torch

from torch_parity import agree

TEXTS = ["x.nonzero()", "x.nonzero(as_tuple=True)", "i.nonzero()", "torch.argwhere(x > 0)",
         "x[0, 0].nonzero()", "x.masked_select(x > 0)",
         "x.masked_select(x[0] > 0)", "x.masked_scatter(x > 0, x.view(-1))", "i.bincount()",
         "i.bincount(minlength=9)", "i.bincount(w)",
         "i.bincount(w.double())", "i[:0].bincount()", "i.unique()", "i.unique(return_inverse=True)",
         "i.unique(return_counts=True)",
         "torch.unique(i.view(2, 2), return_inverse=True, return_counts=True)", "x.detach().unique()",
         "torch.unique(x.detach(), dim=0)", "torch.unique(i.view(2, 2), dim=1, return_counts=True)",
         "torch.unique(m, dim=0, return_inverse=True, return_counts=True)", "torch.unique(m, dim=-1)",
         "torch.unique(m.view(3, 2, 2), dim=0, return_counts=True)",
         "torch.unique(m > 1, return_counts=True)",
         "torch.unique(m[:0], dim=0)", "torch.unique(m[:0], return_inverse=True)", "torch.unique(m[0, 0])",
         "torch.unique(m / 0 * m)", "torch.unique(m[:, :0], dim=0)",
         "torch.searchsorted(s, x)",
         "torch.searchsorted(s, x, right=True)", "torch.searchsorted(s, 0.5)",
         "torch.searchsorted(s, x, side='right')",
         "torch.bucketize(x, s)", "torch.bucketize(x, s, right=True)",
         "torch.searchsorted(s, x, out_int32=True)", "w.histc(4, 0, 4)",
         "torch.histc(w, 3)", "x.masked_select(x > 9)", "torch.where(x > 0)"]


@pytest.mark.parametrize("text", TEXTS)
def test_found_and_counted(text):
    x = torch.tensor([[0.5, -1.0, 0.0, 2.0], [0.0, 3.0, 0.5, -2.0]], dtype=torch.float64)
    for layout in (x, x.t().contiguous().t()):
        agree(text, x=layout.requires_grad_(), i=torch.tensor([3, 0, 3, 1]),
              m=torch.tensor([[2, 0, 1, 1], [0, 3, 1, 0], [2, 0, 1, 1]]),
              w=torch.tensor([0.5, 1.0, 2.0, 4.0]),
              s=torch.tensor([-1.0, 0.0, 0.5, 2.5], dtype=torch.float64), strides="masked_s" not in text)


@pytest.mark.parametrize("text",
                         ["i.view(2, 2).bincount()", "(i - 3).bincount()", "i.bincount(x)",
                          "x.masked_select(x)",
                                  "i.bincount(minlength=-1)", "x.masked_select(torch.ones(3) > 0)"])
def test_errors_are_of_the_same_class(text):
    agree(text, x=torch.tensor([0.5, -1.0]), i=torch.tensor([3, 0, 3, 1]))
