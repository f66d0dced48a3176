"""The finished site: formulas rendered, no inline style, one policy that fits every page."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings, strategies

from weave.finish import finish
from weave.finish.formulas import FormulaError, render
from weave.finish.rewrite import rewritten, short, slim

PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><script>first("<b>")</script></head>
<body><!-- a comment --><p style="color: red; margin:0" class="a">text &amp; <br/>more</p>
<script src="x.js"></script><script type="application/json">{"data": 1}</script>
<p>%s</p></body></html>
"""


@pytest.fixture
def site(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(PAGE % r'<span class="arithmatex">\(x^2 &lt; y\)</span>')
    (tmp_path / "sub" / "index.html").write_text(PAGE.replace("first", "second") % "no formula")
    return tmp_path


def policy(text):
    return re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)[1]


def test_formulas_become_html_and_mathml(site):
    assert finish(site) == []
    text = (site / "index.html").read_text()
    assert "<math><mrow>" in text and "<mn>2</mn>" in text
    assert "arithmatex" not in text and "annotation" not in text


def test_a_letter_alone_is_a_variable_and_takes_no_more_than_that(site):
    (site / "index.html").write_text(PAGE % r'<span class="arithmatex">\(x\)</span>')
    finish(site)
    text = (site / "index.html").read_text()
    assert "<p><var class=weave-letter>x</var></p>" in text and "katex.min.css" in text


def test_spans_that_nothing_styles_go_and_their_text_stays(site):
    code = ('<code><span class="k">if</span><span class="w"> </span><span class="n">x</span>'
            '<span class="p">:</span></code>')
    (site / "index.html").write_text(PAGE % code)
    finish(site)
    assert "<code><span class=k>if</span> x:</code>" in (site / "index.html").read_text()
    assert slim(code) == "<code><i class=k>if</i> x:</code>"


def test_what_stands_together_in_one_colour_has_one_tag():
    lines = "&#10;".join(f'<span class="c1"># {n}</span>' for n in range(3))
    code = f'<pre tabindex="0" aria-label="a b"><code>{lines} <span class="k">if</span></code></pre>'
    assert slim(code) == ('<pre tabindex=0 aria-label="a b"><code><i class=c1># 0\n# 1\n# 2</i> '
                          "<i class=k>if</i></code></pre>")


@pytest.mark.parametrize("script, published", [
    ("export const a = (b) => {\n    return b + 1;\n};\n", "export const a=b=>b+1;"),
    ("const said = `two  blanks, ${ x ? `two` : y }`;\n", "const said=`two  blanks, ${x?`two`:y}`;"),
    ("const  = 3;\n\n  b", "const  = 3;\n\n  b"),
    ('const end = "</script>",  b = /a  b/;\n', 'const end = "</script>",  b = /a  b/;\n')],
    ids=["code", "texts", "an error", "what ends a script"])
def test_a_script_is_published_without_what_its_code_can_do_without(script, published):
    assert short(script) == published


def test_no_page_is_fetched_ahead_by_firefox_against_the_policy(site):
    """Firefox fetches what <link rel=next> names, which is for default-src to allow."""
    head = '<link rel="prev" href="a/"><link rel="next" href="b/"></head>'
    (site / "index.html").write_text(PAGE.replace("</head>", head) % '<a rel="next" href="b/">Next</a>')
    finish(site)
    text = (site / "index.html").read_text()
    assert re.findall(r"<link[^>]*=[ab]/[^>]*>", text) == ["<link href=a/ rel=prev>"]
    assert "<a href=b/ rel=next>Next</a>" in text


def test_only_pages_with_formulas_load_their_sheet(site):
    finish(site)
    assert "katex.min.css" in (site / "index.html").read_text()
    assert "katex.min.css" not in (site / "sub/index.html").read_text()


def test_a_sheet_without_a_rule_is_not_asked_for(site):
    (site / "assets").mkdir(exist_ok=True)
    for name, rules in (("empty.css", ""), ("full.css", "a { color: red }")):
        (site / "assets" / name).write_text(rules)
    links = "".join(f'<link rel="stylesheet" href="assets/{name}.css">' for name in ("empty", "full"))
    (site / "index.html").write_text(PAGE.replace("</head>", f"{links}</head>") % "")
    finish(site)
    text = (site / "index.html").read_text()
    assert "empty.css" not in text and "assets/full.css" in text


def test_style_attributes_become_classes_that_win(site):
    finish(site)
    text = (site / "index.html").read_text()
    assert not re.search(r"<[^>]*\sstyle=", text)
    name = re.search(r'<p class="a (s\w+)">', text)[1]
    assert f".{name}{{color: red!important;margin:0!important}}" in \
        (site / "assets/stylesheets/finish.css").read_text()


def test_every_page_has_the_same_policy_with_the_hashes_of_all_inline_scripts(site):
    finish(site)
    one, two = (policy((site / path).read_text()) for path in ("index.html", "sub/index.html"))
    assert one == two and one.count("sha256-") == 2
    for script in ('first("<b>")', 'second("<b>")'):
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in one


def test_the_rest_of_the_page_is_as_it_was(site):
    finish(site)
    text = (site / "sub/index.html").read_text()
    assert "text & <br>more" in text and '{"data": 1}' in text and "a comment" not in text


def test_white_space_is_kept_where_it_counts_and_one_is_enough_elsewhere(site):
    (site / "index.html").write_text(
        PAGE % "\n a  b\n\n   <i>c</i>  &quot;d&quot; &lt; e</p>\n<pre> f  g&#10;\n  h</pre><p>&lt; i")
    finish(site)
    text = (site / "index.html").read_text()
    assert '<p>a b <i>c</i> "d" &lt; e</p><pre> f  g\n\n  h</pre><p>&lt; i' in text


def test_no_text_is_taken_for_a_reference_or_loses_one(site):
    """Oracle: html.parser, before and after."""
    texts = ["R&D budget", "x&copy y", "x&amp;copy; y", "a && b", "&lt;b&gt;", "AT&T;",
             "&para; &#182; &nbsp;|", "&quot;q&quot; &#39;s&#39;", "a &lt; b &amp;lt; c", "&amp;amp;",
             "&notit; &not", "&#x26;copy;"]
    body = "".join(f'<p title="{text}">{text}</p><pre>{text}\n  z</pre>' for text in texts)
    code = "".join(f"<pre>{text}&#10;</pre>" for text in texts)
    assert Words(slim(code)).said == Words(code).said
    before = Words(f"<body>{body}")
    (site / "index.html").write_text(PAGE % body)
    finish(site)
    after = Words((site / "index.html").read_text())
    assert after.said[-len(before.said) :] == before.said and after.titles == before.titles


class Words(HTMLParser):
    """The texts of the paragraphs and preformatted blocks of a page, and the titles of its elements."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.said, self.titles, self.inside = [], [], False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.titles += [value for name, value in attributes if name == "title"]
        if tag in ("p", "pre"):
            self.said.append("")
            self.inside = True

    def handle_endtag(self, tag):
        self.inside &= tag not in ("p", "pre")

    def handle_data(self, data):
        if self.inside:
            self.said[-1] += data


def test_an_empty_element_of_mathematics_ends_where_it_ends(site):
    (site / "index.html").write_text(PAGE % r'<span class="arithmatex">\(a \qquad b\)</span> after')
    finish(site)
    text = (site / "index.html").read_text()
    assert re.search(r"<mspace width=\w+></mspace><mi>b</mi>", text)
    assert text.endswith("after</p></body></html>")


FRAGMENTS = ["R&D budget", "x&copy y", "AT&T; and &T", "&copy;", "&amp;copy;", "&lt;b", "&lt b", "a & b", "&",
             "&#", "&#x", "&;", "&#65;", "&#65 b", "&#x27;", "&#39 c", "&quot;", "&quot d", "&notit;",
             "&no.such-name;", "?a=1&amp;b=2", "1 < 2", "a&b<i>c&d</i>", "<pre>e&f  &g;</pre>",
             "&\U0001f600;", "&nbsp;x"]


class Text(HTMLParser):
    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.found = ""
        self.feed(page)
        self.close()

    def handle_data(self, data):
        self.found += data


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_text_reads_as_it_did_whatever_looks_like_a_reference(fragment):
    """Oracle: the standard library's own reading of the page's text, before and after."""
    for page in (f"<p>one {fragment} two</p>", f"<p>{fragment}", f"<b>{fragment}</b>{fragment}"):
        found, before = Text(rewritten(page, {}, set())).found, Text(page).found
        assert found.replace(" e&f", "e&f") == before.replace(" e&f", "e&f")    # a blank before <pre>
    if not re.search(r"&#?\w+;|<", fragment):
        assert rewritten(f"<p>one {fragment} two</p>", {}, set()) == f"<p>one {fragment} two</p>"


@settings(max_examples=200)
@given(strategies.lists(strategies.sampled_from([*FRAGMENTS, " ", "x", ";"]), max_size=6))
def test_text_that_is_put_together_from_such_pieces_reads_as_it_did(pieces):
    page = f"<b>{' '.join(pieces)}</b>."
    found, before = Text(rewritten(page, {}, set())).found, Text(page).found
    assert "".join(found.split()) == "".join(before.split())


@pytest.mark.parametrize("attribute", ['href="?a=1&copy=2"', "href='?a=1&amp;b=\"2\"'", "title=R&D", "hidden",
                                       'viewBox="0 0 1 1"', 'title="a > b &lt; c"', 'data-x=""'])
def test_an_attribute_beside_a_style_says_what_it_said(attribute):
    styles = {}
    page = f'<a {attribute} style="color: red">b</a>'
    found, before = Attributes(rewritten(page, styles, set())).found, Attributes(page).found
    assert found.pop("class") == styles[before.pop("style")] and {**found} == {
        name: value or None for name, value in before.items()}


class Attributes(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found = dict(attributes)


def test_an_ampersand_of_a_script_is_in_its_hash(site):
    (site / "index.html").write_text(PAGE.replace("first(", "a && b &copy c &# d; first(") % "R&# D")
    finish(site)
    digest = hashlib.sha256(b'a && b &copy c &# d; first("<b>")').digest()
    text = (site / "index.html").read_text()
    assert base64.b64encode(digest).decode() in policy(text) and " style=" not in text and "R&# D" in text


def test_cdata_and_instructions_in_a_drawing_stay():
    page = "<svg><style><![CDATA[a{}]]></style><text><![CDATA[1 & 2]]></text><?x y?></svg>"
    assert rewritten(page, {}, set()) == page


@pytest.mark.parametrize("top", ["/", "/sub/", "/a/b/"])
@pytest.mark.parametrize("own", ['<link href="{top}assets/stylesheets/main.css" rel="stylesheet">',
                                 '<link rel="stylesheet" href="{top}css/base.css">',
                                 '<script src="{top}js/base.js"></script>'])
def test_the_page_of_lost_addresses_finds_its_style_under_any_path(site, top, own):
    page = PAGE.replace("<script>first", '<link rel="canonical" href="https://a.b/css/x"><script>first')
    (site / "404.html").write_text(page.replace("</head>", own.format(top=top) + "</head>") % "lost")
    finish(site)
    assert f'href="{top}assets/stylesheets/finish.css"' in (site / "404.html").read_text()


def test_what_was_kept_out_of_the_pages_is_put_in_as_it_is(site):
    drawn = ('<svg viewBox="0 0 1 1" class="weave-svg" style="a: b"><clipPath id="c"><path /></clipPath>\n'
             "  <text>a  b</text></svg>")
    (site / "index.html").write_text(PAGE % '<i style="c: d">x</i> <svg data-done="0"></svg> <i>y</i>')
    finish(site, put_back=lambda text: text.replace("<svg data-done=0></svg>", drawn))
    text = (site / "index.html").read_text()
    assert f"{drawn} <i>y</i>" in text and "c: d" not in text


def test_finishing_twice_changes_nothing(site):
    finish(site)
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    assert finish(site) == []
    assert {path: path.read_bytes() for path in site.rglob("*") if path.is_file()} == before


def test_a_formula_with_a_typo_names_the_line_of_its_chapter(site, tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "page.md").write_text("# Title\n\nHere $\\frac{1}$ is wrong.\n")
    (site / "index.html").write_text(PAGE % r'<span class="arithmatex">\(\frac{1}\)</span>')
    [error] = finish(site, docs)
    assert str(error).startswith("docs/page.md:3: KaTeX cannot read $\\frac{1}$")


def test_mathematics_refuses_what_it_cannot_read():
    with pytest.raises(FormulaError, match="notacommand"):
        render(r"\notacommand")


def test_a_link_to_the_editor_is_a_link_like_any_other(site):
    (site / "index.html").write_text(PAGE % '<a href="a/" rel="edit" title="Edit this page">e</a>')
    finish(site)
    assert '<a title="Edit this page" href=a/>e</a>' in (site / "index.html").read_text()
