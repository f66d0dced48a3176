"""Tools for whole networks: clipping gradients, parameters as one vector, padding.

Chapter: docs/torch/modules.md.
"""

from . import rnn
from .clip import (
    clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm,
    parameters_to_vector, vector_to_parameters)
