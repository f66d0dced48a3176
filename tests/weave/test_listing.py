"""A listing is the object's source as it stands in the file, and an unknown name is an error."""

import inspect
import textwrap

import pytest

from weave.listing import find

MODULE = '''"""A module."""

LIMIT: int = 3
TABLE = {
    "a": 1,
}


def plain():
    return 1


class Thing:
    """A thing."""

    size = 2

    @property
    @staticmethod
    def method():
        """Say so."""
        return 1

    class Inner:
        pass
'''


@pytest.fixture
def root(book):
    book.write("src/pack/module.py", MODULE)
    book.write("src/pack/__init__.py", "")
    return book.root


@pytest.mark.parametrize("name, first, last, begins, ends", [
    ("LIMIT", 3, 3, "LIMIT: int", "= 3"),
    ("TABLE", 4, 6, "TABLE = {", "}"),
    ("plain", 9, 10, "def plain", "return 1"),
    ("Thing.size", 16, 16, "size = 2", "size = 2"),
    ("Thing.method", 18, 22, "@property", "    return 1"),
    ("Thing.Inner", 24, 25, "class Inner", "    pass"),
])
def test_every_kind_of_definition_is_found_and_dedented(root, name, first, last, begins, ends):
    found = find(f"pack.module.{name}", root)
    assert (found.first, found.last) == (first, last)
    assert found.text.startswith(begins) and found.text.endswith(ends)
    assert str(found.path) == "src/pack/module.py"


def test_a_whole_module_is_a_listing_too(root):
    assert find("pack.module", root).text == MODULE.rstrip()


def test_the_text_is_what_inspect_says():
    """Oracle: the inspect module, on an object of the weave itself."""
    from pathlib import Path

    import weave.listing

    found = find("weave.listing.definitions", Path(__file__).parents[2])
    assert found.text == textwrap.dedent(inspect.getsource(weave.listing.definitions)).rstrip()


@pytest.mark.parametrize("name, says", [
    ("pack.module.Thing.metod", "the nearest is 'method'"),
    ("pack.module.missing", "no 'missing' in pack.module"),
    ("pack.module.plain.inside", "no 'inside' in pack.module.plain"),
    ("elsewhere.module", "no module in src begins 'elsewhere.module'"),
])
def test_an_unknown_name_is_an_error_that_says_what_there_is(root, name, says):
    with pytest.raises(LookupError, match=says):
        find(name, root)
