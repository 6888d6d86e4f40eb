#!/usr/bin/env bash
# onnxruntime-openvino: an operator that OpenVINO does not have ends the session, although the CPU could run it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ORT_DISABLE_TELEMETRY=1

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime-openvino==1.24.1 onnx==1.23.2 \
  numpy==2.4.6

"$folder/venv/bin/python" - <<'PYTHON' 2>"$folder/log"
import numpy as np
import onnxruntime as ort
from onnx import TensorProto, checker, helper

print(f"version    onnxruntime-openvino {ort.__version__}")
print("guess      a provider takes the nodes that it can run, and ONNX Runtime gives the others to the CPU, which")
print("           comes next in the list of providers")
print("behaviour  OpenVINO takes ONNX's Attention (opset 23), which it does not have, and then the session fails")

HEADS, TOKENS, SIZE = 2, 3, 4
shape = [1, HEADS, TOKENS, SIZE]
values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("q", "k", "v")]
graph = helper.make_graph(
    [helper.make_node("Attention", ["q", "k", "v"], ["y"])],
    "attention",
    values,
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10)
checker.check_model(model)
feed = {name: np.ones(shape, np.float32) for name in ("q", "k", "v")}

cpu = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
on_the_cpu = cpu.run(None, feed)[0].ravel()[:2].tolist()
said = None
try:
    ort.InferenceSession(
        model.SerializeToString(), providers=["OpenVINOExecutionProvider", "CPUExecutionProvider"], enable_fallback=0
    )
except Exception as error:
    said = error
print(f"output     providers=[CPU]            a session; the result begins with {on_the_cpu}")
print(f"           providers=[OpenVINO, CPU]  {type(said).__name__}: {str(said).strip().splitlines()[-1][-90:]}")
assert on_the_cpu == [1.0, 1.0]
assert said is not None, "the session is made now"
PYTHON
