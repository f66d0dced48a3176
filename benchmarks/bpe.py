"""Measure the byte-pair encoder beside tokenizers, tiktoken and rustbpe; write results/bpe.json.

    pip install tokenizers==0.23.3 tiktoken==0.14.0 rustbpe==0.1.0 regex numpy
    PYTHONPATH=src python benchmarks/bpe.py    half an hour; --rounds 1 for a quick look

The text is what a machine has: Python's library, installed packages, documentation; 50 MB of it,
each content once, in a fixed order (--text FOLDER for other text).  Trainers read it from one file,
100,000 characters at a time, and split it by the pattern of cl100k.  Encoders get the same 32,768
tokens, and their ids have to be equal.  Each measurement is a process of its own, and the processes
of one round follow each other, so that a busy minute of the machine falls on all; a ratio is taken
round by round, and its median is reported.  Where one thread does the work, its processor time is
compared.  Exits with 1 if a budget is missed.
"""

import argparse
import gzip
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from weave.machine import provenance

ROOT = Path(__file__).resolve().parents[1]
PEERS = {"tokenizers": "0.23.3", "tiktoken": "0.14.0", "rustbpe": "0.1.0"}
TEXT = [sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), "/usr/share/doc", "/usr/share/perl"]
SUFFIXES = {".py", ".pyi", ".txt", ".rst", ".md", ".pm", ".pod", ".html", ".c", ".h"}
BYTES, SMALL, ENCODED = 50_000_000, 200_000, 5_000_000
SIZES = [4096, 32768]
OURS, PLAIN, FACE, RUST, TIK = "ours", "ours, without NumPy", "tokenizers", "rustbpe", "tiktoken"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="processes for each measurement (3)")
    parser.add_argument("--text", nargs="+", default=TEXT, metavar="FOLDER", help="where to look for text")
    parser.add_argument("--task", help=argparse.SUPPRESS)    # what a single process runs; prints JSON
    options = parser.parse_args()
    if options.task:
        name, *arguments = json.loads(options.task)
        return print(json.dumps(TASKS[name](*arguments)))
    missing = [f"{name}=={version}" for name, version in PEERS.items() if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit("what this compares with is not installed:\n    pip install " + " ".join(missing))
    with tempfile.TemporaryDirectory() as folder:
        facts = make_corpus(options.text, Path(folder))
        found = measure(Path(folder), options.rounds)
    rows = budgets(found)
    report(found, rows, facts, options.rounds)
    return not all(one["holds"] for one in rows)


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
    return {"files": count, "MB": rounded(size / 1e6), "sha256": hashlib.sha256(whole.encode()).hexdigest()}


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
             "random letters without a blank": "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=1_000_000)),
             "random bytes, read as Latin-1": rng.randbytes(1_000_000).decode("latin-1"),
             "blanks": " " * 1_000_000}
    call = ours.encode_ordinary if engine == OURS else to_tiktoken(ours).encode_ordinary
    return {name: timed(call, text)[0] for name, text in cases.items()}


def import_peer(engine):
    """Imports are not training."""
    if engine in (FACE, RUST):
        importlib.import_module(engine)
    elif engine == OURS:
        import numpy
        from scratch.bpe import tokenizer


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
    everything, found = os.cpu_count(), {}
    jobs = {}
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
    for number in range(rounds):
        for name, job in jobs.items():
            result = process(*job)
            found.setdefault(name, []).append(result)
            told = {key: rounded(value) for key, value in result.items() if isinstance(value, float)}
            print(f"round {number + 1}, {name}: {told}", flush=True)
    for group in ([f"encoding, {engine}" for engine in (OURS, TIK, FACE)],
                  *([f"{engine}, {size} tokens, {everything} threads" for engine in (OURS, PLAIN)] for size in SIZES)):
        key = "ids" if "encoding" in group[0] else "merges"
        if len({result[key] for name in group for result in found[name]}) != 1:
            sys.exit(f"the {key} of {' and '.join(group)} differ")
    return found


def process(*task):
    threads = str(task[-1]) if task[0] == "train" else str(os.cpu_count())
    environment = {**os.environ, "RAYON_NUM_THREADS": threads, "TOKENIZERS_PARALLELISM": "true",
                   "PYTHONPATH": str(ROOT / "src")}
    run = subprocess.run([sys.executable, __file__, "--task", json.dumps(task)], capture_output=True, text=True,
                         env=environment)
    if run.returncode:
        sys.exit(f"{task} failed:\n{run.stderr}")
    return json.loads(run.stdout.splitlines()[-1])


# The report

def rounded(number):
    return float(f"{number:.3g}")


def ratio(found, slow, fast, key="seconds"):
    """The median over the rounds of slow's number divided by fast's."""
    return rounded(statistics.median(a[key] / b[key] for a, b in zip(found[slow], found[fast])))


def budgets(found):
    rows = []
    for threads in dict.fromkeys([os.cpu_count(), 1]):
        for size, against_face in zip(SIZES, (1.3, 1.0)):
            ours, face, rust = (f"{engine}, {size} tokens, {threads} threads" for engine in (OURS, FACE, RUST))
            what = f"training, {size} tokens, {threads} {'thread' if threads == 1 else 'threads'}"
            key = "processor seconds" if threads == 1 else "seconds"
            rows.append(row(f"{what}: times tokenizers' speed", ratio(found, face, ours, key), against_face, "", True))
            rows.append(row(f"{what}: of rustbpe's speed", ratio(found, rust, ours, key), 0.7, "", True))
            rows.append(row(f"{what}: memory, of tokenizers'", ratio(found, ours, face, "MB"), 1.0, ""))
    rows.append(row("training, 1 thread: time for the whole text, of that for half",
                    ratio(found, f"{OURS}, {SIZES[0]} tokens, 1 threads", "half the text", "processor seconds"),
                    2.2, ""))
    speed = statistics.median(one["basic.py"] / one["ours"] for one in found["oracle"])
    rows.append(row("training on 200 kB, 512 tokens: times basic.py", rounded(speed), 100, "", True))

    def of(peer, theirs, key):
        return rounded(statistics.median(a[theirs] / b[key] for a, b in zip(
            found[f"encoding, {peer}"], found[f"encoding, {OURS}"])))
    rows.append(row("encoding new text: of tiktoken's speed", of(TIK, "first", "first"), 0.4, "", True))
    rows.append(row("encoding again: of tiktoken's speed", of(TIK, "again", "again"), 0.75, "", True))
    rows.append(row("encoding new text: times tokenizers' speed", of(FACE, "first", "first"), 3, "", True))
    rows.append(row("decoding: of tiktoken's speed", of(TIK, "decoding", "decoding"), 0.3, "", True))
    for case in found[f"worst, {OURS}"][0]:
        seconds = statistics.median(one[case] for one in found[f"worst, {OURS}"])
        rows.append(row(f"encoding a megabyte, {case}", rounded(seconds), 3, "s"))
    return rows


def row(what, measured, limit, unit, more_is_better=False):
    holds = measured >= limit if more_is_better else measured <= limit
    print(f"{'ok  ' if holds else 'MISS'} {what:<60} {measured:>9g} {unit:<2} ({limit:g})", flush=True)
    return {"what": what, "measured": measured, "budget": limit, "unit": unit, "holds": holds}


def summary(results):
    """The medians over the rounds of every number, and of seconds their range."""
    told = {}
    for key, value in results[0].items():
        if isinstance(value, (int, float)):
            told[key] = rounded(statistics.median(one[key] for one in results))
        if key == "seconds":
            told["range of seconds"] = [rounded(choose(one[key] for one in results)) for choose in (min, max)]
    return told


def report(found, rows, facts, rounds):
    """Write results/bpe.json: the measurements, the budgets, and where they come from."""
    result = {
        **provenance(__file__, *PEERS, "regex", "numpy"),
        "text": facts,
        "processes for each measurement (medians)": rounds,
        "measurements": {name: summary(results) for name, results in found.items()},
        "rows": rows,
    }
    path = ROOT / "results" / "bpe.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
