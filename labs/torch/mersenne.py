"""The Mersenne Twister: words that look random, and how to see through them.

    word     an integer, 0 to 2^32 - 1        state    624 words, array("I")
    twist    state -> the next state          temper   a word of the state -> an output

The tests ask temper for NumPy's arrays of words, too: write what both can do, & ^ << and >>.

Exercises: temper, untemper, twist.
Chapter: docs/torch/random.md.  In place of: scratch.torch.mersenne.
"""

from array import array

N, M = 624, 397               # words of the state, and how far a twist looks ahead
HIGH, LOW = 0x80000000, 0x7FFFFFFF      # the first bit of a word, and the other 31
MATRIX = 0x9908B0DF           # what is added, bit by bit, if the last bit is 1


def temper(y):
    """A word of the state -> a word to give away.

    Four steps: y with itself shifted right by 11; with itself shifted left by 7, where the
    mask 0x9D2C5680 has a 1; left by 15, mask 0xEFC60000; and right by 18. "With" is an
    exclusive or: a bit is 1 if one of the two is.

    What does a seed do? State, twist and temper

    >>> temper(1)
    4194449
    >>> temper(2**31), temper(2**32 - 1)
    (2282758660, 1876958200)
    >>> temper(temper(5489)) < 2**32                     # 32 bits stay 32 bits
    True
    >>> temper(12345) ^ temper(54321) == temper(12345 ^ 54321)      # bit by bit
    True
    """
    raise NotImplementedError("temper is yours to write")


def untemper(y):
    """A word that was given away -> the word of the state that it was.

    The four steps backwards. After y ^= y >> 18 the first 18 bits of y are what they were,
    and those tell the others. After y ^= y << 7 & mask only the last 7 are; they tell the 7
    before them, and so on.

    What does a seed do? State, twist and temper

    >>> untemper(4194449)
    1
    >>> untemper(2282758660) == 2**31, untemper(1876958200) == 2**32 - 1
    (True, True)
    >>> untemper(1284973367), untemper(0)
    (1234567890, 0)
    """
    raise NotImplementedError("untemper is yours to write")


def twist(state):
    """Move the state on by 624 words, in place: each n, from 0 to 623, in this order.

    joined has the first bit (HIGH) of word n and the other 31 (LOW) of word n + 1. The new
    word n is the word M places ahead, with joined shifted right by one, and with MATRIX if
    the last bit of joined is 1. What is ahead of the last word is the first one, which is
    new by then.

    What does a seed do? State, twist and temper

    >>> state = array("I", range(N))
    >>> twist(state)
    >>> state[1]                       # joined is 2, shifted 1, and 1 with 398 is 399
    399
    >>> state[0], state[2]             # joined is 1, and 3: the last bit is 1
    (2567483730, 2567483729)
    >>> state[227], state[623]         # 227 + 397 is 624, and so word 0, which is new
    (2567483680, 2509040339)
    """
    raise NotImplementedError("twist is yours to write")
