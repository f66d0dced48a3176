"""The book built into a folder, and a server that sends it as a static host would."""

import functools
import gzip
import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).parents[1]
FLAGS = ("--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync").split()
COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".xml", ".py", ".ipynb"}


@functools.cache
def offline():
    """What starts a command without a network, not even the machine's own, where that is allowed."""
    ways = [["unshare", "-n"], ["unshare", "-rn"]] if shutil.which("unshare") else []
    return next((way for way in ways if subprocess.run([*way, "true"], capture_output=True).returncode == 0), [])


def build(folder, **environment):
    """Build the book into folder, strictly and offline; environment says what the build knows of its address."""
    known = {name: value for name, value in os.environ.items()
             if not name.startswith("GITHUB_") and name != "SITE_URL"}
    lock = ROOT / ".cache/build.lock"    # the first of several processes executes the chapters
    lock.parent.mkdir(exist_ok=True)
    with FileLock(lock):
        run = subprocess.run([*offline(), sys.executable, "-m", "mkdocs", "build", "--strict", "-d", folder], cwd=ROOT,
                             env={**known, **environment}, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return Path(folder)


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
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Gzipping, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def find_chromium():
    """The path of a Chromium or Chrome: CHROME_PATH, or one that is installed, or None."""
    installed = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return os.environ.get("CHROME_PATH") or next(filter(None, installed), None)


def find_node():
    """The path of Node: the environment's own, or the machine's, or None."""
    return shutil.which("node", path=os.pathsep.join([f"{sys.prefix}/bin", os.environ["PATH"]]))
