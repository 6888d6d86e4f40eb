"""The tokens that every text of a kind begins with, read by the model once for all fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from foretype.models.field_kind import FieldKind
from foretype.runtime.arena import Arena, lone_arena
from foretype.runtime.chunk import Chunk, Step
from foretype.runtime.protocol import Runtime
from foretype.runtime.thread import ModelThread
from foretype.support import logs
from foretype.support.metrics import Stages
from foretype.support.stage import RunPurpose


class Beginnings:
    """Lives on the event loop. A field whose kind's beginning is not read yet reads it by itself."""

    def __init__(
        self, begin: Mapping[FieldKind, list[int]], runtime: Runtime, model: ModelThread, stages: Stages
    ) -> None:
        """`begin`: the tokens that a text starts with, by kind of field."""
        self._begin = begin
        self._runtime = runtime
        self._model = model
        self._stages = stages
        self._read: dict[FieldKind, Arena] = {}
        self._unused: set[FieldKind] = set()  # of those that are read

    @property
    def shortest_first(self) -> list[FieldKind]:
        return sorted(self._begin, key=lambda kind: len(self._begin[kind]))

    async def read(self, kind: FieldKind) -> None:
        """Raises what a run of the model raises."""
        ids = np.array(self._begin[kind], np.int64)
        chunk = Chunk(ids, np.arange(len(ids)), None, np.array([len(ids) - 1]))
        arena = lone_arena(self._runtime.new_pool(1, len(ids)))
        began = self._stages.clock()
        await self._model.run([Step(arena, chunk)])
        seconds = self._stages.clock() - began
        self._stages.busy(seconds, waited_for=False)
        self._stages.ran(RunPurpose.BEGINNING, tokens=len(ids), results=1, seconds=seconds)
        self._read[kind] = arena
        self._unused.add(kind)

    async def read_all(self, kinds: Sequence[FieldKind]) -> None:
        """Read one after the other. An error is logged and leaves that kind unread."""
        for kind in kinds:
            try:
                await self.read(kind)
            except Exception as error:
                logs.logger().error("begin_failed", **logs.of(error))

    def copy_into(self, arena: Arena, kind: FieldKind, ids: Sequence[int]) -> None:
        """Let the empty `arena` start with the tokens that `ids` and the beginning of texts of `kind` have in
        common, if that beginning is read.
        """
        if kind in self._read:
            arena.adopt(self._read[kind], _in_common(self._begin[kind], ids))
            if kind in self._unused:
                self._unused.discard(kind)
                self._stages.used(RunPurpose.BEGINNING, first_of_run=True)

    def clear(self) -> None:
        """Free the memory. The beginnings stay unread after this."""
        self._read.clear()


def _in_common(first: Sequence[int], second: Sequence[int]) -> int:
    """The number of tokens with which both begin."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((count for count, (one, other) in pairs if one != other), min(len(first), len(second)))
