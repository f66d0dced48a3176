"""Where a measurement comes from: who took it, when, of which commit, on what machine."""

import datetime
import hashlib
import importlib.metadata
import os
import platform
from pathlib import Path

from weave.repository import git


def provenance(script, *packages, used="", **conditions):
    """{"made by", "date", "commit", "machine", "versions"} of what is measured now.

    script is a file in benchmarks/; packages are those whose versions count, beside Python's; used says
    what of the machine was used; conditions are what else was so while it was measured.
    """
    script = Path(script).resolve()
    machine = [processor(), f"{os.cpu_count()} cores", platform.machine(), platform.system()]
    return {
        "made by": f"{script.parent.name}/{script.name}",
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "commit": commit(script.parents[1]),
        "machine": ", ".join([*machine, *([used] if used else [])]),
        "versions": {"Python": platform.python_version(),
                     **{name: importlib.metadata.version(name) for name in packages}},
        **conditions,
    }


def commit(root):
    """The commit that root is at; where files differ from it, says so, with a hash of the differences.

    What is in results/ does not count: earlier rows do not change what is measured now.
    """
    at, measured = ("-C", str(root)), ("--", ".", ":!results")
    changes = git(*at, "diff", "HEAD", *measured)
    for new in git(*at, "ls-files", "--others", "--exclude-standard", *measured).splitlines():
        changes += f"\n{new}\n{hashlib.sha256((root / new).read_bytes()).hexdigest()}"
    told = f" and uncommitted changes ({hashlib.sha256(changes.encode()).hexdigest()[:8]})" if changes else ""
    return git(*at, "describe", "--always", "--exclude=*") + told


def processor():
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"
