"""The picture that stands for a chapter where its address is shared: 1200 by 630, as OpenGraph asks."""

import base64
import io
import re
import textwrap
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from .files import Remembering
from .finish.formulas import KATEX
from .svg import SVG

INK, PAPER, ACCENT = "#1f2a37", "#fbfaf8", "#c2571a"
EDGE, WIDTH, HEIGHT = 90, 1200, 630


def card(title, book, mark=None, height=HEIGHT):
    """A chapter's title and the book's name -> the bytes of a PNG, always the same ones.

    mark is the path of an SVG of circles and straight lines, for the corner.
    """
    drawing = mark and Path(mark).read_text(encoding="utf-8")
    return base64.b64decode(drawn(title, book, drawing, height))


@Remembering
def drawn(title, book, mark, height):
    """The PNG in base 64; mark is the SVG itself."""
    from PIL import Image, ImageDraw    # which a build that has the cards from before can do without

    image = Image.new("RGB", (WIDTH, height), PAPER)
    draw = ImageDraw.Draw(image)
    large, small = font("Regular", 84), font("Regular", 40)
    if mark:
        draw_mark(draw, ElementTree.fromstring(mark), WIDTH - EDGE - 150, EDGE - 20, 190)
    lines = textwrap.wrap(title, 24)
    top = height / 2 - 48 * len(lines) + 30
    for number, line in enumerate(lines):
        draw.text((EDGE, top + 100 * number), line, font=large, fill=INK)
    draw.text((EDGE, height - EDGE - 40), book, font=small, fill=ACCENT)
    file = io.BytesIO()
    image.quantize(32, Image.Quantize.FASTOCTREE).save(file, "PNG")    # six times faster than the smallest
    return base64.b64encode(file.getvalue()).decode()


def draw_mark(draw, svg, left, top, size):
    """Draw the circles and the lines (M and L) of an SVG in a square."""
    x0, y0, width, _ = map(float, svg.get("viewBox").split())
    scale = size / width

    def at(x, y):
        return left + (float(x) - x0) * scale, top + (float(y) - y0) * scale

    for node in svg.iter():
        if node.tag == f"{{{SVG}}}circle":
            radius = float(node.get("r")) * scale
            draw.circle(at(node.get("cx"), node.get("cy")), radius, fill=node.get("fill", INK))
        elif node.tag == f"{{{SVG}}}path":
            thick = round(float(node.get("stroke-width", 1)) * scale)
            for line in node.get("d").split("M")[1:]:
                points = [at(*point) for point in re.findall(r"([-\d.]+)[ ,]+([-\d.]+)", line)]
                draw.line(points, fill=node.get("stroke", INK), width=thick)


def font(weight, size):
    from PIL import ImageFont

    return ImageFont.truetype(KATEX / "fonts" / f"KaTeX_Main-{weight}.ttf", size)
