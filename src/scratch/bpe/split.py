"""Cut text into pieces, as GPT-2, GPT-4 and GPT-4o do; no token reaches over a cut.

    >>> Splitter("cl100k").split("I'll pay $1234!\\n\\n  Deal.")
    ['I', "'ll", ' pay', ' $', '123', '4', '!\\n\\n', ' ', ' Deal', '.']

A pattern is a list of alternatives, of which the first that fits is taken; what it does
not cover is a piece of its own, so that the pieces always add up to the text.

\\p{L} is any letter, \\p{N} any digit, \\s any blank of Unicode. That needs the package
regex; for text of ASCII alone Python's own re does the same in half the time, so text
is cut into blocks first, and most blocks of English or of code are ASCII. A letter that
is newer than an engine's version of Unicode is a sign to it, and Python, tiktoken and
Hugging Face's tokenizers do not have the same version.

cl100k is here as it was published and as minbpe and Hugging Face have it. tiktoken
takes blanks at the very end of a text in one piece by now (\\s++$); what exchange.py
imports from tiktoken keeps that.

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
    r"[^\r\n\p{L}\p{N}]?[\p{L}]+":    "letters, with the blank or sign before them",
    r"[\p{N}]{1,3}":                  "up to three digits, without a space",
    r" ?[^\s\p{L}\p{N}]+[\r\n]*":     "other signs, with the ends of line after them",
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
    r" ?[^\s\p{L}\p{N}]+[\r\n/]*":                      "signs, ends of line, slashes",
    r"\s*[\r\n]+":                                      "blanks up to an end of line",
    r"\s+(?!\S)":                                       "blanks, except the last one",
    r"\s+":                                             "that last one",
}
GPT2_SPLIT_PATTERN = "|".join(GPT2_PARTS)
GPT4_SPLIT_PATTERN = "|".join(GPT4_PARTS)
O200K_SPLIT_PATTERN = "|".join(O200K_PARTS)
PATTERNS = {"gpt2": GPT2_SPLIT_PATTERN, "cl100k": GPT4_SPLIT_PATTERN,
            "o200k": O200K_SPLIT_PATTERN}
SPELLINGS = {        # of the same patterns, elsewhere
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

# \s as Unicode, regex, tiktoken and tokenizers have it; re's includes \x1c to \x1f
BLANK = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# A place where all three patterns cut, whatever stands around it: one blank between two
# words (a slash may belong to the end of line before it, in o200k).
CUT = re.compile(rf"[^{BLANK}](?: |\n)(?=[^{BLANK}/])")
BLOCK = 2000         # characters: few enough that most blocks of English are ASCII
ASCII = {r"\p{Lu}": "A-Z", r"\p{Ll}": "a-z", r"\p{L}": "A-Za-z", r"\p{N}": "0-9",
         r"\p{Lt}": "", r"\p{Lm}": "", r"\p{Lo}": "", r"\p{M}": ""}


class Splitter:
    """Splits text by a pattern: gpt2, cl100k, o200k, or a regular expression."""

    def __init__(self, pattern=GPT4_SPLIT_PATTERN):
        self.pattern = PATTERNS.get(pattern, pattern)
        try:
            self.compiled = regex.compile(self.pattern)
        except (regex.error, TypeError) as error:
            raise ValueError(f"{pattern!r:.60} is no regular expression, and not among "
                             f"{', '.join(PATTERNS)}: {error}") from None
        if self.compiled.match(""):
            raise ValueError(f"{pattern!r:.60} matches nothing at all, the empty text; "
                             "a piece has to have a character")
        known = SPELLINGS.get(self.pattern, self.pattern)
        self.known = known in PATTERNS.values()
        self.ascii = re.compile(ascii_only(known), re.ASCII) if self.known else None

    def split(self, text):
        """text -> its pieces, which joined are the text again."""
        return list(chain.from_iterable(self.blocks(text)))

    def blocks(self, text):
        """The same, in lists of some hundred pieces."""
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
        """The pieces by a pattern that may have groups and may not cover everything."""
        pieces, end = [], 0
        for match in self.compiled.finditer(text):
            pieces += [text[end:match.start()], match[0]]
            end = match.end()
        return list(filter(None, [*pieces, text[end:]]))

    def last_cut(self, text):
        """A place, as far back as there is one, where text can be cut before splitting.

        0 if there is none, or if the pattern is not one of the three: only they are
        known not to look beyond a single blank between two words.
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
    """Where CUT says to cut: before the space, but after the end of line."""
    return match.end() - match[0].endswith(" ")


def ascii_only(pattern):
    """pattern in words that Python's own re knows; the same for text of ASCII alone.

    There no two classes side by side share a letter or digit, so that none of what one
    has taken is worth trying with the next: ++ says so and saves a tenth of the time.
    """
    for name, members in ASCII.items():
        pattern = pattern.replace(name, members)
    return re.sub(r"((?:Z|z|9)\][+*])", r"\1+", pattern)


def check_text(text):
    """ValueError, saying where, if text holds what UTF-8 cannot: half a surrogate."""
    try:
        text.isascii() or text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"character {error.start} is U+{ord(text[error.start]):04X}, one half of a "
            "surrogate pair, which is no text; text.encode('utf-16', 'surrogatepass')"
            ".decode('utf-16', 'replace') repairs it, as tiktoken does") from None
