"""A WebSocket that stays connected to servers as the extension's does (protocol/connection.ts)."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

import aiohttp

from latency.replay.connection import ServerLostError

FIRST_WAIT_S = 0.4
LONGEST_WAIT_S = 10.0
WELCOME_WITHIN_S = 5.0


@dataclass(slots=True)
class Told:
    """What happened to the connection."""

    moved: int = 0
    """Sockets that a server closed after it had said so."""
    cut: int = 0
    """Sockets that ended without notice."""
    unconnected: int = 0
    """Attempts to connect that failed."""
    errors: Counter[str] = field(default_factory=Counter)
    """By their codes, without `draining`: the extension hides that one."""


class Listener(Protocol):
    async def connected(self) -> None:
        """There is a new socket: what has no answer yet is to be sent again."""

    def frame(self, frame: Mapping[str, Any]) -> None:
        """A suggestion, or an error other than `draining`."""


def wait_before(attempt: int, random: Random) -> float:
    """Seconds before the next attempt to connect, as the extension draws them (protocol/backoff.ts)."""
    whole = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**attempt)
    return random.uniform(0, whole) if attempt == 0 else random.uniform(whole / 2, whole)


class Staying:
    """Keeps a socket open during some work."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        addresses: Sequence[str],
        token: str,
        listener: Listener,
        seed: int = 0,
    ) -> None:
        """`addresses`: of servers; the first that accepts the connection is used."""
        self.told = Told()
        self._http = http
        self._addresses = addresses
        self._token = token
        self._listener = listener
        self._random = Random(seed)
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def during(self, work: Coroutine[None, None, None]) -> None:
        """Stay connected until `work` has ended. Raises its error, and `ServerLostError` if a server refuses
        the token.
        """
        talking = asyncio.create_task(self._run())
        working = asyncio.create_task(work)
        try:
            await asyncio.wait((talking, working), return_when=asyncio.FIRST_COMPLETED)
            if talking.done():
                talking.result()  # its error
            await working
        finally:
            for task in (talking, working):
                task.cancel()
            await asyncio.gather(talking, working, return_exceptions=True)

    async def _run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._socket = await self._connected()
                await self._listener.connected()
                wait = await self._listen(self._socket)
                self._socket = None
                await asyncio.sleep(wait)
        finally:
            if self._socket is not None:
                await self._socket.close()

    async def send(self, frame: Mapping[str, object]) -> bool:
        """False if there is no socket, or if it is closing."""
        if self._socket is None or self._socket.closed:
            return False
        try:
            await self._socket.send_json(frame)
        except ConnectionError:
            return False
        return True

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> float:
        """Read until the socket ends. Returns how long to wait before the next one, in seconds."""
        wait: float | None = None
        async for message in socket:
            frame: dict[str, Any] = message.json()
            if frame["type"] == "error" and frame["code"] == "draining":
                wait = frame["retry_ms"] / 1000.0
                continue
            if frame["type"] == "error":
                self.told.errors[frame["code"]] += 1
            self._listener.frame(frame)
        self.told.moved += wait is not None
        self.told.cut += wait is None
        return wait_before(0, self._random) if wait is None else wait

    async def _connected(self) -> aiohttp.ClientWebSocketResponse:
        attempt = 1
        while True:
            for address in self._addresses:
                # TypeError: the socket was closed before `welcome`.
                with contextlib.suppress(aiohttp.ClientError, TimeoutError, TypeError):
                    async with asyncio.timeout(WELCOME_WITHIN_S):
                        return await self._welcomed(address)
            self.told.unconnected += 1
            await asyncio.sleep(wait_before(attempt, self._random))
            attempt += 1

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
