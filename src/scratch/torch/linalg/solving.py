"""Equations of matrices, and what answers them: solve, inv, det, pinv, lstsq.

    >>> from .. import tensor
    >>> A = tensor([[2.0, 0.0], [0.0, 4.0]], requires_grad=True)
    >>> x = solve(A, tensor([2.0, 2.0]))
    >>> [round(number, 4) for number in x.tolist()]
    [1.0, 0.5]
    >>> x.sum().backward(); A.grad.tolist()
    [[-0.5, -0.25], [-0.25, -0.125]]

    A X = B      ∂L/∂B = A⁻ᵀ G, called H      ∂L/∂A = -H Xᵀ      G = ∂L/∂X

A slope of a solution is a solution, of the transposed equation. From dX = -A⁻¹ dA X
come those of the inverse, and of the logarithm of the determinant, A⁻ᵀ. The
pseudoinverse P is the matrix closest to an inverse where there is none, and P B is the
answer of least squares.

Chapter: docs/torch/autograd.md.  To copy: the folder above.
"""

from ..choosing import where
from ..dtypes import bool_
from ..extremes import result_tuple
from ..graph import OUTPUT, record, records
from ..storage import broadcast
from ..tensor import OPERATIONS, Tensor
from .lapack import LinAlgError, matrices, run

SlogdetResult = result_tuple("linalg_slogdet", "sign", "logabsdet")
LstsqResult = result_tuple("linalg_lstsq", "solution", "residuals", "rank",
                           "singular_values")


def solve(A, B, *, left=True):
    """A (..., N, N), B (..., N, K) or (..., N) -> X of A X = B; of X A = B if not left.

    Raises LinAlgError if a matrix is singular.
    """
    matrices("solve", A, square=True)
    if not isinstance(B, Tensor):
        raise TypeError(f"linalg.solve() is of tensors, not of {B!r:.40}")
    batch = A.shape[:-1]
    vector = B.ndim == 1 or B.ndim == A.ndim - 1 and B.shape == batch
    if vector and left:
        X = solve(A, B.unsqueeze(-1))
        return X.squeeze(-1)
    matrices("solve", A, B)
    if not left:
        return solve(A.mT, B.mT).mT
    if B.shape[-2] != A.shape[-1]:
        raise RuntimeError(f"linalg.solve(): {tuple(A.shape)} X = {tuple(B.shape)} has "
                           "as many rows on the right as on the left")
    lead = broadcast(A.shape[:-2], B.shape[:-2])
    A, B = (x.expand(*lead, *x.shape[-2:]) for x in (A, B))
    [X] = run("solve", lambda np, a, b: [np.solve(a, b)], A, B)
    if records(A, B):
        record(X, "LinalgSolveExBackward0", (A, solve_back, A, OUTPUT),
               (B, lambda g, A: solve(A.mT, g), A))
    return X


def solve_back(g, A, X):
    return -(solve(A.mT, g) @ X.mT)


def solve_triangular(A, B, *, upper, left=True, unitriangular=False):
    """X of A X = B, of A the upper or the lower triangle; with ones on its diagonal."""
    matrices("solve_triangular", A, B)
    A = A.triu(int(unitriangular)) if upper else A.tril(-int(unitriangular))
    if unitriangular:
        A = A + OPERATIONS["eye"](A.shape[-1], dtype=A.dtype, device=A.device)
    return solve(A, B, left=left)


def inv(A):
    """A (..., N, N) -> A⁻¹; LinAlgError if a matrix is singular."""
    matrices("inv", A, square=True)
    [Y] = run("inv", lambda np, a: [np.inv(a)], A)
    if records(A):
        record(Y, "LinalgInvExBackward0", (A, inv_back, OUTPUT))
    return Y


def inv_back(g, Y):
    return -(Y.mT @ g @ Y.mT)


def det(A):
    """A (..., N, N) -> (...), by how much A makes volumes larger."""
    matrices("det", A, square=True)
    [y] = run("det", lambda np, a: [np.det(a)], A)
    if records(A):
        record(y, "LinalgDetBackward0", (A, det_back, A, OUTPUT))
    return y


def det_back(g, A, y):
    """The cofactors: det(A) A⁻ᵀ, or for singular matrices by their factors."""
    g = g[..., None, None]
    try:
        return g * y[..., None, None] * inv(A).mT
    except LinAlgError:
        return g * cofactors(A)


def cofactors(A):
    """Of U S Vᵀ: det(U) det(V) U C Vᵀ, where C_ii is the product of the other s."""
    from .factors import svd
    U, S, Vh = svd(A)
    n = S.shape[-1]
    others = OPERATIONS["eye"](n, dtype=bool_, device=A.device)
    C = S.unsqueeze(-2).expand(*S.shape, n).masked_fill(others, 1).prod(-1)
    sign = det(U) * det(Vh)
    return sign[..., None, None] * ((U * C.unsqueeze(-2)) @ Vh)


def slogdet(A):
    """A (..., N, N) -> the sign of det(A), and the logarithm of its size."""
    matrices("slogdet", A, square=True)
    sign, y = run("slogdet", lambda np, a: np.slogdet(a), A)
    if records(A):
        record(y, "LinalgSlogdetBackward0",
               (A, lambda g, A: g[..., None, None] * inv(A).mT, A))
    return SlogdetResult(sign, y)


def logdet(A):
    """The logarithm of det(A); NaN where that is negative."""
    sign, y = slogdet(A)
    return where(sign < 0, float("nan"), y)


def pinv(A, *, rcond=None, rtol=None, hermitian=False):
    """A (..., M, N) -> (..., N, M), V S⁻¹ Uᵀ: singular values up to rtol of the
    largest, by default max(M, N) units in the last place, count as 0."""
    matrices("pinv", A)
    if hermitian:
        raise NotImplementedError("scratch.torch has pinv() by singular values only")
    if 0 in A.shape[-2:]:
        return A.mT.clone()
    from .factors import small, svd
    U, S, Vh = svd(A.detach(), full_matrices=False)
    inverse = S.reciprocal().masked_fill(small(S, A, rcond if rtol is None else rtol),
                                         0)
    P = ((Vh.mT * inverse.unsqueeze(-2)) @ U.mT).contiguous()
    if records(A):
        record(P, "LinalgPinvBackward0", (A, pinv_back, A, OUTPUT))
    return P


def pinv_back(g, A, P):
    """From dP = -P dA P + P Pᵀ dAᵀ (1 - A P) + (1 - P A) dAᵀ Pᵀ P."""
    left, right = g.mT @ P, P @ g.mT
    return (-(P.mT @ g @ P.mT) + (left - A @ (P @ left)) @ P.mT
            + P.mT @ (right - (right @ P) @ A))


DRIVERS = "gels gelsy gelsd gelss".split()


def lstsq(A, B, rcond=None, *, driver=None):
    """A (..., M, N), B (..., M, K) or (..., M) -> the smallest X for which |A X - B|
    is least, and what LAPACK's driver of that name says beside it."""
    matrices("lstsq", A)
    driver = driver or "gelsy"
    if driver not in DRIVERS:
        raise RuntimeError(f"linalg.lstsq(): a driver is one of {DRIVERS}")
    if B.ndim == A.ndim - 1:
        found = lstsq(A, B.unsqueeze(-1), rcond, driver=driver)
        return found._replace(solution=found.solution.squeeze(-1))
    matrices("lstsq", A, B)
    M, N = A.shape[-2:]
    if B.shape[-2] != M:
        raise RuntimeError(f"linalg.lstsq(): {tuple(A.shape)} X = {tuple(B.shape)} has "
                           "as many rows on the right as on the left")
    from .factors import small, svdvals
    X = pinv(A, rtol=rcond) @ B
    S = svdvals(A.detach())
    rank = (~small(S, A, rcond)).sum(-1)
    nothing = A.new_empty((0,))
    apart = nothing
    if driver != "gelsy" and M > N and bool((rank == N).all()):
        apart = (A @ X - B).square().sum(-2)
    return LstsqResult(X, apart, rank if driver != "gels" else rank.new_empty((0,)),
                       S if driver in ("gelsd", "gelss") else nothing)


def matrix_power(A, n):
    """A (..., N, N) times itself, n times; of its inverse if n is negative."""
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise RuntimeError(f"matrix_power() is of square matrices, not of a tensor of "
                           f"shape {tuple(A.shape)}")
    if n < 0:
        A, n = inv(A), -n
    if n == 0:
        return OPERATIONS["eye"](A.shape[-1], dtype=A.dtype,
                                 device=A.device).expand(A.shape).clone()
    power = None
    while n:                      # A, A², A⁴, ...: those of which n is the sum
        if n % 2:
            power = A if power is None else power @ A
        n //= 2
        A = A @ A if n else A
    return power.clone() if power is A else power


for name, function in dict(inverse=inv, det=det, slogdet=slogdet, logdet=logdet,
                           pinverse=pinv, matrix_power=matrix_power).items():
    OPERATIONS[name] = function
    setattr(Tensor, name, function)
