"""Published models in the program: a folder becomes a checkpoint, which answers text.

A checkpoint of import holds the model's numbers, its sizes and choices, the contents of
its tokenizer's files, and the ids that end a text: it is all that is needed.
"""

import contextlib
import dataclasses
import json
import shlex
import sys
from pathlib import Path

from . import Refused

FACTS = {"published", "settings", "tokenizer", "stop"}


def bring_in(options, path):
    """A folder of Hugging Face -> the checkpoint path."""
    from ...bpe import reader as tokenizers
    from .. import checkpoint, published

    folder = Path(options.folder)
    if not folder.is_dir():
        raise Refused(f"there is no folder {folder}; import reads one with "
                      "config.json, model.safetensors and tokenizer.json")
    kind = published.read_config(folder)["model_type"]
    files = tokenizers.files(folder)         # or refuse, before the numbers are read
    reader = tokenizers.of_folder(folder)
    model = published.load(folder)
    config, largest = model.config, reader.largest
    if largest >= config.symbols:
        raise Refused(f"{folder}: the tokenizer has an id {largest:,}, and the model "
                      f"{config.symbols:,} symbols; they do not belong together")
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()
               if not (config.tied and name == "head.weight")}
    checkpoint.save(path, tensors, {
        "published": kind, "settings": dataclasses.asdict(config), "tokenizer": files,
        "stop": sorted(published.stops(folder)), "folder": str(folder.absolute())})
    size = sum(each.numel() for each in model.parameters())
    print(f"{kind}: {size:,} parameters, {config.layers} layers of {config.channels:,} "
          f"channels, {config.symbols:,} symbols, up to {config.block_size:,} of them")
    program = "python -m scratch.makemore"
    name = shlex.quote(str(path))
    print(f"saved as {path}. To fill in masks:\n    {program} fill {name} 'The "
          f"{reader.mask_name} sat.'" if sees_ahead(kind) else
          f"saved as {path}. To let it go on:\n    {program} sample {name} --prompt "
          "'The capital of France is'")


def sees_ahead(kind):
    return "bert" in kind


def holds(path):
    """Whether import wrote the file; it is not read further than that takes."""
    with contextlib.suppress(KeyError, OSError, RecursionError,
                             TypeError, ValueError):
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            head = json.loads(file.read(min(length, 10**8)))
        return "published" in json.loads(head["__metadata__"]["makemore"])["facts"]
    return False


class Answering:
    """The model of a checkpoint, and what stands between it and text."""

    def __init__(self, path):
        from ...bpe import reader as tokenizers
        from .. import bert, checkpoint, gpt, modern, transformer

        self.path = path
        tensors, facts = checkpoint.load(path)
        if lacks := FACTS - facts.keys():
            raise Refused(f"{path} holds a published model, but no "
                          f"{' and no '.join(sorted(lacks))}; import it again")
        self.kind, self.stop = facts["published"], set(facts["stop"])
        with self.refusing():
            self.reader = tokenizers.of_files(facts["tokenizer"])
            if self.kind == "llama":
                self.model = modern.Decoder(modern.Config(**facts["settings"]))
            else:
                config = transformer.Config(**facts["settings"])
                self.model = (bert.BERT(config, transform=True)
                              if sees_ahead(self.kind) else gpt.GPT(config))
            state = {name.removeprefix("model."): tensor
                     for name, tensor in tensors.items()}
            if self.model.config.tied:
                state["head.weight"] = state["body.symbols.weight"]
            self.model.load_state_dict(state)
        self.model.eval()

    @contextlib.contextmanager
    def refusing(self):
        try:
            yield
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise Refused(f"{self.path}: what it holds does not fit together ({error})"
                          "; import it again") from None

    def ids(self, text, what):
        """text -> its ids; Refused if some of it would be lost."""
        if (word := self.reader.unknown(text)) is not None:
            raise Refused(f"{word!r} in the {what} is not in the vocabulary of "
                          f"{self.path}, and would be lost")
        return self.reader.encode(text)

    def go_on(self, prompt, how, stream):
        """Write the prompt and what follows to the stream, token by token."""
        from .. import answers, gpt

        if sees_ahead(self.kind):
            raise Refused(f"{self.path} holds a {self.kind}, which fills in masks and "
                          f"does not go on: fill {self.path} "
                          f"'The {self.reader.mask_name} sat.'")
        if prompt is None:
            raise Refused(f"{self.path} holds a published model, which goes on from a "
                          "text: --prompt 'The capital of France is'")
        ids = self.ids(prompt, "prompt")
        if not ids:
            raise Refused("the prompt is empty; one character is enough")
        limit = self.model.block_size
        if len(ids) > limit:
            print(f"warning: the prompt has {len(ids):,} tokens, and the model sees "
                  f"the last {limit:,}", file=sys.stderr)
        stream.write(prompt)
        drawn, shown = [], ""
        cache = gpt.Cache(self.model.config.layers)
        for id in answers.generate(self.model, ids, cache, self.stop, **how):
            drawn.append(id)
            text = self.reader.decode(drawn)
            if not text.endswith("\ufffd"):      # half a character: wait for the rest
                stream.write(text[len(shown):])
                stream.flush()
                shown = text
        stream.write(self.reader.decode(drawn)[len(shown):] + "\n")

    def fill(self, text, count):
        """[(the text with its masks filled in, p)], the count likeliest."""
        from .. import answers

        reader, limit = self.reader, self.model.block_size
        if not sees_ahead(self.kind) or reader.mask is None:
            raise Refused(f"{self.path} holds a {self.kind}, which has no mask; it "
                          f"goes on: sample {self.path} --prompt 'Once upon a time'")
        ids = self.ids(text, "text")
        if reader.mask not in ids:
            raise Refused(f"{text!r:.60} has no {reader.mask_name}, which stands for a "
                          "token to fill in")
        if len(ids) > limit:
            raise Refused(f"the text has {len(ids):,} tokens, and the model sees "
                          f"{limit:,}")
        return [(reader.decode(ids), p) for ids, p in answers.fill(
            self.model, ids, reader.mask, count=count, width=max(50, count))]
