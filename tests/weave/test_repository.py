"""Where the source lives is found on each kind of host, and git's dates outlive a move."""

import os
import subprocess

import pytest

from weave import repository

VARIABLES = ("GITHUB_", "CI_", "FORGEJO_", "GITEA_", "GIT_")


@pytest.fixture
def git(tmp_path, monkeypatch):
    """A repository in an empty folder, in which git(date, ...) runs git at that date."""
    for name in [name for name in os.environ if name.startswith(VARIABLES)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(date, *arguments):
        who = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
        when = {f"GIT_{who}_DATE": f"{date}T12:00:00+00:00" for who in ("AUTHOR", "COMMITTER")}
        subprocess.run(["git", *who, *arguments], check=True, capture_output=True, env={**os.environ, **when})

    run("2026-01-01", "init", "-b", "trunk")
    return run


def commit(git, date):
    git(date, "add", "-A")
    git(date, "commit", "-m", "unit: what changed")


@pytest.mark.parametrize("remote, edit, file, site", [
    ("git@github.com:Someone/book.git", "https://github.com/Someone/book/edit/trunk/docs/a.md",
     "https://github.com/Someone/book/blob/c0ffee/src/a.py#L1-L3", "https://someone.github.io/book/"),
    ("https://gitlab.com/group/below/book.git", "https://gitlab.com/group/below/book/-/edit/trunk/docs/a.md",
     "https://gitlab.com/group/below/book/-/blob/c0ffee/src/a.py#L1-3", None),
    ("ssh://git@codeberg.org/someone/book", "https://codeberg.org/someone/book/_edit/trunk/docs/a.md",
     "https://codeberg.org/someone/book/src/commit/c0ffee/src/a.py#L1-L3", "https://someone.codeberg.page/book/"),
    ("https://git.example/someone/book", None, None, None),
])
def test_each_host_has_its_own_addresses(git, remote, edit, file, site):
    """Oracle: addresses as they stand in a browser there."""
    git("2026-01-01", "remote", "add", "origin", remote)
    url = repository.address()
    kind = repository.forge(url)
    editing = kind and repository.editing(kind)
    assert (editing and f"{url}/{editing}docs/a.md") == edit
    assert repository.source(url, kind, "c0ffee", "src/a.py", 1, 3) == file
    assert repository.site(url) == site


def test_a_host_whose_name_says_nothing_is_known_from_its_ci_or_the_settings(monkeypatch, git):
    url = "https://git.example/someone/book"
    assert repository.forge(url, "gitlab") == "gitlab"
    monkeypatch.setenv("FORGEJO_ACTIONS", "true")
    assert repository.forge(url) == "forgejo"
    for name, value in {"PROJECT_URL": url, "DEFAULT_BRANCH": "stable", "PAGES_URL": "https://a.example/b"}.items():
        monkeypatch.setenv(f"CI_{name}", value)
    assert repository.forge(repository.address()) == "gitlab"
    assert repository.editing("gitlab") == "-/edit/stable/" and repository.site(url) == "https://a.example/b/"


def test_readers_edit_the_branch_that_a_pull_request_is_for(monkeypatch, git):
    for name, value in {"REF_NAME": "12/merge", "REF_TYPE": "branch", "BASE_REF": "master"}.items():
        monkeypatch.setenv(f"GITHUB_{name}", value)
    assert repository.branch() == "master"
    git("2026-01-01", "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert repository.branch() == "trunk"


def test_a_page_that_moved_keeps_its_first_date_and_has_not_changed(git, tmp_path):
    text = "".join(f"line {number}\n" for number in range(30))
    (tmp_path / "docs").mkdir()
    for name in ("a.md", "ü b.md", "gone.md"):
        (tmp_path / "docs" / name).write_text(f"{name}\n{text}")
    commit(git, "2026-01-01")
    (tmp_path / "docs/a.md").write_text(f"changed\n{text}")
    (tmp_path / "docs/gone.md").unlink()
    commit(git, "2026-02-02")
    (tmp_path / "docs/unit").mkdir()
    (tmp_path / "docs/a.md").rename(tmp_path / "docs/unit/a.md")
    commit(git, "2026-03-03")
    for name in ("a.md", "gone.md"):
        (tmp_path / "docs" / name).write_text(f"another page, by a name that was free: {name}\n")
    commit(git, "2026-04-04")
    dates = {path: (first[:10], last[:10]) for path, (first, last) in repository.history("docs").items()}
    assert dates == {"unit/a.md": ("2026-01-01", "2026-02-02"), "ü b.md": ("2026-01-01", "2026-01-01"),
                     "a.md": ("2026-04-04", "2026-04-04"), "gone.md": ("2026-04-04", "2026-04-04")}


def test_outside_of_git_nothing_is_known_and_nothing_fails(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert repository.history(tmp_path) == {}
