from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.latency.scripted import ScriptedServer


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedServer]:
    script = ScriptedServer()
    app = web.Application()
    app.router.add_get("/v1/socket", script.socket)
    app.router.add_get("/metrics", script.metrics)
    async with TestServer(app) as server:
        script.address = f"http://127.0.0.1:{server.port}"
        yield script
