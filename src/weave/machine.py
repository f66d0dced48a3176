"""Where a measurement comes from, for the files in results/."""

import datetime
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path


def provenance(script, *packages, used=""):
    """{"made by", "date", "commit", "machine", "versions"} of what script, a file in benchmarks/, measures now.

    packages are those whose versions count, beside Python's; used says what of the machine was used.
    """
    script = Path(script).resolve()
    commit = git(script.parents[1], "describe", "--always").stdout.strip()
    if git(script.parents[1], "diff", "--quiet", "HEAD", "--", ".", ":!results").returncode:
        commit += "-dirty"    # of what was measured; earlier rows of results do not count
    machine = [processor(), f"{os.cpu_count()} cores", platform.machine(), platform.system(), *([used] if used else [])]
    return {
        "made by": f"{script.parent.name}/{script.name}",
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "commit": commit,
        "machine": ", ".join(machine),
        "versions": {"Python": platform.python_version(), **{name: importlib.metadata.version(name) for name in packages}},
    }


def git(folder, *arguments):
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)


def processor():
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"
