"""What the chapters on representations and heads ask of results/represent.json, over seeds and layers.

>>> told([1.0, 2.0, 3.0])
'2.000 ± 0.577'
>>> round(ahead([2.0, 3.0, 5.0], [1.0, 1.0, 1.0]), 2)
2.65
>>> short("BERT, any share hidden")
'BERT'
"""

from statistics import fmean, stdev

from .results import read

A_BERT = "BERT, any share hidden"
FOUR = [(kind, start) for kind in ("GPT", A_BERT) for start in ("trained", "untrained")]


def measured(section, **what):
    """The one row of a section that is so."""
    [row] = [row for row in read("represent", section)["rows"]
             if all(row.get(name) == value for name, value in what.items())]
    return row


def by_layer(section, what, kind, start, **more):
    """What was measured before the first block of a network and after each of its two."""
    return [measured(section, kind=kind, start=start, layer=n, **more)[what] for n in range(3)]


def told(each, digits=3):
    """A mean over seeds and its standard error; of one number, as wide, the number."""
    error = f" ± {stdev(each) / len(each)**0.5:.{digits}f}" if len(each) > 1 else " " * (digits + 5)
    return f"{fmean(each):.{digits}f}{error}"


def ahead(one, other):
    """By how many standard errors one is ahead of the other, seed by seed."""
    each = [a - b for a, b in zip(one, other, strict=True)]
    return fmean(each) / (stdev(each) / len(each)**0.5)


def short(kind):
    return kind.partition(",")[0]
