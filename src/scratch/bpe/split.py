"""Split text into pieces, as GPT-2, GPT-4 and GPT-4o do; no token crosses a split.

    >>> Splitter("cl100k").split("I'll pay $1234!\\n\\n  Deal.")
    ['I', "'ll", ' pay', ' $', '123', '4', '!\\n\\n', ' ', ' Deal', '.']

A pattern is a list of alternatives, of which the first that matches is taken; text that
none of them matches is a piece of its own, so that the pieces joined are the text.

\\p{L} is any letter, \\p{N} any digit, \\s any whitespace of Unicode; they need the
package regex. For ASCII text Python's own re gives the same in half the time, so text
is first cut into blocks, and most blocks of English or of code are ASCII. A letter that
is newer than an engine's version of Unicode counts as punctuation there, and Python,
tiktoken and Hugging Face's tokenizers have different versions.

cl100k is the pattern as published, which minbpe and Hugging Face also have. tiktoken
now takes whitespace at the very end of a text as one piece (\\s++$); encodings imported
from tiktoken by exchange.py keep that.

Chapter: docs/tokenization/bpe.md.  To copy: this file alone (needs regex).
"""

import re
from itertools import chain

import regex

GPT2_PARTS = {
    r"'(?:[sdmt]|ll|ve|re)": "the end of it's, she'd, I'm, don't, we'll, I've, they're",
    r" ?[\p{L}]+":           "letters, with the space before them",
    r" ?[\p{N}]+":           "digits, likewise",
    r" ?[^\s\p{L}\p{N}]+":   "anything else that is not blank, likewise",
    r"\s+(?!\S)":            "blanks, except the last one before a word",
    r"\s+":                  "that last one, where the word did not take it",
}
GPT4_PARTS = {
    r"'(?i:[sdmt]|ll|ve|re)":         "the same endings, in capitals too",
    r"[^\r\n\p{L}\p{N}]?[\p{L}]+":    "letters, with the blank or symbol before them",
    r"[\p{N}]{1,3}":                  "up to three digits, without a space",
    r" ?[^\s\p{L}\p{N}]+[\r\n]*":     "other symbols, with the ends of line after them",
    r"\s*[\r\n]+":                    "blanks up to the last end of line",
    r"\s+(?!\S)":                     "blanks, except the last one before a word",
    r"\s+":                           "that last one",
}
UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"    # capitals, letters without case, accents
LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
ENDING = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K_PARTS = {
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{ENDING}": "word, Word; and its ending",
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{ENDING}": "WORD",
    r"[\p{N}]{1,3}":                                    "up to three digits",
    r" ?[^\s\p{L}\p{N}]+[\r\n/]*":                      "symbols, line ends, slashes",
    r"\s*[\r\n]+":                                      "blanks up to an end of line",
    r"\s+(?!\S)":                                       "blanks, except the last one",
    r"\s+":                                             "that last one",
}
GPT2_SPLIT_PATTERN = "|".join(GPT2_PARTS)
GPT4_SPLIT_PATTERN = "|".join(GPT4_PARTS)
O200K_SPLIT_PATTERN = "|".join(O200K_PARTS)
PATTERNS = {"gpt2": GPT2_SPLIT_PATTERN, "cl100k": GPT4_SPLIT_PATTERN,
            "o200k": O200K_SPLIT_PATTERN}
SPELLINGS = {        # how other programs write the same patterns
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+":
        GPT2_SPLIT_PATTERN,        # minbpe
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+":
        GPT2_SPLIT_PATTERN,        # as published
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s":
        GPT2_SPLIT_PATTERN,        # tiktoken
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+":
        GPT4_SPLIT_PATTERN,        # minbpe
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+":
        GPT4_SPLIT_PATTERN,        # Hugging Face
    O200K_SPLIT_PATTERN.replace(r"[\p{N}]", r"\p{N}"):
        O200K_SPLIT_PATTERN,       # tiktoken
}

NAME = re.compile(r"\s*\w[\w\s./-]*")    # a useful regular expression has others

# \s as Unicode, regex, tiktoken and tokenizers have it; re's includes \x1c to \x1f
BLANK = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# Where all three patterns split, in any context: at a single blank between two words
# (but not before a slash, which o200k joins to the end of line before it).
CUT = re.compile(rf"[^{BLANK}](?: |\n)(?=[^{BLANK}/])")
BLOCK = 2000         # characters: few enough that most blocks of English are ASCII
ASCII = {r"\p{Lu}": "A-Z", r"\p{Ll}": "a-z", r"\p{L}": "A-Za-z", r"\p{N}": "0-9",
         r"\p{Lt}": "", r"\p{Lm}": "", r"\p{Lo}": "", r"\p{M}": ""}


class Splitter:
    """Splits text by a pattern: gpt2, cl100k, o200k, or a regular expression."""

    def __init__(self, pattern=GPT4_SPLIT_PATTERN):
        name = pattern if isinstance(pattern, str) else ""
        if NAME.fullmatch(name) and name not in PATTERNS:
            raise ValueError(f"{name!r:.60} is not among {', '.join(PATTERNS)}; as a "
                             "regular expression it would cut out this one word: if "
                             f"you mean that, write (?:{name:.60})")
        self.pattern = PATTERNS.get(name, pattern)
        try:
            self.compiled = regex.compile(self.pattern)
            empty = self.compiled.match("")
        except (regex.error, TypeError, RecursionError) as error:
            raise ValueError(f"{pattern!r:.60} is no regular expression, and not among "
                             f"{', '.join(PATTERNS)}: {error}") from None
        if empty:
            raise ValueError(f"{pattern!r:.60} matches the empty text, but every piece "
                             "needs at least one character")
        known = SPELLINGS.get(self.pattern, self.pattern)
        self.known = known in PATTERNS.values()
        self.ascii = re.compile(ascii_only(known), re.ASCII) if self.known else None

    def split(self, text):
        """text -> its pieces; joined, they are the text."""
        return list(chain.from_iterable(self.blocks(text)))

    def blocks(self, text):
        """The same, as an iterator of lists of some hundred pieces."""
        if not self.known:
            yield self.with_gaps(text)
            return
        start = 0
        while start < len(text):
            match = CUT.search(text, start + BLOCK)
            block = text[start:cut_of(match) if match else len(text)]
            yield (self.ascii if block.isascii() else self.compiled).findall(block)
            start += len(block)

    def with_gaps(self, text):
        """The pieces, by a pattern that may have groups and leave out text."""
        pieces, end = [], 0
        for match in self.compiled.finditer(text):
            pieces += [text[end:match.start()], match[0]]
            end = match.end()
        return list(filter(None, [*pieces, text[end:]]))

    def last_cut(self, text):
        """The last index at which text can be cut without changing its pieces.

        0 if there is none, or if the pattern is not one of the three, which are known
        not to look beyond a single blank between two words.
        """
        if not self.known:
            return 0
        window = 1000
        while True:
            start = max(0, len(text) - window)
            places = list(CUT.finditer(text, start))
            if places or start == 0:
                break
            window *= 10
        return cut_of(places[-1]) if places else 0


def cut_of(match):
    """The index of a match of CUT: before a space, but after an end of line."""
    return match.end() - match[0].endswith(" ")


def ascii_only(pattern):
    """pattern for Python's own re, which gives the same pieces of ASCII text.

    In ASCII, adjacent classes share no letter or digit, so that backtracking finds
    nothing: the possessive ++ leaves it out and saves a tenth of the time.
    """
    for name, members in ASCII.items():
        pattern = pattern.replace(name, members)
    return re.sub(r"((?:Z|z|9)\][+*])", r"\1+", pattern)


def check_text(text):
    """ValueError with the position if text has a lone surrogate, which has no UTF-8."""
    try:
        text.isascii() or text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"character {error.start} is U+{ord(text[error.start]):04X}, half of a "
            "surrogate pair, which has no UTF-8; text.encode('utf-16', 'surrogatepass')"
            ".decode('utf-16', 'replace') repairs it, as tiktoken does") from None
