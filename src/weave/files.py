"""Files that are whole at every moment."""

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
