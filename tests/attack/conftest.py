"""A server to attack, what it logs, and a client that sends raw bytes."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from foretype.support import logs
from tests.server.conftest import (  # noqa: F401  # fixtures
    TOKEN,
    Running,
    Start,
    pytest_asyncio_loop_factories,
    start,
)

KEY = base64.b64encode(b"sixteen bytes ok").decode()
ENDINGS = ("close", "half", "reset")
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


@dataclass
class Attacked:
    """`written`: the log."""

    running: Running
    written: io.StringIO

    async def connect(self) -> Raw:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.running.server.port)
        return Raw(reader, writer, self.running.server.port)

    async def socket(self, *, hello: bool = True) -> Raw:
        """A WebSocket after its handshake and, with `hello`, after its welcome."""
        raw = await self.connect()
        raw.send(handshake(raw.port))
        assert (await raw.head()).startswith("HTTP/1.1 101 ")
        if hello:
            raw.send(frame(json.dumps({"type": "hello", "token": TOKEN}).encode()))
            assert json.loads((await raw.frame())[1])["type"] == "welcome"
        return raw

    async def is_well(self) -> None:
        """The server still answers, and nothing of the clients is left."""
        async with self.running.http.get(self.running.url("/healthz")) as response:
            assert response.status == 200
        async with asyncio.timeout(10):
            # Nothing tells when the server sees the end of a connection. One is left: that of this request.
            while self.running.server._places.taken > 1 or self.running.server.service.connections:  # noqa: ASYNC110
                await asyncio.sleep(0)
        lines = self.written.getvalue().splitlines()
        assert [line for line in lines if "level='error'" in line or "level='critical'" in line] == []
        assert "Traceback" not in self.written.getvalue()


@dataclass
class Raw:
    """One connection, in bytes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    port: int

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def head(self) -> str:
        async with asyncio.timeout(10):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    async def frame(self) -> tuple[int, bytes]:
        """The server's next frame: opcode and payload."""
        async with asyncio.timeout(10):
            first, length = await self.reader.readexactly(2)
            assert length < 128, "a server masks nothing"
            if length == 126:
                (length,) = struct.unpack("!H", await self.reader.readexactly(2))
            assert first & 0x80, "the server does not split its frames"
            return first & 0x0F, await self.reader.readexactly(length)

    async def close_code(self) -> int | None:
        """The code of the close frame, after frames of any other kind. None if the connection was reset."""
        try:
            while True:
                opcode, payload = await self.frame()
                if opcode == CLOSE:
                    (code,) = struct.unpack("!H", payload[:2])
                    return int(code)
        except (ConnectionError, asyncio.IncompleteReadError):
            return None

    async def the_rest(self) -> str:
        """All that comes until the server ends the connection."""
        async with asyncio.timeout(10):
            try:
                return (await self.reader.read()).decode("latin-1")
            except ConnectionError:
                return ""

    async def end_by(self, ending: str) -> None:
        """One of `ENDINGS`."""
        if ending == "half":
            self.writer.write_eof()
            await self.the_rest()
        elif ending == "reset":
            self.writer.transport.abort()
        self.end()

    def end(self) -> None:
        self.writer.close()


MASKED, NO_MASK = 0x80, b"\0\0\0\0"


def unmasked(payload: bytes) -> bytes:
    """A short frame as only a server may send it."""
    return struct.pack("!BB", 0x80 | TEXT, len(payload)) + payload


def frame(payload: bytes, opcode: int = TEXT, *, fin: bool = True, reserved: int = 0) -> bytes:
    """A client's frame."""
    first = (0x80 if fin else 0) | (reserved << 4) | opcode
    if len(payload) < 126:
        head = struct.pack("!BB", first, MASKED | len(payload))
    elif len(payload) < 65_536:
        head = struct.pack("!BBH", first, MASKED | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, MASKED | 127, len(payload))
    return head + NO_MASK + payload


def handshake(port: int, **changed: str | None) -> bytes:
    """A handshake. A header is left out if it is None; `_` in its name stands for `-`."""
    headers: dict[str, str | None] = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "foretype.v1",
    }
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join(["GET /v1/socket HTTP/1.1", *lines, "", ""]).encode("latin-1")


@pytest.fixture
async def attacked(start: Start) -> AsyncIterator[Attacked]:  # noqa: F811  # the fixture
    written = io.StringIO()
    logs.configure("debug", written)
    logs.quiet_loop(asyncio.get_running_loop())
    async with start() as running:
        yield Attacked(running, written)
