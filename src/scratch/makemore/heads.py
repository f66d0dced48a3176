"""Inside a Transformer: what its layers would say, what its heads do and are worth.

    >>> ids = torch.tensor([[0, 1, 2, 3, 1, 2, 3]])           # a word, twice
    >>> ahead = torch.zeros(1, 1, 7, 7)
    >>> ahead[0, 0, torch.arange(7), torch.tensor([0, 0, 0, 0, 2, 3, 4])] = 1.0
    >>> induction(ahead, ids).tolist()                        # a head that copies
    [1.0]
    >>> previous(ahead)[0].item() < 0.5
    True

    B  examples    T  positions    C  channels    V  symbols
    H  heads       L  layers

A model is a GPT or a BERT with body.blocks and logits(ids, maps=[...]), and maps are
the attention weights (B, H, T, T) of each layer that it appends.

nostalgebraist, Interpreting GPT: the logit lens, 2020; Paul Michel and others, Are
sixteen heads really better than one?, NeurIPS 2019; Samira Abnar and Willem Zuidema,
Quantifying attention flow in Transformers, ACL 2020 (rollout); Catherine Olsson and
others, In-context learning and induction heads, 2022.

Left out: what a head adds if its mean, or that of another example, takes its place
(activation patching); a lens that is fitted for each layer (the tuned lens).

Chapter: docs/makemore/heads.md.  To copy: this file alone (needs torch).
"""

import contextlib

import torch


def lens(model, x):
    """x (B, T, C), the stream after any block -> logits (B, T, V): the logit lens.

    What the model would answer if the stream ended there: the last norm and the head
    are applied, as after the last block.
    """
    body = model.body
    if body.last_norm is not None:
        x = body.last_norm(x)                                 # (B, T, C)
    if hasattr(model, "transform"):                           # of a BERT
        x = model.transform(x)                                # (B, T, C)
    return model.head(x)                                      # (B, T, V)


@contextlib.contextmanager
def without(model, layer, head):
    """While it lasts, this head of this layer (from 0) adds nothing: zero ablation."""
    attention = model.body.blocks[layer].attention
    if not 0 <= head < attention.heads:
        raise ValueError(f"head {head} of layer {layer}, which has {attention.heads}")
    D = attention.out.in_features // attention.heads

    def silence(_, given):
        joined = given[0].clone()                             # (B, T, C)
        joined[..., head * D:(head + 1) * D] = 0
        return (joined,)

    hook = attention.out.register_forward_pre_hook(silence)
    try:
        yield model
    finally:
        hook.remove()


def rollout(maps):
    """[weights (B, H, T, T)] of each layer -> (B, T, T): shares traced back to inputs.

    Heads are averaged; half of each state is taken to be the stream's own, which
    passes by. Rows have sum 1. It knows weights only, neither values nor MLPs.
    """
    total = None
    for weights in maps:
        mixed = weights.mean(1)                               # (B, T, T)
        mixed = (mixed + torch.eye(len(mixed[0])).to(mixed)) / 2    # (B, T, T)
        total = mixed if total is None else mixed @ total     # (B, T, T)
    return total


def sources(ids):
    """ids (B, T) -> (B, T): where the symbol after its last earlier occurrence stands.

    -1 where there is none, or where that is the position itself.
    """
    at = torch.arange(ids.shape[1])                           # (T)
    same = ids[:, :, None] == ids[:, None, :]                 # (B, T, T)
    earlier = same & (at < at[:, None] - 1)                   # (B, T, T)
    last = torch.where(earlier, at, -2).amax(2)               # (B, T)
    return last + 1                                           # (B, T)


def induction(weights, ids):
    """weights (B, H, T, T), ids (B, T) -> (H): how much a head looks at what it copies.

    The mean weight, over positions whose symbol (no boundary) occurred before, on the
    position after that occurrence.
    """
    source = sources(ids)                                     # (B, T)
    counts = (source >= 0) & (ids != 0)                       # (B, T)
    if not counts.any():
        raise ValueError("no symbol occurs twice, so nothing could be copied")
    at = source.clamp(min=0)[:, None, :, None].expand(-1, weights.shape[1], -1, -1)
    looked = weights.gather(3, at)[..., 0]                    # (B, H, T)
    return looked.transpose(1, 2)[counts].mean(0)             # (H)


def previous(weights):
    """weights (B, H, T, T) -> (H): the mean weight on the position just before."""
    return weights.diagonal(-1, 2, 3).mean((0, 2))            # (H)
