"""The promises of the protocol, tested over a real socket with a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp
import pytest

from foretype.engine.contract import Owner
from foretype.engine.keystroke import Continuation, Keystroke, Reason, Source, Suggestion, Sureness
from foretype.models.field_kind import FieldKind
from tests.server.conftest import TOKEN, Running, Start
from tests.server.fake import (
    FakeDesk,
    FakeEngine,
    FieldsEngine,
    answer_empty,
    answer_nothing,
    failure,
    suggested,
)


async def test_hello_is_welcomed_with_the_limits(running: Running) -> None:
    async with running.socket() as client:
        await client.send(type="hello", token=TOKEN, client="tests/1")
        assert await client.next() == {
            "type": "welcome",
            "version": 1,
            "model": "fake-1m",
            "models": ["fake-1m"],
            "budget_ms": 300,
            "limits": {"context_chars": 2000, "fields": 64, "message_bytes": 32768},
        }


async def test_a_keystroke_is_answered_with_a_suggestion(running: Running) -> None:
    async with running.client() as client:
        await client.keystroke(17)
        assert await client.next() == {
            "type": "suggestion",
            "field": "f1",
            "seq": 17,
            "text": "ck response",
            "confidence": 0.62,
            "alternatives": [],
            "final": True,
            "elapsed_ms": 1.9,
            "source": "tree",
        }


async def test_optional_members_reach_the_engine(running: Running) -> None:
    async with running.client() as client:
        lengths = {"max_chars": 20, "max_words": 3}
        await client.keystroke(
            1,
            **lengths,
            sureness="calm",
            alternatives=100,
            kind="email",
            subject="Lunch?",
            corrections=True,
        )
        await client.next()
    assert running.engine.calls[0] == (
        "keystroke",
        "f1",
        Keystroke(
            1, "Thanks for the qui", "", 20, 3, Sureness.CALM, 8, FieldKind.EMAIL, "Lunch?", corrections=True
        ),
    )


async def test_nothing_worth_showing_comes_with_its_reason(start: Start) -> None:
    async with start(FakeEngine(answer_empty)) as running, running.client() as client:
        await client.keystroke(1)
        frame = await client.next()
        assert (frame["text"], frame["reason"], frame["final"]) == ("", "unlikely", True)


async def test_suggestions_before_the_final_one_come_as_they_are_found(start: Start) -> None:
    async with start(FakeEngine(answer_nothing)) as running, running.client() as client:
        await client.keystroke(1)
        await running.engine.until("keystroke")
        answer = running.engine.desks[0].answer
        answer("f1", 1, suggested("ck"), final=False, elapsed_ms=3)
        assert (await client.next())["final"] is False
        answer("f1", 1, suggested("ck note"), final=True, elapsed_ms=40)
        assert (await client.next())["text"] == "ck note"


async def test_alternatives_are_told(start: Start) -> None:
    def script(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
        found = Suggestion("ck", 0.6, Source.MODEL, None, (Continuation("et", 0.1),))
        desk.answer(field, keystroke.seq, found, final=True, elapsed_ms=1)

    async with start(FakeEngine(script)) as running, running.client() as client:
        await client.keystroke(1, alternatives=1)
        assert (await client.next())["alternatives"] == [{"text": "et", "confidence": 0.1}]


async def test_a_correction_says_how_many_characters_it_replaces(start: Start) -> None:
    def script(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
        found = Suggestion("receive", 0.9, Source.MODEL, replaces=5)
        desk.answer(field, keystroke.seq, found, final=True, elapsed_ms=1)

    async with start(FakeEngine(script)) as running, running.client() as client:
        await client.keystroke(1, corrections=True)
        frame = await client.next()
        assert (frame["text"], frame["replaces"]) == ("receive", 5)


async def test_what_was_overtaken_is_not_answered(start: Start) -> None:
    async with start(FakeEngine(answer_nothing)) as running, running.client() as client:
        await client.keystroke(1)
        await client.keystroke(2)
        await running.engine.until("keystroke", 2)
        answer = running.engine.desks[0].answer
        answer("f1", 1, suggested("late"), final=True, elapsed_ms=1)
        answer("f1", 2, suggested("now"), final=True, elapsed_ms=1)
        assert (await client.next())["text"] == "now"


async def test_an_engine_that_answers_twice_is_heard_once(start: Start) -> None:
    def script(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
        desk.answer(field, keystroke.seq, suggested("first"), final=True, elapsed_ms=1)
        desk.answer(field, keystroke.seq, suggested("second"), final=True, elapsed_ms=1)

    async with start(FakeEngine(script)) as running, running.client() as client:
        await client.keystroke(1)
        await client.keystroke(1, field="f2")
        assert [(await client.next())["text"] for _ in range(2)] == ["first", "first"]


@pytest.mark.parametrize("code", ["overloaded", "internal"])
async def test_the_engines_failure_is_an_error_for_that_keystroke(start: Start, code: str) -> None:
    def script(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
        desk.answer(field, keystroke.seq, failure(code), final=True, elapsed_ms=1)

    async with start(FakeEngine(script)) as running, running.client() as client:
        await client.keystroke(1)
        frame = await client.next()
        assert frame == {
            "type": "error", "code": code, "message": "Try again.", "field": "f1", "seq": 1, "final": True
        }  # fmt: skip


async def test_an_engine_that_raises_fails_one_keystroke_only(start: Start) -> None:
    def find(keystroke: Keystroke) -> Suggestion:
        if keystroke.seq == 1:
            raise ValueError(keystroke.before)
        return suggested()

    async with start(FieldsEngine(find)) as running, running.client() as client:
        await client.keystroke(1)
        frame = await client.next()
        assert (frame["code"], frame["seq"]) == ("internal", 1)
        await client.keystroke(2)
        assert (await client.next())["text"] == "ck response"


async def test_accepted_dismissed_and_close_reach_the_engine(running: Running) -> None:
    async with running.client() as client:
        await client.keystroke(17)
        await client.next()
        await client.send(type="accepted", field="f1", seq=17, text="ck")
        await client.send(type="dismissed", field="f1", seq=17)
        await client.send(type="close", field="f1")
        await running.engine.until("forget")
    told = [("accepted", "f1", 17, "ck"), ("dismissed", "f1", 17), ("forget", "f1")]
    assert running.engine.calls[1:4] == told


async def test_a_field_that_is_not_open_is_no_error(running: Running) -> None:
    async with running.client() as client:
        await client.send(type="accepted", field="gone", seq=1, text="ck")
        await client.send(type="dismissed", field="gone", seq=1)
        await client.send(type="close", field="gone")
        await client.keystroke(1)
        assert (await client.next())["type"] == "suggestion"


async def test_a_closed_socket_closes_its_desk(running: Running) -> None:
    async with running.client():
        pass
    await asyncio.wait_for(running.engine.desks[0].closed.wait(), 10)


@pytest.mark.parametrize("token", [{"token": "wrong"}, {}, {"token": 7}, {"token": ""}, {"token": "\ud83d"}])
async def test_a_hello_without_the_right_token_is_refused(running: Running, token: dict[str, Any]) -> None:
    async with running.socket() as client:
        await client.send(type="hello", **token)
        assert (await client.next())["code"] == "unauthorized"
        assert await client.closed() == 4401
    assert running.engine.desks == []


async def test_nothing_is_answered_before_hello(running: Running) -> None:
    async with running.socket() as client:
        await client.keystroke(1)
        await client.socket.send_str("no JSON")
        await client.socket.send_bytes(b"\xff")
        await client.send(type="hello", token=TOKEN)
        assert (await client.next())["type"] == "welcome"
    assert [call for call in running.engine.calls if call[0] == "keystroke"] == []


async def test_a_connection_that_does_not_say_hello_is_closed(start: Start) -> None:
    async with start(hello_seconds=0.02) as running, running.socket() as client:
        assert await client.closed() == 4408


async def test_a_frame_of_the_longest_length_is_taken_and_one_byte_more_closes(running: Running) -> None:
    message = {"type": "keystroke", "field": "f1", "seq": 1, "before": "a", "after": "", "padding": ""}
    message["padding"] = "x" * (32768 - len(json.dumps(message)))
    async with running.client() as client:
        await client.send(**message)
        assert (await client.next())["type"] == "suggestion"
        message["padding"] += "x"
        await client.send(**message)
        assert await client.closed() == 1009


MALFORMED = [
    "", "no JSON", "[]", "null", "17", '"text"', "{", "{}", '{"type":7}', '{"type":"unknown"}',
    '{"type":"hello","token":"again"}',
    '{"type":"keystroke"}', '{"type":"keystroke","field":"f1"}', '{"type":"close"}',
    '{"type":"accepted","field":"f1","seq":1}',
    '{"type":"keystroke","field":7,"seq":1,"before":"","after":""}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a"}',
    '{"type":"keystroke","field":"f1","seq":1.0,"before":"a","after":""}',
    '{"type":"keystroke","field":"f1","seq":true,"before":"a","after":""}',
    '{"type":"keystroke","field":"f1","seq":-1,"before":"a","after":""}',
    '{"type":"keystroke","field":"f1","seq":NaN,"before":"a","after":""}',
    '{"type":"keystroke","field":"f1","seq":Infinity,"before":"a","after":""}',
    '{"type":"keystroke","field":"f1","seq":1e400,"before":"a","after":""}',
    '{"type":"keystroke","field":"f1","seq":9007199254740992,"before":"a","after":""}',
    '{"type":"keystroke","field":"f1","seq":' + "9" * 5000 + ',"before":"a","after":""}',
    '{"type":"keystroke","field":"f1","seq":1,"seq":2,"before":"a","after":""}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a","after":"","max_chars":-1}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a","after":"","max_chars":0}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a","after":"","alternatives":1.5}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a","after":"","max_words":0}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a","after":"","sureness":"certain"}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a","after":"","sureness":{}}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a","after":"","kind":"poem"}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a","after":"","kind":[]}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a","after":"","subject":7}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a","after":"","model":7}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a","after":"","context":"a"}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a","after":"","context":{"answered":7}}',
    '{"type":"keystroke","field":"f1","seq":1,"before":"a","after":"","context":{"label":[]}}',
    '{"type":"keystroke","field":"' + "n" * 129 + '","seq":1,"before":"a","after":""}',
    "[" * 30000, '{"a":' * 6000, '{"type":"close","field":"f1"} and more',
]  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: text[:60])
async def test_a_malformed_message_is_an_error_and_no_more(running: Running, text: str) -> None:
    async with running.client() as client:
        await client.socket.send_str(text)
        frame = await client.next()
        assert (frame["type"], frame["code"]) == ("error", "bad_message")
        await client.keystroke(1)
        assert (await client.next())["type"] == "suggestion"


async def test_a_binary_frame_and_one_that_is_not_utf8_are_errors(running: Running) -> None:
    async with running.client() as client:
        await client.socket.send_bytes(b'{"type":"close","field":"f1"}')
        assert (await client.next())["code"] == "bad_message"
        await client.socket.send_frame(b'{"type":"\xff"}', aiohttp.WSMsgType.TEXT)
        assert (await client.next())["code"] == "bad_message"
        await client.keystroke(1)
        assert (await client.next())["type"] == "suggestion"


async def test_an_error_names_its_field_and_keystroke(running: Running) -> None:
    async with running.client() as client:
        await client.keystroke(5, before="x" * 2001)
        frame = await client.next()
        assert {name: frame[name] for name in ("code", "field", "seq", "final")} == {
            "code": "text_too_long", "field": "f1", "seq": 5, "final": True
        }  # fmt: skip
        await client.send(type="accepted", field="f1", seq=5)
        assert "final" not in await client.next()


@pytest.mark.parametrize("side", ["before", "after", "subject"])
async def test_text_is_counted_in_code_points(running: Running, side: str) -> None:
    async with running.client() as client:
        await client.socket.send_str(_raw(1, **{side: "\N{GRINNING FACE}" * 2000}))
        assert (await client.next())["type"] == "suggestion"
        await client.socket.send_str(_raw(2, **{side: "\N{GRINNING FACE}" * 2001}))
        assert (await client.next())["code"] == "text_too_long"


@pytest.mark.parametrize("member", ["answered", "label"])
async def test_a_text_around_is_counted_in_code_points_and_named_if_it_is_too_long(
    running: Running, member: str
) -> None:
    async with running.client() as client:
        for seq, length in ((1, 2000), (2, 2001)):
            await client.keystroke(seq, context={member: "\N{GRINNING FACE}" * length})
        assert (await client.next())["type"] == "suggestion"
        frame = await client.next()
        assert (frame["code"], frame["seq"]) == ("text_too_long", 2)
        assert frame["message"] == f"'context.{member}' is longer than 2000 characters: send its beginning."


async def test_null_and_unknown_members_of_what_stands_around_are_ignored(running: Running) -> None:
    async with running.client() as client:
        around = [None, {}, {"answered": None}, {"unknown": {"a": 1}}, {"answered": "Free on Friday?"}]
        for seq, context in enumerate(around, start=1):
            await client.keystroke(seq, context=context)
            assert (await client.next())["type"] == "suggestion"


def _raw(seq: int, **more: str) -> str:
    message = {"type": "keystroke", "field": "f1", "seq": seq, "before": "", "after": "", **more}
    return json.dumps(message, ensure_ascii=False)


async def test_a_seq_that_does_not_grow_is_refused_until_the_field_is_closed(running: Running) -> None:
    async with running.client() as client:
        for seq, wanted in [(7, "suggestion"), (7, "error"), (6, "error"), (8, "suggestion")]:
            await client.keystroke(seq)
            frame = await client.next()
            assert (frame["type"], frame["seq"]) == (wanted, seq)
        await client.send(type="close", field="f1")
        await client.keystroke(1)
        assert (await client.next())["type"] == "suggestion"


async def test_a_refused_keystroke_may_be_sent_again_with_its_seq(running: Running) -> None:
    async with running.client() as client:
        await client.keystroke(1, before="x" * 2001)
        assert (await client.next())["code"] == "text_too_long"
        await client.keystroke(1)
        assert (await client.next())["type"] == "suggestion"


async def test_too_many_fields_are_refused_until_one_is_closed(start: Start) -> None:
    async with start(fields=2) as running, running.client() as client:
        for field, wanted in [("a", None), ("b", None), ("c", "too_many_fields")]:
            await client.keystroke(1, field=field)
            assert (await client.next()).get("code") == wanted
        await client.send(type="close", field="a")
        await client.keystroke(2, field="c")
        assert (await client.next())["type"] == "suggestion"


async def test_connections_of_a_paired_client_share_its_limit(start: Start) -> None:
    async with start(keystroke_burst=2, keystrokes_per_second=0.001) as running:
        pairing = running.server.pairing
        token = pairing.redeem(pairing.new_code(), "tests")
        codes = []
        for _ in range(3):
            async with running.socket() as client:
                await client.send(type="hello", token=token)
                await client.next()
                await client.keystroke(1)
                codes.append((await client.next()).get("code"))
        assert codes == [None, None, "rate_limited"]


async def test_connections_with_the_fixed_token_have_a_limit_of_their_own(start: Start) -> None:
    async with start(keystroke_burst=1, keystrokes_per_second=0.001) as running:
        for _ in range(2):
            async with running.client() as client:
                await client.keystroke(1)
                assert (await client.next())["type"] == "suggestion"


async def test_too_many_keystrokes_are_refused_one_by_one(start: Start) -> None:
    async with start(keystroke_burst=3, keystrokes_per_second=0.001) as running, running.client() as client:
        codes = []
        for seq in range(5):
            await client.keystroke(seq)
            codes.append((await client.next()).get("code"))
        assert codes == [None, None, None, "rate_limited", "rate_limited"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00",
        "\ud83d",
        "\udc00\ud800",
        "\N{GRINNING FACE}",
        "中文输入",
        "שלום",
        "\u202e\u2028",
        "a" * 2000,
    ],
    ids=ascii,
)
async def test_any_text_goes_both_ways(start: Start, text: str) -> None:
    def echo(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
        found = Suggestion.nothing(Reason.NO_CONTEXT)
        if keystroke.before:
            found = Suggestion(keystroke.before, 0.5, Source.TREE)
        desk.answer(field, keystroke.seq, found, final=True, elapsed_ms=1)

    async with start(FakeEngine(echo)) as running, running.client() as client:
        await client.keystroke(1, before=text, after=text)
        assert (await client.next())["text"] == text


async def test_a_slow_reader_gets_only_the_newest_answer(start: Start) -> None:
    """The client sends without reading until the engine has had all; then far fewer answers arrive."""
    count = 3000

    def script(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
        desk.answer(field, keystroke.seq, suggested("x" * 20_000), final=True, elapsed_ms=1)

    engine = FakeEngine(script)
    async with start(engine, keystroke_burst=count) as running, running.client(max_msg_size=0) as client:
        for seq in range(count):
            await client.keystroke(seq)
        await engine.until("keystroke", count)
        received = [await client.next()]
        while received[-1]["seq"] < count - 1:
            received.append(await client.next())
        seqs = [frame["seq"] for frame in received]
        assert seqs == sorted(seqs)
        assert len(seqs) < count / 2


async def test_a_server_that_goes_away_tells_every_client(start: Start) -> None:
    async with start() as running, running.client() as first, running.client() as second:
        draining = asyncio.create_task(running.server.drain())
        for client in (first, second):
            assert (await client.next())["code"] == "draining"
            assert await client.closed() == 1012
        await draining
        async with running.http.get(running.url("/healthz")) as response:
            assert (response.status, await response.json()) == (503, {"status": "draining"})
    assert running.engine.closed


async def test_a_client_that_reads_nothing_does_not_hold_up_the_others(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foretype.server.connection.FAREWELL_SECONDS", 0.05)

    def script(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
        desk.answer(field, keystroke.seq, suggested("x" * 20_000), final=True, elapsed_ms=1)

    engine = FakeEngine(script)
    async with start(engine, keystroke_burst=3000) as running, running.client() as stuck:
        for seq in range(3000):
            await stuck.keystroke(seq)
        await engine.until("keystroke", 3000)
        async with running.client() as other:
            draining = asyncio.create_task(running.server.drain())
            assert await other.closed() == 1012
            await asyncio.wait_for(draining, 10)


@pytest.mark.parametrize("size", [40_000, 400_000, 1_000_000])
async def test_a_frame_that_is_far_too_long_is_told_so(running: Running, size: int) -> None:
    async with running.client() as client:
        with contextlib.suppress(ConnectionError):
            await client.socket.send_str("x" * size)
        assert await client.closed() == 1009


async def test_the_subprotocol_is_needed_and_compression_is_not_given(running: Running) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with running.socket(protocols=[]):
            pass
    assert refused.value.status == 400
    async with running.socket(compress=15) as client:
        assert client.socket.protocol == "foretype.v1"
        assert not client.socket.compress


async def test_a_revoked_client_is_closed_at_its_next_keystroke(running: Running) -> None:
    pairing = running.server.pairing
    token = pairing.redeem(pairing.new_code(), "tests")
    async with running.socket() as client:
        await client.send(type="hello", token=token)
        assert (await client.next())["type"] == "welcome"
        await client.keystroke(1)
        assert (await client.next())["type"] == "suggestion"
        pairing.revoke(pairing.clients()[0].id)
        await client.keystroke(2)
        assert (await client.next())["code"] == "unauthorized"
        assert await client.closed() == 4401


async def test_a_state_folder_that_is_gone_costs_keystrokes_but_no_connection(
    running: Running, tmp_path: Path
) -> None:
    pairing = running.server.pairing
    token = pairing.redeem(pairing.new_code(), "tests")
    async with running.socket() as client:
        await client.send(type="hello", token=token)
        assert (await client.next())["type"] == "welcome"
        gone = (tmp_path / "state").rename(tmp_path / "unmounted")
        await client.keystroke(1)
        assert (await client.next())["code"] == "internal"
        gone.rename(tmp_path / "state")
        await client.keystroke(2)
        assert (await client.next())["type"] == "suggestion"


async def test_connections_of_a_paired_client_have_one_owner(running: Running) -> None:
    pairing = running.server.pairing
    token = pairing.redeem(pairing.new_code(), "tests")
    for _ in range(2):
        async with running.socket() as client:
            await client.send(type="hello", token=token, client="tests/1")
            await client.next()
    one = Owner.alone(pairing.clients()[0].id)
    assert running.engine.owners == [one, one]


async def test_connections_with_the_fixed_token_are_different_people_of_one_token(running: Running) -> None:
    for _ in range(2):
        async with running.client():
            pass
    first, second = running.engine.owners
    assert first.token == second.token
    assert first.person != second.person


# -- several models --------------------------------------------------------------------------------


class TwoModels(FakeEngine):
    models = MappingProxyType({"fake-1m": "NoProvider", "large": "AnotherProvider"})


async def test_welcome_names_the_models_and_the_engine_gets_the_one_that_a_keystroke_names(
    start: Start,
) -> None:
    async with start(TwoModels()) as running:
        async with running.socket() as client:
            await client.send(type="hello", token=TOKEN)
            welcome = await client.next()
            assert (welcome["model"], welcome["models"]) == ("fake-1m", ["fake-1m", "large"])
        async with running.client() as client:
            for seq, model in enumerate(["large", None, "fake-1m"], start=1):
                await client.keystroke(seq, model=model)
                _, _, keystroke = await running.engine.until("keystroke", seq)
                assert isinstance(keystroke, Keystroke)
                assert keystroke.model == model
        async with running.http.get(running.url("/metrics")) as response:
            text = await response.text()
    for line in (
        'foretype_keystrokes_taken_total{model="fake-1m"} 2.0',
        'foretype_keystrokes_taken_total{model="large"} 1.0',
        'foretype_model_info{model="large",provider="AnotherProvider"} 1.0',
    ):
        assert line in text


async def test_a_model_that_is_not_served_is_refused_and_the_field_goes_on(start: Start) -> None:
    async with start(TwoModels()) as running, running.client() as client:
        await client.keystroke(1, model="large")
        assert (await client.next())["text"] == "ck response"
        await client.keystroke(2, model="secret-name")
        assert await client.next() == {
            "type": "error",
            "code": "bad_message",
            "message": "The server does not serve this model: "
            "'model' must be one of fake-1m, large, or absent.",
            "field": "f1",
            "seq": 2,
            "final": True,
        }
        await client.keystroke(2)  # a refused keystroke does not count
        assert (await client.next())["text"] == "ck response"
        async with running.http.get(running.url("/metrics")) as response:
            assert "secret-name" not in await response.text()


async def test_a_request_may_name_a_model_too(start: Start) -> None:
    async with start(TwoModels()) as running:
        asked = {"before": "Thanks for the qui"}
        headers = {"Authorization": f"Bearer {TOKEN}"}
        for model, status in (("large", 200), (None, 200), ("other", 400), (7, 400)):
            body = json.dumps({**asked, "model": model})
            async with running.http.post(running.url("/v1/complete"), data=body, headers=headers) as response:
                assert response.status == status
        kept = [call[2] for call in running.engine.calls if call[0] == "keystroke"]
        assert [keystroke.model for keystroke in kept if isinstance(keystroke, Keystroke)] == ["large", None]


async def test_while_the_models_load_a_request_that_names_one_is_told_so(start: Start) -> None:
    async with start(TwoModels(), loading=True) as running:
        body = json.dumps({"before": "Thanks for the qui", "model": "large"})
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with running.http.post(running.url("/v1/complete"), data=body, headers=headers) as response:
            assert (response.status, (await response.json())["code"]) == (503, "overloaded")
