"""The same texts, sent again and again to an idle server: their suggestions must stay the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import repeat

from foretype.engine.keystroke import Source
from latency.endurance.place import Place
from latency.errors import MeasurementError
from latency.replay.connection import Connection
from latency.replay.plain_typing import answers_to

PROBES = 40
LENGTHS = (15, 60, 140)  # characters of the texts, in turns
TRIES = 10
# In times of the answer's own time. The model then works a fifth of the time, and the engine, which shortens
# suggestions under load (`foretype.engine.pressure`), shortens none.
RESTS = 4.0


class ProbeUnansweredError(MeasurementError):
    """The server had no time for a probe, although nobody else used it."""

    def __init__(self) -> None:
        super().__init__(
            f"The server had no time for a probe in {TRIES} tries. Run this on a machine that is less busy."
        )


def probe_texts(texts: Sequence[str]) -> list[str]:
    return [texts[number % len(texts)][: LENGTHS[number % len(LENGTHS)]] for number in range(PROBES)]


async def ask(place: Place) -> list[str]:
    """The suggestions for the probes. Raises `ProbeUnansweredError` and `ServerLostError`."""
    async with place.connection() as connection:
        return [await _ask_and_rest(connection, text) for text in probe_texts(place.texts)]


async def _ask_and_rest(connection: Connection, before: str) -> str:
    started = time.perf_counter()
    answer = await _ask(connection, before)
    await asyncio.sleep(RESTS * (time.perf_counter() - started))
    return answer


async def _ask(connection: Connection, before: str) -> str:
    """An answer that the time budget has cut short depends on the machine's other work: it is asked again, in
    the same field, which keeps what the model has computed.
    """
    async for final in answers_to(connection, "probe", repeat(before, TRIES)):
        if final.source in (Source.TREE, Source.MODEL):
            await connection.forget("probe")
            return final.text
    raise ProbeUnansweredError


def different(first: Sequence[str], second: Sequence[str]) -> int:
    return sum(a != b for a, b in zip(first, second, strict=True))
