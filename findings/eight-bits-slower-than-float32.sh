#!/usr/bin/env bash
# ONNX Runtime: 8-bit weights at the default accuracy level are slower than float32.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ORT_DISABLE_TELEMETRY=1

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

"$folder/venv/bin/python" - <<'PYTHON'
import statistics
import time

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

WIDTH, TOKENS, BLOCK = 576, 12_288, 32

print(f"version    onnxruntime {ort.__version__}, CPU, one thread")
print("guess      a matrix of 8 or 4 bits takes less time than one of float32, since less is read, in")
print("           whichever form MatMulNBits takes it")
print("behaviour  8 bits at the default accuracy level, and 4 bits with float32 zero points, take many times")
print("           as long as float32. The same weights with accuracy level 4 and integer zero points are fast")

draw = np.random.default_rng(0)
tensor = helper.make_tensor_value_info
blocks = WIDTH // BLOCK


def model(node_of) -> bytes:
    weights: list = []

    def add(name: str, value: np.ndarray) -> str:
        weights.append(numpy_helper.from_array(value, name))
        return name

    graph = helper.make_graph(
        [node_of(add)],
        "head",
        [tensor("x", TensorProto.FLOAT, [1, 1, WIDTH])],
        [tensor("y", TensorProto.FLOAT, [1, 1, TOKENS])],
        weights,
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()


def float32(add):
    return helper.make_node("MatMul", ["x", add("w", draw.normal(size=(WIDTH, TOKENS)).astype(np.float32))], ["y"])


def nbits(bits: int, zeros: str | None = None, **attributes: int):
    def node(add):
        packed = draw.integers(0, 256, (TOKENS, blocks, BLOCK * bits // 8)).astype(np.uint8)
        names = ["x", add("q", packed), add("scales", np.full((TOKENS, blocks), 0.01, np.float32))]
        if zeros == "float32":
            names.append(add("zeros", np.full((TOKENS, blocks), 8, np.float32)))
        if zeros == "integer":
            names.append(add("zeros", np.full((TOKENS, blocks * bits // 8), 0x88, np.uint8)))
        sizes = {"K": WIDTH, "N": TOKENS, "bits": bits, "block_size": BLOCK}
        return helper.make_node("MatMulNBits", names, ["y"], domain="com.microsoft", **sizes, **attributes)

    return node


def milliseconds(graph: bytes) -> float:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    feed = {"x": draw.normal(size=(1, 1, WIDTH)).astype(np.float32)}
    times = []
    for _ in range(25):
        began = time.perf_counter()
        session.run(None, feed)
        times.append(1e3 * (time.perf_counter() - began))
    return statistics.median(times[5:])


forms = {
    "float32": float32,
    "8 bits, accuracy level 4": nbits(8, accuracy_level=4),
    "8 bits, default accuracy level": nbits(8),
    "4 bits, accuracy level 4, integer zero points": nbits(4, "integer", accuracy_level=4),
    "4 bits, accuracy level 4, float32 zero points": nbits(4, "float32", accuracy_level=4),
}
took = {form: milliseconds(model(node)) for form, node in forms.items()}
exact, fast8, slow8, fast4, slow4 = took.values()
print(f"output     one row, {WIDTH} x {TOKENS}, median of 20 runs, ms (the ratios are what counts):")
for form, time_ in took.items():
    print(f"           {form:46} {time_:6.2f}   {time_ / exact:5.2f} of float32")
assert slow8 > 3 * exact, "8 bits at the default accuracy level are not much slower than float32"
assert slow4 > 3 * exact, "4 bits with float32 zero points are not much slower than float32"
assert fast8 < slow8 / 3, "accuracy level 4 makes no difference at 8 bits"
assert fast4 < slow4 / 3, "the kind of zero points makes no difference at 4 bits"
PYTHON
