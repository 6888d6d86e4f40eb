"""One typist, and then as many as are carried, at a server of their own on one device."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from os import getpid
from pathlib import Path

import aiohttp

from latency.capacity.crowd import Crowd
from latency.capacity.steps import LAST_ANSWERS_S, Step, hold
from latency.gpu.plan import next_crowd
from latency.replay.connection import Connection, ServerLostError
from latency.replay.figures import Figures, summarise
from latency.replay.run import replay
from latency.replay.server import OwnServer, own_server
from latency.replay.session import Manner
from latency.replay.usage import Meter

MANNER = Manner(wpm=40, kind="email", seed=0)


@dataclass(frozen=True, slots=True)
class Size:
    """How long things are watched, in seconds, and how many type first."""

    typist_s: float
    ramp_s: float
    hold_s: float
    first: int


@dataclass(slots=True)
class Typed:
    """`note`s say what did not fit or went wrong; what was measured until then stands."""

    ready_s: float | None = None
    budget_ms: float | None = None
    one: Figures | None = None
    one_note: str | None = None
    crowds: list[Step] = field(default_factory=list)
    crowds_note: str | None = None

    @property
    def carried(self) -> int | None:
        """Typists of the largest crowd that was; None where none was watched."""
        if self.budget_ms is None or not self.crowds:
            return None
        return max((step.typists for step in self.crowds if step.carried(self.budget_ms or 0)), default=0)


async def measure(
    settings: Mapping[str, str],
    texts: Sequence[str],
    size: Size,
    *,
    log: Path,
    typist_limit: float,
    crowd_limit: Callable[[], float],
) -> Typed:
    """A server with `settings`; the limits are in seconds, the second one asked for when the first part is
    over. Raises no `ServerLostError`: it stands in the notes.
    """
    typed = Typed()
    began = time.monotonic()
    try:
        async with _started(log, settings, typist_limit) as server:
            typed.ready_s = server.ready_s
            left = typist_limit - (time.monotonic() - began)
            await _one(typed, server, texts, min(size.typist_s, left))
            await _more(typed, server, texts, size, crowd_limit())
    except TimeoutError:
        typed.one_note = typed.crowds_note = f"the server was not ready within {typist_limit:.0f} s"
    except ServerLostError as error:
        typed.crowds_note = str(error)
        if typed.one is None:
            typed.one_note = str(error)
    return typed


@asynccontextmanager
async def _started(log: Path, settings: Mapping[str, str], limit_s: float) -> AsyncIterator[OwnServer]:
    """Raises TimeoutError where it is not ready in time, and `ServerLostError`."""
    async with asyncio.timeout(limit_s) as waiting, own_server(log, settings=settings) as server:
        waiting.reschedule(None)
        yield server


async def _one(typed: Typed, server: OwnServer, texts: Sequence[str], limit_s: float) -> None:
    if limit_s <= 0:
        typed.one_note = "no time was left when the server was ready"
        return
    done = await replay(server.address, server.token, texts, MANNER, limit_s=limit_s)
    typed.budget_ms = done.welcome.budget_ms
    typed.one = summarise(done.sessions, budget_ms=typed.budget_ms)


async def _more(typed: Typed, server: OwnServer, texts: Sequence[str], size: Size, limit_s: float) -> None:
    """Crowds until it is known how many are carried, or time is out."""
    end = time.monotonic() + limit_s
    meters = Meter(server.pid), Meter(getpid())
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        async with Connection(http, server.address, server.token) as connection:
            budget_ms = typed.budget_ms = connection.welcome.budget_ms
        each_s = size.ramp_s + size.hold_s + budget_ms / 1000 + LAST_ANSWERS_S
        async with Crowd(http, server.address, server.token, texts, MANNER) as crowd:
            tried: dict[int, bool] = {}
            while (typists := next_crowd(tried, size.first)) is not None:
                if time.monotonic() + each_s > end:
                    typed.crowds_note = f"{typists} would have been next, but {limit_s:.0f} s were over"
                    return
                crowd.shrink(typists)
                await crowd.grow(typists, size.ramp_s)
                step = await hold(crowd, typists, *meters, seconds=size.hold_s, budget_ms=budget_ms)
                typed.crowds.append(step)
                tried[typists] = step.carried(budget_ms)
