"""Make book.txt: this book's own text and code in one file, to train tokenizers on.

    python data/make_book.py    write data/book.txt from docs and src as they are now

The file is frozen: chapters quote numbers that were measured on it, so it stays as it is
while the book grows, until somebody decides to make it anew. README.md has its checksum.
"""

import argparse
import hashlib
from pathlib import Path

from weave.files import write_atomically

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PARTS = ("docs", "*.md"), ("src", "*.py")


def main():
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--output", type=Path, default=HERE / "book.txt", metavar="FILE",
                        help="another place than data/book.txt")
    arguments = parser.parse_args()
    text = make(ROOT)
    write_atomically(arguments.output, text)
    print(f"{arguments.output}: {len(text):,} bytes, sha256 "
          f"{hashlib.sha256(text).hexdigest()}")


def make(root):
    """The chapters, then the modules, each part by path, with a blank line between."""
    files = [path for folder, pattern in PARTS
             for path in sorted((root / folder).rglob(pattern),
                                key=lambda path: path.relative_to(root).as_posix())]
    texts = [path.read_text(encoding="utf-8").strip("\n") for path in files]
    return ("\n\n".join(text for text in texts if text) + "\n").encode("utf-8")


if __name__ == "__main__":
    main()
