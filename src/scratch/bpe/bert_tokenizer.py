"""BERT's tokenizer: text is tidied and cut into words, and these into word pieces.

    >>> tokenizer = BertTokenizer([*SPECIAL, "the", "cafe", "##s", "!"])
    >>> tokenizer.words("The  Cafés!")
    ['the', 'cafes', '!']
    >>> ids = tokenizer.encode("The [MASK] cafés!")
    >>> ids
    [2, 5, 4, 6, 7, 8, 3]
    >>> tokenizer.decode(ids)
    'the cafes!'

Text goes through four steps, each of which loses something: control characters are
dropped and every blank becomes a space; Chinese characters stand alone; accents are
taken off and letters made small ("uncased"); words end at blanks, and each punctuation
mark is a word. What the text was cannot be had back from the ids.

ids are places in the list of tokens, as in vocab.txt. The names of special tokens in a
text become them, so that [MASK] can be written: do not let strangers write the text.

Left out: what each id was in the text. Characters newer than an engine's version of
Unicode may count otherwise there: Python's is used here, and another by Hugging Face.

Chapter: docs/makemore/published.md.  To copy: this file, wordpiece.py and basic.py.
"""

import re
import unicodedata

from .wordpiece import CONTINUES, UNKNOWN, encode

SPECIAL = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
LONGEST = 100      # characters of a word; a longer one is unknown
BLANK = re.compile("[\t\n\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
CHINESE = re.compile("([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df"
                     "\U0002a700-\U0002b73f\U0002b740-\U0002b81f\U0002b920-\U0002ceaf"
                     "\U0002f800-\U0002fa1f])")    # as BERT has them, gaps and all
TIDY = ".?!,"       # before these, decode leaves no blank


class BertTokenizer:
    """Text -> ids by a list of tokens; lower: capitals and accents are taken off."""

    first, last = "[CLS]", "[SEP]"

    def __init__(self, tokens, lower=True, special=SPECIAL):
        self.tokens = list(tokens)
        self.ids = {token: id for id, token in enumerate(self.tokens)}
        for name in (UNKNOWN, self.first, self.last):
            if name not in self.ids:
                raise ValueError(f"{name} is not among the {len(self.ids)} tokens")
        if len(self.ids) < len(self.tokens):
            twice = next(t for n, t in enumerate(self.tokens) if self.ids[t] != n)
            raise ValueError(f"the token {twice!r} is there twice")
        self.lower = lower
        self.special = [name for name in special if name in self.ids]
        self.named = re.compile("|".join(map(re.escape, self.special)))

    def __len__(self):
        return len(self.tokens)

    def __repr__(self):
        return f"BertTokenizer({len(self)} tokens, lower={self.lower})"

    def words(self, text):
        """text -> the words that are cut into pieces, as they are looked up."""
        text = BLANK.sub(" ", "".join(char for char in text if not dropped(char)))
        text = CHINESE.sub(r" \1 ", text)
        if self.lower:
            text = "".join(char for char in unicodedata.normalize("NFD", text)
                           if unicodedata.category(char) != "Mn")
            text = "".join(map(str.lower, text))     # one by one: Σ has one small form
        spaced = "".join(f" {c} " if is_punctuation(c) else c for c in text)
        return [word for word in BLANK.split(spaced) if word]

    def pieces(self, text):
        """text, without special tokens -> [token]."""
        return [piece for word in self.words(text) for piece in
                (encode(word, self.ids) if len(word) <= LONGEST else [UNKNOWN])]

    def encode_ordinary(self, text):
        """text -> ids, of special tokens where their names stand, and no others."""
        found, end = [], 0
        for match in self.named.finditer(text) if self.special else ():
            found += [*self.pieces(text[end:match.start()]), match[0]]
            end = match.end()
        return [self.ids[token] for token in [*found, *self.pieces(text[end:])]]

    def encode(self, text, second=None):
        """text, or two of them -> ids: [CLS] text [SEP], and second [SEP]."""
        first, last = self.ids[self.first], self.ids[self.last]
        ids = [first, *self.encode_ordinary(text), last]
        return ids if second is None else [*ids, *self.encode_ordinary(second), last]

    def decode(self, ids, keep_special=False):
        """ids -> text: pieces joined, and blanks where they usually are."""
        tokens = []
        for id in ids:
            if not 0 <= id < len(self):
                raise ValueError(f"id {id} is outside the vocabulary "
                                 f"0..{len(self) - 1}")
            if keep_special or self.tokens[id] not in self.special:
                tokens.append(self.tokens[id])
        text = "".join(tokens[:1])
        for token in tokens[1:]:
            if token.startswith(CONTINUES):
                text += token.removeprefix(CONTINUES)
            else:
                text += token if token[:1] in TIDY else f" {token}"
        return text

    def unknown(self, text):
        """The first word of text that becomes [UNK], or None."""
        for word in self.words(self.named.sub(" ", text) if self.special else text):
            if len(word) > LONGEST or encode(word, self.ids) == [UNKNOWN]:
                return word


def dropped(char):
    """Whether BERT drops it: controls, format characters, and what is unassigned."""
    return char == "\ufffd" or (unicodedata.category(char)[0] == "C"
                                and char not in "\t\n\r")


def is_punctuation(char):
    """ASCII's 32 signs, $ and + among them, and Unicode's punctuation."""
    return char in r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~""" or (
        unicodedata.category(char)[0] == "P")


def read_vocabulary(text):
    """The contents of a vocab.txt, one token a line -> [token]."""
    lines = text.split("\n")
    return [line.rstrip("\r") for line in lines[:-1] + lines[-1:] * bool(lines[-1])]
