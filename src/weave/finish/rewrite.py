"""HTML copied tag by tag: styles become classes, idle white space goes, gaps in accessibility are closed."""

import base64
import hashlib
import html
import re
from html.parser import HTMLParser

# Pygments' names, operators, braces in strings, and what it begins with
UNSTYLED = re.compile(r'<span(?: class="(?:nb?|ow?|p|sa|si|w)")?>([^<]*)</span>')
VERBATIM = {"pre", "script", "style", "textarea"}    # where white space counts
# beside whose tags it does not
BLOCKS = set("html head meta link title body header main footer nav article aside div form p ul ol li dl dt "
             "dd h1 h2 h3 h4 blockquote figure figcaption details summary table thead tbody tr th "
             "td hr".split())
PLAIN = {"quot": '"', "39": "'", "x27": "'", "10": "\n"}    # what needs no reference outside of attributes
ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
ALONE = re.compile(r"&(?!(?:#\d+|#[xX][\da-fA-F]+|[a-zA-Z][a-zA-Z\d]*);)")    # an & that begins no reference
HELD = "\uffff"    # in its place before the parser, which would complete it; no page may have this
REFERENCE = re.compile(r"&#?(\w+);")
SPACE = re.compile(r"[ \t\n]+")


def rewritten(text, styles, scripts):
    """A page rewritten.

    To the dictionary styles are added its style attributes, each with the name of its class, and to the
    set scripts the hashes of its inline scripts.
    """
    rewriter = Rewriter(styles, scripts)
    rewriter.feed(ALONE.sub(HELD, unstyled(text)))
    rewriter.close()
    return "".join(rewriter.parts).replace(HELD, "&")


def unstyled(text):
    """HTML without the tags that no sheet styles."""
    return UNSTYLED.sub(r"\1", text)


def slim(code):
    """Highlighted code as the Rewriter would leave it, without reading it tag by tag."""
    return REFERENCE.sub(lambda reference: PLAIN.get(reference[1], reference[0]), unstyled(code))


class Rewriter(HTMLParser):
    """Copies HTML to parts, turning style attributes into classes and closing known gaps."""

    def __init__(self, styles, scripts):
        super().__init__(convert_charrefs=False)
        self.styles, self.scripts, self.parts = styles, scripts, []
        self.script = None    # the text of the inline script being read
        self.verbatim = 0     # how many elements of VERBATIM are open
        self.beside_block = False    # whether a tag of BLOCKS was the last thing

    def handle_starttag(self, tag, attributes):
        text = self.get_starttag_text()
        given = {name: value and value.replace(HELD, "&") for name, value in attributes}
        self.verbatim += tag in VERBATIM
        self.beside_block = tag in BLOCKS
        changed = self.improved(tag, dict(given))
        if changed != given:
            written = {found[1].lower(): found[0] for found in ATTRIBUTE.finditer(text[1 + len(tag):])}
            inside = "".join(f" {written[name]}" if value == given.get(name) and name in written
                             else f' {name}="{html.escape(value)}"' for name, value in changed.items())
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
            digest = hashlib.sha256(self.script.replace(HELD, "&").encode()).digest()
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

    def unknown_decl(self, data):
        self.parts.append(f"<![{data}]]>")    # CDATA, in an SVG

    def handle_pi(self, data):
        self.parts.append(f"<?{data}>")

    def handle_decl(self, declaration):
        self.parts.append(f"<!{declaration}>")
