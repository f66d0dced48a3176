"""Progress says how far, how well, how fast and how long it takes."""

import io
import math
import re

import pytest

from scratch.makemore.cli.run import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(stream, steps=100, done=0):
    shown = Progress(steps, done, stream)
    shown.bar.mininterval = 0    # a terminal is written to at each step, however fast it is
    for step in range(done, steps):
        shown.step(2.0 + step)
    shown.close()
    return stream.getvalue()


def test_a_file_gets_ten_lines_with_rate_and_time_left():
    lines = run(io.StringIO()).splitlines()
    assert len(lines) == 10
    assert re.fullmatch(r"step 10 of 100   loss 6\.5000   +[\d.?]+ steps/s   [\d:?]+ left", lines[0])
    assert lines[-1].startswith("step 100 of 100") and lines[-1].endswith(" 00:00 left")


def test_steps_that_are_no_multiple_of_ten_end_with_the_last():
    lines = run(io.StringIO(), steps=73).splitlines()
    assert len(lines) == 10 and lines[-1].startswith("step 73 of 73")


def test_a_terminal_gets_one_line_rewritten():
    text = run(Terminal())
    assert text.count("\n") == 1 and text.endswith("\n")
    assert text.count("\r") > 10
    assert "step 100 of 100" in text.split("\r")[-1]
    assert all(len(line) <= 79 for line in text.split("\r"))


def test_a_resumed_run_counts_from_where_it_was_and_judges_by_its_own_speed():
    lines = run(io.StringIO(), done=50).splitlines()
    assert len(lines) == 5 and lines[0].startswith("step 60 of 100")
    shown = Progress(100, 50, io.StringIO())
    shown.bar.update(10)
    rate = {**shown.bar.format_dict, "elapsed": 1.0}
    assert " 10.00 steps/s   00:04 left" in shown.bar.format_meter(**rate)


def test_the_mean_forgets_what_is_more_than_about_a_hundred_steps_old():
    shown = Progress(10_000, stream=io.StringIO())
    for loss in [10.0] * 50 + [2.0] * 1000:
        shown.step(loss)
    assert shown.mean == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_no_step_no_line(stream):
    assert run(stream(), steps=5, done=5) == ""


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_shown(loss):
    shown = Progress(1, stream=io.StringIO())
    shown.step(loss)
    assert str(loss) in shown.bar.fp.stream.getvalue()
