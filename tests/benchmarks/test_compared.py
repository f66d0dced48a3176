"""What chapters read off results/represent.json."""

import pytest

from benchmarks.compared import A_BERT, FOUR, ahead, by_layer, measured, short, told


def test_a_row_is_found_by_what_it_is_of():
    row = measured("neighbours", kind="GPT", start="trained", where="mean", measure="cosine")
    assert row["where"] == "mean" and len(row["letters"]) == 5
    with pytest.raises(ValueError, match="too many values"):
        measured("neighbours", kind="GPT")


def test_layers_come_from_the_first_to_the_last():
    for kind, start in FOUR:
        found = by_layer("anisotropy", "mean cosine", kind, start)
        rows = [measured("anisotropy", kind=kind, start=start, layer=n) for n in range(3)]
        assert found == [row["mean cosine"] for row in rows]


def test_a_mean_has_an_error_if_it_is_of_several_and_is_as_wide_if_not():
    """Oracle: of 1, 2 and 3 the standard deviation is 1, and the standard error 1 / √3."""
    assert told([1.0, 2.0, 3.0]) == "2.000 ± 0.577"
    assert told([0.5], 2) == "0.50" + " " * len(" ± 0.58")


def test_who_is_ahead_is_counted_seed_by_seed():
    """Oracle: differences 1, 2 and 4: mean 7/3, standard deviation √(7/3)."""
    assert ahead([2, 3, 5], [1, 1, 1]) == pytest.approx(7 / 3 / ((7 / 3) ** 0.5 / 3 ** 0.5))
    assert ahead([1, 1, 1], [2, 3, 5]) < 0
    with pytest.raises(ValueError):
        ahead([1, 2], [1, 2, 3])


def test_kinds_are_told_in_a_word():
    assert [short(kind) for kind in ("GPT", A_BERT)] == ["GPT", "BERT"]
