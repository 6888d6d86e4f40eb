"""A model in a GGUF file, of whichever family: its config, its weights, its tokeniser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from foretype.models.recipe import VocabularyRule
from foretype.prepare import gguf_gemma3
from foretype.prepare.fuse.graph import Weights
from foretype.prepare.gguf_file import GgufFile, UnknownGgufError
from foretype.prepare.gguf_gemma3 import Gemma3Config, GgufGemma3
from foretype.prepare.gguf_llama import GgufLlama, LlamaConfig
from foretype.prepare.gguf_pieces import Pieces
from foretype.prepare.gguf_tokeniser import write_tokeniser


@dataclass(frozen=True, slots=True)
class GgufModel:
    """`write_tokeniser` writes `tokenizer.json`; its ids are the rows of the embedding in `weights`."""

    config: LlamaConfig | Gemma3Config
    weights: Weights
    write_tokeniser: Callable[[Path], None]


def open_model(file: GgufFile, rule: VocabularyRule | None) -> GgufModel:
    """`rule`: which tokens stay; None for all. Raises UnknownGgufError, with the reason, if no graph or no
    tokeniser is known for it.
    """
    if file.field("general.architecture", str) == gguf_gemma3.ARCHITECTURE:
        pieces = Pieces(file)
        kept = pieces.kept(rule)
        gemma = GgufGemma3(file, kept)
        return GgufModel(gemma.config, gemma, partial(pieces.write, kept))
    if rule is not None:
        raise UnknownGgufError("only the vocabulary of Gemma 3 can be trimmed")
    llama = GgufLlama(file)
    return GgufModel(llama.config, llama, partial(write_tokeniser, file))
