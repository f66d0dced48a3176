"""The Transformer of 2017 as torch.nn has it: layers, stacks of them, and the whole.

    >>> from .. import ones
    >>> layer = TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16,
    ...                                 batch_first=True)
    >>> encoder = TransformerEncoder(layer, num_layers=3)
    >>> encoder(ones(2, 5, 8)).shape
    torch.Size([2, 5, 8])
    >>> Transformer.generate_square_subsequent_mask(3)          # -inf: may not look
    tensor([[0., -inf, -inf],
            [0., 0., -inf],
            [0., 0., 0.]])

    T  positions    B  examples    E  channels, d_model    F  dim_feedforward

Tensors are (T, B, E), or (B, T, E) with batch_first. norm_first normalises before
attention and MLP (as GPT-2 does), and not the sums after them (as the paper does). A
stack's layers begin as copies of the one that it is given, with equal numbers.

Vaswani and others, Attention is all you need, NIPS 2017. The book builds its own, with
fewer arguments, in scratch.makemore.transformer.

Chapter: docs/torch/modules.md.
"""

import copy

from .. import inf, zeros
from . import init
from .activations import gelu, relu
from .attention import MultiheadAttention
from .containers import ModuleList
from .dropout import Dropout
from .layers import Linear
from .module import Module
from .normalization import LayerNorm

ACTIVATIONS = {"relu": relu, "gelu": gelu}


class Layer(Module):
    """What the two layers share: self-attention first, an MLP last."""

    norms = 2

    def __init__(self, d_model, nhead, dim_feedforward=2048, dropout=0.1,
                 activation=relu, layer_norm_eps=1e-5, batch_first=False,
                 norm_first=False, bias=True, device=None, dtype=None):
        super().__init__()
        if isinstance(activation, str) and activation not in ACTIVATIONS:
            raise RuntimeError(f"activation is 'relu', 'gelu' or a function, not "
                               f"{activation!r}")
        kind = {"device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias,
                                            batch_first=batch_first, **kind)
        if self.norms == 3:
            self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias,
                                                     batch_first=batch_first, **kind)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **kind)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **kind)
        self.norm_first = norm_first
        for n in range(1, self.norms + 1):
            setattr(self, f"norm{n}", LayerNorm(d_model, layer_norm_eps, bias=bias,
                                                **kind))
        for n in range(1, self.norms + 1):
            setattr(self, f"dropout{n}", Dropout(dropout))
        self.activation = (ACTIVATIONS[activation] if isinstance(activation, str)
                           else activation)

    def around(self, x, norm, part):
        """x + part(norm(x)), or norm(x + part(x))"""
        return x + part(norm(x)) if self.norm_first else norm(x + part(x))

    def mlp(self, x):
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(Layer):
    """x (T, B, E) -> x alike: attention among the positions, an MLP at each."""

    def forward(self, src, src_mask=None, src_key_padding_mask=None, is_causal=False):
        def attend(x):
            y, _ = self.self_attn(x, x, x, src_key_padding_mask, False, src_mask,
                                  is_causal=is_causal)
            return self.dropout1(y)

        x = self.around(src, self.norm1, attend)
        return self.around(x, self.norm2, lambda x: self.dropout2(self.mlp(x)))


class TransformerDecoderLayer(Layer):
    """x (T, B, E), memory (S, B, E) -> x alike: attention, attention to memory, MLP."""

    norms = 3

    def forward(self, tgt, memory, tgt_mask=None, memory_mask=None,
                tgt_key_padding_mask=None, memory_key_padding_mask=None,
                tgt_is_causal=False, memory_is_causal=False):
        def attend(x):
            y, _ = self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask,
                                  is_causal=tgt_is_causal)
            return self.dropout1(y)

        def ask(x):
            y, _ = self.multihead_attn(x, memory, memory, memory_key_padding_mask,
                                       False, memory_mask, is_causal=memory_is_causal)
            return self.dropout2(y)

        x = self.around(tgt, self.norm1, attend)
        x = self.around(x, self.norm2, ask)
        return self.around(x, self.norm3, lambda x: self.dropout3(self.mlp(x)))


class TransformerEncoder(Module):
    """num_layers copies of a layer, and a norm at the end if there is one."""

    def __init__(self, encoder_layer, num_layers, norm=None, enable_nested_tensor=True,
                 mask_check=True):
        super().__init__()
        self.layers = copies(encoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(self, src, mask=None, src_key_padding_mask=None, is_causal=None):
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, bool(is_causal))
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """num_layers copies of a layer, and a norm at the end if there is one."""

    def __init__(self, decoder_layer, num_layers, norm=None):
        super().__init__()
        self.layers = copies(decoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(self, tgt, memory, tgt_mask=None, memory_mask=None,
                tgt_key_padding_mask=None, memory_key_padding_mask=None,
                tgt_is_causal=None, memory_is_causal=False):
        for layer in self.layers:
            tgt = layer(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask,
                        memory_key_padding_mask, bool(tgt_is_causal),
                        memory_is_causal)
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """src (S, B, E), tgt (T, B, E) -> (T, B, E): an encoder, a decoder that asks it."""

    def __init__(self, d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6,
                 dim_feedforward=2048, dropout=0.1, activation=relu,
                 custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-5,
                 batch_first=False, norm_first=False, bias=True, device=None,
                 dtype=None):
        super().__init__()
        kind = {"device": device, "dtype": dtype}
        settings = (d_model, nhead, dim_feedforward, dropout, activation,
                    layer_norm_eps, batch_first, norm_first, bias, *kind.values())

        def norm():
            return LayerNorm(d_model, layer_norm_eps, bias=bias, **kind)

        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*settings), num_encoder_layers, norm())
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*settings), num_decoder_layers, norm())
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def forward(self, src, tgt, src_mask=None, tgt_mask=None, memory_mask=None,
                src_key_padding_mask=None, tgt_key_padding_mask=None,
                memory_key_padding_mask=None, src_is_causal=None, tgt_is_causal=None,
                memory_is_causal=False):
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        return self.decoder(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask,
                            memory_key_padding_mask, tgt_is_causal, memory_is_causal)

    @staticmethod
    def generate_square_subsequent_mask(sz, device=None, dtype=None):
        """(T, T): 0 where position t may look, at 0 to t, and -inf elsewhere."""
        return zeros(sz, sz, device=device, dtype=dtype).fill_(-inf).triu(1)

    def _reset_parameters(self):
        for p in self.parameters():
            if p.ndim > 1:
                init.xavier_uniform_(p)


def copies(layer, n):
    """n deep copies: each has parameters of its own, which begin with equal numbers."""
    return ModuleList(copy.deepcopy(layer) for _ in range(n))
