"""The feed is XML whatever a title holds, and the chapter that was published last comes first."""

import xml.etree.ElementTree as ElementTree

from weave.feed import atom

ATOM = "{http://www.w3.org/2005/Atom}"
ENTRIES = [
    ("Old, but changed", "https://book.example/old/", "2026-01-01T00:00:00+00:00",
     "2026-04-01T00:00:00+00:00", ""),
    ('New: "a" < b & c', 'https://book.example/"new"/?a=1&b=2', "2026-02-01T03:00:00+00:00",
     "2026-03-01T00:00:00+00:00", "It's <new>."),
    ("Between, by its zone", "https://book.example/b/", "2026-02-01T04:00:00+02:00",
     "2026-02-01T04:00:00+02:00", ""),
]


def test_what_was_put_in_can_be_read_again_newest_first():
    """Oracle: the standard library's parser."""
    feed = ElementTree.fromstring(atom("A <book>", "https://book.example/", ENTRIES))
    assert feed.tag == f"{ATOM}feed" and feed.findtext(f"{ATOM}title") == "A <book>"
    assert feed.findtext(f"{ATOM}updated") == "2026-04-01T00:00:00+00:00"
    names = ("title", "id", "published", "updated", "summary")
    found = [tuple(entry.findtext(f"{ATOM}{name}") for name in names) for entry in feed.iter(f"{ATOM}entry")]
    old, new, between = ENTRIES
    assert found == [new, between, old]
    links = [entry.find(f"{ATOM}link").get("href") for entry in feed.iter(f"{ATOM}entry")]
    assert links == [address for _, address, *_ in (new, between, old)]
