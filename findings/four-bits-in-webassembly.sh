#!/usr/bin/env bash
# onnxruntime-web: 4-bit weights, the fastest natively, are the slowest in WebAssembly.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ORT_DISABLE_TELEMETRY=1

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" onnxruntime-web@1.30.0

# Four products as in a layer of SmolLM2-135M, in float32 and in 4 bits, and their times in ONNX Runtime.
cat >"$folder/native.py" <<'PYTHON'
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

SIZES, BLOCK = [(576, 1536), (1536, 576)] * 2, 32
folder = Path(sys.argv[1])
draw = np.random.default_rng(0)


def product(index: int, rows: int, columns: int, bits: int) -> tuple[object, list]:
    names, domain, attributes = [f"x{index}", f"w{index}"], "", {}
    if bits == 32:
        arrays = [(draw.normal(size=(rows, columns)) / rows**0.5).astype(np.float32)]
        kind = "MatMul"
    else:
        blocks = rows // BLOCK
        packed = draw.integers(0, 256, (columns, blocks, BLOCK * bits // 8)).astype(np.uint8)
        arrays = [packed, np.full((columns, blocks), 0.002, np.float32)]
        names.append(f"scales{index}")
        kind, domain = "MatMulNBits", "com.microsoft"
        attributes = {"K": rows, "N": columns, "bits": bits, "block_size": BLOCK, "accuracy_level": 4}
    node = helper.make_node(kind, names, [f"x{index + 1}"], domain=domain, **attributes)
    return node, [numpy_helper.from_array(value, name) for value, name in zip(arrays, names[1:], strict=True)]


def model(bits: int) -> bytes:
    made = [product(index, *size, bits) for index, size in enumerate(SIZES)]
    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        [node for node, _ in made],
        "products",
        [tensor("x0", TensorProto.FLOAT, [1, 1, SIZES[0][0]])],
        [tensor(f"x{len(SIZES)}", TensorProto.FLOAT, [1, 1, SIZES[-1][1]])],
        [weight for _, weights in made for weight in weights],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()


times = {}
for bits in (32, 4):
    (folder / f"{bits}.onnx").write_bytes(model(bits))
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(folder / f"{bits}.onnx", options, providers=["CPUExecutionProvider"])
    feed = {"x0": np.full((1, 1, SIZES[0][0]), 0.5, np.float32)}
    took = []
    for _ in range(40):
        began = time.perf_counter()
        session.run(None, feed)
        took.append(1e3 * (time.perf_counter() - began))
    times[bits] = statistics.median(took[10:])
print(json.dumps(times))
PYTHON

# The same two graphs in WebAssembly.
cat >"$folder/web.mjs" <<'JAVASCRIPT'
import { readFile } from "node:fs/promises";
import * as ort from "onnxruntime-web/wasm";

ort.env.wasm.numThreads = 1;
const native = JSON.parse(process.argv[2]);
const web = {};
for (const bits of [32, 4]) {
  const graph = await readFile(new URL(`${bits}.onnx`, import.meta.url));
  const session = await ort.InferenceSession.create(graph, { executionProviders: ["wasm"] });
  const x0 = new ort.Tensor("float32", new Float32Array(576).fill(0.5), [1, 1, 576]);
  const took = [];
  for (let run = 0; run < 200; run += 1) {
    const began = performance.now();
    await session.run({ x0 });
    took.push(performance.now() - began);
  }
  web[bits] = took.slice(100).sort((one, other) => one - other)[50]; // compiled in full by then
}

const row = (name, times) =>
  `${name.padEnd(24)}${times[32].toFixed(2).padStart(8)}${times[4].toFixed(2).padStart(8)}   4 bits take ${(times[4] / times[32]).toFixed(2)} of float32`;
console.log(`version    onnxruntime-web ${ort.env.versions.web} in Node ${process.versions.node}; onnxruntime 1.32.0; one thread each`);
console.log("guess      weights that make a model faster natively make it faster in the browser, too");
console.log("behaviour  4-bit MatMulNBits is faster than float32 natively and many times slower in WebAssembly");
console.log("output     four products of one row, ms   float32  4 bits");
console.log(`           ${row("natively", native)}`);
console.log(`           ${row("in WebAssembly", web)}`);
if (native[4] > native[32]) throw new Error("4 bits are not faster than float32 natively");
if (web[4] < 3 * web[32]) throw new Error("4 bits are not much slower than float32 in WebAssembly");
JAVASCRIPT

node "$folder/web.mjs" "$("$folder/venv/bin/python" "$folder/native.py" "$folder")"
