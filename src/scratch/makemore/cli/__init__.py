"""The program `python -m scratch.makemore`. A program, not to copy.

    kinds.py       the models that it knows and their settings: a new one is an entry
    commands.py    what train, sample and evaluate do
    prose.py       the same for a gpt of running text, which has a tokenizer
    run.py         a training, which is saved and resumed, and the words it is on

__main__.py reads the command line. It and kinds.py import no PyTorch, and commands.py
imports it only once it is needed: help and refusals should be there at once.
"""

import click


class Refused(click.ClickException):
    """An input that the program cannot use, in one line."""
