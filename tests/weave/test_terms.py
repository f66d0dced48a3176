"""A term is linked where a chapter first mentions it in a sentence, and nowhere else."""

import re

import pytest

from weave.finish import finish
from weave.finish.terms import Terms, byline, defined

GLOSSARY = """<dl>
<dt><dfn id="bpe">byte-pair encoding</dfn>, <dfn>BPE</dfn></dt>
<dd>Merging.</dd>
<dt><dfn id="loss">loss</dfn></dt>
<dd>How wrong.</dd>
<dt><dfn id="hinge-loss">hinge loss</dfn></dt>
<dd>By a margin.</dd>
<dt>not one</dt><dd>A plain list.</dd>
</dl>"""
TERMS = defined({"glossary/": GLOSSARY, "other/": "<dl><dt>x</dt><dd>y</dd></dl>"})
CHAPTER = '<article><h1>Loss</h1><p class="weave-byline">loss</p>{}</article><footer>loss</footer>'


def test_the_names_of_a_term_share_its_anchor():
    assert TERMS == {"byte-pair encoding": "glossary/#bpe", "BPE": "glossary/#bpe", "loss": "glossary/#loss",
                     "hinge loss": "glossary/#hinge-loss"}


@pytest.mark.parametrize("text, linked", [
    ("<p>The loss, and the loss.</p>", ["loss"]),
    ("<p>Losses fall.</p>", ["Losses"]),
    ("<p>A hinge loss is a loss.</p>", ["hinge loss", "loss"]),
    ("<p>BPE is byte-pair encoding.</p>", ["BPE"]),
    ("<p>Byte pair\nencoding.</p>", ["Byte pair\nencoding"]),
    ("<p>bpe, glossy, lossless, no-loss</p>", []),
    ("<h2>The loss</h2><p><code>loss</code> <a href=x>the loss</a></p>", []),
    ("<pre><code><span>loss</span></code> loss</pre><p>a loss</p>", ["loss"]),
    ('<p><span class="arithmatex"><span>x</span>loss</span> a loss</p>', ["loss"]),
    ('<details class="weave-claims"><summary>s</summary><ul><li>loss</li></ul></details>', []),
    ("<table><tr><td>loss</td></tr></table><svg><text>loss</text></svg>", []),
    ("<!-- loss --><li>loss</li>", ["loss"]),
    ("<h2>A</h2><p>BPE</p><h2 id=x>Sources and more<a>¶</a></h2><ul><li>loss</li></ul>", ["BPE"]),
    ("<h2>Sources</h2><p>loss</p><h2>Exercises</h2><p>BPE</p>", ["loss", "BPE"]),
])
def test_the_first_mention_in_a_sentence_is_linked(text, linked):
    page = Terms(TERMS).linked(CHAPTER.format(text), "../../")
    assert re.findall(r'<a class="weave-term" href="\.\./\.\./glossary/#[\w-]+">([^<]*)</a>', page) == linked
    assert re.sub(r'<a class="weave-term"[^>]*>([^<]*)</a>', r"\1", page) == CHAPTER.format(text)


@pytest.mark.parametrize("not_terms, linked", [
    (["hinge loss"], ["BPE", "losses"]),
    (["loss"], ["BPE", "Hinge losses"]),
    (["bpe"], ["Hinge losses", "losses", "byte-pair encoding"]),
    (["BPE", "byte pair encoding", "loss & <more>"], ["Hinge losses", "losses"]),
])
def test_a_name_that_the_page_calls_no_term_is_not_linked(not_terms, linked):
    line = byline("1 min to read", not_terms)
    text = f"<article>{line}<p>BPE. Hinge losses, losses, byte-pair encoding</p></article>"
    assert re.findall(r'<a class="weave-term"[^>]*>([^<]*)</a>', Terms(TERMS).linked(text, "")) == linked


def test_a_page_that_is_no_chapter_and_a_site_without_terms_stay_as_they_are():
    page = "<article><p>The loss.</p></article>"
    assert Terms(TERMS).linked(page, "") == page
    assert Terms({}).linked(CHAPTER.format("<p>The loss.</p>"), "") == CHAPTER.format("<p>The loss.</p>")


def test_a_page_made_again_is_linked_to_a_glossary_that_was_finished_before(tmp_path):
    """As while the book is served: only pages that changed are made again."""
    frame = "<html><head><meta charset=utf-8><title>t</title></head><body>{}</body></html>"
    chapter = frame.format(CHAPTER.format("<p>The loss.</p>"))
    for name, text in (("glossary", frame.format(GLOSSARY)), ("a", chapter)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(text)
    assert finish(tmp_path) == []
    first = (tmp_path / "a/index.html").read_text()
    (tmp_path / "a/index.html").write_text(chapter)
    assert finish(tmp_path) == []
    assert first == (tmp_path / "a/index.html").read_text()
    assert "href=../glossary/#loss" in first
