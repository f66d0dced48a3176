"""The drawing shows every value once with its numbers, whatever its label, and says what is missing."""

import html
import re
import shutil

import graphviz
import pytest

from scratch.micrograd.draw import draw_dot
from scratch.micrograd.engine import Value

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's dot is not installed")


def example():
    x1, w1 = Value(1, label="x1"), Value(-4.0, label="w1")
    product = x1 * w1
    product.label = "x1w1"
    loss = (product - 7.5) ** 2
    loss.backward()
    return loss


def test_every_value_is_a_box_with_label_data_and_gradient():
    source = draw_dot(example()).source
    assert 'label="x1 | data 1 | grad 92"' in source and 'label="w1 | data -4 | grad -23"' in source
    assert 'label="data 132.25 | grad 1"' in source
    assert source.count("shape=record") == 6 and source.count("->") == 8


def test_a_value_used_twice_is_drawn_once_with_two_arrows():
    x = Value(3.0, label="x")
    source = draw_dot(x * x).source
    assert source.count("shape=record") == 2
    assert len(re.findall(r"n0 -> op", source)) == 2


def test_the_same_computation_gives_the_same_text():
    assert draw_dot(example()).source == draw_dot(example()).source


def test_format_and_direction_are_passed_on():
    graph = draw_dot(example(), format="png", rankdir="TB")
    assert isinstance(graph, graphviz.Digraph) and graph.format == "png" and "rankdir=TB" in graph.source


@needs_dot
@pytest.mark.parametrize("label", [
    "a|b", "{x}", "<p>", 'say "w"', "back\\slash", "x & y", "&lt;", "π₁", "a b", "new\nline"])
def test_any_label_arrives_in_the_picture(label):
    """Oracle: dot itself, whose SVG holds the text that a reader sees."""
    picture = draw_dot(Value(1.0, label=label)).pipe(format="svg", encoding="utf-8")
    shown = html.unescape(re.search(r"<text[^>]*>(.*?)</text>", picture)[1]).replace("\xa0", " ")
    assert shown.rstrip() == label.replace("\n", "\\n")    # dot may add a space before the bar


@needs_dot
def test_a_deep_graph_needs_no_recursion():
    y = Value(1.0)
    for _ in range(2000):
        y = y + 1.0
    assert draw_dot(y).source.count("shape=record") == 4001


@pytest.mark.parametrize("wrong", [3.0, None, [Value(1.0)]], ids=["float", "None", "list"])
def test_only_values_can_be_drawn(wrong):
    with pytest.raises(TypeError, match=type(wrong).__name__):
        draw_dot(wrong)


def test_an_unknown_direction_is_an_error_that_lists_the_known_ones():
    with pytest.raises(ValueError, match="LR, RL, TB or BT"):
        draw_dot(Value(1.0), rankdir="sideways")


def test_without_dot_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    graph = draw_dot(example())
    for make in (lambda: graph.pipe(format="svg"), lambda: graph.render("never"), graph._repr_image_svg_xml):
        with pytest.raises(graphviz.ExecutableNotFound, match="apt-get install graphviz"):
            make()
