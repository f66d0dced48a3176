"""Models on several devices are refused by name."""

import pytest

from scratch.torch import nn


@pytest.mark.parametrize("name", ["DistributedDataParallel", "DataParallel"])
def test_several_devices_are_refused_by_name(name):
    with pytest.raises(NotImplementedError, match=f"no {name}$"):
        getattr(nn.parallel, name)(nn.Linear(2, 3))
