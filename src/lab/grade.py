"""An exercise graded in the process that is running, which keeps what it leaves behind."""

import contextlib
import io

from .examples import try_examples
from .stub import PASSES, WRONG, Lab, LabError, Wrong


def grade(address, tests=True):
    """Grade an exercise, or a whole file at once -> its state and why.

    tests: also by the tests of the module, after the examples.
    """
    try:
        lab = Lab(address)
        names = lab.install()
        for name in lab.chosen:
            try_examples(lab, name, names)
        if tests:
            try_tests(address)
    except Wrong as wrong:
        return wrong.state, str(wrong)
    except LabError as error:
        return WRONG, str(error)
    return PASSES, ""


def try_tests(address):
    """Run the module's tests, if there are any; Wrong at the first that fails."""
    import pytest

    from .plugin import Grading

    grading = Grading(address)
    if grading.lab.tests:
        with contextlib.redirect_stdout(io.StringIO()):
            code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", str(grading.lab.tests)],
                               plugins=[grading])
        if code:
            raise grading.first or Wrong(f"{grading.lab.tests} ended with {code!r}")
