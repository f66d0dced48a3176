"""WordPiece: merges that are chosen by a score, and encoding by the longest match.

    >>> words = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
    >>> tokens = learn(words, 11 + 5)
    >>> tokens[11:]                      # after the characters, one token per merge
    ['##st', 'lo', '##est', 'ne', 'wi']
    >>> encode("lowest", tokens)
    ['lo', '##w', '##est']
    >>> encode("slowest", tokens)        # no word began with an s
    ['[UNK]']

    token    a string; ## marks one that continues a word
    words    {word: how often it occurs}
    n        how often a pair occurs; left and right: how often its two tokens do
    total    how many tokens the text has; same: whether the pair is one token twice

Google's program was never published. What is known of it is that it merges the pair
that makes the training text most likely, which is likelihood_gain here. Many tutorials
have pair_ratio in its place; with pair_count the merges are those of byte-pair
encoding, by which Hugging Face's WordPieceTrainer goes.

Left out: speed (every merge looks at all words and pairs), and what comes before it:
lower case, accents taken off, and the cut into words.

Chapter: docs/tokenization/unigram.md.  To copy: this file and basic.py.
"""

from collections import Counter
from math import log

from .basic import merge

CONTINUES, UNKNOWN = "##", "[UNK]"


def pair_count(n, left, right, total, same):
    """The score of byte-pair encoding: how often the pair occurs."""
    return n


def pair_ratio(n, left, right, total, same):
    """How often the pair occurs, divided by how often its two tokens do."""
    return n / (left * right)


def likelihood_gain(n, left, right, total, same):
    """By how many nats the merge makes the text more likely, token by token.

    In a model that draws tokens independently, each by its share, the log-likelihood of
    a text is the sum of c(t) ln c(t), over its tokens t and their counts c(t), minus
    total ln total.
    The merge takes n from the counts of both tokens and from total, and makes a token
    that occurs n times.
    """
    change = x_log_x(n) + x_log_x(total) - x_log_x(total - n)
    if same:                                 # of one token, 2 n are gone
        return change + x_log_x(left - 2 * n) - x_log_x(left)
    return (change + x_log_x(left - n) - x_log_x(left)
            + x_log_x(right - n) - x_log_x(right))


def x_log_x(x):
    return x * log(x) if x > 0 else 0.0


def characters(word):
    """'low' -> ['l', '##o', '##w']."""
    return [word[0], *(CONTINUES + char for char in word[1:])]


def learn(words, vocab_size, score=likelihood_gain):
    """{word: count} -> the tokens: all characters, then one per merge."""
    parts, single, pairs = {}, Counter(), Counter()

    def cut(word, each):
        """Cut the word into the tokens `each`, and count these in place of the old."""
        for tokens, n in (parts.get(word, []), -words[word]), (each, words[word]):
            for token in tokens:
                single[token] += n
            for pair in zip(tokens, tokens[1:]):
                pairs[pair] += n
        parts[word] = each

    for word in words:
        cut(word, characters(word))
    found = dict.fromkeys(sorted(single))
    while len(found) < vocab_size:
        pairs = +pairs                       # only what still occurs
        if not pairs:
            break                            # every word is a single token
        total = single.total()
        a, b = max(pairs, key=lambda pair: score(
            pairs[pair], single[pair[0]], single[pair[1]], total, pair[0] == pair[1]))
        new = a + b.removeprefix(CONTINUES)
        found[new] = None                    # two merges may make the same token
        for word, each in parts.items():
            if a in each and b in each:
                cut(word, merge(each, (a, b), new))
    return list(found)


def encode(word, tokens):
    """A word -> tokens: the longest that fits, and so on after it."""
    found, start = [], 0
    while start < len(word):
        mark = CONTINUES if start else ""
        for end in range(len(word), start, -1):
            if mark + word[start:end] in tokens:
                break
        else:
            return [UNKNOWN]                 # the whole word, whatever was found
        found.append(mark + word[start:end])
        start = end
    return found
