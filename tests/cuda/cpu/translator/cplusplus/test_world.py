"""The types of what a file and its functions declare."""

import pytest

from scratch.cuda.cpu.translator.cplusplus.world import World, declared, type_of
from scratch.cuda.cpu.translator.tokens import tokenize


@pytest.mark.parametrize("text, kind", [
    ("const float *", "float *"), ("unsigned long long", "ulong"), ("long int", "long"),
    ("signed char", "char"), ("unsigned", "uint"), ("size_t", "ulong"), ("uint8_t", "uchar"),
    ("struct V", "V"), ("void *", "void *"), ("void", "None"),
    ("const unsigned short *__restrict__", "ushort *")])
def test_types_have_opencl_s_names(text, kind):
    assert str(type_of(tokenize(text))) == kind


def test_a_declaration_may_have_several_names():
    found = declared(tokenize("unsigned a = f(1, 2), *b, c[2][3]"), {"unsigned"})
    assert {name: str(kind) for name, kind in found.items()} == {"a": "uint", "b": "uint *", "c": "uint **"}


@pytest.mark.parametrize("text", ["typedef uint32_t uint;", "typedef uint32_t mine; typedef mine uint;"])
def test_a_type_that_is_known_is_no_other_name_of_itself(text):
    world = World(tokenize(text))
    assert world.resolved(type_of(tokenize("uint"))) == type_of(tokenize("unsigned"))


def test_a_name_with_two_types_has_none():
    body = tokenize("{ for (float i = 0; ; ) { } { int i; float x; } }")
    scope = World([]).scope([tokenize("int n")], body)
    assert scope["i"] is None and str(scope["x"]) == "float" and str(scope["n"]) == "int"
