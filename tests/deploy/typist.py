"""A client that types without end, and goes where it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field

import aiohttp

PAUSE_SECONDS = 0.02
RETRY_SECONDS = 0.05


@dataclass
class Typist:
    """Sends a keystroke, waits for its answer, and sends the next one. If its socket is closed, it connects
    again and sends the unanswered keystroke again, as the extension does.
    """

    http: aiohttp.ClientSession
    url: str
    token: str
    answered: int = 0
    moved: int = 0
    """Sockets that a server closed with the error `draining`."""
    cut: int = 0
    """Sockets that ended without this error."""
    refused: int = 0
    """Attempts to connect that failed."""
    answers_come: asyncio.Event = field(default_factory=asyncio.Event)
    """Set at each answer."""
    longest_s: float = 0.0
    """The longest time from a keystroke to its answer."""
    _socket: aiohttp.ClientWebSocketResponse | None = field(default=None, init=False)
    _wait: float = field(default=0.0, init=False)

    async def type(self, stop: asyncio.Event) -> None:
        """Until `stop` is set and the last keystroke is answered."""
        while not stop.is_set():
            began = time.monotonic()
            await self._ask(self.answered + 1)
            self.answered += 1
            self.answers_come.set()
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            await asyncio.sleep(PAUSE_SECONDS)
        if self._socket is not None:
            await self._socket.close()

    async def _ask(self, seq: int) -> None:
        keystroke = {
            "type": "keystroke",
            "field": "f",
            "seq": seq,
            "before": "Thanks for the qui",
            "after": "",
        }
        while True:
            socket = self._socket or await self._connected()
            # If the socket is closing, what the server has said before can still be read.
            with contextlib.suppress(ConnectionError):
                await socket.send_str(json.dumps(keystroke))
            if await self._is_answered(socket, seq):
                return
            self._socket = None
            await asyncio.sleep(self._wait)

    async def _is_answered(self, socket: aiohttp.ClientWebSocketResponse, seq: int) -> bool:
        """False if the socket was closed first."""
        was_told = False
        while True:
            message = await socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                self.moved += was_told
                self.cut += not was_told
                return False
            frame = json.loads(message.data)
            if frame["type"] == "error":
                assert frame["code"] == "draining", frame
                was_told, self._wait = True, frame["retry_ms"] / 1000
            elif frame["type"] == "suggestion" and frame["seq"] == seq and frame["final"]:
                return True

    async def _connected(self) -> aiohttp.ClientWebSocketResponse:
        while True:
            try:
                socket = await self.http.ws_connect(self.url, protocols=["foretype.v1"])
                await socket.send_str(json.dumps({"type": "hello", "token": self.token, "client": "tests/1"}))
                welcome = json.loads((await socket.receive()).data)
                assert welcome["type"] == "welcome", welcome
            except (aiohttp.ClientError, TypeError):
                self.refused += 1
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._socket = socket
                return socket
