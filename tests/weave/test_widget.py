"""A figure that a cell displays with the name and the data of a widget becomes one, where scripts run."""

import gzip
import json
import random
import shutil
import subprocess

import pytest
from bs4 import BeautifulSoup

from weave.render import LIGHT, OutputError, Renderer

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle data-at="a" r="3"/></svg>'
CHAPTER = f"""# A dot

```python quiet alt="A dot"
from IPython.display import SVG, display

display(SVG('{SVG}'), metadata={{"widget": "dot", "data": {{"é": [1, 2.5]}}}})
```

```python quiet alt="Two points"
import matplotlib.pyplot as plt

figure, axes = plt.subplots()
axes.plot([1, 2], [1, 2], "o")
display(figure, metadata={{"widget": "dot", "data": []}})
plt.close()
```
"""


@pytest.fixture
def outputs():
    """outputs(metadata, kind) -> what a page shows of a figure that was displayed with the metadata."""
    saved = {}

    def save(name, content):
        saved[name] = content
        return f"../{name}"

    def outputs(metadata, kind="image/svg+xml"):
        renderer = Renderer("page", save, {"dot"})
        output = {"output_type": "display_data", "data": {kind: SVG}, "metadata": metadata}
        return str(renderer.outputs([output], alt="a dot" if "image" in kind else "")[0])

    outputs.saved = saved
    return outputs


def test_a_widget_is_its_figure_with_the_address_of_its_data(outputs):
    made = outputs({"widget": "dot", "data": {"x": (1, 2.5)}})
    tag = BeautifulSoup(made, "html.parser").select_one("figure > weave-widget")
    assert tag.attrs == {"name": "dot", "src": "../page-1.json"}
    assert tag.select_one(".weave-scroll > svg[role=img]")
    assert outputs.saved == {"page-1.json": b'{"x":[1,2.5]}'}
    assert "weave-widget" not in outputs({})
    assert ' style="--room:9rem">' in outputs({"widget": "dot", "data": 1, "room": 9})


def test_what_can_wait_is_a_file_of_its_own_whose_size_the_page_has(outputs):
    later = random.Random(1).choices(range(10**9), k=LIGHT)
    made = outputs({"widget": "dot", "data": 1, "later": later})
    tag, kept = BeautifulSoup(made, "html.parser").find("weave-widget"), outputs.saved["page-1-later.json"]
    assert tag["data-later"] == "../page-1-later.json" and json.loads(kept) == later
    assert tag["data-kb"] == str(round(len(gzip.compress(kept)) / 1000)) and int(tag["data-kb"]) > 5


@pytest.mark.parametrize("asked, says", [
    ({"widget": "dots", "data": 1}, "write assets/widgets/dots.js .*, or name one that is there: dot"),
    ({"widget": "dot"}, 'has no "data"'),
    ({"widget": "dot", "data": 1, "later": float("nan")}, 'has no "later"'),
    ({"widget": "dot", "data": float("nan")}, "numbers that are finite"),
    ({"widget": "dot", "data": random.Random(1).choices(range(10**9), k=LIGHT)}, "round its numbers"),
])
def test_a_widget_without_script_or_fit_data_is_refused_with_what_to_do(outputs, asked, says):
    with pytest.raises(OutputError, match=says):
        outputs(asked)


def test_a_widget_without_a_figure_is_refused(outputs):
    with pytest.raises(OutputError, match="takes the place of a figure"):
        outputs({"widget": "dot", "data": 1}, "text/plain")


def test_a_book_with_a_widget_has_its_data_beside_its_figures_and_notebooks_have_the_figure(book):
    script = "// A dot.\n\nexport default () => {\n    dot();    // now\n};\n"
    book.write("docs/assets/widgets/dot.js", script)
    book.chapter(CHAPTER)
    run = book.build()
    assert run.returncode == 0, run.stderr
    tags = BeautifulSoup(book.page(), "html.parser").select("weave-widget")
    assert [(tag["name"], tag["src"], tag.svg["aria-label"]) for tag in tags] == [
        ("dot", "../assets/figures/chapter-1.json", "A dot"),
        ("dot", "../assets/figures/chapter-2.json", "Two points")]
    data = [json.loads(book.page(f"assets/figures/chapter-{n}.json")) for n in (1, 2)]
    assert data == [{"é": [1, 2.5]}, []]
    assert book.page("assets/widgets/dot.js") == "export default ()=>{dot()};"
    cells = json.loads(book.page("chapter.ipynb"))["cells"]
    kinds = [(output["metadata"], "image/svg+xml" in output["data"]) for cell in cells
             for output in cell.get("outputs", ())]
    assert kinds == [({}, True), ({}, True)]
    markdown = book.page("chapter.md")
    assert "![A dot]" in markdown and "weave-widget" not in markdown


def test_the_script_that_begins_widgets_is_sound():
    """Oracle: node, which reads it without running it."""
    if not (node := shutil.which("node")):
        pytest.skip("node is not installed; tests/test_widgets.py runs the script in a browser")
    from weave.plugin import ASSETS

    subprocess.run([node, "--check", ASSETS / "weave.js"], check=True)
