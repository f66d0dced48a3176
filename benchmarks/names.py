"""Lists of names, split, for the benchmarks of makemore."""

import hashlib
import sys
from pathlib import Path

import torch

from scratch.makemore.data import SOURCES, Vocabulary, dataset, read_words, split

from .harness import ROOT


class Words:
    """A list of names with its vocabulary, its split, and examples for any block size.

    The split is the book's, or makemore.py's with its 1,000 test words.
    """

    def __init__(self, words, makemore=False):
        self.words, self.vocabulary = words, Vocabulary(words)
        if makemore:
            order = torch.randperm(len(words), generator=torch.Generator().manual_seed(3407)).tolist()
            self.train = [words[n] for n in order[:-1000]]
            self.dev = self.test = [words[n] for n in order[-1000:]]
        else:
            self.train, self.dev, self.test = split(words)

    @classmethod
    def read(cls, path, makemore=False):
        """Of a file, whose checksum says which one it was."""
        words = cls(read_words(path), makemore)
        words.sha256 = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        return words

    def examples(self, part, block_size):
        """The contexts and targets of part, "train", "dev" or "test"."""
        return dataset(getattr(self, part), self.vocabulary, block_size)


def book():
    return Words.read(ROOT / "src/scratch/makemore/names.txt")


def karpathy(path, makemore=False):
    """The list that Karpathy's lectures use, at path; exits if another one is there."""
    words = Words.read(path, makemore)
    if words.sha256 != SOURCES["karpathy"][1]:
        sys.exit(f"{path} is not the names.txt of karpathy/makemore: its sha256 differs")
    return words
