"""Runs the fused graph (foretype.models.fuse) on ONNX Runtime: past and present are one buffer, written in
place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from foretype.models.manifest import Geometry
from foretype.runtime.arena import Arena
from foretype.runtime.chunk import Chunk, Logits

HIDDEN = np.float32(-1e9)  # added to the attention score of a slot that a token must not see


def session_options(threads: int) -> ort.SessionOptions:
    """Options for a server that idles most of the time and runs changing shapes."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    # An idle server must use no CPU: threads that spin for work burn a laptop's battery between keystrokes.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Every run has another length; planned memory would be kept for each of them.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return options


class FusedRuntime:
    """One session, one caller at a time."""

    def __init__(self, graph: Path, geometry: Geometry, *, threads: int, providers: list[str]) -> None:
        self.geometry = geometry
        self._session = ort.InferenceSession(str(graph), session_options(threads), providers=providers)
        self.provider: str = self._session.get_providers()[0]

    def new_arena(self, capacity: int) -> Arena:
        return Arena(self.geometry, capacity)

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        """Logits (k, vocab_size) float32 of the asked rows; the chunk's keys and values are in the arena
        afterwards.

        Raises ArenaFullError, and ONNX Runtime's own errors.
        """
        past = arena.claim(len(chunk.ids))
        binding = self._session.io_binding()
        for name, value in self._inputs(chunk, past).items():
            binding.bind_cpu_input(name, value)
        binding.bind_output("logits", "cpu")  # first, so that it is the first of the outputs below
        self._bind_past(binding, arena)
        self._session.run_with_iobinding(binding)
        logits: Logits = binding.get_outputs()[0].numpy()[0]
        return logits

    def _inputs(self, chunk: Chunk, past: int) -> dict[str, np.ndarray[Any, Any]]:
        count = len(chunk.ids)
        total = past + count
        bias = np.zeros((1, 1, count, total), np.float32)
        if chunk.visible is not None:
            bias[0, 0][~chunk.visible] = HIDDEN
        return {
            "input_ids": chunk.ids[None],
            "position_ids": chunk.positions[None],
            "seqlens_k": np.array([total - 1], np.int32),
            "total_sequence_length": np.array(total, np.int32),
            "attention_bias": bias,
            "rows": chunk.rows,
        }

    def _bind_past(self, binding: Any, arena: Arena) -> None:
        for layer in range(self.geometry.layers):
            for which, part in enumerate(("key", "value")):
                view = arena.buffer[layer, which]
                where = ("cpu", 0, np.float32, view.shape, view.ctypes.data)
                binding.bind_input(f"past_key_values.{layer}.{part}", *where)
                binding.bind_output(f"present.{layer}.{part}", *where)
