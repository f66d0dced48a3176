// Training, in a thread of its own: Python in WebAssembly, the book's torch and a model of makemore, from this site.
//
// It is asked { begin: {kind, size, name, words, file}, go: steps, look: pattern }, of which begin is left out to go on;
// { stop: true }, { look: pattern } or { save: true }. It tells { doing }, { ready, going }, { losses, words },
// { done, words, judged }, { words }, { file } and { failed }. words and file, asked for, are what the reader opened.

const HERE = new URL(".", import.meta.url), ROOT = new URL("../../", HERE);
const CODE = ["torch", "makemore/gpt", "makemore/bert", "makemore/mlp", "makemore/training", "makemore/evaluate", "makemore/sample"];
const ABI = "2026_0";    // of Pyodide: it refuses another, and says its own
const LOOKS = 12;    // at the words, before it is done
let python, learner, going = false, pattern = "";

async function fetched(address) {
    const answer = await fetch(new URL(address, ROOT));
    if (!answer.ok) throw new Error(`${answer.url.replace(ROOT, "")} is not there (${answer.status})`);
    return answer.arrayBuffer();
}

async function boot() {
    const run = new URL("assets/run/", ROOT).href;
    const loader = import(`${run}pyodide.mjs`).catch(() => { throw new Error("this copy of the site was built without Python for its pages"); });
    const [{ loadPyodide, version }, learn, ...code] = await Promise.all([
        loader, fetched("assets/training/learn.py"), ...CODE.map((name) => fetched(`src/scratch/${name}.zip`))]);
    const lock = { info: { abi_version: ABI, arch: "wasm32", platform: "emscripten", version, python: "" }, packages: {} };
    const made = await loadPyodide({ indexURL: run, packageBaseUrl: run, stdLibURL: `${run}python.zip`, lockFileContents: lock });
    made.globals.set("code", made.toPy(code.map((each) => new Uint8Array(each))));
    made.FS.mkdirTree("/book");
    made.FS.mkdirTree("/words");
    made.FS.writeFile("/book/learn.py", new Uint8Array(learn));
    made.runPython(`
        import io, os, sys, types, zipfile
        for each in code:
            zipfile.ZipFile(io.BytesIO(each)).extractall("/book")
        sys.path[:0] = ["/book", *(each.path for each in os.scandir("/book") if each.is_dir())]
        for name in ("urllib", "urllib.request"):    # which data.py imports, and only a download needs
            sys.modules.setdefault(name, types.ModuleType(name))
        import torch.safetensors
        from torch.backends import browser
        browser.use()
        sys.modules["safetensors"] = types.SimpleNamespace(torch=torch.safetensors)
        sys.modules["safetensors.torch"] = torch.safetensors
        from learn import Learner`);    // which imports the rest
    return made;
}

async function begin({ kind, size, name, words, file }, going) {
    postMessage({ doing: "Loading Python" });
    python ??= await boot();
    postMessage({ doing: "Reading the words and making the model" });
    words ??= new Uint8Array(await fetched("assets/training/names.txt"));
    python.FS.writeFile(`/words/${name}`, words);
    if (file) python.FS.writeFile("/opened", file);
    const settings = kind === "mlp" ? undefined : python.pyimport("learn").SIZES.get(size);
    const before = learner;
    learner = python.globals.get("Learner").callKwargs(kind, name, { settings, file: file ? "/opened" : undefined });
    before?.destroy();
    postMessage({ ready: learner.about().toJs({ dict_converter: Object.fromEntries }), going });
}

const reason = (error) => String(error.message).trim().split("\n").at(-1).replace(/^[\w.]+: /, "");

function now() {
    try {
        return learner.look(pattern).toJs();
    } catch (error) {    // of the pattern, which is no reason to stop
        return [reason(error)];
    }
}

async function go(steps) {
    const often = Math.ceil(steps / LOOKS);
    going = true;
    for (let taken = 0; going && taken < steps;) {
        const losses = learner.steps(.2, Math.min(steps - taken, often - taken % often)).toJs();
        taken += losses.length;
        postMessage({ losses, words: taken % often ? undefined : now() });
        await new Promise((next) => { setTimeout(next); });    // and hear what is asked
    }
    going = false;
    postMessage({ done: true, words: now(), judged: learner.judged() });
}

onmessage = async ({ data }) => {
    try {
        pattern = data.look ?? pattern;
        if (data.begin) await begin(data.begin, data.go > 0);
        if (data.go) await go(data.go);
        else if (data.look !== undefined && learner) postMessage({ words: now() });
        if (data.stop) going = false;
        if (data.save) {
            learner.save("/saved");
            postMessage({ file: python.FS.readFile("/saved") });
        }
    } catch (error) {
        going = false;
        postMessage({ failed: reason(error) });
    }
};
