"""Run again what the lectures published, and hold our numbers to theirs, row by row.

    python -m benchmarks lectures --karpathy path/names.txt              the rows that are missing
    python -m benchmarks lectures --karpathy path/names.txt N3 G7        these, again
    python -m benchmarks lectures                                        says what there is

A row is one run, with every number of a notebook that it can be held to.  The names are those of
Karpathy's makemore, the split is the notebooks' own, and so are the random numbers: they come from
a generator with the notebooks' seed, in their order.  A row is written when it is finished, so that
an interrupted script goes on with the next one that is missing.

To add a row, write a function of Words that returns {quantity: value}, and put above it

    @row("W4", "wavenet", "what was run", train=near(2.058, 0.005), dev=near(2.105, 0.005))
"""

import math
import random
import sys
import time

import torch
import torch.nn.functional as F

from scratch.makemore import backprop, bigram, mlp, wavenet
from scratch.makemore.data import batches, dataset, split
from scratch.makemore.layers import BatchNorm1d, Embedding, Flatten, Linear, Sequential, Tanh

from .harness import significant
from .names import karpathy
from .provenance import provenance
from .results import load, with_row, write

WHAT = "numbers that the lectures published, and what this book's code gets for them"
SEED = 2147483647    # the notebooks'
ROWS = {}            # id: (chapter, what, {quantity: published}, function), in the page's order


def near(value, within, source="notebook"):
    """A published number, or list of numbers, and how far from it ours may be.

    source is "notebook" where the number was read in the lecture's own notebook, "copies" where it is
    known from copies that others ran and published, and "recomputed" where the notebook's number is
    not what it seems to be, and another program was written to find what it should have been.
    """
    return {"published": value, "within": within, "source": source}


def same(value, source="notebook"):
    """A published text or count, to be met exactly."""
    return {"published": value, "within": 0, "source": source}


def row(id, chapter, what, **published):
    """Register a function of Words under id; published maps quantities (_ for blanks)."""
    def register(function):
        named = {name.replace("_", " "): claim for name, claim in published.items()}
        ROWS[id] = chapter, what, named, function
        return function
    return register


def generator(seed=SEED):
    return torch.Generator().manual_seed(seed)


def two_rates(steps=200_000, change=100_000):
    """The lectures' rates: 0.1, and a tenth of it from step `change` on."""
    return [0.1 if step < change else 0.01 for step in range(steps)]


def trained(model, lecture, g, rates=None, batch=32, say=20_000):
    """Train any model of the unit by minibatches -> the loss of every step, before it."""
    rates = rates or two_rates()
    examples = lecture.examples("train", model.block_size)
    losses = []
    for each in mlp.train(model, batches(*examples, batch, g), rates):
        losses.append(each)
        if len(losses) % say == 0:
            print(f"    {len(losses):,} of {len(rates):,} steps, {each:.4f}", file=sys.stderr, flush=True)
    return losses


@torch.no_grad()
def losses_of(model, lecture):
    """The losses on train and dev as the notebooks take them: in float32, all at once."""
    found = {}
    for part in ("train", "dev"):
        contexts, targets = lecture.examples(part, model.block_size)
        found[part] = F.cross_entropy(model(contexts), targets).item()
    return found


def count(model):
    return sum(p.numel() for p in model.parameters())


# Lecture 1: bigrams


@row("D", "bigrams", "The names, and how they are split",
     names=same(32_033), pairs=same(228_146),
     examples_of_train_dev_test=same([182_625, 22_655, 22_866]),
     the_same_shuffled_four_times=same([182_441, 22_902, 22_803]))
def d(lecture):
    def sizes(parts):
        return [sum(len(word) + 1 for word in part) for part in parts]

    words = list(lecture.words)
    for _ in range(3):
        random.Random(42).shuffle(words)
    return {"names": len(words), "pairs": sum(len(word) + 1 for word in words),
            "examples of train dev test": sizes((lecture.train, lecture.dev, lecture.test)),
            "the same shuffled four times": sizes(split(words))}


@row("B7", "bigrams", "Counted pairs of all names",
     loss_as_counted=near(2.4540144892, 1e-9, "recomputed"),
     loss_with_1_more_of_each=near(2.4545768201, 1e-9, "recomputed"),
     row_of_the_boundary=same([0, 4410, 1306, 1542, 1690, 1531, 417, 669, 874, 591, 2422, 2963, 1572, 2538,
                               1146, 394, 515, 92, 1639, 2055, 1308, 78, 376, 307, 134, 535, 929]))
def b7(lecture):
    counts = bigram.count_pairs(lecture.words, lecture.vocabulary)
    return {"loss as counted": bigram.Bigram(counts, alpha=0).loss(counts),
            "loss with 1 more of each": bigram.Bigram(counts, alpha=1).loss(counts),
            "row of the boundary": counts[0].tolist()}


@row("B9", "neural-bigram", "One layer, before its first step, on “emma”",
     loss=near(3.7693049907684326, 1e-6), each_pair=near(
         [4.3992743, 4.0145707, 3.6234088, 2.6080668, 4.2012043], 1e-5))
def b9(lecture):
    model = bigram.NeuralBigram(27, generator())
    contexts, targets = dataset(["emma"], lecture.vocabulary, 1)
    with torch.no_grad():
        each = F.cross_entropy(model(contexts), targets, reduction="none")
    return {"loss": each.mean().item(), "each pair": each.tolist()}


# Lecture 2: the MLP


@row("P4", "mlp", "3,481 parameters, the first five words, 1,000 steps of all 32 examples",
     parameters=same(3_481), step_0=near(17.7697, 1e-4, "copies"),
     after_1000_steps=near(0.2561, 1e-4, "copies"))
def p4(lecture):
    model = mlp.MLP(27, channels=2, hidden=100, generator=generator())
    contexts, targets = dataset(lecture.words[:5], lecture.vocabulary, 3)
    losses = []
    for _ in range(1001):
        value = F.cross_entropy(model(contexts), targets)
        losses.append(value.item())
        slopes = torch.autograd.grad(value, model.parameters())
        for p, slope in zip(model.parameters(), slopes):
            p.data -= 0.1 * slope
    return {"parameters": count(model), "step 0": losses[0], "after 1000 steps": losses[-1]}


@row("P2", "mlp", "The MLP of 11,897 parameters, 200,000 steps",
     parameters=same(11_897), train=near(2.1260, 0.02), dev=near(2.1701, 0.02))
def p2(lecture):
    return network(lecture, "N1")    # there, minibatches come from a generator without a seed


# Lecture 3: initialisation and batch norm


def scaled(W1=1.0, b1=1.0, W2=1.0, b2=1.0):
    """The MLP of lecture 2 with its first weights multiplied, and the generator after it."""
    g = generator()
    model = mlp.MLP(27, generator=g)
    with torch.no_grad():
        for name, factor in (("W1", W1), ("b1", b1), ("W2", W2), ("b2", b2)):
            getattr(model, name).mul_(factor)
    return model, g


BEGINNINGS = {
    "N1": dict(),
    "N2": dict(W2=0.01, b2=0.0),
    "N3": dict(W1=0.2, b1=0.01, W2=0.01, b2=0.0),
    "N4": dict(W1=5 / 3 / 30**0.5, b1=0.01, W2=0.01, b2=0.0),
}


def network(lecture, id):
    model, g = scaled(**BEGINNINGS[id])
    losses = trained(model, lecture, g)
    return {"parameters": count(model), "step 0": losses[0], **losses_of(model, lecture)}


@row("N1", "initialization", "The MLP as it was: no weight scaled",
     parameters=same(11_897), step_0=near(27.8817, 1e-4, "copies"),
     train=near(2.1245384216308594, 0.005), dev=near(2.168196439743042, 0.005))
def n1(lecture):
    return network(lecture, "N1")


@row("N2", "initialization", "Calm logits: W2 · 0.01, b2 = 0",
     step_0=near(3.3221, 1e-4, "copies"), train=near(2.0696, 0.002, "copies"),
     dev=near(2.1311, 0.002, "copies"))
def n2(lecture):
    return network(lecture, "N2")


@row("N3", "initialization", "No saturated tanh, too: W1 · 0.2, b1 · 0.01",
     step_0=near(3.3135, 1e-4, "copies"), train=near(2.0355966091156006, 1e-4),
     dev=near(2.1026785373687744, 1e-4))
def n3(lecture):
    return network(lecture, "N3")


@row("N4", "initialization", "Kaiming in place of the guess: W1 · (5/3) / √30",
     train=near(2.0376641750335693, 1e-4), dev=near(2.106989622116089, 1e-4))
def n4(lecture):
    return network(lecture, "N4")


class RunningStd(BatchNorm1d):
    """The notebook's first batch norm: it keeps a mean of standard deviations, not of variances."""

    def moments(self, x):
        mean, var = x.mean(0), x.var(0)
        if not hasattr(self, "running_std"):
            self.running_std = torch.ones_like(var)
        self.running_mean.lerp_(mean.detach(), self.momentum)
        self.running_std.lerp_(var.detach().sqrt(), self.momentum)
        self.running_var = self.running_std**2
        return mean, var


def drawn(*shape, scale, g):
    """randn of this shape times scale, with the notebooks' (fan in, fan out), for a Linear here."""
    return (torch.randn(*shape, generator=g) * scale).T.requires_grad_()


def normalised():
    """The MLP with a batch norm before its tanh, and the generator after it."""
    g = generator()
    model = Sequential(Embedding(27, 10, generator=g), Flatten(), Linear(30, 200, bias=False),
                       RunningStd(200, eps=0.0, momentum=0.001), Tanh(), Linear(200, 27))
    model.block_size = 3
    first, last = model.layers[2], model.layers[5]
    first.weight = drawn(30, 200, scale=(5 / 3) / 30**0.5, g=g)
    last.weight = drawn(200, 27, scale=0.01, g=g)
    last.bias = torch.zeros(27).requires_grad_()
    torch.randn(27, generator=g)    # b2, which the notebook multiplies by 0
    return model, g


@row("N5", "batchnorm", "Batch norm between W1 and tanh",
     parameters=same(12_097), step_0=near(3.3239, 1e-4),
     losses_at_10k_50k_100k_150k_190k=near([2.0322, 1.8897, 2.3673, 2.0027, 2.1707], 1e-4),
     train=near(2.0674145221710205, 1e-4), dev=near(2.1056840419769287, 1e-4))
def n5(lecture):
    model, g = normalised()
    losses = trained(model, lecture, g)
    model.eval()
    return {"parameters": count(model), "step 0": losses[0],
            "losses at 10k 50k 100k 150k 190k": [losses[1000 * k] for k in (10, 50, 100, 150, 190)],
            **losses_of(model, lecture)}


def deep(g):
    """The notebook's six layers, each with batch norm, the last one's gain 0.1."""
    sizes = [30, 100, 100, 100, 100, 100, 27]
    model = Sequential(Embedding(27, 10, generator=g), Flatten())
    for fan_in, fan_out in zip(sizes, sizes[1:]):
        linear = Linear(fan_in, fan_out, bias=False)
        linear.weight = drawn(fan_in, fan_out, scale=fan_in**-0.5, g=g)
        model.layers += [linear, BatchNorm1d(fan_out, correction=1), Tanh()]
    model.layers.pop()
    model.layers[-1].weight.data *= 0.1
    model.block_size = 3
    return model


@row("N6", "initialization", "Six layers with batch norm, 1,001 steps (N6 to N11)",
     parameters=same(47_024), step_0=near(3.2870, 1e-4),
     std_of_outputs=near([0.63, 0.64, 0.65, 0.65, 0.65], 0.006),
     saturated_percent=near([2.78, 2.56, 2.25, 1.69, 1.88], 0.006),
     std_of_slopes_in_thousandths=near([2.640702, 2.245584, 2.045742, 1.983134, 1.952382], 0.05),
     gradient_to_data_in_hundredths=near(
         [0.8012630, 4.881091, 6.964619, 6.073741, 5.631483, 5.570125, 11.60106], 0.05),
     train=near(2.4002976417541504, 1e-4), dev=near(2.3982467651367188, 1e-4),
     names=same("carpah. qarlileif. jmrix. thty. sacansa. jazhnte. dpn. arciigqeiunellaia. chriiv. "
                "kalein. dhlm. join. qhinn. sroin. arian. quiqaelogiearyxix. kaeklinsan. ed. ecoia. "
                "gtleley."))
def n6(lecture):
    g = generator()
    model = deep(g)
    losses = trained(model, lecture, g, [0.1] * 1000)
    contexts, targets = lecture.examples("train", 3)
    rows = torch.randint(len(targets), (32,), generator=g)    # of step 1,000, the last
    outputs, x = [], contexts[rows]
    for layer in model.layers:
        x = layer(x)
        if isinstance(layer, Tanh):
            outputs.append(x)
    parameters = model.parameters()
    slopes = torch.autograd.grad(F.cross_entropy(x, targets[rows]), [*outputs, *parameters])
    with torch.no_grad():
        for p, slope in zip(parameters, slopes[5:]):
            p -= 0.1 * slope
    matrices = [(p, slope) for p, slope in zip(parameters, slopes[5:]) if p.ndim == 2]
    model.eval()
    return {"parameters": count(model), "step 0": losses[0],
            "std of outputs": [y.std().item() for y in outputs],
            "saturated percent": [100 * (y.abs() > 0.97).float().mean().item() for y in outputs],
            "std of slopes in thousandths": [1e3 * slope.std().item() for slope in slopes[:5]],
            "gradient to data in hundredths": [100 * (s.std() / p.std()).item() for p, s in matrices],
            **losses_of(model, lecture), "names": " ".join(names(model, lecture, generator(SEED + 10)))}


@torch.no_grad()
def names(model, lecture, g, many=20):
    """The notebooks' own sampling: torch.multinomial without replacement, one symbol at a time."""
    for _ in range(many):
        context, word = [0] * model.block_size, ""
        while not word.endswith("."):
            p = model(torch.tensor([context])).softmax(1)
            id = torch.multinomial(p, num_samples=1, generator=g).item()
            context, word = [*context[1:], id], word + lecture.vocabulary.characters[id]
        yield word


@row("N12", "initialization", "A linear layer of 1,000 units, and nothing to scale it",
     std_of_a_b_c=near([0.9875972270965576, 1.0006722211837769, 31.01241683959961], 1e-4),
     std_of_slopes=near([0.9782556295394897, 30.8818302154541, 0.9666601419448853], 1e-4))
def n12(lecture):
    g = generator()
    a = torch.randn(1000, 1, generator=g).requires_grad_()
    b = torch.randn(1000, 1000, generator=g).requires_grad_()
    c = b @ a
    slopes = torch.autograd.grad((torch.randn(1000, generator=g) @ c).sum(), [c, a, b])
    return {"std of a b c": [t.std().item() for t in (a, b, c)],
            "std of slopes": [slope.std().item() for slope in slopes]}


@row("N13", "initialization", "The same behind a batch norm",
     std_of_x_and_out=near([31.0124, 1.0], 1e-4),
     std_of_slopes=near([0.9782556, 0.031543977558612823, 0.031169468536973, 0.9953052997589111], 1e-4))
def n13(lecture):
    g = generator()
    inputs = torch.randn(1000, generator=g).requires_grad_()
    w = torch.randn(1000, 1000, generator=g).requires_grad_()
    x = w @ inputs
    out = (x - x.mean()) / (x.var() + 1e-5).sqrt()
    slopes = torch.autograd.grad(out @ torch.randn(1000, generator=g), [out, x, w, inputs])
    return {"std of x and out": [x.std().item(), out.std().item()],
            "std of slopes": [slope.std().item() for slope in slopes]}


# Lecture 4: backpropagation by hand


@row("G2", "backprop", "The network of exercises 1 to 3 and its minibatch",
     parameters=same(4_137), loss=near(3.3377, 0.05))
def g2(lecture):
    net, g = by_hand(hidden=64)
    contexts, targets = lecture.examples("train", 3)
    rows = torch.randint(len(targets), (32,), generator=g)
    return {"parameters": count(net),
            "loss": backprop.forward(net, contexts[rows], targets[rows]).loss.item()}


@row("G7", "backprop", "Batch norm as in N5, 200,000 steps without autograd (exercise 4)",
     parameters=same(12_297), step_0=near(3.7805, 0.05), train=near(2.070523500442505, 0.01),
     dev=near(2.109893560409546, 0.01))
def g7(lecture):
    net, g = by_hand(hidden=200)
    examples = lecture.examples("train", 3)
    losses = list(backprop.train(net, batches(*examples, 32, g), two_rates()))
    backprop.calibrate(net, examples[0])
    return {"parameters": count(net), "step 0": losses[0], **losses_of(net, lecture)}


def fused(**shape):
    """The notebook's tree of this shape, and the generator after it."""
    g = generator(42)
    model = wavenet.tree(27, correction=1, **shape)
    embedding = model.layers[0]
    embedding.weight = torch.randn(embedding.weight.shape, generator=g).requires_grad_()
    linears = [layer for layer in model.layers if isinstance(layer, Linear)]
    for linear in linears:
        fan_out, fan_in = linear.weight.shape
        linear.weight = drawn(fan_in, fan_out, scale=fan_in**-0.5, g=g)
    last = linears[-1]
    last.weight.data *= 0.1
    last.bias = torch.zeros(27).requires_grad_()
    return model, g


def measured(model, g, lecture):
    trained(model, lecture, g, two_rates(change=150_000))
    model.eval()
    return {"parameters": count(model), **losses_of(model, lecture)}


@row("W1", "wavenet", "Eight letters, fused two by two (W1 to W3)",
     parameters=same(76_579), step_0=near(3.3167, 1e-4),
     losses_at_10k_20k_50k_80k_100k_150k_160k_170k_180k_190k=near(
         [2.0576, 2.0723, 1.7836, 1.6875, 1.7736, 1.7466, 1.8806, 1.6266, 1.6476, 1.8555], 1e-3),
     train=near(1.7690284252166748, 1e-3), dev=near(1.9936515092849731, 1e-3),
     names=same("arlij. chetta. heago. rocklei. hendrix. jamylie. broxin. denish. anslibt. marianah. "
                "astavia. annayve. aniah. jayce. nodiel. remita. niyelle. jaylene. aiyan. aubreana."))
def w1(lecture):
    model, g = fused(block_size=8, channels=24, hidden=128)
    losses = trained(model, lecture, g, two_rates(change=150_000))
    model.eval()
    return {"parameters": count(model), "step 0": losses[0],
            "losses at 10k 20k 50k 80k 100k 150k 160k 170k 180k 190k":
                [losses[1000 * k] for k in (10, 20, 50, 80, 100, 150, 160, 170, 180, 190)],
            **losses_of(model, lecture), "names": " ".join(names(model, lecture, g))}


@row("W4", "wavenet", "Three letters side by side, 200 hidden",
     parameters=same(12_097), train=near(2.058, 0.005), dev=near(2.105, 0.005))
def w4(lecture):
    return measured(*fused(block_size=3, n=3, channels=10, hidden=200), lecture)


@row("W5", "wavenet", "Eight letters side by side, 200 hidden",
     parameters=same(22_097), train=near(1.918, 0.01), dev=near(2.027, 0.01))
def w5(lecture):
    return measured(*fused(block_size=8, n=8, channels=10, hidden=200), lecture)


class ByPosition(BatchNorm1d):
    """x (B, T, F) -> y alike, each position with a mean and variance of its own: the lecture's bug."""

    def __init__(self, features, positions):
        super().__init__(features, correction=1)
        self.running_mean = torch.zeros(positions, features)
        self.running_var = torch.ones(positions, features)

    def __call__(self, x):
        mean, var = self.running_mean, self.running_var                 # (T, F), (T, F)
        if self.training:
            mean, var = x.mean(0), x.var(0)
            self.running_mean.lerp_(mean.detach(), self.momentum)
            self.running_var.lerp_(var.detach(), self.momentum)
        x_hat = (x - mean) / (var + self.eps).sqrt()
        return self.weight * x_hat + self.bias


@row("W6", "wavenet", "Fused two by two, with statistics for each position apart: the bug",
     parameters=same(22_397), train=near(1.941, 0.005), dev=near(2.029, 0.005))
def w6(lecture):
    model, g = fused(block_size=8, channels=10, hidden=68)
    norms = [n for n, layer in enumerate(model.layers) if isinstance(layer, BatchNorm1d)]
    for n, positions in zip(norms[:-1], (4, 2), strict=True):           # the last has one position anyway
        model.layers[n] = ByPosition(68, positions)
    return measured(model, g, lecture)


@row("W7", "wavenet", "Fused two by two, the bug mended",
     parameters=same(22_397), train=near(1.912, 0.005), dev=near(2.022, 0.005))
def w7(lecture):
    return measured(*fused(block_size=8, channels=10, hidden=68), lecture)


def by_hand(hidden):
    """The notebook's network, and the generator as it stands before the first minibatch.

    There, gains and shifts come from PyTorch's global generator, which has no seed; here they come
    from the same one as the rest, after the rest, and the minibatches begin as if they had not.
    """
    net = backprop.Network(27, hidden=hidden, generator=generator(), correction=1)
    g = generator()
    for tensor in (net.embedding, net.W1, net.b1, net.W2, net.b2):
        torch.randn(tensor.shape, generator=g)
    return net, g


# The script


def main(options):
    kept = {each["id"] for each in load(options.out)["rows"]}
    if unknown := set(options.rows) - set(ROWS):
        sys.exit(f"no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    if not options.karpathy:
        for id, (_, what, _, _) in ROWS.items():
            print(f"{'✓' if id in kept else ' '} {id:4} {what}")
        print("\nTo run rows: --karpathy FILE [ROW ...]; scratch.makemore.data.download() fetches the file")
        return
    torch.set_num_threads(1)
    lecture = karpathy(options.karpathy)
    for id in options.rows or [id for id in ROWS if id not in kept]:
        write_row(options.out, made(id, lecture, lecture.sha256))


def made(id, lecture, sha256):
    """Run a row -> what the file keeps of it."""
    chapter, what, published, function = ROWS[id]
    begin = time.perf_counter()
    ours = {quantity: significant(value, 12) for quantity, value in function(lecture).items()}
    took = time.perf_counter() - begin
    checks = [{"quantity": quantity, **claim, "ours": ours[quantity]}
              for quantity, claim in published.items()]
    print(f"{id}, {took:.0f} s: {what}")
    for check in checks:
        print(f"    {'agrees ' if agrees(check) else 'DIFFERS'} {check['quantity']}: {check['ours']}, "
              f"published {check['published']}", flush=True)
    also = {quantity: value for quantity, value in ours.items() if quantity not in published}
    return {"id": id, "chapter": f"docs/makemore/{chapter}.md", "what": what, "checks": checks,
            **({"also": also} if also else {}), "seconds": significant(took, 2),
            "from": provenance(__file__, "torch", used="one core used", **{"sha256 of the names": sha256})}


def agrees(check):
    """Whether ours is as near to the published value as it has to be; never for a nan."""
    published, ours = check["published"], check["ours"]
    if isinstance(published, list):
        return len(published) == len(ours) and all(
            agrees({**check, "published": p, "ours": o}) for p, o in zip(published, ours))
    if isinstance(published, str):
        return published == ours
    return abs(ours - published) <= check["within"]


def write_row(path, new):
    """Put a row in its place in the file, which is read again: another process may have written there.

    Rows are in the order of ROWS.  What was published stands in this script, so that rows of earlier
    runs are held to it as well.
    """
    rows = with_row(load(path)["rows"], new, "id")
    for each in rows:
        for check in each["checks"]:
            if each["id"] in ROWS:
                check.update(ROWS[each["id"]][2].get(check["quantity"], {}))
    order = {id: n for n, id in enumerate(ROWS)}
    write(path, what=WHAT, rows=sorted(rows, key=lambda each: order.get(each["id"], math.inf)))
