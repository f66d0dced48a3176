"""A training's progress as a line with the time left, and its losses as a curve.

    >>> print(curve([2 + 30 / (n + 10) for n in range(2000)], width=40, height=5))
       3.1 |*
           |
           |
           | ***
      2.02 |    ************************************
           +----------------------------------------
            step 1                         step 2000
    >>> duration(75), duration(4000)
    ('1 min 15 s', '1 h 06 min')

Chapter: docs/makemore/mlp.md.  To copy: this file alone.
"""

import math
import sys
import time


class Progress:
    """Prints how far a training is: one line, rewritten; or ten, if to no terminal.

    steps are to be taken, done of them were taken before. The time that is left is
    judged by the steps of this run.
    """

    def __init__(self, steps, done=0, stream=None, clock=time.monotonic):
        self.steps, self.done, self.first = steps, done, done
        self.stream = stream or sys.stderr
        self.clock = clock
        self.begin = self.shown = clock()
        self.terminal = self.stream.isatty()
        self.mean = None            # of the loss, over about the last hundred steps

    def step(self, loss):
        """One more step, which had this loss."""
        self.done += 1
        taken = self.done - self.first
        self.mean = loss if self.mean is None else (
            self.mean + (loss - self.mean) / min(taken, 100))
        tenth = self.done * 10 // self.steps > (self.done - 1) * 10 // self.steps
        now = self.clock()
        if self.terminal and (now - self.shown > 0.2 or self.done == self.steps):
            self.shown = now
            self.stream.write(f"\r{self.line():<78}")
            self.stream.flush()
        elif not self.terminal and tenth:
            self.stream.write(self.line() + "\n")
            self.stream.flush()

    def line(self):
        """step 500 of 1,000   loss 2.3456   250 steps/s   2 s left"""
        seconds = self.clock() - self.begin
        rate = (self.done - self.first) / seconds if seconds > 0 else 0.0
        left = f"{duration((self.steps - self.done) / rate)} left" if rate else ""
        return (f"step {self.done:,} of {self.steps:,}   loss {self.mean:.4f}   "
                f"{rate:,.0f} steps/s   {left}")

    def close(self):
        """End the line."""
        if self.terminal and self.done > self.first:
            self.stream.write("\n")


def duration(seconds):
    """Seconds as words: 12 s, 1 min 15 s, 1 h 07 min."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def curve(losses, width=60, height=8):
    """Losses, one per step -> text: the means of equal stretches, drawn as stars."""
    width = min(width, len(losses))
    edges = [n * len(losses) // width for n in range(width + 1)]
    means = [sum(losses[a:b]) / (b - a) for a, b in zip(edges, edges[1:])]
    known = [mean for mean in means if math.isfinite(mean)]
    if not known:
        return "no loss is a number: the training diverged"
    low, high = min(known), max(known)
    unit = (high - low) / (height - 1) or 1.0
    rows = [round((mean - low) / unit) if mean in known else None for mean in means]
    lines = []
    for row in reversed(range(height)):
        label = {height - 1: f"{high:.3g}", 0: f"{low:.3g}"}.get(row, "")
        stars = "".join("*" if each == row else " " for each in rows)
        lines.append(f"{label:>6} |{stars}".rstrip())
    first, last = "step 1", f"step {len(losses)}"
    lines.append(f"{'':6} +{'-' * width}")
    lines.append(f"{'':7} {first}{last:>{max(len(last) + 1, width - len(first))}}")
    return "\n".join(lines)
