"""A page lists the claims of a section once, after the last check of it."""

from weave.chapter import Chapter
from weave.page import section_claims

TEXT = """# Title

{first}
Between two checks of a section.

{second}
## Another section

<details markdown="1">
<summary>Solution</summary>

{third}
</details>

After the fold.

{fourth}
"""
CHECK = '```python check\nassert 1, "{}"\n```\n'


def test_claims_stand_once_a_section_or_fold_at_its_last_check(book):
    text = TEXT.format(**{name: CHECK.format(name) for name in ("first", "second", "third", "fourth")})
    chapter = Chapter(book.chapter(text), book.root)
    checks = [block for block in chapter.blocks if block.role == "check"]
    assert section_claims(chapter) == {}
    for block, claims in zip(checks, (["a", "b"], ["b", "c"], ["d"], ["e"])):
        block.code.result = {"outputs": [], "claims": claims, "value": None}
    assert list(section_claims(chapter).items()) == [
        (checks[1], ["a", "b", "c"]), (checks[2], ["d"]), (checks[3], ["e"])]
