"""Signed tokens: minted once, accepted by every server with the public keys, refused if anything is wrong."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from foretype.server.signed_tokens import SignedTokens
from foretype.server.token_folder import TokenFolder, TokenFolderError
from foretype.server.watched_file import LOOK_SECONDS, BadFileError
from foretype.support import logs
from tests.fake_time import FakeClock
from tests.server.conftest import TOKEN, Client, Running, Start

NOW = 1_800_000_000
HOUR = 3600.0


class Wall(FakeClock):
    """Seconds since 1970, and the server's own clock with them."""

    def __init__(self) -> None:
        self.now = float(NOW)


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def folder(tmp_path: Path, wall: Wall) -> TokenFolder:
    return TokenFolder(tmp_path / "tokens", wall)


@pytest.fixture
def token(folder: TokenFolder) -> str:
    return folder.mint("example.org", "Ada", HOUR)[0]


@pytest.fixture
def signed(folder: TokenFolder, token: str, wall: Wall) -> SignedTokens:
    return SignedTokens(folder.keys, clock=wall, watch=wall)


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def key_of(folder: TokenFolder) -> Ed25519PrivateKey:
    pem = (folder.path / "signing-key.pem").read_bytes()
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def in_base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def test_a_token_says_its_id_and_its_tenant(signed: SignedTokens, folder: TokenFolder, token: str) -> None:
    found = signed.read(token)
    (entry,) = folder.minted()
    assert found is not None
    assert (found.id, found.tenant, found.expires_at) == (entry.id, "example.org", NOW + HOUR)
    assert entry.name == "Ada"
    assert len(token) < 400


def test_an_expired_token_is_refused_and_one_that_was_accepted_ends(
    signed: SignedTokens, token: str, wall: Wall
) -> None:
    found = signed.read(token)
    assert found is not None
    wall.now += HOUR - 1
    assert signed.still_good(found)
    wall.now += 1
    assert not signed.still_good(found)
    assert signed.read(token) is None


def test_a_token_of_another_key_is_refused(signed: SignedTokens, token: str) -> None:
    header = jwt.get_unverified_header(token)
    forged = jwt.encode(
        claims_of(token), Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": header["kid"]}
    )
    assert signed.read(forged) is None


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_with_one_changed_letter_is_refused(signed: SignedTokens, token: str, part: int) -> None:
    parts = token.split(".")
    parts[part] = parts[part][:9] + ("A" if parts[part][9] != "A" else "B") + parts[part][10:]
    assert signed.read(".".join(parts)) is None


def test_the_algorithm_none_is_refused(signed: SignedTokens, token: str) -> None:
    header = {**jwt.get_unverified_header(token), "alg": "none"}
    unsigned = f"{in_base64(json.dumps(header).encode())}.{token.split('.')[1]}"
    assert signed.read(f"{unsigned}.") is None
    assert signed.read(f"{unsigned}.{token.split('.')[2]}") is None


def test_the_public_key_as_a_secret_of_hs256_is_refused(
    signed: SignedTokens, folder: TokenFolder, token: str
) -> None:
    header = {**jwt.get_unverified_header(token), "alg": "HS256"}
    said = f"{in_base64(json.dumps(header).encode())}.{token.split('.')[1]}"
    public = key_of(folder).public_key()
    raw, pem = serialization.Encoding.Raw, serialization.Encoding.PEM
    for secret in (
        public.public_bytes(raw, serialization.PublicFormat.Raw),
        public.public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo),
        folder.keys.read_bytes(),
    ):
        mac = hmac.digest(secret, said.encode(), hashlib.sha256)
        assert signed.read(f"{said}.{in_base64(mac)}") is None


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "another"}, {"aud": None}, {"exp": None}, {"exp": "later"}, {"exp": True}, {"jti": None},
        {"jti": "../../x"}, {"tenant": None}, {"tenant": ["example.org"]}, {"tenant": "Example Org"},
        {"tenant": ""}, {"nbf": 4_000_000_000},
    ],
)  # fmt: skip
def test_a_right_signature_is_not_enough(
    signed: SignedTokens, folder: TokenFolder, token: str, change: dict[str, Any]
) -> None:
    claims = {name: value for name, value in {**claims_of(token), **change}.items() if value is not None}
    payload, header = json.dumps(claims).encode(), token.split(".")[0]
    said = f"{header}.{in_base64(payload)}"
    odd = f"{said}.{in_base64(key_of(folder).sign(said.encode()))}"
    assert signed.read(odd) is None


@pytest.mark.parametrize(
    "odd", ["", "a", "a.b", "a.b.c", "..", "\ud800.a.b", "é.é.é", "e30.e30.e30", "a" * 5000]
)
def test_text_that_is_no_token_is_refused(signed: SignedTokens, odd: str) -> None:
    assert signed.read(odd) is None


def test_a_revoked_token_is_refused_when_the_file_is_looked_at_next(
    signed: SignedTokens, folder: TokenFolder, token: str, wall: Wall
) -> None:
    other, _ = folder.mint("example.org", "Bo", HOUR)
    found = signed.read(token)
    assert found is not None
    assert folder.revoke(found.id)
    wall.now += LOOK_SECONDS
    assert not signed.still_good(found)
    assert signed.read(token) is None
    assert signed.read(other) is not None
    assert not folder.revoke("0123456789abcdef")


def test_the_last_good_list_of_revoked_tokens_stays_in_force(
    signed: SignedTokens, folder: TokenFolder, token: str, wall: Wall
) -> None:
    (entry,) = folder.minted()
    folder.revoke(entry.id)
    wall.now += LOOK_SECONDS
    assert signed.read(token) is None
    file = folder.path / "revoked.json"
    for spoil in (lambda: file.write_text("{"), lambda: file.write_text('{"revoked": [1]}'), file.unlink):
        spoil()
        wall.now += LOOK_SECONDS
        assert signed.read(token) is None


def test_a_new_key_leaves_tokens_of_the_old_one_valid_until_it_is_deleted(
    signed: SignedTokens, folder: TokenFolder, token: str, wall: Wall
) -> None:
    (folder.path / "signing-key.pem").unlink()
    newer, _ = folder.mint("example.org", "Ada", HOUR)
    wall.now += LOOK_SECONDS
    old = signed.read(token)
    assert old is not None
    assert signed.read(newer) is not None
    keys = json.loads(folder.keys.read_text())["keys"]
    folder.keys.write_text(json.dumps({"keys": keys[1:]}))
    wall.now += LOOK_SECONDS
    assert not signed.still_good(old)
    assert signed.read(token) is None
    assert signed.read(newer) is not None


def test_only_the_owner_can_read_the_private_key_and_every_server_the_public_ones(
    folder: TokenFolder, token: str
) -> None:
    folder.revoke(folder.minted()[0].id)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.path.iterdir()}
    assert modes["signing-key.pem"] == modes["minted.json"] == 0o600
    assert modes["keys.json"] == modes["revoked.json"] == 0o644
    for name in ("keys.json", "revoked.json", "minted.json"):
        assert token not in (folder.path / name).read_text()
    assert "d" not in json.loads(folder.keys.read_text())["keys"][0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist"),
        ("{", "not valid JSON"),
        ("[]", "not a JSON object"),
        ("{}", "no list `keys`"),
        ('{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "AA", "d": "AA"}]}', "private key"),
        ('{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "AA"}]}', "damaged"),
        ('{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}]}', "without an id"),
    ],
)
def test_keys_that_cannot_be_used_stop_the_start(tmp_path: Path, content: str | None, said: str) -> None:
    file = tmp_path / "keys.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(BadFileError, match=said):
        SignedTokens(file)


def test_keys_of_other_kinds_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(
        '{"keys": [{"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"}, {"kty": "oct", "k": "AA"}]}'
    )
    assert SignedTokens(file).read("a.b.c") is None


def test_a_damaged_folder_is_said_without_its_content(folder: TokenFolder, token: str) -> None:
    (folder.path / "minted.json").write_text('{"minted": [{"secret": 1}]}')
    with pytest.raises(TokenFolderError, match="damaged") as bad:
        folder.minted()
    assert "secret" not in str(bad.value)
    with pytest.raises(TokenFolderError):
        folder.mint("example.org", "", HOUR)


@contextlib.asynccontextmanager
async def greeted(running: Running, token: str) -> AsyncIterator[tuple[Client, dict[str, Any]]]:
    """A client that has said hello with this token, and the answer."""
    async with running.socket() as client:
        await client.send(type="hello", token=token, client="tests/1")
        yield client, await client.next()


@pytest.fixture
def real(tmp_path: Path) -> TokenFolder:
    """A folder that goes by the machine's own clock, as servers do."""
    return TokenFolder(tmp_path / "tokens")


async def test_every_server_accepts_a_token_until_it_is_revoked(
    start: Start, real: TokenFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("debug")
    token, entry = real.mint("example.org", "Ada", HOUR)
    async with (
        start(tokens_keys=real.keys) as one,
        start(tokens_keys=real.keys) as two,
        greeted(one, token) as (first, welcome),
        greeted(two, token) as (second, also_welcome),
    ):
        assert welcome["type"] == also_welcome["type"] == "welcome"
        bearer = {"Authorization": f"Bearer {token}"}
        async with one.http.post(one.url("/v1/complete"), json={"before": "a"}, headers=bearer) as response:
            assert response.status == 200
        real.revoke(entry.id)
        for running, client in ((one, first), (two, second)):
            # The file is looked at once a second: the test moves that time and does not wait for it.
            running.server.service.tokens._signed._revoked._looked_at -= LOOK_SECONDS  # type: ignore
            await client.keystroke(1)
            assert (await client.next())["code"] == "unauthorized"
            assert await client.closed() == 4401
            async with greeted(running, token) as (again, refused):
                assert refused["code"] == "unauthorized"
                assert await again.closed() == 4401
    said = capsys.readouterr()
    for part in token.split("."):
        assert part not in said.out + said.err


async def test_a_signed_token_makes_no_code_for_a_token_that_never_expires(
    start: Start, real: TokenFolder
) -> None:
    token, _ = real.mint("example.org", "", HOUR)
    async with start(tokens_keys=real.keys) as running:
        headers = {"Authorization": f"Bearer {token}", "Origin": running.url("")}
        async with running.http.post(running.url("/v1/code"), headers=headers) as response:
            assert response.status == 401
        headers["Authorization"] = f"Bearer {TOKEN}"
        async with running.http.post(running.url("/v1/code"), headers=headers) as response:
            assert response.status == 200


async def test_a_tenant_at_its_quota_of_sockets_harms_no_other(start: Start, real: TokenFolder) -> None:
    ours, more, theirs = (real.mint(tenant, "", HOUR)[0] for tenant in ("a", "a", "b"))
    async with start(tokens_keys=real.keys, tenant_sockets=2) as running:
        async with greeted(running, ours) as (_, one), greeted(running, more) as (held, two):
            assert one["type"] == two["type"] == "welcome"
            async with (
                greeted(running, ours) as (third, refused),
                greeted(running, theirs) as (other, welcome),
            ):
                assert refused["code"] == "rate_limited"
                assert welcome["type"] == "welcome"
                await other.keystroke(1)
                assert (await other.next())["type"] == "suggestion"
                # A place that becomes free is given to whoever asks next, also on a socket that has waited.
                await held.socket.close()
                await running.engine.until("close")
                await third.send(type="hello", token=ours, client="tests/1")
                assert (await third.next())["type"] == "welcome"
        await running.engine.until("close", 4)
        assert not running.server.service.tenants._sockets


async def test_a_tenant_at_its_quota_of_keystrokes_harms_no_other(start: Start, real: TokenFolder) -> None:
    ours, more, theirs = (real.mint(tenant, "", HOUR)[0] for tenant in ("a", "a", "b"))
    # Two at once, and then practically none.
    async with (
        start(tokens_keys=real.keys, tenant_keystrokes_per_second=1e-9 + 1e-6) as running,
        greeted(running, ours) as (one, _),
        greeted(running, more) as (two, _),
        greeted(running, theirs) as (other, _),
    ):
        await one.keystroke(1)
        assert (await one.next())["type"] == "suggestion"
        await two.keystroke(1)
        assert (await two.next())["code"] == "rate_limited"
        bearer = {"Authorization": f"Bearer {ours}"}
        async with running.http.post(
            running.url("/v1/complete"), json={"before": "a"}, headers=bearer
        ) as response:
            assert response.status == 429
        await other.keystroke(1)
        assert (await other.next())["type"] == "suggestion"


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TokenFolderError, match="--folder"):
        TokenFolder(tmp_path / "file" / "tokens").mint("a", "", HOUR)
