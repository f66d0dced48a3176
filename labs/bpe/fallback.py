"""Byte-pair encoding: SentencePiece's way, with code points and bytes.

    pieces   a list: the text of each id, a space written ▁
    id_of    the other way round: text -> id

Characters that were frequent in the training text have ids, and so have all bytes,
under the names <0x00> to <0xFF>. There is no list of merges: two neighbours merge if
their joined text is a piece, and the pairs whose piece has the lowest id are merged
first.

Exercises: ids_of_characters, merge_pieces.
Chapter: docs/tokenization/tokenizers.md.
"""

from scratch.bpe.basic import get_stats, merge


def ids_of_characters(text, id_of):
    """text -> the ids of its characters; of the bytes of a character that has no id.

    What does SentencePiece do differently? Byte fallback

    >>> id_of = {f"<0x{byte:02X}>": byte for byte in range(256)} | {"a": 256, "é": 257}
    >>> ids_of_characters("aéa", id_of)
    [256, 257, 256]
    >>> ids_of_characters("a안", id_of)
    [256, 236, 149, 136]
    >>> ids_of_characters("b", id_of)         # an ASCII character can be missing, too
    [98]
    >>> ids_of_characters("", id_of)
    []
    """
    raise NotImplementedError("ids_of_characters is yours to write")


def merge_pieces(ids, pieces, id_of):
    """Merge neighbours that together are a token, the token with the lowest id first.

    get_stats(ids) counts the pairs, merge(ids, pair, new_id) merges one.

    What does SentencePiece do differently? Byte fallback

    >>> pieces = ["l", "o", "w", "e", "r", "er", "lo", "low", "we"]
    >>> id_of = {piece: id for id, piece in enumerate(pieces)}
    >>> merge_pieces([0, 1, 2], pieces, id_of)
    [7]
    >>> merge_pieces([0, 1, 2, 3, 4], pieces, id_of)    # er has a lower id than we
    [7, 5]
    >>> merge_pieces([3, 4, 3, 4], pieces, id_of)
    [5, 5]
    >>> merge_pieces([1, 0], pieces, id_of)
    [1, 0]
    >>> merge_pieces([2], pieces, id_of), merge_pieces([], pieces, id_of)
    ([2], [])
    """
    raise NotImplementedError("merge_pieces is yours to write")
