"""Solutions of equations are PyTorch's, with their slopes and slopes of slopes."""

import pytest
import torch

from scratch import torch as ours
from torch_parity import agree, both

TEXTS = ["linalg.solve(x, y)", "linalg.solve(x, y[..., 0])", "linalg.solve(x, y.mT, left=False)",
         "linalg.inv(x)", "linalg.det(x)", "linalg.slogdet(x)[1]", "logdet(x.detach())",
         "logdet(x @ x.mT)", "det(x)", "inverse(x)", "slogdet(x)[1]", "pinverse(x)", "linalg.pinv(x)",
         "linalg.pinv(y)", "linalg.pinv(y.mT)", "linalg.lstsq(y, x).solution",
         "linalg.lstsq(y.mT, x[..., :2, :]).solution", "linalg.matrix_power(x, 3)",
         "matrix_power(x.detach(), 0)", "matrix_power(x, -2)", "matrix_power(x, 1)",
         "linalg.solve_triangular(x, y, upper=True)",
         "linalg.solve_triangular(x, y, upper=False, unitriangular=True)",
         "linalg.solve_triangular(x, y.mT, upper=True, left=False)"]
REFUSED = ["linalg.inv(x[:2])", "linalg.inv(x[0])", "linalg.inv(x.long())", "linalg.inv(x.half())",
           "linalg.solve(x, x[:2])",
           "linalg.solve(x, x.double())", "linalg.det(x[:2])", "linalg.lstsq(x, x, driver='x')",
           "linalg.lstsq(x, x[:2])", "linalg.matrix_power(x[:2], 2)",
           "linalg.solve(x, 3)"]


@pytest.mark.parametrize("lead", [(), (2,)], ids=["a matrix", "two"])
@pytest.mark.parametrize("text", TEXTS)
def test_solutions(text, lead):
    torch.manual_seed(0)
    x = torch.randn(*lead, 3, 3, dtype=torch.float64) + 3 * torch.eye(3, dtype=torch.float64)
    y = torch.randn(*lead, 3, 2, dtype=torch.float64)
    agree(f"torch.{text}", x=x.requires_grad_(), y=y.requires_grad_(), close=1e-8,
          strides="lstsq" not in text and "left" not in text and "[" not in text)


@pytest.mark.parametrize("rank", [2, 1, 0])
def test_the_slope_of_the_determinant_of_a_singular_matrix(rank):
    """By PyTorch: the cofactors, which are not all 0 where one row depends on the others."""
    torch.manual_seed(0)
    x = torch.randn(3, rank, dtype=torch.float64) @ torch.randn(rank, 3, dtype=torch.float64)
    for text in ("torch.linalg.det(x)", "torch.linalg.det(torch.stack([x, x + torch.eye(3).double()]))"):
        agree(text, x=x.clone().requires_grad_(), close=1e-7, second=False)


def test_least_squares_say_what_lapack_says():
    """PyTorch leaves to chance which columns gelsy begins with, which matters for a matrix of lower rank."""
    for driver in ("gels", "gelsy", "gelsd", "gelss"):
        for A in ("A", "A * torch.tensor([1, 1, 0])")[:1 + (driver in ("gelsd", "gelss"))]:
            both(f"""torch.manual_seed(0)
A, B = torch.randn(2, 5, 3, dtype=torch.float64), torch.randn(2, 5, 2, dtype=torch.float64)
y = [torch.linalg.lstsq({A}, B, driver={driver!r}).solution.tolist(),
     torch.linalg.lstsq(({A})[0], B[0], driver={driver!r}).solution.expand(2, 3, 2).tolist()]
x = torch.linalg.lstsq(({A})[0], B[0, :, 0], driver={driver!r}).solution.tolist()""", "y")
        found = [library.linalg.lstsq(library.arange(10.0).view(5, 2).sin(), library.ones(5, 1),
                                      driver=driver) for library in (torch, ours)]
        for a, b in zip(*found):
            assert a.shape == tuple(b.shape) and str(a.dtype) == str(b.dtype)
            torch.testing.assert_close(a, torch.tensor(b.tolist(), dtype=a.dtype).reshape(a.shape))


@pytest.mark.parametrize("text", REFUSED)
def test_errors_are_of_the_same_class(text):
    both(f"torch.manual_seed(0); x = torch.randn(3, 3); y = torch.{text}", "y")


@pytest.mark.parametrize("text", ["inv(x)", "solve(x, x)", "matrix_power(x, -1)", "cholesky(x)", "svd(x / 0)",
                                  "eigh(x / 0)"])
def test_what_has_no_answer_is_an_error_of_its_own(text):
    """By PyTorch's error of that name."""
    for library in (torch, ours):
        with pytest.raises(library.linalg.LinAlgError):
            eval(f"torch.linalg.{text}", {"torch": library, "x": library.zeros(3, 3)})


def test_a_singular_matrix_is_said_to_be_one():
    with pytest.raises(ours.linalg.LinAlgError, match=r"linalg.inv\(\): Singular matrix"):
        ours.linalg.inv(ours.zeros(2, 2))
