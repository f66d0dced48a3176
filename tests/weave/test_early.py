"""The theme's inline scripts are one file, which has what they had."""

import json
import subprocess

import pytest

from weave.early import lifted, write
from weave.site import find_node

TOLD = {"base": "../..", "search": "../../assets/search.js", "features": ["navigation.instant"]}
PAGE = ('<head><script>__md_scope=new URL("../..",location)</script></head><body>'
        '<script>var palette=__md_get("__palette");if(palette){}</script>text<script>own()</script>'
        '<script id="__config" type="application/json">%s</script></body>')
PALETTES = [{"media": "(prefers-color-scheme)", "toggle": {"name": "Light"}},
            {"media": "(prefers-color-scheme: light)", "scheme": "default"},
            {"media": "(prefers-color-scheme: dark)", "scheme": "slate"}]
BROWSER = """
const [script, kept, dark] = process.argv.slice(1), set = {}, body = {}, head = [];
body.setAttribute = (name, value) => { set[name] = value; };
globalThis.window = globalThis;
globalThis.localStorage = { getItem: () => kept };
globalThis.matchMedia = (media) => ({ matches: media === "(prefers-color-scheme)"
    || media === `(prefers-color-scheme: ${dark ? "dark" : "light"})` });
globalThis.document = { currentScript: { src: "https://a.b/book/assets/early.js" }, createElement: () => ({}),
                        head: { append: (node) => head.push(node) } };
globalThis.MutationObserver = class {
    constructor(changed) { this.changed = changed; }
    observe() { this.changed([], this); document.body = body; this.changed([], this); }
    disconnect() { }
};
(0, eval)(require("fs").readFileSync(script, "utf8"));
console.log(JSON.stringify([set, JSON.parse(head[0].textContent), __md_scope.pathname]));
"""


@pytest.mark.parametrize("base, address", [("../..", "../../assets/early.js"), (".", "assets/early.js"),
                                           ("/", "/assets/early.js"), ("/book/", "/book/assets/early.js")])
def test_a_page_loads_the_file_in_place_of_the_themes_scripts(base, address):
    search = f"{base.rstrip('/')}/assets/search.js"
    page, told = lifted(PAGE % json.dumps(TOLD | {"base": base, "search": search}))
    assert page == f'<head><script src="{address}"></script></head><body>text<script>own()</script></body>'
    assert told == {"search": "assets/search.js", "features": ["navigation.instant"]}


@pytest.mark.parametrize("page", ["<p>text", PAGE.replace("__md_scope", "other") % json.dumps(TOLD)])
def test_a_page_without_these_scripts_stays_as_it_is(page):
    assert lifted(page) == (page, None)


@pytest.fixture
def begun(tmp_path):
    """begun(kept, dark) -> what early.js sets on the body, tells the theme, and takes for the site's path."""
    node = find_node()
    if not node:
        pytest.skip("no Node; make env installs it")

    def begun(kept, dark):
        write(tmp_path, lifted(PAGE % json.dumps(TOLD))[1], PALETTES)
        given = [tmp_path / "assets/early.js", json.dumps(kept), "dark" * dark]
        run = subprocess.run([node, "-e", BROWSER, *given], capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    return begun


def test_the_theme_is_told_what_the_page_told_it_from_the_sites_root(begun):
    _, told, path = begun(None, False)
    assert told == {"base": "https://a.b/book/", "search": "https://a.b/book/assets/search.js",
                    "features": ["navigation.instant"]}
    assert path == "/book/"


@pytest.mark.parametrize("kept, dark, scheme", [
    (None, False, "default"), (None, True, "slate"),
    ({"media": "(prefers-color-scheme)", "scheme": "default"}, True, "slate"),
    ({"media": "(prefers-color-scheme: light)", "scheme": "default"}, True, "default"),
    ({"media": "(prefers-color-scheme: dark)", "scheme": "slate"}, False, "slate")])
def test_the_colours_are_the_readers_or_else_the_systems(begun, kept, dark, scheme):
    kept = kept and {"index": 0, "color": kept}
    assert begun(kept, dark)[0]["data-md-color-scheme"] == scheme
