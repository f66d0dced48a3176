"""A pattern cuts every text alike in the three engines, or is refused by name."""

import random
from itertools import product

import pytest
import regex
import tiktoken
from tokenizers import Regex, pre_tokenizers

from scratch.bpe import dialects
from scratch.bpe.dialects import REGEX, TIKTOKEN, TOKENIZERS, free_alternatives, translate
from scratch.bpe.exchange import (covers_every_text, from_tiktoken, is_known, pattern_for_huggingface,
                                  pattern_of_tiktoken, split_pattern, tiktoken_pattern, to_huggingface,
                                  to_tiktoken)
from scratch.bpe.split import PATTERNS, SPELLINGS, Splitter
from scratch.bpe.tokenizer import from_merges

ALL = (REGEX, TIKTOKEN, TOKENIZERS)
LETTERS = r"[^\r\n\p{L}\p{N}]?"
KIMI = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
ENDING = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PUBLISHED = {    # name -> (who reads it so, the pattern), beside PATTERNS and SPELLINGS
    "cl100k_base": (TIKTOKEN, r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
                    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"),
    "kimi": (TIKTOKEN, rf"[\p{{Han}}]+|{LETTERS}{KIMI[0]}*{KIMI[1]}+{ENDING}?|{LETTERS}{KIMI[0]}+{KIMI[1]}*"
             rf"{ENDING}?|\p{{N}}{{1,3}}|{REST}"),
    "qwen": (TOKENIZERS, rf"{ENDING}|{LETTERS}\p{{L}}+|\p{{N}}|{REST}"),
    "deepseek": (TOKENIZERS, r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?"""
                 r"[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
    "bloom": (TOKENIZERS, r" ?[^(\s|[.,!?…。，、।۔،])]+"),
    "falcon": (TOKENIZERS, "[0-9][0-9][0-9]"),
    "tekken": (TIKTOKEN, PATTERNS["o200k"].replace(r"[\p{N}]{1,3}", r"\p{N}").replace("ENDING", "")),
}
OWN = [    # each holds a construct that the three read differently
    r"\p{N}{1,3}+|\D", r"\p{N}{2}+|\w{2}?|.", r"[^\n]+$|\s+|\S", r"^\w+|\W+|\w", r"(?m)^ *\w+$|\s+|\S",
    r"\w+|[^\w\s]+|\s+", r"\b\w|\B\w+|\W+", r"[\w-]+|[^\w\-]+", r"[[:alpha:]]+|[^[:alpha:]]+",
    r"[[:digit:][:space:]]+|.", r"(?i)first|ss|[h-j]+|.", r"(?i:[^i])+|i", r"(?i)\w+k|[\W]|.",
    r"(?s:.)\s|(?-i:S).|.+", r"(\p{L})\1+", r"(?P<a>\p{L}+)", r"(?:(a|b)\1|(1)+\2)+|.",
    r"(?<=a)b+|\w+(?=\s)|\s", r"[a-z]+|\d", r"[\x00-\uffff]+", r"\w(?!\w)|\W", r"\A.|.\Z|\w+",
    r"[&[\]a-c&]+|.", r"[]a]+|[^]a]", r"ba{,2}|b{2,}|.", r"\p{^Lu}+|\P{^Lu}", r"(?>a+|\s)b|.",
    r"\W+|[\W_]|[^\W_]+", r"\x41\u00e9|\ |\-|\t|é|.", r"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))|[^\p{N}]+"]
SNIPPETS = ["a", "bb", "A", "s", "S", "ſ", "k", "\u212a", "i", "I", "İ", "ı", "ss", "ß", "ﬁ", "ﬀ",
            "'s", "'LL", "1", "1234", "²", "½", "٣", "Ⅷ", "_", "-", "&", "[", "]", "^", "$", ":",
            "|", " ", "  ", "\n", "\r\n", "\t", "\x0b", "\x1c", "\x85", "\xa0", "\u2028", "\u200c",
            "\u200d", "\u0301", "é", "É", "語", "안녕", "ʰ", "ǅ", "😀", "𝒳", "/", ".", "。", "(",
            "first"]


def hostile_texts():
    """All pairs of what the engines may differ on, and longer texts out of it: some 5,000."""
    rng = random.Random(0)
    pairs = ["".join(pair) for pair in product(SNIPPETS, repeat=2)]
    return sorted({*pairs, *("".join(rng.choices(SNIPPETS, k=rng.randint(3, 6))) for _ in range(2000))})


TEXTS = hostile_texts()


@pytest.fixture(scope="module")
def ranks():
    """Every part of every text as a token, so that each piece that tiktoken cuts is one id."""
    return ranks_of(TEXTS)


def ranks_of(texts):
    ranks = {bytes([byte]): byte for byte in range(256)}
    for text in texts:
        for start in range(len(text)):
            for end in range(start + 1, len(text) + 1):
                ranks.setdefault(text[start:end].encode(), len(ranks))
    return ranks


def regex_pieces(pattern, texts, _=None):
    compiled = regex.compile(pattern)
    found = []
    for text in texts:
        pieces, end = [], 0
        for match in compiled.finditer(text):
            pieces += [text[end:match.start()], match[0]]
            end = match.end()
        found.append([piece for piece in [*pieces, text[end:]] if piece])
    return found


def tiktoken_pieces(pattern, texts, ranks):
    """With a gap, the pieces joined are not the text; the comparison then fails, as it should."""
    encoding = tiktoken.Encoding("pieces", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    bytes_of = {id: token for token, id in ranks.items()}
    return [[bytes_of[id].decode() for id in encoding.encode_ordinary(text)] for text in texts]


def tokenizers_pieces(pattern, texts, _=None):
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    return [[piece for piece, _ in split.pre_tokenize_str(text)] for text in texts]


PIECES = {REGEX: regex_pieces, TIKTOKEN: tiktoken_pieces, TOKENIZERS: tokenizers_pieces}


def first_difference(one, other, texts=TEXTS):
    return next(((text, a, b) for text, a, b in zip(texts, one, other) if a != b), None)


# Every known pattern, thousands of texts, three engines

@pytest.mark.parametrize("name", [*PATTERNS, *SPELLINGS])
def test_the_usual_patterns_cut_alike_in_all_three(name, ranks):
    """Oracle: the three engines, given the pattern as it is, and as it is exported."""
    pattern = PATTERNS.get(name, name)
    assert is_known(pattern)
    ours = regex_pieces(pattern, TEXTS)
    assert not first_difference(ours, [Splitter(name).split(text) for text in TEXTS])
    assert not first_difference(ours, tiktoken_pieces(tiktoken_pattern(pattern), TEXTS, ranks))
    assert not first_difference(ours, tokenizers_pieces(pattern_for_huggingface(pattern), TEXTS))


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_patterns_cut_as_in_the_engine_they_were_written_for(name, ranks):
    source, pattern = PUBLISHED[name]
    theirs = PIECES[source](pattern, TEXTS, ranks)
    ours = pattern_of_tiktoken(pattern) if source == TIKTOKEN else translate(pattern, source, REGEX)
    assert not first_difference(theirs, [Splitter(ours).split(text) for text in TEXTS])
    assert not first_difference(theirs, tiktoken_pieces(tiktoken_pattern(ours), TEXTS, ranks))
    assert not first_difference(theirs, tokenizers_pieces(pattern_for_huggingface(ours), TEXTS))


@pytest.mark.parametrize("pattern", OWN)
def test_patterns_of_ones_own_cut_alike_wherever_they_go(pattern, ranks):
    ours = [Splitter(pattern).split(text) for text in TEXTS]
    exported = {TIKTOKEN: tiktoken_pattern(pattern), TOKENIZERS: pattern_for_huggingface(pattern)}
    for target, text in exported.items():
        assert not first_difference(ours, PIECES[target](text, TEXTS, ranks)), (target, text)
    back = pattern_of_tiktoken(exported[TIKTOKEN]), translate(exported[TOKENIZERS], TOKENIZERS, REGEX)
    for text in back:
        assert not first_difference(ours, regex_pieces(text, TEXTS)), text


@pytest.mark.parametrize("source", [TIKTOKEN, TOKENIZERS])
def test_patterns_of_the_others_cut_here_as_they_do_there(source):
    """Most of these would be other pieces here, or no pattern at all, if they were taken as they are."""
    texts = TEXTS[::5]
    ranks = ranks_of(texts)

    def cut(engine, pattern):
        kept = rf"(?:{pattern})|(?:(?!{pattern})[\s\S])+" if engine == TIKTOKEN else pattern
        return PIECES[engine](kept, texts, ranks)

    read = refused = different = 0
    others = r"[a[bc]]+|[a-c&&[^b]]|.", r"\x{41}+|[\u00e9]|.", r"\w{2}?1|.", r"\d{2,3}+1|."
    patterns = [pattern for pattern in [*OWN, *others] if r"\1" not in pattern and "?P<" not in pattern]
    for pattern, target in product(patterns, ALL):
        if target != source:
            try:
                text = translate(pattern, source, target)
            except ValueError:
                refused += 1
                continue
            theirs = cut(source, pattern)
            assert not first_difference(theirs, cut(target, text), texts), (pattern, target, text)
            read += 1
            try:
                different += bool(first_difference(theirs, cut(target, pattern), texts))
            except Exception:                   # the other engine does not know the spelling
                different += 1
    assert read > 25 and different > 8 and refused < 15


def test_random_patterns_cut_alike_or_are_refused():
    """Patterns put together by chance, of what regex itself reads without mistakes."""
    rng = random.Random(1)
    texts = ["".join(rng.choices(SNIPPETS, k=rng.randint(1, 5))) for _ in range(200)]
    ranks = ranks_of(texts)
    atoms = ["a", "b", "s", "1", " ", "é", r"\w", r"\W", r"\s", r"\S", r"\d", r"\p{L}", r"\P{N}", ".",
             r"[a-z\d]", r"[^\w\s]", r"[^a]", r"[\w-]", r"[a[]", "^", "$", r"\b", r"\B", r"\A", r"\Z",
             r"(?:a|\d)", r"(\w)", r"(?=\w)", r"(?!s)", r"(?<=a)", r"(?<!\s)", r"(?>\w|a)", "(?s:.)",
             "(?i:k)", r"(?m:$)"]
    counts = [count + more for count in ("*", "+", "?", "{2}", "{1,2}", "{1,}", "{,2}")
              for more in ("", "", "?", "+")]
    cut = refused = 0
    while cut < 100:
        alternatives = [[rng.choice(atoms) + (rng.choice(counts) if rng.random() < 0.4 else "")
                         for _ in range(rng.randint(1, 4))] for _ in range(rng.randint(1, 3))]
        pattern = "|".join(map("".join, alternatives))
        try:
            ours = regex_pieces(pattern, texts)
            exported = tiktoken_pattern(pattern), pattern_for_huggingface(pattern)
        except (ValueError, regex.error):
            refused += 1
            continue
        theirs = tiktoken_pieces(exported[0], texts, ranks), tokenizers_pieces(exported[1], texts)
        for target, pieces in zip(exported, theirs):
            assert not first_difference(ours, pieces, texts), (pattern, target)
        cut += 1
    assert refused < 20 * cut


@pytest.mark.parametrize("pattern", [PUBLISHED["cl100k_base"][1], *OWN])
def test_tokenizers_with_such_patterns_give_the_same_ids_in_all_three(trained, pattern):
    tokenizer = from_merges(trained.merges, pattern_of_tiktoken(pattern) if pattern not in OWN else pattern)
    theirs, face = to_tiktoken(tokenizer), to_huggingface(tokenizer)
    for text in TEXTS[::9]:
        ids = tokenizer.encode(text)
        assert ids == theirs.encode(text) == face.encode(text).ids
        assert theirs.decode(ids) == tokenizer.decode(ids) == text


# What is written

@pytest.mark.parametrize("pattern", [r"[a-z]+|\d", r"(?<=a)b+|\w+(?=\s)|\s", r"\w+|[^\w\s]+|\s+",
                                     f"{ENDING}|\\p{{L}}+|.", r"(\p{L})\1+", r"\W{2,}|[\w-]+?"])
def test_what_is_read_alike_stays_as_it_is_and_w_comes_back(pattern):
    same = pattern.replace("w-", r"w\-")
    assert translate(pattern, REGEX, TIKTOKEN) == same
    assert translate(translate(pattern, REGEX, TOKENIZERS), TOKENIZERS, REGEX) == same


def test_going_back_and_forth_does_not_make_a_pattern_longer():
    for pattern in OWN:
        once = pattern_of_tiktoken(tiktoken_pattern(pattern))
        assert pattern_of_tiktoken(tiktoken_pattern(once)) == once


def test_a_pattern_that_covers_every_text_is_not_made_longer():
    assert covers_every_text(r"\w+|\W") and tiktoken_pattern(r"\w+|\W") == r"\w+|\W"
    assert not covers_every_text(r"[\x00-\uffff]+") and not covers_every_text(r"\w+|\W(?!x)|\d")
    assert not covers_every_text(r"\p{L}+|[^\p{L}\p{N}]") and not covers_every_text(r"(?:a\w)?+a|[^a]")
    assert free_alternatives(r"a(?=b)|c|\bd|(e)\1|[f-h]*i") == ["c", "[f-h]*i"]


# What is refused

@pytest.mark.parametrize("pattern, what", [
    (r"\X|\w", r"\X"), (r"a|\R", r"\R"), (r"\m\w+", r"\m"), (r"\Ga|b", r"\G"), (r"a\Kb", r"\K"),
    (r"\h+", r"\h"), (r"\N{DIGIT ONE}", r"\N"), (r"\p{Script_Extensions=Greek}", r"\p"),
    (r"\p{Greek_and_Coptic}", "property"), (r"(?x) a b", "(?x)"), (r"(?r)ab", "(?r)"),
    ("(?V1)[a&&b]", "(?V1"), ("a(?i)b", "(?i)"), ("(?|(a)|(b))", "(?|("), ("(?(DEFINE)(?P<x>a))b", "(?(D"),
    ("(?#c)a", "(?#c"), ("(?:a){e<=1}", "{"), ("(?R)?a", "(?R)"), (r"(?P<x>a)(?P=x)", "(?P="),
    (r"(?P<x>a)\g<x>", r"\g"), ("[a--b]", "-"), ("[a&&b]", "&&"), ("[a||b]", "||"),
    (r"[[:punct:]]", "[:punct:]"), (r"[a-\d]", "-"), (r"[\b]", r"\b"), ("(?i:é)", "é"),
    (r"(?i)\p{Lu}", r"\p{Lu}"), (r"(?<=a+)b", "+"), (r"(?<=a|bc)d", "look behind"), (r"(?<!\b)a", r"\b"),
    ("(?:a?)*b", "*"), (r"a|\b", "the whole"), (r"(?=a)", "the whole"), (r"\1(a)", r"\1"),
    (r"(?i)(a)\1", r"\1"), (r"a\0", r"\0"), (r"[^\w\W]a", "empty class"), (r"\pXa", "property")])
def test_what_is_not_known_to_be_read_alike_is_named(pattern, what):
    for target in TIKTOKEN, TOKENIZERS:
        with pytest.raises(ValueError, match="cannot go from regex to") as error:
            translate(pattern, REGEX, target)
        assert what in str(error.value).split(f"to {target}: ")[1]


@pytest.mark.parametrize("source, pattern, what", [
    (TOKENIZERS, "(?i:ss)a", "ss"), (TOKENIZERS, "(?i:first)", "fi"),
    (TOKENIZERS, r"\pL+", "the letter p"), (TOKENIZERS, "(?s:.)a", "(?s)"), (TOKENIZERS, r"\xe9", r"\xe9"),
    (TOKENIZERS, r"(?<n>a)\1|(b)", "(?<n>"), (TOKENIZERS, "(?~ab)", "(?~a"), (TIKTOKEN, r"a\Z", r"\Z"),
    (TIKTOKEN, r"\<a", r"\<"), (TIKTOKEN, "[a~~b]", "~~"), (TIKTOKEN, "(?U)a+", "(?U"),
    (TIKTOKEN, r"\b{start}a", "{"), (TIKTOKEN, "[a[^b]]", "negated class"), (TIKTOKEN, "[^a&&[b]]", "&&"),
    (TIKTOKEN, "[]-a]", "]-"), (TIKTOKEN, "a{2}{3}", "count of a count"), (TIKTOKEN, "a)", ")"),
    (TIKTOKEN, "(a", "not closed"), (TIKTOKEN, "[a", "not closed"), (TIKTOKEN, "*a", "*")])
def test_what_the_others_read_in_their_own_way_is_named_on_its_way_in(source, pattern, what):
    with pytest.raises(ValueError, match=f"cannot go from {source} to regex") as error:
        translate(pattern, source, REGEX)
    assert what in str(error.value).split("to regex: ")[1]


def test_a_pattern_that_is_nested_too_deeply_is_refused():
    with pytest.raises(ValueError, match="nested too deeply"):
        translate("(?:" * 20_000 + "a" + ")" * 20_000, TIKTOKEN, REGEX)
    with pytest.raises(ValueError, match="no regular expression"):
        Splitter("(?:" * 20_000 + "a" + ")" * 20_000)


def test_an_encoding_that_drops_text_is_refused():
    """tiktoken drops what its pattern does not match, and no pattern of ours can."""
    ranks = {bytes([byte]): byte for byte in range(256)}
    encoding = tiktoken.Encoding("x", pat_str=r"\p{L}+", mergeable_ranks=ranks, special_tokens={})
    assert encoding.decode(encoding.encode("a b")) == "ab"
    with pytest.raises(ValueError, match="tiktoken drops the text"):
        from_tiktoken(encoding)


def test_a_pattern_in_a_tokenizer_json_is_read_as_oniguruma_reads_it():
    step = {"type": "Split", "pattern": {"Regex": r"\p{N}{1,3}+|$|."}, "behavior": "Isolated",
            "invert": False}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    with pytest.raises(ValueError, match="no characters at all"):
        split_pattern({"type": "Sequence", "pretokenizers": [step, byte_level]})
    step["pattern"] = {"Regex": r"\p{N}{1,3}+|.$|."}
    assert split_pattern({"type": "Sequence", "pretokenizers": [step, byte_level]}) == (
        r"(?:\p{N}{1,3})+|.(?![^\n])|.")


def test_a_property_is_the_same_characters_in_all_three():
    """Every character below U+3000 that all three know; they have different versions of Unicode."""
    def of(pattern):
        encoding = tiktoken.Encoding("x", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
        removed = pre_tokenizers.Split(Regex(pattern), "removed").pre_tokenize_str(text)
        return ("".join(regex.findall(pattern, text)), encoding.decode(encoding.encode_ordinary(text)),
                "".join(sorted(set(text) - {char for piece, _ in removed for char in piece})))

    text = "".join(map(chr, range(0x3000)))
    ranks = ranks_of(text)
    assigned = set.intersection(*map(set, of(r"\P{Cn}"))) - {"\u0295"}    # whose case has changed
    text = "".join(sorted(assigned))
    for name in [*(rf"\p{{{name}}}" for name in sorted(dialects.PROPERTIES)),
                 r"\s", r"\d", r"[\w\u200c\u200d]"]:
        ours, theirs, face = of(name)
        assert ours == theirs == face, name
