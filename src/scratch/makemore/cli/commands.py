"""What the program's commands do: train, sample, evaluate, import and fill.

Each gets the options of the command line by their names, and prints. What can be
refused without a model is refused before PyTorch is imported.
"""

import json
import math
import os
import shlex
import sys
import textwrap
from pathlib import Path

from . import Refused
from .kinds import ABSENT, KINDS, LETTERS, SCORED, SETTINGS, SIZES, TEXT

PROGRAM = "python -m scratch.makemore"
COUNT = 20       # words, unless another number is asked for
DRAWING = ("seed", "temperature", "top_k", "top_p", "greedy", "max_length")


def begin(options):
    """A new training, of the model and the settings that were asked for."""
    if options.text is not None:
        path = new_file(options, f"{Path(options.text).stem}.safetensors")
        from . import prose

        return path, prose.begin(options, asked(options))
    if options.tokenizer is not None:
        raise Refused("--tokenizer is for running text; name its file with --text")
    name = options.model or "mlp"
    kind = KINDS[name]
    given = asked(options)
    for setting in given.keys() - kind.settings.keys():
        raise Refused(f"{flag(setting)} is no setting of {name}, which has "
                      f"{', '.join(map(flag, kind.settings))}")
    path = new_file(options, f"{name}.safetensors")
    from .. import data
    from . import run

    words, source = run.read(options.data)
    settings = {**kind.settings, **SIZES.get(options.size, {}), **given}
    settings.pop("size", None)    # layers, heads and channels say it
    if kind.ends and not settings["block_size"]:
        settings["block_size"] = max(map(len, words)) + kind.ends
    if kind.ends:
        run.warn_of_long_lines(words, source)
    new = run.Training(name, settings, options.seed or 0, words, data.Vocabulary(words),
                       source)
    return path, new.prepare(options)


def new_file(options, name):
    """The path of a new checkpoint, which must not be there already."""
    path = writable(options.out or name)
    if path.exists() and not options.force:
        raise Refused(f"{path} is there already: go on with it (--resume {path}), give "
                      "another name (--out), or write over it (--force)")
    return path


def go_on(options):
    """The training in a checkpoint, which must have been on these words."""
    if asked(options) or options.model or options.seed is not None:
        raise Refused("--resume goes on with the settings in the file; leave out "
                      "--model, --seed and the model's settings")
    if holds_text(options.resume):
        from . import prose

        return writable(options.out or options.resume), prose.go_on(options)
    if options.text is not None or options.tokenizer is not None:
        raise Refused(f"{options.resume} was not made by train --text; leave out "
                      "--text and --tokenizer")
    from . import run

    _, facts, _ = run.load(options.resume)
    words, source = run.read(run.source_of(options.resume, facts, options.data))
    if run.digest(words) != facts["sha256 of the words"]:
        raise Refused(f"{options.resume} was trained on {facts['words']:,} words, and "
                      f"those in {source} are not the same; name its file with --data")
    path = writable(options.out or options.resume)
    if KINDS[facts["model"]].ends:
        run.warn_of_long_lines(words, source)
    return path, run.of_checkpoint(options.resume, words, source, options)


def holds_text(path):
    """Whether a file is a checkpoint of train --text, from its head and no more."""
    try:
        with open(path, "rb") as file:
            length = min(int.from_bytes(file.read(8), "little"), 2**28)
            words = json.loads(file.read(length))["__metadata__"]["makemore"]
        return json.loads(words)["facts"]["model"] == TEXT
    except (KeyError, OSError, RecursionError, TypeError, ValueError):
        return False          # whoever reads all of it says what is wrong with it


def writable(name):
    """The path of a checkpoint; Refused, before the work, if it cannot be written."""
    path = Path(name)
    if path.is_dir():
        raise Refused(f"{path} is a folder, and a checkpoint is a file: --out "
                      f"{path / 'model.safetensors'}")
    if not path.parent.is_dir():
        raise Refused(f"there is no folder {path.parent} to write {path.name} to")
    if not os.access(path.parent, os.W_OK):
        raise Refused(f"no file can be written to the folder {path.parent}")
    return path


def asked(options):
    """The settings that were given on the command line."""
    return {name: value for name in SETTINGS
            if (value := getattr(options, name)) is not None}


def train(options):
    """Train a model, or go on with a training."""
    start = go_on if options.resume else begin
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        return trained(*start(options), options)
    from .. import training

    training.init_distributed(options.device)
    if training.rank_and_world_size()[0] > 0:     # the first process speaks for all
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")
    try:
        return trained(*start(options), options)
    finally:
        training.destroy_distributed()


def introduce(new):
    """Say what is trained, with which settings, and from where."""
    settings = "".join(f", {name.replace('_', ' ')} {plain(value)}"
                       for name, value in new.settings.items()
                       if value != ABSENT.get(name))
    print(textwrap.fill(f"{new.name}: {new.size()}{settings}", 78,
                        subsequent_indent="    "), flush=True)
    if new.losses and not new.finished:
        print(f"going on after step {len(new.losses):,}", flush=True)


def take_steps(path, new, options):
    """Train to the end -> 0; or, interrupted, say how to go on -> the exit status."""
    if new.finished:
        print(f"all {len(new.losses):,} steps have been taken")
    elif signal := new.run(path, options.save_every):
        print(f"stopped after step {len(new.losses):,} of {new.steps:,}, "
              f"saved as {path}. To go on:\n    {PROGRAM} train --resume {path}")
        return 128 + signal
    return 0


def trained(path, new, options):
    """Train, measure and tell about it -> the exit status."""
    if new.name == TEXT:
        from . import prose

        return prose.trained(path, new, options)
    from .. import bert, data

    kind, words, vocabulary = new.kind, new.words, new.vocabulary
    parts = [len(part) for part in data.split(words)]
    print(f"{len(words):,} words: {parts[0]:,} to train on, {parts[1]:,} dev, "
          f"{parts[2]:,} test; {len(vocabulary)} symbols")
    introduce(new)
    if kind.counts:
        new.save(path)
    elif status := take_steps(path, new, options):
        return status
    if new.losses:
        print("the loss of the minibatches, in nats:")
        print(curve(new.losses))
    if not kind.counts and len(new.losses) < new.steps:
        print(f"dev did not improve any more, so it stopped after step "
              f"{len(new.losses):,} and took back the best parameters")
    if not kind.counts:
        new.model.eval()
    scores = measured(new, words, ["train", "dev"])
    print(table(kind, scores))
    blind = math.log(len(vocabulary) - kind.fills)    # which predicts no ends of words
    if scores["dev"].nats > blind:
        print(f"To guess blindly would be better on dev ({blind:.4f} nats)."
              + (" Try a smaller --rate." if new.losses else ""))
    if kind.fills:
        pattern = shlex.quote(bert.BLANK + words[0][1:])
        print(f"saved as {path}. To fill in letters:\n"
              f"    {PROGRAM} sample {path} --fill {pattern}")
    else:
        print(f"saved as {path}. To sample from it:\n    {PROGRAM} sample {path}")


def curve(losses, width=60, height=8):
    """Losses, one per step -> text: the means of equal stretches, drawn as stars.

    >>> print(curve([2 + 30 / (n + 10) for n in range(2000)], width=40, height=5))
       3.1 |*
           |
           |
           | ***
      2.02 |    ************************************
           +----------------------------------------
            step 1                         step 2000
    """
    width = min(width, len(losses))
    edges = [n * len(losses) // width for n in range(width + 1)]
    means = [sum(losses[a:b]) / (b - a) for a, b in zip(edges, edges[1:])]
    known = [mean for mean in means if math.isfinite(mean)]
    if not known:
        return "no loss is a number: the training diverged"
    low, high = min(known), max(known)
    unit = (high - low) / (height - 1) or 1.0
    rows = [round((mean - low) / unit) if mean in known else None for mean in means]
    lines = []
    for row in reversed(range(height)):
        label = {height - 1: f"{high:.3g}", 0: f"{low:.3g}"}.get(row, "")
        stars = "".join("*" if each == row else " " for each in rows)
        lines.append(f"{label:>6} |{stars}".rstrip())
    first, last = "step 1", f"step {len(losses)}"
    lines.append(f"{'':6} +{'-' * width}")
    lines.append(f"{'':7} {first}{last:>{max(len(last) + 1, width - len(first))}}")
    return "\n".join(lines)


def plain(value):
    return value if isinstance(value, str) else (
        f"{value:,}" if isinstance(value, int) else f"{value:g}")


def flag(setting):
    return "--" + setting.replace("_", "-")


def measured(trained, words, names):
    """{name: Score} on some of the splits of the words."""
    from .. import data

    parts = dict(zip(["train", "dev", "test"], data.split(words)))
    return {name: trained.kind.score(trained.model, parts[name], trained.vocabulary)
            for name in names}


def table(kind, scores):
    """evaluate.table, with what a bert's numbers are above it."""
    from .. import evaluate

    what = "" if not kind.fills else (
        f"pseudo-log-likelihood, of up to {SCORED:,} words of up to {LETTERS} letters: "
        "each predicted\nfrom the rest of its word; it cannot be compared with the "
        "loss of other models\n")
    return what + evaluate.table(scores)


def sample(options):
    """Make words with a trained model."""
    how = {name: value for name in DRAWING
           if (value := getattr(options, name)) is not None}
    if options.temperature == 0:
        raise Refused("--temperature must be above 0; toward 0 it becomes --greedy")
    if holds_text(options.checkpoint):
        from . import prose

        return prose.sample(options)
    from . import published, run

    if published.holds(options.checkpoint):
        return answered(published.Answering(options.checkpoint), options, how)
    found = run.of_checkpoint(options.checkpoint, None, None)
    if options.fill is not None:
        return fill(found, options, how)
    if found.kind.fills:
        raise Refused(f"{options.checkpoint} holds a {found.name}, which does not make "
                      "words from their beginning; it fills in letters: --fill '?mm?'")
    if options.prompt is not None:
        if found.name != "gpt":
            raise Refused(f"--prompt needs a gpt, or a model that import brought in; "
                          f"{options.checkpoint} holds a model called {found.name!r}")
        how["prefix"] = options.prompt
    for word in drawn(found, COUNT if options.count is None else options.count, how):
        print(word)


def answered(model, options, how):
    """A published model's continuations of a prompt, or what it fills in."""
    if options.fill is not None:
        return filled(model, options.fill, options.count)
    how["count"] = how.pop("max_length", 50)
    count = 1 if options.count is None else options.count
    for n in range(count):
        if n:
            print("---")
        model.go_on(options.prompt, {**how, "seed": how.get("seed", 0) + n}, sys.stdout)


def filled(model, text, count):
    for whole, p in model.fill(text, 5 if count is None else count):
        print(f"{whole}  {p:.4f}")


def fill_(options):
    """Fill in what a text leaves out, with a bert."""
    from . import published, run

    if published.holds(options.checkpoint):
        model = published.Answering(options.checkpoint)
        return filled(model, options.text, options.count)
    options.fill = options.text
    return fill(run.of_checkpoint(options.checkpoint, None, None), options, {})


def import_(options):
    """Bring in a published model, from a folder of Hugging Face."""
    name = f"{Path(options.folder).absolute().name}.safetensors"
    path = writable(options.out or name)
    if path.exists() and not options.force:
        raise Refused(f"{path} is there already: give another name, or write over it "
                      "(--force)")
    from . import published

    published.bring_in(options, path)


def drawn(found, count, how):
    """count sampled words, without those that ended before their first letter.

    The words of a seed are the first ones of any larger number of them.
    """
    tries = count
    while True:
        made = found.kind.sample(found.model, found.vocabulary, tries, **how)
        words = [word for word in made if word]
        if len(words) >= count:
            return words[:count]
        if tries > 10 * count + 1000:
            raise Refused(f"of {tries:,} words that the model made, only {len(words)} "
                          "have a letter; train it longer, or draw in another way")
        tries = 2 * tries + 10


def fill(found, options, how):
    """The likeliest words of a pattern, and how likely they are."""
    from .. import bert

    if not found.kind.fills:
        raise Refused(f"--fill needs a bert, which sees both sides of a letter; "
                      f"{options.checkpoint} holds a model called {found.name!r}")
    for name in how:
        raise Refused(f"{flag(name)} is for words that are drawn; --fill finds the "
                      "likeliest, and knows --count only")
    if bert.BLANK not in options.fill:
        raise Refused(f"{options.fill!r} has no {bert.BLANK}, which stands for a "
                      "letter to fill in, as in '?mm?'")
    count = COUNT if options.count is None else options.count
    for word, p in bert.fill(found.model, found.vocabulary, options.fill, count,
                             width=max(200, count)):
        print(f"{word}  {p:.4f}")


def evaluate(options):
    """Measure a trained model."""
    if holds_text(options.checkpoint):
        from . import prose

        return prose.evaluate(options)
    from .. import data
    from .. import evaluate as measures
    from . import run

    _, facts, vocabulary = run.load(options.checkpoint)
    source = run.source_of(options.checkpoint, facts, options.data)
    words = data.read_words(source)
    judged = run.of_checkpoint(options.checkpoint, words, source)
    model, kind = judged.model, judged.kind
    if judged.losses and len(judged.losses) < judged.steps:
        print(f"after step {len(judged.losses):,} of {judged.steps:,}")
    remark = ""
    if run.digest(words) == facts["sha256 of the words"]:
        names = ["train", "dev"] + ["test"] * options.test
        print(table(kind, measured(judged, words, names)))
        known, held = data.split(words)[0], sum(data.split(words)[1:], [])
        where = "train", "dev or test"
    elif options.test:
        raise Refused(f"{source} is not what the model was trained on, so that it has "
                      "no test split")
    else:
        remark = other_words(words, source, facts)
        try:
            everything = kind.score(model, words, vocabulary)
        except ValueError as error:
            what = f"{source} does not fit {options.checkpoint}"
            raise Refused(f"{what}: {error}") from None
        print(table(kind, {"all": everything}))
        known, held, where = words, [], (str(source), "")
    if options.count and not kind.fills:
        made = drawn(judged, options.count, {"seed": options.seed})
        found = measures.novelty(made, known, held)
        print(f"{len(made):,} sampled words, {len(set(made)):,} of them different: "
              f"{len(found.train) / len(made):.1%} in {where[0]}, "
              + (f"{len(found.test) / len(made):.1%} in {where[1]}, " if held else "")
              + f"{len(found.new) / len(made):.1%} new")
    if remark:
        print(textwrap.fill(remark, 78))


def other_words(words, source, facts):
    """How a list that is not the one trained on is measured, and what it may share."""
    from .. import data
    from . import run

    before = Path(facts["data"])
    if Path(source).absolute() == before:
        return (f"{source} was changed after the training ({facts['words']:,} words "
                f"then, {len(words):,} now), so that its splits are lost: all of it is "
                "measured, words that the model was trained on among them")
    what = f"{source} is not the list that the model was trained on"
    try:
        trained_on = data.read_words(before)
    except (OSError, ValueError):
        trained_on = []
    if run.digest(trained_on) != facts["sha256 of the words"]:
        return (f"{what}, which is no longer in {before}: words that it was trained on "
                "may be among these")
    known = set(data.split(trained_on)[0])
    shared = sum(word in known for word in words)
    return f"{what}: it was trained on {shared:,} of these {len(words):,} words"
