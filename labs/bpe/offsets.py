"""Byte-pair encoding: where tokens begin and end, and where numbers are cut.

    ids       what encode returns; self.token_bytes(id) has the bytes of one
    piece     what no merge reaches across: a group of digits, or the text between two

Exercises: RegexTokenizer.byte_offsets, from_right.
Chapter: docs/tokenization/what-tokens-hide.md.  In place of: scratch.bpe.tokenizer.
"""

from itertools import accumulate

import regex

from scratch.bpe import tokenizer


class RegexTokenizer(tokenizer.RegexTokenizer):
    """The book's RegexTokenizer, except for the method that you write."""

    def byte_offsets(self, ids):
        """[(start, stop), ...]: where each id's bytes are in decode_bytes(ids).

        self.token_bytes(id) has the bytes of one. accumulate may help.

        Why can models not count letters? Tokens without spelling

        >>> tokenizer = RegexTokenizer()
        >>> tokenizer.train("low lower lowest", vocab_size=256 + 3)
        >>> ids = tokenizer.encode("lowest é")
        >>> [tokenizer.token_bytes(id) for id in ids]
        [b'low', b'e', b's', b't', b' ', b'\\xc3', b'\\xa9']
        >>> tokenizer.byte_offsets(ids)
        [(0, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 8), (8, 9)]
        >>> tokenizer.byte_offsets([])
        []
        """
        raise NotImplementedError("RegexTokenizer.byte_offsets is yours to write")


def from_right(text):
    """text -> its pieces; digits in groups of three, counted from the right.

    What is not a digit stays together, up to the next digit. A pattern that ends in
    (?=...) looks ahead without taking what it sees, and (?!...) wants it not to be there;
    in the package regex, a digit is \\p{N}.

    Why can models not add? Cuts within numbers

    >>> from_right("1234567")
    ['1', '234', '567']
    >>> from_right("1234+567=1801")
    ['1', '234', '+', '567', '=', '1', '801']
    >>> from_right("12"), from_right("123"), from_right("")
    (['12'], ['123'], [])
    >>> from_right("from 1999 to 2000.")
    ['from ', '1', '999', ' to ', '2', '000', '.']
    >>> from_right("3.14159")             # after the point, too: no rule is perfect
    ['3', '.', '14', '159']
    """
    raise NotImplementedError("from_right is yours to write")
