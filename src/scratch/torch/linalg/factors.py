"""Matrices as products of simpler ones: svd, eigh, qr, cholesky.

    >>> from .. import tensor
    >>> A = tensor([[3.0, 0.0], [4.0, 5.0]])
    >>> U, S, Vh = svd(A)
    >>> [round(s * s, 3) for s in S.tolist()], (U * S @ Vh - A).abs().max() < 1e-5
    ([45.0, 5.0], tensor(True))
    >>> Q, R = qr(A)
    >>> (Q.T @ Q - tensor([[1.0, 0.0], [0.0, 1.0]])).abs().max() < 1e-5
    tensor(True)

    A = U S Vᵀ   U, V  orthonormal columns      S  singular values, the largest first
    A = Q L Qᵀ   Q  eigenvectors of a symmetric A, in columns     L  the smallest first
    A = Q R      Q  orthonormal columns         R  an upper triangle
    A = L Lᵀ     L  a lower triangle, of a positive definite A

The signs of pairs of columns are free, and of equal singular values or eigenvalues so
is any rotation: which is returned is LAPACK's choice, and PyTorch's may be another. A
gradient is only of use for what does not depend on it. There is none where two are
equal: it has 1 / 0 in it.

A slope may need what else the factorization returned. It has the numbers; where slopes
are to have slopes, it takes A apart once more, with history.

Chapter: docs/torch/autograd.md.  To copy: the folder above.
"""

from ..dtypes import bool_, finfo
from ..extremes import result_tuple
from ..graph import OUTPUT, record, records
from ..modes import Mode
from ..tensor import OPERATIONS, Tensor
from .lapack import LinAlgError, matrices, run
from .solving import solve

SVDResult = result_tuple("linalg_svd", "U", "S", "Vh")
EighResult = result_tuple("linalg_eigh", "eigenvalues", "eigenvectors")
QRResult = result_tuple("linalg_qr", "Q", "R")


def svd(A, full_matrices=True, *, driver=None):
    """A (..., M, N) -> U (..., M, K), S (..., K), Vh (..., K, N), K = min(M, N).

    U and Vh are square if full_matrices. LinAlgError if A is not finite.
    """
    matrices("svd", A)
    U, S, Vh = parts = run("svd", lambda np, a: np.svd(a, full_matrices), A)
    if records(A):
        wide = full_matrices and A.shape[-1] != A.shape[-2]
        for n, part in enumerate(parts):
            record(part, "LinalgSvdBackward0", (A, svd_back, A, *(
                None if wide and n != 1 else each for each in parts_of(parts, A)), n))
    return SVDResult(U, S, Vh)


def parts_of(parts, A):
    """The factors by numbers alone, of the first min(M, N) columns."""
    K = min(A.shape[-2:])
    U, S, Vh = (part.detach() for part in parts)
    return U[..., :K], S, Vh[..., :K, :]


def svd_back(g, A, U, S, Vh, n):
    """∂L/∂A from ∂L/∂ the n-th of U, S and Vh."""
    if U is None:
        raise RuntimeError("the columns of full_matrices=True beyond the others are "
                           "free to turn, and have no gradient; say "
                           "full_matrices=False")
    if Mode.grad and A.requires_grad:
        U, S, Vh = svd(A, full_matrices=False)
    if n == 1:
        return (U * g.unsqueeze(-2)) @ Vh
    apart = differences(S.square())
    S = S.unsqueeze(-2)
    if n == 0:
        turned = U.mT @ g
        found = U @ ((turned - turned.mT) / apart * S)
        if U.shape[-2] > U.shape[-1]:
            found = found + (g - U @ turned) / S
        return found @ Vh
    g = g.mT
    turned = Vh @ g
    found = S.mT * ((turned - turned.mT) / apart) @ Vh
    if Vh.shape[-1] > Vh.shape[-2]:
        found = found + ((g - Vh.mT @ turned) / S).mT
    return U @ found


def differences(x):
    """x (..., K) -> (..., K, K), x_j - x_i, and 1 on the diagonal."""
    found = x.unsqueeze(-2) - x.unsqueeze(-1)
    return found + OPERATIONS["eye"](x.shape[-1], dtype=x.dtype, device=x.device)


def svdvals(A, *, driver=None):
    """The singular values."""
    return svd(A, full_matrices=False).S


def eigh(A, UPLO="L"):
    """A (..., N, N), symmetric -> L (..., N), Q (..., N, N); one triangle is read."""
    matrices("eigh", A, square=True)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"linalg.eigh(): UPLO is L or U, not {UPLO!r}")
    if not bool(A.detach().isfinite().all()):
        raise LinAlgError("linalg.eigh(): a matrix is not finite")
    L, Q = run("eigh", lambda np, a: np.eigh(a, UPLO.upper()), A)
    if records(A):
        numbers = L.detach(), Q.detach()
        for n, part in enumerate((L, Q)):
            record(part, "LinalgEighBackward0", (A, eigh_back, A, *numbers, UPLO, n))
    return EighResult(L, Q)


def eigh_back(g, A, L, Q, UPLO, n):
    if Mode.grad and A.requires_grad:
        L, Q = eigh(A, UPLO)
    if n == 0:
        return (Q * g.unsqueeze(-2)) @ Q.mT
    turned = Q.mT @ g
    inner = (turned - turned.mT) / 2 / differences(L)
    diagonal = OPERATIONS["eye"](L.shape[-1], dtype=bool_, device=L.device)
    return Q @ inner.masked_fill(diagonal, 0) @ Q.mT


def eigvalsh(A, UPLO="L"):
    """The eigenvalues of a symmetric matrix."""
    return eigh(A, UPLO).eigenvalues


def qr(A, mode="reduced"):
    """A (..., M, N) -> Q (..., M, K), R (..., K, N), K = min(M, N), M if complete."""
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"linalg.qr(): mode is reduced, complete or r, not {mode!r}")
    matrices("qr", A)
    Q, R = parts = run("qr", lambda np, a: np.qr(a, "complete" if mode == "complete"
                                                 else "reduced"), A)
    if records(A):
        tall = A.shape[-2] >= A.shape[-1] and (mode == "reduced"
                                               or A.shape[-2] == A.shape[-1])
        numbers = [part.detach() if tall else None for part in parts]
        for n, part in enumerate(parts):
            record(part, "LinalgQrBackward0", (A, qr_back, A, *numbers, mode, n))
    return QRResult(Q.new_empty((0,)) if mode == "r" else Q, R)


def qr_back(g, A, Q, R, mode, n):
    """(G + Q S) R⁻ᵀ, where S is a triangle of R Gᵀ and -Gᵀ Q, mirrored."""
    if Q is None or mode == "r":
        raise (RuntimeError if mode != "reduced" else NotImplementedError)(
            "scratch.torch has a gradient of qr(mode=\"reduced\") where there are as "
            "many rows as columns, or more")
    if Mode.grad and A.requires_grad:
        Q, R = qr(A)
    upper = (-(g.mT @ Q).mT if n == 0 else g @ R.mT).triu()
    mirrored = upper + upper.triu(1).mT
    inner = Q @ mirrored if n else g + Q @ mirrored
    return solve(R, inner.mT).mT


def cholesky(A, *, upper=False):
    """A (..., N, N), positive definite -> L (..., N, N); or its transpose."""
    matrices("cholesky", A, square=True)
    [L] = run("cholesky", lambda np, a: [np.cholesky(a)], A)
    if records(A):
        record(L, "LinalgCholeskyExBackward0", (A, cholesky_back, OUTPUT))
    return L.mT if upper else L


def cholesky_back(g, L):
    """L⁻ᵀ S L⁻¹, where S is the lower triangle of Lᵀ G, mirrored and halved."""
    lower = (L.mT @ g).tril()
    inner = (lower + lower.tril(-1).mT) / 2
    return solve(L.mT, solve(L.mT, inner.mT).mT)


def small(S, A, rtol=None):
    """Which singular values of A count as 0."""
    if rtol is None:
        rtol = finfo(A.dtype).eps * max(A.shape[-2:])
    return S <= S.amax(-1, keepdim=True) * rtol if S.shape[-1] else S < 0


def matrix_rank(A, *, atol=None, rtol=None, hermitian=False):
    """How many singular values are not 0, but for rounding."""
    if hermitian or atol is not None:
        raise NotImplementedError("scratch.torch has matrix_rank() by rtol")
    return (~small(svdvals(A.detach()), A, rtol)).sum(-1)


def old_svd(A, some=True, compute_uv=True):
    """torch.svd(): the older name, with V in place of its transpose."""
    if not compute_uv:
        raise NotImplementedError("scratch.torch has svd() with U and V; svdvals() is "
                                  "without")
    U, S, Vh = svd(A, full_matrices=not some)
    return OldSVD(U, S, Vh.mT)


OldSVD = result_tuple("svd", "U", "S", "V")
OPERATIONS["svd"] = Tensor.svd = old_svd
