"""An nvcc that remembers what it was asked: PyCUDA calls it as it calls nvcc, and it calls nvcc once.

    NVCC_KEPT    the folder of answers, else build/nvcc
    NVCC_REAL    the nvcc to ask; else the next one on the PATH.  "none": there is none

A machine with a card, and without nvcc or with few minutes, gets the folder along: then PyCUDA finds each
program compiled.  (PyCUDA's own cache would not do: its keys have the path where PyCUDA is installed, and
the version of an nvcc that has to be there.)  A program for sm_80 serves a card of compute capability 8.9
as well.

Without nvcc, and with NVCC_TEXT set, the "machine code" is the text itself, checked by the CPU engine;
the stand-in for CUDA's driver (tests/standin) runs either.
"""

import base64
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = b"CUDA C, not compiled\n"
FORGOTTEN = 3    # the exit status where there is neither an answer nor an nvcc


def folder():
    return Path(os.environ.get("NVCC_KEPT") or ROOT / "build/nvcc")


def real():
    """The path of the nvcc behind this one, or None."""
    if named := os.environ.get("NVCC_REAL"):
        return None if named == "none" else named
    found = (shutil.which("nvcc", path=path) for path in os.environ.get("PATH", "").split(os.pathsep) if path)
    return next((path for path in found if path and b"tools/nvcc.py" not in Path(path).read_bytes()[:999]),
                None)


def key(arguments, sources):
    """What an answer is kept under: the arguments, but for places, and the texts of the files.

    >>> key(["--cubin", "-I/one/pycuda/cuda", "kernel.cu"], ["x"]) == key(
    ...     ["--cubin", "-I/other/pycuda/cuda", "kernel.cu"], ["x"])
    True
    >>> key(["-arch", "sm_80"], ["x"]) == key(["-arch", "sm_90"], ["x"])
    False
    """
    said = [re.sub(r"^-I.*(?=pycuda/cuda$)", "-I", each) for each in arguments
            if not each.endswith(".cu")]
    return hashlib.sha256(json.dumps([said, sources]).encode()).hexdigest()[:32]


def asked(arguments):
    """The answer to a call: {"arguments", "sources", "status", "stdout", "stderr", "output"}."""
    sources = [Path(each).read_text() for each in arguments if each.endswith(".cu")]
    found = recall(arguments, sources)
    if found is None and (nvcc := real()):
        found = compile_by(nvcc, arguments)
        if "--preprocess" not in arguments:      # megabytes, for PyCUDA's own cache
            remember(arguments, sources, found)
    if found is None and "--cubin" in arguments:
        found = recall_older(arguments, sources) or by_engine(arguments, sources)
    return found or {"status": FORGOTTEN, "stdout": "", "output": None,
                     "stderr": "nvcc is not here, and this is not among what was compiled beforehand\n"}


def recall(arguments, sources):
    """What was answered to this before, or None; that it was asked again is seen from the file's time."""
    path = folder() / f"{key(arguments, sources)}.json"
    try:
        answer = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    for each in (path, folder() / f"{answer.get('of')}.of"):
        with contextlib.suppress(OSError):       # a folder that may only be read
            os.utime(each)
    return answer


def recall_older(arguments, sources):
    """What was compiled for an older card of the same generation, whose machine code runs here, too."""
    n = arguments.index("-arch") + 1 if "-arch" in arguments else None
    version = n and re.fullmatch(r"sm_(\d+)(\d)", arguments[n])
    for minor in range(int(version[2]) - 1, -1, -1) if version else ():
        older = [*arguments[:n], f"sm_{version[1]}{minor}", *arguments[n + 1:]]
        if found := recall(older, sources):
            return found
    return None


def remember(arguments, sources, answer):
    """Keep an answer; and under the hash of its output where it is, so that the text can be found."""
    answer = {"arguments": arguments, "sources": sources, **answer}
    place, name = folder(), key(arguments, sources)
    place.mkdir(parents=True, exist_ok=True)
    if answer["output"]:
        answer["of"] = hashlib.sha256(base64.b64decode(answer["output"])).hexdigest()
        write(place / f"{answer['of']}.of", name)
    write(place / f"{name}.json", json.dumps(answer))
    return answer


def compile_again(arguments, sources):
    """Ask nvcc what was asked before with other arguments, of the same texts."""
    with tempfile.TemporaryDirectory() as place:
        paths = [str(Path(place, f"{n}", Path(each).name)) for n, each in enumerate(
            word for word in arguments if word.endswith(".cu"))]
        for path, text in zip(paths, sources):
            Path(path).parent.mkdir()
            Path(path).write_text(text)
        there = iter(paths)
        command = [next(there) if word.endswith(".cu") else word for word in arguments]
        return remember(arguments, sources, compile_by(real(), command, cwd=place))


def write(path, text):
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(text)
    unfinished.replace(path)


def compile_by(nvcc, arguments, cwd=None):
    run = subprocess.run([nvcc, *arguments], capture_output=True, text=True, errors="replace", cwd=cwd)
    output = result(arguments, cwd or ".")
    made = base64.b64encode(output.read_bytes()).decode() if output and output.exists() else None
    return {"status": run.returncode, "stdout": run.stdout, "stderr": run.stderr, "output": made}


def result(arguments, folder="."):
    """The file that nvcc writes, where it runs: kernel.cubin for kernel.cu; None if it writes none."""
    kinds = {"--cubin": ".cubin", "--ptx": ".ptx", "--fatbin": ".fatbin"}
    kind = next((suffix for option, suffix in kinds.items() if option in arguments), None)
    source = next((each for each in arguments if each.endswith(".cu")), None)
    return Path(folder, Path(source).name).with_suffix(kind) if kind and source else None


def by_engine(arguments, sources):
    """The text in the place of machine code, if the CPU engine compiles it; and what it says if not."""
    if not os.environ.get("NVCC_TEXT"):
        return None
    image = TEXT + json.dumps([arguments, sources]).encode() + b"\0"
    check = ("import base64, sys, warnings\nwarnings.simplefilter('ignore')\nfrom tools.nvcc import text_of\n"
             "from scratch.cuda.cpu import compiler, driver\n"
             "source, options, extern_c = text_of(base64.b64decode(sys.stdin.read()))\n"
             "try:\n    compiler.SourceModule(source, options=options, no_extern_c=not extern_c)\n"
             "except driver.NotOnCPU:\n    pass\n"
             "except driver.CompileError as error:\n    sys.exit(str(error))\n")
    output = base64.b64encode(image).decode()
    there = {"SCRATCH_CUDA": "cpu", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    run = subprocess.run([sys.executable, "-c", check], input=output, capture_output=True, text=True,
                         env={**os.environ, **there})
    if run.returncode:
        return {"status": run.returncode, "stdout": "", "stderr": run.stderr, "output": None}
    return {"status": 0, "stdout": "", "stderr": "", "output": output}


def text_of(image):
    """(source, options for the CPU engine, whether it was in extern "C") of what this program made.

    >>> text_of(TEXT + b'[["-DN=3", "-arch", "sm_90"], ["extern \\\\"C\\\\" {\\\\nint x;\\\\n}\\\\n"]]\\0')
    ('int x;', ['-DN=3'], True)
    """
    if image.startswith(TEXT):
        arguments, sources = json.loads(image[len(TEXT):].rstrip(b"\0"))
    else:
        name = (folder() / f"{hashlib.sha256(image).hexdigest()}.of").read_text()
        kept = json.loads((folder() / f"{name}.json").read_text())
        arguments, sources = kept["arguments"], kept["sources"]
    wrapped = re.fullmatch(r'extern "C" \{\n(.*)\n\}\n', sources[0], re.DOTALL)
    words = " ".join(arguments).replace("-D ", "-D").replace("-U ", "-U").split()
    options = [each for each in words if re.match(r"-[DU]|--?use_fast_math|-I(?!.*pycuda/cuda$)", each)]
    return wrapped[1] if wrapped else sources[0], options, bool(wrapped)


def main(arguments):
    answer = asked(arguments)
    sys.stdout.write(answer["stdout"])
    sys.stderr.write(answer["stderr"])
    output = result(arguments)
    if output and answer["output"] and not output.exists():
        output.write_bytes(base64.b64decode(answer["output"]))
    return answer["status"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
