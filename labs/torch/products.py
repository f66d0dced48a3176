"""The matrix product's two ways back, Y = A B.

    a (M, K)   b (K, N)   the operands        g (M, N)   ∂loss/∂Y

The engine hands each of them the strides of the operand it is for, too: the book's lay the
result out in the same way, which saves a copy. Yours need not look at them.

Exercises: left_slope, right_slope.
Chapter: docs/torch/autograd.md.  In place of: scratch.torch.products.
"""

from scratch import torch


def left_slope(g, strides, b):
    """g (M, N), b (K, N)ᵀ -> ∂loss/∂A (M, K).

    What are the two gradients of a matrix product?

    >>> g = torch.tensor([[1.0, 0.0], [0.0, 100.0]])
    >>> b = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> left_slope(g, (2, 1), b).tolist()             # Ā_ij = Σ_k Ȳ_ik B_jk: square, so shapes
    [[1.0, 3.0], [200.0, 400.0]]
    >>> left_slope(torch.ones(1, 3), (2, 1), torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])).tolist()
    [[6.0, 15.0]]
    """
    raise NotImplementedError("left_slope is yours to write")


def right_slope(g, strides, a):
    """g (M, N), a (M, K) -> ∂loss/∂B (K, N).

    What are the two gradients of a matrix product?

    >>> g = torch.tensor([[1.0, 0.0], [0.0, 100.0]])
    >>> a = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> right_slope(g, (2, 1), a).tolist()
    [[1.0, 300.0], [2.0, 400.0]]
    >>> right_slope(torch.ones(3, 1), (1, 1), torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])).tolist()
    [[9.0], [12.0]]
    """
    raise NotImplementedError("right_slope is yours to write")
