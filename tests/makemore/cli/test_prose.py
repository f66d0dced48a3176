"""A GPT learns a text by the program: resumed to the same bytes, streamed, and refused in one line."""

import math
import os
import re
import signal

import pytest
import torch

from scratch.bpe.tokenizer import RegexTokenizer
from scratch.makemore import checkpoint, texts, training
from scratch.makemore.__main__ import main
from scratch.makemore.cli import prose

TEXT = "the cat sat on the mat, and the dog sat on the cat: a tale of «two» animals.\n" * 30
SMALL = ["--layers", 1, "--heads", 1, "--channels", 16, "--block-size", 16, "--batch", 4]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in, with a text and a tokenizer."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tale.txt").write_text(TEXT, encoding="utf-8")
    tokenizer = RegexTokenizer()
    tokenizer.train(TEXT, 280)
    tokenizer.save("tale")
    return tmp_path


def output(capsys, *arguments, status=0):
    assert main([str(each) for each in arguments]) == status
    return capsys.readouterr().out


def refusal(capsys, *arguments):
    status = main([str(each) for each in arguments])
    said = capsys.readouterr()
    [line] = said.err.splitlines()
    assert status == 2 and line.startswith("error: ") and said.out == ""
    return line


def train(capsys, *more, steps=20, status=0):
    return output(capsys, "train", "--text", "tale.txt", *SMALL, "--steps", steps, *more, status=status)


@pytest.mark.parametrize("tokenizer", [[], ["--tokenizer", "tale.model"]], ids=["characters", "tokens"])
def test_an_interrupted_training_ends_with_the_bytes_of_an_uninterrupted_one(
        here, capsys, monkeypatch, tokenizer):
    """Ctrl-C comes in the seventh step."""
    def stopping(self, step=training.Trainer.step):
        if self.taken == 6:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self)

    more = [*tokenizer, "--log", "log", "--patience", 9, "--every", 4]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(training.Trainer, "step", stopping)
            said = train(capsys, *more, status=130)
    finally:
        signal.signal(signal.SIGINT, before)
    assert "stopped after step 7 of 20, saved as tale.safetensors" in said
    (here / "tale.model").unlink()             # the checkpoint has it
    resume = re.search(r"scratch\.makemore (train --resume \S+)", said)[1]
    said = output(capsys, *resume.split(), "--log", "log", "--every", 4)
    assert "going on after step 7\n" in said and re.search(r"^dev +\d+ +\d\.\d{4} +\d\.\d{4}", said, re.M)
    if tokenizer:
        RegexTokenizer.train(other := RegexTokenizer(), TEXT, 280)
        other.save("tale")
    train(capsys, *more, "--out", "whole.safetensors")
    assert (here / "tale.safetensors").read_bytes() == (here / "whole.safetensors").read_bytes()


def test_what_it_measures_is_the_loss_per_byte_of_the_texts_end(here, capsys):
    """Oracle: texts.nats_per_byte on the last tenth; evaluate prints the same table."""
    said = train(capsys, "--tokenizer", "tale.model")
    found, _, facts = prose.load("tale.safetensors")
    expected = texts.nats_per_byte(found.model, found.tokenizer, TEXT[int(0.9 * len(TEXT)):])
    row = re.search(r"^dev .*$", said, re.M)[0].split()
    assert row[3:] == [f"{expected:.4f}", f"{math.exp(expected):.3f}"]
    assert row == re.search(r"^dev .*$", output(capsys, "evaluate", "tale.safetensors"), re.M)[0].split()
    (here / "other.txt").write_text("another tale", encoding="utf-8")
    expected = texts.nats_per_byte(found.model, found.tokenizer, "another tale")
    assert f"12 bytes, {expected:.4f} nats per byte" in output(
        capsys, "evaluate", "tale.safetensors", "--data", "other.txt")
    assert found.tokenizer.merges == RegexTokenizer().load("tale.model").merges
    assert facts["tokenizer"]["merges"]


def test_a_text_is_written_as_write_writes_it(here, capsys):
    train(capsys, "--tokenizer", "tale.model")
    found, _, _ = prose.load("tale.safetensors")
    ask = ["sample", "tale.safetensors", "--prompt", "the cat", "--max-length", 12, "--seed", 5]
    careful = ["--temperature", 0.5, "--top-p", 0.8]
    for how, settings in (([], {}), (careful, {"temperature": 0.5, "top_p": 0.8})):
        assert output(capsys, *ask, *how) == texts.write(
            found.model, found.tokenizer, "the cat", 12, seed=5, **settings) + "\n"
    both = output(capsys, *ask, "--count", 2)
    assert both == "\n".join(texts.write(found.model, found.tokenizer, "the cat", 12, seed=seed) + "\n"
                             for seed in (5, 6))
    assert output(capsys, "sample", "tale.safetensors").startswith("\n")


def test_a_text_is_shown_as_it_is_drawn(here, capsys, monkeypatch):
    """After each token that ends a character, what is there is flushed."""
    train(capsys)
    seen = []
    monkeypatch.setattr("builtins.print", lambda *what, end="\n", flush=False: seen.append((*what, flush)))
    assert main(["sample", "tale.safetensors", "--prompt", "the", "--max-length", "5"]) == 0
    assert len(seen) == 6 and all(flush for *_, flush in seen)


def test_large_vocabularies_are_worked_off_in_pieces(here, capsys, monkeypatch):
    """The gradient is the same as at once; oracle: the losses without pieces."""
    train(capsys)
    whole = prose.load("tale.safetensors")[1]["losses"]
    monkeypatch.setattr(prose, "CELLS", 1)
    train(capsys, "--force")
    torch.testing.assert_close(prose.load("tale.safetensors")[1]["losses"], whole, rtol=1e-4, atol=1e-5)


WRONG = {
    "no such text": (["train", "--text", "gone.txt"], r"gone\.txt: there is no such file"),
    "not text": (["train", "--text", "noise.bin"], r"noise\.bin: its byte 0 is not UTF-8"),
    "a text shorter than a window": (["train", "--text", "short.txt"],
                                     r"short\.txt: the 9 tokens to train on make no window of 128"),
    "an end shorter than a window": (["train", "--text", "tale.txt", "--block-size", "300", "--force"],
                                     "231 tokens of its last tenth make no window of 300"),
    "no such tokenizer": (["train", "--text", "tale.txt", "--tokenizer", "gone.model", "--out", "x"],
                          r"gone\.model: there is no such tokenizer; python -m scratch\.bpe train"),
    "a tokenizer that is none": (["train", "--text", "tale.txt", "--tokenizer", "short.txt", "--out", "x"],
                                 r"short\.txt"),
    "a tokenizer without a text": (["train", "--tokenizer", "tale.model"], "name its file with --text"),
    "words and a text": (["train", "--text", "tale.txt", "--data", "tale.txt", "--out", "x"],
                         "one of the two"),
    "a model that reads words": (["train", "--text", "tale.txt", "--model", "gru", "--out", "x"],
                                 "--text is for a gpt; a model called gru"),
    "a setting of others": (["train", "--text", "tale.txt", "--hidden", "9", "--out", "x"],
                            "--hidden is no setting of a gpt"),
    "a width that heads cannot share": (["train", "--text", "tale.txt", "--heads", "3", "--out", "x"],
                                        "64 channels do not divide among 3 heads"),
    "a file that is there": (["train", "--text", "tale.txt"], r"tale\.safetensors is there already"),
    "resumed on another text": (["train", "--resume", "tale.safetensors", "--text", "short.txt"],
                                r"trained on 2,310 characters, and .*short\.txt is another text"),
    "resumed with a tokenizer": (["train", "--resume", "tale.safetensors", "--tokenizer", "tale.model"],
                                 "holds its tokenizer"),
    "resumed with words": (["train", "--resume", "tale.safetensors", "--data", "short.txt"], "--text"),
    "words resumed with a text": (["train", "--resume", "words.safetensors", "--text", "tale.txt"],
                                  "was not made by train --text"),
    "a prompt with an unknown character": (["sample", "tale.safetensors", "--prompt", "the ü"],
                                           r"'ü' \(U\+00FC\), character 5 of 'the ü', is not among the"),
    "an empty prompt": (["sample", "tale.safetensors", "--prompt", ""], "the prompt is empty"),
    "a prompt for a model of words": (["sample", "words.safetensors", "--prompt", "an"],
                                      r"--prompt needs a gpt.*words\.safetensors holds .* 'bigram'"),
    "filling in": (["sample", "tale.safetensors", "--fill", "?"], "--fill is for words"),
    "greedy": (["sample", "tale.safetensors", "--greedy"], "--top-k 1"),
    "a temperature of zero": (["sample", "tale.safetensors", "--temperature", "0"], "must be above 0"),
    "a test split": (["evaluate", "tale.safetensors", "--test"], "no test split"),
    "unknown characters to measure": (["evaluate", "tale.safetensors", "--data", "ü.txt"], "does not fit"),
    "half a checkpoint": (["sample", "half.safetensors"], r"half\.safetensors is damaged"),
    "a checkpoint without its tokenizer": (["sample", "bare.safetensors"], "it lacks its tokenizer"),
    "a tokenizer that was spoiled": (["sample", "spoiled.safetensors"], "its tokenizer cannot be used"),
    "settings of another model": (["sample", "wide.safetensors"], "not those of its settings"),
    "a text that is gone": (["train", "--resume", "lost.safetensors"], r"no longer in .*say with --text"),
}


@pytest.mark.parametrize("arguments, says", WRONG.values(), ids=WRONG)
def test_a_wrong_input_costs_one_line_and_loses_nothing(trained, capsys, arguments, says):
    files = {path: path.read_bytes() for path in trained.iterdir()}
    assert re.search(says, refusal(capsys, *arguments))
    assert {path: path.read_bytes() for path in trained.iterdir()} == files


@pytest.fixture
def trained(here, capsys):
    """The folder with checkpoints in it, whole ones and others."""
    train(capsys, steps=1)
    whole = (here / "tale.safetensors").read_bytes()
    (here / "half.safetensors").write_bytes(whole[:len(whole) // 2])
    (here / "noise.bin").write_bytes(b"\xff\xfe\x80 noise")
    (here / "short.txt").write_text("ten bytes!")
    (here / "ü.txt").write_text("ü", encoding="utf-8")
    (here / "names.txt").write_text("anna\nbob\n" * 9)
    output(capsys, "train", "--model", "bigram", "--data", "names.txt", "--out", "words.safetensors")
    tensors, facts = checkpoint.load("tale.safetensors")
    changes = {"bare": {"tokenizer": ...}, "spoiled": {"tokenizer": {"merges": [[1, 2]]}},
               "wide": {"settings": {**facts["settings"], "channels": 32}}, "lost": {"data": "gone.txt"}}
    for name, change in changes.items():
        kept = {key: value for key, value in {**facts, **change}.items() if value is not ...}
        checkpoint.save(f"{name}.safetensors", tensors, kept)
    return here
