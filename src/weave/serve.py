"""What `mkdocs serve` adds: pages at once, chapters executed behind them, errors in the browser.

A build under it executes nothing.  It weaves in what the cache has, be it older than the page, and
leaves the chapters whose results are not true any more to a queue, which a thread works off, the page in
view first.  What a chapter gave goes into the cache, and a bell rings: MkDocs builds again.  Nothing else
passes between the thread and the builds.

An edit of prose alone is in its page before MkDocs builds again: that page is made by itself, and what asks
meanwhile has the site as it was, with it.

Where no build has made the pages yet, the first one makes the home page, and of the others no more than
their titles: the server answers, and rings the bell.

What a page has to say of itself (its place in the queue, what is wrong with it) is put in as it is
asked for, and served.html in each page keeps it true, and reloads a page that was made again.
"""

import asyncio
import functools
import hashlib
import html
import json
import logging
import mimetypes
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs

from mkdocs.commands.build import get_context
from mkdocs.structure.files import Files

from . import WeaveError

log = logging.getLogger("mkdocs.plugins.weave")
PAGE = Path(__file__).with_name("served.html")
STATE = "weave-state"    # the address, under the site's, of what served.html asks for
RELOAD = re.compile(rb"<script>\s*var livereload = .*?</script>", re.DOTALL)    # MkDocs': at every build
LINK = re.compile(r"Doc file '(.+?)' contains an? .*?'(.+?)'")    # in MkDocs' warnings
MAKING = '<p class="weave-executing" role="status">This page is being made, and comes by itself.</p>'
ORDINALS = {1: "st", 2: "nd", 3: "rd"}


class Queue:
    """The chapters to execute, in a thread of their own.

    read(name) gives the chapter as its file has it now, or None if the cache has its results already;
    store(chapter, inputs) keeps them; finished() is called when there are new ones to be looked at: those
    of the page in view at once, and those of others when the reader goes there, or when all are there.
    """

    def __init__(self, read, store, finished, limit, jobs, environment):
        self.read, self.store, self.finished = read, store, finished
        self.limit, self.jobs, self.environment = limit, jobs, environment
        self.lock = threading.RLock()
        self.waiting = {}    # {name: key}, in the order of the book; what changes the results changes the key
        self.running = {}    # {name: (key, task)}
        self.failed = {}     # {name: (key, error)}
        self.done = set()    # names whose results no build has fetched yet
        self.rung = False    # whether one has been asked for since the last one
        self.view = None     # the name of the chapter that the reader looks at
        self.thread = self.loop = None
        self.ended = False

    def want(self, stale):
        """Execute these chapters, {name: key}, and no others: a newer edit supersedes what is under way."""
        with self.lock:
            self.done.clear()
            self.rung = False
            self.failed = {name: told for name, told in self.failed.items() if stale.get(name) == told[0]}
            for name, (key, task) in self.running.items():
                if stale.get(name) != key:
                    self.loop.call_soon_threadsafe(task.cancel)
            self.waiting = {name: key for name, key in stale.items() if name not in self.failed
                            and (name not in self.running or self.running[name][0] != key)}
        self.wake()

    def look(self, name):
        """The reader looks at this page: its chapter comes first."""
        with self.lock:
            self.view = name
            self.tell()

    def tell(self):
        """Say that there are new results, if anybody waits for them: a build is work, too."""
        if not self.rung and (self.view in self.done or self.done and not (self.waiting or self.running)):
            self.rung = True
            self.finished()

    def place(self, name):
        """Its place in the queue, 0 while it is executed, and the length of the queue; None outside."""
        with self.lock:
            running = [other for other in self.running if other not in self.waiting]
            order = [*running, *sorted(self.waiting, key=lambda other: other != self.view)]
            if name in running or name in self.done and name not in order:
                return 0, len(order)
        return (order.index(name) + 1, len(order)) if name in order else None

    def error(self, name):
        with self.lock:
            return self.failed.get(name, (None, None))[1]

    def start(self):
        self.thread = threading.Thread(target=lambda: asyncio.run(self.work()), name="weave")
        self.thread.start()

    def stop(self):
        """End every kernel, and the thread."""
        if self.thread:
            self.ended = True
            while self.thread.is_alive():
                self.wake()
                self.thread.join(0.1)

    def wake(self):
        with suppress(RuntimeError):    # the loop has ended
            if self.loop:
                self.loop.call_soon_threadsafe(self.more.set)

    async def work(self):
        self.more = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        if sys.platform == "linux":    # where that is a thread's, and of what it starts: pages come first
            os.nice(10)
        self.more.set()
        tasks = set()
        with tempfile.TemporaryDirectory(prefix="weave-", ignore_cleanup_errors=True) as folder:
            while not self.ended:
                await self.more.wait()
                self.more.clear()
                self.begin(tasks, Path(folder))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def begin(self, tasks, folder):
        """Begin with as many chapters as may run at a time, the page in view first."""
        with self.lock:
            while len(self.running) < self.jobs and not self.ended:
                free = [name for name in self.waiting if name not in self.running]
                if not free:
                    return
                name = self.view if self.view in free else free[0]
                key = self.waiting.pop(name)
                task = asyncio.ensure_future(self.one(name, key, Path(tempfile.mktemp(dir=folder))))
                self.running[name] = key, task
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                task.add_done_callback(functools.partial(self.end, name))

    def end(self, name, task):
        with self.lock:
            key, _ = self.running.pop(name)
            if task.cancelled():
                pass
            elif error := task.exception():
                if not isinstance(error, WeaveError):    # of the machinery, which has to go on for the others
                    error = WeaveError(name, 1, f"{type(error).__name__}: {error}")
                self.failed[name] = key, error
                log.error("%s", error)
            elif name not in self.waiting:
                self.done.add(name)
            self.tell()
        self.more.set()

    async def one(self, name, key, folder):
        begun = time.time_ns()
        chapter = self.read(name)
        if chapter is None:
            return
        from .execute import reported    # half a second, while the pages are there already

        inputs = await reported(chapter, folder, self.limit, self.environment,
                                lambda: len(self.waiting) + len(self.running) - 1)
        if any(changed_since(chapter.root / path, begun) for path in inputs["files"]):
            log.info("weave: %s has to be executed again: what it reads changed meanwhile", name)
        else:
            self.store(chapter, inputs)


class Served:
    """The site as `mkdocs serve` shows it.

    root is the book's folder; queue is its Queue; edited() makes the pages again that need no more than that.
    """

    def __init__(self, root, edited, make_queue):
        self.root, self.edited, self.server = root, edited, None
        self.bell = Path(tempfile.mkdtemp(prefix="weave-bell-"))
        self.queue = make_queue(self.ring)
        self.pages = {}      # {address: the name of its file}
        self.errors = []     # of the pages, as the last build found them
        self.broken = []     # why the last build came to no end
        self.warned = []     # what MkDocs warned of in it: (level, text)
        self.missing = set()    # the names of chapters that it has no results of, not even earlier ones
        self.making = self.building = False    # whether a build makes but titles; whether one is going on
        self.titles = False  # whether the pages are but titles yet
        self.shown = None    # the folder to show: the site or, while that is built, it as it was
        self.told = []       # the errors to tell there
        self.bare = set()    # the chapters without results there,
        self.fetched = set()    # and those whose new results the build is putting in
        self.turn = threading.RLock()    # held while what is shown changes
        self.versions = {}   # {address: a digest of the page}
        self.downloads = None    # {address: content}, once one is asked for
        self.lock = threading.Lock()    # held while they are made
        self.rings = 0
        handler = logging.Handler()
        handler.emit = self.hear
        logging.getLogger("mkdocs").addHandler(handler)

    def ring(self):
        """Have MkDocs build again."""
        self.rings += 1
        Path(self.bell, "ring").write_text(str(self.rings))

    def attach(self, server, config, builder):
        """Take the server's requests and builds, and begin to execute."""
        self.server, self.site, self.mount = server, Path(config.site_dir), server.mount_path
        self.titles = self.making
        self.show()
        server.serve_thread.daemon = True    # else a second Ctrl-C, while MkDocs waits for it, ends nothing
        server.watch(str(self.bell))
        server.builder = lambda: self.build(builder)
        server.set_app(self.answer(server.get_app()))
        self.queue.start()

    def stop(self):
        self.queue.stop()
        shutil.rmtree(self.bell, ignore_errors=True)

    # builds

    def build(self, builder):
        """Build again; if that fails, the site stays as it was, and every page says why."""
        self.building = True
        with ExitStack() as stack:
            with self.turn:
                if not (self.titles or self.broken):
                    self.edited()
                    self.measure()
                self.shown, put_back = stack.enter_context(safe_copy(self.site))
                self.fetched = set(self.queue.done)
            before, self.warned = (self.errors, self.warned, self.missing), []
            try:
                builder()
                self.broken = []
            except (Exception, SystemExit) as failure:    # MkDocs has logged why, if it is one of its own
                put_back()
                told = [text for level, text in self.warned if level >= logging.ERROR]
                self.broken = told or [f"{type(failure).__name__}: {failure}"]
                self.errors, self.warned, self.missing = before
                log.info("The pages stay as they were: %s", self.broken[-1])
            with self.turn:
                self.making = self.building = self.titles = False
                self.show()

    def show(self):
        """Show what the last build has made."""
        self.shown, self.bare, self.fetched = self.site, set(self.missing), set()
        self.told = [*self.broken, *self.errors, *(self.placed(text) for _, text in self.warned)]
        self.measure()

    def measure(self):
        """Note what each page is now, so that it is reloaded when it is another one, and no other is."""
        common = hashlib.sha256()
        for path in sorted(self.site.rglob("*")):
            if path.suffix in (".css", ".js") and path.name != "finish.css":
                common.update(path.read_bytes())
        stamp = common.hexdigest()
        self.versions = {path.relative_to(self.site).as_posix():
                         hashlib.sha256(stamp.encode() + path.read_bytes()).hexdigest()[:16]
                         for path in self.site.rglob("*.html")}

    def hear(self, record):
        if record.levelno >= logging.WARNING and record.name not in (log.name, "mkdocs.livereload"):
            self.warned.append((record.levelno, record.getMessage()))

    def offer(self, make):
        """Have downloads made as one of them is asked for; make() gives each as (address, content)."""
        self.make, self.downloads = make, None

    # requests

    def answer(self, inner):
        """The server's application, with what pages have to say of themselves."""
        def application(environ, start_response):
            path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "ignore")
            if self.making and not self.building:
                self.ring()
            if path == f"{self.mount}{STATE}":
                asked = parse_qs(environ.get("QUERY_STRING", "")).get("page", ["/"])[0]
                body = json.dumps(self.state(self.file(asked))).encode()
                start_response("200 OK", [("Content-Type", "application/json"), ("Cache-Control", "no-store"),
                                          ("Content-Length", str(len(body)))])
                return [body]
            file, begun = self.file(path), []
            with self.turn:
                content, state = self.found(file), self.state(file)
            if content is None:
                content = inner(environ, lambda status, headers, *more: begun.append((status, headers)))
                (status, headers), = begun
                state = self.state(file)
            else:
                kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
                status, headers = "200 OK", [("Content-Type", kind), ("Content-Length", str(len(content)))]
                content = [content]
            if status.startswith("404") and (download := self.download(file)) is not None:
                kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
                status, content = "200 OK", [download]
                headers = [("Content-Type", kind), ("Content-Length", str(len(download)))]
            if ("Content-Type", "text/html") in headers:
                try:
                    body = self.with_state(b"".join(content), state)
                finally:
                    getattr(content, "close", lambda: None)()
                headers = [(name, value) for name, value in headers if name != "Content-Length"]
                headers += [("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
                content = [body]
            start_response(status, headers)
            return content
        return application

    def file(self, path):
        """The file of the site that an address stands for."""
        path = path.removeprefix(self.mount)
        return f"{path}index.html" if path.endswith("/") or not path else path

    def found(self, file):
        """The content of a file of the site; None if there is none: MkDocs answers when it has built."""
        path = Path(os.path.abspath(self.shown / file))
        if path.is_relative_to(self.shown) and path.is_file():
            return path.read_bytes()

    def download(self, file):
        """The content of a download, or None if there is none at this address."""
        with self.lock:
            if self.downloads is None:
                self.downloads = {}
                for address, content in self.make():
                    content = content.encode() if isinstance(content, str) else content
                    self.downloads.setdefault(address, content)
        return self.downloads.get(file)

    def state(self, file):
        """What served.html has to know of a page; that it is asked for means that it is in view."""
        name = self.pages.get(file)
        if name:
            self.queue.look(name)
        making = self.titles and file != "index.html"
        return {"version": self.versions.get(file, ""), "html": MAKING if making else self.banner(name)}

    def with_state(self, content, state):
        """A page of the site with its state; without MkDocs' script, which reloads it at every build."""
        content = RELOAD.sub(b"", content)
        text = PAGE.read_text(encoding="utf-8").replace("{address}", f"{self.mount}{STATE}")
        body = re.search(rb"<body[^>]*>", content)
        at = body.end() if body else 0
        content = content[:at] + text.replace("{banner}", state["html"]).encode() + content[at:]
        end = max(content.rfind(b"</article>"), content.rfind(b"</main>"))    # instant navigation replaces it
        end = end if end >= 0 else len(content)
        return content[:end] + f'<i id="weave-version" hidden>{state["version"]}</i>'.encode() + content[end:]

    def banner(self, name):
        """What a page has to say of itself, as HTML; name is that of its file."""
        others = set(self.pages.values()) - {name}
        errors = [error for error in self.told if str(getattr(error, "path", "")) not in others]
        if failed := name and self.queue.error(name):
            errors.append(failed)
        parts = []
        if errors:
            once = {str(error): error for error in errors}.values()
            items = "".join(f"<li>{told(error)}</li>" for error in once)
            parts.append('<div class="weave-wrong" role="alert"><strong>To be mended; until then, the pages '
                         f"show what they can:</strong><ul>{items}</ul></div>")
        if place := name and (self.queue.place(name) or ((0, 1) if name in self.fetched else None)):
            number, of = place
            where = f"executing, {ordinal(number)} of {of}" if number else "executing now"
            what = ("This chapter has not run yet, and its outputs are missing" if name in self.bare
                    else "The outputs on this page are from before the last change")
            parts.append(f'<p class="weave-executing" role="status">{what}: {where}.</p>')
        return "".join(parts)

    def placed(self, text):
        """A warning of MkDocs, as an error at the line of the link that it warns of if it does."""
        found = LINK.search(text)
        name = found and next((name for name in self.pages.values() if name.endswith(f"/{found[1]}")), None)
        if name is None:
            return text
        lines = (self.root / name).read_text(encoding="utf-8").split("\n")
        number = next((number for number, line in enumerate(lines, 1) if found[2] in line), 1)
        return WeaveError(name, number, text, lines[number - 1])


def told(error):
    """An error as HTML: where, what, and the line."""
    first, _, source = str(error).strip().partition("\n")
    shown = f"<pre><code>{html.escape(source.strip())}</code></pre>" if source.strip() else ""
    return f"{html.escape(first)}{shown}"


def ordinal(number):
    """
    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 21, 31)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '21st', '31st']
    """
    return f"{number}{'th' if number // 10 % 10 == 1 else ORDINALS.get(number % 10, 'th')}"


def changed_since(path, moment):
    return path.exists() and path.stat().st_mtime_ns > moment


@contextmanager
def safe_copy(folder):
    """Give a copy of the folder, whose files are only linked, and a function that puts it back."""
    with tempfile.TemporaryDirectory(prefix="weave-site-", dir=folder.parent) as kept:
        copy = Path(kept, "site")
        shutil.copytree(folder, copy, copy_function=os.link)

        def put_back():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(copy, folder, copy_function=os.link)
        yield copy, put_back


def made_again(page, files, config, nav, env):
    """The HTML of a page whose text has changed, as MkDocs makes it in a build, by its events."""
    there, files, plugins = files, Files(files), config.plugins    # files may become more
    page.read_source(config)
    page.markdown = plugins.on_page_markdown(page.markdown, page=page, config=config, files=files)
    page.render(config, files)
    page.content = plugins.on_page_content(page.content, page=page, config=config, files=files)
    page.active = True
    try:
        context = get_context(nav, files.documentation_pages(), config, page)
        template = env.get_template(page.meta.get("template", "main.html"))
        context = plugins.on_page_context(context, page=page, config=config, nav=nav)
        text = plugins.on_post_page(template.render(context), page=page, config=config)
    finally:
        page.active = False
    for file in files:
        if file.src_uri not in there.src_uris:
            file.copy_file()
    return text
