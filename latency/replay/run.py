"""Several typists at once, each with a connection of its own and a share of the texts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import aiohttp

from latency.replay.connection import Connection, ServerLostError, Welcome
from latency.replay.counters import ModelWork, read_model_work
from latency.replay.figures import Session
from latency.replay.session import Manner, type_text

Progress = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Replay:
    """`work` is what the model did from the first key to the last answer, as far as the server says."""

    welcome: Welcome
    sessions: list[Session]
    work: ModelWork


async def replay(
    address: str,
    token: str,
    texts: Sequence[str],
    manner: Manner,
    *,
    typists: int = 1,
    limit_s: float | None = None,
    progress: Progress = lambda: None,
) -> Replay:
    """Types all texts, each once; after `limit_s` everybody stops. `progress` follows each text.

    Raises `ServerLostError` as soon as one typist loses the server; the others are then cancelled.
    """
    stop = asyncio.Event()
    queue = iter(list(enumerate(texts)))  # one iterator for all: who is done takes the next text
    if limit_s is not None:
        asyncio.get_running_loop().call_later(limit_s, stop.set)
    try:
        async with aiohttp.ClientSession() as http:
            before = await read_model_work(http, address)
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(_typist(http, address, token, queue, manner, stop, progress))
                    for _ in range(min(typists, len(texts)))
                ]
            work = (await read_model_work(http, address)).since(before)
    except ExceptionGroup as errors:
        lost = errors.subgroup(ServerLostError)
        if lost is None:
            raise
        raise _first(lost) from None
    results = [task.result() for task in tasks]
    sessions = [session for _, sessions in results for session in sessions]
    return Replay(results[0][0], sessions, work)


async def _typist(
    http: aiohttp.ClientSession,
    address: str,
    token: str,
    queue: Iterator[tuple[int, str]],
    manner: Manner,
    stop: asyncio.Event,
    progress: Progress,
) -> tuple[Welcome, list[Session]]:
    sessions: list[Session] = []
    async with Connection(http, address, token) as connection:
        for number, text in queue:
            if stop.is_set():
                break
            sessions.append(await type_text(connection, f"mail-{number}", text, manner, stop=stop))
            progress()
        return connection.welcome, sessions


def _first(errors: BaseExceptionGroup[ServerLostError]) -> ServerLostError:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
