"""Results are kept exactly as long as nothing they depend on has changed."""

import os

import pytest

from weave.cache import Cache
from weave.chapter import Cell, Chapter
from weave.execute import execute
from weave.imports import Modules, imported_by

from tests.weave.conftest import Book

TEXT = """
```python
import sys
sys.path.insert(0, "src")
import pack.module
names = open("data/names.txt").read()
```

Some prose, and `{python} pack.module.VALUE` in it.
"""


@pytest.fixture(scope="module")
def executed_once(tmp_path_factory):
    book = Book(tmp_path_factory.mktemp("kept"))
    book.write("data/names.txt", "emma\n")
    book.write("src/pack/__init__.py", "")
    book.write("src/pack/module.py", "from .helper import VALUE\n")
    book.write("src/pack/helper.py", "VALUE = 1\n")
    book.write("src/pack/other.py", "VALUE = 2\n")
    book.chapter(TEXT)
    cache = Cache(book.root)
    assert execute([read(book)], cache.store) == []
    return book


@pytest.fixture
def kept(book, executed_once):
    """A book whose one chapter has been executed and its results stored."""
    return book.copy(executed_once)


def read(book):
    return Chapter(book.root / "docs/chapter.md", book.root)


def why(book):
    return Cache(book.root).why_stale(read(book))


def test_results_come_back_as_they_were_stored(kept):
    chapter = read(kept)
    assert Cache(kept.root).load(chapter)
    assert chapter.cells[1].value == "1" and why(kept) == []


def test_editing_prose_makes_nothing_stale(kept):
    kept.chapter("A new first paragraph.\n\n" + TEXT.replace("Some prose", "Other prose"))
    assert why(kept) == []


@pytest.mark.parametrize("path, text, says", [
    ("src/pack/module.py", "from .helper import VALUE\nVALUE = 7\n", "module src/pack/module.py changed"),
    ("src/pack/helper.py", "VALUE = 3\n", "module src/pack/helper.py changed"),
    ("src/pack/__init__.py", "NAME = 1\n", "module src/pack/__init__.py changed"),
    ("data/names.txt", "olivia\n", "file data/names.txt changed"),
])
def test_a_change_that_matters_is_named(kept, path, text, says):
    kept.write(path, text)
    assert says in why(kept) and not Cache(kept.root).load(read(kept))


def test_a_change_to_a_module_that_it_does_not_import_matters_not(kept):
    kept.write("src/pack/other.py", "VALUE = 5\n")
    assert why(kept) == []


def test_a_changed_cell_is_named_by_its_line(kept):
    kept.chapter(TEXT.replace('"data/names.txt"', '"data/names.txt", "rb"'))
    assert why(kept) == [f"the code at line {kept.line('import sys')} changed"]


def test_a_changed_inline_value_and_a_removed_file_are_named(kept):
    kept.chapter(TEXT.replace("pack.module.VALUE", "pack.module.VALUE + 1"))
    (kept.root / "data/names.txt").unlink()
    assert why(kept) == [f"the code at line {kept.line('Some prose')} changed", "file data/names.txt changed"]


def test_a_new_version_of_a_package_is_named(kept, monkeypatch):
    monkeypatch.setattr("weave.cache.version", lambda name: "0.0.1" if name == "ipython" else "same")
    assert "version of ipython changed" in why(kept)


def test_a_variable_that_the_settings_add_is_named_when_it_changes(kept):
    assert Cache(kept.root, {"NAMES": "x"}).why_stale(read(kept)) == ["variable NAMES changed"]


def test_a_text_is_made_again_when_its_source_is_another(kept):
    cache, made = Cache(kept.root), []

    def make():
        made.append(len(made))
        return f"text {made[-1]}\r\nof two lines"

    first = cache.remembered("a/b.py", "one", make)
    assert first == "text 0\r\nof two lines" == Cache(kept.root).remembered("a/b.py", "one", make)
    assert cache.remembered("a/b.py", "two", make).startswith("text 1") and made == [0, 1]


def test_another_kernel_in_the_header_and_other_patterns_of_chapters_are_named(kept):
    """Which is when mkdocs-jupyter is asked again whether the file is a Python notebook."""
    path = kept.root / "docs/chapter.md"
    path.write_text(path.read_text().replace("python3", "python4"))
    assert why(kept) == ["header's jupyter changed"]
    assert Cache(kept.root, {}, {"ignore": ["*"]}).why_stale(read(kept))[0] == "header's ignore changed"


def test_an_entry_of_an_earlier_form_is_not_looked_at(kept, monkeypatch):
    monkeypatch.setattr("weave.cache.FORMAT", 1)
    assert why(kept) == ["it has never been executed"]


def test_going_back_to_an_earlier_state_is_fresh_again(kept):
    kept.write("src/pack/helper.py", "VALUE = 3\n")
    assert execute([read(kept)], Cache(kept.root).store) == []
    kept.write("src/pack/helper.py", "VALUE = 1\n")
    chapter = read(kept)
    assert Cache(kept.root).load(chapter) and chapter.cells[1].value == "1"


def test_a_damaged_entry_is_reported_dropped_and_never_used(kept, caplog):
    [entry] = (kept.root / ".cache/weave/docs/chapter").glob("*.json")
    entry.write_text(entry.read_text().replace('"value": "1"', '"value": "8"'))
    with caplog.at_level("INFO"):
        assert not Cache(kept.root).load(read(kept))
    assert "damaged" in caplog.text and "docs/chapter.md" in caplog.text and not entry.exists()


def test_only_the_newest_entries_are_kept(kept):
    cache = Cache(kept.root)
    for n in range(10):
        chapter = read(kept)
        chapter.cells[1].value = str(n)
        cache.store(chapter, {"files": [], "versions": {}})
    entries = list((kept.root / ".cache/weave/docs/chapter").glob("*.json"))
    assert len(entries) == 5
    chapter = read(kept)
    assert cache.load(chapter) and chapter.cells[1].value == "9"


def test_a_write_that_fails_leaves_the_old_entry_and_no_part(kept, monkeypatch):
    def fail(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError):
        Cache(kept.root).store(read(kept), {"files": [], "versions": {}})
    assert Cache(kept.root).load(read(kept))


@pytest.mark.parametrize("edit, says", [("from .helper import VALUE\nVALUE = 7\n", "module"),
                                        ('"""What it is."""\nfrom .helper import VALUE\n', "file")])
def test_a_module_that_changes_while_its_chapter_runs_makes_it_stale(kept, edit, says):
    """Whether the chapter had the module's code, or its text, before or after the edit."""
    kept.chapter(TEXT + "\nMore, `{python} 1 + 1`.\n")
    cache, chapter = Cache(kept.root), read(kept)
    assert not cache.load(chapter)
    kept.write("src/pack/module.py", edit)
    cache.store(chapter, {"files": ["src/pack/module.py"], "versions": {}})
    assert f"{says} src/pack/module.py changed" in why(kept)


@pytest.mark.parametrize("code", [
    "import pack.module", "from pack import module", "from pack.module import VALUE",
    "def later():\n    import pack.module", "%pip list\nimport pack.module as m",
    "try:\n    pass\nexcept E:\n    match 1:\n        case 1:\n            import pack.module",
])
def test_the_closure_follows_every_way_to_import(kept, code):
    names = {path.name for path in Modules(kept.root).closure(imported_by(Cell(code, 1, "shown").tree))}
    assert names == {"__init__.py", "module.py", "helper.py"}


@pytest.mark.parametrize("code, text_counts", [
    ("", False), ("help(pack.module)", True), ("pack.module.__doc__", True),
    ("import inspect; inspect.getsource(pack.module)", True), ("open('src/pack/module.py').read()", True),
    ("import sys, subprocess; subprocess.run([sys.executable, '-c', ''])", True),
    ("import warnings; warnings.warn_explicit('w', UserWarning, pack.module.__file__, 1)", True),
])
def test_a_comment_or_a_docstring_of_a_module_counts_only_where_it_can_show(kept, code, text_counts):
    kept.chapter(TEXT.replace("names = open", f"{code}\nnames = open"))
    assert execute([read(kept)], Cache(kept.root).store) == []
    assert why(kept) == []
    kept.write("src/pack/module.py", '"""What it is."""\n\n# where from\nfrom .helper import VALUE\n')
    assert bool(why(kept)) == text_counts
    kept.write("src/pack/module.py", '"""What it is."""\nfrom .helper import VALUE\nVALUE += 1\n')
    assert "module src/pack/module.py changed" in why(kept)


def test_an_edited_chapter_has_the_earlier_outputs_of_the_cells_that_stayed(kept):
    kept.chapter(TEXT.replace("import sys", "import os, sys") + "\nMore, `{python} 1 + 1`.\n")
    chapter = read(kept)
    assert Cache(kept.root).load_earlier(chapter)
    assert [cell.value for cell in chapter.cells] == [None, "1", None]
