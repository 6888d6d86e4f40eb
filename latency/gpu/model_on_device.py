"""A prepared model on a device, without a server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foretype.engine.local import TREES_BYTES
from foretype.engine.vocabulary import Vocabulary
from foretype.models.prepared import load_prepared
from foretype.runtime.chunk import Chunk, Ids
from foretype.runtime.open import open_runtime
from foretype.runtime.protocol import LogitsRuntime, Runtime
from foretype.support.execution_provider import Provider
from latency.gate_ids import gate_ids


@dataclass(frozen=True, slots=True)
class ModelOnDevice:
    """A prepared model's folder, and where it runs."""

    folder: Path
    provider: Provider
    threads: int

    def open(self, *, records: bool = True) -> LogitsRuntime:
        """`records`: whether CUDA may record runs. Raises what `open_runtime` raises."""
        return open_runtime(self.folder, threads=self.threads, provider=self.provider, records=records)

    @property
    def weights(self) -> str:
        return load_prepared(self.folder).manifest.weights

    @property
    def context_length(self) -> int:
        return load_prepared(self.folder).manifest.geometry.context_length

    def vocabulary(self) -> Vocabulary:
        return Vocabulary.load(self.folder, load_prepared(self.folder).manifest.geometry.vocab_size)

    def gate_ids(self, count: int) -> Ids:
        """`count` tokens of the gate's text, which is repeated if it is too short."""
        return np.resize(gate_ids(load_prepared(self.folder).tokenizer), count)


def as_served(runtime: LogitsRuntime, vocabulary: Vocabulary) -> Runtime:
    """The runtime that the server uses. On a device, only the top of each distribution is copied back."""
    return runtime.with_distributions(vocabulary.ranks, TREES_BYTES)


def text_chunk(ids: Ids, *, rows: Ids) -> Chunk:
    """A text that is read from its beginning. `rows`: the tokens whose logits are wanted."""
    return Chunk(ids, np.arange(len(ids)), None, rows)
