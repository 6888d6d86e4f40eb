"""A server that is stopped closes its connections one after the other, and no keystroke loses its answer."""

from __future__ import annotations

import asyncio
from random import Random

import aiohttp
import pytest

from foretype.engine.keystroke import Keystroke
from foretype.server.draining import LONGEST_WAIT_SECONDS, RETURNS_PER_SECOND, close_all
from tests.server.conftest import Start
from tests.server.fake import FakeDesk, FakeEngine, suggested


class FakeConnection:
    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.wait = -1.0

    async def answered(self) -> None:
        self.log.append("answered")

    async def leave(self, retry_after: float) -> None:
        self.log.append("left")
        self.wait = retry_after


async def test_connections_are_closed_over_the_given_time_each_after_its_answer() -> None:
    log: list[str] = []
    sleeps: list[float] = []

    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)

    connections = [FakeConnection(log) for _ in range(400)]
    await close_all(connections, 20.0, Random(1), sleep)
    assert [log.count(word) for word in ("answered", "left")] == [400, 400]
    assert min(sleeps) < 1 < 19 < max(sleeps) <= 20
    assert all(one.wait == 0 for one in connections)  # they return in as many seconds as they were closed in


async def test_connections_that_are_closed_at_once_return_one_after_the_other() -> None:
    connections = [FakeConnection([]) for _ in range(1000)]
    await close_all(connections, 0, Random(1))
    waits = sorted(one.wait for one in connections)
    assert waits[0] >= 0
    assert 1000 / RETURNS_PER_SECOND * 0.9 < waits[-1] <= 1000 / RETURNS_PER_SECOND
    many = [FakeConnection([]) for _ in range(20_000)]
    await close_all(many, 0, Random(1))
    assert max(one.wait for one in many) <= LONGEST_WAIT_SECONDS


async def test_one_connection_that_fails_does_not_keep_the_others_open() -> None:
    class Broken(FakeConnection):
        async def leave(self, retry_after: float) -> None:
            raise ConnectionResetError

    log: list[str] = []
    await close_all([Broken(log), FakeConnection(log)], 0, Random(1))
    assert log == ["left"]


async def test_a_keystroke_that_is_being_answered_gets_its_answer_before_the_socket_closes(
    start: Start,
) -> None:
    waiting: list[tuple[FakeDesk, str, Keystroke]] = []
    engine = FakeEngine(lambda *asked: waiting.append(asked))
    async with start(engine, drain_seconds=1e-9) as running, running.client() as client:
        await client.keystroke(1)
        await engine.until("keystroke", 1)
        drained = asyncio.create_task(running.server.drain())
        # While it drains, other sockets are refused.
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with running.socket():
                pass
        assert refused.value.status == 503
        assert not drained.done()
        desk, field, keystroke = waiting[0]
        desk.answer(field, keystroke.seq, suggested("ck"), final=True, elapsed_ms=1)
        assert (await client.next())["type"] == "suggestion"
        told = await client.next()
        assert told["code"] == "draining"
        assert 0 <= told["retry_ms"] <= 1000 / RETURNS_PER_SECOND
        assert await client.closed() == 1012
        await drained
