"""Random programs over tensors, for the tests of scratch.torch: text that PyTorch and ours execute.

A program is a list of lines such as `v7 = v3.transpose(0, 1)[1:]` or `v2[0] += v5`. It is drawn while
PyTorch executes it, so that sizes fit where they should; some lines are wrong on purpose, and their oracle is
the class of PyTorch's error. After each line the tensor that it made, and whatever it wrote through, are
compared; after the last, backward() runs in both, and the gradients of the leaves are.
"""

import functools
import math
import random
import re
import warnings

import numpy as np
import torch

UNARY = """-{} ; {}.abs() ; {}.tanh() ; {}.sigmoid() ; {}.relu() ; {}.tanh().exp() ; ({}.abs() + 1).log()
    ; ({}.abs() + 1).sqrt() ; {}.sin() ; {}.cos() ; {}.square() ; {} ** 2 ; {}.clamp(-1, 1)
    ; {}.clamp(min=0.25) ; 1 / ({}.abs() + 1) ; {} * 0.5 ; 2 - {} ; {} / 4 ; {} + 1 ; {}.sign()
    ; {}.neg() ; torch.tanh({}) ; torch.where({0} > 0, {0}, 0.5) ; {}.floor() ; {}.round()
    ; ({}.abs() + 0.5).rsqrt() ; {} // 2 ; {} % 3 ; {}.reciprocal() ; {}.log() ; ({}.tanh()).erf()
    ; {}.isfinite() ; {}.nan_to_num() ; {0}.lerp({0}.tanh(), 0.5) ; {}.rad2deg() ; {0}.clamp(-{0}, {0})"""
BINARY = """{} + {} ; {} - {} ; {} * {} ; {} / ({}.abs() + 1) ; torch.maximum({}, {})
    ; torch.minimum({}, {}) ; {} * {}.tanh() ; torch.where({0} > {1}, {0}, {1})
    ; {}.add({}, alpha=2) ; torch.add({}, {}) ; {} / {}"""
COMPARE = "{} > {} ; {} <= {} ; {} == {} ; {} != {}"
WHOLE = """{}.sum() ; {}.mean() ; {}.max() ; {}.min() ; {}.argmax() ; {}.any() ; {}.all() ; {}.var()
    ; {}.std() ; {}.norm() ; {}.numel() + {}"""
ALONG = """{}.sum({}) ; {}.sum({}, keepdim=True) ; {}.mean({}) ; {}.max({})[0] ; {}.max({}, keepdim=True)[1]
    ; {}.min({}).values ; {}.amax({}) ; {}.argmax({}) ; {}.cumsum({}) ; {}.softmax({}) ; {}.log_softmax({})
    ; {}.var({}, unbiased=False) ; {}.mean({}, keepdim=True) ; {}.std({}, keepdim=True) ; {}.flip({})
    ; {}.all({}) ; {}.any({}) ; {}.prod({}) ; {}.argmin({}) ; {}.sort({})[0] ; {}.logsumexp({})
    ; {}.sort({}, descending=True)[1] ; {}.amin({}, keepdim=True) ; {}.unbind({})[0]"""
UNARY, BINARY, COMPARE, WHOLE, ALONG = (
    re.split(r"\s*;\s*", texts) for texts in (UNARY, BINARY, COMPARE, WHOLE, ALONG))
DTYPES = ["float32", "float64", "int64", "int32", "bool"]
STEPS = re.compile(r"floor|round|//|%|int|bool|nonzero|sign\(")    # these jump, and the next ones turn
TURNS = re.compile(r"[<>!]|==|max|min|where|clamp|relu|abs|sort|mask|any|all|norm|std|var|/ v|recip|sqrt|log")
FLOATING = {torch.float32, torch.float64}


class Program:
    """A program while it is drawn: its lines, and PyTorch's tensors by name."""

    def __init__(self, seed):
        self.choose = random.Random(seed)
        self.lines, self.names, self.made = [], {"torch": torch}, 0

    def run(self, line):
        """Execute a line in PyTorch and keep it, unless a rounding may decide what it does."""
        read = [self.names[name] for name in re.findall(r"v\d+", line) if name in self.names]
        if not all(map(exact, read)) and (STEPS.search(line) or TURNS.search(line) and not far_apart(read)):
            return
        if "masked_fill_" in line and any(0 in tensor.stride() for tensor in read):
            return               # one place for several elements, of which only some are masked
        if "softmax" in line and not read[0].is_floating_point():
            return               # refused in one shape and computed in another
        execute(line, self.names)
        self.lines.append(line)
        result = self.names.get(line.split(" = ")[0])
        if isinstance(result, torch.Tensor) and (result.numel() > 400 or not bounded(result)):
            del self.names[line.split(" = ")[0]]      # compared now, and not used again

    def new(self):
        self.made += 1
        return f"v{self.made}"

    def tensors(self, *kinds):
        """The names of the tensors so far, of these dtypes if any are given."""
        return [name for name, value in self.names.items()
                if isinstance(value, torch.Tensor) and (not kinds or value.dtype in kinds)]

    def any(self, *kinds):
        """One of them, rather a recent one."""
        names = self.tensors(*kinds) or self.tensors()
        return names[-1 - min(int(self.choose.expovariate(0.3)), len(names) - 1)]

    def ending(self):
        """The last lines: a sum over all that has a gradient, and backward."""
        terms = [f"loss = loss + {name}.double().sum()" for name, value in self.names.items()
                 if isinstance(value, torch.Tensor) and value.requires_grad]
        return ["loss = 0", *terms, "loss.backward()"] if terms else []

    def leaf(self):
        """A tensor of small eighths, in a shape that others broadcast with, maybe with a gradient."""
        choose = self.choose
        shape = choose.choice([(), (3,), (4,), (1,), (2, 3), (3, 4), (4, 4), (2, 3, 4), (3, 1), (1, 4),
                               (0, 3), (2, 1, 4), (1, 3, 1), (1, 1)])
        dtype = choose.choice(["float64"] * 5 + ["float32"] * 3 + ["int64"] * 2 + ["int32", "bool"])
        numbers = [choose.randint(-16, 16) / 8 for _ in range(math.prod(shape))]
        if dtype.startswith("int"):
            numbers = [int(4 * number) for number in numbers]
        if dtype == "bool":
            numbers = [number > 0 for number in numbers]
        needs = dtype.startswith("float") and choose.random() < 0.6
        for n in reversed(shape[1:]):
            numbers = [numbers[i:i + n] for i in range(0, len(numbers), n)]
        text = f"torch.tensor({numbers if shape else numbers[0]}, dtype=torch.{dtype})"
        if 0 in shape:
            text = f"torch.empty({shape}, dtype=torch.{dtype})"
        name = self.new()
        self.run(f"{name} = {text}" + (".requires_grad_()" if needs else ""))
        return name

    def partner(self, name):
        """Another tensor, if there is one, whose shape broadcasts with this one's; sometimes any."""
        shape = self.names[name].shape
        fitting = [other for other in self.tensors() if fits(self.names[other].shape, shape)]
        return self.choose.choice(fitting if fitting and self.choose.random() < 0.97 else self.tensors())

    def step(self):
        """Draw one line and run it."""
        kind = self.choose.choices(
            [self.unary, self.binary, self.along, self.whole, self.view, self.index, self.gather,
             self.product, self.convert, self.join, self.write, self.write_at, self.compare, self.unnoticed],
            [14, 12, 9, 3, 20, 12, 6, 5, 4, 4, 8, 10, 2, 2])[0]
        kind()

    def unary(self):
        self.run(f"{self.new()} = " + self.choose.choice(UNARY).format(self.any()))

    def binary(self):
        a = self.any()
        self.run(f"{self.new()} = " + self.choose.choice(BINARY).format(a, self.partner(a)))

    def compare(self):
        a = self.any()
        other = self.choose.choice(["0", self.partner(a)])
        self.run(f"{self.new()} = " + self.choose.choice(COMPARE).format(a, other))

    def axis(self, name):
        """An axis of a tensor, from either end; one that it does not have, now and then."""
        ndim = self.names[name].ndim
        if self.choose.random() < 0.03:
            return ndim + 1
        return self.choose.randint(-ndim, ndim - 1) if ndim else 0

    def along(self):
        a = self.any(*FLOATING) if self.choose.random() < 0.8 else self.any()
        self.run(f"{self.new()} = " + self.choose.choice(ALONG).format(a, self.axis(a)))

    def whole(self):
        a = self.any()
        self.run(f"{self.new()} = " + self.choose.choice(WHOLE).format(a, a))

    def view(self):
        choose, a = self.choose, self.any()
        value = self.names[a]
        shape, ndim = list(value.shape), value.ndim
        kinds = ["t", "view", "reshape", "squeeze", "unsqueeze", "flatten", "expand", "alias", "contiguous"]
        if ndim:
            kinds += ["narrow", "chunk", "split", "select", "unflatten", "movedim", "swap"]
        if ndim >= 2:
            kinds += ["transpose"] * 3 + ["permute"] * 2 + ["diagonal", "mT", "as_strided", "tril"]
        kind = choose.choice(kinds)
        text = {
            "t": lambda: f"{a}.t()", "mT": lambda: f"{a}.mT",
            "view": lambda: f"{a}.view({self.regrouped(shape)})",
            "reshape": lambda: f"{a}.reshape({self.regrouped(shape)})",
            "squeeze": lambda: f"{a}.squeeze({choose.choice(['', str(self.axis(a))])})",
            "unsqueeze": lambda: f"{a}.unsqueeze({choose.randint(-ndim - 1, ndim)})",
            "flatten": lambda: f"{a}.flatten({choose.choice(['', '0, 1', '1', '-2'])})",
            "expand": lambda: f"{a}.expand({self.expanded(shape)})",
            "alias": lambda: f"{a}" + choose.choice([".detach()", "[...]", f".view_as({a})", ".clone()"]),
            "contiguous": lambda: f"{a}.contiguous()",
            "narrow": lambda: f"{a}.narrow({self.axis(a)}, {choose.randint(0, 1)}, {choose.randint(0, 2)})",
            "chunk": lambda: f"{a}.chunk(2, {self.axis(a)})[-1]",
            "split": lambda: f"{a}.split({choose.randint(1, 2)}, {self.axis(a)})[0]",
            "select": lambda: f"{a}.select({self.axis(a)}, {choose.randint(-1, 1)})",
            "unflatten": lambda: f"{a}.unflatten({self.axis(a)}, "
                                 f"{choose.choice(['(2, -1)', '(-1, 2)', '(1, -1)'])})",
            "movedim": lambda: f"{a}.movedim({self.axis(a)}, {self.axis(a)})",
            "swap": lambda: f"{a}.transpose({self.axis(a)}, {self.axis(a)})",
            "transpose": lambda: f"{a}.transpose({self.axis(a)}, {self.axis(a)})",
            "permute": lambda: f"{a}.permute({choose.sample(range(ndim), ndim)})",
            "diagonal": lambda: f"{a}.diagonal({choose.choice(['', '1', '-1'])})",
            "as_strided": lambda: f"{a}.as_strided((2, 2), "
                                  f"{choose.choice([(2, 1), (1, 2), (0, 1), (2, 0)])})",
            "tril": lambda: f"{a}.{choose.choice(['tril', 'triu'])}({choose.choice(['', '1', '-1'])})",
        }[kind]()
        self.run(f"{self.new()} = {text}")

    def regrouped(self, shape):
        """Another shape of as many elements, mostly."""
        choose, count = self.choose, math.prod(shape)
        ways = ["-1", *map(str, shape[::-1])][:1]
        for n in (2, 3, 4, 6):
            if count and count % n == 0:
                ways += [f"{n}, -1", f"-1, {n}", f"{n}, {count // n}"]
        if len(shape) > 1:
            ways += [", ".join(map(str, shape[::-1])), f"{shape[0]}, -1", f"-1, {shape[-1]}"]
        return choose.choice(ways)

    def expanded(self, shape):
        """A shape to expand to."""
        grown = [self.choose.choice([2, 3]) if n == 1 else self.choose.choice([n, -1]) for n in shape]
        return self.choose.choice([[], [2]]) + grown or [2]

    def indexer(self, a):
        """Text of an index into a: integers, slices, None, ..., masks, lists and tensors of integers."""
        choose, shape, parts = self.choose, list(self.names[a].shape), []
        dots = False
        wide = choose.choice([1, 2])    # as long as all the lists in it are
        while shape and (not parts or choose.random() < 0.6):
            n = shape[0]
            kind = choose.choices(["int", "slice", "none", "dots", "list", "tensor", "mask", "all"],
                                  [5, 6, 2, 0 if dots else 1.5, 2, 2, 1.5, 3])[0]
            if kind == "none":
                parts.append("None")
                continue
            if kind == "dots":
                dots = True
                parts.append("...")
                shape = shape[-1:]
                continue
            if kind == "mask":
                parts.append(f"torch.tensor({[choose.random() < 0.6 for _ in range(n)]}, dtype=torch.bool)")
            if kind == "int":
                parts.append(str(choose.randint(-n, n - 1) if n and choose.random() < 0.97 else n))
            if kind == "slice":
                low = choose.choice(["", str(choose.randint(-n - 1, n))])
                high = choose.choice(["", str(choose.randint(-n, n + 1))])
                parts.append(f"{low}:{high}" + choose.choice(["", "", ":2", ":3"]))
            if kind == "all":
                parts.append(":")
            if kind == "list":
                parts.append(str([choose.randint(-n, n - 1) if n else 0 for _ in range(wide)]))
            if kind == "tensor":
                numbers = [[choose.randint(-n, n - 1) if n else 0] for _ in range(wide)]
                if choose.random() < 0.5:
                    numbers = [each for [each] in numbers]
                parts.append(f"torch.tensor({numbers})")
            shape = shape[1:]
        return ", ".join(parts) or choose.choice(["...", "None", "()", "True", "False", "torch.tensor(True)"])

    def index(self):
        a = self.any()
        mask = [each for each in self.tensors(torch.bool) if self.names[each].shape == self.names[a].shape]
        chosen = self.choose.choice(mask) if mask and self.choose.random() < 0.3 else self.indexer(a)
        self.run(f"{self.new()} = {a}[{chosen}]")

    def gather(self):
        choose, a = self.choose, self.any()
        axis, value = self.axis(a), self.names[a]
        n = value.shape[axis] if value.ndim and -value.ndim <= axis < value.ndim else 1
        rows = [choose.randint(0, n - 1) if n else 0 for _ in range(choose.randint(0, 4))]
        shape = tuple(value.shape)
        few = [choose.randint(0, n - 1) if n else 0 for _ in range(math.prod(shape))]
        where = f"torch.tensor({few}, dtype=torch.int64).view({shape})"
        if n > 1 and choose.random() < 0.3:
            where += f".narrow({axis}, 0, 1)"
        text = choose.choice([
            f"{a}.index_select({axis}, torch.tensor({rows}, dtype=torch.int64))",
            f"{a}.gather({axis}, {where})", f"{a}.take(torch.tensor([0, -1]))",
            f"{a}.masked_fill({a} > 0, 0.25)", f"{a}.masked_select({a} > 0)",
            f"torch.zeros_like({a}).scatter_add({axis}, {where}, {a})", f"{a}.scatter({axis}, {where}, 1)",
            f"{a}.index_add({axis}, torch.tensor({list(range(n)) or [0]})[:1], {a}.narrow({axis}, 0, 1))",
            f"{a}.roll(1, {axis})", f"{a}.repeat({', '.join(['2', *['1'] * value.ndim])})",
            f"{a}.nonzero()", f"{a}.repeat_interleave(2, {axis})",
            f"torch.take_along_dim({a}, {where}, {axis})"])
        self.run(f"{self.new()} = {text}")

    def product(self):
        a = self.any(*FLOATING)
        value = self.names[a]
        fitting = [b for b in self.tensors(value.dtype) if self.names[b].ndim and value.ndim
                   and self.names[b].shape[-2 if self.names[b].ndim > 1 else 0] == value.shape[-1]]
        b = self.choose.choice(fitting or self.tensors(value.dtype))
        text = self.choose.choice([
            "{} @ {}", "torch.matmul({}, {})", "{0} @ {0}.mT", "{0}.mT @ {0}", "{}.mm({})",
            "torch.bmm({}, {})", "torch.einsum('...i,...i->...', {0}, {0})",
            "torch.einsum('ij,jk->ki', {0}, {1}.to({0}.dtype))",
            "torch.outer({0}, {1})"]).format(a, b)
        self.run(f"{self.new()} = ({text}).clone(memory_format=torch.contiguous_format) / 2")

    def convert(self):
        self.run(f"{self.new()} = {self.any()}.to(torch.{self.choose.choice(DTYPES)})")

    def join(self):
        a = self.any()
        same = [b for b in self.tensors() if self.names[b].shape == self.names[a].shape]
        b = self.choose.choice(same)
        text = self.choose.choice(["cat", "stack"])
        self.run(f"{self.new()} = torch.{text}([{a}, {b}, {a}], {self.axis(a)})")

    def write(self):
        """In place, the whole tensor, which may be a view of another."""
        choose, a = self.choose, self.any()
        b = self.partner(a)
        line = choose.choice([
            f"{a} += {b}", f"{a}.mul_(0.5)", f"{a}.copy_({b})", f"{a}.zero_()", f"{a}.fill_(0.75)",
            f"{a} -= {b}", f"{a}.add_({b}, alpha=0.5)", f"{a}.tanh_()", f"{a}.clamp_(-1, 1)",
            f"{a}.masked_fill_({a} > 0, -0.5)", f"{a} *= {b}.tanh()", f"{a} /= 2", f"{a}.relu_()",
            f"{a}.neg_()", f"{a}.sigmoid_()", f"{a}.sub_(1)",
            f"{a}.abs_()", f"{a}.square_()"])
        self.run(line)

    def write_at(self):
        """Through an index."""
        choose, a = self.choose, self.any()
        at = self.indexer(a)
        name = self.new()
        error = execute(f"{name} = {a}[{at}]", self.names)
        shape = self.names.pop(name).shape if error is None else ()
        memory = self.names[a].untyped_storage().data_ptr()
        others = [b for b in self.tensors() if self.names[b].untyped_storage().data_ptr() != memory] or ["0"]
        kinds = [b for b in others if b != "0" and self.names[b].dtype == self.names[a].dtype
                 and fits(self.names[b].shape, shape, shape)] or ["0"]
        value = choose.choice(["0.5", "1", "-2", choose.choice(kinds), choose.choice(kinds),
                               choose.choice(others)])
        self.run(f"{a}[{at}] {choose.choice(['=', '=', '=', '+=', '*=', '-='])} {value}")

    def unnoticed(self):
        """A write that autograd does not see."""
        a = self.any()
        self.run(self.choose.choice([
            f"with torch.no_grad(): {a} += 1", f"{a}.data[...] = 0.5", f"{a}.detach().mul_(0.5)",
            f"with torch.no_grad(): {self.new()} = {a} * 2"]))


def fits(shape, other, result=None):
    """Whether two shapes broadcast, and to this result."""
    try:
        return result is None or torch.broadcast_shapes(shape, other) == result
    except RuntimeError:
        return False


def bounded(tensor):
    """Whether its numbers are of a size with which errors stay small."""
    return not tensor.numel() or not tensor.is_floating_point() or bool(tensor.detach().abs().max() < 1e4)


def exact(tensor):
    """Whether no rounding can have changed it, so that a comparison of its numbers has one outcome."""
    if not tensor.is_floating_point():
        return True
    numbers = tensor.detach().double() * 4096
    return bool((numbers == numbers.round()).all())


def far_apart(tensors):
    """Whether no two numbers, those at which functions turn included, are as close as errors may be."""
    numbers = [tensor.detach().double().flatten() for tensor in tensors]
    numbers = torch.cat([*numbers, torch.tensor([0, 1, -1, 0.25], dtype=torch.float64)]).sort()[0]
    return bool(((numbers[1:] - numbers[:-1]) > 1e-3).all())


compiled = functools.lru_cache(4096)(lambda line: compile(line, line, "exec"))
LENIENT = re.compile("modified by an inplace operation|been modified inplace|single memory location|"
                     "invalid gradient|isDifferentiableType|Autograd not support dtype")


def execute(line, names):
    """Run one line of text -> the error if there was one."""
    try:
        exec(compiled(line), names)
    except Exception as error:
        return error
    return None


def drawn(seed):
    """The lines of program `seed`."""
    program = Program(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(program.choose.randint(2, 4)):
            program.leaf()
        for _ in range(program.choose.randint(5, 40)):
            program.step()
    return program.lines + program.ending()


def difference(lines, ours):
    """Run lines in PyTorch and in ours: None, or what differs first."""
    theirs, mine = {"torch": torch}, {"torch": ours}
    tolerance = 1e-9
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for line in lines:
            expected, found = execute(line, theirs), execute(line, mine)
            if expected and not found and LENIENT.search(str(expected)):
                return None      # ours has kept what it needs, and can go on
            if not alike(expected, found):
                return f"{line}: {name_of(found)}, where PyTorch has {name_of(expected)}"
            if expected is not None and "backward" in line:
                return None      # gradients are unfinished in both
            made = re.match(r"v\d+(?= = )", line)
            if made and made[0] in theirs and theirs[made[0]].dtype == torch.float32:
                tolerance = 1e-4
            for name in [made[0]] if made else [name for name in theirs if name[0] == "v"]:
                if name in theirs and (wrong := unequal(mine.get(name), theirs[name], tolerance)):
                    return f"after {line}, {name}{wrong}"
    return None


def alike(expected, found):
    """Whether two errors are of one class; what is not implemented is a RuntimeError in Python, too."""
    if expected is None or found is None:
        return expected is found
    return isinstance(found, type(expected)) or isinstance(expected, type(found))


def name_of(error):
    return "no error" if error is None else f"{type(error).__name__} ({error!s:.90})"


def unequal(mine, theirs, tolerance=1e-9):
    """How a tensor of ours differs from PyTorch's: the empty text if it does not."""
    if not isinstance(theirs, torch.Tensor):
        return "" if mine == theirs else f" is {mine!r}, not {theirs!r}"
    if mine is None:
        return " is missing"
    try:
        expected = state(theirs)
    except RuntimeError:     # one of the several views that split or unbind gave, and overwritten
        return ""
    found = state(mine)
    for what, a in found.items():
        if a != expected[what]:
            return f".{what} is {a}, not {expected[what]}"
    if not close(mine, theirs, tolerance):
        return f" is {mine.tolist()}, not {theirs.tolist()}"
    if not theirs.is_leaf:
        return ""
    if (mine.grad is None) != (theirs.grad is None):
        return f".grad is {mine.grad}, not {theirs.grad}"
    if theirs.grad is not None and not close(mine.grad, theirs.grad, tolerance):
        return f".grad is {mine.grad.tolist()}, not {theirs.grad.tolist()}"
    return ""


def state(tensor):
    """What is equal to the letter, apart from the numbers."""
    strides = tuple(tensor.stride()) if tensor.numel() else ()    # without elements, they lead nowhere
    return {"shape": tuple(tensor.shape), "dtype": str(tensor.dtype), "stride()": strides,
            "storage_offset()": tensor.storage_offset(), "_version": tensor._version,
            **(recorded(tensor) if tensor.is_floating_point() else {})}


def recorded(tensor):
    """What autograd says about it."""
    return {"requires_grad": tensor.requires_grad, "is_leaf": tensor.is_leaf,
            "grad_fn is None": tensor.grad_fn is None}


def close(mine, theirs, tolerance=1e-9):
    """Whether numbers agree to some hundred roundings of the largest of them."""
    mine, theirs = np.array(mine.tolist(), dtype=float), np.array(theirs.tolist(), dtype=float)
    largest = np.abs(theirs[np.isfinite(theirs)]).max(initial=1.0)
    return np.allclose(mine, theirs, rtol=0, atol=tolerance * largest, equal_nan=True)


def smallest(lines, ours):
    """A program that is wrong, without the lines that it is wrong without."""
    for _ in range(4):
        before = len(lines)
        for n in reversed(range(len(lines))):
            fewer = lines[:n] + lines[n + 1:]
            if (wrong := difference(fewer, ours)) and "NameError" not in wrong:
                lines = fewer
        if len(lines) == before:
            break
    return lines


def same(mine, theirs):
    """Shape, dtype and numbers of gradients, whose memory is nobody's business."""
    return mine.shape == theirs.shape and str(mine.dtype) == str(theirs.dtype) and close(mine, theirs)


def both(lines):
    """Run lines in PyTorch and in ours until there is an error, of one class in both -> their names."""
    from scratch import torch as ours

    spaces, errors = ({"torch": torch}, {"torch": ours}), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for names in spaces:
            for line in lines:
                error = execute(line, names)
                if error:
                    break
            errors.append(error)
    assert alike(*errors), (lines, errors)
    return spaces
