"""What a stranger can do in the pages, from the home page on and with nothing but a keyboard."""

import pytest
import test_browser
import test_training
from test_run import HANGING
from test_training import MINE, WORDS

open_page, python = test_browser.open_page, test_training.python    # fixtures

FOCUSED = """(() => {
    const node = document.activeElement, label = node.labels?.[0] ?? node.closest("label") ?? node;
    return [node.getAttribute("aria-label") ?? label.innerText, node.checkVisibility()];
})()"""


LOADING = """[...document.querySelectorAll("weave-widget")].some((widget) => {
    const { top, bottom } = widget.getBoundingClientRect();
    return top < innerHeight && bottom > 0 && !widget.querySelector(".widget");
}) || document.querySelector("[data-run]") && !document.querySelector(".weave-run button")"""


def reach(page, text, most=400):
    """Press Tab until what has the focus is called so; before each, what can be seen has its controls."""
    for _ in range(most):
        while page.evaluate(LOADING):
            page.wait_for_timeout(20)
        page.keyboard.press("Tab")
        name, seen = page.evaluate(FOCUSED)
        if name.strip().startswith(text):
            assert seen, f"{text} has the focus and cannot be seen"
            return
    pytest.fail(f"Tab does not come to {text!r}")


def follow(page, text, heading):
    """From the home page to where a link of this text leads."""
    page.goto(page.home)
    reach(page, text)
    page.keyboard.press("Enter")
    page.locator("article h1", has_text=heading).wait_for()


def told(page, text):
    """Wait until a widget says this."""
    page.locator("weave-widget [role=status]", has_text=text).first.wait_for(timeout=HANGING)


def test_from_the_home_page_everything_is_reached_and_operated_by_keyboard(open_page, python):
    """Backpropagation step by step, a changed number that breaks a sentence, a GPT that is trained on words
    of the reader's while the network is gone, a sentence of the reader's as tokens, a head of attention."""
    page = open_page("")
    page.home = page.url
    reach(page, "Next")
    for _ in range(2):
        page.keyboard.press("Enter")
    told(page, "p = x1 · w1 = −4.")

    follow(page, "run in the page", "differentiation")
    reach(page, "Edit")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Home")
    for _ in range(100):    # to the number behind "Value("
        page.keyboard.press("Shift+ArrowRight")
        if page.evaluate("document.getSelection().toString()").endswith("Value("):
            break
    page.keyboard.press("ArrowRight")
    page.keyboard.type("7 + ")
    page.keyboard.press("Shift+Enter")
    page.locator(".weave-false").first.wait_for(timeout=HANGING)

    follow(page, "train a GPT", "GPT")
    reach(page, "Your words")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(MINE)
    page.keyboard.press("Shift+Tab")
    while not page.evaluate(FOCUSED)[0].startswith("Train"):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    told(page, f"{len(WORDS)} words")
    page.context.set_offline(True)
    told(page, "Step ")
    page.keyboard.press("Enter")
    told(page, "on words that it has not seen")
    page.context.set_offline(False)

    follow(page, "your sentence as tokens", "tokenizer")
    reach(page, "Text")
    page.keyboard.press("Control+A")
    page.keyboard.type("mine, all mine")
    told(page, "14 bytes are")

    follow(page, "a head of attention", "GPT")
    reach(page, "Or type one")
    page.keyboard.type("ada")
    told(page, "letter 3, a, looks most at")
    assert page.heard == []
