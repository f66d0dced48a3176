"""Measure what each step from GPT-2's block to that of today changes in the loss.

    python -m benchmarks modern                       an hour, on one core
    python -m benchmarks modern --only "SwiGLU"       the rows whose name contains this

A model of three blocks is trained on the names, a change at a time: as many parameters in each row (the
MLP's hidden units make up for what a change saves or takes), the same minibatches, and the learning rate
that is best for the row, found by doubling and halving with a seed of its own. Rows that are not measured
anew stay in the file as they were. Losses are in nats per character, on dev.
"""

import torch
import torch.nn.functional as F

from scratch.makemore import data, fast, gpt
from scratch.makemore.attention import causal
from scratch.makemore.modern import Config, Decoder, Rotary
from scratch.makemore.optimizers import cosine_rates

from .harness import significant
from .names import book
from .provenance import provenance
from .results import load, with_row, write

BLOCK, LAYERS, HEADS, CHANNELS = 16, 3, 4, 32
STEPS, BATCH, DECAY = 1000, 32, 0.01    # as in the ladder of benchmarks/gpt.py
TUNED, SEEDS = 101, (1, 2, 3, 4, 5)     # a seed that chooses the rate, and seeds that are told
FOUR = dict(norm="rms", positions="rotary", mlp="swiglu", kv_heads=2)
EXPERTS = dict(FOUR, experts=4, active=2)
ROWS = {    # name: (what it is compared with, its choices)
    "GPT-2's block": (None, {}),
    "RMSNorm": ("GPT-2's block", dict(norm="rms")),
    "rotary positions": ("GPT-2's block", dict(positions="rotary")),
    "SwiGLU": ("GPT-2's block", dict(mlp="swiglu")),
    "two heads of keys and values": ("GPT-2's block", dict(kv_heads=2)),
    "one head of keys and values": ("GPT-2's block", dict(kv_heads=1)),
    "the four": ("GPT-2's block", FOUR),
    "QK-norm": ("the four", dict(FOUR, qk_norm=True)),
    "no biases": ("the four", dict(FOUR, biases="none")),
    "a window of 4": ("the four", dict(FOUR, window=4)),
    "untied": ("the four", dict(FOUR, tied=False)),
    "2 of 4 experts": ("the four", EXPERTS),
    "2 of 4 experts, no balance": ("2 of 4 experts", dict(EXPERTS, balance=0.0)),
    "2 of 4 experts, as many at work": ("the four", dict(EXPERTS, whole=False)),
}


def main(options):
    torch.set_num_threads(1)
    words = book()
    parts = {part: data.rows(getattr(words, part), words.vocabulary, BLOCK) for part in ("train", "dev")}
    for name, (beside, choices) in ROWS.items():
        if options.only and options.only not in name:
            continue
        config = matched(**choices)
        tried, rate, around = {}, None, [2.0 ** -7]
        while around:        # the best rate, and twice and half of it: is one of them better?
            for each in around:
                tried[each] = trained(config, TUNED, each, **parts)["dev"]
            rate = min(tried, key=tried.get)
            around = [each for each in (rate / 2, rate * 2) if each not in tried]
        runs = [trained(config, seed, rate, **parts) for seed in SEEDS]
        entry = {"block": name, "beside": beside, "parameters": parameters(config), "hidden": config.F,
                 "cache bytes": 2 * 4 * config.layers * config.G * config.D, "rate": rate,
                 **{what: significant([run[what] for run in runs], 6) for what in runs[0]},
                 "rates tried": [[each, significant(loss, 6)] for each, loss in sorted(tried.items())],
                 "from": provenance(__file__, "torch", used="one core used", steps=STEPS, batch=BATCH,
                                    decay=DECAY, layers=LAYERS, heads=HEADS, channels=CHANNELS,
                                    **{"sha256 of the names": words.sha256})}
        print(entry, flush=True)
        rows = with_row([row for row in load(options.out)["rows"] if row["block"] in ROWS], entry, "block")
        write(options.out, origin={}, rows=sorted(rows, key=lambda row: list(ROWS).index(row["block"])))


def parameters(config):
    return sum(p.numel() for p in Decoder(config).parameters())


def matched(whole=True, **choices):
    """The Config with these choices and about as many parameters as GPT-2's block.

    whole=False is for experts: as many that one position uses, and more of them in all.
    """
    def sized(hidden, **choices):
        return Config(27, BLOCK, LAYERS, HEADS, CHANNELS, hidden, **choices)

    if not whole:    # so many units of hidden work as without experts
        alone = matched(**{**choices, "experts": 1})
        return sized(round(alone.F / choices["active"]), **choices)
    goal = parameters(sized(None))
    return min((sized(hidden, **choices) for hidden in range(8, 200)),
               key=lambda config: abs(parameters(config) - goal))


def trained(config, seed, rate, train, dev):
    """-> the loss on dev after a training; with experts, also how evenly they are used there, from 1."""
    model = Decoder(config, torch.Generator().manual_seed(seed)).train()
    source = data.batches(*train, BATCH, torch.Generator().manual_seed(seed))
    weights = list(model.parameters())
    flat = fast.together(weights)
    adam = torch.optim.AdamW([flat], betas=(0.9, 0.99), weight_decay=DECAY, fused=True)
    for each, (ids, targets) in zip(cosine_rates(STEPS, rate), source):
        adam.param_groups[0]["lr"] = each
        gradients = torch.autograd.grad(packed_loss(model, ids, targets), weights)
        flat.grad = torch.cat([gradient.flatten() for gradient in gradients])
        adam.step()
    found = {"dev": gpt.loss(model.eval(), *dev)}
    if config.experts > 1:
        with torch.no_grad():
            model(*dev)
        shares = [block.mlp.chosen[dev[1] >= 0].flatten().bincount(minlength=config.experts).double()
                  for block in model.body.blocks]
        found["largest share"] = max((share / share.sum()).max().item() for share in shares)
        found["smallest share"] = min((share / share.sum()).min().item() for share in shares)
    return found


def packed_loss(model, ids, targets):
    """model(ids, targets) in training, sooner: nothing is computed behind the ends of words (fast.py)."""
    config, body, wanted = model.config, model.body, targets >= 0
    B, T = len(ids), int(wanted.any(0).sum())
    slots = wanted[:, :T].flatten().nonzero()[:, 0]
    ids, targets = (each[:, :T].flatten()[slots] for each in (ids, targets))
    mask = causal(T).triu(1 - (config.window or T))
    x, rotate, balances = body.symbols(ids), None, []
    if config.positions == "learned":
        x = x + body.positions(slots % T)
    else:
        rotate = Rotary(range(T), config.D, config.base, x)
    for block in body.blocks:
        part = block.attention
        grid = x.new_zeros(B * T, sum(part.sizes)).index_copy(0, slots, part.qkv(block.norm1(x)))
        q, k, v = map(part.split, grid.view(B, T, -1).split(part.sizes, dim=-1))
        q, k = part.q_norm(q), part.k_norm(k)
        if rotate:
            q, k = rotate(q), rotate(k)
        y = F.scaled_dot_product_attention(q, k, v, mask, enable_gqa=config.G < config.heads)
        x = x + part.out(y.transpose(1, 2).reshape(B * T, -1)[slots])
        x = x + block.mlp(block.norm2(x)[None])[0]
        if config.experts > 1:
            balances.append(block.mlp.balance(torch.ones(1, len(x), dtype=torch.bool)))
    loss = F.cross_entropy(model.head(body.last_norm(x)), targets)
    return loss + config.balance * torch.stack(balances).mean() if balances else loss
