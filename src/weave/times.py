"""How long a chapter takes, and which chapters it builds on: the first line under its title.

    needs: [micrograd/autograd.md]    in a chapter's header: what to have read before

Reading is counted from the page; an exercise is a fold called Solution, and what its folds hold is
part of it.  How long a chapter computes is read from a file, because it differs from run to run and a
page may not: rows of {"chapter": "docs/a.md", "seconds": 3.2}.
"""

import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

WORDS, LINES, FORMULAS = 150, 8, 2     # of prose, of code, and those on lines of their own, read in a minute
EXERCISE = 10                          # minutes
FOLD = re.compile(r"(<details\b)|</details>")
SOLUTION = re.compile(r"<summary>Solution</summary>")
FORMULA = re.compile(r"^ *\$\$.*?\$\$ *$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Times:
    """Minutes of reading, how many exercises there are, and seconds of computing if they are known."""

    reading: int
    exercises: int
    seconds: float | None = None

    @property
    def practice(self):
        """Minutes that the exercises are meant to take."""
        return EXERCISE * self.exercises

    def __str__(self):
        """
        >>> print(Times(21, 3, 4.2))
        21 min to read · 3 exercises, about 30 min · runs in 5 s
        """
        parts = [f"{self.reading} min to read"]
        if self.exercises:
            parts.append(f"{self.exercises} exercise{'s' * (self.exercises > 1)}, about {self.practice} min")
        if self.seconds is not None:
            parts.append(f"runs in {5 * max(1, -(-self.seconds // 5)):.0f} s")
        return " · ".join(parts)


def times(chapter, seconds=None):
    """The Times of a chapter; seconds is what measured gives."""
    words = lines = formulas = exercises = depth = 0
    for block in chapter.blocks:
        if block.kind == "prose":
            exercises += len(SOLUTION.findall(block.text))
            shown, depth = unfolded(block.text, depth)
            shown, found = FORMULA.subn("", shown) if "$$" in shown else (shown, 0)
            formulas += found
            words += len(shown.split())
        elif not depth and (block.kind == "listing" or block.role == "shown"):
            text = block.listing.text if block.kind == "listing" else block.text
            lines += sum(bool(line.strip()) for line in text.split("\n"))
    minutes = words / WORDS + lines / LINES + formulas / FORMULAS
    return Times(max(1, round(minutes)), exercises, (seconds or {}).get(chapter.name))


def unfolded(text, depth):
    """The part of a text that stands in no fold, and in how many folds the text ends."""
    shown, at = [], 0
    for fold in FOLD.finditer(text):
        if not depth:
            shown.append(text[at : fold.start()])
        depth, at = max(0, depth + (1 if fold[1] else -1)), fold.end()
    if not depth:
        shown.append(text[at:])
    return "".join(shown), depth


def measured(path):
    """{chapter: seconds} of a file that recorded how long chapters compute; empty without one."""
    if not path or not Path(path).exists():
        return {}
    rows = json.loads(Path(path).read_text(encoding="utf-8"))["rows"]
    return {row["chapter"]: row["seconds"] for row in rows}


def misplaced(chapters, order):
    """The errors of all `needs:`, as WeaveErrors: what is not there, and what comes later in the book.

    chapters are all of them by their address, makemore/gpt.md, and order the addresses of the nav's pages.
    """
    place = {address: number for number, address in enumerate(order)}
    found = []
    for address, chapter in chapters.items():
        for need in chapter.meta.get("needs") or []:
            line = next((n for n, line in enumerate(chapter.lines, 1) if str(need) in line), 1)
            if need not in place:
                found.append(chapter.error(line, f"`needs:` names {need}, which is no page of the nav; write "
                                           "its address under the folder of the pages, part/name.md"))
            elif place[need] >= place.get(address, len(order)):
                found.append(chapter.error(line, f"`needs:` names {need}, which the nav does not have "
                                           "before this chapter, so that a reader cannot have read it"))
    return found


def line(chapter, chapters, link, seconds=None):
    """The HTML of what to have read and of how long the chapter takes; link(need) is a page's address."""
    needs = []
    for need in filter(chapters.get, chapter.meta.get("needs") or []):
        name = html.escape(re.sub("[`*]", "", title(chapters[need])))
        needs.append(f'<a href="{html.escape(link(need))}">{name}</a>')
    before = f"Builds on {'; '.join(needs)} · " if needs else ""
    return before + str(times(chapter, seconds))


def title(chapter):
    """What a chapter calls itself."""
    prose = "\n".join(block.text for block in chapter.blocks if block.kind == "prose")
    found = re.search(r"^# (.+)$", prose, re.MULTILINE)
    return found[1] if found else chapter.path.stem
