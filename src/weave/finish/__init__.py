"""The last step, HTML to HTML over a built site, whatever generator built it.

Formulas become HTML and MathML, style attributes become classes of one sheet, markup that nothing
styles goes, the theme's gaps in accessibility are closed, and every page gets one Content-Security-Policy that allows the site's own
files and the theme's inline scripts by their hashes, and nothing else.  The policy is the same on
all pages, because instant navigation keeps the first page's.
"""

import base64
import hashlib
import html
import os
import re
from html.parser import HTMLParser
from pathlib import Path

from . import WeaveError
from .mathematics import FormulaError, render
from .svg import FIGURE

FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)
POLICY = ("default-src 'none'; script-src 'self'{hashes}; style-src 'self'; img-src 'self' data:; "
          "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
          "base-uri 'none'; form-action 'self'")
TEX = re.compile(r"<semantics>(.*?)<annotation.*?</annotation></semantics>", re.DOTALL)
NAMESPACE = ' xmlns="http://www.w3.org/1998/Math/MathML"'    # HTML knows whose <math> is
UNSTYLED = re.compile(r'<span class="(?:nb?|ow?|p|sa|si|w)">([^<]*)</span>')    # Pygments' names, operators, braces in strings
VERBATIM = {"pre", "script", "style", "textarea"}    # where white space counts
BLOCKS = set("html head meta link title body header main footer nav article aside div form p ul ol li dl dt dd h1 h2 h3 "
             "h4 blockquote figure figcaption details summary table thead tbody tr th td hr".split())    # ignore space after tags
PLAIN = {"quot": '"', "39": "'", "x27": "'", "10": "\n"}    # what needs no reference outside of attributes
SPACE = re.compile(r"[ \t\n]+")
SHEET = "assets/stylesheets/finish.css"
KATEX = "assets/katex/katex.min.css"


def finish(site, docs=None, policy=True):
    """Finish every page under the folder site, in place; return the errors found, as WeaveErrors.

    docs is where the Markdown is, to name the line of a formula that cannot be read.
    """
    site = Path(site)
    texts, errors, styles, scripts = {}, [], {}, set()
    for path in sorted(site.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        if 'content="weave"' in text:
            continue    # finished before
        text, unread = with_formulas(text)
        errors += [where(formula, error, docs, path) for formula, error in unread]
        rewriter = Rewriter(styles, scripts)
        rewriter.copy(UNSTYLED.sub(r"\1", text))
        texts[path] = "".join(rewriter.parts)
    if errors or not texts:
        return errors
    hashes = "".join(f" '{name}'" for name in sorted(scripts))
    sheet = site / SHEET
    sheet.parent.mkdir(parents=True, exist_ok=True)
    kept = sheet.read_text(encoding="utf-8").splitlines() if sheet.exists() else []    # of pages finished before
    rules = {*kept, *(f".{name}{{{important(style)}}}" for style, name in styles.items())}
    sheet.write_text("".join(f"{rule}\n" for rule in sorted(rules)), encoding="utf-8")
    for path, text in texts.items():
        up = "/" if path.name == "404.html" else os.path.relpath(site, path.parent) + "/"
        head = '<meta name="generator" content="weave">'
        if policy:
            head += f'<meta http-equiv="Content-Security-Policy" content="{POLICY.format(hashes=hashes)}">'
        sheets = [KATEX] * ('class="katex"' in text or 'class="weave-letter"' in text) + [SHEET]
        links = "".join(f'<link rel="stylesheet" href="{up}{name}">' for name in sheets)
        text = re.sub(r"(<meta charset=[^>]*>)", lambda match: match[1] + head, text, count=1)
        path.write_text(text.replace("</head>", f"{links}</head>", 1), encoding="utf-8")
    return []


def with_formulas(text):
    """The text with its formulas rendered, and those that cannot be, each with the reason."""
    unread = []

    def replace(match):
        formula, display = html.unescape(match[2]).strip(), match[1] == "div"
        if not display and re.fullmatch("[A-Za-z]", formula):
            return f'<var class="weave-letter">{formula}</var>'    # looks the same, and is a tenth as long
        try:
            made = TEX.sub(r"\1", render(formula, display)).replace(NAMESPACE, "")
        except FormulaError as error:
            unread.append((formula, error))
            return match[0]
        return f'<div class="weave-formula" tabindex="0">{made}</div>' if display else made

    return FORMULA.sub(replace, text), unread


def where(formula, error, docs, page):
    """The error at the line of the Markdown that the formula comes from, as far as it is found."""
    first = formula.splitlines()[0]
    for path in sorted(Path(docs).rglob("*.md")) if docs else ():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if first in line:
                return WeaveError(path.relative_to(Path(docs).parent), number, str(error), line)
    return WeaveError(page, 1, str(error))


def important(style):
    """A style attribute as the body of a rule that wins as the attribute did."""
    rules = (rule.strip() for rule in style.split(";"))
    return ";".join(f"{rule}!important" for rule in rules if rule)


class Rewriter(HTMLParser):
    """Copies HTML to parts, turning style attributes into classes and closing known gaps."""

    def __init__(self, styles, scripts):
        super().__init__(convert_charrefs=False)
        self.styles, self.scripts, self.parts = styles, scripts, []
        self.script = None    # the text of the inline script being read
        self.verbatim = 0     # how many elements of VERBATIM are open
        self.beside_block = False    # whether a tag of BLOCKS was the last thing

    def copy(self, text):
        """Read a whole page; its figures, half of all tags, need nothing and are copied unread."""
        end = 0
        for figure in FIGURE.finditer(text):
            self.feed(text[end : figure.start()])
            self.parts.append(figure[0])
            self.beside_block = False
            end = figure.end()
        self.feed(text[end:])
        self.close()

    def handle_starttag(self, tag, attributes):
        text, given = self.get_starttag_text(), dict(attributes)
        self.verbatim += tag in VERBATIM
        self.beside_block = tag in BLOCKS
        changed = self.improved(tag, dict(given))
        if changed != given:
            inside = "".join(f" {name}" if value is None else f' {name}="{html.escape(value)}"'
                             for name, value in changed.items())
            text = f"<{tag}{inside}{'/' if text.endswith('/>') else ''}>"
        self.parts.append(text)
        inline = tag == "script" and "src" not in given
        if inline and given.get("type", "text/javascript") in ("text/javascript", "module"):
            self.script = ""

    handle_startendtag = handle_starttag

    def improved(self, tag, given):
        if style := given.pop("style", None):
            name = self.styles.setdefault(style, f"s{hashlib.sha256(style.encode()).hexdigest()[:6]}")
            given["class"] = f"{given.get('class', '')} {name}".strip()
        if given.get("class") == "headerlink":
            given.pop("title", None)    # the same words on every heading
        if given.get("role") == "dialog" and "aria-label" not in given:
            given["aria-label"] = given.get("data-md-component", "dialog").title()
        if given.get("data-md-component") == "source":
            del given["data-md-component"]    # else the theme asks api.github.com for stars
        if tag == "input" and given.get("type") in ("checkbox", "radio"):
            given.pop("autocomplete", None)    # invalid there
        if given.get("tabindex", "0") in (None, ""):
            del given["tabindex"]
        return given

    def handle_endtag(self, tag):
        if tag == "script" and self.script is not None:
            digest = hashlib.sha256(self.script.encode()).digest()
            self.scripts.add(f"sha256-{base64.b64encode(digest).decode()}")
            self.script = None
        self.verbatim -= tag in VERBATIM
        self.beside_block = tag in BLOCKS
        self.parts.append(f"</{tag}>")

    def handle_data(self, data):
        if self.script is not None:
            self.script += data
        if not self.verbatim:
            data = SPACE.sub(lambda run: "\n" if "\n" in run[0] else " ", data)
            data = data.lstrip(" \n") if self.beside_block else data
            self.beside_block = self.beside_block and not data
        self.parts.append(data)

    def handle_entityref(self, name):
        self.reference(name, f"&{name};")

    def handle_charref(self, name):
        self.reference(name, f"&#{name};")

    def reference(self, name, text):
        self.parts.append(PLAIN.get(name, text))
        self.beside_block = False

    def handle_comment(self, data):
        pass    # nothing on a page is for whoever reads its source

    def handle_decl(self, declaration):
        self.parts.append(f"<!{declaration}>")
