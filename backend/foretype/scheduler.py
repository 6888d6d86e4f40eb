"""Who gets the model next: keystrokes that are waited for, by deadline, one run at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from foretype import logs
from foretype.deadline import Deadline
from foretype.runtime.arena import Arena
from foretype.runtime.thread import ModelThread
from foretype.tree.distribution import Distribution
from foretype.tree.trie import Run


class Client(Protocol):
    """A field, as the scheduler sees it."""

    def next_run(self) -> tuple[Arena, Run] | None:
        """What it wants now, asked right before it runs; `None` if it has been overtaken."""

    def record(self, run: Run, first_slot: int, distributions: Sequence[Distribution]) -> None:
        """The run has ended well."""

    def failed(self, error: Exception) -> None:
        """The run has not; what its arena holds is unknown."""


class Scheduler:
    """Lives on the event loop. What waits is a field, not a run, so what was overtaken costs nothing."""

    def __init__(self, model: ModelThread[list[Distribution]]) -> None:
        self._model = model
        self._waiting: dict[Client, Deadline] = {}
        self._someone_waits = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def want(self, client: Client, deadline: Deadline) -> None:
        """`client` needs the model by `deadline`. Asked again, the later word counts."""
        self._waiting[client] = deadline
        self._someone_waits.set()

    def forget(self, client: Client) -> None:
        self._waiting.pop(client, None)

    async def serve(self) -> None:
        """Until cancelled: choose, run, record."""
        while True:
            client = await self._next()
            try:
                wanted = client.next_run()
                if wanted is not None:
                    await self._run(client, *wanted)
            except Exception as error:  # one field's trouble must not end the others' service
                logs.logger().error("run_failed", **logs.of(error))
                client.failed(error)

    async def _next(self) -> Client:
        while not self._waiting:
            self._someone_waits.clear()
            await self._someone_waits.wait()
        client = min(self._waiting, key=lambda waiting: self._waiting[waiting])
        del self._waiting[client]
        return client

    async def _run(self, client: Client, arena: Arena, run: Run) -> None:
        first_slot = arena.length
        client.record(run, first_slot, await self._model.run(arena, run.chunk))
