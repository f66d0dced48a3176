"""Count the pieces of a text of any size, in several processes and little memory.

    >>> count_words(["a rose is a rose", " is a rose"], processes=1)
    {'a': 1, ' rose': 3, ' is': 2, ' a': 2}

A source is a string, the pathlib.Path of a file, or an iterable of both; each is a
document, and no piece crosses from one into the next. Files are read as UTF-8, a
megabyte at a time. The pieces are in the order of the text, however many processes
count, since train.py breaks ties by that order.

Each process imports this file, gets batches of text through a pipe and answers with
their counts; it needs no fork and imports nothing else of the program that started it.

Limit: with a pattern of your own a whole document is in memory, since it is not known
where it may be cut.

Chapter: docs/tokenization/fast-bpe.md.  To copy: this file and split.py (needs regex).
"""

import os
import pickle
import subprocess
import sys
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain, islice
from os.path import isfile
from queue import SimpleQueue

from .split import Splitter, check_text

READ = 1 << 20       # characters that are read at a time
BATCH = 1 << 20      # characters that a process counts at a time
MIN_BATCHES = 4      # for fewer batches, no process is started
CHILD = """
import sys, types
package = types.ModuleType("bpe")    # a stand-in, so that no package's own code runs
package.__path__ = [sys.argv[1]]
sys.modules["bpe"] = package
from bpe.words import serve
serve(sys.stdin.buffer, sys.stdout.buffer)
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
        for _ in range(processes):
            idle.put(stack.enter_context(Counting(splitter)))
        threads = stack.enter_context(ThreadPoolExecutor(processes))
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
        rest, enough = "", READ
        for part in read(document):
            rest += part
            if len(rest) >= enough:
                cut = splitter.last_cut(rest)
                if cut:
                    yield rest[:cut]
                rest = rest[cut:]
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
    with open(document, encoding="utf-8", newline="") as file:
        try:
            while part := file.read(READ):
                yield part
        except UnicodeDecodeError as error:
            raise ValueError(f"{document} is not UTF-8: {error.reason}, byte "
                             f"0x{error.object[error.start]:02x}") from None


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
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.send(splitter.pattern)

    def send(self, what):
        pickle.dump(what, self.process.stdin)
        self.process.stdin.flush()

    def count(self, batch):
        try:
            self.send(batch)
            return pickle.load(self.process.stdout)
        except (OSError, EOFError):
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
    splitter = Splitter(pickle.load(requests))
    while True:
        try:
            batch = pickle.load(requests)
        except EOFError:
            return
        pickle.dump(count_batch(batch, splitter), answers)
        answers.flush()
