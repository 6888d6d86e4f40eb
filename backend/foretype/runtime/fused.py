"""Runs the fused graph (foretype.models.fuse) on ONNX Runtime: past and present are one buffer, written in
place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import onnxruntime as ort

from foretype.models.manifest import Geometry
from foretype.providers import NAMES, Provider, Providers
from foretype.runtime.arena import IDLE, Arena, Pool, slot_bytes
from foretype.runtime.chunk import Chunk, Logits, Step
from foretype.runtime.host_pool import HostPool
from foretype.runtime.session import open_session, session_options

if TYPE_CHECKING:
    from foretype.runtime.device_pool import DeviceMemory

HIDDEN = {  # added to the attention score of a slot that a token must not see
    np.float32: -1e9,
    np.float16: -6e4,  # the half float's own range ends soon after
}

Feed = Mapping[str, np.ndarray[Any, Any]]


class FusedRuntime:
    """One session, one caller at a time."""

    batches = True  # run_together is cheaper than as many runs

    def __init__(self, graph: Path, geometry: Geometry, *, threads: int, providers: Providers) -> None:
        self.geometry = geometry
        self._open = partial(open_session, graph, session_options(threads), providers)
        self._providers = providers
        self._session = self._open()
        types = {entry.name: entry.type for entry in self._session.get_inputs()}
        self._dtype = np.float16 if types["attention_bias"] == "tensor(float16)" else np.float32
        self._hidden = HIDDEN[self._dtype]
        self.slot_bytes = slot_bytes(geometry, self._dtype)
        self.provider: str = self._session.get_providers()[0]
        self.memory = self._device_memory()
        """Where pools come from; None: this computer's memory."""
        # Naming sixty buffers takes a millisecond or more, so what was named is kept, by its rows.
        self._bindings: WeakKeyDictionary[Pool, dict[tuple[int, int], ort.IOBinding]] = WeakKeyDictionary()

    def reopen(self) -> None:
        """Load the model anew, which gives all memory of the old session back. Pools made before are of no
        more use. Raises what loading raises.
        """
        del self._session, self.memory
        self._bindings.clear()
        self._session = self._open()
        self.memory = self._device_memory()

    def _device_memory(self) -> DeviceMemory | None:
        """Where the past lies if it does not lie in this computer's memory."""
        if self.provider == NAMES[Provider.CPU]:
            return None
        from foretype.runtime.device_pool import DeviceMemory  # with onnx, which the CPU need not wait for

        return DeviceMemory(self.geometry, self._dtype, ("cuda", 0), self._providers)

    def new_pool(self, rows: int, capacity: int) -> Pool:
        if self.memory is None:
            return HostPool(self.geometry, rows, capacity, self._dtype)
        return self.memory.new_pool(rows, capacity)

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        """Logits (k, vocab_size) float32 of the asked rows; the chunk's keys and values are in the arena
        afterwards.

        Raises ArenaFullError, and ONNX Runtime's own errors.
        """
        arena.settle()
        count = len(chunk.ids)
        total = IDLE + arena.claim(count) + count
        bias = np.zeros((1, 1, count, total), self._dtype)
        bias[..., :IDLE] = self._hidden
        if chunk.visible is not None:
            bias[0, 0, :, IDLE:][~chunk.visible] = self._hidden
        feed: Feed = {
            "input_ids": chunk.ids[None],
            "position_ids": chunk.positions[None],
            "seqlens_k": np.array([total - 1], np.int32),
            "total_sequence_length": np.array(total, np.int32),
            "attention_bias": bias,
            "rows": chunk.rows,
            "spread": np.zeros(1, np.int64),
            "gathered": np.zeros(1, np.int64),
        }
        return self._call(arena.pool, (arena.row, arena.row + 1), feed)

    def run_together(self, steps: Sequence[Step]) -> Logits:
        """One token of each of several arenas of one pool, in one run: logits (k, vocab_size) float32 of
        those that want them, in the order of `steps`.

        Between the first row and the last, rows that take no part are run all the same, each over its idle
        slot only. Raises ArenaFullError, and ONNX Runtime's own errors.
        """
        pool = steps[0].arena.pool
        rows = [step.arena.row for step in steps]
        first, last = _rounded(min(rows), max(rows) + 1, pool.rows)
        seqlens = np.zeros(last - first, np.int32)  # where each row's new keys and values go
        for step, row in zip(steps, rows, strict=True):
            step.arena.settle()
            seqlens[row - first] = IDLE + step.arena.claim(1)
        bias = np.zeros((last - first, 1, 1, int(seqlens.max()) + 1), self._dtype)
        spread = np.zeros(last - first, np.int64)
        for index, (step, row) in enumerate(zip(steps, rows, strict=True)):
            spread[row - first] = index
            bias[row - first, ..., :IDLE] = self._hidden
            visible = step.chunk.visible
            if visible is not None:
                bias[row - first, 0, :, IDLE : IDLE + visible.shape[1]][~visible] = self._hidden
        feed: Feed = {
            "input_ids": np.array([step.chunk.ids for step in steps]),
            "position_ids": np.array([step.chunk.positions for step in steps]),
            "seqlens_k": seqlens,
            "total_sequence_length": np.array(seqlens.max() + 1, np.int32),
            "attention_bias": bias,
            "rows": np.flatnonzero([len(step.chunk.rows) for step in steps]).astype(np.int64),
            "spread": spread,
            "gathered": np.array(rows, np.int64) - first,
        }
        return self._call(pool, (first, last), feed)

    def _call(self, pool: Pool, rows: tuple[int, int], feed: Feed) -> Logits:
        """The inputs of `feed` and the past of `rows` (from, to) go in. All of `feed` lives until the end."""
        binding = self._binding(pool, rows)
        for name, value in feed.items():
            binding.bind_input(name, "cpu", 0, value.dtype.type, value.shape, value.ctypes.data)
        logits = np.empty((1, len(feed["rows"]), self.geometry.vocab_size), np.float32)
        binding.bind_output("logits", "cpu", 0, np.float32, logits.shape, logits.ctypes.data)
        self._session.run_with_iobinding(binding)
        wanted: Logits = logits[0]
        return wanted

    def _binding(self, pool: Pool, rows: tuple[int, int]) -> ort.IOBinding:
        of_pool = self._bindings.setdefault(pool, {})
        if rows in of_pool:
            return of_pool[rows]
        binding = self._session.io_binding()
        shape = (rows[1] - rows[0], *pool.row_shape)
        for layer in range(self.geometry.layers):
            for which, part in enumerate(("key", "value")):
                where = (*pool.device, self._dtype, shape, pool.address(layer, which, rows[0]))
                binding.bind_input(f"past_key_values.{layer}.{part}", *where)
                binding.bind_output(f"present.{layer}.{part}", *where)
        # What lies elsewhere than where it is read was copied there just now: kept, it would be stale.
        if self.memory is None or pool.device == self.memory.device:
            of_pool[rows] = binding
        return binding


def _rounded(first: int, last: int, rows: int) -> tuple[int, int]:
    """A span of rows that holds these: few different ones, so that each is named once."""
    span = 1
    while True:
        start = first // span * span
        if start + span >= last:
            return start, min(start + span, rows)
        span *= 2
