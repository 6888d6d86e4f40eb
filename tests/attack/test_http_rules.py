"""Requests that are not HTTP, or not quite."""

from __future__ import annotations

import gzip
import random

import pytest

from tests.attack.conftest import ENDINGS, Attacked, handshake
from tests.server.conftest import TOKEN

HOST = "Host: 127.0.0.1:{port}\r\n"
GET = "GET /healthz HTTP/1.1\r\n" + HOST
POST = "POST /v1/complete HTTP/1.1\r\n" + HOST + f"Authorization: Bearer {TOKEN}\r\n"
BODY = '{"before":"a"}'

NO_HTTP = {
    "words": "hello\r\n\r\n",
    "no version": "GET /\r\n\r\n",
    "another version": "GET / HTTP/9.9\r\n\r\n",
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\0" * 64,
    "zeros": "\0" * 100,
    "a method of no method": "G=T / HTTP/1.1\r\n\r\n",
    "a path of no path": "GET http://[::1 HTTP/1.1\r\n\r\n",
    "a port of no port": "GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a header without a colon": GET + "nothing\r\n\r\n",
    "a header with a space": GET + "A B: c\r\n\r\n",
    "a header with a zero": GET + "A: b\0c\r\n\r\n",
    "a header that goes on": GET + "A: b\r\n c\r\n\r\n",
    "a bare line feed": GET.replace("\r\n", "\n") + "\n",
    "a long line": "GET /" + "a" * 9000 + " HTTP/1.1\r\n\r\n",
    "a long header": GET + "A: " + "b" * 9000 + "\r\n\r\n",
    "many headers": GET + "".join(f"A{n}: b\r\n" for n in range(300)) + "\r\n",
    "a length of no number": POST + "Content-Length: nine\r\n\r\n",
    "a negative length": POST + "Content-Length: -1\r\n\r\n",
    "two lengths": POST + "Content-Length: 14\r\nContent-Length: 15\r\n\r\n" + BODY,
    "a length and chunks": POST + "Content-Length: 14\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "another transfer encoding": POST + "Transfer-Encoding: gzip\r\n\r\n" + BODY,
    "a chunk of no length": POST + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a chunk that is longer than it says": POST + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
    "two hosts": GET + HOST + "\r\n",
    "no host": "GET /healthz HTTP/1.1\r\n\r\n",
    "a host of no host": "GET /healthz HTTP/1.1\r\nHost: \xff\r\n\r\n",
    "a connect": "CONNECT a:1 HTTP/1.1\r\n" + HOST + "\r\n",
}


@pytest.mark.parametrize("sent", NO_HTTP.values(), ids=NO_HTTP)
async def test_what_is_not_http_gets_a_plain_answer_and_no_error_in_the_log(
    attacked: Attacked, sent: str
) -> None:
    raw = await attacked.connect()
    raw.send(sent.replace("{port}", str(raw.port)).encode("latin-1"))
    raw.writer.write_eof()
    answer = await raw.the_rest()
    if answer:  # a client that has sent half a request and then nothing more gets none
        status = int(answer.split(" ")[1])
        assert 400 <= status < 500 or status == 200
        assert "aiohttp" not in answer
        assert "Python" not in answer
        assert "Server: foretype\r\n" in answer
        assert "X-Content-Type-Options: nosniff\r\n" in answer
    raw.end()
    await attacked.is_well()


async def test_what_is_not_http_is_told_so_in_a_sentence(attacked: Attacked) -> None:
    raw = await attacked.connect()
    raw.send(b"zqxmarkerzqx\r\n\r\n")
    answer = await raw.the_rest()
    assert answer.startswith("HTTP/1.0 400 Bad Request\r\n")
    assert answer.endswith("\r\n\r\nThe server cannot read this request: it is not valid HTTP/1.1.")
    assert "zqxmarkerzqx" not in answer
    raw.end()
    await attacked.is_well()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip", "nonsense", "\xff"])
@pytest.mark.parametrize(
    "body",
    [BODY.encode(), gzip.compress(BODY.encode(), mtime=0), b"\x1f\x8b", b""],
    ids=["plain", "gzip", "cut off", "none"],
)
async def test_a_body_with_an_encoding_is_a_bad_message(
    attacked: Attacked, encoding: str, body: bytes
) -> None:
    raw = await attacked.connect()
    head = POST.replace("{port}", str(raw.port)) + f"Content-Encoding: {encoding}\r\n"
    raw.send(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode("latin-1") + body)
    answer = await raw.the_rest()
    assert answer.startswith("HTTP/1.1 400 ")
    assert '"code":"bad_message"' in answer
    raw.end()
    await attacked.is_well()


async def test_a_body_that_is_cut_off_leaves_nothing(attacked: Attacked) -> None:
    raw = await attacked.connect()
    raw.send((POST.replace("{port}", str(raw.port)) + "Content-Length: 99\r\n\r\n{").encode())
    raw.end()
    await attacked.is_well()


async def test_many_requests_in_one_packet_are_answered_in_their_order(attacked: Attacked) -> None:
    raw = await attacked.connect()
    get = GET.replace("{port}", str(raw.port)) + "\r\n"
    nowhere = get.replace("/healthz", "/nowhere")
    last = get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
    raw.send(((get + nowhere) * 50 + last).encode())
    answer = await raw.the_rest()
    statuses = [line.split(" ")[1] for line in answer.split("HTTP/1.1")[1:]]
    assert statuses == ["200", "404"] * 50 + ["200"]
    raw.end()
    await attacked.is_well()


async def test_a_request_in_single_bytes_is_a_request(attacked: Attacked) -> None:
    raw = await attacked.connect()
    for byte in (GET.replace("{port}", str(raw.port)) + "Connection: close\r\n\r\n").encode():
        raw.send(bytes([byte]))
        await raw.writer.drain()
    assert (await raw.the_rest()).startswith("HTTP/1.1 200 ")
    raw.end()
    await attacked.is_well()


async def test_connections_that_say_nothing_or_end_at_once_leave_nothing(attacked: Attacked) -> None:
    for data in [b"", b"G", b"GET / HTTP/1.1\r\n", handshake(1)[:-2]]:
        for ending in ENDINGS:
            raw = await attacked.connect()
            raw.send(data)
            await raw.end_by(ending)
    await attacked.is_well()


async def test_whole_requests_with_a_few_wrong_bytes_are_no_error_in_the_log(attacked: Attacked) -> None:
    """The same 1,000 each time."""
    chance = random.Random(6)
    for _ in range(1000):
        raw = await attacked.connect()
        get = GET.replace("{port}", str(raw.port)) + "\r\n"
        post = POST.replace("{port}", str(raw.port)) + f"Content-Length: {len(BODY)}\r\n\r\n{BODY}"
        sent = bytearray(chance.choice([get.encode(), post.encode(), handshake(raw.port)]))
        for _ in range(chance.randint(1, 4)):
            sent[chance.randrange(len(sent))] = chance.choice(b"\0\r\n :/%?#[]\x7f\x80\xff" + sent[:9])
        raw.send(bytes(sent))
        raw.writer.write_eof()
        await raw.the_rest()
        raw.end()
    await attacked.is_well()
