"""A caption leads to the place of its object in the reference, if it has one."""

import pytest

from weave.listing import find
from weave.reference import Reference

PAGES = {
    "reference/one/": "# One\n\n::: unit\n    options: {modules: [a]}\n",
    "reference/rest/": "---\ntitle: Rest\n---\n\n::: unit\n    options: {except: [a, inner]}\n\n"
                       "::: listing unit.a\n",
}
SOURCE = """'M.'

class C:
    'C.'

    def m(self):
        'M.'

    def bare(self): pass

    def _own(self):
        'O.'

TABLE = 1
"""


@pytest.mark.parametrize("name, address", [
    ("unit.a", "reference/one/#unit.a"), ("unit.a.C", "reference/one/#unit.a.C"),
    ("unit.a.C.m", "reference/one/#unit.a.C.m"), ("unit.b.C.m", "reference/rest/#unit.b.C.m"),
    ("unit.a.C.bare", None), ("unit.a.C._own", None), ("unit.a.TABLE", None), ("unit.inner.C", None),
    ("other.C", None)])
def test_an_object_is_on_the_page_that_has_its_module(book, name, address):
    for path in "unit/a", "unit/b", "unit/inner", "other":
        book.write(f"src/{path}.py", SOURCE)
    assert Reference(PAGES).address(find(name, book.root)) == address
