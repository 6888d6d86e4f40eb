"""A folder's config, tokeniser and weights, read with transformers. Code in the folder is never run.

The functions import the large packages (torch, transformers). Serving never calls them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foretype.models.errors import NotAModelError
from foretype.support.wording import first_line


def read_config(folder: Path) -> Any:
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # transformers raises many types for a config that it does not know
        raise NotAModelError(
            f"The model in {folder} is of a kind that transformers does not support: {first_line(error)}"
        ) from error


def read_tokeniser(folder: Path, **options: Any) -> Any:
    """The folder's fast tokeniser. Raises NotAModelError."""
    from transformers import AutoTokenizer

    try:
        tokeniser = AutoTokenizer.from_pretrained(
            folder, use_fast=True, local_files_only=True, trust_remote_code=False, **options
        )
    except Exception as error:  # a dozen types: each means that the folder has no usable tokeniser
        raise NotAModelError(
            f"The tokeniser in {folder} cannot be read, so copy it again: {first_line(error)}"
        ) from error
    if not getattr(tokeniser, "is_fast", False):
        raise NotAModelError(f"The model in {folder} has no fast tokeniser, so there is no tokenizer.json.")
    return tokeniser


def check_vocabulary(tokeniser: Any, folder: Path, vocab_size: int) -> None:
    """Raises NotAModelError if the tokeniser has more tokens than a row of the model's logits (`vocab_size`).
    It may have fewer, since models are padded.
    """
    if len(tokeniser) > vocab_size:
        raise NotAModelError(
            f"The tokeniser in {folder} has {len(tokeniser):,} tokens, the model only {vocab_size:,}: "
            "they do not match. Copy both from the model's source."
        )


def read_weights(folder: Path, **options: Any) -> Any:
    """The transformers model, in float32 and in evaluation mode. `options`: for `from_pretrained`.

    Raises NotAModelError if the weights are damaged or incomplete, or do not match the config.
    """
    import torch
    from transformers import AutoModelForCausalLM

    try:
        model, found = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=torch.float32,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
            **options,
        )
    except MemoryError:
        raise
    except Exception as error:
        # A dozen types, from safetensors' own to KeyError. Each means that the folder holds no model.
        if "size mismatch" in str(error):
            raise NotAModelError(
                f"The weights in {folder} have other sizes than its config.json says, so they do not match. "
                "Copy both again."
            ) from error
        raise NotAModelError(
            f"The weights in {folder} cannot be read, so copy them again: {first_line(error)}"
        ) from error
    if missing := found["missing_keys"]:  # transformers would fill them with random numbers
        raise NotAModelError(
            f"The weights in {folder} are incomplete: {len(missing)} are missing, such as {min(missing)}. "
            "Copy them again."
        )
    return model.eval()
