"""Where the book's source lives, and what git knows about it; unknown things are None or empty."""

import os
import re
import subprocess
from urllib.parse import urlsplit

FORGES = {    # below a repository's address: editing a file, a file as it was, and lines of it
    "github": ("edit/{branch}/", "blob/{commit}/{path}", "#L{first}-L{last}"),
    "gitlab": ("-/edit/{branch}/", "-/blob/{commit}/{path}", "#L{first}-{last}"),
    "forgejo": ("_edit/{branch}/", "src/commit/{commit}/{path}", "#L{first}-L{last}"),
}
NAMED = {"github": "github", "gitlab": "gitlab",    # by a word in the name of the host
         "codeberg": "forgejo", "forgejo": "forgejo", "gitea": "forgejo"}
PAGES = {"github.com": "github.io", "codeberg.org": "codeberg.page"}    # where the sites of owners are


def address(configured=None):
    """https://host/owner/name: from mkdocs.yml, from CI's environment, or git's remote."""
    if configured:
        return configured.rstrip("/")
    if url := os.environ.get("CI_PROJECT_URL"):    # GitLab's
        return url
    if name := os.environ.get("GITHUB_REPOSITORY"):    # GitHub's, and Forgejo's
        return f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{name}"
    found = re.fullmatch(r"(?:https://|(?:ssh://)?git@)([\w.-]+\.\w+)[:/]([\w.-]+(?:/[\w.-]+?)+)(?:\.git)?/?",
                         git("remote", "get-url", "origin"))
    return f"https://{found[1]}/{found[2]}" if found else None


def forge(repository, configured=None):
    """Which of FORGES a repository's host runs: from mkdocs.yml, CI's environment, or the host's name."""
    if configured or not repository:
        return configured
    if repository == os.environ.get("CI_PROJECT_URL"):
        return "gitlab"
    if {"FORGEJO_ACTIONS", "GITEA_ACTIONS"} & os.environ.keys():
        return "forgejo"
    host = urlsplit(repository).hostname or ""
    return next((kind for word, kind in NAMED.items() if word in host), None)


def editing(kind):
    """What MkDocs calls edit_uri, up to the folder of the pages: where files of the branch are edited."""
    name = branch()
    return FORGES[kind][0].format(branch=name) if kind and name else None


def source(repository, kind, at, path, first=None, last=None):
    """The address of a file as it is in a commit, or of lines of it."""
    if not (repository and kind and at):
        return None
    _, file, lines = FORGES[kind]
    anchor = lines.format(first=first, last=last) if first else ""
    return f"{repository}/{file.format(commit=at, path=path)}{anchor}"


def site(repository):
    """The address that the host gives a repository's site, where that is known."""
    if url := os.environ.get("CI_PAGES_URL"):    # GitLab's
        return f"{url.rstrip('/')}/"
    found = re.fullmatch(r"https://([^/]+)/([^/]+)/([^/]+)", repository or "")
    if not found or found[1] not in PAGES:
        return None
    owner, name = found[2].lower(), found[3]
    home = f"{owner}.{PAGES[found[1]]}"
    return f"https://{home}/" + ("" if name.lower() in (home, "pages") else f"{name}/")


def branch():
    """The branch whose files a reader is asked to edit: the repository's own, or else the one here."""
    pushed = os.environ.get("GITHUB_REF_NAME") if os.environ.get("GITHUB_REF_TYPE") == "branch" else None
    return (os.environ.get("CI_DEFAULT_BRANCH")
            or git("symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
            or os.environ.get("GITHUB_BASE_REF")    # of a pull request
            or pushed or git("branch", "--show-current"))


def commit():
    """The commit that is checked out, as far as it takes to tell it from others: it is in many links."""
    return git("rev-parse", "--short=12", "HEAD")


def history(folder="."):
    """{path in the folder: (date of the commit that first had it, of the last that changed it)}.

    Dates are as 2026-11-24T12:00:00+00:00.  A file that was moved keeps its dates, and what was only moved
    has not changed.
    """
    dates, names, date = {}, {}, ""    # names: what a path of then is called today, None if it is gone
    for line in git("-C", str(folder), "-c", "core.quotePath=false", "log", "--relative", "-M",
                    "--name-status", "--format=%x00%cI", "--", ".").splitlines():    # newest first
        status, *paths = line.split("\t")
        if line.startswith("\0"):
            date = line[1:]
        elif paths:
            today = names.get(paths[-1], paths[-1])
            if status != "D" and (status != "R100" or today in dates):
                dates[today] = date, dates.get(today, (date, date))[1]
            if status[0] in "ADR":    # before, a file of this name was another one
                names[paths[-1]] = None
            if status[0] == "R":
                names[paths[0]] = today
    dates.pop(None, None)
    return dates


def committed_epoch():
    """Seconds since 1970 of the last commit, for what has to carry a date; 0 outside git."""
    return git("log", "-1", "--format=%ct") or "0"


def git(*arguments):
    run = subprocess.run(["git", *arguments], capture_output=True, text=True, encoding="utf-8")
    return run.stdout.strip() if run.returncode == 0 else ""
