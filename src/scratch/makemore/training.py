"""A training loop for daily use, in one process or in several.

    >>> class Table(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.logits = torch.nn.Parameter(torch.zeros(3, 3))
    ...     def forward(self, contexts):
    ...         return self.logits[contexts[:, -1]]
    >>> contexts, targets = torch.tensor([[0], [1], [2]]), torch.tensor([1, 2, 0])
    >>> model = Table()
    >>> trainer = Trainer(model, AdamW(model.parameters(), lr=0.1), (contexts, targets),
    ...                   (contexts, targets), steps=100, batch=6, limit=1.0, every=50,
    ...                   schedule=lambda step: warmup(step, 10) * cosine(step, 100))
    >>> losses = list(trainer.run())
    >>> print(f"{losses[0]:.3f}, {trainer.records[-1]['dev']:.3f} nats")
    1.099, 0.036 nats

    B  examples of a minibatch, of all processes   P  processes   A  micro-batches
    T  positions   V  symbols   N  examples   M  examples of a micro-batch, in a process

A model is a torch.nn.Module or a Layer of layers.py. It maps x (N, T) to logits (N, V)
for y (N), or to (N, T, V) for y (N, T); a target of -1 does not count. Every process
draws the same minibatch and takes its share of it. The sum of losses is divided by the
number of targets in the whole minibatch, so that neither micro-batches nor processes
change the gradient, even if they hold unequal numbers of targets; a mean of means
would. (There are two exceptions: batch norm, which normalises each micro-batch by
itself, and dropout, which draws other numbers for each.) Started by torchrun, a script
calls init_distributed() first; DistributedDataParallel averages the gradients of the
processes. A checkpoint holds all that later steps depend on: a training that continues
from one ends with the same bits, and its tensors have the names of the model's
state_dict, so that other programs can use them.

Left out: data that does not fit into memory, float16 with its scaling of the loss,
models spread over devices. Reading each loss makes a GPU wait; a large run asks less.

Chapter: docs/makemore/training.md.  To copy: this file, checkpoint.py and
optimizers.py (needs torch and safetensors).
"""

import contextlib
import importlib
import json
import math
import os
import time
from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel

from . import checkpoint
from .optimizers import (    # three for the example above
    AdamW, clip_grad_norm, cosine, warmup)


class ModelWithLoss(torch.nn.Module):
    """Model and loss as one torch.nn.Module, which DistributedDataParallel wants.

    A torch.nn.Module becomes its submodule. Of a Layer it registers the tensors
    themselves: PyTorch takes a tensor for a Parameter if it is marked as one.
    """

    def __init__(self, model, predict=None):
        super().__init__()
        self.model, self.predict = model, predict or model
        if not isinstance(model, torch.nn.Module):
            for name, tensor in model.state_dict().items():
                name = name.replace(".", "_")
                if tensor.requires_grad:
                    tensor._is_param = True
                    self.register_parameter(name, tensor)
                else:
                    self.register_buffer(name, tensor)

    def forward(self, x, y):
        """x, y -> the sum of the losses, in nats."""
        logits = self.predict(x).float()
        return F.cross_entropy(logits.flatten(0, -2), y.flatten(), ignore_index=-1,
                               reduction="sum")


class Trainer:
    """A model, its optimizer, its data, and how many of the training's steps are taken.

    examples and dev are pairs (x, y). The rate of a step, counted from 0, is the
    optimizer's times schedule(step). limit is for clip_grad_norm. Gradients are
    accumulated over `accumulate` micro-batches. Every `every` steps dev is measured,
    and after `patience` times without a better loss the training stops; it ends with
    the best parameters.
    bf16 is "auto" (where a GPU has it), True or False. compiled is for torch.compile:
    True, or the name of a backend. log is a folder for metrics.json and TensorBoard.
    predict stands in for model(x), if the model is trained on another output.
    corrupt(x, y) -> x, y transforms each minibatch, e.g. BERT's random masking.
    pieces(x, y) -> [(x, y)] divides each micro-batch further, e.g. by the lengths of
    its rows (data.crop): what does not fit into memory at once.
    """

    def __init__(self, model, optimizer, examples, dev=None, *, steps, batch=32,
                 schedule=None, limit=None, accumulate=1, every=None, patience=None,
                 bf16="auto", compiled=False, generator=None, log=None, predict=None,
                 corrupt=None, pieces=None):
        self.rank, self.processes = rank_and_world_size()
        if len(examples[1]) == 0:
            raise ValueError("no examples to train on")
        if batch % (accumulate * self.processes):
            raise ValueError(f"a batch of {batch} cannot be divided evenly into "
                             f"{accumulate} micro-batches for each of "
                             f"{self.processes} processes")
        if patience and not (every and dev):
            raise ValueError("patience needs dev examples, and `every`: after how many "
                             "steps to measure them")
        self.model, self.optimizer, self.steps = model, optimizer, steps
        self.device = optimizer.parameters[0].device
        self.examples = tuple(each.to(self.device) for each in examples)
        self.dev = dev and tuple(each.to(self.device) for each in dev)
        self.batch, self.schedule, self.limit = batch, schedule, limit
        self.accumulate, self.every, self.patience = accumulate, every, patience
        self.generator = generator or torch.Generator().manual_seed(0)
        self.lr, self.taken, self.log, self.board = optimizer.lr, 0, log, None
        self.best, self.waited, self.records, self.recent = {}, 0, [], []
        if bf16 == "auto":
            bf16 = self.device.type == "cuda" and torch.cuda.is_bf16_supported()
        self.bf16, self.corrupt = bf16, corrupt or (lambda x, y: (x, y))
        self.pieces = pieces or (lambda x, y: [(x, y)])
        self.whole = self.forward = ModelWithLoss(model, predict)
        if self.processes > 1:
            self.forward = DistributedDataParallel(self.whole)
        self.parallel = self.forward
        if compiled:
            backend = "inductor" if compiled is True else compiled
            self.forward = torch.compile(self.forward, backend=backend)

    def run(self):
        """Take the steps that are left -> the loss of each, before it, as asked for."""
        self.model.train()
        while self.taken < self.steps and not self.early_stopped:
            loss = self.step()
            self.taken += 1
            if self.every:
                self.recent.append(loss)
                if self.taken % self.every == 0 or self.taken == self.steps:
                    self.evaluate_and_log()
            yield loss
        if self.patience and self.best:
            self.model.load_state_dict(self.best)

    @property
    def early_stopped(self):
        """Whether patience has run out."""
        return bool(self.patience) and self.waited >= self.patience

    def step(self):
        """One minibatch, one move of the parameters -> the loss, of all processes."""
        N = len(self.examples[1])
        rows = torch.randint(N, (self.batch,), generator=self.generator)    # (B)
        x, y = self.corrupt(*(each[rows.to(self.device)] for each in self.examples))
        targets = (y >= 0).sum().clamp(min=1)    # of all micro-batches and processes
        parts = torch.arange(self.batch, device=self.device).view(
            self.accumulate, self.processes, -1)                    # (A, P, M)
        self.optimizer.zero_grad()
        total = torch.zeros((), device=self.device)                 # ()
        pieces = [piece for part in parts[:, self.rank]
                  for piece in self.pieces(x[part], y[part])]
        for n, piece in enumerate(pieces, 1):
            with self.no_sync_unless_last(n == len(pieces)):
                with self.precision():
                    loss = self.forward(*piece) / targets           # ()
                (loss * self.processes).backward()    # of which DDP takes the mean
            total += loss.detach()
        if self.processes > 1:
            dist.all_reduce(total)
        loss = total.item()
        if not math.isfinite(loss):
            raise ValueError(f"the loss is {loss} at step {self.taken + 1}: training "
                             "diverged; lower the rate, or clip the gradients")
        if self.limit is not None:
            clip_grad_norm(self.optimizer.parameters, self.limit)
        factor = self.schedule(self.taken) if self.schedule else 1.0
        self.optimizer.lr = self.lr * factor
        self.optimizer.step()
        return loss

    def no_sync_unless_last(self, last):
        """Processes exchange gradients in the last piece of a minibatch only."""
        if last or self.processes == 1:
            return contextlib.nullcontext()
        return self.parallel.no_sync()

    def precision(self):
        """Products of matrices in bfloat16, or everything as it is."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

    @torch.no_grad()
    def measure(self, examples, rows=4096):
        """x, y -> nats per target, in eval and float32, summed in float64."""
        x, y = examples
        self.model.eval()
        total = sum(self.whole(*piece).double()
                    for pair in zip(x.split(rows), y.split(rows))
                    for piece in self.pieces(*pair))
        self.model.train()
        return (total / (y >= 0).sum()).item()

    def evaluate_and_log(self):
        """Measure and log; keep the parameters if they are the best so far."""
        record = {"step": self.taken, "loss": sum(self.recent) / len(self.recent),
                  "rate": self.optimizer.lr}
        self.recent = []
        if self.dev:
            record["dev"] = self.measure(self.dev)
            earlier = min((each["dev"] for each in self.records), default=math.inf)
            self.waited = 0 if record["dev"] < earlier else self.waited + 1
            if self.patience and not self.waited:
                self.best = {name: tensor.detach().clone()
                             for name, tensor in self.model.state_dict().items()}
        self.records.append(record)
        if self.log and self.rank == 0:
            write(Path(self.log), self.records)
            self.board = self.board or board(self.log, self.taken)
            if self.board:
                for name in record.keys() - {"step"}:
                    self.board.add_scalar(name, record[name], self.taken)
                self.board.flush()

    def save(self, path):
        """All that later steps depend on, in one file; the first process writes it."""
        if self.rank == 0:
            checkpoint.save(path, *self.snapshot())

    def snapshot(self):
        """What save writes: {name: tensor}, on the CPU, and facts."""
        optimizer = self.optimizer.state_dict()
        kept = {f"{n}.{name}": torch.as_tensor(value)
                for n, named in optimizer["state"].items()
                for name, value in named.items()}
        parts = {"model": self.model.state_dict(), "optimizer": kept, "best": self.best,
                 "random": self.random(),
                 "recent": {"": torch.tensor(self.recent, dtype=torch.float64)}}
        tensors = {f"{part}.{name}": tensor.detach().cpu()
                   for part, named in parts.items() for name, tensor in named.items()}
        return tensors, {
            "taken": self.taken, "waited": self.waited, "records": self.records,
            "optimizer": optimizer["param_groups"]}

    def resume(self, path):
        """Continue the training that save(path) interrupted."""
        tensors, facts = checkpoint.load(path)
        if not {"taken", "waited", "records"} <= set(facts):
            raise checkpoint.CheckpointError(f"{path} was not written by a Trainer")
        self.restore(tensors, facts)

    def restore(self, tensors, facts):
        """Continue from a snapshot; ValueError if another model's or optimizer's."""
        def part(name):
            return {key.partition(".")[2]: tensor for key, tensor in tensors.items()
                    if key.startswith(f"{name}.")}

        tensors = named(self.model, tensors)
        groups = facts.get("optimizer", self.optimizer.state_dict()["param_groups"])
        state = {n: {} for n in range(len(self.optimizer.parameters))}
        for name, tensor in part("optimizer").items():
            n, _, name = name.partition(".")
            state.setdefault(int(n), {})[name] = tensor
        try:
            self.model.load_state_dict(part("model"))
        except (RuntimeError, ValueError) as error:    # PyTorch's and layers.py's
            raise ValueError(f"the checkpoint is another model's: {error}") from None
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})
        self.best = {name: tensor.to(self.device)
                     for name, tensor in part("best").items()}
        self.recent = tensors["recent."].tolist()
        self.taken, self.waited = facts["taken"], facts["waited"]
        self.records = facts["records"]
        random = part("random")
        self.generator.set_state(random["minibatches"])
        torch.set_rng_state(random["torch"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(random["device"], self.device)

    def random(self):
        """The states of the generators: of minibatches, and PyTorch's, for dropout."""
        states = {"minibatches": self.generator.get_state(),
                  "torch": torch.get_rng_state()}
        if self.device.type == "cuda":
            states["device"] = torch.cuda.get_rng_state(self.device)
        return states


def named(model, tensors):
    """A checkpoint's tensors under the names of the model's state_dict.

    Until version 0.2 it also reads the files that 0.1 wrote at first, in which the
    parameters of some models were numbered, and one tensor held all step counts.
    """
    if isinstance(model, torch.nn.Module):
        parameters = list(model.named_parameters(remove_duplicate=False))
    else:
        parameters = [(name, tensor) for name, tensor in model.state_dict().items()
                      if tensor.requires_grad]
    order = {id(p): str(n) for n, p in enumerate(model.parameters())}
    found = {}
    for key, tensor in tensors.items():
        part, _, number = key.partition(".")
        if part in ("model", "best") and number.isdigit():
            found.update({f"{part}.{name}": tensor for name, p in parameters
                          if order[id(p)] == number})
        elif key == "optimizer.steps":
            found.update({f"optimizer.{n}.step": step for n, step in enumerate(tensor)})
        else:
            found[key] = tensor
    return found


def rank_and_world_size():
    """Which process this is, and of how many."""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def init_distributed(kind=None):
    """Join the processes that torchrun started, if any -> the device for this one.

    kind is "cpu" or "cuda"; without it, cuda where there is a GPU. They talk by NCCL
    between GPUs, by Gloo otherwise. Raises ValueError for a GPU that is not there.
    """
    local, cuda = int(os.environ.get("LOCAL_RANK", 0)), torch.cuda.is_available()
    if kind == "cuda" and not cuda:
        raise ValueError("the device is to be cuda, but PyTorch sees no GPU")
    cuda = cuda and kind != "cpu"
    device = torch.device("cuda", local) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    if int(os.environ.get("WORLD_SIZE", 1)) > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if cuda else "gloo")
    return device


def destroy_distributed():
    """Leave the group of processes that init_distributed() joined."""
    if dist.is_initialized():
        dist.destroy_process_group()
        time.sleep(0.1)    # Gloo's threads need Python again, to free their memory


def write(folder, records):
    """folder/metrics.json, replaced as a whole, so that no reader finds half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / "metrics.json.partial"
    partial.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    os.replace(partial, folder / "metrics.json")


def board(folder, step):
    """A SummaryWriter of TensorBoard, or None if it is not installed.

    TensorBoard will not show what an interrupted run wrote of this and later steps.
    """
    try:
        tensorboard = importlib.import_module("torch.utils.tensorboard")
    except ImportError:
        return None
    return tensorboard.SummaryWriter(str(folder), purge_step=step)
