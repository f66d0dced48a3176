"""The reference has a page for every module and kernel, and what a page says is true of the files."""

import ast
import html
import json
import re
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import griffe
import pytest
import yaml
from bs4 import BeautifulSoup
from mkdocstrings import CollectionError
from mkdocstrings_handlers.weave import get_handler, prose, signature

from pages import KINDS, page_of
from weave.imports import parsed
from weave.take import companions, docstring, take

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
MODULES = sorted(path for path in (SOURCE / "scratch").rglob("*.py")
                 if not path.name.startswith("__"))
INSTALLS = {"pyopencl": ["pyopencl", "pocl-binary-distribution"]}    # of mkdocs.yml
KERNELS = sorted((SOURCE / "scratch").rglob("*.cu"))


@pytest.fixture(scope="module")
def pages(site):
    """{path of a module or a kernel: the HTML of its page}."""
    return {path: (site / page_of(path) / "index.html").read_text(encoding="utf-8")
            for path in [*MODULES, *KERNELS]}


def facts(page):
    """{what a page says at its top: the HTML of that}."""
    [rows] = re.findall(r"<dl class=weave-facts[^>]*>(.*?)</dl>", page, re.DOTALL)
    return dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", rows, re.DOTALL))


def text(fragment):
    return html.unescape(re.sub(r"<[^>]+>", "", fragment))


def links(fragment):
    return re.findall(r"href=\"?([^\s\">]+)", fragment)


def soup(page):
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture
def reference(tmp_path):
    """A handler for sources in tmp_path/src; render(identifier, options) makes HTML."""
    config = SimpleNamespace(config_file_path=tmp_path / "mkdocs.yml")
    handler = get_handler({"paths": ["src"]}, config, theme="material", custom_templates=None,
                          mdx=[], mdx_config={})

    def render(identifier, **options):
        options = handler.get_options(options)
        return handler.render(handler.collect(identifier, options), options)

    return SimpleNamespace(render=render, headings=handler.get_headings)


def write(tmp_path, **modules):
    for name, source in modules.items():
        path = tmp_path / "src/unit" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")


def test_every_module_and_kernel_has_a_page_with_its_whole_source_and_its_unit_lists_it(pages, site):
    assert len(MODULES) > 70 and len(KERNELS) > 10
    for path, page in pages.items():
        sources = dict(re.findall(r"id=source-\w+>Source of <code>([^<]+)</code>.*?<pre><code>(.*?)</code>",
                                  page, re.DOTALL))
        assert text(sources[path.name]) == path.read_text(encoding="utf-8")
        unit = (site / "reference" / path.relative_to(SOURCE / "scratch").parts[0] / "index.html").read_text()
        assert f"../{page_of(path).partition('/')[2]}" in links(unit), f"{unit} does not list {path}"


def test_a_page_says_what_has_to_be_installed(pages):
    """Oracle: what is imported in the files that are handed out, apart from Python's own and each other."""
    for path in MODULES:
        handed_out = take(path, SOURCE)
        files = {Path(name): content.decode() for name, content in handed_out.files.items()
                 if name.endswith(".py")} if handed_out else {path: path.read_text(encoding="utf-8")}
        known = {*sys.stdlib_module_names, "scratch", *(file.parts[0].removesuffix(".py") for file in files)}
        nodes = [node for content in files.values() for node in parsed(content).body]
        names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
        modules = {name.partition(".")[0] for name in names} - known
        expected = {name for module in modules for name in INSTALLS.get(module, [module])}
        says = re.search(r"pip install ([\w -]+)", text(facts(pages[path])["Needs"]))
        assert {*(says[1].split() if says else [])} == expected, path
        if expected:
            assert "tested with " + min(expected) in facts(pages[path])["Needs"]
        else:
            assert facts(pages[path])["Needs"].startswith("Python alone")


def test_a_page_names_and_links_the_companions_and_hands_out_all_of_it_with_the_licence(pages, site):
    """test_modules runs the examples of what is handed out, flat in a folder and in a package."""
    for path in [*MODULES, *KERNELS]:
        taken, known = take(path, SOURCE), facts(pages[path])
        if taken is None:
            assert "Download" not in known and "Companions" not in known
            continue
        if path.suffix == ".cu" and path.with_suffix(".py") in MODULES:
            continue    # the page is the module's
        address = (taken.path.parent / taken.archive).relative_to(ROOT)
        assert f"../../{address}" in links(known["Download"])
        with zipfile.ZipFile(site / address) as archive:
            packed = {name: archive.read(name) for name in archive.namelist()}
        within = "" if taken.path.is_dir() else f"{path.stem}/"
        assert packed.pop(f"{taken.path.stem}/LICENSE") == (ROOT / "LICENSE").read_bytes()
        assert packed == {within + name: content for name, content in taken.files.items()}
        named = companions(path)
        says = f"the whole folder {taken.title}" if taken.path.is_dir() else ", ".join(named) or "none"
        assert text(known["Companions"]) == says
        assert len(links(known["Companions"])) == (1 if taken.path.is_dir() else len(named))


def test_a_page_leads_to_the_chapter_the_test_and_the_lab(pages):
    named = {}    # the page of a module or folder: the chapters that have it in `modules:`
    for chapter in sorted((ROOT / "docs").rglob("*.md")):
        header = yaml.safe_load(chapter.read_text(encoding="utf-8").split("---")[1])
        for name in header.get("modules") or []:
            stem = chapter.relative_to(ROOT / "docs").with_suffix("")
            named.setdefault(name.removeprefix("scratch."), []).append(f"../../{stem}/")
    labs = {re.search(r"In place of: scratch\.([\w.]+?)\.(?=\s|$)", docstring(lab)): lab
            for lab in sorted(ROOT.glob("labs/*/*.py"))}
    taught = tested = practised = 0
    for path in MODULES:
        known, name = facts(pages[path]), page_of(path).split("/")[1]
        says = re.search(r"\bChapter: docs/(\S+)\.md", docstring(path))
        expected = {address for module, addresses in named.items() for address in addresses
                    if f"{name}.".startswith(f"{module}.")} | ({f"../../{says[1]}/"} if says else set())
        assert {*links(known.get("Chapter", ""))} == expected, path
        test = path.relative_to(SOURCE / "scratch").with_name(f"test_{path.name}")
        assert text(known["Test"]) == f"tests/{test}" and (ROOT / "tests" / test).is_file()
        for match, lab in labs.items():
            if match and match[1] == name:
                assert f"../../{lab.relative_to(ROOT)}" in links(known["Lab"])
                practised += 1
        taught, tested = taught + bool(expected), tested + 1
    assert practised == sum(map(bool, labs)) > 15 and taught > 40 and tested == len(MODULES)
    alone = [path for path in KERNELS if path.with_suffix(".py") not in MODULES
             and path.parent.name == "kernels"]    # in a folder that is copied whole, all are its own
    for path in alone:    # they are their launchers'
        known = facts(pages[path])
        launchers = [facts(pages[SOURCE / "scratch/cuda/kernels" / name])
                     for name in text(known["Launched by"]).split(", ")]
        assert {*links(known["Chapter"])} == {link for one in launchers for link in links(one["Chapter"])}
        assert {*text(known["Test"]).split(", ")} == {text(one["Test"]) for one in launchers}
    assert alone


def test_a_chapter_ends_with_the_way_to_its_code_its_tests_its_lab_and_its_measurements(site):
    """Oracle: the row of the chapter in README's table; results/README.md says what `made by` is."""
    def end(chapter):
        *_, last = soup(site / chapter / "index.html").select("dl.weave-facts")
        return {name.text: value for name, value in zip(last.select("dt"), last.select("dd"))}

    known = end("makemore/gpt")
    assert [link.text for link in known["Code"].select("a")] == ["transformer.py", "gpt.py"]
    assert "tests/makemore/test_gpt.py" in known["Tests"].text
    assert {link["href"] for link in known["Lab"].select("a[download]")} == {
        "../../labs/makemore/transformer.py", "../../labs/makemore/gpt.py"}
    assert "benchmarks/gpt.py" in known["Measured by"].text
    assert end("micrograd/autograd").keys() == {"Code", "Tests", "Lab"}
    for path in sorted((ROOT / "docs").glob("*/*.md")):
        header = yaml.safe_load(path.read_text(encoding="utf-8").split("---")[1])
        if header.get("modules"):
            assert end(path.relative_to(ROOT / "docs").with_suffix("")).keys() >= {"Code", "Tests"}, path


def test_captions_and_code_in_chapters_lead_to_places_that_the_reference_has(site):
    """That the anchors are there, test_site finds."""
    chapter = soup(site / "micrograd/autograd/index.html")
    captions = {link["href"] for link in chapter.select(".weave-source > a")}
    assert "../../reference/micrograd.engine/#scratch.micrograd.engine.Value.__mul__" in captions
    prose = {link["href"]: link.text for link in chapter.select("p > a") if link.select("code")}
    assert prose["../../reference/micrograd.draw/"] == "scratch.micrograd.draw"
    matmul = soup(site / "cuda/matmul/index.html")
    assert matmul.select(".weave-source > a[href='../../reference/cuda.kernels.matmul_naive/#cu.matmul']")


def test_what_once_had_an_anchor_on_the_page_of_its_unit_has_it_still(site):
    unit, module = (soup(site / f"reference/{name}/index.html") for name in ("micrograd", "micrograd.engine"))
    for anchor in ("scratch.micrograd.engine", "scratch.micrograd.engine.Value"):
        assert unit.find(id=anchor) and module.find(id=anchor)
    assert module.find(id="scratch.micrograd.engine.Value.__mul__")


def test_the_search_finds_names_of_functions_and_no_source(site):
    pages = json.loads((site / "search/book.json").read_text())["pages"]
    [own] = [sections for address, *_, sections in pages if address == "reference/micrograd.engine/"]
    titles = {id: title for id, title, *_ in own}
    assert "topological_order" in titles[".topological_order"] and "Scalar autograd" in own[0][2]
    assert "self.data =" not in json.dumps(own) and "Source of" not in json.dumps(own)


def test_the_page_of_a_module_is_edited_and_found_where_its_source_is(published):
    folder, _ = published
    for path in KINDS.values():
        page = (folder / page_of(path) / "index.html").read_text(encoding="utf-8")
        edited = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path
        assert f"https://github.com/someone/book/edit/main/{edited.relative_to(ROOT)}" in links(page)
        for source in {edited, path}:
            assert re.search(rf"someone/book/blob/\w{{12}}/{source.relative_to(ROOT)}\b", page)
    assert re.search(r"/blob/\w{12}/tests/makemore/test_gpt.py",
                     (folder / "reference/makemore.gpt/index.html").read_text(encoding="utf-8"))


def test_a_docstring_keeps_its_examples_and_the_alignment_of_its_legend():
    made = prose("a * b < c, see docs/u/v.md and `x`.\n\n    >>> f(1)\n    2\n\n"
                 "    B   examples\n\n    TT  two\n\nEnd.")
    assert made.startswith('<p>a * b &lt; c, see <a href="../../u/v/">u/v</a> and <code>x</code>.</p>')
    examples, legend = re.findall(r"<pre><code>(.*?)</code></pre>", made, re.DOTALL)
    assert re.sub("<[^>]+>", "", examples) == "&gt;&gt;&gt; f(1)\n2"
    assert legend == "B   examples\n\nTT  two"
    assert made.endswith("<p>End.</p>")


def test_an_example_at_the_margin_is_code():
    assert "<pre>" in prose("Text.\n\n>>> 1 + 1\n2")


@pytest.mark.parametrize("source, expected", [
    ("def f(a, *, b=1): 'x'", "f(a, *, b=1)"), ("def f(*a, b, **c): 'x'", "f(*a, b, **c)"),
    ("class f:\n def __init__(self, a=None): 'x'", "class f(a=None)"),
    ("class f(Exception): 'x'", "class f")])
def test_a_signature_is_that_of_the_source(source, expected):
    with griffe.temporary_visited_module(source) as module:
        assert signature(module["f"]) == expected


def test_what_is_public_is_shown_in_the_order_of_the_source(reference, tmp_path):
    write(tmp_path, __init__='"""Unit.\n\nMore of it."""\n\ndef own():\n    "O."\n',
          b='"""B."""\nfrom .a import A\n\n'
          'def later():\n    "Two."\n\n'
          'class Earlier:\n    "One."\n\n    def method(self, x):\n        "M."\n\n'
          '    def _own(self):\n        "O."\n\n'
          'def bare(): pass\n', a='"""A."""')
    made = reference.render("unit.b")
    assert re.findall(r'id="([^"]+)"', made) == ["unit.b.later", "unit.b.Earlier", "unit.b.Earlier.method"]
    assert [(one.tag, one.text) for one in reference.headings()] == [
        ("h2", "later"), ("h2", "Earlier"), ("h4", "method")]
    assert made.startswith("<p>B.</p><h2")
    assert re.findall(r'id="([^"]+)"', reference.render("unit")) == ["unit.own"]


@pytest.mark.parametrize("show, paragraphs", [
    ("all", ["Unit.", "More of it.", "O."]), ("rest", ["More of it.", "O."]), ("members", ["O."]),
    ("docstring", ["Unit.", "More of it."])])
def test_a_page_may_show_parts_of_what_a_module_says(reference, tmp_path, show, paragraphs):
    write(tmp_path, __init__='"""Unit.\n\nMore of it."""\n\ndef own():\n    "O."\n')
    assert re.findall("<p>(.*?)</p>", reference.render("unit", show=show)) == paragraphs
    with pytest.raises(CollectionError, match="no module other"):
        reference.render("other")


def test_of_a_file_of_cuda_its_comments_and_its_kernels_are_shown(reference, tmp_path):
    write(tmp_path)
    path = tmp_path / "src/unit/k.cu"
    path.parent.mkdir(parents=True)
    path.write_text("// A kernel.\n//\n//   x  (N) float32\n\n#define T 8\n"
                    "__device__ int plain(int a) { return a; }\n\n// What it does.\n//   grid  any\n"
                    'extern "C" __global__ void __launch_bounds__(T)\nk(float *x /* both */, int N)\n{ }\n')
    made = reference.render("unit/k.cu", level=3)
    assert made.startswith('<p>A kernel.</p><div class="highlight"><pre><code>x  (N) float32')
    assert re.findall(r'<h3 id="([^"]+)">(.*?)<a', made) and "plain" not in made
    assert text(made).count('extern "C" __global__ void __launch_bounds__(T) k(float *x , int N)') == 1
    assert "<p>What it does.</p>" in made and "grid  any" in made and 'id="cu.k"' in made
