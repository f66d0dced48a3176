"""`scratch copy` puts what the site hands out into a project, whole, and never over a reader's changes."""

import subprocess
import sys
from pathlib import Path

import pytest

from scratch.cli import copying
from weave.take import take

SOURCE = Path(copying.PACKAGE).parent


def scratch(*arguments, cwd=None):
    return subprocess.run([sys.executable, "-m", "scratch", *map(str, arguments)], cwd=cwd, text=True,
                          capture_output=True)


def copied(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


@pytest.mark.parametrize("name", ["micrograd/trace", "scratch.micrograd.trace", "micrograd/trace.py"])
def test_a_module_is_what_the_site_hands_out_with_licence_and_test(tmp_path, name):
    files = copying.handed_out(copying.asked(name))
    assert files.items() >= take(SOURCE / "scratch/micrograd/trace.py", SOURCE).files.items()
    assert b"MIT License" in files.pop("LICENSE-scratch") and files.keys() == {
        "trace.py", "engine.py", "test_micrograd_trace.py"}


@pytest.mark.parametrize("package", [False, True], ids=["folder", "package"])
@pytest.mark.parametrize("name", ["micrograd", "micrograd/trace"])
def test_the_test_that_comes_along_passes_where_it_is_put_and_finds_a_mistake(tmp_path, name, package):
    folder = tmp_path / "project"
    copying.copy(name, folder)
    if package:
        (folder / "__init__.py").touch()
    test = [sys.executable, "-P", folder / f"test_{name.replace('/', '_')}.py"]
    assert subprocess.run(test, cwd=tmp_path).returncode == 0
    [trace] = folder.rglob("trace.py")
    trace.write_text(trace.read_text().replace('"""', '"""\n>>> 1 + 1\n3\n\n', 1))
    assert subprocess.run(test, cwd=tmp_path, capture_output=True).returncode != 0


def test_torch_comes_whole_and_its_examples_are_true_where_nothing_else_of_the_book_is(tmp_path):
    copying.copy("torch", tmp_path)
    run = subprocess.run([sys.executable, "-P", "-c", "import runpy, sys; sys.modules['scratch'] = None; "
                          "runpy.run_path('test_torch.py', run_name='__main__')"],
                         cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_what_is_listed_is_all_that_can_be_copied():
    listed = copying.known()
    assert {"micrograd", "torch", "makemore", "bpe", "cuda", "cuda/cpu",
            "cuda/kernels/softmax"} <= listed.keys()
    assert not [name for name in listed if "cli" in name or name.startswith(("cuda/cpu/", "torch/"))]
    assert all(copying.handed_out(name) and what for name, what in listed.items())
    lines = scratch("copy", "--list").stdout.splitlines()
    assert [tuple(line.split(None, 1)) for line in lines] == list(listed.items())


def test_a_changed_file_is_named_and_nothing_is_written_until_force(tmp_path):
    copying.copy("micrograd/trace", tmp_path)
    (tmp_path / "trace.py").write_text("mine\n")
    (tmp_path / "engine.py").unlink()
    before = copied(tmp_path)
    run = scratch("copy", "micrograd/trace", ".", cwd=tmp_path)
    assert run.returncode == 2 and run.stderr.startswith("trace.py would be changed; nothing was copied")
    assert copied(tmp_path) == before
    run = scratch("copy", "micrograd/trace", ".", "--force", cwd=tmp_path)
    assert run.stdout == "wrote trace.py\nwrote engine.py\n2 files there already, unchanged\n"
    assert copied(tmp_path) == copying.handed_out("micrograd/trace")


@pytest.mark.parametrize("arguments, says", [
    (["copy", "micrograd/trce", "."], "there is no micrograd/trce to copy; micrograd/trace is the nearest"),
    (["copy", "cli", "."], "there is no cli to copy; `scratch copy --list` shows what there is"),
    (["copy", "../weave", "."], "there is no ../weave to copy"),
    (["copy", "micrograd"], "which unit or module, and into which folder?"),
    (["copy", "micrograd/nn", "taken"], "taken: "),
    (["cpoy"], "No such command 'cpoy'"),
    (["makemore", "tarin"], "No such command 'tarin'"),
])
def test_a_mistake_is_a_sentence_and_status_2(tmp_path, arguments, says):
    (tmp_path / "taken").write_text("a file")
    run = scratch(*arguments, cwd=tmp_path)
    assert run.returncode == 2 and says in run.stderr and "Traceback" not in run.stderr
    assert copied(tmp_path) == {"taken": b"a file"}


@pytest.mark.parametrize("arguments, says", [
    (["bpe", "--help"], "train a tokenizer on your own text"),
    (["cuda", "--help"], "Run PyCUDA scripts"),
    (["makemore", "train", "--help"], "--block-size"),
])
def test_the_programs_of_the_package_are_commands(arguments, says):
    run = scratch(*arguments)
    assert run.returncode == 0 and says in run.stdout


def test_help_and_usage_errors_import_neither_torch_nor_numpy():
    script = ("import sys; from scratch.__main__ import main\n"
              "for each in (['--help'], ['copy', '--help'], ['copy'], ['x'], ['copy', 'a/b', '.'], "
              "['copy', '--list']): main(each)\n"
              "sys.exit(bool({'torch', 'numpy', 'regex'} & set(sys.modules)))")
    assert subprocess.run([sys.executable, "-c", script], capture_output=True).returncode == 0
