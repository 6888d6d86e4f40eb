#!/usr/bin/env bash
# ONNX Runtime: run raises errors of its own classes, run_with_iobinding raises plain RuntimeErrors.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ORT_DISABLE_TELEMETRY=1

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper

print(f"version    onnxruntime {ort.__version__}")
print("guess      a run that fails raises the same class of error, whether or not its inputs were bound")
print("behaviour  run raises classes of ONNX Runtime's own, one for each code, which are no RuntimeError.")
print("           run_with_iobinding raises Python's RuntimeError and leaves the code out, so an except")
print("           clause that is right for one of them never catches the other")

tensor = helper.make_tensor_value_info


def session(kind: str, *inputs: tuple[str, int, list[str]]) -> ort.InferenceSession:
    graph = helper.make_graph(
        [helper.make_node(kind, [name for name, _, _ in inputs], ["y"])],
        kind,
        [tensor(*given) for given in inputs],
        [tensor("y", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    options = ort.SessionOptions()
    options.log_severity_level = 4  # the exceptions say it already
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


gather = session("Gather", ("x", TensorProto.FLOAT, ["n"]), ("i", TensorProto.INT64, ["m"]))
product = session("MatMul", ("x", TensorProto.FLOAT, ["a", "b"]), ("i", TensorProto.FLOAT, ["c", "d"]))
cases = {
    "an index out of range": (gather, {"x": np.zeros(4, np.float32), "i": np.array([9])}),
    "shapes that do not fit": (product, {"x": np.zeros((2, 3), np.float32), "i": np.zeros((2, 3), np.float32)}),
}


def error_of(act) -> Exception:
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


print("output")
for case, (model, feed) in cases.items():
    binding = model.io_binding()
    for name, value in feed.items():
        binding.bind_cpu_input(name, value)
    binding.bind_output("y")
    plain = error_of(lambda: model.run(None, feed))
    bound = error_of(lambda: model.run_with_iobinding(binding))
    print(f"           {case}:")
    for way, error in (("run", plain), ("run_with_iobinding", bound)):
        classes = " < ".join(kind.__name__ for kind in type(error).__mro__[:-2])
        print(f"             {way:18}  {classes:27}  {str(error)[:38]}…")
    assert type(plain).__module__.startswith("onnxruntime"), "run raises another kind of error now"
    assert not isinstance(plain, RuntimeError), "run's errors are RuntimeErrors now"
    assert type(bound) is RuntimeError, "run_with_iobinding raises another class now"
PYTHON
