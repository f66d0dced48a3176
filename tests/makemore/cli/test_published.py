"""A folder of a published model is brought in and answers; whatever is wrong is told in one line."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
import torch
from randomized_models import randomized
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from scratch.makemore import bert, checkpoint, gpt, modern, transformer
from scratch.makemore.__main__ import main
from scratch.makemore.cli import published

torch.set_num_threads(1)    # such small operations: a second thread would only wait

TEXT = ["the cat sat on the mat", "the dog sat on the log", "a cat and a dog, it seems"] * 3
SIZES = dict(layers=2, heads=2, channels=16)


def writer(tokenizer, trainer):
    tokenizer.train_from_iterator(TEXT, trainer)
    return tokenizer


def byte_level():
    found = Tokenizer(models.BPE())
    found.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    found.decoder = decoders.ByteLevel()
    return writer(found, trainers.BpeTrainer(
        vocab_size=290, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))


def word_pieces():
    found = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    found.normalizer, found.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    writer(found, trainers.WordPieceTrainer(vocab_size=70, show_progress=False, special_tokens=[
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    found.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return found


def saved(folder, kind):
    """A folder as Hugging Face's, written from our own model, by the names read backwards."""
    folder.mkdir()
    tokenizer = word_pieces() if kind == "bert" else byte_level()
    tokenizer.save(str(folder / "tokenizer.json"))
    V = tokenizer.get_vocab_size()
    torch.manual_seed(1)
    if kind == "gpt2":
        model = randomized(gpt.GPT(transformer.Config(V, 20, **SIZES)), std=0.3)
        config = dict(n_positions=20, n_layer=2, n_head=2, n_embd=16, eos_token_id=0)
        names, turned = gpt.NAMES, (".attention.", ".mlp.")
    elif kind == "bert":
        model = randomized(bert.BERT(transformer.Config(V, 20, norm="post", gelu="none", eps=1e-12, **SIZES),
                                     transform=True), std=0.3)
        config = dict(max_position_embeddings=20, num_hidden_layers=2, num_attention_heads=2, hidden_size=16,
                      intermediate_size=64)
        names, turned = bert.NAMES, ()
    else:
        model = randomized(modern.Decoder(modern.Config(V, 20, hidden=24, kv_heads=1, eps=1e-6, **SIZES,
                                                        **modern.LLAMA)), std=0.3)
        config = dict(max_position_embeddings=20, num_hidden_layers=2, num_attention_heads=2, hidden_size=16,
                      intermediate_size=24, num_key_value_heads=1, eos_token_id=[0])
        names, turned = modern.NAMES, ()
    tensors = {}
    for name, tensor in model.state_dict().items():
        if any(each in name for each in turned) and tensor.ndim == 2:
            tensor = tensor.T
        if kind == "llama" and ".qkv." in name:
            parts = tensor.split(model.body.blocks[0].attention.sizes)
            tensors |= {backwards(name.replace("qkv", f"{x}_proj"), names): p for x, p in zip("qkv", parts)}
        elif kind == "bert" and ".qkv." in name:
            parts = tensor.chunk(3)
            for x, part in zip(("query", "key", "value"), parts):
                tensors[backwards(name.replace("attention.qkv", f"attention.self.{x}"), names)] = part
        else:
            tensors[backwards(name, names)] = tensor
    if kind == "bert":
        tensors["bert.embeddings.token_type_embeddings.weight"] = torch.zeros(2, 16)
    tensors = {name: tensor.contiguous().clone() for name, tensor in tensors.items()}
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": kind, "vocab_size": V, **config}))
    return folder


def backwards(name, names):
    for new, old in sorted(((new, old) for old, new in names.items()), key=lambda pair: -len(pair[0])):
        if new in (".out", ".hidden") and not name.endswith((".out.weight", ".hidden.weight")):
            continue
        if new == ".out" and old in (".o_proj", ".down_proj"):
            old = ".o_proj" if ".attention." in name or "self_attn" in name else ".down_proj"
        name = name.replace(new, old)
    return name


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {kind: saved(tmp_path_factory.mktemp("folders") / f"tiny-{kind}", kind)
            for kind in ("gpt2", "bert", "llama")}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def output(capsys, *arguments):
    assert main([str(each) for each in arguments]) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def refusal(capsys, *arguments):
    status = main([str(each) for each in arguments])
    said = capsys.readouterr()
    assert status == 2 and said.out == ""
    [line] = said.err.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_a_decoder_is_brought_in_and_goes_on(here, capsys, folders, kind):
    """Oracle: the model of the folder and its tokenizer, asked for the likeliest id after each other."""
    from scratch.bpe.reader import of_folder
    from scratch.makemore.published import load
    said = output(capsys, "import", folders[kind])
    assert f"{kind}: " in said and f"saved as tiny-{kind}.safetensors" in said
    model, reader = load(folders[kind]), of_folder(folders[kind])
    ids = reader.encode("the cat")
    drawn = []
    for _ in range(12):
        next_id = model.logits(torch.tensor([ids + drawn]))[0, -1].argmax().item()
        if next_id == 0:                                             # <|endoftext|>
            break
        drawn.append(next_id)
    how = "--prompt", "the cat", "--greedy", "--max-length", 12
    assert output(capsys, "sample", f"tiny-{kind}.safetensors", *how) == f"the cat{reader.decode(drawn)}\n"
    one = output(capsys, "sample", f"tiny-{kind}.safetensors", "--prompt", "the", "--seed", 3)
    two = output(capsys, "sample", f"tiny-{kind}.safetensors", "--prompt", "the", "--seed", 3, "--count", 2)
    assert two.startswith(f"{one}---\nthe") and two != f"{one}---\n{one}"


def test_a_bert_is_brought_in_and_fills(here, capsys, folders):
    """Oracle: the softmax of the folder's model at the mask."""
    from scratch.bpe.reader import of_folder
    from scratch.makemore.published import load
    said = output(capsys, "import", folders["bert"], "b.safetensors")
    suggested = re.search(r"makemore (fill .*)$", said, re.M)[1]
    assert suggested == "fill b.safetensors 'The [MASK] sat.'"
    model, reader = load(folders["bert"]), of_folder(folders["bert"])
    ids = reader.encode("the [MASK] sat")
    p, best = model.logits(torch.tensor([ids]), torch.tensor([len(ids)]))[0, 2].softmax(-1).topk(3)
    expected = [f"{reader.decode([*ids[:2], b, *ids[3:]])}  {each:.4f}" for b, each in zip(best.tolist(), p)]
    assert output(capsys, "fill", "b.safetensors", "the [MASK] sat", "--count", 3).splitlines() == expected
    assert output(capsys, "sample", "b.safetensors", "--fill", "the [MASK] sat",
                  "--count", 3).splitlines() == expected


@pytest.mark.parametrize("kind", ["gpt2", "bert", "llama"])
def test_a_checkpoint_holds_the_same_model(here, capsys, folders, kind):
    from scratch.makemore.published import load
    output(capsys, "import", folders[kind], "m.safetensors")
    both = load(folders[kind]), published.Answering("m.safetensors").model
    for a, b in zip(*(each.parameters() for each in both)):
        assert torch.equal(a, b)


def test_characters_of_several_tokens_come_whole(here, capsys, folders, monkeypatch):
    """A snowman is three bytes, which are three tokens here; nothing is written before the third."""
    import io

    from scratch.makemore import answers
    output(capsys, "import", folders["gpt2"], "m.safetensors")
    model = published.Answering("m.safetensors")
    ids = model.reader.encode("☃!")
    monkeypatch.setattr(answers, "generate", lambda *given, **named: iter(ids))
    writes = []
    stream = io.StringIO()
    stream.write = writes.append
    model.go_on("a", {}, stream)
    assert len(ids) == 4 and [text for text in writes if text] == ["a", "☃", "!", "\n"]


def test_an_existing_file_is_kept(here, capsys, folders):
    (here / "tiny-gpt2.safetensors").write_text("mine")
    assert "is there already" in refusal(capsys, "import", folders["gpt2"])
    assert (here / "tiny-gpt2.safetensors").read_text() == "mine"
    output(capsys, "import", folders["gpt2"], "--force")
    assert published.holds("tiny-gpt2.safetensors")


def spoilt(folder, to, file, content=None):
    """A copy of a folder with a file less, or with another content."""
    shutil.copytree(folder, to)
    (to / file).unlink() if content is None else (to / file).write_text(content)
    return to


FOLDERS = {
    "none": (None, None, "there is no folder spoilt; import reads one with config.json"),
    "no config": ("config.json", None, "config.json: there is no such file"),
    "no weights": ("model.safetensors", None, "has neither model.safetensors nor"),
    "no tokenizer": ("tokenizer.json", None, "has no tokenizer, without which text does not become ids"),
    "another architecture": ("config.json", '{"model_type": "mamba"}', "has a model of type 'mamba'"),
    "a damaged tokenizer": ("tokenizer.json", "{", "its tokenizer cannot be used: tokenizer.json is damaged"),
    "damaged weights": ("model.safetensors", "{}", "model.safetensors is damaged"),
}


@pytest.mark.parametrize("what", FOLDERS)
def test_a_folder_that_cannot_be_used_is_told_and_leaves_nothing(here, capsys, folders, what):
    file, content, says = FOLDERS[what]
    if file:
        spoilt(folders["gpt2"], here / "spoilt", file, content)
    assert says in refusal(capsys, "import", "spoilt", "out.safetensors")
    assert not list(here.glob("*.safetensors*"))


def test_a_tokenizer_of_another_model_is_told(here, capsys, folders):
    folder = spoilt(folders["bert"], here / "mixed", "tokenizer.json",
                    (folders["gpt2"] / "tokenizer.json").read_text())
    assert "do not belong together" in refusal(capsys, "import", folder)


USES = {
    "no prompt": (["sample", "gpt2"], "goes on from a text: --prompt"),
    "an empty prompt": (["sample", "gpt2", "--prompt", ""], "the prompt is empty"),
    "a bert that should go on": (["sample", "bert", "--prompt", "the"], "holds a bert, which fills in masks"),
    "a gpt that should fill": (["fill", "gpt2", "the [MASK]"], "holds a gpt2, which has no mask"),
    "no mask": (["fill", "bert", "the cat"], r"'the cat' has no \[MASK\]"),
    "an unknown word": (["fill", "bert", "the [MASK] ☃ sat"], "'☃' in the text is not in the vocabulary"),
    "too long": (["fill", "bert", "the [MASK]" + " cat" * 30], "has 34 tokens, and the model sees 20"),
    "evaluated": (["evaluate", "gpt2"], "holds a published model.*no words of its own"),
    "trained on": (["train", "--resume", "gpt2"], "holds a published model.*no words of its own"),
}


@pytest.mark.parametrize("what", USES)
def test_what_a_published_model_cannot_do_is_told(here, capsys, folders, what):
    arguments, says = USES[what]
    for kind in ("gpt2", "bert"):
        output(capsys, "import", folders[kind], f"{kind}.safetensors")
    arguments = [f"{each}.safetensors" if each in ("gpt2", "bert") else each for each in arguments]
    assert re.search(says, refusal(capsys, *arguments))


def test_a_long_prompt_loses_its_beginning_and_says_so(here, capsys, folders):
    output(capsys, "import", folders["gpt2"], "m.safetensors")
    assert main(["sample", "m.safetensors", "--prompt", "zzz " * 20, "--max-length", "2"]) == 0
    assert "warning: the prompt has" in capsys.readouterr().err


def test_a_checkpoint_without_its_tokenizer_is_told(here, capsys, folders):
    output(capsys, "import", folders["gpt2"], "m.safetensors")
    tensors, facts = checkpoint.load("m.safetensors")
    checkpoint.save("less.safetensors", tensors, {k: v for k, v in facts.items() if k != "tokenizer"})
    assert "but no tokenizer; import it again" in refusal(
        capsys, "sample", "less.safetensors", "--prompt", "a")
    checkpoint.save("other.safetensors", dict(list(tensors.items())[:3]), facts)
    assert "does not fit together" in refusal(capsys, "sample", "other.safetensors", "--prompt", "a")
    content = (here / "m.safetensors").read_bytes()
    (here / "half.safetensors").write_bytes(content[:-8])
    assert "half.safetensors is damaged" in refusal(capsys, "sample", "half.safetensors", "--prompt", "a")


def test_a_model_of_names_goes_on_from_a_prompt_too(here, capsys):
    (here / "words.txt").write_text("\n".join(["anna", "bob", "cy", "dora", "eve", "fay"] * 4))
    few = "--data", "words.txt", "--size", "tiny", "--batch", 8, "--steps", 3
    output(capsys, "train", "--model", "gpt", *few)
    words = output(capsys, "sample", "gpt.safetensors", "--prompt", "an", "--count", 4).split()
    assert len(words) == 4 and all(word.startswith("an") for word in words)
    assert "'☃' (U+2603)" in refusal(capsys, "sample", "gpt.safetensors", "--prompt", "a☃")
    output(capsys, "train", "--model", "bigram", "--data", "words.txt")
    assert "--prompt needs a gpt" in refusal(capsys, "sample", "bigram.safetensors", "--prompt", "an")
    output(capsys, "train", "--model", "bert", *few)
    assert len(output(capsys, "fill", "bert.safetensors", "?nna", "--count", 3).splitlines()) == 3


@pytest.mark.parametrize("name", ["SCRATCH_GPT2", "SCRATCH_BERT", "SCRATCH_LLAMA"])
def test_real_weights_answer_as_hugging_faces_library_does(here, capsys, name):
    """Oracle: transformers, from the same folder: 20 greedy ids, or the five likeliest at the mask."""
    if name not in os.environ:
        pytest.skip(f"{name} names no folder with a published model")
    transformers = pytest.importorskip("transformers", reason="compared with Hugging Face's models")
    from scratch.makemore.published import load
    folder, torch_model = Path(os.environ[name]), transformers.AutoModelForCausalLM
    their_tokens = transformers.AutoTokenizer.from_pretrained(folder)
    output(capsys, "import", folder, "m.safetensors")
    if name == "SCRATCH_BERT":
        torch_model = transformers.AutoModelForMaskedLM
        text = f"The {their_tokens.mask_token} sat on the mat."
    else:
        text = "The capital of France is"
    theirs = torch_model.from_pretrained(folder, dtype=torch.float32).eval()
    ids = their_tokens(text, return_tensors="pt")
    ours = load(folder)
    with torch.no_grad():
        logits = theirs(**ids).logits
        how = {"lengths": torch.tensor([ids["input_ids"].shape[1]])} if name == "SCRATCH_BERT" else {}
        difference = (ours.logits(ids["input_ids"], **how) - logits).abs().max() / logits.abs().max()
    assert difference < 1e-4
    if name == "SCRATCH_BERT":
        place = ids["input_ids"][0].tolist().index(their_tokens.mask_token_id)
        p = logits[0, place].softmax(-1).topk(5).values.tolist()
        lines = output(capsys, "fill", "m.safetensors", text).splitlines()
        assert [float(line.split()[-1]) for line in lines] == pytest.approx(p, abs=2e-4)
    else:
        drawn = theirs.generate(**ids, max_new_tokens=20, do_sample=False)[0, ids["input_ids"].shape[1]:]
        said = output(capsys, "sample", "m.safetensors", "--prompt", text, "--greedy", "--max-length", 20)
        assert said == text + their_tokens.decode(drawn, skip_special_tokens=True) + "\n"
