"""Own words over the wire: learnt from keystrokes that ask for it, seen and changed by their owner alone."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest

from foretype.server.guard import EXTENSION_ID
from foretype.support import logs
from tests.server.conftest import TOKEN, Client, Running, Start

ME = {"Authorization": f"Bearer {TOKEN}"}
EXTENSION = f"chrome-extension://{EXTENSION_ID}"


async def words(running: Running, query: str = "", headers: dict[str, str] | None = None) -> dict[str, Any]:
    async with running.http.get(running.url(f"/v1/words{query}"), headers=headers or ME) as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found


async def post(running: Running, path: str, body: object, status: int = 200) -> dict[str, Any]:
    async with running.http.post(running.url(path), json=body, headers=ME) as answer:
        assert answer.status == status
        found: dict[str, Any] = await answer.json()
        return found


async def write(client: Client, text: str, field: str, **more: Any) -> None:
    """Type a text word by word in a field, and close the field."""
    so_far = ""
    for seq, word in enumerate(text.split(" ")):
        so_far += word if not so_far else f" {word}"
        await client.keystroke(seq, so_far, field, **more)
        await client.next()
    await client.send(type="close", field=field)


async def settled(running: Running) -> None:
    """Everything that was sent has been handled."""
    async with running.client() as client:
        await client.keystroke(0)
        await client.next()


async def test_words_are_learnt_from_fields_whose_keystrokes_ask_for_it(running: Running) -> None:
    running.engine.known = {"met"}
    async with running.client() as client:
        for number in range(3):
            around = {
                "subject": "met Subjectname",
                "context": {"answered": "met Sendername", "label": "Labelname"},
            }
            await write(client, "met Quillfeather", f"f{number}", learn=True, **around)
            await write(client, "hid Secretname", f"g{number}")
    await settled(running)
    found = await words(running)
    assert found["learning"] is True
    assert found["words"] == [
        {"text": "Quillfeather", "seen": 3, "by_hand": False},
        {"text": "met", "seen": 3, "by_hand": False},
    ]


async def test_learn_is_true_or_false(running: Running) -> None:
    async with running.client() as client:
        await client.keystroke(1, learn="yes")
        error = await client.next()
    assert (error["code"], error["message"]) == ("bad_message", "'learn' must be true or false.")


async def test_requests_are_learnt_when_the_server_stops(start: Start, tmp_path: Path) -> None:
    async with start() as running:
        running.engine.known = {"good", "day"}
        for before in ("good", "good d", "good day"):
            await post(running, "/v1/complete", {"before": before, "learn": True, "field": "mail"})
        assert (await words(running))["total"] == 0
    async with (
        start() as running,
        running.http.get(running.url("/v1/words/export"), headers=ME) as answer,
    ):
        exported = await answer.json()
    assert [run["piece"] for run in exported["runs"]] == ["good", " day"]


async def test_words_are_added_found_and_removed(running: Running) -> None:
    assert await post(running, "/v1/words", {"add": ["Zephyr Ltd.", "Ada"]}) == {"total": 2}
    found = await words(running, "?search=zEPH&limit=1")
    assert found == {
        "learning": True,
        "total": 1,
        "words": [{"text": "Zephyr Ltd.", "seen": 0, "by_hand": True}],
    }
    assert (await words(running, "?offset=1"))["words"][0]["text"] == "Zephyr Ltd."
    assert await post(running, "/v1/words", {"remove": ["Ada"]}) == {"total": 1}


async def test_texts_that_no_word_can_be_change_nothing(running: Running) -> None:
    await post(running, "/v1/words", {"add": ["Ada"]})
    odd = ["\ud800", "", "\x00", "a\x1bb"]
    assert await post(running, "/v1/words", {"remove": odd}) == {"total": 1}
    assert await post(running, "/v1/words", {"add": odd}) == {"total": 1}


async def test_too_long_an_import_is_told_its_own_limit(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foretype.server.words_routes.IMPORT_BYTES", 50_000)
    refused = await post(running, "/v1/words/import", {"added": ["x" * 60_000]}, 413)
    advice = "use `foretype words import` where the server runs."
    assert refused["message"] == f"The body is longer than 50000 bytes: {advice}"


@pytest.mark.parametrize(
    "body", [{}, {"add": ["a"], "remove": ["b"]}, {"add": "a"}, {"add": [1]}, {"add": ["a"] * 501}]
)
async def test_a_change_that_is_none_is_refused(running: Running, body: object) -> None:
    assert (await post(running, "/v1/words", body, 400))["code"] == "bad_message"


async def test_an_export_can_be_imported_after_everything_was_forgotten(running: Running) -> None:
    many = [f"Zephyr the {number}th of a long list" for number in range(2000)]
    for start in range(0, 2000, 500):
        await post(running, "/v1/words", {"add": many[start : start + 500]})
    async with running.http.get(running.url("/v1/words/export"), headers=ME) as answer:
        exported = await answer.json()
    assert (exported["format"], exported["version"]) == ("foretype-words", 1)
    assert len(json.dumps(exported)) > running.server.service.limits.message_bytes
    async with running.http.delete(running.url("/v1/words"), headers=ME) as answer:
        assert await answer.json() == {"total": 0}
    assert (await words(running))["total"] == 0
    assert await post(running, "/v1/words/import", exported) == {"total": 2000}
    assert (await post(running, "/v1/words/import", {"format": "x"}, 400))["code"] == "bad_message"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/words"),
        ("POST", "/v1/words"),
        ("DELETE", "/v1/words"),
        ("GET", "/v1/words/export"),
        ("POST", "/v1/words/import"),
    ],
)
async def test_every_route_needs_a_token_and_a_page_that_may_ask(
    running: Running, method: str, path: str
) -> None:
    async with running.http.request(method, running.url(path), json={}) as answer:
        assert answer.status == 401
    foreign = {**ME, "Origin": "https://example.com"}
    async with running.http.request(method, running.url(path), json={}, headers=foreign) as answer:
        assert answer.status == 403


async def test_the_extension_may_ask_and_forget(running: Running) -> None:
    asks = {"Origin": EXTENSION, "Access-Control-Request-Method": "DELETE"}
    async with running.http.options(running.url("/v1/words"), headers=asks) as answer:
        assert answer.status == 204
        assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]
    async with running.http.get(running.url("/v1/words"), headers={**ME, "Origin": EXTENSION}) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == EXTENSION


async def test_each_token_has_words_of_its_own(running: Running) -> None:
    pairing = running.server.pairing
    ada, bob = (pairing.redeem(pairing.new_code(), name) for name in ("Ada", "Bob"))
    mine = {"Authorization": f"Bearer {ada}"}
    async with running.http.post(running.url("/v1/words"), json={"add": ["Zephyr"]}, headers=mine) as answer:
        assert answer.status == 200
    assert (await words(running, headers=mine))["total"] == 1
    assert (await words(running, headers={"Authorization": f"Bearer {bob}"}))["total"] == 0
    assert (await words(running))["total"] == 0


async def test_a_server_that_learns_nothing_says_so(start: Start, tmp_path: Path) -> None:
    async with start(own_words=False) as running:
        async with running.client() as client:
            for number in range(3):
                await write(client, "met Quillfeather", f"f{number}", learn=True)
        assert await words(running) == {"learning": False, "total": 0, "words": []}
        refused = await post(running, "/v1/words", {"add": ["a"]}, 400)
        assert "FORETYPE_OWN_WORDS" in refused["message"]
        async with running.http.get(running.url("/v1/words/export"), headers=ME) as answer:
            assert answer.status == 400
    assert not list((tmp_path / "state").glob("words*"))


async def test_a_file_that_cannot_be_used_gives_an_error_without_its_path(
    running: Running, tmp_path: Path
) -> None:
    log = io.StringIO()
    logs.configure("error", log)
    (tmp_path / "state").mkdir(exist_ok=True)
    (tmp_path / "state" / "words.sqlite3").write_bytes(b"no database " * 500)
    async with running.http.get(running.url("/v1/words"), headers=ME) as answer:
        assert answer.status == 500
        assert "state" not in await answer.text()
    assert "SQLITE_NOTADB" in log.getvalue()
    assert str(tmp_path) not in log.getvalue()


async def test_what_is_typed_is_in_the_file_of_words_and_nowhere_else(start: Start, tmp_path: Path) -> None:
    """A marker, looked for in the log at its most talkative level, in the metrics and in all files."""
    log = io.StringIO()
    logs.configure("debug", log)
    marker = "Zqxomarker"

    def files() -> list[str]:
        return [
            file.name
            for file in tmp_path.rglob("*")
            if file.is_file() and marker.encode() in file.read_bytes()
        ]

    async with start() as running:
        async with running.client() as client:
            for number in range(3):
                await write(client, f"met {marker}", f"f{number}")
        await settled(running)
        assert not (tmp_path / "state" / "words.sqlite3").exists()
        async with running.client() as client:
            for number in range(3):
                await write(client, f"met {marker}", f"f{number}", learn=True)
        await settled(running)
        assert (await words(running))["total"] > 0
        assert files() == ["words.sqlite3"]
        async with running.http.get(running.url("/metrics"), headers=ME) as answer:
            assert marker not in await answer.text()
        async with running.http.delete(running.url("/v1/words"), headers=ME) as answer:
            assert answer.status == 200
        assert files() == []
    assert "open" in log.getvalue()
    assert marker not in log.getvalue()


async def test_servers_that_share_a_state_folder_learn_and_forget_together(start: Start) -> None:
    async with start() as one, start() as other:
        other.engine.known = one.engine.known = {"met"}
        for number, running in enumerate((one, other, one)):
            async with running.client() as client:
                await write(client, "met Quillfeather", f"f{number}", learn=True)
            await settled(running)
            await words(running)  # after what was handed to the file before
        await post(one, "/v1/words", {"add": ["Zephyr"]})
        texts = [{word["text"] for word in (await words(running))["words"]} for running in (one, other)]
        assert texts == [{"met", "Quillfeather", "Zephyr"}] * 2
        async with other.http.delete(other.url("/v1/words"), headers=ME) as answer:
            assert answer.status == 200
        assert [(await words(running))["total"] for running in (one, other)] == [0, 0]
        await post(one, "/v1/words", {"add": ["Ada"]})
        assert (await words(other))["total"] == 1


async def test_servers_that_share_a_state_folder_write_at_the_same_time(start: Start) -> None:
    async with start() as one, start() as other:
        names = [f"Name{letter}" for letter in "abcdefghijklmnopqrst"]
        await asyncio.gather(
            *(
                post((one, other)[number % 2], "/v1/words", {"add": [name]})
                for number, name in enumerate(names)
            )
        )
        assert {word["text"] for word in (await words(one))["words"]} == set(names)


async def test_a_field_that_is_open_on_another_server_is_not_learnt_after_forgetting(start: Start) -> None:
    async with start() as one, start() as other:
        other.engine.known = {"good", "day"}
        await post(one, "/v1/words", {"add": ["Zephyr"]})
        async with other.client() as client:
            for seq, text in enumerate(("good", "good day")):
                await client.keystroke(seq, text, "mail", learn=True)
                await client.next()
            await words(other)
            async with one.http.delete(one.url("/v1/words"), headers=ME) as answer:
                assert answer.status == 200
            await client.send(type="close", field="mail")
            await settled(other)
            assert await exported_runs(other) == []
            for seq, text in enumerate(("good", "good day")):
                await client.keystroke(seq, text, "note", learn=True)
                await client.next()
            await client.send(type="close", field="note")
            await settled(other)
        assert len(await exported_runs(other)) == 2


async def exported_runs(running: Running) -> list[Any]:
    async with running.http.get(running.url("/v1/words/export"), headers=ME) as answer:
        found: list[Any] = (await answer.json())["runs"]
        return found


@pytest.mark.parametrize(
    ("query", "says"), [("limit=-1", "from 0 to 1000."), ("offset=x", "'offset' must be")]
)
async def test_a_number_that_is_none_is_told_its_range(running: Running, query: str, says: str) -> None:
    async with running.http.get(running.url(f"/v1/words?{query}"), headers=ME) as answer:
        assert answer.status == 400
        assert says in (await answer.json())["message"]


@pytest.mark.parametrize("path", ["/v1/words", "/v1/complete", "/v1/words/import"])
async def test_a_request_without_a_body_is_told_to_have_one(running: Running, path: str) -> None:
    async with running.http.post(running.url(path), headers=ME) as answer:
        assert answer.status == 400
        assert "has no body" in (await answer.json())["message"]
