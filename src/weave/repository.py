"""Where the book's source lives, and what git knows about it; unknown things are None or empty."""

import os
import re
import subprocess


def address(configured=None):
    """https://github.com/owner/name: from mkdocs.yml, from CI's environment, or git's remote."""
    if configured:
        return configured.rstrip("/")
    if name := os.environ.get("GITHUB_REPOSITORY"):
        return f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{name}"
    found = re.fullmatch(r"(?:https://|(?:ssh://)?git@)([\w.-]+\.\w+)[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?",
                         git("remote", "get-url", "origin"))
    return f"https://{found[1]}/{found[2]}" if found else None


def site(repository):
    """The address that GitHub Pages gives a repository's site."""
    found = re.fullmatch(r"https://github\.com/([^/]+)/([^/]+)", repository or "")
    if not found:
        return None
    owner, name = found[1].lower(), found[2]
    return f"https://{owner}.github.io/" + ("" if name.lower() == f"{owner}.github.io" else f"{name}/")


def commit():
    return git("rev-parse", "HEAD")


def committed(path="."):
    """The date, 2026-11-24T12:00:00+00:00, of the last commit that touched path."""
    return git("log", "-1", "--format=%cI", "--", str(path))


def committed_epoch():
    """Seconds since 1970 of the last commit, for what has to carry a date; 0 outside git."""
    return git("log", "-1", "--format=%ct") or "0"


def git(*arguments):
    run = subprocess.run(["git", *arguments], capture_output=True, text=True)
    return run.stdout.strip() if run.returncode == 0 else ""
