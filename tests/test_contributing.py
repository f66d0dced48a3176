"""What CONTRIBUTING.md shows, works as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_another_book_is_built_from_what_is_shown_and_nothing_else(tmp_path):
    part = TEXT[TEXT.index("## Another book"):]
    files = re.findall(r"`([\w./]+\.\w+)`:\n\n(`{3,})\w+\n(.*?)\n\2$", part, re.DOTALL | re.MULTILINE)
    assert [name for name, _, _ in files] == ["mkdocs.yml", "docs/index.md", "src/shop/prices.py"]
    for name, _, text in [*files, ("src/shop/__init__.py", "", "")]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")
    run = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict"], cwd=tmp_path, text=True,
                         capture_output=True)
    assert run.returncode == 0, run.stderr
    page = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert "One hundred becomes 119," in page and "the tax is 19 percent" in page
    assert "src/shop/prices.py" in page and re.search('class="?katex', page)


def test_every_file_it_points_to_exists():
    targets = re.findall(r"\]\(([^)#\s]+)\)", TEXT)
    assert targets and [target for target in targets if not (ROOT / target).exists()] == []


def test_every_command_is_a_target_of_the_makefile():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", TEXT)) <= targets
