"""One kernel of the dispatch table by several backends, for the tests that compare them."""

import math

from hypothesis import strategies as st

from scratch.torch import dtypes

FLOATS = [dtypes.float32, dtypes.float64]
WHOLE = [dtypes.int64, dtypes.int32, dtypes.uint8]
ALL = [*FLOATS, *WHOLE, dtypes.bool_]
SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 5]), max_size=3).map(tuple)
SPECIAL = [0.0, -0.0, 0.5, -1.5, 2.5, 1.0, -1.0, math.inf, -math.inf, math.nan]


def by_each(tables, kernel, *operands, **settings):
    """{backend: a kernel's result, or the error that it ends in}; operands may be such dictionaries, too."""
    results = {}
    for name, kernels in tables.items():
        mine = [each[name] if isinstance(each, dict) else each for each in operands]
        try:
            results[name] = kernels[kernel](*mine, **settings)
        except (IndexError, RuntimeError, ValueError) as error:
            results[name] = error
    return results
