"""The Mersenne Twister: where the words come from that random numbers are made of.

    >>> twister = MersenneTwister(5489)
    >>> twister.words(3)                  # of every MT19937 with this seed, anywhere
    [3499211612, 581869302, 3890346734]
    >>> from copy import deepcopy
    >>> halfway = deepcopy(twister)
    >>> twister.words(2) == halfway.words(2)
    True

    word     an integer, 0 to 2³² - 1        state    624 words
    twist    state -> the next state         temper   a word of the state -> an output

A seed fills the state, each word from the one before it. A twist moves the state on by
624 words; each is tempered as it leaves. The state comes back to where it began after
2¹⁹⁹³⁷ - 1 words, a prime of Mersenne's, and 623 words in a row are as good as any
others. Nothing in it is secret: the temper can be undone, so that 624 words in a row
betray the state and all words to come. It is a generator for simulation, not for keys.

Matsumoto and Nishimura, Mersenne Twister: A 623-dimensionally equidistributed uniform
pseudo-random number generator, ACM TOMACS 8, 1998; the seeding is that of 2002. NumPy,
where it is loaded, does the same work in a fiftieth of the time, on the same state.

Chapter: docs/torch/random.md.  To copy: this file alone.
"""

import sys
from array import array

N, M = 624, 397               # words of the state, and how far a twist looks ahead
HIGH, LOW = 0x80000000, 0x7FFFFFFF      # the first bit of a word, and the other 31
MATRIX = 0x9908B0DF           # what is added, bit by bit, if the last bit is 1
FEW = 10                      # so many words come sooner from a list than from NumPy


def seeded(seed):
    """A number -> a state of 624 words, of which each spreads the bits of the last.

    Only the last 32 bits of the seed count.
    """
    word = seed & 0xFFFFFFFF
    state = array("I", [word])
    for n in range(1, N):
        word = (1812433253 * (word ^ word >> 30) + n) & 0xFFFFFFFF
        state.append(word)
    return state


def twist(state):
    """Move the state on by 624 words, in place.

    The first bit of a word and the other 31 of the next are shifted by one, multiplied
    by a matrix of bits, and added to the word that is M places ahead.
    """
    for n in range(N):
        joined = state[n] & HIGH | state[(n + 1) % N] & LOW
        state[n] = state[(n + M) % N] ^ joined >> 1 ^ (MATRIX if joined & 1 else 0)


def temper(y):
    """A word of the state -> a word to give away, by four shifts that mix its bits.

    y is an integer, or NumPy's array of them.
    """
    y = y ^ y >> 11
    y = y ^ y << 7 & 0x9D2C5680     # the masks also cut off what a shift makes too long
    y = y ^ y << 15 & 0xEFC60000
    return y ^ y >> 18


def untemper(y):
    """A word that was given away -> the word of the state that it was.

    A shift moves bits that are known by then onto those that are not yet known.
    """
    y ^= y >> 18
    y ^= y << 15 & 0xEFC60000
    x = y
    for _ in range(4):              # 7 more bits each time, from the last one on
        x = y ^ x << 7 & 0x9D2C5680
    y = x
    for _ in range(2):              # 11 more bits each time, from the first one on
        x = y ^ x >> 11
    return x


class MersenneTwister:
    """A state, how many of its words are given away, and whether any ever was."""

    plan = None                 # how NumPy twists this state, once it has been asked to

    def __init__(self, seed=5489):
        self.restart(seed)

    def restart(self, seed):
        """Begin anew with a seed."""
        self.state = seeded(seed)
        self.used = N           # all: the first word asks for a twist
        self.twisted = False

    def __getstate__(self):
        """What copy and pickle take along: all but the plan, whose views look here."""
        return {**vars(self), "plan": None}

    def words(self, n):
        """The next n words, as a list, or as NumPy's array if they are many.

        NumPy is asked for nothing where the program has not loaded it.
        """
        numpy = sys.modules.get("numpy")
        parts, missing = [], n
        while missing:
            if self.used == N:
                self.twist(numpy)
            part = self.state[self.used:self.used + missing]
            self.used += len(part)
            missing -= len(part)
            parts.append(part)
        if numpy and n > FEW:
            return temper(numpy.concatenate(parts, dtype=numpy.uint32))
        return [temper(word) for part in parts for word in part]

    def words64(self, n):
        """The next n pairs of words, each as one of 64 bits; the first word leads."""
        words = self.words(2 * n)
        if isinstance(words, list):
            return [a << 32 | b for a, b in zip(words[::2], words[1::2])]
        words = words.astype("u8")
        return words[::2] << 32 | words[1::2]

    def twist(self, numpy):
        """Move the state on, by NumPy if the program has it."""
        if numpy is None:
            twist(self.state)
        else:
            if self.plan is None or self.plan.state is not self.state:
                self.plan = Plan(numpy, self.state)
            self.plan.twist()
        self.used, self.twisted = 0, True


class Plan:
    """NumPy's views of a state, ready for a twist of the memory that they share.

    What a word is joined with is not twisted yet, except for the last one. What it is
    added to is twisted from word N - M on: hence three pieces, each within the reach of
    the one before.
    """

    def __init__(self, numpy, state):
        self.numpy, self.state = numpy, state
        self.words = numpy.frombuffer(state, numpy.uint32)
        self.change, self.odd = numpy.empty((2, N - 1), numpy.uint32)
        self.high, self.one, self.matrix = map(numpy.uint32, (HIGH, 1, MATRIX))
        reach, s = N - M, self.words
        self.pieces = [(s[M:], self.change[:reach], s[:reach])]
        for n in range(reach, N - 1, reach):
            end = min(n + reach, N - 1)
            self.pieces.append((s[n - reach:end - reach], self.change[n:end], s[n:end]))

    def twist(self):
        """twist(state), ten operations on arrays and the last word by itself."""
        numpy, change, odd = self.numpy, self.change, self.odd
        here, following = self.words[:-1], self.words[1:]
        numpy.bitwise_xor(here, following, change)
        numpy.bitwise_and(change, self.high, change)
        numpy.bitwise_xor(change, following, change)     # the first bit of here: joined
        numpy.bitwise_and(following, self.one, odd)
        numpy.multiply(odd, self.matrix, odd)
        numpy.right_shift(change, self.one, change)
        numpy.bitwise_xor(change, odd, change)
        for ahead, changed, new in self.pieces:
            numpy.bitwise_xor(ahead, changed, new)
        state = self.state
        joined = state[-1] & HIGH | state[0] & LOW
        state[-1] = state[M - 1] ^ joined >> 1 ^ (MATRIX if joined & 1 else 0)
