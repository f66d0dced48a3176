"""An Atom feed of the chapters (RFC 4287), newest first."""

from xml.etree.ElementTree import Element, SubElement, tostring


def atom(title, site_url, entries):
    """The text of a feed.  entries are (title, address, date as in git, description)."""
    newest = sorted(entries, key=lambda entry: entry[2], reverse=True)
    feed = Element("feed", xmlns="http://www.w3.org/2005/Atom")
    add(feed, title=title, id=site_url, updated=newest[0][2])
    SubElement(feed, "link", href=site_url)
    SubElement(feed, "link", rel="self", href=f"{site_url}feed.xml")
    add(SubElement(feed, "author"), name=title)
    for name, address, date, description in newest:
        entry = SubElement(feed, "entry")
        add(entry, title=name, id=address, updated=date, summary=description)
        SubElement(entry, "link", href=address)
    return tostring(feed, encoding="unicode", xml_declaration=True) + "\n"


def add(node, **texts):
    """Give a node children that hold nothing but text."""
    for name, text in texts.items():
        SubElement(node, name).text = text
