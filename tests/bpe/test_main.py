"""The command line trains, inspects, encodes, decodes and exports, and says what is wrong in a line."""

import subprocess
import sys

import pytest
import tiktoken
import tokenizers
from tiktoken.load import load_tiktoken_bpe

from scratch.bpe.__main__ import main, progress
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
    (["export", "{model}", "{tmp}/x.txt"], r"has to end in .tiktoken or .json"),
    (["encode", "{model}", "{tmp}"], "Is a directory")])
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_written(model, capsys, tmp_path, arguments,
                                                                  complaint):
    (tmp_path / "text").write_text("low low")
    (tmp_path / "empty").write_text("")
    (tmp_path / "latin").write_bytes("naïve".encode("latin-1"))
    (tmp_path / "high").write_text("97 9999")
    before = sorted(tmp_path.iterdir())
    if arguments[0] == "train" and "--output" not in arguments:
        arguments = [*arguments, "--output", "{tmp}/out"]
    out, err = run(capsys, *[each.format(tmp=tmp_path, model=model) for each in arguments], code=2)
    assert complaint in err and err.count("\n") == 1 and out == ""
    assert sorted(tmp_path.iterdir()) == before


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
    assert run(capsys, "encode", "--special", "all", model, tmp_path / "a").out


def test_a_word_that_is_no_id_is_named_though_negative_numbers_come_before_it(model, capsys, tmp_path):
    (tmp_path / "ids").write_text("97 -1 x9")
    assert "'x9' is none" in run(capsys, "decode", model, tmp_path / "ids", code=2).err


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
