"""Cut CUDA C into tokens: names, numbers, strings, operators, each with its line.

    >>> for token in tokenize("x[i] += 2.5f;  // twice"):
    ...     print(token.line, token.kind, token.text)
    1 name x
    1 operator [
    1 name i
    1 operator ]
    1 operator +=
    1 number 2.5f
    1 operator ;
    >>> print(untokenize(tokenize("if (i < n)   /* guard */\\n    y[i] = x[i];")))
    if (i < n)
        y[i] = x[i];

Comments become white space.  A line that begins with # is one token of kind
"directive", continued lines joined; preprocess.py carries them out.  What no rule
matches, such as @ or an unfinished string, is an error with its line.

Left out: trigraphs, raw strings R"(...)".
"""

import re
from typing import NamedTuple


class Token(NamedTuple):
    """A word of C: its kind, its text and where it stands."""

    kind: str       # name, number, string, character, operator, directive;
                    # attribute, once declarations.py has been there
    text: str
    line: int
    space: str = ""     # the blanks before it, in its own line
    file: str = "kernel.cu"


class SourceError(Exception):
    """The text is not what it should be; says where, and shows the line."""

    def __init__(self, message, token=None):
        place = f"{token.file}:{token.line}: " if token else ""
        super().__init__(place + message)
        self.message, self.token = message, token


class Unsupported(SourceError):
    """Something that a GPU can do and the CPU engine cannot."""


CLOSING = {"(": ")", "[": "]", "{": "}"}
NESTING = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
RULES = re.compile(r"""
    (?P<space>      [ \t\r\f\v]+ | \\\n | //(?:\\\n|[^\n])* | /\*(?:[^*]|\*(?!/))*\*/ )
  | (?P<newline>    \n )
  | (?P<name>       [A-Za-z_]\w* )
  | (?P<number>     \.?[0-9](?:[eEpP][+-]|[\w.]|'(?=\w))* )
  | (?P<string>     "(?:\\(?:.|\n)|[^"\\\n])*" )
  | (?P<character>  '(?:\\.|[^'\\\n])*' )
  | (?P<operator>   <<<|>>>|<<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\|
                    |[-+*/%&|^]=|\#\#|::|[-+*/%=<>!~&|^?:;,.(){}\[\]\#] )
""", re.VERBOSE)
DIRECTIVE = re.compile(r"#(?:\\\n|/\*(?:[^*]|\*(?!/))*\*/|(?!//|/\*)[^\n])*")


def tokenize(source, file="kernel.cu"):
    """The tokens of source, a list; SourceError where a character fits nowhere."""
    tokens, at, line, space, line_begins = [], 0, 1, "", True
    while at < len(source):
        if line_begins and source[at] == "#":
            match, kind = DIRECTIVE.match(source, at), "directive"
        else:
            match = RULES.match(source, at)
            kind = match.lastgroup if match else None
        if kind is None:
            here = Token("", source[at], line, "", file)
            raise SourceError(f"{source[at]!r} begins no word of C", here)
        text = match.group()
        if kind == "newline" or kind == "space" and "\n" in text:
            space, line_begins = "", line_begins or kind == "newline"
        elif kind == "space":
            space += text if text.isspace() else " "
        else:
            word = text.replace("\\\n", "") if kind == "string" else text
            tokens.append(Token(kind, word, line, space, file))
            space, line_begins = "", False
        line += text.count("\n")
        at = match.end()
    return tokens


def untokenize(tokens, line=1, file="kernel.cu"):
    """Text that has each token in its own line again, so that errors point there."""
    parts, before = [], None
    for token in tokens:
        if token.file != file or token.line < line or token.line > line + 50:
            file, line = token.file, token.line
            parts.append(f'\n#line {line} "{file}"\n')
        elif token.line > line:
            parts.append("\n" * (token.line - line))
            line = token.line
        elif before and not token.space and glued(before, token):
            parts.append(" ")
        parts.append(token.space + token.text)
        before = token
    return "".join(parts)


def glued(left, right):
    """Would these two tokens, written without a space, be read as others?"""
    a, b = left.text[-1], right.text[0]
    if left.kind == "number" and (b in ".'" or b in "+-" and a in "eEpP"):
        return True
    if left.kind in ("name", "number", "string", "character"):
        return right.kind in ("name", "number") and left.kind in ("name", "number")
    return a in "+-*/%&|^<>=!#.:" and (b in "+-*/%&|^<>=#.:"
                                       or b.isdigit() and a == ".")


# ---- lists of tokens -----------------------------------------------------------------

def like(token, text):
    """The words of text as tokens, in the line of token."""
    return [t._replace(line=token.line, file=token.file, space=t.space if n else
                       token.space) for n, t in enumerate(tokenize(text))]


def after(token, text):
    """The same, for text that follows token without a space."""
    return like(token._replace(space=""), text)


def wrapped(tokens):
    """(tokens)"""
    first = tokens[0]._replace(space="")
    return [*like(tokens[0], "("), first, *tokens[1:], *after(tokens[-1], ")")]


def flat(tokens):
    """The tokens as if they stood in one line."""
    return [token._replace(line=1, file="", space=token.space[:1]) for token in tokens]


def nesting(text):
    """1 for a token that opens a bracket, -1 for one that closes it, 0 for others."""
    return NESTING.get(text, 0)


def closing(tokens, at):
    """Where the bracket at tokens[at] closes."""
    depth = 0
    for n in range(at, len(tokens)):
        depth += nesting(tokens[n].text)
        if depth == 0:
            return n
    raise SourceError(f"this {tokens[at].text} is not closed", tokens[at])


def outer(tokens):
    """The tokens in no bracket."""
    depth = 0
    for token in tokens:
        depth += nesting(token.text)
        if depth == 0:
            yield token


def split(tokens):
    """Parts between commas that are in no bracket."""
    parts, depth = [[]], 0
    for token in tokens:
        depth += nesting(token.text)
        if token.text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def chunks(tokens):
    """Declarations and definitions at the top level, each a list of tokens."""
    at = start = 0
    while at < len(tokens):
        text = tokens[at].text
        if text in CLOSING:
            end = closing(tokens, at)
            function = text == "{" and at > start and tokens[at - 1].text == ")"
            at = end
            if function:
                yield tokens[start:at + 1]
                start = at + 1
        elif nesting(text) < 0:
            raise SourceError(f"{text} closes nothing", tokens[at])
        elif text == ";":
            yield tokens[start:at + 1]
            start = at + 1
        at += 1
    if start < len(tokens):
        if tokens[start].text == "namespace":
            raise Unsupported("namespace: C++ namespaces and aliases cannot run on the "
                              "CPU engine", tokens[start])
        raise SourceError(f"what begins with {tokens[start].text} does not end; is a ; "
                          "missing?", tokens[start])


def postfix_begins(tokens):
    """Where the operand that the tokens end with begins: a[i].b(x)."""
    at = len(tokens) - 1
    while True:
        while tokens[at].text in (")", "]"):
            depth = 0
            for n in range(at, -1, -1):
                depth -= nesting(tokens[n].text)
                if depth == 0:
                    break
            at = n
            if not at or not (tokens[at - 1].kind == "name"
                              or tokens[at - 1].text in (")", "]")):
                return at
            at -= 1
        if at < 2 or tokens[at - 1].text not in (".", "->"):
            return at
        at -= 2


class Reader:
    """Tokens, and how far they have been read; at is the number of the next one."""

    def __init__(self, tokens):
        self.tokens, self.at = list(tokens), 0

    def text(self, ahead=0):
        """The text of the next token, or of one ahead of it; "" where there is none."""
        n = self.at + ahead
        return self.tokens[n].text if 0 <= n < len(self.tokens) else ""

    def take(self):
        """The next token, which has then been read."""
        self.at += 1
        return self.tokens[self.at - 1]

    def respace(self, space):
        """Change the blanks before the next token."""
        self.tokens[self.at] = self.tokens[self.at]._replace(space=space)
