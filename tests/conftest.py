"""The built site and a browser, made once for all the tests that look at pages."""

import importlib.util
import os
import random
import sys
from pathlib import Path

import pytest

from weave.site import FLAGS, build, find_chromium, find_firefox, serve

ROOT = Path(__file__).resolve().parents[1]
if not getattr(importlib.util.find_spec("torch"), "origin", None):    # tests/torch is no PyTorch
    sys.modules["torch"] = None                                       # so that it is found to be missing
LONG = ["test_export.py", "test_browser.py"]    # in this folder: a test of minutes, and many of seconds
os.environ.setdefault("OMP_NUM_THREADS", "1")    # PyTorch's, of small tensors, would wait for each other


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also what takes minutes: make test ARGS=--long")
    parser.addoption("--screenshots", action="store_true", help="also keep a picture of each page")


def pytest_collection_modifyitems(config, items):
    """Begin with what takes long, in each of the workers, so that none is left with it at the end.

    Each worker begins with a part of the list, one after the other, and takes from others when it is done.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    long = [item for name in LONG for item in items if item.path == ROOT / "tests" / name]
    first = set(long)
    others = [item for item in items if item not in first]
    borders = [len(others) * n // workers for n in range(workers + 1)]
    items[:] = [item for n in range(workers) for part in (long[n::workers], others[borders[n]:borders[n + 1]])
                for item in part]


@pytest.fixture(autouse=True)
def the_same_random_numbers():
    """Each test starts from the same state of the global generators: what passed once passes again."""
    random.seed(0)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(0)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture(scope="session")
def site(tmp_path_factory, worker_id):
    """The folder of the book, built without knowing where it will be published; all workers share it."""
    from filelock import FileLock

    if worker_id == "master":
        return build(tmp_path_factory.mktemp("site"), ROOT)
    folder = tmp_path_factory.getbasetemp().parent / "site"    # of this run, and of no worker's own
    with FileLock(f"{folder}.lock"):
        if not folder.with_suffix(".built").exists():
            build(folder, ROOT)
            folder.with_suffix(".built").touch()
    return folder


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """The book built for the address at which it is served, and that address."""
    folder = tmp_path_factory.mktemp("published")
    server = serve(folder)
    address = f"http://127.0.0.1:{server.server_port}/"
    build(folder, ROOT, SITE_URL=address, GITHUB_REPOSITORY="someone/book", CI_DEFAULT_BRANCH="main")
    yield folder, address
    server.shutdown()


@pytest.fixture(scope="module")    # no longer: Playwright keeps an event loop running
def playwright():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(playwright):
    """A headless Chromium.  Without one these tests are skipped, except in CI, where they fail."""
    path = find_chromium()
    if path is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("no Chromium: install it, or name it in CHROME_PATH, to test the pages in a browser")
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def firefox(playwright):
    """A headless Firefox, the machine's own, whose reader wants little motion; without one, skipped."""
    path = find_firefox()
    if path is None:
        pytest.skip("no Firefox: install it, or name it in FIREFOX_PATH, to test the pages in it, too")
    browser = playwright.firefox.launch(executable_path=path, channel="moz-firefox",
                                        firefox_user_prefs={"ui.prefersReducedMotion": 1})
    yield browser
    browser.close()
