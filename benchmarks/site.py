"""Measure the site against DESIGN's budgets.

    python -m benchmarks site            everything (some minutes)
    python -m benchmarks site --quick    one Lighthouse run per page and device instead of five

Builds are timed as a reader runs them, as whole processes.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
from weave.site import FLAGS, Formulas, build, find_chromium, find_node, serve

from .harness import ROOT, budget
from .provenance import provenance
from .results import write

PAGES = {"home": "", "chapter": "micrograd/autograd/"}
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
FLOORS = {"desktop": [98, 100, 100, 100], "mobile": [90, 100, 100, 100]}


def main(options):
    runs, budgets = 1 if options.quick else 5, []
    with tempfile.TemporaryDirectory() as folder:
        server = serve(folder)
        address = f"http://127.0.0.1:{server.server_port}/"
        budgets += build_times(folder, address)
        budgets.append(edit_to_reload())
        for name, path in PAGES.items():
            budgets += weights(Path(folder), name, path)
            for device in FLOORS:
                budgets += lighthouse(name, address + path, device, runs)
        server.shutdown()
    browser = subprocess.run([find_chromium(), "--version"], capture_output=True, text=True).stdout.strip()
    version = json.loads((ROOT / "node_modules/lighthouse/package.json").read_text())["version"]
    write(options.out, budgets=budgets, rows=[], origin=provenance(
        __file__, "mkdocs-material", browser=browser, lighthouse=version, rounds=runs))
    return budgets


def build_times(folder, address):
    """A build from an empty cache, and one with nothing changed."""
    cache, kept = ROOT / ".cache", ROOT / ".cache-kept"
    if cache.exists():
        cache.rename(kept)
    try:
        times = []
        for _ in range(2):
            begin = time.monotonic()
            build(folder, ROOT, SITE_URL=address, GITHUB_REPOSITORY="someone/book")
            times.append(round(time.monotonic() - begin, 1))
    finally:
        if kept.exists():
            shutil.rmtree(cache, ignore_errors=True)
            kept.rename(cache)
    return [budget("cold build", times[0], 360, "s"), budget("warm build", times[1], 5, "s")]


def edit_to_reload():
    """Seconds from saving a chapter's prose to the page that make serve sends with the new sentence."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "book")
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".venv", "node_modules", "site", ".git"))
        chapter = copy / "docs/micrograd/autograd.md"
        server = subprocess.Popen([sys.executable, "-m", "mkdocs", "serve", "--livereload", "--dirty",
                                   "--dev-addr", "127.0.0.1:8765"], cwd=copy,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            page = "http://127.0.0.1:8765/micrograd/autograd/"
            wait_until(lambda: "differentiation" in fetch(page), 600)
            wait_until(lambda: idle(server), 1200)    # the first page comes before all of the book is made
            chapter.write_text(chapter.read_text() + "\nA sentence that was not there before.\n")
            seconds = wait_until(lambda: "not there before" in fetch(page), 60)
        finally:
            server.terminate()
            server.wait()
    return budget("prose edit to reloaded page", round(seconds, 2), 2, "s")


def idle(server):
    """Whether a server neither works nor has kernels at work."""
    process = psutil.Process(server.pid)
    return not process.children(recursive=True) and process.cpu_percent(interval=3) < 5


def fetch(address):
    try:
        with urllib.request.urlopen(address, timeout=10) as response:
            return response.read().decode()
    except OSError:
        return ""


def wait_until(condition, limit):
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > limit:
            raise TimeoutError(f"nothing came within {limit} s")
        time.sleep(0.05)
    return time.monotonic() - begin


def weights(folder, name, path):
    text = (folder / path / "index.html").read_text(encoding="utf-8")
    bare = re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL)
    total, formulas = len(bare.encode()), Formulas(bare).size
    return [budget(f"{name}: HTML without figures, raw", round(total / 1000, 1), 120, "kB"),
            budget(f"{name}: and without formulas", round((total - formulas) / 1000, 1), 60, "kB")]


def lighthouse(name, address, device, runs):
    """Medians of Lighthouse's scores; on mobile also of LCP, CLS and the bytes of a first visit."""
    found = []
    for _ in range(runs):
        command = [find_node(), str(ROOT / "node_modules/lighthouse/cli/index.js"), address, "--quiet",
                   "--output=json", f"--only-categories={','.join(CATEGORIES)}",
                   f"--chrome-flags=--headless=new {' '.join(FLAGS)}"]
        command += ["--preset=desktop"] if device == "desktop" else []
        run = subprocess.run(command, capture_output=True, text=True,
                             env={**os.environ, "CHROME_PATH": find_chromium()})
        if run.returncode:
            sys.exit(f"Lighthouse failed on {address}:\n{run.stderr}")
        found.append(json.loads(run.stdout))
    rows = []
    for category, floor in zip(CATEGORIES, FLOORS[device]):
        score = statistics.median(100 * one["categories"][category]["score"] for one in found)
        rows.append(budget(f"{name}: Lighthouse {device}, {category}", round(score), floor, better="higher"))
    if device == "mobile":
        weight = 280 if name == "chapter" else 180
        for audit, limit, unit, scale in [("largest-contentful-paint", 2.5, "s", 1000),
                                          ("cumulative-layout-shift", 0.05, "", 1),
                                          ("total-byte-weight", weight, "kB", 1000)]:
            value = statistics.median(one["audits"][audit]["numericValue"] for one in found) / scale
            rows.append(budget(f"{name}: {audit.replace('-', ' ')}", round(value, 3), limit, unit))
    return rows
