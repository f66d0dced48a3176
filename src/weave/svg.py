"""Figures that read in light and in dark: one SVG, whose ink is the colour of the text around it.

What comes from Matplotlib and Graphviz is parsed and written anew: no prolog, metadata, scripts
or style attributes (a strict Content-Security-Policy refuses those), ids unique on the page,
black ink as `currentColor`, white paper gone, coordinates to a hundredth.
"""

import re
import xml.etree.ElementTree as ElementTree

from .files import Remembering

SVG = "http://www.w3.org/2000/svg"
INK = {"black", "#000", "#000000"}
PAPER = {"white", "#fff", "#ffffff"}
WIDE = 620    # pixels; beyond that a figure scrolls on a narrow page rather than shrink out of sight
NUMBER = re.compile(r"-?\d+\.\d{3,}")
REFERENCE = re.compile(r"url\(#([^)]+)\)")
FONT = re.compile(r"(?:(?P<style>italic|oblique) )?(?:(?P<weight>bold|\d00) )?"
                  r"(?P<size>[\d.]+)px (?P<family>.+)")


@Remembering
def figure(source, alt, name, marked=False):
    """The text of an SVG file -> inline SVG, labelled alt; name makes its ids unique.

    With marked, the nodes and edges of a graph by Graphviz have their titles, a and a->b, as data-title.
    Raises ValueError for a text that is not an SVG with a size, or that holds pixels.
    """
    try:
        root = ElementTree.fromstring(source)
    except ElementTree.ParseError as error:
        raise ValueError(f"the figure is not an SVG that can be read: {error}") from None
    for sheet in root.iter(f"{{{SVG}}}style"):    # Matplotlib's: * {stroke-linejoin: round; ...}
        root.attrib.update(re.findall(r"([\w-]+)\s*:\s*([\w-]+)", sheet.text))
    strip(root, marked)
    ids = {node.get("id"): f"{name}-{number}" for number, node in enumerate(root.iter())
           if node.get("id")}
    used = references(root)
    for node in root.iter():
        node.tag = node.tag.removeprefix(f"{{{SVG}}}")
        for key, value in list(node.attrib.items()):
            del node.attrib[key]
            node.attrib.update(attributes(key, value, ids, used))
        if node.tag != "text" and node.get("fill", "").lower() in PAPER:
            node.set("fill", "none")
    width, height = size(root)
    unit = 4 / 3 if "pt" in source.split("viewBox")[0] else 1    # points to CSS pixels
    wide = " weave-wide" if width * unit > WIDE else ""
    root.attrib.update({"width": f"{width * unit:.0f}", "height": f"{height * unit:.0f}",
                        "role": "img", "aria-label": alt, "class": f"weave-svg{wide}",
                        "fill": root.get("fill", "currentColor")})
    text = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
    return re.sub(r">\s+<", "><", text).replace("\n", " ")


def size(root):
    """width and height, from the viewBox where they are missing or in percent."""
    box = root.get("viewBox", "").replace(",", " ").split()
    given = {side: root.get(side, "%") for side in ("width", "height")}
    try:
        return [float(box[n] if "%" in value else re.sub("[^0-9.]", "", value))
                for n, value in enumerate(given.values(), 2)]
    except (IndexError, ValueError):
        raise ValueError("the figure, an SVG, has neither a width and a height nor a viewBox") from None


def strip(node, marked):
    """Drop what a page has no use for: titles (they become tooltips), metadata, styles."""
    for child in list(node):
        strip(child, marked)
        kind = child.tag.split("}")[-1]
        if marked and kind == "title" and node.get("class") in ("node", "edge"):
            node.set("data-title", child.text)
        if kind in ("title", "metadata", "style", "script") or kind == "defs" and not len(child):
            node.remove(child)


def references(root):
    """The ids that something in the figure points to; the others are dropped."""
    found = set()
    for node in root.iter():
        for key, value in node.attrib.items():
            found |= set(REFERENCE.findall(value))
            if key.split("}")[-1] == "href":
                found.add(value.removeprefix("#"))
    return found


def attributes(key, value, ids, used):
    """One attribute as it was -> the attributes that take its place."""
    key = key.split("}")[-1]
    if key == "style":
        pairs = (rule.split(":", 1) for rule in value.split(";") if ":" in rule)
        new = {}
        for name, part in pairs:
            new.update(attributes(name.strip(), part.strip(), ids, used))
        return new
    if key == "id":
        return {"id": ids[value]} if value in used else {}
    if key == "href" and value.startswith("data:"):
        raise ValueError("the figure holds a picture made of pixels, which would be blurred on a page; draw "
                         "it with vectors: pcolormesh in place of imshow, and without rasterized=True")
    if key == "href":
        # Material rewrites every plain href on a page, and on <use> that is an error
        return {"xlink:href": f"#{ids[value.removeprefix('#')]}"}
    if key == "font":
        font = FONT.match(value)
        named = {"font-style": font["style"], "font-weight": font["weight"],
                 "font-size": f"{float(font['size']):g}"}
        return {name: part for name, part in named.items() if part}
    if key in ("font-family", "class", "version", "target", "space") or key.startswith("-"):
        return {}
    if key in ("fill", "stroke", "stop-color", "color"):
        value = "currentColor" if value.lower() in INK else value
    value = REFERENCE.sub(lambda match: f"url(#{ids[match[1]]})", value)
    value = NUMBER.sub(lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), value)
    return {key: " ".join(value.split())}
