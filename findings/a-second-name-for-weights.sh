#!/usr/bin/env bash
# onnx: a model whose weights lie in a file with a second name (a hard link) is not loaded.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ORT_DISABLE_TELEMETRY=1

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

FOLDER=$folder "$folder/venv/bin/python" - <<'PYTHON'
import os
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

print(f"version    onnx {onnx.__version__}, onnxruntime {ort.__version__}")
print("guess      a model that was duplicated with `cp --link`, as caches of packages and models do it, loads")
print("           like the original")
print("behaviour  onnx.load refuses both: the model that was duplicated, and the original. ONNX Runtime loads")
print("           both, and a copy is loaded by both libraries")

folder = Path(os.environ["FOLDER"]) / "model"
folder.mkdir()
weight = numpy_helper.from_array(np.ones((64, 64), np.float32), "w")
tensor = helper.make_tensor_value_info
graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "w"], ["y"])],
    "product",
    [tensor("x", TensorProto.FLOAT, [1, 64])],
    [tensor("y", TensorProto.FLOAT, [1, 64])],
    [weight],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
onnx.save(model, folder / "model.onnx", save_as_external_data=True, location="weights", size_threshold=0)


def loads(where: Path) -> tuple[str, str]:
    """What onnx and ONNX Runtime say."""
    try:
        onnx.load(where / "model.onnx")
        first = "loaded"
    except onnx.checker.ValidationError as error:
        first = "multiple hard links" if "multiple hard links" in str(error) else str(error)
    session = ort.InferenceSession(where / "model.onnx", providers=["CPUExecutionProvider"])
    (product,) = session.run(None, {"x": np.ones((1, 64), np.float32)})
    return first, "loaded" if (product == 64).all() else "wrong"


alone = loads(folder)
linked = folder.with_name("linked")
shutil.copytree(folder, linked, copy_function=os.link)
copied = shutil.copytree(folder, folder.with_name("copied"))
found = {"alone": alone, "linked": loads(linked), "original": loads(folder), "copied": loads(copied)}
for name, (one, other) in found.items():
    print(f"{'output     ' if name == 'alone' else ' ' * 11}{name:9} onnx: {one}; ONNX Runtime: {other}")
refused = ("multiple hard links", "loaded")
fine = ("loaded", "loaded")
assert found == {"alone": fine, "linked": refused, "original": refused, "copied": fine}, "it differs"
PYTHON
