"""A client that types at several servers, and stays connected as the extension does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp

from latency.replay.connection import ServerLostError

CUT_WAIT_S = (0.2, 0.4)
"""The wait after a socket that ended without a word: the extension's first one (protocol/backoff.ts)."""
FIRST_CHARS = 20  # of the text are in the field from the beginning


@dataclass(slots=True)
class Told:
    """What happened to one typist. Times are in seconds."""

    answered: int = 0
    sent_again: int = 0
    moved: int = 0
    """Sockets that a server closed after it had said so."""
    cut: int = 0
    """Sockets that ended without a word."""
    unconnected: int = 0
    """Attempts to connect that failed."""
    errors: Counter[str] = field(default_factory=Counter)
    """By their codes, without `draining`: the extension hides that one."""
    slowest_s: float = 0.0
    """The longest time from a keystroke to its final answer, with reconnections."""


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
        self.told = Told()
        self.answers_come = asyncio.Event()
        """Set at each answer."""
        self._http = http
        self._addresses = addresses
        self._token = token
        self._text = text
        self._pace_s = pace_s
        self._random = Random(seed)
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._seq = 0
        self._answer: asyncio.Future[None] | None = None
        self._was_sent = False  # whether the keystroke that has no answer was sent before

    async def type(self, keystrokes: int | None = None, stop: asyncio.Event | None = None) -> None:
        """Type so many keystrokes, or until `stop` is set and the last keystroke is answered."""
        stop = stop or asyncio.Event()
        talking = asyncio.create_task(self._stay_connected())
        typing = asyncio.create_task(self._type(keystrokes, stop))
        try:
            await asyncio.wait((talking, typing), return_when=asyncio.FIRST_COMPLETED)
            if talking.done():
                talking.result()  # its error
            await typing
        finally:
            for task in (talking, typing):
                task.cancel()
            await asyncio.gather(talking, typing, return_exceptions=True)
            if self._socket is not None:
                await self._socket.close()

    async def _type(self, keystrokes: int | None, stop: asyncio.Event) -> None:
        while not stop.is_set() and (keystrokes is None or self.told.answered < keystrokes):
            began = time.perf_counter()
            await self._ask()
            took = time.perf_counter() - began
            self.told.answered += 1
            self.told.slowest_s = max(self.told.slowest_s, took)
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
        if self._socket is None:
            return  # as soon as there is a socket, the keystroke is sent
        chars = FIRST_CHARS + self._seq % max(1, len(self._text) - FIRST_CHARS)
        before = self._text[:chars]
        keystroke = {"type": "keystroke", "field": "f", "seq": self._seq, "before": before, "after": ""}
        self.told.sent_again += self._was_sent
        self._was_sent = True
        with contextlib.suppress(ConnectionError):  # the socket is closing: it is sent on the next one
            await self._socket.send_str(json.dumps(keystroke))

    async def _stay_connected(self) -> None:
        """Until cancelled. Raises `ServerLostError` if a server refuses the token."""
        while True:
            self._socket = await self._connected()
            if self._answer is not None and not self._answer.done():
                await self._send()
            wait = await self._listen(self._socket)
            self._socket = None
            await asyncio.sleep(wait)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> float:
        """Read until the socket ends. Returns how long to wait before the next one."""
        wait: float | None = None
        async for message in socket:
            frame: dict[str, Any] = json.loads(message.data)
            if frame["type"] == "error" and frame["code"] == "draining":
                wait = frame["retry_ms"] / 1000.0
                continue
            if frame["type"] == "error":
                self.told.errors[frame["code"]] += 1
            is_final = frame.get("seq") == self._seq and frame.get("final")
            if is_final and self._answer is not None and not self._answer.done():
                self._answer.set_result(None)
        self.told.moved += wait is not None
        self.told.cut += wait is None
        return self._random.uniform(*CUT_WAIT_S) if wait is None else wait

    async def _connected(self) -> aiohttp.ClientWebSocketResponse:
        while True:
            for address in self._addresses:
                with contextlib.suppress(aiohttp.ClientError, TypeError):  # TypeError: closed before welcome
                    return await self._welcomed(address)
            self.told.unconnected += 1
            await asyncio.sleep(self._random.uniform(*CUT_WAIT_S))

    async def _welcomed(self, address: str) -> aiohttp.ClientWebSocketResponse:
        socket = await self._http.ws_connect(f"{address}/v1/socket", protocols=("foretype.v1",))
        await socket.send_json({"type": "hello", "token": self._token, "client": "foretype-typist/0.1"})
        frame = await socket.receive_json()
        if frame["type"] == "error" and frame["code"] == "unauthorized":
            raise ServerLostError(f"The server at {address} refuses the token.")
        if frame["type"] != "welcome":
            await socket.close()
            raise aiohttp.ClientError(frame.get("code"))
        return socket
