#!/usr/bin/env bash
# ONNX Runtime: bind_cpu_input copies some arrays and refers to others.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ORT_DISABLE_TELEMETRY=1

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

print(f"version    onnxruntime {ort.__version__}, numpy {np.__version__}")
print("guess      binding an input either always copies the array or never does")
print("behaviour  a contiguous array is referred to, so later writes reach the model; a strided one is")
print("           copied when it is bound, so later writes are lost without an error")

graph = helper.make_graph(
    [helper.make_node("Identity", ["x"], ["y"])],
    "same",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def before_and_after(array: np.ndarray) -> tuple[list[float], list[float]]:
    """The model's output before and after a write to an array that stays bound."""
    array[:] = 1
    binding = session.io_binding()
    binding.bind_cpu_input("x", array)
    binding.bind_output("y")
    outputs = []
    for value in (1, 2):
        array[:] = value
        session.run_with_iobinding(binding)
        outputs.append(binding.copy_outputs_to_cpu()[0].tolist())
    return outputs[0], outputs[1]


contiguous = before_and_after(np.zeros(4, np.float32))
strided = before_and_after(np.zeros(8, np.float32)[::2])
print("output     bound with ones, run, overwritten with twos, run again:")
print(f"           contiguous  {contiguous[0]} then {contiguous[1]}")
print(f"           strided     {strided[0]} then {strided[1]}")
assert contiguous == ([1] * 4, [2] * 4), "a contiguous array is no longer referred to"
assert strided == ([1] * 4, [1] * 4), "a strided array is no longer copied when it is bound"
PYTHON
