"""Widgets as their readers operate them, in a browser; what they compute is what Python computes."""

import base64
import gzip
import itertools
import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
import test_browser
import torch
from bs4 import BeautifulSoup
from test_browser import complaints, looks, sideways, violations

from scratch import torch as ours
from scratch.bpe.basic import apply
from scratch.bpe.tokenizer import from_merges
from scratch.cuda.cpu import compiler, driver, memcheck
from scratch.cuda.kernels.add import add
from scratch.cuda.kernels.reduce import reduce
from scratch.cuda.kernels.transpose import transpose
from scratch.makemore import optimizers
from scratch.makemore.bert import BERT
from scratch.makemore.bigram import Bigram, count_pairs
from scratch.makemore.data import Vocabulary, read_words
from scratch.makemore.gpt import GPT
from scratch.makemore.represent import nearest
from scratch.makemore.sample import distribution, sample
from scratch.makemore.transformer import SIZES, Config

ROOT = Path(__file__).resolve().parents[1]
WIDGETS = {"": "backprop", "micrograd/autograd/": "backprop", "micrograd/neurons/": "backprop",
           "torch/autograd/": "backprop", "torch/tensors/": "strides", "micrograd/moons/": "moons",
           "makemore/sampling/": "sampling", "makemore/initialization/": "gain",
           "makemore/optimizers/": "valley",
           "tokenization/bpe/": "tokens", "tokenization/tokenizers/": "tokens",
           "makemore/gpt/": "train", "makemore/mlp/": "train map", "makemore/bert/": "attention train",
           "makemore/attention/": "attention", "makemore/representations/": "map",
           "makemore/gpt-vs-bert/": "attention", "cuda/speed/": "roofline", "cuda/transpose/": "kernel",
           "cuda/vector-addition/": "kernel", "cuda/reduction/": "rounds"}
EACH = [(path, name) for path, names in WIDGETS.items() for name in names.split()]
open_page, visit = test_browser.open_page, test_browser.visit    # fixtures
tabs = test_browser.tabs
KB = 1000
in_both = pytest.mark.parametrize("visit", ["chromium", "long_firefox"], indirect=True)


@pytest.fixture
def long_firefox(request):
    if not request.config.getoption("--long"):
        pytest.skip("each widget is operated in Firefox below; as in Chromium: make test ARGS=--long")
    return request.getfixturevalue("firefox")


def widget(page, name=""):
    """The widget of a page, or the one of that name, when its controls are there."""
    place = page.locator("weave-widget" + (f"[name={name}]" if name else ""))
    place.scroll_into_view_if_needed()
    place.locator(".widget [role=status]").wait_for()
    return place


def told(place):
    return place.locator("[role=status]").inner_text()


def keyed(page, place):
    """What a widget says as its controls are used by keyboard, one after the other; each keeps the focus.

    All but the button that trains a model, which tests/test_training.py presses.
    """
    controls = place.locator("button:visible:not(:text('Python')), input:visible, select:visible")
    said = {told(place)}
    assert controls.count() > 0
    for n in range(controls.count()):
        control = controls.nth(n)
        if control.evaluate("node => node.disabled"):    # what is only aria-disabled may say why
            continue
        control.focus()
        pressed = control.evaluate("node => ['button', 'radio'].includes(node.type)")
        page.keyboard.press("Space" if pressed else "Home")
        assert control.evaluate("node => node === document.activeElement"), "the focus is lost"
        said.add(told(place))
    return said


def computed(page, script, given):
    """What a function of a widget's script computes, in the browser."""
    name, expression = script.split(" ", 1)
    return page.evaluate(f"""async (given) => {{
        const module = await import(new URL("assets/widgets/{name}.js", location.origin));
        return ({expression})(module, given);
    }}""", given)


def assert_close(found, expected):
    """To rounding, since both are in float64."""
    found, expected = (torch.tensor(numbers, dtype=torch.float64) for numbers in (found, expected))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


def data(published, path, name=True, part="src"):
    """The data of a page's widget, or of the one of that name."""
    site = published[0]
    page = BeautifulSoup((site / path / "index.html").read_text(encoding="utf-8"), "html.parser")
    tag = page.find("weave-widget", attrs={"name": name})
    return json.loads((site / path / tag[part]).read_text(encoding="utf-8"))


def test_each_widget_of_the_site_has_its_script_and_a_test_here(published):
    site, found = published[0], {}
    texts = {path: path.read_text(encoding="utf-8") for path in site.rglob("index.html")}
    for path, text in texts.items():
        if "<weave-widget" not in text:    # the text is sooner searched than taken apart
            continue
        for tag in BeautifulSoup(text, "html.parser").find_all("weave-widget"):
            assert (site / "assets/widgets" / f"{tag['name']}.js").is_file()
            assert (path.parent / tag["src"]).is_file() and tag.svg["aria-label"]
            address = path.parent.relative_to(site).as_posix().removeprefix(".") + "/"
            found.setdefault(address.removeprefix("/"), []).append(tag["name"])
    assert {path: " ".join(names) for path, names in found.items()} == WIDGETS


def test_the_scripts_and_styles_of_widgets_are_small(published):
    """Those that a page loads for its own, and those of all."""
    sizes = {path.name: len(gzip.compress(path.read_bytes()))
             for path in (published[0] / "assets/widgets").iterdir()}
    common = sizes.pop("parts.js") + sizes.pop("widgets.css")
    assert len(sizes) > 8 and common + max(sizes.values()) <= 4 * KB
    assert common + sum(sizes.values()) <= 20 * KB
    page = len(gzip.compress((published[0] / "assets/training/page.js").read_bytes()))    # of train.js
    assert common + sizes["train.js"] + page <= 5 * KB


@pytest.mark.parametrize("path, name", EACH)
def test_a_widget_is_quiet_moves_nothing_shuts_nobody_out_and_is_not_printed(visit, path, name, request):
    """By keyboard, one control after the other. Oracles: axe-core, of the whole page in the first look and
    of the widget in each (with --long, of the page in each), and the browser's count of what shifts."""
    page = visit(path)
    place = widget(page, name)
    page.wait_for_timeout(100)
    before = page.evaluate("window.shifts")
    assert len(keyed(page, place)) > 1 and before <= 0.05 and page.evaluate("window.shifts") <= before + 0.01
    part = "html"
    for look in looks(page, (1280, 390)):
        assert sideways(page) == 0, look
        assert violations(page, part) == [], look
        part = "html" if request.config.getoption("long") else f"weave-widget[name={name}]"
    page.emulate_media(media="print")
    assert place.locator(".weave-scroll").is_visible() and not place.locator(".widget").is_visible()
    assert complaints(page, path) == []


@pytest.mark.parametrize("visit", ["firefox"], indirect=True)
@pytest.mark.parametrize("path, name", EACH)
def test_a_widget_is_operated_by_keyboard_in_firefox_too(visit, path, name):
    page = visit(path)
    assert len(keyed(page, widget(page, name))) > 1 and page.heard == []


@pytest.mark.parametrize("path, name", EACH)
def test_without_scripts_there_is_the_figure_and_nothing_to_operate(open_page, path, name):
    page = open_page(path, 390, java_script_enabled=False)
    place = page.locator(f"weave-widget[name={name}]")
    figure = place.locator("svg[role=img]")
    assert figure.bounding_box()["width"] > 200 and place.locator("button, input").count() == 0
    assert place.bounding_box()["height"] - figure.bounding_box()["height"] < 30, "room for nothing"
    assert page.locator(".weave-try:visible").count() == 0


def test_a_widget_is_loaded_only_when_it_comes_near(visit):
    page = visit("micrograd/autograd/")
    asked = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    assert not page.locator(".widget").count()
    widget(page)
    assert sorted(asked) == ["backprop.js", "micrograd-autograd-4.json", "parts.js", "widgets.css"]


def test_a_widget_survives_instant_navigation(visit):
    page = visit("")
    page.evaluate("window.kept = true")
    widget(page)
    page.locator("article a[href*='autograd']").first.click()
    page.locator("article h1", has_text="differentiation").wait_for()
    place = widget(page)
    place.get_by_role("radio", name="hasty").check()
    page.go_back()
    page.locator(".home-hero h1").wait_for()
    widget(page).get_by_role("button", name="Next").click()
    assert "Given: x1 = 1, w1 = −4, x2 = 3.75 and w2 = 2." in told(page.locator("weave-widget"))
    assert page.evaluate("window.kept") and page.heard == []


def test_opened_from_a_disk_the_figure_stays(chromium, published):
    page, heard = chromium.new_page(), []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.goto((published[0] / "micrograd/autograd/index.html").as_uri())
    page.locator(".weave-button").nth(10).wait_for(state="attached")
    assert page.locator("[data-title=u]").is_visible() and page.locator("weave-widget, .widget").count() == 0
    assert heard == []
    page.close()


@pytest.mark.parametrize("path", [path for path in WIDGETS if WIDGETS[path] == "backprop"])
def test_the_stepper_goes_forward_and_back_to_the_numbers_of_the_figure(visit, path):
    page = visit(path)
    place = page.locator("weave-widget")
    nodes = "[data-title]:not([data-title*='>'])"
    texts = place.locator(f"{nodes} text")
    drawn = texts.all_text_contents()
    place = widget(page)
    assert texts.all_text_contents() == drawn and "" not in drawn
    forward = place.get_by_role("button", name="Next")
    forward.click()
    assert texts.all_text_contents().count("") == len(drawn) // 2, "no gradient is known"
    sentences, steps = [], int(place.get_by_role("slider").get_attribute("max"))
    for _ in range(steps - 1):
        forward.press("Enter")
        sentences.append(told(place))
        assert place.locator(f"{nodes}.widget-now").count() == 1
    assert texts.all_text_contents() == drawn and len(set(sentences)) == steps - 1
    place.get_by_role("button", name="Back").click()
    assert told(place) == sentences[-2]
    place.get_by_role("slider").press("Home")
    assert place.get_by_role("slider").get_attribute("aria-valuetext") == f"1 of {steps}"


def test_the_hasty_walk_ends_at_another_slope(visit):
    """Oracle: y = 4 x² has slope 8 x, 16, and the chapter tells of 20."""
    page = visit("micrograd/autograd/")
    place = widget(page)
    for order, slope in (("hasty", "20"), ("topological", "16")):
        place.get_by_role("radio", name=order).check()
        assert place.locator("[data-title=x] text").all_text_contents() == ["x = 2", ""]
        assert place.locator("[data-title=y] text").all_text_contents() == ["y = 16", "1"]
        place.get_by_role("slider").press("End")
        assert place.locator("[data-title=x] text").all_text_contents() == ["x = 2", slope]
    assert page.heard == []


@in_both
def test_a_neurons_slopes_double_in_the_hasty_order_at_each_value(visit):
    """Oracle: PyTorch, and two contributions of each value below d, which the hasty order hands on twice."""
    rng = random.Random(4)
    w = torch.tensor([rng.uniform(-1, 1), rng.uniform(-1, 1)], dtype=torch.float64, requires_grad=True)
    b = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (torch.tanh(w @ torch.tensor([1.0, -2.0], dtype=torch.float64) + b) - 1).square().backward()
    page = visit("micrograd/neurons/")
    place = widget(page)
    for order, times in (("hasty", (32, 16, 16)), ("topological", (1, 1, 1))):
        place.get_by_role("radio", name=order).check()
        place.get_by_role("slider").press("End")
        for name, slope, factor in zip(("w1", "w2", "b"), (*w.grad.tolist(), b.grad.item()), times):
            shown = place.locator(f"[data-title={name}] text").last.text_content()
            assert float(shown.replace("−", "-")) == pytest.approx(factor * slope, abs=1e-4), (order, name)
    place.get_by_role("button", name="Back").click()
    assert told(place) == "s hands on its gradient, −0.1644: b gets 1 · −0.1644 and has −0.1644; " \
        "p1 gets 1 · −0.1644 and has −0.1644."
    assert page.heard == []


@in_both
def test_tensors_get_gradients_of_their_shapes_and_too_large_ones_in_the_hasty_order(visit):
    """Oracle: PyTorch."""
    X, W, b = (torch.tensor(numbers, requires_grad=True) for numbers in (
        [[1.0, 2, 0], [0, 1, -1]], [[1.0], [2], [1]], [-2.0]))
    (X @ W + b).square().mean().backward()
    page = visit("torch/autograd/")
    place = widget(page)
    for order, times in (("hasty", (4, 4, 2)), ("newest first", (1, 1, 1))):
        place.get_by_role("radio", name=order).check()
        place.get_by_role("slider").press("End")
        for name, tensor, factor in zip("XWb", (X, W, b), times):
            shown = place.locator(f"[data-title={name}] text").last.text_content()
            assert json.loads(shown.replace("−", "-")) == (factor * tensor.grad).tolist(), (order, name)
    assert told(place) == ("P hands on its gradient, [[3], [−1]]: "
                           "W gets X.T @ P.grad and has [[3], [5], [1]]; "
                           "X gets P.grad @ W.T and has [[3, 6, 3], [−1, −2, −1]].")
    assert page.heard == []


@in_both
def test_views_are_turned_cut_repeated_and_reshaped(visit):
    page = visit("torch/tensors/")
    place = widget(page)
    assert "table: shape (3, 4), stride (4, 1), offset 0. Element [1, 2] is" in told(place)
    assert "at place 0 + 1 · 4 + 2 · 1 = 6" in told(place)
    place.get_by_role("button", name=".T", exact=True).click()
    assert "table.T: shape (4, 3), stride (1, 4), offset 0. Element [1, 2] is" in told(place)
    assert "at place 0 + 1 · 1 + 2 · 4 = 9" in told(place)
    place.get_by_role("slider", name="index 0").press("End")
    assert "Element [3, 2] is at place 0 + 3 · 1 + 2 · 4 = 11" in told(place)
    place.get_by_role("button", name=".reshape(-1)").click()
    assert "reshape copied them" in told(place) and "shape (12,), stride (1,)" in told(place)
    assert place.get_by_role("slider", name="index 1").is_disabled()
    place.get_by_role("button", name="[0]").click(force=True)
    assert "table.T.reshape(-1): " in told(place), "one axis has no row to take"
    place.get_by_role("button", name="From the start").click()
    for way in ("[0]", ".expand(3, -1)"):
        place.get_by_role("button", name=way, exact=True).click()
    assert "shape (3, 4), stride (0, 1)" in told(place)
    assert page.heard == []


def test_every_view_that_can_be_reached_in_three_steps_is_that_of_the_books_torch(visit, published):
    """Oracle: scratch.torch, whose parity with PyTorch other tests hold."""
    first = data(published, "torch/tensors")
    reached = computed(visit("glossary/"), """strides ({ WAYS, places }, first) => {
        const found = [];
        const from = (view, text, steps) => {
            for (const way of steps ? Object.keys(WAYS) : []) {
                const made = WAYS[way](view);
                if (!made) continue;
                const numbers = places(made).map((at) => made.storage[at]);
                found.push([text + way, made.shape, made.stride, made.offset, numbers]);
                from(made, text + way, steps - 1);
            }
        };
        from(first, "", 3);
        return found;
    }""", first)
    assert len(reached) > 100
    for text, shape, stride, offset, numbers in reached:
        view = eval(f"table{text}", {"table": ours.arange(12).view(3, 4)})
        assert [list(view.shape), list(view.stride()), view.storage_offset()] == [shape, stride, offset], text
        assert view.reshape(-1).tolist() == numbers, text


def test_the_rules_in_the_valley_walk_as_the_chapters_optimizers_do(visit, published):
    """Oracle: scratch.makemore.optimizers, in float64."""
    page, given = visit("glossary/"), data(published, "makemore/optimizers")
    for (name, settings), (rate, condition) in itertools.product(
            given["settings"].items(), [(0.05, 25), (0.01, 100), (0.3, 1)]):
        path = computed(page, "valley ({ descend }, [rule, given]) => descend(rule, given.settings, given)",
                        [name, {**given, "rate": rate, "condition": condition}])
        settings = {key: number for key, number in settings.items() if key in ("momentum", "rho", "eps")}
        p = torch.tensor(given["start"], dtype=torch.float64, requires_grad=True)
        optimizer, expected = getattr(optimizers, name)([p], lr=rate, **settings), [p.tolist()]
        for _ in range(given["steps"]):
            optimizer.zero_grad()
            ((p[0] ** 2 + condition * p[1] ** 2) / 2).backward()
            optimizer.step()
            expected.append(p.tolist())
        assert_close(path, expected)


@in_both
def test_a_rate_that_is_too_large_throws_rules_out_of_the_valley(visit):
    page = visit("makemore/optimizers/")
    place = widget(page)
    assert "Out" not in told(place)
    place.get_by_role("slider", name="Rate").press("End")
    assert re.search(r"Out of the valley: SGD, .*\.", told(place))
    assert place.locator("svg text", has_text="flies out").count() > 1
    place.get_by_role("radio", name="each rule's best").check()
    assert "Out" not in told(place) and place.get_by_role("slider", name="Rate").is_disabled()
    place.get_by_role("slider", name="Condition").press("Home")
    assert place.get_by_role("slider", name="Condition").get_attribute("aria-valuetext") == "1"
    assert page.heard == []


@in_both
def test_a_gain_shows_what_python_found(visit, published):
    page, given = visit("makemore/initialization/"), data(published, "makemore/initialization")
    place = widget(page)
    dial = place.get_by_role("slider", name="Gain")
    assert dial.get_attribute("aria-valuetext") == "1.67"
    dial.press("Home")
    first, *_, last = given["layers"][0]
    assert f"outputs go from {first[0]:.2f} to {last[0]:.2f} in size" in told(place)
    assert f"slopes are multiplied by {first[2] / last[2]:.2f}." in told(place)
    assert place.locator("svg text", has_text="saturated").count() == len(given["layers"][0])
    assert page.heard == []


@pytest.fixture(scope="module")
def table():
    words = read_words(ROOT / "src/scratch/makemore/names.txt")
    vocabulary = Vocabulary(words)
    return vocabulary, Bigram(count_pairs(words, vocabulary), alpha=0)


@pytest.mark.parametrize("settings", [(1, 27, 1), (0.3, 27, 1), (1, 5, 1), (2, 10, 0.7), (3, 27, 0.95)])
def test_the_same_seed_makes_the_same_words_as_in_python(visit, published, table, settings):
    """Oracles: scratch.makemore.sample, and the random numbers of Python."""
    vocabulary, model = table
    page, given = visit("glossary/"), data(published, "makemore/sampling")
    for seed in (0, 1, 12345):
        made = computed(page, "sampling ({ words }, given) => words(...given)", [given, 100, seed, settings])
        assert made == sample(model, vocabulary, 100, seed, *settings)
    kept = computed(page, """sampling ({ distribution }, [counts, settings]) =>
        counts.map((row) => distribution(row, ...settings).kept)""", [given["counts"], settings])
    assert_close(kept, distribution(model.logits, *settings).tolist())


@in_both
def test_words_change_with_the_dials_and_their_seed(visit, table):
    vocabulary, model = table
    page = visit("makemore/sampling/")
    place = widget(page)
    place.get_by_role("slider", name="Top-k").press("End")
    for seed in (1, 2):
        expected = sample(model, vocabulary, 8, seed=seed, max_length=12)
        assert f"Words of seed {seed}: {', '.join(expected)}." in told(place)
        place.get_by_role("button", name="Other words").click()
    place.get_by_role("combobox", name="After").select_option("q")
    place.get_by_role("slider", name="Top-p").press("Home")
    assert "After q, 1 of 27 symbols can come; the likeliest is u, with 1.00" in told(place)
    assert page.heard == []


@pytest.fixture(scope="module")
def cases():
    """500 texts: of many scripts, blanks and marks, and of the book."""
    alphabets = ["abcdefghijklm nopqrstuvwxyz THE 'll's", "éèüßñ çøåÆ ", "à̧é́ ", "漢字かなカナ한글",
                 "😀👍🏽👨\u200d👩\u200d👧 ", "٠١٢٣٤٥ 12345", "!?.,;:-_()[]{}<>/\\'\"`~@#$%^&*=+|",
                 "\t\n\r\x0b\x0c\x1c\x1f\x85\xa0\u2003\u3000\ufeff "]
    rng, book = random.Random(0), (ROOT / "data/book.txt").read_text(encoding="utf-8")
    mixed = ["".join(rng.choice(rng.choice(alphabets)) for _ in range(rng.randrange(1, 40)))
             for _ in range(400)]
    return mixed + [book[at:at + 200] for at in rng.choices(range(len(book)), k=100)]


@in_both
@pytest.mark.parametrize("path", [path for path in WIDGETS if WIDGETS[path] == "tokens"])
def test_500_texts_have_the_ids_that_the_books_tokenizers_give_them(visit, published, cases, path):
    """Oracle: scratch.bpe, with the same merges and pattern, all of the merges and the first hundred."""
    page, given = visit("glossary/"), data(published, path.strip("/"))
    assert len(given["vocabularies"]) == 2
    for vocabulary in given["vocabularies"]:
        _, pattern, merges = vocabulary
        pairs = list(zip(merges[::2], merges[1::2]))
        assert len(pairs) > 500
        for count in (len(pairs), 100):
            learnt = {pair: 256 + n for n, pair in enumerate(pairs[:count])}
            tokenizer = from_merges(learnt, pattern) if pattern else None
            ids = computed(page, """tokens ({ encode }, [texts, vocabulary, count]) =>
                texts.map((text) => encode(text, vocabulary, count))""", [cases, vocabulary, count])
            assert ids == [tokenizer.encode(text) if pattern else apply(learnt, list(text.encode()))
                           for text in cases]


@in_both
def test_a_text_of_the_readers_own_is_tokenised_with_two_vocabularies_and_with_fewer_merges(visit):
    page = visit("tokenization/tokenizers/")
    place = widget(page)
    lists, tokens = place.get_by_role("list"), "[role=listitem] code"
    assert lists.count() == 2
    assert "18 tokens of the book, 2.4 bytes each, and 23 tokens of names, 1.9" in told(place)
    text, merges = place.get_by_role("textbox", name="Text"), place.get_by_role("slider", name="Merges")
    text.fill("Isabella")
    assert lists.first.locator(tokens).all_inner_texts() == ["I", "s", "ab", "ell", "a"]
    assert lists.last.locator(tokens).all_inner_texts() == ["I", "s", "ab", "ella"]
    text.fill(" the é")
    assert lists.first.locator(tokens).all_inner_texts() == ["␣the", "␣", r"\xc3", r"\xa9"]
    merges.press("Home")
    for each in (lists.first, lists.last):
        assert each.locator(tokens).all_inner_texts() == ["␣", "t", "h", "e", "␣", r"\xc3", r"\xa9"]
    assert told(place) == ("7 bytes are 7 tokens of the book, 1.0 bytes each, "
                           "and 7 tokens of names, 1.0 bytes each.")
    text.fill("")
    assert told(place).startswith("0 bytes are 0 tokens of the book, 0.0 bytes each")
    assert page.heard == []


def test_only_without_the_cut_a_token_reaches_from_word_to_word(visit):
    page = visit("tokenization/bpe/")
    place = widget(page)
    place.get_by_role("textbox", name="Text").fill("that the network is the one")
    without, with_cut = (place.get_by_role("list", name=f"{kind} the cut", exact=True)
                         .locator("[role=listitem] code").all_inner_texts() for kind in ("without", "with"))
    assert "".join(without) == "".join(with_cut) == "that␣the␣network␣is␣the␣one"
    assert "that␣the␣" in without and not any("␣" in token[1:] for token in with_cut)
    assert page.heard == []


SEEN = {"makemore/gpt-vs-bert": ["GPT", "BERT"], "makemore/attention": ["GPT"], "makemore/bert": ["BERT"]}
of_heads = pytest.mark.parametrize("path", SEEN)


@of_heads
def test_the_attention_viewer_has_rows_of_weights_that_the_mask_allows(published, path):
    given = data(published, path, "attention")
    assert len(given["names"]) == 7
    for name, *kept in given["names"]:
        assert len(kept) == len(given["models"])
        n = len(name)
        for kind, look in zip(given["models"], kept):
            if kind == "BERT, the letter hidden":
                assert [len(each) for each in look] == [10] * n
                assert all(each[1::2] == sorted(each[1::2], reverse=True) for each in look)
                continue
            assert len(look) == len(given["heads"]) == 4
            for head in look:
                seen = [*range(1, n + 2)] if kind == "GPT: causal" else [n + 2] * (n + 2)
                assert [len(row) for row in head] == seen
                assert all(abs(sum(row) - 100) < 8 for row in head)


@in_both
def test_a_head_is_told_in_words_and_drawn_with_what_is_hidden_marked(visit, published):
    page, given = visit("makemore/gpt-vs-bert/"), data(published, "makemore/gpt-vs-bert")
    place = widget(page)
    marks, squares = place.locator("svg text", has_text="×"), place.locator("svg rect.widget-bar")
    name, of_gpt, of_bert, guesses = given["names"][2]
    place.get_by_role("combobox", name="Name").select_option(name)
    n = len(name) + 1
    assert (marks.count(), squares.count()) == (n * (n - 1) // 2, n * (n + 1) // 2)
    place.get_by_role("combobox", name="Head").select_option("layer 2, head 1")
    row = place.get_by_role("slider", name="Row")
    row.press("Home")
    row.press("ArrowRight")
    assert re.match(f"layer 2, head 1: letter 1, {name[0]}, looks most at ", told(place))
    assert f": {max(of_gpt[2][1])} %. The mask hides {n - 2} of {n} symbols" in told(place)
    place.get_by_role("combobox", name="Model").select_option("BERT: bidirectional")
    assert (marks.count(), squares.count()) == (0, (n + 1) ** 2)
    assert f": {max(of_bert[2][1])} %. What follows it has about {sum(of_bert[2][1][2:])} %." in told(place)
    place.get_by_role("combobox", name="Model").select_option("BERT, the letter hidden")
    row.press("Home")
    letter, share = guesses[0][:2]
    assert told(place).startswith(f"With letter 1 of {name} hidden, BERT guesses {letter} ({share} %), ")
    assert told(place).endswith(f"It was {name[0]}.") and squares.count() == 5
    assert place.get_by_role("combobox", name="Head").is_disabled()
    row.press("End")
    assert f"With letter {len(name)} of {name} hidden" in told(place)
    assert page.heard == []


def in_the_page(published, path):
    """The GPT and the BERT of a page's viewer, with the weights that it fetches for them."""
    made = {}
    for kind, tensors in data(published, path, "attention", part="data-later").items():
        kept = {name: step * torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.int8).double()
                for name, (step, text) in tensors.items()}
        T = len(kept["body.positions.weight"]) // SIZES["tiny"]["channels"]
        model, symbols = {"GPT": (GPT, 27), "BERT": (BERT, 28)}[kind]
        made[kind] = model(Config(symbols, T, **SIZES["tiny"])).double()
        for name, weight in made[kind].named_parameters():
            weight.data = kept.pop(name).view_as(weight)
        assert not kept
    return made


@torch.no_grad()
@of_heads
def test_what_a_typed_name_looks_at_is_what_python_computes(visit, published, path):
    """Oracle: scratch.makemore's models, in float64, with the weights that the page has."""
    words, models = read_words(ROOT / "src/scratch/makemore/names.txt"), in_the_page(published, path)
    vocabulary, names = Vocabulary(words), ["a", "zz", "qxjv", *random.Random(1).sample(words, 30)]
    assert {*models} == {*SEEN[path]}
    passed = computed(visit("glossary/"), """forward ({ read, pass }, [kept, all]) => {
        const { GPT, BERT } = read(kept);
        return all.map((ids) => [
            ...GPT ? [["GPT", ids.slice(0, -1)]] : [],
            ...BERT ? [["BERT", ids], ["BERT", ids.with(1, 27)]] : [],
        ].map(([kind, given]) => [kind, given, pass({ GPT, BERT }[kind], given, kind === "GPT")]));
    }""", [data(published, path, "attention", part="data-later"),
             [[0, *vocabulary.encode(name), 0] for name in names]])
    for found in passed:
        assert len(found) == {"GPT": 1, "BERT": 2, "BERT GPT": 3}[" ".join(sorted(models))]
        for kind, given, each in found:
            maps = []
            assert_close(each["logits"], models[kind].logits(torch.tensor([given]), maps=maps)[0].tolist())
            heads = [head for layer in maps for head in layer[0]]
            assert len(heads) == len(each["maps"]) == 4
            for head, rows in zip(heads, each["maps"]):
                for t, row in enumerate(rows):
                    seen = t + 1 if kind == "GPT" else len(rows)
                    assert_close(row, head[t, :seen].tolist())
                    assert not head[t, seen:].any()


@of_heads
def test_a_name_of_the_readers_own_is_viewed_as_the_chapter_views_its_names(visit, published, path):
    """The models are fetched once a letter is typed. Oracle: the shares that the chapter's Python found."""
    page, given = visit(f"{path}/"), data(published, path, "attention")
    asked = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    place = widget(page, "attention")
    own = place.get_by_role("textbox", name=re.compile(r"Or type one \(\d\d kB\)"))
    size = int(re.search(r"\d+", place.locator("label", has_text="Or type one").inner_text())[0])
    assert asked.count("forward.js") == 0
    name = given["names"][3][0]
    own.fill(name.upper())
    place.locator("option:checked", has_text=given["names"][0][0]).wait_for(state="detached")
    assert place.get_by_role("combobox", name="Name").input_value() == ""
    later = place.get_attribute("data-later").rpartition("/")[2]
    assert asked[-2:] == ["forward.js", later]
    kept = json.dumps(data(published, path, "attention", part="data-later"), separators=(",", ":"))
    assert abs(size - len(gzip.compress(kept.encode())) / KB) <= 1

    def rows():
        row, seen = place.get_by_role("slider", name="Row"), []
        row.press("Home")
        for _ in range(int(row.get_attribute("max")) + 1):
            seen.append(told(place))
            row.press("ArrowRight")
        return seen

    model = place.get_by_role("combobox", name="Model")
    assert model.count() == (len(given["models"]) > 1)
    for kind in given["models"]:
        if model.count():
            model.select_option(kind)
        typed = rows()
        place.get_by_role("combobox", name="Name").select_option(name)
        assert own.input_value() == "" and rows() == typed
        own.fill(name)
        assert rows() == typed
    own.fill("")
    place.get_by_role("slider", name="Row").press("Home")
    for _ in range(3):
        place.get_by_role("slider", name="Row").press("ArrowRight")
    own.press_sequentially("ada", delay=30)    # of which the first letter has no such row
    row = place.get_by_role("slider", name="Row")
    assert row.get_attribute("aria-valuetext") == ("3" if len(given["models"]) > 1 else "4")
    own.fill("zélie")
    assert told(place) == "Known are the letters a to z only, and no é."
    own.fill("")
    assert place.get_by_role("combobox", name="Name").input_value() == "0"
    assert asked.count("forward.js") == 1 and page.heard == []


def test_the_nearest_letters_are_those_that_python_finds(visit, published):
    """Oracle: scratch.makemore.represent."""
    page, given = visit("makemore/mlp/"), data(published, "makemore/mlp", "map")
    expected, distances = [], []
    for places in torch.tensor(given["places"], dtype=torch.float64):
        which = nearest(places, places, 4, "euclid")[:, 1:]
        expected.append(which.tolist())
        distances.append((places[which] - places[:, None]).norm(dim=-1).tolist())
    found = computed(page, """map ({ nearest }, all) =>
        all.map((points) => points.map((_, n) => nearest(points, n)))""", given["places"])
    assert [[[k for k, _ in each] for each in step] for step in found] == expected
    assert_close([[[far for _, far in each] for each in step] for step in found], distances)
    place, letter = widget(page, "map"), given["names"].index("o")
    place.get_by_role("combobox", name="Nearest to").select_option("o")
    steps = place.get_by_role("slider", name="Steps")
    steps.press("Home")
    before = place.locator("svg text").nth(letter).get_attribute("x")
    for n, step in enumerate(given["steps"]):
        near = [f"{given['names'][k].replace('·', 'the boundary')} ({far:.2f})"
                for k, far in zip(expected[n][letter], distances[n][letter])]
        assert told(place) == f"After {step:,} steps, nearest to o are {near[0]}, {near[1]} and {near[2]}."
        steps.press("ArrowRight")
    assert place.locator("svg text").nth(letter).get_attribute("x") != before
    assert place.locator("svg path.widget-arc").count() == 3
    place.locator("svg text", has_text="x").click()
    assert "nearest to x are" in told(place) and page.heard == []


def ending(one, other):
    """How many letters two names have in common at their ends."""
    return sum(1 for _ in itertools.takewhile(lambda two: two[0] == two[1], zip(one[::-1], other[::-1])))


@in_both
def test_names_come_near_those_that_end_like_them_and_a_map_has_others(visit, published):
    """Oracles: scratch.makemore.represent for what is near on the map, the chapter's Python for the rest."""
    page, given = visit("makemore/representations/"), data(published, "makemore/representations", "map")
    names, places = given["names"], torch.tensor(given["places"], dtype=torch.float64)
    shared = [sum(ending(names[n], names[k]) for n, three in enumerate(near) for k in three) / 3 / len(names)
              for near in given["near"]]
    assert given["steps"][0] == 0 and shared[-1] > shared[0] + 0.3
    on_map = [nearest(each, each, 4, "euclid")[:, 1:].tolist() for each in places]
    alike = [len({*a} & {*b}) / 3 for a, b in zip(on_map[-1], given["near"][-1])]
    assert sum(alike) / len(names) < 0.6, "two axes lose much of what is near"
    place, n = widget(page, "map"), next(n for n, a in enumerate(alike) if a < 1)
    place.get_by_role("combobox", name="Nearest to").select_option(names[n])
    steps = place.get_by_role("slider", name="Steps")
    steps.press("Home")
    for step, near, far in zip(given["steps"], given["near"], on_map):
        (a, b, c), (d, e, f) = ([names[k] for k in each[n]] for each in (near, far))
        assert told(place) == (f"After {step} steps, nearest to {names[n]} are {a}, {b} and {c}; "
                               f"on the map {d}, {e} and {f}.")
        assert sorted(place.locator("svg text").all_text_contents()) == sorted([names[n], a, b, c])
        steps.press("ArrowRight")
    assert place.locator("svg circle").count() == len(names)
    assert place.locator("svg circle.widget-square").count() == sum(name[-1] in "aeiou" for name in names)
    place.locator("svg circle").nth(n - 1).dispatch_event("click")
    assert f"nearest to {names[n - 1]} are" in told(place) and page.heard == []
    for name in names:
        place.get_by_role("combobox", name="Nearest to").select_option(name)
        cut = place.evaluate("""place => [...place.querySelectorAll("svg text")].filter((text) => {
            const { x, width } = text.getBBox();
            return x < 0 || x + width > 460;
        }).map((text) => text.textContent)""")
        assert cut == []


def recorded(launch, base):
    """For each place in the kernel that accesses base, {(block, thread): its first float}."""
    with memcheck.memcheck() as check:
        launch()
    found = {}
    for access in check.accesses[::-1]:
        if check.sites[access["site"]].base == base:
            float_ = int(access["address"] - access["begin"]) // 4
            found.setdefault(int(access["site"]), {})[int(access["block"]), int(access["thread"])] = float_
    return list(found.values())


def test_a_warp_has_the_floats_that_the_kernels_were_recorded_to_access(visit, published):
    """Oracles: memcheck's record of the kernels, and the definitions of sectors and turns."""
    given = [each for path in ("cuda/transpose", "cuda/vector-addition")
             for each in data(published, path)["kernels"]]
    page, matrix, vector = visit("glossary/"), torch.rand(32, 32).numpy(), torch.rand(1000).numpy()
    many, chunked = torch.rand(1024).numpy(), re.search(r'CHUNKED = """(.*?)"""', (
        ROOT / "docs/cuda/vector-addition.md").read_text(encoding="utf-8"), re.DOTALL)[1]

    def in_pieces():
        kernel = compiler.SourceModule(chunked).get_function("add_chunked")
        kernel(driver.In(many), driver.In(many), driver.Out(many.copy()), np.int32(1024), block=(32, 1, 1))

    of_add = recorded(lambda: add(vector, vector), "x")
    records = {how: recorded(lambda how=how: transpose(matrix, how), "y" if how == "naive" else "tile")
               for how in ("naive", "tiled", "padded")}
    records |= {"grid-stride": recorded(lambda: add(many, many, "strided", threads=32, grid=1), "x"),
                "contiguous pieces": recorded(in_pieces, "x")}
    warps = {how: [[site[0, t] for t in range(32)] for site in sites] for how, sites in records.items()}
    warps["add, its last warp"] = [[n for (block, t), n in sorted(site.items()) if block == 3 and t >= 224]
                                   for site in of_add]
    assert len(given) == 7 and {name for name, _ in given} == set(warps)
    settings = [setting for _, setting in given]
    settings += [[0, 2, 0, 1200], [7, 0, 0, 100], [3, 6, 2, 150], [9, 1, 0, 9]]
    found = computed(page, """kernel ({ floats, sectors, turns }, all) => all.map(floats).map((each) =>
        [each, sectors(each).length, turns(each)])""", settings)
    for (name, _), (floats, _, _) in zip(given, found):
        assert floats in warps[name], name
    for floats, sectors, turns in found:
        banks = [float_ % 32 for float_ in set(floats)]
        assert sectors == len({4 * float_ // 32 for float_ in floats})
        assert turns == max(map(banks.count, banks), default=0)


@in_both
def test_padding_spares_the_turns_and_the_guard_is_told(visit):
    page = visit("cuda/transpose/")
    place = widget(page)
    assert told(place).endswith("32 of 32 threads have access, to 32 sectors, or in 32 turns.")
    padding = place.get_by_role("slider", name="Padding")
    assert place.locator("input:checked").count() == 1
    padding.press("ArrowRight")
    assert told(place).startswith("Thread 5: 0 + 5 · 33 = 165.") and "in 1 turn." in told(place)
    assert place.locator("input:checked").count() == 0, "it is none of the kernels now"
    place.get_by_role("radio", name="add, its last warp").check()
    assert padding.get_attribute("aria-valuetext") == "0"
    place.get_by_role("slider", name="Thread").press("End")
    assert "keeps it out: 1023 is not below 1000. 8 of 32 threads have access, to 1 sector" in told(place)
    assert place.locator("svg rect.widget-bar").count() == 8
    assert page.heard == []


@in_both
def test_a_vectors_warp_has_sectors_and_no_banks(visit):
    page = visit("cuda/vector-addition/")
    place = widget(page)
    assert told(place) == ("Thread 5: 0 + 5 · 32 = 160. Bytes 640 to 643; sector 20 of global memory. "
                           "32 of 32 threads have access, to 32 sectors.")
    assert place.get_by_role("slider", name="Padding").count() == 0
    place.get_by_role("radio", name="grid-stride").check()
    assert told(place).endswith(", to 4 sectors.")
    place.get_by_role("slider", name="Offset").press("ArrowRight")
    assert told(place).endswith(", to 5 sectors.")
    stride = place.get_by_role("slider", name="Stride")
    while stride.get_attribute("aria-valuetext") != "8":
        assert not told(place).endswith(", to 32 sectors.")
        stride.press("ArrowRight")
    assert told(place).endswith(", to 32 sectors.")
    place.get_by_role("radio", name="add, its last warp").check()
    place.get_by_role("slider", name="Thread").press("End")
    assert told(place).endswith("1023 is not below 1000. 8 of 32 threads have access, to 1 sector.")
    assert page.heard == []


@pytest.fixture(scope="module")
def combined():
    """For each kernel, {(round, thread): the float that it combines into}, as recorded."""
    found = {}
    for how in ("spread", "packed", "halves"):
        with memcheck.memcheck() as check:
            reduce(np.ones(256), how=how)
        found[how] = {(int(row["epoch"]), int(row["thread"])): int(row["address"] - row["begin"]) // 4
                      for row in check.accesses if row["kind"] == 1
                      and check.sites[row["site"]].text in ("partial[t]", "partial[left]")}
    return found


def test_the_rounds_of_a_reduction_are_those_that_were_recorded(visit, published, combined):
    """Oracles: memcheck's record, and the definition of turns."""
    page, given = visit("glossary/"), dict(data(published, "cuda/reduction")["kernels"])
    assert given.keys() == combined.keys()
    for how, rounds in given.items():
        assert {(n, t): float_ for n, round_ in enumerate(rounds, 1)
                for t, float_ in enumerate(round_) if float_ is not None} == combined[how]
        found = computed(page, """rounds (module, rounds) => import(new URL(
            "assets/widgets/kernel.js", location.origin)).then(({ turns }) => rounds.map((round) =>
                module.warps(round).map((floats) => [floats, turns(floats)])))""", rounds)
        for round_, warps in zip(rounds, found):
            assert len(warps) == 8
            for n, (floats, turns) in enumerate(warps):
                assert floats == [each for each in round_[32 * n:32 * n + 32] if each is not None]
                banks = [float_ % 32 for float_ in floats]
                assert turns == max(map(banks.count, banks), default=0)


@in_both
def test_round_by_round_threads_work_wait_and_have_nothing_to_do(visit, combined):
    page = visit("cuda/reduction/")
    place = widget(page)
    assert told(place) == ("Round 1: thread 36 combines into float 36, in bank 4. 16 of the 32 threads of "
                           "its warp work, in 1 turn. In the block: 128 threads in 8 warps, 8 turns.")
    round_, thread = (place.get_by_role("slider", name=name) for name in ("Round", "Thread"))
    bars = place.locator("svg rect:is(.widget-bar, .widget-square)")
    assert bars.count() == 255 + 128
    for _ in range(3):
        round_.press("ArrowRight")
    assert told(place).startswith("Round 4: thread 36 has nothing to do. "
                                  "2 of the 32 threads of its warp work, ")
    assert bars.count() == 255 + 16
    place.get_by_role("radio", name="packed").check()
    assert "0 of the 32 threads of its warp work. In the block: 16 threads in 1 warp, 8 turns." in told(place)
    thread.press("Home")
    thread.press("ArrowRight")
    float_ = combined["packed"][4, 1]
    assert told(place).startswith(f"Round 4: thread 1 combines into float {float_}, in bank 16.")
    place.get_by_role("radio", name="halves").check()
    round_.press("End")
    assert told(place) == ("Round 8: thread 1 has nothing to do. 1 of the 32 threads of its warp works, "
                           "in 1 turn. In the block: 1 thread in 1 warp, 1 turn.")
    assert page.heard == []


CARDS = {"A100": (19.5, 2.04), "H100": (67, 3.35), "H200": (67, 4.8), "RTX 4090": (82.6, 1.01)}
RUNGS = {"naive, coalesced": (1, 1), "tiles": (32, 32), "strips": (64, 64), "squares and on": (128, 128)}


@in_both
def test_the_roofline_gives_each_rung_the_share_that_the_counted_reads_allow(visit, published):
    """Oracle: FLOPs over bytes, added up: K reads of A and of B per element for a block, and a write."""
    page, given = visit("glossary/"), data(published, "cuda/speed")
    assert {name: tuple(two) for name, *two in given["cards"]} == CARDS
    assert {name: tuple(block) for name, *block in given["rungs"]} == RUNGS
    sizes = [64, 128, 1024, 4096]
    found = computed(page, """roofline ({ intensity, once, share }, [{ cards, rungs }, sizes]) =>
        sizes.map((n) => cards.map((card) => [...rungs.map(([, ...block]) =>
            share(card, intensity(...block, n))), share(card, once(n))]))""", [given, sizes])
    for n, of_cards in zip(sizes, found):
        for (_, peak, bandwidth), shares in zip(given["cards"], of_cards):
            expected = []
            for rows, columns in RUNGS.values():
                blocks = (n / min(rows, n)) * (n / min(columns, n))
                reads = blocks * n * (min(rows, n) + min(columns, n))
                expected.append(2 * n**3 / (4 * (reads + n * n)))
            expected.append(2 * n**3 / (4 * 3 * n * n))
            assert_close(shares, [min(1, flops * bandwidth / peak) for flops in expected])


@in_both
def test_a_choice_of_card_and_size_says_what_bounds_each_rung(visit):
    page = visit("cuda/speed/")
    place = widget(page)
    assert "H200, whose ridge is at 14.0 FLOPs per byte, and n = 4,096." in told(place)
    assert "tiles: memory, 57 %; strips: arithmetic; squares and on: arithmetic." in told(place)
    roof = place.locator("svg .widget-edge").get_attribute("d")
    place.get_by_role("radio", name="RTX 4090").check()
    assert "squares and on: memory, 39 %. With each matrix moved once: arithmetic." in told(place)
    assert place.locator("svg .widget-edge").get_attribute("d") != roof
    assert place.locator("svg text", has_text="squares and on: 39 %").count() == 1
    place.get_by_role("slider", name="n").press("Home")
    assert place.get_by_role("slider", name="n").get_attribute("aria-valuetext") == "16"
    assert "With each matrix moved once: memory, 3.3 %." in told(place)
    assert place.locator("svg .widget-square").count() == 4
    assert page.heard == []


@in_both
def test_with_four_neurons_luck_decides_and_a_rate_of_3_loses_the_border(visit):
    """What the chapter asks its reader to try, and for comparison the width that it has itself."""
    page = visit("micrograd/moons/")
    place = widget(page)
    dial = {name: place.get_by_role("slider", name=name) for name in ("Width", "Seed", "Rate")}

    def right():
        place.get_by_role("button", name="Train").click()
        return int(re.search(r"and (\d+) of 100 points are right", told(place))[1])

    assert dial["Width"].get_attribute("aria-valuetext") == "16"
    wide = []
    for _ in range(5):
        wide.append(right())
        dial["Seed"].press("ArrowRight")
    assert wide == [100] * 5
    while dial["Width"].get_attribute("aria-valuetext") != "4":
        dial["Width"].press("ArrowLeft")
    dial["Seed"].press("Home")
    narrow = []
    for _ in range(7):
        narrow.append(right())
        dial["Seed"].press("ArrowRight")
    assert max(narrow) == 100 and min(narrow) < 90
    dial["Seed"].press("Home")
    dial["Rate"].press("End")
    assert dial["Rate"].get_attribute("aria-valuetext") == "3"
    assert right() == 50 and place.locator(".widget-edge").get_attribute("d") == "", "no border is left"
    assert page.heard == []


@in_both
def test_the_moons_are_learnt_step_by_step_as_in_the_chapter(visit):
    """Oracle: the losses published with micrograd; tests/micrograd/test_moons.py compares 20 steps."""
    page = visit("micrograd/moons/")
    place = widget(page)
    published = {0: (0.895844, 50), 1: (1.723591, 81), 2: (0.742901, 77), 5: (0.313545, 86)}
    for step in range(6):
        if step in published:
            loss, right = published[step]
            assert f"Step {step}: the loss is {loss}, and {right} of 100 points are right." in told(place)
        place.get_by_role("button", name="Step").click()
    place.get_by_role("button", name="Train").click()
    assert "Step 100: " in told(place) and "100 of 100 points are right." in told(place)
    assert "has the rate 0.100." in told(place), "motion is reduced: all steps at once"
    learnt = place.locator(".widget-edge").get_attribute("d")
    place.get_by_role("slider", name="Seed").press("ArrowRight")
    assert "Step 0: " in told(place) and place.locator(".widget-edge").get_attribute("d") != learnt
    place.get_by_role("slider", name="Rate").press("Home")
    assert "has the rate 0.030." in told(place)
    before = told(place)
    place.get_by_role("slider", name="Decay").press("End")
    assert told(place) != before, "the loss has a larger penalty"
    place.get_by_role("slider", name="Width").press("Home")
    assert place.get_by_role("slider", name="Width").get_attribute("aria-valuetext") == "2"
    assert page.heard == []


def test_the_moons_train_in_motion_and_stop(open_page):
    page = open_page("micrograd/moons/")
    page.emulate_media(reduced_motion="no-preference")
    place = widget(page)
    first = told(place)
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    place.get_by_role("button", name="Train").click()
    page.clock.run_for(150)
    assert place.locator("svg text", has_text="step 3: loss").count() == 1
    assert told(place) == first, "nothing is said while it moves"
    place.get_by_role("button", name="Stop").click()
    page.clock.run_for(1000)
    assert told(place).startswith("Step 3: "), "it stands"
    place.get_by_role("button", name="Train").click()
    page.clock.run_for(10_000)
    assert told(place).startswith("Step 100: "), "it stops by itself"
    place.get_by_role("button", name="Begin again").click()
    assert told(place) == first
    assert page.heard == []
