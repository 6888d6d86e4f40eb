"""The tokeniser in a GGUF file: byte-level BPE as GPT-2's, made with the tokenizers library."""

from __future__ import annotations

from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from foretype.prepare.gguf_file import GgufFile, UnknownGgufError

NORMAL, CONTROL = 1, 3  # types of tokens
KIND = "gpt2"  # llama.cpp's name for byte-level BPE
GPT2, SMOLLM = "gpt-2", "smollm"
"""llama.cpp's names for splits of a text into words. SmolLM's splits off each digit first, which changes how
spaces and line breaks before a digit are cut. transformers ignores the name and takes GPT-2's for both
(findings/smollm-pre-tokeniser.sh).
"""


def write_tokeniser(file: GgufFile, target: Path) -> None:
    """Write `tokenizer.json`. Raises UnknownGgufError if the file's tokeniser is of another kind."""
    kind = file.field("tokenizer.ggml.model", str)
    split = file.field("tokenizer.ggml.pre", str)
    if kind != KIND or split not in (GPT2, SMOLLM):
        raise UnknownGgufError(f"the GGUF file has a tokeniser of the kind {kind}, {split}")
    tokens = file.field("tokenizer.ggml.tokens", list)
    types = file.field("tokenizer.ggml.token_type", list)
    if others := set(types) - {NORMAL, CONTROL}:
        raise UnknownGgufError(f"the GGUF file has tokens of the type {min(others)}")
    merges = [tuple(merge.split(" ")) for merge in file.field("tokenizer.ggml.merges", list)]
    tokeniser = Tokenizer(models.BPE({token: index for index, token in enumerate(tokens)}, merges))
    words = pre_tokenizers.ByteLevel(add_prefix_space=False)
    digits = pre_tokenizers.Digits(individual_digits=True)
    tokeniser.pre_tokenizer = pre_tokenizers.Sequence([digits, words]) if split == SMOLLM else words
    tokeniser.decoder = decoders.ByteLevel()
    special = [token for token, one in zip(tokens, types, strict=True) if one == CONTROL]
    tokeniser.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in special])
    tokeniser.save(str(target))
