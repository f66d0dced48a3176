"""What a chapter's page offers to take away: the place at its top, and the buttons of its listings.

The place lists the modules of the chapter's `modules:` header and the labs whose docstring names the
chapter.  One file can be copied or downloaded; several are a zip, whose folder works as it is and
has the licence.
"""

import base64
import hashlib
import html
import inspect
import re
from contextlib import suppress
from pathlib import Path

from .files import Remembering, bytes_of
from .take import TakeError, portable, take

DOCSTRING = re.compile(r'\s*"""(.*?)"""', re.DOTALL)    # of a lab; what is below may be half written
CHAPTER = re.compile(r"\bChapter: (\S+?\.(?:md|ipynb))(?![\w/])")
rewritten = Remembering(portable)
zips = Remembering(None)    # in base 64, by their files
NAMES = 4    # that the folded place shows, before it counts the rest


class Offers:
    """What can be taken away of the modules under root/source and of the labs under root/labs."""

    def __init__(self, root, source="src", labs="labs"):
        self.root, self.source = Path(root), source
        self.known, self.zips = {}, {}    # {path: what is handed out for it}, {path: its zip}, for one build
        self.licence = {path.name: path.read_bytes() for path in self.root.glob("LICEN[CS]E*")}
        self.lab_docstrings = {path.relative_to(self.root): inspect.cleandoc(found[1]) if found else ""
                               for path in sorted((self.root / labs).rglob("*.py"))
                               for found in [DOCSTRING.match(path.read_text(encoding="utf-8"))]}

        self.labs = {}    # by their chapters' names
        for path, text in self.lab_docstrings.items():
            for name in dict.fromkeys(CHAPTER.findall(text)):
                self.labs.setdefault(name, []).append(path)

    def taken(self, path):
        """What is handed out for a file or a package, by its path under the root; None for a program."""
        if path not in self.known:
            whole = [self.known[above] for above in path.parents if self.known.get(above)]    # of its folder
            taken = whole[0] if whole else take(self.root / path, self.root / self.source, rewritten)
            self.known[path] = taken
            if taken and taken.path.is_dir():
                self.known[taken.path.relative_to(self.root)] = taken
        return self.known[path]

    def modules(self, chapter):
        """What is handed out for each module of the chapter's header.  Raises WeaveError, at its line."""
        found = {}
        for name in chapter.meta.get("modules") or []:
            stem = Path(self.source, *name.split("."))
            path = stem if (self.root / stem).is_dir() else stem.with_name(f"{stem.name}.py")
            try:
                if not (self.root / path).exists():
                    raise TakeError(f"`modules:` names {name}, and there is no {path}")
                taken = self.taken(path)
            except TakeError as error:
                line = next((number for number, line in enumerate(chapter.lines, 1)
                             if re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", line)), 1)
                raise chapter.error(line, str(error).replace(f"{self.root}/", "")) from None
            if taken:
                found[taken.path] = taken
        return list(found.values())

    def labs_of(self, chapter):
        """The files in the folder of labs whose docstring names the chapter, as paths under the root."""
        return self.labs.get(chapter.name, [])

    def files(self, chapter, listings=()):
        """{address under the site: bytes} of all that a chapter's page offers, with its Listings."""
        found = {path.as_posix(): bytes_of(self.root / path) for path in self.labs_of(chapter)}
        taken = self.modules(chapter)
        for listing in listings:
            one = self.taken(listing.path)
            if one is None or one.path.is_dir():    # a part of something whole, which stays as it is
                found[listing.path.as_posix()] = bytes_of(self.root / listing.path)
            taken += [one] if one else []
        for one in taken:
            if self.address(one) not in found:
                found |= self.files_of(one)
        return found

    def files_of(self, taken):
        """{address under the site: bytes} of the files handed out for one module, and of their zip."""
        single = {self.address(taken, name): taken.files[name] for name in taken.files if "/" not in name}
        return single if taken.is_file else self.zip_of(taken) | single

    def zip_of(self, taken):
        """{address under the site: bytes} of the zip of one module, with its companions and the licence."""
        if taken.path not in self.zips:
            files = {name: hashlib.sha256(content).hexdigest()
                     for name, content in sorted((taken.files | self.licence).items())}
            made = zips.known([taken.path.name, files], lambda: base64.b64encode(
                taken.packed(self.licence)).decode())
            self.zips[taken.path] = base64.b64decode(made)
        return {self.address(taken): self.zips[taken.path]}

    def address(self, taken, name=None):
        """Where the site has the zip of one module, or one of its files."""
        return (taken.path.parent / (name or taken.archive)).relative_to(self.root).as_posix()

    def source_text(self, path):
        """The bytes of a module's file as the site has it: a part of something whole stays as it is."""
        with suppress(TakeError):
            taken = self.taken(path.relative_to(self.root))
            if taken and not taken.path.is_dir():
                return taken.files[path.name]
        return bytes_of(path)

    def place(self, chapter, link, repository=None):
        """The HTML of the place at a chapter's top; empty if it has nothing to take away.

        link(address) is an address as the page has to write it; repository(path) is that of a source.
        """
        modules, labs = self.modules(chapter), self.labs_of(chapter)
        items = [self.module(taken, link, repository) for taken in modules]
        for path in labs:
            items.append(f"lab {one_file(path.name, link(path.as_posix()))}{source_link(path, repository)}")
        if not items:
            return ""
        parts = [listed([taken.title for taken in modules])] if modules else []
        parts += [f"lab{'s' * (len(labs) > 1)} {listed([path.name for path in labs])}"] if labs else []
        return ('<details class="weave-take" data-search-exclude><summary>Take the code: '
                f'{" · ".join(parts)}</summary><ul><li>{"</li><li>".join(items)}</li></ul></details>')

    def module(self, taken, link, repository=None):
        """One entry of the place."""
        source = source_link(taken.path.relative_to(self.root), repository)
        if taken.is_file:
            return one_file(taken.title, link(self.address(taken, taken.title))) + source
        address = link(self.address(taken))
        size = f"{len(taken.files)} file{'s' * (len(taken.files) > 1)}"
        companions = "" if taken.path.is_dir() else " with its companions"
        entry = (f'<a href="{html.escape(address)}" download>{taken.title}{companions}</a> '
                 f"(zip, {size}){source}")
        single = [f'<a class="weave-copy" href="{html.escape(link(self.address(taken, name)))}" download>'
                  f"{name}</a>" for name in taken.files if "/" not in name and not name.endswith(".py")]
        return f"{entry} · copy {', '.join(single)}" if single else entry

    def caption(self, listing, link, repository=None, reference=None):
        """The line above a listing: whose code it is, where it stands, and the module to take away.

        reference(listing), if given, is the address of the object in the reference, or None.
        """
        path = listing.path.as_posix()
        one = listing.first == listing.last
        where = f"{path}, " + (f"line {listing.first}" if one else f"lines {listing.first}–{listing.last}")
        address = repository and repository(listing.path, listing.first, listing.last)
        title = f"<code>{html.escape(listing.title)}</code>"
        if known := reference and reference(listing):
            title = f'<a href="{html.escape(link(known))}">{title}</a>'
        if address or not known:    # the page in the reference has the file, too
            where = f'<a href="{html.escape(address or link(path))}">{where}</a>'
        return f'<p class="weave-source" data-search-exclude>{title} {where}{self.button(listing, link)}</p>'

    def button(self, listing, link):
        taken = self.taken(listing.path)
        if taken is None:
            return ""
        if not taken.is_file:
            address = html.escape(link(self.address(taken)))
            return f' <a href="{address}" download>Download with its companions</a>'
        address = html.escape(link(self.address(taken, taken.title)))
        what = "module" if listing.language == "python" else "file"
        return f' <a class="weave-copy" href="{address}" download>Copy this {what}</a>'


def one_file(name, address):
    """One file to download; weave.js adds a link that copies it."""
    return f'<a href="{html.escape(address)}" download>{name}</a>'


def source_link(path, repository):
    address = repository and repository(path)
    return f' · <a href="{html.escape(address)}">source</a>' if address else ""


def listed(names):
    """A few names, and how many more there are.

    >>> listed(["a.py", "b.py", "c.py", "d.py", "e.py", "f.py"])
    'a.py, b.py, c.py and 3 more'
    """
    shown = names if len(names) <= NAMES else names[: NAMES - 1]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
