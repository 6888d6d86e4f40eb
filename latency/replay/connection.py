"""The client's side of the protocol: one WebSocket with one reader, which passes each answer to the listener
of its field.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import aiohttp

from latency.errors import MeasurementError

WELCOME_TIMEOUT_S = 10.0


class ServerLostError(MeasurementError):
    """The server is unreachable, or refused or closed the connection. The message says why, if known."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The server's statement about itself when the connection opens."""

    model: str
    budget_ms: float
    context_chars: int


class Listener(Protocol):
    """Called on the event loop for each frame of a field."""

    def suggestion(
        self, seq: int, text: str, source: str, *, final: bool, confidence: float, replaces: int
    ) -> None: ...
    def error(self, seq: int, code: str) -> None: ...


class Connection:
    """One typist's WebSocket: `async with Connection(session, address, token) as connection`."""

    def __init__(self, http: aiohttp.ClientSession, address: str, token: str) -> None:
        self.welcome: Welcome
        self.lost: asyncio.Future[ServerLostError] = asyncio.get_running_loop().create_future()
        self._http = http
        self._address = address
        self._token = token
        self._listeners: dict[str, Listener] = {}
        self._socket: aiohttp.ClientWebSocketResponse
        self._reader: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        """Raises `ServerLostError` if the server is unreachable or refuses the token."""
        try:
            self._socket = await self._http.ws_connect(
                f"{self._address}/v1/socket", protocols=("foretype.v1",), compress=0
            )
        except aiohttp.ClientError as error:
            raise ServerLostError(f"There is no server at {self._address}: {error}") from error
        await self._socket.send_json({"type": "hello", "token": self._token, "client": "foretype-replay/0.1"})
        self.welcome = await self._read_welcome()
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
        await self._socket.close()

    def listen(self, field: str, listener: Listener) -> None:
        self._listeners[field] = listener

    async def send(self, frame: Mapping[str, object]) -> None:
        """Raises `ServerLostError` if the connection is closed."""
        if self.lost.done():
            raise self.lost.result()
        try:
            await self._socket.send_json(frame)
        except (aiohttp.ClientError, ConnectionError) as error:
            raise ServerLostError(f"The server closed the connection: {error}") from error

    async def forget(self, field: str) -> None:
        """Close the field. Raises `ServerLostError`."""
        self._listeners.pop(field, None)
        await self.send({"type": "close", "field": field})

    def cut(self) -> None:
        """End the connection below the WebSocket, without a farewell. It cannot be used any more."""
        transport_socket = self._socket.get_extra_info("socket")
        if transport_socket is None:  # it has ended already
            return
        # The socket of a transport has no shutdown(), but a duplicate of its descriptor does.
        with socket.socket(fileno=os.dup(transport_socket.fileno())) as duplicate:
            duplicate.shutdown(socket.SHUT_RDWR)

    async def _read_welcome(self) -> Welcome:
        frame = await self._socket.receive(timeout=WELCOME_TIMEOUT_S)
        answer: dict[str, Any] = frame.json() if frame.type is aiohttp.WSMsgType.TEXT else {}
        if answer.get("type") != "welcome":
            said = answer.get("message", f"closed with code {self._socket.close_code}")
            raise ServerLostError(f"The server refused the connection ({said}). Check the token.")
        return Welcome(answer["model"], float(answer["budget_ms"]), int(answer["limits"]["context_chars"]))

    async def _read(self) -> None:
        async for frame in self._socket:
            if frame.type is aiohttp.WSMsgType.TEXT:
                self._dispatch(frame.json())
        if not self.lost.done():
            self.lost.set_result(
                ServerLostError(f"The server closed the connection (code {self._socket.close_code}).")
            )

    def _dispatch(self, frame: dict[str, Any]) -> None:
        listener = self._listeners.get(frame.get("field", ""))
        if listener is None:
            return
        if frame["type"] == "suggestion":
            listener.suggestion(
                frame["seq"],
                frame["text"],
                frame["source"],
                final=frame["final"],
                confidence=frame["confidence"],
                replaces=frame.get("replaces", 0),
            )
        elif frame["type"] == "error" and "seq" in frame:
            listener.error(frame["seq"], frame["code"])
