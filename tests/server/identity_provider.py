"""An OpenID Connect provider on 127.0.0.1: a discovery document, keys, and tokens signed with them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

Key = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
AUDIENCE = "foretype-at-example"
WAIT_S = 20.0
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
"""One for all tests, because making one takes a while."""


def new_key(algorithm: str) -> Key:
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else RSA_KEY


def public_jwk(key: Key, kid: str) -> dict[str, Any]:
    kinds: dict[type, Any] = {
        ed25519.Ed25519PublicKey: OKPAlgorithm,
        ec.EllipticCurvePublicKey: ECAlgorithm,
        rsa.RSAPublicKey: RSAAlgorithm,
    }
    public = key.public_key()
    (kind,) = [algorithm for of, algorithm in kinds.items() if isinstance(public, of)]
    return {**kind.to_jwk(public, as_dict=True), "kid": kid, "use": "sig"}


@dataclass
class Provider:
    """`keys`: private, by their ids. `status`: of every answer. `more`: other members of the discovery
    document. `jwks`: in place of the keys' document. `asked`: the paths of all requests.
    """

    port: int = 0
    keys: dict[str, tuple[str, Key]] = field(default_factory=dict)
    status: int = 200
    more: dict[str, Any] = field(default_factory=dict)
    jwks: str | None = None
    asked: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add_key(self, kid: str, algorithm: str = "ES256") -> None:
        self.keys[kid] = (algorithm, new_key(algorithm))

    def token(self, kid: str, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that is good unless a claim is given; None leaves a claim out."""
        usual = {"iss": self.issuer, "aud": AUDIENCE, "sub": "ada", "exp": 4_000_000_000, "jti": "one"}
        algorithm, key = self.keys[kid]
        content = {name: claim for name, claim in {**usual, **claims}.items() if claim is not None}
        # Not `jwt.encode` alone: it refuses some of the odd claims that a token may have.
        said = json.dumps(content).encode()
        named = {name: part for name, part in {"kid": kid, **(headers or {})}.items() if part is not None}
        return jwt.api_jws.encode(said, key, algorithm, headers=named)

    async def until(self, more: int) -> None:
        """Return when so many more requests have come."""
        enough = len(self.asked) + more
        async with asyncio.timeout(WAIT_S):
            while len(self.asked) < enough:
                self.came.clear()
                await self.came.wait()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        self.came.set()
        if self.status != 200:
            return web.Response(status=self.status, headers={"Location": "/elsewhere"})
        if request.path == "/.well-known/openid-configuration":
            named = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}
            return web.json_response({**named, **self.more})
        if request.path != "/keys":
            return web.Response(status=404)
        keys = [public_jwk(key, kid) for kid, (_, key) in self.keys.items()]
        return web.Response(text=self.jwks if self.jwks is not None else json.dumps({"keys": keys}))


@contextlib.asynccontextmanager
async def providing(tls: ssl.SSLContext | None = None) -> AsyncIterator[Provider]:
    provider = Provider()
    app = web.Application()
    app.router.add_get("/{path:.*}", provider.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    provider.port = runner.addresses[0][1]
    try:
        yield provider
    finally:
        await runner.cleanup()
