"""A running server closes old sockets, and idle ones above its target, and no keystroke loses its answer."""

from __future__ import annotations

import asyncio
from functools import partial
from random import Random
from typing import Any

import pytest

from foretype.engine.keystroke import Keystroke
from foretype.server.balance import Report
from foretype.server.shedding import (
    IDLE_CLOSED_PER_SECOND,
    IDLE_SECONDS,
    IDLE_WAIT_SECONDS,
    SPREAD_SECONDS,
    TICK_SECONDS,
    Shedder,
    ShedPolicy,
    shed,
)
from tests.fake_time import FakeClock
from tests.server.conftest import Start
from tests.server.fake import FakeDesk, FakeEngine, suggested

LONGEST_S = 1800.0


class FakeConnection:
    def __init__(self, idle_seconds: float = 0.0) -> None:
        self.idle_seconds = idle_seconds
        self.log: list[str] = []

    async def answered(self) -> None: ...

    async def leave(self, retry_after: float) -> None: ...

    async def just_answered(self, within: float) -> None:
        self.log.append("answered")

    async def move(self, retry_after: float) -> None:
        self.log.append("moved")


class Ticks:
    """A sleep that ends when the test says so."""

    def __init__(self) -> None:
        self._ticks: asyncio.Queue[None] = asyncio.Queue()
        self._asked = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        assert seconds == TICK_SECONDS
        self._asked.set()
        await self._ticks.get()

    async def tick(self) -> None:
        """Let the loop go round once, until it sleeps again."""
        await self._asked.wait()
        self._asked.clear()
        self._ticks.put_nowait(None)
        await self._asked.wait()


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


def test_sockets_that_were_opened_together_are_not_closed_together(clock: FakeClock) -> None:
    shedder = Shedder(ShedPolicy(longest_age_s=LONGEST_S), clock, Random(1))
    everyone = {FakeConnection() for _ in range(2000)}
    began, closed = clock.now, []
    while everyone:
        due = shedder.due(everyone)
        closed += [(clock.now - began, len(due))] if due else []
        everyone -= {one.connection for one in due}  # type: ignore[arg-type]
        clock.now += TICK_SECONDS
    assert closed[0][0] >= LONGEST_S / 2
    assert closed[-1][0] <= LONGEST_S + TICK_SECONDS
    assert max(count for _, count in closed) < 15  # 2,000 in 900 s are 2.2 a second


def test_each_socket_is_chosen_once_while_it_closes(clock: FakeClock) -> None:
    shedder = Shedder(ShedPolicy(longest_age_s=LONGEST_S), clock, Random(1))
    one = FakeConnection()
    assert shedder.due([one]) == []
    clock.now += LONGEST_S
    assert [closing.connection for closing in shedder.due([one])] == [one]
    assert shedder.due([one]) == []
    assert shedder.due([]) == []


def test_a_client_that_types_waits_for_its_answer_and_is_soon_back(clock: FakeClock) -> None:
    shedder = Shedder(ShedPolicy(longest_age_s=LONGEST_S), clock, Random(1))
    typing, idle = FakeConnection(idle_seconds=0.3), FakeConnection(idle_seconds=IDLE_SECONDS)
    shedder.due([typing, idle])
    clock.now += LONGEST_S
    closings = {closing.connection: closing for closing in shedder.due([typing, idle])}
    assert closings[typing].after_answer
    assert closings[typing].wait_s == 0
    assert not closings[idle].after_answer
    assert 0 <= closings[idle].wait_s <= IDLE_WAIT_SECONDS


def test_above_its_target_a_server_closes_idle_sockets_a_few_a_second(clock: FakeClock) -> None:
    shedder = Shedder(ShedPolicy(target=3), clock, Random(1))
    typing = [FakeConnection(idle_seconds=1) for _ in range(2)]
    idle = [FakeConnection(idle_seconds=IDLE_SECONDS + number) for number in range(8)]
    everyone = [*typing, *idle]
    first = [closing.connection for closing in shedder.due(everyone)]
    assert first == idle[:-6:-1]  # those that were idle for longest
    assert len(first) == IDLE_CLOSED_PER_SECOND
    assert {closing.connection for closing in shedder.due(everyone)} == {idle[2], idle[1]}
    assert shedder.due(everyone) == []  # three stay: the target
    assert shedder.due([*typing, *(FakeConnection(idle_seconds=1) for _ in range(9))]) == []  # nobody is idle


def test_without_a_limit_nothing_is_closed(clock: FakeClock) -> None:
    shedder = Shedder(ShedPolicy(), clock)
    idle = [FakeConnection(idle_seconds=1e9) for _ in range(100)]
    shedder.due(idle)
    clock.now += 1e9
    assert shedder.due(idle) == []


class Fleet:
    """Servers behind a balancer that opens each socket at the server with the fewest, and reports to each.

    Servers without sockets are down until `run`. The others have run for long: their sockets have all ages.
    """

    def __init__(
        self, clock: FakeClock, *sockets: int, idle_seconds: float = 0.3, policy: ShedPolicy
    ) -> None:
        self._clock = clock
        self._open = [{FakeConnection(idle_seconds) for _ in range(count)} for count in sockets]
        self._shedders = [
            Shedder(policy, clock, Random(number), partial(self._report, number))
            for number in range(len(sockets))
        ]
        self._up = [number for number, count in enumerate(sockets) if count > 0]
        self._reports, self.moved = False, 0
        if policy.longest_age_s is not None:
            for _ in range(300):
                self._tick(policy.longest_age_s / 100)

    @property
    def sockets(self) -> list[int]:
        return [len(one) for one in self._open]

    def run(self, seconds: float) -> None:
        """With all servers."""
        self._up, self._reports = list(range(len(self._open))), True
        for _ in range(round(seconds / TICK_SECONDS)):
            self._tick(TICK_SECONDS)

    def _tick(self, seconds: float) -> None:
        self._clock.now += seconds
        due = [self._shedders[number].due(self._open[number]) for number in self._up]
        for number, closings in zip(self._up, due, strict=True):
            self._open[number] -= {closing.connection for closing in closings}  # type: ignore[arg-type]
        for closing in [one for closings in due for one in closings]:
            fewest = min(self._up, key=lambda number: len(self._open[number]))
            self._open[fewest].add(FakeConnection(closing.connection.idle_seconds))
            self.moved += 1

    def _report(self, server: int) -> Report | None:
        mine, every = len(self._open[server]), sum(self.sockets)
        return Report(1, len(self._open), mine, every) if self._reports else None


@pytest.mark.parametrize("idle_seconds", [0.3, 100.0])
@pytest.mark.parametrize(
    "sockets",
    [
        (0, 12, 12),
        (24, 0, 0),
        (2, 0, 10),
        (36, 12),
        (0, 500, 500),
        (3000, 0, 0),
        *((0, *[20] * n) for n in range(1, 30, 4)),
    ],
    ids=str,
)
def test_sockets_are_even_within_30_percent_after_two_minutes(
    clock: FakeClock, sockets: tuple[int, ...], idle_seconds: float
) -> None:
    fleet = Fleet(clock, *sockets, idle_seconds=idle_seconds, policy=ShedPolicy(longest_age_s=LONGEST_S))
    fleet.run(120)
    even = sum(sockets) / len(sockets)
    assert sum(fleet.sockets) == sum(sockets)
    assert 0.7 * even <= min(fleet.sockets) <= max(fleet.sockets) <= 1.3 * even


def test_only_so_many_sockets_move_as_are_too_many_and_then_none(clock: FakeClock) -> None:
    fleet = Fleet(clock, 24, 0, 0, policy=ShedPolicy())
    fleet.run(60)
    assert fleet.sockets == [8, 8, 8]
    assert fleet.moved == 16
    fleet.run(600)
    assert fleet.moved == 16


@pytest.mark.parametrize("sockets", [(1, 0, 0), (9, 8, 7), (10, 10, 10, 10, 9), (105, 100, 95)], ids=str)
def test_small_differences_move_no_client(clock: FakeClock, sockets: tuple[int, ...]) -> None:
    fleet = Fleet(clock, *sockets, policy=ShedPolicy())
    fleet.run(600)
    assert fleet.moved == 0


def test_clients_that_type_are_moved_slowly_and_after_the_idle_ones(clock: FakeClock) -> None:
    typing = {FakeConnection(idle_seconds=1) for _ in range(300)}
    idle = {FakeConnection(idle_seconds=IDLE_SECONDS) for _ in range(3)}
    shedder = Shedder(ShedPolicy(), clock, Random(1), lambda: Report(1, 2, 303, 303))
    closings = shedder.due(typing | idle)
    assert len(closings) == round(151.5 / SPREAD_SECONDS)
    assert {one.connection for one in closings} > idle
    assert [one.after_answer for one in closings] == [False] * 3 + [True] * 5


def test_a_server_of_weight_0_hands_over_all_its_clients(clock: FakeClock) -> None:
    connections = {FakeConnection() for _ in range(3)}
    shedder = Shedder(ShedPolicy(), clock, Random(1), lambda: Report(0, 2, len(connections), 24))
    for left in (2, 1, 0, 0):
        connections -= {closing.connection for closing in shedder.due(connections)}  # type: ignore[arg-type]
        assert len(connections) == left


def test_sockets_that_the_report_does_not_know_yet_are_not_too_many(clock: FakeClock) -> None:
    connections = {FakeConnection() for _ in range(10)}
    shedder = Shedder(ShedPolicy(), clock, Random(1), lambda: Report(1, 3, 0, 0))
    assert shedder.due(connections) == []


def test_without_a_report_nobody_is_moved(clock: FakeClock) -> None:
    reports: list[Report | None] = [Report(1, 2, 24, 24)]
    shedder = Shedder(ShedPolicy(), clock, Random(1), lambda: reports[0])
    connections = {FakeConnection() for _ in range(24)}
    assert len(shedder.due(connections)) == 1
    reports[0] = None
    assert shedder.due(connections) == []


async def test_a_socket_that_fails_does_not_keep_the_others_open(clock: FakeClock, ticks: Ticks) -> None:
    class Broken(FakeConnection):
        async def move(self, retry_after: float) -> None:
            raise RuntimeError

    broken, typing, idle = Broken(), FakeConnection(), FakeConnection(idle_seconds=IDLE_SECONDS)
    everyone = [broken, typing, idle]
    shedding = asyncio.create_task(
        shed(Shedder(ShedPolicy(longest_age_s=LONGEST_S), clock), lambda: everyone, ticks.sleep)
    )
    await ticks.tick()
    clock.now += LONGEST_S
    await ticks.tick()
    await ticks.tick()
    assert typing.log == ["answered", "moved"]
    assert idle.log == ["moved"]
    assert not shedding.done()
    shedding.cancel()


async def test_the_answer_comes_before_the_socket_is_closed(
    start: Start, clock: FakeClock, ticks: Ticks
) -> None:
    waiting: list[tuple[FakeDesk, str, Keystroke]] = []
    engine = FakeEngine(lambda *asked: waiting.append(asked))
    async with start(engine, socket_minutes=0) as running, running.client() as client:
        shedder = Shedder(ShedPolicy(longest_age_s=LONGEST_S), clock)
        connections = running.server.service.connections
        shedding = asyncio.create_task(shed(shedder, lambda: connections, ticks.sleep))
        await client.keystroke(1)
        await engine.until("keystroke", 1)
        await ticks.tick()
        clock.now += LONGEST_S
        await ticks.tick()
        await client.keystroke(2)  # the socket is old, and the server still answers
        await engine.until("keystroke", 2)
        desk, field, keystroke = waiting[-1]
        desk.answer(field, keystroke.seq, suggested("ck"), final=True, elapsed_ms=1)
        answer: dict[str, Any] = await client.next()
        assert (answer["type"], answer["seq"]) == ("suggestion", 2)
        told = await client.next()
        assert told["code"] == "draining"
        assert told["retry_ms"] == 0
        assert "shutting down" not in told["message"]
        assert await client.closed() == 1012
        async with running.client():  # and it serves the next socket
            pass
        shedding.cancel()


async def test_draining_ends_the_shedding(start: Start) -> None:
    async with start(socket_minutes=1, sockets_target=1) as running:
        shedding = running.server._shedding
        assert shedding is not None
        await running.server.drain()
        with pytest.raises(asyncio.CancelledError):
            await shedding
