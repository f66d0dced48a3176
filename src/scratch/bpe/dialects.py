r"""One regular expression for three engines that read it differently.

    >>> translate(r"\p{N}{1,3}+|\w+$", "tiktoken", "tokenizers")
    '(?>\\p{N}{1,3})|[\\w\\p{Join_Control}]+\\z'
    >>> translate(r"\w+|\X", "regex", "tiktoken")
    Traceback (most recent call last):
    ValueError: '\\w+|\\X' cannot go from regex to tiktoken: \X (at 4) is not read alike

    regex         the package regex (version 0 of its rules), which split.py uses
    tiktoken      fancy-regex, in Rust
    tokenizers    Oniguruma, in C, in Hugging Face's tokenizers

What they read alike, as all of the usual patterns are made of:  letters, . | ( ) [ ],
\p{...}, \s, \d, the counts * + ? {m,n}, lazy *? +? ?? and possessive *+ ++ ?+,
(?: ) (?> ) (?= ) (?! ) (?<= ) (?<! ).  What differs:

                regex                 tiktoken             tokenizers
    {m,n}+      possessive            possessive           {m,n}, once or more
    {n}?        {n}                   {n}                  {n}, or nothing
    $           the end, or before    the end              the end, or before
                a newline there                            any newline
    ^           the beginning         the beginning        the same of any line
    (?m)        ^ $ of any line       ^ $ of any line      . is a newline, too
    \w \b                             as regex             ¹²³¼½¾, but not in [ ], and
                                                           not U+200C and U+200D
    [[:x:]]     Unicode               ASCII                Unicode
    [a[b]]      a, b or [, then ]     a or b               a or b
    [a&&b]      a, b or &             what is in both      what is in both
    (?i:i)      i, I, İ (?i:I: ı)     i and I              i and I
    (?i:ss)                           as regex             ß, too, and so st, ff, fi, fl

Those are written so that the target reads what the source did. What is not listed
is refused by name: it may well mean the same, but nothing here knows.

Limits: a letter newer than an engine's version of Unicode is no letter there, and a
long text without a match may exceed tiktoken's limit on backtracking.

Chapter: docs/tokenization/tokenizers.md.  To copy: this file alone.
"""

import re

REGEX, TIKTOKEN, TOKENIZERS = "regex", "tiktoken", "tokenizers"
WORD = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}"    # what \w is to all three
JOIN = r"\p{Join_Control}"                  # and is, too, to regex and to tiktoken
SUPERSCRIPTS = "¹²³¼½¾"                     # and to tokenizers, outside of a class
END = {REGEX: r"\Z", TIKTOKEN: r"\z", TOKENIZERS: r"\z"}
SCRIPTS = set("Arabic Common Cyrillic Devanagari Greek Han Hangul Hebrew Hiragana "
              "Katakana Latin Thai".split())
PROPERTIES = SCRIPTS | set(
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs "
    "Zl Zp C Cc Cf Alphabetic Uppercase Lowercase Join_Control".split())
POSIX = {
    REGEX: {"alpha": r"\p{Alphabetic}", "digit": "0-9", "space": r"\s",
            "alnum": r"\p{Alphabetic}0-9"},
    TIKTOKEN: {"alpha": "A-Za-z", "digit": "0-9", "space": r"\t-\r ", "upper": "A-Z",
               "lower": "a-z", "alnum": "0-9A-Za-z", "punct": r"!-/:-@\[-`{-~",
               "word": "0-9A-Z_a-z", "xdigit": "0-9A-Fa-f"},
    TOKENIZERS: {"alpha": r"\p{Alphabetic}", "digit": r"\d", "space": r"\s",
                 "alnum": r"\p{Alphabetic}\d"},
}
WITHOUT_CASE = re.compile(r"\\[pP]\{[LNPSZ]\}|\\[dDsS]")    # the same with (?i) or not
FOLDS = {"k": "\u212a", "K": "\u212a", "s": "ſ", "S": "ſ"}   # (?i:k) matches it, too
JOINED = re.compile("ss|st|ff|fi|fl", re.IGNORECASE)
CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a"}
COUNT = re.compile(r"(?:[*+?]|\{(\d{0,4})(,?)(\d{0,4})\})([?+]?)")
GROUP = re.compile(r"\(\?(?:(?P<look><?[=!])|(?P<atomic>>)|P?<(?P<name>[A-Za-z_]\w*)>"
                   r"|(?P<on>[a-z]*)(?:-(?P<off>[a-z]+))?:)")
ESCAPE = re.compile(r"""\\(?:
    (?P<p>[pP])(?:\{(?P<hat>\^?)(?:(?:Script|sc)=(?P<script>\w+)|(?P<property>\w+))\}
                 |(?P<short>[A-Z]))
    |x\{(?P<x>[\da-fA-F]{1,6})\} |x(?P<xx>[\da-fA-F]{2})
    |u(?P<u>[\da-fA-F]{4}) |U(?P<U>[\da-fA-F]{8}) |u\{(?P<braces>[\da-fA-F]{1,6})\}
    |(?P<control>[nrtfva]) |(?P<letter>[dDsSwWbBAzZ]) |(?P<back>[1-9]\d?)
    |(?P<sign>[ !-/:;=?@\[-`{-~]))""", re.VERBOSE)


def translate(pattern, source, target, groups=0):
    """The pattern that target reads as source reads this one.

    source and target are "regex", "tiktoken" or "tokenizers". groups is the number of
    groups to the left of where the pattern is to stand. ValueError names what cannot
    be translated, or a pattern that can match no characters at all, where the three go
    on differently.
    """
    try:
        return Reader(pattern, source, target, groups).whole()
    except RecursionError:
        raise ValueError(f"the pattern {pattern!r:.60} is nested too deeply") from None


def free_alternatives(pattern):
    """Of a pattern for regex, those alternatives that do not look around.

    Where one of them matches a single character, it matches at that character in every
    text, whatever stands beside it.
    """
    reader = Reader(pattern, REGEX, REGEX, 0)
    reader.whole()
    both = re.compile(r"(?<!\\)\(\?=\[[^\[\]]*\]\)(?=\[)")    # [a&&b] as (?=[a])[b]
    looks = re.compile(r"\(\?[=!<>]|\\[AZBb1-9]|\)(?:[*+?]|\{[\d,]*\})\+")
    return [branch for branch in reader.branches
            if not looks.search(both.sub("", branch))]


class Reader:
    """Reads a pattern in one dialect and writes it in another, piece by piece.

    Methods return the text of a piece, most of them with the least number of characters
    it matches. flags is a set: i, s for a . that matches newlines, m for lines.
    """

    def __init__(self, pattern, source, target, groups):
        self.pattern, self.source, self.target, self.at = pattern, source, target, 0
        self.before = groups
        self.groups, self.closed = 0, {}     # of closed groups: number -> least length
        self.numbered = re.search(r"\\[1-9]", pattern)

    def whole(self):
        flags = set()
        if match := re.match(r"\(\?([a-z]+)\)", self.pattern):
            flags, self.at = self.flags(match[1], flags, True), match.end()
        text, width = self.alternatives(flags)
        if self.at < len(self.pattern):
            self.refuse(")", "closes nothing")
        if width == 0:
            self.at = 0
            self.refuse("the whole", "a pattern that can match no characters at all")
        return text

    def alternatives(self, flags, behind=False):
        branches = [self.sequence(flags, behind)]
        while self.take("|"):
            branches.append(self.sequence(flags, behind))
        widths = [width for _, width in branches]
        if behind and len(set(widths)) > 1:
            self.refuse("a look behind", "of alternatives that differ in length")
        self.branches = [text for text, _ in branches]      # in the end, the outermost
        return "|".join(self.branches), min(widths)

    def sequence(self, flags, behind):
        texts, total = [], 0
        while self.next() not in ("", "|", ")"):
            text, width = self.counted(*self.atom(flags, behind), behind)
            texts.append(text)
            total += width
        return "".join(texts), total

    def counted(self, text, width, behind):
        """An atom, and the count that follows it, if one does."""
        match = COUNT.match(self.pattern, self.at)
        if not match or match[2] == "" == match[1] and match[0][0] == "{":
            return text, width
        if behind:
            self.refuse(match[0], "a count in a look behind")
        if width == 0:
            self.refuse(match[0], "a count of what can match no characters")
        self.at = match.end()
        low, comma, high, suffix = match.groups()
        if low is None:
            text, least = text + match[0], int(match[0][0] == "+")
        else:
            least, theirs = int(low or 0), self.source == TOKENIZERS
            text += f"{{{least}{comma}{high}}}"
            if suffix == "?" and not comma:
                text, least = (f"(?:{text})?", 0) if theirs else (text, least)
            elif suffix == "+" and TOKENIZERS in (self.source, self.target):
                text = f"(?:{text})+" if theirs else f"(?>{text})"
            else:
                text += suffix
        if self.next() in ("*", "+", "?") or COUNT.match(self.pattern, self.at):
            self.refuse(self.next(), "a count of a count")
        return text, width * least

    def atom(self, flags, behind):
        """One character, class, group or place -> its text and least length."""
        char = self.next()
        if char == "(":
            return self.group(flags, behind)
        if char == "[":
            return self.set(flags), 1
        if char == "\\":
            return self.escape(flags, behind)
        if char in "^$":
            self.at += 1
            return self.place(char, flags, behind), 0
        if char in "*+?{":
            self.refuse(char, "no count of anything, and not \\" + char)
        if char == ".":
            self.at += 1
            return r"[\s\S]" if "s" in flags else ".", 1
        self.at += 1
        return self.character(char, flags), 1

    # Groups

    def group(self, flags, behind):
        start = self.at
        match = GROUP.match(self.pattern, start)
        if not match and self.pattern[start + 1:start + 2] in ("?", "*"):
            self.refuse(self.pattern[start:start + 4], "a group of another kind")
        self.at = match.end() if match else start + 1
        kind = match.groupdict("") if match else {}
        if behind and (kind.get("look") or kind.get("atomic")):
            self.refuse(match[0], "a group of this kind in a look behind")
        number = None
        if not match or kind["name"]:
            self.groups += 1
            number = self.groups
            if kind and self.numbered and self.source == TOKENIZERS:
                self.refuse(match[0], "a named group beside a numbered one")
        else:
            flags = self.flags(kind["on"], flags, True)
            flags = self.flags(kind["off"], flags, False)
        begin = self.at
        back = kind.get("look", "").startswith("<")
        text, width = self.alternatives(flags, behind or back)
        body = self.pattern[begin:self.at]
        if not self.take(")"):
            self.at = start
            self.refuse("(", "not closed")
        if number:
            self.closed[number] = width
            return f"({text})" if self.numbered else f"(?:{text})", width
        if kind["look"]:
            return f"(?{kind['look']}{text})", 0
        if kind["atomic"]:
            return f"(?>{text})", width
        if kind["on"] == "i" and re.fullmatch(r"['A-HJ-Za-hj-z|\[\]]*", body):
            if not JOINED.search(body):      # read alike as it is, and easier to read
                return self.pattern[start:self.at], width
        return f"(?:{text})", width

    def flags(self, letters, flags, on):
        for letter in letters:
            if letter not in ("im" if self.source == TOKENIZERS else "ims"):
                self.refuse(f"(?{letter})", "a flag of another kind")
            if self.source == TOKENIZERS:
                letter = {"m": "s"}.get(letter, letter)
            flags = flags | {letter} if on else flags - {letter}
        return flags

    # Places

    def place(self, name, flags, behind):
        """^, $, \\A, \\z, \\Z, \\b and \\B."""
        if behind:
            name = name.rjust(1 + name.isalpha(), "\\")
            self.refuse(name, "a place in a look behind")
        end, face = END[self.target], self.source == TOKENIZERS
        before_last_newline = rf"(?=\n?{end})"
        if name in ("b", "B"):
            return self.edge(name)
        if name == "A" or name == "^" and not face and "m" not in flags:
            return r"\A"
        if name == "^":
            return rf"(?:(?<![^\n])(?!(?<=\n){end}))" if face else r"(?<![^\n])"
        if name == "$" and (face or "m" in flags):
            return r"(?![^\n])"
        if name == "Z" and self.source == TIKTOKEN:
            self.refuse(r"\Z", "another place in each version; \\z is the end")
        if name == "$" and self.source == REGEX or name == "Z" and face:
            return before_last_newline
        return end

    def edge(self, name):
        if TOKENIZERS not in (self.source, self.target):
            return "\\" + name
        w = f"[{self.word()}]"
        here, there = (w, w) if name == "B" else (w, "")
        if name == "b":
            return f"(?:(?<={w})(?!{w})|(?<!{w})(?={w}))"
        return f"(?:(?<={here})(?={there})|(?<!{here})(?!{there}))"

    # Characters and classes

    def escape(self, flags, behind):
        kind, value = self.escaped()
        if kind == "char":
            return self.character(value, flags), 1
        if kind == "place":
            return self.place(value, flags, behind), 0
        if kind == "back":
            if value not in self.closed or "i" in flags:
                self.refuse(f"\\{value}", "a back reference of another kind")
            text = f"\\{value + self.before}"
            return f"(?:{text})" if self.next().isdigit() else text, self.closed[value]
        self.case_of(value, flags)
        return self.shortest(f"[{value}]"), 1

    def escaped(self, inside=False):
        """Read an escape -> ("char", c), ("class", text), ("place", c), ("back", n)."""
        match = ESCAPE.match(self.pattern, self.at)
        if not match:
            self.refuse(self.pattern[self.at:self.at + 2], "not read alike")
        kind, face = match.groupdict(), self.source == TOKENIZERS
        code = kind["x"] or kind["xx"] or kind["u"] or kind["U"] or kind["braces"]
        if kind["p"]:
            name = kind["script"] or kind["property"] or kind["short"]
            if name not in (SCRIPTS if kind["script"] else PROPERTIES):
                self.refuse(match[0], "a property that may differ")
            if kind["short"] and face:
                self.refuse(match[0], "the letter p; a property has braces")
            self.at = match.end()
            negated = (kind["p"] == "P") != bool(kind["hat"])
            return "class", f"\\{'P' if negated else 'p'}{{{name}}}"
        if code:
            code = int(code, 16)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000 or (
                    face and kind["xx"] and code > 0x7F):
                self.refuse(match[0], "no character")
            self.at = match.end()
            return "char", chr(code)
        self.at = match.end()
        if kind["control"]:
            return "char", CONTROLS[kind["control"]]
        if kind["back"]:
            return "back", int(kind["back"])
        if kind["sign"]:
            return "char", kind["sign"]
        letter = kind["letter"]
        if letter in "dDsS":
            return "class", match[0]
        if letter in "wW":
            word = self.word(inside)
            if word == r"\w":
                return "class", match[0]
            return "class", word if letter == "w" else f"[^{word}]"
        return "place", letter

    def character(self, char, flags):
        if "i" not in flags:
            return literal(char)
        if self.source == TOKENIZERS and JOINED.match(
                self.pattern, self.at - 1):
            self.refuse(self.pattern[self.at - 1:self.at + 1],
                        "a pair of letters that without regard to case is one letter")
        every = self.with_case(char, char)
        return f"[{every}]" if char.isalpha() else literal(char)

    def with_case(self, first, last):
        """The characters from first to last, with the other case of each."""
        if last > "\x7f":
            self.refuse(last, "a character outside ASCII, without regard to case")
        more = ""
        for char in map(chr, range(ord(first), ord(last) + 1)):
            if char.isalpha():
                more += char.swapcase() + FOLDS.get(char, "")
            if self.source == REGEX:
                more += {"i": "İ", "I": "ı"}.get(char, "")
        return span(first, last) + "".join(
            char for char in dict.fromkeys(more) if not first <= char <= last)

    def word(self, inside=False):
        """What \\w is to the source, as the target says it in a class."""
        if self.source != TOKENIZERS:
            return r"\w" + (JOIN if self.target == TOKENIZERS else "")
        return WORD if inside else WORD + SUPERSCRIPTS

    def case_of(self, text, flags):
        word = WORD in text or r"\w" in text.lower()
        if "i" in flags and not word and not WITHOUT_CASE.fullmatch(text):
            self.refuse(text, "a class that may differ without regard to case")

    def set(self, flags, inside=False):
        """A class, [...], with its nested ones."""
        start, self.at = self.at, self.at + 1
        negated = self.take("^")
        begin, operands, items = self.at, [], []
        while self.next() != "]" or self.at == begin:
            two = self.pattern[self.at:self.at + 2]
            if not two:
                self.at = start
                self.refuse("[", "not closed")
            if two in ("--", "~~", "||", "]-") or two == "&&" and self.source == REGEX:
                self.refuse(two, "a set operation, or a range, in some dialects only")
            if two == "[:":
                items.append(self.posix(flags))
            elif two == "&&":
                self.at += 2
                operands.append(self.union(items))
                items = []
            elif two[0] == "[" and self.source != REGEX:
                text = self.set(flags, inside=True)
                plain = text[0] == "[" and text[1] != "^" and "&&" not in text
                items.append(text[1:-1] if plain else text)
            else:
                items.append(self.item(flags))
        self.at += 1
        escapes = re.findall(r"\\.", self.pattern[start:self.at])
        if negated and any({kind, kind.upper()} <= set(escapes)
                           for kind in (r"\w", r"\s", r"\d")):
            # regex finds something in [^\w\W]
            self.refuse(self.pattern[start:self.at], "an empty class")
        if not operands:
            text = self.union(items)
            if not negated:
                return self.shortest(text)
            if not text.startswith("[^"):
                return self.shortest("[^" + text[1:])
            if self.target == REGEX:
                self.refuse("[^[^", "a class inside a class")
            return f"[^{text}]"
        operands.append(self.union(items))
        if self.target != REGEX:
            return f"[{'^' if negated else ''}{'&&'.join(operands)}]"
        if inside or negated:
            self.refuse("&&", "an intersection inside a class")
        ahead = "".join(f"(?={one})" for one in operands[:-1])
        return f"(?:{ahead}{operands[-1]})"

    def union(self, items):
        """The items of a class, in brackets."""
        if not items:
            self.refuse("[", "an empty class")
        nested = [item for item in items if item.startswith("[")]
        if len(items) == 1 and nested:
            return items[0]
        if nested and self.target == REGEX:
            self.refuse(nested[0], "a negated class inside a class")
        return f"[{''.join(items)}]"

    def shortest(self, text):
        """A class with \\w for what \\w is to the target, and no needless brackets."""
        if self.target != TOKENIZERS:
            text = text.replace(WORD + JOIN, r"\w")
            text = {r"[^\w]": r"\W"}.get(text, text)
        bare = re.fullmatch(r"\[(\\[dDsS]|\\[pP]\{\w+\}|\[\^[^\[\]]+\])\]", text)
        if bare or text in (r"[\w]", r"[\W]") and self.target != TOKENIZERS:
            return text[1:-1]
        return text

    def item(self, flags):
        """A character, a range or \\s and the like, inside a class."""
        kind, first = self.member()
        if kind == "class":
            self.case_of(first, flags)
            return first
        last = first
        if re.compile(r"-[^]]").match(self.pattern, self.at):
            self.at += 1
            kind, last = "class", ""
            if self.next() != "[":
                kind, last = self.member()
            if kind != "char" or last < first:
                self.refuse("-", "a range that ends in a class, or before it begins")
        return self.with_case(first, last) if "i" in flags else span(first, last)

    def member(self):
        if self.next() != "\\":
            self.at += 1
            return "char", self.pattern[self.at - 1]
        start = self.at
        kind, value = self.escaped(inside=True)
        if kind in ("place", "back"):
            self.at = start
            self.refuse(self.pattern[start:start + 2], "another thing in a class")
        return kind, value

    def posix(self, flags):
        match = re.compile(r"\[:(\^?\w+):\]").match(self.pattern, self.at)
        name = match and POSIX[self.source].get(match[1])
        if not name or "i" in flags:
            self.refuse(match[0] if match else "[:", "a class that differs")
        self.at = match.end()
        return name

    # The text

    def next(self):
        return self.pattern[self.at:self.at + 1]

    def take(self, char):
        if self.next() != char:
            return False
        self.at += 1
        return True

    def refuse(self, what, why):
        raise ValueError(f"{self.pattern!r:.60} cannot go from {self.source} to "
                         f"{self.target}: {what} (at {self.at}) is {why}")


def literal(char, special=r"\.+*?()|[]{}^$"):
    """A character that stands for itself, in all three dialects."""
    known = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\f": r"\f"}
    if char in special:
        return "\\" + char
    return known.get(char) or (f"\\x{ord(char):02x}" if char < " " else char)


def span(first, last):
    """A character or a range, for inside a class."""
    ends = [literal(char, r"\[]^-") for char in (first, last)]
    return ends[0] if first == last else "-".join(ends)
