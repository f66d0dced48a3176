"""`python -m weave claims` lists the sentences of a chapter that nothing on the page holds."""

import pytest

from weave import claims
from weave.chapter import Chapter

TEXT = """# Models

The first model is better. It has 3481 weights, and began in 1985.

```python
loss = 2.1
```

```python check
assert loss < 2.2, "the loss of the first model is below 2.2"
```

## Which is larger?

A table is larger than a network, of which it has `{python} 17` rows.

- Nothing is compared here. It took $3 < 40$ and `100` steps
- The loss was 2.2

| row | 99 |
|---|---|

> **Takeaway.** The best is none.

## Sources

- Better, *Larger than 1000*, 1990.
"""


@pytest.fixture
def chapter(book):
    return Chapter(book.chapter(TEXT), book.root)


def test_a_comparison_without_a_claim_of_its_section_and_a_typed_number_are_listed(chapter):
    """The first sentence has the word "model" of the claim; the last section is what others wrote."""
    found = [(chapter.lines[line - 1][:14], kind) for line, kind, _ in claims.doubtful(chapter)]
    assert found == [("The first mode", "typed"), ("A table is lar", "compares"), ("- The loss was", "typed"),
                     ("> **Takeaway.*", "compares")]


def test_a_number_that_a_check_has_is_held(book):
    text = "# T\n\nIt has 3,481 weights.\n\n```python check\nassert 3481 == 3_481, \"it is {}\"\n```\n"
    none = text.replace("3481 == 3_481", "1")
    for held, kinds in ((text.format("3,481"), []), (none.format("many"), ["typed"])):
        assert [kind for _, kind, _ in claims.doubtful(Chapter(book.chapter(held), book.root))] == kinds


def test_the_command_names_the_place_and_the_sentence(book, chapter):
    run = book.run("weave", "claims", "docs/chapter.md")
    assert run.returncode == 0, run.stderr
    line = book.line("A table is larger")
    assert f"docs/chapter.md:{line}: compares: A table is larger than a network, of which it" in run.stdout
    assert book.run("weave", "claims", "docs/none.md").returncode == 1
