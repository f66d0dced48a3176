"""Make names.txt: 32,000 American names, one a line, from the lists of the 1990 census.

    python data/make_names.py            write src/scratch/makemore/names.txt
    python data/make_names.py --check    compare it with what this would write

All given names come first, the commonest at the top, then surnames by rank until there
are 32,000. The three lists are in the PyPI package `names`; README.md says whose they are.
"""

import argparse
import hashlib
import sys
from importlib.util import find_spec
from pathlib import Path

NAMES = Path(__file__).resolve().parents[1] / "src/scratch/makemore/names.txt"
COUNT = 32_000
LISTS = "dist.female.first", "dist.male.first", "dist.all.last"


def main():
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    parser.add_argument("--output", type=Path, default=NAMES, metavar="FILE",
                        help="another place than src/scratch/makemore/names.txt")
    arguments = parser.parse_args()

    text = make(*find_lists()).encode("ascii")
    facts = f"{len(text.split()):,} names, sha256 {hashlib.sha256(text).hexdigest()}"
    if not arguments.check:
        from weave.files import write_atomically    # only here: --check needs nothing but the lists
        write_atomically(arguments.output, text)
        print(f"{arguments.output}: {facts}")
    elif not arguments.output.exists():
        sys.exit(f"{arguments.output} does not exist; without --check this writes it")
    elif arguments.output.read_bytes() != text:
        sys.exit(f"{arguments.output} is not what the lists give: {facts}")
    else:
        print(f"{arguments.output} is what the lists give: {facts}")


def find_lists():
    """The paths of the three lists, in the order of LISTS."""
    package = find_spec("names")
    if package is None or package.origin is None:
        sys.exit("the census lists are in the package names: pip install names==0.3.0")
    paths = [Path(package.origin).with_name(name) for name in LISTS]
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        sys.exit(f"names is not version 0.3.0: it has no {', '.join(missing)}")
    return paths


def make(female, male, surnames):
    """Three lists -> the text of names.txt."""
    share = {}                           # thousandths of a percent of women, plus of men
    for name, thousandths in read(female) + read(male):
        share[name] = share.get(name, 0) + thousandths
    given = sorted(share, key=lambda name: (-share[name], name))
    family = [name for name, _ in read(surnames)]             # by rank already
    names = list(dict.fromkeys(given + family))[:COUNT]       # each where it came first
    if len(names) < COUNT:
        sys.exit(f"the lists hold {len(names):,} names, fewer than {COUNT:,}")
    return "".join(f"{name}\n" for name in names)


def read(path):
    """Lines like `MARY 2.629 2.629 1` -> [("mary", 2629), ...]: name, share."""
    rows = []
    lines = path.read_text(encoding="ascii").splitlines()
    for number, line in enumerate(lines, start=1):
        name, percent, *_ = line.split()
        name = name.lower()
        if not (name.isalpha() and len(name) >= 2):
            sys.exit(f"{path}:{number}: {name!r} is not a name of two letters or more")
        rows.append((name, int(percent.replace(".", ""))))
    return rows


if __name__ == "__main__":
    main()
