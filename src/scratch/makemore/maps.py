"""Attention maps: drawn as squares, and in per cent, of models that fit into a page.

    >>> words = ["anna", "banana"]
    >>> vocabulary = Vocabulary(words)
    >>> config = Config(4, block_size=8, layers=1, heads=1, channels=8)
    >>> model = GPT(config, torch.Generator().manual_seed(1))
    >>> [weights] = seen(model, vocabulary, "an")
    >>> [len(row) for row in weights[0]]         # how many ., a and n may look at
    [1, 2, 3]
    >>> small, kept = rounded(model)
    >>> step, text = kept["body.last_norm.weight"]       # which were 1
    >>> f"{127 * step:.0f}", text
    ('1', 'f39/f39/f38=')

T  symbols of a name, boundaries included    S  symbols that can be looked at

The book's pages have a viewer of attention (docs/assets/widgets/attention.js), for
which viewer() has the names of a chapter, and rounded() the weights with which the page
computes what is seen in a name that somebody types (forward.js).

Left out: weights of more than 127 steps each way, which small models do not need, and
maps of many names at once.

Chapter: docs/makemore/gpt-vs-bert.md.  To copy: this file, gpt.py, bert.py,
transformer.py, attention.py, sample.py and data.py (needs torch and matplotlib).
"""

import base64
import copy
import math

import matplotlib.pyplot as plt
import torch
from matplotlib.colors import ListedColormap, to_rgb

from .bert import BERT, mask_of, of_letters
from .data import Vocabulary, rows
from .gpt import GPT
from .transformer import Config    # for the example above

BLUE = "#2f7fb8"
ASKED = {GPT: ["GPT: causal"], BERT: ["BERT: bidirectional", "BERT, the letter hidden"]}


def squares(ax, table, rows=(), columns=(), top=1.0, colour=BLUE, size=None):
    """table (T, S) of 0 to top as squares, the more opaque the larger; 0 is empty."""
    table = torch.as_tensor(table).double()                          # (T, S)
    shades = ListedColormap([(*to_rgb(colour), n / 255) for n in range(256)])
    ax.pcolormesh(table.where(table > 0, math.nan), cmap=shades, vmin=0, vmax=top,
                  edgecolors=(0.5, 0.5, 0.5, 0.35), linewidth=0.4)
    ax.set(xlim=(0, table.shape[1]), ylim=(table.shape[0], 0), aspect="equal")
    ax.set_xticks([n + 0.5 for n in range(len(columns))], columns, fontsize=size)
    ax.set_yticks([n + 0.5 for n in range(len(rows))], rows, fontsize=size)
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines[:].set_visible(True)


def areas(weights, symbols):
    """One head's weights, as of seen(): a figure in which each is a square's area.

    What the mask hides is marked by a cross.
    """
    figure, ax = plt.subplots(figsize=(4.6, 4))
    for t, row in enumerate(weights):
        for s, weight in enumerate(row):
            side = math.sqrt(weight / 100)
            ax.add_patch(plt.Rectangle((s - side / 2, t - side / 2), side, side,
                                       color=BLUE, linewidth=0))
        for s in range(len(row), len(weights)):
            ax.text(s, t, "×", ha="center", va="center", color="grey")
    ax.set(xlim=(-0.5, len(weights) - 0.5), ylim=(len(weights) - 0.5, -0.5),
           aspect="equal", xticks=range(len(weights)), yticks=range(len(weights)),
           xticklabels=symbols, yticklabels=symbols)
    ax.tick_params(length=0, labelbottom=False, labeltop=True)
    ax.grid(False)
    return figure


@torch.no_grad()
def seen(model, vocabulary, name):
    """[weights] of a GPT's heads in a name, or [weights, guesses] of a BERT.

    Weights are per cent, for each head and symbol, of the symbols that it may see.
    Guesses are the five likeliest letters in the place of each that is hidden, if it is
    hidden alone: [letter, per cent, letter, per cent, ...].
    """
    ids, _ = rows([name], vocabulary, len(name) + 2, boundaries=2)   # (1, T), (1, T)
    maps, causal = [], isinstance(model, GPT)
    model.logits(ids[:, :-1] if causal else ids, maps=maps)
    weights = [[percent(row[:t + 1] if causal else row) for t, row in enumerate(head)]
               for layer in maps for head in layer[0]]
    if causal:
        return [weights]
    place = torch.arange(len(name))
    hidden = ids.repeat(len(name), 1)
    hidden[place, place + 1] = mask_of(model)
    p = of_letters(model(hidden)[place, place + 1]).exp()
    letters, guesses = vocabulary.characters[1:], []
    for each in p:
        best = each.topk(5)
        likeliest = zip(best.indices.tolist(), percent(best.values))
        guesses.append([part for n, share in likeliest for part in (letters[n], share)])
    return [weights, guesses]


def percent(shares):
    return (100 * shares).round().int().tolist()


def viewer(models, vocabulary, names):
    """The data of the viewer: what models of one size see in names."""
    config = models[0].config
    heads = [f"layer {layer + 1}, head {head + 1}"
             for layer in range(config.layers) for head in range(config.heads)]
    return {"heads": heads,
            "models": [way for model in models for way in ASKED[type(model)]],
            "names": [[name, *(what for model in models
                               for what in seen(model, vocabulary, name))]
                      for name in names],
            "longest": config.block_size - 2}


@torch.no_grad()
def rounded(model):
    """A copy of the model with weights of 8 bits, and these: {name: [step, text]}.

    A weight is its tensor's step times a whole number from -127 to 127; the text has
    these as bytes, in base64.
    """
    small, kept = copy.deepcopy(model), {}
    for name, weight in small.named_parameters():
        step = weight.abs().max().clamp(min=1e-12) / 127    # of zeros, too
        whole = (weight / step).round()
        weight.copy_(whole * step)
        kept[name] = [step.item(), base64.b64encode(whole.char().numpy()).decode()]
    return small, kept
