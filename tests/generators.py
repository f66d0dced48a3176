"""Pages of a built site, to compare; and the generators that build what is exported."""

import subprocess
import sys
from urllib.parse import urljoin

from bs4 import BeautifulSoup

GENERATORS = {"MkDocs": ["mkdocs", "build", "--strict"], "Zensical": ["zensical", "build", "--strict"]}
KINDS = ("svg.weave-svg", "img", "math, .weave-letter", ".highlight", ".weave-copy", "details", "code", "pre")


def generated(folder, generator):
    """The site that a generator makes of an export, finished."""
    for command in (GENERATORS[generator], ["weave", "finish", "site"]):
        run = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
    return folder / "site"


def shown(site, path):
    """What a page shows: text, anchors, links, its table of contents, and how many things of each kind."""
    page = BeautifulSoup((site / path).read_text(encoding="utf-8"), "html.parser")
    article = page.select_one("article")
    for node in article.select(".headerlink, .md-content__button, .md-source-file, .md-tags"):
        node.decompose()
    for code in article.select("p a > code, li a > code"):    # names of modules lead to them in HTML only
        code.parent.unwrap()
    links = [(kind, urljoin(f"http://here/{path}", node[kind])) for kind in ("href", "src")
             for node in article.select(f"[{kind}]")]
    contents = page.select(".md-sidebar--secondary .md-nav__link")
    return {"text": "".join(article.get_text().split()),
            "anchors": [node["id"] for node in article.select("[id]") if not node["id"].startswith("__")],
            "links": links,
            "contents": ["".join(link.get_text().split()) for link in contents],
            **{kind: len(article.select(kind)) for kind in KINDS}}
