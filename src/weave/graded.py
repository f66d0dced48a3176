"""Which labs are written and graded in the page of all labs, and what it needs for that (assets/run/labs.js).

    grader: lab.page                the module whose function graded gives the verdict on an answer, as JSON
    standins: {torch: our.torch}    packages that labs import, and the modules that stand in for them there

A lab runs there if all that it imports can be imported there: see run.Library.  Its docstring may keep an
exercise out, and says why below its `Chapter:` line:

    Not in a page: settings, which trains for 10,000 steps.
"""

import ast
import functools
import html
import json
import re
import textwrap

from markdown.extensions.toc import slugify, unique

from .files import Remembering
from .imports import imported
from .kept import sha256
from .run import HEAVY, STANDINS, Library

ASKED = re.compile(r"^Exercises: ([^.]*(?:\.\w[^.]*)*)\.\nChapter: [^\n]*\n"
                   r"(?:Not in a page: ([\w.]+), ([^\n]*)\.\n)?", re.MULTILINE)
PLACE = re.compile(r"\bIn place of: ([\w.]+)\.(?=\s|$)")    # of which module, which is imported, too
HEADING = re.compile(r"#{1,6} (.+?)(?: *\{ *#([\w-]+) *\})?$")
FENCE = re.compile(r" *(```+|~~~+)")
TAKEAWAY = "> **Takeaway"
of_labs = Remembering(None)    # what is known of each lab: see Graded.known


class Graded:
    """What a build knows of the labs that run in their page.

    runner is the build's run.Runner, which makes the Python of pages; offers.labs_of says which labs there
    are of each of the chapters.  Without a grader no lab runs.
    """

    def __init__(self, runner, offers, chapters, grader, standins):
        self.runner, self.grader, self.standins = runner, grader, standins
        self.library = Lent(runner.library.root, runner.library.source, standins)
        found = {path: chapter for chapter in chapters if grader for path in offers.labs_of(chapter)}
        self.texts = {path: (self.library.root / path).read_text(encoding="utf-8") for path in found}
        self.labs = {path: self.known(path, chapter) for path, chapter in found.items()}
        runner.more |= {name for found in self.labs.values() for name in found.get("python", ())}

    def known(self, path, chapter):
        """What build and page have to know of a lab, from the build before if nothing changed.

        why is the package for which it does not run.  If it does, there are stubs, the text of each exercise;
        rest, the file without them; stays, an exercise that stays out of the page and why; chapter, the
        chapter's titles and takeaways; anchors, those of its titles; standing, which modules stand in for
        packages; and files, python and standins as run.known has them.
        """
        text = self.texts[path]
        given = [text, sha256("\n".join(chapter.lines)), self.grader, self.standins, self.reached]
        return json.loads(of_labs.known(given, lambda: json.dumps(self.looked_at(text, chapter.lines))))

    @functools.cached_property
    def reached(self):
        """A digest of the book's modules, which is sooner made than it is found which ones labs import."""
        modules = self.runner.library.modules[0]
        return sha256("".join(map(modules.digest, sorted(modules.source.rglob("*.py")))))

    def looked_at(self, text, lines):
        library, names = self.library, [*imported(text), *PLACE.findall(text), self.grader]
        if missing := next(filter(None, map(library.missing, names)), ""):
            return {"why": missing}
        stubs, rest, stays = taken_apart(text)
        chapter, anchors = gist(lines)
        files = library.closure(names)
        used = {*names, *(name for path in files for name in library.possible(path))}
        tops = {name.partition(".")[0] for name in used}
        return {"stubs": stubs, "rest": rest, "stays": stays, "chapter": chapter, "anchors": anchors,
                "standing": {package: home for package, home in self.standins.items() if package in tops},
                "files": [path.relative_to(library.root).as_posix() for path in files],
                "python": sorted(filter(library.is_python, used)),
                "standins": sorted(STANDINS & tops | HEAVY)}

    def line(self, path):
        """The HTML of a lab's line of buttons on the page of labs, or of why it has none."""
        found = self.labs.get(path)
        if found is None:
            return ""
        if "why" in found:
            why = f"Not in the page, since it needs {found['why']}."
            return f'<span class="weave-lab" data-search-exclude>{why}</span>'
        buttons = "".join(f'<button type="button">{html.escape(name)}</button>' for name in found["stubs"])
        which, why = found["stays"] or ("", "")
        stays = f"<span>Not here: <code>{which}</code>, {html.escape(why)}.</span>" if which else ""
        inside = f"Try it here: {buttons} {stays}".replace("_", "&#95;")    # Markdown takes it for emphasis
        return f'<span class="weave-lab" data-lab="{path}" data-search-exclude>{inside}</span>'

    @property
    def mark(self):
        """The HTML that says what the buttons do, by which labs.js knows that there are some; or none."""
        runs = [found for found in self.labs.values() if "stubs" in found]
        if not runs:
            return ""
        size = self.runner.size
        lent = {(package, home) for found in runs for package, home in found["standing"].items()}
        stands = "".join(f" <code>{home}</code> stands in for <code>{package}</code> there."
                         for package, home in sorted(lent))
        return (f'<p class="weave-try" data-labs data-size="{size}" data-search-exclude><em>Try it here</em> '
                "opens an exercise below its lab. What you write is kept in this browser, and <em>Check</em> "
                "grades it by the examples of its docstring, in a Python that comes with this site "
                f"({size}, loaded by the first check).{stands}</p>")

    def packs(self, sources):
        """What the page fetches for each lab: (address, content) of JSONs and of modules."""
        runs = {path: found for path, found in self.labs.items() if "stubs" in found}
        contents = self.runner.contents({name for found in runs.values() for name in found["files"]}, sources)
        yield from contents.items()
        for path, found in runs.items():
            files = {name: contents[name] for name in found["files"]}
            asked = {"path": path.as_posix(), "stub": self.texts[path], "chapter": found["chapter"],
                     "standing": found["standing"]}
            pack = {"grader": self.grader, "ask": asked, **self.runner.parcel(files, found["standins"]),
                    **{name: found[name] for name in ("stubs", "rest", "anchors")}}
            yield f"{path.with_suffix('')}.run.json", json.dumps(pack, ensure_ascii=False)


class Lent(Library):
    """A library in which modules of the book stand in for packages: {package: module}."""

    def __init__(self, root, source, standins):
        self.standins = standins
        super().__init__(root, source)

    def own(self, name):
        package, dot, rest = name.partition(".")
        return super().own(self.standins.get(package, package) + dot + rest)


def taken_apart(text):
    """A lab's {exercise: the text of its stub}, what else is in its file, and what stays out and why."""
    tree, lines, stubs, taken = ast.parse(text), text.split("\n"), {}, set()
    asked, *stays = ASKED.search(text).groups()
    for name in re.split(r",\s*", asked):
        node = tree
        for part in name.split("."):
            node = next(each for each in node.body if getattr(each, "name", None) == part)
        first = min(each.lineno for each in [node, *node.decorator_list])
        span = range(first - 1, node.end_lineno)
        stubs[name] = textwrap.dedent("\n".join(lines[n] for n in span))
        taken |= {*span}
    stubs.pop(stays[0], None)
    rest = ASKED.sub("", "\n".join(line for n, line in enumerate(lines) if n not in taken))
    rest = re.sub(r"\n{3,}", "\n\n", rest).replace('\n\n"""\n', '\n"""\n').strip()
    return stubs, rest, stays if stays[0] else None


def gist(lines):
    """Of a chapter's Markdown, the titles and takeaways of its sections, and {title: anchor}."""
    kept, anchors, known, fence, takes = [], {}, set(), "", False
    for line in lines:
        mark = FENCE.match(line)
        if mark and (not fence or line.strip() == fence):
            fence = "" if fence else mark[1]
        takes = not fence and line != "" and (takes or line.startswith(TAKEAWAY))
        if not fence and (heading := HEADING.match(line)):
            anchor = heading[2] or unique(slugify(re.sub(r"[`*$\\]", "", heading[1]), "-"), known)
            if line.startswith("## "):
                anchors[heading[1]] = anchor
                kept += ["", line, ""]
        elif takes:
            kept.append(line)
    return "\n".join([*kept, ""]), anchors
