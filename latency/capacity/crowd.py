"""A crowd of typists that type until they are stopped, each with a connection of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import count
from random import Random

import aiohttp

from latency.replay.connection import Connection, ServerLostError
from latency.replay.ledger import SentKeystroke
from latency.replay.type_text import Manner, TypedField, type_text

CLOSING_S = 5.0


class Crowd:
    """Use it as `async with Crowd(…) as crowd`. At the end all typists leave.

    A typist that loses the server stops. This raises no error: `lost` has the times at which it happened.
    """

    def __init__(
        self, http: aiohttp.ClientSession, address: str, token: str, texts: Sequence[str], manner: Manner
    ) -> None:
        self.lost: list[float] = []
        self._http = http
        self._address = address
        self._token = token
        self._texts = texts
        self._manner = manner
        self._rng = Random(manner.seed)
        self._numbers = count()
        self._typists: list[asyncio.Task[None]] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._fields: list[TypedField] = []
        self._never = asyncio.Event()

    async def __aenter__(self) -> Crowd:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.shrink(0)
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=CLOSING_S)

    async def grow(self, typists: int, over_s: float) -> None:
        """Adds typists until there are `typists`. They begin at random moments within `over_s` seconds, and
        this call takes that long.
        """
        begin = time.perf_counter()
        for _ in range(typists - len(self._typists)):
            task = asyncio.create_task(self._typist(next(self._numbers), self._rng.uniform(0, over_s)))
            self._typists.append(task)
        await asyncio.sleep(begin + over_s - time.perf_counter())

    def shrink(self, typists: int) -> None:
        """Removes typists until there are `typists`. They stop at once, in the middle of a word."""
        for task in self._typists[typists:]:
            task.cancel()
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
        del self._typists[typists:]

    def check(self) -> None:
        """Raises the error of a typist that stopped for another reason than a lost server: a bug in these
        programs.
        """
        for task in self._typists:
            if task.done():
                task.result()

    def keystrokes(self, begin: float, end: float) -> list[SentKeystroke]:
        """The keystrokes sent from `begin` until before `end`, in the order of time."""
        within = (one for field in self._fields for one in field.ledger.keystrokes() if begin <= one.at < end)
        return sorted(within, key=lambda one: one.at)

    async def _typist(self, number: int, after_s: float) -> None:
        """A random part of the first text is in the field from the beginning, so that at any time the typists
        are at different places in their texts.
        """
        await asyncio.sleep(after_s)
        try:
            async with Connection(self._http, self._address, self._token) as connection:
                begun = Random(f"{self._manner.seed}/{number}").random()
                for turn in count():
                    text = self._texts[(number + turn) % len(self._texts)]
                    typed_field = TypedField()
                    self._fields.append(typed_field)
                    await type_text(
                        connection,
                        f"typist-{number}-text-{turn}",
                        text,
                        self._manner,
                        stop=self._never,
                        begun=int(begun * len(text)),
                        typed_field=typed_field,
                    )
                    begun = 0.0
        except ServerLostError:
            self.lost.append(time.perf_counter())
