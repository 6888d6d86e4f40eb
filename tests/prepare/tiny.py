"""Models of a few thousand random weights: they go through the same path as real ones, in seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

BEGIN = "<|endoftext|>"
VOCABULARY = 400
CONTEXT = 192

MakeFolder = Callable[..., Path]
WriteRecipe = Callable[..., str]


def _shaken(model: Any) -> Any:
    """Give every parameter values of its own: norms of ones and biases of zeros would hide mistakes."""
    import torch

    torch.manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model.eval()


LIKE_LLAMA: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT,
    "rope_theta": 5000.0,
    "rms_norm_eps": 1e-4,
    "tie_word_embeddings": True,
}


def _llama(**changes: Any) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    return _shaken(LlamaForCausalLM(LlamaConfig(**{**LIKE_LLAMA, **changes})))


def _mistral() -> Any:
    from transformers import MistralConfig, MistralForCausalLM

    return _shaken(MistralForCausalLM(MistralConfig(**LIKE_LLAMA, sliding_window=None)))


def _qwen2() -> Any:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    return _shaken(Qwen2ForCausalLM(Qwen2Config(**LIKE_LLAMA)))


def _gpt2(**changes: Any) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    options = {
        "vocab_size": VOCABULARY,
        "n_embd": 64,
        "n_layer": 2,
        "n_head": 4,
        "n_positions": CONTEXT,
        "layer_norm_epsilon": 1e-4,
        "bos_token_id": 0,
        "eos_token_id": 0,
    }
    return _shaken(GPT2LMHeadModel(GPT2Config(**{**options, **changes})))


def _gemma3(**changes: Any) -> Any:
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    options = {
        **LIKE_LLAMA,
        "head_dim": 16,
        "layer_types": ["sliding_attention", "full_attention"],
        "sliding_window": CONTEXT,
        "rope_local_base_freq": 300.0,
        "query_pre_attn_scalar": 24,
    }
    return _shaken(Gemma3ForCausalLM(Gemma3TextConfig(**{**options, **changes})))


def _bert() -> Any:
    from transformers import BertConfig, BertForMaskedLM

    return BertForMaskedLM(
        BertConfig(
            vocab_size=VOCABULARY,
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=CONTEXT,
        )
    )


def _neox() -> Any:
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    return _shaken(
        GPTNeoXForCausalLM(
            GPTNeoXConfig(
                vocab_size=VOCABULARY,
                hidden_size=64,
                num_hidden_layers=2,
                num_attention_heads=4,
                intermediate_size=96,
                max_position_embeddings=CONTEXT,
            )
        )
    )


MAKERS = {
    "llama": _llama,
    "gpt2": _gpt2,
    "bert": _bert,
    "gpt_neox": _neox,
    "mistral": _mistral,
    "qwen2": _qwen2,
    "gemma3_text": _gemma3,
}
