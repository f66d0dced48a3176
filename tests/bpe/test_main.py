"""The command line trains, inspects, encodes, decodes and exports, and says what is wrong in a line."""

import io
import os
import random
import subprocess
import sys

import pytest
import tiktoken
import tokenizers
from tiktoken.load import load_tiktoken_bpe

from scratch.bpe import words
from scratch.bpe.__main__ import between_special_tokens, main, progress
from scratch.bpe.split import PATTERNS
from scratch.bpe.tokenizer import RegexTokenizer

TEXT = "low lower lowest, new newer newest; it's slow and wide.\n" * 20


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model that the command line has made, from a folder of somebody's text."""
    folder = tmp_path_factory.mktemp("trained")
    texts = folder / "texts"
    (texts / "deeper").mkdir(parents=True)
    (texts / "a.txt").write_text(TEXT, encoding="utf-8")
    (texts / "deeper/b.txt").write_text("안녕 안녕 세상\n" * 9, encoding="utf-8")
    (texts / "picture.png").write_bytes(b"\x89PNG\xff\0")
    (texts / "zeros").write_bytes(b"\0" * 50)
    assert main(["train", str(texts), "--size", "290", "--special", "<|end|>", "--special", "<|a b|>",
                 "--output", str(folder / "mine")]) == 0
    return folder / "mine.model"


def run(capsys, *arguments, code=0):
    assert main([str(argument) for argument in arguments]) == code
    return capsys.readouterr()


def piped(data, *arguments):
    done = subprocess.run([sys.executable, "-m", "scratch.bpe", *map(str, arguments)], input=data,
                          capture_output=True)
    assert not done.stderr, done.stderr.decode()
    return done.stdout


def test_training_on_a_folder_gives_the_tokenizer_of_its_texts_in_order(model, capsys):
    own = RegexTokenizer()
    own.train([TEXT, "안녕 안녕 세상\n" * 9], 290)
    loaded = RegexTokenizer().load(model)
    assert loaded.merges == own.merges and loaded.special_tokens == {"<|end|>": 290, "<|a b|>": 291}
    out, err = run(capsys, "train", model.parent / "texts", "--size", 290, "--output", model.parent / "again")
    assert "again.model: 290 tokens from 1,309 bytes, files: 2" in out
    assert "left out, not being UTF-8 text: 2" in err


def test_all_three_libraries_give_the_ids_that_the_command_line_gives(model, capsys, tmp_path):
    """What the unit is for: train on your own text, load it into tiktoken and Hugging Face's tokenizers."""
    run(capsys, "export", model, tmp_path / "mine.tiktoken")
    run(capsys, "export", model, tmp_path / "tokenizer.json")
    text = "It's the lowest and the newest 안녕!\n"
    ids = [int(word) for word in piped(text.encode(), "encode", model).split()]
    ours = RegexTokenizer().load(model)
    assert ids == ours.encode(text)
    encoding = tiktoken.Encoding("mine", pat_str=ours.pattern, special_tokens=ours.special_tokens,
                                 mergeable_ranks=load_tiktoken_bpe(str(tmp_path / "mine.tiktoken")))
    assert ids == encoding.encode(text)
    assert ids == tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json")).encode(text).ids


@pytest.mark.parametrize("data", [b"", b"\n", "low 안녕\r\n <|end|>".encode(), b"\xff\xfe low"])
def test_decode_writes_the_bytes_that_were_encoded(model, data):
    ids = RegexTokenizer().load(model).encode_bytes(data)
    assert piped(" ".join(map(str, ids)).encode(), "decode", model) == data


def test_special_tokens_are_text_unless_they_are_allowed(model, capsys, tmp_path):
    (tmp_path / "x").write_text("a<|end|>")
    assert run(capsys, "encode", model, tmp_path / "x").out.split() != ["97", "290"]
    assert run(capsys, "encode", model, tmp_path / "x", "--special", "all").out.split() == ["97", "290"]
    assert "holds '<|end|>'" in run(capsys, "encode", model, tmp_path / "x", "--special", "raise", code=2).err


def test_inspect_tells_of_tokens_and_of_what_they_do_to_a_text(model, capsys, tmp_path):
    (tmp_path / "x").write_text("low low")
    out = run(capsys, "inspect", model, tmp_path / "x").out.splitlines()
    assert out[0] == "290 tokens, 2 special: '<|end|>', '<|a b|>'"
    assert out[2].startswith("longest tokens: ") and "안녕" in out[2]
    ids = RegexTokenizer().load(model).encode("low low")
    assert out[3] == f"7 bytes are {len(ids)} tokens: {7 / len(ids):.3f} bytes per token"
    assert out[4].startswith(f"never used: {290 - len(set(ids))} tokens, of which ")


def test_fewer_tokens_than_asked_for_are_told(capsys, tmp_path):
    (tmp_path / "x").write_text("abab")
    assert "258 tokens, and not 1000: no pair is left" in run(
        capsys, "train", tmp_path / "x", "--size", 1000, "--output", tmp_path / "small").out


@pytest.mark.parametrize("arguments, complaint", [
    (["train", "{tmp}/missing"], "missing: No such file"),
    (["train", "{tmp}/empty"], "no text in what was named"),
    (["train", "{tmp}/latin"], "latin is not UTF-8"),
    (["train", "{tmp}/text", "--size", "9"], "no room for 256"),
    (["train", "{tmp}/text", "--pattern", "("], "no regular expression"),
    (["train", "{tmp}/text", "--output", "{tmp}/no/where"], "no such folder"),
    (["train", "{tmp}/text", "--special", "x", "--special", "x"], "'x' is there twice"),
    (["train", "{tmp}/text", "--processes", "0"], "at least one"),
    (["inspect", "{tmp}/text"], "text is no model"), (["inspect", "{tmp}/missing"], "missing: No such file"),
    (["inspect", "{model}", "{tmp}/empty"], "no text in what was named"),
    (["encode", "{model}", "{tmp}/latin"], "latin is not UTF-8: byte 0xef at 2"),
    (["decode", "{model}", "{tmp}/text"], "'low' is none"),
    (["decode", "{model}", "{tmp}/high"], "id 9999 is outside"),
    (["decode", "{model}", "{tmp}/long"], "11..., of 5,000 digits, is no id"),
    (["decode", "{model}", "{tmp}/signs"], "'1_0' is none"),
    (["train", "{tmp}/text", "--output", "{tmp}/"], "the beginning of a file's name is missing"),
    (["train", "{tmp}/text", "--output", "{tmp}/old"], "old.model is there already"),
    (["train", "{tmp}/text", "--output", "{tmp}/old.model"], "old.model is there already"),
    (["train", "{tmp}/text", "--output", "{tmp}/half"], "half.vocab is there already"),
    (["export", "{model}", "{tmp}/old.json"], "old.json is there already"),
    (["export", "{model}", "{tmp}/folder.json"], "folder.json is a folder"),
    (["export", "{model}", "{tmp}/no/x.json"], "no such folder"),
    *[(["train", "{tmp}/text", "--pattern", name], f"'{name}' is not among gpt2, cl100k, o200k")
      for name in ("cl100k_base", "GPT2", "gpt4", "o200k_base", "r50k_base", "gpt-2")],
    (["export", "{model}", "{tmp}/x.txt"], r"has to end in .tiktoken or .json"),
    (["encode", "{model}", "{tmp}"], "Is a directory")])
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_written(model, capsys, tmp_path, arguments,
                                                                  complaint):
    (tmp_path / "text").write_text("low low")
    (tmp_path / "empty").write_text("")
    (tmp_path / "latin").write_bytes("naïve".encode("latin-1"))
    (tmp_path / "high").write_text("97 9999")
    (tmp_path / "long").write_text("1" * 5000)
    (tmp_path / "signs").write_text("+65 1_0")
    for name in "old.model", "half.vocab", "old.json":
        (tmp_path / name).write_text("somebody's work")
    (tmp_path / "folder.json").mkdir()
    before = sorted(tmp_path.iterdir())
    if arguments[0] == "train" and "--output" not in arguments:
        arguments = [*arguments, "--output", "{tmp}/out"]
    out, err = run(capsys, *[each.format(tmp=tmp_path, model=model) for each in arguments], code=2)
    assert complaint in err and err.count("\n") == 1 and out == ""
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "old.model").read_text() == "somebody's work"


def test_force_writes_over_existing_files_and_a_suffix_is_no_part_of_the_prefix(model, capsys, tmp_path):
    (tmp_path / "text").write_text("low low")
    run(capsys, "train", tmp_path / "text", "--size", 257, "--output", tmp_path / "m")
    run(capsys, "train", tmp_path / "text", "--size", 258, "--output", tmp_path / "m.model", "--force")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.model", "m.vocab", "text"]
    assert len(RegexTokenizer().load(tmp_path / "m.model").merges) == 2
    for _ in range(2):
        run(capsys, "export", model, tmp_path / "m.json", "--force")


def test_export_for_tiktoken_counts_what_is_in_the_file_and_tells_what_is_not(model, capsys, tmp_path):
    """Oracle: the encoding made from the file and from the two lines below it gives the tokenizer's ids."""
    out = run(capsys, "export", model, tmp_path / "mine.tiktoken").out.splitlines()
    ranks = load_tiktoken_bpe(str(tmp_path / "mine.tiktoken"))
    assert f"mine.tiktoken: {len(ranks)} tokens, which are the mergeable_ranks" in out[0]
    rest = eval("dict(" + ",".join(out[1:]) + ")")
    encoding = tiktoken.Encoding("mine", mergeable_ranks=ranks, **rest)
    text = "It's<|end|> low <|a b|>\n\n  "
    ours = RegexTokenizer().load(model).encode(text, "all")
    assert encoding.encode(text, allowed_special="all") == ours
    assert "290 tokens and 2 special" in run(capsys, "export", model, tmp_path / "tokenizer.json").out


def test_an_unknown_command_is_refused_with_exit_code_2(capsys):
    for arguments in ["frobnicate"], [], ["train"]:
        with pytest.raises(SystemExit) as error:
            main(arguments)
        assert error.value.code == 2
    assert "Usage: python -m scratch.bpe" in capsys.readouterr().err


@pytest.mark.parametrize("arguments, code", [
    (["--help"], 0),
    *[([command, "--help"], 0) for command in ("train", "inspect", "encode", "decode", "export")],
    ([], 2), (["frobnicate"], 2), (["train"], 2), (["train", "x", "--size", "many"], 2),
    (["encode", "x", "y", "z"], 2)])
def test_help_and_usage_errors_import_neither_regex_nor_numpy(arguments, code):
    """In a process of its own, which prints what it has imported: 0.3 s are no time for more."""
    program = f"""
import sys
from scratch.bpe.__main__ import main
try:
    main({arguments})
finally:
    print("imported", sorted({{"numpy", "regex", "torch"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == code and done.stdout.endswith("imported []\n")
    assert "Usage: python -m scratch.bpe" in (done.stderr if code else done.stdout)


def test_the_help_of_train_names_the_patterns_that_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert ", ".join(PATTERNS) in capsys.readouterr().out


def test_options_may_stand_anywhere_between_arguments(model, capsys, tmp_path):
    for name in "ab":
        (tmp_path / name).write_text("low low")
    run(capsys, "train", tmp_path / "a", "--size", 258, tmp_path / "b", "--output", tmp_path / "two")
    assert len(RegexTokenizer().load(tmp_path / "two.model").merges) == 2
    (tmp_path / "end").write_text("a<|end|>")
    end, special = tmp_path / "end", ("--special", "all")
    for arguments in [*special, model, end], [model, *special, end], [model, end, *special]:
        assert run(capsys, "encode", *arguments).out == "97 290\n"


def test_a_word_that_is_no_id_is_named_though_negative_numbers_come_before_it(model, capsys, tmp_path):
    (tmp_path / "ids").write_text("97 -1 x9")
    assert "'x9' is none" in run(capsys, "decode", model, tmp_path / "ids", code=2).err


SNIPPETS = "a,low, ,\n,\r\n,  ,!,/,12,é,안녕,<|a b|>,<|,|>,<x,y>".split(",")


@pytest.mark.parametrize("pattern", [*PATTERNS, r"\w+"])
def test_a_text_that_is_read_in_parts_has_the_ids_of_the_whole(pattern, monkeypatch):
    """Oracle: encode of the whole text; special tokens with blanks inside, and one that begins another."""
    dice = random.Random(pattern)
    tokenizer = RegexTokenizer(pattern)
    tokenizer.train(TEXT, 290)
    names = ["<|a b|>", "<x", "<x y>", " ", "!\n", "y> <|"]
    for _ in range(400):
        monkeypatch.setattr(words, "READ", dice.choice([1, 2, 3, 8, 20]))
        tokenizer.register_special_tokens(dice.sample(names, dice.randint(0, 4)))
        text = "".join(dice.choices(SNIPPETS, k=dice.randint(0, 50)))
        for special, allowed in ("none", []), ("all", tokenizer.special_tokens):
            last_cut = between_special_tokens(tokenizer.encoder.splitter.last_cut, allowed)
            parts = list(words.cut(words.read_utf8(io.BytesIO(text.encode()), "text"), last_cut))
            assert "".join(parts) == text
            assert [id for part in parts for id in tokenizer.encode(part, special)] == tokenizer.encode(
                text, special), (pattern, list(allowed), text)


def test_large_files_are_encoded_inspected_and_decoded_a_part_at_a_time(model, capsys, monkeypatch, tmp_path):
    """No part is larger than some portions, and each is written before the last one is read."""
    monkeypatch.setattr(words, "READ", 100)
    (tmp_path / "x").write_text("low lower <|end|> 안녕 " * 200, encoding="utf-8")
    given, encoder = [], RegexTokenizer.encode

    def encode(self, text, *options):
        given.append(len(text))
        return encoder(self, text, *options)

    monkeypatch.setattr(RegexTokenizer, "encode", encode)
    whole = RegexTokenizer().load(model).encode((tmp_path / "x").read_text(encoding="utf-8"), "all")
    given.clear()
    out = run(capsys, "encode", model, tmp_path / "x", "--special", "all").out
    assert out == " ".join(map(str, whole)) + "\n"
    assert len(given) > 20 and max(given) <= 200

    (tmp_path / "ids").write_text(" ".join(map(str, whole)))
    decoded, decoder = [], RegexTokenizer.decode_bytes

    def decode_bytes(self, ids):
        decoded.append(len(ids))
        return decoder(self, ids)

    monkeypatch.setattr(RegexTokenizer, "decode_bytes", decode_bytes)
    assert run(capsys, "decode", model, tmp_path / "ids").out == "low lower <|end|> 안녕 " * 200
    assert len(decoded) > 20 and max(decoded) <= 60

    (tmp_path / "bytes").write_bytes(b"low \xff\xe2\x82 lower\n" * 100)
    ids = RegexTokenizer().load(model).encode_bytes((tmp_path / "bytes").read_bytes())
    assert f"1,400 bytes are {len(ids):,} tokens" in run(capsys, "inspect", model, tmp_path / "bytes").out


@pytest.mark.parametrize("command", ["encode", "decode", "inspect"])
def test_a_terminal_sees_how_far_a_file_is_and_a_file_of_ids_does_not(model, command, capsys, monkeypatch,
                                                                      tmp_path):
    (tmp_path / "x").write_text("97 98 99 " * 100)
    run(capsys, command, model, tmp_path / "x")
    for shown, own in (True, False), (False, True):     # ids on the terminal are progress enough
        monkeypatch.setattr("sys.stderr.isatty", lambda: True)
        monkeypatch.setattr("sys.stdout.isatty", lambda own=own: own)
        err = run(capsys, command, model, tmp_path / "x").err
        assert ("coding: 100%" in err) is (shown or command == "inspect")


def test_the_error_of_a_special_token_names_the_options_of_the_command_line(model, capsys, tmp_path):
    (tmp_path / "x").write_text("a <|a b|>")
    err = run(capsys, "encode", model, tmp_path / "x", "--special", "raise", code=2).err
    assert "x holds '<|a b|>'" in err and "--special all" in err and "allowed_special" not in err


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "cp437"])
def test_output_in_another_code_page_is_whole(model, encoding, tmp_path):
    """Oracle: the same in UTF-8, in which Python writes 안녕 as it is; elsewhere, as in its source code."""
    (tmp_path / "x").write_text("low 안녕 é", encoding="utf-8")
    outputs = {}
    for page in "utf-8", encoding:
        done = subprocess.run([sys.executable, "-m", "scratch.bpe", "inspect", model, tmp_path / "x"],
                              capture_output=True, env={**os.environ, "PYTHONIOENCODING": page})
        assert done.returncode == 0 and not done.stderr
        outputs[page] = done.stdout.decode(page)
    assert "'\\uc548\\ub155'" in outputs[encoding] and "'안녕'" in outputs["utf-8"]
    assert outputs[encoding].encode("ascii", "backslashreplace") == outputs["utf-8"].encode(
        encoding, "backslashreplace").decode(encoding).encode("ascii", "backslashreplace")
    ids = " ".join(map(str, RegexTokenizer().load(model).encode("안녕 é"))).encode()
    done = subprocess.run([sys.executable, "-m", "scratch.bpe", "decode", model], input=ids,
                          capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding})
    assert done.stdout.decode() == "안녕 é"


def test_a_process_that_was_killed_is_a_line_with_the_option_that_does_without(capsys, monkeypatch, tmp_path):
    (tmp_path / "x").write_text("low low")
    monkeypatch.setattr(words.Counting, "send", lambda self, what: self.process.kill())
    err = run(capsys, "train", tmp_path / "x", "--processes", 2, "--output", tmp_path / "y", code=2).err
    assert "ended with -9; --processes 1 does without" in err and err.count("\n") == 1


def test_a_full_disk_is_one_line_and_not_blamed_on_the_input(model, tmp_path):
    (tmp_path / "x").write_text("low low")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sys.executable, "-m", "scratch.bpe", "encode", model, tmp_path / "x"],
                              stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2 and done.stderr == "No space left on device\n"


def test_ctrl_c_while_several_processes_count_is_one_line_and_130(tmp_path):
    """The signal reaches the whole group, as in a terminal, while counts are collected."""
    (tmp_path / "text").write_text("some words\n" * 400_000)
    program = f"""
import os, signal, sys
from scratch.bpe import words
from scratch.bpe.__main__ import main
signal.signal(signal.SIGINT, signal.default_int_handler)
def interrupted(parts, last_cut):
    for n, part in enumerate(parts):
        if n == 3:
            os.killpg(0, signal.SIGINT)
        yield part
words.cut, words.READ, words.BATCH, words.MIN_BATCHES = interrupted, 500_000, 500_000, 1
sys.exit(main(["train", {str(tmp_path / "text")!r}, "--processes", "2", "--output", {str(tmp_path / "m")!r}]))
"""
    done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True,
                          start_new_session=True)
    assert (done.returncode, done.stderr) == (130, "stopped; nothing was written\n")
    assert [path.name for path in tmp_path.iterdir()] == ["text"]


def test_ctrl_c_ends_with_130_and_writes_nothing(capsys, monkeypatch, tmp_path):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    (tmp_path / "x").write_text("low low")
    monkeypatch.setattr(RegexTokenizer, "train", interrupted)
    assert "nothing was written" in run(capsys, "train", tmp_path / "x", "--output", tmp_path / "y",
                                        code=130).err
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_progress_shows_both_stages_to_their_end_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress(1000, 256 + 50) as report:
        for done in 100, 1000:
            report("characters", done)
        report("tokens", 256 + 50)
    shown = capsys.readouterr().err
    assert "counting words: 100%" in shown and "merging pairs: 100%" in shown
    assert shown.count("\n") == 2


def test_no_progress_is_shown_where_there_is_no_terminal(capsys):
    with progress(1000, 256 + 50) as report:
        report("characters", 1000)
    assert capsys.readouterr().err == ""


def test_output_that_nobody_reads_to_the_end_is_no_error(model, tmp_path):
    (tmp_path / "x").write_text("low " * 100_000)
    command = f"{sys.executable} -m scratch.bpe encode {model} {tmp_path / 'x'} | head -c 10"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert len(done.stdout) == 10 and done.stderr == ""
