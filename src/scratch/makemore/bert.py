"""BERT: a Transformer that sees both sides, and predicts what is masked between them.

    >>> words = ["banana", "anna"]
    >>> vocabulary = Vocabulary(words)
    >>> generator = torch.Generator().manual_seed(1)
    >>> model = BERT(Config(5, block_size=8, layers=1, heads=2, channels=16), generator)
    >>> ids, _ = rows(words, vocabulary, block_size=8, boundaries=2)
    >>> masked = masked_batches(ids, mask_of(model), 8, generator, share=None)
    >>> for loss in train(model, masked, [0.01] * 300):
    ...     pass
    >>> [(word, p)] = fill(model, vocabulary, "?nn?", count=1)
    >>> word, p > 0.9
    ('anna', True)

    B  examples    T  positions    V  symbols, the mask among them    C  channels
    N  words       K  classes      W  partly filled words of a beam

A word is a row of data.rows: the boundary (id 0), its letters, the boundary. The
largest id is the mask, which stands for a hidden letter. Jacob Devlin and others, BERT:
pre-training of deep bidirectional transformers for language understanding, NAACL 2019;
scores: Salazar and others, Masked language model scoring, ACL 2020.

Left out: pairs of sentences, and predicting whether one follows the other. The length
of a word is given, so the model cannot predict lengths or continue a word.

Chapter: docs/makemore/bert.md.
To copy: this file, transformer.py, attention.py and data.py (needs torch).
"""

import torch
import torch.nn.functional as F
from torch import nn

from .attention import padding
from .data import Vocabulary, rows    # for the example above
from .transformer import Config, Transformer, init_weights, train

BLANK = "?"    # a hidden letter in a pattern for fill


class BERT(nn.Module):
    """ids (B, T) -> logits (B, T, V), of the symbol at each position.

    model(ids)              the logits (B, T, V)
    model(ids, targets)     the mean loss, in nats, over targets that are not -1

    lengths (B) say how many positions of each row count; if they are not given, a row
    is a word, and ends with its second boundary. transform puts one more layer before
    the logits, as the published models have it.
    """

    def __init__(self, config, generator=None, transform=False):
        super().__init__()
        C = config.channels
        self.config, self.block_size = config, config.block_size
        self.body = Transformer(config)
        self.transform = nn.Sequential(
            nn.Linear(C, C), nn.GELU(config.gelu), nn.LayerNorm(C, config.eps)
        ) if transform else nn.Identity()
        self.head = nn.Linear(C, config.symbols)
        if config.tied:
            self.head.weight = self.body.symbols.weight
        init_weights(self, config, generator)

    def logits(self, ids, lengths=None, maps=None):
        lengths = ends(ids) if lengths is None else lengths       # (B)
        mask = padding(lengths, ids.shape[1])                     # (B, 1, 1, T)
        x = self.body(ids, mask, maps=maps)                       # (B, T, C)
        return self.head(self.transform(x))                       # (B, T, V)

    def forward(self, ids, targets=None, lengths=None):
        logits = self.logits(ids, lengths)                        # (B, T, V)
        return logits if targets is None else mean_loss(logits, targets)

    @classmethod
    def from_huggingface(cls, theirs):
        """A transformers.BertForMaskedLM -> a BERT with its weights, in eval mode.

        The embedding of the first of two sentences, which theirs adds to every
        position, is added to the positions once and for all.
        """
        c = theirs.config
        known = {"gelu": "none", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}
        if c.hidden_act not in known or c.is_decoder:
            raise ValueError(f"activation {c.hidden_act!r} (known are "
                             f"{', '.join(known)}), or it is a decoder")
        model = cls(Config(
            c.vocab_size, c.max_position_embeddings, c.num_hidden_layers,
            c.num_attention_heads, c.hidden_size, c.intermediate_size, norm="post",
            gelu=known[c.hidden_act], eps=c.layer_norm_eps,
            tied=c.tie_word_embeddings), transform=True)
        state = {}
        for name, tensor in theirs.state_dict().items():
            for old, new in NAMES.items():
                name = name.replace(old, new)
            state[name] = tensor
        for n in range(c.num_hidden_layers):
            block = f"body.blocks.{n}.attention"
            for kind in ("weight", "bias"):
                state[f"{block}.qkv.{kind}"] = torch.cat(
                    [state.pop(f"{block}.self.{part}.{kind}")
                     for part in ("query", "key", "value")])
        first = state.pop("bert.embeddings.token_type_embeddings.weight")[0]
        state["body.positions.weight"] = state["body.positions.weight"] + first
        state.setdefault("head.bias", state.pop("cls.predictions.bias", None))
        model.load_state_dict(state)
        return model.eval()


NAMES = {    # of BertForMaskedLM's parts, and here; longer ones first
    "bert.embeddings.word_embeddings": "body.symbols",
    "bert.embeddings.position_embeddings": "body.positions",
    "bert.embeddings.LayerNorm": "body.first_norm",
    "bert.encoder.layer.": "body.blocks.",
    ".attention.output.dense": ".attention.out", ".intermediate.dense": ".mlp.hidden",
    ".attention.output.LayerNorm": ".norm1", ".output.LayerNorm": ".norm2",
    ".output.dense": ".mlp.out",
    "cls.predictions.transform.dense": "transform.0",
    "cls.predictions.transform.LayerNorm": "transform.2",
    "cls.predictions.decoder": "head",
}


def mean_loss(logits, targets):
    """Nats per target that is not -1; 0 if there is none."""
    total = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1,
                            reduction="sum")
    return total / (targets >= 0).sum().clamp(min=1)    # ()


def mask_of(model):
    """The id of the mask: the largest."""
    return model.config.symbols - 1


def ends(ids):
    """ids (B, T) -> (B): how many positions a word takes, both boundaries included."""
    return ((ids == 0).cumsum(1) < 2).sum(1) + 1


def corrupt(ids, mask, share=0.15, generator=None):
    """ids (B, T) -> inputs (B, T), targets (B, T): -1 but for the chosen letters.

    Each letter is chosen with probability share, a number or (B, 1). Of the chosen, 80
    per cent are replaced by the mask, 10 by a random letter, and 10 stay as they are.
    """
    def chance():
        return torch.rand(ids.shape, generator=generator)

    chosen = (ids != 0) & (chance() < share)                      # (B, T)
    targets = ids.where(chosen, -1)                               # (B, T)
    what = chance()                                               # (B, T)
    letters = torch.randint(1, mask, ids.shape, generator=generator)    # (B, T)
    inputs = ids.where(~chosen | (what >= 0.8), mask)             # (B, T)
    inputs = inputs.where(~chosen | (what < 0.8) | (what >= 0.9), letters)    # (B, T)
    return inputs, targets


def masked_batches(ids, mask, batch=32, generator=None, share=0.15):
    """Minibatches for train, without end, each corrupted when it is drawn.

    With share=None, each word has a share of its own, drawn between 0 and 1, and the
    model gets to know words of which little is left. Columns that are padding in every
    word of the minibatch are cut off.
    """
    while True:
        chosen = ids[torch.randint(len(ids), (batch,), generator=generator)]
        each = torch.rand(batch, 1, generator=generator) if share is None else share
        yield corrupt(chosen[:, :ends(chosen).max()], mask, each, generator)


@torch.no_grad()
def pseudo_nll(model, ids, ahead=False, batch=4096):
    """ids (N, T) -> nats (N, T): -ln p of each letter, given the others; 0 elsewhere.

    A letter is masked while it is predicted. The sum of a row is its negated pseudo-
    log-likelihood. It is not a likelihood: each letter is predicted from letters that
    were themselves predicted from it. With ahead, all letters that follow are masked,
    too, and the sum is -ln p(word | its length), by the chain rule.
    """
    N, T = ids.shape
    row, place = (ids != 0).nonzero(as_tuple=True)
    nats = torch.zeros(N, T, dtype=torch.float64)                 # (N, T)
    for n, t in zip(row.split(batch), place.split(batch)):
        hide = torch.arange(T) == t[:, None]
        if ahead:
            hide = (torch.arange(T) >= t[:, None]) & (ids[n] != 0)
        logits = model(ids[n].masked_fill(hide, mask_of(model)))
        logprobs = of_letters(logits[torch.arange(len(n)), t])
        nats[n, t] = -logprobs.gather(1, ids[n, t][:, None] - 1)[:, 0]
    return nats


def of_letters(logits):
    """(..., V) -> log-probabilities (..., V - 2): no boundary, no mask."""
    return logits[..., 1:-1].double().log_softmax(-1)


@torch.no_grad()
def fill(model, vocabulary, pattern, count=5, width=200):
    """"?mm?" -> [(word, p)], the count likeliest fillings and their probabilities.

    Blanks are filled from the left; of the words begun, the width likeliest are kept
    (beam search), which is all of them for one blank. p is the product of each
    letter's probability, given the pattern and the letters filled in before. A "?" of
    the vocabulary itself cannot be written in a pattern.
    """
    mask = mask_of(model)
    blank = [c == BLANK for c in pattern]
    code = [mask if b else vocabulary.encode(c)[0] for b, c in zip(blank, pattern)]
    if not pattern or len(pattern) + 2 > model.block_size:
        raise ValueError(f"{pattern!r:.60} has {len(pattern)} characters; 1 to "
                         f"{model.block_size - 2} can be filled in")
    beam = torch.tensor([[0, *code, 0]])                          # (1, T)
    total = torch.zeros(1, dtype=torch.float64)
    for t in [n + 1 for n, each in enumerate(blank) if each]:
        logprobs = of_letters(model(beam)[:, t])                  # (W, V - 2)
        total, best = (total[:, None] + logprobs).flatten().topk(
            min(width, logprobs.numel()))
        beam = beam[best // (mask - 1)]
        beam[:, t] = best % (mask - 1) + 1
    return [(vocabulary.decode(ids[1:-1]), p)
            for ids, p in zip(beam[:count].tolist(), total.exp().tolist())]


def pooled(x, ids, where="first"):
    """x (B, T, C), ids (B, T) -> (B, C): one vector for each word.

    The state at the first boundary, at the last one, or the mean over the letters.
    """
    if where == "first":
        return x[:, 0]                                            # (B, C)
    if where == "last":
        return x[torch.arange(len(x)), ends(ids) - 1]             # (B, C)
    if where != "mean":
        raise ValueError(f"where={where!r}; known are 'first', 'mean' and 'last'")
    letters = (ids != 0)[:, :, None].to(x.dtype)                  # (B, T, 1)
    return (x * letters).sum(1) / letters.sum(1).clamp(min=1)     # (B, C)


class Classifier(nn.Module):
    """ids (B, T) -> logits (B, K), of a word's class; with labels (B), the mean loss.

    It takes over a BERT's body, trained or not, and reads one vector for each word: by
    default at the first boundary, as BERT does at its [CLS].
    """

    def __init__(self, bert, classes, generator=None, where="first"):
        super().__init__()
        self.body, self.where = bert.body, where
        self.head = nn.Linear(bert.config.channels, classes)
        nn.init.normal_(self.head.weight, std=0.02, generator=generator)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids, labels=None):
        mask = padding(ends(ids), ids.shape[1])                   # (B, 1, 1, T)
        x = self.body(ids, mask)                                  # (B, T, C)
        logits = self.head(pooled(x, ids, self.where))            # (B, K)
        return logits if labels is None else F.cross_entropy(logits, labels)
