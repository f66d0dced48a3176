"""Embedding: a table of rows, one for each id, and what it is a shortcut for.

    >>> from .. import tensor
    >>> table = Embedding(27, 10)
    >>> table(tensor([[0, 5], [13, 13]])).shape        # a row of 10 for each id
    torch.Size([2, 2, 10])
    >>> one_hot(tensor([2, 0]), 3)                     # rows that pick row 2 and row 0
    tensor([[0, 0, 1],
            [1, 0, 0]])

    V  symbols, num_embeddings    C  channels, embedding_dim

To pick row 5 of a matrix is to multiply it by a row that is 1 at place 5 and 0
elsewhere, without the multiplications. So its slope adds up, in each row, what came
back from every place that picked it.

Bengio and others, A neural probabilistic language model, JMLR 3, 2003.

Left out: sparse gradients, rows kept below a norm (max_norm), EmbeddingBag.

Chapter: docs/torch/modules.md.
"""

from .. import arange, empty, int64, no_grad
from ..graph import record, records
from ..products import unsafe
from . import init
from .module import Module
from .parameter import Parameter


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0,
              scale_grad_by_freq=False, sparse=False):
    """ids of any shape, W (V, C) -> rows of W (..., C); padding_idx sends none back."""
    if max_norm is not None or scale_grad_by_freq or sparse:
        raise NotImplementedError("an embedding here has neither max_norm nor "
                                  "scale_grad_by_freq nor sparse gradients")
    ids = input.reshape(-1)
    try:
        rows = weight.detach().index_select(0, ids)
    except IndexError:
        raise IndexError(f"ids are {int(ids.min())} to {int(ids.max())}; the table has "
                         f"rows 0 to {len(weight) - 1}") from None
    y = unsafe(rows, (*input.shape, weight.shape[1]))
    if records(weight):
        record(y, "EmbeddingBackward0",
               (weight, embedding_back, weight.shape, ids, padding_idx))
    return y


def embedding_back(g, shape, ids, padding_idx):
    """Each row of g is added to the row that it came from, unless that is padding."""
    g = g.reshape(-1, shape[1])
    if padding_idx is not None:
        g = g.masked_fill((ids == padding_idx % shape[0])[:, None], 0)
    return g.new_zeros(shape).index_add(0, ids, g)


class Embedding(Module):
    """ids of any shape -> rows of a table (..., C), which begin as normal numbers.

    The row padding_idx begins as zeros, and no gradient reaches it.
    """

    def __init__(self, num_embeddings, embedding_dim, padding_idx=None, max_norm=None,
                 norm_type=2.0, scale_grad_by_freq=False, sparse=False, _weight=None,
                 _freeze=False, device=None, dtype=None):
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError(f"padding_idx={padding_idx} is no row of the "
                                     f"table of {num_embeddings}")
            padding_idx %= num_embeddings
        self.padding_idx, self.max_norm = padding_idx, max_norm
        self.norm_type, self.sparse = norm_type, sparse
        self.scale_grad_by_freq = scale_grad_by_freq
        if _weight is None:
            self.weight = Parameter(empty(num_embeddings, embedding_dim, device=device,
                                          dtype=dtype), requires_grad=not _freeze)
            self.reset_parameters()
        else:
            self.weight = Parameter(_weight, requires_grad=not _freeze)

    @classmethod
    def from_pretrained(cls, embeddings, freeze=True, padding_idx=None, **settings):
        """A table whose rows are given, and stay what they are unless freeze=False."""
        return cls(*embeddings.shape, padding_idx, _weight=embeddings, _freeze=freeze,
                   **settings)

    def reset_parameters(self):
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input):
        return embedding(input, self.weight, self.padding_idx, self.max_norm,
                         self.norm_type, self.scale_grad_by_freq, self.sparse)

    def extra_repr(self):
        padding = ("" if self.padding_idx is None else
                   f", padding_idx={self.padding_idx}")
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


def one_hot(tensor, num_classes=-1):
    """ids of any shape -> (..., num_classes) int64, 1 at the id and 0 elsewhere.

    Without num_classes there are as many as the largest id asks for.
    """
    if tensor.dtype != int64:
        raise RuntimeError(f"one_hot takes ids of dtype int64, not {tensor.dtype}")
    if num_classes == -1:
        if tensor.numel() == 0:
            raise RuntimeError("without an id, one_hot must be told num_classes")
        num_classes = int(tensor.max()) + 1
    if tensor.numel() and not 0 <= int(tensor.min()) <= int(tensor.max()) < num_classes:
        raise RuntimeError(f"ids are {int(tensor.min())} to {int(tensor.max())}, and "
                           f"there are {num_classes} classes, from 0 on")
    return (tensor[..., None] == arange(num_classes, device=tensor.device)).to(int64)
