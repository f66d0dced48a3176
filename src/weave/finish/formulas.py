"""Formulas to HTML and MathML while the site is built, by KaTeX in a small JavaScript engine."""

import functools
from pathlib import Path

import quickjs

KATEX = Path(__file__).parents[2] / "node_modules" / "katex" / "dist"


class FormulaError(ValueError):
    """A formula that KaTeX cannot read; the message says where."""


@functools.cache
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
        raise FileNotFoundError(f"{script.name} of KaTeX is missing; run `make env`, which installs it with npm")
    context = quickjs.Context()
    context.eval(script.read_text(encoding="utf-8"))
    return context.eval("(tex, display) => katex.renderToString(tex, {displayMode: display, "
                        "throwOnError: true, strict: (code) => code === 'unicodeTextInMathMode' "
                        "? 'ignore' : 'error'})")
