"""The search finds what readers of different backgrounds type, with and without a typing error.

Runs the worker that the pages load, on the index of the built site, in Node.
"""

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest

from weave.site import find_node

TESTS = Path(__file__).parent
ID = re.compile(r'\sid=(?:"([^"]*)"|([^\s>]+))')
RUN = """
const fs = require("fs"), vm = require("vm"), [site] = process.argv.slice(1);
let hear, answer;
const world = {
    URL, location: "http://here/book/assets/search.js",
    addEventListener: (_, heard) => { hear = heard; }, postMessage: (message) => answer(message.data.items),
    fetch: async (url) => {
        const text = fs.readFileSync(site + url.pathname.replace("/book", ""));
        return { json: async () => JSON.parse(text) };
    },
};
vm.runInNewContext(fs.readFileSync(site + "/assets/search.js", "utf8"), world);
(async () => {
    const found = [];
    for (const query of JSON.parse(fs.readFileSync(0))) {
        const items = await new Promise((resolve) => {
            answer = resolve;
            hear({ data: { type: 2, data: query } });
        });
        found.push(items.map(([{ location, terms }, ...sections]) => (
            { location, missing: Object.keys(terms).filter((term) => !terms[term]),
              sections: sections.map((section) => section.location) })));
    }
    console.log(JSON.stringify(found));
})();
"""


def cases(name):
    lines = (TESTS / name).read_text(encoding="utf-8").splitlines()
    rows = [line.rsplit(" | ", 1) for line in lines if " | " in line]
    return {query: set(pages.split(", ")) for query, pages in rows}


def answers(site, queries):
    """What each query finds, best first: where it is, which words of the query are missing there, and where
    the sections are that have some."""
    node = find_node()
    if not node:
        pytest.skip("Node is not installed; make env installs it")
    run = subprocess.run([node, "-e", RUN, site], input=json.dumps(queries), capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def search(site, queries):
    """The pages that each query finds, best first."""
    return [[one["location"].partition("#")[0].strip("/") for one in found]
            for found in answers(site, queries)]


def shares(site, name):
    """How many queries there are, and the shares with a right page first, and among the first three."""
    expected = cases(name)
    found = search(site, list(expected))
    first = sum(bool(set(pages[:1]) & right) for pages, right in zip(found, expected.values()))
    three = sum(bool(set(pages[:3]) & right) for pages, right in zip(found, expected.values()))
    return len(expected), first / len(expected), three / len(expected)


def test_the_right_page_comes_first_and_nearly_always_among_the_first_three(site):
    count, first, three = shares(site, "search_queries.txt")
    assert count >= 120 and first >= 0.90, first
    assert three >= 0.97, three


def test_a_typing_error_of_one_letter_finds_the_page_all_the_same(site):
    count, first, three = shares(site, "search_typing_errors.txt")
    assert count >= 40 and first >= 0.90, first
    assert three >= 0.97, three


def test_what_is_nowhere_is_not_found_and_an_exact_name_is_found_in_the_reference(site):
    nothing, dotted = search(site, ["qqqqzzzz", "scratch.micrograd.engine"])
    assert nothing == [] and dotted[0] == "reference/micrograd.engine"


def test_a_page_is_said_to_miss_what_none_of_its_sections_has(site):
    known, half = answers(site, ["nesterov", "softmax qqqqzzzz"])
    assert known[0]["missing"] == [] and half[0]["missing"] == ["qqqqzzzz"]


def test_what_is_found_is_where_the_search_leads(site):
    """Oracle: the ids in the pages."""
    found = [place for each in answers(site, list(cases("search_queries.txt"))[::5]) for one in each
             for place in (one["location"], *one["sections"])]
    places = [place.partition("#") for place in {*found}]
    assert sum(anchor != "" for _, _, anchor in places) > 500
    pages = {path: (site / path / "index.html").read_text(encoding="utf-8") for path, _, _ in places}
    ids = {path: {quoted or bare for quoted, bare in ID.findall(text)} for path, text in pages.items()}
    assert [place for place in places if place[2] and place[2] not in ids[place[0]]] == []


def test_the_index_is_small(site):
    assert len(gzip.compress((site / "search/book.json").read_bytes())) <= 250_000
