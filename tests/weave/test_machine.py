"""A processor's name comes from the system, or is honestly unknown."""

import platform
from pathlib import Path

import pytest

from weave.machine import processor


@pytest.mark.parametrize("text, name", [
    ("processor : 0\nmodel name\t: Some Chip 9\nmodel name\t: Some Chip 9\n", "Some Chip 9"),
    ("processor : 0\n", "unknown processor")])
def test_the_name_is_the_systems(monkeypatch, text, name):
    monkeypatch.setattr(Path, "read_text", lambda self: text)
    assert processor() == name


def test_a_system_without_proc_is_asked_otherwise(monkeypatch):
    def missing(self):
        raise FileNotFoundError(self)
    monkeypatch.setattr(Path, "read_text", missing)
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert processor() == "arm"
