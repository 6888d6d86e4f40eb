"""A running server closes old sockets, and idle ones above its target, and no keystroke loses its answer."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest

from foretype.engine.keystroke import Keystroke
from foretype.server.shedding import (
    IDLE_CLOSED_PER_SECOND,
    IDLE_SECONDS,
    IDLE_WAIT_SECONDS,
    TICK_SECONDS,
    TYPING_WAIT_SECONDS,
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
    assert 0 <= closings[typing].wait_s <= TYPING_WAIT_SECONDS
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
        assert 0 <= told["retry_ms"] <= TYPING_WAIT_SECONDS * 1000
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
