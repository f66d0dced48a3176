"""Where a measurement comes from, for the files in results/."""

import datetime
import importlib.metadata
import os
import platform
from pathlib import Path

from .repository import git


def provenance(script, *packages, used=""):
    """{"made by", "date", "commit", "machine", "versions"} of what script, a file in benchmarks/, measures now.

    packages are those whose versions count, beside Python's; used says what of the machine was used.
    """
    script = Path(script).resolve()
    at = ("-C", str(script.parents[1]))
    changed = git(*at, "diff", "--name-only", "HEAD", "--", ".", ":!results")    # earlier rows do not count
    machine = [processor(), f"{os.cpu_count()} cores", platform.machine(), platform.system(), *([used] if used else [])]
    return {
        "made by": f"{script.parent.name}/{script.name}",
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "commit": git(*at, "describe", "--always") + ("-dirty" if changed else ""),
        "machine": ", ".join(machine),
        "versions": {"Python": platform.python_version(), **{name: importlib.metadata.version(name) for name in packages}},
    }


def processor():
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"
