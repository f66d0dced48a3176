"""C++ to C: each module takes one thing away that C++ has and C has not.

    words         public: and the like, left out
    templates     instances in the place of templates, for the types they are used with
    structures    functions and constructors of structures as functions of the file
    operators     a + b of structures as calls of the functions that define it
    defaults      what a call leaves out, written out
    references    pointers

lowered() runs them in this order; each leaves less C++ to those after it.  Two are
about what CUDA has besides, and begin before: groups (cooperative groups as barriers,
shuffles and votes) and heap (new and malloc as pieces of an array).  What they share:
signatures (functions and calls, by their text), world and expressions (types), members
and lists (of structures).
"""

from ..tokens import tokenize, untokenize
from . import defaults, groups, operators, references, structures, templates, words


def lowered(tokens):
    """The tokens of a file, without these.

    >>> tokens = tokenize("__device__ void twice(int &x, int by = 2) { x *= by; }"
    ...                   "__device__ void f(int *a) { twice(a[1]); }")
    >>> for part in untokenize(lowered(tokens)).split("} "):
    ...     print(part)
    __device__ void twice(int *x, int by) { (*x) *= by; }__device__ void f(int *a) { \
twice(&(a[1]), 2); }
    """
    for step in (operators.named, words.plain, templates.instantiated,
                 groups.as_operations, structures.as_functions, operators.as_calls,
                 defaults.filled, references.as_pointers):
        tokens = step(tokens)
    return tokens
