"""Grading by the examples of an exercise's docstring, each below the title of its section."""

import ast
import doctest
import inspect
import math
import re

from .stub import OPEN, LabError, Wrong


class Close(doctest.OutputChecker):
    """Floats may differ in their last digits, since (a + b) + c is not always a + (b + c)."""

    def check_output(self, want, got, flags):
        wanted, printed = want.splitlines(), got.splitlines()
        return len(wanted) == len(printed) and all(map(alike, wanted, printed))


def alike(want, got):
    """Whether two lines are equal, or write numbers that are."""
    a, b = number(want), number(got)
    return want == got or a is not None and close(a, b)


def number(text):
    """The Python literal that a line writes, or None."""
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return None


def close(a, b):
    """Whether two numbers, or all numbers of two lists, agree to twelve digits."""
    if isinstance(a, (list, tuple)) and type(a) is type(b) and len(a) == len(b):
        return all(map(close, a, b))
    if isinstance(a, float) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)
    return not isinstance(a, float) and a == b


def examples(lab, name, names):
    """Each example in the docstring of the exercise: (title of its section, example)."""
    exercise = names
    for part in name.split("."):
        exercise = exercise[part] if exercise is names else getattr(exercise, part)
    title = None
    for piece in doctest.DocTestParser().parse(inspect.getdoc(exercise) or ""):
        if isinstance(piece, doctest.Example):
            yield title, piece
        else:
            paragraphs = [paragraph.strip() for paragraph in re.split(r"\n\s*\n", piece)]
            title = [title, *(each for each in paragraphs if each in lab.sections)][-1]


def try_examples(lab, name, names):
    """Run an exercise's examples; Wrong, with what the chapter says about it, at the first that fails."""
    found = list(examples(lab, name, names))
    if not found or None in dict(found):
        lost = "the title above its examples" if found else "its examples"
        raise LabError(f"the docstring of {name} in {lab.display_path} has lost {lost}; take them "
                       "from the stub in labs/ (git diff shows what you changed)")
    test = doctest.DocTest([example for _, example in found], dict(names), name, lab.path, None, None)
    try:
        doctest.DebugRunner(checker=Close(), verbose=False).run(test)
        return
    except doctest.DocTestFailure as failure:
        failed, got = failure.example, failure.got.strip() or "nothing"
    except doctest.UnexpectedException as failure:
        failed, error = failure.example, failure.exc_info[1]
        if isinstance(error, NotImplementedError):
            raise Wrong(str(error), OPEN) from None
        got = lab.message(error)
    title = next(title for title, example in found if example is failed)
    shown_examples = [example for each, example in found if each == title and example.lineno <= failed.lineno]
    session = "".join(f">>> {example.source}".replace("\n", "\n... ").removesuffix("... ")
                      for example in shown_examples)
    compared = f"{column('expected', failed.want.strip() or 'nothing')}\n{column('came', got)}"
    raise Wrong(f"{indented(session)}\n\n{indented(compared)}\n\n"
                + f"{lab.sections[title]}\nRead: {lab.chapter}, {title}".lstrip())


def column(word, text):
    """The word, and beside it the lines of the text in a column of their own."""
    return f"{word:12}" + text.replace("\n", "\n" + 12 * " ")


def indented(text):
    """The text, each line four columns to the right.

    >>> indented("a\\n\\nb")
    '    a\\n\\n    b'
    """
    return "\n".join(f"    {line}".rstrip() for line in text.rstrip().splitlines())
