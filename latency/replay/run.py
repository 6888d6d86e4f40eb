"""A replay: several typists at the same time, each with a connection of its own and a part of the texts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import aiohttp

from latency.replay.connection import Connection, ServerLostError, Welcome
from latency.replay.figures import TypedText
from latency.replay.server_metrics import ModelWork, read_model_work
from latency.replay.texts import Mail
from latency.replay.type_text import Manner, type_text

Progress = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Replay:
    """The typed texts. `work` is what the model did from the first key to the last answer."""

    welcome: Welcome
    typed: list[TypedText]
    work: ModelWork


async def replay(
    address: str,
    token: str,
    texts: Sequence[str | Mail],
    manner: Manner,
    *,
    typists: int = 1,
    limit_s: float | None = None,
    progress: Progress = lambda: None,
) -> Replay:
    """Types each text once. After `limit_s` all typists stop. `progress` is called after each text.

    If a typist loses the server, the others are cancelled and `ServerLostError` is raised.
    """
    stop = asyncio.Event()
    mails = [Mail(text) if isinstance(text, str) else text for text in texts]
    queue = iter(list(enumerate(mails)))  # shared: a typist that has finished takes the next text
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
    typed = [text for _, texts_of_one in results for text in texts_of_one]
    return Replay(results[0][0], typed, work)


async def _typist(
    http: aiohttp.ClientSession,
    address: str,
    token: str,
    queue: Iterator[tuple[int, Mail]],
    manner: Manner,
    stop: asyncio.Event,
    progress: Progress,
) -> tuple[Welcome, list[TypedText]]:
    typed: list[TypedText] = []
    async with Connection(http, address, token) as connection:
        for number, mail in queue:
            if stop.is_set():
                break
            typing = replace(manner, subject=mail.subject, answered=mail.answered, label=mail.label)
            typed.append(await type_text(connection, f"mail-{number}", mail.text, typing, stop=stop))
            progress()
        return connection.welcome, typed


def _first(errors: BaseExceptionGroup[ServerLostError]) -> ServerLostError:
    """The first error that is no group."""
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
