"""Where the site's reference has an object of a listing.

The pages of the reference say `::: package`, and which of its modules they have; the handler in
mkdocstrings_handlers gives each documented object its dotted name as an anchor.
"""

import ast
import re

import yaml

DIRECTIVE = re.compile(r"^::: ([\w.]+)$(?:\n +options: (\{.*\})$)?", re.MULTILINE)


class Reference:
    """Made of {the address of a page: its Markdown}, and of the folder of the sources."""

    def __init__(self, pages, source="src"):
        self.source = source
        self.parts = [(name, yaml.safe_load(options or "{}"), address)
                      for address, text in pages.items() for name, options in DIRECTIVE.findall(text)]

    def address(self, listing):
        """The address, in the site, of what a Listing shows; None if the reference does not have it."""
        if listing.language != "python":
            return None
        module = listing.path.relative_to(self.source).with_suffix("").parts
        whole = listing.title == listing.path.name
        if not whole and not documented(listing):
            return None
        for package, options, address in self.parts:
            depth = package.count(".") + 1
            if ".".join(module[:depth]) == package and len(module) > depth:
                only, but = options.get("modules"), options.get("except", ())
                if module[depth] not in but and (only is None or module[depth] in only):
                    return f"{address}#{'.'.join(module if whole else (*module, listing.title))}"
        return None


def documented(listing):
    """Whether the reference shows the object: a class or function with a docstring and a public name."""
    if any(part.startswith("_") and not part.endswith("__") for part in listing.title.split(".")):
        return False
    node = ast.parse(listing.text).body[0]
    return (isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            and ast.get_docstring(node) is not None)
