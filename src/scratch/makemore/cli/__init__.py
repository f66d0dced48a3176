"""The program `python -m scratch.makemore`. A program, not to copy.

    kinds.py       the models that it knows and their settings: a new one is an entry
    commands.py    what train, sample, evaluate, import and fill do
    published.py   models that others trained, which import brings in
    prose.py       the same for a gpt of running text, which has a tokenizer
    vectors.py     what neighbours and probe do
    run.py         a training, which is saved and resumed, and the words it is on

__main__.py reads the command line. It and kinds.py import no PyTorch, and the commands
import it only once it is needed: help and refusals should be there at once.
"""

import click


class Refused(click.ClickException):
    """An input that the program cannot use, in one line."""
