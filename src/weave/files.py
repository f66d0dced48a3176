"""Files that are whole at every moment, and functions whose results are kept in one."""

import functools
import hashlib
import json
import os
import tempfile
from pathlib import Path


def write_atomically(path, content):
    """Write a text or bytes: all of it or, if this is interrupted, the file stays as it was."""
    path = Path(path)
    data = content.encode() if isinstance(content, str) else content
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(unfinished, path.stat().st_mode if path.exists() else 0o644)    # mkstemp lets nobody read
        os.replace(unfinished, path)
    finally:
        Path(unfinished).unlink(missing_ok=True)


@functools.cache
def bytes_of(path):
    """The bytes of a file, as they were when it was first asked for; the next build begins with none."""
    return path.read_bytes()


class Remembering:
    """Decorates a function from texts to what JSON holds: nothing is computed twice, in a build and the next.

    Between builds, save puts the results that were asked for into a file, and load takes them from it if
    the stamp, which has everything else that they depend on, is the same.
    """

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function, self.earlier, self.results = function, {}, {}

    def __call__(self, *given):
        return self.known(given, lambda: self.function(*given))

    def known(self, given, make):
        """What make() gives, which must depend on what is given alone."""
        key = hashlib.sha256(json.dumps(given, default=str).encode()).hexdigest()
        if key not in self.results:
            self.results[key] = self.earlier[key] if key in self.earlier else make()
        return self.results[key]

    def load(self, path, stamp):
        path = Path(path)
        found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        self.earlier, self.results = found.get("results", {}) if found.get("stamp") == stamp else {}, {}

    def save(self, path, stamp):
        """Keep what was asked for since load; what was not is forgotten."""
        if self.results.keys() != self.earlier.keys():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, json.dumps({"stamp": stamp, "results": self.results}))
