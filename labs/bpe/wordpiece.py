"""WordPiece: the longest match, and the score of a merge.

    token    a string; ## marks one that continues a word
    n        how often a pair occurs; left and right: how often its two tokens do
    total    how many tokens the text has; same: whether the pair is one token twice

Exercises: encode, likelihood_gain.
Chapter: docs/tokenization/unigram.md.  In place of: scratch.bpe.wordpiece.
"""

from scratch.bpe.wordpiece import CONTINUES, UNKNOWN, x_log_x


def encode(word, tokens):
    """A word -> tokens: the longest that fits, and so on after it.

    If at some place none fits, the result is [UNKNOWN] for the whole word. CONTINUES is
    the mark ## of a token that does not begin the word.

    How does WordPiece encode? The longest match

    >>> tokens = {"l", "##o", "##w", "lo", "low", "##e", "##r", "##er"}
    >>> encode("lower", tokens)
    ['low', '##er']
    >>> encode("loo", tokens)
    ['lo', '##o']
    >>> encode("wlow", tokens)              # a w may continue a word, and begin none
    ['[UNK]']
    >>> encode("lows", tokens)              # what was found before does not count
    ['[UNK]']
    >>> encode("abc", {"a", "ab", "##b", "##bc", "##c"})
    ['ab', '##c']
    >>> encode("", tokens)
    []
    """
    raise NotImplementedError("encode is yours to write")


def likelihood_gain(n, left, right, total, same):
    """By how many nats the merge makes the text more likely, token by token.

    In a model that draws tokens independently, each by its share, a text in which token
    t occurs c(t) times has the log-likelihood: sum of c(t) ln c(t), minus total ln total.
    Which counts does the merge change, and total, too? x_log_x(x) is x ln x.

    How does WordPiece choose its merges? Likelihood

    >>> likelihood_gain(10, 10, 10, 20, same=False)      # xy, ten times: 20 ln 2
    13.86294361119891
    >>> round(likelihood_gain(10, 100, 200, 600, same=False), 4)
    -21.3517
    >>> round(likelihood_gain(10, 100, 100, 400, same=True), 4)
    -17.1404
    >>> likelihood_gain(99, 100, 200, 600, same=False) > 0   # hardly ever apart
    True
    """
    raise NotImplementedError("likelihood_gain is yours to write")
