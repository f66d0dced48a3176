"""What is in a vector? Neighbours, axes, a map, a probe and a measure of likeness.

    >>> x = torch.tensor([[2.0, 0.0], [9.0, 0.1], [0.0, 1.0], [0.0, 2.0]])
    >>> nearest(x[:1], x, count=2).tolist()                       # by direction
    [[0, 1]]
    >>> nearest(x[:1], x, count=2, measure="euclid").tolist()     # by distance
    [[0, 2]]
    >>> at, axes, shares = pca(x, count=1)
    >>> print(f"{shares[0]:.2f} of the variance is along the first axis")
    0.97 of the variance is along the first axis
    >>> print(f"{cka(x, 3 * x):.2f}")                             # but for a scale
    1.00

    B  examples    T  positions    C  channels, of one model or two (A)
    N  vectors     Q  queries      K  classes, neighbours or axes kept

A model is a GPT or a BERT: it has body.blocks and logits(ids). Vectors come from
states(), a set for each layer. No number here means anything alone: compute it for an
untrained model, too, and for another seed.

Gabriel Stewart, On the early history of the singular value decomposition, 1993 (PCA);
Laurens van der Maaten and Geoffrey Hinton, Visualizing data using t-SNE, JMLR 2008;
Guillaume Alain and Yoshua Bengio, Understanding intermediate layers using linear
classifier probes, 2016; Simon Kornblith and others, Similarity of neural network
representations revisited, ICML 2019 (CKA).

Left out: indexes for millions of vectors (nearest compares with all), t-SNE by trees
(all pairs are held: thousands of vectors at most), probes with hidden layers.

Chapter: docs/makemore/representations.md.  To copy: this file alone (needs torch).
"""

import math

import torch
import torch.nn.functional as F


@torch.no_grad()
def states(model, ids):
    """ids (B, T) -> [x (B, T, C)]: the stream before all blocks, and after each."""
    found, blocks = [], model.body.blocks
    hooks = [blocks[0].register_forward_pre_hook(lambda _, x: found.append(x[0]))]
    hooks += [block.register_forward_hook(lambda _, __, x: found.append(x))
              for block in blocks]
    try:
        model.logits(ids)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def similarity(queries, x, measure="cosine"):
    """queries (Q, C), x (N, C) -> (Q, N), larger for nearer.

    "cosine" is the dot product of directions: lengths do not count. "euclid" is minus
    the distance.
    """
    if measure == "euclid":
        return -torch.cdist(queries, x)                       # (Q, N)
    if measure != "cosine":
        raise ValueError(f"measure={measure!r}; known are 'cosine' and 'euclid'")
    return F.normalize(queries, dim=1) @ F.normalize(x, dim=1).T    # (Q, N)


def nearest(queries, x, count, measure="cosine"):
    """queries (Q, C), x (N, C) -> (Q, K): the rows of x that are nearest, in order."""
    if not 1 <= count <= len(x):
        raise ValueError(f"{count} neighbours of {len(x)} vectors")
    return similarity(queries, x, measure).topk(count).indices    # (Q, K)


def anisotropy(x):
    """x (N, C) -> the mean cosine of two different vectors: 0 if directions are even.

    The sum of all N² cosines is the squared length of the sum of the directions; N of
    them are of a vector with itself.
    """
    N = len(x)
    total = F.normalize(x.double(), dim=1).sum(0).square().sum()    # ()
    return ((total - N) / (N * (N - 1))).item()


def pca(x, count=2):
    """x (N, C) -> places (N, K), axes (K, C), shares of the variance (K).

    The axes are orthogonal, and along each the vectors vary most, given those before.
    The sign of an axis is free; here its largest number is positive.
    """
    centred = x - x.mean(0)                                   # (N, C)
    _, spread, axes = torch.linalg.svd(centred, full_matrices=False)
    signs = axes.gather(1, axes.abs().argmax(1, keepdim=True)).sign()
    axes = (axes * signs)[:count]                             # (K, C)
    shares = spread.square() / spread.square().sum()
    return centred @ axes.T, axes, shares[:count]


def cka(a, b):
    """a (N, A), b (N, C), row n of both of the same thing -> 0 to 1, linear CKA.

    1 if one is the other turned and scaled. It is the correlation of their tables of
    dot products, |bᵀa|² / (|aᵀa| |bᵀb|), centred.
    """
    a, b = a - a.mean(0), b - b.mean(0)
    return ((b.T @ a).square().sum() / ((a.T @ a).norm() * (b.T @ b).norm())).item()


class Probe:
    """A linear classifier on frozen vectors: x (N, C), labels y (N) of K classes.

    Softmax regression, fitted by L-BFGS on standardised x; the squared weights cost
    penalty each. probe(x) -> the likeliest class of each vector (N).
    """

    def __init__(self, x, y, classes, penalty=1e-3, steps=60):
        self.mean, self.std = x.mean(0), x.std(0).clamp(min=1e-6)    # (C), (C)
        self.weight = torch.zeros(x.shape[1], classes, requires_grad=True)    # (C, K)
        self.bias = torch.zeros(classes, requires_grad=True)                  # (K)
        optimizer = torch.optim.LBFGS([self.weight, self.bias], max_iter=steps,
                                      line_search_fn="strong_wolfe")

        def closure():
            optimizer.zero_grad()
            loss = F.cross_entropy(self.logits(x), y)         # ()
            loss = loss + penalty * self.weight.square().sum()
            loss.backward()
            return loss

        optimizer.step(closure)

    def logits(self, x):
        """x (N, C) -> (N, K)."""
        return (x - self.mean) / self.std @ self.weight + self.bias    # (N, K)

    @torch.no_grad()
    def __call__(self, x):
        return self.logits(x).argmax(1)                       # (N)


def control(y, types, generator=None):
    """A control task: labels y (N), types (N) -> labels (N) that mean nothing.

    Each type gets one label for good, drawn from y at random, so the labels are as
    frequent as those of y. A probe can only learn them by heart (Hewitt and Liang,
    Designing and interpreting probes with control tasks, EMNLP 2019).
    """
    drawn = y[torch.randint(len(y), (int(types.max()) + 1,), generator=generator)]
    return drawn[types]                                       # (N)


def affinities(x, perplexity):
    """x (N, C) -> p (N, N), sum 1: how much n and m are neighbours, for t-SNE.

    Around each vector stands a normal distribution, as wide as it takes for its
    e^entropy to be the perplexity, about the number of neighbours that count. Widths
    are found by bisection.
    """
    N = len(x)
    if not 1 <= perplexity < N - 1:
        raise ValueError(f"a perplexity of {perplexity:g} among {N} vectors; from 1 to "
                         f"less than {N - 1}")
    squares = torch.cdist(x.double(), x.double()).square()    # (N, N)
    squares.fill_diagonal_(torch.inf)
    nearest = squares.amin(1, keepdim=True)                   # (N, 1)
    low, high = torch.full((N, 1), -60.0), torch.full((N, 1), 60.0)    # ln of 1/width²
    for _ in range(60):
        middle = (low + high) / 2                             # (N, 1)
        p = (-(squares - nearest) * middle.double().exp()).softmax(1)    # (N, N)
        entropy = -torch.xlogy(p, p).sum(1, keepdim=True)     # (N, 1)
        wide = entropy > math.log(perplexity)
        low, high = middle.where(wide, low), high.where(wide, middle)
    return (p + p.T) / (2 * N)                                # (N, N)


def tsne(x, perplexity=30.0, steps=500, generator=None):
    """x (N, C) -> places (N, 2), where neighbours lie near each other.

    Gradient descent on KL(p || q), q being alike for distances d in the plane: 1 / (1 +
    d²), with sum 1. p is exaggerated for the first quarter of the steps. Distances
    between groups, their sizes and their number mean little: they change with the
    perplexity and the seed.
    """
    p = affinities(x, perplexity)                             # (N, N)
    y = 1e-4 * torch.randn(len(x), 2, generator=generator, dtype=torch.float64)
    speed, gain = torch.zeros_like(y), torch.ones_like(y)     # (N, 2), (N, 2)
    rate = max(len(x) / 48, 50.0)
    for step in range(steps):
        early = step < steps // 4
        slope = kl_slope(12 * p if early else p, y)           # (N, 2)
        gain = torch.where(slope * speed < 0, gain + 0.2, gain * 0.8).clamp(min=0.01)
        speed = (0.5 if early else 0.8) * speed - rate * gain * slope
        y = y + speed                                         # (N, 2)
        y = y - y.mean(0)                                     # (N, 2)
    return y.to(x.dtype)


def kl_slope(p, y):
    """p (N, N), y (N, 2) -> ∂KL(p || q)/∂y (N, 2), a sum over the other vectors m:

    4 Σ (p_nm - q_nm) (y_n - y_m) / (1 + d_nm²)
    """
    closeness = 1 / (1 + torch.cdist(y, y).square())          # (N, N)
    closeness.fill_diagonal_(0)
    pull = (p - closeness / closeness.sum()) * closeness      # (N, N)
    return 4 * (pull.sum(1, keepdim=True) * y - pull @ y)     # (N, 2)
