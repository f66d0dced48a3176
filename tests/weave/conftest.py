"""A small book in an empty folder, for tests to build and to break."""

import resource
import shutil
import subprocess
import sys

import pytest

HEADER = """---
jupyter:
  jupytext:
    text_representation:
      extension: .md
      format_name: markdown
  kernelspec:
    display_name: Python 3
    language: python
    name: python3
---

"""
CONFIG = """
site_name: A small book
theme: mkdocs
plugins: [weave]
markdown_extensions: [md_in_html]
validation: {links: {not_found: warn, anchors: warn}}
"""


class Book:
    """A folder with mkdocs.yml, docs, src and data, and the commands that readers run in it."""

    def __init__(self, root):
        self.root = root
        self.write("mkdocs.yml", CONFIG)
        self.write("docs/index.md", "# Home\n")

    def write(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def chapter(self, text, path="docs/chapter.md"):
        """Write a chapter, whose text begins on line 13 of its file."""
        return self.write(path, HEADER + text)

    def line(self, text, path="docs/chapter.md"):
        """The number of the line of the file that holds text."""
        lines = (self.root / path).read_text().splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)

    def copy(self, other):
        """Have what another book has, with what was kept of its chapters; this one."""
        shutil.copytree(other.root, self.root, dirs_exist_ok=True)
        return self

    def forget(self):
        """Have no results of chapters."""
        shutil.rmtree(self.root / ".cache")

    def run(self, *command, **options):
        """Run a module's program; each process of it may use so many seconds of processor time."""
        def limited():
            resource.setrlimit(resource.RLIMIT_CPU, (300, 300))

        return subprocess.run([sys.executable, "-m", *command], cwd=self.root, text=True,
                              capture_output=True, preexec_fn=limited, **options)

    def build(self, *arguments):
        return self.run("mkdocs", "build", "--strict", *arguments)

    def page(self, path="chapter/index.html"):
        return (self.root / "site" / path).read_text(encoding="utf-8")


@pytest.fixture
def book(tmp_path):
    return Book(tmp_path)
