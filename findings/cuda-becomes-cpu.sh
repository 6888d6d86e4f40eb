#!/usr/bin/env bash
# onnxruntime-gpu: a session that asks for CUDA alone runs on the CPU if CUDA does not start.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ORT_DISABLE_TELEMETRY=1

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime-gpu==1.31.1 onnx==1.23.2 numpy==2.4.6

"$folder/venv/bin/python" - "$folder/log" <<'PYTHON'
import os
import sys
import warnings

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper

print(f"version    onnxruntime-gpu {ort.__version__}, on a machine where CUDA 13 does not start")
print("guess      a session that names only CUDAExecutionProvider raises an error if CUDA cannot start,")
print("           at least with enable_fallback=0")
print("behaviour  the session is made and runs on the CPU: no exception and no Python warning, only lines")
print("           in ONNX Runtime's own log; get_device() still says GPU")

graph = helper.make_graph(
    [helper.make_node("Identity", ["x"], ["y"])],
    "same",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
warnings.simplefilter("error")

# ONNX Runtime writes its log to file descriptor 2, past sys.stderr.
shown = os.dup(2)
log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
os.dup2(log, 2)
try:
    session = ort.InferenceSession(
        model.SerializeToString(), providers=["CUDAExecutionProvider"], enable_fallback=0
    )
finally:
    os.dup2(shown, 2)

taken = session.get_providers()
result = session.run(None, {"x": np.ones(1, np.float32)})
with open(sys.argv[1], encoding="utf-8") as lines:
    logged = [line for line in lines if "Failed to" in line]
print(f"output     get_available_providers()  {ort.get_available_providers()}")
print(f"           get_device()               {ort.get_device()}")
print("           asked for                  ['CUDAExecutionProvider'], enable_fallback=0")
print(f"           session.get_providers()    {taken}")
print(f"           session.run                {result[0].tolist()}")
print(f"           lines in the log           {len(logged)}")
assert "CUDAExecutionProvider" in ort.get_available_providers()
assert ort.get_device() == "GPU"
assert "CUDAExecutionProvider" not in taken, "CUDA starts on this machine, so there is nothing to show"
assert taken == ["CPUExecutionProvider"]
assert logged, "the log says nothing any more"
PYTHON
