"""In the page of labs an answer is graded as it is in a file, and lines are counted in the answer."""

import importlib
import json
import sys

import pytest

from lab.judge import COPIES, judge
from lab.page import StandIn, answered, graded
from lab.stub import OPEN, PASSES, ROOT, WRONG

ENGINE = ROOT / "labs/micrograd/engine.py"
TANH = '''def tanh(self):
    """{docstring}"""
    t = math.tanh(self.data)
    return node(t, "tanh", (self, {slope}))
'''


def send_verdict(sender, *arguments):
    sender.send(json.loads(repr(graded(*arguments))))


@pytest.fixture
def grade_in_page(tmp_path):
    """grade_in_page(name, answers) -> the state and why, from a process of its own."""
    def grade_in_page(name, answers):
        stub = ENGINE.read_text(encoding="utf-8")
        receiver, sender = COPIES.Pipe(duplex=False)
        process = COPIES.Process(target=send_verdict, args=(
            sender, str(tmp_path / "engine.py"), stub, name, answers, "no text of a chapter"))
        process.start()
        sender.close()
        verdict = receiver.recv()
        process.join()
        return verdict

    return grade_in_page


def tanh(slope):
    """An answer with the stub's own examples."""
    stub = ENGINE.read_text(encoding="utf-8")
    docstring = stub.split("def tanh(self):")[1].split('"""')[1].replace("\n    ", "\n")
    return TANH.format(docstring=docstring, slope=slope)


def test_a_right_answer_passes_and_the_stub_is_to_write(grade_in_page):
    assert grade_in_page("Value.tanh", {"Value.tanh": tanh("1 - t * t")}) == [PASSES, ""]
    assert grade_in_page("Value.tanh", {}) == [OPEN, "Value.tanh is yours to write"]


def test_a_mistake_is_explained_as_it_is_to_who_writes_into_the_file(grade_in_page, tmp_path):
    answer = {"Value.tanh": tanh("1 - t")}
    mine = tmp_path / "mine.py"
    mine.write_text(answered(ENGINE.read_text(encoding="utf-8"), answer, "Value.tanh")[0], encoding="utf-8")
    state, why = judge(f"{mine}::Value.tanh")
    assert state == WRONG and "expected    0.7864477329659275" in why
    assert grade_in_page("Value.tanh", answer) == [state, why]


@pytest.mark.parametrize("slope, says", [
    ("1 / 0", "ZeroDivisionError: division by zero, from line {line}\n"),
    ("1 -", "line {line} is not Python: invalid syntax"),
])
def test_lines_are_those_of_the_answer(grade_in_page, slope, says):
    answer = tanh(slope)
    line = answer.rstrip().count("\n") + 1    # the last
    above = {"topological_order": "def topological_order(root):\n    return [root]"}
    state, why = grade_in_page("Value.tanh", {"Value.tanh": answer, **above})
    assert state == WRONG and says.format(line=line) in why


def test_answers_take_the_places_of_their_stubs_whatever_their_length():
    stub = ENGINE.read_text(encoding="utf-8")
    answers = {"Value.tanh": "def tanh(self):\n    return 1", "Value.backward": "def backward(self): pass",
               "topological_order": "def topological_order(root):\n    a = 1\n\n    return a\n"}
    for name, answer in answers.items():
        text, lines = answered(stub, answers, name)
        shown = [text.split("\n")[n - 1].strip() for n in lines]
        assert shown == [line.strip() for line in answer.rstrip().split("\n")]
    assert "NotImplementedError" not in text and "    def tanh(self):\n        return 1\n" in text


def test_a_module_stands_in_for_a_package_and_for_what_is_in_it(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [StandIn({"nowhere": "json"}), *sys.meta_path])
    try:
        assert importlib.import_module("nowhere") is json
        assert importlib.import_module("nowhere.decoder") is json.decoder
    finally:
        for name in ("nowhere", "nowhere.decoder"):
            sys.modules.pop(name, None)
