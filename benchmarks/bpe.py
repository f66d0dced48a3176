"""Measure the byte-pair encoder beside tokenizers, tiktoken and rustbpe.

    pip install tokenizers==0.23.3 tiktoken==0.14.0 rustbpe==0.1.0 regex numpy
    python -m benchmarks bpe    half an hour; --rounds 1 for a quick look

The text is what a machine has: Python's library, installed packages, documentation; 50 MB of it,
each content once, in a fixed order (--text FOLDER for other text).  Trainers read it from one file,
100,000 characters at a time, and split it by the pattern of cl100k.  Encoders get the same 32,768
tokens, and their ids have to be equal.  Each measurement is a process of its own.  Where one thread
does the work, its processor time is compared.
"""

import gzip
import hashlib
import importlib
import importlib.util
import os
import random
import resource
import string
import sys
import sysconfig
import tempfile
import time
from functools import partial
from pathlib import Path

from .harness import budget, median, ratio, significant, task, turns
from .provenance import provenance
from .results import write

PEERS = {"tokenizers": "0.23.3", "tiktoken": "0.14.0", "rustbpe": "0.1.0"}
TEXT = [sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), "/usr/share/doc", "/usr/share/perl"]
SUFFIXES = {".py", ".pyi", ".txt", ".rst", ".md", ".pm", ".pod", ".html", ".c", ".h"}
BYTES, SMALL, ENCODED = 50_000_000, 200_000, 5_000_000
SIZES = [4096, 32768]
OURS, PLAIN, FACE, RUST, TIK = "ours", "ours, without NumPy", "tokenizers", "rustbpe", "tiktoken"


def main(options):
    missing = [f"{name}=={version}" for name, version in PEERS.items()
               if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit("what this compares with is not installed:\n    pip install " + " ".join(missing))
    with tempfile.TemporaryDirectory() as folder:
        facts = make_corpus(options.text or TEXT, Path(folder))
        found = measure(Path(folder), options.rounds)
    judged = budgets(found)
    origin = provenance(__file__, *PEERS, "regex", "numpy", text=facts, rounds=options.rounds)
    write(options.out, origin=origin, budgets=judged,
          rows=[{"run": name, **summary(results)} for name, results in found.items()])
    return judged


# The text

def make_corpus(folders, folder):
    """Write text.txt, half of it, its end and its beginning; returns what is to be known about it."""
    seen, texts = set(), []
    for root in folders:
        for path in sorted(Path(root).rglob("*")):
            if path.suffix in SUFFIXES or path.suffix == ".gz":
                try:
                    data = path.read_bytes()
                    data = gzip.decompress(data) if path.suffix == ".gz" else data
                    text = data.decode("utf-8")
                except (OSError, EOFError, ValueError):
                    continue
                digest = hashlib.sha256(data).digest()
                if len(data) < 400_000 and digest not in seen:
                    seen.add(digest)
                    texts.append((digest, text))
    random.Random(0).shuffle(texts)
    count, size, kept = 0, 0, []
    for _, text in texts:
        kept.append(text)
        count, size = count + 1, size + len(text.encode())
        if size >= BYTES:
            break
    else:
        print(f"only {size / 1e6:.1f} MB of text were found; --text names more folders", file=sys.stderr)
    whole = "".join(kept)
    parts = {"text": whole, "half": whole[:len(whole) // 2], "end": whole[-ENCODED:], "small": whole[:SMALL]}
    for name, text in parts.items():
        (folder / name).write_bytes(text.encode())
    return {"files": count, "MB": significant(size / 1e6),
            "sha256": hashlib.sha256(whole.encode()).hexdigest()}


def documents(path):
    with open(path, encoding="utf-8", newline="") as file:
        while text := file.read(100_000):
            yield text


def read(path):
    return Path(path).read_bytes().decode()


# What a process does

def train(engine, path, size, threads):
    """Seconds and memory of training; our merges, for the encoders."""
    import_peer(engine)
    begin, used = time.perf_counter(), time.process_time()
    merges = TRAINERS[engine](documents(path), size, threads)
    return {"seconds": time.perf_counter() - begin, "processor seconds": time.process_time() - used,
            "MB": peak(), "merges": merges}


def train_ours(texts, size, threads):
    from scratch.bpe import words
    from scratch.bpe.tokenizer import RegexTokenizer

    class Counting(words.Counting):
        def __exit__(self, *_):
            helpers.append(high_water(self.process.pid))
            super().__exit__()
    words.Counting = Counting
    tokenizer = RegexTokenizer()
    tokenizer.train(texts, size, processes=threads)
    return hashlib.sha256(repr(tokenizer.merges).encode()).hexdigest()


def train_plain(texts, size, threads):
    from scratch.bpe import arrays
    arrays.np = None
    return train_ours(texts, size, threads)


def train_face(texts, size, threads):
    face = face_without_merges()
    from tokenizers import pre_tokenizers, trainers
    face.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))


def train_rust(texts, size, threads):
    import rustbpe
    rustbpe.Tokenizer().train_from_iterator(texts, size, pattern=pattern())


def face_without_merges():
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    face = Tokenizer(models.BPE())
    face.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern()), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    return face


TRAINERS = {OURS: train_ours, PLAIN: train_plain, FACE: train_face, RUST: train_rust}


def oracle(path):
    """basic.py and our trainer on the same pieces of little text."""
    from scratch.bpe import basic
    from scratch.bpe.split import Splitter
    from scratch.bpe.tokenizer import RegexTokenizer
    text = read(path)
    slow, plain = timed(lambda: basic.learn([list(piece.encode()) for piece in Splitter().split(text)], 512))
    tokenizer = RegexTokenizer()
    fast, _ = timed(tokenizer.train, text, 512)
    assert list(plain.items()) == list(tokenizer.merges.items()), "the merges differ"
    return {"basic.py": slow, "ours": fast}


def save(path, size, model):
    from scratch.bpe.tokenizer import RegexTokenizer
    tokenizer = RegexTokenizer()
    tokenizer.train(Path(path), size)
    tokenizer.save(model)


def encode(engine, model, path):
    """Seconds of encoding a text for the first time, and again, and of decoding it."""
    from scratch.bpe.exchange import to_huggingface, to_tiktoken
    from scratch.bpe.tokenizer import RegexTokenizer
    ours, text = RegexTokenizer().load(model), read(path)
    if engine == OURS:
        call, back = ours.encode_ordinary, ours.decode
    elif engine == TIK:
        theirs = to_tiktoken(ours)
        call, back = theirs.encode_ordinary, theirs.decode
    else:
        face = to_huggingface(ours)
        call, back = (lambda text: face.encode(text).ids), face.decode
    first, ids = timed(call, text)
    again, _ = timed(call, text)
    decoding, came_back = timed(back, ids)
    assert came_back == text, "the text did not come back"
    return {"first": first, "again": again, "decoding": decoding, "tokens": len(ids),
            "ids": hashlib.sha256(repr(ids).encode()).hexdigest()}


def timed(call, *arguments):
    """Seconds of the processor, which a busy machine does not stretch, and the result."""
    begin = time.process_time()
    result = call(*arguments)
    return time.process_time() - begin, result


def worst(engine, model):
    """Seconds of encoding a megabyte of what tokenizers do not like."""
    from scratch.bpe.exchange import to_tiktoken
    from scratch.bpe.tokenizer import RegexTokenizer
    rng, ours = random.Random(0), RegexTokenizer().load(model)
    cases = {"one letter, a million times": "a" * 1_000_000,
             "random letters without a blank": "".join(rng.choices(string.ascii_lowercase, k=1_000_000)),
             "random bytes, read as Latin-1": rng.randbytes(1_000_000).decode("latin-1"),
             "blanks": " " * 1_000_000}
    call = ours.encode_ordinary if engine == OURS else to_tiktoken(ours).encode_ordinary
    return {name: timed(call, text)[0] for name, text in cases.items()}


def import_peer(engine):
    """Imports are not training."""
    if engine in (FACE, RUST):
        importlib.import_module(engine)
    elif engine == OURS:
        importlib.import_module("numpy")
        importlib.import_module("scratch.bpe.tokenizer")


def pattern():
    from scratch.bpe.split import GPT4_SPLIT_PATTERN
    return GPT4_SPLIT_PATTERN


helpers = []    # the most memory that each counting process has held


def peak():
    """The most memory that this process and those that it started have held, in MB."""
    return high_water("self") + sum(helpers)


def high_water(pid):
    """Linux says it in /proc; ru_maxrss, all that there is elsewhere, begins with the parent's there."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6


TASKS = {"train": train, "oracle": oracle, "save": save, "encode": encode, "worst": worst}


# The rounds

def measure(folder, rounds):
    """Every measurement, once in each round: {name: [result, ...]}."""
    model = f"{folder}/model"
    process("save", f"{folder}/text", SIZES[-1], model)
    model += ".model"
    everything, jobs = os.cpu_count(), {}
    for size in SIZES:
        for engine in TRAINERS:
            for threads in dict.fromkeys([everything, 1]):
                if engine != PLAIN or threads == everything:
                    jobs[f"{engine}, {size} tokens, {threads} threads"] = (
                        "train", engine, f"{folder}/text", size, threads)
    jobs["half the text"] = ("train", OURS, f"{folder}/half", SIZES[0], 1)
    jobs["oracle"] = ("oracle", f"{folder}/small")
    for engine in OURS, TIK, FACE:
        jobs[f"encoding, {engine}"] = ("encode", engine, model, f"{folder}/end")
    for engine in OURS, TIK:
        jobs[f"worst, {engine}"] = ("worst", engine, model)
    found = turns({name: partial(told, name, *job) for name, job in jobs.items()}, rounds)
    for group in ([f"encoding, {engine}" for engine in (OURS, TIK, FACE)],
                  *([f"{engine}, {size} tokens, {everything} threads" for engine in (OURS, PLAIN)]
                    for size in SIZES)):
        key = "ids" if "encoding" in group[0] else "merges"
        if len({result[key] for name in group for result in found[name]}) != 1:
            sys.exit(f"the {key} of {' and '.join(group)} differ")
    return found


def told(name, *job):
    """A job's result, printed, too."""
    result = process(*job)
    numbers = {key: significant(value) for key, value in result.items() if isinstance(value, float)}
    print(f"{name}: {numbers}", flush=True)
    return result


def process(*job):
    threads = str(job[-1]) if job[0] == "train" else str(os.cpu_count())
    return task("bpe", *job, RAYON_NUM_THREADS=threads, TOKENIZERS_PARALLELISM="true")


# The report

def each(found, name, key):
    """One number of a measurement, round by round."""
    return [result[key] for result in found[name]]


def budgets(found):
    rows = []
    for threads in dict.fromkeys([os.cpu_count(), 1]):
        for size, against_face in zip(SIZES, (1.3, 1.0)):
            ours, face, rust = (f"{engine}, {size} tokens, {threads} threads"
                                for engine in (OURS, FACE, RUST))
            what = f"training, {size} tokens, {threads} {'thread' if threads == 1 else 'threads'}"
            key = "processor seconds" if threads == 1 else "seconds"
            took, memory = each(found, ours, key), each(found, ours, "MB")
            rows += [
                budget(f"{what}: times tokenizers' speed", ratio(each(found, face, key), took), against_face,
                       better="higher"),
                budget(f"{what}: of rustbpe's speed", ratio(each(found, rust, key), took), 0.7,
                       better="higher"),
                budget(f"{what}: memory, of tokenizers'", ratio(memory, each(found, face, "MB")), 1.0)]
    whole = each(found, f"{OURS}, {SIZES[0]} tokens, 1 threads", "processor seconds")
    rows += [
        budget("training, 1 thread: time for the whole text, of that for half",
               ratio(whole, each(found, "half the text", "processor seconds")), 2.2),
        budget("training on 200 kB, 512 tokens: times basic.py",
               ratio(each(found, "oracle", "basic.py"), each(found, "oracle", "ours")), 100, better="higher")]
    for what, peer, key, limit in (("encoding new text: of tiktoken's speed", TIK, "first", 0.4),
                                   ("encoding again: of tiktoken's speed", TIK, "again", 0.75),
                                   ("encoding new text: times tokenizers' speed", FACE, "first", 3),
                                   ("decoding: of tiktoken's speed", TIK, "decoding", 0.3)):
        theirs, ours = (each(found, f"encoding, {engine}", key) for engine in (peer, OURS))
        rows.append(budget(what, ratio(theirs, ours), limit, better="higher"))
    worst = f"worst, {OURS}"
    return rows + [budget(f"encoding a megabyte, {case}", median(each(found, worst, case)), 3, "s")
                   for case in found[worst][0]]


def summary(results):
    """The medians over the rounds of every number, and of seconds their range."""
    told = {}
    for key, value in results[0].items():
        if isinstance(value, (int, float)):
            told[key] = median([one[key] for one in results])
        if key == "seconds":
            told["range of seconds"] = significant([choose(one[key] for one in results)
                                                    for choose in (min, max)])
    return told
