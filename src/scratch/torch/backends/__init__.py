"""torch.backends: what scripts ask of other machines' libraries; ours lie beside it.

    >>> mps.is_available(), cudnn.deterministic
    (False, False)

In PyTorch this package has a switch for each library that kernels come from. Ours come
from the modules of this folder, each with a table of them: numpy, python, cuda, and, in
a page, browser.

Chapter: docs/torch/dispatch.md.  To copy: the folder above.
"""

import importlib
from types import SimpleNamespace


def no():
    return False


mps = SimpleNamespace(is_available=no, is_built=no)
cudnn = SimpleNamespace(is_available=no, enabled=False, benchmark=False,
                        deterministic=False, allow_tf32=False)


def __getattr__(name):
    """torch.backends.cuda is imported when a script sets one of its switches."""
    if name == "cuda":
        return importlib.import_module(f"{__name__}.cuda")
    raise AttributeError(f"scratch.torch has no torch.backends.{name}")
