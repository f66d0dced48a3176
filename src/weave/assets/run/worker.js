// Python for the cells of one page, in a thread of its own: CPython in WebAssembly, from this site.
//
// It is asked { boot: {...} } once, and then { id, code, name, check, alt, count } or { id, begin: most }, or for more
// { files }; it tells { progress }, and { id, kind, text } as often as a cell has something to tell, the last time with kind "done".

import { loadPyodide } from "./pyodide.mjs";

const HERE = new URL(".", import.meta.url).href;
const get = globalThis.fetch;
let python, cells, graphviz;

/** Have all that is fetched from now on report what part of it has arrived. */
function count(total) {
    let arrived = 0;
    globalThis.fetch = async (...given) => {
        const answer = await get(...given);
        if (!answer.ok) throw new Error(`${answer.status} for ${answer.url}`);
        const body = answer.body.pipeThrough(new TransformStream({
            transform(part, on) { postMessage({ progress: (arrived += part.length) / total }); on.enqueue(part); },
        }));
        return new Response(body, { headers: answer.headers });
    };
}

const fetched = ({ root, files }) => Promise.all(files.map(async (name) => [name, await (await fetch(root + name)).arrayBuffer()]));

function put(sources) {
    for (const [name, content] of sources) {
        const path = `/book/${name.replace(/^assets\/run\//, "")}`;
        python.FS.mkdirTree(path.replace(/\/[^/]*$/, ""));
        python.FS.writeFile(path, new Uint8Array(content));
    }
}

async function boot({ size, info, ...given }) {
    count(size);
    const sources = fetched(given);
    python = await loadPyodide({ indexURL: HERE, packageBaseUrl: HERE, stdLibURL: `${HERE}python.zip`, lockFileContents: { info, packages: {} } });
    put(await sources);
    python.setStdin({ error: true });
    globalThis.fetch = get;
    python.runPython("import sys; sys.path.append('/book')");
    cells = python.pyimport("cells");
    cells.begin();
}

async function drawn(dot) {
    graphviz ??= import("./viz.js").then(({ instance }) => instance());
    return (await graphviz).renderString(dot, { format: "svg" });
}

onmessage = async ({ data: { id, ...asked } }) => {
    const tell = (kind, text) => postMessage({ id, kind, text });
    try {
        const later = [];
        if (asked.boot) await boot(asked.boot);
        else if (asked.files) put(await fetched(asked));
        else if (asked.begin !== undefined) tell("begun", cells.begin(asked.begin));
        else cells.run(asked.code, asked.name, asked.check, asked.alt, asked.count, (...told) => {
            if (told[0] === "dot" || told[0] === "alt") later.push(told);
            else tell(...told);
        });
        for (const [kind, text] of later) {
            if (kind === "dot") tell("svg", await drawn(text).catch(String));
            else tell(kind, text);
        }
        tell("done");
    } catch (error) {
        tell("fatal", String(error).split("\n")[0]);
    }
};
