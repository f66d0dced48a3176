"""Sequences of different lengths, side by side in one tensor.

    >>> from ... import tensor
    >>> pad_sequence([tensor([1, 2, 3]), tensor([4])], batch_first=True)
    tensor([[1, 2, 3],
            [4, 0, 0]])

Left out: packed sequences, in which no padding is stored. Give the loss an
ignore_index.

Chapter: docs/torch/modules.md.
"""



def pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right"):
    """A list of (T, ...) of different T -> (longest T, B, ...), or with B first."""
    sequences = list(sequences)
    if not sequences:
        raise RuntimeError("there is no sequence to pad")
    if padding_side not in ("left", "right"):
        raise ValueError(f"padding_side is 'left' or 'right', not {padding_side!r}")
    T, rest = max(map(len, sequences)), sequences[0].shape[1:]
    rows = sequences[0].new_full((len(sequences), T, *rest), padding_value)
    for row, sequence in enumerate(sequences):
        start = T - len(sequence) if padding_side == "left" else 0
        rows[row, start:start + len(sequence)] = sequence
    return rows if batch_first else rows.transpose(0, 1)


def unpad_sequence(padded_sequences, lengths, batch_first=False):
    """The reverse, given the lengths -> a list of (T, ...)."""
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[:int(length)] for row, length in zip(rows, lengths)]
