"""An Atom feed of the chapters (RFC 4287), newest first."""

from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring


def atom(title, site_url, entries):
    """The text of a feed.

    entries are (title, address, when it was first published, when it last changed, description), the times
    as git has them.  The order is that of the first publication, so that an old page does not come up again
    whenever it changes.
    """
    newest = sorted(entries, key=lambda entry: moment(entry[2]), reverse=True)
    feed = Element("feed", xmlns="http://www.w3.org/2005/Atom")
    add(feed, title=title, id=site_url, updated=max((entry[3] for entry in entries), key=moment))
    SubElement(feed, "link", href=site_url)
    SubElement(feed, "link", rel="self", href=f"{site_url}feed.xml")
    add(SubElement(feed, "author"), name=title)
    for name, address, published, updated, description in newest:
        entry = SubElement(feed, "entry")
        add(entry, title=name, id=address, published=published, updated=updated, summary=description)
        SubElement(entry, "link", href=address)
    return tostring(feed, encoding="unicode", xml_declaration=True) + "\n"


def moment(date):
    """What 2026-11-24T12:00:00+01:00 means, to compare."""
    return datetime.fromisoformat(date)


def add(node, **texts):
    """Give a node children that hold nothing but text."""
    for name, text in texts.items():
        SubElement(node, name).text = text
