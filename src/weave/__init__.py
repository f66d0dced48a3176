"""How the book is made: chapters are executed, and their outputs woven into the pages.

    chapter      a Markdown file, taken apart into prose, code and listings
    listing      the current source of an object or a kernel, found by name
    kernel       what runs inside the kernel: claims, computed numbers, files read
    execute      runs the code of chapters, several at a time
    cache        keeps what execution gave for as long as nothing it depends on changes
    render       outputs become Markdown and HTML
    svg          figures that read in light and in dark
    plugin       the MkDocs plugin, on mkdocs-jupyter's own class
    mathematics  formulas to HTML and MathML
    finish       HTML to HTML: the last step, over a built site
    site         the built site, as tests and benchmarks look at it
    files        files that are whole at every moment
"""


class WeaveError(Exception):
    """A page that cannot be made, with the place and the source line to look at."""

    def __init__(self, path, line, message, source=""):
        self.path, self.line = path, line
        shown = f"\n    {line} | {source.strip()}" if source.strip() else ""
        super().__init__(f"{path}:{line}: {message}{shown}")
