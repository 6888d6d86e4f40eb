"""The routes beside the socket."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from foretype.engine.contract import Owner
from foretype.server.credentials import FIXED
from foretype.server.guard import EXTENSION_ID
from tests.server import contract
from tests.server.conftest import TOKEN, Running, Start
from tests.server.fake import FakeDesk, FakeEngine, answer_nothing, failure

AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


async def complete(running: Running, body: bytes | dict[str, Any]) -> tuple[int, dict[str, Any]]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with running.http.post(running.url("/v1/complete"), data=data, headers=AUTHORIZED) as response:
        assert response.content_type == "application/json"
        return response.status, contract.check(await response.text())


async def pair(running: Running, code: object) -> tuple[int, dict[str, Any]]:
    async with running.http.post(running.url("/v1/pair"), json={"code": code}) as response:
        text = await response.text()
        return response.status, json.loads(text) if response.status == 200 else contract.check(text)


async def test_health_says_loading_then_ready(start: Start) -> None:
    async with start(loading=True) as running:
        async with running.http.get(running.url("/healthz")) as response:
            assert (response.status, await response.json()) == (503, {"status": "loading"})
        async with running.http.get(running.url("/v1/socket"), headers={"Upgrade": "websocket"}) as response:
            assert response.status == 400
        assert (await complete(running, {"before": "a"}))[0] == 503
        running.server.ready(running.engine)
        async with running.http.get(running.url("/healthz")) as response:
            assert response.status == 200
            assert await response.json() == {"status": "ready", "model": "fake-1m", "provider": "NoProvider"}


async def test_complete_takes_a_keystroke_and_gives_its_suggestion(running: Running) -> None:
    keystroke = {"type": "keystroke", "field": "f9", "seq": 4, "before": "Thanks for the qui", "after": ""}
    status, answer = await complete(running, keystroke)
    assert status == 200
    assert (answer["type"], answer["field"], answer["seq"], answer["text"]) == (
        "suggestion",
        "f9",
        4,
        "ck response",
    )
    assert answer["final"] is True
    assert running.engine.calls[-1] == ("close",)


async def test_complete_needs_no_more_than_the_text(running: Running) -> None:
    assert (await complete(running, {"before": "Thanks"}))[0] == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_message"),
        (b"\xff", 400, "bad_message"),
        (b"[" * 20_000, 400, "bad_message"),
        (b"{}", 400, "bad_message"),
        (b'{"type":"hello","before":""}', 400, "bad_message"),
        (b'{"before":"a","seq":-1}', 400, "bad_message"),
        (json.dumps({"before": "x" * 2001}).encode(), 413, "text_too_long"),
        (b'{"before":"' + b"x" * 40_000, 413, "text_too_long"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_complete_says_what_is_wrong(running: Running, body: bytes, status: int, code: str) -> None:
    answered, error = await complete(running, body)
    assert (answered, error["type"], error["code"]) == (status, "error", code)


@pytest.mark.parametrize(("code", "status"), [("overloaded", 503), ("internal", 500)])
async def test_complete_passes_the_engines_failure_on(start: Start, code: str, status: int) -> None:
    def script(desk: FakeDesk, field: str, keystroke: Any) -> None:
        desk.answer(field, keystroke.seq, failure(code), final=True, elapsed_ms=1)

    async with start(FakeEngine(script)) as running:
        answered, error = await complete(running, {"before": "a"})
        assert (answered, error["code"]) == (status, code)
        assert await counted(running, code)


async def counted(running: Running, code: str) -> bool:
    """Whether one error of this code stands in the metrics."""
    async with running.http.get(running.url("/metrics")) as response:
        return f'foretype_errors_total{{code="{code}"}} 1.0' in await response.text()


async def test_an_engine_that_breaks_its_promise_is_an_error(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foretype.server.complete_route.GRACE_SECONDS", 0.0)
    async with start(FakeEngine(answer_nothing), budget_ms=10) as running:
        status, error = await complete(running, {"before": "a"})
        assert (status, error["code"]) == (500, "internal")
        await asyncio.wait_for(running.engine.desks[0].closed.wait(), 10)


async def test_all_requests_with_the_fixed_token_have_one_owner(running: Running) -> None:
    for _ in range(2):
        await complete(running, {"before": "a"})
    assert running.engine.owners == [Owner(FIXED, "requests")] * 2


async def test_complete_is_limited_too(start: Start) -> None:
    async with start(keystroke_burst=1, keystrokes_per_second=0.001) as running:
        assert (await complete(running, {"before": "a"}))[0] == 200
        assert (await complete(running, {"before": "a"}))[0] == 429
        assert await counted(running, "rate_limited")


async def test_a_code_becomes_a_token_once(running: Running) -> None:
    code = running.server.pairing.own_code()
    status, answer = await pair(running, code.lower().replace("-", ""))
    assert status == 200
    async with running.socket() as client:
        await client.send(type="hello", token=answer["token"])
        assert (await client.next())["type"] == "welcome"
    status, answer = await pair(running, code)
    assert (status, answer["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("code", [7, None, "x" * 65])
async def test_what_is_no_code_is_an_error(running: Running, code: object) -> None:
    status, _ = await pair(running, code)
    assert status in (400, 413)


async def test_wrong_codes_in_links_lock_out_no_code_that_is_typed(running: Running) -> None:
    """Any page can open links to the server's page with codes that it has made up."""
    url, wrong = running.url("/v1/pair"), {"code": "0000-0000", "by_link": True}
    statuses = []
    for _ in range(6):
        async with running.http.post(url, json=wrong) as response:
            statuses.append(response.status)
    assert statuses == [401] * 5 + [429]
    status, answer = await pair(running, running.server.pairing.new_code())
    assert (status, "token" in answer) == (200, True)


async def test_guessing_codes_closes_the_door_for_right_ones_too(running: Running) -> None:
    code = running.server.pairing.own_code()
    # All at once: each is counted before the next is looked at.
    answers = await asyncio.gather(*(pair(running, "0000-0000") for _ in range(8)))
    assert sorted(status for status, _ in answers) == [401] * 5 + [429] * 3
    assert (await pair(running, code))[0] == 429


async def test_the_playground_is_served_under_a_strict_policy(running: Running) -> None:
    async with running.http.get(running.url("/")) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        policy = response.headers["Content-Security-Policy"]
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "form-action 'none'",
        ]:
            assert part in policy
        assert "unsafe" not in policy
    async with running.http.get(running.url("/playground.js")) as response:
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"


async def test_every_answer_carries_the_safe_headers(running: Running) -> None:
    for path in ["/", "/healthz", "/metrics", "/no-such-page", "/v1/socket"]:
        async with running.http.get(running.url(path)) as response:
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
            assert response.headers["Server"] == "foretype"


async def test_a_playground_that_is_not_built_is_said_plainly(start: Start) -> None:
    async with start(files={}) as running, running.http.get(running.url("/")) as response:
        assert response.status == 503
        assert "make playground" in await response.text()


@pytest.mark.parametrize(
    "path", ["/../settings.py", "/%2e%2e/settings.py", "/..%2fsettings.py", "//etc/passwd"]
)
async def test_no_path_leads_out_of_the_playground(running: Running, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.server.port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{running.server.port}\r\nConnection: close\r\n\r\n".encode()
    )
    assert (await reader.read()).split(b" ")[1] in (b"404", b"403", b"400")
    writer.close()


async def test_metrics_count_without_naming(running: Running) -> None:
    async with running.client() as client:
        await client.keystroke(1, field="secret-name")
        await client.next()
        await client.socket.send_str("no JSON")
        await client.next()
        async with running.http.get(running.url("/metrics")) as response:
            text = await response.text()
    for line in [
        'foretype_keystrokes_total{outcome="shown",source="tree"} 1.0',
        'foretype_errors_total{code="bad_message"} 1.0',
        'foretype_answer_ms_bucket{le="2.0"} 1.0',
        "foretype_connections 1.0",
        "foretype_fields 1.0",
        'foretype_model_info{model="fake-1m",provider="NoProvider"} 1.0',
    ]:
        assert line in text
    assert "secret-name" not in text


async def test_the_servers_own_page_gets_a_code_for_the_extension_beside_it(running: Running) -> None:
    own = {"Origin": running.url("").rstrip("/")}
    async with running.http.post(running.url("/v1/code"), headers={**AUTHORIZED, **own}) as response:
        assert response.status == 200
        code = (await response.json())["code"]
    status, answer = await pair(running, code)
    assert (status, answer["token"] != TOKEN) == (200, True)
    assert (await pair(running, code))[0] == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        AUTHORIZED,
        {"Origin": "own"},
        {"Origin": "own", "Authorization": "Bearer wrong"},
        {**AUTHORIZED, "Origin": f"chrome-extension://{EXTENSION_ID}"},
        {**AUTHORIZED, "Origin": "own", "X-Forwarded-For": "192.0.2.7"},
    ],
    ids=["nobody", "no page", "no token", "another token", "the extension", "through a proxy"],
)
async def test_nobody_else_gets_one(running: Running, headers: dict[str, str]) -> None:
    sent = {name: running.url("").rstrip("/") if value == "own" else value for name, value in headers.items()}
    async with running.http.post(running.url("/v1/code"), headers=sent) as response:
        assert response.status == 401
        assert (await response.json())["code"] == "unauthorized"
