"""Every stub is open, the book's own code passes, and a mistake is explained in the chapter's words."""

import ast
import contextlib
import importlib
import io
import os
import re
import runpy
import sys
from pathlib import Path

import pytest

from lab.__main__ import main
from lab.examples import Close, examples
from lab.grade import grade
from lab.judge import COPIES, judge
from lab.stub import OPEN, PASSES, ROOT, WRONG, Lab, LabError
from weave.chapter import Chapter

LABS = sorted((ROOT / "labs").glob("*/*.py"))
ENGINE = ROOT / "labs/micrograd/engine.py"


OF_OUR_OWN = {    # what solves exercises that neither the module nor the chapter has as a function
    "settings": """
def solved_settings():
    return {'rate': 0.3, 'hidden_scale': 0.2, 'output_scale': 0.1, 'block_size': 4}
""",
    "attainable": "def solved_attainable(intensity, peak, bandwidth):\n"
                  "    return min(peak, intensity * bandwidth)",
    "wanted_bytes": "def solved_wanted_bytes(bandwidth, latency, multiprocessors):\n"
                    "    return bandwidth * latency / multiprocessors",
    "joined": "def solved_joined(one, other):\n"
              "    lse = np.logaddexp(one[1], other[1])\n"
              "    return one[0] * np.exp(one[1] - lse) + other[0] * np.exp(other[1] - lse), lse",
    "calmed": "def solved_calmed(model):\n    with torch.no_grad():\n        model.W2 *= 0.01\n"
              "        model.b2 *= 0.0\n    return model",
    "fine_tuned": """
def solved_fine_tuned(model, few, steps, rate, batch=32, seed=1):
    import copy
    from scratch.makemore.optimizers import cosine_rates
    from scratch.makemore.transformer import train
    model, generator = copy.deepcopy(model), torch.Generator().manual_seed(seed)
    for _ in train(model, data.batches(*few, batch, generator), cosine_rates(steps, rate, warm=0)):
        pass
    return model
""",
    "stopping_point": """
def solved_stopping_point(losses, patience):
    best = 0
    for n, loss in enumerate(losses):
        best = n if loss < losses[best] else best
        if n - best == patience:
            break
    return n + 1, best
""",
    "snapshot": """
def solved_snapshot(parameters, optimizer, generator, step):
    import copy
    return {"parameters": [p.detach().clone() for p in parameters], "step": step,
            "optimizer": copy.deepcopy(optimizer.state_dict()), "generator": generator.get_state()}
""",
    "mixture": """
class solved_mixture:
    def __init__(self, one, other):
        self.models, self.block_size = (one, other), max(one.block_size, other.block_size)

    def __call__(self, contexts):
        return torch.stack([model(contexts[:, -model.block_size:]).double().softmax(1)
                            for model in self.models]).mean(0).log()
""",
}


KERNELS = {    # what solves the exercises of labs/cuda
    "squared": """
__global__ void squared(const float *x, float *y)
{
    y[threadIdx.x] = x[threadIdx.x] * x[threadIdx.x];
}
""",
    "larger": """
__global__ void larger(const float *x, const float *y, float *z)
{
    z[threadIdx.x] = fmaxf(x[threadIdx.x], y[threadIdx.x]);
}
""",
    "relu": """
__global__ void relu(const float *x, float *y, int N)
{
    const int i = threadIdx.x;
    if (i < N) y[i] = fmaxf(x[i], 0.0f);
}
""",
    "transposed": """
__global__ void transposed(const float *x, float *y, int R, int C)
{
    const int c = threadIdx.x, r = threadIdx.y;
    if (r < R && c < C) y[c * R + r] = x[r * C + c];
}
""",
    "outer": """
__global__ void outer(const float *x, const float *y, float *z, int C)
{
    const int c = threadIdx.x, r = threadIdx.y;
    z[r * C + c] = x[r] * y[c];
}
""",
    "backwards": """
__global__ void backwards(const float *x, float *y, int N)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < N) y[i] = x[N - 1 - i];
}
""",
    "tril": """
__global__ void tril(const float *x, float *y, int N)
{
    const int c = blockIdx.x * blockDim.x + threadIdx.x;
    const int r = blockIdx.y * blockDim.y + threadIdx.y;
    if (r < N && c < N) y[r * N + c] = c <= r ? x[r * N + c] : 0.0f;
}
""",
    "rotated": """
__global__ void rotated(float *x, int N)
{
    __shared__ float piece[4];
    const int t = threadIdx.x, begin = blockIdx.x * 4, length = min(4, N - begin);
    if (t < length) piece[t] = x[begin + t];
    __syncthreads();
    if (t < length) x[begin + t] = piece[(t + 1) % length];
}
""",
    "pooled": """
__global__ void pooled(const float *x, float *y, int N)
{
    __shared__ float held[8];
    const int t = threadIdx.x;
    if (t < N) held[t] = x[t];
    __syncthreads();
    if (t < N) y[t] = fmaxf(held[t], fmaxf(held[max(t - 1, 0)], held[min(t + 1, N - 1)]));
}
""",
    "dot": """
__global__ void dot(const float *x, const float *y, float *sum, int N)
{
    __shared__ float part[8];
    const int t = threadIdx.x;
    float own = 0.0f;
    for (int i = t; i < N; i += 8) own += x[i] * y[i];
    part[t] = own;
    __syncthreads();
    for (int span = 4; span > 0; span /= 2) {
        if (t < span) part[t] += part[t + span];
        __syncthreads();
    }
    if (t == 0) sum[0] = part[0];
}
""",
    "convolved": """
__global__ void convolved(const float *x, const float *w, float *y, int N)
{
    __shared__ float held[6], weight[3];
    const int t = threadIdx.x, i = blockIdx.x * 4 + t;
    if (t < 3) weight[t] = w[t];
    if (i < N) held[t] = x[i];
    if (t < 2 && i + 4 < N) held[t + 4] = x[i + 4];
    __syncthreads();
    if (i < N - 2)
        y[i] = weight[0] * held[t] + weight[1] * held[t + 1] + weight[2] * held[t + 2];
}
""",
    "prefix_sum": """
__global__ void prefix_sum(const float *x, float *y, int N)
{
    __shared__ float part[8];
    const int t = threadIdx.x, i = blockIdx.x * 8 + t;
    part[t] = i < N ? x[i] : 0.0f;
    __syncthreads();
    for (int reach = 1; reach < 8; reach *= 2) {
        const float before = t >= reach ? part[t - reach] : 0.0f;
        __syncthreads();    // all have read
        part[t] += before;
        __syncthreads();    // all have written
    }
    if (i < N) y[i] = part[t];
}
""",
    "row_sums": """
__global__ void row_sums(const float *x, float *sums, int C)
{
    __shared__ float part[4];
    const int t = threadIdx.x, r = blockIdx.x;
    float own = 0.0f;
    for (int c = t; c < C; c += 4) own += x[r * C + c];
    part[t] = own;
    __syncthreads();
    for (int span = 2; span > 0; span /= 2) {
        if (t < span) part[t] += part[t + span];
        __syncthreads();
    }
    if (t == 0) sums[r] = part[0];
}
""",
    "added_four": """
__global__ void added_four(const float *x, const float *y, float *z, int N)
{
    const int t = threadIdx.x;
    for (int i = t; i < N / 4; i += 4) {
        const float4 a = ((const float4 *)x)[i], b = ((const float4 *)y)[i];
        ((float4 *)z)[i] = make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
    }
    if (t < N % 4) z[N / 4 * 4 + t] = x[N / 4 * 4 + t] + y[N / 4 * 4 + t];
}
""",
    "tile_transposed": """
__global__ void tile_transposed(const float *x, float *y, int R, int C)
{
    __shared__ float tile[32][32 + 1];
    const int t = threadIdx.x, c0 = blockIdx.x * 32, r0 = blockIdx.y * 32;
    for (int i = threadIdx.y; i < 32; i += 8)
        if (r0 + i < R && c0 + t < C) tile[i][t] = x[(r0 + i) * C + c0 + t];
    __syncthreads();
    for (int i = threadIdx.y; i < 32; i += 8)
        if (c0 + i < C && r0 + t < R) y[(c0 + i) * R + r0 + t] = tile[t][i];
}
""",
    "swizzled": """
__global__ void swizzled(const float *x, float *y, int R, int C)
{
    __shared__ float tile[32][32];
    const int t = threadIdx.x, c0 = blockIdx.x * 32, r0 = blockIdx.y * 32;
    for (int i = threadIdx.y; i < 32; i += 8)
        if (r0 + i < R && c0 + t < C) tile[i][t ^ i] = x[(r0 + i) * C + c0 + t];
    __syncthreads();
    for (int i = threadIdx.y; i < 32; i += 8)
        if (c0 + i < C && r0 + t < R) y[(c0 + i) * R + r0 + t] = tile[t][i ^ t];
}
""",
    "softmax_rows": """
__global__ void softmax_rows(const float *x, float *y, int C)
{
    __shared__ float part[4];
    const int t = threadIdx.x;
    x += blockIdx.x * C;
    y += blockIdx.x * C;
    float own = -INFINITY;
    for (int c = t; c < C; c += 4) own = fmaxf(own, x[c]);
    part[t] = own;
    __syncthreads();
    const float most = fmaxf(fmaxf(part[0], part[1]), fmaxf(part[2], part[3]));
    __syncthreads();    // all have read
    own = 0.0f;
    for (int c = t; c < C; c += 4) own += expf(x[c] - most);
    part[t] = own;
    __syncthreads();
    const float sum = part[0] + part[1] + part[2] + part[3];
    for (int c = t; c < C; c += 4) y[c] = expf(x[c] - most) / sum;
}
""",
    "online_rows": """
__global__ void online_rows(const float *x, float *y, int C)
{
    __shared__ float most[4], sum[4];
    const int t = threadIdx.x;
    x += blockIdx.x * C;
    y += blockIdx.x * C;
    float m = x[t], s = 1.0f;
    for (int c = t + 4; c < C; c += 4) {
        const float value = x[c], larger = fmaxf(m, value);
        s = s * expf(m - larger) + expf(value - larger);
        m = larger;
    }
    most[t] = m;
    sum[t] = s;
    __syncthreads();
    for (int span = 2; span > 0; span /= 2) {
        if (t < span) {
            const float larger = fmaxf(most[t], most[t + span]);
            sum[t] = sum[t] * expf(most[t] - larger) + sum[t + span] * expf(most[t + span] - larger);
            most[t] = larger;
        }
        __syncthreads();
    }
    for (int c = t; c < C; c += 4) y[c] = expf(x[c] - most[0]) / sum[0];
}
""",
    "attended": """
__global__ void attended(const float *q, const float *k, const float *v, float *y, int T, int S)
{
    const int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= T) return;
    const float a = q[2 * t], b = q[2 * t + 1];
    float m = -INFINITY, sum = 0.0f, c = 0.0f, d = 0.0f;
    for (int s = 0; s < S; s++) {
        const float score = a * k[2 * s] + b * k[2 * s + 1], larger = fmaxf(m, score);
        const float shrink = expf(m - larger), w = expf(score - larger);
        sum = sum * shrink + w;
        c = c * shrink + w * v[2 * s];
        d = d * shrink + w * v[2 * s + 1];
        m = larger;
    }
    y[2 * t] = c / sum;
    y[2 * t + 1] = d / sum;
}
""",
    "layer_norm_rows": """
__global__ void layer_norm_rows(const float *x, float *y, int C)
{
    __shared__ float part[4];
    const int t = threadIdx.x;
    x += blockIdx.x * C;
    y += blockIdx.x * C;
    float own = 0.0f;
    for (int c = t; c < C; c += 4) own += x[c];
    part[t] = own;
    __syncthreads();
    const float mean = (part[0] + part[1] + part[2] + part[3]) / C;
    __syncthreads();    // all have read
    own = 0.0f;
    for (int c = t; c < C; c += 4) own += (x[c] - mean) * (x[c] - mean);
    part[t] = own;
    __syncthreads();
    const float variance = (part[0] + part[1] + part[2] + part[3]) / C;
    for (int c = t; c < C; c += 4) y[c] = (x[c] - mean) / sqrtf(variance);
}
""",
    "shifted": """
__global__ void shifted(float *x)
{
    __shared__ float held[8];
    const int t = threadIdx.x;
    held[t] = x[t];
    __syncthreads();
    x[t] = t ? held[t - 1] : 0;
}
""",
    "folded": """
__global__ void folded(const float *x, float *sum)
{
    __shared__ float part[8];
    const int t = threadIdx.x;
    part[t] = x[t];
    for (int span = 4; span > 0; span /= 2) {
        __syncthreads();
        if (t < span) part[t] += part[t + span];
    }
    if (t == 0) sum[0] = part[0];
}
""",
    "evened": """
__global__ void evened(float *x, int N)
{
    __shared__ float held[8];
    const int t = threadIdx.x;
    if (t < N) held[t] = x[t];
    __syncthreads();
    if (t < N) x[t] = held[N - 1 - t];
}
""",
    "counted": """
__global__ void counted(const float *x, float *counts, int N)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < N) atomicAdd(&counts[(int)x[i]], 1.0f);
}
""",
    "matmul": "".join(f"#define {macro}\n" for macro in ("TILE 4", "TRANSPOSED_A 0", "TRANSPOSED_B 0"))
              + (ROOT / "src/scratch/cuda/kernels/matmul_tiles.cu").read_text(encoding="utf-8"),
}
OF_OUR_OWN |= {name: f"def solved_{name}():\n    return {text!r}" for name, text in KERNELS.items()}


def named(value):
    return value.stem if isinstance(value, Path) else value


def solution(lab):
    """The lab's text, and below it what solves it: the module's code, the chapter's, or engine.py's Value."""
    lines = [lab.path.read_text(encoding="utf-8"),
             f"import {lab.module or 'scratch.micrograd.engine'} as the_book", *chapters_code(lab)]
    for name in lab.exercises:
        solved = f"solved_{name}" if f" solved_{name}" in "".join(lines) else f"the_book.{name}"
        lines += [f"{solved}.__doc__ = {name}.__doc__    # the examples", f"{name} = {solved}"]
    return "\n".join([*lines, ""])


def chapters_code(lab):
    """The chapter's own definitions of the exercises, the last of each, as solved_NAME."""
    found = {}
    book = vars(importlib.import_module(lab.module)) if lab.module else {}
    for cell in Chapter(ROOT / lab.chapter, ROOT).cells:
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.FunctionDef) and node.name in set(lab.exercises) - book.keys():
                found[node.name] = ast.unparse(node).replace(f"def {node.name}(", f"def solved_{node.name}(")
    return [*found.values(), *(OF_OUR_OWN[name] for name in lab.exercises
                                if name in OF_OUR_OWN.keys() - book.keys())]


def run_pytest(printed, arguments):
    """Run pytest in this process, a copy, and end with its status; what it prints goes to a file."""
    os.dup2(os.open(printed, os.O_WRONLY | os.O_CREAT), sys.stdout.fileno())
    os.chdir(ROOT)
    sys.exit(pytest.main(arguments))


def pytest_with(path, *tests):
    """Run tests with --mine, in a process of their own -> the exit status, what is printed."""
    printed = path.with_name("printed.txt")
    process = COPIES.Process(target=run_pytest, args=(printed, [
        "-x", "-q", "-p", "no:cacheprovider", "--mine", f"{path}::Value.tanh", *tests]))
    process.start()
    process.join()
    return process.exitcode, printed.read_text(encoding="utf-8")


def send_verdicts(sender, path):
    """Grade each exercise of a lab, in a copy of this process that has imported its module."""
    lab = Lab(path)
    if lab.module:
        importlib.import_module(lab.module)
    for name in lab.exercises:
        if not (child := os.fork()):
            try:
                sender.send((name, grade(f"{path}::{name}", tests=True)))
            finally:
                os._exit(0)
        os.waitpid(child, 0)


@pytest.mark.parametrize("path", LABS, ids=named)
def test_a_stub_is_an_exercise_to_write(path):
    receiver, sender = COPIES.Pipe(duplex=False)
    process = COPIES.Process(target=send_verdicts, args=(sender, path))
    process.start()
    sender.close()
    verdicts = {}
    with contextlib.suppress(EOFError):    # all are sent
        while True:
            name, verdicts[name] = receiver.recv()
    process.join()
    assert verdicts == {name: (OPEN, f"{name} is yours to write") for name in Lab(path).exercises}


@pytest.mark.parametrize("path", LABS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_the_books_own_code_passes(path, tmp_path, request):
    """By the examples of every exercise, and in one lab (in all of them with --long) by the module's tests:
    the same code passes those where it stands."""
    solved = tmp_path / path.name
    solved.write_text(solution(Lab(path)), encoding="utf-8")
    assert judge(solved, tests=path.stem == "bigram" or request.config.getoption("long")) == (PASSES, "")


@pytest.mark.parametrize("path", LABS, ids=named)
def test_every_example_stands_below_the_title_of_a_section_of_the_chapter(path):
    """What is wrong is explained by that section, so that a title which was changed there leaves a mistake
    unexplained."""
    lab = Lab(path)
    names = runpy.run_path(str(path))
    for name in lab.exercises:
        found = [title for title, _ in examples(lab, name, names)]
        assert found and None not in found, name


def with_body(tmp_path, name, body, lab=ENGINE):
    """A reader's engine.py in which the stub of name has this body -> what grading it says."""
    mine = tmp_path / "engine.py"
    text = lab.read_text(encoding="utf-8")
    stub = re.compile(rf'^( *)raise NotImplementedError\("{re.escape(name)} is yours to write"\)',
                      re.MULTILINE)
    indent = stub.search(text)[1]
    body = "\n".join(indent + line for line in body.splitlines())
    mine.write_text(stub.sub(lambda _: body, text), encoding="utf-8")
    return mine


TANH = 't = math.tanh(self.data)\nreturn node(t, "tanh", (self, {slope}))'
RECURSIVE = """order, done = [], set()
def visit(value):
    if value not in done:
        done.add(value)
        for source, _ in value.inputs:
            visit(source)
        order.append(value)
visit(root)
return order"""
BACKWARD = """for value in topological_order(self):
    if value.operation:
        value.grad = 0.0
self.grad += 1.0
for value in reversed(topological_order(self)):
    for source, slope in value.inputs:
        source.grad {equals} slope * value.grad"""


def test_a_right_answer_of_ones_own_passes_examples_and_tests(tmp_path):
    mine = with_body(tmp_path, "Value.tanh", TANH.format(slope="1 - t ** 2"))
    assert judge(f"{mine}::Value.tanh") == (PASSES, "")


@pytest.mark.parametrize("name, body, says", [
    ("Value.tanh", TANH.format(slope="1 - t"), [
        "expected    0.7864477329659275\n    came        0.53788",
        "An operation computes two things at once: its result, and the slope toward each of its inputs.",
        "Read: docs/micrograd/autograd.md, What does a `Value` remember? Inputs and slopes"]),
    ("Value.backward", BACKWARD.format(equals="="), [
        "expected    4.0", "Paths add up.", "Read: docs/micrograd/autograd.md, Why `+=`? Paths add up"]),
    ("topological_order", "return [root]", [
        "Walk the values in reverse topological order", "In which order?"]),
    ("topological_order", "return [*(v for a, _ in root.inputs for v in topological_order(a)), root]",
     ["came        ['x', 'x', 'u']"]),
    ("topological_order", RECURSIVE, [
        "came        RecursionError", "A function that calls itself goes as deep as Python allows.",
        "Read: docs/micrograd/autograd.md, How deep may a graph be? Recursion and a stack"]),
    ("Value.tanh", "return 1 / 0", ["ZeroDivisionError: division by zero, from line"]),
])
def test_a_mistake_is_explained_by_the_chapters_takeaway(tmp_path, name, body, says):
    state, why = judge(f"{with_body(tmp_path, name, body)}::{name}")
    assert state == WRONG
    for part in says:
        assert part in why


TRAINING_MISTAKES = {    # the lab's exercise, its body, and what is said of it
    "a mean of means": ("accumulated", """
for x, y in parts:
    (total_loss(x, y) / (y >= 0).sum() / len(parts)).backward()
return sum(total_loss(x, y).item() / (y >= 0).sum().item() for x, y in parts) / len(parts)""", [
        "expected    (4.0, -2.0)\n    came        (8.0, -4.0)", "Divide sums once, by the number of all"]),
    "patience that is not renewed": ("stopping_point", """
best = waited = 0
for n, loss in enumerate(losses):
    waited += n > 0 and loss >= losses[best]
    best = n if loss < losses[best] else best
    if waited == patience:
        break
return n + 1, best""", ["it counts anew", "Keep the best parameters"]),
    "a state that training changes": ("snapshot", """
return {"parameters": [p.detach().clone() for p in parameters], "step": step,
        "optimizer": optimizer.state_dict(), "generator": generator.get_state()}""", [
        "expected    (3, True)\n    came        (3, False)", "Whatever a step reads and changes"]),
}


@pytest.mark.parametrize("name, body, says", TRAINING_MISTAKES.values(), ids=TRAINING_MISTAKES)
def test_the_mistakes_of_the_training_loop_are_explained(tmp_path, name, body, says):
    mine = with_body(tmp_path, name, body.lstrip(), ROOT / "labs/makemore/training.py")
    state, why = judge(f"{mine}::{name}")
    assert state == WRONG and all(each in why for each in says)


def test_a_mistake_that_the_examples_do_not_find_is_found_by_the_modules_tests(tmp_path):
    """tanh's slope is wrong below zero only, where no example looks."""
    mine = with_body(tmp_path, "Value.tanh", TANH.format(slope="1 - t * t if t >= 0 else 1.0"))
    state, why = judge(f"{mine}::Value.tanh")
    assert state == WRONG and "The book's tests say: " in why
    assert "The test: tests/micrograd/test_engine.py" in why


MODELS_MISTAKES = {    # the lab, its exercise, a body, and what is said of it
    "no keepdim": ("bigram", "smoothed", "counts = counts.double() + alpha\nreturn counts / counts.sum(1)", [
        "expected    [[0.0, 1.0], [0.5, 0.5]]", "Sum with `keepdim=True` before you divide",
        "Read: docs/makemore/bigrams.md, How does a row become a distribution? Broadcasting"]),
    "no row for a symbol that never came": (
        "bigram", "count_pairs",
        "ids, V = vocabulary.stream(words), len(vocabulary)\n"
        "counts = torch.bincount(ids[:-1] * V + ids[1:])\n"
        "return counts[:len(counts) // V * V].view(-1, V)", [
            "came        [[0, 2, 0], [1, 0, 1]]", "Read in base 27, a pair is its own place in that table.",
            "Read: docs/makemore/bigrams.md, How do pairs become a table? A tensor of counts"]),
    "a mean that is taken away": (
        "modern", "RMSNorm.forward",
        "x = x - x.mean(-1, keepdim=True)\n"
        "return x / (x.square().mean(-1, keepdim=True) + self.eps).sqrt() * self.weight", [
            "came        [-1.0, 1.0, 1.0, -1.0]\n\nRead: docs/makemore/modern.md, Which half"]),
    "a sum, not a mean": (
        "neural_bigram", "slopes",
        "p = logits.softmax(1)\np[torch.arange(len(targets)), targets] -= 1\nreturn p", [
            "expected    [[0.125, 0.125, -0.375, 0.125]",
            "Read: docs/makemore/neural-bigram.md, Which way is downhill? The gradient of cross-entropy"]),
    "shares that are not halved": ("heads", "rollout", """
total = own = torch.eye(maps[0].shape[-1])
for weights in maps:
    total = (weights.mean(1) + own) @ total
return total""", [
        "came        [[[2.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 2.0]]]", "so that rows keep the sum 1",
        "Read: docs/makemore/heads.md, Which letters reach a place? Attention rollout"]),
    "layers in the wrong order": ("heads", "rollout", """
total = own = torch.eye(maps[0].shape[-1])
for weights in maps:
    total = total @ ((weights.mean(1) + own) / 2)
return total""", [
        "came        [[[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]]", "the last layer's on the left"]),
    "the other head's channels": ("heads", "without", """
attention = model.body.blocks[layer].attention
if not 0 <= head < attention.heads:
    raise ValueError(f"head {head} of layer {layer}, which has {attention.heads}")
def silence(_, given):
    joined = given[0].clone()
    joined[..., head::attention.heads] = 0
    return (joined,)
hook = attention.out.register_forward_pre_hook(silence)
try:
    yield model
finally:
    hook.remove()""", [
        "expected    [[[1.0, 2.0, 0.0, 0.0]]]\n    came        [[[1.0, 0.0, 3.0, 0.0]]]",
        "What a head is worth is told by the loss without it.",
        "Read: docs/makemore/heads.md, What is a head worth? Ablation by the loss"]),
    "a hook that an error leaves behind": ("heads", "without", """
attention = model.body.blocks[layer].attention
if not 0 <= head < attention.heads:
    raise ValueError(f"head {head} of layer {layer}, which has {attention.heads}")
D = attention.out.in_features // attention.heads
def silence(_, given):
    joined = given[0].clone()
    joined[..., head * D:(head + 1) * D] = 0
    return (joined,)
hook = attention.out.register_forward_pre_hook(silence)
yield model
hook.remove()""", ["expected    [[[1.0, 2.0, 3.0, 4.0]]]\n    came        [[[0.0, 0.0, 3.0, 4.0]]]"]),
}


@pytest.mark.parametrize("lab, name, body, says", MODELS_MISTAKES.values(), ids=MODELS_MISTAKES)
def test_a_models_mistake_is_told(tmp_path, lab, name, body, says):
    mine = with_body(tmp_path, name, body.lstrip(), ROOT / f"labs/makemore/{lab}.py")
    state, why = judge(f"{mine}::{name}")
    assert state == WRONG
    for part in says:
        assert part in why


TENSORS_MISTAKES = {    # the lab of scratch.torch, its exercise, a body, and what is said of it
    "axes of length 1 are left as they are": (
        "walk", "unbroadcast", "while g.ndim > len(shape):\n    g = g.sum(0)\nreturn g", [
            "expected    [[6.0], [60.0]]", "Forward a copy, backward a sum;",
            "Read: docs/torch/autograd.md, Why is the gradient of a broadcast a sum?"]),
    "no transpose, where all shapes fit": (
        "products", "left_slope", "return g @ b", [
            "expected    [[1.0, 3.0], [200.0, 400.0]]\n    came        [[1.0, 2.0], [300.0, 400.0]]"]),
    "written, not added": (
        "gathering", "gather_back", "return g.new_zeros(shape).scatter(at, index, g)", [
            "expected    [[0.0, 0.0, 3.0], [7.0, 0.0, 0.0]]", "Copies add up,"]),
    "a parameter's name for a tensor": ("module", "Module.__setattr__", """
if isinstance(value, Parameter):
    self._parameters[name] = value
elif isinstance(value, torch.nn.Module):
    self._modules[name] = value
else:
    object.__setattr__(self, name, value)""", ["expected    refused\n    came        nothing"]),
    "no way along the other axes": (
        "backend", "picked",
        "return [a.offset + i * a.strides[axis] for i in checked(index, a.shape[axis])]", [
            "expected    [2, 3]\n    came        [2, 0]", "What can be composed of other kernels"]),
}


@pytest.mark.parametrize("lab, name, body, says", TENSORS_MISTAKES.values(), ids=TENSORS_MISTAKES)
def test_a_mistake_with_tensors_is_told(tmp_path, lab, name, body, says):
    mine = with_body(tmp_path, name, body.lstrip(), ROOT / f"labs/torch/{lab}.py")
    state, why = judge(f"{mine}::{name}")
    assert state == WRONG
    for part in says:
        assert part in why


KERNELS_MISTAKES = {    # the lab's exercise, a change to its kernel, and what is said of it
    "no guard": ("threads", "relu", "if (i < N) ", "", [
        "outside: line 5, x[i], loads element 5 of 5 elements of x",
        "Round the number of blocks up and guard every access",
        "Read: docs/cuda/vector-addition.md, What if the last block is not full?"]),
    "wrong index": ("threads", "squared", "y[threadIdx.x]", "y[threadIdx.x + 1]", [
        "stores to element 4 of 4 elements of y"]),
    "wrong row length": ("threads", "transposed", "y[c * R + r]", "y[c * C + r]", [
        "outside: line 5, y[c * C + r]"]),
    "x and y swapped": ("threads", "transposed", "c = threadIdx.x, r = threadIdx.y",
                        "c = threadIdx.y, r = threadIdx.x", [
        "expected    [[1.0], [2.0], [3.0], [4.0], [5.0]]",
        "came        [[1.0], [2.0], [nan], [nan], [nan]]"]),
    "one place off": ("threads", "backwards", "N - 1 - i", "N - i", [
        "loads element 6 of 6", "Read: docs/cuda/vector-addition.md, Which element is mine?"]),
    "no block number": ("threads", "backwards", "blockIdx.x * blockDim.x + ", "", [
        "race: line 5, y[i], stores to what line 5"]),
    "no barrier, right numbers": ("shared", "rotated", "    __syncthreads();\n", "", [
        "                  7 |     if (t < length) x[begin + t] = piece[(t + 1) % length];\n",
        "A barrier stands between a store and another thread's load of the same cell."]),
    "a barrier that some miss": ("shared", "rotated", "N - begin);",
                                 "N - begin);\n    if (t >= length) return;", [
        "came        LaunchError: ", "line 6", "__syncthreads"]),
    "no halo": ("shared", "convolved", "    if (t < 2 && i + 4 < N) held[t + 4] = x[i + 4];\n", "", [
        "unwritten: line 10, held[t + 2], loads shared memory that no thread of the block has stored to"]),
    "halo too far": ("shared", "pooled", "min(t + 1, N - 1)", "t + 1", ["element 8 of 8 elements of held"]),
    "loaded twice": ("shared", "pooled", "held[max(t - 1, 0)]", "x[max(t - 1, 0)]", [
        "expected    8\n", "came        16\n"]),
    "everybody adds": ("shared", "dot", "if (t < span) ", "", ["outside: line 11, part[t + span]"]),
    "reads while others write": ("shared", "prefix_sum", "__syncthreads();    // all have read", "", [
        "race: line 9, part[t - reach], loads"]),
    "overwrites while others read": ("matmul", "matmul", "__syncthreads();             // everyone", "//", [
        "race: line ", "no barrier between", "Read: docs/cuda/matmul.md"]),
    "no tile": ("matmul", "matmul", "a_tile[y][k] * b", "(m < M && k0 + k < K ? A(m, k0 + k) : 0) * b", [
        "expected    4.0\n", "came        12.0\n", "What if a block shares what it has read?"]),
    "no padding": ("transpose", "tile_transposed", "32 + 1", "32", [
        "expected    1\n", "came        32\n", "shared memory wants them in different banks"]),
    "scattered stores": ("transpose", "tile_transposed",
                         "if (c0 + i < C && r0 + t < R) y[(c0 + i) * R + r0 + t] = tile[t][i]",
                         "if (c0 + t < C && r0 + i < R) y[(c0 + t) * R + r0 + i] = tile[i][t]", [
        "expected    4\n", "came        32\n",
        "Read: docs/cuda/transpose.md, Why is a transpose scattered?"]),
    "no maximum": ("softmax", "softmax_rows", "x[c] - most", "x[c]", [
        "expected    True\n", "came        False\n", "A stable softmax is two reductions"]),
    "no second barrier": ("softmax", "softmax_rows", "__syncthreads();    // all have read", "", [
        "race: line "]),
    "a third pass": ("softmax", "online_rows", "float m = x[t], s", "float m = fmaxf(x[t], x[t]), s", [
        "expected    2.0\n", "What can be joined in any grouping"]),
    "squares before the mean": ("softmax", "layer_norm_rows", "own += (x[c] - mean) * (x[c] - mean);",
                                "own += x[c] * x[c] - mean * mean;", [
        "came        False\n", "Subtract before you square."]),
    "a mixture that is not repaired": ("attention", "attended", "c * shrink + w", "c + w", [
        "came        [[15.0, 4.0], [30.0, 8.0]]\n", "all three repaired by one factor"]),
    "a query loaded for each key": ("attention", "attended", "score = a * k", "score = q[2 * t] * k", [
        "expected    144\n", "came        180\n"]),
    "still racing": ("races", "folded", "t == 0", "t == 1", ["race: line 11, part[0]"]),
    "still in the branch": ("races", "evened", "if (t < N) held[t] = x[t];\n    __syncthreads();",
                            "if (t < N) {\n    held[t] = x[t];\n    __syncthreads();\n    }", [
        "LaunchError: "]),
    "no atomic": ("races", "counted", "atomicAdd(&counts[(int)x[i]], 1.0f)", "counts[(int)x[i]] += 1", [
        "race: line "]),
    "no kernel": ("threads", "squared", "__global__ ", "", [
        "came        ValueError: a kernel's text has a line `__global__ void name(...)`; this is '"]),
    "no semicolon": ("threads", "squared", "* x[threadIdx.x];", "* x[threadIdx.x]", [
        "came        CompileError: "]),
}


@pytest.mark.parametrize("lab, name, old, new, says", KERNELS_MISTAKES.values(), ids=KERNELS_MISTAKES)
def test_a_kernels_mistake_is_told(tmp_path, lab, name, old, new, says):
    assert old in KERNELS[name]
    kernel = KERNELS[name].replace(old, new)
    mine = with_body(tmp_path, name, f"return {kernel!r}", ROOT / f"labs/cuda/{lab}.py")
    state, why = judge(f"{mine}::{name}")
    assert state == WRONG
    for part in says:
        assert part in why


def test_numbers_may_differ_in_their_last_digits_and_nothing_else_may():
    same = Close().check_output
    assert same("a\n0.30000000000000004\n", "a\n0.3\n", 0) and same("0.30000000000000004\n", "0.3\n", 0)
    assert same("(1, [2.0])\n", "(1, [2.0000000000000004])\n", 0)
    assert not same("0.3\n", "0.31\n", 0) and not same("Size([4])\n", "Size([9])\n", 0)
    assert not same("0.3\n", "nan\n", 0) and not same("(1, 2)\n", "(1, 2, 3)\n", 0)


def test_a_loop_that_never_ends_is_stopped(tmp_path):
    mine = with_body(tmp_path, "Value.tanh", "while True:\n    pass")
    assert judge(f"{mine}::Value.tanh", limit=2) == (
        WRONG, "After 2 seconds of processor time it was still running. Is there a loop that never ends?")


def test_an_answer_that_takes_python_with_it_is_a_mistake_like_others(tmp_path):
    mine = with_body(tmp_path, "Value.tanh", "import os\nos.abort()")
    assert judge(f"{mine}::Value.tanh") == (
        WRONG, "Command 'python' died with <Signals.SIGABRT: 6>.")


@pytest.mark.parametrize("module, tests", [
    ("scratch.micrograd.engine", "tests/micrograd/test_engine.py"),
    ("scratch.cuda.kernels.matmul", "tests/cuda/kernels/test_matmul.py"),
])
def test_a_labs_tests_lie_where_its_module_does(tmp_path, module, tests):
    mine = tmp_path / "mine.py"
    mine.write_text(f'"""Exercises: f.\nChapter: docs/a.md.  In place of: {module}."""\n', encoding="utf-8")
    assert Lab(mine).tests == ROOT / tests


@pytest.mark.parametrize("text, says", [
    ('"""Exercises: f.\nChapter: docs/a.md."""\ndef f(:\n', "line 3, is not Python"),
    ('"""Nothing."""\n', "has no lines `Exercises: ….`"),
])
def test_a_file_that_cannot_be_graded_says_why(tmp_path, text, says):
    mine = tmp_path / "mine.py"
    mine.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=says):
        Lab(mine)
    with pytest.raises(LabError, match="No such file"):
        Lab(tmp_path / "gone.py")


def test_an_exercise_that_was_deleted_is_missed(tmp_path):
    mine = tmp_path / "engine.py"
    mine.write_text(ENGINE.read_text(encoding="utf-8").replace("def tanh", "def tan"), encoding="utf-8")
    state, why = judge(f"{mine}::Value.tanh")
    assert state == WRONG and "has no Value.tanh any more" in why


@pytest.mark.parametrize("lost, says", [
    ("What does a `Value` remember? Inputs and slopes", "has lost the title above its examples"),
    (">>> ", "has lost its examples"),
])
def test_what_was_deleted_from_a_docstring_is_missed(tmp_path, lost, says):
    mine = with_body(tmp_path, "Value.tanh", TANH.format(slope="1 - t * t"))
    mine.write_text(mine.read_text(encoding="utf-8").replace(lost, ""), encoding="utf-8")
    state, why = judge(f"{mine}::Value.tanh")
    assert state == WRONG and says in why


def test_the_commands_list_what_passes_and_explain_the_first_mistake(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    mine = with_body(tmp_path, "Value.tanh", TANH.format(slope="1 - t"))
    assert main([str(mine)]) == 1
    said = capsys.readouterr().out
    assert re.search(r"Value\.tanh +not yet right", said) and re.search(r"topological_order +to write", said)
    assert "Read: docs/micrograd/autograd.md" in said
    status, said = pytest_with(mine, "tests/micrograd/test_engine.py")
    assert status == 1 and "The book's tests say: " in said
    shown = os.path.relpath(mine, ROOT)
    assert f"{shown}: not yet right" in said


def test_what_a_code_page_lacks_does_not_stop_the_report(monkeypatch):
    """The check mark and a sentence of the book's, in a code page that has neither."""
    monkeypatch.chdir(ROOT)
    out, err = io.BytesIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, "ascii", write_through=True))
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr(sys, "argv", ["lab", "labs/micrograd/engine.py::Value.tanh"])
    monkeypatch.delitem(sys.modules, "lab.__main__")    # imported above, to be run now
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("lab", run_name="__main__")
    assert ended.value.code == 1 and not err.getvalue()
    said = out.getvalue()
    assert b"\\xb7 Value.tanh  to write" in said and b"Value.tanh is yours to write" in said
