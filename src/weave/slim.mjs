// The part of Python's standard library that cells need, compiled, as a zip:
// node slim.mjs pyodide target absent,absent module ...
//
// The modules, and what they import, are found by importing them in the Python that will run the cells, but for the
// absent ones, which have a stand-in in the page. Compiled
// ahead, Python is ready in a quarter of the time, and without the docstrings of the library the zip is a third smaller.

import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, target, absent, ...modules] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: folder, env: { PYTHONHASHSEED: "0" } });
python.globals.set("wanted", python.toPy(modules));
python.globals.set("absent", python.toPy(absent.split(",")));
const made = python.runPython(`
import importlib, io, sys, types, zipfile
from importlib._bootstrap_external import _code_to_timestamp_pyc

for name in absent:
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__getattr__ = lambda _: object
    sys.modules[name].__path__ = []

for name in wanted:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:    # a name in a module, which may import another one for it
        module, _, name = name.rpartition(".")
        getattr(importlib.import_module(module), name, None)

library = zipfile.ZipFile(next(path for path in sys.path if path.endswith(".zip")))
there = set(library.namelist())
names = {name for module in sys.modules.keys() - {*absent} for path in [module.replace(".", "/")]
         for name in (f"{path}.py", f"{path}/__init__.py") if name in there}
made = io.BytesIO()
with zipfile.ZipFile(made, "w") as archive:
    for name in sorted(names):
        source = library.read(name)
        own = name.startswith(("pyodide", "_pyodide"))    # which read their own docstrings
        code = compile(source, name, "exec", dont_inherit=True, optimize=0 if own else 2)
        entry = zipfile.ZipInfo(f"{name}c", (2026, 1, 1, 0, 0, 0))
        archive.writestr(entry, _code_to_timestamp_pyc(code, 0, len(source)), zipfile.ZIP_DEFLATED, 9)
made.getvalue()
`);
writeFileSync(target, made.toJs());
process.exit(0);
