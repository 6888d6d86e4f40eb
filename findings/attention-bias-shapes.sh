#!/usr/bin/env bash
# ONNX Runtime: attention_bias of GroupQueryAttention broadcasts over two of its dimensions only.
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

HEADS, SIZE, SLOTS, TOTAL, TOKENS = 2, 16, 8, 6, 2

print(f"version    onnxruntime {ort.__version__}, CPU")
print("guess      a mask is added to the scores, so it broadcasts as in any ONNX addition; if the past has")
print(f"           {SLOTS} slots, the mask has a column for each of them")
print("behaviour  only the dimensions for batch and heads may be 1. One row for all new tokens is refused,")
print("           and so is a column for each slot: the last dimension must be total_sequence_length")

tensor = helper.make_tensor_value_info
inputs = [
    tensor("qkv", TensorProto.FLOAT, [1, TOKENS, 3 * HEADS * SIZE]),
    tensor("past_key", TensorProto.FLOAT, [1, HEADS, SLOTS, SIZE]),
    tensor("past_value", TensorProto.FLOAT, [1, HEADS, SLOTS, SIZE]),
    tensor("seqlens_k", TensorProto.INT32, [1]),
    tensor("total_sequence_length", TensorProto.INT32, []),
    tensor("attention_bias", TensorProto.FLOAT, ["batch", "heads", "tokens", "slots"]),
]
outputs = [tensor(name, TensorProto.FLOAT, None) for name in ("attended", "key", "value")]
names = [value.name for value in inputs]
attention = helper.make_node(
    "GroupQueryAttention",
    [names[0], "", "", *names[1:5], "", "", "", names[5]],  # without rotary tables and positions
    [value.name for value in outputs],
    domain="com.microsoft",
    num_heads=HEADS,
    kv_num_heads=HEADS,
)
model = helper.make_model(
    helper.make_graph([attention], "attention", inputs, outputs),
    opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)],
    ir_version=10,
)
options = ort.SessionOptions()
options.log_severity_level = 4  # the exception says it already
session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run(*shape: int) -> str:
    draw = np.random.default_rng(0).normal
    feed = {
        "qkv": draw(size=(1, TOKENS, 3 * HEADS * SIZE)).astype(np.float32),
        "past_key": draw(size=(1, HEADS, SLOTS, SIZE)).astype(np.float32),
        "past_value": draw(size=(1, HEADS, SLOTS, SIZE)).astype(np.float32),
        "seqlens_k": np.array([TOTAL - 1], np.int32),
        "total_sequence_length": np.array(TOTAL, np.int32),
        "attention_bias": np.zeros(shape, np.float32),
    }
    try:
        session.run(["attended"], feed)
    except Exception as error:
        return str(error).strip().rpartition("Status Message: ")[2]
    return "taken"


print(f"           ({TOKENS} new tokens, total_sequence_length {TOTAL}, a past buffer of {SLOTS} slots)")
cases = {
    (1, HEADS, TOKENS, TOTAL): "taken",
    (1, 1, TOKENS, TOTAL): "taken",
    (1, 1, 1, TOTAL): "dimension 2 must be equal to the sequence length",
    (1, 1, TOKENS, SLOTS): "dimension 3 must be equal to total_sequence_length",
    (1, 1, TOKENS, 1): "dimension 3 must be equal to total_sequence_length",
}
found = {shape: run(*shape) for shape in cases}
print("output     " + "\n           ".join(f"{shape}: {answer}" for shape, answer in found.items()))
for shape, expected in cases.items():
    assert expected in found[shape], f"{shape} is treated otherwise now"
PYTHON
