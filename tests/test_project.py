"""What a newcomer installs is pinned, and what runs in CI is what runs on a laptop."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from setuptools import find_packages

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
LOCKED, FOR_TESTS = (dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / lock).read_text(), re.MULTILINE))
                     for lock in ("requirements.lock", "requirements-test.lock"))


def test_every_package_the_book_needs_has_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = project["optional-dependencies"]
    direct = [name.partition(";")[0] for name in project["dependencies"] + groups["book"]]
    assert [name for name in direct if name not in LOCKED] == []
    assert [name for name in groups["test"] if name not in FOR_TESTS] == []
    assert not LOCKED.keys() & FOR_TESTS.keys(), "whoever reads the book installs no test tools"
    assert LOCKED["torch"] == "2.13.0"
    assert not [name for name in LOCKED if name.startswith(("nvidia", "triton", "pycuda"))]


def test_the_wheel_has_what_readers_use_and_takes_no_other_name():
    """Another project's weave, lab or handlers would be overwritten by ours."""
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    find = setuptools["packages"]["find"]
    found = find_packages(str(ROOT / find["where"][0]), include=find["include"])
    assert {name.split(".")[0] for name in found} == {"scratch"} and "scratch.cuda.kernels" in found
    assert "entry-points" not in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_mkdocs_finds_the_plugin_where_src_is_on_the_path():
    """As after an editable install; -S leaves out what else is installed."""
    script = ("import sys; sys.path.append(sys.argv[1]); from importlib.metadata import entry_points; "
              "print(*entry_points(group='mkdocs.plugins', name='weave'))")
    run = subprocess.run([sys.executable, "-I", "-S", "-c", script, str(ROOT / "src")], text=True,
                         capture_output=True, check=True)
    assert "value='weave.plugin:Weave'" in run.stdout


def test_the_locks_have_all_that_their_packages_require():
    """Oracle: the requirements in the installed packages' own metadata, for this machine."""
    def missing(lock):
        needed = [Requirement(line) for name in lock if installed(name) for line in requires(name) or ()]
        return {need.name for need in needed if not need.marker or need.marker.evaluate({"extra": ""})}

    def known(names):
        return {re.sub(r"[-_.]+", "-", name).lower() for name in names}

    brought = {"nvidia", "triton", "cuda"}    # by PyTorch, where it wants them
    assert {name for name in known(missing(LOCKED)) - known(LOCKED)
            if name.partition("-")[0] not in brought} == set()
    assert known(missing(FOR_TESTS)) <= known(LOCKED) | known(FOR_TESTS)


def installed(name):
    try:
        return version(name)
    except PackageNotFoundError:    # of another system
        return None


def test_the_packages_under_test_are_the_locked_ones():
    differ = {name: version(name) for name in ("torch", "numpy", "mkdocs", "mkdocs-material")
              if version(name).split("+")[0] != LOCKED[name]}
    assert not differ


def test_the_lock_of_npm_agrees_with_package_json_and_names_no_host():
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, wanted in (package["dependencies"] | package["devDependencies"]).items():
        assert lock[f"node_modules/{name}"]["version"] == wanted
    assert not [name for name, entry in lock.items() if "resolved" in entry]
    assert all("integrity" in entry for name, entry in lock.items() if name)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_use_actions_by_commit_and_ask_for_little(path):
    text = path.read_text()
    for action in re.findall(r"uses: *(.+)", text):
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)
    assert yaml.safe_load(text)["permissions"] in ({}, {"contents": "read"})


def test_jactionlint_finds_no_error():
    """Keys, events, expressions, needs: what makes a run fail or misbehave."""
    program = Path(sys.executable).with_name("jactionlint")
    run = subprocess.run([program, "--profile=correctness", "--shellcheck=", *WORKFLOWS],
                         cwd=ROOT, capture_output=True, text=True)
    assert WORKFLOWS and run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("workflow, job, script", [("ci", "check", ".ci/run"),
                                                   ("weekly", "newest", ".ci/newest")])
def test_ci_runs_the_scripts_that_a_laptop_runs(workflow, job, script):
    jobs = yaml.safe_load((ROOT / f".github/workflows/{workflow}.yml").read_text())["jobs"]
    assert {"run": script} in jobs[job]["steps"] and os.access(ROOT / script, os.X_OK)


def test_what_is_published_was_checked_and_comes_from_no_fork():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    check, publish = jobs["check"], jobs["publish"]
    assert {"name": "site", "path": "site", "retention-days": 7} in [step.get("with")
                                                                     for step in check["steps"]]
    assert publish["needs"] == "check" and "default_branch" in publish["if"] and ".fork ||" in publish["if"]
    assert any(step.get("with") == {"name": "site", "path": "site"} for step in publish["steps"])
    writing = [name for name, job in jobs.items() if "write" in job.get("permissions", {}).values()]
    assert writing == ["publish"] and not any("make" in step.get("run", "") for step in publish["steps"])


def test_the_weekly_script_tests_what_is_there_and_needs_no_browser():
    script = (ROOT / ".ci/newest").read_text()
    paths = re.findall(r"(?:tests|src|tools)\b(?:/\w+)*(?:\.py)?", script[script.index("paths=("):])
    assert len(paths) > 10 and [path for path in paths if not (ROOT / path).exists()] == []
    browsers = [path for path in sorted((ROOT / "tests").glob("test_*.py")) if "chromium" in path.read_text()]
    assert browsers and not {f"tests/{path.name}" for path in browsers} & {"tests", *paths}


def test_the_makefile_lists_its_targets():
    run = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^make (\w+) ", run.stdout, re.MULTILINE)
    assert listed == ["help", "env", "serve", "test", "lint", "lab", "site", "bench", "pycuda", "gpu",
                      "clean"]


def test_the_citation_names_title_authors_version_and_licence():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert citation["cff-version"] == "1.2.0" and citation["message"] and citation["authors"]
    assert citation["title"] == "Neural Networks From Scratch"
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])


# On PYTHONPATH, it presses Ctrl-C when the program looks for the module $CTRL_C_AT.
CTRL_C = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class CtrlC:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["CTRL_C_AT"]:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, CtrlC())
"""
IMPORTS = {    # of each program: some modules that it imports, early and late
    "scratch.bpe inspect LICENSE": ["click", "tqdm", "scratch.bpe.tokenizer", "regex", "numpy"],
    "scratch.cuda info": ["argparse", "scratch.cuda.cpu", "numpy"],
    "lab labs/micrograd/engine.py": ["argparse", "lab.stub"],
    "benchmarks bpe": ["argparse", "benchmarks.harness", "benchmarks.bpe"],
    "benchmarks all": ["argparse"],
    "weave status": ["argparse", "mkdocs", "weave.finish", "quickjs"],
}


@pytest.mark.parametrize("command, module", [(command, module) for command, modules in IMPORTS.items()
                                             for module in modules])
def test_ctrl_c_in_a_programs_first_seconds_is_one_line_and_130(command, module, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(CTRL_C)
    done = subprocess.run([sys.executable, "-m", *command.split()], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(tmp_path), "CTRL_C_AT": module,
                               "SCRATCH_CUDA": "cpu"})
    assert (done.returncode, done.stderr) == (130, "stopped\n")
