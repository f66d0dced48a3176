"""What README.md says is true: its program, its files, its commands and its map."""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

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
    assert {program for program, _, _ in lines} == {"scratch.makemore", "scratch.bpe", "scratch.cuda"}
    for program, command, rest in lines:
        told = subprocess.run([sys.executable, "-m", program, command, "--help"], capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
        for option in re.findall(r"--[\w-]+", rest):
            assert option in told.stdout, f"{program} {command} {option}"


def test_its_map_lists_every_chapter_and_every_module():
    for path in [*ROOT.glob("docs/*/*.md"), *ROOT.glob("src/scratch/*/*.py"), ROOT / "src/scratch/cuda/cpu",
                 *ROOT.glob("src/scratch/cuda/kernels/*.py")]:
        listed = f"]({path.relative_to(ROOT)})" in README
        assert listed or path.name.startswith("__"), f"README.md does not list {path}"
