"""The last step, HTML to HTML over a built site, whatever generator built it.

    formulas    TeX becomes HTML and MathML
    terms       what the site defines is linked where a chapter first mentions it
    rewrite     style attributes become classes of one sheet, markup that nothing styles goes, and the
                theme's gaps in accessibility are closed

Every page gets one Content-Security-Policy that allows the site's own files and the theme's inline
scripts by their hashes, and nothing else.  The policy is the same on all pages, because instant
navigation keeps the first page's.
"""

import ast
import functools
import json
import os
import re
from pathlib import Path

from .. import WeaveError
from .formulas import LETTER, with_formulas
from .rewrite import rewritten, sha256
from .terms import Terms, defined

POLICY = ("default-src 'none'; script-src 'self'{scripts}; style-src 'self'{styles}; img-src 'self' data:; "
          "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
          "base-uri 'none'; form-action 'self'")
SHEET = "assets/stylesheets/finish.css"
MARK = "<meta name=generator content=weave>"    # of a finished page
KATEX = "assets/katex/katex.min.css"
ASIDE = "data-weave-aside-"    # before href and src, which a generator might change (export.py)
SLATE = re.compile(r'(?:^|(?<=[{}\s]))\[data-md-color-scheme="?slate"?\]((?:\s[^{}]*)?\{[^{}]*\})')
DEFAULT = "[data-md-color-scheme=default]"


def finish(site, docs=None, policy=True, put_back=str, go_on=False, remembered=lambda *given: given[-1]()):
    """Finish every page under the folder site, in place; return the errors found, as WeaveErrors.

    docs is where the Markdown is, to name the line of a formula that cannot be read.  put_back(page)
    puts in what was kept out of the pages because it needs no finishing.  remembered(name, text, make) may
    give what make() gave for a page of this name when it had this text.  An error leaves all pages as they
    are, unless go_on is given, with which a formula that cannot be read is shown as it is written.
    """
    site = Path(site)
    texts, errors, styles, scripts, sheets = {}, [], {}, set(), {}
    pages = {path: path.read_text(encoding="utf-8").replace(ASIDE, "")
             for path in sorted(site.rglob("*.html"))}
    terms = Terms(defined({path.relative_to(site).as_posix().removesuffix("index.html"): text
                           for path, text in pages.items()}))
    empty = [re.compile(rf'<link\b[^>]*\bhref="?[^" >]*{re.escape(path.relative_to(site).as_posix())}[^>]*>')
             for path in site.glob("assets/*.css") if not path.stat().st_size]
    for path, text in pages.items():
        if MARK in text:
            continue    # finished before
        for link in empty:    # mkdocstrings's, if its handlers have no style
            text = link.sub("", text)
        text = terms.linked(text, os.path.relpath(site, path.parent) + "/")
        text, unread = with_formulas(text)
        errors += [where(formula, error, docs, path) for formula, error in unread]
        sheets[path] = [KATEX] * ('class="katex"' in text or LETTER in text) + [SHEET]
        made = remembered(path.relative_to(site).as_posix(), text, functools.partial(in_one, text))
        own, _, texts[path] = made.partition("\n")
        own_styles, own_scripts = json.loads(own)
        styles |= own_styles
        scripts.update(own_scripts)
    if errors and not go_on or not texts:
        return errors
    allowed = POLICY.format(scripts=sources(scripts), styles=sources(map(sha256, styles_of_scripts(site))))
    sheet = site / SHEET
    sheet.parent.mkdir(parents=True, exist_ok=True)
    kept = sheet.read_text(encoding="utf-8").splitlines() if sheet.exists() else []    # of other pages
    kept = [rule for rule in kept if not rule.startswith("@")]
    rules = {dark_without_scripts(site), *kept,
             *(f".{name}{{{important(style)}}}" for style, name in styles.items())}
    sheet.write_text("".join(f"{rule}\n" for rule in sorted(rules)), encoding="utf-8")
    for path, text in texts.items():
        up = root_of(text) if path.name == "404.html" else os.path.relpath(site, path.parent) + "/"
        head = MARK
        if policy:
            head += f'<meta http-equiv="Content-Security-Policy" content="{allowed}">'
        links = "".join(f'<link rel=stylesheet href="{up}{name}">' for name in sheets[path])
        before, charset, after = re.split(r"(<meta charset=[^>]*>)", text, maxsplit=1)
        after = after.replace("</head>", f"{links}</head>", 1)
        path.write_text(put_back(before + charset + head + after), encoding="utf-8")
    return errors


def in_one(text):
    """A page rewritten, below a line with its styles and scripts, as JSON."""
    styles, scripts = {}, set()
    text = rewritten(text, styles, scripts)
    return f"{json.dumps([styles, sorted(scripts)])}\n{text}"


def sources(hashes):
    return "".join(f" '{name}'" for name in sorted(hashes))


def styles_of_scripts(site):
    """The texts that the site's scripts put into style elements, as Zensical's search does with its sheet."""
    for path in sorted((site / "assets/javascripts").glob("*.js")):
        script = path.read_text(encoding="utf-8")
        for name in re.findall(r'\("style",\{\},(\w+)\.toString\(\)', script):
            for literal in re.findall(rf"\b{name}=('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")", script):
                yield ast.literal_eval(literal)    # a string of JavaScript reads as one of Python


def dark_without_scripts(site):
    """A line of CSS: a dark page for whoever prefers one and runs no scripts, which choose the palette."""
    rules = []
    for path in sorted([*site.glob("assets/*.css"), *site.glob("assets/stylesheets/**/palette*.css")]):
        sheet = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        rules += [f"{DEFAULT}{' '.join(rest.split())}" for rest in SLATE.findall(sheet)]
    return f"@media screen and (scripting:none) and (prefers-color-scheme:dark){{{''.join(rules)}}}"


def root_of(page):
    """Where the site begins, as a page that is served at any address writes it before its own files."""
    found = re.search(r'<(?:link|script)\b[^>]*\b(?:href|src)="?((?:[^":>]*?/)?)(?:assets|css|js)/', page)
    return found[1] if found else "/"


def where(formula, error, docs, page):
    """The error at the line of the Markdown that the formula comes from, as far as it is found."""
    first = formula.splitlines()[0]
    for path in sorted(Path(docs).rglob("*.md")) if docs else ():
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if first in line:
                return WeaveError(path.relative_to(Path(docs).parent), number, str(error), line)
    return WeaveError(page, 1, str(error))


def important(style):
    """A style attribute as the body of a rule that wins as the attribute did."""
    rules = (rule.strip() for rule in style.split(";"))
    return ";".join(f"{rule}!important" for rule in rules if rule)
