"""The system's C++ compiler: find it, ask what it says, and keep what it makes.

    >>> compiler = find()
    >>> compiler is None or run(compiler, ["-fsyntax-only", "-x", "c++", "-"],
    ...                         "int f() { return 1; }").returncode == 0
    True

The environment variable CXX names it; otherwise it is c++, g++ or clang++ on the path.
It has to be GCC's: only that says in a form for programs where a text converts numbers
(diagnostics.py needs that).

What it made is kept in a folder, by the text that it was made from:
$SCRATCH_CUDA_CACHE, or scratch-cuda in $XDG_CACHE_HOME or ~/.cache, or in the system's
folder for temporary files if that cannot be written.  Above MOST files the oldest go.
"""

import contextlib
import functools
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

INCLUDE = Path(__file__).parent / "include"
MOST = 500           # files to keep
FLAGS = ["-std=c++17", "-fPIC", "-fwrapv", "-fno-strict-aliasing", "-ffp-contract=off",
         "-fno-exceptions", "-fno-rtti", "-fno-math-errno", "-fstack-clash-protection",
         "-U_FORTIFY_SOURCE", "-fvisibility=hidden", f"-I{INCLUDE}"]
FAST = ["-fassociative-math", "-freciprocal-math", "-fno-signed-zeros",
        "-fno-trapping-math"]            # nvcc's --use_fast_math, and nan stays nan


def find():
    """The compiler's command, a tuple, or None if there is none."""
    return found(os.environ.get("CXX", ""), os.environ.get("PATH", ""))


@functools.cache
def found(wanted, path):
    for name in [wanted] if wanted else ["c++", "g++", "clang++"]:
        command = tuple(shlex.split(name))
        where = shutil.which(command[0], path=path) if command else None
        if where:
            command = (where, *command[1:])
            said = run(command, ["-dM", "-E", "-x", "c++", "-"], "").stdout
            if "#define __GNUC__ " in said and "__clang__" not in said:
                return command
    return None


def run(compiler, arguments, text):
    """Run it with text as its input; .stdout and .stderr have what it says."""
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run([*compiler, *arguments], input=text, capture_output=True,
                          text=True, encoding="utf-8", errors="replace",
                          env=environment, check=False)


def linked(compiler, options, texts, path):
    """Compile each text, and link them to a library -> what was wrong, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        parts = [os.path.join(folder, f"{n}.o") for n in range(len(texts))]
        for text, part in zip(texts, parts):
            done = run(compiler, [*FLAGS, *options, "-O2", "-w", "-c", "-x", "c++", "-",
                                  "-o", part], text)
            if done.returncode:
                return done.stderr
        done = run(compiler, ["-shared", "-Wl,-Bsymbolic", "-Wl,-z,defs", *parts, "-o",
                              path], "")
        if not done.returncode:
            return ""
        found = re.findall("(?:undefined reference to|multiple definition of) [`'].*?'",
                           done.stderr)
        return "\n".join(dict.fromkeys(found)) or done.stderr


@functools.cache
def identity(compiler):
    """What tells this compiler and these headers from others."""
    where = os.stat(os.path.realpath(compiler[0]))
    headers = b"".join(path.read_bytes() for path in sorted(INCLUDE.rglob("*"))
                       if path.is_file())
    return f"{compiler} {where.st_size} {where.st_mtime_ns} {FLAGS} {FAST}".encode() + (
        headers)


def cache():
    """The folder of what was made."""
    here = os.environ.get("SCRATCH_CUDA_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    for folder in ([here] if here else [os.path.join(home, "scratch-cuda")]) + [
            os.path.join(tempfile.gettempdir(), f"scratch-cuda-{os.getuid()}")]:
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK) and os.stat(folder).st_uid == os.getuid():
            return Path(folder)
    return Path(tempfile.mkdtemp())


def kept(compiler, given, make):
    """The file made from given, a string; make(path) makes it if it is not there."""
    key = hashlib.sha256(identity(compiler) + given.encode()).hexdigest()
    folder = cache()
    path = folder / f"{key}.so"
    if not path.exists():
        handle, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
        os.close(handle)
        try:
            make(temporary)
            os.replace(temporary, path)      # whole, or not there
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)
        forget(folder)
    return path


def forget(folder):
    """Delete the oldest files above MOST."""
    times = {}
    for path in folder.glob("*.so"):
        with contextlib.suppress(FileNotFoundError):     # another program was faster
            times[path] = path.stat().st_mtime
    for path in sorted(times, key=times.get)[:-MOST]:
        path.unlink(missing_ok=True)
