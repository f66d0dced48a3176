"""The index of the search has what tells pages apart."""

import json

from weave.index import COMMON, write


def test_names_that_the_code_of_many_pages_has_are_left_out(tmp_path):
    addresses = [f"page-{n}/" for n in range(COMMON + 1)]
    docs = [{"location": address, "title": "A page", "text": "<p>Of words.</p>"} for address in addresses]
    (tmp_path / "search_index.json").write_text(json.dumps({"config": {}, "docs": docs}))
    few = set(addresses[1:])
    write(tmp_path, {address: ["common", "words", f"own_{n}", *(["few"] if address in few else [])]
                     for n, address in enumerate(addresses)})
    pages = json.loads((tmp_path / "book.json").read_text())["pages"]
    assert [page[3][0][3] for page in pages] == ["own_0", *(f"own_{n} few" for n in range(1, COMMON + 1))]
