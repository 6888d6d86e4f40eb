"""The operations port: what a probe and Prometheus get, by any name of the machine."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from foretype.server.listen import bind
from foretype.server.server import Server
from foretype.support.settings import load
from tests.server.conftest import PAGE, TOKEN, Running
from tests.server.fake import FakeEngine


@contextlib.asynccontextmanager
async def operated(state: Path, **more: Any) -> AsyncIterator[tuple[Running, str]]:
    """A server that has no model yet, and the address of its operations port."""
    settings = load({"port": 0, "token": TOKEN, "state_dir": state, **more})
    operations = bind("127.0.0.1", 0, is_encrypted=True)
    address = f"http://127.0.0.1:{operations[0].getsockname()[1]}"
    server = Server(settings, bind("127.0.0.1", 0), files=PAGE, operations=operations)
    await server.open()
    async with aiohttp.ClientSession() as http:
        yield Running(server, FakeEngine(), http), address
        await server.drain()
        await server.close()
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.get(f"{address}/livez")


@pytest.fixture
async def started(tmp_path: Path) -> AsyncIterator[tuple[Running, str]]:
    async with operated(tmp_path) as server:
        yield server


async def test_probes_follow_the_phases_of_the_server(started: tuple[Running, str]) -> None:
    running, address = started

    async def probe() -> tuple[int, int, str]:
        async with (
            running.http.get(f"{address}/livez") as live,
            running.http.get(f"{address}/readyz") as ready,
        ):
            return live.status, ready.status, await ready.text()

    assert await probe() == (200, 503, "loading")
    running.server.ready(running.engine)
    assert await probe() == (200, 200, "ready")
    await running.server.drain()
    assert await probe() == (200, 503, "draining")


async def test_any_host_header_gets_the_figures_and_nothing_else(started: tuple[Running, str]) -> None:
    running, address = started
    running.server.ready(running.engine)
    headers = {"Host": "10.1.2.3:9400"}
    async with running.http.get(f"{address}/metrics", headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/plain"
        assert "foretype_keystrokes_total" in await response.text()
    for path in ("/", "/healthz", "/v1/socket", "/v1/complete", "/v1/pair"):
        async with running.http.get(f"{address}{path}", headers=headers) as response:
            assert response.status == 404
            assert response.headers["Server"] == "foretype"
    async with running.http.get(running.url("/metrics"), headers=headers) as response:
        assert response.status == 403  # the usual port still checks


async def test_probes_have_room_when_the_usual_port_has_none(tmp_path: Path) -> None:
    async with operated(tmp_path, connections=1) as (running, address):
        running.server.ready(running.engine)
        _, writer = await asyncio.open_connection("127.0.0.1", running.server.port)
        async with running.http.get(f"{address}/readyz") as response:
            assert response.status == 200
        writer.close()


async def test_a_balancer_reports_the_sockets_with_its_probes(started: tuple[Running, str]) -> None:
    running, address = started
    state = "UP; name=servers/s01; node=lb; weight=1/3; scur=12/24; qcur=0"
    async with running.http.get(f"{address}/readyz", headers={"X-Haproxy-Server-State": state}):
        report = running.server.service.balance.report
        assert report is not None
        assert (report.sockets, report.share) == (12, 8)
    async with running.http.get(f"{address}/readyz"):  # another probe says nothing
        assert running.server.service.balance.report == report
    async with running.http.get(running.url("/healthz"), headers={"X-Haproxy-Server-State": "UP"}):
        assert running.server.service.balance.report == report  # clients cannot report
