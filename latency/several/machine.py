"""Several servers on this machine behind HAProxy, and people who type there."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from latency.errors import MeasurementError
from latency.replay.server import free_ports
from latency.several.haproxy import Behind, HAProxy, find_haproxy, on_cores
from latency.several.replica import SERVE, Replica
from latency.several.typist import Typist

LAST_ANSWERS_S = 10.0
BEGIN_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Machine:
    proxy: HAProxy
    replicas: Sequence[Replica]
    token: str


@asynccontextmanager
async def several(
    count: int,
    settings: Mapping[str, str],
    program: Sequence[str] = SERVE,
    *,
    started: int | None = None,
    cores: Sequence[Sequence[int]] | None = None,
) -> AsyncIterator[Machine]:
    """HAProxy before `count` servers. All are killed at the end. Raises `MeasurementError`.

    `program`: another one that serves. `started`: only so many servers are started, although HAProxy knows
    all. `cores`: the processors of each server; HAProxy runs on all of them.
    """
    token = secrets.token_urlsafe(24)
    front, *ports = free_ports(1 + 2 * count)
    behind = [Behind(f"s{number + 1:02}", *ports[2 * number : 2 * number + 2]) for number in range(count)]
    async with AsyncExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        proxy = HAProxy(
            find_haproxy(), folder, behind, front, [core for own in cores or () for core in own] or None
        )
        host, more = f"127.0.0.1:{front}", {"FORETYPE_TOKEN": token, "FORETYPE_FRUGAL": "off", **settings}
        pinned = [on_cores(own) for own in cores] if cores else [()] * count
        replicas = [
            Replica(one, host, folder, more, (*core, *program))
            for one, core in zip(behind, pinned, strict=True)
        ]
        first = replicas[:started]
        for kill in (*(replica.kill for replica in replicas), proxy.kill):
            ending.push_async_callback(kill)
        await asyncio.gather(*(replica.start() for replica in first))
        await proxy.start()
        await proxy.until_up([replica.behind.name for replica in first])
        yield Machine(proxy, replicas, token)


@asynccontextmanager
async def people_typing(
    there: Machine, texts: Sequence[str], typists: int, pace_s: float
) -> AsyncIterator[list[Typist]]:
    """Typists who have their first answers when the block begins, and their last ones when it has ended.

    Raises `MeasurementError` if an answer never comes.
    """
    stop = asyncio.Event()
    async with aiohttp.ClientSession() as http:
        people = [
            Typist(http, [there.proxy.address], there.token, texts[number % len(texts)], pace_s, number)
            for number in range(typists)
        ]
        tasks = [asyncio.create_task(one.type(stop=stop)) for one in people]
        try:
            async with asyncio.timeout(BEGIN_TIMEOUT_S):
                await next_answers(people)
            yield people
            stop.set()
            async with asyncio.timeout(LAST_ANSWERS_S):
                await asyncio.gather(*tasks)
        except TimeoutError:
            waiting = sum(not task.done() for task in tasks)
            raise MeasurementError(f"{waiting} of {typists} typists got no answer.") from None
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def next_answers(people: Sequence[Typist]) -> None:
    """Until each has one more answer."""
    for one in people:
        one.answers_come.clear()
    await asyncio.gather(*(one.answers_come.wait() for one in people))
