"""torch.nn: networks as objects that know their parameters.

    >>> net = Sequential(Linear(2, 3), Tanh(), Linear(3, 1))
    >>> sum(p.numel() for p in net.parameters())
    13
    >>> net
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): Tanh()
      (2): Linear(in_features=3, out_features=1, bias=True)
    )

    parameter.py, module.py, state.py    what a Module is
    containers.py                        Sequential, ModuleList, ModuleDict, ...
    layers.py, embedding.py, dropout.py  Linear, Embedding, Dropout, Flatten
    activations.py, normalization.py     ReLU and others; LayerNorm and others
    convolution.py, pooling.py, padding.py
    recurrent.py, attention.py, transformer.py
    losses.py                            CrossEntropyLoss and others
    functional.py                        the functions that these call
    gelu.py, standardize.py, cross_entropy.py    those with a slope of their own
    init.py, utils/                      how weights begin; clipping and padding

Chapter: docs/torch/modules.md.
"""

from . import functional, init, parallel, utils
from .activations import (
    CELU, ELU, GELU, GLU, SELU, Hardsigmoid, Hardswish, Hardtanh, LeakyReLU, LogSigmoid,
    LogSoftmax, Mish, PReLU, ReLU, ReLU6, Sigmoid, SiLU, Softmax, Softmin, Softplus,
    Softsign, Tanh, Tanhshrink)
from .attention import MultiheadAttention
from .containers import (
    ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential)
from .convolution import Conv1d, Conv2d
from .dropout import Dropout, Dropout1d, Dropout2d
from .embedding import Embedding
from .layers import Bilinear, Flatten, Identity, Linear, Unflatten
from .losses import (
    BCELoss, BCEWithLogitsLoss, CosineEmbeddingLoss, CosineSimilarity, CrossEntropyLoss,
    HingeEmbeddingLoss, HuberLoss, KLDivLoss, L1Loss, MarginRankingLoss, MSELoss,
    NLLLoss, PairwiseDistance, SmoothL1Loss, SoftMarginLoss, TripletMarginLoss)
from .module import Module
from .normalization import BatchNorm1d, BatchNorm2d, GroupNorm, LayerNorm, RMSNorm
from .parameter import Parameter
from .pooling import (
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d)
from .recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from .transformer import (
    Transformer, TransformerDecoder, TransformerDecoderLayer, TransformerEncoder,
    TransformerEncoderLayer)


def __getattr__(name):
    raise AttributeError(f"scratch.torch has no torch.nn.{name}")
