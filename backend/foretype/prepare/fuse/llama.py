"""The fused graph of the Llama family: rotary embedding inside the attention, packed q-k-v and gate-up
products, norms that add the residual.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx

from foretype.models.manifest import Geometry
from foretype.prepare.fuse.graph import Graph, NotFusableError, Weights, packed_linear
from foretype.prepare.fuse.norms import Norms
from foretype.prepare.fuse.rotary import Rotary


def lay(weights: Weights, config: Any, geometry: Geometry) -> onnx.ModelProto:
    """The fused graph of a model with the transformers `LlamaConfig`, `MistralConfig` or `Qwen2Config`; these
    differ in biases and in windows. Raises NotFusableError.
    """
    _check(config, geometry)
    graph = Graph(geometry)
    rotary = Rotary(graph, geometry).turned(config.rope_theta)
    table = graph.weight("embedding", weights.parameter("model.embed_tokens.weight"))
    residual = graph.node("Gather", [table, "input_ids"], "embedded")
    update: str | None = None
    norms = Norms(graph, weights, config.rms_norm_eps)
    for layer in range(geometry.layers):
        module = f"model.layers.{layer}"
        normed, residual = norms.add(residual, update, f"{module}.input_layernorm", f"n{layer}")
        attended = _attention(graph, weights, config, module, layer, normed, rotary)
        normed, residual = norms.add(residual, attended, f"{module}.post_attention_layernorm", f"m{layer}")
        update = _mlp(graph, weights, module, layer, normed)
    normed, _ = norms.add(residual, update, "model.norm", "final")
    return graph.finish(normed, weights.linear("lm_head"))


def _check(config: Any, geometry: Geometry) -> None:
    """Refuse models for which this graph would silently give wrong results."""
    if config.hidden_act != "silu":
        raise NotFusableError(f"its activation is {config.hidden_act}, not silu")
    if getattr(config, "rope_scaling", None):
        raise NotFusableError("its rotary positions are scaled")
    if getattr(config, "attention_bias", False) or getattr(config, "mlp_bias", False):
        raise NotFusableError("its projections have biases")
    window = getattr(config, "sliding_window", None)
    if window is not None and window < geometry.context_length:
        raise NotFusableError(f"its attention sees only {window} tokens")


def _attention(
    graph: Graph,
    weights: Weights,
    config: Any,
    module: str,
    layer: int,
    source: str,
    rotary: tuple[str, str, str],
) -> str:
    packed = packed_linear(weights, f"{module}.self_attn", "q_proj", "k_proj", "v_proj")
    qkv = graph.matmul(source, packed, f"qkv{layer}")
    if config.model_type == "qwen2":
        biases = [weights.parameter(f"model.layers.{layer}.self_attn.{part}_proj.bias") for part in "qkv"]
        qkv = graph.add(qkv, np.concatenate(biases), f"biased{layer}")
    qkv = graph.spread(qkv, f"spread{layer}")
    attended = graph.attention(
        layer, (qkv, "", ""), config.num_attention_heads, config.num_key_value_heads, rotary
    )
    return graph.matmul(attended, weights.linear(f"{module}.self_attn.o_proj"), f"o{layer}")


def _mlp(graph: Graph, weights: Weights, module: str, layer: int, source: str) -> str:
    packed = packed_linear(weights, f"{module}.mlp", "gate_proj", "up_proj")
    both = graph.matmul(source, packed, f"gate_up{layer}")
    gate, up = f"gate{layer}", f"up{layer}"
    graph.node("Split", [both], gate, more_outputs=[up], axis=-1, num_outputs=2)
    sigmoid = graph.node("Sigmoid", [gate], f"sigmoid{layer}")
    silu = graph.node("Mul", [gate, sigmoid], f"silu{layer}")
    hidden = graph.node("Mul", [silu, up], f"hidden{layer}")
    return graph.matmul(hidden, weights.linear(f"{module}.mlp.down_proj"), f"down{layer}")
