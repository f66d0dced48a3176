"""Formulas to HTML and MathML while the site is built, by KaTeX in a small JavaScript engine."""

import functools
import html
import re
from pathlib import Path

import quickjs

from ..files import Remembering

KATEX = Path(__file__).parents[3] / "node_modules" / "katex" / "dist"
FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)
TEX = re.compile(r"<semantics>(.*?)<annotation.*?</annotation></semantics>", re.DOTALL)
EMPTY = re.compile(r"<(m\w+)([^>]*)/>")    # which the minifier takes for SVG's alone
NAMESPACE = ' xmlns="http://www.w3.org/1998/Math/MathML"'    # HTML knows whose <math> is
LETTER = '<var class="weave-letter">'


class FormulaError(ValueError):
    """A formula that KaTeX cannot read; the message says where."""


@Remembering
def render(formula, display=False):
    """TeX -> HTML with MathML inside.  Raises FormulaError."""
    try:
        return engine()(formula, display)
    except quickjs.JSException as error:
        message = str(error).strip().splitlines()[0].replace("ParseError: KaTeX parse error: ", "")
        raise FormulaError(f"KaTeX cannot read ${formula}$: {message}") from None


@functools.cache
def engine():
    script = KATEX / "katex.min.js"
    if not script.exists():
        raise FileNotFoundError(f"{script.name} of KaTeX is missing; `make env` installs it with npm")
    context = quickjs.Context()
    context.eval(script.read_text(encoding="utf-8"))
    return context.eval("(tex, display) => katex.renderToString(tex, {displayMode: display, "
                        "throwOnError: true, strict: (code) => code === 'unicodeTextInMathMode' "
                        "? 'ignore' : 'error'}).slice(0)")    # a string in one piece: Python takes no other


def with_formulas(text):
    """The text with its formulas rendered, and those that cannot be, each with the reason."""
    unread = []

    def replace(match):
        formula, display = html.unescape(match[2]).strip(), match[1] == "div"
        if not display and re.fullmatch("[A-Za-z]", formula):
            return f"{LETTER}{formula}</var>"    # looks the same, and is a tenth as long
        try:
            made = TEX.sub(r"\1", render(formula, display)).replace(NAMESPACE, "")
            made = EMPTY.sub(r"<\1\2></\1>", made)
        except FormulaError as error:
            unread.append((formula, error))
            return match[0]
        return f'<div class="weave-formula" tabindex="0">{made}</div>' if display else made

    return FORMULA.sub(replace, text), unread
