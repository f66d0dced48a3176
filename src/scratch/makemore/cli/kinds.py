"""The kinds of models that the program knows: a new model is a new entry of KINDS.

Modules of the unit are imported where they are used, since they import PyTorch, and
help is printed from this file alone.
"""

SIZES = {    # those of transformer.py
    "tiny":    dict(layers=2, heads=2, channels=32),
    "default": dict(layers=4, heads=4, channels=64),
    "large":   dict(layers=6, heads=8, channels=128),
}
OPTIMIZERS = {name.lower(): name for name in (    # of optimizers.py
    "SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam", "AdamW")}
SCHEDULES = ("constant", "halves", "cosine")
SETTINGS = {    # name: (type or choices, what it is)
    "alpha": (float, "how much is added to every count"),
    "strength": (float, "how many counts the next shorter context is worth"),
    "size": (SIZES, "layers, heads and channels at once, as listed below"),
    "block_size": (int, "how many symbols of context the model sees; for gpt and bert, "
                   "as many as the longest word takes unless it is given"),
    "layers": (int, "blocks of attention and an MLP"),
    "heads": (int, "attention heads; the channels are divided among them"),
    "channels": (int, "numbers in the embedding of a symbol"),
    "hidden": (int, "hidden units"),
    "output_scale": (float, "factor for the output layer's first weights"),
    "steps": (int, "minibatches to train on"),
    "batch": (int, "examples in a minibatch; words, for rnn, gru, lstm, gpt and bert"),
    "rate": (float, "learning rate"),
    "optimizer": (OPTIMIZERS, "the rule that turns gradients into steps"),
    "schedule": (SCHEDULES, "how the rate falls: not at all; to a tenth at half time; "
                 "to 0 along a cosine"),
    "warmup": (int, "steps in which the rate grows to its full size"),
    "clip": (float, "the norm that gradients are clipped to"),
    "decay": (float, "weight decay"),
    "accumulate": (int, "micro-batches that a minibatch is divided into"),
    "patience": (int, "measurements of dev without a better one before it stops"),
}
ABSENT = {"warmup": 0, "clip": 0.0, "decay": 0.0, "accumulate": 1, "patience": 0}
DESCENT = {"steps": 20_000, "batch": 32, "rate": 0.1, "optimizer": "sgd",
           "schedule": "halves", **ABSENT}
ADAM = {**DESCENT, "steps": 5000, "rate": 0.005, "optimizer": "adamw",
        "schedule": "cosine", "warmup": 100, "clip": 1.0, "decay": 0.01}
ATTENTION = {"size": "default", "block_size": None, **SIZES["default"], **ADAM,
             "rate": 0.002}
SCORED = 4000    # words that a bert is measured on, at most,
LETTERS = 256    # and letters of such a word: each takes a forward pass of its own
CELLS = 2**20    # of its maps of attention at a time, or those of one letter

TEXT = "gpt of a text"    # the model in a checkpoint of train --text (prose.py)


def factor(schedule, step, steps):
    """What the rate of a step, counted from 0, is multiplied by."""
    from .. import optimizers

    if schedule == "halves":
        return optimizers.step_decay(step, max(1, (steps + 1) // 2))
    return optimizers.cosine(step, steps) if schedule == "cosine" else 1.0


def parameters_of_gpt(symbols, block_size, layers, heads, channels):
    """How many parameters a GPT has, without making one.

    Each layer has four C x C matrices of attention and two of C x 4C in its MLP, with
    biases, and two layer norms. The symbols' embedding is the output matrix as well.
    """
    layer = 12 * channels**2 + 13 * channels
    return (symbols + block_size) * channels + layers * layer + 2 * channels


class Kind:
    """A kind of model, and what the program asks of it.

    The answers here are those of a model that is trained by steps, on contexts, and
    that make(V, settings, generator) makes for V symbols.
    """

    counts = False    # whether it counts, and takes no steps
    fills = False     # whether it fills in letters, and makes no words from the left
    layered = False   # whether represent.py can look into its layers
    ends = 0          # boundaries that a word takes in a row; 0: it reads no rows

    def __init__(self, what, settings):
        self.what, self.settings = what, settings

    def examples(self, model, words, vocabulary):
        """x and y, what the model learns from."""
        from .. import data

        return data.dataset(words, vocabulary, model.block_size)

    def predict(self, model):
        """What stands in for model(x) in training, if anything does."""

    def minibatch(self, model, words, vocabulary, generator):
        """What is done to each minibatch, the Trainer's corrupt, if anything is."""

    def pieces(self, x, y):
        """The parts of a minibatch that are worked off one after the other."""
        return [(x, y)]

    def score(self, model, words, vocabulary):
        """The shared measure: nats per character, ends of words included."""
        from .. import data, evaluate

        inputs, targets = data.dataset(words, vocabulary, model.block_size)
        return evaluate.Score(len(targets), evaluate.loss(model, inputs, targets))

    def sample(self, model, vocabulary, count, **how):
        from .. import sample

        return sample.sample(model, vocabulary, count, **how)


class Bigram(Kind):
    """A kind that counts: count() makes the tensors that make() is given."""

    counts = True

    def count(self, words, vocabulary, s):
        from .. import bigram

        return {"counts": bigram.count_pairs(words, vocabulary)}

    def make(self, V, s, tensors):
        from .. import bigram

        return bigram.Bigram(tensors["counts"], s["alpha"])


class NGram(Kind):
    counts = True

    def count(self, words, vocabulary, s):
        """Each context with its target once, and how often it occurred."""
        import torch

        from .. import data

        contexts, targets = data.dataset(words, vocabulary, s["block_size"])
        rows = torch.cat([contexts, targets[:, None]], dim=1)
        rows, counts = torch.unique(rows, dim=0, return_counts=True)
        return {"examples": rows, "counts": counts}

    def make(self, V, s, tensors):
        from .. import ngram

        rows = tensors["examples"].repeat_interleave(tensors["counts"], dim=0)
        return ngram.Interpolated(rows[:, :-1], rows[:, -1], V, s["strength"])


class NeuralBigram(Kind):
    def make(self, V, s, generator):
        from .. import bigram

        return bigram.NeuralBigram(V, generator)


class MLP(Kind):
    def make(self, V, s, generator):
        from .. import mlp

        return mlp.MLP(V, s["block_size"], s["channels"], s["hidden"], generator,
                       s["output_scale"])


class WaveNet(Kind):
    def make(self, V, s, generator):
        from .. import wavenet

        return wavenet.tree(V, s["block_size"], s["channels"], s["hidden"],
                            generator=generator)


class Rows(Kind):
    """A kind that reads whole words, as rows of data.py.

    Its examples are the words' numbers, of which each minibatch makes rows: all rows at
    once, each as long as the longest word, would take more memory than the words. What
    a minibatch's rows have behind its own longest word is cut off.
    """

    def width(self, model, words):
        """How long the rows are: as the model has them, for words that fit."""
        return model.block_size

    def examples(self, model, words, vocabulary):
        """Numbers of the words as x and y; ValueError for a word that does not fit."""
        import torch

        from .. import data

        longest = max(words, key=len)
        data.rows([longest], vocabulary, self.width(model, words), self.ends)
        return torch.arange(len(words)), torch.arange(len(words))

    def minibatch(self, model, words, vocabulary, generator):
        from .. import data

        width = self.width(model, words)

        def rows(numbers, _):
            chosen = [words[n] for n in numbers.tolist()]
            pair = data.rows(chosen, vocabulary, width, self.ends)
            return tuple(each.to(numbers.device) for each in pair)
        return rows

    def pieces(self, x, y):
        from .. import data

        return data.crop(x, y, self.ends)

    def in_groups(self, model, words, vocabulary):
        """Rows (ids, targets) of all the words, some at a time, shorter words first."""
        from .. import data

        words = sorted(words, key=len)
        for n in range(0, len(words), 1024):
            group = words[n:n + 1024]
            width = min(len(group[-1]) + self.ends, self.width(model, group))
            yield from data.crop(*data.rows(group, vocabulary, width, self.ends),
                                 self.ends)


class Recurrent(Rows):
    """A recurrent network with cells of this class, which reads a word as a row."""

    ends = 1

    def __init__(self, what, cell):
        sizes = {"block_size": 16, "channels": 32, "hidden": 128}
        super().__init__(what, {**sizes, **ADAM})
        self.cell = cell

    def make(self, V, s, generator):
        from .. import recurrent

        return recurrent.Recurrent(V, getattr(recurrent, self.cell), s["channels"],
                                   s["hidden"], s["block_size"], generator)

    def width(self, model, words):
        """A word of any length fits: block_size is for samples and measurements."""
        return max(map(len, words)) + 1

    def predict(self, model):
        return model.forward_all


def config(symbols, s):
    from .. import transformer

    return transformer.Config(
        symbols, s["block_size"], s["layers"], s["heads"], s["channels"])


class GPT(Rows):
    layered, ends = True, 1

    def make(self, V, s, generator):
        from .. import gpt

        return gpt.GPT(config(V, s), generator)

    def predict(self, model):
        return model.logits

    def score(self, model, words, vocabulary):
        """The shared measure, of all characters of a word at once."""
        from .. import evaluate, gpt

        total, characters = 0.0, 0
        for ids, targets in self.in_groups(model, words, vocabulary):
            count = int((targets >= 0).sum())
            total += gpt.loss(model, ids, targets) * count
            characters += count
        return evaluate.Score(characters, total / characters)

    def sample(self, model, vocabulary, count, **how):
        from .. import gpt

        return gpt.sample(model, vocabulary, count, **how)


class BERT(Rows):
    fills, layered, ends = True, True, 2

    def make(self, V, s, generator):
        from .. import bert

        return bert.BERT(config(V + 1, s), generator)    # and the mask

    def predict(self, model):
        return model.logits

    def minibatch(self, model, words, vocabulary, generator):
        """Mask a share of the letters of each word, any share, drawn for each word."""
        import torch

        from .. import bert

        rows = super().minibatch(model, words, vocabulary, generator)

        def corrupt(numbers, _):
            ids, _ = rows(numbers.cpu(), _)
            share = torch.rand(len(ids), 1, generator=generator)
            pair = bert.corrupt(ids, bert.mask_of(model), share, generator)
            return tuple(each.to(numbers.device) for each in pair)
        return corrupt

    def score(self, model, words, vocabulary):
        """Another measure: each letter predicted from all the others of its word.

        This needs one forward pass per letter, so only the first SCORED words count,
        without those of more than LETTERS letters, if there are others.
        """
        from .. import bert, evaluate

        words = words[:SCORED]
        words = [word for word in words if len(word) <= LETTERS] or words
        nats, letters = 0.0, 0
        for ids, _ in self.in_groups(model, words, vocabulary):
            batch = max(1, CELLS // ids.shape[1] ** 2)
            nats += bert.pseudo_nll(model, ids, batch=batch).sum().item()
            letters += int((ids != 0).sum())
        return evaluate.Score(letters, nats / letters)


KINDS = {
    "bigram": Bigram("counts of pairs", {"alpha": 1.0}),
    "ngram": NGram("counts of longer contexts, each backed by the next shorter",
                   {"block_size": 5, "strength": 40.0}),
    "neural-bigram": NeuralBigram("the same table, learnt", {**DESCENT, "rate": 10.0}),
    "mlp": MLP("embeddings and a hidden layer (Bengio et al. 2003)",
               {"block_size": 3, "channels": 10, "hidden": 200, "output_scale": 0.01,
                **DESCENT}),
    "wavenet": WaveNet("eight letters, fused two by two (van den Oord et al. 2016)",
                       {"block_size": 8, "channels": 24, "hidden": 128, **ADAM}),
    "rnn": Recurrent("a recurrent network (Elman 1990)", "RNNCell"),
    "gru": Recurrent("one with gates (Cho et al. 2014)", "GRUCell"),
    "lstm": Recurrent("one with gates and a memory (Hochreiter, Schmidhuber 1997)",
                      "LSTMCell"),
    "gpt": GPT("attention to all letters before (Radford et al. 2018)", ATTENTION),
    "bert": BERT("attention to both sides, to fill in letters (Devlin et al. 2019)",
                 ATTENTION),
}
