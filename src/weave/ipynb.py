"""A Jupyter notebook as a chapter: the Markdown that it would be if it were written as one.

What stands after ```python in Markdown is metadata of the cell, as jupytext has it: quiet or check, which may
be tags as well, alt and caption.  The front matter is a raw cell at the top, or missing.  Outputs in the file
are not looked at, since chapters are executed; other raw cells are left out.
"""

import re
from pathlib import PurePath

import yaml
from mkdocs.structure.files import File

from . import WeaveError
from .chapter import ATTRIBUTES, WORDS, Chapter


class Notebook(Chapter):
    """The chapter of a .ipynb file.  Its errors name the cell, counted from 1, and the line in the cell."""

    def read(self):
        book = self.opened()
        lines, self.places = [], []    # of each line: the cell that it is of, and its number there
        for number, above, text in self.parts(book):
            new = text.split("\n")
            lines += new
            self.places += [(number, max(1, line - above)) for line in range(1, len(new) + 1)]
        return "\n".join(lines)

    def place(self, line):
        number, inside = self.places[min(line, len(self.places)) - 1]
        return f"{self.name}, cell {number}", inside

    def wrong(self, number, line, message):
        return WeaveError(f"{self.name}, cell {number}", line, message)

    def opened(self):
        import nbformat    # a quarter of a second, which a book without notebooks can do without

        try:
            book = nbformat.read(self.root / self.path, as_version=4)
        except (ValueError, AttributeError, nbformat.ValidationError) as error:
            what = str(error).partition("\n")[0]
            raise WeaveError(self.name, 1, f"this is not a notebook that nbformat can read: {what}") from None
        kernel = book.metadata.get("kernelspec", {}).get("language")
        language = kernel or book.metadata.get("language_info", {}).get("name", "python")
        if language != "python":
            raise WeaveError(self.name, 1, f"this notebook is in {language}, and only Python is executed")
        return book

    def parts(self, book):
        """The Markdown in parts: (number of the cell, how many lines of the text stand above it, text)."""
        numbered = list(enumerate(book.cells, 1))
        meta = {}
        if numbered and numbered[0][1].cell_type == "raw":
            meta = self.front_matter(numbered.pop(0)[1].source)
        python = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        header = yaml.safe_dump(meta | {"jupyter": python}, sort_keys=False, allow_unicode=True)
        yield 1, 0, f"---\n{header}---\n"
        for number, cell in numbered:
            if cell.cell_type == "markdown":
                if cell.get("attachments"):
                    raise self.wrong(number, 1, "a picture is attached here: save it as a file beside "
                                     "the notebook, and write ![what it shows](file.svg)")
                yield number, 0, f"{cell.source}\n"
            elif cell.cell_type == "code" and cell.source.strip():
                if any('"' in cell.metadata.get(name, "") for name in ATTRIBUTES):
                    raise self.wrong(number, 1, 'alt and caption cannot hold the character "; write “ and ”')
                ticks = "`" * (1 + max(map(len, re.findall("`{3,}", cell.source)), default=2))
                yield number, 1, f"{ticks}{info(cell.metadata)}\n{cell.source}\n{ticks}\n"

    def front_matter(self, source):
        text = re.sub(r"\A---\n|\n---\Z", "", source.strip())
        try:
            meta = yaml.safe_load(text)
        except yaml.YAMLError as error:
            line = getattr(getattr(error, "problem_mark", None), "line", 0)
            raise self.wrong(1, line + 2, "a raw cell at the top is the front matter, and this is not YAML: "
                             f"{getattr(error, 'problem', error)}") from None
        return meta if isinstance(meta, dict) else {}


def info(metadata):
    """What stands after the ticks of a fence for a cell with this metadata.

    >>> info({"tags": ["quiet", "mine"], "alt": "A line"})
    'python quiet alt="A line"'
    """
    words = sorted(WORDS & {*metadata, *metadata.get("tags", [])})
    texts = [f'{name}="{" ".join(metadata[name].split())}"' for name in sorted(ATTRIBUTES & metadata.keys())]
    return " ".join(["python", *words, *texts])


class NotebookFile(File):
    """A .ipynb file that is a page, as it is for mkdocs-jupyter; what others read of it is the Markdown."""

    @classmethod
    def of(cls, file, chapter):
        """The page in the place of a file that MkDocs would copy; chapter makes the Notebook of a path."""
        page = cls(file.src_uri, file.src_dir, file.dest_dir, file.use_directory_urls,
                   inclusion=file.inclusion)
        page.chapter = chapter
        return page

    def is_documentation_page(self):
        return True

    @property
    def content_string(self):
        try:
            return "\n".join(self.chapter(self.abs_src_path).lines)
        except WeaveError:    # which is told where chapters are read
            return f"# {self.name}\n"


def with_notebooks(files, ignore, chapter):
    """Have the notebooks among the files be pages, except those that the patterns in ignore match."""
    for file in list(files):
        if file.src_uri.endswith(".ipynb") and file.abs_src_path and not any(
                PurePath(file.abs_src_path).match(pattern) for pattern in ignore):
            files.remove(file)
            files.append(NotebookFile.of(file, chapter))
