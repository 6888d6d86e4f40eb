"""The access to every route: Host, Origin and token."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from foretype.server.app import make_app
from foretype.server.guard import EXTENSION_ID, Guard, Verdict, digest, matching_id
from tests.server.conftest import TOKEN, Running, Start

ROUTES = [
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/playground.js"),
    ("GET", "/no-such-page"),
    ("GET", "/v1/socket"),
    ("POST", "/v1/complete"),
    ("POST", "/v1/pair"),
    ("OPTIONS", "/v1/pair"),
    ("POST", "/v1/code"),
    ("GET", "/v1/words"),
    ("POST", "/v1/words"),
    ("DELETE", "/v1/words"),
    ("OPTIONS", "/v1/words"),
    ("GET", "/v1/words/export"),
    ("POST", "/v1/words/import"),
    ("GET", "/playground.css"),
    ("OPTIONS", "/no-such-page"),
    ("PUT", "/"),
]
FOREIGN_HOSTS = [
    "evil.example",
    "127.0.0.1.evil.example:{port}",
    "localhost.evil.example:{port}",
    "evil-localhost:{port}",
    "localhost:{port}.evil.example",
    "localhost.:{port}",
    "localhost",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.2:{port}",
    "127.1:{port}",
    "2130706433:{port}",
    "0.0.0.0:{port}",
    "[::]:{port}",
    "user@127.0.0.1:{port}",
    "",
]
FOREIGN_ORIGINS = [
    "https://evil.example",
    "http://127.0.0.1.evil.example:{port}",
    "http://localhost.evil.example:{port}",
    "http://127.0.0.1:1",
    "http://127.0.0.1",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}",
    "null",
    "",
    "file://",
    f"chrome-extension://{'a' * 32}",
    f"chrome-extension://{EXTENSION_ID}.evil.example",
    f"chrome-extension://{EXTENSION_ID}x",
    f"moz-extension://{EXTENSION_ID}",
    "moz-extension://0f5c3a9e-1111-4222-8333-444455556666.evil.example",
    "moz-extension://0f5c3a9e-1111-4222-8333-444455556666/",
    "moz-extension://",
    "safari-web-extension://0f5c3a9e-1111-4222-8333-444455556666",
]
GOOD_ORIGINS = [
    "http://127.0.0.1:{port}",
    "http://localhost:{port}",
    "http://[::1]:{port}",
    f"chrome-extension://{EXTENSION_ID}",
    "moz-extension://0f5c3a9e-1111-4222-8333-444455556666",
]


async def status(running: Running, method: str, path: str, **headers: str) -> int:
    port = str(running.server.port)
    filled = {name.title(): value.replace("{port}", port) for name, value in headers.items()}
    async with running.http.request(method, running.url(path), headers=filled) as response:
        if response.status == 403:
            text = await response.text()
            assert text.startswith("Forbidden: ")
            assert "\n" not in text
        return response.status


async def test_the_list_of_routes_is_complete(running: Running) -> None:
    routes = make_app(running.server.service).router.routes()
    registered = {(one.method, one.resource.canonical) for one in routes if one.resource is not None}
    assert {route for route in registered if route[0] != "HEAD"} <= set(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: " ".join(route))
async def test_every_route_answers_only_to_its_own_hosts(running: Running, route: tuple[str, str]) -> None:
    for host in FOREIGN_HOSTS:
        assert await status(running, *route, host=host) == 403, host
    for host in ["127.0.0.1:{port}", "localhost:{port}", "LocalHost:{port}", "[::1]:{port}"]:
        assert await status(running, *route, host=host) != 403, host


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: " ".join(route))
async def test_every_route_answers_only_to_known_origins(running: Running, route: tuple[str, str]) -> None:
    for origin in FOREIGN_ORIGINS:
        assert await status(running, *route, origin=origin) == 403, origin
    for origin in GOOD_ORIGINS:
        assert await status(running, *route, origin=origin) != 403, origin


@pytest.mark.parametrize(
    "host_lines", ["", "Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"], ids=["none", "two"]
)
async def test_a_request_needs_exactly_one_host(running: Running, host_lines: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.server.port)
    lines = host_lines.replace("{port}", str(running.server.port))
    writer.write(f"GET /healthz HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    assert answer.split(b" ")[1] in (b"400", b"403")  # two hosts may be refused before they reach the guard
    assert b"ready" not in answer


async def test_a_hostile_page_gets_no_socket(running: Running) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with running.socket(headers=headers):
                pass
        assert refused.value.status == 403


@pytest.mark.parametrize(
    "header", [None, "Bearer wrong", "Bearer ", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN]
)
async def test_complete_needs_the_token(running: Running, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    request = running.http.post(running.url("/v1/complete"), data=b'{"before":"a"}', headers=headers)
    async with request as response:
        assert response.status == 401
        assert (await response.json())["code"] == "unauthorized"
    assert running.engine.desks == []


async def test_configured_hosts_and_origins_are_let_in(start: Start) -> None:
    async with start(
        allowed_hosts="complete.team.example, other.example:99", allowed_origins="https://app.team.example/"
    ) as running:
        for host in ["complete.team.example", "complete.team.example:{port}", "other.example:99"]:
            assert await status(running, "GET", "/healthz", host=host) == 200, host
        for host in ["other.example", "team.example", "x.complete.team.example"]:
            assert await status(running, "GET", "/healthz", host=host) == 403, host
        for origin in ["https://app.team.example", "https://complete.team.example"]:
            assert await status(running, "GET", "/healthz", origin=origin) == 200, origin


async def test_the_extension_may_read_answers_and_other_pages_may_not(running: Running) -> None:
    extension = f"chrome-extension://{EXTENSION_ID}"
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    async with running.http.options(
        running.url("/v1/pair"), headers={"Origin": extension, **ask}
    ) as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Origin"] == extension
        assert "POST" in response.headers["Access-Control-Allow-Methods"]
        assert "Access-Control-Allow-Credentials" not in response.headers
    async with running.http.get(running.url("/healthz"), headers={"Origin": extension}) as response:
        assert response.headers["Access-Control-Allow-Origin"] == extension
        assert response.headers["Vary"] == "Origin"
    async with running.http.get(
        running.url("/healthz"), headers={"Origin": "https://evil.example"}
    ) as response:
        assert "Access-Control-Allow-Origin" not in response.headers


async def test_metrics_need_no_token_on_this_machine_but_do_behind_a_proxy(running: Running) -> None:
    for headers, wanted in [
        ({}, 200),
        ({"X-Forwarded-For": "203.0.113.9"}, 401),
        ({"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {TOKEN}"}, 200),
    ]:
        async with running.http.get(running.url("/metrics"), headers=headers) as response:
            assert response.status == wanted


def test_an_address_is_a_host_of_its_own_but_a_wildcard_is_none() -> None:
    assert Guard.of("192.0.2.7", 80).check(["192.0.2.7"], []) is Verdict.WELCOME
    assert Guard.of("::1", 9).check(["[::1]:9"], []) is Verdict.WELCOME
    assert Guard.of("0.0.0.0", 9).check(["0.0.0.0:9"], []) is Verdict.OTHER_HOST


def test_two_origins_are_none() -> None:
    guard = Guard.of("127.0.0.1", 9)
    assert guard.check(["localhost:9"], ["http://localhost:9", "http://localhost:9"]) is Verdict.OTHER_ORIGIN


def test_a_host_that_only_looks_like_ascii_is_foreign() -> None:
    assert (
        Guard.of("127.0.0.1", 9, ["kit.example"]).check(["\N{KELVIN SIGN}it.example:9"], [])
        is Verdict.OTHER_HOST
    )


def test_every_token_is_compared_even_after_one_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def compare(one: str, other: str) -> bool:
        compared.append(one)
        return one == other

    monkeypatch.setattr("foretype.server.guard.hmac.compare_digest", compare)
    known = [("a", digest("first")), ("b", digest("second")), ("c", digest("third"))]
    assert matching_id(known, "first") == "a"
    assert len(compared) == 3
