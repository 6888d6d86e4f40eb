"""Runs Optimum's export unchanged: slower, for families that have no fused graph."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foretype.models.manifest import Geometry
from foretype.runtime.arena import Arena, Pool, slot_bytes
from foretype.runtime.chunk import Chunk, Logits, Step
from foretype.runtime.host import HostRuntime
from foretype.runtime.host_pool import HostPool, slots_of
from foretype.runtime.providers import Providers
from foretype.runtime.ranks import Ranks
from foretype.runtime.session import open_session


class PlainRuntime:
    """Keeps the fused runtime's contract by copying: slots that a token must not see are left out of the past
    that the export gets.

    The export has one mask for all tokens of a run. So the nodes of a tree run one by one, and only a text
    runs as a whole.
    """

    batches = False
    needs_weights: str | None = None
    warms_beginnings = False

    def __init__(self, graph: Path, geometry: Geometry, *, threads: int, providers: Providers) -> None:
        self.geometry = geometry
        self.slot_bytes = slot_bytes(geometry)
        self._open = partial(open_session, graph, threads, providers)
        self._session = self._open()
        self.provider: str = self._session.get_providers()[0]
        self._inputs = {entry.name for entry in self._session.get_inputs()}

    def reopen(self) -> None:
        """Load the model again, which frees all memory of the old session. Raises what loading raises."""
        del self._session
        self._session = self._open()

    def new_pool(self, rows: int, capacity: int) -> HostPool:
        return HostPool(self.geometry, rows, capacity)

    def warm_up(self, pool: Pool) -> None:
        """Does nothing: on the CPU a first run takes no longer."""

    def with_distributions(self, ranks: Ranks, most_bytes: int) -> HostRuntime:
        return HostRuntime(self, ranks)

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        """Logits (k, vocab_size) float32 of the asked rows. Raises ArenaFullError, and ONNX Runtime's own
        errors.
        """
        arena.settle()
        first = arena.claim(len(chunk.ids))
        visible = chunk.visible
        if visible is None:
            visible = np.tri(len(chunk.ids), first + len(chunk.ids), first, dtype=np.bool_)
        if _is_text(visible, first):
            logits = self._part(arena, chunk, visible, first, slice(0, len(chunk.ids)))
        else:
            rows = range(len(chunk.ids))
            logits = np.concatenate([self._part(arena, chunk, visible, first, slice(i, i + 1)) for i in rows])
        return logits[chunk.rows]

    def run_together(self, steps: Sequence[Step]) -> Logits:
        """One run for each step: the export has one length for all texts of a run."""
        return np.concatenate([self.run(step.arena, step.chunk) for step in steps])

    def _part(
        self, arena: Arena, chunk: Chunk, visible: NDArray[np.bool_], first: int, part: slice
    ) -> Logits:
        """Run consecutive tokens of the chunk. Each sees the tokens of the part before it, and all see the
        same past.
        """
        slots = first + np.arange(part.start, part.stop)
        past = np.flatnonzero(visible[part.start, : slots[0]])
        feed = {
            "input_ids": chunk.ids[None, part],
            "position_ids": chunk.positions[None, part],
            "attention_mask": np.ones((1, len(past) + len(slots)), np.int64),
        }
        for layer in range(self.geometry.layers):
            for which, name in enumerate(("key", "value")):
                feed[f"past_key_values.{layer}.{name}"] = slots_of(arena)[layer, which][:, :, past]
        feed = {name: value for name, value in feed.items() if name in self._inputs}
        logits, *present = self._session.run(None, feed)
        for index, tensor in enumerate(present):
            slots_of(arena)[index // 2, index % 2][:, :, slots] = tensor[:, :, len(past) :]
        result: Logits = logits[0]
        return result


def _is_text(visible: NDArray[np.bool_], first: int) -> bool:
    """Whether each token sees all tokens of the chunk before it, and all tokens see the same past."""
    own = visible[:, first:]
    return bool(
        (own == np.tri(*own.shape, dtype=np.bool_)).all() and (visible[:, :first] == visible[0, :first]).all()
    )
