"""transformer.train for a GPT of words, the same losses in less than half the time.

    >>> from dataclasses import replace
    >>> generator = lambda: torch.Generator().manual_seed(1)
    >>> config = Config(27, block_size=8, layers=2, heads=2, channels=16)
    >>> ids = torch.randint(1, 27, (100, 8), generator=generator())
    >>> targets = ids.where(torch.arange(8) < torch.arange(100)[:, None] % 7 + 2, -1)
    >>> def losses(train):
    ...     model = GPT(config, generator())
    ...     source = data.batches(ids, targets, 32, generator())
    ...     return torch.tensor(list(train(model, source, [0.01] * 20)))
    >>> torch.allclose(losses(train), losses(transformer.train), atol=1e-5)
    True

    B  examples   T  positions of the longest   N  positions that have a target
    C  channels   H  heads                      D  channels of a head, C / H

At these sizes a step is some five hundred small operations, and calling them takes much
of its time. Positions behind the longest word of the minibatch are left out (cropping),
and so are those behind the end of each word (packing); the attention's five operations
become one; all parameters lie in one stretch of memory, so that AdamW is one operation
and not one for each of them.

With dropout the losses differ, because the random numbers fall on other positions.
Left out: post-norm, rotary and sinusoidal positions (refused).

Chapter: docs/makemore/gpt-costs.md.
To copy: this file, gpt.py, transformer.py, attention.py, sample.py and data.py (needs
torch).
"""

import torch
import torch.nn.functional as F

from . import data, transformer    # for the example above, as are the next two
from .gpt import GPT, Config


def train(model, batches, rates, decay=0.01, betas=(0.9, 0.99)):
    """Pairs (ids, targets), a learning rate for each -> the loss of each step.

    Raises ValueError for a model of another kind than pre-norm, learned positions.
    """
    config = model.config
    if config.norm != "pre" or config.positions != "learned":
        raise ValueError("the quick way is for pre-norm and learned positions; "
                         "transformer.train takes every model")
    parameters = list(model.parameters())
    flat = together(parameters)
    optimizer = torch.optim.AdamW([flat], betas=betas, weight_decay=decay, fused=True)
    model.eval()                         # packed_loss has its own dropout
    for rate, (ids, targets) in zip(rates, batches):
        optimizer.param_groups[0]["lr"] = rate
        loss = packed_loss(model, ids, targets, config.dropout)
        gradients = torch.autograd.grad(loss, parameters)
        flat.grad = torch.cat([gradient.flatten() for gradient in gradients])
        optimizer.step()
        yield loss.item()


def together(parameters):
    """Move parameters into one flat tensor, of which each becomes a view -> it."""
    parameters = list(parameters)
    flat = torch.cat([p.detach().flatten() for p in parameters])
    for p, part in zip(parameters, flat.split([p.numel() for p in parameters])):
        p.data = part.view_as(p)
    return flat


def packed_loss(model, ids, targets, p=0.0):
    """model(ids, targets) with dropout p; targets come first in a row, then only -1."""
    wanted = targets >= 0
    B, T = len(ids), int(wanted.any(0).sum())
    slots = wanted[:, :T].flatten().nonzero()[:, 0]                   # (N)
    ids, targets = (x[:, :T].flatten()[slots] for x in (ids, targets))    # (N)
    body, (C, H) = model.body, (model.config.channels, model.config.heads)
    x = F.dropout(body.symbols(ids) + body.positions(slots % T), p)   # (N, C)
    for block in body.blocks:
        qkv = block.attention.qkv(block.norm1(x))                     # (N, 3 * C)
        grid = qkv.new_zeros(B * T, 3 * C).index_copy(0, slots, qkv)  # (B * T, 3 * C)
        q, k, v = grid.view(B, T, 3, H, C // H).permute(2, 0, 3, 1, 4)    # (B, H, T, D)
        y = F.scaled_dot_product_attention(
            q, k, v, is_causal=True, dropout_p=p)               # (B, H, T, D)
        y = y.transpose(1, 2).reshape(B * T, C)[slots]                # (N, C)
        x = x + F.dropout(block.attention.out(y), p)                  # (N, C)
        x = x + F.dropout(block.mlp(block.norm2(x)), p)               # (N, C)
    return F.cross_entropy(model.head(body.last_norm(x)), targets)    # ()
