"""Values made of lists in braces become C's, of the type that is said or returned."""

import pytest

from scratch.cuda.cpu.translator.cplusplus.lists import with_lists
from scratch.cuda.cpu.translator.tokens import tokenize, untokenize


@pytest.mark.parametrize("body, made", [
    ("f(S{1, {2}});", "f(((S){1, {2}}));"), ("x = y ? S{1} : S();", "x = y ? ((S){1}) : ((S){});"),
    ("return {1, 2};", "return ((S) {1, 2});"), ("return float3{1, 2, 3};", "return ((float3){1, 2, 3});"),
    ("S a[2] = {{1}, {2}};", "S a[2] = {{1}, {2}};"), ("struct S b; T{1};", "struct S b; T{1};")])
def test_lists(body, made):
    text = "__device__ S f(S s) { %s }"
    assert untokenize(with_lists(tokenize(text % body), {"S"})) == text % made
