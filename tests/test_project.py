"""What a newcomer installs is pinned, and what runs in CI is what runs on a laptop."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from setuptools import find_packages

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
LOCKED = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements.lock").read_text(),
                         re.MULTILINE))


def test_every_package_the_book_needs_has_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    direct = project["dependencies"] + project["optional-dependencies"]["book"]
    assert [name for name in direct if name not in LOCKED] == []
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


def test_ci_runs_the_script_that_a_laptop_runs():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    assert jobs["check"]["steps"][-1] == {"run": ".ci/run"} and os.access(ROOT / ".ci/run", os.X_OK)


def test_the_makefile_lists_its_targets():
    run = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^make (\w+) ", run.stdout, re.MULTILINE)
    assert listed == ["help", "env", "serve", "test", "lint", "lab", "site", "bench", "clean"]


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
