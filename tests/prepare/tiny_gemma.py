"""A tiny Gemma 3 model with random weights and SentencePiece's kind of tokeniser, as a GGUF file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Kind

from tests.prepare.tiny_gguf import drawn_layers, finish

LAYERS, HEADS, SIZE, HEAD_DIM, INNER, WINDOW = 6, 2, 64, 256, 96, 128
NAME = "tiny-gemma.gguf"
NORMAL, CONTROL, WHOLE, BYTE = 1, 3, 4, 6
WORDS = [
    "▁t",
    "er",
    "in",
    "on",
    "▁a",
    "re",
    "▁th",
    "at",
    "▁the",
    "▁m",
    "ee",
    "▁mee",
    "▁meet",
    "ing",
    "▁meeting",
    "▁s",
    "▁se",
    "▁see",
    "▁in",
    "ou",
    "▁y",
    "▁you",
    "▁Th",
    "▁Ž",
    "при",
    "ст",
    "привет",
    "an",
    "▁an",
    "ks",
    "ank",
    "anks",
    "Th",
    "Thanks",
]
LETTERS = "▁etainosrhldcumfpgwybvkxjqzTHIŽžприветстé.,'"


class Draft:
    """The model, to be changed before it is written. Its pieces have scores in the order of WORDS."""

    def __init__(self) -> None:
        controls = ["<pad>", "<eos>", "<bos>", "<unk>", "<unused0>"]
        wholes = ["\n", "\n\n", "  ", "   "]
        bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
        pieces = [*WORDS, *dict.fromkeys(LETTERS)]
        self.tokens = [*controls, *wholes, *bytes_, *pieces]
        self.types = [CONTROL] * len(controls) + [WHOLE] * len(wholes) + [BYTE] * 256 + [NORMAL] * len(pieces)
        self.scores = [-1000.0] * (len(controls) + len(wholes)) + [0.0] * 256
        self.scores += [-float(rank) for rank in range(len(pieces))]
        random = np.random.default_rng(5)
        self.weights: dict[str, np.ndarray[Any, Any]] = {
            "token_embd.weight": random.normal(0, 0.2, (len(self.tokens), SIZE)),
            "output_norm.weight": random.normal(1, 0.2, SIZE),
        }
        shapes = {
            "attn_norm": (SIZE,), "post_attention_norm": (SIZE,), "ffn_norm": (SIZE,),
            "post_ffw_norm": (SIZE,), "attn_q_norm": (HEAD_DIM,), "attn_k_norm": (HEAD_DIM,),
            "attn_q": (HEADS * HEAD_DIM, SIZE), "attn_k": (HEAD_DIM, SIZE), "attn_v": (HEAD_DIM, SIZE),
            "attn_output": (SIZE, HEADS * HEAD_DIM), "ffn_gate": (INNER, SIZE), "ffn_up": (INNER, SIZE),
            "ffn_down": (SIZE, INNER),
        }  # fmt: skip
        self.weights |= drawn_layers(shapes, LAYERS, random)

    def write(self, folder: Path) -> Path:
        writer = gguf.GGUFWriter(folder / NAME, "gemma3")
        writer.add_block_count(LAYERS)
        writer.add_context_length(4 * WINDOW)
        writer.add_embedding_length(SIZE)
        writer.add_feed_forward_length(INNER)
        writer.add_head_count(HEADS)
        writer.add_head_count_kv(1)
        writer.add_key_length(HEAD_DIM)
        writer.add_value_length(HEAD_DIM)
        writer.add_sliding_window(WINDOW)
        writer.add_rope_freq_base(1_000_000.0)
        writer.add_layer_norm_rms_eps(1e-6)
        writer.add_tokenizer_model("llama")
        writer.add_tokenizer_pre("default")
        writer.add_token_list(self.tokens)
        writer.add_token_types(self.types)
        writer.add_token_scores(self.scores)
        writer.add_add_space_prefix(False)
        writer.add_bos_token_id(2)
        writer.add_eos_token_id(1)
        writer.add_unk_token_id(3)
        finish(writer, self.weights, _kind)
        return folder / NAME


def _kind(name: str, weight: np.ndarray[Any, Any]) -> Kind:
    return Kind.F32 if weight.ndim == 1 else Kind.Q8_0 if "embd" in name else Kind.Q5_0
