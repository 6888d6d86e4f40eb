"""Tokens of an OpenID Connect provider: its keys are fetched and renewed, and a wrong token is refused."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from foretype.server import provider_keys
from foretype.server.provider_errors import ProviderError, UnknownKeyError, UnreachableProviderError
from foretype.server.provider_keys import APART_SECONDS, MOST_BYTES, ProviderKeys
from foretype.server.provider_tokens import MOST_CHARS, ProviderTokens
from foretype.server.tenants import Signed
from foretype.server.token_folder import TokenFolder
from foretype.server.watched_file import LOOK_SECONDS
from foretype.support import logs
from tests.fake_time import FakeClock
from tests.server.certificates import self_signed
from tests.server.conftest import Running, Start
from tests.server.identity_provider import AUDIENCE, Provider, new_key, providing, public_jwk

NOW = 1_800_000_000.0


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as found:
        found.add_key("first")
        yield found


@pytest.fixture
def wall() -> FakeClock:
    clock = FakeClock()
    clock.now = NOW
    return clock


@pytest.fixture
async def keys(provider: Provider, clock: FakeClock) -> AsyncIterator[ProviderKeys]:
    found = ProviderKeys(provider.issuer, clock)
    await found.start()
    yield found
    await found.close()


@pytest.fixture
def tokens(keys: ProviderKeys, provider: Provider, wall: FakeClock) -> ProviderTokens:
    return ProviderTokens(keys, provider.issuer, AUDIENCE, clock=wall)


async def read(tokens: ProviderTokens, token: str) -> Signed | None:
    await tokens.prepare(token)
    return tokens.read(token)


def in_base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256"])
async def test_a_token_of_the_provider_is_accepted(
    provider: Provider, clock: FakeClock, wall: FakeClock, algorithm: str
) -> None:
    provider.keys.clear()
    provider.add_key("only", algorithm)
    keys = ProviderKeys(provider.issuer, clock)
    await keys.start()
    found = await read(ProviderTokens(keys, provider.issuer, AUDIENCE, clock=wall), provider.token("only"))
    await keys.close()
    assert found is not None
    assert (found.tenant, found.key, found.expires_at, found.jti) == ("127.0.0.1", "only", 4e9, "one")


async def test_two_tokens_of_one_person_are_one_person_whose_name_is_not_kept(
    tokens: ProviderTokens, provider: Provider
) -> None:
    one, two = [await read(tokens, provider.token("first", sub="zqx", jti=jti)) for jti in ("one", "two")]
    other = await read(tokens, provider.token("first", sub="bo"))
    assert one is not None
    assert two is not None
    assert other is not None
    assert one.id == two.id != other.id
    assert "zqx" not in one.id


async def test_a_claim_may_name_the_tenant(keys: ProviderKeys, provider: Provider, wall: FakeClock) -> None:
    tokens = ProviderTokens(keys, provider.issuer, AUDIENCE, "org", clock=wall)
    found = await read(tokens, provider.token("first", org="Example"))
    assert found is not None
    assert found.tenant == "Example"
    for odd in (None, 7, "", ["Example"], "x" * 256):
        assert await read(tokens, provider.token("first", org=odd)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "another"}, {"aud": ["another"]}, {"aud": None}, {"iss": "https://login.example.org"},
        {"iss": None}, {"exp": None}, {"exp": NOW}, {"exp": "later"}, {"exp": True}, {"exp": float("inf")},
        {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "x" * 256}, {"jti": 7}, {"nbf": NOW + 61},
        {"nbf": "soon"}, {"more": "x" * MOST_CHARS},
    ],
)  # fmt: skip
async def test_a_right_signature_is_not_enough(
    tokens: ProviderTokens, provider: Provider, change: dict[str, Any]
) -> None:
    assert await read(tokens, provider.token("first")) is not None
    assert await read(tokens, provider.token("first", **change)) is None


@pytest.mark.parametrize("change", [{"aud": ["another", AUDIENCE]}, {"jti": None}, {"nbf": NOW + 59}])
async def test_what_providers_may_do_is_accepted(
    tokens: ProviderTokens, provider: Provider, change: dict[str, Any]
) -> None:
    assert await read(tokens, provider.token("first", **change)) is not None


@pytest.mark.parametrize("kind", ["logout+jwt", "dpop+jwt"])
async def test_a_token_for_another_use_is_refused(
    tokens: ProviderTokens, provider: Provider, kind: str
) -> None:
    assert await read(tokens, provider.token("first", {"typ": "at+jwt"})) is not None
    assert await read(tokens, provider.token("first", {"typ": kind})) is None


async def test_a_token_may_leave_its_key_out_if_the_provider_has_only_one(
    tokens: ProviderTokens, provider: Provider, clock: FakeClock
) -> None:
    without = provider.token("first", {"kid": None})
    assert await read(tokens, without) is not None
    del provider.keys["first"]
    provider.add_key("first")
    # Its key has the id of the old one, so the server does not look for it.
    assert await read(tokens, provider.token("first", {"kid": None})) is None
    provider.add_key("second")
    clock.now += APART_SECONDS
    assert await read(tokens, provider.token("second")) is not None
    assert await read(tokens, provider.token("first")) is not None
    assert await read(tokens, provider.token("first", {"kid": None})) is None


async def test_the_only_key_of_a_provider_needs_no_id(provider: Provider, wall: FakeClock) -> None:
    entry = public_jwk(provider.keys["first"][1], "")
    del entry["kid"]
    provider.jwks = json.dumps({"keys": [entry]})
    keys = ProviderKeys(provider.issuer)
    await keys.start()
    tokens = ProviderTokens(keys, provider.issuer, AUDIENCE, clock=wall)
    assert await read(tokens, provider.token("first", {"kid": None})) is not None
    assert await read(tokens, provider.token("first")) is None
    await keys.close()


async def test_a_forged_token_is_refused(tokens: ProviderTokens, provider: Provider) -> None:
    good = provider.token("first")
    provider.keys["first"] = ("ES256", new_key("ES256"))
    assert await read(tokens, provider.token("first")) is None
    head, said, mark = good.split(".")
    assert await read(tokens, f"{head}.{said}.{'A' * len(mark)}") is None
    assert await read(tokens, good) is not None


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256"])
async def test_none_and_shared_secrets_are_refused(
    provider: Provider, clock: FakeClock, wall: FakeClock, algorithm: str
) -> None:
    provider.keys.clear()
    provider.add_key("only", algorithm)
    keys = ProviderKeys(provider.issuer, clock)
    await keys.start()
    tokens = ProviderTokens(keys, provider.issuer, AUDIENCE, clock=wall)
    good = provider.token("only")
    _, said, mark = good.split(".")
    for name in ("none", "None", "", "RS512", "PS256", "ES384", "HS256"):
        head = in_base64(json.dumps({"alg": name, "kid": "only"}).encode())
        assert await read(tokens, f"{head}.{said}.") is None
        assert await read(tokens, f"{head}.{said}.{mark}") is None
    public = provider.keys["only"][1].public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head = in_base64(json.dumps({"alg": "HS256", "kid": "only"}).encode())
    for secret in (pem, json.dumps(public_jwk(provider.keys["only"][1], "only")).encode()):
        mac = hmac.digest(secret, f"{head}.{said}".encode(), hashlib.sha256)
        assert await read(tokens, f"{head}.{said}.{in_base64(mac)}") is None
    assert await read(tokens, good) is not None
    await keys.close()


@pytest.mark.parametrize("odd", ["", "a", "a.b.c", "..", "\ud800.a.b", "e30.e30.e30", "a" * 5000])
async def test_text_that_is_no_token_asks_the_provider_nothing(
    tokens: ProviderTokens, provider: Provider, clock: FakeClock, odd: str
) -> None:
    clock.now += APART_SECONDS
    asked = len(provider.asked)
    assert await read(tokens, odd) is None
    assert len(provider.asked) == asked


async def test_a_token_of_another_issuer_asks_the_provider_nothing(
    tokens: ProviderTokens, provider: Provider, clock: FakeClock
) -> None:
    clock.now += APART_SECONDS
    asked = len(provider.asked)
    provider.add_key("another")
    assert await read(tokens, provider.token("another", iss="https://login.example.org")) is None
    assert len(provider.asked) == asked


async def test_a_new_key_is_fetched_once_for_all_who_wait_and_not_again_at_once(
    tokens: ProviderTokens, provider: Provider, clock: FakeClock
) -> None:
    first = provider.token("first")
    del provider.keys["first"]
    provider.add_key("second", "EdDSA")
    provider.add_key("secret", "EdDSA")
    unknown = provider.token("secret")
    del provider.keys["secret"]
    clock.now += APART_SECONDS
    asked = len(provider.asked)
    found = await asyncio.gather(*(read(tokens, provider.token("second")) for _ in range(5)))
    assert None not in found
    assert len(provider.asked) == asked + 2  # the discovery document and the keys
    assert await read(tokens, unknown) is None
    assert len(provider.asked) == asked + 2
    assert await read(tokens, first) is None  # the provider has taken its key away


async def test_while_the_provider_is_down_old_keys_hold_and_a_new_one_cannot_be_told(
    tokens: ProviderTokens, provider: Provider, clock: FakeClock
) -> None:
    provider.add_key("second")
    provider.status = 503
    clock.now += APART_SECONDS
    with pytest.raises(UnknownKeyError):
        await read(tokens, provider.token("second"))
    assert await read(tokens, provider.token("first")) is not None
    provider.status = 200
    with pytest.raises(UnknownKeyError):  # it was asked a moment ago
        await read(tokens, provider.token("second"))
    clock.now += APART_SECONDS
    assert await read(tokens, provider.token("second")) is not None


async def test_a_provider_that_never_answers_delays_a_client_by_a_limit(
    tokens: ProviderTokens, provider: Provider, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = asyncio.Event()
    real = provider_keys._document

    async def silent(*_: Any) -> dict[str, Any]:
        await over.wait()
        return {}

    provider.add_key("second")
    monkeypatch.setattr(provider_keys, "_document", silent)
    monkeypatch.setattr(provider_keys, "WAIT_SECONDS", 0.0)
    clock.now += APART_SECONDS
    with pytest.raises(UnknownKeyError):
        await read(tokens, provider.token("second"))
    assert await read(tokens, provider.token("first")) is not None
    monkeypatch.setattr(provider_keys, "_document", real)
    over.set()


async def test_keys_are_fetched_again_without_any_token(
    provider: Provider, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_keys, "REFRESH_SECONDS", 0.0)
    keys = ProviderKeys(provider.issuer, clock)
    await keys.start()
    provider.add_key("second")
    await provider.until(4)  # requests after the new key was there: two pairs of them, one of them whole
    assert keys.get("second") is not None
    provider.jwks = "{"
    await provider.until(4)
    assert keys.get("second") is not None
    await keys.close()


WEAK = public_jwk(rsa.generate_private_key(public_exponent=65537, key_size=1024), "weak")
LEFT_OUT = [
    {"kty": "oct", "kid": "shared", "k": "AAAA"},
    {**public_jwk(new_key("RS256"), "other"), "alg": "RS512"},
    {**public_jwk(new_key("ES256"), "encrypts"), "use": "enc"},
    {**public_jwk(new_key("ES256"), "damaged"), "y": "AA"},
    {"kty": "EC", "crv": ["P-256"], "kid": "odd"},
    {**public_jwk(new_key("ES256"), ""), "kid": 7},
    WEAK, "no object", None,
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said", "may_pass"),
    [
        ({"status": 404}, "status 404", False),
        ({"status": 302}, "status 302", False),
        ({"status": 503}, "status 503", True),
        ({"status": 429}, "status 429", True),
        ({"more": {"issuer": "https://login.example.org"}}, "https://login.example.org: both", False),
        ({"more": {"issuer": ["\x1b[31m"]}}, "another issuer: both", False),
        ({"more": {"issuer": None}}, "another issuer: both", False),
        ({"more": {"jwks_uri": None}}, "jwks_uri", False),
        ({"more": {"jwks_uri": "http://login.example.org/keys"}}, "jwks_uri", False),
        ({"more": {"jwks_uri": "file:///etc/keys"}}, "jwks_uri", False),
        ({"more": {"jwks_uri": "https://["}}, "jwks_uri", False),
        ({"more": {"much": "x" * MOST_BYTES}}, "longer than", False),
        ({"jwks": "{"}, "not valid JSON", False),
        ({"jwks": "[]"}, "not a JSON object", False),
        ({"jwks": "{}"}, "no list `keys`", False),
        ({"jwks": json.dumps({"keys": LEFT_OUT})}, "no public key", False),
        ({"jwks": '{"keys": [{"kty": "RSA", "kid": "a", "d": "AA"}]}'}, "private key", False),
    ],
)
async def test_documents_that_cannot_be_used_are_said(
    provider: Provider, change: dict[str, Any], said: str, may_pass: bool
) -> None:
    for name, value in change.items():
        setattr(provider, name, value)
    with pytest.raises(ProviderError, match=said) as refused:
        await ProviderKeys(provider.issuer).start()
    assert isinstance(refused.value, UnreachableProviderError) == may_pass
    assert "/elsewhere" not in provider.asked


async def test_a_provider_that_is_not_there_is_said(unused_tcp_port: int) -> None:
    with pytest.raises(UnreachableProviderError, match="cannot be reached"):
        await ProviderKeys(f"http://127.0.0.1:{unused_tcp_port}").start()


async def test_a_provider_whose_certificate_nobody_has_signed_is_refused(tmp_path: Path) -> None:
    signed = self_signed(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(signed.certificate, signed.key)
    async with providing(tls) as provider:
        with pytest.raises(UnreachableProviderError, match="Certificate"):
            await ProviderKeys(f"https://127.0.0.1:{provider.port}").start()
        assert provider.asked == []


async def test_a_token_is_revoked_by_its_jti(
    keys: ProviderKeys, provider: Provider, wall: FakeClock, clock: FakeClock, tmp_path: Path
) -> None:
    folder = TokenFolder(tmp_path, wall)
    tokens = ProviderTokens(
        keys, provider.issuer, AUDIENCE, revoked=tmp_path / "revoked.json", clock=wall, watch=clock
    )
    found = await read(tokens, provider.token("first", jti="Of-A/Provider"))
    assert found is not None
    folder.revoke_of_provider("Of-A/Provider")
    # The list keeps the id when a token that was minted here is revoked.
    assert folder.revoke(folder.mint("example.org", "", 60.0)[1].id)
    clock.now += LOOK_SECONDS
    assert not tokens.still_good(found)
    assert await read(tokens, provider.token("first", jti="Of-A/Provider")) is None
    assert await read(tokens, provider.token("first", jti=None)) is not None


async def test_a_client_with_a_token_of_the_provider_is_served_until_it_expires(
    start: Start, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("debug")
    token = provider.token("first", sub="zqxadazqx")
    settings = {"oidc_issuer": provider.issuer, "oidc_audience": AUDIENCE}
    async with start(**settings) as running, running.socket() as client:
        await client.send(type="hello", token=token, client="tests/1")
        assert (await client.next())["type"] == "welcome"
        await client.keystroke(1)
        assert (await client.next())["type"] == "suggestion"
        assert await posted(running, token) == 200
        assert await posted(running, provider.token("first", aud="another")) == 401
        running.server._provider._clock = lambda: 4e9  # type: ignore
        await client.keystroke(2)
        assert (await client.next())["code"] == "unauthorized"
        assert await client.closed() == 4401
    said = capsys.readouterr()
    for part in (*token.split("."), "zqxadazqx"):
        assert part not in said.out + said.err


async def test_a_client_with_a_new_key_is_told_to_wait_while_the_provider_is_down(
    start: Start, provider: Provider
) -> None:
    async with start(oidc_issuer=provider.issuer, oidc_audience=AUDIENCE) as running:
        provider.add_key("second")
        provider.status = 503
        running.server._provider.keys._asked_at -= APART_SECONDS  # type: ignore
        async with running.socket() as client:
            await client.send(type="hello", token=provider.token("second"), client="tests/1")
            assert (await client.next())["code"] == "internal"
        assert await posted(running, provider.token("second")) == 500
        assert await posted(running, provider.token("first")) == 200


async def test_a_tenant_of_the_provider_at_its_quota_harms_no_other(start: Start, provider: Provider) -> None:
    settings = {"oidc_issuer": provider.issuer, "oidc_audience": AUDIENCE, "oidc_tenant_claim": "org"}
    # Two at once, and then practically none.
    async with start(**settings, tenant_keystrokes_per_second=1e-9) as running:
        ours, more = (provider.token("first", org="a", sub=sub) for sub in ("ada", "bo"))
        assert await posted(running, ours) == 200
        assert await posted(running, more) == 429
        assert await posted(running, provider.token("first", org="b")) == 200


async def test_a_server_without_the_setting_asks_nobody_and_refuses_the_token(
    start: Start, provider: Provider
) -> None:
    async with start() as running:
        assert running.server._provider is None
        assert await posted(running, provider.token("first")) == 401
    assert provider.asked == []


async def posted(running: Running, token: str) -> int:
    """The status of a request with the token."""
    bearer = {"Authorization": f"Bearer {token}"}
    async with running.http.post(
        running.url("/v1/complete"), json={"before": "a"}, headers=bearer
    ) as response:
        return response.status
