"""Runs the fused graph (foretype.prepare.fuse) on the CPU: past and present are one buffer, written in place.

For a GPU see `foretype.runtime.device.runtime`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import onnxruntime as ort

from foretype.models.manifest import Geometry
from foretype.runtime.arena import Arena, Pool, slot_bytes
from foretype.runtime.chunk import Chunk, Logits, Step
from foretype.runtime.feed import Feed, Float, of_text, of_texts
from foretype.runtime.host import HostRuntime
from foretype.runtime.host_pool import HostPool
from foretype.runtime.providers import Providers
from foretype.runtime.ranks import Ranks
from foretype.runtime.session import open_session


class FusedRuntime:
    """One session. Two threads must not call it at the same time."""

    batches = True
    needs_weights: str | None = None
    warms_beginnings = False

    def __init__(self, graph: Path, geometry: Geometry, *, threads: int, providers: Providers) -> None:
        self.geometry = geometry
        self._open = partial(open_session, graph, threads, providers)
        self._session = self._open()
        self._dtype = float_type(self._session)
        self.slot_bytes = slot_bytes(geometry, self._dtype)
        self.provider: str = self._session.get_providers()[0]
        # Binding sixty buffers takes a millisecond or more, so bindings are kept for each span of rows.
        self._bindings: WeakKeyDictionary[Pool, dict[tuple[int, int], ort.IOBinding]] = WeakKeyDictionary()

    def reopen(self) -> None:
        """Load the model again, which frees all memory of the old session. Pools that were made before cannot
        be used any more. Raises what loading raises.
        """
        del self._session
        self._bindings.clear()
        self._session = self._open()

    def new_pool(self, rows: int, capacity: int) -> Pool:
        return HostPool(self.geometry, rows, capacity, self._dtype)

    def warm_up(self, pool: Pool) -> None:
        """Does nothing: on the CPU a first run takes no longer."""

    def with_distributions(self, ranks: Ranks, most_bytes: int) -> HostRuntime:
        return HostRuntime(self, ranks)

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        """Logits (k, vocab_size) float32 of the asked rows. Afterwards the arena holds the chunk's keys and
        values.

        Raises ArenaFullError, and ONNX Runtime's own errors.
        """
        feed = of_text(arena, chunk, self._dtype)
        return self._call(arena.pool, (arena.row, arena.row + 1), feed)

    def run_together(self, steps: Sequence[Step]) -> Logits:
        """One token of each of several arenas of one pool, in one run: logits (k, vocab_size) float32 of the
        steps that ask for them, in the order of `steps`.

        Raises ArenaFullError, and ONNX Runtime's own errors.
        """
        pool = steps[0].arena.pool
        rows = [step.arena.row for step in steps]
        span = _rounded(min(rows), max(rows) + 1, pool.rows)
        return self._call(pool, span, of_texts(steps, span, self._dtype))

    def _call(self, pool: Pool, rows: tuple[int, int], feed: Feed) -> Logits:
        """Run with the inputs of `feed` and the past of `rows` (from, to). The arrays of `feed` are bound by
        address, so that none may be freed before the end.
        """
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
        if rows not in of_pool:
            of_pool[rows] = self._session.io_binding()
            bind_past(of_pool[rows], pool, rows)
        return of_pool[rows]


def bind_past(binding: ort.IOBinding, pool: Pool, rows: tuple[int, int]) -> None:
    """Bind the past key values of `rows` (from, to) as what a run reads and writes."""
    shape = (rows[1] - rows[0], *pool.row_shape)
    for layer in range(pool.shape[0]):
        for which, part in enumerate(("key", "value")):
            where = (*pool.device, pool.dtype, shape, pool.address(layer, which, rows[0]))
            binding.bind_input(f"past_key_values.{layer}.{part}", *where)
            binding.bind_output(f"present.{layer}.{part}", *where)


def float_type(session: ort.InferenceSession) -> Float:
    """The type of a fused graph's past key values."""
    types = {entry.name: entry.type for entry in session.get_inputs()}
    return np.float16 if types["attention_bias"] == "tensor(float16)" else np.float32


def _rounded(first: int, last: int, rows: int) -> tuple[int, int]:
    """A span of rows that holds these. There are few different spans, so that each is bound once."""
    span = 1
    while True:
        start = first // span * span
        if start + span >= last:
            return start, min(start + span, rows)
        span *= 2
