"""Material's inline scripts, which each page repeats, as one file that pages load before they are drawn.

The file, early.js, has the theme's functions for what a browser keeps, tells its bundle what it is told in
the pages, and sets the colours as soon as there is a body to set them on: those that the reader chose or,
at the first visit, those of the system (a colour that mkdocs.yml does not name is null, as the theme's
bundle has it).  So the policy of the pages need not allow any inline script.
"""

import json
import posixpath
import re
from pathlib import Path

SCRIPT = Path(__file__).with_suffix(".js")    # a function of what the theme is told
ADDRESS = "assets/early.js"
FUNCTIONS = re.compile(r"<script>__md_scope=.*?</script>", re.DOTALL)
COLOURS = re.compile(r'<script>var palette=__md_get\("__palette"\).*?</script>', re.DOTALL)
TOLD = re.compile(r'<script id="__config" type="application/json">(.*?)</script>', re.DOTALL)


def lifted(page):
    """A page that loads the file in place of inline scripts, and what it told the theme.

    A page that has not these scripts stays as it is, and what it told is None.
    """
    found = TOLD.search(page)
    if not (found and FUNCTIONS.search(page)):
        return page, None
    told = json.loads(found[1])
    base = told.pop("base")    # from the page to the site's root, or the root itself on 404.html
    told["search"] = posixpath.relpath(told["search"], base)
    tag = f'<script src="{posixpath.normpath(posixpath.join(base, ADDRESS))}"></script>'
    return FUNCTIONS.sub(tag, COLOURS.sub("", TOLD.sub("", page))), told


def write(site, told, palettes):
    """Write the file of a site; palettes are the theme's, from mkdocs.yml: one, or a list to choose from."""
    choices = palettes if isinstance(palettes, list) else []
    kinds = {"media": None, "scheme": "default", "primary": None, "accent": None}
    told |= {"palettes": [{kind: one.get(kind, given) for kind, given in kinds.items()} for one in choices]}
    path = Path(site, ADDRESS)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{SCRIPT.read_text(encoding='utf-8').strip()}({json.dumps(told)});\n", encoding="utf-8")
