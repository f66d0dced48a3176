"""Byte-pair encoding: read the vocabularies of other programs.

    ranks    token -> id, as tiktoken keeps them: the bytes of each token, and no pairs
    merges   (id, id) -> the id that replaces them, in the order of training
    signs    byte -> the character that stands for it in vocabularies like GPT-2's

Exercises: merges_of, byte_characters.
Chapter: docs/tokenization/tokenizers.md.
"""

from scratch.bpe.basic import apply


def merges_of(ranks):
    """{token: rank} -> merges, in the order of their ranks.

    apply(merges, ids) merges what it can, the pair learnt first before the others. The
    two parts of a token are what the earlier merges make of its bytes. A byte's id is its rank, which
    need not be its number: in GPT-4's vocabulary the bytes are in another order.

    How does a tokenizer travel? Files and exchange

    >>> byte_ranks = {bytes([byte]): byte for byte in range(256)}
    >>> merges_of(byte_ranks)
    {}
    >>> merges_of(byte_ranks | {b"aa": 256, b"aaa": 257, b"aaab": 258})
    {(97, 97): 256, (256, 97): 257, (257, 98): 258}
    >>> merges_of(byte_ranks | {b"aaa": 257, b"aa": 256})        # in any order
    {(97, 97): 256, (256, 97): 257}
    >>> merges_of(byte_ranks | {b"ab": 256, b"cd": 257, b"abcd": 258, b"bc": 259})
    {(97, 98): 256, (99, 100): 257, (256, 257): 258, (98, 99): 259}
    >>> turned = {bytes([byte]): 255 - byte for byte in range(256)}
    >>> merges_of(turned | {b"ab": 256, b"abc": 257})
    {(158, 157): 256, (256, 156): 257}
    """
    raise NotImplementedError("merges_of is yours to write")


def byte_characters():
    """{byte: the character that stands for it in vocabularies like GPT-2's}.

    The visible characters of Latin-1 stand for themselves: "!" to "~", "¡" to "¬", "®" to
    "ÿ". The other bytes get the characters from chr(256) on, in order.

    How does a tokenizer travel? Files and exchange

    >>> signs = byte_characters()
    >>> len(signs), len(set(signs.values()))
    (256, 256)
    >>> "".join(signs[byte] for byte in "The gradient\\n".encode())
    'TheĠgradientĊ'
    >>> signs[0], signs[0x7F], signs[0xA0], signs[0xAD], signs[0xFF]
    ('Ā', 'ġ', 'ł', 'Ń', 'ÿ')
    >>> all(sign.isprintable() and not sign.isspace() for sign in signs.values())
    True
    """
    raise NotImplementedError("byte_characters is yours to write")
