"""Chooses which fields a model runs for next: by the model time that their owners have used, then by
deadline, and fields that need few tokens together. All models of a process have one scheduler, so one of them
runs at a time, and no run ahead of one model comes before a keystroke of another.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from foretype.engine.contract import Owner
from foretype.engine.deadline import Deadline
from foretype.engine.pressure import Effort, Pressure
from foretype.engine.shares import Demand, Purpose, Shares
from foretype.engine.tree.trie import Run
from foretype.runtime.arena import Arena, Pool
from foretype.runtime.chunk import MOST_TEXTS, Step
from foretype.runtime.distribution import Distribution
from foretype.runtime.out_of_memory import OutOfMemoryError
from foretype.runtime.thread import ModelThread
from foretype.support import logs
from foretype.support.clock import Timers
from foretype.support.metrics import Stages
from foretype.support.stage import Stage

# A field that needs more tokens than this gets a run of its own, which reads them faster than as many shared
# runs (docs/decisions/0009-many-typists.md).
FEW_TOKENS = 4
# A long text is read in parts of at most this many tokens while keystrokes of other owners wait. A part of 16
# takes a quarter less time than one of 24, and a token in it 10 % more (docs/decisions/0021-fairness.md).
TOKENS_A_PART = 16


@dataclass(frozen=True, slots=True)
class Need:
    """The number of tokens of a field's next run, and the pool with its past key values."""

    pool: Pool
    tokens: int


class Client(Protocol):
    """A field, as the scheduler sees it."""

    owner: Owner

    @property
    def lacking(self) -> int | None:
        """The number of tokens that the next run needs. None if `prepare_run` has to find that out first."""

    @property
    def trace(self) -> int:
        """The log's number of the keystroke that waits for the run; 0 if none does."""

    def prepare_run(self) -> Need | None:
        """Find the purpose of the next run, which may take a search. None if no run is needed any more. May
        call `want` and `forget` for this client; a run that is wanted then is a later one if this is None.
        """

    def next_run(self, most_tokens: int | None = None) -> tuple[Arena, Run]:
        """The run that `prepare_run` worked out, of at most `most_tokens`. The scheduler will make it."""

    def record(self, run: Run, first_slot: int, distributions: Sequence[Distribution]) -> None:
        """The run has ended. `first_slot`: of its first token in the arena."""

    def failed(self, error: Exception) -> None:
        """The run, or a call before it, raised an error. What the arena holds is unknown."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """A field that waits for a model. `since`: when it began to."""

    queue: ModelQueue
    deadline: Deadline
    demand: Demand
    since: float


@dataclass(frozen=True, slots=True)
class _Work:
    client: Client
    queue: ModelQueue
    demand: Demand
    arena: Arena
    run: Run
    first_slot: int


class Scheduler:
    """Lives on the event loop. Fields wait here, not runs, so an overtaken keystroke costs nothing.

    All runs of a process are made here, one after the other. A run has fields of one model only.
    """

    def __init__(self, timers: Timers, stages: Stages, least_effort: Effort = Effort.BRIEF) -> None:
        """`least_effort`: for each keystroke, however busy the model is."""
        self.pressure = Pressure(timers, least_effort)
        self._timers = timers
        self._stages = stages
        self._shares = Shares()
        self._waiting: dict[Client, _Wish] = {}
        self._keystrokes: Counter[Owner] = Counter()  # those that wait with a real deadline
        self._someone_waits = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def queue(
        self, model: ModelThread, name: str = "", recover: Callable[[], Awaitable[None]] | None = None
    ) -> ModelQueue:
        """The scheduler for the fields of one model. `name`: for traces. `recover` is awaited after a run
        that ran out of memory; no run of any model is made meanwhile.
        """
        return ModelQueue(self, model, name, recover)

    def want(self, client: Client, deadline: Deadline, queue: ModelQueue) -> None:
        """As `ModelQueue.want`, for a field of the model of `queue`."""
        before = self._waiting.get(client)
        self._drop(client)
        lacking = client.lacking
        is_typing = lacking is not None and lacking <= FEW_TOKENS
        demand = Demand(Purpose.TYPING if is_typing else Purpose.READING, client.owner)
        self._shares.asks(demand)
        goes_on = before is not None and before.deadline == deadline
        since = before.since if before is not None and goes_on else self._stages.clock()
        self._waiting[client] = _Wish(queue, deadline, demand, since)
        if deadline.is_real:
            self._keystrokes[client.owner] += 1
        self._someone_waits.set()

    def others_wait(self, client: Client) -> bool:
        """Whether keystrokes of other fields of the same owner wait for a model."""
        wish = self._waiting.get(client)
        own = wish is not None and wish.deadline.is_real
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
            if not any(wish.deadline.is_real for wish in self._waiting.values()):
                # Answers that were just given are sent before work ahead begins.
                await asyncio.sleep(0)
            without_memory = await self._turn()
            if without_memory is not None and without_memory.recover is not None:
                await without_memory.recover()

    async def _turn(self) -> ModelQueue | None:
        """One choice and its run. If the run ran out of memory, its model.

        This is a method of its own so that no variable keeps the fields and their past key values afterwards.
        """
        chosen, waited_for = self._choose()
        most_tokens = self._most_tokens(list(chosen))
        works = [
            work
            for client, wish in chosen.items()
            if (work := self._work(client, wish, most_tokens)) is not None
        ]
        return await self._run(works, waited_for=waited_for) if works else None

    def _choose(self) -> tuple[dict[Client, _Wish], bool]:
        """Take the fields for the next run from those that wait. Also returns whether a client waits for it.

        The first is a field of the owner that has used least, and of that owner's the one with the earliest
        deadline. If it needs few tokens, other keystrokes that need few join it. Work ahead is done for one
        field at a time: a run with several nodes of one tree is as cheap as one with several fields.
        """
        order = self._order()
        first = next(((client, need) for client in order if (need := self._prepare(client))), None)
        if first is None:
            return {}, False
        client, need = first
        chosen = {client: order[client]}
        waited_for = order[client].deadline.is_real
        if waited_for:
            self._shares.chosen(order[client].demand)
            if _may_share(need, order[client].queue):
                chosen |= self._joining(order, client, need.pool)
        now = self._stages.clock()
        for client, wish in chosen.items():
            self._drop(client)
            if waited_for:
                self._stages.took(Stage.QUEUE, now - wish.since, client.trace)
        return chosen, waited_for

    def _order(self) -> dict[Client, _Wish]:
        """All that wait, in the order of their turns: work ahead comes after all keystrokes."""

        def turn(waiting: tuple[Client, _Wish]) -> tuple[bool, tuple[float, ...], float]:
            _, wish = waiting
            return not wish.deadline.is_real, self._shares.used(wish.demand), wish.deadline.at

        return dict(sorted(self._waiting.items(), key=turn))

    def _joining(self, order: Mapping[Client, _Wish], first: Client, pool: Pool) -> dict[Client, _Wish]:
        """Those that share the run of `first`: one field of each owner, then a second of each, and so on."""
        seen = Counter({first.owner: 1})
        queue = order[first].queue
        by_round: list[list[Client]] = [[]]
        for client, wish in order.items():
            if client is first or wish.queue is not queue or not wish.deadline.is_real:
                continue
            if wish.demand.purpose is Purpose.TYPING:
                number = seen[client.owner]
                seen[client.owner] += 1
                by_round += [[] for _ in range(number + 1 - len(by_round))]
                by_round[number].append(client)
        joining: dict[Client, _Wish] = {}
        for client in chain.from_iterable(by_round):
            if len(joining) == MOST_TEXTS - 1:
                break
            need = self._prepare(client)
            if need is not None and _may_share(need, queue) and need.pool is pool:
                joining[client] = order[client]
        return joining

    def _drop(self, client: Client) -> bool:
        """Returns whether `client` waited."""
        wish = self._waiting.pop(client, None)
        if wish is not None and wish.deadline.is_real:
            self._keystrokes[client.owner] -= 1
            if not self._keystrokes[client.owner]:
                del self._keystrokes[client.owner]
        return wish is not None

    def _prepare(self, client: Client) -> Need | None:
        """None if `client` needs no run: it waits no more, unless it has just asked for another one."""
        wish = self._waiting.get(client)
        try:
            need = client.prepare_run()
        except Exception as error:  # an error of one field must not stop the others
            _failed([client], error)
            self._drop(client)
            return None
        if need is None and self._waiting.get(client) is wish:
            self._drop(client)
        return need

    def _most_tokens(self, chosen: Sequence[Client]) -> int | None:
        """For each of the fields in one run. None: as many as the field likes."""
        if len(chosen) > 1:
            return 1
        others_wait = any(owner != client.owner for client in chosen for owner in self._keystrokes)
        return TOKENS_A_PART if others_wait else None

    def _work(self, client: Client, wish: _Wish, most_tokens: int | None) -> _Work | None:
        try:
            arena, run = client.next_run(most_tokens)
        except Exception as error:
            _failed([client], error)
            return None
        return _Work(client, wish.queue, wish.demand, arena, run, arena.length)

    async def _run(self, works: list[_Work], *, waited_for: bool) -> ModelQueue | None:
        """If the run ran out of memory, its model."""
        queue = works[0].queue
        began, began_exactly = self._timers.time(), self._stages.clock()
        try:
            found = await queue.model.run([Step(work.arena, work.run.chunk) for work in works])
        except Exception as error:
            self._charge(works, began, self._stages.clock() - began_exactly, waited_for=waited_for)
            _failed([work.client for work in works], error)
            if not isinstance(error, OutOfMemoryError):
                return None
            self.pressure.spare()
            return queue
        seconds = self._stages.clock() - began_exactly
        self._charge(works, began, seconds, waited_for=waited_for)
        self._stages.ran(
            works[0].run.purpose,
            tokens=sum(len(work.run.nodes) for work in works),
            results=sum(len(work.run.wanted) for work in works),
            seconds=seconds,
        )
        if (traces := self._stages.traces) is not None:
            traces.ran(
                works[0].run.purpose,
                seconds,
                [work.client.trace for work in works],
                queue.name,
                tokens=sum(len(work.run.nodes) for work in works),
                results=sum(len(work.run.wanted) for work in works),
            )
        if waited_for:
            self.pressure.worked(began)
            for work in works:
                tokens = len(work.run.chunk.ids)
                self._stages.took(Stage.MODEL, seconds, work.client.trace, tokens=tokens, fields=len(works))
        for work, distributions in zip(works, found, strict=True):
            try:
                work.client.record(work.run, work.first_slot, distributions)
            except Exception as error:
                _failed([work.client], error)
        return None

    def _charge(self, works: Sequence[_Work], began: float, seconds: float, *, waited_for: bool) -> None:
        """Count the time of a run, and charge it to its owners. Work ahead costs nothing: it is done while no
        keystroke waits.
        """
        self._stages.busy(seconds, waited_for=waited_for)
        if waited_for:
            share = (self._timers.time() - began) / len(works)
            for work in works:
                self._shares.charge(work.demand, share)


class ModelQueue:
    """The scheduler, as the fields of one model see it."""

    def __init__(
        self,
        scheduler: Scheduler,
        model: ModelThread,
        name: str,
        recover: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self.model = model
        self.name = name
        self.recover = recover
        self._scheduler = scheduler

    @property
    def pressure(self) -> Pressure:
        """The load by the keystrokes of all models."""
        return self._scheduler.pressure

    def want(self, client: Client, deadline: Deadline) -> None:
        """`client` needs the model by `deadline`, which replaces an earlier deadline of `client`."""
        self._scheduler.want(client, deadline, self)

    def others_wait(self, client: Client) -> bool:
        """Whether keystrokes of other fields of the same owner wait for a model."""
        return self._scheduler.others_wait(client)

    def forget(self, client: Client) -> None:
        """`client` needs the model no more; a run under way is not stopped."""
        self._scheduler.forget(client)


def _may_share(need: Need, queue: ModelQueue) -> bool:
    return need.tokens <= FEW_TOKENS and queue.model.batches


def _failed(clients: Sequence[Client], error: Exception) -> None:
    logs.logger().error("run_failed", **logs.of(error))
    for client in clients:
        client.failed(error)
