"""A page's Markdown is rendered when something that its HTML is made of has changed; else the HTML is kept.

That is its text; the settings; where the site's files are, since links lead there; the versions of all
packages, and this one's own source.  What rendering says or registers is not lost: a page with a
warning is rendered anew each time, and what mkdocs-autorefs was told is told again.

A page is always rendered anew if it may show more than that: if the settings name an extension that
reads files, as snippets do, or if it has a directive of mkdocstrings and nobody says what that shows.
"""

import functools
import hashlib
import json
import logging
import platform
import re
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

from mkdocs.structure.pages import Page
from mkdocs.structure.toc import get_toc

from .files import write_atomically

DIRECTIVE = re.compile(r"^\s*:::", re.MULTILINE)    # of mkdocstrings
SOURCES = [Path(__file__).parent, Path(__file__).parents[1] / "mkdocstrings_handlers"]
KNOWN = {    # extensions that make HTML of a page's text and their settings, and of nothing else
    *(f"{before}{name}" for before in ("", "markdown.extensions.") for name in (
        "abbr admonition attr_list codehilite def_list extra fenced_code footnotes legacy_attrs legacy_em "
        "md_in_html meta nl2br sane_lists smarty tables toc wikilinks").split()),
    *(f"pymdownx.{name}" for name in (
        "arithmatex betterem caret critic details escapeall extra highlight inlinehilite keys magiclink mark "
        "progressbar saneheaders smartsymbols striphtml superfences tabbed tasklist tilde").split()),
    "mkdocs_autorefs", "mkdocstrings"}


class Kept:
    """The rendered pages of one build, in a folder, for the next one."""

    def __init__(self, folder, config, files):
        self.folder = Path(folder)
        self.settings = settings(config)
        places = sorted((file.src_uri, file.url, file.inclusion.value) for file in files)
        self.stamp = sha256(json.dumps([self.settings, places, packages(), own_source()]))

    def take_over(self, page, shown=()):
        """Have MkDocs ask here for the page's HTML; shown are texts that its directives show."""
        if self.settings is not None:
            page.render = functools.partial(self.render, page, shown)

    def render(self, page, shown, config, files):
        """What MkDocs' Page.render does: set the page's content, and what else is known from its text."""
        if DIRECTIVE.search(page.markdown) and not shown:
            Page.render(page, config, files)
            return
        key = sha256(json.dumps([self.stamp, page.file.src_uri, sha256(page.markdown), *map(sha256, shown)]))
        entry = self.folder / f"{page.file.src_uri}.json"
        made = read(entry, key)
        if made is None:
            with listening() as heard, recording(config.plugins.get("autorefs")) as anchors:
                Page.render(page, config, files)
            if not heard:
                entry.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(entry, f"{key}\n{json.dumps(facts(page, anchors))}")
            return
        page.content, page._title_from_render = made["content"], made["title"]
        page.toc, page.present_anchor_ids = get_toc(made["toc"]), set(made["ids"])
        page.links_to_anchors = {files.get_file_from_path(uri): links for uri, links in made["links"].items()}
        for positional, named in made["anchors"]:
            config.plugins["autorefs"].register_anchor(page, *positional, **named)


def facts(page, anchors):
    """What rendering has set, as JSON has it."""
    links = {file.src_uri: to for file, to in (page.links_to_anchors or {}).items()}
    return {"content": page.content, "title": page._title_from_render, "toc": tokens(page.toc),
            "ids": sorted(page.present_anchor_ids), "links": links, "anchors": anchors}


def tokens(items):
    return [{"name": item.title, "id": item.id, "level": item.level, "children": tokens(item.children)}
            for item in items]


def read(entry, key):
    """What an entry holds; None if there is none, or one of another key."""
    known, _, text = entry.read_text(encoding="utf-8").partition("\n") if entry.is_file() else ("", "", "")
    return json.loads(text) if known == key else None


def settings(config):
    """All settings, as a text; None if they name what may read more than a page's text."""
    names = [one if isinstance(one, str) else type(one).__module__.partition(".")[0]
             for one in config.markdown_extensions]
    try:
        known = json.dumps([names, config.mdx_configs], sort_keys=True)
    except TypeError:    # a function of Python, for instance
        return None
    if not KNOWN.issuperset(names):
        return None
    file = Path(config.config_file_path or "")
    whole = file.read_text(encoding="utf-8") if file.is_file() else ""
    return json.dumps([known, whole, config.site_url, str(config.validation), config.use_directory_urls])


def packages():
    """Python's version and those of all packages, as their folders are called."""
    found = {path.name for place in map(Path, sys.path) if place.is_dir() for path in place.glob("*-info")}
    return [platform.python_version(), *sorted(found)]


def own_source():
    files = sorted(path for folder in SOURCES for path in folder.rglob("*.py"))
    return [sha256(path.read_bytes()) for path in files]


def sha256(content):
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()


@contextmanager
def listening(say=True):
    """The list of what MkDocs says meanwhile, even where it would not be shown; then it is said, unless it is
    of this thread and say is False."""
    logger = logging.getLogger("mkdocs")
    level, handlers = logger.level, logger.handlers
    ear, heard = logging.Handler(), []
    ear.emit = heard.append
    logger.handlers = [ear]
    logger.setLevel(logging.INFO)
    try:
        yield heard
    finally:
        logger.handlers = handlers
        logger.setLevel(level)
        for record in heard:
            unsaid = not say and record.thread == threading.get_ident()
            if logger.isEnabledFor(record.levelno) and not unsaid:
                logger.handle(record)


@contextmanager
def recording(autorefs):
    """The list of what mkdocs-autorefs is told meanwhile of the anchors of a page."""
    told = []
    if autorefs is None:
        yield told
        return
    register = autorefs.register_anchor

    def record(page, *positional, **named):
        told.append((positional, named))
        register(page, *positional, **named)

    autorefs.register_anchor = record
    try:
        yield told
    finally:
        del autorefs.register_anchor
