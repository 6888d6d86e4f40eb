"""The fused graph of the Llama family: rotary embedding inside the attention, packed q-k-v and gate-up
products, norms that add the residual.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx

from foretype.models.manifest import Geometry
from foretype.prepare.fuse.graph import CONTRIB, Array, Graph, NotFusableError, Weights


def lay(weights: Weights, config: Any, geometry: Geometry) -> onnx.ModelProto:
    """The fused graph of a model with the transformers `LlamaConfig`, `MistralConfig` or `Qwen2Config`; these
    differ in biases and in windows. Raises NotFusableError.
    """
    _check(config, geometry)
    graph = Graph(geometry)
    rotary = _Rotary(graph, config.rope_theta, geometry)
    table = graph.weight("embedding", weights.parameter("model.embed_tokens.weight"))
    residual = graph.node("Gather", [table, "input_ids"], "embedded")
    update: str | None = None
    norms = _Norms(graph, weights, config.rms_norm_eps)
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


class _Rotary:
    """Cosine and sine for every position of the context, (context_length + 1, head_dim / 2), and the position
    of each token.

    There is one position more than the context has: the operator needs as many as there are slots, and one
    slot is idle.
    """

    def __init__(self, graph: Graph, theta: float, geometry: Geometry) -> None:
        frequency = 1.0 / theta ** (np.arange(0, geometry.head_dim, 2) / geometry.head_dim)
        angle = np.arange(geometry.context_length + 1)[:, None] * frequency[None]
        self.inputs = (
            graph.weight("rotary.cos", np.cos(angle)),
            graph.weight("rotary.sin", np.sin(angle)),
            graph.spread("position_ids", "rotary.positions"),
        )


class _Norms:
    """Root-mean-square norms. From the second on, each also adds the previous update to the residual."""

    def __init__(self, graph: Graph, weights: Weights, epsilon: float) -> None:
        self._graph = graph
        self._weights = weights
        self._epsilon = float(epsilon)

    def add(self, residual: str, update: str | None, module: str, name: str) -> tuple[str, str]:
        """The normed value, and the residual with `update` in it."""
        weight = self._graph.weight(f"{name}.weight", self._weights.norm(module))
        if update is None:
            normed = self._graph.node(
                "SimplifiedLayerNormalization",
                [residual, weight],
                name,
                axis=-1,
                epsilon=self._epsilon,
                stash_type=1,
            )
            return normed, residual
        summed = f"{name}.residual"
        normed = self._graph.node(
            "SkipSimplifiedLayerNormalization",
            [residual, update, weight],
            name,
            more_outputs=["", "", summed],
            domain=CONTRIB,
            epsilon=self._epsilon,
        )
        return normed, summed


def _attention(
    graph: Graph, weights: Weights, config: Any, module: str, layer: int, source: str, rotary: _Rotary
) -> str:
    packed: Array = np.concatenate(
        [weights.linear(f"{module}.self_attn.{part}_proj") for part in "qkv"], axis=1
    )
    qkv = graph.matmul(source, packed, f"qkv{layer}")
    if config.model_type == "qwen2":
        biases = [weights.parameter(f"model.layers.{layer}.self_attn.{part}_proj.bias") for part in "qkv"]
        qkv = graph.add(qkv, np.concatenate(biases), f"biased{layer}")
    qkv = graph.spread(qkv, f"spread{layer}")
    names = graph.past_of(layer)
    attended = graph.node(
        "GroupQueryAttention",
        [
            qkv,
            "",
            "",
            *names.past,
            "seqlens_k",
            "total_sequence_length",
            *rotary.inputs,
            "attention_bias",
        ],
        f"attention{layer}",
        more_outputs=names.present,
        domain=CONTRIB,
        num_heads=config.num_attention_heads,
        kv_num_heads=config.num_key_value_heads,
        do_rotary=1,
        rotary_interleaved=0,
    )
    attended = graph.gathered(attended, f"attended{layer}")
    return graph.matmul(attended, weights.linear(f"{module}.self_attn.o_proj"), f"o{layer}")


def _mlp(graph: Graph, weights: Weights, module: str, layer: int, source: str) -> str:
    packed: Array = np.concatenate(
        [weights.linear(f"{module}.mlp.{part}_proj") for part in ("gate", "up")], axis=1
    )
    both = graph.matmul(source, packed, f"gate_up{layer}")
    gate, up = f"gate{layer}", f"up{layer}"
    graph.node("Split", [both], gate, more_outputs=[up], axis=-1, num_outputs=2)
    sigmoid = graph.node("Sigmoid", [gate], f"sigmoid{layer}")
    silu = graph.node("Mul", [gate, sigmoid], f"silu{layer}")
    hidden = graph.node("Mul", [silu, up], f"hidden{layer}")
    return graph.matmul(hidden, weights.linear(f"{module}.mlp.down_proj"), f"down{layer}")
