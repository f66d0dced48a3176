"""Switch a head off, trace shares back to the input, and score the copying of a head.

    B  examples    T  positions    C  channels
    H  heads       L  layers       D  channels of a head, C / H

Exercises: without, rollout, induction.
Chapter: docs/makemore/heads.md.  In place of: scratch.makemore.heads.
"""

import contextlib

import torch

from scratch.makemore.gpt import GPT
from scratch.makemore.heads import sources
from scratch.makemore.transformer import Config


@contextlib.contextmanager
def without(model, layer, head):
    """While it lasts, this head of this layer (from 0) adds nothing: zero ablation.

    model.body.blocks[layer].attention has heads (how many) and out, the linear layer
    that reads the answers of all heads side by side (B, T, H * D). Put zeros where out
    would read this head's, by a hook (out.register_forward_pre_hook: it is called with
    the layer and the tuple of its arguments, and what it returns takes their place), and
    yield the model. However the `with` ends, the hook is removed; what other code holds
    is not written into. ValueError ("head 3 of layer 1, which has 3") if there is no
    such head.

    What is a head worth? Ablation by the loss

    >>> model = GPT(Config(3, 2, layers=1, heads=2, channels=4))
    >>> out = model.body.blocks[0].attention.out
    >>> _ = out.weight.data.copy_(torch.eye(4)), out.bias.data.zero_()
    >>> answers = torch.tensor([[[1.0, 2.0, 3.0, 4.0]]])     # of two heads, two channels each
    >>> with without(model, 0, 1):
    ...     out(answers).tolist()
    [[[1.0, 2.0, 0.0, 0.0]]]
    >>> with without(model, 0, 0):
    ...     out(answers).tolist()
    [[[0.0, 0.0, 3.0, 4.0]]]
    >>> with contextlib.suppress(KeyError), without(model, 0, 0):
    ...     raise KeyError("whatever goes wrong in between")
    >>> out(answers).tolist()
    [[[1.0, 2.0, 3.0, 4.0]]]
    >>> with without(model, 0, 2):
    ...     pass
    Traceback (most recent call last):
    ValueError: head 2 of layer 0, which has 2
    """
    raise NotImplementedError("without is yours to write")


def rollout(maps):
    """[weights (B, H, T, T)] of each layer, the first one first -> (B, T, T).

    Row t has the shares that the input's positions have in position t after the last
    layer. Of each layer's map, take the mean over heads, and mix it half and half with
    the stream that passes by.

    Which letters reach a place? Attention rollout

    >>> one = torch.tensor([[[[1.0, 0, 0], [1, 0, 0], [0, 0, 1]]]])      # 1 looks at 0
    >>> two = torch.tensor([[[[1.0, 0, 0], [0, 1, 0], [0, 1, 0]]]])      # 2 looks at 1
    >>> rollout([one]).tolist()
    [[[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]]
    >>> rollout([one, two]).tolist()                                     # 2 has some of 0
    [[[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.25, 0.25, 0.5]]]
    >>> rollout([two, one])[0, 2].tolist()                               # and here none
    [0.0, 0.5, 0.5]
    >>> rollout([torch.cat([one, two], 1)])[0, 2].tolist()               # two heads
    [0.0, 0.25, 0.75]
    """
    raise NotImplementedError("rollout is yours to write")


def induction(weights, ids):
    """weights (B, H, T, T), ids (B, T) -> (H): how much a head looks at what it copies.

    The mean weight on the position to copy from, over all positions that have one and
    whose symbol is no boundary (0). sources(ids) (B, T) has these positions, and -1
    where there is none. ValueError ("no symbol occurs twice, so nothing could be
    copied") if there is none at all.

    How does a model copy? Induction heads

    >>> ids = torch.tensor([[0, 1, 2, 3, 1, 2]])
    >>> sources(ids).tolist()
    [[-1, -1, -1, -1, 2, 3]]
    >>> weights = torch.zeros(1, 2, 6, 6)
    >>> weights[0, 0, [4, 5], [2, 3]] = torch.tensor([0.5, 1.0])     # of the first head
    >>> induction(weights, ids).tolist()
    [0.75, 0.0]
    >>> induction(weights, torch.tensor([[0, 1, 2, 0, 1, 3]])).tolist()    # no 0 counts
    [0.5, 0.0]
    >>> induction(weights, torch.arange(6)[None])
    Traceback (most recent call last):
    ValueError: no symbol occurs twice, so nothing could be copied
    """
    raise NotImplementedError("induction is yours to write")
