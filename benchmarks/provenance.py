"""Where a measurement comes from: who took it, when, of which commit, on what machine."""

import datetime
import functools
import hashlib
import importlib.metadata
import os
import platform
import sys
from pathlib import Path

from weave.repository import git

from .harness import ROOT


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
    """The commit that root was at when measuring began; where files differ from it, says so, with a hash.

    Files count as they were then and as they are now, since a long measurement goes on while its
    source is edited or committed.  What is in results/ does not count: earlier rows change nothing.
    """
    head, before = began(root)
    now = changes(root, head)
    both = before + (now if now != before else "")
    told = f" and uncommitted changes ({hashlib.sha256(both.encode()).hexdigest()[:8]})" if both else ""
    return head + told


@functools.cache
def began(root):
    """The commit that root is at, and how its files differ from it, when this is first asked."""
    head = git("-C", str(root), "describe", "--always", "--exclude=*")
    return head, changes(root, head)


def changes(root, head):
    """How the files of root differ from the commit head, as a text; empty if they do not."""
    at, measured = ("-C", str(root)), ("--", ".", ":!results")
    found = git(*at, "diff", head, *measured)
    for new in git(*at, "ls-files", "--others", "--exclude-standard", *measured).splitlines():
        found += f"\n{new}\n{hashlib.sha256((root / new).read_bytes()).hexdigest()}"
    return found


def only_of(root, modules):
    """Exit if one of the book's modules was loaded from another tree than root, whose commit is named."""
    for name, module in sorted(modules.items()):
        path = getattr(module, "__file__", None)
        if name in ("benchmarks", "scratch", "weave") and path and root not in Path(path).resolve().parents:
            sys.exit(f"{name} is loaded from {path}, and the row would name a commit of {root}: "
                     f"run benchmarks with the .venv of their own tree")


def processor():
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"


began(ROOT)    # a benchmark imports this before it measures
