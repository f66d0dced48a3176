"""What the program says of vectors: the neighbours of a word, and what probes read.

Each command gets the options of the command line by their names, and prints.
"""

from . import Refused
from .kinds import KINDS

PROBED = 1000    # words on whose letters probes are fitted, and as many to test them


def opened(options):
    """A checkpoint of a gpt or a bert, and the words to look among, which fit it."""
    from .. import data
    from . import run

    _, facts, _ = run.load(options.checkpoint)
    if not KINDS[facts["model"]].layered:
        able = " or ".join(name for name, kind in KINDS.items() if kind.layered)
        raise Refused(f"{options.checkpoint} holds a model called {facts['model']!r}; "
                      f"it takes a {able} to look into the vectors of each layer")
    source = run.source_of(options.checkpoint, facts, options.data)
    words = list(dict.fromkeys(data.read_words(source)))
    return run.of_checkpoint(options.checkpoint, words, source), words


def layers_of(found, model, words):
    """Words, sorted by length -> pairs of ids (N, T) and a state (N, T, C) per layer.

    Refused if the model cannot read one of them.
    """
    from .. import represent

    try:
        for ids, _ in found.kind.in_groups(model, words, found.vocabulary):
            yield ids, represent.states(model, ids)
    except ValueError as error:
        raise Refused(f"the model cannot read these words: {error}") from None


def neighbours(options):
    """Find the words whose vectors are nearest to a word's."""
    from .. import represent

    found, words = opened(options)
    if not options.words:
        names = [*found.vocabulary.characters[1:]]
        asked, table = names, found.model.body.symbols.weight.detach()
        x = of_asked = table[1:len(names) + 1]
    else:
        asked, names = [sorted(dict.fromkeys(some), key=len)
                        for some in (options.words, words)]
        of_asked, x = (of_words(found, some, options) for some in (asked, names))
    count = min(options.count + 1, len(names))    # a word is its own nearest
    near = represent.similarity(of_asked, x, options.measure).topk(count)
    for word, chosen, how in zip(asked, near.indices.tolist(), near.values.tolist()):
        others = [(names[n], each) for n, each in zip(chosen, how) if names[n] != word]
        print(f"{word}:", "  ".join(f"{name} {abs(each):.3f}"
                                    for name, each in others[:options.count]))


def of_words(found, words, options):
    """Words, sorted by length -> a vector for each (N, C)."""
    import torch

    L = found.model.config.layers
    layer = L if options.layer is None else options.layer
    if layer > L:
        raise Refused(f"--layer {layer}, and the model has {L}; 0 is before the first")
    if options.where == "first" and not found.kind.fills:
        raise Refused(f"--where first is the boundary before a word, where a "
                      f"{found.name} has seen no letter yet; take mean or last")
    vectors = []
    for ids, states in layers_of(found, found.model, words):
        x, letters = states[layer], (ids != 0).sum(1)
        if options.where == "mean":
            sums = (x * (ids != 0)[:, :, None]).sum(1)
            vectors.append(sums / letters[:, None])
        else:
            place = letters if options.where == "last" else torch.zeros_like(letters)
            vectors.append(x[torch.arange(len(x)), place])
    return torch.cat(vectors)


def probe(options):
    """Tell which letters a linear probe can read from each layer."""
    from .. import data
    from . import run

    found, words = opened(options)
    fitted, tested, _ = (part[:PROBED] for part in data.split(words))
    fresh = run.Training(found.name, found.settings, found.seed, words,
                         found.vocabulary, None).model.eval()
    trained, raw = (rights(found, model, fitted, tested)
                    for model in (found.model, fresh))
    print(f"per cent right at the letters of {len(tested):,} words; in brackets, of "
          "an untrained model")
    L = found.model.config.layers
    print(f"{'layer':14}" + "".join(f"{n:>15}" for n in range(L + 1)))
    for task, right in trained.items():
        each = [f"{100 * a:.1f} ({100 * b:.1f})" for a, b in zip(right, raw[task])]
        print(f"{task:14}" + "".join(f"{text:>15}" for text in each))
    print("control: each pair of a letter and the one before has a label by chance")


def rights(found, model, fitted, tested):
    """{task: [the share that its probe gets right, of each layer]}."""
    import torch

    from .. import represent

    V = len(found.vocabulary)
    (x, y), (x_test, y_test) = (at_letters(found, model, words)
                                for words in (fitted, tested))
    label = represent.control(y["this letter"], torch.arange(V * V),
                              torch.Generator().manual_seed(0))
    for each in (y, y_test):
        each["control"] = label[each["letter before"] * V + each["this letter"]]
    return {task: [(represent.Probe(a, y[task], V)(b) == y_test[task]).double().mean()
                   .item() for a, b in zip(x, x_test)] for task in y}


def at_letters(found, model, words):
    """Words -> the states at their letters, of each layer, and {task: answers}."""
    import torch

    layers, answers = [], []
    for ids, states in layers_of(found, model, words):
        letters = ids != 0
        layers.append([x[letters] for x in states])
        after = torch.nn.functional.pad(ids, (0, 1))[:, 1:]    # 0 behind a word's end
        answers.append([ids[letters], ids.roll(1, 1)[letters], after[letters]])
    names = "this letter", "letter before", "letter after"
    return [torch.cat(each) for each in zip(*layers)], dict(
        zip(names, (torch.cat(each) for each in zip(*answers))))
