"""The book as one EPUB, which pandoc makes of its chapters' Markdown: formulas are MathML, figures files.

An EPUB is kept by what it is made of, because making it takes as long as half a build.
"""

import hashlib
import json
import os
import re
import subprocess
import tempfile
import uuid
from pathlib import Path

from markdown.extensions.toc import slugify, unique

from .files import write_atomically

FORMAT = 2    # of what is kept; others are not looked at
KEPT = 3      # of them: the newest
TOP = "top"   # the anchor of a chapter's title, which a link to the whole chapter leads to
READER = "gfm+tex_math_dollars+attributes-emoji-autolink_bare_uris"
STYLE = """
body { line-height: 1.5; }
pre { font-size: 80%; white-space: pre-wrap; background: #f6f5f3; color: #1f2a37; padding: .5em; }
img { max-width: 100%; }
table { border-collapse: collapse; } td, th { padding: .1em .5em; }
"""
HEADING = re.compile(r"^(#{1,5}) +(.+?) *$")
FENCE = re.compile(r" *(`{3,})")


class Epub:
    """A book to be: parts are [(title, [(name, Markdown)])], in their order, and files {name: bytes}."""

    def __init__(self, metadata, cover):
        self.metadata, self.cover = metadata, cover
        self.parts, self.files = [], {}

    def part(self, title):
        self.parts.append((title, []))

    def chapter(self, name, text):
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
        """Have pandoc make it; raise ValueError with what pandoc complains of."""
        import pypandoc    # which brings pandoc along

        with tempfile.TemporaryDirectory() as room:
            for name, content in {**self.files, "cover.png": self.cover, "style.css": STYLE.encode(),
                                  "metadata.json": json.dumps(self.metadata).encode()}.items():
                Path(room, name).write_bytes(content)
            names = []
            for number, (title, chapters) in enumerate(self.parts):
                heading = [(f"part-{number}", f"# {title}\n")] if title else []
                for name, text in heading + [(name, lower(text, bool(title))) for name, text in chapters]:
                    Path(room, f"{name}.md").write_text(text, encoding="utf-8")
                    names.append(f"{name}.md")
            command = [pypandoc.get_pandoc_path(), "--from", READER, "--to", "epub3", "--mathml", "--file-scope",
                       "--toc", "--toc-depth=2", "--split-level=2", "--syntax-highlighting=kate",
                       "--css=style.css", "--epub-cover-image=cover.png", "--metadata-file=metadata.json",
                       "--output=book.epub", *names]
            run = subprocess.run(command, cwd=room, capture_output=True, text=True,
                                 env={"SOURCE_DATE_EPOCH": "0", **os.environ})
            if run.returncode or run.stderr:
                raise ValueError(f"pandoc: {run.stderr.strip()}")
            return Path(room, "book.epub").read_bytes()


def newest_first(folder):
    return sorted(folder.glob("*.epub"), key=lambda path: -path.stat().st_mtime_ns)


def metadata(title, description, language="en", rights=None, address=None):
    """What an EPUB says of itself."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, address or title)
    return {"title": title, "lang": language, "identifier": f"urn:uuid:{name}",
            **({"description": description} if description else {}), **({"rights": rights} if rights else {})}


def lower(text, deeper):
    """Markdown whose headings have the anchors that the site gives them, and are a level deeper if asked."""
    known, lines, fence, top = set(), [], "", TOP
    for line in text.split("\n"):
        if mark := FENCE.match(line):
            fence = "" if fence and line.strip() == fence else fence or mark[1]
        elif not fence and (heading := HEADING.match(line)):
            anchor = unique(slugify(re.sub(r"[`*$\\]", "", heading[2]), "-"), known)
            line = f"{'#' * deeper}{heading[1]} {heading[2]} {{#{top or anchor}}}"
            top = ""
        lines.append(line)
    return "\n".join(lines)
