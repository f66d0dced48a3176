"""A page is rendered again when anything that its HTML is made of has changed, and not otherwise."""

import gc
import io
import logging
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort
from mkdocs.structure.pages import Page

from weave.chapter import Chapter

PAGE = "# One\n\n[Two](two.md#part) and a note[^1].\n\n[^1]: The note.\n"


@pytest.fixture
def rendered(book, monkeypatch):
    """rendered() builds the book, and gives the pages that were rendered, and what was said."""
    book.write("docs/one.md", PAGE)
    book.write("docs/two.md", "# Two\n\n## Part\n")
    book.write("mkdocs.yml", "site_name: Small\ntheme: mkdocs\nplugins: [search, weave]\n"
                             "markdown_extensions: [footnotes, toc]\n"
                             "validation: {links: {not_found: warn, anchors: warn}}\n")
    monkeypatch.chdir(book.root)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    render, log, before = Page.render, logging.getLogger("mkdocs"), gc.get_threshold()
    pages = []

    def counted(page, *given):
        pages.append(page.file.src_uri)
        render(page, *given)

    monkeypatch.setattr(Page, "render", counted)

    def run(level="WARNING"):
        pages.clear()
        said = io.StringIO()
        handler = logging.StreamHandler(said)
        log.addHandler(handler)
        log.setLevel(level)
        MkDocsConfig.plugins.plugin_cache.clear()    # new ones, as in another process
        try:
            config = load_config()
            config.plugins.on_startup(command="build", dirty=False)
            build(config)
        finally:
            log.removeHandler(handler)
            log.setLevel(logging.NOTSET)
        return sorted(pages), said.getvalue()

    yield run
    gc.set_threshold(*before)


def test_nothing_is_rendered_twice_and_the_site_is_the_same(book, rendered):
    assert rendered()[0] == ["index.md", "one.md", "two.md"]
    before = {path: path.read_bytes() for path in (book.root / "site").rglob("*") if path.is_file()
              and not path.name.startswith("sitemap")}
    assert rendered()[0] == []
    assert before == {path: path.read_bytes() for path in before}
    assert "../two/#part" in book.page("one/index.html")


def test_a_page_is_taken_apart_once_and_again_when_it_says_something_else(book, rendered, monkeypatch):
    taken, take_apart = [], Chapter.__init__

    def counted(chapter, path, *given):
        taken.append(Path(path).name)
        take_apart(chapter, path, *given)

    monkeypatch.setattr(Chapter, "__init__", counted)
    for expected in ["index.md", "one.md", "two.md"], []:
        rendered()
        assert sorted(taken) == expected
        taken.clear()
    book.write("docs/one.md", PAGE + "More.\n")
    rendered()
    assert taken == ["one.md"]
    book.write("docs/two.md", "```python\nopen\n")
    for _ in range(2):
        with pytest.raises(Abort):
            rendered()


def test_an_edit_renders_its_page_alone(book, rendered):
    rendered()
    book.write("docs/one.md", PAGE + "More.\n")
    assert rendered()[0] == ["one.md"] and "More." in book.page("one/index.html")


def test_all_pages_are_rendered_when_files_move_or_settings_change(book, rendered):
    rendered()
    book.write("docs/three.md", "# Three\n")
    assert rendered()[0] == ["index.md", "one.md", "three.md", "two.md"]
    config = (book.root / "mkdocs.yml").read_text()
    book.write("mkdocs.yml", config.replace("toc]", "toc: {permalink: true}]"))
    assert len(rendered()[0]) == 4 and "headerlink" in book.page("one/index.html")
    book.write("mkdocs.yml", config + "use_directory_urls: false\n")
    assert len(rendered()[0]) == 4 and "two.html#part" in book.page("one.html")


@pytest.mark.parametrize("text, says", [("[gone](gone.md)", "gone.md"), ("[gone](two.md#gone)", "#gone")])
def test_what_is_wrong_with_a_page_is_said_in_each_build_though_the_first_was_silent(
        book, rendered, text, says):
    book.write("docs/one.md", f"# One\n\n{text}\n")
    assert says not in rendered("ERROR")[1]
    for _ in range(2):
        assert says in rendered()[1]


def test_an_anchor_that_another_page_has_lost_is_found_from_a_kept_page(book, rendered):
    rendered()
    book.write("docs/two.md", "# Two\n")
    pages, said = rendered()
    assert pages == ["two.md"] and "does not contain an anchor '#part'" in said


def test_a_page_that_may_show_files_is_always_rendered(book, rendered):
    config = (book.root / "mkdocs.yml").read_text()
    book.write("mkdocs.yml", config.replace("toc]", "toc, pymdownx.snippets]"))
    book.write("docs/one.md", '# One\n\n--8<-- "shown.txt"\n')
    book.write("shown.txt", "before")
    rendered()
    book.write("shown.txt", "after")
    assert "one.md" in rendered()[0] and "after" in book.page("one/index.html")


MODULE = '"""A module.\n\nTo copy: this file alone.\n"""\n\n\ndef f():\n    "What it does."\n'


def test_the_page_of_a_module_is_rendered_when_its_source_changes_and_its_anchors_stay_known(book, rendered):
    """mkdocs-autorefs links [text][name] to what mkdocstrings told it of, on a page that is kept, too."""
    book.write("src/pack/__init__.py", '"""The package."""\n')
    book.write("src/pack/a.py", MODULE)
    config = (book.root / "mkdocs.yml").read_text()
    book.write("mkdocs.yml", config.replace(
        "plugins: [search, weave]", "plugins: [autorefs, {mkdocstrings: {default_handler: weave}}, "
                                    "{weave: {package: pack}}]"))
    book.write("docs/one.md", "# One\n\n[what does it][pack.a.f]\n")
    assert {"reference/a.md", "reference/pack.md"} <= {*rendered()[0]}
    for _ in range(2):
        pages, said = rendered()
        assert pages == [] and said == "", said
        assert "../reference/a/#pack.a.f" in book.page("one/index.html")
    book.write("src/pack/a.py", MODULE.replace("What it", "All it"))
    assert rendered()[0] == ["reference/a.md"] and "All it does" in book.page("reference/a/index.html")
