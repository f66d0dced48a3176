// Run the cells of a pack (weave/run.py) as the page does, but in node: node run_cells.mjs pyodide library < pack
// The pack's files are {path in the book: path on the disk}. Answers, one line of JSON a cell: what it told, and ms.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, library] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const pack = JSON.parse(readFileSync(0, "utf8"));
const python = await loadPyodide({
    indexURL: folder, stdLibURL: library,
    lockFileContents: { info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten", version: "", python: "" }, packages: {} },
});
for (const [name, path] of Object.entries(pack.files)) {
    python.FS.mkdirTree(`/book/${name}`.replace(/\/[^/]*$/, ""));
    python.FS.writeFile(`/book/${name}`, readFileSync(path));
}
python.runPython(`import sys; sys.path.append("/book")`);
const cells = python.pyimport("cells");
cells.begin(0);
for (const [n, cell] of pack.cells.entries()) {
    if (cell.why) { console.log(JSON.stringify({ told: [], ms: 0 })); continue; }
    const told = [], began = performance.now();
    try {
        cells.run(cell.code, `cell ${n + 1}`, cell.role === "check", cell.alt, n + 1, (kind, text) => told.push([kind, text]));
    } catch (error) {
        console.log(JSON.stringify({ told: [["fatal", String(error).split("\n")[0]]], ms: 0 }));
        break;
    }
    console.log(JSON.stringify({ told, ms: Math.round(performance.now() - began) }));
}
process.exit(0);
