"""PyCUDA, built from its source distribution: for a card, or for a stand-in of one.

    python tools/pycuda.py build                    into build/pycuda; half a minute
    python tools/pycuda.py run python script.py     a command, with PyCUDA and the stand-in's driver

It takes a C++ compiler and CUDA's cuda.h, which is looked for beside nvcc and in the packages of CUDA that
PyTorch brings along, and otherwise fetched; no card and no driver.  What is built has PyCUDA's own Python
and C++, without CURAND and OpenGL, and asks for libcuda.so.1 when it is imported: on a machine with a card
that is NVIDIA's, and with `run` it is tests/standin/libcuda.c.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME, FETCHED = ROOT / "build/pycuda", ROOT / "build/fetched"
SOURCE = "pycuda-2026.1.tar.gz"
PINS = {    # what is fetched where it is not at hand: package, and the sha256 of its file
    SOURCE: ("pycuda==2026.1", "759516160628ba06f32ce7e563e3f5b9214691dc9528a03ea99ea1073f4e14ba"),
    "mako": ("mako==1.4.3", "723296007c870bfd6b3f0c3230dba7198096e5269297ebf5e4eff9e7ffa39d4f"),
    "pytools": ("pytools==2026.1.1", "1f6d9a39c871b6dc761893373792f10b67886c83e38f2aa09b66e11f8c021436"),
    "platformdirs": ("platformdirs==4.14.8",
                     "1e34af590de4d978631b751eb2202f2fee4497537a17c1720b12fcf57b331392"),
    "typing_extensions": ("typing_extensions==4.16.0",
                          "481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8"),
    "cuda.h": ("nvidia-cuda-runtime==13.0.96",
               "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548"),
}
DEFINES = {    # of PyCUDA's setup.py, for the Boost that it brings along
    "BOOST_ALL_NO_LIB": 1, "BOOST_THREAD_BUILD_DLL": 1, "BOOST_MULTI_INDEX_DISABLE_SERIALIZATION": 1,
    "BOOST_PYTHON_SOURCE": 1, "boost": "pycudaboost", "BOOST_THREAD_DONT_USE_CHRONO": 1,
    "PYGPU_PACKAGE": "pycuda", "PYGPU_PYCUDA": 1}
IMPORTS = "mako", "pytools", "platformdirs", "typing_extensions"    # by PyCUDA, beside NumPy
PROFILER = """/* what PyCUDA needs of cudaProfiler.h, which few packages of CUDA have */
#include <cuda.h>
typedef enum { CU_OUT_KEY_VALUE_PAIR, CU_OUT_CSV } CUoutput_mode;
#ifdef __cplusplus
extern "C" {
#endif
CUresult cuProfilerInitialize(const char *, const char *, CUoutput_mode);
CUresult cuProfilerStart(void);
CUresult cuProfilerStop(void);
#ifdef __cplusplus
}
#endif
"""


# ---- what it is built from ------------------------------------------------------------------------------

def fetch(name):
    """The file of a pin: from build/fetched, or by pip, which checks it."""
    package, digest = PINS[name]
    for path in FETCHED.glob("*"):
        if hashlib.sha256(path.read_bytes()).hexdigest() == digest:
            return path
    FETCHED.mkdir(parents=True, exist_ok=True)
    wanted = FETCHED / "wanted.txt"
    wanted.write_text(f"{package} --hash=sha256:{digest}\n")
    run(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--no-build-isolation", "--no-binary", "pycuda", "--require-hashes", "-r", wanted, "-d", FETCHED)
    wanted.unlink()
    return fetch(name)




def headers():
    """A folder with cuda.h, CUDA's own if there is one."""
    asked = os.environ.get("CUDA_INC_DIR")
    nvcc = shutil.which("nvcc")
    places = [Path(asked)] if asked else []
    places += [Path(nvcc).resolve().parents[1] / "include"] if nvcc else []
    places += sorted(Path("/usr/local").glob("cuda*/include"), reverse=True)
    for folder in map(Path, (sysconfig.get_paths()["purelib"], *sys.path)):
        places += sorted(folder.glob("nvidia/cu*/include"), reverse=True)
        places += sorted(folder.glob("nvidia/cuda_runtime/include"))
    for place in [*places, Path("/usr/include")]:
        if (place / "cuda.h").exists():
            return place
    into = HOME / "cuda"
    with zipfile.ZipFile(fetch("cuda.h")) as wheel:
        wheel.extractall(into, [name for name in wheel.namelist() if name.endswith(".h")])
    return next(into.rglob("cuda.h")).parent


def unpacked():
    """The folder of PyCUDA's sources, with Boost's headers under the name that PyCUDA gives them."""
    folder = HOME / SOURCE.removesuffix(".tar.gz")
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=HOME) as beside, tarfile.open(fetch(SOURCE)) as archive:
            archive.extractall(beside, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
            (Path(beside, folder.name) / "bpl-subset/bpl_subset/pycudaboost").symlink_to("boost")
            Path(beside, folder.name).replace(folder)
    return folder


# ---- compiling ------------------------------------------------------------------------------------------

def run(*command, **how):
    """A command; SystemExit with the last lines that it said if it fails."""
    done = subprocess.run([str(each) for each in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, **how)
    if done.returncode:
        lines = "\n".join(done.stdout.splitlines()[-20:])
        sys.exit(f"{' '.join(map(str, command[:3]))} ... ended with {done.returncode}:\n{lines}")
    return done.stdout


def build(optimize=False):
    """PyCUDA's package into build/pycuda/site, and its extension modules, linked to a libcuda of no content.

    All of Boost's sources are compiled as one text, which is several times faster than one by one.
    """
    HOME.mkdir(parents=True, exist_ok=True)
    source, cuda = unpacked(), headers()
    boost = source / "bpl-subset/bpl_subset"
    made, site = HOME / "objects", HOME / "site"
    made.mkdir(exist_ok=True)
    include = [source / "src/cpp", boost, cuda, made, sysconfig.get_paths()["include"], numpy_headers()]
    if not (cuda / "cudaProfiler.h").exists():
        (made / "cudaProfiler.h").write_text(PROFILER)
    parts = [path for path in sorted(boost.glob("libs/*/src/**/*.cpp"))
             if path.parent.name != "win32" and path.parent != boost / "libs/thread/src"]
    (made / "boost.cpp").write_text("".join(f'#include "{path}"\n' for path in parts))
    wrappers = [source / "src" / name for name in
                ("wrapper/wrap_cudadrv.cpp", "wrapper/mempool.cpp", "cpp/cuda.cpp", "cpp/bitlog.cpp",
                 "wrapper/_pvt_struct_v3.cpp")]
    flags = ["-fPIC", "-w", "-std=gnu++14", "-O1" if optimize else "-O0",
             *(f"-I{folder}" for folder in include),
             *(f"-D{name}={value}" for name, value in DEFINES.items())]

    def compiled(path):
        into = made / f"{path.stem}.o"
        run("g++", *flags, "-c", path, "-o", into)
        return into
    with ThreadPoolExecutor(os.cpu_count()) as several:
        driver, boosted, *others, struct = several.map(compiled, [wrappers[0], made / "boost.cpp",
                                                                  *wrappers[1:]])
    run("gcc", "-shared", "-x", "c", os.devnull, "-Wl,-soname,libcuda.so.1", "-o", made / "libcuda.so")
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(source / "pycuda", site / "pycuda")
    ending = sysconfig.get_config_var("EXT_SUFFIX")
    run("g++", "-shared", driver, boosted, *others, "-Wl,--no-as-needed", f"-L{made}", "-lcuda", "-lpthread",
        "-o", site / f"pycuda/_driver{ending}")
    run("g++", "-shared", struct, "-o", site / f"pycuda/_pvt_struct{ending}")
    needs(site)
    (site / f"{SOURCE.removesuffix('.tar.gz')}.dist-info").mkdir()
    (site / f"{SOURCE.removesuffix('.tar.gz')}.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: pycuda\nVersion: 2026.1\n")
    return site


def numpy_headers():
    return run(sys.executable, "-c", "import numpy; print(numpy.get_include())").strip()


def needs(site):
    """What PyCUDA imports and is not here, beside it; all of it is plain Python."""
    for name in IMPORTS:
        if subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True).returncode:
            with zipfile.ZipFile(fetch(name)) as wheel:
                wheel.extractall(site)


def standin():
    """The driver's stand-in: libcuda.c, and all that PyCUDA calls and it lacks; an nvcc that remembers."""
    folder, source = HOME / "lib", ROOT / "tests/standin/libcuda.c"
    folder.mkdir(exist_ok=True)
    library, rest = folder / "libcuda.so.1", folder / "lacks.c"
    command = ["gcc", "-O1", "-w", "-shared", "-fPIC", f"-I{headers()}", "-Wl,-soname,libcuda.so.1", "-o",
               library, source]
    run(*command, "-ldl")
    lacks = symbols(next((HOME / "site/pycuda").glob("_driver*.so")), "U") - symbols(library, "T")
    rest.write_text("int standin_lacks(const char *);\n" + "".join(
        f'int {name}(void) {{ return standin_lacks("{name}"); }}\n' for name in sorted(lacks)))
    run(*command, rest, "-ldl")
    program()
    return library


def symbols(path, kind):
    """CUDA's functions that a library has ("T") or calls ("U")."""
    return set(re.findall(rf" {kind} (cu[A-Z]\w+)", run("nm", "-D", path)))


def program():
    """build/pycuda/bin/nvcc, which is tools/nvcc.py."""
    path = HOME / "bin/nvcc"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "{ROOT}/tools/nvcc.py" "$@"\n')
    path.chmod(0o755)


# ---- running --------------------------------------------------------------------------------------------

def built(standin=True):
    """Is PyCUDA built for this Python, and the stand-in, if that is asked?"""
    needed = [f"site/pycuda/_driver{sysconfig.get_config_var('EXT_SUFFIX')}"]
    return all((HOME / each).exists() for each in needed + ["lib/libcuda.so.1", "bin/nvcc"] * standin)


def environment(**more):
    """The environment of a command that finds PyCUDA, the stand-in and the nvcc that remembers."""
    def before(name, *places):
        rest = os.environ.get(name)
        return os.pathsep.join([*map(str, places), *([rest] if rest else [])])
    cache = HOME / "cache"
    cache.mkdir(exist_ok=True)
    return {**os.environ, "SCRATCH_CUDA": "gpu", "NVCC_TEXT": "1", "PYCUDA_CACHE_DIR": str(cache),
            "PYTHONPATH": before("PYTHONPATH", HOME / "site", ROOT / "tests", ROOT),
            "LD_LIBRARY_PATH": before("LD_LIBRARY_PATH", HOME / "lib"),
            "PATH": before("PATH", HOME / "bin", Path(sys.executable).parent),
            "PYTEST_ADDOPTS": "-p standin.plugin", **more}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("build", help="PyCUDA, and a stand-in for the driver")
    one.add_argument("--optimize", action="store_true", help="for a card, where launches are timed")
    one = commands.add_parser("run", help="a command, with both")
    one.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    given = parser.parse_args()
    if given.command == "build":
        print(f"PyCUDA: {build(given.optimize)}")
        print(f"a stand-in for CUDA's driver: {standin()}")
    elif not built():
        sys.exit("PyCUDA is not built: python tools/pycuda.py build")
    else:
        os.execvpe(given.words[0], given.words, environment())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
