"""An Atom feed of the chapters (RFC 4287), newest first."""

from xml.sax.saxutils import escape


def atom(title, site_url, entries):
    """The text of a feed.  entries are (title, address, date as in git, description)."""
    newest = sorted(entries, key=lambda entry: entry[2], reverse=True)
    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<feed xmlns="http://www.w3.org/2005/Atom">',
             f"<title>{escape(title)}</title>", f"<id>{escape(site_url)}</id>",
             f'<link href="{escape(site_url)}"/>', f'<link rel="self" href="{escape(site_url)}feed.xml"/>',
             f"<updated>{newest[0][2]}</updated>", f"<author><name>{escape(title)}</name></author>"]
    for name, address, date, description in newest:
        lines.append(f'<entry><title>{escape(name)}</title><id>{escape(address)}</id>'
                     f'<link href="{escape(address)}"/><updated>{date}</updated>'
                     f"<summary>{escape(description)}</summary></entry>")
    return "\n".join([*lines, "</feed>"]) + "\n"
