"""Jumps ahead are many steps at once: the oracle is one step after the other."""

import random

import pytest

from scratch.cuda.cpu.translator import jumps

START = [123456789, 362436069, 521288629, 88675123, 5783321]


def test_every_jump_of_the_first_rows_is_so_many_steps():
    ahead = jumps.xorwow_tables()["xorwow_ahead"]
    for j in range(2):
        for d in (1, 2, 15):
            assert jumps.jumped(ahead[j][d - 1], START) == jumps.steps(START, d * 16**j)


def test_two_jumps_are_one_in_either_order():
    tables = jumps.xorwow_tables()
    far, farther = tables["xorwow_ahead"][15][0], tables["xorwow_ahead"][15][14]
    one, other = jumps.jumped(far, START), jumps.jumped(farther, START)
    assert jumps.jumped(farther, one) == jumps.jumped(far, other)
    once = jumps.jumped(tables["xorwow_sequence"][0][0], START)
    assert jumps.jumped(tables["xorwow_sequence"][0][0], once) == jumps.jumped(
        tables["xorwow_sequence"][0][1], START)


def test_the_minimal_polynomial_is_that_of_the_recurrence():
    """A sequence made by a known recurrence, x^7 + x + 1, which cannot be factored."""
    draw = random.Random(1)
    bits = [draw.randint(0, 1) for _ in range(6)] + [1]
    while len(bits) < 14:
        bits.append(bits[-7] ^ bits[-6])
    assert jumps.minimal(bits) == 0b10000011


@pytest.mark.parametrize("part", [0, 1])
def test_a_matrix_of_mrg32k3a_is_the_square_of_the_one_before(part):
    modulus = jumps.MODULI[part]
    held = jumps.mrg_tables()["mrg_ahead"][part]
    assert held[0] == [[x % modulus for x in row] for row in jumps.STEPS[part]]
    for a, b in zip(held, held[1:]):
        assert jumps.matrix_product(a, a, modulus) == b
