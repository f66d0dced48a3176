"""Labs are solved in their page, in a browser, by doing what a reader does."""

import ast
import re
from pathlib import Path

import pytest
from test_browser import in_both, quiet, violations
from test_run import HANGING, opened, show

from lab.judge import judge
from lab.page import answered
from lab.stub import ROOT, WRONG, Lab
from weave import run
from weave.graded import taken_apart
from weave.site import find_node

from tests.lab.test_lab import chapters_code

SAMPLE = {"labs/micrograd/nn.py", "labs/bpe/basic.py", "labs/cuda/speed.py", "labs/torch/views.py",
          "labs/makemore/attention.py"}
STAY = {"settings", "topological_order", "fine_tuned", "pca"}    # exercises that stay out of the page
pytestmark = pytest.mark.skipif(not (run.PYODIDE.is_dir() and find_node()),
                                reason="node_modules has no pyodide, or there is no node: run `make env`")


@pytest.fixture
def open_page(request, published):
    """open_page(...) -> the page of labs, in a context of its own."""
    pages, browser = [], request.getfixturevalue(getattr(request, "param", "chromium"))

    def open_page(**options):
        pages.append(opened(browser, f"{published[1]}labs/", **options))
        return pages[-1]

    yield open_page
    for page in pages:
        page.context.close()


@pytest.fixture(scope="module")
def labs(chromium, published):
    """The page of labs, which the browser closes."""
    return opened(chromium, f"{published[1]}labs/")


@pytest.fixture
def page(labs):
    """The page of labs without an answer, and none open; Python is there if a test before checked one."""
    for address in labs.evaluate("Object.keys(JSON.parse(localStorage['weave-labs'] ?? '{}'))"):
        one = Exercise(labs, *address.split("::"))
        if one.button.get_attribute("aria-expanded") == "false":
            one.open()
        one.press("Start again")
    if labs.locator(".weave-answer").count():
        labs.locator(".weave-answer").get_by_role("button", name=re.compile("^Close ")).click()
    show(labs, "light", 1280)
    labs.heard.clear()
    return labs


class Exercise:
    """An exercise of a lab on the page, as its reader sees it."""

    def __init__(self, page, lab, name):
        self.page, self.lab, self.name = page, lab, name
        self.button = page.locator(f'[data-lab="{lab}"] button:text-is("{name}")')

    def open(self):
        self.button.click()
        self.area.wait_for()
        return self

    @property
    def area(self):
        return self.page.locator(".weave-answer textarea")

    def press(self, name):
        self.page.locator(".weave-answer").get_by_role("button", name=re.compile(f"^{name} ")).click()

    def write(self, body):
        """Put a body in the place of the stub's, at its indentation."""
        text = self.area.input_value()
        at = text.index("raise NotImplementedError")
        indent = text[:at].rsplit("\n", 1)[1]
        self.area.fill(text[:at] + body.replace("\n", f"\n{indent}"))

    def check(self):
        """Check the answer -> what the page says of it."""
        self.press("Check")
        verdict = self.page.locator(".weave-verdict")
        verdict.locator("p").first.wait_for(timeout=HANGING)
        return verdict.inner_text()


def python(page):
    return [url for url in page.asked if re.search(r"/assets/run/(?!run\.js|labs\.js)|\.run\.json", url)]


def words(text):
    """The words of a text, without the marks of Markdown and where its chapter is kept."""
    return re.sub(r"Read: docs/\S+", "Read:", re.sub(r"[`$]", "", text)).split()


@in_both
def test_an_exercise_is_solved_explained_as_make_lab_does_and_kept_until_begun_again(open_page, tmp_path):
    """Oracle: lab.judge, on a file with the same mistake."""
    page = open_page()
    assert python(page) == []
    tanh = Exercise(page, "labs/micrograd/engine.py", "Value.tanh").open()
    stub = tanh.area.input_value()
    assert not [url for url in page.asked if url.endswith(".wasm")]
    label = page.locator(".weave-answer .weave-run button").first.inner_text()
    assert re.match(r"Check \(\d\.\d MB of Python, once\)", label)
    assert tanh.check().split() == "To write. Value.tanh is yours to write".split()
    tanh.write('t = math.tanh(self.data)\nreturn node(t, "tanh", (self, 1 - t))')
    wrong = tanh.area.input_value()
    says = tanh.check()
    assert says.startswith("Not yet right.\n")
    mine = tmp_path / "engine.py"
    lab = Path(ROOT, tanh.lab).read_text(encoding="utf-8")
    mine.write_text(answered(lab, {tanh.name: wrong}, tanh.name)[0], encoding="utf-8")
    state, why = judge(f"{mine}::{tanh.name}", tests=False)
    assert state == WRONG and words(says) == [*"Not yet right.".split(), *words(why)]
    link = page.locator(".weave-verdict a")
    link.click()
    page.locator("h1", has_text="Autograd").wait_for()
    assert page.locator(f"h2[id='{page.url.partition('#')[2]}']").inner_text().startswith("What does a Value")
    page.go_back()
    page.locator("h1", has_text="Labs").wait_for()
    tanh.open()
    assert tanh.area.input_value() == wrong
    tanh.area.fill(wrong.replace("1 - t)", "1 - t * t)"))
    page.keyboard.press("Shift+Enter")
    page.locator(".weave-verdict", has_text="Passes all its examples").wait_for(timeout=HANGING)
    assert "weave-passed" in tanh.button.get_attribute("class")
    written = tanh.area.input_value()
    page.reload()
    quiet(page)
    assert page.locator(".weave-passed").all_inner_texts() == ["Value.tanh"]
    tanh.open()
    assert tanh.area.input_value() == written
    tanh.area.fill(written + "\n")
    assert page.locator(".weave-passed").count() == 0
    tanh.press("Start again")
    assert tanh.area.input_value() == stub
    assert page.evaluate("localStorage['weave-labs']") == "{}"
    tanh.press("Close")
    assert page.locator(".weave-answer").count() == 0 and page.heard == []
    assert page.evaluate("document.activeElement.textContent") == "Value.tanh"


def test_an_answer_that_passed_is_there_for_the_other_exercises_of_its_lab(page):
    """softmax and cross_entropy of neural_bigram are in no module, and one may call the other."""
    lab = "labs/makemore/neural_bigram.py"
    softmax, cross_entropy = Exercise(page, lab, "softmax"), Exercise(page, lab, "cross_entropy")
    answer = "return -softmax(logits)[torch.arange(len(targets)), targets].log().mean()"
    cross_entropy.open().write(answer)
    assert "softmax is yours to write" in cross_entropy.check()
    softmax.open().write("e = (logits - logits.max(1, keepdim=True).values).exp()\n"
                         "return e / e.sum(1, keepdim=True)")
    assert "Passes" in softmax.check()
    assert "softmax is yours to write" not in cross_entropy.open().check()
    assert page.heard == []


def test_an_endless_loop_is_stopped_and_the_page_goes_on(page):
    one = Exercise(page, "labs/micrograd/derivatives.py", "forward").open()
    one.write("while True: pass")
    one.press("Check")
    note = page.locator(".weave-answer .weave-run > span")
    note.filter(has_text="Checking").wait_for(timeout=HANGING)
    page.wait_for_timeout(500)
    one.press("Stop")
    assert note.inner_text().startswith("Stopped.")
    one.area.fill(one.area.input_value().replace("while True: pass", "return (f(x + h) - f(x)) / h"))
    assert "Passes" in one.check() and page.heard == []


@pytest.mark.parametrize("body, says", [
    ("return 1 / 0", "ZeroDivisionError: division by zero, from line"),
    ("return (", "is not Python: '(' was never closed"),
    ("raise SystemExit", "SystemExit"),
    ("return forward(f, x, h)", "RecursionError"),
])
def test_an_error_is_told_in_a_line_without_the_machinery(page, body, says):
    one = Exercise(page, "labs/micrograd/derivatives.py", "forward").open()
    one.write(body)
    text = one.check()
    assert says in text and not re.search("pyodide|cells.py|lab/page", text)
    if "line" in says:
        line = one.area.input_value().split("\n").index("    return 1 / 0") + 1
        assert f"from line {line}\n" in text
    assert page.heard == []


def test_exercises_are_written_by_keyboard_alone(page):
    one = Exercise(page, "labs/micrograd/derivatives.py", "forward")
    one.button.focus()
    assert one.button.get_attribute("aria-expanded") == "false"
    page.keyboard.press("Enter")
    one.area.wait_for()
    assert one.button.get_attribute("aria-expanded") == "true"
    assert "Escape" in one.area.get_attribute("aria-label")
    page.keyboard.type("return (f(x + h) - f(x)) / h")    # the stub's error is selected
    assert one.area.input_value().endswith("    return (f(x + h) - f(x)) / h")
    page.keyboard.press("Shift+Enter")
    said = page.locator("[role=status]", has_text="Passes all its examples")
    said.wait_for(state="attached", timeout=HANGING)
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Check forward"
    assert page.heard == []


def test_axe_finds_nothing_where_something_was_checked_and_it_fits(page):
    one = Exercise(page, "labs/micrograd/derivatives.py", "forward").open()
    one.write("return f(x)")
    assert "Not yet right" in one.check()
    page.locator(".weave-answer summary").click()
    for scheme, width in (("light", 1280), ("dark", 390)):
        show(page, scheme, width)
        assert violations(page, "article") == [], (scheme, width)
        assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.heard == []


def test_the_scripts_move_nothing_and_without_them_there_is_no_button(open_page):
    """Oracle: the same page before the script of labs was loaded."""
    page, bare = open_page(without="**/labs.js"), open_page(java_script_enabled=False)
    heights = {}
    for loaded in (False, True):
        if loaded:
            page.unroute("**/labs.js")
            page.evaluate("import('/assets/run/labs.js?once-more')")
            page.locator(".weave-lab button[aria-expanded]").first.wait_for(state="attached")
        for width in (1280, 390):
            show(page, "light", width)
            heights[loaded, width] = page.evaluate("document.querySelector('article').offsetHeight")
    assert heights[True, 1280] == heights[False, 1280] and heights[True, 390] == heights[False, 390]
    for width in (1280, 390):
        bare.set_viewport_size({"width": width, "height": 900})
        assert bare.locator(".weave-lab:visible").count() == 0 == bare.locator(".weave-try:visible").count()
        assert "make lab mine=labs/micrograd/engine.py" in bare.locator("article").inner_text()


def test_what_does_not_run_says_why(page):
    item = page.locator("li", has=page.locator("a[href$='cuda/softmax.py']"))
    assert "Not in the page, since it needs numpy." in item.inner_text()
    assert item.locator("button").count() == 0
    item = page.locator("li", has=page.locator("a[href$='makemore/mlp.py']"))
    assert "Not here: settings, which trains for 10,000 steps." in item.text_content()
    assert item.locator("button").count() == 4


def solved(lab, name):
    """What solves an exercise, as an answer: the stub, and below it the book's own code in its place."""
    stub = taken_apart(lab.path.read_text(encoding="utf-8"))[0][name]
    attribute, codes = name.rpartition(".")[2], chapters_code(lab)
    own = [code for code in codes if re.search(rf"\bsolved_{attribute}\b", code)]
    if own:
        book = f"solved_{attribute}"
    else:
        own, book = [f"import {lab.module or 'scratch.micrograd.engine'} as the_book"], f"the_book.{name}"
    return "\n".join([stub, *own, f"{book}.__doc__ = {attribute}.__doc__", f"{attribute} = {book}"])


@pytest.mark.parametrize("path", sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("labs/*/*.py")
                                        if "lab.kernels" not in path.read_text(encoding="utf-8")))
def test_the_books_own_code_passes_and_a_stub_is_to_write(path, request):
    if path not in SAMPLE and not request.config.getoption("long"):
        pytest.skip("all labs take minutes: --long")
    page, lab = request.getfixturevalue("page"), Lab(ROOT / path)
    names = page.locator(f'[data-lab="{path}"] button').all_inner_texts()
    assert {*names} == {*lab.exercises} - STAY
    for name in names:
        one = Exercise(page, path, name).open()
        assert one.check().split() == f"To write. {name} is yours to write".split()
        answer = solved(lab, name)
        ast.parse(answer)
        one.area.fill(answer)
        assert one.check() == "✓ Passes all its examples.", name
    assert page.locator(f'[data-lab="{path}"] .weave-passed').count() == len(names)
    assert page.heard == []
