"""Which pages of the reference stand for all of them, in checks that take long: a page of each kind."""

from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"


def page_of(path):
    """The address in the site of the page of a file under src/scratch."""
    name = ".".join(path.relative_to(SOURCE / "scratch").with_suffix("").parts)
    return f"reference/{name.removesuffix('.__init__')}/"


KINDS = {
    "the longest module": max((SOURCE / "scratch").rglob("*.py"), key=lambda path: path.stat().st_size),
    "a module with companions, a chapter and a lab": SOURCE / "scratch/makemore/gpt.py",
    "a kernel with the module that launches it": SOURCE / "scratch/cuda/kernels/reduce.cu",
    "a kernel alone": SOURCE / "scratch/cuda/kernels/matmul_naive.cu",
    "a package of packages, with functions of its own": SOURCE / "scratch/cuda/__init__.py",
}
REFERENCE = [*map(page_of, KINDS.values()), "reference/scratch/"]


def written(site):
    """The pages that somebody wrote, and of those that are made from sources one of each kind."""
    return [path for path in site.rglob("*.html") if "reference" not in path.parts
            or f"{path.parent.relative_to(site)}/" in REFERENCE]
