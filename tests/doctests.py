"""Doctests in a folder of their own: what a process does that has imported nothing of the book's."""

import contextlib
import doctest
import importlib
import os
import sys
import traceback
from pathlib import Path

BOOK = str(Path(__file__).resolve().parents[1])


def run(names, folder, said):
    """Run the doctests of modules in folder; what fails, and that there are none, is written to said."""
    with open(said, "w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        os.chdir(folder)
        for name in [*sys.modules]:    # a folder of that name here comes before what was imported
            if Path(folder, name.partition(".")[0]).exists():
                del sys.modules[name]
        sys.modules["scratch"] = None    # importing the book's own copy is an error
        sys.path[:] = [str(folder), *(path for path in sys.path
                                      if "site-packages" in path or not path.startswith(BOOK))]
        try:
            results = [doctest.testmod(importlib.import_module(name)) for name in names]
        except Exception:
            traceback.print_exc(file=file)
        else:
            if not any(result.attempted for result in results):
                print("no doctests")
