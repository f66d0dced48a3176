"""The program's words on vectors are those of represent.py, beside an untrained model's."""

import re

import pytest
import torch

from scratch.makemore import represent
from scratch.makemore.__main__ import main
from scratch.makemore.cli import run

WORDS = ["anna", "bob", "cy", "dora", "eve", "fay", "gus", "hal", "ida", "joe", "kay", "leo"] * 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A little GPT, BERT and bigram, and their words."""
    path = tmp_path_factory.mktemp("vectors")
    (path / "words.txt").write_text("\n".join(WORDS), encoding="utf-8")
    (path / "other.txt").write_text("\n".join(["zoe", *WORDS]), encoding="utf-8")
    for model, how in (("gpt", ["--steps", "20", "--size", "tiny"]),
                       ("bert", ["--steps", "20", "--size", "tiny"]), ("bigram", [])):
        assert main(["train", "--model", model, "--data", str(path / "words.txt"), *how,
                     "--out", str(path / f"{model}.safetensors")]) == 0
    return path


@pytest.fixture
def said(folder, capsys, monkeypatch):
    """What the program prints, and what it refuses with."""
    monkeypatch.chdir(folder)

    def said(*arguments):
        capsys.readouterr()
        status = main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        assert (status, bool(err)) in ((0, False), (2, True))
        return out or err
    return said


@pytest.mark.parametrize("model", ["gpt", "bert"])
@pytest.mark.parametrize("where, measure", [("mean", "cosine"), ("last", "euclid")])
def test_the_neighbours_of_a_word_are_the_nearest_of_all_words(said, model, where, measure):
    """Oracle: represent.nearest, on states of each word alone, so without padding."""
    lines = said("neighbours", f"{model}.safetensors", "hal", "zoe" if model == "none" else "eve",
                 "--where", where, "--measure", measure, "--count", 3).splitlines()
    found = run.of_checkpoint(f"{model}.safetensors", WORDS, "words.txt")
    words, vectors = sorted(set(WORDS)), []
    for word in words:
        ids = torch.tensor([[0, *found.vocabulary.encode(word), *([0] if model == "bert" else [])]])
        letters = represent.states(found.model, ids)[-1][0, 1:1 + len(word)]
        vectors.append(letters.mean(0) if where == "mean" else letters[-1])
    x = torch.stack(vectors)
    for line, word in zip(lines, ("hal", "eve")):
        chosen = represent.nearest(x[[words.index(word)]], x, 4, measure)[0].tolist()
        assert re.findall(r"[a-z]+", line) == [word, *(words[n] for n in chosen if words[n] != word)]


def test_without_a_word_it_tells_of_letters(said):
    lines = said("neighbours", "gpt.safetensors", "--count", 2).splitlines()
    letters = sorted(set("".join(WORDS)))
    assert [line[0] for line in lines] == letters
    assert all(re.fullmatch(r"(.): (?!\1)\w \d\.\d{3}  (?!\1)\w \d\.\d{3}", line) for line in lines)


@pytest.mark.parametrize("model", ["gpt", "bert"])
def test_probes_are_shown_beside_those_of_an_untrained_model(said, model):
    lines = said("probe", f"{model}.safetensors").splitlines()
    assert lines[1].split() == ["layer", "0", "1", "2"]
    tasks = [line[:14].strip() for line in lines[2:6]]
    assert tasks == ["this letter", "letter before", "letter after", "control"]
    shares = [float(each) for line in lines[2:6] for each in re.findall(r"\d+\.\d", line)]
    assert len(shares) == 4 * 3 * 2 and all(0 <= each <= 100 for each in shares)
    assert said("probe", f"{model}.safetensors").splitlines() == lines


WRONG = {
    "a model without layers": (["neighbours", "bigram.safetensors", "anna"],
                               "holds a model called 'bigram'; it takes a gpt or bert"),
    "a letter that it does not know": (["neighbours", "gpt.safetensors", "zoe"],
                                       "cannot read these words: 'z' .* is not in the vocabulary"),
    "a word that is too long": (["neighbours", "bert.safetensors", "annaannaanna"],
                                "cannot read these words: 'annaannaanna' has 12 characters"),
    "words that it cannot read": (["probe", "gpt.safetensors", "--data", "other.txt"],
                                  "cannot read these words: 'z'"),
    "a layer too many": (["neighbours", "gpt.safetensors", "anna", "--layer", "3"],
                         "--layer 3, and the model has 2"),
    "a boundary that saw nothing": (["neighbours", "gpt.safetensors", "anna", "--where", "first"],
                                    "has seen no letter yet; take mean or last"),
    "a measure that is none": (["neighbours", "gpt.safetensors", "--measure", "dot"], "'cosine', 'euclid'"),
    "no checkpoint": (["probe", "gone.safetensors"], "gone.safetensors: there is no"),
}


@pytest.mark.parametrize("arguments, says", WRONG.values(), ids=WRONG)
def test_what_cannot_be_looked_into_is_told_in_one_line(said, arguments, says):
    line = said(*arguments)
    assert line.startswith("error: ") and line.count("\n") == 1 and re.search(says, line)
