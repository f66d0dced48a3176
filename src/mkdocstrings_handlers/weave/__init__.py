"""What a module says of itself, on a page: `::: name` becomes its docstring and its documented objects.

    ::: scratch.makemore.gpt                    a module, or what a package has itself
    ::: scratch/cuda/kernels/reduce.cu          a file of CUDA C: its comments, and its kernels
        options: {root: ../../../, show: rest, level: 3}

root is where the site begins, for the links to chapters.  show says what of it: the docstring, its
members, all, or the rest, which is all but the first paragraph.  level is that of the headings.

A handler of mkdocstrings, chosen in mkdocs.yml by `default_handler: weave`.  Griffe reads a source and
imports nothing.  Docstrings and comments are plain text, not Markdown: paragraphs, and indented blocks
(examples, legends, formulas) whose alignment is kept.

What has no docstring, or a name that begins with one underscore, is left out.
"""

import html
import re
from itertools import groupby
from pathlib import Path
from textwrap import dedent
from xml.etree.ElementTree import Element

from mkdocstrings import BaseHandler, CollectionError
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import CudaLexer, PythonConsoleLexer, PythonLexer

from weave.listing import c

CONSOLE, CUDA, PYTHON = PythonConsoleLexer(), CudaLexer(), PythonLexer()
CHAPTER = re.compile(r"\bdocs/([\w/-]+)\.md\b")


class Reference(BaseHandler):
    name, domain = "weave", "py"

    def __init__(self, root, paths, **given):
        super().__init__(**given)
        self.paths = [root / path for path in paths]
        self.headings = []

    def get_templates_dir(self, handler=None):
        return Path(__file__).parent    # there are no templates

    def get_options(self, local_options):
        return {"root": "../../", "show": "all", "level": 2} | local_options

    def collect(self, identifier, options):
        """What the anchors in a module, a package or a file of CUDA C begin with, and its path."""
        if "/" in identifier:
            stems = [[path / identifier] for path in self.paths]
        else:
            above = [path.joinpath(*identifier.split(".")) for path in self.paths]
            stems = [[stem.with_name(f"{stem.name}.py"), stem / "__init__.py"] for stem in above]
        for file in sum(stems, []):
            if file.is_file():
                return file.suffix[1:] if "/" in identifier else identifier, file
        raise CollectionError(f"there is no module {identifier} in {', '.join(map(str, self.paths))}")

    def get_headings(self):
        """The headings of what was rendered last, for the table of contents and for autorefs."""
        headings, self.headings = self.headings, []
        elements = [Element(tag, {"id": id}) for tag, _, id in headings]
        for element, (_, name, _) in zip(elements, headings):
            element.text = name
        return elements

    def render(self, data, options, locale=None):
        name, file = data
        made = self.python if file.suffix == ".py" else self.cuda
        return "".join(made(name, file, options))

    def python(self, name, file, options):
        """The HTML of a module: its docstring and its members."""
        import griffe    # it takes a tenth of a second, which a build without changes does without

        module = griffe.visit(name, filepath=file, code=file.read_text(encoding="utf-8"))
        if module.docstring:
            yield prose(shown(module.docstring.value, options), options["root"])
        for member in members(module) if options["show"] != "docstring" else ():
            yield from self.member(member, options["level"], options["root"])

    def member(self, member, level, root):
        """The HTML of a class with its members, of a function, or of a property."""
        yield self.heading(level, signature(member), member.path, member.name, inner=member.parent.is_class)
        yield prose(member.docstring.value, root)
        if member.is_class:
            for inner in members(member):
                yield from self.member(inner, level + 1, root)

    def cuda(self, name, file, options):
        """The HTML of a file of CUDA C: the comment it begins with, its kernels and what has a comment."""
        text = file.read_text(encoding="utf-8")
        yield prose(shown(c.beginning(text), options), options["root"])
        for one, above, signature in c.functions(text):
            yield self.heading(options["level"], signature, f"{name}.{one}", one, CUDA)
            yield prose(above, options["root"])

    def heading(self, level, text, id, name, lexer=PYTHON, inner=False):
        """A heading, which the table of contents has by its name; what is inner is too deep for it."""
        self.headings.append(("h4" if inner else f"h{level}", name, id))
        code = highlight(text, lexer, HtmlFormatter(nowrap=True)).strip()
        return (f'<h{level} id="{id}"><code class="highlight">{code}</code>'
                f'<a class="headerlink" href="#{id}" title="Permanent link">&para;</a></h{level}>')


def shown(docstring, options):
    parts = {"members": "", "rest": docstring.partition("\n\n")[2]}
    return parts.get(options["show"], docstring)


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


def prose(docstring, root="../../"):
    """A docstring as HTML: paragraphs, and each run of examples or of indented blocks as code.

    root is where the site begins, for the links to chapters.
    """
    made = []
    for what, parts in groupby(re.split("\n{2,}", docstring), kind):
        if what is None:
            made += [f"<p>{inline(part, root)}</p>" for part in parts if part.strip()]
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


def inline(text, root):
    """A paragraph as HTML: `names` as code, and the chapters that it names as links."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
    return CHAPTER.sub(rf'<a href="{root}\1/">\1</a>', text)


def get_handler(handler_config, tool_config, **given):
    """What mkdocstrings calls; handler_config is `handlers: {weave: {paths: [...]}}` of mkdocs.yml."""
    root = Path(tool_config.config_file_path).parent
    return Reference(root, handler_config.get("paths", ["src"]), **given)
