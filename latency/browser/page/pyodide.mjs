// Imports the engine's modules in Pyodide, in Node: `node pyodide.mjs BACKEND_FOLDER`. Prints a JSON object.
import { readFile } from "node:fs/promises";
import { loadPyodide } from "pyodide";

const NEEDED = ["numpy", "pydantic", "tokenizers", "onnxruntime", "prometheus-client", "aiohttp", "uvloop"];

const lock = JSON.parse(await readFile(new URL("pyodide-lock.json", import.meta.resolve("pyodide")), "utf8"));
const before = process.cpuUsage();
const pyodide = await loadPyodide();
const { user, system } = process.cpuUsage(before);
pyodide.FS.mkdir("/backend");
pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root: process.argv[2] }, "/backend");
const missing = pyodide.runPython(`
import importlib, json, pathlib, sys

sys.path.insert(0, "/backend")
lacking = {}
for package in ("engine", "words", "runtime"):
    for file in sorted(pathlib.Path("/backend/foretype", package).rglob("*.py")):
        name = ".".join(file.relative_to("/backend").with_suffix("").parts).removesuffix(".__init__")
        try:
            importlib.import_module(name)
            lacking[name] = None
        except ImportError as error:
            lacking[name] = error.name
json.dumps(lacking)
`);
console.log(
  JSON.stringify({
    version: pyodide.version,
    start_ms: (user + system) / 1000,
    lacking: JSON.parse(missing),
    distributed: Object.fromEntries(NEEDED.map((name) => [name, lock.packages[name]?.version ?? null])),
  }),
);
