"""Byte-pair encoding: special tokens.

    special tokens     name -> id: one id each, which no merge makes

Everything else is the book's: self.special_tokens is a dictionary, any_of(names) a
regular expression that matches any of the names, and the longest that fits, and
self.encode_ordinary(text) encodes a text in which nothing is special.

Exercises: RegexTokenizer.encode.
Chapter: docs/tokenization/tokenizers.md.  In place of: scratch.bpe.tokenizer.
"""

from scratch.bpe import tokenizer
from scratch.bpe.tokenizer import any_of


class RegexTokenizer(tokenizer.RegexTokenizer):
    """The book's RegexTokenizer, except for the method that you write."""

    def encode(self, text, allowed_special="none_raise", disallowed_special=None):
        """text -> ids.

        allowed_special says which special tokens become one id each: "all", those in a
        set or list, or "none"; other ones are ordinary text. "none_raise" is none of
        them, and a ValueError if the text has one. disallowed_special: "all", or a
        list, of those that are a ValueError unless they are allowed; None is "all" with
        "none_raise", and none of them otherwise.

        self.registered(names) makes a set of the names that a caller gave, and raises a
        ValueError for a name that is not registered.

        What is a special token?

        >>> tokenizer = RegexTokenizer()
        >>> tokenizer.register_special_tokens({"<|end|>": 300, "<|end|>!": 301})
        >>> tokenizer.encode("hi<|end|>a", allowed_special="all")
        [104, 105, 300, 97]
        >>> tokenizer.encode("<|end|>!<|end|>", allowed_special="all")
        [301, 300]
        >>> tokenizer.encode("<|end|>!", allowed_special={"<|end|>"})
        [300, 33]
        >>> len(tokenizer.encode("<|end|>", allowed_special="none"))     # its letters
        7
        >>> tokenizer.encode("hi")
        [104, 105]
        >>> try:
        ...     tokenizer.encode("hi<|end|>")
        ... except ValueError:
        ...     print("refused")
        refused
        >>> try:
        ...     tokenizer.encode("hi", allowed_special={"<|fin|>"})
        ... except ValueError:
        ...     print("unknown")
        unknown
        >>> try:
        ...     tokenizer.encode("<|end|>!<|end|>", allowed_special={"<|end|>!"},
        ...                      disallowed_special="all")
        ... except ValueError:
        ...     print("refused")
        refused
        >>> tokenizer.encode("", allowed_special="all")
        []
        """
        raise NotImplementedError("RegexTokenizer.encode is yours to write")
