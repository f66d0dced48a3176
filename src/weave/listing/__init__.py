"""The current source of something, found by its name and never run.

    scratch.micrograd.engine                              a whole module
    scratch.micrograd.engine.Value.__mul__                a method, dedented
    scratch.makemore.data.BOUNDARY                        a name bound at the top of a module
    scratch/cuda/kernels/reduce.cu                        a whole file of CUDA C
    scratch/cuda/kernels/reduce.cu reduce_spread          a function of it, with the comment above it
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Listing:
    path: Path       # of the file, under the root
    first: int       # lines, from 1, both included
    last: int
    text: str
    title: str       # what the reader calls it: Value.__mul__, reduce_spread, engine.py
    language: str    # python or c


def find(name, root=".", source="src"):
    """The Listing of a name under root/source; LookupError, with the nearest name, if there is none."""
    from . import c, python

    path, _, inside = name.partition(" ")
    language = c if "/" in path or path.endswith(c.SUFFIXES) else python
    return language.find(path, inside.strip(), Path(root), Path(source))
