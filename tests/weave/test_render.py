"""Outputs become Markdown that shows all of what was computed and nothing that changes by itself."""

import base64

import pytest

from weave.render import OutputError, Renderer, claims, plain, returns_text

PNG = base64.b64encode(base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)).decode()


@pytest.fixture
def renderer():
    saved = {}

    def save(name, content):
        saved[name] = content
        return f"../{name}"

    made = Renderer("page", save)
    made.saved = saved
    return made


def text(parts):
    return "\n\n".join(map(str, parts))


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def result(**data):
    return {"output_type": "execute_result",
            "data": {key.replace("_", "/"): value for key, value in data.items()}}


def drawing(kind, content):
    return {"output_type": "display_data", "data": {kind: content}}


def test_text_is_escaped_and_kept_on_one_line(renderer):
    made = text(renderer.outputs([stream("a < b\n\n& c\n")]))
    assert "a &lt; b&#10;&#10;&amp; c" in made and "\n" not in made


def test_standard_error_is_shown_apart(renderer):
    first, second = map(str, renderer.outputs([stream("out\n"), stream("err\nmore\n", "stderr")]))
    assert "weave-stderr" not in first and "weave-stderr" in second and "err&#10;more" in second


def test_colours_of_a_terminal_become_classes(renderer):
    made = text(renderer.outputs([stream("\x1b[31mred\x1b[0m plain")]))
    assert '<span class="ansi-red-fg">red</span> plain' in made and "\x1b" not in made


def test_long_output_is_cut_in_the_middle_with_a_note(renderer):
    made = text(renderer.outputs([stream("\n".join(f"line {n}" for n in range(500)))]))
    assert "line 0&#10;" in made and "line 499<" in made and "line 250" not in made
    assert "440 lines left out" in made and "500 lines long" in made


def test_the_richest_kind_of_an_output_is_shown(renderer):
    assert "<table>" in text(renderer.outputs([result(text_plain="plain", text_html="<table>\n</table>")]))
    assert renderer.outputs([result(text_plain="plain", text_latex=r"$\displaystyle x^2$")]) == \
        ["$$\n\\displaystyle x^2\n$$"]
    assert renderer.outputs([result(text_plain="plain", text_markdown="**bold**")]) == ["**bold**"]
    assert "plain" in text(renderer.outputs([result(text_plain="plain")]))


def test_only_a_value_that_is_shown_as_text_counts_as_returned_text():
    assert returns_text([stream("printed"), result(text_plain="[1, 2]")])
    assert not returns_text([stream("printed"), result(text_plain="a graph", **{"image_svg+xml": "<svg/>"})])
    assert not returns_text([drawing("text/plain", "displayed")])


def test_a_bitmap_becomes_a_file_with_its_size_and_alt_text(renderer):
    made = text(renderer.outputs([drawing("image/png", PNG)], alt='a "dot"'))
    assert 'src="../page-1.png" alt="a &quot;dot&quot;" width="1" height="1"' in made
    assert renderer.saved["page-1.png"].startswith(b"\x89PNG")


def test_a_figure_without_alt_text_is_refused(renderer):
    with pytest.raises(OutputError, match="needs alt text"):
        renderer.outputs([{"output_type": "display_data", "data": {"image/png": PNG}}])


def test_alt_text_without_its_one_figure_is_refused(renderer):
    with pytest.raises(OutputError, match="draws 0"):
        renderer.outputs([], alt="nothing is drawn")


def test_a_memory_address_is_refused(renderer):
    with pytest.raises(OutputError, match="0x7f0000000010"):
        renderer.outputs([result(text_plain="<object object at 0x7f0000000010>")])


def test_an_unknown_kind_of_output_is_refused(renderer):
    with pytest.raises(OutputError, match="video/mp4"):
        renderer.outputs([{"output_type": "display_data", "data": {"video/mp4": ""}}])


def test_claims_are_counted_and_listed():
    one, two = str(claims(["a"])), str(claims(["a", "b `c` $x$"]))
    assert "1 claim checked" in one and "2 claims checked" in two
    assert "<code>c</code>" in two and r"\(x\)" in two


def test_the_drawing_of_a_figure_can_be_kept_apart(renderer):
    drawn = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="3"/></svg>'
    [made] = renderer.outputs([drawing("image/svg+xml", drawn)], "a dot", "A *dot*.")
    assert made.drawing.startswith("<svg ") and made.drawing.endswith("</svg>")
    assert "<svg" not in made.text + made.rest and "<em>dot</em>" in made.rest


def test_a_computed_value_cannot_become_markdown():
    assert plain("[a](b) *c* _d_ $e$ <f>") == r"\[a\](b) \*c\* \_d\_ \$e\$ \<f\>"
    assert plain("-1.5e-05") == "-1.5e-05"


def test_a_figure_made_of_pixels_is_refused_with_what_to_draw_instead():
    pixels = ('<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
              'width="10pt" height="10pt"><image xlink:href="data:image/png;base64,AAAA"/></svg>')
    with pytest.raises(OutputError, match="pcolormesh"):
        Renderer("page", None).outputs([drawing("image/svg+xml", pixels)], alt="pixels")
