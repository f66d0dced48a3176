"""Folders of Hugging Face load, give its logits, and go on as its library does."""

import json
import shutil

import pytest
import torch
from randomized_models import generator, randomized
from safetensors.torch import load_file, save_file

from scratch.makemore import answers, published
from scratch.makemore.gpt import Cache
from scratch.makemore.published import load, stops

torch.set_num_threads(1)    # such small operations: a second thread would only wait

BERT = dict(num_hidden_layers=2, num_attention_heads=4, hidden_size=32, intermediate_size=48,
            max_position_embeddings=20, vocab_size=50)
MODELS = {    # name: (configuration, model, what is not the default)
    "gpt2": ("GPT2Config", "GPT2LMHeadModel", dict(
        n_layer=2, n_head=2, n_embd=32, n_positions=20, vocab_size=50)),
    "gpt2 untied": ("GPT2Config", "GPT2LMHeadModel", dict(
        n_layer=1, n_head=4, n_embd=16, n_positions=12, vocab_size=31, n_inner=20, tie_word_embeddings=False,
        layer_norm_epsilon=1e-3)),
    "bert": ("BertConfig", "BertForMaskedLM", BERT),
    "bert untied": ("BertConfig", "BertForMaskedLM", {**BERT, "tie_word_embeddings": False,
                                                      "hidden_act": "gelu_new"}),
    "roberta": ("RobertaConfig", "RobertaForMaskedLM", {**BERT, "max_position_embeddings": 22,
                                                        "layer_norm_eps": 1e-5}),
    "distilbert": ("DistilBertConfig", "DistilBertForMaskedLM", dict(
        n_layers=2, n_heads=4, dim=32, hidden_dim=48, max_position_embeddings=20, vocab_size=50)),
    "llama": ("LlamaConfig", "LlamaForCausalLM", dict(
        num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, hidden_size=32,
        intermediate_size=40, max_position_embeddings=24, vocab_size=50)),
    "llama tied": ("LlamaConfig", "LlamaForCausalLM", dict(
        num_hidden_layers=1, num_attention_heads=3, num_key_value_heads=1, hidden_size=24, head_dim=6,
        intermediate_size=40, max_position_embeddings=20, vocab_size=31, tie_word_embeddings=True,
        attention_bias=True, mlp_bias=True, rms_norm_eps=1e-3,
        rope_parameters={"rope_type": "default", "rope_theta": 500.0})),
}
SEES_AHEAD = [name for name in MODELS if "bert" in name]
GOES_ON = [name for name in MODELS if "bert" not in name]


@pytest.fixture(scope="module")
def transformers():
    pytest.importorskip("transformers", reason="compared with Hugging Face's models")
    import transformers
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return transformers


@pytest.fixture(scope="module")
def saved(transformers, tmp_path_factory):
    """name -> Hugging Face's model with random weights, and the folder that it was saved to."""
    made = {}

    def of(name):
        if name not in made:
            config, model, choices = MODELS[name]
            torch.manual_seed(1)
            config = getattr(transformers, config)(**choices)
            config.bos_token_id = config.eos_token_id = None
            std = 0.5 if name == "llama tied" else 0.2
            theirs = randomized(getattr(transformers, model)(config), std=std)
            folder = tmp_path_factory.mktemp(name.replace(" ", "-"))
            theirs.save_pretrained(folder)
            made[name] = theirs, folder
        return made[name]
    return of


@pytest.mark.parametrize("name", MODELS)
def test_a_folder_has_hugging_faces_logits(saved, name):
    """Oracle: the model that was saved, in float32, on rows of the full length; 1e-4."""
    theirs, folder = saved(name)
    ours = load(folder)
    ids = torch.randint(5, ours.config.symbols, (3, ours.block_size), generator=generator())
    with torch.no_grad():
        expected = theirs(ids).logits
        how = {"lengths": torch.full((3,), ids.shape[1])} if name in SEES_AHEAD else {}
        torch.testing.assert_close(ours.logits(ids, **how), expected, atol=1e-4, rtol=1e-4)
    assert expected.std() > 0.1 and not ours.training


@pytest.mark.parametrize("name", GOES_ON)
def test_greedy_continuations_are_hugging_faces_token_by_token(saved, name):
    """Oracle: generate() of the model that was saved; with a cache and without."""
    theirs, folder = saved(name)
    ours, prompt = load(folder), [3, 1, 4, 1, 5]
    room = ours.block_size - len(prompt)
    expected = theirs.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, 5), do_sample=False,
                               max_new_tokens=room, pad_token_id=0)[0, 5:].tolist()
    for cache in (None, Cache(ours.config.layers)):
        assert list(answers.generate(ours, prompt, cache, count=room, greedy=True)) == expected
    assert len(set(expected)) > 2


@pytest.mark.parametrize("name", SEES_AHEAD)
def test_a_mask_is_filled_as_hugging_face_would(saved, name):
    """Oracle: the softmax of the saved model's logits at the mask."""
    theirs, folder = saved(name)
    ids = [7, 9, 4, 21, 13, 8]
    found = answers.fill(load(folder), ids, mask=4, count=5)
    with torch.no_grad():
        p, best = theirs(torch.tensor([ids])).logits[0, 2].softmax(-1).topk(5)
    assert [filled[2] for filled, _ in found] == best.tolist()
    torch.testing.assert_close(torch.tensor([each for _, each in found]), p, atol=1e-5, rtol=1e-4)
    assert all(filled[:2] + filled[3:] == ids[:2] + ids[3:] for filled, _ in found)


def copied(folder, to, **changes):
    """A copy of a folder whose config.json has other values; None takes one out."""
    shutil.copytree(folder, to)
    config = {**json.loads((to / "config.json").read_text()), **changes}
    config = {key: value for key, value in config.items() if value is not None}
    (to / "config.json").write_text(json.dumps(config))
    return to


@pytest.mark.parametrize("name", ["gpt2", "bert"])
def test_weights_in_several_files_are_the_same(saved, tmp_path, name):
    """Oracle: the folder with one file; the shards are written by transformers."""
    theirs, folder = saved(name)
    theirs.save_pretrained(tmp_path / "shards", max_shard_size="20kB")
    assert len(list((tmp_path / "shards").glob("model-*.safetensors"))) > 2
    for a, b in zip(load(folder).parameters(), load(tmp_path / "shards").parameters()):
        assert torch.equal(a, b)
    next((tmp_path / "shards").glob("model-00002*")).unlink()
    with pytest.raises(FileNotFoundError, match="model-00002-of-.*there is no such file, and .*index"):
        load(tmp_path / "shards")


def test_files_of_other_years_load_as_well(saved, tmp_path):
    """GPT-2's without a prefix and with the mask as a buffer; BERT's with gamma and beta, a pooler and a
    head for the next sentence; both with a config.json of few words."""
    short = copied(saved("gpt2")[1], tmp_path / "gpt2", tie_word_embeddings=None, scale_attn_weights=None,
                   add_cross_attention=None, n_inner=None, activation_function=None)
    tensors = {name.removeprefix("transformer."): tensor
               for name, tensor in load_file(short / "model.safetensors").items()}
    save_file({**tensors, "h.0.attn.bias": torch.ones(1, 1, 20, 20)}, short / "model.safetensors")
    for a, b in zip(load(saved("gpt2")[1]).parameters(), load(short).parameters()):
        assert torch.equal(a, b)
    old = copied(saved("bert")[1], tmp_path / "bert", layer_norm_eps=None, tie_word_embeddings=None)
    norm = "LayerNorm"
    tensors = {name.replace(f"{norm}.weight", f"{norm}.gamma").replace(f"{norm}.bias", f"{norm}.beta"): tensor
               for name, tensor in load_file(old / "model.safetensors").items()}
    tensors |= {"bert.pooler.dense.weight": torch.ones(2, 2),
                "bert.embeddings.position_ids": torch.arange(20),
                "cls.seq_relationship.bias": torch.ones(2),
                "cls.predictions.decoder.weight": tensors["bert.embeddings.word_embeddings.weight"].clone()}
    save_file(tensors, old / "model.safetensors")
    for a, b in zip(load(saved("bert")[1]).parameters(), load(old).parameters()):
        assert torch.equal(a, b)


def test_half_precision_is_read_as_float32(saved, tmp_path):
    folder = copied(saved("gpt2")[1], tmp_path / "half")
    tensors = load_file(folder / "model.safetensors")
    save_file({name: tensor.bfloat16() for name, tensor in tensors.items()}, folder / "model.safetensors")
    model = load(folder)
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert torch.equal(model.body.symbols.weight, tensors["transformer.wte.weight"].bfloat16().float())


def without(folder, part):
    tensors = load_file(folder / "model.safetensors")
    save_file({name: tensor for name, tensor in tensors.items() if part not in name},
              folder / "model.safetensors")


WRONG = {    # what is done to a folder, the error, and what it says
    "another architecture": (lambda f: copied(f[0], f[1], model_type="t5"), ValueError,
                             "has a model of type 't5'; known are gpt2, bert"),
    "no type": (lambda f: copied(f[0], f[1], model_type=None), ValueError, "of type None; known are"),
    "no config": (lambda f: (copied(*f) / "config.json").unlink(), FileNotFoundError,
                  "config.json: there is no such file"),
    "no weights": (lambda f: (copied(*f) / "model.safetensors").unlink(), FileNotFoundError,
                   "has neither model.safetensors nor model.safetensors.index.json$"),
    "a pickle": (lambda f: (copied(*f) / "model.safetensors").rename(f[1] / "pytorch_model.bin"),
                 FileNotFoundError, r"pytorch_model.bin is a pickle, which may run code"),
    "half a file": (lambda f: (copied(*f) / "model.safetensors").write_bytes(b"\x40" + bytes(50)), ValueError,
                    "model.safetensors is damaged"),
    "no JSON": (lambda f: (copied(*f) / "config.json").write_text("{"), ValueError, "damaged, or no JSON"),
    "a list": (lambda f: (copied(*f) / "config.json").write_text("[]"), ValueError, "holds a list"),
    "a size missing": (lambda f: copied(f[0], f[1], n_embd=None), ValueError,
                       "a gpt2 whose config.json does not say n_embd"),
    "another size": (lambda f: copied(f[0], f[1], n_positions=21), ValueError,
                     r"tensors are not those .*body.positions.weight.*20, 32.*21, 32"),
    "a tensor missing": (lambda f: without(copied(*f), "h.1.ln_1"), ValueError,
                         "Missing key.*blocks.1.norm1"),
    "no embedding": (lambda f: without(copied(*f), "wte"), ValueError, "without 'transformer.wte.weight'"),
    "another activation": (lambda f: copied(f[0], f[1], activation_function="relu"), ValueError,
                           "a gpt2, but activation 'relu'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_folder_that_cannot_be_used_is_told(saved, tmp_path, what):
    spoil, error, says = WRONG[what]
    spoil((saved("gpt2")[1], tmp_path / "folder"))
    with pytest.raises(error, match=says):
        load(tmp_path / "folder")


def test_a_bert_without_the_head_for_masks_is_told(saved, tmp_path):
    folder = copied(saved("bert")[1], tmp_path / "body", architectures=["BertModel"])
    without(folder, "cls.predictions")
    with pytest.raises(ValueError, match="no head that predicts masked tokens.*BertModel"):
        load(folder)


def test_no_file_outside_of_the_folder_is_read(saved, tmp_path):
    folder = copied(saved("gpt2")[1], tmp_path / "in")
    (folder / "model.safetensors").rename(tmp_path / "out.safetensors")
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": "../out.safetensors"}}')
    with pytest.raises(FileNotFoundError, match="in/out.safetensors"):
        load(folder)


@pytest.mark.parametrize("config, more, expected", [
    ({}, None, set()), ({"eos_token_id": 7}, None, {7}), ({"eos_token_id": [7, 8]}, None, {7, 8}),
    ({"eos_token_id": 7}, {"eos_token_id": [7, 9]}, {7, 9}), ({"eos_token_id": 7}, {}, {7})])
def test_the_ids_that_end_a_text_are_those_of_its_configuration(tmp_path, config, more, expected):
    (tmp_path / "config.json").write_text(json.dumps(config))
    if more is not None:
        (tmp_path / "generation_config.json").write_text(json.dumps(more))
    assert stops(tmp_path) == expected


def test_every_architecture_has_its_defaults():
    assert set(published.DEFAULTS) <= set(published.ARCHITECTURES)
