"""The server does what `docs/asyncapi.yaml` and `docs/protocol.md` say."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import astuple, fields
from typing import Any

import aiohttp
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from foretype.engine.keystroke import Context, Continuation, Keystroke, Reason, Source, Suggestion, Sureness
from foretype.engine.start import start_engine
from foretype.models.field_kind import FieldKind
from foretype.prepare.ensure import ensure_prepared
from foretype.server import app, connection, http_connection, refusal, requests, socket_route
from foretype.server.frames import SUBPROTOCOL, VERSION, ErrorCode, Refused
from foretype.server.limits import ClientLimits
from foretype.server.patience import SECONDS, Phase
from foretype.server.protocol import MAX_SEQ, Hello, Protocol
from foretype.support.settings import DEFAULT_PORT, Settings
from tests.server import contract
from tests.server.conftest import TOKEN, Client, Running, Start
from tests.server.fake import FakeDesk, FakeEngine, failure, suggested

# -- the document --


def problems(document: dict[str, Any]) -> list[str]:
    public = json.loads(contract.PUBLIC_SCHEMA.read_text(encoding="utf-8"))
    return [error.message for error in Draft7Validator(public).iter_errors(document)]


def test_the_document_is_what_asyncapi_asks_for() -> None:
    assert problems(contract.document()) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"asyncapi": "2.6.0"},
        {"operations": {"receiveHello": {"action": "subscribe", "channel": {"$ref": "#/channels/socket"}}}},
        {"channels": {"socket": {"bindings": {"ws": {"subprotocol": "foretype.v1"}}}}},
        {"components": {"messages": {"hello": {"payload": {"type": "no such type"}}}}},
    ],
    ids=["another version", "an action of version 2", "no member of the binding", "no JSON schema"],
)
def test_the_public_schema_refuses_what_is_no_asyncapi(changed: dict[str, Any]) -> None:
    assert problems({**contract.document(), **changed})


def test_every_reference_names_something() -> None:
    contract.resolved(contract.document())


@pytest.mark.parametrize("message", [*contract.CLIENT, *contract.SERVER])
def test_every_frame_has_a_schema_and_examples(message: str) -> None:
    Draft7Validator.check_schema(contract.payload(message))
    assert contract.payload(message)["properties"]["type"] == {"const": message}
    assert contract.examples(message)


def test_the_document_names_every_frame_and_who_sends_it() -> None:
    socket = contract.document()["channels"]["socket"]
    assert set(socket["messages"]) == set(contract.document()["components"]["messages"])
    assert set(socket["messages"]) == {*contract.CLIENT, *contract.SERVER}
    received: set[str] = set()
    sent: set[str] = set()
    for operation in contract.document()["operations"].values():
        named = {reference["$ref"].split("/")[-1] for reference in operation["messages"]}
        replies = {ref["$ref"].split("/")[-1] for ref in operation.get("reply", {}).get("messages", [])}
        if operation["action"] == "receive":
            received |= named
            sent |= replies
        else:
            sent |= named
    assert (received, sent) == (set(contract.CLIENT), set(contract.SERVER))


@pytest.mark.parametrize(
    "shown",
    contract.examples(*contract.CLIENT, *contract.SERVER),
    ids=lambda shown: f"{shown.message}.{shown.name}",
)
def test_every_example_is_a_frame_of_its_kind(shown: contract.Example) -> None:
    assert contract.errors(shown.payload, (shown.message,)) == []


def test_the_examples_show_every_code_and_every_source() -> None:
    shown = [one.payload for one in contract.examples(*contract.SERVER)]
    assert {frame["code"] for frame in shown if "code" in frame} == set(ErrorCode)
    assert {frame["source"] for frame in shown if "source" in frame} == set(Source)
    assert {frame["final"] for frame in shown if frame["type"] == "suggestion"} == {True, False}


NO_FRAMES = [
    ({"final": None}, "final: type"),
    ({"confidence": 1.5}, "confidence: maximum"),
    ({"source": "guess"}, "source: enum"),
    ({"seq": -1}, "seq: minimum"),
    ({"text": ""}, "suggestion: required"),
    ({"reason": "unlikely"}, "suggestion: not"),
    ({"more": 1}, "suggestion: additionalProperties"),
    ({"replaces": 0}, "replaces: minimum"),
    ({"alternatives": [{"text": "ck", "confidence": 0.1, "x": 1}]}, "alternatives.0: additionalProperties"),
]


@pytest.mark.parametrize(("changed", "problem"), NO_FRAMES, ids=[problem for _, problem in NO_FRAMES])
def test_the_schema_refuses_a_wrong_frame_of_the_server(changed: dict[str, Any], problem: str) -> None:
    frame = {**contract.examples("suggestion")[0].payload, **changed}
    assert problem in contract.errors(frame)


# -- the document and the code --


def enum_of(message: str, member: str) -> set[str]:
    return set(contract.payload(message)["properties"][member]["enum"]) - {None}


def test_the_document_has_the_closed_sets_of_the_code() -> None:
    assert enum_of("error", "code") == set(ErrorCode)
    assert enum_of("suggestion", "source") == set(Source)
    assert enum_of("suggestion", "reason") == set(Reason)
    assert enum_of("keystroke", "kind") == set(FieldKind)
    assert enum_of("keystroke", "sureness") == set(Sureness)
    assert contract.payload("welcome")["properties"]["version"]["const"] == VERSION
    binding = contract.document()["channels"]["socket"]["bindings"]["ws"]
    assert binding["headers"]["properties"]["Sec-WebSocket-Protocol"]["const"] == SUBPROTOCOL


CLOSE_CODES = {
    aiohttp.WSCloseCode.MESSAGE_TOO_BIG.value,
    *(value for name, value in vars(connection).items() if name.startswith("CLOSE_")),
}


def test_the_document_has_the_close_codes_of_the_code() -> None:
    assert set(contract.close_codes()) == CLOSE_CODES


def around(keystroke: dict[str, Any]) -> dict[str, Any]:
    """The schemas of the members of `context`."""
    members: dict[str, Any] = keystroke["context"]["properties"]
    return members


def test_the_document_has_the_members_of_what_stands_around() -> None:
    keystroke = contract.payload("keystroke")["properties"]
    assert set(around(keystroke)) == {one.name for one in fields(Context)}


def test_the_document_has_the_bounds_of_the_code() -> None:
    keystroke, limits = contract.payload("keystroke")["properties"], ClientLimits()
    for member in (*map(keystroke.get, ("before", "after", "subject")), *around(keystroke).values()):
        assert member["maxLength"] == limits.context_chars
    assert contract.payload("accepted")["properties"]["text"]["maxLength"] == limits.context_chars
    assert keystroke["field"]["maxLength"] == limits.name_chars
    assert keystroke["seq"]["maximum"] == MAX_SEQ
    assert contract.payload("suggestion")["properties"]["alternatives"]["maxItems"] == limits.alternatives


@pytest.mark.parametrize("setting", ["budget_ms", "context_chars", "fields", "message_bytes"])
def test_the_document_has_the_bounds_of_the_settings_that_welcome_tells(setting: str) -> None:
    welcome = contract.payload("welcome")["properties"]
    told = {**welcome, **welcome["limits"]["properties"]}[setting]
    bounds = {type(bound).__name__: bound for bound in Settings.model_fields[setting].metadata}
    assert (told["minimum"], told["maximum"]) == (bounds["Ge"].ge, bounds["Le"].le)


def prose() -> str:
    return contract.PROSE.read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, str]:
    """The first table under a heading of `docs/protocol.md`: first cell (without backticks) to the others."""
    section = prose().split(f"\n{heading}\n", 1)[1]
    found: dict[str, str] = {}
    for line in section[section.index("\n|") + 1 :].splitlines()[2:]:
        if not line.startswith("|"):
            break
        first, _, rest = line.strip("|").partition("|")
        found[first.strip().strip("`")] = rest
    return found


def test_the_prose_has_a_row_for_every_error_code_with_its_status() -> None:
    told = rows("### Error codes")
    assert list(told) == list(ErrorCode)
    for code, rest in told.items():
        assert f" {refusal.STATUS[ErrorCode(code)]} " in rest, code


def test_the_prose_has_a_row_for_every_source_reason_and_close_code() -> None:
    assert set(rows("#### `source`")) == set(Source)
    assert set(rows("#### `reason`")) == set(Reason)
    assert {int(code) for code in rows("### Close codes")} == CLOSE_CODES


def test_the_prose_has_a_row_for_every_route(running: Running) -> None:
    served = {
        f"{route.method} {route.resource.canonical}"
        for route in app.make_app(running.server.service, {}).router.routes()
        if route.method != "HEAD" and route.resource is not None
    }
    assert set(rows("## HTTP routes")) == served


@pytest.mark.parametrize("message", [*contract.CLIENT, *contract.SERVER])
def test_the_prose_has_a_row_for_every_member(message: str) -> None:
    told = rows(f"### `{message}`")
    assert set(told) == set(contract.payload(message)["properties"]) - {"type"}


def test_the_prose_has_the_limits_of_the_code() -> None:
    told = rows("## Limits")
    limits = ClientLimits()
    told_of = (
        ("limits.context_chars", limits.context_chars),
        ("limits.fields", limits.fields),
        ("limits.message_bytes", limits.message_bytes),
        ("length of `field", limits.name_chars),
        ("alternatives", limits.alternatives),
        ("keystrokes per second", limits.keystrokes_per_second),
        ("keystrokes at once", limits.keystroke_burst),
        ("seconds until `hello", limits.hello_seconds),
        ("bytes before `welcome", limits.hello_bytes),
        ("bytes before `welcome", limits.bytes_before_welcome),
        ("connections", Settings.model_fields["connections"].default),
        ("connections", Settings.model_fields["connections_per_address"].default),
        ("seconds for the head of a request", SECONDS[Phase.HEAD]),
        ("bytes in the head of a request", http_connection.HEAD_BYTES),
        ("seconds for the body of a request", requests.BODY_SECONDS),
        ("seconds for a whole request", SECONDS[Phase.REQUEST]),
        ("seconds between two requests of one connection", SECONDS[Phase.IDLE]),
        ("seconds between pings", socket_route.HEARTBEAT_SECONDS),
    )
    assert Counter(astuple(limits)) <= Counter(value for _, value in told_of), "a limit is not told"
    for name, value in told_of:
        assert f"{value:,.0f}" in re.findall(r"\d+(?:,\d+)*", told[name]), name


def test_the_frames_that_the_prose_shows_are_right() -> None:
    shown = [json.loads(block.split("```", 1)[0]) for block in prose().split("```json\n")[1:]]
    assert {frame["type"] for frame in shown} == {*contract.CLIENT, *contract.SERVER}
    assert [contract.errors(frame, (frame["type"],)) for frame in shown] == [[]] * len(shown)


async def test_the_example_client_of_the_prose_runs(start: Start) -> None:
    """The Python block as it stands there, at a server on another port."""

    def script(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
        desk.answer(field, keystroke.seq, suggested("stion"), final=False, elapsed_ms=1)
        desk.answer(field, keystroke.seq, suggested("stions"), final=True, elapsed_ms=9)

    async with start(FakeEngine(script)) as running:
        printed = await output_of_the_example(running.url("").rstrip("/"))
    assert printed == "Please let me know if you have any questions"


DEFAULT_ADDRESS = f"http://127.0.0.1:{DEFAULT_PORT}"


async def output_of_the_example(server: str) -> str:
    code = prose().split("```python\n", 1)[1].split("```", 1)[0]
    assert DEFAULT_ADDRESS in code
    client = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code.replace(DEFAULT_ADDRESS, server),
        env={**os.environ, "FORETYPE_TOKEN": TOKEN},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await asyncio.wait_for(client.communicate(), 60)
    assert client.returncode == 0
    return printed.decode().strip()


# -- the examples and the server --


WITH_TOKEN = [shown for shown in contract.examples("hello") if "token" in shown.payload]


@pytest.mark.parametrize("shown", WITH_TOKEN, ids=lambda shown: shown.name)
async def test_the_server_welcomes_every_hello_of_the_document_that_has_a_token(
    start: Start, shown: contract.Example
) -> None:
    async with start(token=shown.payload["token"]) as running, running.socket() as client:
        await client.send(**shown.payload)
        assert (await client.next())["type"] == "welcome"


REACHES = {"keystroke": "keystroke", "accepted": "accepted", "dismissed": "dismissed", "close": "forget"}


@pytest.mark.parametrize("shown", contract.examples(*REACHES), ids=lambda shown: shown.name)
async def test_the_server_takes_every_example_of_the_document(
    running: Running, shown: contract.Example
) -> None:
    async with running.client() as client:
        await client.keystroke(0, field=shown.payload["field"])
        await client.next()
        await client.send(**shown.payload)
        await client.keystroke(0, field="the next one")
        if shown.message == "keystroke":
            assert (await client.next())["seq"] == shown.payload["seq"]
        assert (await client.next())["field"] == "the next one"
        called = [call for call in running.engine.calls if call[1] != "the next one"]
        assert called[-1][:2] == (REACHES[shown.message], shown.payload["field"])


# -- the frames of the server; `Client.next` holds each against the document --


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("source", list(Source))
async def test_a_suggestion_of_any_source_is_as_the_document_says(
    start: Start, source: Source, final: bool
) -> None:
    found = Suggestion("ck", 0.123456, source, None, (Continuation("et", 1 / 3),))
    frame = await answered(start, found, final=final)
    assert (frame["source"], frame["final"], frame["confidence"]) == (source.value, final, 0.1235)


@pytest.mark.parametrize("reason", list(Reason))
async def test_nothing_for_any_reason_is_as_the_document_says(start: Start, reason: Reason) -> None:
    assert (await answered(start, Suggestion.nothing(reason), final=True))["reason"] == reason.value


async def answered(start: Start, found: Suggestion, *, final: bool) -> dict[str, Any]:
    def script(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
        desk.answer(field, keystroke.seq, found, final=final, elapsed_ms=1.26)

    async with start(FakeEngine(script)) as running, running.client() as client:
        await client.keystroke(1)
        return await client.next()


@pytest.mark.parametrize("code", list(ErrorCode))
async def test_an_error_of_any_code_is_as_the_document_says(start: Start, code: ErrorCode) -> None:
    async with provoked(start, code) as client:
        frame = await client.next()
    assert (frame["type"], frame["code"]) == ("error", code.value)
    about_the_connection = code in (ErrorCode.UNAUTHORIZED, ErrorCode.DRAINING)
    assert frame.get("final", False) == (not about_the_connection and code is not ErrorCode.BAD_MESSAGE)


@contextlib.asynccontextmanager
async def provoked(start: Start, code: ErrorCode) -> AsyncIterator[Client]:
    """A client whose next frame is an error of this code."""
    limits: dict[str, Any] = {}
    if code is ErrorCode.TOO_MANY_FIELDS:
        limits = {"fields": 1}
    elif code is ErrorCode.RATE_LIMITED:
        limits = {"keystroke_burst": 1, "keystrokes_per_second": 0.001}

    def script(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
        outcome = suggested() if keystroke.seq == 1 else failure(code.value)
        desk.answer(field, keystroke.seq, outcome, final=True, elapsed_ms=1)

    async with start(FakeEngine(script), **limits) as running, running.socket() as client:
        token = "wrong" if code is ErrorCode.UNAUTHORIZED else TOKEN
        await client.send(type="hello", token=token)
        if code is not ErrorCode.UNAUTHORIZED:
            await client.next()
            await client.keystroke(1)
            await client.next()
        match code:
            case ErrorCode.UNAUTHORIZED:
                pass
            case ErrorCode.BAD_MESSAGE:
                await client.socket.send_str("no JSON")
            case ErrorCode.TEXT_TOO_LONG:
                await client.keystroke(2, before="x" * 2001)
            case ErrorCode.TOO_MANY_FIELDS:
                await client.keystroke(2, field="f2")
            case ErrorCode.DRAINING:
                draining = asyncio.create_task(running.server.drain())
                yield client
                await client.closed()
                await draining
                return
            case _:
                await client.keystroke(2)
        yield client


def fails(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
    raise RuntimeError("a bug")


@pytest.mark.parametrize(("code", "reason"), contract.close_codes().items())
async def test_the_server_closes_with_the_code_and_reason_of_the_document(
    start: Start, code: int, reason: str
) -> None:
    hello_seconds = 0.02 if code == connection.CLOSE_NO_HELLO else None
    failing = FakeEngine(fails) if code == connection.CLOSE_INTERNAL else None
    async with start(failing, hello_seconds=hello_seconds) as running, running.socket() as client:
        if code != connection.CLOSE_NO_HELLO:
            token = "wrong" if code == connection.CLOSE_UNAUTHORIZED else TOKEN
            await client.send(type="hello", token=token)
            await client.next()
        draining = None
        if code == connection.CLOSE_GOING_AWAY:
            draining = asyncio.create_task(running.server.drain())
            await client.next()
        elif code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
            await client.socket.send_str("x" * 32_769)
        elif code == connection.CLOSE_INTERNAL:
            await client.keystroke(1)
        end = await client.socket.receive(timeout=10)
        assert (end.type, end.data, end.extra) == (aiohttp.WSMsgType.CLOSE, code, reason)
        if draining is not None:
            await draining


# -- what a client may send: the schema and the server agree --

near = st.sampled_from([-1, 0, 1, 8, 9, MAX_SEQ, MAX_SEQ + 1])
# To JSON Schema 17.0 is an integer, and the server refuses it: no schema can say that.
not_whole = st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: not value.is_integer())
anything = st.none() | st.booleans() | near | not_whole | st.text(max_size=3) | st.just([]) | st.just({})
texts = st.text(st.characters(), max_size=9) | st.sampled_from(["x" * 2000, "x" * 2001, "\U0001f600" * 2000])
names = st.text(st.characters(), max_size=9) | st.sampled_from(["n" * 128, "n" * 129])
numbers = st.integers(0, MAX_SEQ)
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
kinds = st.sampled_from([*map(str, FieldKind), "poem"])
MODELS = ("fake-1m", "large")  # another name is refused, which no schema can say
MEMBERS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "keystroke": {"field": names, "seq": numbers, "before": texts, "after": texts},
    "accepted": {"field": names, "seq": numbers, "text": texts},
    "dismissed": {"field": names, "seq": numbers},
    "close": {"field": names},
}
OPTIONAL = {
    "max_chars": near,
    "max_words": near,
    "sureness": st.sampled_from([*map(str, Sureness), "certain"]),
    "alternatives": near,
    "kind": kinds,
    "subject": texts,
    "traceparent": st.just(PARENT) | st.sampled_from([PARENT + "\n", PARENT.upper(), "01" + PARENT[2:]]),
    "corrections": st.booleans() | anything,
    "model": st.sampled_from(MODELS),
    "context": st.fixed_dictionaries({}, optional={"answered": texts, "label": texts, "unknown": anything})
    | st.none(),
    "unknown": anything,
}


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    """A message that is right, or nearly so: one member may be missing or of any other type."""
    kind = draw(st.sampled_from(list(MEMBERS)))
    made = draw(st.fixed_dictionaries(MEMBERS[kind], optional=OPTIONAL))
    made["type"] = kind
    match draw(st.sampled_from(["right", "missing", "another", "another"])):
        case "missing":
            del made[draw(st.sampled_from(sorted(made)))]
        case "another":
            name = draw(st.sampled_from(sorted(made)))
            made[name] = draw(anything.filter(lambda one: name != "model" or not isinstance(one, str)))
    # As it arrives: two halves of a surrogate pair are one character then.
    arrived: dict[str, Any] = json.loads(json.dumps(made))
    return arrived


@settings(max_examples=300, deadline=None)
@given(messages())
@example({"type": "keystroke", "field": "n" * 129, "seq": 1, "before": "", "after": ""})
@example({"type": "keystroke", "field": "f", "seq": True, "before": "", "after": ""})
@example({"type": "keystroke", "field": "f", "seq": 1, "before": "", "after": "", "max_chars": None})
@example({"type": "keystroke", "field": "f", "seq": 1, "before": "", "after": "", "subject": "x" * 2001})
@example({"type": "keystroke", "field": "f", "seq": 1, "before": "", "after": "", "traceparent": PARENT})
@example({"type": "keystroke", "field": "f", "seq": 1, "before": "", "after": "", "traceparent": "0" * 55})
@example(
    {
        "type": "keystroke",
        "field": "f",
        "seq": 1,
        "before": "",
        "after": "",
        "context": {"answered": "x" * 2001},
    }
)
def test_the_server_takes_what_the_schema_takes_and_refuses_what_it_refuses(message: dict[str, Any]) -> None:
    protocol = Protocol(ClientLimits(), lambda: 0.0, MODELS)
    protocol.greet()
    event = protocol.receive(json.dumps(message).encode())
    wrong = contract.errors(message, tuple(MEMBERS))
    assert isinstance(event, Refused) == bool(wrong), (event, wrong)
    if isinstance(event, Refused):
        texts_of = ("before", "after", "subject", "context.answered", "context.label", "text")
        long = {f"{member}: maxLength" for member in texts_of}
        if event.code is ErrorCode.TEXT_TOO_LONG:
            assert long & set(wrong)
        else:
            assert event.code is ErrorCode.BAD_MESSAGE
            assert set(wrong) - long


HELLO = {
    "type": st.just("hello") | anything,
    "token": names | anything,
    "key": st.just("0" * 32) | st.just("G" * 32) | anything,
    "nonce": st.just("n" * 22) | st.just("n" * 21) | st.just("n" * 64) | st.just("n" * 65) | anything,
    "address": st.just("127.0.0.1:22738") | st.just("a b") | anything,
}


@given(st.fixed_dictionaries({}, optional=HELLO))
@example({"type": "hello", "key": "0" * 32, "nonce": "n" * 22, "address": "a"})
@example({"type": "hello", "key": "0" * 32, "nonce": "n" * 21, "address": "a"})
def test_a_hello_opens_a_connection_only_if_the_schema_takes_it(message: dict[str, Any]) -> None:
    event = Protocol(ClientLimits(), lambda: 0.0).receive(json.dumps(message).encode())
    right = not contract.errors(json.loads(json.dumps(message)), ("hello",))
    is_complete = isinstance(event, Hello) and (bool(event.token) or event.claim is not None)
    # A client that sends a token and a broken claim beside it is known by its token.
    assert is_complete == right or (is_complete and "token" in message)


# -- the real model --


@pytest.mark.model
async def test_the_real_model_speaks_as_the_document_says(start: Start) -> None:
    chosen = Settings(budget_ms=60_000, model="smollm2-135m")
    ready = await asyncio.to_thread(ensure_prepared, chosen)
    engine = await start_engine(ready.folder, chosen)
    reasons: set[str] = set()
    async with start(engine, budget_ms=60_000) as running, running.client() as client:
        for seq, before in enumerate(("The meeting is sched", "", "我们明天开会", "zqx vvk qqq"), start=1):
            await client.keystroke(seq, before, alternatives=2, kind="email")
            while not (frame := await client.next())["final"]:
                pass
            reasons.add(frame.get("reason", frame["text"][:4]))
    assert {"uled", "no_context", "unsupported_text"} <= reasons
