"""What a reader downloads works where nothing of the book is: notebooks, scripts, and the wheel."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml

from weave.site import find_node

ROOT = Path(__file__).resolve().parents[1]
STEMS = sorted(path.relative_to(ROOT / "docs").with_suffix("").as_posix()
               for path in (ROOT / "docs").rglob("*.md") if path.read_text().startswith("---\njupyter:"))
OWN = ("scratch", "benchmarks", "weave", "lab")
# For each script: run its first cell, and the imports of all its cells; look at what they found.
BEGINNINGS = """
import ast, json, os, sys
path, home = list(sys.path), os.getcwd()
for script in sys.argv[1:]:
    for name in [name for name in sys.modules if name.split(".")[0] in {own}]:
        del sys.modules[name]
    os.environ.pop("PYTHONPATH", None)
    os.chdir(home)
    sys.path[:] = path
    said = None
    tree = ast.parse(open(script, encoding="utf-8").read())
    [end] = [n for n, node in enumerate(tree.body) if ast.unparse(node).startswith("begin(")]
    try:
        exec(compile(ast.Module(tree.body[: end + 1], []), script, "exec"), {{}})
        imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
        imports = [node for node in imports if node not in ast.walk(tree.body[end - 1])]
        exec(compile(ast.Module(imports, []), script, "exec"), {{}})
    except ModuleNotFoundError as error:
        said = str(error)
    files = {{name: getattr(sys.modules.get(name), "__file__", None) for name in {own}}}
    [given] = [ast.literal_eval(word.value) for word in tree.body[end].value.keywords if word.arg == "files"]
    missing = [name for name in given if not os.path.exists(name)]
    print(json.dumps([script, said, files, os.getcwd(), missing]))
""".format(own=OWN)
CELLS = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in json.load(open(sys.argv[1]))["cells"]:
    if cell["cell_type"] == "code":
        shell.run_cell("".join(cell["source"]), store_history=True).raise_error()
"""


def environment(folder, wheel=None):
    """The Python of a new environment: third-party packages of this one, and of ours at most a wheel."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    if wheel:
        zipfile.ZipFile(wheel).extractall(packages)
    return folder / "bin/python"


def run(python, *arguments, cwd, **variables):
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SCRATCH"))}
    return subprocess.run([python, *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
                          env={**known, "MPLBACKEND": "agg", **variables})


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of `pip install .`, built from a copy, so that several tests can build at a time."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "src", folder / "book/src", symlinks=True,
                    ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "book")
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation",
                    "--disable-pip-version-check", "-w", folder, folder / "book"], check=True)
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return environment(tmp_path_factory.mktemp("empty") / "venv")


def begun(python, folder, cwd):
    """What the beginnings of all scripts in a site's folder say: {stem: the rest of BEGINNINGS' line}."""
    done = run(python, "-c", BEGINNINGS, *(folder / f"{stem}.py" for stem in STEMS), cwd=cwd)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert len(lines) == len(STEMS) > 30
    return {Path(line[0]).relative_to(folder).with_suffix("").as_posix(): line[1:] for line in lines}


def test_every_download_has_its_modules_and_files_by_its_first_cell_alone(published, empty, tmp_path):
    """The first cell, all imports, and the files that the chapter read when it was executed."""
    folder, _ = published
    for stem, (said, files, here, missing) in begun(empty, folder, tmp_path).items():
        assert said is None and not missing, (stem, said, missing)
        assert Path(here).parent == tmp_path and Path(here).name.startswith("scratch-")
        assert all(path is None or path.startswith(here) for path in files.values())
        assert not (files["weave"] or files["lab"])
    assert [path.name for path in tmp_path.iterdir()] == [Path(here).name]    # one archive, whole


def test_beside_the_wheel_a_download_without_an_address_runs_or_says_what_to_do(site, wheel, tmp_path):
    python = environment(tmp_path / "venv", wheel)
    (tmp_path / "here").mkdir()
    run_at_all = 0
    for stem, (said, files, here, missing) in begun(python, site, tmp_path / "here").items():
        assert here == str(tmp_path / "here")
        if said is None:
            run_at_all += 1
            assert not files["benchmarks"]
            assert files["scratch"] is None or files["scratch"].startswith(str(tmp_path / "venv"))
        else:
            assert "put this file into a copy of the book" in said and len(missing) > 1, stem
    assert run_at_all > 12


@pytest.mark.parametrize("stem", ["micrograd/derivatives", "micrograd/autograd"])
def test_a_downloaded_script_runs_in_an_empty_folder(published, empty, tmp_path, stem):
    done = run(empty, published[0] / f"{stem}.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("stem", STEMS)
def test_every_chapter_runs_to_its_end_where_it_is_downloaded(published, empty, tmp_path, stem, request):
    if not request.config.getoption("--long"):
        pytest.skip("executes every chapter again, 4 minutes in all: make test ARGS=--long")
    (tmp_path / "here").mkdir()
    done = run(empty, "-c", CELLS, published[0] / f"{stem}.ipynb", cwd=tmp_path / "here")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_a_download_from_a_copy_of_the_book_uses_it(site, empty, tmp_path):
    """From a folder inside of it, without installing: its own modules, and what they are edited to."""
    book = tmp_path / "book"
    shutil.copytree(ROOT / "src/scratch/micrograd", book / "src/scratch/micrograd")
    shutil.copy(ROOT / "src/scratch/__init__.py", book / "src/scratch")
    (book / "downloads").mkdir()
    script = ast.parse((site / "micrograd/neurons.py").read_text()).body[:2]
    code = "\n".join(map(ast.unparse, script)) + "\nimport scratch, os; print(scratch.__file__, os.getcwd())"
    done = run(empty, "-c", code, cwd=book / "downloads")
    assert done.stdout == f"{book}/src/scratch/__init__.py {book}\n", done.stderr


def test_what_is_missing_is_named_by_itself(published, tmp_path):
    """Of packages, what pip calls them; then the module, where no address is known."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    done = run(tmp_path / "venv/bin/python", published[0] / "tokenization/bpe.py", cwd=tmp_path)
    assert "ModuleNotFoundError: this chapter needs packages that are not installed here: " in done.stderr
    assert "`python -m pip install IPython matplotlib regex tiktoken torch`" in done.stderr
    done = run(tmp_path / "venv/bin/python", published[0] / "cuda/softmax.py", cwd=tmp_path)
    gpu = " pycuda" if shutil.which("nvidia-smi") else ""
    assert f"pip install matplotlib numpy{gpu} pyopencl pocl-binary-distribution torch`" in done.stderr


def test_an_archive_of_another_edition_or_out_of_reach_is_refused_with_what_to_do(published, empty, tmp_path):
    text = (published[0] / "micrograd/neurons.py").read_text()
    [sha256] = re.findall("sha256='(.{64})'", text)
    (tmp_path / "script.py").write_text(text.replace(sha256, "0" * 64))
    done = run(empty, tmp_path / "script.py", cwd=tmp_path)
    assert "is of another edition of the book than this file: download this chapter again" in done.stderr
    (tmp_path / "script.py").write_text(text.replace("/scratch.zip", "/gone.zip"))
    done = run(empty, tmp_path / "script.py", cwd=tmp_path)
    assert "gone.zip cannot be read (HTTP Error 404" in done.stderr
    assert "put this file into a copy of the book" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


def test_no_link_of_a_notebook_is_dead_and_hidden_cells_fold_in_jupyter_and_colab(site, published):
    folder, address = published
    for stem in STEMS:
        for root, known in ((site, False), (folder, True)):
            cells = nbformat.read(root / f"{stem}.ipynb", 4)["cells"]
            prose = re.sub(r"(`+).+?\1", "", "\n".join(
                cell["source"] for cell in cells if cell["cell_type"] == "markdown"), flags=re.DOTALL)
            assert not re.findall(r"\]\([^)\s]*\.md[^)\s]*\)|\]\(#", prose), stem
            links = re.findall(rf"\]\({re.escape(address)}([^)#]*)", prose)
            assert known or not links
            assert all((folder / link / "index.html").is_file() for link in links)
        for cell in cells:
            folded = cell["metadata"].get("jupyter", {}).get("source_hidden", False)
            assert folded == (cell["metadata"].get("cellView") == "form")
            assert folded == cell["source"].startswith("# @title ") or cell["cell_type"] == "markdown"


def test_the_wheel_has_the_package_its_data_and_its_command_and_nothing_else(wheel, empty, tmp_path):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"scratch", "neural_networks_from_scratch"}
    python = environment(tmp_path / "venv", wheel)
    read = "from scratch.makemore.data import read_words; print(len(read_words()))"
    assert run(python, "-c", read, cwd=tmp_path).stdout == "32000\n"
    done = run(python, "-m", "scratch", "copy", "micrograd/nn", "mine", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert run(python, "mine/test_micrograd_nn.py", cwd=tmp_path).returncode == 0
    entry = zipfile.ZipFile(wheel).read(next(name for name in names if name.endswith("entry_points.txt")))
    assert b"scratch = scratch.__main__:main" in entry


def test_what_chapters_install_on_a_gpu_is_in_the_settings():
    text = (ROOT / "mkdocs.yml").read_text()
    weave = next(each["weave"] for each in yaml.safe_load(text)["plugins"] if "weave" in each)
    assert weave["gpu"] == {"packages": ["pycuda"], "environment": {"SCRATCH_CUDA": "gpu"}}


def test_every_chapter_is_one_page_of_markdown_whose_figures_and_links_are_there(published):
    """Published, its addresses are whole: it is text to paste anywhere."""
    folder, address = published
    pictures = 0
    for stem in STEMS:
        if stem == "index":    # which is about the site
            assert not (folder / "index.md").exists()
            continue
        text = (folder / f"{stem}.md").read_text(encoding="utf-8")
        assert text.startswith("# ") and text.endswith(f"<{address}{stem}/>\n"), stem
        prose = re.sub(r"^( *)(`{3,}).*?^\1\2$|`[^`\n]+`", "", text, flags=re.MULTILINE | re.DOTALL)
        assert "::: listing" not in prose and "{python}" not in prose and "weave" not in prose, stem
        for link in re.findall(r"\]\(([^)\s]+)\)", prose):
            assert link.startswith(("https://", address, "#")), f"{stem}: {link}"
            path = link.removeprefix(address).partition("#")[0]
            if link.startswith(address):
                there = folder / path
                assert there.is_file() or (there / "index.html").is_file(), f"{stem}: {link}"
        pictures += len(re.findall(r"!\[[^\]]+\]\(", prose))
    assert pictures > 40


def test_the_book_is_one_valid_epub(site):
    """Oracle: epubcheck-ts, which is W3C's EPUBCheck in another language."""
    tool, node = ROOT / "node_modules/@likecoin/epubcheck-ts/bin/epubcheck.js", find_node()
    if not (tool.exists() and node):
        pytest.skip("epubcheck-ts is not installed; make env installs it")
    [book] = site.glob("*.epub")
    run = subprocess.run([node, tool, "--fail-on-warnings", book], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    with zipfile.ZipFile(book) as opened:
        contents = opened.read("EPUB/nav.xhtml").decode().replace("&#39;", "'")
    titles = [(ROOT / f"docs/{stem}.md").read_text().split("\n# ")[1].split("\n")[0] for stem in STEMS
              if stem != "index"]
    assert len(titles) > 30 and all(f">{title}<" in contents for title in titles)
