"""The config and the weights of a Llama model in a GGUF file (llama.cpp's format), read without PyTorch.

A GGUF file has llama.cpp's names for the weights, and its order of the rows of the query and key
projections: llama.cpp rotates neighbouring rows, transformers rotates rows that are half a head apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foretype.prepare.gguf_file import GgufFile, UnknownGgufError
from foretype.prepare.gguf_names import EMBEDDING, name_of, refuse_others

FAMILY = "llama"
MODULES = {
    "lm_head": "output",
    "model.norm": "output_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
"""Names of modules in transformers, in a layer without its beginning, and those of llama.cpp."""

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LlamaConfig:
    """The values that the fused graph needs, with the names of the transformers `LlamaConfig`."""

    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    hidden_size: int
    head_dim: int
    vocab_size: int
    max_position_embeddings: int
    rope_theta: float
    rms_norm_eps: float
    model_type: str = FAMILY
    hidden_act: str = "silu"


class GgufLlama:
    """A Llama model in a GGUF file: a `foretype.prepare.fuse.Weights` with its config."""

    def __init__(self, file: GgufFile) -> None:
        """Raises UnknownGgufError, with the reason, if it is a model of another kind."""
        self._file = file
        self.config = _config(file)
        refuse_others(file, MODULES, ("lm_head", "model.norm"), self.config.num_hidden_layers)

    def parameter(self, name: str) -> Array:
        """The embedding (tokens, size), the only parameter that is read as it is."""
        if name != "model.embed_tokens.weight":
            raise UnknownGgufError(f"no name for {name} is known in a GGUF file")
        return self._tensor(EMBEDDING)

    def linear(self, module: str) -> Array:
        """(inputs, outputs), float32. The head is the embedding if the file has no head of its own."""
        name = name_of(module, MODULES)
        if name == "output" and "output.weight" not in self._file.tensor_names:
            name = EMBEDDING
        weight = self._tensor(name)
        if name.endswith((".attn_q", ".attn_k")):
            weight = _in_halves(weight, self.config.head_dim)
        return weight.T

    def norm(self, module: str) -> Array:
        return self._tensor(name_of(module, MODULES))

    def _tensor(self, name: str) -> Array:
        return self._file.tensor(f"{name}.weight")


def _config(file: GgufFile) -> LlamaConfig:
    family = file.field("general.architecture", str)
    if family != FAMILY:
        raise UnknownGgufError(f"no graph is known for GGUF files of the family {family}")
    if any(name.startswith(f"{FAMILY}.rope.scaling") for name in file.field_names):
        raise UnknownGgufError("its rotary positions are scaled")

    def whole(name: str) -> int:
        return file.field(f"{FAMILY}.{name}", int)

    heads, size = whole("attention.head_count"), whole("embedding_length")
    return LlamaConfig(
        num_hidden_layers=whole("block_count"),
        num_attention_heads=heads,
        num_key_value_heads=whole("attention.head_count_kv"),
        hidden_size=size,
        head_dim=size // heads,
        vocab_size=len(file.field("tokenizer.ggml.tokens", list)),
        max_position_embeddings=whole("context_length"),
        rope_theta=file.field(f"{FAMILY}.rope.freq_base", float),
        rms_norm_eps=file.field(f"{FAMILY}.attention.layer_norm_rms_epsilon", float),
    )


def _in_halves(weight: Array, head_dim: int) -> Array:
    """The rows of a projection in the order of transformers: the pairs of a head's rows that are rotated
    together are half a head apart, no longer neighbours.
    """
    rows, columns = weight.shape
    pairs = weight.reshape(rows // head_dim, head_dim // 2, 2, columns)
    return pairs.swapaxes(1, 2).reshape(rows, columns)
