"""The config and the weights of a Gemma 3 model in a GGUF file, read without PyTorch.

The scales of the norms in the file already have the 1 in them that transformers adds to its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foretype.prepare.gguf_file import GgufFile, UnknownGgufError
from foretype.prepare.gguf_names import EMBEDDING, name_of, refuse_others

ARCHITECTURE, FAMILY = "gemma3", "gemma3_text"  # llama.cpp's name of it, and transformers'
LAYERS_A_GLOBAL_ONE = 6  # the last of six layers sees the whole context. The file does not say it
LOCAL_ROPE_THETA = 10_000.0  # of the other five. The file does not say it either
MODULES = {
    "model.norm": "output_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}
"""Names of modules in transformers, in a layer without its beginning, and those of llama.cpp."""

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Gemma3Config:
    """The values that the fused graph needs, with the names of the transformers `Gemma3TextConfig`."""

    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    hidden_size: int
    head_dim: int
    vocab_size: int  # of the tokens that are kept
    max_position_embeddings: int
    rope_theta: float
    rms_norm_eps: float
    sliding_window: int
    layer_types: tuple[str, ...]
    query_pre_attn_scalar: int
    rope_local_base_freq: float = LOCAL_ROPE_THETA
    model_type: str = FAMILY
    hidden_activation: str = "gelu_pytorch_tanh"
    rope_scaling: None = None
    attention_bias: bool = False
    attn_logit_softcapping: None = None
    final_logit_softcapping: None = None


class GgufGemma3:
    """A Gemma 3 model in a GGUF file: a `foretype.prepare.fuse.Weights` with its config."""

    def __init__(self, file: GgufFile, kept: Sequence[int]) -> None:
        """`kept`: the ids of the tokens that keep an embedding and a logit, in their new order. Raises
        UnknownGgufError, with the reason, if it is a model of another kind.
        """
        self._file = file
        self._kept = np.array(kept, np.int64)
        self.config = _config(file, len(kept))
        refuse_others(file, MODULES, ("model.norm",), self.config.num_hidden_layers)

    def parameter(self, name: str) -> Array:
        """The embedding (tokens, size), the only parameter that is read as it is."""
        if name != "model.embed_tokens.weight":
            raise UnknownGgufError(f"no name for {name} is known in a GGUF file")
        return self._file.rows(f"{EMBEDDING}.weight", self._kept)

    def linear(self, module: str) -> Array:
        """(inputs, outputs), float32. The head is the embedding."""
        if module == "lm_head":
            return self.parameter("model.embed_tokens.weight").T
        return self._tensor(module).T

    def norm(self, module: str) -> Array:
        return self._tensor(module)

    def _tensor(self, module: str) -> Array:
        return self._file.tensor(f"{name_of(module, MODULES)}.weight")


def _config(file: GgufFile, tokens: int) -> Gemma3Config:
    if any(name.startswith(f"{ARCHITECTURE}.rope.scaling") for name in file.field_names):
        raise UnknownGgufError("its rotary positions are scaled")
    if any("softcapping" in name for name in file.field_names):
        raise UnknownGgufError("its scores or logits are capped")

    def whole(name: str) -> int:
        return file.field(f"{ARCHITECTURE}.{name}", int)

    layers, head_dim = whole("block_count"), whole("attention.key_length")
    if whole("attention.value_length") != head_dim:
        raise UnknownGgufError("its values have another size than its keys")
    return Gemma3Config(
        num_hidden_layers=layers,
        num_attention_heads=whole("attention.head_count"),
        num_key_value_heads=whole("attention.head_count_kv"),
        hidden_size=whole("embedding_length"),
        head_dim=head_dim,
        vocab_size=tokens,
        max_position_embeddings=whole("context_length"),
        rope_theta=file.field(f"{ARCHITECTURE}.rope.freq_base", float),
        rms_norm_eps=file.field(f"{ARCHITECTURE}.attention.layer_norm_rms_epsilon", float),
        sliding_window=whole("attention.sliding_window"),
        layer_types=tuple(
            "sliding_attention" if (layer + 1) % LAYERS_A_GLOBAL_ONE else "full_attention"
            for layer in range(layers)
        ),
        query_pre_attn_scalar=head_dim,
    )
