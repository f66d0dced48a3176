"""Text that tokenizers get wrong, for Hypothesis to put together."""

from hypothesis import settings
from hypothesis import strategies as st

thorough = settings(deadline=None, max_examples=100)

# Everything that the split patterns treat differently.
SNIPPETS = ["'s", "'LL", "'ve", "ſ", "a", "Z", "word", "É", "ß", "ǅ", "ʰ", "1", "22", "٣", "Ⅷ", " ", "  ",
            "\n", "\r\n", "\r", "\t", "\x0b", "\x1c", "\x1f", "\x85", "\u3000", "\u2028", "/", "//", "!",
            "-", "_", "'", "안녕", "語", "e\u0301", "\u0301", "\u200d", "😀", "👨‍👩‍👧",
            "def f(x):\n    return x + 1\n", "<|end|>", "<|", "|>"]
# Unassigned characters, and U+0295, are letters in one version of Unicode and not in another.
characters = st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\u0295")
texts = st.one_of(st.lists(st.sampled_from(SNIPPETS), max_size=20).map("".join),
                  st.text(characters, max_size=40), st.text("ab \n", max_size=60))
