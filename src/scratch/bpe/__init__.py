"""Byte-pair encoding: from text to the numbers a language model reads, and back."""

from .basic import BasicTokenizer
from .exchange import GPT4Tokenizer
from .tokenizer import RegexTokenizer
