"""The first mention of a term on a chapter's page becomes a link to where the site defines it.

A site defines a term where a page has <dfn id="softmax">softmax</dfn> in the <dt> of a definition list;
other names of the same thing are further <dfn>s in that <dt>.  A name in small letters is found with a
capital letter and in the plural, too, and a hyphen in it stands for a space.  reader.js shows the
definition beside the link; without scripts it is a link.  A chapter in which a word means something else says

    not_terms: [chain rule]    in its header: what is not linked on its page

and the sources at a page's end, below its last <h2> if that begins with Sources, have no links either.
"""

import html
import re

CHAPTER = 'class="weave-byline"'    # of the pages whose mentions are linked, as byline writes it
NOT_TERMS = re.compile(rf'{CHAPTER}(?: data-not-terms="([^"]*)")?')
SOURCES = re.compile(r"<h2\b[^>]*>\s*Sources\b(?!.*<h2\b)", re.DOTALL)
PIECE = re.compile(r"<(/?)([a-zA-Z][\w-]*)([^>]*)>|<!--.*?-->|[^<]+", re.DOTALL)
ENTRY = re.compile(r"<dt[^>]*>(.*?)</dt>", re.DOTALL)
NAME = re.compile(r'<dfn(?:[^>]*?\bid="?([\w-]+)"?)?[^>]*>(.*?)</dfn>', re.DOTALL)
NOT_IN = {"a", "button", "code", "dfn", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "kbd", "mark", "math",
          "pre", "script", "style", "summary", "svg", "table", "var"}
NOR = re.compile(r"\bclass=\"?[^\"]*\b(?:weave-|arithmatex|katex|footnote)")


def defined(pages):
    """{name: address with its anchor} of all terms that the pages, {address: HTML}, define."""
    found = {}
    for address, text in pages.items():
        for entry in ENTRY.findall(text) if "<dfn" in text else ():
            names = NAME.findall(entry)
            anchor = next((anchor for anchor, _ in names if anchor), None)
            if anchor:
                found |= {html.unescape(name): f"{address}#{anchor}" for _, name in names}
    return found


class Terms:
    """Links the mentions of terms, {name: address}."""

    def __init__(self, terms):
        self.terms = terms
        names = sorted(terms, key=len, reverse=True)
        any_name = "|".join(map(pattern, names))
        self.mention = re.compile(rf"(?<![\w-])(?:{any_name})(?![\w-])") if terms else None
        self.by_text = {key(name): address for name, address in terms.items()}

    def linked(self, text, up):
        """A page's HTML with the first mention of each term linked; up is its way to the site's root."""
        if not self.mention or CHAPTER not in text:
            return text
        begin, end = text.index(CHAPTER), text.find("</article>")
        if sources := SOURCES.search(text, begin, end):
            end = sources.start()
        names = html.unescape(NOT_TERMS.match(text, begin)[1] or "").split(", ")
        return text[:begin] + self.inside(text[begin:end], up, set(map(key, names))) + text[end:]

    def inside(self, text, up, not_terms):
        parts, seen, skipped, depth = [], set(), "p", 1    # it begins within the byline

        def link(match):
            name = next(name for name in (key(match[0]), key(singular(match[0]))) if name in self.by_text)
            address = self.by_text[name]
            if name in not_terms or address in seen:
                return match[0]
            seen.add(address)
            return f'<a class="weave-term" href="{up}{address}">{match[0]}</a>'

        for piece in PIECE.finditer(text):
            closing, tag, attributes = piece[1], piece[2], piece[3]
            if tag is None:
                parts.append(piece[0] if depth else self.mention.sub(link, piece[0]))
                continue
            if depth:
                if tag == skipped and not attributes.endswith("/"):
                    depth += -1 if closing else 1
            elif not closing and (tag in NOT_IN or NOR.search(attributes)) and not attributes.endswith("/"):
                skipped, depth = tag, 1
            parts.append(piece[0])
        return "".join(parts)


def byline(content, not_terms=()):
    """The HTML of the line under a chapter's title, which says what is not linked on its page.

    >>> byline("1 min to read", ["chain rule", "kernel"])
    '<p class="weave-byline" data-not-terms="chain rule, kernel" data-search-exclude>1 min to read</p>'
    """
    names = f' data-not-terms="{html.escape(", ".join(map(str, not_terms)))}"' if not_terms else ""
    return f"<p {CHAPTER}{names} data-search-exclude>{content}</p>"


def pattern(name):
    """What a name looks like in a text.

    >>> re.fullmatch(pattern("learning rate"), "Learning-rates") is not None
    True
    >>> re.fullmatch(pattern("BPE"), "bpe") is None
    True
    """
    words = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", html.escape(name, quote=False))))
    if name != name.lower():
        return words
    first = words[0]
    return (f"[{first.upper()}{first}]" if first.isalpha() else first) + words[1:] + "(?:s|es)?"


def key(name):
    return " ".join(re.split(r"[\s-]+", html.unescape(name))).lower()


def singular(name):
    return re.sub(r"(?:(?<=[sxz])es|(?<=[cs]h)es|s)$", "", name)
