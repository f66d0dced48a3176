"""What a chapter offers to take away: its modules with their companions, its labs, and the way to each."""

import io
import re
import zipfile

import pytest

from weave import WeaveError
from weave.chapter import Chapter
from weave.listing import find
from weave.offer import Offers

HEADER = "---\njupyter: {}\nmodules: [unit.a, unit.b, unit.cpu, unit.cli.run]\n---\n\n# Title\n"


@pytest.fixture
def offers(book):
    for name, text in {
        "docs/a.md": HEADER,
        "src/unit/__init__.py": "",
        "src/unit/a.py": '"""A.\n\nTo copy: this file alone.\n"""\nfrom . import c\n',
        "src/unit/b.py": '"""B.\n\nTo copy: this file, a.py and b.cu.\n"""\n\n\ndef two():\n    return 2\n',
        "src/unit/b.cu": "__global__ void two() { }\n",
        "src/unit/cpu/__init__.py": '"""CPU.\n\nTo copy: this folder.\n"""\nONE = 1\n',
        "src/unit/cli/__init__.py": '"""A program, not to copy."""\n',
        "src/unit/cli/run.py": "RUN = 1\n",
        "labs/unit/mine.py": '"""Exercises: f.\nChapter: docs/a.md.\n"""\ndef half_written(\n',
        "labs/unit/other.py": '"""Exercises: f.\nChapter: docs/a.mdx.\n"""\n',
        "labs/unit/none.py": "",
        "LICENSE": "Free.\n",
    }.items():
        book.write(name, text)
    return Offers(book.root)


def test_a_place_lists_modules_and_labs_and_links_only_what_the_site_gets(book, offers):
    chapter = Chapter(book.root / "docs/a.md", book.root)
    place = offers.place(chapter, lambda address: f"../{address}", lambda path: f"https://e.org/{path}")
    assert "<summary>Take the code: a.py, b.py, cpu/ · lab mine.py</summary>" in place
    assert "other.py" not in place and "run.py" not in place
    files = offers.files(chapter)
    for address in re.findall(r'href="\.\./([^"]+)" download', place):
        assert address in files
    assert set(files) == {"src/unit/a.py", "src/unit/b.zip", "src/unit/b.py", "src/unit/b.cu",
                          "src/unit/cpu.zip", "labs/unit/mine.py"}
    assert "(zip, 3 files)" in place and 'copy <a class="weave-copy" href="../src/unit/b.cu"' in place
    assert re.findall(r'href="https://e.org/([^"]+)"', place) == [
        "src/unit/a.py", "src/unit/b.py", "src/unit/cpu", "labs/unit/mine.py"]
    assert files["src/unit/a.py"].decode().endswith("else:    # copied flat into a folder, c.py beside it\n"
                                                    "    import c\n")
    assert files["labs/unit/mine.py"] == (book.root / "labs/unit/mine.py").read_bytes()
    assert zipfile.ZipFile(io.BytesIO(files["src/unit/b.zip"])).namelist() == [
        "b/LICENSE", "b/a.py", "b/b.cu", "b/b.py"]


def test_without_a_repository_nothing_links_to_a_source_and_without_anything_there_is_no_place(book, offers):
    chapter = Chapter(book.root / "docs/a.md", book.root)
    assert ">source<" not in offers.place(chapter, str)
    book.write("docs/b.md", HEADER.replace("unit.a, unit.b, unit.cpu, unit.cli.run", ""))
    assert offers.place(Chapter(book.root / "docs/b.md", book.root), str) == ""


@pytest.mark.parametrize("name, title, button", [
    ("unit.a", "a.py", 'class="weave-copy" href="src/unit/a.py" download>Copy this module'),
    ("unit.b.two", "two", '<a href="src/unit/b.zip" download>Download with its companions'),
    ("unit/b.cu two", "two", 'class="weave-copy" href="src/unit/b.cu" download>Copy this file'),
    ("unit.cpu.ONE", "ONE", '<a href="src/unit/cpu.zip" download>Download with its companions'),
    ("unit.cli.run.RUN", "RUN", ""),
])
def test_a_caption_says_whose_code_it_is_where_it_stands_and_hands_it_out(book, offers, name, title, button):
    listing = find(name, book.root)
    caption = offers.caption(listing, str)
    assert f"<code>{title}</code>" in caption
    assert re.search(rf"{listing.path}, lines? {listing.first}", caption)
    assert button in caption and caption.count(" download>") == bool(button)
    chapter = Chapter(book.write("docs/c.md", "# Title\n"), book.root)
    files = offers.files(chapter, [listing])
    assert set(re.findall('href="([^"]+)"', caption)) <= set(files)
    known = offers.caption(listing, str, lambda path, *lines: "https://e.org/{}#L{}-L{}".format(path, *lines))
    assert f'href="https://e.org/{listing.path}#L{listing.first}-L{listing.last}"' in known


@pytest.mark.parametrize("old, new, says", [
    ("unit.cpu", "unit.gone", r"docs/a.md:3: `modules:` names unit.gone, and there is no src/unit/gone.py"),
    ("unit.cpu", "unit", r"docs/a.md:3: src/unit/__init__.py does not say `To copy: this folder`"),
    ("unit.cpu", "unit.d", r"docs/a.md:3: src/unit/d.py: its To copy line names e.py, which is not there"),
])
def test_a_module_that_cannot_be_taken_fails_at_its_line_of_the_chapter(book, offers, old, new, says):
    book.write("src/unit/d.py", '"""D.\n\nTo copy: this file and e.py.\n"""\n')
    book.write("docs/a.md", HEADER.replace(old, new))
    with pytest.raises(WeaveError, match=says):
        offers.place(Chapter(book.root / "docs/a.md", book.root), str)


def test_the_text_of_a_module_is_the_one_that_is_handed_out_and_of_a_folder_its_own(tmp_path):
    """As pages run it: one file's relative imports are made portable, those of a folder are not."""
    for name, text in {"one.py": '"""To copy: this file and two.py."""\nfrom .two import x\n',
                       "two.py": '"""To copy: this file alone."""\nx = 1\n',
                       "whole/__init__.py": '"""To copy: this folder."""\n',
                       "whole/a.py": "from . import b\n", "whole/b.py": ""}.items():
        path = tmp_path / "src/pack" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    offers = Offers(tmp_path)
    assert b"if __package__:" in offers.source_text(tmp_path / "src/pack/one.py")
    for name in ("two.py", "whole/a.py"):
        path = tmp_path / "src/pack" / name
        assert offers.source_text(path) == path.read_bytes()
