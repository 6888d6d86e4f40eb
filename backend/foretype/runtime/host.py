"""Distributions that are made on the host, from logits in its memory."""

from __future__ import annotations

from collections.abc import Sequence

from foretype.runtime.arena import Arena, Pool
from foretype.runtime.chunk import Chunk, Logits, Step
from foretype.runtime.distribution import Distribution
from foretype.runtime.protocol import LogitsRuntime
from foretype.runtime.ranks import Ranks


class HostRuntime:
    """Implements `foretype.runtime.protocol.Runtime` for a runtime that gives logits."""

    own_bytes = 0

    def __init__(self, logits: LogitsRuntime, ranks: Ranks) -> None:
        self.provider = logits.provider
        self.batches = logits.batches
        self.slot_bytes = logits.slot_bytes
        self.warms_beginnings = logits.warms_beginnings
        self._logits = logits
        self._ranks = ranks

    def new_pool(self, rows: int, capacity: int) -> Pool:
        return self._logits.new_pool(rows, capacity)

    def reopen(self) -> None:
        self._logits.reopen()

    def warm_up(self, pool: Pool) -> None:
        self._logits.warm_up(pool)

    def run(self, arena: Arena, chunk: Chunk) -> list[Distribution]:
        return self._sorted(self._logits.run(arena, chunk))

    def run_together(self, steps: Sequence[Step]) -> list[Distribution]:
        return self._sorted(self._logits.run_together(steps))

    def _sorted(self, logits: Logits) -> list[Distribution]:
        return [Distribution.of(row, self._ranks) for row in logits]
