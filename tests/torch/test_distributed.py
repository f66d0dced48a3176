"""A script that asks whether it has company hears that it is alone."""

import pytest

from scratch.torch import distributed


def test_this_process_is_alone():
    assert distributed.is_available() and not distributed.is_initialized()


@pytest.mark.parametrize("name", ["init_process_group", "all_reduce", "get_rank", "barrier"])
def test_what_needs_others_is_refused_by_name(name):
    with pytest.raises(NotImplementedError, match=name):
        getattr(distributed, name)("gloo")
