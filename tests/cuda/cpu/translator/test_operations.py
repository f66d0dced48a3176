"""Operations of a warp are written as calls; that they compute what they should is in test_lanes.py."""

import pytest

from scratch.cuda.cpu.translator.operations import CALLED, TEXT, operation
from scratch.cuda.cpu.translator.tokens import split, tokenize, untokenize


@pytest.mark.parametrize("text, written", [
    ("__shfl_sync(m, v, 0)", "shfl_(context_, 0, 1, m, v, 0, 32)"),
    ("__shfl_up_sync(m, v, 1, 8)", "shfl_(context_, 1, 1, m, v, 1, 8)"),
    ("__ballot_sync(m, p)", "(ballot_(context_, 1, m, 0 != (p)))"),
    ("__any_sync(m, p)", "(ballot_(context_, 1, m, 0 != (p)) != 0)"),
    ("__reduce_xor_sync(m, v)", "reduce_(context_, 5, 1, m, v)"), ("__syncwarp()", "warp_(context_, 1, ~0u)"),
    ("__syncwarp(m)", "warp_(context_, 1, m)"), ("__activemask()", "ballot_(context_, 0, ~0u, true)"),
    ("__syncthreads_and(p)", "(count_(context_, !(p)) == 0)")])
def test_each_operation_is_a_call_of_what_the_text_defines(text, written):
    tokens = tokenize(text)
    given = split(tokens[2:-1])
    made = untokenize(operation(tokens[0], given if given != [[]] else [], tokens[-1]))
    assert made == written and any(f"{name}(" in made and f" {name}(" in TEXT for name in CALLED)
