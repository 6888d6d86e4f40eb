"""Handshakes and frames that WebSocket forbids, and ends that a client chooses."""

from __future__ import annotations

import json

import pytest

from tests.attack.conftest import (
    BINARY,
    CLOSE,
    ENDINGS,
    PING,
    PONG,
    TEXT,
    Attacked,
    frame,
    handshake,
    unmasked,
)

KEYSTROKE = json.dumps({"type": "keystroke", "field": "f", "seq": 1, "before": "qui", "after": ""}).encode()

BAD_HANDSHAKES: dict[str, dict[str, str | None]] = {
    "no key": {"Sec_WebSocket_Key": None},
    "a short key": {"Sec_WebSocket_Key": "YQ=="},
    "a key of no base64": {"Sec_WebSocket_Key": "*" * 24},
    "no version": {"Sec_WebSocket_Version": None},
    "another version": {"Sec_WebSocket_Version": "12"},
    "a version of no number": {"Sec_WebSocket_Version": "x"},
    "no connection": {"Connection": None},
    "another connection": {"Connection": "close"},
    "no upgrade": {"Upgrade": None},
    "another upgrade": {"Upgrade": "h2c"},
    "no subprotocol": {"Sec_WebSocket_Protocol": None},
    "another subprotocol": {"Sec_WebSocket_Protocol": "foretype.v2"},
    "a foreign origin": {"Origin": "https://other.example"},
    "another host": {"Host": "other.example"},
    "a body": {"Content_Length": "5"},
}


@pytest.mark.parametrize("changed", BAD_HANDSHAKES.values(), ids=BAD_HANDSHAKES)
async def test_a_bad_handshake_opens_no_socket(
    attacked: Attacked, changed: dict[str, str | None], request: pytest.FixtureRequest
) -> None:
    raw = await attacked.connect()
    raw.send(handshake(raw.port, **changed))
    head = await raw.head()
    if "Content_Length" in changed:
        assert head.split(" ")[1] in ("101", "400")  # a body of a GET means nothing
    else:
        assert head.split(" ")[1] in ("400", "403", "426")
        assert "Server: foretype\r\n" in head
    raw.end()
    await attacked.is_well()


BAD_FRAMES = {
    "not masked": unmasked(KEYSTROKE),
    "not masked behind one that is": frame(b"", PING) + unmasked(b""),
    "a reserved opcode": frame(b"", 3),
    "another reserved opcode": frame(b"", 15),
    "a reserved bit": frame(KEYSTROKE, reserved=1),
    "the bit of compression": frame(KEYSTROKE, reserved=4),
    "a continuation of nothing": frame(b"x", 0),
    "a message inside a message": frame(b"{", fin=False) + frame(KEYSTROKE),
    "a ping in parts": frame(b"", PING, fin=False),
    "a long ping": frame(b"x" * 126, PING),
    "a long close": frame(b"x" * 126, CLOSE),
    "a close of one byte": frame(b"x", CLOSE),
    "a close with a bad code": frame(b"\x00\x01", CLOSE),
    "a close with a reserved code": frame(b"\x03\xed", CLOSE),
    "a close whose reason is not UTF-8": frame(b"\x03\xe8\xff", CLOSE),
    "a length with its first bit": b"\x81\xff" + b"\xff" * 8 + b"\0" * 4,
    "a length of all memory": b"\x81\xff" + b"\x7f" + b"\xff" * 7 + b"\0" * 4,
}


@pytest.mark.parametrize("hello", [True, False])
@pytest.mark.parametrize("sent", BAD_FRAMES.values(), ids=BAD_FRAMES)
async def test_a_bad_frame_closes_its_connection_alone(attacked: Attacked, sent: bytes, hello: bool) -> None:
    other = await attacked.socket()
    raw = await attacked.socket(hello=hello)
    raw.send(sent)
    assert await raw.close_code() in (None, 1000, 1002, 1007, 1009)
    assert "HTTP/" not in await raw.the_rest()
    raw.end()
    other.send(frame(KEYSTROKE))
    assert json.loads((await other.frame())[1])["type"] == "suggestion"
    other.end()
    await attacked.is_well()


async def test_a_message_in_many_parts_is_a_message(attacked: Attacked) -> None:
    raw = await attacked.socket()
    for at, byte in enumerate(KEYSTROKE):
        raw.send(frame(bytes([byte]), TEXT if at == 0 else 0, fin=at == len(KEYSTROKE) - 1))
        raw.send(frame(b"between", PING))
    answers = [await raw.frame() for _ in range(len(KEYSTROKE) + 1)]
    assert [opcode for opcode, _ in answers].count(PONG) == len(KEYSTROKE)
    (text,) = [payload for opcode, payload in answers if opcode == TEXT]
    assert json.loads(text)["type"] == "suggestion"
    raw.end()
    await attacked.is_well()


async def test_parts_that_never_end_are_ended(attacked: Attacked) -> None:
    raw = await attacked.socket()
    raw.send(frame(b"x" * 60_000, fin=False) + frame(b"x" * 60_000, 0, fin=False) * 20)
    assert await raw.close_code() in (1009, None)
    raw.end()
    await attacked.is_well()


@pytest.mark.parametrize("opcode", [BINARY, TEXT])
async def test_bytes_that_are_no_text_are_an_error_of_the_message(attacked: Attacked, opcode: int) -> None:
    raw = await attacked.socket()
    raw.send(frame(b"\xff\xfe", opcode))
    error = json.loads((await raw.frame())[1])
    assert (error["type"], error["code"]) == ("error", "bad_message")
    raw.send(frame(KEYSTROKE))
    assert json.loads((await raw.frame())[1])["type"] == "suggestion"
    raw.end()
    await attacked.is_well()


async def test_frames_right_behind_the_handshake_are_read(attacked: Attacked) -> None:
    raw = await attacked.connect()
    raw.send(handshake(raw.port) + frame(b'{"type":"hello","token":"wrong"}'))
    await raw.head()
    assert json.loads((await raw.frame())[1])["code"] == "unauthorized"
    assert await raw.close_code() == 4401
    raw.end()
    await attacked.is_well()


@pytest.mark.parametrize("sent", [unmasked(b"{}"), frame(b"x" * 40_000)], ids=["not masked", "too long"])
async def test_bad_frames_right_behind_the_handshake_refuse_it(attacked: Attacked, sent: bytes) -> None:
    raw = await attacked.connect()
    raw.send(handshake(raw.port) + sent)
    assert (await raw.head()).split(" ")[1] in ("400", "101")  # 101 if the frame has come later
    raw.end()
    await attacked.is_well()


async def test_a_request_behind_a_refused_handshake_is_answered_too(attacked: Attacked) -> None:
    raw = await attacked.connect()
    get = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{raw.port}\r\nConnection: close\r\n\r\n"
    raw.send(handshake(raw.port, Sec_WebSocket_Protocol=None) + get.encode())
    assert (await raw.head()).startswith("HTTP/1.1 400 ")
    assert "HTTP/1.1 200 " in await raw.the_rest()
    raw.end()
    await attacked.is_well()


@pytest.mark.parametrize("before", [b"", frame(KEYSTROKE), frame(KEYSTROKE)[:20], frame(b"", CLOSE)])
@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_client_that_ends_as_it_likes_leaves_nothing(
    attacked: Attacked, before: bytes, ending: str
) -> None:
    raw = await attacked.socket()
    raw.send(before)
    await raw.end_by(ending)
    await attacked.is_well()
    assert all(desk.closed.is_set() for desk in attacked.running.engine.desks)


async def test_http_inside_an_open_socket_is_a_bad_frame(attacked: Attacked) -> None:
    raw = await attacked.socket()
    raw.send(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{raw.port}\r\n\r\n".encode())
    assert await raw.close_code() in (1002, None)
    assert "HTTP/" not in await raw.the_rest()
    raw.end()
    await attacked.is_well()
