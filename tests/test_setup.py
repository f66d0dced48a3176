"""What does not come from pip is set up once, by whatever means the machine has."""

import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import graphviz
import pytest

from tools import setup

node = shutil.which("node")
OUTSIDE = {name: shutil.which(name) for name in ("cp", "chmod", "mkdir")}
needs_viz = pytest.mark.skipif(
    not (node and (setup.ROOT / "node_modules/@viz-js/viz").exists()),
    reason="node_modules has no viz.js, run `make env`")


def program(folder, name, script):
    """An executable named name in folder, which runs script."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine whose programs are those in a folder: only node, env, cat and sh for now."""
    for name in ("node", "env", "cat", "sh"):
        if shutil.which(name):
            (tmp_path / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def test_dot_of_the_machine_is_left_alone(machine):
    program(machine, "dot", "true")
    program(machine, "apt-get", "exit 1")
    before = sorted(machine.iterdir())
    setup.dot(machine)
    assert sorted(machine.iterdir()) == before


@pytest.mark.parametrize("user, through", [(0, ""), (1000, "sudo -n ")])
def test_apt_get_installs_graphviz(machine, monkeypatch, user, through):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    log = machine / "log"
    program(machine, "sudo", f'printf "sudo -n " >> {log}; shift; exec "$@"')
    program(machine, "apt-get", f'echo "apt-get $*" >> {log}\n'
            f'[ "$2" = update ] || {OUTSIDE["cp"]} {machine}/env {machine}/dot')
    setup.dot(machine)
    assert log.read_text().splitlines() == [f"{through}apt-get -qq update",
                                            f"{through}apt-get -qq install -y graphviz"]
    assert not (machine / "dot").is_symlink()


def test_brew_installs_graphviz(machine):
    program(machine, "brew", f'echo "$*" > {machine}/log; echo > {machine}/dot; '
            f'{OUTSIDE["chmod"]} +x {machine}/dot')
    setup.dot(machine)
    assert (machine / "log").read_text() == "install --quiet graphviz\n"


@needs_viz
def test_without_any_right_to_install_viz_js_stands_in(machine, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    program(machine, "apt-get", "exit 1")
    program(machine, "sudo", "exit 1")
    setup.dot(machine)
    assert "https://graphviz.org/download" in capsys.readouterr().out
    assert graphviz.version() > (2,)

    drawn = graphviz.Source('digraph { rankdir=LR; "∂L/∂a" -> b }').pipe(format="svg")
    text = "".join(ElementTree.fromstring(drawn).itertext())
    assert "∂L/∂a" in text and "b" in text

    path = graphviz.Source("graph { a -- b }").render(machine / "graph.gv", engine="neato",
                                                      format="svg")
    assert ElementTree.parse(path).getroot().tag.endswith("svg")


@needs_viz
@pytest.mark.parametrize("options, source, message", [
    (["-Tsvg"], "digraph {", "syntax error"),
    (["-Tpng"], "digraph {}", "png"),
    (["-Gdpi=90"], "digraph {}", "does not know -Gdpi=90"),
])
def test_the_stand_in_refuses_what_it_cannot_do(options, source, message):
    shim = setup.ROOT / "tools/dot.mjs"
    run = subprocess.run([node, shim, *options], input=source, capture_output=True, text=True)
    assert run.returncode != 0 and message in run.stderr and not run.stdout


def test_an_old_node_is_replaced_and_packages_are_installed_once_and_the_tests_apart(machine, monkeypatch):
    root = machine / "root"
    root.mkdir()
    (root / "package.json").write_text('{"engines": {"node": ">=22.22.0"}, "dependencies": {"katex": "1"}, '
                                       '"devDependencies": {"@axe/core": "2"}}')
    (root / "package-lock.json").write_text("{}")
    monkeypatch.setattr(setup, "ROOT", root)
    monkeypatch.setattr(setup.sys, "executable", str(machine / "python"))
    (machine / "node").unlink(missing_ok=True)
    program(machine, "node", "echo v20.20.2")
    program(machine, "python", f'echo "$*" >> {machine}/log')
    program(machine, "npm", f'echo "npm $1 $2" >> {machine}/log\n'
            f'{OUTSIDE["mkdir"]} -p node_modules/katex && echo "{{}}" > node_modules/.package-lock.json\n'
            f'[ "$2" = --omit=dev ] || {OUTSIDE["mkdir"]} -p node_modules/@axe/core')
    assert not setup.recent_node()
    setup.packages()
    pip, npm = (machine / "log").read_text().splitlines()
    assert pip.endswith(setup.NODE) and npm == "npm ci --omit=dev"

    program(machine, "node", "echo v22.22.0")
    setup.packages()
    assert len((machine / "log").read_text().splitlines()) == 2
    setup.packages(tests=True)
    setup.packages(tests=True)
    setup.packages()
    assert (machine / "log").read_text().splitlines()[2:] == ["npm ci --ignore-scripts"]
