"""The feed is XML whatever a title holds, and its newest chapter comes first."""

import xml.etree.ElementTree as ElementTree

from weave.feed import atom

ATOM = "{http://www.w3.org/2005/Atom}"
ENTRIES = [
    ("Old", "https://book.example/old/", "2026-01-01T00:00:00+00:00", ""),
    ('New: "a" < b & c', 'https://book.example/"new"/?a=1&b=2', "2026-02-01T00:00:00+00:00", "It's <new>."),
]


def test_what_was_put_in_can_be_read_again_newest_first():
    """Oracle: the standard library's parser."""
    feed = ElementTree.fromstring(atom("A <book>", "https://book.example/", ENTRIES))
    assert feed.tag == f"{ATOM}feed" and feed.findtext(f"{ATOM}title") == "A <book>"
    assert feed.findtext(f"{ATOM}updated") == "2026-02-01T00:00:00+00:00"
    found = [(entry.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}updated"),
              entry.findtext(f"{ATOM}summary")) for entry in feed.iter(f"{ATOM}entry")]
    assert found == ENTRIES[::-1]
    links = [entry.find(f"{ATOM}link").get("href") for entry in feed.iter(f"{ATOM}entry")]
    assert links == [address for _, address, _, _ in ENTRIES[::-1]]
