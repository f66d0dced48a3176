"""Count the pieces of a text of any size, in several processes and little memory.

    >>> count_words(["a rose is a rose", " is a rose"], processes=1)
    {'a': 1, ' rose': 3, ' is': 2, ' a': 2}

A source is a string, the pathlib.Path of a file, or an iterable of both; each is a
document, and no piece crosses from one into the next. Files are read as UTF-8, a
megabyte at a time. The pieces are in the order of the text, however many processes
count, since train.py breaks ties by that order.

Each process imports this file, gets batches of text through a pipe and answers with
their counts; it needs no fork and imports nothing else of the program that started it.
Ctrl-C in a terminal does not reach it: the program that started it ends it, and it ends
by itself, without a word, when that program is gone.

Limit: with a pattern of your own a whole document is in memory, since it is not known
where it may be cut.

Chapter: docs/tokenization/fast-bpe.md.  To copy: this file and split.py (needs regex).
"""

import os
import pickle
import subprocess
import sys
from codecs import getincrementaldecoder
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain, islice
from os.path import isfile
from queue import SimpleQueue

from .split import Splitter, check_text

READ = 1 << 20       # bytes of a file, or characters of a string, read at a time
BATCH = 1 << 20      # characters that a process counts at a time
MIN_BATCHES = 4      # for fewer batches, no process is started
CHILD = """
import os, sys, types
package = types.ModuleType("bpe")    # a stand-in, so that no package's own code runs
package.__path__ = [sys.argv[1]]
sys.modules["bpe"] = package
from bpe.words import serve
serve(sys.stdin.buffer, sys.stdout.buffer)
os._exit(0)                          # no last flush: there may be nobody to read it
"""


def count_words(source, pattern="cl100k", processes=None, report=None):
    """source -> {piece: count}; processes None is one per processor for large texts.

    report(characters), if given, is called with the number of characters counted.
    """
    splitter = pattern if isinstance(pattern, Splitter) else Splitter(pattern)
    words = {}

    def add(batch, counts):
        for word, count in counts.items():
            words[word] = words.get(word, 0) + count
        if report:
            report(sum(map(len, batch)))

    work = batches(chunks(documents(source), splitter))
    begun = list(islice(work, MIN_BATCHES))
    if processes is None:
        many = len(begun) == MIN_BATCHES and sys.executable
        processes = os.cpu_count() if many else 1
    if processes == 1:
        for batch in chain(begun, work):
            add(batch, count_batch(batch, splitter))
        return words

    with ExitStack() as stack:
        idle = SimpleQueue()
        children = [stack.enter_context(Counting(splitter)) for _ in range(processes)]
        threads = stack.enter_context(ThreadPoolExecutor(processes))
        for child in children:
            idle.put(child)
            stack.callback(child.process.kill)    # so that no thread waits for it
        waiting = deque()
        for batch in chain(begun, work):
            waiting.append((batch, threads.submit(count_in_process, batch, idle)))
            if len(waiting) > processes:     # in order, and no more batches in memory
                batch, counts = waiting.popleft()
                add(batch, counts.result())
        for batch, counts in waiting:
            add(batch, counts.result())
    return words


def documents(source):
    """A string, a path, or an iterable of both -> strings and paths."""
    if isinstance(source, (str, os.PathLike)):
        source = [source]
    for document in source:
        if not isinstance(document, (str, os.PathLike)):
            what = f"{document!r:.60} is of type {type(document).__name__}"
            raise TypeError(f"a document is a string or a pathlib.Path; {what}")
        if isinstance(document, str) and len(document) < 1000 and isfile(document):
            raise ValueError(f"{document!r:.200} is the name of a file; to read the "
                             "file, make it a pathlib.Path, and to count the name as "
                             "text, end it with a newline")
        yield document


def chunks(documents, splitter):
    """Documents -> texts of about a megabyte, cut between pieces."""
    for document in documents:
        yield from cut(read(document), splitter.last_cut)


def cut(parts, last_cut):
    """The parts of a text -> texts of about a megabyte, cut where last_cut(text) says.

    While it says 0, which is nowhere, parts are collected.
    """
    rest, enough = "", READ
    for part in parts:
        rest += part
        if len(rest) >= enough:
            end = last_cut(rest)
            if end:
                yield rest[:end]
            rest = rest[end:]
            enough = max(READ, 2 * len(rest))    # twice as much before the next try
    if rest:
        yield rest


def read(document):
    """The text of a document, part by part; ValueError if it is not UTF-8."""
    if isinstance(document, str):
        check_text(document)
        for n in range(0, len(document), READ):
            yield document[n:n + READ]
        return
    with open(document, "rb") as file:
        yield from read_utf8(file, document)


def read_utf8(file, name, errors="strict"):
    """The text of an open binary file, part by part.

    A ValueError says at which byte, from 0, and in which line, from 1, the file called
    name is not UTF-8.
    """
    decoder, at, line = getincrementaldecoder("utf-8")(errors), 0, 1
    while True:
        data = file.read(READ)
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            seen, start = error.object, error.start    # it begins with what was left
            at += start - (len(seen) - len(data))
            line += seen.count(b"\n", 0, start)
            raise ValueError(f"{name} is not UTF-8: byte 0x{seen[start]:02x} at {at}, "
                             f"in line {line}: {error.reason}") from None
        at, line = at + len(data), line + data.count(b"\n")
        if text:
            yield text
        if not data:
            return


def batches(texts):
    """Texts -> lists of texts, each with about BATCH characters."""
    batch, size = [], 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def count_batch(batch, splitter):
    """Texts -> {piece: count}."""
    counts = Counter()
    for text in batch:
        counts.update(chain.from_iterable(splitter.blocks(text)))
    return dict(counts)


class Counting:
    """A process that counts batches; it ends with the `with` block."""

    def __init__(self, splitter):
        folder = os.path.dirname(os.path.abspath(__file__))
        self.process = subprocess.Popen([sys.executable, "-P", "-c", CHILD, folder],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        process_group=0)
        self.send(splitter.pattern)

    def send(self, what):
        pickle.dump(what, self.process.stdin)
        self.process.stdin.flush()

    def count(self, batch):
        try:
            self.send(batch)
            return pickle.load(self.process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            code = self.process.wait()
            raise RuntimeError(f"a process that counts words ended with {code}; "
                               "processes=1 does without") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()                  # it is idle, or its answer is not needed
        self.process.communicate()


def count_in_process(batch, idle):
    """Count a batch in the next idle process; a thread waits here for the answer."""
    counting = idle.get()
    try:
        return counting.count(batch)
    finally:
        idle.put(counting)


def serve(requests, answers):
    """The loop of a counting process: read a pattern, then batches until the end."""
    try:
        splitter = Splitter(pickle.load(requests))
        while True:
            pickle.dump(count_batch(pickle.load(requests), splitter), answers)
            answers.flush()
    except (EOFError, BrokenPipeError, pickle.UnpicklingError):
        return                               # nobody asks or listens any more
