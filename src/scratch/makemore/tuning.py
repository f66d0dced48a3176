"""Instructions: a model that continues learns to do what is asked, from examples of it.

    >>> words = ["anna", "hanna", "bob"]
    >>> pairs = instructions(words)
    >>> print(*map("".join, pairs[:4]), sep="; ")
    spell anna:a n n a; reverse anna:anna; count anna:4; rhyme anna:hanna
    >>> vocabulary = Vocabulary([*words, SIGNS])
    >>> ids, targets = rows([("count bob:", "3")], vocabulary, block_size=12)
    >>> vocabulary.decode(ids[0, :-1])                       # what is read
    '.count bob:'
    >>> targets[0].tolist() == [-1] * 10 + vocabulary.encode("3") + [0]
    True

    N  instructions    T  positions of a row, the block_size

Supervised fine-tuning (SFT) is the training of before on other rows: a prompt and its
answer, of which only the answer has targets. The other positions have -1, which counts
for no loss, so that the model learns to answer and not to ask. The boundary is the
answer's last target: without it, no answer would have an end.

Long Ouyang and others, Training language models to follow instructions with human
feedback, NeurIPS 2022.

Left out: conversations of several turns, of which every answer would have targets, and
several instructions packed into one row.

Chapter: docs/makemore/tuning.md.
To copy: this file and data.py (needs torch).
"""

import random

import torch

from . import data
from .data import Vocabulary    # for the example above

SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789 :"    # what instructions are written in
TASKS = ("spell", "reverse", "count", "rhyme")
ENDING = 3              # letters that two words which rhyme have in common


def instructions(words, tasks=TASKS, seed=0, among=None):
    """[word] -> [(prompt, answer)]: each task for each word, in their order.

    The rhyme is drawn from the words, or from those of `among`; a word that rhymes with
    none is not asked for one. Raises ValueError for an unknown task.
    """
    if unknown := set(tasks) - set(TASKS):
        raise ValueError(f"{min(unknown)!r} is no task; known are {', '.join(TASKS)}")
    rng, endings = random.Random(seed), {}
    for word in dict.fromkeys(words if among is None else among):
        endings.setdefault(word[-ENDING:], []).append(word)
    pairs = []
    for word in words:
        rhymes = [each for each in endings.get(word[-ENDING:], ()) if each != word]
        answers = {"spell": " ".join(word), "reverse": word[::-1],
                   "count": str(len(word)), "rhyme": rng.choice(rhymes or [""])}
        pairs += [(f"{task} {word}:", answers[task]) for task in tasks if answers[task]]
    return pairs


def right(prompt, answer):
    """Whether this answers the prompt; a rhyme is any other word of the same ending."""
    task, word = prompt.rstrip(":").split(" ", 1)
    if task == "rhyme":
        return (answer != word and answer.isalpha()
                and answer[-ENDING:] == word[-ENDING:])
    return [(prompt, answer)] == instructions([word], [task])


def rows(pairs, vocabulary, block_size, mask=True):
    """[(prompt, answer)] -> ids (N, T) and targets (N, T), as data.rows makes them.

    With the mask, the targets before the answer are -1. Raises ValueError for an answer
    that is empty, a character without an id, and a pair that does not fit.
    """
    for prompt, answer in pairs:
        if not answer:
            raise ValueError(f"{prompt!r:.60} has no answer, so there is nothing to "
                             "learn from it")
    texts = [prompt + answer for prompt, answer in pairs]
    ids, targets = data.rows(texts, vocabulary, block_size)
    if mask:
        lengths = torch.tensor([len(prompt) for prompt, _ in pairs])    # (N)
        answered = torch.arange(block_size) >= lengths[:, None]         # (N, T)
        targets = targets.where(answered, -1)                           # (N, T)
    return ids, targets


@torch.no_grad()
def answers(model, vocabulary, prompts, most=30):
    """[prompt] -> [answer]: the likeliest symbol, again and again, until a boundary.

    An answer is cut off after `most` symbols, or where block_size ends. All prompts go
    on together; what stands behind a row's end is not seen from before it. Raises
    ValueError for a prompt that leaves no place for an answer.
    """
    T, made = model.block_size, [[] for _ in prompts]
    for prompt in prompts:
        if len(prompt) >= T:
            raise ValueError(f"{prompt!r:.60} has {len(prompt)} characters; block_size "
                             f"{T} holds {T - 1} and the boundary")
    starts = [[0, *vocabulary.encode(prompt)] for prompt in prompts]
    ids = torch.tensor([start + [0] * (T - len(start)) for start in starts])    # (N, T)
    ends = torch.tensor([len(start) for start in starts])               # (N)
    going = torch.arange(len(prompts))
    for _ in range(most):
        if len(going) == 0:
            break
        read = ids[going, :ends[going].max()]
        logits = model.logits(read)[torch.arange(len(going)), ends[going] - 1]
        best = logits.argmax(dim=1)
        for row, id in zip(going.tolist(), best.tolist()):
            made[row] += [id] if id else []
        going, best = going[best != 0], best[best != 0]
        room = ends[going] < T
        going, best = going[room], best[room]
        ids[going, ends[going]] = best
        ends[going] += 1
    return [vocabulary.decode(each) for each in made]
