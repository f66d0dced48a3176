"""Training in a page: what the page's Python does with PyTorch, and what a reader does with the page."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path

import pytest
import test_browser
from test_browser import in_both, looks, sideways, violations

from weave.site import find_node
from weave.take import take

ROOT = Path(__file__).resolve().parents[1]
TRAINING = ROOT / "docs/assets/training"
PYODIDE = ROOT / "node_modules/pyodide"
HANGING = 600_000    # milliseconds: it ends a run that hangs, and judges nothing
open_page = test_browser.open_page    # a fixture
WORDS = ("anna hanna johanna susanna banana ananas nana kanna manna panna sanna jana lana dana hana ana anja "
         "tanja sonja ronja maja kaja").split()
LETTERS = set("".join(WORDS))
MINE = {"name": "mine.txt", "mimeType": "text/plain", "buffer": "\n".join(WORDS).encode()}
SMALL = {"layers": 1, "heads": 2, "channels": 16}
LEARN = """
import json, sys
import learn
for line in sys.stdin:
    learn.FOLDER, trainings = json.loads(line)
    found = []
    try:
        for given in trainings:
            settings, file = given.get("settings"), given.get("file")
            learner = learn.Learner(given["kind"], given["name"], settings, file=file)
            learner.steps(1e9, given["steps"])
            if "save" in given:
                learner.save(given["save"])
            now = {"look": learner.look(given["pattern"]), "judged": learner.judged()}
            found.append(learner.about() | now)
        print(json.dumps(found), flush=True)
    except Exception as error:
        print(json.dumps(f"{type(error).__name__}: {error}"), flush=True)
"""


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    """The folders that worker.js makes of the site's zips, and learn.py; PyTorch stands in for the book's."""
    folder = tmp_path_factory.mktemp("book")
    for name in re.findall(r'"(makemore/\w+)"', (TRAINING / "worker.js").read_text(encoding="utf-8")):
        content = take(ROOT / f"src/scratch/{name}.py", ROOT / "src").packed({})
        zipfile.ZipFile(BytesIO(content)).extractall(folder)
    shutil.copy(TRAINING / "learn.py", folder)
    return folder


@pytest.fixture(scope="module")
def learning(handed_out):
    """One Python with PyTorch for all trainings."""
    paths = [handed_out, *(each for each in handed_out.iterdir() if each.is_dir())]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    with subprocess.Popen([sys.executable, "-c", LEARN], text=True, env=environment,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as learning:
        yield learning


@pytest.fixture
def learn(learning, tmp_path):
    """learn(kind, {"steps": ...}, ...) -> what the page's Python tells of trainings with PyTorch."""
    (tmp_path / "words.txt").write_text("\n".join(WORDS), encoding="utf-8")

    def run(kind, *trainings):
        given = [{"kind": kind, "name": "words.txt", "pattern": "?anna"} | each for each in trainings]
        print(json.dumps([f"{tmp_path}/", given]), file=learning.stdin, flush=True)
        told = json.loads(learning.stdout.readline())
        if isinstance(told, str):
            raise RuntimeError(told)
        return told
    return run


def makemore(*command):
    """What `python -m scratch.makemore` says, without starting another Python."""
    from scratch.makemore.__main__ import main

    with redirect_stdout(StringIO()) as said, redirect_stderr(StringIO()) as wrong:
        status = main([*map(str, command)])
    assert status == 0, wrong.getvalue()
    return said.getvalue()


@pytest.mark.parametrize("kind", ["gpt", "bert", "mlp"])
def test_a_model_is_trained_and_saved_and_goes_on(kind, learn, tmp_path):
    """Oracles: a training that was not interrupted, and the program, which makes words with the file."""
    saved, settings = str(tmp_path / "model"), {} if kind == "mlp" else SMALL
    first, whole, after = learn(kind, {"steps": 30, "settings": settings, "save": saved},
                                {"steps": 40, "settings": settings}, {"steps": 10, "file": saved})
    assert len(first["losses"]) == 30 and sum(first["losses"][-5:]) < sum(first["losses"][:5])
    assert 0 < first["judged"] < 2 * first["guess"] and first["words"] == len(WORDS)
    assert after["losses"] == pytest.approx(whole["losses"], abs=1e-6) and after["look"] == whole["look"]
    if kind == "bert":
        assert all(set(each.split()[0]) <= LETTERS and each[1:5] == "anna" for each in first["look"])
        assert "anna" in makemore("fill", saved, "?anna")
    else:
        assert len(first["look"]) == 10 and set("".join(first["look"])) <= LETTERS
        assert set(makemore("sample", saved, "--count", "20")) <= LETTERS | {"\n"}


@pytest.mark.parametrize("text, says", [
    ("one\ntwo.three\n", "line 2: 'two.three' contains '.', which marks where a word ends"),
    ("one\ntwo\n", "2 words are too few for three parts; ten do"), ("", "not one word")])
def test_a_list_of_words_that_does_not_do_is_refused_with_its_reason(text, says, learn, tmp_path):
    (tmp_path / "words.txt").write_text(text, encoding="utf-8")
    with pytest.raises(RuntimeError, match=re.escape(says)):
        learn("mlp", {"steps": 1})


def test_a_saved_model_of_another_kind_or_alphabet_is_refused(learn, tmp_path):
    saved = str(tmp_path / "model")
    learn("mlp", {"steps": 1, "save": saved})
    with pytest.raises(RuntimeError, match="holds a model of the kind mlp, and this page trains a gpt"):
        learn("gpt", {"steps": 1, "file": saved})
    (tmp_path / "words.txt").write_text("\n".join(f"q{word}" for word in WORDS), encoding="utf-8")
    with pytest.raises(RuntimeError, match="'q'.*is not in the vocabulary"):
        learn("mlp", {"steps": 1, "file": saved})


def test_a_pattern_without_a_blank_is_refused(learn):
    with pytest.raises(RuntimeError, match="'anna' has no .*which stands for a letter to fill in"):
        learn("bert", {"steps": 1, "settings": SMALL, "pattern": "anna"})


# in a browser

@pytest.fixture(scope="module")
def python(published):
    """The site has Python for its pages, from node_modules if the build did not bring it."""
    if not ((PYODIDE / "pyodide.mjs").exists() and find_node()):
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("no node_modules/pyodide: `npm ci` installs it")
    folder = published[0] / "assets/run"
    folder.mkdir(exist_ok=True)
    for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"):
        if not (folder / name).exists():
            shutil.copy(PYODIDE / name, folder)
    if not (folder / "python.zip").exists():
        shutil.copy(PYODIDE / "python_stdlib.zip", folder / "python.zip")


def opened(page):
    """The widget with its controls, once it is near."""
    place = page.locator("weave-widget[name=train]")
    place.scroll_into_view_if_needed()
    place.get_by_label("A saved model").wait_for()
    return place


def told(place, text):
    """Wait until the widget says this -> what it says."""
    status = place.locator("[role=status]", has_text=text)
    status.wait_for(timeout=HANGING)
    return status.inner_text()


PAGES = {"makemore/gpt/": "gpt", "makemore/mlp/": "mlp", "makemore/bert/": "bert"}
WRONG = MINE | {"buffer": b"a.b\n" * 20}


@pytest.mark.parametrize("path", PAGES)
def test_a_reader_told_of_a_bad_list_trains_on_another_unplugged_and_the_controls_fit_and_shut_nobody_out(
        open_page, python, path, tmp_path):
    """By keyboard: train, stop, save, open again, go on.

    Oracle for the saved file: the program; for controls that shut nobody out: axe-core, on the whole page in
    one look, and on the widget in all.
    """
    page = open_page(path)
    asked, figure = [], page.locator("weave-widget[name=train] svg").get_attribute("aria-label")
    page.on("request", lambda request: asked.append((request.method, request.url, request.post_data)))
    place = opened(page)
    place.get_by_role("button", name="Save", exact=True).press("Enter")
    assert "no model to save yet" in told(place, "")
    assert place.locator("svg").get_attribute("aria-label") == figure, "the figure is still the chapter's"
    before = page.evaluate("window.shifts")
    assert not [url for _, url, _ in asked if "assets/run/" in url or url.endswith(".zip")], "too early"
    place.get_by_label("Your words").set_input_files(WRONG)
    place.get_by_role("button", name="Train").press("Enter")
    told(place, "contains '.', which marks where a word ends")
    place.get_by_label("Your words").set_input_files(MINE)
    place.get_by_role("button", name="Train").focus()
    page.keyboard.press("Enter")
    assert f"{len(WORDS)} words" in told(place, "parameters")
    assert page.heard == []
    page.context.set_offline(True)
    told(place, "Step ")
    page.evaluate("window.answered = 0; setTimeout(() => { window.answered = 1; })")
    page.wait_for_timeout(100)
    assert page.evaluate("window.answered") == 1, "the page answers meanwhile"
    stop = place.get_by_role("button", name="Stop")
    stop.focus()
    page.keyboard.press("Enter")
    said = told(place, "on words that it has not seen")
    taken = int(re.match(r"[\d,]+", said)[0])
    shown = place.locator("p.widget-words").inner_text()
    assert taken > 0 and set(shown) <= LETTERS | set(", (empty)0123456789%")
    with page.expect_download() as download:
        place.get_by_role("button", name="Save", exact=True).press("Enter")
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    if PAGES[path] == "bert":
        assert "anna" in makemore("fill", saved, "?anna")
    else:
        assert set(makemore("sample", saved, "--count", "20")) <= LETTERS | {"\n"}
    place.get_by_label("A saved model").set_input_files(saved)
    place.get_by_role("button", name="steps more").wait_for(timeout=HANGING)
    place.get_by_role("button", name="steps more").press("Enter")
    step = re.search(r"Step (\d+)", told(place, "Step "))
    assert int(step[1]) > taken, "it goes on from where it was"
    place.get_by_role("button", name="Stop").press("Enter")
    told(place, "on words that it has not seen")
    assert all(method == "GET" and body is None for method, _, body in asked)
    assert page.evaluate("window.shifts") <= before + 0.01
    for n, look in enumerate(looks(page, (1280, 390))):
        assert sideways(page) == 0, look
        assert violations(page, "weave-widget[name=train]" if n else "html") == [], look
    assert page.heard == []


@in_both
def test_the_default_gpt_takes_its_first_steps(open_page, python):
    """By keyboard, on the book's names, of 26 letters."""
    page = open_page("makemore/gpt/")
    place = opened(page)
    place.get_by_label("Size").press("End")
    place.get_by_role("button", name="Train").press("Enter")
    assert "26 letters" in told(place, "parameters")
    step, loss = re.match(r"Step (\d+): loss (\d\.\d+)\.", told(place, "Step ")).groups()
    assert int(step) == 25 and 2 < float(loss) < math.log(27)
    place.get_by_role("button", name="Stop").press("Enter")
    told(place, "on words that it has not seen")
    assert page.heard == []


def test_without_python_it_says_so(open_page, published):
    """Of a site that was built without npm's packages: the same, with that file out of reach."""
    page = open_page("makemore/gpt/")
    page.context.route("**/assets/run/**", lambda route: route.abort())
    place = opened(page)
    place.get_by_role("button", name="Train").press("Enter")
    assert "built without Python" in told(place, "That did not work")


def test_a_hundred_losses_in_the_page_are_pytorchs(open_page, python, learn, pytestconfig, tmp_path):
    """Oracle: the same Python with PyTorch, from the same seeds: to 1e-4, four layers and 64 channels."""
    if not pytestconfig.getoption("long"):
        pytest.skip("--long: a hundred steps of the default model in a browser")
    names = ROOT / "src/scratch/makemore/names.txt"
    shutil.copy(names, tmp_path / "names.txt")
    [theirs] = learn("gpt", {"steps": 100, "name": "names.txt"})
    page = open_page("makemore/gpt/")
    page.evaluate("""() => {
        window.heard = [];
        const Before = Worker;
        window.Worker = class extends Before {
            constructor(...given) {
                super(...given);
                this.addEventListener("message", ({ data }) => window.heard.push(...data.losses ?? []));
            }
        };
    }""")
    place = opened(page)
    place.get_by_label("Size").select_option("default")
    place.get_by_role("button", name="Train").press("Enter")
    told(place, "Step 100")
    place.get_by_role("button", name="Stop").press("Enter")
    mine = page.evaluate("window.heard")[:100]
    assert len(mine) == 100 and mine == pytest.approx(theirs["losses"], rel=1e-4)
