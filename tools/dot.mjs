#!/usr/bin/env node
// Graphviz's dot for a machine that has none: as much of its command line as drawing needs.
//
//   dot [-Kengine] [-Tformat] [-ofile] [-O] [file]      no file: from stdin, to stdout
//   dot -V

import { readFileSync, writeFileSync } from "node:fs";
import { instance } from "@viz-js/viz";

const viz = await instance();
const words = process.argv.slice(2);
let engine = "dot", format = "dot", source = 0, target = 1, beside = false;

while (words.length) {
    const word = words.shift();
    const value = () => word.slice(2) || words.shift();    // -Tsvg, or -T svg
    if (word.startsWith("-K")) engine = value();
    else if (word.startsWith("-T")) format = value();
    else if (word.startsWith("-o")) target = value();
    else if (word === "-O") beside = true;
    else if (word === "-V") fail(`dot - graphviz version ${viz.graphvizVersion} (viz.js)`, 0);
    else if (word.startsWith("-")) fail(`this stand-in for Graphviz does not know ${word}`, 2);
    else source = word;
}
if (beside) target = `${source}.${format}`;

const { status, output, errors } = viz.render(readFileSync(source, "utf8"), { engine, format });
for (const error of errors) console.error(`${error.level}: ${error.message}`);
if (status === "success") writeFileSync(target, output);
else process.exitCode = 1;

function fail(message, code) {
    console.error(message);
    process.exit(code);
}
