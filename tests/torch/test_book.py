"""The book's own tests of makemore pass with ours in the place of PyTorch."""

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1] / "makemore"
# what a file asks for that ours has not, by what its tests are called
LEFT_OUT = {
    "gpt": ["hugging", "computes_otherwise", "several_machines"],         # transformers; several processes
    "bert": ["hugging", "computes_otherwise"],
    "transformer": ["complex"],                                           # complex numbers
    "backprop": ["last_bit"],                                             # torch.ops.aten
}
QUICK = ["attention", "layers", "encoder_decoder"]
LONG = ["backprop", "bert", "bigram", "evaluate", "gpt", "initialization", "mlp", "ngram", "optimizers",
        "recurrent",
        "sample", "transformer", "wavenet"]
RUN = """
import sys
from scratch.torch.__main__ import pretend
pretend()
import pytest, torch
assert torch.__version__.endswith("scratch")
sys.exit(pytest.main(sys.argv[1:]))
"""


def passes(stem):
    chosen = " and ".join(f"not {name}" for name in LEFT_OUT.get(stem, []))
    run = subprocess.run([sys.executable, "-c", RUN, "-q", "-p", "no:cacheprovider", "-k", chosen,
                          str(TESTS / f"test_{stem}.py")], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]
    assert " passed" in run.stdout


@pytest.mark.parametrize("stem", QUICK)
def test_a_chapters_tests_pass(stem):
    """Oracle: the tests themselves, whose oracle is PyTorch when it is there."""
    passes(stem)


def test_all_of_them_pass(request):
    """The rest takes minutes."""
    if not request.config.getoption("--long"):
        pytest.skip("takes minutes: ARGS=--long")
    for stem in LONG:
        passes(stem)
