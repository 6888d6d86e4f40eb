"""A client that types at several servers, and stays connected as the extension does."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from latency.several.staying import Staying

FIRST_CHARS = 20  # of the text are in the field from the beginning


class Typist:
    """Sends a keystroke, waits for its final answer, and sends the next one `pace_s` after the last. If its
    socket ends, it connects again, and sends a keystroke that has no answer yet again.

    Each keystroke adds a character of the text; after the last one the text begins anew.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        addresses: Sequence[str],
        token: str,
        text: str,
        pace_s: float,
        seed: int = 0,
    ) -> None:
        """`addresses`: of servers; the first that accepts the connection is used."""
        self.answered = 0
        self.sent_again = 0
        self.slowest_s = 0.0
        """The longest time from a keystroke to its final answer, with reconnections."""
        self.answers_come = asyncio.Event()
        """Set at each answer."""
        self._connection = Staying(http, addresses, token, self, seed)
        self.told = self._connection.told
        self._text = text
        self._pace_s = pace_s
        self._seq = 0
        self._answer: asyncio.Future[None] | None = None
        self._was_sent = False  # whether the keystroke that has no answer was sent before

    async def type(self, keystrokes: int | None = None, stop: asyncio.Event | None = None) -> None:
        """Type so many keystrokes, or until `stop` is set and the last keystroke is answered. Raises
        `ServerLostError` if a server refuses the token.
        """
        await self._connection.during(self._type(keystrokes, stop or asyncio.Event()))

    async def connected(self) -> None:
        """Called by the connection."""
        if self._answer is not None and not self._answer.done():
            await self._send()

    def frame(self, frame: Mapping[str, Any]) -> None:
        """Called by the connection."""
        is_final = frame.get("seq") == self._seq and frame.get("final")
        if is_final and self._answer is not None and not self._answer.done():
            self._answer.set_result(None)

    async def _type(self, keystrokes: int | None, stop: asyncio.Event) -> None:
        while not stop.is_set() and (keystrokes is None or self.answered < keystrokes):
            began = time.perf_counter()
            await self._ask()
            took = time.perf_counter() - began
            self.answered += 1
            self.slowest_s = max(self.slowest_s, took)
            self.answers_come.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, self._pace_s - took)):
                    await stop.wait()

    async def _ask(self) -> None:
        """Send the next keystroke, and wait until it is answered."""
        self._seq += 1
        self._answer = asyncio.get_running_loop().create_future()
        self._was_sent = False
        await self._send()
        await self._answer
        self._answer = None

    async def _send(self) -> None:
        """Without a socket nothing is sent: `connected` sends the keystroke then."""
        chars = FIRST_CHARS + self._seq % max(1, len(self._text) - FIRST_CHARS)
        before = self._text[:chars]
        keystroke = {"type": "keystroke", "field": "f", "seq": self._seq, "before": before, "after": ""}
        if await self._connection.send(keystroke):
            self.sent_again += self._was_sent
            self._was_sent = True
