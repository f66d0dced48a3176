"""Whole builds, as a reader runs them: what they make, when they fail, and what survives."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

import weave
from weave.imports import imported

from tests.weave.conftest import Book

ROOT = Path(__file__).parents[2]

CHAPTER = """
# A chapter

Prose with `{python} 6 * 7` in it, and $x^2$.

```python alt="a line" caption="Up to $x$."
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.show()
```

```python quiet
print("printed by a hidden cell")
```

```python check
assert 1 + 1 == 2, "one and one is two"
```

::: listing pack.module.value

<details markdown="1">
<summary>Solution</summary>

```python
"folded"
```

</details>
"""


@pytest.fixture(scope="module")
def executed_once(tmp_path_factory):
    book = Book(tmp_path_factory.mktemp("small"))
    book.write("src/pack/module.py", "def value():\n    return 1\n")
    book.write("src/pack/__init__.py", "")
    book.chapter(CHAPTER)
    assert book.run("weave", "run", "docs/chapter.md").returncode == 0
    return book


@pytest.fixture
def small(book, executed_once):
    return book.copy(executed_once)


def contents(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def executed(run):
    return re.findall(r"weave: executing (\S+),", run.stderr)


@pytest.mark.parametrize("arguments, says", [
    (["docs"], "there is no file docs"),
    (["docs/gone.md"], "there is no file docs/gone.md"),
    ([__file__], "is not of the book in"),
    (["docs/index.md", "--seconds", "nan"], "--seconds nan: a chapter needs"),
])
def test_what_cannot_be_run_is_told_in_a_line(book, arguments, says):
    run = book.run("weave", "run", *arguments)
    assert run.returncode == 1 and says in run.stderr and len(run.stderr.splitlines()) == 1


def test_a_chapter_becomes_a_page_with_its_outputs(small):
    run = small.build()
    assert run.returncode == 0, run.stderr
    page = small.page()
    assert "Prose with 42 in it" in page
    assert 'aria-label="a line"' in page and "<figcaption>" in page
    assert "printed by a hidden cell" in page
    assert "1 claim checked" in page and "one and one is two" in page
    assert "src/pack/module.py, lines 1–2" in page
    assert re.search(r"<summary>Solution</summary>.*folded.*</details>", page, re.DOTALL)
    assert "{python}" not in page and "::: listing" not in page and "arithmatex" not in page


def test_the_search_finds_prose_and_not_code(small):
    config = small.root / "mkdocs.yml"
    config.write_text(config.read_text().replace("[weave]", "[search, weave]"))
    assert small.build().returncode == 0
    index = (small.root / "site/search/search_index.json").read_text()
    assert "with 42 in it" in index and "one and one is two" in index
    for absent in ("plt.plot", "printed by", "Set-up", "data-"):
        assert absent not in index


def test_the_reader_can_take_the_chapter_and_the_module_away(small):
    assert small.build().returncode == 0
    notebook = json.loads((small.root / "site/chapter.ipynb").read_text())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == [1, 2, 3, 4]
    assert code[0]["outputs"][0]["data"]["text/plain"] == ["a line"]
    assert [cell["metadata"] for cell in code[:2]] == [
        {}, {"jupyter": {"source_hidden": True}, "cellView": "form"}]
    assert "Prose with 42" in "".join(notebook["cells"][0]["source"])
    script = (small.root / "site/chapter.py").read_text()
    assert "plt.plot([1, 2])" in script
    compile(script, "chapter.py", "exec")
    assert (small.root / "site/src/pack/module.py").read_text() == "def value():\n    return 1\n"
    hrefs = downloads(small.page())
    assert len(hrefs) == 4
    assert all((small.root / "site/chapter" / href).exists() for href in hrefs)


def downloads(page):
    return [link["href"] for link in BeautifulSoup(page, "html.parser").select("a[download]")]


def test_a_quiet_cell_is_folded_and_shows_its_source(small):
    small.chapter(FOLDED)
    run = small.build()
    assert run.returncode == 0, run.stderr
    page = small.page()
    folds = BeautifulSoup(page, "html.parser").select("details.weave-code")
    assert [fold.summary.text for fold in folds] == [
        "Set-up, 3 lines", "Set-up, 1 line", "The code of this figure, 4 lines"]
    assert [fold.select_one(".highlight code").text for fold in folds] == [
        'import json\n\nprint("printed " + "below")\n', "x = 1\n",
        'import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title("drawn")\nplt.show()\n']
    assert page.index("Set-up, 3 lines") < page.index("printed below") < page.index("Set-up, 1 line")
    assert page.index("</figure>") < page.index("The code of this figure") < page.index("Prose after it")


FOLDED = """
# Title

```python quiet
import json

print("printed " + "below")
```

```python quiet
x = 1
```

```python quiet alt="a line" caption="A line."
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.title("drawn")
plt.show()
```

Prose after it.
"""


def test_what_is_indented_is_woven_in_where_it_stands(small):
    small.chapter(INDENTED)
    run = small.build()
    assert run.returncode == 0, run.stderr
    article = small.page().partition("<h1")[2]
    [steps] = re.findall("<ol>.*?</ol>", article, re.DOTALL)
    first, second, third = steps.split("<li><p>")[1:]
    assert "<div class=highlight>" in first and "<code>'first'</code>" in first
    assert "a quarter" in second and "<figure" in second and "The code of this figure" in second
    assert "src/pack/module.py" in third and "weave-claims" in third
    [quote] = re.findall("<blockquote>.*?</blockquote>", article, re.DOTALL)
    assert "quoted" in quote and "weave-output" in quote
    assert "<p><div" not in article and "<p><figure" not in article and "data-html" not in article


INDENTED = """
# Title

1.  First:

    ```python
    "fir" + "st"
    ```

2.  Second, `{python} "a quarter"`:

    ```python quiet alt="a line" caption="A line."
    import matplotlib.pyplot as plt
    plt.plot([1, 2])
    plt.show()
    ```

3.  Third:

    ::: listing pack.module.value

    ```python check
    assert True, "it is true"
    ```

> ```python
> print("quot" + "ed")
> ```
"""


def test_the_modules_and_labs_of_a_chapter_stand_at_its_top(small):
    small.write("src/pack/two.py",
                '"""Two.\n\nTo copy: this file and module.py.\n"""\nfrom .module import value\n')
    small.write("labs/mine.py", '"""Exercises: f.\nChapter: docs/chapter.md.\n"""\n')
    text = small.chapter(CHAPTER).read_text()
    small.write("docs/chapter.md", text.replace("jupyter:", "modules: [pack.module, pack.two]\njupyter:", 1))
    run = small.build()
    assert run.returncode == 0, run.stderr
    page = small.page()
    assert page.index("<h1") < page.index("weave-take") < page.index("Prose with")
    assert "Take the code: module.py, two.py · lab mine.py" in page
    hrefs = downloads(page)
    assert "../src/pack/two.zip" in hrefs and "../labs/mine.py" in hrefs
    assert all((small.root / "site/chapter" / href).exists() for href in hrefs)
    assert "if __package__:" in (small.root / "site/src/pack/two.py").read_text()
    small.write("docs/chapter.md", text.replace("jupyter:", "modules: [pack.gone]\njupyter:", 1))
    run = small.build()
    assert run.returncode != 0
    assert "docs/chapter.md:2: `modules:` names pack.gone, and there is no src/pack/gone.py" in run.stderr


def times(book):
    """When each file was written that the cache keeps for the address of a book."""
    return {path: path.stat().st_mtime_ns for path in book.root.glob(".cache/weave/made/at/*/**/*.*")}


def test_a_second_build_executes_nothing_and_one_from_nothing_gives_the_same_bytes_too(small):
    """The results that the first build finds are of another process."""
    small.build()
    before = contents(small.root / "site")
    assert executed(small.build()) == []
    assert contents(small.root / "site") == before
    assert small.run("weave", "clean").returncode == 0
    assert executed(small.build()) == ["docs/chapter.md"]
    assert contents(small.root / "site") == before
    made = times(small)
    assert executed(small.build()) == [] and times(small) == made, "made again"


def test_what_was_made_for_an_address_is_there_when_it_is_built_for_again(small):
    """A server, which has an address, and the site as files take turns; what is older goes."""
    for age in range(4):
        os.utime(small.write(f".cache/weave/made/at/{age}/whole", ""), ns=(0, 10**9 * (4 - age)))

    def made(address):
        run = small.run("mkdocs", "build", env={**os.environ, "SITE_URL": address})
        assert run.returncode == 0 and f'href={address}chapter/' in small.page().replace('"', "")
        return times(small)

    here = made("http://here.example/")
    both = made("http://there.example/")
    assert here.items() < both.items() and len(both) == 2 * len(here)
    assert made("http://here.example/") == both
    kept = {path.name for path in small.root.glob(".cache/weave/made/at/*")}
    assert len(kept) == 4 and {"0", "1"} < kept


def test_edits_make_exactly_what_they_touch_stale(small):
    importing = '\n```python\nimport sys\nsys.path.insert(0, "src")\nimport pack.module\n```\n'
    small.chapter(importing, "docs/importing.md")
    small.build()
    assert small.run("weave", "status").stdout == "fresh  docs/chapter.md\nfresh  docs/importing.md\n"
    small.write("src/pack/module.py", "def value():\n    return 2\n")
    small.chapter("New prose first.\n\n" + CHAPTER)
    assert small.run("weave", "status").stdout == (
        "fresh  docs/chapter.md\nstale  docs/importing.md\n       module src/pack/module.py changed\n")
    run = small.build()
    assert executed(run) == ["docs/importing.md"]
    assert "return</i> <b>2" in small.page(), "listings show the module as it is now"


FAILURES = {
    "a false claim": ('\n```python check\nassert 1 == 2, "one is two"\n```\n', "assert 1 == 2",
                      "this claim is false: one is two"),
    "an exception": ("\n```python\n1 / 0\n```\n", "1 / 0", "ZeroDivisionError: division by zero"),
    "an unknown listing": ("\n::: listing pack.module.missing\n", "pack.module.missing",
                           "no 'missing' in pack.module"),
    "a figure without alt text": (
        "\n```python\nimport matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()\n```\n",
        "```python", "a figure needs alt text"),
    "a memory address": ("\n```python\nobject()\n```\n", "```python", "memory address"),
    "a formula with a typo": ("\nHere $\\frac{1}$.\n", "frac", "KaTeX cannot read"),
    "an unreadable value": ("\nHere `{python} missing`.\n", "missing", "NameError"),
    "a name that only a check made": (
        '\n```python check\nn = 1\nassert n, "n"\n```\n\n```python\nprint(n)\n```\n',
        "print(n)", "'n' comes only from the check at line 14"),
    "a quiet cell that returns text": ("\n```python quiet\n1 + 1\n```\n", "```python quiet", "returns text"),
}


TOGETHER = ["a false claim", "an exception", "an unreadable value"]    # found while chapters run: all at once


@pytest.mark.parametrize("names", [TOGETHER, *([name] for name in FAILURES if name not in TOGETHER)],
                         ids=", ".join)
def test_a_page_that_is_not_true_fails_the_build(small, names):
    for n, name in enumerate(names):
        small.chapter(FAILURES[name][0], f"docs/bad{n}.md")
    run = small.build()
    assert run.returncode != 0 and "Traceback" not in run.stderr
    for n, name in enumerate(names):
        _, at, says = FAILURES[name]
        line = small.line(at, f"docs/bad{n}.md")
        [told] = re.findall(rf"docs/bad{n}\.md:{line}: .*(?:\n .*)*", run.stderr)
        assert says in told and f"{line} | " in told, name


def test_a_module_that_is_not_python_fails_the_build_before_anything_is_executed(small):
    """Whether a chapter shows it, imports it, or only the reference would."""
    small.forget()
    small.write("src/pack/broken.py", "x = 1\ny = = 2\n")
    run = small.build()
    assert run.returncode == 1 and "Traceback" not in run.stderr and "executing" not in run.stderr
    assert "src/pack/broken.py:2: not Python: invalid syntax\n    2 | y = = 2" in run.stderr


def test_a_missing_katex_is_found_before_anything_is_executed(small):
    small.forget()
    where = "import sys, pathlib; from weave import plugin; plugin.KATEX = pathlib.Path('nowhere')"
    script = f"{where}; from mkdocs.__main__ import cli; cli(['build', '--strict'])"
    run = subprocess.run([sys.executable, "-c", script], cwd=small.root, text=True, capture_output=True)
    assert run.returncode == 1 and "node_modules/katex is missing" in run.stderr and "make env" in run.stderr
    assert "Traceback" not in run.stderr and "executing" not in run.stderr


@pytest.mark.parametrize("text", ["[a link](nowhere.md)", "[an anchor](#nowhere)"])
def test_a_broken_link_fails_the_strict_build(small, text):
    small.chapter(f"\n# Title\n\n{text}\n", "docs/bad.md")
    run = small.build()
    assert run.returncode != 0 and "bad.md" in run.stderr and "nowhere" in run.stderr


def test_a_header_that_jupytext_does_not_take_for_python_is_an_error_not_an_unexecuted_page(small):
    text = small.chapter(CHAPTER).read_text()
    assert "language: python" in text
    small.write("docs/chapter.md", text.replace("language: python", "language: julia"))
    run = small.build()
    assert run.returncode != 0 and "docs/chapter.md:1: " in run.stderr


def test_a_killed_build_loses_only_the_chapter_being_executed(small):
    small.forget()
    started, go = small.root / "started", small.root / "go"
    small.chapter(f'\n```python\nimport os, time\nopen({str(started)!r}, "w").close()\n'
                  f"while not os.path.exists({str(go)!r}):\n    time.sleep(0.1)\n```\n",
                  "docs/slow.md")
    small.write("mkdocs.yml", (small.root / "mkdocs.yml").read_text().replace(
        "[weave]", "[weave: {jobs: 1}]"))
    process = subprocess.Popen([sys.executable, "-m", "mkdocs", "build", "--strict"], cwd=small.root,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    while not started.exists():
        assert process.poll() is None, "the build ended before the slow chapter began"
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    go.touch()
    run = small.build()
    assert run.returncode == 0, run.stderr
    assert executed(run) == ["docs/slow.md"]


def test_run_prints_the_outputs_of_one_chapter(small):
    run = small.run("weave", "run", "docs/chapter.md")
    assert run.returncode == 0, run.stderr
    assert "printed by a hidden cell" in run.stdout and "holds: one and one is two" in run.stdout
    small.chapter("\n```python\n1 / 0\n```\n")
    run = small.run("weave", "run", "docs/chapter.md")
    assert run.returncode == 1 and "docs/chapter.md:15: ZeroDivisionError" in run.stderr


def test_links_to_the_repository_are_made_only_where_it_is_known(small):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    small.run("mkdocs", "build", env=clean)
    unknown = small.page()
    small.run("mkdocs", "build", env={**clean, "GITHUB_REPOSITORY": "someone/book"})
    known = small.page()
    assert "github.com" not in unknown and "colab" not in unknown
    assert "https://colab.research.google.com/github/someone/book/blob/gh-pages/chapter.ipynb" in known


def test_a_downloaded_notebook_finds_the_package_of_the_settings(small):
    small.write("mkdocs.yml", (small.root / "mkdocs.yml").read_text().replace(
        "[weave]", "[weave: {package: pack}]"))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    for known, environment in ((False, clean), (True, {**clean, "GITHUB_REPOSITORY": "someone/book"})):
        small.run("mkdocs", "build", env=environment)
        first, *others = json.loads((small.root / "site/chapter.ipynb").read_text())["cells"]
        begin = "".join(first["source"])
        compile(begin, "cell", "exec")
        assert "package='pack'," in begin and first["metadata"]["jupyter"]["source_hidden"]
        assert ("git clone https://github.com/someone/book" in begin) == known
        ask = f"{begin}\nimport os; print(os.getcwd())"
        where = subprocess.run([sys.executable, "-c", ask], cwd="/", text=True, capture_output=True, env={
            **clean, "PYTHONPATH": str(small.root / "src")})
        assert where.stdout.strip() == str(small.root.resolve()), where.stderr


def test_a_variable_of_the_settings_is_set_while_chapters_run(small):
    small.write("mkdocs.yml", (small.root / "mkdocs.yml").read_text().replace(
        "[weave]", "[weave: {environment: {NAMES: a list}}]"))
    small.chapter("\n```python\nimport os\nprint(os.environ['NAMES'])\n```\n")
    assert small.run("weave", "run", "docs/chapter.md").stdout == "docs/chapter.md:15: a list\n"
    assert small.run("weave", "status").stdout == "fresh  docs/chapter.md\n"
    assert small.build().returncode == 0 and "a list" in small.page()


def test_the_modules_may_lie_in_another_folder(small):
    small.write("mkdocs.yml", (small.root / "mkdocs.yml").read_text().replace(
        "[weave]", "[weave: {source: code/python}]"))
    small.write("code/python/other.py", "VALUE = 3\n")
    small.chapter("\n::: listing other.VALUE\n\n```python\nimport sys\nsys.path.insert(0, 'code/python')\n"
                  "import other\nprint(other.VALUE)\n```\n")
    assert small.build().returncode == 0 and "code/python/other.py, line 1<" in small.page()
    small.write("code/python/other.py", "VALUE = 4\n")
    assert "module code/python/other.py changed" in small.run("weave", "status").stdout


def test_the_weave_is_all_that_a_book_of_one_chapter_needs(book):
    """No source folder, no settings but the theme's name, no extensions; assets and search are there.

    The search has the names in code that is not folded, under the title, too, and be they short.
    """
    book.write("mkdocs.yml", "site_name: Small\ntheme: {name: material, font: false}\n"
               "plugins: [search, weave]\n")
    book.chapter(CHAPTER.replace("::: listing pack.module.value", "Words.\n\n```python\nIn = named = 1\n```")
                 + "\n- item\n\n    ```python\n    6 * 7\n    ```\n")
    run = book.build()
    assert run.returncode == 0, run.stderr
    page = book.page()
    for part in ("Prose with 42 in it", "<var class=weave-letter>x</var>", "class=katex",
                 'class="weave-svg"', "1 claim checked", "<code>42</code>"):
        assert part in page
    loaded = re.findall(r'(?:href|src)="?([^"#: >]+\.(?:css|js|woff2))[ >"]', page)
    assert all((book.root / "site/chapter" / address).is_file() for address in loaded), loaded
    assert {"../assets/weave.js", "../assets/weave.css"} <= set(loaded)
    early = "assets/early.js"
    assert f"<script src=../{early}>" in page and f"<script src=/{early}>" in book.page("404.html")
    worker = re.search(r'"search": "([^"]+)"', (book.root / "site" / early).read_text())[1]
    assert worker == "assets/search.js" and (book.root / "site" / worker).is_file()
    empty, whole = (json.loads((book.root / "site/search" / name).read_text())
                    for name in ("search_index.json", "book.json"))
    assert empty["docs"] == [] and empty["config"]
    [names] = [names for *_, sections in whole["pages"] for _, _, text, names in sections
               if "Prose with 42" in text]
    assert {"In", "named"} <= set(names.split()) and "print" not in names
    assert "github.com" not in page and "scratch" not in page


def test_what_lies_deeper_in_the_navigation_is_listed_where_the_reader_is(book):
    book.write("mkdocs.yml", "site_name: Small\ntheme: {name: material, font: false}\nplugins: [weave]\n"
               "nav:\n  - Home: index.md\n  - Part:\n    - One: one.md\n"
               "    - Deeper: [{Two: two.md}, {Three: three.md}]\n")
    for name in ("one", "two", "three"):
        book.write(f"docs/{name}.md", f"# {name}\n")
    assert book.build().returncode == 0

    def links(page):
        nav = BeautifulSoup(book.page(page), "html.parser").select_one(".weave-nav")
        return [link.get_text() for link in nav.select("a, summary")]

    assert links("one/index.html") == ["Home", "Part", "One", "Deeper"]
    assert links("three/index.html") == ["Home", "Part", "One", "Deeper", "Two", "Three"]


def test_the_docstring_of_the_package_names_what_is_in_it():
    folder = ROOT / "src/weave"
    there = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/*.py")}
    listed = set(re.findall(r"^    (\w+)  ", weave.__doc__, re.MULTILINE))
    assert listed - {"assets"} == {name for name in there if not name.startswith("__")}


def test_the_weave_imports_nothing_of_a_book():
    for path in (ROOT / "src/weave").rglob("*.py"):
        names = {name.split(".")[0] for name in imported(path.read_text(encoding="utf-8"))}
        assert not names & {"scratch", "lab", "tests", "benchmarks", "tools"}, path


def test_code_that_is_only_shown_is_shown_as_code(small):
    small.chapter("\n```python .noeval\nnever(run)\n```\n\nProse *after* it.\n")
    assert small.build().returncode == 0
    page = small.page()
    assert "noeval" not in page and "never(run)" in page and "<em>after</em>" in page
