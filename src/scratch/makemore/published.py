"""Published weights: a folder of Hugging Face -> this book's model, ready to answer.

    >>> import json, tempfile
    >>> config = {"model_type": "gpt2", "vocab_size": 5, "n_positions": 4, "n_layer": 0,
    ...           "n_head": 2, "n_embd": 8}
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "config.json").write_text(json.dumps(config))
    >>> tensors = {"wte.weight": torch.eye(5, 8), "wpe.weight": torch.zeros(4, 8),
    ...            "ln_f.weight": torch.ones(8), "ln_f.bias": torch.zeros(8)}
    >>> library().save_file(tensors, folder / "model.safetensors")
    >>> model = load(folder)
    >>> model.logits(torch.tensor([[3, 1]])).argmax(-1)    # no layers: it repeats
    tensor([[3, 1]])

A folder has config.json, which says what is computed, and the numbers: one file
model.safetensors, or several and model.safetensors.index.json, which says what is in
which. Files for text (tokenizer.json and others) are read by scratch.bpe.reader.

    gpt2                         GPT
    bert, roberta, distilbert    BERT, with the layer before its logits
    llama                        modern.Decoder

RoBERTa is BERT with other positions: they begin at 2, and the rows before are dropped.
DistilBERT is BERT under other names. Files have gone by other names over the years:
gamma and beta for a norm's weight and bias, and GPT-2's without "transformer.".

Left out: every other architecture, heads for other tasks, pickles (pytorch_model.bin),
and 16-bit arithmetic: whatever the file holds becomes float32.

Chapter: docs/makemore/published.md.  To copy: this file, gpt.py, bert.py, modern.py,
transformer.py, attention.py, sample.py, data.py and checkpoint.py (needs torch and
safetensors).
"""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import torch

from .bert import BERT
from .checkpoint import library
from .gpt import GPT
from .modern import Decoder

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
DEFAULTS = {    # of what an older or shorter config.json leaves out
    "gpt2": dict(n_inner=None, activation_function="gelu_new", layer_norm_epsilon=1e-5,
                 tie_word_embeddings=True, scale_attn_weights=True,
                 scale_attn_by_inverse_layer_idx=False, add_cross_attention=False),
    "bert": dict(hidden_act="gelu", layer_norm_eps=1e-12, is_decoder=False,
                 tie_word_embeddings=True, position_embedding_type="absolute"),
    "roberta": dict(pad_token_id=1),
    "distilbert": dict(activation="gelu"),
    "llama": dict(hidden_act="silu", max_position_embeddings=2048, rms_norm_eps=1e-6,
                  attention_bias=False, mlp_bias=False, tie_word_embeddings=False),
}
DROPPED = re.compile(    # buffers, and heads for other tasks
    r"\.attn\.(masked_)?bias$|position_ids$|rotary_emb\.inv_freq$|\.pooler\.|"
    r"^cls\.seq_relationship\.")
OF_ROBERTA = {"roberta.": "bert.", "lm_head.dense": "cls.predictions.transform.dense",
              "lm_head.layer_norm": "cls.predictions.transform.LayerNorm",
              "lm_head.decoder": "cls.predictions.decoder",
              "lm_head.bias": "cls.predictions.bias"}
OF_DISTILBERT = {
    "distilbert.transformer.": "bert.encoder.", "distilbert.": "bert.",
    ".q_lin": ".self.query", ".k_lin": ".self.key", ".v_lin": ".self.value",
    ".attention.out_lin": ".attention.output.dense", ".ffn.lin2": ".output.dense",
    ".ffn.lin1": ".intermediate.dense", ".output_layer_norm": ".output.LayerNorm",
    ".sa_layer_norm": ".attention.output.LayerNorm",
    "vocab_transform": "cls.predictions.transform.dense",
    "vocab_layer_norm": "cls.predictions.transform.LayerNorm",
    "vocab_projector.bias": "cls.predictions.bias",
    "vocab_projector": "cls.predictions.decoder"}


def load(folder):
    """A folder -> a GPT or BERT with its weights, in eval mode, in float32.

    Raises FileNotFoundError for a file that is missing, and ValueError for a folder of
    another architecture, a damaged file, or tensors that config.json does not expect.
    """
    folder = Path(folder)
    config = read_config(folder)
    kind = config["model_type"]
    return build(config, read_tensors(folder), f"{folder}: a {kind}")


def build(config, tensors, name="it"):
    """What config.json says, {name: tensor} -> the model."""
    make = ARCHITECTURES[config["model_type"]]
    tensors = {of_today(name): tensor.float() for name, tensor in tensors.items()
               if not DROPPED.search(name)}
    try:
        return make(config, tensors)
    except KeyError as error:
        raise ValueError(f"{name} without {error}, which is needed to run it") from None
    except RuntimeError as error:    # of load_state_dict: a line for each tensor
        says = "; ".join(line.strip() for line in str(error).splitlines()[1:3])
        raise ValueError(f"{name} whose tensors are not those that its config.json "
                         f"asks for: {says:.300}") from None
    except AttributeError as error:  # of its config, made from what the file says
        raise ValueError(f"{name} whose config.json does not say {error.name}"
                         ) from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}, but {error}") from None


def read_config(folder):
    """config.json of a folder -> a dictionary whose model_type is a known one."""
    config = read_json(Path(folder) / "config.json")
    kind = config.get("model_type")
    if kind not in ARCHITECTURES:
        raise ValueError(f"{folder} has a model of type {kind!r}; known are "
                         f"{', '.join(ARCHITECTURES)}")
    return config


def stops(folder):
    """The ids with which the model ends a text: {id}, often of one, perhaps of none."""
    found = read_json(Path(folder) / "config.json").get("eos_token_id")
    more = Path(folder) / "generation_config.json"
    if more.exists():
        found = read_json(more).get("eos_token_id", found)
    return {id for id in (found if isinstance(found, list) else [found])
            if id is not None}


def read_json(path):
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file; a folder of Hugging "
                                "Face has one")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged, or no JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path} holds a {type(found).__name__}, not names and values")
    return found


def read_tensors(folder):
    """{name: tensor} of model.safetensors, or of all the files that its index names."""
    names = [WEIGHTS]
    if not (folder / WEIGHTS).exists():
        if not (folder / INDEX).exists():
            other = next(folder.glob("*.bin"), None)
            why = "" if other is None else (
                f" ({other.name} is a pickle, which may run code when it is read)")
            raise FileNotFoundError(f"{folder} has neither {WEIGHTS} nor {INDEX}{why}")
        names = sorted(set(read_json(folder / INDEX).get("weight_map", {}).values()))
    found = {}
    for name in names:
        path = folder / Path(name).name      # nothing outside of the folder
        if not path.exists():
            raise FileNotFoundError(f"{path}: there is no such file, and {INDEX} says "
                                    f"that it has some of the tensors")
        try:
            found.update(library().load_file(path))
        except Exception as error:           # whatever damaged bytes may lead to
            raise ValueError(f"{path} is damaged: it cannot be read as a safetensors "
                             f"file ({error})") from None
    return found


def of_today(name):
    """What a tensor of an older file is called now."""
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
        "LayerNorm.beta", "LayerNorm.bias")


def renamed(tensors, names):
    """Replace the parts of names that are keys of names; earlier ones first."""
    found = {}
    for name, tensor in tensors.items():
        for old, new in names.items():
            name = name.replace(old, new)
        found[name] = tensor
    return found


def like(kind, config, tensors):
    """What from_huggingface asks of a model: its config and its state_dict()."""
    config = SimpleNamespace(**{**DEFAULTS[kind], **config})
    return SimpleNamespace(config=config, state_dict=lambda: tensors)


def gpt2(config, tensors):
    tensors = {name if name.startswith(("transformer.", "lm_head."))
               else f"transformer.{name}": tensor for name, tensor in tensors.items()}
    if config.get("tie_word_embeddings", True):
        tensors["lm_head.weight"] = tensors["transformer.wte.weight"]
    return GPT.from_huggingface(like("gpt2", config, tensors))


def bert(config, tensors):
    theirs = like("bert", config, dict(tensors))
    if theirs.config.position_embedding_type != "absolute":
        raise ValueError("its positions are relative")
    if "cls.predictions.transform.dense.weight" not in tensors:
        raise ValueError("it has no head that predicts masked tokens (its config.json "
                         f"calls it {config.get('architectures')})")
    tensors, head = theirs.state_dict(), "cls.predictions.decoder"
    if theirs.config.tie_word_embeddings:
        tensors[f"{head}.weight"] = tensors["bert.embeddings.word_embeddings.weight"]
    if f"{head}.bias" not in tensors:
        tensors[f"{head}.bias"] = tensors["cls.predictions.bias"]
    return BERT.from_huggingface(theirs)


def roberta(config, tensors):
    config = {**DEFAULTS["roberta"], **config}
    first = config["pad_token_id"] + 1
    where = "bert.embeddings.position_embeddings.weight"
    tensors = renamed(tensors, OF_ROBERTA)
    tensors[where] = tensors[where][first:]
    size = config["max_position_embeddings"] - first
    return bert({**config, "max_position_embeddings": size}, tensors)


def distilbert(config, tensors):
    config = {**DEFAULTS["distilbert"], **config}
    tensors = renamed(tensors, OF_DISTILBERT)
    sizes = {"num_hidden_layers": "n_layers", "num_attention_heads": "n_heads",
             "hidden_size": "dim", "intermediate_size": "hidden_dim",
             "hidden_act": "activation"}
    segments = "bert.embeddings.token_type_embeddings.weight"    # which it has not
    tensors[segments] = torch.zeros(1, config["dim"])
    return bert({**config, **{new: config[old] for new, old in sizes.items()}}, tensors)


def llama(config, tensors):
    """Older files say rope_theta and rope_scaling where newer say rope_parameters."""
    heads = config["num_attention_heads"]
    rope = {"rope_theta": config.get("rope_theta", 10_000.0), "rope_type": "default",
            **(config.get("rope_scaling") or {})}
    config = {"num_key_value_heads": heads, "rope_parameters": rope, **config}
    if config.get("head_dim") is None:
        config["head_dim"] = config["hidden_size"] // heads
    theirs = like("llama", config, dict(tensors))
    if theirs.config.tie_word_embeddings:
        tensors = theirs.state_dict()
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
    return Decoder.from_huggingface(theirs)


ARCHITECTURES = {each.__name__: each
                 for each in (gpt2, bert, roberta, distilbert, llama)}
