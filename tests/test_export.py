"""The whole book, exported: other generators make the same pages of it, which work in a browser."""

from pathlib import Path

from generators import GENERATORS, generated, shown
from weave.site import export, serve

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ["", "micrograd/autograd/", "cuda/softmax/", "no-such-page/"]


def test_the_exported_book_is_the_same_whoever_builds_it_and_works_in_a_browser(site, tmp_path, chromium):
    folder = export(tmp_path / "book", ROOT)
    pages = {path.relative_to(site): shown(site, path.relative_to(site)) for path in site.rglob("index.html")}
    for generator in GENERATORS:
        built = generated(folder, generator)
        assert {*pages} == {path.relative_to(built) for path in built.rglob("index.html")}
        for path, page in pages.items():
            assert shown(built, path) == page, f"{path} by {generator}"
        assert complaints(chromium, built) == [], generator


def complaints(chromium, folder):
    """What the console says while some pages are opened and searched, and what they load from elsewhere."""
    server = serve(folder)
    address, heard = f"http://127.0.0.1:{server.server_port}/", []
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.on("console", lambda message: "404" in message.text or heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("response", lambda answer: answer.ok or answer.url.endswith("no-such-page/")
            or heard.append(f"{answer.status}: {answer.url}"))
    page.on("request", lambda request: request.url.startswith((address, "data:", "blob:"))
            or heard.append(f"third party: {request.url}"))
    for path in SAMPLE:
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        page.keyboard.press("/")
        page.keyboard.type("gradient")
        page.locator(".md-search-result__item, [role=listbox] > li").first.wait_for()
    page.close()
    server.shutdown()
    return heard
