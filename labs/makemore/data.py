"""What every model of words needs: parts to train on and to be judged by, and examples.

    N    examples        T    positions of a context

Exercises: split, dataset.
Chapter: docs/makemore/ngrams.md.  In place of: scratch.makemore.data.
"""

import random

import torch

from scratch.makemore.data import Vocabulary


def split(words, seed=42):
    """[word] -> (train, dev, test), 80, 10 and 10 per cent of the words, shuffled.

    Shuffle a copy by random.Random(seed).shuffle, and cut after int(0.8 n) and
    int(0.9 n) of the n words. Raises ValueError, "5 words are too few for three parts;
    ten do", if one of the parts would be empty.

    Which names may judge? Train, dev and test

    >>> words = [f"w{n}" for n in range(20)]
    >>> train, dev, test = split(words)
    >>> len(train), len(dev), len(test)
    (16, 2, 2)
    >>> sorted(train + dev + test) == sorted(words)
    True
    >>> train[:3], words[:3]
    (['w19', 'w5', 'w14'], ['w0', 'w1', 'w2'])
    >>> split(words, seed=1)[2] == test
    False
    """
    raise NotImplementedError("split is yours to write")


def dataset(words, vocabulary, block_size):
    """[word] -> contexts (N, T) and targets (N), ids as int64, word after word.

    An example for each character of each word, and one for its end. A context is the T
    symbols before the target; where the word has not begun yet, it is filled with 0.
    Raises ValueError, "a context of 0 symbols; it takes at least 1", for such a T.
    Loops are right, too: vocabulary.encode(word) is a list of ids.

    What does more context buy? Trigrams and n-grams

    >>> vocabulary = Vocabulary(["ab"])
    >>> contexts, targets = dataset(["ab", "b"], vocabulary, block_size=3)
    >>> contexts.tolist()
    [[0, 0, 0], [0, 0, 1], [0, 1, 2], [0, 0, 0], [0, 0, 2]]
    >>> targets.tolist()
    [1, 2, 0, 2, 0]
    >>> contexts, targets = dataset(["abab"], vocabulary, block_size=2)
    >>> contexts.tolist(), targets.dtype
    ([[0, 0], [0, 1], [1, 2], [2, 1], [1, 2]], torch.int64)
    """
    raise NotImplementedError("dataset is yours to write")
