"""`mkdocs serve`, as a reader and an author meet it: a real server, on a port of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import psutil
import pytest

from tests.weave.test_execute import heeding_ctrl_c

TEXT = """
# A chapter

Before the cell, and `{python} 6 * 7` in it.

```python
print("out" + "put")
```

```python check
assert 1 + 1 == 2, "one and one is two"
```
"""
GATED = """
# Gated

```python
import os, time
open({started!r}, "a").close()
while not os.path.exists({gate!r}):
    time.sleep(0.05)
print("let " + "through")
```
"""
HOOK = """
import os, time

def on_pre_build(config):
    open({built!r}, "a").write("before ")
    while not os.path.exists({gate!r}):
        time.sleep(0.05)

def on_post_build(config):
    open({built!r}, "a").write("after ")
"""
HANGS = 600    # seconds, after which a run is ended that would never end: nothing is expected to be fast


class Server:
    """`mkdocs serve` of a book; its log is read as it comes."""

    def __init__(self, book, *arguments, port=0):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = port or free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mkdocs", "serve", "--dev-addr", f"127.0.0.1:{self.port}", *arguments],
            cwd=book.root, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            preexec_fn=heeding_ctrl_c)
        self.log = []
        threading.Thread(target=lambda: self.log.extend(iter(self.process.stderr.readline, "")),
                         daemon=True).start()

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}") as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError:
            assert self.process.poll() is None, self.text
            return ""

    def page(self, path="chapter/"):
        """The page, once it has more than its title."""
        page = self.get(path)
        return "" if "being made" in page else page

    def state(self, path="chapter/"):
        return json.loads(self.get(f"weave-state?page=/{path}") or '{"version": "", "html": ""}')

    @property
    def text(self):
        return "".join(self.log)

    def executed(self):
        return re.findall(r"weave: executing (\S+),", self.text)

    def until(self, condition):
        """Wait, on however slow a machine, for what has to come."""
        end = time.monotonic() + HANGS
        while not (found := condition()):
            assert self.process.poll() is None, self.text
            assert time.monotonic() < end, self.text
            time.sleep(0.1)
        return found

    def settled(self, path="chapter/"):
        """The page, once its chapter has run."""
        return self.until(lambda: (page := self.page(path)) and "weave-executing\"" not in page and page)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(HANGS)


@pytest.fixture
def serve():
    servers = []

    def start(*given, **more):
        servers.append(Server(*given, **more))
        return servers[-1]
    yield start
    for server in servers:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture
def gate(book):
    """A chapter that runs until gate.touch(); its second value is there once it has begun."""
    gate, started = book.root / "gate", book.root / "started"
    book.chapter(GATED.format(gate=str(gate), started=str(started)), "docs/a.md")
    return gate, started


def one_at_a_time(book):
    path = book.root / "mkdocs.yml"
    path.write_text(path.read_text().replace("[weave]", "[weave: {jobs: 1}]"))


def test_the_first_page_waits_for_no_other(book, serve):
    book.write("docs/index.md", "# Home\n\nAll of it, and [a lab](labs/a.py).\n")
    book.write("labs/a.py", '"""A lab."""\n')
    book.chapter("\n# A chapter\n\nIts words.\n")
    server = serve(book)
    page = server.until(lambda: server.get("chapter/"))
    assert "A chapter</h1>" in page and "being made" in page and "Its words" not in page
    assert "All of it" in server.page("")
    version = re.search(r'id="weave-version" hidden>(\w+)<', page)[1]
    assert "Its words" in server.until(server.page) and server.state()["version"] != version
    server.stop()
    assert "WARNING" not in server.text and server.text.count("Building documentation") == 2
    again = serve(book, port=server.port)
    assert "Its words" in again.until(lambda: again.get("chapter/")), "from the build before"


@pytest.mark.parametrize("arguments", [(), ("--dirty",)])
def test_a_page_is_there_before_its_chapter_has_run_and_again_when_it_has(book, gate, serve, arguments):
    one_at_a_time(book)
    book.chapter(TEXT, "docs/b.md")
    server = serve(book, *arguments)
    server.until(lambda: server.page("a/"))
    server.until(gate[1].exists)
    page = server.page("b/")
    assert "Before the cell, and … in it" in page and "has not run yet" in page
    assert "executing, 2nd of 2" in page and "weave-output" not in page and "claims" not in page
    before = server.state("b/")["version"]
    gate[0].touch()
    page = server.settled("b/")
    assert "Before the cell, and 42 in it" in page and "output" in page and "1 claim checked" in page
    assert server.state("b/")["version"] != before
    assert "var livereload" not in page


def test_the_chapter_of_the_page_in_view_is_executed_first(book, gate, serve):
    one_at_a_time(book)
    for name in "bcd":
        book.chapter(TEXT, f"docs/{name}.md")
    server = serve(book)
    server.until(lambda: server.page("a/"))
    server.until(gate[1].exists)
    assert "executing, 2nd of 4" in server.state("d/")["html"]
    gate[0].touch()
    server.settled("d/")
    assert server.executed()[:2] == ["docs/a.md", "docs/d.md"]


def test_an_edit_leaves_the_page_readable_and_only_its_chapter_is_executed(book, serve):
    book.chapter(TEXT)
    book.chapter(TEXT, "docs/other.md")
    server = serve(book)
    server.until(server.page)
    server.settled(), server.settled("other/")
    other = server.state("other/")["version"]
    gate = book.root / "gate"
    book.chapter(TEXT + GATED.format(gate=str(gate), started=str(book.root / "started")))
    page = server.until(lambda: "Gated" in (page := server.page()) and page)
    assert "before the last change" in page and "and 42 in it" in page and "let through" not in page
    gate.touch()
    server.until(lambda: "let through" in server.page())
    server.settled()
    assert server.state("other/")["version"] == other
    assert sorted(server.executed()) == ["docs/chapter.md"] * 2 + ["docs/other.md"]


def test_prose_is_in_its_page_before_all_is_built_and_nothing_else_waits_for_that(book, serve):
    gate, built = book.root / "open", book.root / "built"
    gate.touch()
    book.write("hook.py", HOOK.format(gate=str(gate), built=str(built)))
    (book.root / "mkdocs.yml").write_text((book.root / "mkdocs.yml").read_text() + "hooks: [hook.py]\n")
    book.chapter(TEXT)
    book.chapter("\n# Another\n\nIts words, and [the first](chapter.md).\n", "docs/other.md")
    server = serve(book)
    server.settled()
    server.until(lambda: built.read_text().count("after") == built.read_text().count("before"))
    built_before = built.read_text()
    gate.unlink()
    book.chapter(TEXT.replace("Before the cell", "Ahead of the cell"))
    server.until(lambda: "Ahead of the cell, and 42 in it" in server.page())
    version = server.state()["version"]
    assert "Its words" in server.page("other/") and "output" in server.page()
    assert built.read_text() in (built_before, f"{built_before}before ")
    book.chapter(TEXT.replace("6 * 7", "7 * 8"))
    gate.touch()
    server.until(lambda: "and 56 in it" in server.settled())
    server.until(lambda: built.read_text().endswith("after "))
    gate.unlink()
    built_before = built.read_text()
    book.chapter(TEXT.replace("6 * 7", "7 * 8").replace("Before the cell", "Ahead of the cell"))
    server.until(lambda: "Ahead of the cell, and 56 in it" in server.page())
    early = server.state()["version"]
    gate.touch()
    server.until(lambda: built.read_text() == f"{built_before}before after ")
    assert server.state()["version"] == early != version, "the whole build makes the same page"
    assert "WARNING" not in server.text and "ERROR" not in server.text


def test_a_newer_edit_supersedes_an_execution(book, gate, serve):
    server = serve(book)
    server.until(lambda: server.page("a/"))
    server.until(gate[1].exists)
    book.chapter(TEXT, "docs/a.md")
    assert "and 42 in it" in server.until(lambda: "and 42" in (page := server.page("a/")) and page)
    assert not gate[0].exists() and "stopped after" in server.text


def test_a_comment_in_a_module_executes_nothing_and_code_does(book, serve):
    book.write("mkdocs.yml", (book.root / "mkdocs.yml").read_text() + "watch: [src]\n")
    book.write("src/pack.py", "VALUE = 1\n")
    book.chapter("\n```python\nimport sys\nsys.path.insert(0, 'src')\nimport pack\n"
                 "print('it is', pack.VALUE)\n```\n\n::: listing pack.VALUE\n")
    server = serve(book)
    server.until(server.page)
    assert "it is 1" in server.settled()
    book.write("src/pack.py", '"""What it holds."""\n\n# one\nVALUE = 1\n')
    server.until(lambda: "line 4" in server.page())    # the listing has moved
    assert "it is 1" in server.settled() and len(server.executed()) == 1
    book.write("src/pack.py", "VALUE = 2\n")
    server.until(lambda: "it is 2" in server.page())
    book.write("src/pack.py", "VALUE = = 3\n")
    server.until(lambda: "src/pack.py:1: not Python" in server.page())
    assert "it is 2" in server.page() and "VALUE = = 3" in server.page()
    book.write("src/pack.py", "VALUE = 3\n")
    assert "src/pack.py" not in server.until(lambda: "it is 3" in (page := server.page()) and page).split(
        '<div id="weave-state">')[1].split("<script>")[0]


def test_a_modules_edit_executes_the_page_in_view_first(book, serve):
    one_at_a_time(book)
    book.write("mkdocs.yml", (book.root / "mkdocs.yml").read_text() + "watch: [src]\n")
    book.write("src/pack.py", "VALUE = 1\n")
    for name in "abc":
        book.chapter("\n```python\nimport sys\nsys.path.insert(0, 'src')\nimport pack\n"
                     "print('it is', pack.VALUE)\n```\n", f"docs/{name}.md")
    server = serve(book)
    server.until(lambda: server.page("a/"))
    for name in "abc":
        server.settled(f"{name}/")
    assert "it is 1" in server.page("c/")
    book.write("src/pack.py", "VALUE = 2\n")
    server.until(lambda: "it is 2" in server.page("c/"))
    server.until(lambda: len(server.executed()) == 6)
    assert server.executed()[3:] == ["docs/c.md", "docs/a.md", "docs/b.md"]


FAILURES = {
    "a syntax error": ("\n```python\nx = = 1\n```\n", "x = = 1", "not Python"),
    "an exception": ("\n```python\n1 / 0\n```\n", "1 / 0", "ZeroDivisionError"),
    "a false claim": ('\n```python check\nassert 1 == 2, "one is two"\n```\n', "assert 1 ==", "is false"),
    "a misspelt listing": ("\n::: listing nowhere.thing\n", "::: listing", "nowhere"),
    "a broken formula": ("\nHere $\\frac{1}$.\n", "frac", "KaTeX cannot read"),
    "a bad inline value": ("\nHere `{python} missing`.\n", "missing", "NameError"),
    "a broken link": ("\n[to](nowhere.md)\n", "nowhere.md", "not found"),
    "an unclosed fence": ("\n```python\nopen_one = 1\n\nwords words\n\n```python\nx\n```\n", "```python",
                          "never closed"),
}


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    """A server of a book whose chapter each of these tests edits: mistakes are made and mended."""
    from tests.weave.conftest import Book

    book = Book(tmp_path_factory.mktemp("book"))
    book.chapter("\n# A chapter\n\nIt is in order.\n")
    server = Server(book)
    server.until(server.page)
    server.settled()
    yield book, server
    server.stop()
    assert "Traceback" not in server.text


@pytest.mark.parametrize("text, at, says", FAILURES.values(), ids=FAILURES)
def test_a_mistake_is_seen_in_the_page_and_goes_when_it_is_mended(spoilt, text, at, says):
    book, server = spoilt
    book.chapter(f"\n# A chapter\n\nIt is in order.\n{text}")
    line = book.line(at)
    state = server.until(lambda: "alert" in (state := server.state()["html"]) and state)
    assert f"docs/chapter.md:{line}: " in state and says in state
    assert re.search(rf"(?:ERROR|WARNING) .*{re.escape(says)}", server.text)
    assert "It is in order" in server.page()
    book.chapter("\n# A chapter\n\nIt is in order.\n")
    server.until(lambda: server.state()["html"] == "")


def test_a_broken_mkdocs_yml_is_seen_and_survived(spoilt):
    book, server = spoilt
    text = (book.root / "mkdocs.yml").read_text()
    book.write("mkdocs.yml", text + "nav: {a: [\n")
    server.until(lambda: "alert" in server.state()["html"])
    assert "It is in order" in server.page()
    book.write("mkdocs.yml", text)
    server.until(lambda: server.state()["html"] == "")


def test_a_chapter_that_fails_is_there_from_the_start_with_its_error(book, serve):
    book.chapter("\n# A chapter\n\nWords.\n\n```python\nx = = 1\n```\n")
    server = serve(book)
    page = server.until(server.page)
    assert "Words." in page and f"docs/chapter.md:{book.line('x = = 1')}: not Python" in page


def test_a_module_that_is_no_python_is_told_from_the_start_on_each_page_which_comes_when_it_is_mended(
        book, serve):
    book.write("src/pack/__init__.py", "")
    book.write("src/pack/module.py", "VALUE = = 1\n")
    settings = (book.root / "mkdocs.yml").read_text().replace("[weave]", "[weave: {package: pack}]")
    book.write("mkdocs.yml", f"{settings}watch: [src]\nnav: [index.md, chapter.md, reference/pack.md]\n")
    book.chapter("\n# A chapter\n\n```python\nimport sys\nsys.path.insert(0, 'src')\n"
                 "from pack.module import VALUE\nprint('it is', VALUE)\n```\n")
    server = serve(book)
    page = server.until(server.page)
    assert "A chapter</h1>" in page and page.count("src/pack/module.py:1: not Python") == 1, page
    assert "src/pack/module.py:1" in server.page("reference/pack/") and "WARNING" not in server.text
    book.write("src/pack/module.py", "VALUE = = 2\n")
    server.until(lambda: "VALUE = = 2" in server.page())
    assert server.state()["html"].count("<li>") == 1
    book.write("src/pack/module.py", "VALUE = 3\n")
    server.until(lambda: "it is 3" in server.page())
    assert server.settled() and server.state()["html"] == ""


@pytest.mark.parametrize("moment", ["at once", "while a chapter runs", "when all is done"])
def test_ctrl_c_leaves_no_process_and_loses_only_what_is_being_executed(book, gate, serve, moment):
    book.chapter(TEXT, "docs/b.md")
    server = serve(book)
    if moment != "at once":
        server.until(lambda: server.page("b/"))
        server.settled("b/")
        server.until(gate[1].exists)
    if moment == "when all is done":
        gate[0].touch()
        server.settled("a/")
    server.until(lambda: "Building documentation" in server.text)
    started = psutil.Process(server.process.pid).children(recursive=True)
    server.stop()
    _, left = psutil.wait_procs(started, timeout=HANGS)
    assert left == [] and "Traceback" not in server.text, server.text
    status = book.run("weave", "status").stdout
    if moment != "at once":
        assert "fresh  docs/b.md" in status
        assert ("fresh  docs/a.md" in status) == (moment == "when all is done")


def test_an_impatient_second_ctrl_c_ends_the_server_too(book, serve):
    book.chapter(TEXT)
    server = serve(book)
    server.until(server.page)
    server.process.send_signal(signal.SIGINT)
    server.until(lambda: "Shutting down" in server.text)
    server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, only a whole process can be made to wait")
def test_chapters_leave_the_processor_to_the_pages(spoilt):
    book, server = spoilt
    book.chapter("\n# A chapter\n\nIt is in order.\n\n"
                 "```python\nimport os\nprint('nice:', os.nice(0))\n```\n")
    found = server.until(lambda: re.search(r"nice: (\d+)", server.page()))
    assert int(found[1]) == min(os.nice(0) + 10, 19)
    assert psutil.Process(server.process.pid).nice() == os.nice(0)


def test_downloads_are_there_and_hold_what_the_chapter_gives_now(spoilt):
    book, server = spoilt
    book.write("src/pack.py", "VALUE = 1\n")
    book.chapter(f"{TEXT}\nIt is in order.\n\n::: listing pack.VALUE\n")
    server.until(lambda: "and 42 in it" in server.page())
    assert "and 42 in it" in server.get("chapter.ipynb") and 'print("out"' in server.get("chapter.py")
    assert server.get("src/pack.py") == "VALUE = 1\n"
    assert "404" in server.get("src/other.py") and server.state()["html"] == ""
    book.chapter(f"{TEXT}\nIt is in order.\n\nMore words.\n")
    server.until(lambda: "More words" in server.page())
    assert "More words" in server.get("chapter.ipynb")


def test_a_server_without_live_reload_executes_all_before_it_answers(book, serve):
    book.chapter(TEXT)
    server = serve(book, "--no-livereload")
    page = server.until(server.page)
    assert "and 42 in it" in page and "weave-state" not in page
