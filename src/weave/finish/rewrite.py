"""HTML made small and fit for a strict policy: styles become classes, gaps in accessibility are closed."""

import base64
import functools
import hashlib
import html
import re

from minify_html import minify

# Pygments' names, methods like __init__, None, operators, braces in strings, and what it begins with
UNSTYLED = re.compile(r'<span(?: class="(?:fm|kc|nb?|ow?|p|sa|si|vm|w)")?>([^<]*)</span>')
NUMBER = re.compile(r'<span class=m\w>([^<]*)</span>')
STYLED = re.compile(r'<span class=(\w\w?)>([^<]*)</span>')
ALIKE = re.compile(r"(<i class=\w\w?>)[^<]*</i>(?:\s*\1[^<]*</i>)+")    # lines of a comment, say
ALONE = re.compile(r"&(?!(?:#\d+|#[xX][\da-fA-F]+|[a-zA-Z][a-zA-Z\d]*);)")    # an & that begins no reference
ITEM_END = re.compile(r"</li>(?=<li\b|</[uo]l>)")    # which HTML lets be left out there
QUOTED = re.compile(r'="([^\s"\'=<>`]+)"')    # a value that could do without
QUOTING = re.compile(r'<[a-z][^<>"]*="[^<>]*[^<>/]>')    # a start tag with quotes, in code
HELD = "\uffff"    # in its place before the minifier, which would complete it; no page may have this
PLAIN = {"&quot;": '"', "&#39;": "'", "&#x27;": "'", "&#10;": "\n"}
VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s>"']+)"""
TAG = re.compile(rf"<script\b(?P<given>[^>]*)>(?P<script>.*?)</script>|"
                 rf"<(?P<tag>[a-z][\w-]*)(?P<attributes>(?:\s+[^\s=>]+(?:={VALUE})?)+)\s*(?P<end>/?)>",
                 re.DOTALL | re.IGNORECASE)
ATTRIBUTE = re.compile(rf"([^\s=>]+)(?:=({VALUE}))?")
IMPROVED = re.compile(r"\s(?:style=|class=headerlink|role=dialog|data-md-component=source|autocomplete|"
                      r"rel=edit)")
JAVASCRIPT = re.compile(r"""(?!.*\ssrc\b)(?!.*\stype=(?!["']?(?:text/javascript|module)\b))""", re.DOTALL)


def rewritten(text, styles, scripts):
    """A page rewritten.

    To the dictionary styles are added its style attributes, each with the name of its class, and to the
    set scripts the hashes of its inline scripts.
    """
    def rewrite(match):
        if match["tag"] is None:
            if JAVASCRIPT.match(match["given"]):
                scripts.add(sha256(match["script"]))
        elif match["tag"] == "link" and "rel=next" in match["attributes"]:
            return ""    # Firefox would fetch it ahead, against the policy; weave.js has its key
        elif IMPROVED.search(match["attributes"]):
            return improved(match, styles)
        return match[0]

    return TAG.sub(rewrite, small(text))


def sha256(text):
    """The name of a text, as a policy allows it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def small(text):
    """A page without comments, idle white space and quotes, and without the tags that nothing needs."""
    text = ALONE.sub(HELD, UNSTYLED.sub(r"\1", text))
    text = minify(text, keep_closing_tags=True, keep_html_and_head_opening_tags=True,
                  keep_input_type_text_attr=True)
    return ITEM_END.sub("", text).replace(HELD, "&")


def short(script):
    """A module of JavaScript in fewer characters; one with an error stays as it is."""
    begin, end = "<script type=module>", "</script>"
    if end in script:    # in a string, which the minifier would take for the end
        return script
    return minify(begin + script + end, minify_js=True).removeprefix(begin).removesuffix(end)


@functools.lru_cache(8192)    # of the listings of a book, which are the same in the next build of a server
def slim(code):
    """Highlighted code in fewer and shorter tags, and without references that it can do without."""
    code = QUOTING.sub(lambda tag: QUOTED.sub(r"=\1", tag[0]), UNSTYLED.sub(r"\1", code))
    code = STYLED.sub(r"<i class=\1>\2</i>", NUMBER.sub(r"<b>\1</b>", code))
    for reference, letter in PLAIN.items():
        code = code.replace(reference, letter)
    return ALIKE.sub(lambda run: run[0].replace("</i>", "").replace(run[1], "").join([run[1], "</i>"]), code)


def improved(match, styles):
    """A start tag with its style as a class, and without what is invalid or hinders somebody."""
    tag = match["tag"]
    given = {name: html.unescape(value[1:-1] if value[0] in "\"'" else value) if value else None
             for name, value in ATTRIBUTE.findall(match["attributes"])}
    if style := given.pop("style", None):
        name = styles.setdefault(style, f"s{hashlib.sha256(style.encode()).hexdigest()[:6]}")
        given["class"] = f"{given.get('class') or ''} {name}".strip()
    if given.get("class") == "headerlink":
        given.pop("title", None)    # the same words on every heading
    if given.get("role") == "dialog" and "aria-label" not in given:
        given["aria-label"] = given.get("data-md-component", "dialog").title()
    if given.get("data-md-component") == "source":
        del given["data-md-component"]    # else the theme asks api.github.com for stars
    if tag == "a" and given.get("rel") == "edit":
        del given["rel"]    # invalid there
    if tag == "input" and given.get("type") in ("checkbox", "radio"):
        given.pop("autocomplete", None)    # invalid there
    inside = "".join(f" {name}" if value is None else f' {name}="{html.escape(value)}"'
                     for name, value in given.items())
    return f"<{tag}{inside}{match['end']}>" if match["end"] else QUOTED.sub(r"=\1", f"<{tag}{inside}>")
