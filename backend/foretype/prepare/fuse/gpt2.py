"""The fused graph of the GPT-2 family: learned positions, biases inside the norms that follow them, one node
for attention.
"""

from __future__ import annotations

from typing import Any

import onnx

from foretype.models.manifest import Geometry
from foretype.prepare.fuse.graph import CONTRIB, Graph, NotFusableError, Weights


def lay(weights: Weights, config: Any, geometry: Geometry) -> onnx.ModelProto:
    """The fused graph of a model with the transformers `GPT2Config`. Raises NotFusableError."""
    _check(config)
    graph = Graph(geometry)
    residual = _embed(graph, weights)
    norms = _Norms(graph, weights, config.layer_norm_epsilon)
    update: _Update | None = None
    for layer in range(geometry.layers):
        module = f"transformer.h.{layer}"
        normed, residual = norms.add(residual, update, f"{module}.ln_1", f"n{layer}")
        update = _attention(graph, weights, config, module, layer, normed)
        normed, residual = norms.add(residual, update, f"{module}.ln_2", f"m{layer}")
        update = _mlp(graph, weights, module, layer, normed)
    normed, _ = norms.add(residual, update, "transformer.ln_f", "final")
    return graph.finish(normed, weights.linear("lm_head"))


def _check(config: Any) -> None:
    """Refuse models for which this graph would silently give wrong results."""
    if config.activation_function != "gelu_new":
        raise NotFusableError(f"its activation is {config.activation_function}, not gelu_new")
    if not config.scale_attn_weights or config.scale_attn_by_inverse_layer_idx:
        raise NotFusableError("its attention scores are scaled in another way")


def _embed(graph: Graph, weights: Weights) -> str:
    tokens = graph.weight("embedding", weights.parameter("transformer.wte.weight"))
    positions = graph.weight("positions", weights.parameter("transformer.wpe.weight"))
    token = graph.node("Gather", [tokens, "input_ids"], "token")
    position = graph.node("Gather", [positions, "position_ids"], "position")
    return graph.node("Add", [token, position], "embedded")


class _Update:
    """A block's addition to the residual: a value, and the name of the parameter that is its bias."""

    def __init__(self, value: str, bias: str) -> None:
        self.value = value
        self.bias = bias


class _Norms:
    """Layer norms. From the second on, each also adds the previous update and its bias to the residual."""

    def __init__(self, graph: Graph, weights: Weights, epsilon: float) -> None:
        self._graph = graph
        self._weights = weights
        self._epsilon = float(epsilon)

    def add(self, residual: str, update: _Update | None, module: str, name: str) -> tuple[str, str]:
        """The normed value, and the residual with `update` in it."""
        scale = self._graph.weight(f"{name}.scale", self._weights.parameter(f"{module}.weight"))
        shift = self._graph.weight(f"{name}.shift", self._weights.parameter(f"{module}.bias"))
        if update is None:
            inputs = [residual, scale, shift]
            return self._graph.node(
                "LayerNormalization", inputs, name, axis=-1, epsilon=self._epsilon
            ), residual
        bias = self._graph.weight(f"{name}.bias", self._weights.parameter(update.bias))
        summed = f"{name}.residual"
        normed = self._graph.node(
            "SkipLayerNormalization",
            [residual, update.value, scale, shift, bias],
            name,
            more_outputs=["", "", summed],
            domain=CONTRIB,
            epsilon=self._epsilon,
        )
        return normed, summed


def _attention(graph: Graph, weights: Weights, config: Any, module: str, layer: int, source: str) -> _Update:
    projected = graph.matmul(source, weights.parameter(f"{module}.attn.c_attn.weight"), f"projected{layer}")
    qkv = graph.add(projected, weights.parameter(f"{module}.attn.c_attn.bias"), f"qkv{layer}")
    qkv = graph.spread(qkv, f"spread{layer}")
    # Nothing is turned: GPT-2 adds its positions to the embedding.
    attended = graph.attention(layer, (qkv, "", ""), config.n_head, config.n_head)
    value = graph.matmul(attended, weights.parameter(f"{module}.attn.c_proj.weight"), f"o{layer}")
    return _Update(value, f"{module}.attn.c_proj.bias")


def _mlp(graph: Graph, weights: Weights, module: str, layer: int, source: str) -> _Update:
    inner = graph.matmul(source, weights.parameter(f"{module}.mlp.c_fc.weight"), f"inner{layer}")
    bias = graph.weight(f"inner{layer}.bias", weights.parameter(f"{module}.mlp.c_fc.bias"))
    hidden = graph.node("FastGelu", [inner, bias], f"hidden{layer}", domain=CONTRIB)
    value = graph.matmul(hidden, weights.parameter(f"{module}.mlp.c_proj.weight"), f"outer{layer}")
    return _Update(value, f"{module}.mlp.c_proj.bias")
