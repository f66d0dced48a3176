"""Figures keep their geometry and lose what a page in two palettes cannot use."""

import re
import xml.etree.ElementTree as ElementTree

import graphviz
import matplotlib
import pytest

from weave.svg import figure

matplotlib.use("svg")


def plotted():
    from io import StringIO

    import matplotlib.pyplot as plt

    with plt.rc_context({"svg.fonttype": "none"}):
        fig, axes = plt.subplots()
        axes.plot([0, 1, 2], [0, 1.23456789, 4], "o-", label="a < b")
        axes.set_title("A title")
        axes.legend()
        file = StringIO()
        fig.savefig(file, format="svg")
        plt.close(fig)
    return file.getvalue()


def drawn():
    graph = graphviz.Digraph()
    graph.node("a", "label & more", shape="record")
    graph.edge("a", "b")
    return graph.pipe(format="svg", encoding="utf-8")


@pytest.fixture(params=[plotted, drawn])
def source(request):
    return request.param()


def test_no_style_script_prolog_or_metadata_is_left(source):
    made = figure(source, "what it shows", "f1")
    assert not re.search(r"style=|<style|<script|<\?xml|<!DOCTYPE|<metadata|<!--|<title", made)
    assert "\n" not in made


def test_the_titles_of_a_graph_can_be_kept_as_marks():
    marks = re.findall('data-title="([^"]*)"', figure(drawn(), "what it shows", "f1", True))
    assert marks == ["a", "b", "a-&gt;b"] and "data-title" not in figure(drawn(), "what it shows", "f1")


def test_it_is_an_image_with_its_description_and_size(source):
    root = ElementTree.fromstring(figure(source, "what <it> shows", "f1").replace("xlink:href", "href"))
    assert root.get("role") == "img" and root.get("aria-label") == "what <it> shows"
    assert float(root.get("width")) > 50 and root.get("viewBox")


def test_ids_are_unique_between_figures_and_all_references_resolve(source):
    one, two = figure(source, "a", "f1"), figure(source, "a", "f2")
    ids = re.findall(r'\bid="([^"]+)"', one)
    assert len(ids) == len(set(ids)) and not set(ids) & set(re.findall(r'\bid="([^"]+)"', two))
    pointed = re.findall(r'href="#([^"]+)"', one) + re.findall(r"url\(#([^)]+)\)", one)
    assert set(pointed) == set(ids)


def test_black_ink_is_the_colour_of_the_text_around_and_white_paper_is_gone(source):
    made = figure(source, "a", "f1").lower()
    assert "currentcolor" in made
    assert not re.search(r'(fill|stroke)="(black|#000000|white|#ffffff)"', made)


def test_text_and_coordinates_survive():
    made = figure(plotted(), "a", "f1")
    assert ">A title<" in made and ">a &lt; b<" in made
    assert not re.search(r"\d\.\d{3,}", made)
    assert "label &amp; more" in figure(drawn(), "a", "f1")


def test_white_text_stays_white():
    source = ('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
              '<text fill="white">1</text></svg>')
    assert 'fill="white"' in figure(source, "a", "f")


@pytest.mark.parametrize("sides", ['viewBox="0 0 30 20"', 'viewBox="0,0,30,20" width="100%"',
                                   'width="30" height="20"', 'width="30px" height="100%" viewBox="0 0 9 20"'])
def test_a_drawing_by_hand_may_have_its_size_in_the_view_box(sides):
    made = figure(f'<svg xmlns="http://www.w3.org/2000/svg" {sides}><path d="M0 0h9"/></svg>', "a line", "f1")
    root = ElementTree.fromstring(made)
    assert (root.get("width"), root.get("height")) == ("30", "20")


@pytest.mark.parametrize("text, says", [
    ('<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>', "neither a width and a height nor a viewBox"),
    ("<svg>&nbsp;</svg>", "not an SVG that can be read"),
    ("", "not an SVG that can be read"),
])
def test_what_has_no_size_or_is_no_svg_is_refused_with_the_reason(text, says):
    with pytest.raises(ValueError, match=says):
        figure(text, "a line", "f1")
