"""Byte-pair encoding: from text to the numbers a language model reads, and back."""

from importlib import import_module

__all__ = ["BasicTokenizer", "GPT4Tokenizer", "RegexTokenizer"]
MODULES = {"BasicTokenizer": "basic", "GPT4Tokenizer": "exchange",
           "RegexTokenizer": "tokenizer"}


def __getattr__(name):
    """A class, imported when it is first used: --help needs neither regex nor NumPy."""
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
