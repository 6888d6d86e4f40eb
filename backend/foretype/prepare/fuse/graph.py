"""Reading a model's weights from Optimum's export by their names, and making a new graph from them.

Optimum names nodes after the modules they came from (`/model/layers.0/self_attn/q_proj/MatMul`) and weights
after their parameters, but renames a weight that it transposes (`onnx::MatMul_8767`) and puts an `Identity`
before one that equals another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from foretype.models.manifest import Geometry

CONTRIB = "com.microsoft"
OPSET = 18
IR_VERSION = 10  # the newest that ONNX Runtime 1.17 to 1.32 all read

Array = NDArray[np.float32]


class NotFusableError(Exception):
    """The export has another structure; `str()` says how. The plain export can still be served."""


class Weights(Protocol):
    """A model's weights, float32, by the names of its modules and parameters in transformers. Each method
    raises NotFusableError if there is no such weight.
    """

    def parameter(self, name: str) -> Array:
        """A parameter as it is."""

    def linear(self, module: str) -> Array:
        """The matrix (inputs, outputs) of a linear layer."""

    def norm(self, module: str) -> Array:
        """The scale (size,) of a root-mean-square norm."""


class Export:
    """A graph that Optimum exported, with its weights by name. It is only read."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._weights = {tensor.name: tensor for tensor in model.graph.initializer}
        self._nodes = {node.name: node for node in model.graph.node}
        self._makers = {output: node for node in model.graph.node for output in node.output}

    def has(self, node: str) -> bool:
        return node in self._nodes

    def parameter(self, name: str) -> Array:
        """The weight with that name, as float32. Raises NotFusableError if there is none."""
        value = self._constant(name)
        if value is None:
            raise NotFusableError(f"the export has no weight {name}")
        return value

    def linear(self, module: str) -> Array:
        return self._weight_of(f"{_path(module)}/MatMul")

    def norm(self, module: str) -> Array:
        return self._weight_of(f"{_path(module)}/Mul_1")

    def _weight_of(self, node: str) -> Array:
        """The only weight among the inputs of the node with that name. Raises NotFusableError if there is not
        exactly one.
        """
        if node not in self._nodes:
            raise NotFusableError(f"the export has no node {node}")
        found = [value for name in self._nodes[node].input if (value := self._constant(name)) is not None]
        if len(found) != 1:
            raise NotFusableError(f"the node {node} has {len(found)} weights, expected one")
        return found[0]

    def _constant(self, name: str) -> Array | None:
        if name in self._weights:
            return np.asarray(numpy_helper.to_array(self._weights[name]), np.float32)
        maker = self._makers.get(name)
        if maker is None or maker.op_type not in ("Identity", "Transpose"):
            return None
        source = self._constant(maker.input[0])
        if source is None or maker.op_type == "Identity":
            return source
        order = next((list(a.ints) for a in maker.attribute if a.name == "perm"), None)
        return source.transpose(order)


def packed_linear(weights: Weights, module: str, *parts: str) -> Array:
    """Projections of one input side by side, (inputs, outputs of all), for one product in their place."""
    packed: Array = np.concatenate([weights.linear(f"{module}.{part}") for part in parts], axis=1)
    return packed


def _path(module: str) -> str:
    """The beginning of the names of a module's nodes: /model/layers.0/mlp for model.layers.0.mlp."""
    return "/" + re.sub(r"\.(?!\d)", "/", module)


@dataclass(frozen=True, slots=True)
class LayerPast:
    """The names of one layer's past key values as inputs and as outputs of the graph."""

    past: tuple[str, str]
    present: tuple[str, str]


class Graph:
    """A graph that is made node by node. Its inputs and outputs are those that the runtime binds.

    A run takes either s tokens of one text (n = b = 1), or one token of each of n texts (s = 1) of the b
    texts whose past is in one buffer. In the second case the other b - n rows run in the attention only, over
    nothing.

    Inputs: `input_ids`, `position_ids` (n, s) int64. `spread` (b,) int64: the text of each row of the past,
    any number for rows that take no part. `gathered` (n,) int64: the row of each text. `seqlens_k` (b,)
    int32: past + s - 1 for each row. `total_sequence_length` () int32: the longest past + s. `attention_bias`
    (b, 1, s, past + s) float32: added to the scores; the operator itself is causal. `rows` (k,) int64: those
    of the n * s tokens whose logits are asked for. `past_key_values.N.key` and `.value` (b, kv_heads, past,
    head_dim) float32. Outputs: `logits` (1, k, vocab) float32; `present.N.key` and `.value`. Past and present
    may be one buffer that is longer than the text.
    """

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._numbers: set[str] = set()

    def weight(self, name: str, value: Array) -> str:
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    def numbers(self, name: str, values: Sequence[int]) -> str:
        """Whole numbers as an operator wants them, such as a shape. Each name is added once."""
        if name not in self._numbers:
            self._numbers.add(name)
            self._weights.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def node(
        self,
        operator: str,
        inputs: Sequence[str],
        output: str,
        *,
        more_outputs: Sequence[str] = (),
        domain: str = "",
        **attributes: int | float,
    ) -> str:
        """Add a node with the name of its first output, and return that name."""
        self._nodes.append(
            helper.make_node(
                operator, list(inputs), [output, *more_outputs], name=output, domain=domain, **attributes
            )
        )
        return output

    def matmul(self, source: str, weight: Array, output: str) -> str:
        return self.node("MatMul", [source, self.weight(f"{output}.weight", weight)], output)

    def add(self, source: str, bias: Array, output: str) -> str:
        return self.node("Add", [source, self.weight(f"{output}.bias", bias)], output)

    def past_of(self, layer: int) -> LayerPast:
        kinds = ("key", "value")
        past, present = (
            tuple(f"{when}.{layer}.{kind}" for kind in kinds) for when in ("past_key_values", "present")
        )
        return LayerPast((past[0], past[1]), (present[0], present[1]))

    def spread(self, value: str, output: str) -> str:
        """From the texts of a run, (n, …), to the rows of the past, (b, …)."""
        return self.node("Gather", [value, "spread"], output, axis=0)

    def gathered(self, value: str, output: str) -> str:
        """From the rows of the past back to the texts of the run."""
        return self.node("Gather", [value, "gathered"], output, axis=0)

    def attention(
        self,
        layer: int,
        sources: tuple[str, str, str],
        heads: int,
        kv_heads: int,
        rotary: tuple[str, str, str] | None = None,
        **attributes: int | float,
    ) -> str:
        """Causal attention of one layer over its past key values, (n, s, size).

        sources: queries, keys and values for the rows of the past; the packed product of all three, if the
        other two are empty. rotary: cosine, sine and positions; None if the operator turns nothing.
        """
        names = self.past_of(layer)
        if rotary is not None:
            attributes |= {"do_rotary": 1, "rotary_interleaved": 0}
        attended = self.node(
            "GroupQueryAttention",
            [
                *sources,
                *names.past,
                "seqlens_k",
                "total_sequence_length",
                *(rotary or ("", "", "")),
                "attention_bias",
            ],
            f"attention{layer}",
            more_outputs=names.present,
            domain=CONTRIB,
            num_heads=heads,
            kv_num_heads=kv_heads,
            **attributes,
        )
        return self.gathered(attended, f"attended{layer}")

    def finish(self, hidden: str, head: Array) -> onnx.ModelProto:
        """Add the output head, for the rows that are asked for only, and finish the graph. The head has a
        copy of the embedding's weights, so that the quantiser finds them.
        """
        tokens = self.node("Reshape", [hidden, self.numbers("one_row", [1, -1, head.shape[0]])], "tokens")
        wanted = self.node("Gather", [tokens, "rows"], "wanted", axis=1)
        self.matmul(wanted, head, "logits")
        graph = helper.make_graph(self._nodes, "foretype", self._inputs(), self._outputs())
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="foretype"
        )
        model.graph.initializer.extend(self._weights)  # after the helpers, each of which would copy them
        return model

    def _inputs(self) -> list[onnx.ValueInfoProto]:
        value = helper.make_tensor_value_info
        return [
            value("input_ids", TensorProto.INT64, ["n", "s"]),
            value("position_ids", TensorProto.INT64, ["n", "s"]),
            value("spread", TensorProto.INT64, ["b"]),
            value("gathered", TensorProto.INT64, ["n"]),
            value("seqlens_k", TensorProto.INT32, ["b"]),
            value("total_sequence_length", TensorProto.INT32, []),
            value("attention_bias", TensorProto.FLOAT, ["b", 1, "s", "total"]),
            value("rows", TensorProto.INT64, ["k"]),
            *self._key_values("past_key_values", "past"),
        ]

    def _outputs(self) -> list[onnx.ValueInfoProto]:
        logits = helper.make_tensor_value_info(
            "logits", TensorProto.FLOAT, [1, "k", self._geometry.vocab_size]
        )
        return [logits, *self._key_values("present", "present")]

    def _key_values(self, when: str, length: str) -> list[onnx.ValueInfoProto]:
        shape = ["b", self._geometry.kv_heads, length, self._geometry.head_dim]
        return [
            helper.make_tensor_value_info(f"{when}.{layer}.{kind}", TensorProto.FLOAT, shape)
            for layer in range(self._geometry.layers)
            for kind in ("key", "value")
        ]
