"""The limits of connections, at a real server."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
import pytest

from foretype.engine.keystroke import Keystroke
from foretype.server import http_connection, patience, requests
from foretype.server.http_connection import Entrance, HttpConnection
from foretype.server.patience import Phase
from foretype.server.places import Places
from foretype.support import logs
from foretype.support.logs import SparseLines
from tests.server.conftest import TOKEN, Running, Start
from tests.server.fake import FakeDesk, FakeEngine


@pytest.fixture
def written() -> io.StringIO:
    stream = io.StringIO()
    logs.configure("debug", stream)
    return stream


@contextlib.asynccontextmanager
async def connected(
    running: Running, data: bytes = b""
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.server.port)
    writer.write(data)
    try:
        yield reader, writer
    finally:
        writer.close()


async def to_the_end(reader: asyncio.StreamReader) -> str:
    """All text that the server sends until it ends the connection."""
    async with asyncio.timeout(10):
        return (await reader.read()).decode()


async def until_taken(running: Running, places: int) -> None:
    """The server has seen that many connections, and the ends of the others."""
    async with asyncio.timeout(10):
        # Nothing tells when the server sees the end of a connection.
        while running.server._places.taken != places:  # noqa: ASYNC110
            await asyncio.sleep(0)


def in_no_time(monkeypatch: pytest.MonkeyPatch, phase: Phase) -> None:
    monkeypatch.setitem(patience.SECONDS, phase, 0.0)


REQUEST = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"


def whole(running: Running) -> bytes:
    return REQUEST.format(port=running.server.port).encode()


async def test_a_head_that_takes_too_long_is_answered_and_ended(running: Running) -> None:
    async with connected(running, b"GET / HTTP/1.1\r\nX-Slow: ") as (reader, _):
        await until_taken(running, 1)
        connection = the_connection(running)
        async with asyncio.timeout(10):
            # Nothing tells when the server has read the bytes.
            while connection._room == http_connection.HEAD_BYTES:  # noqa: ASYNC110
                await asyncio.sleep(0)
        connection._expired(Phase.HEAD)
        answer = await to_the_end(reader)
    assert answer.startswith("HTTP/1.1 408 Request Timeout\r\n")
    assert "Server: foretype\r\n" in answer
    await until_taken(running, 0)


async def test_a_connection_that_says_nothing_is_ended_without_an_answer(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser connects ahead, and would take an answer for that of its request."""
    in_no_time(monkeypatch, Phase.HEAD)
    async with connected(running) as (reader, _):
        assert await to_the_end(reader) == ""
    await until_taken(running, 0)


def the_connection(running: Running) -> HttpConnection:
    assert running.server._runner.server is not None
    (connection,) = running.server._runner.server.connections
    assert isinstance(connection, HttpConnection)
    return connection


async def test_an_idle_connection_is_ended(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    in_no_time(monkeypatch, Phase.IDLE)
    async with connected(running, whole(running)) as (reader, _):
        assert (await to_the_end(reader)).count("HTTP/1.1 ") == 1


async def test_a_connection_that_is_kept_alive_is_answered_again(running: Running) -> None:
    async with connected(running) as (reader, writer):
        for _ in range(3):
            writer.write(whole(running))
            async with asyncio.timeout(10):
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
                await reader.readuntil(b"}")


async def test_the_body_of_a_request_that_waited_is_not_taken_for_a_head(running: Running) -> None:
    body = b'{"before":"' + b"x" * 40_000 + b'"}'
    post = f"POST /v1/complete HTTP/1.1\r\nHost: 127.0.0.1:{running.server.port}\r\n"
    post += f"Authorization: Bearer {TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n"
    async with connected(running, whole(running) + post.encode()) as (reader, writer):
        async with asyncio.timeout(10):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            await reader.readuntil(b"}")
            assert the_connection(running)._patience.phase is Phase.REQUEST
            writer.write(body)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 413")


async def test_a_body_that_takes_too_long_is_answered(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "BODY_SECONDS", 0.0)
    head = f"POST /v1/pair HTTP/1.1\r\nHost: 127.0.0.1:{running.server.port}\r\nContent-Length: 9\r\n\r\n"
    async with connected(running, head.encode()) as (reader, _):
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408")


async def test_a_request_that_never_ends_is_ended(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    in_no_time(monkeypatch, Phase.REQUEST)
    head = f"POST /v1/pair HTTP/1.1\r\nHost: 127.0.0.1:{running.server.port}\r\nContent-Length: 9\r\n\r\n"
    async with connected(running, head.encode()) as (reader, _):
        with contextlib.suppress(ConnectionError):
            assert await to_the_end(reader) == ""
    await until_taken(running, 0)


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n" + b"X-A: " + b"a" * 4000 + b"\r\n"])
async def test_a_head_that_is_too_long_is_ended(running: Running, sent: bytes) -> None:
    line = b"X-A: " + b"a" * 4000 + b"\r\n"
    async with connected(running, sent + line * 10) as (reader, _):
        assert (await to_the_end(reader)).startswith("HTTP/1.1 431 ")


async def test_at_the_cap_a_newcomer_is_told_when_to_come_back_and_the_log_says_it_once(
    start: Start, written: io.StringIO
) -> None:
    async with start(connections=2) as running, connected(running) as first, connected(running):
        await until_taken(running, 2)
        for _ in range(3):
            async with connected(running, whole(running)) as (reader, _writer):
                answer = await to_the_end(reader)
            assert answer.startswith("HTTP/1.1 503 Service Unavailable\r\n")
            assert "Retry-After: 10\r\n" in answer
            assert "X-Content-Type-Options: nosniff\r\n" in answer
        first[1].close()
        await until_taken(running, 1)
        async with running.http.get(running.url("/healthz")) as response:
            assert response.status == 200
    assert written.getvalue().count("connections_full") == 1


async def test_each_of_many_newcomers_is_told_and_the_oldest_is_closed(start: Start) -> None:
    async with start(connections=1) as running, connected(running):
        await until_taken(running, 1)
        running.server._entrance.refused_at_once = 2
        async with contextlib.AsyncExitStack() as stack:
            newcomers = []
            for _ in range(5):
                reader, _writer = await stack.enter_async_context(connected(running, whole(running)))
                newcomers.append(reader)
                async with asyncio.timeout(10):
                    assert (await reader.readline()).startswith(b"HTTP/1.1 503 ")
            assert len(running.server._entrance.refused) == 2


class FakeTransport:
    def __init__(self, peer: object) -> None:
        self._peer = peer

    def get_extra_info(self, name: str) -> object:
        return self._peer


@pytest.mark.parametrize(
    ("peer", "is_behind_a_proxy", "network"),
    [
        (("192.0.2.7", 1), False, "192.0.2.7"),
        (("::ffff:192.0.2.7", 1, 0, 0), False, "192.0.2.7"),
        (("2001:db8::1", 1, 0, 0), False, "2001:db8::/64"),
        (("192.0.2.7", 1), True, None),
        (("127.0.0.1", 1), False, None),
        (("::1", 1, 0, 0), False, None),
        (None, False, None),
    ],
)
async def test_connections_are_counted_by_network_unless_many_clients_share_it(
    running: Running, peer: object, is_behind_a_proxy: bool, network: str | None
) -> None:
    server, transport = running.server._runner.server, cast(Any, FakeTransport(peer))
    assert server is not None
    entrance = Entrance(Places(1, 1), SparseLines(), is_behind_a_proxy, None)
    connection = HttpConnection(entrance, server, asyncio.get_running_loop())
    assert connection._network_of(transport) == network


async def test_the_log_says_when_files_run_out(start: Start, written: io.StringIO) -> None:
    async with start() as running:
        async with running.http.get(running.url("/healthz")):
            pass
        assert "open_files_run_out" not in written.getvalue()
        running.server._entrance.files = 1
        async with connected(running), connected(running):
            await until_taken(running, 3)
    assert written.getvalue().count("open_files_run_out") == 1


@pytest.mark.parametrize("messages", [["x" * 5000], ["x" * 1_000_000], ["x" * 4000] * 5])
async def test_who_sends_too_much_before_hello_is_closed(running: Running, messages: list[str]) -> None:
    async with running.socket() as client:
        with contextlib.suppress(ConnectionError):
            for message in messages:
                await client.socket.send_str(message)
        assert await client.closed() in (1009, 1006)
    assert running.engine.desks == []
    await until_taken(running, 0)


async def test_a_long_hello_is_read_and_longer_messages_after_it(running: Running) -> None:
    async with running.socket() as client:
        await client.send(type="hello", token="x" * 1024, client="y" * 2500)
        assert (await client.next())["code"] == "unauthorized"
    async with running.socket() as client:
        await client.send(type="hello", token=TOKEN, client="y" * 3500)
        assert (await client.next())["type"] == "welcome"
        for seq in range(1, 5):
            await client.keystroke(seq, before="é" * 2000, after="é" * 2000)
            assert (await client.next())["type"] == "suggestion"


async def test_a_failure_inside_an_open_socket_is_a_close_code_and_no_http(
    start: Start, written: io.StringIO
) -> None:
    def fails(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
        raise RuntimeError("a bug")

    async with start(FakeEngine(fails)) as running:
        for _ in range(3):
            async with running.client() as client:
                await client.keystroke(1)
                message = await client.socket.receive(timeout=10)
                assert message.type is aiohttp.WSMsgType.CLOSE
                assert client.socket.close_code == 1011
    assert written.getvalue().count("connection_failed") == 1
