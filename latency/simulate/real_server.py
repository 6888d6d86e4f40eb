"""Crowds at a real server: its own counters, and what the typists saw."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from os import getpid
from pathlib import Path

import aiohttp

from latency.capacity.crowd import Crowd
from latency.capacity.load_step import LoadStep, watch
from latency.replay.connection import Connection
from latency.replay.ledger import SentKeystroke
from latency.replay.server import OwnServer, own_server
from latency.replay.server_metrics import read_counters
from latency.replay.type_text import Manner
from latency.replay.usage import Meter


@dataclass(frozen=True, slots=True)
class Watched:
    """What the typists saw in a time, and by how much the server's counters grew in it, with their labels'
    values: `counted["foretype_stage_ms_sum", "tree"]`. `log`: the lines that the server wrote in it,
    and `log_before` those since the crowd before. `budget_ms` is the server's.
    """

    step: LoadStep
    seconds: float
    counted: Mapping[tuple[str, ...], float]
    missed_share: float
    log_before: Sequence[str]
    log: Sequence[str]
    budget_ms: float

    @property
    def busy_share(self) -> float:
        """The share of the time in which the model ran for keystrokes."""
        return self.counted["foretype_model_busy_seconds_total", "keystroke"] / self.seconds


def missed_share(sent: Iterable[SentKeystroke], budget_ms: float) -> float:
    """Keystrokes that were refused, answered late or not answered, of those that were due an answer."""
    due = [one for one in sent if one.final is not None or one.owed(budget_ms)]
    late = budget_ms / 1000
    missed = sum(one.error is not None or one.final is None or one.final - one.at > late for one in due)
    return missed / len(due) if due else 0.0


async def watch_crowds(
    settings: Mapping[str, str],
    texts: Sequence[str],
    manner: Manner,
    crowds: Iterable[int],
    *,
    log: Path,
    ramp_s: float,
    settle_s: float,
    hold_s: float,
) -> AsyncGenerator[Watched]:
    """One server, and crowds of these sizes one after the other. After each ramp, `settle_s` do not count,
    because the texts of new typists are read first.
    """
    async with _connected(settings, log) as (server, http, budget_ms):
        meters = Meter(server.pid), Meter(getpid())
        async with Crowd(http, server.address, server.token, texts, manner) as crowd:
            for typists in crowds:
                begun = _size(log)
                await crowd.grow(typists, ramp_s)
                await asyncio.sleep(settle_s)
                written = _size(log)
                before, began = await read_counters(http, server.address), asyncio.get_running_loop().time()
                begin = time.perf_counter()
                step = await watch(crowd, typists, *meters, seconds=hold_s, budget_ms=budget_ms)
                after, ended = await read_counters(http, server.address), asyncio.get_running_loop().time()
                lines = _lines(log, begun, written), _lines(log, written)
                missed = missed_share(crowd.keystrokes(begin, begin + hold_s), budget_ms)
                yield Watched(step, ended - began, after - before, missed, *lines, budget_ms)


@asynccontextmanager
async def _connected(
    settings: Mapping[str, str], log: Path
) -> AsyncIterator[tuple[OwnServer, aiohttp.ClientSession, float]]:
    async with (
        own_server(log, settings=settings) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        async with Connection(http, server.address, server.token) as connection:
            budget_ms = connection.welcome.budget_ms
        yield server, http, budget_ms


def _size(log: Path) -> int:
    return log.stat().st_size


def _lines(log: Path, begin: int, end: int | None = None) -> list[str]:
    return log.read_bytes()[begin:end].decode().splitlines()
