"""The plugin of MkDocs, which hands it Markdown with the outputs of the chapters woven in.

When MkDocs has its list of files, the chapters whose results are no longer true are executed; when
it asks for a page's Markdown, the results are woven in; when the site is built, it is finished.
mkdocs-jupyter says which pages are Python notebooks.
"""

import atexit
import base64
import functools
import gc
import hashlib
import html
import json
import logging
import math
import os
import pickle
import posixpath
import re
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urljoin

import click
import jinja2
import pygments
from mkdocs.config import config_options as option
from mkdocs.config.base import Config
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File, InclusionLevel
from mkdocs.utils import get_relative_url, write_file
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from . import (WeaveError, changes, contents, early, epub, feed, graded, imports, index, labs, names,
               notebook, offer, reference, render, repository, run, times)
from . import page as pages
from .cache import Cache, newest_first, program_of
from .card import card, drawn
from .chapter import Chapter
from .files import bytes_of, write_atomically
from .finish import finish, formulas, terms
from .finish.formulas import KATEX
from .finish.rewrite import short, slim
from .ipynb import Notebook, with_notebooks
from .kept import Kept, listening, own_source, packages
from .listing import python
from .portable import portable
from .render import Html
from .serve import Queue, Served, made_again
from .svg import figure

log = logging.getLogger("mkdocs.plugins.weave")
ASSETS = Path(__file__).parent / "assets"
THEME = Path(__file__).parent / "theme"
EXTENSIONS = {    # what woven Markdown is written in, with the settings it has if mkdocs.yml says nothing
    "attr_list": {}, "pymdownx.superfences": {}, "pymdownx.arithmatex": {"generic": True}}
NOTICES = {"LICENSE": "LICENSE.txt", "CITATION.cff": "CITATION.cff"}    # of a book, and their addresses
WHOLE = "whole"    # a file of the cache: with what all pages of an address were made last
ADDRESSES = 4    # for so many, the last ones, what was made for them is kept: a server's, a host's, none
UNSEARCHED = re.compile(r' data-search-exclude(?:="")?(?=[ >])')
REMEMBERED = {    # what takes long, from one build to the next
    "borrowed": names.of_chapters, "cards": drawn, "docstrings": reference.is_docstring, "figures": figure,
    "formulas": formulas.render, "imports": imports.of_cells, "index": index.entries,
    "labs": graded.of_labs, "listings": python.cut_out, "modules": imports.of_modules,
    "packages": reference.packages_of, "programs": program_of, "public": reference.public_names,
    "rewritten": offer.rewritten, "runs": run.of_chapters, "sentences": render.inline, "zips": offer.zips}
OF_ADDRESS = {"cards", "index"}    # of these, those that depend on the book's address
WIDGET = re.compile(r"assets/widgets/[\w-]+\.js")    # the script of one, which the book has (assets/weave.js)
IDLE = re.compile(r"^\s*//.*\n|^\s+| {4}// .*$", re.MULTILINE)    # of a script: comments and indentation
SECTION_OR_CODE = re.compile(
    r'<h[2-6][^>]* id="([^"]+)"|<details class="weave-code">.*?</details>|<pre.*?</pre>', re.DOTALL)
WORKER = re.compile(r'assets/javascripts/workers/search\.\w+\.min\.js"')    # Material's, in its pages


class Settings(Config):
    """What mkdocs.yml may say below `weave:`.

    include, ignore        patterns of the files that may be chapters, as mkdocs-jupyter has them; every
                           notebook (.ipynb) is one that ignore does not match
    source                 the folder of the book's modules
    labs                   the folder of its exercises, whose docstrings name their chapter
    tests                  the folder of its tests, which mirror the package
    package                the book's own: downloaded chapters import it, and its folder is what they
                           fetch; the reference has its modules
    reference              the folder of the site for the reference
    installs               pip's names of packages that are imported by another name
    slow                   modules that take long to import: kernels find them imported if their chapters
                           import these, or others of their packages
    gpu                    packages to install, and environment to set, where a chapter is run on a GPU
    environment            variables that are set while chapters run
    run                    whether cells run in their pages, where they can (run.py)
    grader                 the module that grades labs in their page, where they can run (graded.py)
    standins               packages, and the book's modules that stand in for them when labs run there
    epub                   the name that the book has as an EPUB; without one there is none
    mark                   an SVG of circles and straight lines, for the corner of the cards
    computed               a JSON file that says how long chapters compute (times.py)
    unsearched             titles of sections that the search leaves out, on every page
    internal               modules whose pages it leaves out, since no reader calls them: they begin so
    seconds_per_chapter    processor time that is meant to do; at ten times as much a chapter is stopped
    jobs                   how many chapters run at a time
    forge                  what runs at repo_url, if its name does not say so: github, gitlab or forgejo
    """

    include = option.ListOfItems(option.Type(str), default=["*.md"])
    ignore = option.ListOfItems(option.Type(str), default=[])
    source = option.Type(str, default="src")
    labs = option.Type(str, default="labs")
    tests = option.Type(str, default="tests")
    package = option.Optional(option.Type(str))
    reference = option.Type(str, default="reference")
    installs = option.DictOfItems(option.Type(str), default={})
    slow = option.ListOfItems(option.Type(str), default=[])
    gpu = option.Type(dict, default={})
    environment = option.DictOfItems(option.Type(str), default={})
    run = option.Type(bool, default=False)
    grader = option.Optional(option.Type(str))
    standins = option.DictOfItems(option.Type(str), default={})
    epub = option.Optional(option.Type(str))
    mark = option.Optional(option.File(exists=True))
    computed = option.Optional(option.File(exists=True))
    unsearched = option.ListOfItems(option.Type(str), default=[])
    internal = option.ListOfItems(option.Type(str), default=[])
    seconds_per_chapter = option.Type((int, float), default=120)
    jobs = option.Type(int, default=os.cpu_count() or 1)
    forge = option.Optional(option.Choice(list(repository.FORGES)))

    @property
    def root(self):
        return folder_of(self.config_file_path or "mkdocs.yml")

    def chapter(self, path):
        kind = Notebook if Path(path).suffix == ".ipynb" else Chapter
        return kind(path, self.root, self.source)

    def cache(self):
        return Cache(self.root, self.environment, {"include": self.include, "ignore": self.ignore})

    def downloads(self, config):
        return notebook.Downloads(self.root, self.source, self.package, self.installs, self.gpu,
                                  config.site_url, config.repo_url)

    def execute(self, chapters, done, seconds=None):
        if not chapters:
            return []
        from .execute import execute    # half a second, which a build without changes can do without

        known = times.measured(self.computed)
        longest_first = sorted(chapters, key=lambda chapter: -known.get(chapter.name, math.inf))
        return execute(longest_first, done, seconds or self.seconds_per_chapter, self.jobs, self.environment,
                       self.slow)

    def served(self, edited):
        """What `mkdocs serve` needs of all this; edited is as Served has it."""
        def read(name):
            chapter = self.chapter(self.root / name)
            if self.cache().load(chapter):
                return None
            if chapter not in self.are_notebooks([chapter]):
                raise no_notebook(chapter)
            return chapter

        def store(chapter, inputs):
            self.cache().store(chapter, inputs)

        return Served(self.root, edited, lambda finished: Queue(
            read, store, finished, self.seconds_per_chapter, self.jobs, self.environment))

    def are_notebooks(self, chapters):
        """Which of the chapters mkdocs-jupyter takes for Python notebooks.

        It reads the whole of a file to look at its header, so here it has files with nothing else in them.
        """
        from mkdocs_jupyter.plugin import Plugin as MkDocsJupyter    # most builds can do without: see Cache

        plugin = MkDocsJupyter()
        plugin.load_config({"include": self.include, "ignore": self.ignore})
        with tempfile.TemporaryDirectory() as folder:
            for chapter in chapters:
                if isinstance(chapter, Notebook):
                    yield chapter
                    continue
                path = Path(folder, chapter.path)
                path.parent.mkdir(parents=True, exist_ok=True)
                end = chapter.blocks[0].line - 1 if chapter.blocks else None
                path.write_text("\n".join([*chapter.lines[:end], ""]), encoding="utf-8")
                if plugin.should_include(SimpleNamespace(abs_src_path=str(path))):
                    yield chapter


class Aside:
    """Parts of pages, while something that need not read them has the page; a tag stands for each.

    Half of all tags are in figures and in code.
    """

    def __init__(self, kind):
        self.kind, self.parts = kind, {}
        self.stand_in = re.compile(rf'<svg data-{kind}="?(\w+)"?></svg>')    # the finisher takes quotes away

    def put(self, part):
        name = hashlib.sha256(part.encode()).hexdigest()[:20]
        self.parts[name] = part
        return f'<svg data-{self.kind}="{name}"></svg>'

    def back(self, text, form=str):
        """The text with its parts, each in the form that is asked for."""
        pieces = self.stand_in.split(text)    # text, name, text, ...
        for n in range(1, len(pieces), 2):
            pieces[n] = form(self.parts[pieces[n]])
            if pieces[n - 1].endswith("<p>") and pieces[n + 1].startswith("</p>"):    # which are Markdown's
                pieces[n - 1], pieces[n + 1] = pieces[n - 1][:-3], pieces[n + 1][4:]
        return "".join(pieces)


class Weave(BasePlugin[Settings]):
    def on_startup(self, command, dirty):
        gc.set_threshold(200_000, 20, 20)    # nearly all objects of a build live to its end,
        atexit.register(gc.freeze)    # where nobody need look through them
        self.serving = command == "serve"    # whose live reload is an inline script
        self.dirty = dirty    # what it asks for is done in any case: only what changed is made again
        self.served = self.config.served(self.edited) if self.serving and reloading() else None
        self.html, self.done = Aside("html"), Aside("done")
        self.known = {}    # while it is served: {page: (its source, its chapter)}
        self.woven = {}    # and what its page was last made of, and its Markdown and files
        self.finished = {}    # and its HTML before and after finishing
        self.runs = self.config.run and run.is_possible()

    def on_config(self, config):
        """Fill in the addresses that nobody typed, and what woven pages need."""
        config.repo_url = repository.address(config.repo_url)
        self.forge = repository.forge(config.repo_url, self.config.forge)
        if config.repo_url:
            if not self.forge:
                log.info("weave: no page links to its source at %s, whose kind is not known: set `forge:` of "
                         "weave in mkdocs.yml to %s", config.repo_url, ", ".join(repository.FORGES))
            docs = os.path.relpath(config.docs_dir, self.config.root)
            config.repo_name = config.repo_name or config.repo_url.split("/", 3)[-1]
            edit = repository.editing(self.forge)
            if edit and config.edit_uri in (None, "", "edit/master/docs/"):    # the last is MkDocs's guess
                config.edit_uri = f"{edit}{docs}/"
        config.site_url = config.site_url or os.environ.get("SITE_URL") or repository.site(config.repo_url)
        if not KATEX.is_dir():    # now, and not when all chapters are executed
            raise PluginError("node_modules/katex is missing, which renders the formulas: run `make env`")
        self.commit, self.history = repository.commit(), repository.history(config.docs_dir)
        os.environ.setdefault("SOURCE_DATE_EPOCH", repository.committed_epoch())
        for name, settings in EXTENSIONS.items():
            if name not in config.markdown_extensions:
                config.markdown_extensions.append(name)
                config.mdx_configs[name] = settings
        config.extra_css.insert(0, "assets/weave.css")
        config.extra_javascript[:0] = ["assets/weave.js", "assets/reader.js"]
        if config.theme.name == "material":
            config.theme.dirs.insert(0, str(THEME))
        return config

    def on_pre_build(self, config):
        bytes_of.cache_clear()
        self.entries = []    # of the feed: see feed.atom
        self.seconds = times.measured(self.config.computed)
        self.searched, self.kept, self.told = False, None, None
        self.names = {}    # of each section, the names in its code
        if self.served:
            self.served.errors, self.served.missing = [], set()

    def on_files(self, files, config):
        katex = KATEX.with_name("package.json")    # which has its version
        self.tools = str([packages(), own_source(), katex.read_text() if katex.is_file() else ""])
        self.cache = self.config.cache()
        address = hashlib.sha256(f"{config.site_url} {config.repo_url}".encode()).hexdigest()[:8]
        self.of_address = (self.cache.made / "at" / address).joinpath    # in the cache, what depends on it
        for name, function in REMEMBERED.items():
            function.load(self.remembering(name), self.tools)
        self.widgets = set()
        for file in files:
            if WIDGET.fullmatch(file.src_uri):
                self.widgets.add(Path(file.src_uri).stem)
                file.content_string = short(IDLE.sub("", file.content_string))
        self.chapters, errors = {}, [*imports.unreadable(self.config.root, self.config.source)]
        with_notebooks(files, self.config.ignore, self.config.chapter)
        self.package = self.config.package
        if errors and self.served:
            if self.served.server:
                stop_at(errors)    # and the pages stay as they were
            self.served.broken, self.package, errors = logged(errors), None, []
            self.leave_titles(files, config)
        elif self.served:
            self.served.making = not self.served.server and self.tools != text_of(self.of_address(WHOLE))
        for file in files.documentation_pages():
            try:
                chapter = file.abs_src_path and self.chapter_of(file)
                if chapter and "jupyter" in chapter.meta:
                    self.chapters[file.src_uri] = chapter
                    errors += names.borrowed(chapter)
                elif chapter and (idle := chapter.idle):
                    log.warning("%s", idle)
            except WeaveError as error:
                errors.append(error)
        self.runner = run.Runner(self.config.root, self.config.source, self.cache.made / "run")
        for chapter in self.chapters.values() if self.runs else ():
            try:
                self.runner.add(chapter)
            except WeaveError as error:
                errors.append(error)
        self.complain(errors)
        self.execute(self.chapters.values())
        self.offers = offer.Offers(self.config.root, self.config.source, self.config.labs)
        self.graded = graded.Graded(self.runner, self.offers, self.chapters.values(),
                                    self.runs and self.config.grader, self.config.standins)
        self.add_reference(files, config)
        given = functools.partial(self.downloads, files, config, self.offers, self.reference, self.read)
        if self.served:
            self.served.offer(given)
            for lab in self.offers.lab_docstrings:    # which pages of Markdown link to
                self.add(files, config, lab.as_posix(), self.config.root / lab)
        else:
            for uri, content in given():
                self.add(files, config, uri, content)
        for name, uri in NOTICES.items():
            if (self.config.root / name).is_file():
                self.add(files, config, uri, self.config.root / name)
        if self.config.epub:
            self.add(files, config, self.config.epub, b"")    # for now: see on_env
        for uri, source in self.runner.files.items():
            self.add(files, config, uri, without_comments(source))
        for source in sorted(ASSETS.glob("*")):
            if source.is_file():
                self.add(files, config, f"assets/{source.relative_to(ASSETS)}", without_comments(source))
        for source in [*KATEX.glob("katex.min.css"), *KATEX.glob("fonts/*.woff2")]:
            self.add(files, config, f"assets/katex/{source.relative_to(KATEX)}", source)
        if self.dirty:
            for file in files.documentation_pages():    # and leave a page that is shown as it is (serve.py)
                Path(file.abs_dest_path).unlink(missing_ok=True)
        return files

    def leave_titles(self, files, config):
        """Leave no more of each page than its title, where a server has no earlier page to show."""
        titles = {}
        if name := self.config.package:    # whose page the nav may name
            titles[f"{self.config.reference}/{name}.md"] = f"# {name}"
        for file in [*files.documentation_pages()]:
            title = index.HEADING.search(file.content_string)
            titles[file.src_uri] = title[0] if title else f"# {file.name}"
            files.remove(file)
        for uri, title in titles.items():
            files.append(File.generated(config, uri, content=title))

    def chapter_of(self, file):
        """A page's source, taken apart; while it is served, that of the last build if nothing changed."""
        text = file.content_string
        source, chapter = self.known.get(file.src_uri, (None, None))
        if source != text:
            try:
                chapter = self.taken_apart(file, text)
            except WeaveError:
                if chapter:    # as it was before the mistake
                    self.chapters[file.src_uri] = chapter
                raise
            self.known[file.src_uri] = text, chapter
        for block in chapter.blocks:
            vars(block).pop("listing", None)    # which shows what a module is now
        return chapter

    def taken_apart(self, file, text):
        """A page's source, taken apart now, or by an earlier build of the same text by the same weave."""
        made = []

        def make():
            chapter = self.config.chapter(file.abs_src_path)
            made.append(chapter)
            for cell in chapter.cells:
                vars(cell).pop("tree", None)    # which is sooner made than read
            if type(chapter) is Chapter and "\n".join(chapter.lines) == text.removesuffix("\n"):
                return base64.b64encode(pickle.dumps(chapter)).decode()

        key = f"{self.tools}\n{self.config.root}\n{self.config.source}\n{text}"
        kept = self.cache.remembered(f"chapters/{file.src_uri}.pickle", key, make)
        return made[0] if made else pickle.loads(base64.b64decode(kept))

    def edited(self):
        """While it is served, make the pages of which only prose was edited, among all others as they were in
        the last build; the next one, which is to follow, makes the same of them.
        """
        files, config, env = self.last
        for file in files.documentation_pages():
            if file.src_uri not in self.known or self.known[file.src_uri][0] == file.content_string:
                continue
            with suppress(Exception), listening(say=False) as heard:    # the next build says what is wrong
                chapter = self.chapter_of(file)
                if file.src_uri in self.chapters:
                    if not self.cache.load(chapter):
                        continue
                    self.chapters[file.src_uri] = chapter
                page = made_again(file.page, files, config, self.nav, env)
                if not heard:
                    write_file(page.encode(), file.abs_dest_path)
                    self.finish(config)

    def execute(self, chapters):
        """Give every chapter its results, from the cache or by executing it now.

        While it is served, those that the cache does not have are left to the queue (on_nav).
        """
        cache, self.stale = self.cache, []
        with self.stopping():
            self.stale = [chapter for chapter in chapters if not cache.load(chapter)]
        self.read = cache.read    # which files each chapter reads
        if self.served:
            self.served.missing = {chapter.name for chapter in self.stale if not cache.load_earlier(chapter)}
            return
        readable = set(self.config.are_notebooks(self.stale)) if self.stale else set()
        stop_at([no_notebook(chapter) for chapter in self.stale if chapter not in readable])
        stop_at(self.config.execute(self.stale, cache.store))

    def on_nav(self, nav, config, files):
        """Queue the chapters that have to be executed, in the order of the book."""
        self.nav, self.order = nav, [page.file.src_uri for page in nav.pages]
        self.urls = {file.src_uri: file.url for file in files.documentation_pages()}
        self.complain(times.misplaced(self.chapters, self.order))
        self.listing = listing = next((page for page in nav.pages
                                       if page.file.src_uri in self.reference.pages), None)
        for uri in self.reference.pages if listing else ():
            page = files.get_file_from_path(uri).page
            if page is not listing:
                page.parent = listing    # which the nav marks, and whose part of the book it unfolds
        if self.served:
            root = self.config.root
            self.served.pages = {file.dest_uri: os.path.relpath(file.abs_src_path, root)
                                 for file in files.documentation_pages() if file.abs_src_path}
            order = [self.chapters.get(page.file.src_uri) for page in nav.pages]
            stale = sorted(self.stale, key=lambda chapter: order.index(chapter) if chapter in order else 999)
            watched = [(str(path), path.stat().st_mtime_ns) for folder in config.watch
                     for path in sorted(Path(folder).rglob("*"))
                     if path.is_file() and path.suffix not in (".py", ".pyc")]
            self.served.queue.want({chapter.name: f"{self.cache.key(chapter)}{watched}" for chapter in stale})
        return nav

    @event_priority(-100)    # the requests pass through all other plugins' hands first
    def on_serve(self, server, config, builder):
        if self.served:
            self.served.attach(server, config, builder)
        return server

    def on_shutdown(self):
        if self.served:
            self.served.stop()

    def complain(self, errors):
        """End the build with these errors; while it is served, have the terminal and the pages tell them."""
        if self.served:
            self.served.errors += logged(errors)
        else:
            stop_at(errors)

    @contextmanager
    def stopping(self):
        """Let a WeaveError end the build, or have its page tell it."""
        try:
            yield
        except WeaveError as error:
            self.complain([error])

    def downloads(self, files, config, offers, reference, read):
        """What a reader can take away, (address, content): notebooks, scripts, modules, labs, the archive."""
        made = self.config.downloads(config)
        made.pack({name for names in read.values() for name in names})
        if made.archive:
            yield f"{self.config.package}.zip", made.archive
        for chapter in self.chapters.values():
            path = Path(chapter.root, chapter.path).relative_to(config.docs_dir)
            stem = path.with_suffix("")
            with self.stopping():
                book = notebook.notebook(chapter, made, read.get(chapter.name, ()),
                                         functools.partial(self.absolute, files, config, str(path)))
                offered = offers.files(chapter, chapter.listings)
                key = json.dumps(book, sort_keys=True)
                for suffix, write in ((".ipynb", notebook.written), (".py", notebook.script)):
                    name, make = f"{stem}{suffix}", functools.partial(write, book)
                    yield name, self.cache.remembered(self.of_address(name), key, make)
                yield from offered.items()
                if chapter.name in self.runner.chapters:
                    pack, needed = self.runner.pack(chapter, read.get(chapter.name, ()), offers.source_text)
                    yield f"{stem}.run.json", pack
                    yield from needed.items()
                yield from self.markdown(files, config, chapter, str(path), key).items()
        yield from self.graded.packs(offers.source_text)
        for entry in reference.pages.values():
            with self.stopping():
                yield from reference.files(entry).items()

    def add_reference(self, files, config):
        """Add the pages of the reference, unless docs has a page of that name."""
        taught = {uri: (chapter, files.get_file_from_path(uri).url) for uri, chapter in self.chapters.items()}
        self.reference = reference.Reference(self.config.root, self.config.source, self.package,
                                   self.config.reference, self.config.tests, self.offers, taught,
                                   self.config.installs)
        for uri, entry in self.reference.pages.items():
            self.add(files, config, uri, self.config.root / entry.path, inclusion=InclusionLevel.NOT_IN_NAV)
            file = files.get_file_from_path(uri)
            file.edit_uri = os.path.relpath(self.config.root / entry.path, config.docs_dir)
            self.reference.urls[uri] = file.url

    def markdown(self, files, config, chapter, page, book):
        """A chapter as one page of Markdown, and its figures: {address: content}; none of the home page.

        book is its notebook as a text: all that the page is made of, but for the claims.
        """
        uri = str(Path(page).with_suffix(".md"))
        if uri == "index.md":
            return {}
        claims = [cell.claims for cell in chapter.cells]
        made = self.cache.remembered(
            self.of_address(f"{uri}.json"),
            json.dumps([book, claims, config.site_name, config.site_url, self.tools]),
            lambda: json.dumps(self.portable(files, config, chapter, page, uri)))
        return {address: base64.b64decode(content) for address, content in json.loads(made).items()}

    def portable(self, files, config, chapter, page, uri):
        """{address: content in base 64} of a chapter's page of Markdown, and of its figures."""
        made = {}

        def save(name, content):
            address = f"assets/figures/{name}"
            made[address] = base64.b64encode(content).decode()
            return urljoin(config.site_url, address) if config.site_url else get_relative_url(address, uri)

        def resolve(link):
            return link if link.startswith("#") else self.absolute(files, config, page, link)

        text = portable(chapter, pages.stem_of(uri), save, resolve)
        if address := self.absolute(files, config, page, ""):
            text += f"\n---\n\nFrom {config.site_name}: <{address}>\n"
        return {uri: base64.b64encode(text.encode()).decode(), **made}

    def absolute(self, files, config, page, link):
        """The address of a link of a page, a.md#b, where it works from everywhere; None if none is known."""
        path, _, anchor = link.partition("#")
        uri = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
        linked = files.get_file_from_path(uri)
        anchor = f"#{anchor}" if anchor else ""
        if config.site_url and linked:
            return urljoin(config.site_url, linked.url) + anchor
        docs = os.path.relpath(config.docs_dir, self.config.root)
        address = linked and repository.source(config.repo_url, self.forge, self.commit, f"{docs}/{uri}")
        return address and address + anchor

    def add(self, files, config, uri, content, **given):
        """Add a file to the site, unless it is there: content is a text, bytes or a file's path."""
        there = files.get_file_from_path(uri)
        named = uri.endswith(".md") or there and there.is_documentation_page()    # as a page's source is
        taken = named and not isinstance(content, Path)
        if there is None or taken:
            given |= {"abs_src_path": str(content)} if isinstance(content, Path) else {"content": content}
            file = File.generated(config, f"downloads/{uri}.txt" if taken else uri, **given)
            if taken:
                file.dest_uri = uri
            files.append(file)

    def on_page_markdown(self, markdown, page, config, files):
        chapter, entry = (of.get(page.file.src_uri) for of in (self.chapters, self.reference.pages))
        if self.served and self.served.making and not page.is_homepage:
            title = index.HEADING.search(markdown)
            return f"# {entry.name}" if entry else title[0] if title else f"# {page.file.name}"
        if self.kept is None:
            self.kept = Kept(self.of_address("pages"), config, files)
        self.kept.take_over(page, [self.reference.text(path) for path in entry.paths] if entry else [])
        if entry:
            return self.entry_page(entry, page, config, files)
        if chapter is None:
            markdown = changes.fill(index.topics(markdown, page.file.src_uri, self.chapters))
            return labs.fill(markdown, page.file.src_uri, self.offers, self.chapters, self.order,
                             self.graded)
        text, made = "", []
        with self.stopping():
            text, made = self.page_of(chapter, page, config)
            self.woven[page.file.src_uri] = text, made
        if not text:    # while it is served: as it was, or no more than its title
            title = next((line for line in chapter.lines if line.startswith("# ")), f"# {page.file.name}")
            text, made = self.woven.get(page.file.src_uri, (title, []))
        for uri, content in made:
            files.append(File.generated(config, uri, content=content))
        return text

    def page_of(self, chapter, page, config):
        """The Markdown of a chapter's page, and the files that it needs: (address, content)."""
        made = []

        def link(address):
            return get_relative_url(address, page.url)

        source = functools.partial(self.source_of, config)

        def caption(found):
            return self.offers.caption(found, link, source, self.reference.place)

        def save(name, content):
            uri = f"assets/figures/{name}"
            made.append((uri, content))
            return get_relative_url(uri, page.url)

        prefix = pages.stem_of(page.file.src_uri)
        text = pages.weave(chapter, caption, save, prefix, self.set_aside, self.widgets)
        place = self.offers.place(chapter, link, source)
        end = self.reference.end(chapter, self.read.get(chapter.name, ()), link, source)
        text = contents.fill(text, chapter, self.chapters, self.order, config.repo_url)
        title = re.search(r"^# (.+)$", text, re.MULTILINE)
        if config.site_url and title:
            page.meta["card"] = uri = f"assets/cards/{prefix}.png"
            made.append((uri, card(title[1], config.site_name, self.config.mark)))
        if page.is_homepage or not title:
            return text, made
        top = self.set_aside(Html(self.byline(chapter, page, config) + place))
        end = self.set_aside(Html(end))
        return f"{text[: title.end()]}\n\n{top}\n\n{text[title.end() :]}\n\n{end}\n", made

    def entry_page(self, entry, page, config, files):
        """The Markdown of a page of the reference."""
        def link(address):
            return get_relative_url(address, page.url)

        def title(uri):
            return files.get_file_from_path(uri).page.title

        lead = " ".join(self.reference.lead(entry.path).split())
        page.meta |= {"title": entry.name, "description": lead, "search": {"boost": 0.3}}
        source = functools.partial(self.source_of, config)
        with self.stopping():
            return self.reference.markdown(entry, link, self.set_aside, title, source, self.highlighted)
        return f"# {entry.name}\n"    # while it is served

    def source_of(self, config, path, *lines):
        """The address of a source in the repository, or of lines of it, if that is known."""
        return repository.source(config.repo_url, self.forge, self.commit, path, *lines)

    def make_epub(self, config, files):
        """Make the EPUB, now that no chapter can be found wanting any more; the server has the last one."""
        file = files.get_file_from_path(self.config.epub)
        kept = self.cache.folder / "epub"
        with self.stopping():
            file.content_bytes = epub.newest(kept) if self.serving else \
                epub.book(self.nav, self.chapters, config, self.config.mark).made(kept)

    def set_aside(self, part):
        """A stand-in for a render.Html: Markdown lets it pass at any indentation."""
        drawing = self.done.put(part.drawing) if part.drawing else ""
        return self.html.put(part.text + drawing + part.rest)

    def highlighted(self, path):
        """The HTML of a source; without colours in the first build of a server, which is waited for."""
        text, language = self.reference.text(path), reference.LANGUAGES.get(path.suffix, "cpp")

        def make():
            if self.served and not self.served.server:
                return None
            lexer = get_lexer_by_name(language, stripnl=False)
            code = pygments.highlight(text, lexer, HtmlFormatter(nowrap=True))
            return slim(f'<div class="highlight"><pre><code>{code}</code></pre></div>')

        made = self.cache.remembered(f"sources/{path}.html", f"{self.tools}\n{text}", make)
        return made or f'<div class="highlight"><pre><code>{html.escape(text)}</code></pre></div>'

    def on_page_content(self, content, page, config, files):
        """Put the HTML back, and set code aside: the search has its names, and it needs no finishing."""
        if page.file.src_uri in self.chapters:
            content = self.reference.linked(content, lambda address: get_relative_url(address, page.url))
        names = self.names[page.url] = {}

        def aside(match):
            nonlocal names
            if match[1]:
                names = self.names.setdefault(f"{page.url}#{match[1]}", {})
                return match[0]
            if not match[0].startswith("<details"):    # which is folded
                names |= index.names(match[0])
            styled = '<span style="' in match[0]    # colours of a terminal beyond the first 16
            return match[0] if styled else self.done.put(slim(match[0]))

        content = content.replace('<p class="weave-try">', '<p class="weave-try" data-search-exclude>')
        return SECTION_OR_CODE.sub(aside, self.html.back(content))

    def on_env(self, env, config, files):
        """Make the EPUB, since all pages are made; keep the theme's templates as Jinja compiles them."""
        self.last = files, config, env
        if self.config.epub:
            self.make_epub(config, files)
        folder = self.cache.made / "templates" / jinja2.__version__
        folder.mkdir(parents=True, exist_ok=True)
        env.bytecode_cache = jinja2.FileSystemBytecodeCache(str(folder))
        env.auto_reload = False    # a template that changes during a build counts in the next one
        env.globals["navs"] = {}    # see nav.html
        return env

    def byline(self, chapter, page, config):
        """The lines under a chapter's title: what it takes, how old it is, how to take it away."""
        stem = Path(page.file.src_uri).with_suffix("")
        takes, parts = times.line(chapter, self.chapters, lambda need: get_relative_url(
            self.urls[need], page.url), self.seconds), []
        page.meta["published"], page.meta["updated"] = self.dates(page)
        if updated := page.meta["updated"][:10]:
            parts.append(f'updated <time datetime="{updated}">{updated}</time>')
        if claims := sum(len(cell.claims) for cell in chapter.cells):
            parts.append(f"{claims} claim{'s' * (claims > 1)} checked by this build")
        for suffix, text in ((".ipynb", "notebook"), (".py", "Python script"), (".md", "Markdown")):
            address = get_relative_url(f"{stem}{suffix}", page.url)
            parts.append(f'<a href="{address}" download>{text}</a>')
        if (config.repo_url or "").startswith("https://github.com/"):
            colab = config.repo_url.replace("https://github.com", "https://colab.research.google.com/github")
            parts.append(f'<a href="{colab}/blob/{config.remote_branch}/{stem}.ipynb">open in Colab</a>')
        if lacks := self.runner.lacks.get(chapter.name):
            parts.append(f"needs {', '.join(lacks)} to run")
        line = f"{takes}<br>{' · '.join(parts)}{self.runner.mark(chapter)}"
        return terms.byline(line, chapter.meta.get("not_terms") or ())

    def dates(self, page):
        """When a page was first published, by its `date:` or git, and when it last changed."""
        first, last = self.history.get(page.file.src_uri, ("", ""))
        given = str(page.meta.get("date", ""))    # 2026-11-24
        return (f"{given[:10]}T00:00:00+00:00" if given else first), last or first

    @event_priority(100)    # before the search looks at the page
    def on_page_context(self, context, page, config, nav):
        index.take_over(config.plugins, page)
        if self.listing and page.parent is self.listing:
            context["alike"] = os.path.dirname(page.url.rstrip("/"))
        if config.site_url and page.meta.get("updated"):
            self.entries.append((page.title, page.canonical_url, page.meta["published"], page.meta["updated"],
                                 page.meta.get("description", "")))
        return context

    def on_post_page(self, output_content, **_):
        """Put our worker of the search in the place of the theme's (assets/search.js).

        The theme's inline scripts, which all pages would repeat, are left to one file (early.py).
        What the search was not to read has been marked for it, and the mark has done its service.
        """
        text, found = WORKER.subn('assets/search.js"', output_content)
        self.searched |= found > 0
        text, told = early.lifted(text)
        self.told = told or self.told
        return UNSEARCHED.sub("", text)

    on_post_template = on_post_page    # of 404.html

    @event_priority(-100)    # after the search has written its index
    def on_post_build(self, config):
        self.write_feed(config.site_dir, config)
        if self.searched:
            index.write(Path(config.site_dir, "search"), self.names, self.config.unsearched,
                        self.config.reference, self.config.internal)
        if self.told:
            early.write(config.site_dir, self.told, config.theme.get("palette"))
        self.complain(self.finish(config))
        for name, function in REMEMBERED.items():
            function.save(self.remembering(name), self.tools)
        if self.served and self.served.making:
            self.served.errors, self.served.warned = [], []    # of what is made in a moment
        else:
            write_atomically(self.of_address(WHOLE), self.tools)
            for old in newest_first(self.cache.made, f"at/*/{WHOLE}")[ADDRESSES:]:
                shutil.rmtree(old.parent, ignore_errors=True)

    def remembering(self, name):
        """The file in the cache that has what a function of REMEMBERED gave."""
        return (self.of_address if name in OF_ADDRESS else self.cache.made.joinpath)(f"{name}.json")

    def finish(self, config):
        """Finish the site's pages; the errors in them."""
        def remembered(name, text, make):
            if self.finished.get(name, [None])[0] != text:
                made = self.cache.remembered(self.of_address("finished", name), f"{self.tools}\n{text}", make)
                self.finished[name] = text, made
            return self.finished[name][1]

        return finish(config.site_dir, config.docs_dir, not self.serving, self.done.back, bool(self.served),
                      remembered)

    def write_feed(self, folder, config):
        if self.entries:
            text = feed.atom(config.site_name, config.site_url, self.entries)
            Path(folder, "feed.xml").write_text(text, encoding="utf-8")


@functools.cache
def folder_of(path):
    """Where a file is, which every page asks for."""
    return Path(path).resolve().parent


def without_comments(source):
    """The text of a script of the weave's own, as it is published; the path of any other file."""
    own = source.suffix == ".js" and source.is_relative_to(ASSETS)
    return IDLE.sub("", source.read_text(encoding="utf-8")) if own else source


def text_of(path):
    return path.read_text(encoding="utf-8") if path.is_file() else None


def no_notebook(chapter):
    return chapter.error(1, "the `jupyter:` header is not one that jupytext reads as a Python notebook, so "
                         "this chapter would not be executed")


def reloading():
    """Whether this is `mkdocs serve` with its live reload, without which pages are made but once."""
    context = click.get_current_context(silent=True)
    return context is None or context.params.get("livereload", True)


def logged(errors):
    """The errors, which the terminal has now."""
    errors = list(errors)
    for error in errors:
        log.error("%s", error)
    return errors


def stop_at(errors):
    """End the build with every error in view, and nothing else."""
    if errors:
        raise PluginError("\n\n" + "\n\n".join(map(str, errors)))
