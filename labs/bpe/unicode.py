"""Unicode, before any tokenizer: code points as bytes, and bytes that must not be cut.

    point    a code point, a number up to 0x10FFFF
    data     bytes of UTF-8; those of the form 10xxxxxx continue a code point

Exercises: utf8, count_points, cut.
Chapter: docs/tokenization/unicode.md.
"""


def utf8(point):
    """A code point -> its one to four bytes, without Python's encode.

    How do code points become bytes? UTF-8

    >>> utf8(0x41), utf8(0xE9)
    (b'A', b'\\xc3\\xa9')
    >>> [utf8(point).decode() for point in (0xC548, 0x1F44B)]
    ['안', '👋']
    >>> [len(utf8(point)) for point in (0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000)]
    [1, 2, 2, 3, 3, 4]
    >>> all(utf8(point) == chr(point).encode() for point in range(0x7F0, 0x810))
    True
    >>> utf8(0x10FFFF) == chr(0x10FFFF).encode()
    True
    """
    raise NotImplementedError("utf8 is yours to write")


def count_points(data):
    """How many code points there are in bytes of UTF-8, without decoding them.

    How do code points become bytes? UTF-8

    >>> count_points("hello".encode()), count_points("안녕 👋".encode())
    (5, 4)
    >>> count_points("é".encode()), count_points("e\\u0301".encode())    # drawn alike
    (1, 2)
    >>> count_points(b"")
    0
    """
    raise NotImplementedError("count_points is yours to write")


def cut(data, n):
    """The first n bytes of a text, or up to three fewer, so that they are a text, too.

    What if bytes are no text? Decoding errors

    >>> data = "안녕".encode()
    >>> [cut(data, n).decode() for n in range(7)]
    ['', '', '', '안', '안', '안', '안녕']
    >>> cut("abc".encode(), 2), cut("abc".encode(), 99)
    (b'ab', b'abc')
    >>> cut("a👋".encode(), 4)              # the first three bytes of four, and the a
    b'a'
    >>> cut("한".encode(), 0)
    b''
    """
    raise NotImplementedError("cut is yours to write")
