"""Chooses which fields the model runs for next: by what their owners have used of its time, then by deadline,
and fields that need few tokens together.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from foretype.engine.contract import Owner
from foretype.engine.deadline import Deadline
from foretype.engine.pressure import Pressure
from foretype.engine.shares import Shares
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
    """How many tokens a field's next run needs, and the pool in which its past key values lie."""

    pool: Pool
    tokens: int


class Client(Protocol):
    """A field, as the scheduler sees it."""

    owner: Owner

    @property
    def is_placed(self) -> bool:
        """Whether `prepare_run` is quick, because the keystroke has its place in the tree already."""

    @property
    def trace(self) -> int:
        """The log's number of the keystroke that waits for the run; 0 if none does."""

    def prepare_run(self) -> Need | None:
        """Work out what the next run is for, which may take a search. None if no run is needed any more. May
        call `want` and `forget` for this client.
        """

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
        self._shares = Shares()
        self._waiting: dict[Client, Deadline] = {}
        self._keystrokes: Counter[Owner] = Counter()  # those of _waiting with a real deadline
        self._since: dict[Client, float] = {}  # when it began to wait
        self._someone_waits = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def want(self, client: Client, deadline: Deadline) -> None:
        """`client` needs the model by `deadline`, which replaces an earlier deadline of `client`."""
        since = self._since.get(client) if self._waiting.get(client) == deadline else None
        self._drop(client)
        self._shares.asks(client.owner)
        self._waiting[client] = deadline
        self._since[client] = self._stages.clock() if since is None else since
        self._keystrokes[client.owner] += deadline.is_real
        self._someone_waits.set()

    def others_wait(self, client: Client) -> bool:
        """Whether keystrokes of other fields of the same owner wait for the model."""
        own = client in self._waiting and self._waiting[client].is_real
        return self._keystrokes[client.owner] > own

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

        The first is a field of the owner that has used least, and of that owner's the one with the earliest
        deadline. If it needs few tokens, other keystrokes that need few join it. Work ahead is done for one
        field at a time: a run with several nodes of one tree is as cheap as one with several fields.
        """
        order = self._order()
        first = next(((client, need) for client in order if (need := self._prepare(client))), None)
        if first is None:
            return [], False
        client, need = first
        waited_for = self._waiting[client].is_real
        chosen = [client]
        if waited_for:
            self._shares.chosen(client.owner)
            if self._may_share(need):
                chosen += self._joining(order, client, need.pool)
        now = self._stages.clock()
        for client in chosen:
            waited = now - self._since[client]
            self._drop(client)
            if waited_for:
                self._stages.took(Stage.QUEUE, waited, client.trace)
        return chosen, waited_for

    def _order(self) -> list[Client]:
        """All that wait, in the order of their turns: work ahead comes after all keystrokes."""

        def turn(client: Client) -> tuple[bool, tuple[float, float], float]:
            deadline = self._waiting[client]
            return not deadline.is_real, self._shares.used(client.owner), deadline.at

        return sorted(self._waiting, key=turn)

    def _joining(self, order: Sequence[Client], first: Client, pool: Pool) -> list[Client]:
        """Those that share the run of `first`: one field of each owner, then a second one of each, and so on.
        Fields for which it would take long to find out whether they need few tokens do not join.
        """
        seen = Counter({first.owner: 1})
        places: list[tuple[int, int, Client]] = []
        for number, client in enumerate(order):
            if (
                client is not first
                and client in self._waiting
                and self._waiting[client].is_real
                and client.is_placed
            ):
                places.append((seen[client.owner], number, client))
                seen[client.owner] += 1
        joining: list[Client] = []
        for _, _, client in sorted(places, key=lambda place: place[:2]):
            if len(joining) == MOST_TEXTS - 1:
                break
            need = self._prepare(client)
            if need is not None and self._may_share(need) and need.pool is pool:
                joining.append(client)
        return joining

    def _may_share(self, need: Need) -> bool:
        return need.tokens <= FEW_TOKENS and self._model.batches

    def _drop(self, client: Client) -> bool:
        """Returns whether `client` waited."""
        self._since.pop(client, None)
        deadline = self._waiting.pop(client, None)
        if deadline is not None and deadline.is_real:
            self._keystrokes[client.owner] -= 1
            if not self._keystrokes[client.owner]:
                del self._keystrokes[client.owner]
        return deadline is not None

    def _prepare(self, client: Client) -> Need | None:
        """None if `client` needs no run: it does not wait any more."""
        try:
            need = client.prepare_run()
        except Exception as error:  # an error of one field must not stop the others
            _failed([client], error)
            need = None
        if need is None:
            self._drop(client)
        return need

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
            self._charge(works, began, waited_for=waited_for)
            _failed([work.client for work in works], error)
            if not isinstance(error, OutOfMemoryError):
                return True
            self.pressure.spare()
            return False
        self._charge(works, began, waited_for=waited_for)
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

    def _charge(self, works: Sequence[_Work], began: float, *, waited_for: bool) -> None:
        """Count a run for its owners. Work ahead costs nothing: it is done while no keystroke waits."""
        if waited_for:
            share = (self._timers.time() - began) / len(works)
            for work in works:
                self._shares.charge(work.client.owner, share)


def _failed(clients: Sequence[Client], error: Exception) -> None:
    logs.logger().error("run_failed", **logs.of(error))
    for client in clients:
        client.failed(error)
