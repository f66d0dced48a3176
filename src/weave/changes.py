"""What changed, unit by unit, from the subjects of git's commits: `bpe/encode, docs: what changed`.

    ::: changes bpe cuda    on a page: a section for each of these units, its newest changes first

A subject that begins with no unit, and one of a unit that the page does not name, is left out; so is one
that speaks of git alone, as `docs: merged` and `docs: as in main` do.
"""

import re

from .repository import git

ASKED = re.compile(r"^::: changes((?: +[\w.-]+)+) *$", re.MULTILINE)
SUBJECT = re.compile(r"([\w.-]+(?:/[\w.-]+)*(?:, [\w.-]+(?:/[\w.-]+)*)*): (.+)")
OF_GIT = set((    # the words of a subject that says nothing
    "branch cherry commit commits conflict conflicts fixup git head main master merge merged merges merging "
    "origin pick picked pull rebase rebased rebasing resolve resolved squash squashed upstream wip "
    "a again an and as at before by for from in into is it of on onto that the this to up was with").split())
NEWEST = 30    # changes of a unit, of which git can have many hundreds
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~^$&])")    # characters that would mean something in Markdown


def fill(text):
    """The Markdown of a page with the changes that it asks for; outside of git, a sentence instead."""
    return ASKED.sub(lambda asked: changes(asked[1].split(), log()), text)


def log():
    """[(date, subject)] of all commits, merges aside, the newest first."""
    lines = git("log", "--no-merges", "--format=%cs%x09%s").splitlines()
    return [tuple(line.split("\t", 1)) for line in lines]


def changes(units, commits):
    """Markdown with a section for each unit that changed, and its newest changes.

    >>> commits = [*2 * [("2026-11-29", "bpe/encode, docs: *long* words")], ("2026-11-28", "cuda: b")]
    >>> print(changes(["bpe"], commits))
    ### bpe {data-search-exclude=""}
    <BLANKLINE>
    2026-11-29
    <BLANKLINE>
    -   bpe/encode, docs: \\*long\\* words
    >>> changes(["bpe"], [("2026-11-29", f"bpe: change {n}") for n in range(99)]).count("change") == NEWEST
    True
    """
    parts = []
    for unit in units:
        days = {}
        for date, subject in commits:
            found = SUBJECT.fullmatch(subject)
            units_of = {name.split("/")[0] for name in found[1].split(", ")} if found else ()
            if unit in units_of and says_something(found[2]) and sum(map(len, days.values())) < NEWEST:
                days.setdefault(date, {})["-   " + SPECIAL.sub(r"\\\1", subject)] = None    # each once
        if days:
            parts.append(f'### {unit} {{data-search-exclude=""}}')
            parts += [f"{date}\n\n" + "\n".join(lines) for date, lines in days.items()]
    return "\n\n".join(parts) or "This copy of the book came without git's history, which has all changes."


def says_something(text):
    """Whether what a subject says of a change is about more than git.

    >>> [says_something(text) for text in ("as in main", "merged main again", "main, as in Git's own words")]
    [False, False, True]
    """
    return not OF_GIT.issuperset(re.findall(r"\w+", text.lower()))
