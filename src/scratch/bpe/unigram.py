"""The Unigram tokenizer: give every token a probability, and drop those least missed.

    >>> p = {"l": 0.1, "o": 0.1, "w": 0.1, "lo": 0.2, "low": 0.3, "er": 0.2}
    >>> best("lower", p)
    ['low', 'er']
    >>> counts, log_likelihood = expected_counts({"low": 1}, p)
    >>> round(counts["low"], 3), round(counts["lo"], 3), round(counts["l"], 3)
    (0.935, 0.062, 0.003)

    p        {token: its probability}; single characters stay, so no word is unknown
    words    {word: how often it occurs}
    Z        the probability of a word: the sum over all its segmentations

A segmentation is a way to cut a word into tokens, and its probability is the product of
theirs. Training alternates two steps of EM (expectation-maximisation), counting each
token as often as the present p expects it and making the shares of these counts the new
p, with pruning: the tokens whose loss would cost the text the least likelihood go.

This is Kudo's method, which SentencePiece has, in its plain form. Left out: suffix
arrays to find the first tokens, the digamma function in place of the shares, logarithms
in expected_counts (a word of some hundred characters may underflow), and speed.

Chapter: docs/tokenization/unigram.md.  To copy: this file alone.
"""

from collections import Counter
from math import inf, log

LONGEST = 16       # characters that a token may have
KEPT = 0.75        # the share of tokens that one round of pruning keeps
ROUNDS = 2         # of EM, between two prunings


def seeds(words, size):
    """{word: count} -> p of the characters and the `size` best longer substrings."""
    single, longer = Counter(), Counter()
    for word, count in words.items():
        for start in range(len(word)):
            single[word[start]] += count
            for end in range(start + 2, min(start + LONGEST, len(word)) + 1):
                longer[word[start:end]] += count
    longer = {token: n for token, n in longer.items() if n > 1}
    covered = sorted(longer, key=lambda token: -longer[token] * len(token))
    return shares(single | {token: longer[token] for token in covered[:size]})


def shares(counts):
    """Counts -> probabilities; a count of 0 becomes a very small one."""
    total = sum(counts.values())
    return {token: max(count / total, 1e-12) for token, count in counts.items()}


def steps(word, p):
    """(start, end, token) of every token that fits into the word, by their ends."""
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - LONGEST), end):
            token = word[start:end]
            if token in p:
                yield start, end, token


def best(word, p, without=None):
    """The most likely segmentation: [token, ...]. Viterbi's algorithm.

    The best way to a place is the best way to a place before it, and one token more.
    without is a token that may not be used; if there is no way, the result is None.
    """
    score, last = [0.0] + [-inf] * len(word), [None] * (len(word) + 1)
    for start, end, token in steps(word, p):
        through = score[start] + log(p[token])
        if through > score[end] and token != without:
            score[end], last[end] = through, token
    if score[-1] == -inf:
        return None
    found, end = [], len(word)
    while end:
        found.append(last[end])
        end -= len(last[end])
    return found[::-1]


def expected_counts(words, p):
    """The E step -> ({token: how often p expects it in the text}, the log-likelihood).

    forward[n] is the probability of the first n characters, summed over all their
    segmentations, and backward[n] that of the others. A token from start to end is
    used with probability forward[start] * p[token] * backward[end] / Z.
    """
    counts, log_likelihood = dict.fromkeys(p, 0.0), 0.0
    for word, times in words.items():
        found = list(steps(word, p))
        forward = [1.0] + [0.0] * len(word)
        for start, end, token in found:
            forward[end] += forward[start] * p[token]
        backward = [0.0] * len(word) + [1.0]
        for start, end, token in reversed(found):
            backward[start] += p[token] * backward[end]
        Z = forward[-1]
        log_likelihood += times * log(Z)
        for start, end, token in found:
            counts[token] += times * forward[start] * p[token] * backward[end] / Z
    return counts, log_likelihood


def prune(words, p, size):
    """Keep the characters, and of the others those whose loss would cost the most."""
    used = Counter()
    for word, times in words.items():
        for token in best(word, p):
            used[token] += times
    cost = {}
    for token in p:
        if len(token) == 1:
            cost[token] = inf
        else:                                # what its text would be made of instead
            instead = best(token, p, without=token)
            less = log(p[token]) - sum(log(p[part]) for part in instead)
            cost[token] = used[token] * less
    kept = sorted(p, key=lambda token: -cost[token])[:size]
    return shares({token: p[token] for token in kept})


def learn(words, vocab_size, seed_size=None, report=None):
    """{word: count} -> {token: probability}; vocab_size tokens, or all characters.

    report(p, log_likelihood), if given, is called after each step of EM.
    """
    p = seeds(words, seed_size or 8 * vocab_size)
    size = max(vocab_size, sum(len(token) == 1 for token in p))    # of all characters
    while True:
        for _ in range(ROUNDS):
            counts, log_likelihood = expected_counts(words, p)
            if report:
                report(p, log_likelihood)
            p = shares(counts)
        if len(p) <= size:
            return p
        p = prune(words, p, max(size, int(KEPT * len(p))))


def sample(word, p, random):
    """A segmentation, drawn by its probability; random is a random.Random."""
    found = list(steps(word, p))
    forward = [1.0] + [0.0] * len(word)
    for start, end, token in found:
        forward[end] += forward[start] * p[token]
    drawn, at = [], len(word)
    while at:                                # from the last token to the first
        ends_here = [token for _, end, token in found if end == at]
        ways = [forward[at - len(token)] * p[token] for token in ends_here]
        drawn.append(random.choices(ends_here, ways)[0])
        at -= len(drawn[-1])
    return drawn[::-1]
