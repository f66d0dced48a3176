"""The book as one EPUB, which pandoc makes of its chapters' Markdown: formulas are MathML, figures files.

An EPUB is kept by what it is made of, because making it takes half as long as all the rest of a build.
"""

import hashlib
import json
import os
import posixpath
import re
import subprocess
import tempfile
import uuid
from pathlib import Path

from markdown.extensions.toc import slugify, unique
from mkdocs.exceptions import PluginError

from .card import card
from .files import write_atomically
from .page import stem_of
from .portable import portable

FORMAT = 2    # of what is kept; others are not looked at
KEPT = 3      # of them: the newest
TOP = "top"   # the anchor of a chapter's title, to which a link to the whole chapter leads
COVER_HEIGHT = 1600
READER = "gfm+tex_math_dollars+attributes-emoji-autolink_bare_uris"
STYLE = """
body { line-height: 1.5; }
pre { font-size: 80%; white-space: pre-wrap; background: #f6f5f3; color: #1f2a37; padding: .5em; }
img { max-width: 100%; }
table { border-collapse: collapse; } td, th { padding: .1em .5em; }
"""
HEADING = re.compile(r"^(#{1,5}) +(.+?)(?: *\{ *#([\w-]+) *\})? *$")    # which may name its anchor
FENCE = re.compile(r" *(`{3,})")


class EpubError(PluginError):
    """An EPUB that cannot be made; the message says why."""


def book(nav, chapters, config, mark=None):
    """The book in the order of its navigation, as an Epub that is not made yet.  Raises WeaveError.

    chapters are {page's source: Chapter}, and mark is the cover's, as in card.  The home page stays out,
    since it is about the site.
    """
    epub = Epub(metadata(config), card(config.site_name, "", mark, COVER_HEIGHT))
    pages = {page.file.src_uri: page for page in nav.pages}
    inside = [uri for uri, page in pages.items() if uri in chapters and not page.is_homepage]
    for uri in inside:
        def resolve(link, uri=uri):
            path, _, anchor = link.partition("#")
            other = posixpath.normpath(posixpath.join(posixpath.dirname(uri), path)) if path else uri
            if other in inside:
                return f"{stem_of(other)}.md#{anchor or TOP}" if path else link
            address = pages[other].canonical_url if other in pages else None
            return f"{address}#{anchor}" if address and anchor else address

        above = pages[uri].ancestors
        text = portable(chapters[uri], stem_of(uri), epub.save, resolve, anchors=True)
        epub.add(above[-1].title if above else "", stem_of(uri), text)
    return epub


class Epub:
    """A book to be: parts are [(title, [(name, Markdown)])], in their order, and files {name: bytes}."""

    def __init__(self, metadata, cover):
        self.metadata, self.cover = metadata, cover
        self.parts, self.files = [], {}

    def add(self, part, name, text):
        """Add a chapter at the end, to the part before it if that has the same title."""
        if not self.parts or self.parts[-1][0] != part:
            self.parts.append((part, []))
        self.parts[-1][1].append((name, text))

    def save(self, name, content):
        self.files[name] = content
        return name

    def made(self, folder):
        """The bytes of the EPUB, from the folder of those that are kept if it is there."""
        whole = hashlib.sha256(json.dumps([FORMAT, READER, STYLE, self.metadata, self.parts]).encode())
        for name, content in sorted({**self.files, "cover": self.cover}.items()):
            whole.update(f"{name} {len(content)}\n".encode() + content)
        path = folder / f"{whole.hexdigest()}.epub"
        if not path.is_file():
            content = self.make()
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
            for old in newest_first(folder)[KEPT:]:
                old.unlink()
        return path.read_bytes()

    def make(self):
        """Have pandoc make it.  Raises EpubError with what pandoc complains of."""
        with tempfile.TemporaryDirectory() as room:
            for name, content in {**self.files, "cover.png": self.cover, "style.css": STYLE.encode(),
                                  "metadata.json": json.dumps(self.metadata).encode()}.items():
                Path(room, name).write_bytes(content)
            names = []
            for number, (title, chapters) in enumerate(self.parts):
                heading = [(f"part-{number}", f"# {title}\n")] if title else []
                for name, text in heading + [(name, anchored(text, bool(title))) for name, text in chapters]:
                    Path(room, f"{name}.md").write_text(text, encoding="utf-8")
                    names.append(f"{name}.md")
            command = [pandoc(), "--from", READER, "--to", "epub3", "--mathml", "--file-scope",
                       "--toc", "--toc-depth=2", "--split-level=2", "--syntax-highlighting=kate",
                       "--css=style.css", "--epub-cover-image=cover.png", "--metadata-file=metadata.json",
                       "--output=book.epub", *names]
            run = subprocess.run(command, cwd=room, capture_output=True, text=True,
                                 env={"SOURCE_DATE_EPOCH": "0", **os.environ})
            if run.returncode or run.stderr:
                raise EpubError(f"pandoc complains of the EPUB: {run.stderr.strip()}")
            return Path(room, "book.epub").read_bytes()


def pandoc():
    """The path of pandoc, which a package of Python brings along.  Raises EpubError."""
    try:
        import pypandoc    # which a build that has the EPUB from before can do without

        return pypandoc.get_pandoc_path()
    except (ImportError, OSError):
        raise EpubError("pandoc is missing, which makes the EPUB: run `make env`, or take the line "
                        "`epub:` out of mkdocs.yml to do without one") from None


def newest_first(folder):
    return sorted(folder.glob("*.epub"), key=lambda path: -path.stat().st_mtime_ns)


def newest(folder):
    """The bytes of the EPUB that was made last; none if there is none."""
    return next((path.read_bytes() for path in newest_first(folder)), b"")


def metadata(config):
    """What an EPUB says of itself."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, config.site_url or config.site_name)
    about = {"identifier": f"urn:uuid:{name}", "title": config.site_name,
             "lang": config.theme.locale.language, "description": config.site_description,
             "rights": config.copyright}
    return {name: text for name, text in about.items() if text}


def anchored(text, deeper):
    """Markdown whose headings have the anchors that the site gives them, and are a level deeper if asked."""
    known, lines, fence, top = set(), [], "", TOP
    for line in text.split("\n"):
        if mark := FENCE.match(line):
            fence = "" if fence and line.strip() == fence else fence or mark[1]
        elif not fence and (heading := HEADING.match(line)):
            anchor = heading[3] or unique(slugify(re.sub(r"[`*$\\]", "", heading[2]), "-"), known)
            line = f"{'#' * deeper}{heading[1]} {heading[2]} {{#{top or anchor}}}"
            top = ""
        lines.append(line)
    return "\n".join(lines)
