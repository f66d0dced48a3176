"""A site as its readers get it: built into a folder, and sent as a static host would.

For tests and measurements, with what they look at it with.
"""

import functools
import gzip
import http.server
import os
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path

FLAGS = ("--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync").split()
COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".xml", ".py", ".ipynb"}


@functools.cache
def offline():
    """What starts a command without a network, not even the machine's own, where that is allowed."""
    ways = [["unshare", "-n"], ["unshare", "-rn"]] if shutil.which("unshare") else []
    return next((way for way in ways
                 if subprocess.run([*way, "true"], capture_output=True).returncode == 0), [])


def build(folder, root, **environment):
    """Build the book at root into folder, strictly and offline.

    environment says what the build knows of the address, SITE_URL and GITHUB_REPOSITORY.
    Raises AssertionError with what the build said if it fails.
    """
    run(root, "mkdocs", "build", "--strict", "-d", folder, **environment)
    return Path(folder)


def export(folder, root, **environment):
    """Export the book at root into folder, as build does."""
    run(root, "weave", "export", folder, **environment)
    return Path(folder)


def run(root, *command, **environment):
    """Run a module's program on the book at root, offline, while nobody else does."""
    from filelock import FileLock    # so that tests without pages do without it

    known = {name: value for name, value in os.environ.items()
             if not name.startswith(("GITHUB_", "CI_", "FORGEJO_", "GITEA_")) and name != "SITE_URL"}
    lock = Path(root, ".cache/build.lock")    # the first of several processes executes the chapters
    lock.parent.mkdir(exist_ok=True)
    with FileLock(lock):
        done = subprocess.run([*offline(), sys.executable, "-m", *command], cwd=root,
                              env={**known, **environment}, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(done.stderr)


class Gzipping(http.server.SimpleHTTPRequestHandler):
    """Serves a folder as a static host does: compressed, and with the site's own 404 page."""

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        status = 200 if path.is_file() else 404
        path = path if path.is_file() else Path(self.directory, "404.html")
        content = path.read_bytes()
        self.send_response(status)
        if path.suffix in COMPRESSED:
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "max-age=3600")
        self.end_headers()
        self.wfile.write(content)


def serve(folder, port=0):
    """A running server of the folder; its address is http://127.0.0.1:<server_port>/."""
    handler = functools.partial(Gzipping, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def find_chromium():
    """The path of a Chromium or Chrome: CHROME_PATH, or one that is installed, or None."""
    installed = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return os.environ.get("CHROME_PATH") or next(filter(None, installed), None)


def find_firefox():
    """The path of a Firefox: FIREFOX_PATH, or one that is installed, or None."""
    installed = map(shutil.which, ("firefox-esr", "firefox"))
    return os.environ.get("FIREFOX_PATH") or next(filter(None, installed), None)


def find_node():
    """The path of Node: the environment's own, or the machine's, or None."""
    return shutil.which("node", path=os.pathsep.join([f"{sys.prefix}/bin", os.environ["PATH"]]))


class Formulas(HTMLParser):
    """How many characters of a page are KaTeX's."""

    def __init__(self, text):
        super().__init__()
        self.open, self.size = 0, 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if self.open or dict(attributes).get("class") == "katex":
            self.open += 1
            self.size += len(self.get_starttag_text())

    def handle_endtag(self, tag):
        if self.open:
            self.open -= 1
            self.size += len(f"</{tag}>")

    def handle_data(self, data):
        self.size += len(data) * bool(self.open)
