"""Kernels: what they return, how they fail, and that none is left behind."""

import os
import py_compile
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.weave.conftest import Book
from weave.chapter import Chapter
from weave.copies import Originals
from weave.execute import Run, execute, processor_time


class Shared(Originals):
    """What the first run copies is kept for the others."""

    first = None

    def begin(self, *given):
        if not Shared.first:
            super().begin(*given)
            Shared.first = self
        self.lines = Shared.first.lines

    def __exit__(self, *_):
        """The process stays."""


@pytest.fixture(scope="module", autouse=True)
def one_original(tmp_path_factory):
    """All these runs copy one process, so that it imports ipykernel once; it is there before the first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("weave.execute.Originals", Shared)
        run(Book(tmp_path_factory.mktemp("first")), "\n```python\n1\n```\n")
        yield
    Originals.__exit__(Shared.first)


def run(book, *texts, **options):
    """The cells and inputs of chapters with these texts, None of those that did not end, and the errors."""
    chapters = [Chapter(book.chapter(text, f"docs/chapter{n}.md"), book.root)
                for n, text in enumerate(texts)]
    given = {}
    errors = execute(chapters, lambda chapter, inputs: given.update({chapter.name: (chapter.cells, inputs)}),
                     **options)
    return [given.get(chapter.name) for chapter in chapters], errors


def test_outputs_values_and_claims_come_back_in_order(book):
    [(cells, inputs)], errors = run(book, '''
```python
print("out")
x = 3
x
```

Then `{python} x + 1`.

```python check
assert x == 3, f"x is {x}"
for n in range(2):
    assert n < 2, "n is small"
```
''')
    assert errors == []
    shown, value, check = cells
    assert [output["output_type"] for output in shown.outputs] == ["stream", "execute_result"]
    assert value.value == "4"
    assert check.claims == ["x is 3", "n is small"] and check.outputs == []
    assert inputs["versions"]["Python"] == ".".join(map(str, sys.version_info[:3]))


def test_what_is_printed_piece_by_piece_comes_back_whole(book):
    """Flushing and waiting, the cell makes the pieces that chance makes elsewhere."""
    [(cells, _)], errors = run(book, '''
```python
import sys, time
for n in range(2):
    for stream in (sys.stderr, sys.stdout):
        print(n, file=stream, flush=True)
        time.sleep(0.3)
display(n)
print("after")
```
''')
    assert errors == []
    outputs = [(output.get("name"), output.get("text")) for output in cells[0].outputs]
    assert outputs == [("stdout", "0\n1\n"), ("stderr", "0\n1\n"), (None, None), ("stdout", "after\n")]


def test_what_a_chapter_reads_and_imports_is_known(book):
    book.write("data/names.txt", "emma\n")
    book.write("src/pack/__init__.py", "")
    book.write("src/pack/module.py", "VALUE = 1\n")
    book.write("tools/reading.py", "VALUE = 1\n")
    py_compile.compile(book.root / "tools/reading.py")    # of a module's files, only the .pyc is opened then
    [(_, inputs)], errors = run(book, '''
```python
import sys
sys.path.insert(0, "src")
import pack.module
from tools import reading
open("data/names.txt").read()
open("made.txt", "w").close()
```
''')
    assert errors == []
    assert inputs["files"] == [
        "data/names.txt", "src/pack/__init__.py", "src/pack/module.py", "tools/reading.py"]


def test_a_variable_of_the_settings_is_in_the_kernels_environment(book):
    [(cells, _)], errors = run(book, "\nIt is `{python} __import__('os').environ['NAMES']`.\n",
                               environment={"NAMES": "a list"})
    assert errors == [] and cells[0].value == "a list"


@pytest.mark.parametrize("code, at, says", [
    ('x = 1\nassert x == 2, "x is two"', "assert x == 2", "this claim is false: x is two"),
    ("def f():\n    return 1 / 0\n\n\nf()", "1 / 0", "ZeroDivisionError: division by zero"),
    ("import os\nos._exit(3)", "import os", "the kernel died"),
])
def test_a_failing_cell_is_an_error_at_its_line(book, code, at, says):
    _, [error] = run(book, f"\n```python\n{code}\n```\n")
    line = book.line(at, "docs/chapter0.md")
    assert str(error).startswith(f"docs/chapter0.md:{line}: {says}")
    assert at in str(error) and "Traceback" not in str(error)


def test_an_error_raised_in_a_module_names_both_places(book):
    book.write("src/pack.py", "def fail():\n    raise ValueError('too big')\n")
    _, [error] = run(
        book, "\n```python\nimport sys\nsys.path.insert(0, 'src')\nimport pack\npack.fail()\n```\n")
    line = book.line("pack.fail()", "docs/chapter0.md")
    assert f"docs/chapter0.md:{line}: ValueError: too big (raised in src/pack.py:2)" in str(error)


def test_a_claim_that_is_never_reached_is_an_error(book):
    _, [error] = run(book, '\n```python check\nif False:\n    assert True, "never"\n```\n')
    assert f"docs/chapter0.md:{book.line('never', 'docs/chapter0.md')}" in str(error)
    assert "never reached" in str(error)


def test_no_output_and_no_claim_is_lost_however_many_there_are(book):
    """A queue of ZeroMQ's holds a thousand messages by default, and drops what comes while it is full."""
    [(cells, _)], errors = run(book, '''
```python check
for n in range(6000):
    display(n)
assert n == 5999, "all are sent"
```
''')
    assert errors == [] and cells[0].claims == ["all are sent"]
    assert [output["data"]["text/plain"] for output in cells[0].outputs] == [str(n) for n in range(6000)]


def test_outputs_that_were_sent_and_did_not_arrive_are_an_error(book, tmp_path):
    chapter = Chapter(book.chapter("\n```python\n1\n```\n"), book.root)
    one = Run(chapter, tmp_path / "kernel", {})
    one.reply, one.line = {"parent_header": {"msg_id": "a"}}, chapter.cells[0].line
    whole = {"claims": [], "reached": [], "sent": 3, "left": [], "folder": str(chapter.root)}
    one.received["a"] = 3
    assert one.lost(whole) is None
    one.received["a"] = 2
    assert "3 outputs of this cell were sent, and 2 arrived" in str(one.lost(whole))
    assert f"docs/chapter.md:{chapter.cells[0].line}: this cell took away" in str(one.lost(None))


LATER = "import threading, time\ndef work():\n    time.sleep(0.5)\n    print('late')\n"


SPOILING = [    # a cell, what stands in its line, and what is said of it
    ("import sys\nsys.stdout.close()", "import sys", "sys.stdout is closed"),
    ("import sys\nsys.stdout = None", "import sys", "sys.stdout is replaced"),
    ("import io, sys\nsys.stderr = io.StringIO()", "import io", "sys.stderr is replaced"),
    ("import os\nos.fork()", "import os", "the child went on to the end of the cell"),
    ("import os, sys\nif not (child := os.fork()):\n    sys.exit()\nos.waitpid(child, 0)", "import os",
     "the child went on to the end of the cell"),
    ("import os\nos.chdir('/')", "import os", "changes the working directory, and no later one"),
    ("import os, tempfile\nwith tempfile.TemporaryDirectory() as a:\n    os.chdir(a)", "import os",
     "its working directory was gone"),
    ("import sys\nprint(1)\nsys.exit()", "sys.exit()", "SystemExit() is raised here"),
    ("def leave():\n    raise SystemExit(3)\n\nleave()", "raise System", "SystemExit(3) is raised here"),
    ("exit()", "exit()", "this cell ends the kernel"),
    (LATER + "threading.Thread(target=work).start()", "import threading", "printed after the cell had ended"),
    ("import asyncio\nasync def work():\n    await asyncio.sleep(0)\n    print('late')\n"
     "task = asyncio.ensure_future(work())", "import asyncio", "printed after the cell had ended"),
    ("import threading\nthread = threading.Thread(target=lambda: 1 / 0)\nthread.start()\nthread.join()",
     "import threading", "in a thread, ZeroDivisionError: division by zero"),
    ("get_ipython().ast_transformers.clear()", "assert True", "this claim was never reached"),
    ("import builtins\ndel builtins.__weave__", "import builtins", "took away what the kernel reports"),
]


def test_a_cell_that_spoils_the_next_one_is_named_with_its_line(book):
    """A chapter for each, all in one run."""
    _, errors = run(book, *(f'''
```python
{code}
```

```python
import time
time.sleep(1)
print("next")
```

```python check
assert True, "it is checked"
```
''' for code, _, _ in SPOILING))
    assert len(errors) == len(SPOILING), errors
    for n, (code, at, says) in enumerate(SPOILING):
        text = (book.root / f"docs/chapter{n}.md").read_text()
        line = text[:text.index(at)].count("\n") + 1
        place = f"docs/chapter{n}.md:{line}: "
        told = [error for error in map(str, errors) if error.startswith(place) and says in error]
        assert told, (code, errors)


ALLOWED = [
    "%reset -f",
    "for n in range(200_000): print(n)",
    "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()): print(1)",
    "%%capture\nprint(1)",
    "import os\nif not (child := os.fork()): os._exit(0)\nos.waitpid(child, 0)",
    "import os\nbefore = os.getcwd()\nos.chdir('/')\nos.chdir(before)",
    "from concurrent.futures import ThreadPoolExecutor as Pool\npool = Pool(1)\npool.submit(print).result()",
    "import threading\nthread = threading.Thread(target=print, args=(1,))\nthread.start()\nthread.join()",
    "import os\nos.close(1)",
    "globals().clear()",
    "get_ipython().events.callbacks['post_run_cell'].clear()",
]


def test_what_a_cell_may_do_leaves_the_next_one_as_it_should_be(book):
    """One chapter does all of it, and looks after each."""
    [(cells, _)], errors = run(book, "".join(f'''
```python
{code}
```

```python
print("next")
```

```python check
assert True, "it is checked"
```
''' for code in ALLOWED))
    assert errors == []
    for code, after, check in zip(ALLOWED, cells[1::3], cells[2::3], strict=True):
        assert [output["text"] for output in after.outputs] == ["next\n"], code
        assert check.claims == ["it is checked"], code


def test_code_that_a_check_runs_in_its_turn_takes_no_claim_from_it(book):
    [(cells, _)], errors = run(book, '''
```python check
assert True, "before"
%time assert True, "inside"
assert True, "after"
```
''')
    assert errors == [] and cells[0].claims == ["before", "inside", "after"]


def test_the_working_directory_may_change_for_some_cells(book):
    [(cells, _)], errors = run(book, '''
```python
import os
before = os.getcwd()
os.chdir("/")
```

```python
print(os.getcwd())
```

```python
os.chdir(before)
```
''')
    assert errors == [] and cells[1].outputs[0]["text"] == "/\n"


def test_an_assert_of_an_earlier_cell_is_not_taken_for_one_of_this_cell(book):
    _, [error] = run(book, '''
```python
def f(x):
    assert x, "x is given"
```

```python check
f(1)
if False:
    assert True, "never"
```
''')
    line = book.line("never", "docs/chapter0.md")
    assert f"docs/chapter0.md:{line}: this claim was never reached" in str(error)


def test_a_chapter_past_its_limit_is_stopped_and_named_and_the_others_finish(book, caplog, monkeypatch):
    """What starting a kernel takes, which grows with the load of the machine, is left out of the account."""
    caplog.set_level("INFO", "mkdocs.plugins.weave")
    started, begun = book.root / "started", []

    def since_the_loop_began(manager):
        if not started.exists() or Path(manager.connection_file).parent.name != "0":    # of the first chapter
            return 0.0
        used = processor_time(manager)
        begun.append(used)
        return used - begun[0]

    monkeypatch.setattr("weave.execute.processor_time", since_the_loop_began)
    before = psutil.Process().children(recursive=True)
    loop = f"open({str(started)!r}, 'w').close()\nwhile True:\n    pass"
    given, [error] = run(book, f"\n```python\n{loop}\n```\n", "\n```python\n1 + 1\n```\n", limit=0.2)
    assert re.search(r"docs/chapter0.md:1[56]: stopped here after \d+ s of processor time", str(error))
    assert re.findall(r"(\S+):1[56] has used \d+ s of processor time", caplog.text) == ["docs/chapter0.md"]
    assert given[0] is None
    assert given[1][0][0].outputs[0]["data"]["text/plain"] == "2"
    assert psutil.Process().children(recursive=True) == before


def test_a_limit_counts_processor_time_and_no_waiting(book):
    given, errors = run(book, "\n```python\nimport time\ntime.sleep(9)\n```\n", limit=0.8)
    assert errors == [] and given[0] is not None


def test_every_failing_chapter_is_reported_not_only_the_first(book):
    _, errors = run(book, "\n```python\n1 / 0\n```\n", "\n```python\nmissing\n```\n")
    assert sorted(str(error)[:18] for error in errors) == ["docs/chapter0.md:1", "docs/chapter1.md:1"]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_no_kernel_outlives_an_interrupted_run(book, sent):
    """SIGINT is Ctrl-C.  After SIGKILL nothing can be cleaned up; the kernel notices by itself."""
    started = book.root / "started"
    book.chapter("\n```python\nimport os, time\n"
                 f"print(os.getpid(), file=open({str(started)!r}, 'w'), flush=True)\ntime.sleep(100)\n```\n")
    process = subprocess.Popen([sys.executable, "-m", "weave", "run", "docs/chapter.md"], cwd=book.root,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                               preexec_fn=heeding_ctrl_c)
    wait_for(lambda: process.poll() is not None or started.exists() and started.read_text())
    kernel = int(started.read_text())
    process.send_signal(sent)
    assert process.wait() != 0, "it was not interrupted"
    wait_for(lambda: not alive(kernel))


def heeding_ctrl_c():
    """Whoever runs the tests in the background has them ignore SIGINT, and all that they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] != "Z"


def wait_for(condition, seconds=600):
    """Wait so long, on however slow a machine, that what has not come then will never come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)
