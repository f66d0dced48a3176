"""How the book is made: chapters are executed, and their outputs woven into the pages.

    chapter      a Markdown file, taken apart into prose, code and listings
    ipynb        a Jupyter notebook as a chapter
    listing      the current source of an object, found by name: Python and CUDA C
    names        which names code uses and makes: visible code takes none from checks
    claims       lists comparisons and typed numbers that no check holds
    execute      runs the code of chapters, several at a time
    copies       kernels that begin with what is slow to import, as copies of a process
    original     that process
    kernel       what runs inside the kernel: claims, computed numbers, files read
    cache        keeps what execution gave for as long as nothing it depends on changes
    texts        whether docstrings and lines of modules can show in what code prints
    imports      which of the book's modules a piece of code imports
    render       outputs become Markdown and HTML
    svg          figures that read in light and in dark
    page         an executed chapter becomes a page's Markdown
    notebook     ... and a notebook and a script to take away
    begin        their first cell, which finds or fetches what they need
    portable     ... and Markdown to paste anywhere
    epub         all chapters as one book to carry
    contents     what a page says of the whole book: its chapters, their hours, its address
    take         a module with its companions, so that it works where a reader puts it
    offer        what a page offers to take away: modules at its top, buttons beside captions
    times        how long a chapter takes, and what to have read before it
    labs         all exercises on one page
    graded       which of them are written and graded there
    run          which cells run in their page, and what the page needs for that
    reference    a page for each module, kernel and package, and where it has an object
    kept         rendered pages, for the next build
    serve        mkdocs serve: pages at once, chapters executed behind them, errors in the browser
    index        what the search finds: the page of topics, and the names in code
    plugin       all of this as a plugin of MkDocs
    early        the theme's inline scripts, as one file that pages load first
    finish       HTML to HTML, the last step over a built site: formulas, styles, policy
    card         the picture that stands for a chapter where its address is shared
    changes      what changed, unit by unit, from git
    feed         the feed of the chapters
    export       the book as Markdown that builds without the weave
    repository   where the book's source lives, and what git knows about it
    site         the built site, as tests and benchmarks look at it
    files        files that are whole at every moment
    assets       styles and scripts of the pages;  theme  what is added to Material's templates
"""


class WeaveError(Exception):
    """A page that cannot be made, with the place and the source line to look at."""

    def __init__(self, path, line, message, source=""):
        self.path, self.line = path, line
        shown = f"\n    {line} | {source.strip()}" if source.strip() else ""
        super().__init__(f"{path}:{line}: {message}{shown}")
