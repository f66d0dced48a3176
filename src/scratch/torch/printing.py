"""How a tensor is printed, so far: its nested lists.

Chapter: docs/torch/tensors.md.  To copy: this file and torch/.
"""


def describe(x):
    return f"tensor({x.tolist()})"
