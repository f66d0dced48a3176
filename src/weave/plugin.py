"""The MkDocs plugin: mkdocs-jupyter's, handing Markdown to MkDocs instead of JupyterLab's HTML.

When MkDocs has its list of files, the chapters whose results are no longer true are executed; when
it asks for a page's Markdown, the results are woven in; when the site is built, it is finished.
"""

import logging
import os
import re
from pathlib import Path

from mkdocs.config import config_options
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url
from mkdocs_jupyter.plugin import Plugin

from . import WeaveError, feed, finish, mathematics, page as pages, repository
from .cache import Cache
from .card import card
from .chapter import Chapter
from .execute import execute
from .offer import Offers
from .svg import FIGURE

log = logging.getLogger("mkdocs.plugins.weave")
ASSETS = Path(__file__).parent / "assets"
SETTINGS = {"include", "ignore"}    # of mkdocs-jupyter's; the others shape HTML that we do not make


class Weave(Plugin):
    config_scheme = (
        *(setting for setting in Plugin.config_scheme if setting[0] in SETTINGS),
        ("seconds_per_chapter", config_options.Type((int, float), default=120)),
        ("jobs", config_options.Type(int, default=os.cpu_count() or 1)),
        ("source", config_options.Type(str, default="src")),    # the folder of the modules
        ("labs", config_options.Type(str, default="labs")),     # ... and that of the exercises
    )

    def on_startup(self, command, dirty):
        self.serving = command == "serve"    # whose live reload is an inline script
        self.dirty, self.made = dirty, {}    # of each chapter, what its page was last made of
        if dirty:    # MkDocs warns of pages that are not made anew; on_files knows which have to be
            logging.getLogger("mkdocs.commands.build").addFilter(lambda record: "'dirty' build" not in record.msg)

    def on_config(self, config):
        """Fill in the addresses that nobody typed; what stays unknown is left out of the pages."""
        config.repo_url = repository.address(config.repo_url)
        if config.repo_url:
            config.repo_name = config.repo_name or config.repo_url.split("/", 3)[-1]
            config.edit_uri = config.edit_uri or "edit/main/docs/"
        config.site_url = config.site_url or os.environ.get("SITE_URL") or repository.site(config.repo_url)
        self.root = Path(config.config_file_path).parent
        self.commit = repository.commit()
        os.environ.setdefault("SOURCE_DATE_EPOCH", repository.committed_epoch())
        return config

    def on_pre_build(self, config):
        self.entries = []    # of the feed: (title, address, date, description)
        self.aside = []      # parts of pages, while the pages are made

    def on_files(self, files, config):
        self.chapters, errors = {}, []
        for file in files.documentation_pages():
            try:
                chapter = file.abs_src_path and Chapter(file.abs_src_path, self.root)
                if chapter and "jupyter" in chapter.meta:
                    if not self.should_include(file):
                        raise chapter.error(1, "the `jupyter:` header is not one that jupytext reads as "
                                            "a Python notebook, so this chapter would not be executed")
                    self.chapters[file.src_uri] = chapter
            except WeaveError as error:
                errors.append(error)
        stop_at(errors)
        self.results = self.execute(self.chapters.values())
        self.offers = Offers(self.root, self.config["source"], self.config["labs"])
        for file in files.documentation_pages() if self.dirty else ():
            if chapter := self.chapters.get(file.src_uri):
                before, now = self.made.get(chapter.name), self.makings(chapter, config)
                self.made[chapter.name] = now
                file.is_modified = lambda changed=before != now: changed
        self.modules = {}
        for name, chapter in self.chapters.items():
            self.offer(files, config, name, chapter)
        for source in sorted(ASSETS.rglob("*")):
            if source.is_file():
                self.add(files, config, f"assets/{source.relative_to(ASSETS)}", source)
        for source in [mathematics.KATEX / "katex.min.css", *mathematics.KATEX.glob("fonts/*.woff2")]:
            self.add(files, config, f"assets/katex/{source.relative_to(mathematics.KATEX)}", source)
        return files

    def execute(self, chapters):
        """The results of every chapter, from the cache or by executing it now."""
        cache, results = Cache(self.root), {}
        for chapter in chapters:
            results[chapter.name] = cache.load(chapter)

        def done(chapter, given, inputs):
            cache.store(chapter, given, inputs)
            results[chapter.name] = given

        stale = [chapter for chapter in chapters if results[chapter.name] is None]
        stop_at(execute(stale, done, self.config["seconds_per_chapter"], self.config["jobs"]))
        return results

    def makings(self, chapter, config):
        """Everything that a chapter's page is made of."""
        try:
            place = self.offers.place(chapter, str)
        except WeaveError as error:
            stop_at([error])
        return [chapter.lines, self.results[chapter.name], listings(chapter), place, self.commit, config.nav]

    def offer(self, files, config, name, chapter):
        """Add what a reader can take away from a chapter to the site: notebook, script, modules."""
        try:
            book = pages.notebook(chapter, self.results[chapter.name], config.repo_url)
            offered = self.offers.files(chapter, listings(chapter))
        except WeaveError as error:
            stop_at([error])
        for suffix, text in zip((".ipynb", ".py"), pages.downloads(book)):
            self.add(files, config, str(Path(name).with_suffix(suffix)), text)
        for address, content in offered.items():
            self.add(files, config, address, content)

    def add(self, files, config, uri, content):
        """Add a file to the site, unless it is there: content is a text, bytes or a file's path."""
        if files.get_file_from_path(uri) is None:
            given = {"abs_src_path": str(content)} if isinstance(content, Path) else {"content": content}
            files.append(File.generated(config, uri, **given))

    def on_pre_page(self, page, config, files):
        return page    # mkdocs-jupyter would replace the page's renderer here

    def on_page_markdown(self, markdown, page, config, files):
        chapter = self.chapters.get(page.file.src_uri)
        if chapter is None:
            return markdown

        def link(address):
            return get_relative_url(address, page.url)

        def source(path):
            return f"{config.repo_url}/blob/{self.commit}/{path}" if config.repo_url and self.commit else None

        def source_link(found):
            return self.offers.caption(found, link, source)

        def save(name, content):
            uri = f"assets/figures/{name}"
            files.append(File.generated(config, uri, content=content))
            return get_relative_url(uri, page.url)

        prefix = re.sub(r"\W+", "-", str(Path(page.file.src_uri).with_suffix("")))
        try:
            text = pages.weave(chapter, self.results[chapter.name], source_link, save, prefix)
        except WeaveError as error:
            stop_at([error])
        text = FIGURE.sub(self.set_aside, text)
        if config.site_url:
            page.meta["card"] = uri = f"assets/cards/{prefix}.png"
            title = re.search(r"^# (.+)$", text, re.MULTILINE)
            files.append(File.generated(config, uri, content=card(title[1], config.site_name)))
        if page.is_homepage:
            return text
        facts, place = self.facts(chapter, page, config), self.offers.place(chapter, link, source)
        return re.sub("^# .+$", lambda title: f"{title[0]}\n\n{facts}\n\n{place}", text, count=1, flags=re.M)

    def on_page_content(self, content, page, config, files):
        return re.sub("<pre.*?</pre>", self.set_aside, content, flags=re.DOTALL)    # nobody searches code by words

    def set_aside(self, match):
        """A stand-in for what MkDocs and the search need not read: half of all tags are in figures and code."""
        self.aside.append(match[0])
        return f'<svg data-aside="{len(self.aside) - 1}"></svg>'

    def facts(self, chapter, page, config):
        """The line under a chapter's title: how long it takes, how old it is, how to take it away."""
        minutes = max(1, round(chapter.words / 200))
        stem = Path(page.file.src_uri).with_suffix("")
        parts = [f"{minutes} min read"]
        page.meta["updated"] = repository.committed(self.root / chapter.path)
        if updated := page.meta["updated"][:10]:
            parts.append(f'updated <time datetime="{updated}">{updated}</time>')
        for suffix, text in ((".ipynb", "notebook"), (".py", "Python script")):
            address = get_relative_url(f"{stem}{suffix}", page.url)
            parts.append(f'<a href="{address}" download>{text}</a>')
        if (config.repo_url or "").startswith("https://github.com/"):
            colab = config.repo_url.replace("https://github.com", "https://colab.research.google.com/github")
            parts.append(f'<a href="{colab}/blob/gh-pages/{stem}.ipynb">open in Colab</a>')
        return f'<p class="weave-facts">{" · ".join(parts)}</p>'

    def on_page_context(self, context, page, config, nav):
        if config.site_url and page.meta.get("updated"):
            self.entries.append((page.title, page.canonical_url, page.meta["updated"],
                                 page.meta.get("description", "")))
        return context

    def on_post_page(self, output_content, page, config):
        return re.sub(r'<svg data-aside="(\d+)"></svg>', lambda match: self.aside[int(match[1])], output_content)

    def on_post_build(self, config):
        if self.entries:
            text = feed.atom(config.site_name, config.site_url, self.entries)
            Path(config.site_dir, "feed.xml").write_text(text, encoding="utf-8")
        stop_at(finish.finish(config.site_dir, config.docs_dir, policy=not self.serving))


def listings(chapter):
    """The Listings of a chapter, in order."""
    try:
        return [pages.find(chapter, block) for block in chapter.blocks if block.kind == "listing"]
    except WeaveError as error:
        stop_at([error])


def stop_at(errors):
    """End the build with every error in view, and nothing else."""
    if errors:
        raise PluginError("\n\n" + "\n\n".join(map(str, errors)))
