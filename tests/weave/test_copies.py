"""Kernels that are copies: they begin with what is slow to import, and are otherwise as Jupyter's are."""

import json
import sys

import psutil
import pytest

from weave import copies
from weave.chapter import Chapter
from weave.execute import execute
from weave.plugin import Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no kernel is a copy here")
SLOW = ["markdown.util", "wsgiref.headers"]    # which nothing in a kernel imports by itself
KERNEL = '''
```python
import os, signal, sys
print(sys.argv[0].endswith("ipykernel_launcher.py"), sys.argv[3:], sys.path, os.getcwd(), sys.flags)
print({name: value for name, value in os.environ.items() if name not in ("JPY_PARENT_PID", "IPYTHONDIR")})
print([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)])
print(sys.stdin.isatty(), os.getsid(0) == os.getpid(), sorted(os.listdir("/proc/self/fd"))[:3])
print(sorted({name.partition(".")[0] for name in sys.modules} - {"gc", "runpy"}))
```
'''


def chapters_of(book, *texts):
    return [Chapter(book.chapter(text, f"docs/chapter{n}.md"), book.root) for n, text in enumerate(texts)]


def run(chapters, **options):
    """[the printed texts, and the inputs] of each chapter."""
    given = {}
    assert execute(chapters, lambda chapter, inputs: given.update({chapter: inputs}), **options) == []
    return [("".join(output["text"] for cell in chapter.cells for output in cell.outputs), given[chapter])
            for chapter in chapters]


def test_a_kernel_has_what_is_slow_to_import_if_its_chapter_imports_the_package_in_any_case(book):
    imports = ["import markdown", "import wsgiref.headers",
               "def f():\n    import markdown.util", ""]
    chapters = chapters_of(book, *(f'''
```python
import json
import sys
print([name for name in {SLOW} if name in sys.modules])
{code}
```
''' for code in imports))
    (one, used), (other, _), (late, unused), (none, _) = run(chapters, slow=SLOW)
    assert [one, other, late, none] == ["['markdown.util']\n", "['wsgiref.headers']\n", "[]\n", "[]\n"]
    assert "Markdown" in used["versions"] and "Markdown" not in unused["versions"]


def test_a_copy_is_as_a_kernel_that_starts_afresh(book, monkeypatch):
    [(copied, noted)] = run(chapters_of(book, KERNEL), environment={"NAMES": "a list"})
    monkeypatch.setattr(copies.Originals, "of", lambda *_: None)
    [(afresh, known)] = run(chapters_of(book, KERNEL), environment={"NAMES": "a list"})
    assert copied == afresh and noted == known


def test_a_kernel_starts_afresh_where_its_original_is_gone(book, monkeypatch):
    monkeypatch.setattr(copies, "PREPARE", "1 / 0")
    [(printed, _)] = run(chapters_of(book, "\n```python\nprint(3)\n```\n"))
    assert printed == "3\n"


def test_a_module_that_is_not_there_is_missed_where_the_chapter_imports_it(book):
    chapters = chapters_of(book, "\n```python\nimport nowhere\n```\n")
    [error] = execute(chapters, lambda *_: None, slow=["nowhere"])
    line = book.line("import nowhere", "docs/chapter0.md")
    assert str(error).startswith(f"docs/chapter0.md:{line}: ModuleNotFoundError")


def test_no_process_to_copy_is_left(book):
    before = psutil.Process().children(recursive=True)
    run(chapters_of(book, "\n```python\nprint(3)\n```\n"), slow=SLOW)
    assert psutil.Process().children(recursive=True) == before


def test_the_longest_chapters_are_executed_first_and_unknown_ones_before_them(book, monkeypatch):
    rows = [{"chapter": f"docs/chapter{n}.md", "seconds": seconds} for n, seconds in enumerate((2, 30, 4))]
    settings = Settings(str(book.root / "mkdocs.yml"))
    computed = book.write("computed.json", json.dumps({"rows": rows}))
    settings.load_dict({"computed": str(computed), "slow": SLOW})
    asked = []
    monkeypatch.setattr("weave.execute.execute", lambda chapters, *given: asked.append((chapters, given[-1])))
    assert settings.validate() == ([], [])
    settings.execute(chapters_of(book, "", "", "", ""), None)
    [(chapters, slow)] = asked
    assert [chapter.path.stem[-1] for chapter in chapters] == ["3", "1", "2", "0"] and slow == SLOW
