"""The reference: a page for each module, each kernel and each package, made from their sources.

A page says what the code is, what it needs, where it is taught, tested and practised, and how to take it
away; then come its docstring and its public objects, which mkdocstrings fills in (`::: name`), and the
whole source.  A file of CUDA C shares the page of the Python module of its name, if there is one.  The
page of a package lists its modules.
"""

import ast
import functools
import html
import importlib.metadata
import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from . import WeaveError
from .files import Remembering, bytes_of
from .imports import parsed
from .listing import c, find
from .offer import one_file
from .render import Html
from .take import TakeError, companions, docstring, inner_statements

LANGUAGES = {".py": "python", ".cu": "cuda", ".cuh": "cuda"}    # of a file by its suffix; of others C++
SENTENCE = re.compile(r".*?[.!?](?=\s|$)", re.DOTALL)
TAUGHT = re.compile(r"\bChapter: (\S+\.md)\b")
KERNEL = re.compile(r"__global__\s[^{;]*?(\w+)\s*\([^()]*\)\s*\{")
MADE_BY = re.compile(r'"made by": "([\w/]+\.py)"')    # in a file of measurements
CODE = re.compile(r"<code>([\w./]+)</code>")


@dataclass(frozen=True, eq=False)
class Entry:
    """One page, of a module, of a kernel with the module that launches it, or of a package."""

    name: str       # scratch.cuda.kernels.reduce, or of a kernel alone scratch/cuda/kernels/reduce_warp.cu
    uri: str        # of its Markdown in the site, reference/cuda.kernels.reduce.md
    paths: tuple    # of its files under the root, what it is called after first

    @property
    def path(self):
        return self.paths[0]

    @property
    def is_package(self):
        return self.path.name == "__init__.py"

    @property
    def title(self):
        """What a list calls it: engine.py, or kernels/ for a package."""
        return f"{self.path.parent.name}/" if self.is_package else self.path.name


class Reference:
    """The pages for a package under root/source, as they are to stand in a folder of the site.

    Tests mirror the package in a folder of their own; offers says what can be taken away; chapters is
    {the address of a chapter's Markdown: (it, the address of its page)}; installs are pip's names of
    packages that are imported by another name.  Whoever adds a page to a site sets its address in urls.
    """

    def __init__(self, root, source, package, folder, tests, offers, chapters, installs=None):
        self.root, self.source, self.tests = Path(root), Path(source), Path(tests)
        self.package, self.folder = package, folder
        self.offers, self.chapters, self.installs = offers, chapters, installs or {}
        for method in (self.text, self.says, self.third_parties, self.above, self.chapters_of, self.labs_of,
                       self.python_of, self.named):
            setattr(self, method.__name__, functools.cache(method))    # for one build
        self.pages = {entry.uri: entry for entry in (self.entries() if package else ())}
        self.of = {path: entry for entry in self.pages.values() for path in entry.paths}
        self.urls, self.users = {}, {}    # users: of a file, the modules that name it as their companion
        for entry in self.pages.values():
            for name in companions(self.root / entry.path):
                self.users.setdefault(entry.path.parent / name, []).append(entry)

    def entries(self):
        """The pages, all in one folder of the site: each depth has its own hash in every page's policy."""
        top = self.source / self.package
        found = {path.relative_to(self.root) for path in (self.root / top).rglob("*.*")
                 if path.suffix in (".py", *c.SUFFIXES)}
        for path in sorted(found):
            name = ".".join(path.relative_to(self.source).with_suffix("").parts).removesuffix(".__init__")
            uri = f"{self.folder}/{name.removeprefix(f'{self.package}.')}.md"
            beside = [one for one in map(path.with_suffix, c.SUFFIXES) if one in found]
            if path.suffix == ".py" and (path.name == "__init__.py" or not path.name.startswith("__")):
                yield Entry(name, uri, (path, *beside))
            elif beside[:1] == [path] and path.with_suffix(".py") not in found:
                yield Entry(path.relative_to(self.source).as_posix(), uri, tuple(beside))

    # What a page shows

    def markdown(self, entry, link, put, chapter_title=str, repository=None, highlight=str):
        """The Markdown of a page.

        link(address) is an address of the site as the page writes it, and repository(path) that of a
        source; put(part) gives what stands in the Markdown for a render.Html; chapter_title(address of
        its Markdown) and highlight(path), the HTML of a source, are as they say.
        """
        def directive(path, show, level=2):
            name = entry.name if path == entry.path else path.relative_to(self.source).as_posix()
            root = f"{link('').rstrip('/')}/"
            return f"::: {name}\n    options: {{root: {root}, show: {show}, level: {level}}}"

        parts = [f"# {entry.name} {{ #{self.anchor(entry.path)} }}"]
        facts = put(Html(self.facts(entry, link, chapter_title, repository)))
        if entry.is_package:
            within = bool(self.above(entry))    # the outermost one is the contents of all others
            parts += [directive(entry.path, "docstring"), *([facts] if within else []),
                      *self.contents(entry, link, put, named=within)]
            if is_docstring(self.text(entry.path)):
                return "\n\n".join(parts) + "\n"
            parts += ["## The package itself { #itself }", directive(entry.path, "members", 3)]
        else:
            lead = put(Html(f"<p>{inline(self.lead(entry.path))}</p>"))
            parts += [lead, facts, directive(entry.path, "rest")]
        for path in entry.paths[1:]:
            parts += [f"## {path.name} {{ #{self.anchor(path)} }}", directive(path, "all", 3)]
        for path in sorted(entry.paths, key=lambda path: path.suffix == ".py"):
            heading = f"## Source of `{path.name}` {{ #source-{path.suffix[1:]} data-search-exclude }}"
            parts += [heading, put(Html("<div>", highlight(path), "</div>"))]
        return "\n\n".join(parts) + "\n"

    def facts(self, entry, link, chapter_title, repository):
        """What is to be known of an entry before its code, as HTML."""
        taken = self.taken(entry)
        rows = {
            "Part of": [" › ".join(self.link(above, link, above.name) for above in self.above(entry))],
            "Needs": [self.needs(entry, taken)] if taken or not entry.is_package else [],
            "Companions": self.companions(entry, taken, link),
            "Launched by": [self.link(user, link) for user in self.with_users(entry) if user is not entry],
            "Chapter": [f'<a href="{html.escape(link(url))}">{html.escape(chapter_title(uri))}</a>'
                        for uri, url in self.chapters_of(entry)],
            "Test": [at_home(path, path, repository) for path in self.tests_of(entry)],
            "Lab": [one_file(path.as_posix(), link(path.as_posix())) for path in self.labs_of(entry)],
            "Source": [at_home(path, path, repository) for path in entry.paths],
            "Download": self.download(entry, taken, link) if taken else [],
        }
        return listed(rows)

    def end(self, chapter, read, link, repository=None):
        """What a chapter's page ends with, as HTML: the way to its code, its tests, labs and measurements.

        read are the files that the chapter reads; one that says by what it was `made by` is a measurement.
        """
        made = [entry for name in chapter.meta.get("modules") or [] for entry in self.pages.values()
                if entry.name == name]
        scripts = {script: None for path in read if path.endswith(".json")
                   for script in MADE_BY.findall(self.text(path))}
        rows = {
            "Code": [self.link(entry, link) for entry in made],
            "Tests": [at_home(path, path, repository) for entry in made for path in self.tests_of(entry)],
            "Lab": [one_file(path.name, link(path.as_posix())) for path in self.offers.labs_of(chapter)],
            "Measured by": [at_home(path, path, repository) for path in scripts],
        }
        return listed(rows)

    def contents(self, package, link, put, named):
        """What the page of a package lists: its modules, named with their public names; then its packages,
        whose own pages have the names of theirs."""
        own = [entry for entry in self.pages.values() if self.above(entry)[-1:] == [package]]
        modules = [entry for entry in own if not entry.is_package]
        if modules:
            items = "".join(self.item(entry, link, named) for entry in modules)
            exclude = "" if named else " data-search-exclude"    # it only repeats other pages
            yield put(Html(f'<ul class="weave-modules"{exclude}>{items}</ul>'))
        for entry in own:
            if entry.is_package:
                there = entry.uri.rpartition("/")[2]
                yield f"## [{entry.name}]({there}) {{ #{self.anchor(entry.path)} }}"
                yield put(Html(f"<p>{inline(sentence(self.lead(entry.path)))}</p>"))
                yield from self.contents(entry, link, put, False)

    def item(self, entry, link, named):
        """A module in a list: what it is in a sentence, and its public names."""
        names, id = [], f' id="{self.anchor(entry.path)}"' if entry.path.suffix == ".py" else ""
        for path, name in self.public(entry) if named else ():
            anchor = f"{self.anchor(path)}.{name}"
            own = f'id="{anchor}" ' if path.suffix == ".py" else ""
            address = html.escape(f"{self.address(entry, link)}#{anchor}")
            names.append(f'<a {own}href="{address}"><code>{name}</code></a>')
        names = f"<br><small>{' '.join(names)}</small>" if names else ""
        says = inline(sentence(self.lead(entry.path)))
        return f"<li{id}>{self.link(entry, link)}: {says}{names}</li>"

    def public(self, entry):
        """The names of an entry's public functions, classes and kernels, each after its file's path."""
        for path in entry.paths:
            text = self.text(path)
            if path.suffix == ".py":
                names = public_names(text)
            else:
                names = KERNEL.findall(c.blanked(text))
            yield from ((path, name) for name in dict.fromkeys(names))

    # What is known of an entry

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    def anchor(self, path):
        """What the anchors of a file's objects begin with: the name of the module; `cu` of CUDA C."""
        if path.suffix != ".py":
            return path.suffix[1:]
        return ".".join(path.relative_to(self.source).with_suffix("").parts).removesuffix(".__init__")

    def lead(self, path):
        """The first paragraph of what a file says of itself."""
        return self.says(path).partition("\n\n")[0]

    def says(self, path):
        """The docstring of a module, or the comment that a file of C begins with."""
        return docstring(self.root / path) if path.suffix == ".py" else c.beginning(self.text(path))

    def above(self, entry):
        """The packages that an entry is in, the outermost first."""
        folder = entry.path.parent.parent if entry.is_package else entry.path.parent
        packages = [self.of.get(place / "__init__.py") for place in (folder, *folder.parents)]
        return [package for package in packages if package][::-1]

    def taken(self, entry):
        """What is handed out for an entry; None for a part of a program and for a package to read only."""
        try:
            taken = self.offers.taken(entry.path)
        except TakeError as error:
            text = self.text(entry.path)
            line = text.count("\n", 0, max(text.find("To copy:"), 0)) + 1
            raise WeaveError(entry.path, line, str(error).replace(f"{self.root}/", "")) from None
        return None if taken and entry.is_package and not taken.path.is_dir() else taken

    def files(self, entry):
        """{address under the site: bytes} of what a page offers."""
        taken = self.taken(entry)
        labs = {path.as_posix(): bytes_of(self.root / path) for path in self.labs_of(entry)}
        return labs | (self.offers.files_of(taken) | self.offers.zip_of(taken) if taken else {})

    def download(self, entry, taken, link):
        """The zip with companions and licence, and the files that the page is of, as HTML."""
        files = f"{len(taken.files)} files" if len(taken.files) > 1 else "one file"
        beside = f" and {', '.join(self.offers.licence)}" if self.offers.licence else ""
        address = html.escape(link(self.offers.address(taken)))
        own = [one_file(path.name, link(self.offers.address(taken, path.name)))
               for path in entry.paths if path.name in taken.files]
        return [f'<a href="{address}" download>{taken.archive}</a> ({files}{beside})', *own]

    def companions(self, entry, taken, link):
        if taken and taken.path.is_dir():
            whole = self.of.get(taken.path.relative_to(self.root) / "__init__.py")
            return ["the whole folder " + self.link(whole, link)]
        linked = []
        for name in companions(self.root / entry.path):
            path = entry.path.parent / name
            if name.endswith("/"):    # beside the module, or the package above its own
                inner = path / "__init__.py"
                path = inner if inner in self.of else entry.path.parent.parent / "__init__.py"
            linked.append(self.link(self.of[path], link, name) if path in self.of else name)
        return linked or (["none"] if taken else [])

    def with_users(self, entry):
        """An entry, or for a kernel without a module of its own those that launch it."""
        return [entry] if entry.path.suffix == ".py" else self.users.get(entry.path, [])

    def chapters_of(self, entry):
        """The chapters that teach an entry: (address of the Markdown, address of the page)."""
        names, said = set(), set()
        for one in self.with_users(entry):
            names |= {one.name, *(above.name for above in self.above(one))}
            said |= {*TAUGHT.findall(self.says(one.path))[:1]}
        return [(uri, url) for uri, (chapter, url) in self.chapters.items()
                if chapter.name in said or not names.isdisjoint(chapter.meta.get("modules") or ())]

    def tests_of(self, entry):
        """The files of tests that mirror an entry, and of a package the folder."""
        for one in self.with_users(entry):
            folder = self.tests / one.path.parent.relative_to(self.source / self.package)
            path = folder if one.is_package else folder / f"test_{one.path.stem}.py"
            if (self.root / path).exists():
                yield path

    def labs_of(self, entry):
        """The labs that name an entry, or those of its chapters that name no module."""
        labs, names = self.offers.lab_docstrings, [one.name for one in self.with_users(entry)]
        if entry.is_package:
            return []
        if exact := [path for path, text in labs.items() if any(mentions(text, name) for name in names)]:
            return exact
        chapters = [self.chapters[uri][0] for uri, _ in self.chapters_of(entry)]
        return [path for chapter in chapters for path in self.offers.labs_of(chapter)
                if f" {self.package}." not in labs[path]]

    def needs(self, entry, taken):
        """What has to be installed: the packages that an entry and its companions import, as HTML."""
        if entry.path.suffix != ".py":
            return "a compiler of CUDA C" if LANGUAGES.get(entry.path.suffix) else "a compiler of C"
        always, sometimes = set(), set()
        for path in self.handed_out(entry, taken):
            for name, inner in self.third_parties(path):
                (sometimes if inner else always).add(name)
        needed, rest = ([name for module in sorted(names)
                         for name in self.installs.get(module, distribution(module)).split()]
                        for names in (always, sometimes - always))
        says = "Python alone"
        if needed:
            versions = [f"{name} {version(name)}" for name in needed if version(name)]
            says = f"<code>pip install {' '.join(needed)}</code>"
            says += f" (tested with {', '.join(versions)})" if versions else ""
        return says + (f"; for some of it {', '.join(rest)}" if rest else "")

    def handed_out(self, entry, taken):
        """The paths of the Python files that an entry is handed out with."""
        return self.python_of(taken.path) if taken else [entry.path]

    def python_of(self, path):
        """The paths of the Python files that are handed out for a file or a folder, by its whole path."""
        taken, folder = self.offers.taken(path.relative_to(self.root)), path.parent
        places = [folder / name for name in taken.files] + [folder.parents[1] / name for name in taken.files]
        return [path.relative_to(self.root) for path in places if path.suffix == ".py" and path.is_file()]

    def third_parties(self, path):
        """The third parties that a file imports, each with whether only a function or a `try` does."""
        return [(name, inner) for name, inner in packages_of(self.text(path))
                if name not in sys.stdlib_module_names and name != self.package]

    # Where the pages are

    def address(self, entry, link):
        return link(self.urls[entry.uri])

    def link(self, entry, link, text=None):
        return f'<a href="{html.escape(self.address(entry, link))}">{text or entry.title}</a>'

    def place(self, listing):
        """The address, in the site, of what a Listing shows; None if it has no page."""
        entry = self.of.get(listing.path)
        if entry is None or entry.uri not in self.urls:
            return None
        anchor, top = self.anchor(listing.path), self.anchor(entry.path)
        if listing.title != listing.path.name:
            anchor = f"{anchor}.{listing.title}" if documented(listing) else top
        return self.urls[entry.uri] + (f"#{anchor}" if anchor != top else "")

    def linked(self, content, link):
        """A page's HTML in which code that names a module, one of its objects or a kernel leads there."""
        seen = set()

        def replace(match):
            word, tag = match[1], content[content.rfind("<", 0, match.start()) : match.start()]
            inside = tag.startswith("<a ") and tag.endswith(">")
            address = None if inside or word in seen else self.named(word)
            seen.add(word)
            return f'<a href="{html.escape(link(address))}">{match[0]}</a>' if address else match[0]

        return CODE.sub(replace, content) if self.pages else content

    def named(self, word):
        """The address of what a word of code names, scratch.makemore.gpt.GPT or reduce.cu, or None."""
        if word.endswith(c.SUFFIXES):
            found = [path for path in self.of if path.name == word]
            return self.urls.get(self.of[found[0]].uri) if len(found) == 1 else None
        if word.startswith(f"{self.package}."):
            try:
                return self.place(find(word, self.root, self.source))
            except LookupError:
                return None
        return None


def at_home(path, text, repository):
    """A path, which leads to the file in the repository where that is known."""
    address = repository and repository(path)
    return f'<a href="{html.escape(address)}">{text}</a>' if address else f"<code>{text}</code>"


def listed(rows):
    """{what is known: its values} as a list of HTML; empty if nothing is known."""
    made = "".join(f"<dt>{name}</dt><dd>{', '.join(values)}</dd>"
                   for name, values in rows.items() if any(values))
    return f'<dl class="weave-facts" data-search-exclude>{made}</dl>' if made else ""


def documented(listing):
    """Whether the page of its file shows an object of a Listing."""
    if listing.language != "python":
        head = c.blanked(listing.text).partition("{")[0]
        return ("(" in head and not head.lstrip().startswith("#")
                and ("__global__" in head or listing.text.startswith("/")))
    if any(part.startswith("_") and not part.endswith("__") for part in listing.title.split(".")):
        return False
    node = ast.parse(listing.text).body[0]
    return is_public(node) or getattr(node, "name", "_").endswith("__") and described(node)


def is_public(node):
    return not getattr(node, "name", "_").startswith("_") and described(node)


def described(node):
    return (isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            and ast.get_docstring(node) is not None)


@Remembering
def public_names(text):
    """The names of a module's public functions and classes."""
    return [node.name for node in parsed(text).body if is_public(node)]


@Remembering
def is_docstring(text):
    """Whether a module has nothing else."""
    return len(parsed(text).body) == 1


@Remembering
def packages_of(text):
    """The names of the packages that a module imports, each with whether a function or a `try` does."""
    return list(imported(parsed(text)))


def imported(node, inner=False):
    for child in inner_statements(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name.partition(".")[0], inner) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and not child.level:
            yield child.module.partition(".")[0], inner
        else:
            lazy = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Try))
            yield from imported(child, inner or lazy)


@functools.cache
def distribution(module):
    """What pip calls an importable package; of one that is not here, its own name."""
    if version(module) or not importlib.util.find_spec(module):
        return module
    return importlib.metadata.packages_distributions().get(module, [module])[0]


@functools.cache
def version(name):
    """The version of a package that is here, by pip's name; None of one that is not."""
    try:
        return importlib.metadata.version(name).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return None


def mentions(text, name):
    """Whether a text has a dotted name, and not only the beginning of a longer one."""
    return name in text and re.search(rf"(?<![\w.]){re.escape(name)}(?!\w|\.\w)", text) is not None


def sentence(text):
    """The first sentence of a paragraph.

    >>> sentence("One regular expression, e.g.x, for\\nthree engines.  They differ.")
    'One regular expression, e.g.x, for\\nthree engines.'
    """
    found = SENTENCE.match(text)
    return found[0] if found else text


def inline(text):
    """Plain text as HTML on one line, `names` as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(" ".join(text.split()), quote=False))
