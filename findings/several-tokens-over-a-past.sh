#!/usr/bin/env bash
# ONNX Runtime: with a past, GroupQueryAttention on the CPU accepts a batch only with one new token for each row.
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

HEADS, SIZE, SLOTS = 2, 16, 8

print(f"version    onnxruntime {ort.__version__}, CPU")
print("guess      if a batch with a past works for one new token a row, it works for two")
print("behaviour  with a past, several new tokens need a batch of one: a batch of two is refused even if")
print("           all rows have the same length. The shapes in the graph do not show this limit")

tensor = helper.make_tensor_value_info
inputs = [
    tensor("qkv", TensorProto.FLOAT, ["batch", "tokens", 3 * HEADS * SIZE]),
    tensor("past_key", TensorProto.FLOAT, ["batch", HEADS, SLOTS, SIZE]),
    tensor("past_value", TensorProto.FLOAT, ["batch", HEADS, SLOTS, SIZE]),
    tensor("seqlens_k", TensorProto.INT32, ["batch"]),
    tensor("total_sequence_length", TensorProto.INT32, []),
]
outputs = [tensor(name, TensorProto.FLOAT, None) for name in ("attended", "key", "value")]
attention = helper.make_node(
    "GroupQueryAttention",
    ["qkv", "", "", *(value.name for value in inputs[1:])],
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


def run(tokens: int, lengths: list[int]) -> str:
    """What happens to a batch whose rows have these lengths, the new tokens included."""
    draw = np.random.default_rng(0).normal
    past = (len(lengths), HEADS, SLOTS, SIZE)
    feed = {
        "qkv": draw(size=(len(lengths), tokens, 3 * HEADS * SIZE)).astype(np.float32),
        "past_key": draw(size=past).astype(np.float32),
        "past_value": draw(size=past).astype(np.float32),
        "seqlens_k": np.array(lengths, np.int32) - 1,
        "total_sequence_length": np.array(max(lengths), np.int32),
    }
    try:
        attended = session.run(["attended"], feed)[0]
    except Exception as error:
        return str(error).strip().rpartition("Status Message: ")[2]
    alone = [
        session.run(
            ["attended"],
            {
                **{name: feed[name][row : row + 1] for name in ("qkv", "past_key", "past_value", "seqlens_k")},
                "total_sequence_length": np.array(length, np.int32),
            },
        )[0]
        for row, length in enumerate(lengths)
    ]
    return "as each row alone" if np.abs(attended - np.concatenate(alone)).max() < 1e-5 else "wrong"


cases = {
    "1 new token, lengths 4 and 7": run(1, [4, 7]),
    "2 new tokens, one row of length 6": run(2, [6]),
    "2 new tokens, no past, two rows of length 2": run(2, [2, 2]),
    "2 new tokens, two rows of length 6": run(2, [6, 6]),
}
print("output     " + "\n           ".join(f"{case}: {found}" for case, found in cases.items()))
*fine, refused = cases.values()
assert fine == ["as each row alone"] * 3, "one of the first three cases fails now"
assert "batch_size must be 1" in refused, "a batch with several new tokens over a past is no longer refused"
PYTHON
