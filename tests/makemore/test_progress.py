"""Progress says how far, how well, how fast and how long; a curve shows means."""

import io
import math

import pytest

from scratch.makemore.progress import Progress, curve, duration


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(stream, steps=100, done=0, seconds=0.1):
    clock = Clock()
    shown = Progress(steps, done, stream, clock)
    for step in range(done, steps):
        clock.now += seconds
        shown.step(2.0 + step)
    shown.close()
    return stream.getvalue()


def test_a_file_gets_ten_lines_with_rate_and_time_left():
    lines = run(io.StringIO()).splitlines()
    assert len(lines) == 10
    assert lines[0].split("   ") == ["step 10 of 100", "loss 6.5000", "10 steps/s", "9 s left"]
    assert lines[-1].startswith("step 100 of 100") and lines[-1].endswith("0 s left")


def test_a_terminal_gets_one_line_rewritten():
    text = run(Terminal())
    assert text.count("\n") == 1 and text.endswith("\n")
    assert 30 < text.count("\r") < 100
    assert "step 100 of 100" in text.split("\r")[-1]
    assert all(len(line) <= 79 for line in text.split("\r"))


def test_a_resumed_run_counts_from_where_it_was_and_judges_by_its_own_speed():
    lines = run(io.StringIO(), done=50).splitlines()
    assert len(lines) == 5 and lines[0].startswith("step 60 of 100")
    assert "10 steps/s   4 s left" in lines[0]


def test_the_mean_forgets_what_is_more_than_about_a_hundred_steps_old():
    shown = Progress(10_000, stream=io.StringIO(), clock=Clock())
    for loss in [10.0] * 50 + [2.0] * 1000:
        shown.step(loss)
    assert shown.mean == pytest.approx(2.0, abs=0.01)


def test_no_step_no_line():
    assert run(Terminal(), steps=5, done=5) == ""


@pytest.mark.parametrize("seconds, words", [
    (0, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (75, "1 min 15 s"), (3599.7, "1 h 00 min"),
    (90_061, "25 h 01 min")])
def test_durations_are_words(seconds, words):
    assert duration(seconds) == words


def test_a_curve_has_a_star_in_every_column_at_the_height_of_its_mean():
    lines = curve([4, 4, 3, 3, 2, 2, 1, 1], width=4, height=4).splitlines()
    assert [line.partition("|")[2] for line in lines[:4]] == ["*", " *", "  *", "   *"]
    assert lines[0].split() == ["4", "|*"] and lines[3].split() == ["1", "|", "*"]
    assert "step 1" in lines[-1] and "step 8" in lines[-1]


@pytest.mark.parametrize("losses", [[3.0], [3.0] * 100, [1.0, 2.0], [5.0, math.nan, 1.0]])
def test_short_flat_and_broken_curves_can_be_drawn(losses):
    text = curve(losses)
    assert "*" in text and all(len(line) <= 70 for line in text.splitlines())


def test_a_curve_of_no_numbers_says_so():
    assert "diverged" in curve([math.nan, math.inf])
