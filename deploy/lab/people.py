"""People who type at the release: each for a while, then another one comes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random

import aiohttp

from latency.replay.pace import mean_gap_s
from latency.several.typist import Typist

PACE_S = mean_gap_s(40.0)
STAY = range(60, 180)
"""Keystrokes of one visit: 18 to 54 seconds at 40 words a minute."""


class People:
    """Use it as `async with People(…) as people`. Its numbers are of all visits so far."""

    def __init__(self, address: str, tokens: Sequence[str], texts: Sequence[str]) -> None:
        """tokens: one for each person who types at the same time. texts: of more than 200 characters."""
        self._address = address
        self._tokens = tokens
        self._texts = texts
        self._typists: list[Typist] = []
        self._typing: list[asyncio.Task[None]] = []
        self._stop = asyncio.Event()

    async def __aenter__(self) -> People:
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._typing:
            task.cancel()
        await asyncio.gather(*self._typing, return_exceptions=True)
        await self._http.close()

    @property
    def typing(self) -> int:
        return len(self._typing)

    def come(self, count: int) -> None:
        """So many type from now on. At most as many as there are tokens."""
        self._stop.clear()
        for number in range(len(self._typing), count):
            self._typing.append(asyncio.create_task(self._visits(number)))

    async def leave(self) -> None:
        """All leave, each after the answer that they wait for. Raises the error of one who had to stop."""
        self._stop.set()
        await asyncio.gather(*self._typing)
        self._typing.clear()

    def answered(self) -> int:
        return sum(one.answered for one in self._typists)

    def slowest_s(self) -> float:
        return max((one.slowest_s for one in self._typists), default=0.0)

    def cut(self) -> int:
        """Sockets that ended without notice, and attempts to connect that failed."""
        return sum(one.told.cut + one.told.unconnected for one in self._typists)

    def errors(self) -> Counter[str]:
        return sum((one.told.errors for one in self._typists), Counter[str]())

    async def _visits(self, number: int) -> None:
        random = Random(number)
        await asyncio.sleep(random.uniform(0.0, 5.0))
        while not self._stop.is_set():
            text = self._texts[random.randrange(len(self._texts))]
            typist = Typist(
                self._http, [self._address], self._tokens[number], text, PACE_S, random.randrange(2**32)
            )
            self._typists.append(typist)
            await typist.type(random.choice(STAY), self._stop)
