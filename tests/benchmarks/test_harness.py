"""Contestants take turns, ratios are of the same round, and a budget is missed in the right direction."""

import math
import subprocess

import pytest

from benchmarks import harness
from benchmarks.harness import budget, holding, median, ratio, seconds, significant, task, turns


def test_contestants_take_turns_and_every_second_round_goes_backwards():
    order = []
    runs = {name: lambda name=name: order.append(name) or len(order) for name in "abc"}
    assert turns(runs, 3) == {"a": [1, 6, 7], "b": [2, 5, 8], "c": [3, 4, 9]}
    assert "".join(order) == "abc" "cba" "abc"


def test_rounds_that_warm_up_are_run_and_not_kept():
    order = []
    runs = {name: lambda name=name: order.append(name) or len(order) for name in "ab"}
    assert turns(runs, 1, warm=2) == {"a": [5], "b": [6]} and len(order) == 6


def test_a_ratio_is_taken_round_by_round():
    """A busy minute, in which all takes ten times as long, changes no ratio; that of medians would be 4."""
    slow, fast = [20.0, 300.0, 40.0], [10.0, 100.0, 8.0]
    assert ratio(slow, fast) == 3.0 and ratio(iter(slow), iter(fast)) == 3.0
    with pytest.raises(ValueError, match="shorter"):
        ratio(slow, fast[:2])


def test_seconds_are_those_of_one_unit_of_work():
    times = iter([1.0, 7.0])
    assert seconds(lambda: None, count=3, clock=lambda: next(times)) == 2.0


def test_numbers_are_rounded_to_significant_digits_wherever_their_point_is():
    numbers = [123456.0, 1.23456, 0.000123456, -98.76]
    assert [significant(x) for x in numbers] == [123000.0, 1.23, 0.000123, -98.8]
    assert significant(2.0774749, 6) == 2.07747
    assert significant([1.2345, [9.8765]], 2) == [1.2, [9.9]]
    assert significant(228_146) == 228_146 and significant("emma") == "emma"
    assert math.isnan(significant(math.nan))
    assert median([5.0, 1.0, 3.14159]) == 3.14


@pytest.mark.parametrize("measured, better, holds", [
    (1.9, "lower", True), (2.0, "lower", True), (2.1, "lower", False), (math.nan, "lower", False),
    (1.9, "higher", False), (2.0, "higher", True), (2.1, "higher", True), (math.nan, "higher", False)])
def test_a_budget_holds_up_to_its_limit_on_the_right_side(measured, better, holds, capsys):
    found = budget("a step", measured, 2, "ms", better)
    assert found["holds"] is holds is holding(measured, 2, better)
    assert list(found) == ["what", "measured", "limit", "unit", "better", "holds"]
    assert capsys.readouterr().out.startswith("ok  " if holds else "MISS")


def test_a_direction_that_is_none_is_refused():
    with pytest.raises(ValueError, match="'higher' or 'lower', not 'more'"):
        budget("a step", 1, 2, "ms", "more")


def test_a_task_gets_its_arguments_and_environment_and_returns_its_last_line(monkeypatch):
    seen = {}

    def run(command, **how):
        seen.update(command=command, **how)
        return subprocess.CompletedProcess(command, 0, 'a warning\n{"seconds": 2}\n')
    monkeypatch.setattr(harness.subprocess, "run", run)
    assert task("bpe", "train", "ours", 512, THREADS="1") == {"seconds": 2}
    assert seen["command"][1:] == ["-m", "benchmarks", "bpe", "--task", '["train", "ours", 512]']
    assert seen["env"]["THREADS"] == "1" and seen["cwd"] == harness.ROOT


def test_a_task_that_fails_ends_the_benchmark():
    with pytest.raises(SystemExit, match="micrograd: no such engine .* ended with 1"):
        task("micrograd", "no such engine")
