"""The fused graph of the Gemma 3 family. It differs from Llama's in these points: queries and keys are
normed, each part has a norm after it as well as before it, embeddings are scaled, the gate is a GELU, and
most layers have a rotary base and a window of their own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx

from foretype.models.manifest import Geometry
from foretype.prepare.fuse.graph import CONTRIB, Graph, NotFusableError, Weights, packed_linear
from foretype.prepare.fuse.norms import Norms
from foretype.prepare.fuse.rotary import Rotary

LOCAL, GLOBAL = "sliding_attention", "full_attention"  # transformers' names of the kinds of layers


def lay(weights: Weights, config: Any, geometry: Geometry) -> onnx.ModelProto:
    """The fused graph of a model with the transformers `Gemma3TextConfig`. Raises NotFusableError."""
    _check(config, geometry)
    graph = Graph(geometry)
    rotary = Rotary(graph, geometry)
    turned = {
        LOCAL: rotary.turned(config.rope_local_base_freq, "rotary.local"),
        GLOBAL: rotary.turned(config.rope_theta, "rotary.global"),
    }
    table = graph.weight("embedding", weights.parameter("model.embed_tokens.weight"))
    looked_up = graph.node("Gather", [table, "input_ids"], "looked_up")
    scale = graph.weight("embedding.scale", np.array(np.sqrt(config.hidden_size), np.float32))
    residual = graph.node("Mul", [looked_up, scale], "embedded")
    update: str | None = None
    norms = Norms(graph, weights, config.rms_norm_eps)
    for layer, kind in enumerate(config.layer_types):
        part = _Layer(graph, weights, norms, config, layer)
        normed, residual = norms.add(residual, update, f"{part.module}.input_layernorm", f"n{layer}")
        attended = part.attention(normed, turned[kind])
        normed, residual = norms.add(
            residual, attended, f"{part.module}.pre_feedforward_layernorm", f"m{layer}"
        )
        update = part.mlp(normed)
    normed, _ = norms.add(residual, update, "model.norm", "final")
    return graph.finish(normed, weights.linear("lm_head"))


def _check(config: Any, geometry: Geometry) -> None:
    """Refuse models for which this graph would silently give wrong results."""
    if config.hidden_activation != "gelu_pytorch_tanh":
        raise NotFusableError(f"its activation is {config.hidden_activation}, not gelu_pytorch_tanh")
    if config.rope_scaling:
        raise NotFusableError("its rotary positions are scaled")
    if config.attention_bias:
        raise NotFusableError("its projections have biases")
    if config.attn_logit_softcapping or config.final_logit_softcapping:
        raise NotFusableError("its scores or logits are capped")
    if LOCAL in config.layer_types and config.sliding_window < geometry.context_length:
        raise NotFusableError(
            f"most of its layers see only {config.sliding_window} tokens: serve a context of no more"
        )


class _Layer:
    """The two parts of one layer."""

    def __init__(self, graph: Graph, weights: Weights, norms: Norms, config: Any, layer: int) -> None:
        self.module = f"model.layers.{layer}"
        self._graph = graph
        self._weights = weights
        self._norms = norms
        self._config = config
        self._layer = layer

    def attention(self, source: str, turned: tuple[str, str, str]) -> str:
        """The operator could norm queries and keys itself, but only on a GPU."""
        graph, layer, config = self._graph, self._layer, self._config
        attention = f"{self.module}.self_attn"
        qkv = graph.matmul(
            source, packed_linear(self._weights, attention, "q_proj", "k_proj", "v_proj"), f"qkv{layer}"
        )
        qkv = graph.spread(qkv, f"spread{layer}")
        query, key, value = (f"{part}{layer}" for part in ("query", "key", "value"))
        graph.node("Split", [qkv, self._sizes()], query, more_outputs=[key, value], axis=-1)
        attended = graph.attention(
            layer,
            (
                self._normed(query, config.num_attention_heads, f"{attention}.q_norm"),
                self._normed(key, config.num_key_value_heads, f"{attention}.k_norm"),
                value,
            ),
            config.num_attention_heads,
            config.num_key_value_heads,
            turned,
            scale=float(config.query_pre_attn_scalar**-0.5),
        )
        out = graph.matmul(attended, self._weights.linear(f"{attention}.o_proj"), f"o{layer}")
        return self._norms.alone(out, f"{self.module}.post_attention_layernorm", f"after_attention{layer}")

    def _sizes(self) -> str:
        """Of queries, keys and values in a row of the packed product."""
        heads = (self._config.num_attention_heads, *[self._config.num_key_value_heads] * 2)
        return self._graph.numbers("qkv.sizes", [count * self._config.head_dim for count in heads])

    def _normed(self, source: str, heads: int, module: str) -> str:
        """Each head normed by itself. One head needs no dimension of its own."""
        name = f"{source}.normed"
        if heads == 1:
            return self._norms.alone(source, module, name)
        graph = self._graph
        apart = graph.numbers(f"heads.{heads}", [0, 0, heads, self._config.head_dim])
        source = graph.node("Reshape", [source, apart], f"{source}.heads")
        normed = self._norms.alone(source, module, name)
        return graph.node("Reshape", [normed, graph.numbers("heads.joined", [0, 0, -1])], f"{name}.joined")

    def mlp(self, source: str) -> str:
        graph, layer = self._graph, self._layer
        both = graph.matmul(
            source,
            packed_linear(self._weights, f"{self.module}.mlp", "gate_proj", "up_proj"),
            f"gate_up{layer}",
        )
        gate, up = f"gate{layer}", f"up{layer}"
        graph.node("Split", [both], gate, more_outputs=[up], axis=-1, num_outputs=2)
        gelu = graph.node("FastGelu", [gate], f"gelu{layer}", domain=CONTRIB)  # the one with a tanh
        hidden = graph.node("Mul", [gelu, up], f"hidden{layer}")
        down = graph.matmul(hidden, self._weights.linear(f"{self.module}.mlp.down_proj"), f"down{layer}")
        return self._norms.alone(down, f"{self.module}.post_feedforward_layernorm", f"after_mlp{layer}")
