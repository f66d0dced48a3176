// Python in WebAssembly, which answers lines: node torch_browser.mjs folder-of-pyodide src torch_browser_answers.py
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, source, answers] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: folder, stdout: text => process.stderr.write(text + "\n") });
python.FS.mkdirTree("/src");
python.FS.mount(python.FS.filesystems.NODEFS, { root: source }, "/src");
python.runPython("import sys; sys.path.insert(0, '/src'); sys.dont_write_bytecode = True");
python.runPython(readFileSync(answers, "utf8"));
const answer = python.globals.get("answer");
for await (const line of createInterface({ input: process.stdin })) process.stdout.write(answer(line) + "\n");
process.exit(0);
