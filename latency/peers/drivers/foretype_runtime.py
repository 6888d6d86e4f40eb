"""Foretype's runtime, with the graph and the options that the server uses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from foretype.models.manifest import Manifest
from foretype.runtime.arena import lone_arena
from foretype.runtime.chunk import Chunk
from foretype.runtime.open import open_runtime
from latency.peers.drivers.child_protocol import serve
from latency.peers.drivers.engine import BranchingEngine, Logits, surprise


class ForetypeRuntime(BranchingEngine):
    def __init__(self, options: dict[str, Any]) -> None:
        folder = Path(options["weights"])
        manifest = Manifest.read(folder)
        self.about = f"Foretype, {manifest.weights}, ONNX Runtime {onnxruntime.__version__}"
        self._runtime = open_runtime(folder, threads=options["threads"])
        self._arena = lone_arena(self._runtime.new_pool(1, manifest.geometry.context_length))

    def keep(self, count: int) -> None:
        self._arena.length = count

    def feed(self, ids: Sequence[int]) -> Logits:
        row: Logits = self._read(ids, np.array([len(ids) - 1]))[0]
        return row

    def branch(self, tokens: Sequence[int]) -> None:
        past, count = self._arena.length, len(tokens)
        visible = np.concatenate([np.ones((count, past), np.bool_), np.eye(count, dtype=np.bool_)], axis=1)
        positions = np.full(count, past, np.int64)
        self._runtime.run(
            self._arena, Chunk(np.array(tokens, np.int64), positions, visible, np.arange(count))
        )
        self.keep(past)

    def nats(self, ids: list[int], given: int) -> float:
        self.keep(0)
        return surprise(self._read(ids, np.arange(given - 1, len(ids) - 1)), ids[given:])

    def _read(self, ids: Sequence[int], rows: Any) -> Logits:
        positions = self._arena.length + np.arange(len(ids), dtype=np.int64)
        return self._runtime.run(self._arena, Chunk(np.array(ids, np.int64), positions, None, rows))


if __name__ == "__main__":
    serve(ForetypeRuntime)
