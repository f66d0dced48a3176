"""What README.md says is true: its program, its files, its commands and its map."""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

from scratch.cli import copying
from weave.take import docstring

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_every_program_prints_what_stands_under_it():
    names, programs = {}, 0
    for (language, source), (below, text) in zip(FENCES, [*FENCES[1:], ("", "")]):
        if language == "python":
            assert below == "text", f"no output stands under:\n{source}"
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                exec(source, names)
            assert printed.getvalue() == text
            programs += 1
    assert programs


def test_every_file_it_points_to_exists():
    targets = re.findall(r"\]\(([^)#\s]+)\)", README)
    assert [target for target in targets
            if "://" not in target and not (ROOT / target).exists()] == []


def test_every_command_is_a_target_of_the_makefile():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`|&& |cpu )make ([a-z]+)", README, re.MULTILINE))
    assert {"serve", "test", "env"} <= named <= targets


def test_every_program_of_the_package_knows_the_commands_and_options_it_is_shown_with():
    lines = re.findall(r"^python -m (scratch\.\w+) (\w+) (.*?)(?: +#.*)?$", README, re.MULTILINE)
    assert {program for program, _, _ in lines} == {
        f"scratch.{unit}" for unit in ("makemore", "bpe", "torch", "cuda")}
    for program, command, rest in lines:
        told = subprocess.run([sys.executable, "-m", program, command, "--help"],
                              capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
        for option in re.findall(r"--[\w-]+", rest):
            assert option in told.stdout, f"{program} {command} {option}"


def test_what_scratch_copy_is_shown_with_is_there_to_copy():
    names = re.findall(r"^scratch copy ([\w/]+) ", README, re.MULTILINE)
    assert names and all(copying.asked(name) == name for name in names)


def listed(path):
    """Whether README.md links a file, or a folder that it is in, below its unit's own; or the unit, if all of
    it is to be copied together."""
    inside = path.relative_to(ROOT)
    folders = [folder for folder in inside.parents
               if len(folder.parts) > 3 or "To copy: this folder" in docstring(ROOT / folder / "__init__.py")]
    return any(f"]({one})" in README for one in [inside, *folders])


def test_its_map_lists_every_chapter_and_every_module():
    chapters = [path for path in ROOT.glob("docs/*/*.md") if "\njupyter:" in path.read_text(encoding="utf-8")]
    modules = [path for path in ROOT.glob("src/scratch/**/*.py") if not path.name.startswith("__")]
    programs = [path.parent for path in ROOT.glob("src/scratch/**/__init__.py")
                if "A program, not to copy" in path.read_text(encoding="utf-8")]
    for path in [*chapters, *modules]:
        assert listed(path) or path.parent in programs, f"README.md does not list {path}"
