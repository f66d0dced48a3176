"""Sentences that ask for a check: comparisons with no claim near them, and numbers that were typed.

A list for an author who rereads a chapter, and no verdict: a comparison may be about mathematics, and a
number may be part of the question.  A claim is near if it stands in the same section and has a word of
the sentence; a number is held if a check or a claim of the section has it.
"""

import ast
import re

COMPARED = re.compile(
    r"\b(?:more|most|less|least|fewer|fewest|better|best|worse|worst|as \w+ as|than|hardly|barely|only|none|"
    r"never|always|because|nearly|almost|half|twice|double|times|equals?|same|every|few|"
    r"(?:larg|small|high|low|fast|slow|long|short|great|near|cheap|strong|weak|wid|earl|lat|rar|deep)(?:er|est|ier|iest))\b",
    re.IGNORECASE)
NUMBER = re.compile(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w])")
YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
NO_SENTENCE = re.compile(
    r"`[^`]*`|\$\$.*?\$\$|\$[^$\n]+\$|\]\([^)]*\)|<[^>]+>|^ *\|[^\n]*$", re.MULTILINE | re.DOTALL)
ENDS = re.compile(r"(?<=[.!?])[*\"”)]*\s+(?=[\"“*(\[]*[A-Z…])|\n\s*\n|\n(?=[-*>] )")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
COMMON = {word[:5] for word in (
    "about after also been being does each ever every from have into less more most only other same some "
    "such than that their them then there these they this those three time times were what when where which "
    "will with would").split()}
SMALL = 12    # numbers up to here are words that happen to be written as digits


def doubtful(chapter):
    """(line, kind, sentence) of each sentence that compares, or has a number, with nothing that holds it.

    kind is "compares" or "typed".
    """
    found = []
    for sentences, claims, held in sections(chapter):
        for line, sentence in sentences:
            words = stems(sentence)
            if COMPARED.search(sentence) and not any(words & claim for claim in claims):
                found.append((line, "compares", sentence))
            elif any(typed(number) and number not in held for number in NUMBER.findall(sentence)):
                found.append((line, "typed", sentence))
    return found


def sections(chapter):
    """For each section its (line, sentence)s, the words of each claim, and its checks' numbers."""
    sentences, claims, held = [], [], set()
    for block in chapter.blocks:
        if block.role == "check":
            claims += [stems(text) for text in said(block.code.tree)]
            held |= numbers(block.text)
        if block.kind != "prose":
            continue
        at = 0
        text = block.filled()
        for heading in [*HEADING.finditer(text), None]:
            end = heading.start() if heading else len(text)
            sentences += [(block.line + text[:begin].count("\n"), sentence)
                          for begin, sentence in split(text, at, end)]
            if heading:
                if sentences:
                    yield sentences, claims, held
                sentences, claims, held, at = [], [], set(), heading.end()
                if heading[1].startswith("Sources"):
                    return
    if sentences:
        yield sentences, claims, held


def split(text, at, end):
    """(where it begins, sentence) of the prose in text[at:end], without code, formulas and rows of tables."""
    text = NO_SENTENCE.sub(lambda skipped: re.sub(r"[^\n]", "\0", skipped[0]), text[:end])
    cuts = [at, *(cut.end() for cut in ENDS.finditer(text, at)), end]
    for begin, after in zip(cuts, cuts[1:]):
        begin += len(text[begin:after]) - len(text[begin:after].lstrip())
        if sentence := " ".join(text[begin:after].replace("\0", "").split()):
            yield begin, sentence


def said(tree):
    """The sentences of a cell's asserts."""
    for claim in ast.walk(tree):
        if isinstance(claim, ast.Assert):
            yield " ".join(part.value for part in ast.walk(claim.msg)
                           if isinstance(part, ast.Constant) and isinstance(part.value, str))


def stems(text):
    """The beginnings of a text's words that say something.

    >>> sorted(stems("The blocks are smaller than a block."))
    ['block', 'small']
    """
    return {word[:5] for word in re.findall(r"[a-z]{4,}", text.lower())} - COMMON


def numbers(text):
    return {number.replace("_", "") for number in re.findall(r"[\d_]+(?:\.\d+)?", text)} \
        | set(NUMBER.findall(text))


def typed(number):
    """Whether a number in prose looks like a result."""
    return not YEAR.fullmatch(number) and float(number.replace(",", "")) > SMALL or "." in number
