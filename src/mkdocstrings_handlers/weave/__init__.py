"""The pages of the reference: `::: package` becomes the documented objects of a package's modules.

    ::: scratch.makemore
        options: {modules: [attention, gpt]}    only these; or except: [cli], all but these

A handler of mkdocstrings, chosen in mkdocs.yml by `default_handler: weave`.  Griffe reads the sources
and imports nothing.  Docstrings are plain text, not Markdown: paragraphs, and indented blocks (examples,
legends, formulas) whose alignment is kept.  What a page was made of is hashed, and its HTML is kept in
.cache/weave/reference, because reading all sources takes as long as a fifth of a warm build.

What has no docstring, or a name that begins with one underscore, is left out.
"""

import hashlib
import html
import importlib.metadata
import json
import os
import re
from itertools import groupby
from pathlib import Path
from textwrap import dedent
from xml.etree.ElementTree import Element

from mkdocstrings import BaseHandler, CollectionError
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonConsoleLexer, PythonLexer

CONSOLE = PythonConsoleLexer()
CHAPTER = re.compile(r"\bdocs/([\w/-]+)\.md\b")


class Reference(BaseHandler):
    name, domain = "weave", "py"

    def __init__(self, root, paths, **given):
        super().__init__(**given)
        self.root, self.paths = root, [root / path for path in paths]
        self.loaded, self.headings = None, []

    def get_templates_dir(self, handler=None):
        return Path(__file__).parent    # there are no templates

    def get_options(self, local_options):
        return local_options

    def collect(self, identifier, options):
        return identifier    # read by render, and only if its sources have changed

    def get_headings(self):
        """The headings of what was rendered last, for the table of contents and for autorefs."""
        headings, self.headings = self.headings, []
        for tag, name, id in headings:
            element = Element(tag, {"id": id})
            element.text = name
            yield element

    def render(self, identifier, options, locale=None):
        entry = self.root / ".cache/weave/reference" / f"{self.key(identifier, options)}.json"
        if entry.is_file():
            self.headings, text = json.loads(entry.read_text(encoding="utf-8"))
            return text
        module = self.load(identifier)
        wanted = chosen(module, options)
        text = "".join([*self.contents(module, wanted)])
        entry.parent.mkdir(parents=True, exist_ok=True)
        unfinished = entry.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps([self.headings, text]), encoding="utf-8")
        os.replace(unfinished, entry)
        return text

    def key(self, identifier, options):
        """A hash of all that the HTML of a module or package is made of."""
        stems = [path.joinpath(*identifier.split(".")) for path in self.paths]
        sources = sorted(file for stem in stems for file in (stem.with_suffix(".py"), *stem.rglob("*.py"))
                         if file.is_file())
        if not sources:
            raise CollectionError(f"there is no module {identifier} in {', '.join(map(str, self.paths))}")
        whole = hashlib.sha256(json.dumps([importlib.metadata.version("griffelib"), options]).encode())
        for file in [Path(__file__), *sources]:
            whole.update(f"{file}\n".encode() + file.read_bytes())
        return whole.hexdigest()

    def load(self, identifier):
        if self.loaded is None:
            import griffe    # it takes a tenth of a second, which a build without changes does without
            self.loaded = griffe.GriffeLoader(search_paths=self.paths)
        return self.loaded.load(identifier)

    def contents(self, module, submodules, level=2):
        """The HTML of a module: its docstring, its members and its submodules."""
        if module.docstring:
            yield prose(module.docstring.value)
        for member in members(module):
            yield from self.member(member, level)
        for submodule in submodules:
            yield self.heading("h2", submodule.path, submodule.path, ("h2", submodule.path))
            yield from self.contents(submodule, chosen(submodule, {}), 3)

    def member(self, member, level):
        """The HTML of a class with its members, of a function, or of a property."""
        listed = f"h{level}" if member.is_class else "h4"    # h4 is too deep for the table of contents
        yield self.heading(f"h{level}", signature(member), member.path, (listed, member.name))
        yield prose(member.docstring.value)
        if member.is_class:
            for inner in members(member):
                yield from self.member(inner, level + 1)

    def heading(self, tag, text, id, listed):
        self.headings.append((*listed, id))
        code = highlight(text, PythonLexer(), HtmlFormatter(nowrap=True)).strip()
        return (f'<{tag} id="{id}"><code class="highlight">{code}</code>'
                f'<a class="headerlink" href="#{id}" title="Permanent link">&para;</a></{tag}>')


def chosen(package, options):
    """The submodules that the options choose, by name, packages last; `__main__` and the like are none."""
    found = {one.name: one for one in package.modules.values()
             if not one.is_alias and not one.name.startswith("_")}
    unknown = {*options.get("modules", ()), *options.get("except", ())} - {*found}
    if unknown:
        raise CollectionError(f"{package.path} has no module {', '.join(sorted(unknown))}")
    names = set(options.get("modules", found)) - set(options.get("except", ()))
    return sorted((found[name] for name in names), key=lambda one: (one.is_subpackage, one.name))


def members(parent):
    """The documented members of a module or class, in the order of its source; a submodule is none."""
    own = [one for one in parent.members.values()
           if not one.is_alias and not one.is_module and one.has_docstring
           and (not one.name.startswith("_") or parent.is_class and one.name.endswith("__"))]
    return sorted(own, key=lambda one: one.lineno)


def signature(member):
    """`name(parameters)` of a function or a class, without self; the name alone of a property."""
    if not (member.is_function or member.is_class):
        return member.name
    taken = []
    for parameter in member.parameters:
        kind = parameter.kind.value
        if kind == "keyword-only" and not any(one.startswith("*") for one in taken):
            taken.append("*")
        stars = {"variadic positional": "*", "variadic keyword": "**"}.get(kind, "")
        default = f"={parameter.default}" if parameter.default is not None and not stars else ""
        taken.append(f"{stars}{parameter.name}{default}")
    inside = member.is_class or member.parent.is_class and "staticmethod" not in member.labels
    if inside and taken and taken[0] in ("self", "cls"):
        taken = taken[1:]
    if member.is_class:
        return f"class {member.name}" + (f"({', '.join(taken)})" if taken else "")
    return f"{member.name}({', '.join(taken)})"


def prose(docstring):
    """A docstring as HTML: paragraphs, and each run of examples or of indented blocks as code."""
    made = []
    for what, parts in groupby(re.split("\n{2,}", docstring), kind):
        if what is None:
            made += [f"<p>{inline(part)}</p>" for part in parts]
            continue
        block = dedent("\n\n".join(parts))
        code = html.escape(block, quote=False)
        if what == "example":
            code = highlight(block, CONSOLE, HtmlFormatter(nowrap=True))
        made.append(f'<div class="highlight"><pre><code>{code.rstrip()}</code></pre></div>')
    return "".join(made)


def kind(part):
    """What a part of a docstring between blank lines is: an example, a legend or formula, or text (None)."""
    if part.lstrip().startswith(">>>"):
        return "example"
    return "legend" if part.startswith("    ") else None


def inline(text):
    """A paragraph as HTML: `names` as code, and the chapters that it names as links."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
    return CHAPTER.sub(r'<a href="../../\1/">\1</a>', text)


def get_handler(handler_config, tool_config, **given):
    """What mkdocstrings calls; handler_config is `handlers: {weave: {paths: [...]}}` of mkdocs.yml."""
    root = Path(tool_config.config_file_path).parent
    return Reference(root, handler_config.get("paths", ["src"]), **given)
