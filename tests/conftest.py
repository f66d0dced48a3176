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


def built_once(folder, **environment):
    """A folder of the book, which the first worker that asks for it builds, for all."""
    from filelock import FileLock

    with FileLock(f"{folder}.lock"):
        if not folder.with_suffix(".built").exists():
            build(folder, ROOT, **environment)
            folder.with_suffix(".built").touch()
    return folder


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id):
    """A folder of this run, and of no worker's own."""
    folder = tmp_path_factory.getbasetemp()
    return folder if worker_id == "master" else folder.parent


@pytest.fixture(scope="session")
def site(shared):
    """The folder of the book, built without knowing where it will be published."""
    return built_once(shared / "site")


def address_of(folder):
    """Where a folder is served from now on: at the same port each time, if that is free, since what a build
    makes for an address is kept for the next one."""
    try:
        server = serve(folder, 8642)
    except OSError:
        server = serve(folder)
    return f"http://127.0.0.1:{server.server_port}/"


@pytest.hookimpl(optionalhook=True)    # of xdist, which calls it where the workers are started
def pytest_configure_node(node):
    """Serve what the workers will publish as long as any of them runs."""
    config = node.config
    if not hasattr(config, "address"):
        config.address = address_of(config._tmp_path_factory.getbasetemp() / "published")
    node.workerinput["address"] = config.address


@pytest.fixture(scope="session")
def published(shared, request):
    """The book built for the address at which it is served, and that address."""
    folder = shared / "published"
    address = getattr(request.config, "workerinput", {}).get("address") or address_of(folder)
    return built_once(folder, SITE_URL=address, GITHUB_REPOSITORY="someone/book",
                      CI_DEFAULT_BRANCH="main"), address


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
