"""Byte-pair encoding: split the text into pieces before merging.

    piece    a match of the pattern, or the text between two matches

Everything else is the book's: self.compiled is the pattern, compiled by the package
regex, self.pattern its text. (The book's split also has a faster way for ASCII text.
Yours needs none.)

Exercises: Splitter.split.
Chapter: docs/tokenization/bpe.md.  In place of: scratch.bpe.split.
"""

from scratch.bpe import split


class Splitter(split.Splitter):
    """The book's Splitter, except for the method that you write."""

    def split(self, text):
        """text -> its pieces; joined, they are the text.

        self.compiled.finditer(text) finds the matches from left to right. A pattern may
        leave out text, at either end or in the middle; no piece is empty.

        Why the split pattern? Pre-tokenization

        >>> Splitter("gpt2").split("Hello world, it's 12345!")
        ['Hello', ' world', ',', ' it', "'s", ' 12345', '!']
        >>> Splitter("cl100k").split("Hello world, IT'S 12345!")
        ['Hello', ' world', ',', ' IT', "'S", ' ', '123', '45', '!']
        >>> Splitter("gpt2").split("a   b")
        ['a', '  ', ' b']
        >>> Splitter("cl100k").split("")
        []
        >>> letters = Splitter("[a-z]+")       # a pattern that leaves out text
        >>> letters.split("one, two.")
        ['one', ', ', 'two', '.']
        >>> letters.split("(one)two")
        ['(', 'one', ')', 'two']
        >>> letters.split("123")
        ['123']
        >>> "".join(letters.split("한글 abc 한글")) == "한글 abc 한글"
        True
        """
        raise NotImplementedError("Splitter.split is yours to write")
