"""What is around a model: data/, which makes batches, and tensorboard, for losses.

Chapter: docs/torch/modules.md.  To copy: this folder.
"""

from . import data
