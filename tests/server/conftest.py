"""A real server on a free port, with a fake engine, and clients for it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvloop

from foretype.server.listen import bind
from foretype.server.playground import File
from foretype.server.server import Server
from foretype.support.settings import load
from tests.fake_time import FakeClock
from tests.server import contract
from tests.server.fake import FakeEngine

TOKEN = "a-token-of-the-tests"
PAGE = {
    "/": File(b"<!doctype html><title>Playground</title>", "text/html", "utf-8"),
    "/playground.js": File(b"'use strict'", "text/javascript", "utf-8"),
}


@dataclass
class Client:
    """One WebSocket as a client sees it."""

    socket: aiohttp.ClientWebSocketResponse

    async def send(self, **message: Any) -> None:
        await self.socket.send_str(json.dumps(message))

    async def keystroke(
        self, seq: int, before: str = "Thanks for the qui", field: str = "f1", **more: Any
    ) -> None:
        message = {"type": "keystroke", "field": field, "seq": seq, "before": before, "after": ""}
        await self.send(**{**message, **more})

    async def next(self) -> dict[str, Any]:
        """The next frame, which is as docs/asyncapi.yaml says. Fails if none comes within ten seconds."""
        message = await self.socket.receive(timeout=10)
        assert message.type is aiohttp.WSMsgType.TEXT, (message.type, self.socket.close_code)
        return contract.check(message.data)

    async def closed(self) -> int | None:
        """Read to the end; the close code."""
        while (await self.socket.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
            pass
        return self.socket.close_code


@dataclass
class Running:
    server: Server
    engine: FakeEngine
    http: aiohttp.ClientSession

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.port}{path}"

    @contextlib.asynccontextmanager
    async def socket(self, **options: Any) -> AsyncIterator[Client]:
        """A WebSocket that has not said hello."""
        options = {"protocols": ["foretype.v1"], **options}
        async with self.http.ws_connect(self.url("/v1/socket"), **options) as socket:
            yield Client(socket)

    @contextlib.asynccontextmanager
    async def client(self, **options: Any) -> AsyncIterator[Client]:
        """A client that has been welcomed."""
        async with self.socket(**options) as client:
            await client.send(type="hello", token=TOKEN, client="tests/1")
            assert (await client.next())["type"] == "welcome"
            yield client


Start = Callable[..., contextlib.AbstractAsyncContextManager[Running]]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The tests run on the event loop that the server runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start a server: settings as keywords; `engine=None` leaves it loading."""

    @contextlib.asynccontextmanager
    async def started(
        engine: FakeEngine | None = None,
        loading: bool = False,
        hello_seconds: float | None = None,
        files: dict[str, File] | None = None,
        **settings: Any,
    ) -> AsyncIterator[Running]:
        engine = engine or FakeEngine()
        chosen = load({"port": 0, "token": TOKEN, "state_dir": tmp_path / "state", **settings})
        server = Server(chosen, bind(chosen.host, chosen.port), files=PAGE if files is None else files)
        if hello_seconds is not None:
            server.service.limits = dataclasses.replace(server.service.limits, hello_seconds=hello_seconds)
        await server.open()
        if not loading:
            server.ready(engine)
        async with aiohttp.ClientSession() as http:
            try:
                yield Running(server, engine, http)
            finally:
                await server.drain()
                await server.close()

    return started


@pytest.fixture
async def running(start: Start) -> AsyncIterator[Running]:
    async with start() as server:
        yield server


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
