"""What a page says of the whole book: its chapters in the order of the nav, their hours, its address.

    ::: chapters makemore      a list of the chapters in docs/makemore: title, first sentence of the
                               description, minutes
    `{chapters} makemore`      how many they are, in the middle of a sentence; of all without a folder
    `{hours} makemore`         how long they take to read
    `{practice} makemore`      how long their exercises take
    ::: clone                  inside a fence: the command that fetches the book, where its address is
                               known, and no line where it is not

Nothing of it is typed twice: who renames, moves or adds a chapter finds it here.
"""

import functools
import posixpath
import re

from .times import times, title

LIST = re.compile(r"^::: chapters +(\S+) *$", re.MULTILINE)
NUMBER = re.compile(r"`\{(chapters|hours|practice)\} *([^`]*)`")
CLONE = re.compile(r"^::: clone *\n", re.MULTILINE)


def entry(chapter):
    """What a list of chapters shows of one: its title, and what it is about."""
    about = re.split(r"(?<=[.?!])\s+(?=[A-Z])", chapter.meta.get("description") or "", maxsplit=1)[0]
    return title(chapter), about


def fill(text, page, chapters, order, repository):
    """The Markdown of a page with its lists, numbers and address.  Raises WeaveError.

    page is the page's chapter, chapters all of them by their address, makemore/gpt.md, and order the
    addresses of the nav's pages.
    """
    ordered = [address for address in order if address in chapters]
    taken = functools.cache(lambda address: times(chapters[address]))
    here = next(address for address, each in chapters.items() if each is page)

    def inside(folder):
        found = [address for address in ordered
                 if address != here and address.startswith(f"{folder}/" if folder else "")]
        if not found:
            line = next((number for number, line in enumerate(page.lines, 1) if f"}} {folder}`" in line
                         or line.strip() == f"::: chapters {folder}"), 1)
            known = sorted({address.split("/")[0] for address in ordered if "/" in address})
            raise page.error(line, f"the nav has no chapters in a folder {folder!r}; "
                             f"it has some in {', '.join(known)}")
        return found

    def listed(match):
        lines = []
        for address in inside(match[1]):
            name, about = entry(chapters[address])
            link = posixpath.relpath(address, posixpath.dirname(here) or ".")
            lines.append(f'1.  [{name}]({link})\n    <span class="weave-about">{about} '
                         f'<span class="weave-time">{taken(address).reading} min</span></span>')
        return '<div class="weave-path" markdown>\n\n' + "\n".join(lines) + "\n\n</div>"

    def number(match):
        found = inside(match[2].strip())
        if match[1] == "chapters":
            return str(len(found))
        return duration(sum(taken(address).reading if match[1] == "hours" else taken(address).practice
                            for address in found))

    clone = f"git clone {repository}\ncd {repository.rsplit('/', 1)[-1]}\n" if repository else ""
    return CLONE.sub(clone, NUMBER.sub(number, LIST.sub(listed, text)))


def duration(minutes):
    """
    >>> duration(25), duration(60), duration(85), duration(90), duration(500)
    ('30 minutes', '1 hour', '1½ hours', '1½ hours', '8 hours')
    """
    halves = max(1, round(minutes / 30))
    if halves == 1:
        return "30 minutes"
    whole, half = divmod(halves, 2)
    if whole >= 5:
        return f"{round(minutes / 60)} hours"
    return f"{whole}{'½' if half else ''} hour{'s' if halves > 2 else ''}"
