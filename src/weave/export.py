"""The book as a folder of Markdown that MkDocs without the weave builds, and Zensical too.

    FOLDER/docs          the pages with every output in place, and all that they refer to
    FOLDER/beside        what a generator would take for something else; `finish` puts it into the site
    FOLDER/theme         what is added to the templates of the theme
    FOLDER/mkdocs.yml    the book's settings, without the plugins whose work is done
    FOLDER/export.json   what was exported, by its digest

What is exported is the Markdown that the plugins hand MkDocs: their own hooks are called, and nothing is
made here. What they do to the HTML after that is not in it: code that names a module does not link to it.
"""

import json
import re
import shutil
import tempfile
from pathlib import Path

import yaml
from bs4 import BeautifulSoup
from mkdocs.commands.build import get_context
from mkdocs.exceptions import ConfigurationError
from mkdocs.structure.files import get_files, set_exclusions
from mkdocs.structure.nav import get_navigation
from mkdocs.structure.pages import Page

from .cache import digest
from .finish import ASIDE
from .render import one_line

LIST = "export.json"
BUILT = ("site/", ".cache/")    # what generators make beside the book
DONE = ("weave", "mkdocstrings", "autorefs")    # plugins whose work is in the Markdown
LEFT_OUT = ("watch", "hooks", "docs_dir", "site_dir")    # settings that mean nothing in the folder
FOUND = ("site_url", "repo_url", "repo_name", "edit_uri")    # settings that the weave fills in
SPECIAL = re.compile(r"[\\`*_{}\[\]]")    # what means something in a sentence of Markdown
RELATIVE = re.compile(r'(?<=\s)(href|src)="(?!\w+:|[#/])')
HEADINGS = re.compile("h[1-6]")


def export(config, folder):
    """Write the book of a configuration of MkDocs into folder, whole or not at all."""
    folder = Path(folder).absolute()
    refuse_changed(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        new, old = Path(scratch, "new"), Path(scratch, "old")
        write(config, new)
        listed = {str(path.relative_to(new)): digest(path) for path in files_in(new)}
        (new / LIST).write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
        if folder.exists():
            folder.rename(old)
        new.rename(folder)


def refuse_changed(folder):
    """Raise FileExistsError if the folder holds anything that no export put there."""
    if folder.is_file():
        raise FileExistsError(f"{folder} is a file; name a folder")
    listed = json.loads((folder / LIST).read_text(encoding="utf-8")) if (folder / LIST).is_file() else {}
    for path in files_in(folder):
        name = str(path.relative_to(folder))
        if name != LIST and not name.startswith(BUILT) and listed.get(name) != digest(path):
            raise FileExistsError(f"{folder} holds {name}, which is not as an export left it; "
                                  "name another folder, or move this away")


def files_in(folder):
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def write(config, folder):
    """Go through a build up to the pages' Markdown, and write down what there is by then."""
    plugins = config.plugins
    plugins.on_startup(command="build", dirty=False)
    config = plugins.on_config(config)
    plugins.on_pre_build(config=config)
    files = plugins.on_files(get_files(config), config=config)
    set_exclusions(files, config)
    nav = plugins.on_nav(get_navigation(files, config), config=config, files=files)
    weave = plugins["weave"]
    for file in files.documentation_pages():
        page = file.page or Page(None, file, config)
        text = markdown_of(page, config, files)
        weave.on_page_context(get_context(nav, files, config, page), page=page, config=config, nav=nav)
        for aside in (weave.html, weave.done):
            text = aside.back(text, lambda part: with_links_aside(one_line(part)))
        save(folder / "docs" / file.src_uri, front_matter(page) + text)
    if weave.config.epub:
        weave.make_epub(config, files)
    for file in files:
        if not file.is_documentation_page() and file.inclusion.is_included():
            room = "docs" if file.dest_uri == file.src_uri else "beside"
            save(folder / room / file.dest_uri, file.content_bytes)
    weave.write_feed(folder / "docs", config)
    themes = [path for path in config.theme.dirs if "site-packages" not in Path(path).parts]
    for source in reversed(themes):
        shutil.copytree(source, folder / "theme", dirs_exist_ok=True)
    save(folder / "mkdocs.yml", settings(config, files, nav, bool(themes)))


def save(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def markdown_of(page, config, files):
    """A page's Markdown, in which the weave's work is done, and mkdocstrings's."""
    page.read_source(config)
    page.markdown = config.plugins["weave"].on_page_markdown(
        page.markdown, page=page, config=config, files=files)
    if not re.search("^::: ", page.markdown, re.MULTILINE):
        return page.markdown
    config.plugins.on_page_markdown(page.markdown, page=page, config=config, files=files)
    page.render(config, files)
    return with_links_aside(as_markdown(page))


def with_links_aside(html):
    """HTML for a page's Markdown: finish has its links again, which generators understand differently.

    >>> with_links_aside('<a href="../b/">b</a> <a href="#c">c</a>')
    '<a data-weave-aside-href="../b/">b</a> <a href="#c">c</a>'
    """
    return RELATIVE.sub(rf'{ASIDE}\1="', html)


def as_markdown(page):
    """A rendered page: HTML as it is, but Markdown's headings where its table of contents has them."""
    listed, items = {}, [*page.toc]
    while items:
        item = items.pop()
        listed[item.id] = item.title
        items += item.children
    soup = BeautifulSoup(page.content, "html.parser")
    for link in soup.select("a.headerlink"):
        link.decompose()
    parts = []
    for node in soup.find_all(recursive=False):
        if HEADINGS.fullmatch(node.name) and node.get("id") in listed:
            label = "" if listed[node["id"]] == node.get_text() else \
                ' data-toc-label="{}"'.format(listed[node["id"]].replace('"', "&quot;"))
            for text in node.find_all(string=True):
                text.replace_with(SPECIAL.sub(r"\\\g<0>", text))
            parts.append(f'{"#" * int(node.name[1])} {node.decode_contents()} {{: #{node["id"]}{label} }}')
        else:
            parts.append(one_line(str(node)))
    return "\n\n".join(parts) + "\n"


def front_matter(page):
    meta = {name: value for name, value in page.meta.items() if name != "jupyter"}
    return f"---\n{yaml.safe_dump(meta, allow_unicode=True, sort_keys=False)}---\n\n" if meta else ""


def settings(config, files, nav, themed):
    """The text of mkdocs.yml, without the plugins whose work is done.

    Everything else stays as it is written in the book's own, with tags that only its readers understand.
    """
    root = yaml.compose(Path(config.config_file_path).read_text(encoding="utf-8"))
    given = {key.value: (key, value) for key, value in root.value}
    if "INHERIT" in given:
        raise ConfigurationError("mkdocs.yml says INHERIT: an export needs all settings in one file")
    for name in LEFT_OUT:
        given.pop(name, None)

    def put(name, value):
        node = yaml.SafeDumper("").represent_data(value)
        given[name] = (yaml.ScalarNode("tag:yaml.org,2002:str", name), node)

    for name in FOUND:
        if config[name]:
            put(name, config[name])
    for name in ("extra_css", "extra_javascript"):
        put(name, [loaded(one) for one in config[name]
                   if ":" in str(one) or files.get_file_from_path(str(one))])
    put("nav", [entry(item) for item in nav.items])
    outside = [f"/{file.src_uri}" for file in files.documentation_pages() if file.inclusion.is_not_in_nav()]
    if outside:
        put("not_in_nav", "\n".join(outside))
    plugins = given["plugins"][1]
    plugins.value = [one for one, name in zip(plugins.value, names(plugins)) if name not in DONE]
    theme = given["theme"][1]
    if isinstance(theme, yaml.ScalarNode):
        put("theme", {"name": theme.value})
        theme = given["theme"][1]
    theme.value = [(key, value) for key, value in theme.value if key.value != "custom_dir"]
    extra = {"variant": "classic"}    # of Zensical's looks, the one that Material has
    if themed:
        extra["custom_dir"] = "theme"
    theme.value += yaml.SafeDumper("").represent_data(extra).value
    add_extensions(given, put, config)
    root.value = [*given.values()]
    return yaml.serialize(root, allow_unicode=True)


def loaded(one):
    """A sheet or script as mkdocs.yml writes it."""
    return str(one) if isinstance(one, str) else {key: value for key, value in vars(one).items() if value}


def names(node):
    """The names in a list or mapping of plugins or extensions, in their order."""
    if isinstance(node, yaml.MappingNode):
        return [key.value for key, _ in node.value]
    return [one.value if isinstance(one, yaml.ScalarNode) else one.value[0][0].value for one in node.value]


def add_extensions(given, put, config):
    """Name the extensions of Markdown that MkDocs and the plugins use without being told."""
    if "markdown_extensions" not in given:
        put("markdown_extensions", [])
    node = given["markdown_extensions"][1]
    named = names(node)
    missing = {name: config.mdx_configs.get(name) or {} for name in config.markdown_extensions
               if isinstance(name, str) and name not in named}
    if isinstance(node, yaml.SequenceNode):
        missing = [{name: options} for name, options in missing.items()]
    node.value += yaml.SafeDumper("").represent_data(missing).value


def entry(item):
    """An item of the navigation as mkdocs.yml writes it."""
    if item.is_section:
        return {item.title: [entry(child) for child in item.children]}
    address = item.file.src_uri if item.is_page else item.url
    titled = item.is_link or "title" in vars(item)    # else the page's own heading is its title
    return {item.title: address} if titled and item.title else address
