"""One typist, and then crowds, at a server with a model on one device."""

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
from latency.capacity.load_step import LAST_ANSWERS_S, LoadStep, watch
from latency.gpu.crowd_search import next_crowd
from latency.replay.connection import Connection, ServerLostError
from latency.replay.figures import Figures, summarise
from latency.replay.run import replay
from latency.replay.server import OwnServer, own_server
from latency.replay.type_text import Manner
from latency.replay.usage import Meter

MANNER = Manner(wpm=40, kind="email", seed=0)


@dataclass(frozen=True, slots=True)
class TypingSetup:
    """Seconds for one typist, and for the ramp and the watching of each crowd. `first` is the size of the
    first crowd.
    """

    typist_s: float
    ramp_s: float
    hold_s: float
    first: int


@dataclass(slots=True)
class TypingFigures:
    """The figures. A note says why a part is incomplete; what was measured before it is kept."""

    ready_s: float | None = None
    budget_ms: float | None = None
    one: Figures | None = None
    one_note: str | None = None
    crowds: list[LoadStep] = field(default_factory=list)
    crowds_note: str | None = None

    @property
    def served(self) -> int | None:
        """Typists of the largest crowd that was served. None if no crowd was watched."""
        if self.budget_ms is None or not self.crowds:
            return None
        return max((step.typists for step in self.crowds if step.served(self.budget_ms or 0)), default=0)


async def measure(
    settings: Mapping[str, str],
    texts: Sequence[str],
    setup: TypingSetup,
    *,
    log: Path,
    typist_limit: float,
    crowd_limit: Callable[[], float],
) -> TypingFigures:
    """Starts a server with `settings`, and measures one typist and then crowds. The limits are in seconds;
    `crowd_limit` is called when the first part is over. If the server is lost, a note says so.
    """
    typed = TypingFigures()
    began = time.monotonic()
    try:
        async with _started(log, settings, typist_limit) as server:
            typed.ready_s = server.ready_s
            left = typist_limit - (time.monotonic() - began)
            await _one_typist(typed, server, texts, min(setup.typist_s, left))
            await _crowds(typed, server, texts, setup, crowd_limit())
    except TimeoutError:
        typed.one_note = typed.crowds_note = f"the server was not ready within {typist_limit:.0f} s"
    except ServerLostError as error:
        typed.crowds_note = str(error)
        if typed.one is None:
            typed.one_note = str(error)
    return typed


@asynccontextmanager
async def _started(log: Path, settings: Mapping[str, str], limit_s: float) -> AsyncIterator[OwnServer]:
    """Raises TimeoutError if the server is not ready within `limit_s`, and `ServerLostError`."""
    async with asyncio.timeout(limit_s) as waiting, own_server(log, settings=settings) as server:
        waiting.reschedule(None)
        yield server


async def _one_typist(typed: TypingFigures, server: OwnServer, texts: Sequence[str], limit_s: float) -> None:
    if limit_s <= 0:
        typed.one_note = "no time was left when the server was ready"
        return
    done = await replay(server.address, server.token, texts, MANNER, limit_s=limit_s)
    typed.budget_ms = done.welcome.budget_ms
    typed.one = summarise(done.typed, budget_ms=typed.budget_ms)


async def _crowds(
    typed: TypingFigures, server: OwnServer, texts: Sequence[str], setup: TypingSetup, limit_s: float
) -> None:
    """Crowds, until it is known how many typists are served or the time is over."""
    end = time.monotonic() + limit_s
    meters = Meter(server.pid), Meter(getpid())
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        async with Connection(http, server.address, server.token) as connection:
            budget_ms = typed.budget_ms = connection.welcome.budget_ms
        each_s = setup.ramp_s + setup.hold_s + budget_ms / 1000 + LAST_ANSWERS_S
        async with Crowd(http, server.address, server.token, texts, MANNER) as crowd:
            tried: dict[int, bool] = {}
            while (typists := next_crowd(tried, setup.first)) is not None:
                if time.monotonic() + each_s > end:
                    typed.crowds_note = (
                        f"a crowd of {typists} was not measured, because the {limit_s:.0f} s were over"
                    )
                    return
                crowd.shrink(typists)
                await crowd.grow(typists, setup.ramp_s)
                step = await watch(crowd, typists, *meters, seconds=setup.hold_s, budget_ms=budget_ms)
                typed.crowds.append(step)
                tried[typists] = step.served(budget_ms)
