"""Two servers behind HAProxy are restarted, or one of them is killed, while people type: nobody notices, and
the sockets are even again soon.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from latency.cluster.sockets import Sample
from latency.several.machine import Machine, next_answers, people_typing, several
from latency.several.typist import Typist

PROGRAM = (sys.executable, str(Path(__file__).resolve().parents[1] / "cli" / "fake_models.py"), "serve")
TEXT = "Thanks for the quick answer."
TYPISTS = 12
PACE_SECONDS = 0.02
WAIT_SECONDS = 150

pytestmark = pytest.mark.usefixtures("haproxy_program")


@contextlib.asynccontextmanager
async def two_servers() -> AsyncIterator[Machine]:
    """Two servers behind HAProxy, with an engine that answers at once."""
    async with several(2, {"FORETYPE_DRAIN_SECONDS": "1"}, program=PROGRAM) as there:
        yield there


@contextlib.asynccontextmanager
async def typing(there: Machine) -> AsyncIterator[Sequence[Typist]]:
    """Typists who have their first answers when the block begins, and their last ones when it has ended."""
    async with people_typing(there, [TEXT], TYPISTS, PACE_SECONDS) as people:
        yield people
    told = [typist.told for typist in people]
    slowest = max(one.slowest_s for one in people)
    print(f"{sum(one.answered for one in people)} keystrokes, the slowest in {slowest:.3f} s")
    assert not any(one.errors for one in told)


async def test_no_keystroke_waits_for_more_than_one_reconnection() -> None:
    async with asyncio.timeout(WAIT_SECONDS), two_servers() as there, typing(there) as people:
        for replica in there.replicas:
            assert await replica.stop() == 0
            await replica.start()
            await there.proxy.until_up()
    told = [typist.told for typist in people]
    # Each of them was at a server that was stopped.
    assert all(one.moved >= 1 for one in told)
    assert sum(one.moved for one in told) > TYPISTS
    assert sum(one.unconnected for one in told) == 0
    assert sum(one.cut for one in told) == 0


async def test_a_server_that_is_killed_costs_each_of_its_sockets_one_reconnection() -> None:
    async with asyncio.timeout(WAIT_SECONDS), two_servers() as there, typing(there) as people:
        await there.replicas[0].kill()
        await next_answers(people)
    told = [typist.told for typist in people]
    assert 0 < sum(one.cut for one in told) < TYPISTS
    assert all(one.cut <= 1 for one in told)
    # HAProxy has not asked the dead server yet: it finds nobody there, and opens the socket on the other one.
    assert sum(one.unconnected for one in told) == 0


async def test_a_server_that_was_restarted_gets_its_share_while_everybody_types() -> None:
    async with asyncio.timeout(WAIT_SECONDS), two_servers() as there, typing(there) as people:
        first = there.replicas[0]
        assert await first.stop() == 0
        await first.start()
        await there.proxy.until_up()
        while not await are_even(there):
            await next_answers(people)
    told = [typist.told for typist in people]
    assert sum(one.unconnected for one in told) == 0
    assert sum(one.cut for one in told) == 0


async def are_even(there: Machine) -> bool:
    sockets = {name: state.sockets for name, state in (await there.proxy.servers()).items()}
    return sum(sockets.values()) == TYPISTS and Sample(0.0, sockets).is_even
