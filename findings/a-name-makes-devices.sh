#!/usr/bin/env bash
# onnxruntime: the name under which a plug-in is registered decides which devices it offers.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ORT_DISABLE_TELEMETRY=1

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0 onnxruntime-ep-webgpu==0.4.0 \
  onnx==1.23.2 numpy==2.4.6

"$folder/venv/bin/python" - <<'PYTHON' 2>"$folder/log"
from importlib.metadata import version

import onnxruntime as ort
import onnxruntime_ep_webgpu
from onnx import TensorProto, helper

print(f"version    onnxruntime {ort.__version__}, onnxruntime-ep-webgpu {version('onnxruntime-ep-webgpu')}")
print("guess      the name under which a plug-in is registered is only a label: the documentation says that it can")
print("           be anything that the application chooses")
print("behaviour  under a name that ends with .virtual, the plug-in offers one more GPU, which does not exist; a")
print("           session on it fails")


def offered(name):
    ort.register_execution_provider_library(name, onnxruntime_ep_webgpu.get_library_path())
    found = [one for one in ort.get_ep_devices() if one.ep_name == onnxruntime_ep_webgpu.get_ep_name()]
    return found


def words(devices):
    return [f"{one.device.type.name} {dict(one.device.metadata)}" for one in devices]


plain = words(offered("mine"))
ort.unregister_execution_provider_library("mine")
devices = offered("mine.virtual")
named = words(devices)

graph = helper.make_graph(
    [helper.make_node("Add", ["x", "x"], ["y"])],
    "sum",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
options = ort.SessionOptions()
options.add_provider_for_devices([one for one in devices if one.device.metadata.get("is_virtual")][:1], {})
said = None
try:
    ort.InferenceSession(model.SerializeToString(), options, enable_fallback=0)
except Exception as error:
    said = error
print(f"output     registered as “mine”           {plain}")
print(f"           registered as “mine.virtual”   {named}")
print(f"           a session on the virtual GPU   {type(said).__name__}")
assert len(named) == len(plain) + 1, "the name makes no difference any more"
assert said is not None
PYTHON
