"""What scripts ask of the machine is answered, and what would change numbers is refused."""

import pytest
import torch

from scratch import torch as ours


def test_a_number_of_threads_is_remembered():
    """By torch.set_num_threads and torch.get_num_threads."""
    for library in (ours, torch):
        before = library.get_num_threads()
        library.set_num_threads(3)
        assert library.get_num_threads() == 3
        library.set_num_threads(before)
        assert library.get_num_threads() == before >= 1


@pytest.mark.parametrize("number", [0, -1, 2.0, "2"])
def test_what_is_no_number_of_threads_is_refused(number):
    """By torch.set_num_threads: an error of the same class."""
    for library in (torch, ours):
        with pytest.raises(RuntimeError):
            library.set_num_threads(number)


def test_at_first_the_number_of_threads_is_the_environments(monkeypatch):
    monkeypatch.setattr(ours.machine.Asked, "threads", None)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert ours.get_num_threads() == 7
    monkeypatch.setenv("OMP_NUM_THREADS", "4,2")
    assert ours.get_num_threads() >= 1


def test_what_is_compiled_is_what_it_was():
    def f(x):
        return x + 1
    assert ours.compile(f) is f and ours.compile(f, backend="inductor", fullgraph=True) is f
    assert ours.compile(mode="max-autotune")(f) is f


def test_precision_is_each_tensors_own():
    """By torch.autocast that is not enabled: the same numbers."""
    x = ours.rand(3, 3)
    with ours.autocast("cpu", ours.bfloat16, enabled=False):
        assert (x @ x).dtype is ours.float32

    @ours.autocast(device_type="cpu", enabled=False)
    def f():
        return not ours.is_autocast_enabled()
    assert f()
    with pytest.raises(NotImplementedError, match="no autocast"):
        ours.autocast("cpu", ours.bfloat16)
    ours.set_float32_matmul_precision("high")
    assert ours.get_float32_matmul_precision() == "high"
    ours.set_float32_matmul_precision("highest")
    with pytest.raises(RuntimeError, match="highest, high or medium"):
        ours.set_float32_matmul_precision("low")


def test_operations_are_deterministic_whether_asked_or_not():
    ours.use_deterministic_algorithms(True)
    assert ours.are_deterministic_algorithms_enabled()
    ours.use_deterministic_algorithms(False, warn_only=True)
    assert not ours.are_deterministic_algorithms_enabled()
