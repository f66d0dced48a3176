"""All labs of the book on one page, from their own docstrings.

    ::: labs make lab mine={path}    on any page: each lab, with what it asks, its chapter, and the
                                     command that grades it, in which {path} is the lab's file; and the
                                     buttons that open its exercises in the page (graded.py)

A lab's docstring begins with what it is about; `Exercises: a, b.` names what is to be written, and
`Chapter: docs/a.md.` where it is taught.  Labs stand in the order of their chapters, by folder.
"""

import posixpath
import re

from .times import title

LABS = re.compile(r"^::: labs +(.+)$", re.MULTILINE)
EXERCISES = re.compile(r"^Exercises: (.*?)\.$", re.MULTILINE | re.DOTALL)


def fill(markdown, address, offers, chapters, order, graded):
    """A page's Markdown with its `::: labs` written out; address is the page's own.

    offers has the docstrings (offer.Offers), chapters are all of them by their address, order has the
    addresses of the nav's pages, and graded says which labs run in the page.
    """
    def listed(match):
        folders = {}
        for page in filter(chapters.get, order):
            for path in offers.labs_of(chapters[page]):
                folders.setdefault(path.parent.name, []).append(entry(path, page, match[1]))
        return "\n".join([graded.mark, *(line for folder, entries in folders.items()
                                         for line in ("", f"## {folder}", "", *entries))])

    def entry(path, page, command):
        text = offers.lab_docstrings[path]
        link = posixpath.relpath(path.as_posix(), posixpath.dirname(address) or ".")
        where = posixpath.relpath(page, posixpath.dirname(address) or ".")
        asked = EXERCISES.search(text)
        names = ", ".join(f"`{name}`" for name in re.split(r",\s*", asked[1])) if asked else "what it says"
        buttons = graded.line(path)
        return (f'-   [{path.name}]({link}){{ download="{path.name}" }}: {text.splitlines()[0]}\n'
                f"    Write {names}, after [{title(chapters[page])}]({where}).\n"
                f"    `{command.replace('{path}', path.as_posix())}`\n" + f"    {buttons}\n" * bool(buttons))

    return LABS.sub(listed, markdown)
