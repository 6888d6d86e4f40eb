"""Chooses which fields the model runs for next: by deadline, and fields that need few tokens together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from foretype.engine.deadline import Deadline
from foretype.engine.pressure import Pressure
from foretype.engine.tree.trie import Run
from foretype.runtime.arena import Arena, Pool
from foretype.runtime.chunk import MOST_TEXTS, Step
from foretype.runtime.distribution import Distribution
from foretype.runtime.out_of_memory import OutOfMemoryError
from foretype.runtime.thread import ModelThread
from foretype.support import logs
from foretype.support.clock import Timers
from foretype.support.metrics import Stage, Stages

# A field that needs more tokens than this gets a run of its own, which reads them faster than as many shared
# runs (docs/decisions/0009-many-typists.md).
FEW_TOKENS = 4


@dataclass(frozen=True, slots=True)
class Need:
    """The number of tokens of a field's next run, and the pool with its past key values."""

    pool: Pool
    tokens: int


class Client(Protocol):
    """A field, as the scheduler sees it."""

    @property
    def trace(self) -> int:
        """The log's number of the keystroke that waits for the run; 0 if none does."""

    def prepare_run(self) -> Need | None:
        """Work out what the next run is for, which may take a search. None if no run is needed any more."""

    def next_run(self, most_tokens: int | None = None) -> tuple[Arena, Run]:
        """The run that `prepare_run` worked out, of at most `most_tokens`. The scheduler will make it."""

    def record(self, run: Run, first_slot: int, distributions: Sequence[Distribution]) -> None:
        """The run has ended. `first_slot`: of its first token in the arena."""

    def failed(self, error: Exception) -> None:
        """The run, or a call before it, raised an error. What the arena holds is unknown."""


@dataclass(frozen=True, slots=True)
class _Work:
    client: Client
    arena: Arena
    run: Run
    first_slot: int


class Scheduler:
    """Lives on the event loop. Fields wait here, not runs, so an overtaken keystroke costs nothing."""

    def __init__(
        self,
        model: ModelThread,
        timers: Timers,
        stages: Stages,
        recover: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`recover` is awaited after a run that ran out of memory; no run is made meanwhile."""
        self.pressure = Pressure(timers)
        self._recover = recover
        self._model = model
        self._timers = timers
        self._stages = stages
        self._waiting: dict[Client, Deadline] = {}
        self._since: dict[Client, float] = {}  # when it began to wait
        self._someone_waits = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def want(self, client: Client, deadline: Deadline) -> None:
        """`client` needs the model by `deadline`, which replaces an earlier deadline of `client`."""
        if self._waiting.get(client) != deadline:
            self._since[client] = self._stages.clock()
        self._waiting[client] = deadline
        self._someone_waits.set()

    def forget(self, client: Client) -> None:
        """`client` needs the model no more; a run under way is not stopped."""
        if self._drop(client):
            self._stages.cancelled()

    async def serve(self) -> None:
        """Choose, run, record, until cancelled."""
        while True:
            while not self._waiting:
                self._someone_waits.clear()
                await self._someone_waits.wait()
            if not any(deadline.is_real for deadline in self._waiting.values()):
                # Answers that were just given are sent before work ahead begins.
                await asyncio.sleep(0)
            if not await self._turn() and self._recover is not None:
                await self._recover()

    async def _turn(self) -> bool:
        """One choice and its run. False if the run ran out of memory.

        This is a method of its own so that no variable keeps the fields and their past key values afterwards.
        """
        chosen, waited_for = self._choose()
        works = [work for client in chosen if (work := self._work(client, alone=len(chosen) == 1))]
        return not works or await self._run(works, waited_for=waited_for)

    def _choose(self) -> tuple[list[Client], bool]:
        """Take the fields for the next run from those that wait. Also returns whether a client waits for it.

        They are the first by deadline and, if it needs few tokens, other keystrokes that need few. Work ahead
        is done for one field at a time: a run with several nodes of one tree is as cheap as one with several
        fields.
        """
        order = sorted(self._waiting, key=self._waiting.__getitem__)
        chosen: list[Client] = []
        pool: Pool | None = None
        waited_for = False
        for client in order:
            if chosen and (not self._waiting[client].is_real or len(chosen) == MOST_TEXTS):
                break
            need = self._prepare(client)
            if need is None:
                self._drop(client)
                continue
            shares = need.tokens <= FEW_TOKENS and self._model.batches
            if not chosen:
                pool, waited_for = need.pool, self._waiting[client].is_real
                chosen.append(client)
                if not shares:
                    break
            elif shares and need.pool is pool:
                chosen.append(client)
        now = self._stages.clock()
        for client in chosen:
            del self._waiting[client]
            waited = now - self._since.pop(client)
            if waited_for:
                self._stages.took(Stage.QUEUE, waited, client.trace)
        return chosen, waited_for

    def _drop(self, client: Client) -> bool:
        """Returns whether `client` waited."""
        self._since.pop(client, None)
        return self._waiting.pop(client, None) is not None

    def _prepare(self, client: Client) -> Need | None:
        try:
            return client.prepare_run()
        except Exception as error:  # an error of one field must not stop the others
            _failed([client], error)
            return None

    def _work(self, client: Client, *, alone: bool) -> _Work | None:
        try:
            arena, run = client.next_run() if alone else client.next_run(most_tokens=1)
        except Exception as error:
            _failed([client], error)
            return None
        return _Work(client, arena, run, arena.length)

    async def _run(self, works: list[_Work], *, waited_for: bool) -> bool:
        """False if the run ran out of memory."""
        began, began_exactly = self._timers.time(), self._stages.clock()
        try:
            found = await self._model.run([Step(work.arena, work.run.chunk) for work in works])
        except Exception as error:
            _failed([work.client for work in works], error)
            if not isinstance(error, OutOfMemoryError):
                return True
            self.pressure.spare()
            return False
        self._stages.ran(sum(len(work.run.nodes) for work in works), waited_for=waited_for)
        if waited_for:
            self.pressure.worked(began)
            for work in works:
                self._stages.took(Stage.MODEL, self._stages.clock() - began_exactly, work.client.trace)
        for work, distributions in zip(works, found, strict=True):
            try:
                work.client.record(work.run, work.first_slot, distributions)
            except Exception as error:
                _failed([work.client], error)
        return True


def _failed(clients: Sequence[Client], error: Exception) -> None:
    logs.logger().error("run_failed", **logs.of(error))
    for client in clients:
        client.failed(error)
