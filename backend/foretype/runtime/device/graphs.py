"""Small graphs with which ONNX Runtime does on a device what numpy does in host memory.

This module imports the package `onnx`, so it is imported only when a device is opened: a server on the CPU
does not wait for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from foretype.models.manifest import Geometry
from foretype.runtime.feed import Float
from foretype.runtime.ranks import Ranks

IR_VERSION, OPSET = 10, 18
TYPES = {np.float32: TensorProto.FLOAT, np.float16: TensorProto.FLOAT16}
LEAST = 1e-12  # the least probability whose logarithm is taken

_node, _value = helper.make_node, helper.make_tensor_value_info


def gather(parts: int, geometry: Geometry, dtype: Float) -> bytes:
    """For each part N, `to.N` becomes the slots `order` of `from.N`, (kv_heads, slots, head_dim)."""
    row = [geometry.kv_heads, None, geometry.head_dim]
    return _graph(
        [_node("Gather", [f"from.{n}", "order"], [f"to.{n}"], axis=1) for n in range(parts)],
        [
            _value("order", TensorProto.INT64, [None]),
            *(_value(f"from.{n}", TYPES[dtype], row) for n in range(parts)),
        ],
        [_value(f"to.{n}", TYPES[dtype], row) for n in range(parts)],
    )


def copy() -> bytes:
    """`there` becomes a copy of `here`, float32. Each may be bound to another device."""
    kind = TensorProto.FLOAT, [None, None]
    return _graph([_node("Identity", ["here"], ["there"])], [_value("here", *kind)], [_value("there", *kind)])


def tops(ranks: Ranks) -> bytes:
    """From `logits` (k, vocab_size) float32: `log_probs` (k, ranks), of these the `ranks.top` greatest as
    `top_log_probs` and `top`, best first, and `log_boundary` (k,).
    """
    constants = {
        "ids": ranks.ids,
        "word_start": ranks.word_start,
        "count": np.array([ranks.top], np.int64),
        "vocabulary": np.array([1], np.int64),
        "one": np.array(1, np.float32),
        "least": np.array(LEAST, np.float32),
    }
    nodes = [
        _node("LogSoftmax", ["logits"], ["all"], axis=-1),
        _node("Gather", ["all", "ids"], ["log_probs"], axis=1),
        _node("TopK", ["log_probs", "count"], ["top_log_probs", "top"], axis=-1),
        _node("Exp", ["log_probs"], ["probs"]),
        # Not a matrix product: a GPU would round it to TensorFloat-32, and the difference from 1 is small.
        _node("Mul", ["probs", "word_start"], ["in_words"]),
        _node("ReduceSum", ["in_words", "vocabulary"], ["in_word"], keepdims=0),
        _node("Sub", ["one", "in_word"], ["rest"]),
        _node("Max", ["rest", "least"], ["boundary"]),
        _node("Log", ["boundary"], ["log_boundary"]),
    ]
    return _graph(
        nodes,
        [_value("logits", TensorProto.FLOAT, ["k", None])],
        [
            _value("log_probs", TensorProto.FLOAT, ["k", len(ranks.ids)]),
            _value("top_log_probs", TensorProto.FLOAT, ["k", ranks.top]),
            _value("top", TensorProto.INT64, ["k", ranks.top]),
            _value("log_boundary", TensorProto.FLOAT, ["k"]),
        ],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
    )


def _graph(
    nodes: list[Any], inputs: list[Any], outputs: list[Any], constants: list[Any] | None = None
) -> bytes:
    graph = helper.make_graph(nodes, "device", inputs, outputs, constants)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="foretype"
    )
    found: bytes = model.SerializeToString()
    return found
