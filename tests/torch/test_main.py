"""Scripts that import torch run on ours, and what they use of torch is found."""

from scratch.torch.__main__ import names_used


def test_names_are_followed_through_every_form_of_import():
    source = '''
import torch
import torch.nn.functional as F
from torch import nn, optim as rules
from torch.utils.data import DataLoader as Loader
import torch.optim.lr_scheduler

x = torch.randn(3).sum()
y = F.relu(x)
layer = nn.Linear(2, 3)
rules.lr_scheduler.StepLR
other.nn.Linear
'''
    assert names_used(source) == {
        "torch.nn.functional": 3, "torch.nn": 4, "torch.optim": 4,
        "torch.utils.data.DataLoader": 5, "torch.optim.lr_scheduler": 6,
        "torch.randn": 8, "torch.nn.functional.relu": 9, "torch.nn.Linear": 10,
        "torch.optim.lr_scheduler.StepLR": 11}
