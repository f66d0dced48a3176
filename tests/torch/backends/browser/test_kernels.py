"""Every function of kernels.py is used, becomes a module of WebAssembly, and writes nowhere else."""

import ast
import subprocess
from pathlib import Path

import pytest
from torch_browser import find_node, program

from scratch.torch.backends import browser
from scratch.torch.backends.browser import wasm

FOLDER = Path(browser.__file__).parent
TEXT = (FOLDER / "kernels.py").read_text(encoding="utf-8")


def used():
    """Names that the modules beside kernels.py write in quotes, and those that kernels.py itself calls."""
    found = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if path.name == "kernels.py" and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                found.add(node.func.id)
            elif path.name != "kernels.py" and isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value, *(node.value.split() if len(node.value) < 40 else ())}
    return found


def test_no_function_is_left_over():
    assert set(wasm.parsed(TEXT)) - used() == set()


@pytest.mark.parametrize("name", [name for name, tree in wasm.parsed(TEXT).items() if tree.args.args and
                                  tree.args.args[0].annotation])
def test_a_kernel_is_a_module_that_node_takes(name):
    """Oracle: V8's validation."""
    words = {"T": "f32", "R": "f32", "F": "exp", "FIRST": "zero", "WIDE": "wide"}
    words["OP"] = {"one": "exp", "each_one": "root"}.get(name, "add")
    code = wasm.compiled(TEXT, name, words)
    valid = "process.exit(WebAssembly.validate(require('fs').readFileSync(0)) ? 0 : 1)"
    assert subprocess.run([find_node(), "-e", valid], input=code).returncode == 0


def test_no_kernel_writes_beside_its_result():
    """Oracle: guards of 8 numbers around each operand, at all lengths from 1 to 9."""
    assert program('''
from scratch.torch import dtypes
from scratch.torch.backends.browser import table
from scratch.torch.backends.views import View, from_list

t = table()
wrong = []
for n in range(1, 10):
    def guarded():
        whole = from_list([7.0] * (2 * n + 16), dtypes.float32)
        return whole, View(whole.array, dtypes.float32, (2, n), (n, 1), 8)
    for name in ("exp", "neg", "add", "gelu_tanh", "softmax", "log_softmax", "matmul", "sum", "adam"):
        whole, y = guarded()
        _, x = guarded()
        if name == "add":
            t[name](x, x, y)
        elif name == "adam":
            others = [guarded() for _ in range(3)]
            t[name](x, None, y, others[1][1], others[2][1], keep=1.0, beta1=0.9, beta2=0.9, root=1.0, eps=1.0,
                    rate=0.1)
            if any(list(each.array[:8]) + list(each.array[-8:]) != [7.0] * 16 for each, _ in others):
                wrong.append((name, n))
        elif name in ("exp", "neg"):
            t[name](x, y)
        if list(whole.array[:8]) + list(whole.array[-8:]) != [7.0] * 16:
            wrong.append((name, n))
found = wrong''') == []
