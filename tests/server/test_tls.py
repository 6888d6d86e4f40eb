"""A server that speaks TLS itself, and every certificate that it refuses with a sentence."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path

import aiohttp
import pytest

from foretype.server.listen import bind
from foretype.server.playground import policy
from foretype.server.server import Server
from foretype.server.tls import BadCertificateError, server_context
from foretype.support.settings import load
from tests.server.certificates import DAY, Signed, new_key, openssl, self_signed
from tests.server.conftest import PAGE, TOKEN
from tests.server.fake import FakeEngine


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return self_signed(tmp_path_factory.mktemp("signed"))


async def test_at_the_cap_a_newcomer_over_tls_is_told_too(signed: Signed, tmp_path: Path) -> None:
    settings = load({"port": 0, "token": TOKEN, "state_dir": tmp_path, "connections": 1})
    server = Server(
        settings, bind(settings.host, 0), files=PAGE, tls=server_context(signed.certificate, signed.key)
    )
    await server.open()
    trusting = ssl.create_default_context(cafile=signed.certificate)
    try:
        _, first = await asyncio.open_connection("127.0.0.1", server.port, ssl=trusting)
        reader, second = await asyncio.open_connection("127.0.0.1", server.port, ssl=trusting)
        async with asyncio.timeout(10):
            assert (await reader.read()).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        first.close()
        second.close()
    finally:
        await server.drain()
        await server.close()


async def test_a_client_that_trusts_the_certificate_types_over_tls(signed: Signed, tmp_path: Path) -> None:
    settings = load({"port": 0, "token": TOKEN, "state_dir": tmp_path})
    tls = server_context(signed.certificate, signed.key)
    server = Server(settings, bind(settings.host, 0), files=PAGE, tls=tls)
    await server.open()
    server.ready(FakeEngine())
    trusting = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=signed.certificate))
    try:
        async with aiohttp.ClientSession(connector=trusting) as http:
            assert server.address == f"https://127.0.0.1:{server.port}"
            own = {"Origin": server.address}
            async with http.get(f"{server.address}/", headers=own) as page:
                assert page.status == 200
                allowed = page.headers["Content-Security-Policy"]
                assert f"connect-src 'self' wss://127.0.0.1:{server.port};" in allowed
            async with http.get(
                f"{server.address}/", headers={"Origin": server.address.replace("s", "", 1)}
            ) as page:
                assert page.status == 403  # none of its pages comes over HTTP
            async with http.ws_connect(
                f"{server.address}/v1/socket", protocols=["foretype.v1"], headers=own
            ) as socket:
                await socket.send_json({"type": "hello", "token": TOKEN})
                assert (await socket.receive_json(timeout=10))["type"] == "welcome"
                keystroke = {"type": "keystroke", "field": "f", "seq": 1, "before": "qui", "after": ""}
                await socket.send_str(json.dumps(keystroke))
                assert (await socket.receive_json(timeout=10))["text"] == "ck response"
        async with aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await http.get(f"{server.address}/healthz")
            with pytest.raises(aiohttp.ClientError):
                await http.get(f"http://127.0.0.1:{server.port}/healthz")
    finally:
        await server.drain()
        await server.close()


def refused(certificate: Path, key: Path) -> str:
    with pytest.raises(BadCertificateError) as bad:
        server_context(certificate, key)
    return str(bad.value)


def test_a_file_that_is_not_there_is_said(signed: Signed, tmp_path: Path) -> None:
    gone = tmp_path / "gone.pem"
    assert refused(gone, signed.key).startswith(
        f"The TLS certificate {gone} cannot be read (No such file or directory): FORETYPE_TLS_CERTIFICATE"
    )
    assert refused(signed.certificate, tmp_path).startswith(
        f"The TLS key {tmp_path} cannot be read (Is a directory): FORETYPE_TLS_KEY"
    )


def test_a_file_that_is_something_else_is_said(signed: Signed, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(b"\xff no PEM")
    assert refused(other, signed.key).startswith(f"There is no certificate in {other}:")
    assert refused(signed.certificate, other).startswith(f"There is no key in {other}:")
    assert refused(signed.key, signed.certificate).startswith(f"There is no certificate in {signed.key}:")


@pytest.mark.parametrize("damaged", ["certificate", "key"])
def test_a_damaged_file_is_said(signed: Signed, tmp_path: Path, damaged: str) -> None:
    files = {"certificate": signed.certificate, "key": signed.key}
    lines = files[damaged].read_text().splitlines()
    files[damaged] = tmp_path / "damaged.pem"
    files[damaged].write_text("\n".join([lines[0], "AAAA", lines[-1], ""]))
    said = refused(files["certificate"], files["key"])
    assert f"The TLS certificate {files['certificate']} and the key {files['key']} cannot be used" in said


def test_a_key_of_another_certificate_is_said(signed: Signed, tmp_path: Path) -> None:
    other = new_key(tmp_path)
    assert f"The TLS key {other} does not belong to the certificate" in refused(signed.certificate, other)


def test_a_key_with_a_password_is_said_and_nobody_is_asked_for_it(signed: Signed, tmp_path: Path) -> None:
    locked = tmp_path / "locked.pem"
    openssl("pkey", "-in", signed.key, "-aes256", "-passout", "pass:secret", "-out", locked)
    said = refused(signed.certificate, locked)
    assert said.startswith(f"The TLS key {locked} has a password")
    assert "openssl pkey -in" in said


@pytest.mark.parametrize(
    ("begins", "ends", "extensions", "part"),
    [
        (-2 * DAY, -DAY, "server", "has expired"),
        (DAY, 2 * DAY, "server", "is not valid yet"),
        (-DAY, DAY, "client", "is not for a server"),
    ],
)
def test_a_certificate_that_every_client_refuses_is_said(
    tmp_path: Path, begins: object, ends: object, extensions: str, part: str
) -> None:
    bad = self_signed(tmp_path, begins=begins, ends=ends, extensions=extensions)  # type: ignore[arg-type]
    assert refused(bad.certificate, bad.key).startswith(f"The TLS certificate {bad.certificate} {part}: ")


def test_one_file_may_hold_both_and_a_home_folder_may_be_short(
    signed: Signed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "both.pem").write_text(signed.key.read_text() + signed.certificate.read_text())
    monkeypatch.setenv("HOME", str(tmp_path))
    assert isinstance(server_context(Path("~/both.pem"), Path("~/both.pem")), ssl.SSLContext)


@pytest.mark.parametrize(
    ("own", "sockets"),
    [
        ({"http://a:1"}, " ws://a:1"),
        ({"https://a:1"}, " wss://a:1"),
        ({"http://a:1", "https://a:1"}, " ws://a:1 wss://a:1"),
        ({"https://b:1"}, ""),
    ],
)
def test_the_page_may_connect_with_its_own_server_and_in_its_own_way(own: set[str], sockets: str) -> None:
    assert f"connect-src 'self'{sockets};" in policy("a:1", own)
