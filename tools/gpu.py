"""Everything that a card is needed for, by one command, in less than ten minutes of its time.

    python tools/gpu.py [...]      on the machine with the card: PyCUDA, and then benchmarks/gpu.py, whose
                                   options it passes on (python -m benchmarks cuda --help)
    python tools/gpu.py pack       before that, on a machine with a network and nvcc

The machine with the card needs Python with NumPy, pytest, hypothesis and MarkupSafe (which PyTorch brings
along), a C++ compiler, and PyTorch with CUDA if it is to be compared with; no network, no browser, none of
what builds the book.  PyCUDA is taken as it is there,
or else built from its source distribution (tools/pycuda.py).  What `pack` leaves in build/fetched and
build/nvcc goes along with the repository: the source distribution and what PyCUDA imports, and each
program that the tests and the measurements compile, for compute capability 8.0 and 9.0, so that no minute of
the card goes into nvcc (tools/nvcc.py).

What was measured is in results/cuda.json, with the card, its driver and clocks, and the commit, even if the
run is cut short.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools import nvcc, pycuda    # noqa: E402  (this file is run by its path, too)

ARCHITECTURES = "8.0", "9.0"
ONE_CACHE = {"PYCUDA_DISABLE_CACHE": "1"}    # tools/nvcc.py's: PyCUDA's asks nvcc before it looks


def run(arguments):
    """The whole of it, on the card; the exit status of the benchmark."""
    before = [] if works() else [pycuda.HOME / "site"]
    if before and not pycuda.built(standin=False):
        print("PyCUDA is not here: building it from its source distribution", flush=True)
        pycuda.build(optimize=True)
    pycuda.program()
    paths = [*before, ROOT / "src", ROOT]
    return subprocess.run([sys.executable, "-m", "benchmarks", "cuda", "gpu", *arguments], cwd=ROOT, env={
        **os.environ, "SCRATCH_CUDA": "gpu", "PYTHONPATH": joined(paths, "PYTHONPATH"), **ONE_CACHE,
        "PATH": joined([pycuda.HOME / "bin"], "PATH")}).returncode


def works():
    """Can PyCUDA be imported here as it is?"""
    return subprocess.run([sys.executable, "-c", "import pycuda.driver"], capture_output=True).returncode == 0


def joined(paths, name):
    return os.pathsep.join([*map(str, paths), *([os.environ[name]] if os.environ.get(name) else [])])


def pack():
    """Fill build/fetched and build/nvcc: the stand-in for a card is given all that a card will be given.

    What was compiled before is kept, so that a pack that was stopped goes on where it was.
    """
    if nvcc.real() is None:
        sys.exit("nvcc is not on the PATH, so nothing can be compiled beforehand")
    for name in pycuda.PINS:
        pycuda.fetch(name)
    if not pycuda.built():
        pycuda.build()
    pycuda.standin()
    begin = time.time()
    nvcc.asked(["--version"])
    with ThreadPoolExecutor(os.cpu_count()) as several:
        ended = list(several.map(lambda each: asks(*each), jobs(ARCHITECTURES)))
    others(ARCHITECTURES)
    if all(ended):
        for path in nvcc.folder().glob("*"):
            if path.stat().st_mtime < begin:
                path.unlink()                    # of a kernel that is no more
    (nvcc.folder() / "commit").write_text(subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"], cwd=ROOT, capture_output=True,
        text=True).stdout.strip())
    size = sum(path.stat().st_size for folder in (nvcc.folder(), pycuda.FETCHED) for path in folder.glob("*"))
    print(f"build/fetched and build/nvcc: {size / 1e6:.0f} MB, to go along with the repository, "
          f"after {(time.time() - begin) / 60:.0f} minutes")
    return 0 if all(ended) else 1


def jobs(capabilities):
    """(command, capability), ...: what has a card compile all that the measurements and the tests need.

    The sizes that are tried of a rung depend on the card; everything else is the same, and is asked for once.
    """
    from benchmarks.card import TESTS
    folders, ignored = ([each for each in TESTS if each.startswith("--") is so] for so in (False, True))
    for each in reversed(capabilities):
        yield ["-m", "benchmarks", "cuda", "--task", json.dumps(["programs", True])], each
    yield ["-m", "benchmarks", "cuda", "--task", json.dumps(["scratch.torch", True])], capabilities[-1]
    for folder in folders:
        yield ["-m", "pytest", "-q", "-p", "no:cacheprovider", folder, *ignored], capabilities[-1]


def asks(command, capability):
    """Run Python on the stand-in; did it end?  A test that fails has asked for what it needs, too."""
    begin = time.time()
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True,
                          env=pycuda.environment(STANDIN_CAPABILITY=capability, **ONE_CACHE))
    print(f"-- {capability}, {time.time() - begin:.0f} s: {' '.join(command)}", flush=True)
    if done.returncode:
        print("\n".join((done.stdout + done.stderr).splitlines()[-20:]), flush=True)
    return done.returncode in ((0, 1) if "pytest" in command else (0,))


def others(capabilities):
    """Have what was compiled for one capability compiled for the others, too."""
    *rest, last = (f"sm_{each.replace('.', '')}" for each in capabilities)
    asked = [json.loads(path.read_text()) for path in nvcc.folder().glob("*.json")]
    wanted = [([other if word == last else word for word in each["arguments"]], each["sources"])
              for each in asked if last in each["arguments"] for other in rest]
    wanted = [each for each in wanted if nvcc.recall(*each) is None]
    print(f"-- {len(wanted)} programs for {', '.join(rest)}", flush=True)
    with ThreadPoolExecutor(os.cpu_count()) as several:
        for _ in several.map(lambda each: nvcc.compile_again(*each), wanted):
            pass


def main(arguments):
    if {"-h", "--help"} & set(arguments):
        return print(__doc__)
    return pack() if arguments == ["pack"] else run(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
