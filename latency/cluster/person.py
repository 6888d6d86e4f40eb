"""People who type mail at several servers, at their own speed, whether answers come or not."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from random import Random
from typing import Any

import aiohttp

from latency.cluster.waits import Waits
from latency.replay.ledger import Ledger
from latency.replay.pace import gaps
from latency.several.machine import Machine
from latency.several.staying import Staying, wait_before

KIND = "email"
ASKED_AGAIN = 4
OVERLOADED_ATTEMPT = 2  # the wait grows like that before a third attempt to connect (protocol/overload.ts)


class Person:
    """Types texts one after the other, each in a field of its own, and accepts nothing: every key is one more
    character. The connection is that of the extension, and the newest text is sent again on a new one.
    """

    def __init__(self, there: Machine, http: aiohttp.ClientSession, texts: Sequence[str], seed: int) -> None:
        self.waits = Waits()
        self.ledgers: list[Ledger] = []
        self._connection = Staying(http, [there.proxy.address], there.token, self, seed)
        self.told = self._connection.told
        self._texts = texts
        self._random = Random(seed)
        self._seed = seed
        self._keys = 0
        self._newest: dict[str, object] = {}
        self._all_answered = asyncio.Event()

    async def type(self, wpm: float, stop: asyncio.Event) -> None:
        """Until `stop` is set and the last text has its answer, for which it waits some seconds. Raises
        `ServerLostError` if a server refuses the token.
        """
        await self._connection.during(self._type(wpm, stop))

    async def connected(self) -> None:
        """Called by the connection. The server may be another one: it reads the text before the next key."""
        if self._newest:
            await self._connection.send(self._newest)

    def frame(self, frame: Mapping[str, Any]) -> None:
        """Called by the connection."""
        now, key = time.perf_counter(), frame.get("seq", 0)
        if not self.ledgers or frame.get("field") != self._newest["field"]:
            return
        if frame["type"] == "error":
            self.ledgers[-1].error(key, frame["code"], now=now)
        elif frame["type"] == "suggestion":
            text, source, final = frame["text"], frame["source"], frame["final"]
            self.ledgers[-1].suggestion(key, source, final=final, now=now, has_text=bool(text))
            if final:
                self.waits.answered(key, now)
                if not self.waits.is_waiting:
                    self._all_answered.set()

    async def _type(self, wpm: float, stop: asyncio.Event) -> None:
        pauses = gaps(wpm, self._random)
        begun = self._random.random()  # so that the people are at different places of their texts
        for turn in count():
            text = self._texts[(self._seed + turn) % len(self._texts)]
            self.ledgers.append(Ledger())
            for chars in range(int(begun * len(text)) + 1, len(text) + 1):
                if stop.is_set():
                    await self._last_answer()
                    return
                await self._press(f"text-{turn}", text[:chars])
                await asyncio.sleep(next(pauses))
            await self._last_answer()
            await self._connection.send({"type": "close", "field": f"text-{turn}"})
            begun = 0.0

    async def _press(self, field: str, before: str) -> None:
        """If there is no socket, `connected` sends the newest text."""
        self._keys += 1
        key = {"type": "keystroke", "field": field, "seq": self._keys, "before": before, "after": ""}
        self._newest = key | {"kind": KIND}
        now = time.perf_counter()
        self.waits.pressed(self._keys, now)
        self._all_answered.clear()
        self.ledgers[-1].sent(self._keys, now)
        await self._connection.send(self._newest)

    async def _last_answer(self) -> None:
        """Wait for it. If the server had no time, ask again about the text after a wait, as the extension
        does when typing pauses.
        """
        for _ in range(ASKED_AGAIN):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_before(OVERLOADED_ATTEMPT, self._random)):
                    await self._all_answered.wait()
            if not self.waits.is_waiting:
                return
            self._keys += 1
            self._newest |= {"seq": self._keys}
            await self._connection.send(self._newest)


@asynccontextmanager
async def people_at(
    there: Machine, texts: Sequence[str], typists: int, wpm: float, ramp_s: float
) -> AsyncIterator[list[Person]]:
    """People who all type when the block begins, after `ramp_s` seconds in which they begin one by one. When
    the block ends, they stop, and their last answers are awaited.
    """
    stop = asyncio.Event()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        people = [Person(there, http, texts, seed) for seed in range(typists)]

        async def begin(number: int, person: Person) -> None:
            await asyncio.sleep(number * ramp_s / typists)
            await person.type(wpm, stop)

        tasks = [asyncio.create_task(begin(number, person)) for number, person in enumerate(people)]
        try:
            await asyncio.sleep(ramp_s)
            yield people
            stop.set()
            await asyncio.gather(*tasks)  # the error of one that lost the servers for good
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
