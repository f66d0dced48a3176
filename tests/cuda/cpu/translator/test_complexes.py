"""The functions of complex numbers that PyCUDA has are defined for float and for double."""

import pytest

from scratch.cuda.cpu.translator.complexes import NAMES, functions


@pytest.mark.parametrize("name", sorted(NAMES - {"real", "imag"}))
def test_a_function_is_defined_for_both_kinds(name):
    text = "\n".join(functions(name))
    assert "float _Complex" in text and "double _Complex" in text
