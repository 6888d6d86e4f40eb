"""A tiny Llama model with random weights, as a GGUF file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Kind

from foretype.models.manifest import Geometry
from tests.prepare.tiny import CONTEXT, VOCABULARY

LAYERS, HEADS, KV_HEADS, SIZE, INNER = 2, 4, 2, 64, 96
GEOMETRY = Geometry(
    layers=LAYERS, kv_heads=KV_HEADS, head_dim=SIZE // HEADS, vocab_size=VOCABULARY, context_length=CONTEXT
)
NAME = "tiny.gguf"


def drawn_layers(
    shapes: Mapping[str, tuple[int, ...]], layers: int, random: np.random.Generator
) -> dict[str, np.ndarray[Any, Any]]:
    """Random weights of all layers, of these shapes in each."""
    return {
        f"blk.{layer}.{name}.weight": random.normal(1 if len(shape) == 1 else 0, 0.2, shape)
        for layer in range(layers)
        for name, shape in shapes.items()
    }


def finish(
    writer: gguf.GGUFWriter,
    weights: Mapping[str, np.ndarray[Any, Any]],
    kind_of: Callable[[str, np.ndarray[Any, Any]], Kind],
) -> None:
    """Write the file with these weights."""
    for name, weight in weights.items():
        kind = kind_of(name, weight)
        writer.add_tensor(name, gguf.quants.quantize(weight.astype(np.float32), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Draft:
    """The model, to be changed before it is written."""

    def __init__(self, tokeniser_file: Path) -> None:
        described = json.loads(tokeniser_file.read_text("utf-8"))["model"]
        vocabulary: dict[str, int] = described["vocab"]
        self.tokens = sorted(vocabulary, key=vocabulary.__getitem__)
        self.types = [3, *[1] * (len(self.tokens) - 1)]  # the first is the begin token
        self.merges = [" ".join(pair) for pair in described["merges"]]
        self.split = "gpt-2"
        self.family = "llama"
        self.weights_kind = Kind.Q4_1
        random = np.random.default_rng(5)
        self.weights: dict[str, np.ndarray[Any, Any]] = {
            "token_embd.weight": random.normal(0, 0.5, (VOCABULARY, SIZE)),
            "output_norm.weight": random.normal(1, 0.2, SIZE),
        }
        shapes = {
            "attn_norm": (SIZE,), "ffn_norm": (SIZE,), "attn_q": (SIZE, SIZE), "attn_output": (SIZE, SIZE),
            "attn_k": (SIZE // HEADS * KV_HEADS, SIZE), "attn_v": (SIZE // HEADS * KV_HEADS, SIZE),
            "ffn_gate": (INNER, SIZE), "ffn_up": (INNER, SIZE), "ffn_down": (SIZE, INNER),
        }  # fmt: skip
        self.weights |= drawn_layers(shapes, LAYERS, random)

    def write(self, folder: Path) -> Path:
        writer = gguf.GGUFWriter(folder / NAME, self.family)
        writer.add_block_count(LAYERS)
        writer.add_context_length(CONTEXT)
        writer.add_embedding_length(SIZE)
        writer.add_feed_forward_length(INNER)
        writer.add_head_count(HEADS)
        writer.add_head_count_kv(KV_HEADS)
        writer.add_rope_freq_base(5000.0)
        writer.add_rope_dimension_count(SIZE // HEADS)
        writer.add_layer_norm_rms_eps(1e-4)
        writer.add_vocab_size(len(self.tokens))
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(self.split)
        writer.add_token_list(self.tokens)
        writer.add_token_types(self.types)
        writer.add_token_merges(self.merges)
        writer.add_bos_token_id(0)
        writer.add_eos_token_id(0)
        finish(writer, self.weights, self._kind)
        return folder / NAME

    def _kind(self, name: str, weight: np.ndarray[Any, Any]) -> Kind:
        if weight.ndim == 1:
            return Kind.F32
        return Kind.Q8_0 if name in ("token_embd.weight", "output.weight") else self.weights_kind
