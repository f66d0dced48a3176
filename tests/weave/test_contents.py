"""What a page says of the book's chapters is what their files say, in the order of the nav."""

import pytest

from weave import WeaveError
from weave.chapter import Chapter
from weave.contents import fill

PAGE = """# Home

::: chapters one

`{chapters}` chapters, `{hours} one`, and `{chapters} two` there.

```console
::: clone
make
```
"""


@pytest.fixture
def chapters(tmp_path):
    texts = {"index.md": PAGE,
             "one/b.md": "---\ndescription: After Bengio et al. (2003). And more.\n---\n# The second\n"
                         + "word " * 4500,
             "one/a.md": "---\ndescription: What it is.\n---\n# The first: `a`\n\n```text\n# no title\n```\n",
             "two/c.md": "# The third\n"}
    for address, text in texts.items():
        path = tmp_path / "docs" / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return {address: Chapter(tmp_path / "docs" / address, tmp_path) for address in texts}


ORDER = ["index.md", "one/a.md", "no-chapter.md", "one/b.md", "two/c.md"]


def test_a_list_has_the_chapters_own_titles_first_sentences_and_minutes_in_the_navs_order(chapters):
    text = fill(PAGE, chapters["index.md"], chapters, ORDER, None)
    first, second = text.index("[The first: `a`](one/a.md)"), text.index("[The second](one/b.md)")
    assert first < second and "The third" not in text
    assert "What it is. <span class=\"weave-time\">1 min</span>" in text
    assert "After Bengio et al. (2003). <span class=\"weave-time\">30 min</span>" in text


def test_numbers_are_of_all_chapters_but_the_page_or_of_a_folder(chapters):
    text = fill(PAGE, chapters["index.md"], chapters, ORDER, None)
    assert "3 chapters, 30 minutes, and 1 there." in text


def test_a_link_is_relative_to_the_page(chapters):
    text = fill("::: chapters one", chapters["two/c.md"], chapters, ORDER, None)
    assert "](../one/a.md)" in text


@pytest.mark.parametrize("repository, commands", [
    ("https://example.org/someone/book", "git clone https://example.org/someone/book\ncd book\nmake\n"),
    (None, "make\n"),
])
def test_the_command_that_fetches_the_book_is_there_if_its_address_is_known(chapters, repository, commands):
    text = fill(PAGE, chapters["index.md"], chapters, ORDER, repository)
    assert f"```console\n{commands}```" in text


def test_a_folder_without_chapters_is_an_error_at_its_line(chapters):
    page = chapters["index.md"]
    page.lines[2] = "::: chapters three"
    with pytest.raises(WeaveError, match=r"docs/index.md:3: .* 'three'; it has some in one, two"):
        fill("\n".join(page.lines), page, chapters, ORDER, None)
