"""Unigram: the best segmentation of a word, and counts over all of them.

    p        {token: its probability}
    words    {word: how often it occurs}
    Z        the probability of a word: the sum over all its segmentations

steps(word, p) gives (start, end, token) of every token that fits into the word, those
that end earlier before the others.

Exercises: best, expected_counts.
Chapter: docs/tokenization/unigram.md.  In place of: scratch.bpe.unigram.
"""

from math import inf, log

from scratch.bpe.unigram import steps


def best(word, p, without=None):
    """The most likely segmentation: [token, ...]. Viterbi's algorithm.

    The best way to a place is the best way to a place before it, and one token more.
    Keep for each place the logarithm of its probability and the last token; then go back
    from the end. without is a token that may not be used; if there is no way, the result
    is None.

    What if every token had a probability? Viterbi

    >>> p = {"a": 0.1, "b": 0.1, "c": 0.1, "ab": 0.1, "bc": 0.6}
    >>> best("abc", p)                       # the longest match would take ab
    ['a', 'bc']
    >>> best("abc", p, without="bc")
    ['ab', 'c']
    >>> best("aab", {"a": 0.6, "b": 0.3, "ab": 0.1})    # more tokens can be more likely
    ['a', 'a', 'b']
    >>> print(best("ax", p))
    None
    >>> best("", p)
    []
    """
    raise NotImplementedError("best is yours to write")


def expected_counts(words, p):
    """The E step -> ({token: how often p expects it in the text}, the log-likelihood).

    forward[n] is the probability of the first n characters, summed over all their
    segmentations, and backward[n] that of the others. A token from start to end is
    used with probability forward[start] * p[token] * backward[end] / Z. A word that
    occurs 5 times counts 5 times.

    Where do the probabilities come from? EM

    >>> p = {"a": 0.5, "b": 0.2, "ab": 0.3}
    >>> counts, log_likelihood = expected_counts({"ab": 1}, p)   # 0.1 by a b, 0.3 by ab
    >>> counts["a"], counts["b"], counts["ab"]
    (0.25, 0.25, 0.75)
    >>> log_likelihood                       # ln 0.4
    -0.916290731874155
    >>> counts, _ = expected_counts({"ab": 4, "a": 2}, p)
    >>> counts["a"], counts["ab"]
    (3.0, 3.0)
    >>> counts, _ = expected_counts({"aa": 1}, p)        # the same token twice
    >>> counts["a"], counts["b"]
    (2.0, 0.0)
    """
    raise NotImplementedError("expected_counts is yours to write")
