"""The program does what its help says; an interrupted training ends as an uninterrupted one."""

import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from programs import in_a_process, run_module, torchrun
from scratch.makemore import bert, checkpoint, data, evaluate, sample, training
from scratch.makemore.__main__ import EXAMPLES, main, program
from scratch.makemore.cli import run
from scratch.makemore.cli.commands import flag
from scratch.makemore.cli.kinds import KINDS
from scratch.makemore.data import dataset, read_words, rows, split

WORDS = ["anna", "bob", "cy", "dora", "eve", "fay", "gus", "hal", "ida", "joe", "kay", "leo"] * 3
SMALL = ["--hidden", "20", "--batch", "8"]
TINY = ["--size", "tiny", "--batch", "8"]
COMMAND = [sys.executable, "-m", "scratch.makemore"]
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in, with a list of words.

    Whoever runs the tests in the background has them ignore SIGINT, and all that they start: not here.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.txt").write_text("\n".join(WORDS), encoding="utf-8")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield tmp_path
    signal.signal(signal.SIGINT, before)


def output(capsys, *arguments):
    """What the program prints when all is well."""
    assert main([str(each) for each in arguments]) == 0
    return capsys.readouterr().out


def refusal(capsys, *arguments):
    """The one line that a wrong input gets, with exit status 2."""
    status = main([str(each) for each in arguments])
    said = capsys.readouterr()
    assert status == 2
    [line] = said.err.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize("model", [name for name in KINDS if name != "bert"])
def test_every_model_is_trained_sampled_and_evaluated(here, capsys, model):
    few = ["--steps", 30] if "steps" in KINDS[model].settings else []
    said = output(capsys, "train", "--model", model, "--data", "words.txt", *few)
    assert "36 words: 28 to train on, 4 dev, 4 test" in said and f"saved as {model}.safetensors" in said
    assert re.search(r"^train +\d+ +\d\.\d{4}", said, re.M) and not re.search("^test", said, re.M)
    names = output(capsys, "sample", f"{model}.safetensors", "--count", 7).splitlines()
    assert len(names) == 7 and set("".join(names)) <= set("".join(WORDS))
    assert names == output(capsys, "sample", f"{model}.safetensors", "--count", 7).splitlines()
    judged = output(capsys, "evaluate", f"{model}.safetensors", "--count", 50)
    table = [line for line in said.splitlines() if line.startswith(("train  ", "dev  "))]
    assert table == judged.splitlines()[1:3]
    assert "50 sampled words" in judged and "test  " not in judged
    judged = output(capsys, "evaluate", f"{model}.safetensors", "--test", "--count", 0)
    assert re.search("^test", judged, re.M)


def test_a_bert_is_trained_evaluated_and_fills_in(here, capsys):
    """Its measure is called by its own name; oracle: bert.pseudo_nll, over all letters of dev."""
    said = output(capsys, "train", "--model", "bert", "--data", "words.txt", *TINY, "--steps", 100,
                  "--rate", 0.01)
    assert "it cannot be compared with the loss of other models" in said
    judged = output(capsys, "evaluate", "bert.safetensors")
    table = [line for line in said.splitlines() if line.startswith(("train  ", "dev  "))]
    assert table == judged.splitlines()[3:5] and "pseudo-log-likelihood" in judged and "sampled" not in judged
    model, vocabulary, dev = trained("bert.safetensors")
    ids, _ = rows(dev, vocabulary, model.block_size, boundaries=2)
    nats = bert.pseudo_nll(model, ids).sum() / sum(map(len, dev))
    assert re.search(rf"^dev +{sum(map(len, dev))} +{nats:.4f} ", judged, re.M)
    suggested = re.search(r"sample bert\.safetensors --fill '\?nna'$", said, re.M)[0]
    lines = output(capsys, *suggested.replace("'", "").split(), "--count", 3).splitlines()
    found = bert.fill(model, vocabulary, "?nna", 3)
    assert lines == [f"{word}  {p:.4f}" for word, p in found] and lines[0].startswith("anna")
    assert len(output(capsys, "sample", "bert.safetensors", "--fill", "???", "--count", 300).split()) == 600


def trained(path):
    """A checkpoint's model, its vocabulary, and the dev words."""
    words, source = run.read("words.txt")
    found = run.of_checkpoint(path, words, source)
    return found.model, found.vocabulary, split(words)[1]


def test_a_gpts_loss_and_words_are_those_of_the_shared_functions(here, capsys):
    """Oracle: evaluate.loss and sample.sample, which ask it for one symbol at a time; but no empty words."""
    output(capsys, "train", "--model", "gpt", "--data", "words.txt", *TINY, "--steps", 60)
    model, vocabulary, dev = trained("gpt.safetensors")
    nats = evaluate.loss(model, *dataset(dev, vocabulary, model.block_size))
    assert re.search(rf"^dev +\d+ +{nats:.4f} ", output(capsys, "evaluate", "gpt.safetensors"), re.M)
    how = {"seed": 3, "temperature": 0.8, "top_k": 5, "top_p": 0.9, "max_length": 4}
    options = [each for name, value in how.items() for each in (flag(name), value)]
    shared = [word for word in sample.sample(model, vocabulary, 40, **how) if word]
    assert output(capsys, "sample", "gpt.safetensors", *options).splitlines() == shared[:20]


@pytest.mark.parametrize("model, ends", [("gpt", 1), ("bert", 2)])
def test_a_size_is_a_start_and_the_longest_word_has_room(here, capsys, model, ends):
    """Eleven letters and an end, or both ends; what is named beside the size goes before it."""
    (here / "words.txt").write_text("\n".join([*WORDS, "bartholomew"]), encoding="utf-8")
    output(capsys, "train", "--model", model, "--data", "words.txt", *TINY, "--layers", 3, "--steps", 2)
    settings = checkpoint.load(f"{model}.safetensors")[1]["settings"]
    assert {name: settings[name] for name in ("block_size", "layers", "heads", "channels")} == {
        "block_size": 11 + ends, "layers": 3, "heads": 2, "channels": 32}
    (here / "long.txt").write_text("bartholomewbob\n", encoding="utf-8")
    assert re.search("long.txt does not fit .*'bartholomewbob' has 14 characters",
                     refusal(capsys, "evaluate", f"{model}.safetensors", "--data", "long.txt"))


def test_help_says_how_large_the_sizes_are(capsys):
    """Oracle: makemore's 202,816 parameters (REFERENCE Z1)."""
    assert main(["train", "--help"]) == 0
    assert re.search(r"^  default +--layers 4  --heads 4  --channels 64 +202,816 parameters$",
                     capsys.readouterr().out, re.M)


FILLING = {
    "no pattern": (["bert"], r"holds a bert, which does not make words.*--fill"),
    "another model": (["bigram", "--fill", "?nna"], "--fill needs a bert.*'bigram'"),
    "an unknown letter": (["bert", "--fill", "?z"], "'z' .* is not in the vocabulary"),
    "nothing": (["bert", "--fill", ""], r"'' has no \?, which stands for a letter"),
    "no blank": (["bert", "--fill", "anna"], r"'anna' has no \?"),
    "too long": (["bert", "--fill", "?" * 5], "has 5 characters; 1 to 4 can be filled in"),
    "a way to draw": (["bert", "--fill", "?nna", "--top-k", "3"], "--top-k is for words that are drawn"),
}


def test_what_cannot_be_filled_in_is_told(here, capsys):
    for model, few in (("bigram", []), ("bert", [*TINY, "--steps", 1])):
        output(capsys, "train", "--model", model, "--data", "words.txt", *few)
    for (model, *arguments), says in FILLING.values():
        assert re.search(says, refusal(capsys, "sample", f"{model}.safetensors", *arguments))


TRAIN = ["train", "--data", "words.txt", "--out", "cut.safetensors", *SMALL, "--steps", "300"]


def test_an_interrupted_and_resumed_training_ends_with_the_bytes_of_an_uninterrupted_one(here, capsys):
    """A real SIGINT in a real process; the files are compared whole."""
    settings = [*TRAIN, "--seed", "3", "--save-every", "40"]
    status, out, err = in_a_process(run_module, here, settings, signal.SIGINT)
    assert status == 130 and "left" in err and "Traceback" not in err
    assert "stopped after step 150 of 300" in out
    tensors, _ = checkpoint.load(here / "cut.safetensors")
    assert len(tensors["losses"]) == 150
    resume = re.search(r"python -m scratch\.makemore (train --resume \S+)", out)[1]
    said = output(capsys, *resume.split())
    output(capsys, *settings, "--out", "whole.safetensors")
    assert (here / "cut.safetensors").read_bytes() == (here / "whole.safetensors").read_bytes()
    assert "going on after step 150\n" in said
    assert [path.name for path in here.glob("*.partial")] == []


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_a_training_that_is_told_to_end_saves_all_its_steps(here, by):
    """kill, a shutdown and a closed terminal; the exit status is a shell's for that signal."""
    status, out, err = in_a_process(run_module, here, TRAIN, by)
    assert status == 128 + by and "left" in err and "Traceback" not in err
    assert "stopped after step 150 of 300" in out
    assert len(checkpoint.load(here / "cut.safetensors")[0]["losses"]) == 150
    assert [path.name for path in here.glob("*.partial")] == []


def test_a_training_under_nohup_does_not_hear_that_its_terminal_was_closed(here, capsys, monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        def step(self, step=training.Trainer.step):
            os.kill(os.getpid(), signal.SIGHUP)
            return step(self)

        monkeypatch.setattr(training.Trainer, "step", step)
        output(capsys, "train", "--data", "words.txt", "--steps", 3, *SMALL)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("module", ["click", "torch._utils", "numpy.linalg"])
def test_ctrl_c_while_modules_are_imported_is_one_line(here, capsys, module):
    """-X importtime writes a line when a module is there; the other lines are those of the program."""
    output(capsys, "train", "--model", "bigram", "--data", "words.txt")
    with subprocess.Popen([sys.executable, "-X", "importtime", *COMMAND[1:], "sample", "bigram.safetensors"],
                          cwd=here, env=ONE_THREAD, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as run:
        while not run.stderr.readline().endswith(f" {module}\n"):
            pass
        run.send_signal(signal.SIGINT)
        out, err = run.communicate()
    assert run.returncode == 130 and out == ""
    assert [line for line in err.splitlines() if not line.startswith("import time:")] == ["interrupted"]


def test_a_training_that_ends_as_it_is_stopped_has_its_best_parameters(here, capsys, monkeypatch):
    """Ctrl-C in the step after which patience runs out; oracle: the same training, left alone."""
    settings = ["train", "--data", "words.txt", "--steps", 5000, *SMALL, "--every", 50, "--patience", 2,
                "--optimizer", "adamw", "--rate", 0.01]
    output(capsys, *settings, "--out", "whole.safetensors")
    last = len(checkpoint.load("whole.safetensors")[0]["losses"])

    def stopping(self, step=training.Trainer.step):
        if self.taken == last - 1:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self)

    monkeypatch.setattr(training.Trainer, "step", stopping)
    assert main([str(each) for each in [*settings, "--out", "cut.safetensors"]]) == 130
    assert (here / "cut.safetensors").read_bytes() == (here / "whole.safetensors").read_bytes()


def test_a_killed_training_goes_on_from_its_last_saving(here, capsys):
    """SIGKILL leaves no time to save."""
    settings = [*TRAIN, "--save-every", "40"]
    status, _, _ = in_a_process(run_module, here, settings, signal.SIGKILL)
    assert status == -signal.SIGKILL
    tensors, _ = checkpoint.load(here / "cut.safetensors")
    assert len(tensors["losses"]) == 120
    output(capsys, "train", "--resume", "cut.safetensors")
    output(capsys, *settings, "--out", "whole.safetensors")
    assert (here / "cut.safetensors").read_bytes() == (here / "whole.safetensors").read_bytes()


def test_a_finished_training_has_nothing_to_resume(here, capsys):
    output(capsys, "train", "--data", "words.txt", "--steps", 20, *SMALL)
    before = (here / "mlp.safetensors").read_bytes()
    assert "all 20 steps have been taken" in output(capsys, "train", "--resume", "mlp.safetensors")
    assert (here / "mlp.safetensors").read_bytes() == before


def test_words_that_were_moved_can_be_pointed_at(here, capsys):
    output(capsys, "train", "--data", "words.txt", "--steps", 20, *SMALL)
    (here / "words.txt").rename("moved.txt")
    for command in (["train", "--resume"], ["evaluate"]):
        assert "say with --data where they are" in refusal(capsys, *command, "mlp.safetensors")
        output(capsys, *command, "mlp.safetensors", "--data", "moved.txt")
    output(capsys, "sample", "mlp.safetensors")


def test_seeds_choose_weights_and_words(here, capsys):
    for seed in (0, 0, 1):
        output(capsys, "train", "--data", "words.txt", "--steps", 20, *SMALL, "--seed", seed,
               "--out", f"{seed}.safetensors", "--force")
    assert (here / "0.safetensors").read_bytes() != (here / "1.safetensors").read_bytes()
    words = [output(capsys, "sample", "0.safetensors", "--seed", seed) for seed in (1, 2, 1)]
    assert words[0] == words[2] != words[1]


def test_sampling_options_arrive(here, capsys):
    output(capsys, "train", "--model", "bigram", "--data", "words.txt")
    greedy = output(capsys, "sample", "bigram.safetensors", "--greedy", "--count", 3).splitlines()
    assert len(set(greedy)) == 1
    assert greedy == output(capsys, "sample", "bigram.safetensors", "--top-k", 1, "--count", 3).splitlines()
    assert greedy == output(capsys, "sample", "bigram.safetensors", "--top-p", 0, "--count", 3).splitlines()
    cold, warm = (set(output(capsys, "sample", "bigram.safetensors", "--count", 200, "--max-length", 3,
                             "--temperature", temperature).split()) for temperature in (0.01, 1))
    assert len(cold) < len(warm) / 2 and max(map(len, warm)) == 3


def test_other_words_are_measured_as_one_split(here, capsys):
    output(capsys, "train", "--model", "bigram", "--data", "words.txt")
    (here / "other.txt").write_text("dan\nana\n", encoding="utf-8")
    said = output(capsys, "evaluate", "bigram.safetensors", "--data", "other.txt")
    assert re.search(r"^all +8 ", said, re.M) and "in other.txt" in said


def test_a_list_that_was_changed_is_measured_as_a_whole_and_it_says_so(here, capsys):
    output(capsys, "train", "--model", "bigram", "--data", "words.txt")
    with open("words.txt", "a", encoding="utf-8") as file:
        file.write("\neva")
    said = " ".join(output(capsys, "evaluate", "bigram.safetensors").split())
    assert re.search(r"words\.txt was changed after the training \(36 words then, 37 now\), .* all of it is "
                     "measured, words that the model was trained on among them", said)


def test_of_other_words_it_says_how_many_were_trained_on(here, capsys):
    """Oracle: split, of the list that the model was trained on, as long as that is there."""
    output(capsys, "train", "--model", "bigram", "--data", "words.txt")
    train = split(read_words("words.txt"))[0]
    (here / "other.txt").write_text(f"ana\n{train[0]}\n{train[1]}\n", encoding="utf-8")
    other = ["evaluate", "bigram.safetensors", "--data", "other.txt"]
    assert "it was trained on 2 of these 3 words" in " ".join(output(capsys, *other).split())
    (here / "words.txt").rename("moved.txt")
    assert "words that it was trained on may be among these" in " ".join(output(capsys, *other).split())


def test_no_sampled_word_is_empty_and_none_is_no_line(here, capsys):
    """A bigram of ten words gives one of twenty-five to the boundary after the boundary."""
    (here / "ten.txt").write_text("\n".join(WORDS[:10]), encoding="utf-8")
    output(capsys, "train", "--model", "bigram", "--data", "ten.txt")
    shared = run.of_checkpoint("bigram.safetensors", *run.read("ten.txt"))
    made = sample.sample(shared.model, shared.vocabulary, 1500)
    assert "" in made[:1000]
    names = output(capsys, "sample", "bigram.safetensors", "--count", 1000).split("\n")
    assert names == [*[word for word in made if word][:1000], ""]
    assert output(capsys, "sample", "bigram.safetensors", "--count", 0) == ""


def test_a_model_that_makes_empty_words_only_is_refused(here, capsys):
    output(capsys, "train", "--model", "bigram", "--data", "words.txt")
    tensors, facts = checkpoint.load("bigram.safetensors")
    tensors["counts"][0, 0] = 10**9
    checkpoint.save("empty.safetensors", tensors, facts)
    for command in (["sample", "--count", 3], ["evaluate"], ["sample", "--greedy"]):
        assert "have a letter; train it longer" in refusal(capsys, *command, "empty.safetensors")


@pytest.mark.parametrize("model, small", [("gru", SMALL), ("gpt", TINY), ("bert", TINY)])
def test_one_long_line_makes_no_other_minibatch_longer(here, capsys, monkeypatch, model, small):
    """A map of attention never has more than CELLS numbers, or those of one row; the line is named."""
    (here / "long.txt").write_text("\n".join([*WORDS, "x" * 600, *WORDS]), encoding="utf-8")
    sizes = []
    crop = data.crop
    monkeypatch.setattr(data, "crop", lambda *given: (
        sizes.append(tuple(pair[0].shape)) or pair for pair in crop(*given)))
    assert main(["train", "--model", model, "--data", "long.txt", "--steps", "30", *small]) == 0
    rows, widths = zip(*sizes)
    assert max(widths) == 600 + KINDS[model].ends and min(widths) <= 8
    assert all(width <= 8 or (n, width) == (1, max(widths)) for n, width in sizes)
    assert re.search(r"^warning: .*long\.txt, line 37: 'x+ has 600 characters, and half of the words have 3",
                     capsys.readouterr().err, re.M)
    assert "warning" not in (main(["train", "--model", "bigram", "--data", "long.txt"]),
                             capsys.readouterr().err)[1]


def test_ordinary_words_have_no_warning_and_rows_as_long_as_the_longest_of_the_minibatch(
        here, capsys, monkeypatch):
    (here / "words.txt").write_text("\n".join([*WORDS, "bartholomew"]), encoding="utf-8")
    sizes = []
    step = training.ModelWithLoss.forward
    monkeypatch.setattr(training.ModelWithLoss, "forward", lambda self, x, y: (
        sizes.append((int((y >= 0).sum(1).max()), *x.shape)) or step(self, x, y)))
    assert main(["train", "--model", "gpt", "--data", "words.txt", "--steps", "30", *TINY]) == 0
    assert "warning" not in capsys.readouterr().err
    assert {rows for _, rows, _ in sizes} == {8} and all(letters == width for letters, _, width in sizes)
    assert {width for *_, width in sizes} == {4, 5, 12}


THREADS = {
    "a small model": ([], {}, {1}),
    "told by an option": (["--threads", "3"], {}, {3}),
    "told by PyTorch's variable": ([], {"OMP_NUM_THREADS": "2"}, {2}),
    "told by both": (["--threads", "3"], {"OMP_NUM_THREADS": "2"}, {3}),
    "a large model": (["--hidden", "40000"], {}, {2}),
}


@pytest.mark.parametrize("arguments, variables, expected", THREADS.values(), ids=THREADS)
def test_a_small_model_is_trained_by_one_thread_unless_told_otherwise(
        here, capsys, monkeypatch, arguments, variables, expected):
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = set()

    def step(self, step=training.Trainer.step):
        found.add(torch.get_num_threads())
        return step(self)

    monkeypatch.setattr(training.Trainer, "step", step)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        output(capsys, "train", "--data", "words.txt", "--steps", 2, "--batch", 4, *arguments)
        assert found == expected and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("code", ["latin-1", "ascii"])
def test_letters_that_the_output_has_not_are_written_as_their_numbers(here, monkeypatch, code):
    """Each command goes on to its end; what the code has, é in Latin-1, stays as it is."""
    (here / "w.txt").write_text("\n".join(f"é名字{n}" for n in range(10)), encoding="utf-8")
    names = str(here / "名.safetensors")
    for command in (["train", "--model", "bigram", "--data", "w.txt", "--out", names],
                    ["train", "--model", "bert", "--data", "w.txt", "--steps", "2", *TINY, "--out", "b"],
                    ["sample", names, "--count", "3"], ["sample", "b", "--fill", "?名字1"],
                    ["evaluate", names, "--data", "w.txt"], ["sample", "é名"], ["train", "--help"]):
        out, err = io.BytesIO(), io.BytesIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", io.TextIOWrapper(out, code))
            patch.setattr(sys, "stderr", io.TextIOWrapper(err, code, "backslashreplace", write_through=True))
            assert main(command) == (2 if "é名" in command else 0), err.getvalue()
            out, err = out.getvalue(), err.getvalue()
        assert b"codec" not in err and (out + err).decode(code)
        if "--count" in command:
            assert len(out.splitlines()) == 3 and b"\\u540d" in out
            assert (b"\xe9" in out) == (code != "ascii")


def test_the_books_names_are_the_default(here, capsys, monkeypatch):
    monkeypatch.delenv("SCRATCH_NAMES", raising=False)
    assert output(capsys, "train", "--model", "bigram").startswith("32,000 words")
    monkeypatch.setenv("SCRATCH_NAMES", str(here / "words.txt"))
    assert output(capsys, "train", "--model", "bigram", "--force").startswith("36 words")


def test_words_in_any_alphabet_are_welcome(here, capsys):
    words = ["zoë", "émile", "søren", "нина", "李明", "안나"] * 3
    (here / "words.txt").write_text("\n".join(words), encoding="utf-8")
    output(capsys, "train", "--data", "words.txt", "--steps", 10, *SMALL)
    names = output(capsys, "sample", "mlp.safetensors")
    assert set(names) - {"\n"} <= set("".join(words))


def first_written(path, tensors, facts):
    """A file as version 0.1 wrote it at first: its checksum is of the tensors alone."""
    from safetensors.torch import save_file
    words = json.dumps({"facts": facts, "sha256": checkpoint.checksum(tensors)})
    save_file(tensors, path, metadata={"makemore": words})


WRONG = {
    "no such list": (["train", "--data", "gone.txt"], r"gone\.txt: there is no such file"),
    "a folder": (["train", "--data", "."], r"Is a directory"),
    "not text": (["train", "--data", "noise.bin"], r"noise\.bin, line 1: .*UTF-8"),
    "too few words": (["train", "--data", "few.txt"], r"few\.txt: .*too few"),
    "no words": (["train", "--data", "empty.txt"], r"empty\.txt: not one word"),
    "an unknown model": (["train", "--model", "gpt9"], r"'gpt9' .*'bigram'.*'mlp'"),
    "another model's setting": (["train", "--model", "bigram", "--hidden", "9"],
                                "--hidden is no setting of bigram, which has --alpha"),
    "no number": (["train", "--steps", "many"], "--steps': 'many' is not a whole number"),
    "a size of zero": (["train", "--hidden", "0"], "--hidden': 0 is out of range: 1 or more"),
    "a rate of nan": (["train", "--rate", "nan"], "--rate': nan is out of range: 0 or more"),
    "an impossible size": (["train", "--data", "words.txt", "--hidden", "9" * 12, "--out", "x"],
                           "cannot be made"),
    "more steps than memory": (["train", "--data", "words.txt", "--out", "x", "--steps", "9" * 15],
                               "--steps': 9+ is out of range: 1 to 1,000,000,000"),
    "a batch larger than memory": (["train", "--data", "words.txt", "--out", "x", "--batch", "9" * 15],
                                   "more memory"),
    "a context that is no power of two": (["train", "--model", "wavenet", "--data", "words.txt",
                                           "--block-size", "6"], "a context of 6 is no power of 2"),
    "a size of no Transformer": (["train", "--model", "mlp", "--size", "tiny"],
                                 "--size is no setting of mlp, which has --block-size"),
    "an unknown size": (["train", "--model", "gpt", "--size", "huge"], "'huge' .*'tiny', 'default', 'large'"),
    "a width that heads cannot share": (["train", "--model", "gpt", "--data", "words.txt", "--heads", "3"],
                                        "64 channels do not divide among 3 heads"),
    "words longer than the context": (["train", "--model", "bert", "--data", "words.txt",
                                       "--block-size", "5"], "'anna' has 4 characters; block_size 5 holds 3"),
    "an unknown optimizer": (["train", "--optimizer", "lion"], "'lion' .*'adamw'"),
    "an uneven batch": (["train", "--data", "words.txt", "--out", "x", "--accumulate", "5"],
                        "a batch of 32 cannot be divided evenly"),
    "no GPU": (["train", "--data", "words.txt", "--out", "x", "--device", "cuda"],
               "PyTorch sees no GPU"),
    "a file that is there": (["train", "--model", "bigram", "--data", "words.txt"],
                             r"bigram\.safetensors is there already.*--force"),
    "a folder as checkpoint": (["train", "--data", "words.txt", "--out", ".", "--force"],
                               r"\. is a folder, .*--out model\.safetensors"),
    "a folder that is not there": (["train", "--data", "words.txt", "--out", "gone/x.safetensors"],
                                   "no folder gone to write x.safetensors to"),
    "a checkpoint that is not there": (["sample", "gone.safetensors"], "gone.safetensors: there is no"),
    "a list of words as checkpoint": (["sample", "words.txt"], r"words\.txt is damaged"),
    "half a checkpoint": (["evaluate", "half.safetensors"], r"half\.safetensors is damaged"),
    "a bad byte": (["train", "--resume", "bad.safetensors"], r"bad\.safetensors is damaged"),
    "a stranger's model": (["sample", "strange.safetensors"], "'oracle', which .* does not know.*mlp"),
    "a checkpoint of something else": (["sample", "else.safetensors"], "not one that train wrote"),
    "another vocabulary": (["evaluate", "bigram.safetensors", "--data", "other.txt"],
                           r"other\.txt does not fit .*'é' \(U\+00E9\)"),
    "resumed on other words": (["train", "--resume", "bigram.safetensors", "--data", "other.txt"],
                               r"trained on 36 words.*other\.txt"),
    "resumed with settings": (["train", "--resume", "bigram.safetensors", "--alpha", "2"],
                              "settings in the file"),
    "a test split of other words": (["evaluate", "bigram.safetensors", "--data", "few.txt", "--test"],
                                    "no test split"),
    "a temperature of zero": (["sample", "bigram.safetensors", "--temperature", "0"],
                              "^error: --temperature must be above 0; toward 0 it becomes --greedy$"),
    "resumed without a GPU": (["train", "--resume", "small.safetensors", "--device", "cuda"],
                              "^error: the device is to be cuda, but PyTorch sees no GPU$"),
    "no thread": (["train", "--threads", "0"], "--threads': 0 is out of range: 1 or more"),
    "a changed letter in an old file": (["sample", "old.safetensors"],
                                        r"old\.safetensors is damaged: '\.abcdd"),
    "an old file without a digest": (["evaluate", "less.safetensors"], "lacks sha256 of the words"),
    "settings that are none": (["sample", "list.safetensors"], "not those of its settings"),
    "a top-p of 2": (["sample", "bigram.safetensors", "--top-p", "2"], "--top-p': 2 is out of range: 0 to 1"),
    "a folder that cannot be made": (["train", "--model", "bigram", "--data", "words.txt",
                                      "--out", "words.txt/x"], r"words\.txt"),
    "no command": ([], "Missing command .*--help"),
    "a misspelt command": (["smple"], "Did you mean 'sample'"),
    "a misspelt setting": (["train", "--hiden", "9"], "No such option '--hiden'.*'--hidden'"),
    "no checkpoint": (["sample"], "Missing argument 'CHECKPOINT'"),
}


@pytest.mark.parametrize("arguments, says", WRONG.values(), ids=WRONG)
def test_a_wrong_input_costs_one_line_and_loses_nothing(here, capsys, arguments, says):
    output(capsys, "train", "--model", "bigram", "--data", "words.txt")
    whole = (here / "bigram.safetensors").read_bytes()
    (here / "half.safetensors").write_bytes(whole[: len(whole) // 2])
    (here / "bad.safetensors").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    (here / "noise.bin").write_bytes(b"\xff\xfe\x80 noise")
    (here / "empty.txt").write_text("\n\n")
    (here / "few.txt").write_text("dan\nana\n")
    (here / "other.txt").write_text("\n".join(["désiré", *WORDS]), encoding="utf-8")
    checkpoint.save("strange.safetensors", {}, {
        "model": "oracle", "characters": ".a", "settings": {}, "data": "words.txt"})
    checkpoint.save("else.safetensors", {}, {"step": 1})
    output(capsys, "train", "--data", "words.txt", "--steps", 9, *SMALL, "--out", "small.safetensors")
    tensors, facts = checkpoint.load("bigram.safetensors")
    checkpoint.save("list.safetensors", tensors, {**facts, "settings": []})
    less = {name: fact for name, fact in facts.items() if name != "sha256 of the words"}
    checkpoint.save("less.safetensors", tensors, less)
    first_written("old.safetensors", tensors, {**facts, "characters": facts["characters"].replace("e", "d")})
    files = {path: path.read_bytes() for path in here.iterdir()}
    assert re.search(says, refusal(capsys, *arguments))
    assert {path: path.read_bytes() for path in here.iterdir()} == files


def test_a_checkpoint_of_before_is_read_resumed_and_sampled(here, capsys):
    """Its checksum is of the tensors alone."""
    output(capsys, "train", "--data", "words.txt", "--steps", 9, *SMALL)
    first_written("old.safetensors", *checkpoint.load("mlp.safetensors"))
    assert output(capsys, "sample", "old.safetensors") == output(capsys, "sample", "mlp.safetensors")
    assert "all 9 steps have been taken" in output(capsys, "train", "--resume", "old.safetensors")


def test_a_flipped_bit_among_the_letters_is_damage(here, capsys):
    output(capsys, "train", "--model", "bigram", "--data", "words.txt")
    content = (here / "bigram.safetensors").read_bytes()
    place = content.index(b".abcdefgh") + 8
    (here / "bigram.safetensors").write_bytes(content[:place] + b"z" + content[place + 1:])
    for command in (["sample"], ["evaluate"], ["train", "--resume"]):
        assert "is damaged" in refusal(capsys, *command, "bigram.safetensors")


def test_settings_that_do_not_fit_the_tensors_are_refused(here, capsys):
    output(capsys, "train", "--data", "words.txt", "--steps", 5, *SMALL)
    tensors, facts = checkpoint.load("mlp.safetensors")
    facts["settings"]["hidden"] = 21
    checkpoint.save("odd.safetensors", tensors, facts)
    assert "not those of its settings" in refusal(capsys, "sample", "odd.safetensors")


def test_a_rate_that_is_far_too_high_is_pointed_out(here, capsys):
    said = output(capsys, "train", "--data", "words.txt", "--steps", 50, *SMALL, "--rate", 500)
    assert "guess blindly would be better" in said and "smaller --rate" in said


def test_a_loss_that_is_no_number_stops_the_training(here, capsys):
    assert main(["train", "--data", "words.txt", "--steps", "9", "--rate", "1e38"]) == 2
    assert re.search(r"(nan|inf) at step \d: training diverged; lower the rate", capsys.readouterr().err)


TRAINING = {
    "momentum and a cosine": (["--optimizer", "momentum", "--schedule", "cosine", "--warmup", 5],
                              "optimizer momentum, schedule cosine, warmup 5"),
    "clipping and decay": (["--optimizer", "adamw", "--clip", 0.1, "--decay", 0.2, "--rate", 0.01],
                           "clip 0.1, decay 0.2"),
    "parts": (["--accumulate", 4], "accumulate 4"),
    "bfloat16": (["--bf16"], "mlp: "),
}


@pytest.mark.parametrize("arguments, says", TRAINING.values(), ids=TRAINING)
def test_training_options_arrive(here, capsys, arguments, says):
    few = ["train", "--data", "words.txt", "--steps", 40, *SMALL]
    plain = output(capsys, *few)
    said = output(capsys, *few, *arguments, "--out", "other.safetensors")
    assert says in " ".join(said.split()) and "warmup" not in plain
    tensors = [checkpoint.load(name)[0] for name in ("mlp.safetensors", "other.safetensors")]
    assert not torch.equal(tensors[0]["losses"], tensors[1]["losses"])
    assert tensors[0]["losses"].tolist() == pytest.approx(tensors[1]["losses"].tolist(), abs=2)


@pytest.mark.parametrize("model, small", [("wavenet", SMALL), ("lstm", SMALL), ("gpt", TINY), ("bert", TINY)])
def test_a_training_of_every_part_is_resumed_to_the_same_bytes(here, capsys, model, small):
    """Running statistics, Adam's means, the schedule, the records: all of it is in the file."""
    settings = ["--model", model, "--steps", "60", *small, "--every", "10", "--log", "run"]
    output(capsys, "train", "--data", "words.txt", "--out", "whole.safetensors", *settings)
    records = (here / "run/metrics.json").read_text()

    def stopping(self, step=training.Trainer.step):
        if self.taken == 44:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.Trainer, "step", stopping)
        assert main(["train", "--data", "words.txt", "--out", "cut.safetensors", *settings]) == 130
    assert "stopped after step 45 of 60" in capsys.readouterr().out
    assert "going on after step 45" in output(
        capsys, "train", "--resume", "cut.safetensors", "--every", "10", "--log", "run")
    whole, cut = (checkpoint.load(f"{name}.safetensors") for name in ("whole", "cut"))
    assert [name for name in whole[0] if not torch.equal(whole[0][name], cut[0][name])] == []
    assert whole[1] == cut[1]
    assert (here / "cut.safetensors").read_bytes() == (here / "whole.safetensors").read_bytes()
    assert (here / "run/metrics.json").read_text() == records


def test_patience_ends_a_training_that_no_longer_helps(here, capsys):
    said = output(capsys, "train", "--data", "words.txt", "--steps", 5000, *SMALL, "--every", 50,
                  "--patience", 2, "--optimizer", "adamw", "--rate", 0.01)
    stopped = int(re.search(r"stopped after step ([\d,]+) and took back", said)[1].replace(",", ""))
    assert stopped < 5000 and stopped % 50 == 0
    dev = re.search(r"^dev  .*", said, re.M)[0]
    assert dev in output(capsys, "evaluate", "mlp.safetensors")
    assert f"all {stopped:,} steps" in output(capsys, "train", "--resume", "mlp.safetensors")


@pytest.mark.parametrize("model, small", [("gru", SMALL), ("bert", TINY)])
def test_two_processes_train_what_one_trains(here, capsys, model, small):
    """Oracle: the losses of one process, which two must reach up to rounding; torchrun and gloo."""
    settings = ["train", "--model", model, "--data", "words.txt", "--steps", "20", *small]
    out = torchrun(here, [*settings, "--out", "two.safetensors"])
    assert out.count("saved as two.safetensors") == 1
    output(capsys, *settings)
    one, two = (checkpoint.load(name)[0] for name in (f"{model}.safetensors", "two.safetensors"))
    torch.testing.assert_close(one["losses"], two["losses"], rtol=1e-4, atol=1e-5)
    for name in one:
        if name.startswith("model."):
            torch.testing.assert_close(one[name], two[name], rtol=1e-3, atol=1e-4)


def test_help_has_examples_that_parse():
    for text in EXAMPLES.values():
        examples = re.findall(r"^  python -m scratch\.makemore (.+)", text, re.M)
        assert examples
        for example in examples:
            command, *arguments = shlex.split(example.partition(" > ")[0])
            program.commands[command].make_context(command, arguments)


@pytest.mark.parametrize("command", [[], *([name] for name in EXAMPLES if name)], ids=" ".join)
def test_help_is_printed_and_fits_a_terminal(capsys, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*command, "--help"]) == 0
    said = capsys.readouterr().out
    assert "examples:" in said
    assert all(len(line) <= 112 for line in said.splitlines())


QUICK = [["--help"], ["train", "--help"], ["sample", "--help"], ["evaluate", "--help"], [], ["sample"],
         ["neighbours", "--help"],
         ["train", "--steps", "0"], ["train", "--model", "bigram", "--hidden", "9"],
         ["train", "--resume", "x", "--model", "mlp"]]


@pytest.mark.parametrize("arguments", QUICK, ids=" ".join)
def test_help_and_usage_errors_do_not_wait_for_torch(arguments):
    """A process of its own tells which modules it has imported."""
    script = ("import sys; from scratch.makemore.__main__ import main; main(sys.argv[1:]); "
              "sys.exit('torch' in sys.modules)")
    run = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True)
    assert run.returncode == 0 and (run.stdout if "--help" in arguments else run.stderr)


def test_it_runs_as_a_module_and_stops_quietly_when_its_reader_does(here):
    status, _, err = in_a_process(run_module, here, ["train", "--model", "bigram", "--data", "words.txt"])
    assert status == 0 and err == ""
    with subprocess.Popen([*COMMAND, "sample", "bigram.safetensors", "--count", "12000"], cwd=here,
                          env=ONE_THREAD, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        run.stdout.readline()
        run.stdout.close()
        assert run.stderr.read() == b""


def test_without_safetensors_it_says_how_to_get_it(here, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    said = refusal(capsys, "train", "--model", "bigram", "--data", "words.txt")
    assert "pip install safetensors" in said


def test_the_checkpoint_of_counts_holds_the_counts_of_the_training_words(here, capsys):
    output(capsys, "train", "--model", "bigram", "--data", "words.txt")
    tensors, facts = checkpoint.load("bigram.safetensors")
    train = split(read_words("words.txt"))[0]
    assert tensors["counts"].sum().item() == sum(len(word) + 1 for word in train)
    assert facts["settings"] == {"alpha": 1.0} and Path(facts["data"]).is_absolute()
    assert tensors["counts"].dtype == torch.int64
